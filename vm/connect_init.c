// SPDX-License-Identifier: MIT
// The values of a new connection: weights, delays, states and parameters of synapses; states of sources and targets;
// uniform parameters, and with them the block of post states, shared with an equal one where the sum of two solutions
// is a solution.
#include <math.h>
#include <string.h>

#include "vm/connect.h"

enum { DELAYS_KEPT = 1 << 22 };

// One item while it is computed chunk by chunk.
typedef struct Item {
  const InitCode *c;
  Bound b;
  double *chunk;      // PAIR_CHUNK values; one where uniform
  bool one;
  const Array *array; // instead of a kernel
} Item;

typedef struct Values {
  Maker *m;
  Item *item;
  int n;
  Column *self;       // what kernels see of the synapses of the chunk, by variable
  double *no_number;
  int64_t made;       // synapses of the projections before this one
} Values;

static bool of_neurons(const Maker *m, const InitCode *c) {
  return c->var >= 0 && m->d->syn->model.vars[c->var].flags & (VARF_PRE | VARF_POST);
}

static bool per_synapse(const Maker *m, const InitCode *c) {
  return (c->var >= 0 && !of_neurons(m, c)) || c->var == INIT_DELAY || c->var == INIT_POST_DELAY;
}

static Delays *item_delays(Proj *p, const InitCode *c) {
  return c->var == INIT_DELAY ? &proj_store(p)->pre : c->var == INIT_POST_DELAY ? &proj_store(p)->post : NULL;
}

// What a model demands and its values do not meet: of all synapses, or of synapse k.
static bool report_demand(Maker *m, const InitCode *c, int64_t k) {
  const SynDesc *s = m->d->syn;
  const char *text = s->require_text[c - s->require];
  Diag *e = k < 0 ? diag(m->vm->diags, E_REQUIRE, m->d->span, "%s", text)
                  : diag(m->vm->diags, E_REQUIRE, m->d->span, "synapse %lld: %s", (long long)k, text);
  diag_label(e, c->span, "the model demands this");
  return false;
}

static bool check_demand(Values *v, const Item *it, int64_t lo, int64_t n) {
  for (int64_t k = 0; k < n; k++)
    if (it->chunk[k] == 0) return report_demand(v->m, it->c, v->made + lo + k);
  return true;
}

// ---- places for the values ----
static bool delays_open(Proj *p, Delays *d) {
  size_t n = (size_t)p->nsyn + 8;
  if (p->nsyn <= DELAYS_KEPT) d->times = mem_try_alloc(n * sizeof *d->times);
  else d->steps = mem_try_alloc(n * sizeof *d->steps);
  return d->times || d->steps;
}

static bool values_open_proj(Values *v, Proj *p) {
  const ModelDesc *md = &p->syn->model;
  for (int k = 0; k < md->nvars; k++) {
    bool step = md->vars[k].flags & VARF_STEP; // exact beyond 2^24 as well
    bool wide = step || md->vars[k].flags & VARF_WIDE;
    p->type[k] = p->nsyn > PROJ_SINGLE && !wide ? SLOT_F32 : SLOT_F64;
    uint8_t kind = md->vars[k].kind;
    if (md->vars[k].flags & (VARF_PRE | VARF_POST)) continue;
    if (kind != VAR_STATE && kind != VAR_WEIGHT && kind != VAR_HIDDEN) continue;
    if (!column_alloc(&p->cols[k], 1, true)) return false;
    p->cols[k].p[0] = step ? (double)v->m->vm->tick : kind == VAR_HIDDEN ? md->vars[k].initial : 0;
  }
  for (int k = 0; k < v->n; k++) {
    Item *it = &v->item[k];
    Delays *d = item_delays(p, it->c);
    if (it->c->var == INIT_REQUIRE) continue;
    bool one = it->one || !p->nsyn;
    if (d && one) d->time = it->chunk[0];
    else if (d && !delays_open(p, d)) return false;
    if (d) continue;
    if (!p->cols[it->c->var].p && !column_alloc(&p->cols[it->c->var], 1, true)) return false;
    p->cols[it->c->var].p[0] = it->chunk[0];
    if (!one && !proj_expand(p, it->c->var)) return false;
  }
  return true;
}

