// SPDX-License-Identifier: MIT
// Selections: parts of populations, and their variables read and written.
#include <math.h>
#include <string.h>

#include "vm/run.h"

static int64_t part_element(const SelPart *p, int64_t k) { return p->idx ? p->idx[k] : p->lo + k; }

Sel *sel_of_pop(Pop *p) {
  Sel *s = sel_new(1);
  s->n = p->n;
  s->part[0] = (SelPart){.pop = p, .lo = 0, .hi = p->n, .n = p->n};
  return s;
}

static SelPart part_slice(const SelPart *p, int64_t lo, int64_t hi) {
  SelPart q = {.pop = p->pop, .lo = p->lo + lo, .hi = p->lo + hi, .n = hi - lo};
  if (!p->idx) return q;
  q.idx = mem_alloc(sizeof *q.idx * (size_t)(q.n ? q.n : 1));
  memcpy(q.idx, p->idx + lo, sizeof *q.idx * (size_t)q.n);
  return q;
}

Sel *sel_slice(const Sel *s, int64_t lo, int64_t hi) {
  Sel *out = sel_new(s->nparts);
  int64_t at = 0;
  int n = 0;
  for (int k = 0; k < s->nparts; at += s->part[k++].n) {
    int64_t a = lo > at ? lo - at : 0, b = hi - at < s->part[k].n ? hi - at : s->part[k].n;
    if (a < b || (k == s->nparts - 1 && n == 0)) out->part[n++] = part_slice(&s->part[k], a < b ? a : 0, a < b ? b : 0);
  }
  out->nparts = n;
  out->n = hi - lo;
  return out;
}

Sel *sel_sum(const Sel *a, const Sel *b) {
  const Sel none = {0};
  if (!b) b = &none;
  Sel *out = sel_new(a->nparts + b->nparts);
  for (int k = 0; k < a->nparts; k++) out->part[k] = part_slice(&a->part[k], 0, a->part[k].n);
  for (int k = 0; k < b->nparts; k++) out->part[a->nparts + k] = part_slice(&b->part[k], 0, b->part[k].n);
  out->n = a->n + b->n;
  return out;
}

// ---- by index or mask ----
// Positions pos[0..n-1] of s, as a selection; runs within one part become one part.
static Sel *sel_at(const Sel *s, const int64_t *pos, int64_t n) {
  int64_t *begin = mem_alloc(sizeof *begin * (size_t)(s->nparts + 1));
  for (int k = 0; k < s->nparts; k++) begin[k + 1] = begin[k] + s->part[k].n;
  int parts = 0, now = -1;
  for (int64_t k = 0; k < n; k++) {
    int p = 0;
    while (pos[k] >= begin[p + 1]) p++;
    if (p != now) parts++;
    now = p;
  }
  Sel *out = sel_new(parts ? parts : 1);
  out->n = n;
  int at = -1;
  now = -1;
  for (int64_t k = 0; k < n; k++) {
    int p = 0;
    while (pos[k] >= begin[p + 1]) p++;
    if (p != now) {
      at++;
      now = p;
      out->part[at] = (SelPart){.pop = s->part[p].pop, .idx = mem_alloc(sizeof(int32_t) * (size_t)(n - k))};
    }
    out->part[at].idx[out->part[at].n++] = (int32_t)part_element(&s->part[p], pos[k] - begin[p]);
  }
  if (!parts) out->part[0] = (SelPart){.pop = s->part[0].pop, .idx = mem_alloc(sizeof(int32_t))};
  mem_free(begin);
  return out;
}

static bool mask_positions(Vm *vm, const Sel *s, const Array *a, int64_t **pos, int64_t *n, Span span) {
  if (a->n != s->n) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "a mask of %lld truth values selects from %lld neurons", (long long)a->n,
                   (long long)s->n);
    diag_hint(e, "a mask has one truth value for each neuron");
    return false;
  }
  *pos = mem_alloc(sizeof **pos * (size_t)(s->n ? s->n : 1));
  *n = 0;
  for (int64_t k = 0; k < a->n; k++)
    if (a->data[k] != 0) (*pos)[(*n)++] = k;
  return true;
}

static bool index_positions(Vm *vm, const Sel *s, const Array *a, int64_t **pos, int64_t *n, Span span) {
  *pos = mem_alloc(sizeof **pos * (size_t)(a->n ? a->n : 1));
  *n = a->n;
  for (int64_t k = 0; k < a->n; k++) {
    double x = a->data[k], at = x < 0 ? x + (double)s->n : x;
    if (at >= 0 && at < (double)s->n && at == floor(at)) {
      (*pos)[k] = (int64_t)at;
      continue;
    }
    Diag *e = diag(vm->diags, E_INDEX, span, "index %g, but there are %lld neurons", x, (long long)s->n);
    diag_hint(e, "indices go from 0 to %lld", (long long)s->n - 1);
    mem_free(*pos);
    return false;
  }
  return true;
}

