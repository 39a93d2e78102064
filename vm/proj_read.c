// SPDX-License-Identifier: MIT
// Projections as scripts see them: tables in the order source, target.
#include <math.h>
#include <string.h>

#include "vm/run.h"

int64_t proj_count(const ProjGroup *g) {
  int64_t n = 0;
  for (int q = 0; q < g->nproj; q++) n += g->proj[q]->nsyn;
  return n;
}

// ---- the order ----
// Storage order of one row by target: rows with several delays are merged by target position; equal ones stay.
typedef struct RowOrder {
  int64_t *key;
  int64_t cap;
} RowOrder;

static void merge_sort(int64_t *x, int64_t n, int64_t *y) {
  if (n < 2) return;
  int64_t h = n / 2, a = 0, b = h, k = 0;
  merge_sort(x, h, y);
  merge_sort(x + h, n - h, y);
  memcpy(y, x, sizeof *x * (size_t)n);
  while (a < h && b < n) x[k++] = y[a] <= y[b] ? y[a++] : y[b++];
  while (a < h) x[k++] = y[a++];
  while (b < n) x[k++] = y[b++];
}

static const int64_t *row_order_by_target(RowOrder *o, const Store *s, int64_t row) {
  int64_t n = s->off[row + 1] - s->off[row];
  if (2 * n > o->cap) o->key = mem_realloc(o->key, sizeof *o->key * (size_t)(o->cap = 4 * n + 16));
  const int32_t *t = store_targets(s, row);
  bool sorted = true;
  for (int64_t k = 0; k < n; k++) {
    o->key[k] = store_position(s, t[k]) << 32 | k;
    if (k && o->key[k] < o->key[k - 1]) sorted = false;
  }
  if (!sorted) merge_sort(o->key, n, o->key + n);
  for (int64_t k = 0; k < n; k++) o->key[k] &= 0xffffffff;
  return o->key;
}

// Calls fn for each synapse in the order source, target: row and number in storage.
typedef void (*SynFn)(void *ctx, Proj *p, int64_t row, int64_t syn, int64_t at);
static void group_each(const ProjGroup *g, SynFn fn, void *ctx) {
  RowOrder o = {0};
  int64_t at = 0;
  for (int a = 0; a < g->nsrc; a++)
    for (int64_t row = 0; row < proj_store(g->proj[a * g->ndst])->nsrc; row++)
      for (int b = 0; b < g->ndst; b++) {
        Proj *p = g->proj[a * g->ndst + b];
        const Store *s = proj_store(p);
        const int64_t *order = row_order_by_target(&o, s, row);
        for (int64_t k = 0; k < s->off[row + 1] - s->off[row]; k++) fn(ctx, p, row, s->off[row] + order[k], at++);
      }
  mem_free(o.key);
}

// ---- what a name means ----
typedef enum What { C_NONE, C_I, C_J, C_DELAY, C_POST_DELAY, C_PRE, C_POST, C_SYN, C_PARAM, C_SIGNAL, C_PRE_STATE,
                   C_POST_STATE } What;
typedef struct Named {
  What what;
  int var;
  const char *rest; // after "pre." or "post."
} Named;

static int syn_var(const ModelDesc *m, const char *name) {
  for (int v = 0; v < m->nvars; v++)
    if (strcmp(m->vars[v].name, name) == 0) return v;
  return -1;
}

static Named named_var(const Proj *p, int v) {
  const VarDesc *d = &p->syn->model.vars[v];
  if (d->flags & VARF_PRE) return (Named){C_PRE_STATE, v, NULL};
  if (d->flags & VARF_POST) return (Named){C_POST_STATE, v, NULL};
  if (d->kind == VAR_SIGNAL) return (Named){C_SIGNAL, v, NULL};
  if (p->cols[v].p) return (Named){C_SYN, v, NULL};
  return (Named){d->kind == VAR_PARAM ? C_PARAM : C_NONE, v, NULL};
}

static Named name_of(const ProjGroup *g, const char *var) {
  static const struct { const char *word; What what; } words[] = {
      {"i", C_I}, {"j", C_J}, {"delay", C_DELAY}, {"post_delay", C_POST_DELAY}};
  const Proj *p = g->proj[0];
  int v = syn_var(&p->syn->model, var);
  if (v >= 0) return named_var(p, v);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strcmp(var, words[k].word) == 0) return (Named){.what = words[k].what};
  if (strncmp(var, "pre.", 4) == 0) return (Named){.what = C_PRE, .rest = var + 4};
  if (strncmp(var, "post.", 5) == 0) return (Named){.what = C_POST, .rest = var + 5};
  return (Named){0};
}