static bool store_delays(Values *v, Proj *p, Delays *d, const double *x, int64_t lo, int64_t n) {
  if (d->times) {
    memcpy(d->times + lo, x, sizeof *x * (size_t)n);
    return true;
  }
  d->dt = v->m->vm->dt;
  for (int64_t k = 0; k < n; k++)
    if ((d->steps[lo + k] = delay_steps(v->m->vm, x[k])) < 0) return report_delay(v->m->vm, p, x[k], "delay");
  return true;
}

static bool store_item(Values *v, Proj *p, Item *it, int64_t lo, int64_t n) {
  if (it->c->var == INIT_REQUIRE) return check_demand(v, it, lo, n);
  Delays *d = item_delays(p, it->c);
  if (d) return store_delays(v, p, d, it->chunk, lo, n);
  for (int64_t k = 0; k < n; k++) proj_set(p, it->c->var, lo + k, it->chunk[k]);
  return true;
}

// ---- chunks ----
static void chunk_pairs(Maker *m, const Store *s, int64_t lo, int64_t n, int64_t *row) {
  for (int64_t k = 0; k < n; k++) {
    while (lo + k >= s->off[*row + 1]) ++*row;
    m->pi[k] = (int32_t)(s->i0 + *row);
    m->pj[k] = (int32_t)(s->j0 + store_position(s, store_targets(s, *row)[lo + k - s->off[*row]]));
  }
}

static void take_array(const Values *v, Item *it, int64_t lo, int64_t n) {
  const Maker *m = v->m;
  bool given = m->rank && it->array->n == m->ncodes;
  for (int64_t k = 0; k < n; k++) {
    int64_t at = v->made + lo + k;
    it->chunk[k] = it->array->data[given ? m->rank[at] : at];
  }
}

static bool compute_chunk(Values *v, Proj *p, int64_t lo, int64_t n) {
  Maker *m = v->m;
  for (int k = 0; k < v->n; k++) {
    Item *it = &v->item[k];
    if (it->one) continue;
    if (it->array) take_array(v, it, lo, n);
    else if (it->b.in) {
      KernelCall call = call_now(m->vm, (uint32_t)p->id);
      call.hi = n;
      call.elem_offset = lo;
      call.idx[1] = m->pi;
      call.idx[2] = m->pj;
      if (!bound_run(m->vm, &it->b, &call, p->desc->span)) return false;
    }
    if (!store_item(v, p, it, lo, n)) return false;
  }
  return true;
}

static bool compute_proj(Values *v, Proj *p) {
  if (!values_open_proj(v, p)) {
    report_memory(v->m->vm, p->desc->span, 8.0 * (double)p->nsyn * v->n, "the values of the synapses");
    return false;
  }
  bool any = false;
  for (int k = 0; k < v->n; k++) any = any || !v->item[k].one;
  int64_t row = 0;
  for (int64_t lo = 0; any && lo < p->nsyn; lo += PAIR_CHUNK) {
    int64_t n = p->nsyn - lo < PAIR_CHUNK ? p->nsyn - lo : PAIR_CHUNK;
    chunk_pairs(v->m, proj_store(p), lo, n, &row);
    if (!compute_chunk(v, p, lo, n)) return false;
  }
  v->made += p->nsyn;
  return true;
}

// ---- items ----
static bool check_array(const Values *v, const InitCode *c, const Array *a, int64_t nsyn) {
  const Maker *m = v->m;
  if (a && (a->n == nsyn || (m->rank && a->n == m->ncodes))) return true;
  Diag *e = diag(m->vm->diags, E_LENGTH, c->span, "%lld values for %lld synapses", a ? (long long)a->n : 1LL, (long long)nsyn);
  diag_hint(e, "give one number for all, an expression of i and j, or an array in the order source, target");
  return false;
}