bool sel_pick(Vm *vm, const Sel *s, const Array *index, Sel **out, Span span) {
  int64_t *pos, n;
  bool ok = index->elem == VAL_BOOL ? mask_positions(vm, s, index, &pos, &n, span)
                                    : index_positions(vm, s, index, &pos, &n, span);
  if (!ok) return false;
  *out = sel_at(s, pos, n);
  mem_free(pos);
  return true;
}

static int32_t *part_indices(const SelPart *p, int64_t *n) {
  int32_t *idx = mem_alloc(sizeof *idx * (size_t)(p->n ? p->n : 1));
  for (int64_t k = 0; k < p->n; k++) idx[k] = (int32_t)part_element(p, k);
  *n = p->n;
  return idx;
}

// Runs a kernel over chosen elements (ACC_SELF); out has one number for each.
static bool run_over(Vm *vm, Pop *p, const Kernel *k, const int32_t *idx, int64_t n, const Value *captures,
                     int ncaptures, double *out) {
  Scope s = {.vm = vm, .self = p, .self_n = &pop_run(p)->n, .captures = captures, .ncaptures = ncaptures,
             .out = {out}, .nout = n, .temporary = true};
  if (!scope_prepare(&s, k)) return false;
  Bound b;
  bound_open(&b, k, &s, (uint32_t)p->id);
  KernelCall call = call_now(vm, (uint32_t)p->id);
  call.hi = n;
  call.idx[0] = idx;
  bool ok = bound_once(vm, &b, n, &call, p->desc->span);
  bound_close(&b);
  return ok;
}

bool sel_where(Vm *vm, const Sel *s, Kernel *cond, const Value *captures, int ncaptures, Sel **out, Span span) {
  (void)span;
  globals_refresh(vm);
  double *mask = mem_alloc(sizeof *mask * (size_t)(s->n ? s->n : 1));
  int64_t *pos = mem_alloc(sizeof *pos * (size_t)(s->n ? s->n : 1)), found = 0, at = 0;
  bool ok = true;
  for (int k = 0; ok && k < s->nparts; at += s->part[k++].n) {
    int64_t n;
    int32_t *idx = part_indices(&s->part[k], &n);
    ok = run_over(vm, s->part[k].pop, cond, idx, n, captures, ncaptures, mask + at);
    mem_free(idx);
  }
  for (int64_t k = 0; ok && k < s->n; k++)
    if (mask[k] != 0) pos[found++] = k;
  if (ok) *out = sel_at(s, pos, found);
  mem_free(pos);
  mem_free(mask);
  return ok;
}

// ---- reading ----
static void report_variable(Vm *vm, const Pop *p, const char *var, Span span) {
  Diag *e = diag(vm->diags, E_NO_VARIABLE, span, "neurons %s of population %s have no variable %s", p->model->name,
                 p->name, var);
  const char *near[64];
  int n = 0;
  for (int v = 0; v < p->model->nvars && n < 64; v++)
    if (p->model->vars[v].kind != VAR_HIDDEN) near[n++] = p->model->vars[v].name;
  const char *best = nearest_name(var, near, n);
  if (best) diag_hint(e, "did you mean %s?", best);
}

static void read_column(const SelPart *part, const Column *c, double *out) {
  if (c->uniform)
    for (int64_t k = 0; k < part->n; k++) out[k] = c->p[0];
  else if (part->idx)
    for (int64_t k = 0; k < part->n; k++) out[k] = c->p[part->idx[k]];
  else
    memcpy(out, c->p + part->lo, sizeof *out * (size_t)part->n);
}

// What is no variable but a word of its own.
static bool read_pseudo(const Vm *vm, const SelPart *part, const char *var, double *out) {
  const Pop *p = part->pop;
  int axis = strncmp(var, "pos.", 4) == 0 && var[4] >= 'x' && var[4] <= 'z' ? var[4] - 'x' : -1;
  if (strcmp(var, "i") == 0)
    for (int64_t k = 0; k < part->n; k++) out[k] = (double)part_element(part, k);
  else if (axis >= 0)
    for (int64_t k = 0; k < part->n; k++) out[k] = p->pos ? p->pos[axis * p->n + part_element(part, k)] : 0;
  else if (strcmp(var, "N") == 0)
    for (int64_t k = 0; k < part->n; k++) out[k] = (double)p->n;
  else if (strcmp(var, "last_spike") == 0 && model_var_hidden(p->model, p->model->last_spike)) {
    read_column(part, &p->cols[p->model->last_spike], out);
    double shift = vm->semantics == SEMANTICS_NEST ? 1 : 0;
    for (int64_t k = 0; k < part->n; k++) out[k] = vm_time_of(vm, out[k] + shift);
  } else {
    return false;
  }
  return true;
}