static bool report_no_column(Vm *vm, const ProjGroup *g, const char *var, Span span) {
  const ModelDesc *m = &g->desc->syn->model;
  Diag *e = diag(vm->diags, E_NO_VARIABLE, span, "synapses %s have no variable %s", m->name, var);
  diag_hint(e, "a connection has i, j, delay, pre.x, post.x, and the weight, states and params of its synapse and rules");
  return false;
}

static bool no_room(Vm *vm, int64_t n, Span span) {
  report_memory(vm, span, 8.0 * (double)n, "the array of values");
  return false;
}

// ---- reading ----
static double delay_of(const Delays *d, int64_t syn) {
  return d->times ? d->times[syn] : d->steps ? d->steps[syn] * d->dt : d->time;
}

typedef struct Reader {
  Named name;
  double *out;
  double **neurons; // pre.x, post.x: the variable of every neuron, by part
} Reader;

static void read_one(void *ctx, Proj *p, int64_t row, int64_t syn, int64_t at) {
  Reader *r = ctx;
  const Store *s = proj_store(p);
  switch (r->name.what) {
  case C_I: r->out[at] = (double)(s->i0 + row); break;
  case C_J: r->out[at] = (double)(s->j0 + store_position(s, store_targets(s, row)[syn - s->off[row]])); break;
  case C_DELAY: r->out[at] = delay_of(&s->pre, syn); break;
  case C_POST_DELAY: r->out[at] = delay_of(&s->post, syn); break;
  case C_PRE: r->out[at] = r->neurons[p->order][store_source(s, row)]; break;
  case C_POST: r->out[at] = r->neurons[p->order][store_targets(s, row)[syn - s->off[row]]]; break;
  default: r->out[at] = proj_get(p, r->name.var, syn);
  }
}

static bool read_neurons(Vm *vm, const ProjGroup *g, Reader *r, Span span) {
  r->neurons = mem_alloc(sizeof *r->neurons * (size_t)g->nproj);
  for (int q = 0; q < g->nproj; q++) {
    Pop *p = r->name.what == C_PRE ? g->proj[q]->pre : g->proj[q]->post;
    g->proj[q]->order = q;
    r->neurons[q] = mem_alloc(sizeof(double) * (size_t)p->n);
    SelPart all = {.pop = p, .lo = 0, .hi = p->n, .n = p->n};
    if (!part_read(vm, &all, r->name.rest, r->neurons[q], span)) return false;
  }
  return true;
}

static bool read_present(Vm *vm, const ProjGroup *g, Named name, Present *now, Span span) {
  *now = (Present){0};
  return name.what != C_SYN || present_open(vm, g, name.var, now) || no_room(vm, proj_count(g), span);
}

static bool read_table(Vm *vm, const ProjGroup *g, Named name, Value *out, Span span) {
  Array *a = array_new1(name.what == C_I || name.what == C_J ? VAL_INT : VAL_NUM, proj_count(g));
  if (!a) return no_room(vm, proj_count(g), span);
  Reader r = {.name = name, .out = a->data};
  Present now;
  bool ok = (!name.rest || read_neurons(vm, g, &r, span)) && read_present(vm, g, name, &now, span);
  if (ok) group_each(g, read_one, &r);
  if (ok) present_close(&now);
  for (int q = 0; r.neurons && q < g->nproj; q++) mem_free(r.neurons[q]);
  mem_free(r.neurons);
  *out = value_obj(a);
  if (!ok) value_drop(*out);
  return ok;
}

// pre states: one per source as written; post states: one per target.
static int64_t state_side(const ProjGroup *g, bool post, Proj **parts) {
  int n = post ? g->ndst : g->nsrc;
  int64_t total = 0;
  for (int k = 0; k < n; k++) {
    parts[k] = post ? g->proj[k] : g->proj[k * g->ndst];
    total += post ? proj_store(parts[k])->ndst : proj_store(parts[k])->nsrc;
  }
  return total;
}