static Scope values_scope(const Values *v, Item *it, const Value *captures, int ncaptures) {
  Maker *m = v->m;
  Proj *p = m->proj[0];
  return (Scope){.vm = m->vm, .proj = p, .pre = p->pre, .post = p->post, .pre_n = &proj_run(p)->npre,
                 .post_n = &proj_run(p)->npost, .self_n = v->no_number, .captures = captures, .ncaptures = ncaptures,
                 .out = {it->chunk}, .nout = PAIR_CHUNK, .gather = &m->gather};
}

static bool item_open(Values *v, Item *it, const InitCode *c, const Value *captures, int ncaptures, int64_t nsyn) {
  Maker *m = v->m;
  it->c = c;
  it->one = c->uniform && !c->random && c->array < 0;
  it->chunk = mem_alloc(sizeof(double) * (PAIR_CHUNK + 8));
  if (c->var >= 0) v->self[c->var] = (Column){it->chunk, it->one};
  if (c->array >= 0) {
    it->array = captures[c->array].kind == VAL_ARRAY ? (const Array *)captures[c->array].obj : NULL;
    return check_array(v, c, it->array, nsyn);
  }
  Scope s = values_scope(v, it, captures, ncaptures);
  bound_open(&it->b, c->kernel, &s, m->key.object);
  if (!bound_setup(m->vm, &it->b, PAIR_CHUNK)) return false;
  if (it->one && it->b.in) {
    m->pi[0] = m->pj[0] = 0;
    KernelCall call = call_now(m->vm, m->key.object);
    call.hi = 1;
    call.idx[1] = m->pi;
    call.idx[2] = m->pj;
    return bound_run(m->vm, &it->b, &call, m->d->span);
  }
  return true;
}

static bool several_parts(const Maker *m) { return m->dst->nparts > 1; }

// Arrays over several target populations come source by source, across projections: they are written afterwards.
static bool write_arrays(Maker *m, ProjGroup *g, const Value *captures) {
  for (int k = 0; k < m->d->ninit; k++) {
    const InitCode *c = &m->d->init[k];
    if (!per_synapse(m, c) || c->array < 0) continue;
    const char *name = c->var == INIT_DELAY ? "delay" : c->var == INIT_POST_DELAY ? "post_delay" : m->d->syn->model.vars[c->var].name;
    if (!proj_write_ranked(m->vm, g, name, captures[c->array], m->rank, c->span)) return false;
  }
  return true;
}

bool connect_values(Maker *m, ProjGroup *g, const Value *captures, int ncaptures) {
  const ConnDesc *d = m->d;
  Values v = {.m = m, .item = mem_alloc(sizeof(Item) * (size_t)(d->ninit + d->syn->nrequire + 1)), .no_number = vm_zeros(m->vm, 1),
              .self = mem_alloc(sizeof(Column) * (size_t)(d->syn->model.nvars + 1))};
  m->gather.self = v.self;
  int64_t nsyn = proj_count(g);
  bool ok = true, after = several_parts(m);
  for (int k = 0; ok && k < d->ninit; k++) {
    const InitCode *c = &d->init[k];
    if (per_synapse(m, c) && !(after && c->array >= 0)) ok = item_open(&v, &v.item[v.n++], c, captures, ncaptures, nsyn);
  }
  for (int k = 0; ok && k < d->syn->nrequire; k++)
    if (!d->syn->require[k].uniform) ok = item_open(&v, &v.item[v.n++], &d->syn->require[k], captures, ncaptures, nsyn);
  for (int q = 0; ok && q < g->nproj; q++) ok = compute_proj(&v, g->proj[q]);
  if (ok && after) ok = write_arrays(m, g, captures);
  for (int k = 0; k < v.n; k++) {
    bound_close(&v.item[k].b);
    mem_free(v.item[k].chunk);
  }
  mem_free(v.item);
  mem_free(v.self);
  m->gather.self = m->proj[0]->cols;
  return ok;
}

// ---- parameters of the use, and the block of post states ----
static bool same_block(const Block *b, const Proj *p, const double *params) {
  const ModelDesc *md = &p->syn->model;
  return !b->own && b->syn->mergeable && p->syn->mergeable && b->syn->model.lang == md->lang && b->syn->model.nvars == md->nvars &&
         b->input == p->input && memcmp(b->params, params, sizeof *params * (size_t)md->nvars) == 0;
}