// Lets and inputs are computed when asked for; that needs the network linked.
static bool read_computed(Vm *vm, const SelPart *part, int var, double *out) {
  if (!vm->linker.reader || !run_attach(vm)) return false;
  Arena *a = arena_new();
  PopCode code = {0};
  int64_t n;
  int32_t *idx = part_indices(part, &n);
  Kernel *k = vm->linker.reader(vm->linker.ctx, vm, part->pop, var, &code, a);
  bool ok = k && (vm_net(vm)->inputs_taken || phase_inputs(vm)) && run_over(vm, part->pop, k, idx, n, code.captures, code.ncaptures, out);
  mem_free(idx);
  arena_free(a);
  return ok;
}

bool part_read(Vm *vm, const SelPart *part, const char *var, double *out, Span span) {
  const Pop *p = part->pop;
  int v = pop_var(p, var);
  if (v < 0) {
    if (read_pseudo(vm, part, var, out)) return true;
    report_variable(vm, p, var, span);
    return false;
  }
  uint8_t kind = p->model->vars[v].kind;
  if (kind == VAR_SIGNAL) {
    for (int64_t k = 0; k < part->n; k++) out[k] = p->signals[v] ? p->signals[v]->x : 0;
    return true;
  }
  if (kind == VAR_LET || kind == VAR_INPUT) return read_computed(vm, part, v, out);
  read_column(part, &p->cols[v], out);
  return true;
}

Array *sel_read(Vm *vm, const Sel *s, const char *var, Span span) {
  Array *a = array_new1(VAL_NUM, s->n);
  if (!a) {
    report_memory(vm, span, 8.0 * (double)s->n, "the array of values");
    return NULL;
  }
  int64_t at = 0;
  for (int k = 0; k < s->nparts; at += s->part[k++].n)
    if (!part_read(vm, &s->part[k], var, a->data + at, span)) {
      value_drop(value_obj(a));
      return NULL;
    }
  return a;
}

// ---- writing ----
static void write_part(Vm *vm, const SelPart *part, int v, const double *x, bool one) {
  Pop *p = part->pop;
  Column *c = &p->cols[v];
  column_save(&pop_run(p)->initial[v], c, p->n);
  bool all = !part->idx && part->n == p->n;
  if (p->model->vars[v].kind == VAR_PARAM) vm_net(vm)->constants = true;
  if (c->uniform && one && all) {
    c->p[0] = x[0];
    return;
  }
  if (c->uniform) {
    column_expand(c, p->n);
    p->changed = true;
    vm_net(vm)->attached = false;
  }
  for (int64_t k = 0; k < part->n; k++) c->p[part_element(part, k)] = x[one ? 0 : k];
}

static bool check_written(Vm *vm, const Sel *s, const char *var, Span span) {
  for (int k = 0; k < s->nparts; k++) {
    const Pop *p = s->part[k].pop;
    int v = pop_var(p, var);
    uint8_t kind = v < 0 ? VAR_HIDDEN : p->model->vars[v].kind;
    if (kind == VAR_STATE || kind == VAR_PARAM || kind == VAR_WEIGHT) continue;
    if (v < 0) {
      report_variable(vm, p, var, span);
    } else {
      Diag *e = diag(vm->diags, E_NO_VARIABLE, span, "%s of %s follows from other quantities; it cannot be set", var, p->name);
      diag_hint(e, "only params, states and weights can be set");
    }
    return false;
  }
  return true;
}

bool sel_write(Vm *vm, const Sel *s, const char *var, Value v, Span span) {
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  if (a && a->n != s->n) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "%lld values for %lld neurons", (long long)a->n, (long long)s->n);
    diag_hint(e, "give one number for all, or an array of %lld", (long long)s->n);
    return false;
  }
  if (!check_written(vm, s, var, span)) return false;
  double x = a ? 0 : value_as_num(v);
  int64_t at = 0;
  for (int k = 0; k < s->nparts; at += s->part[k++].n)
    write_part(vm, &s->part[k], pop_var(s->part[k].pop, var), a ? a->data + at : &x, !a);
  return true;
}