static double *state_element(Proj *p, int var, bool post, int64_t k) {
  const Store *s = proj_store(p);
  if (!post) return &p->pre_cols[var].p[store_source(s, k)];
  int64_t e = s->dst_idx ? s->dst_idx[k] : s->dst_lo + k;
  return &p->post->blocks[p->block]->cols[var].p[e];
}

static bool states_move(Vm *vm, const ProjGroup *g, Named name, Value *out, const Array *in, double x, Span span) {
  bool post = name.what == C_POST_STATE, ok = true;
  Proj **parts = mem_alloc(sizeof *parts * (size_t)(g->nsrc + g->ndst));
  int64_t n = state_side(g, post, parts), at = 0;
  Array *a = out ? array_new1(VAL_NUM, n) : NULL;
  if (out && !a) ok = no_room(vm, n, span);
  if (in && in->n != n) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "%lld values for %lld neurons", (long long)in->n, (long long)n);
    diag_hint(e, "give one number for all, or one for each");
    ok = false;
  }
  for (int q = 0; ok && q < (post ? g->ndst : g->nsrc); q++) {
    const Store *s = proj_store(parts[q]);
    for (int64_t k = 0; k < (post ? s->ndst : s->nsrc); k++, at++) {
      double *cell = state_element(parts[q], name.var, post, k);
      if (out) a->data[at] = *cell;
      else *cell = in ? in->data[at] : x;
    }
  }
  // Each source part has its own copy of pre states for every target part.
  for (int q = 0; ok && in && !post && q < g->nproj; q++)
    if (q % g->ndst)
      memcpy(g->proj[q]->pre_cols[name.var].p, g->proj[q - q % g->ndst]->pre_cols[name.var].p,
             sizeof(double) * (size_t)g->proj[q]->pre->n);
  mem_free(parts);
  if (ok && out) *out = value_obj(a);
  return ok;
}

bool proj_read(Vm *vm, const ProjGroup *g, const char *var, Value *out, Span span) {
  Named name = name_of(g, var);
  switch (name.what) {
  case C_NONE: return report_no_column(vm, g, var, span);
  case C_PARAM:
    *out = value_num(g->proj[0]->post->blocks[g->proj[0]->block]->params[name.var]);
    return true;
  case C_SIGNAL: {
    const Signal *s = g->proj[0]->post->blocks[g->proj[0]->block]->signals[name.var];
    *out = value_num(s ? s->x : 0);
    return true;
  }
  case C_PRE_STATE:
  case C_POST_STATE: return states_move(vm, g, name, out, NULL, 0, span);
  default: return read_table(vm, g, name, out, span);
  }
}

// ---- writing ----
typedef struct Writer {
  Named name;
  const double *in;
  const int64_t *rank;
  double one;
} Writer;

static void write_one(void *ctx, Proj *p, int64_t row, int64_t syn, int64_t at) {
  (void)row;
  Writer *w = ctx;
  double x = w->in ? w->in[w->rank ? w->rank[at] : at] : w->one;
  Store *s = proj_store(p);
  if (w->name.what == C_DELAY) s->pre.times[syn] = x;
  else if (w->name.what == C_POST_DELAY) s->post.times[syn] = x;
  else proj_set(p, w->name.var, syn, x);
}

static bool fixed_column(Vm *vm, const char *var, Span span) {
  Diag *e = diag(vm->diags, E_NO_VARIABLE, span, "%s of a connection cannot be set", var);
  diag_hint(e, "weights, states and params can be set; for other pairs make another connection");
  return false;
}

// A uniform column of every part becomes a full one.
static bool make_full(Vm *vm, ProjGroup *g, int var, Span span) {
  for (int q = 0; q < g->nproj; q++) {
    Proj *p = g->proj[q];
    if (!p->cols[var].uniform) continue;
    if (!proj_expand(p, var)) return no_room(vm, p->nsyn, span);
    p->changed = true;
    vm_net(vm)->attached = false;
  }
  return true;
}

static bool delays_full(Vm *vm, ProjGroup *g, bool post, Span span) {
  for (int q = 0; q < g->nproj; q++) {
    Store *s = proj_store(g->proj[q]);
    Delays *d = post ? &s->post : &s->pre;
    if (d->times) continue;
    d->times = mem_try_alloc(sizeof(double) * (size_t)(g->proj[q]->nsyn + 8));
    if (!d->times) return no_room(vm, g->proj[q]->nsyn, span);
    for (int64_t k = 0; k < g->proj[q]->nsyn; k++) d->times[k] = d->steps ? d->steps[k] * d->dt : d->time;
  }
  return true;
}