static int find_block(const Proj *p, const double *params) {
  for (int k = 0; k < p->post->nblocks; k++)
    if (same_block(p->post->blocks[k], p, params)) return k;
  return -1;
}

static bool block_columns(Block *b, int64_t n) {
  const ModelDesc *md = &b->syn->model;
  for (int k = 0; k < md->nvars; k++) {
    const VarDesc *d = &md->vars[k];
    if (d->kind == VAR_PARAM) {
      b->cols[k] = (Column){&b->params[k], true};
      continue;
    }
    if (!(d->flags & VARF_POST)) continue;
    if (!column_alloc(&b->cols[k], n, false)) return false;
    for (int64_t e = 0; d->kind == VAR_HIDDEN && d->initial != 0 && e < n; e++) b->cols[k].p[e] = d->initial;
  }
  return true;
}

static int new_block(Vm *vm, Proj *p, const double *params) {
  Arena *a = vm->arena;
  int nvars = p->syn->model.nvars;
  Block *b = NEW(a, Block);
  *b = (Block){.syn = p->syn, .params = arena_dup(params, sizeof *params * (size_t)(nvars + 1), a), .input = p->input,
               .cols = NEWN(a, Column, nvars + 1), .initial = NEWN(a, Column, nvars + 1),
               .signals = NEWN(a, Signal *, nvars + 1), .is_new = true};
  if (!block_columns(b, p->post->n)) return -1;
  Block **grown = NEWN(a, Block *, p->post->nblocks + 1);
  if (p->post->nblocks) memcpy(grown, p->post->blocks, sizeof *grown * (size_t)p->post->nblocks);
  grown[p->post->nblocks] = b;
  p->post->blocks = grown;
  return p->post->nblocks++;
}

bool proj_own_block(Vm *vm, Proj *p) {
  int block = new_block(vm, p, p->post->blocks[p->block]->params);
  if (block < 0) return false;
  memcpy(p->post->blocks[block]->signals, p->post->blocks[p->block]->signals, sizeof(Signal *) * (size_t)p->syn->model.nvars);
  p->block = block;
  p->post->blocks[block]->own = true;
  p->changed = p->post->changed = true;
  vm_net(vm)->attached = false;
  return true;
}

void proj_signal(Vm *vm, ProjGroup *g, int var, Signal *s) {
  for (int k = 0; k < g->nproj; k++) g->proj[k]->post->blocks[g->proj[k]->block]->signals[var] = s;
  vm_net(vm)->attached = false;
}

static bool run_lanes(Maker *m, Proj *p, const InitCode *c, Scope *s, int64_t lanes) {
  Bound b;
  bound_open(&b, c->kernel, s, (uint32_t)p->id);
  KernelCall call = call_now(m->vm, (uint32_t)p->id);
  call.hi = lanes;
  // A kernel over neurons may ask for its element as that of the source or target too.
  int32_t *iota = mem_alloc(sizeof *iota * (size_t)(lanes + 8));
  for (int64_t k = 0; k < lanes; k++) iota[k] = (int32_t)k;
  call.idx[1] = call.idx[2] = iota;
  bool ok = bound_once(m->vm, &b, lanes, &call, p->desc->span);
  mem_free(iota);
  bound_close(&b);
  return ok;
}

static Scope lane_scope(Maker *m, Proj *p, double *out, int64_t n, const Value *captures, int ncaptures) {
  return (Scope){.vm = m->vm, .proj = p, .pre = p->pre, .post = p->post, .pre_n = &proj_run(p)->npre,
                 .post_n = &proj_run(p)->npost, .self_n = vm_zeros(m->vm, 1), .captures = captures, .ncaptures = ncaptures,
                 .out = {out}, .nout = n, .temporary = true};
}