static bool write_delays(Vm *vm, ProjGroup *g, Writer *w, Span span) {
  if (vm->ran) {
    Diag *e = diag(vm->diags, E_SET_LATE, span, "delays cannot be changed after the first run");
    diag_hint(e, "set them before it, or after `reset`");
    return false;
  }
  if (!delays_full(vm, g, w->name.what == C_POST_DELAY, span)) return false;
  group_each(g, write_one, w);
  for (int q = 0; q < g->nproj; q++) {
    Store *s = proj_store(g->proj[q]);
    (w->name.what == C_POST_DELAY ? &s->post : &s->pre)->dt = 0;
    if (!proj_settle(vm, g->proj[q])) return false;
  }
  vm_net(vm)->attached = false;
  return true;
}

static void write_param(Vm *vm, ProjGroup *g, int var, double x) {
  for (int q = 0; q < g->nproj; q++) g->proj[q]->post->blocks[g->proj[q]->block]->params[var] = x;
  vm_net(vm)->constants = true;
}

// Writing a parameter of a block that other projections share gives this projection a block of its own first; its post
// states begin where the shared ones stand at 0, since what arrived so far belongs to all.
static bool shared_block(const Vm *vm, const ProjGroup *g) {
  for (int q = 0; q < g->nproj; q++)
    for (int k = 0; k < vm->projs.n; k++) {
      const Proj *p = vm->projs.data[k];
      if (p->post == g->proj[q]->post && p->block == g->proj[q]->block && p->desc != g->desc) return true;
    }
  return false;
}

static bool write_uniform_param(Vm *vm, ProjGroup *g, int var, const Array *a, double x, const char *name, Span span) {
  if (a) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "%s is one number for the whole connection", name);
    diag_hint(e, "to give each synapse its own, set it in the block of `connect`");
    return false;
  }
  if (shared_block(vm, g)) {
    for (int q = 0; q < g->nproj; q++)
      if (!proj_own_block(vm, g->proj[q])) return no_room(vm, g->proj[q]->post->n, span);
  }
  write_param(vm, g, var, x);
  return true;
}

bool proj_write_ranked(Vm *vm, ProjGroup *g, const char *var, Value v, const int64_t *rank, Span span) {
  Named name = name_of(g, var);
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  double x = a ? 0 : value_as_num(v);
  Writer w = {.name = name, .in = a ? a->data : NULL, .rank = rank, .one = x};
  if (name.what == C_NONE) return report_no_column(vm, g, var, span);
  bool synapses = name.what == C_SYN || name.what == C_PARAM;
  if (synapses && !present_for_good(vm, g)) return no_room(vm, proj_count(g), span);
  if (name.what == C_PRE_STATE || name.what == C_POST_STATE) return states_move(vm, g, name, NULL, a, x, span);
  if (name.what == C_PARAM) return write_uniform_param(vm, g, name.var, a, x, var, span);
  if (name.what < C_DELAY || name.what == C_PRE || name.what == C_POST || name.what == C_SIGNAL)
    return fixed_column(vm, var, span);
  if (a && !rank && a->n != proj_count(g)) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "%lld values for %lld synapses", (long long)a->n, (long long)proj_count(g));
    diag_hint(e, "give one number for all, or an array in the order source, target");
    return false;
  }
  if (name.what != C_SYN) return write_delays(vm, g, &w, span);
  for (int q = 0; q < g->nproj; q++)
    if (!proj_save_var(vm, g->proj[q], name.var)) return false;
  if (g->desc->syn->model.vars[name.var].kind == VAR_PARAM) vm_net(vm)->constants = true;
  if (a && !make_full(vm, g, name.var, span)) return false;
  for (int q = 0; !a && q < g->nproj; q++)
    if (g->proj[q]->cols[name.var].uniform) g->proj[q]->cols[name.var].p[0] = x;
  vm_net(vm)->weights = true;
  group_each(g, write_one, &w);
  return true;
}

bool proj_write(Vm *vm, ProjGroup *g, const char *var, Value v, Span span) {
  return proj_write_ranked(vm, g, var, v, NULL, span);
}

// ---- one pair ----
typedef struct PairWalk {
  int64_t found;
  double sum;
  const double *set;
} PairWalk;

static bool pair_walk(const ProjGroup *g, int var, int64_t i, int64_t j, PairWalk *w) {
  for (int q = 0; q < g->nproj; q++) {
    Proj *p = g->proj[q];
    const Store *s = proj_store(p);
    int64_t row = i - s->i0;
    if (row < 0 || row >= s->nsrc || j < s->j0 || j >= s->j0 + s->ndst) continue;
    const int32_t *t = store_targets(s, row);
    for (int64_t k = 0; k < s->off[row + 1] - s->off[row]; k++) {
      if (s->j0 + store_position(s, t[k]) != j) continue;
      if (w->set) proj_set(p, var, s->off[row] + k, *w->set);
      w->sum += proj_get(p, var, s->off[row] + k);
      w->found++;
    }
  }
  return w->found > 0;
}

static bool pair_name(Vm *vm, const ProjGroup *g, const char *var, Named *name, Span span) {
  *name = name_of(g, var);
  return name->what == C_SYN ? true : name->what == C_NONE ? report_no_column(vm, g, var, span) : fixed_column(vm, var, span);
}

static bool no_synapse(Vm *vm, int64_t i, int64_t j, Span span) {
  Diag *e = diag(vm->diags, E_NO_SYNAPSE, span, "there is no synapse from %lld to %lld", (long long)i, (long long)j);
  diag_hint(e, "matrix(C.w) has 0 for pairs without a synapse");
  return false;
}

bool proj_read_at(Vm *vm, const ProjGroup *g, const char *var, int64_t i, int64_t j, double *out, Span span) {
  Named name;
  PairWalk w = {0};
  Present now;
  if (!pair_name(vm, g, var, &name, span) || !read_present(vm, g, name, &now, span)) return false;
  bool found = pair_walk(g, name.var, i, j, &w);
  present_close(&now);
  *out = w.sum;
  return found || no_synapse(vm, i, j, span);
}

bool proj_write_at(Vm *vm, ProjGroup *g, const char *var, int64_t i, int64_t j, double x, Span span) {
  Named name;
  PairWalk w = {0}, set = {.set = &x};
  if (!pair_name(vm, g, var, &name, span)) return false;
  if (!pair_walk(g, name.var, i, j, &w)) return no_synapse(vm, i, j, span);
  if (!present_for_good(vm, g)) return no_room(vm, proj_count(g), span);
  for (int q = 0; q < g->nproj; q++)
    if (!proj_save_var(vm, g->proj[q], name.var)) return false;
  if (!make_full(vm, g, name.var, span)) return false;
  vm_net(vm)->weights = true;
  return pair_walk(g, name.var, i, j, &set);
}

// ---- as a matrix ----
typedef struct Matrix {
  Named name;
  double *out;
  int64_t columns;
} Matrix;

static void matrix_add(void *ctx, Proj *p, int64_t row, int64_t syn, int64_t at) {
  (void)at;
  Matrix *m = ctx;
  const Store *s = proj_store(p);
  int64_t j = s->j0 + store_position(s, store_targets(s, row)[syn - s->off[row]]);
  double x = m->name.what == C_DELAY ? delay_of(&s->pre, syn) : proj_get(p, m->name.var, syn);
  m->out[(s->i0 + row) * m->columns + j] += x;
}

bool proj_matrix(Vm *vm, const ProjGroup *g, const char *var, Value *out, Span span) {
  Named name = name_of(g, var);
  if (name.what != C_SYN && name.what != C_DELAY) return report_no_column(vm, g, var, span);
  int64_t shape[2] = {0, 0};
  for (int a = 0; a < g->nsrc; a++) shape[0] += proj_store(g->proj[a * g->ndst])->nsrc;
  for (int b = 0; b < g->ndst; b++) shape[1] += proj_store(g->proj[b])->ndst;
  Array *a = array_new(VAL_NUM, 2, shape);
  if (!a) return no_room(vm, shape[0] * shape[1], span);
  Matrix m = {name, a->data, shape[1]};
  Present now;
  if (!read_present(vm, g, name, &now, span)) {
    value_drop(value_obj(a));
    return false;
  }
  group_each(g, matrix_add, &m);
  present_close(&now);
  *out = value_obj(a);
  return true;
}