static bool compute_params(Maker *m, Proj *p, double *params, const Value *captures, int ncaptures) {
  for (int k = 0; k < p->syn->nparams; k++) {
    const InitCode *c = &p->syn->params[k];
    if (c->var < 0) continue;
    if (c->array >= 0) params[c->var] = value_as_num(captures[c->array]);
    if (!c->kernel) continue;
    double out[8] = {0};
    Scope s = lane_scope(m, p, out, 1, captures, ncaptures);
    s.gather = &m->gather;
    m->gather.params = params;
    if (!run_lanes(m, p, c, &s, 1)) return false;
    params[c->var] = out[0];
  }
  for (int k = 0; k < p->syn->nrequire; k++) {
    const InitCode *c = &p->syn->require[k];
    if (!c->uniform) continue;
    double holds[8] = {0};
    Scope s = lane_scope(m, p, holds, 1, captures, ncaptures);
    s.gather = &m->gather;
    m->gather.params = params;
    if (!run_lanes(m, p, c, &s, 1)) return false;
    if (holds[0] == 0) return report_demand(m, c, -1);
  }
  return true;
}

// States of sources and of targets: their values at creation.
static bool neuron_states(Maker *m, Proj *p, bool post, const Value *captures, int ncaptures) {
  const ModelDesc *md = &p->syn->model;
  Block *b = p->post->blocks[p->block];
  int flag = post ? VARF_POST : VARF_PRE;
  int64_t n = post ? p->post->n : p->pre->n;
  Column *cols = post ? b->cols : p->pre_cols;
  for (int k = 0; !post && k < md->nvars; k++) {
    if (!(md->vars[k].flags & VARF_PRE)) continue;
    if (!column_alloc(&cols[k], n, false)) return false;
    for (int64_t e = 0; md->vars[k].kind == VAR_HIDDEN && e < n; e++) cols[k].p[e] = md->vars[k].initial;
  }
  for (int k = 0; k < m->d->ninit; k++) {
    const InitCode *c = &m->d->init[k];
    if (c->var < 0 || !(md->vars[c->var].flags & flag) || !cols[c->var].p) continue;
    Scope s = lane_scope(m, p, cols[c->var].p, n, captures, ncaptures);
    if (c->array >= 0) {
      const Array *a = captures[c->array].kind == VAL_ARRAY ? (const Array *)captures[c->array].obj : NULL;
      if (!a || a->n != n) {
        Diag *e = diag(m->vm->diags, E_LENGTH, c->span, "%lld values of %s for %lld neurons", a ? (long long)a->n : 1LL,
                       md->vars[c->var].name, (long long)n);
        diag_hint(e, "a %s state has one value for each %s neuron", post ? "post" : "pre", post ? "target" : "source");
        return false;
      }
      memcpy(cols[c->var].p, a->data, sizeof(double) * (size_t)n);
    } else if (c->kernel) {
      if (!run_lanes(m, p, c, &s, n)) return false;
    }
  }
  return true;
}

static void remember_block(Block *b, int64_t n) {
  for (int k = 0; k < b->syn->model.nvars; k++) {
    Column *c = &b->cols[k];
    if (!c->p || c->p == &b->params[k]) continue;
    for (int64_t e = 0; e < n; e++)
      if (c->p[e] != 0) {
        column_save(&b->initial[k], c, n);
        break;
      }
  }
}

static bool block_memory(Maker *m, const Proj *p) {
  report_memory(m->vm, p->desc->span, 8.0 * (double)p->post->n, "the states of the synapses");
  return false;
}

bool connect_block(Maker *m, Proj *p, const Value *captures, int ncaptures) {
  double *params = mem_alloc(sizeof *params * (size_t)(p->syn->model.nvars + 1));
  if (!compute_params(m, p, params, captures, ncaptures)) {
    mem_free(params);
    return false;
  }
  p->block = find_block(p, params);
  bool fresh = p->block < 0;
  if (fresh) p->block = new_block(m->vm, p, params);
  mem_free(params);
  if (p->block < 0) return block_memory(m, p);
  for (int k = 0; k < m->vm->pops.n; k++) m->vm->pops.data[k]->changed = true; // which couplings change within a step may be new
  if (!neuron_states(m, p, false, captures, ncaptures)) return false;
  if (!fresh) return true;
  if (!neuron_states(m, p, true, captures, ncaptures)) return false;
  remember_block(p->post->blocks[p->block], p->post->n);
  return true;
}
