// SPDX-License-Identifier: MIT
// Populations: one column per variable, in the order of the model's variables.
//
// A parameter that is one value for all is kept as one number until somebody makes the neurons differ; states always
// have their full columns; lets and inputs get memory only when a kernel asks for it.
#include <math.h>
#include <string.h>

#include "vm/run.h"

int pop_var(const Pop *p, const char *name) {
  for (int v = 0; v < p->model->nvars; v++)
    if (strcmp(p->model->vars[v].name, name) == 0) return v;
  return -1;
}

bool model_var_hidden(const ModelDesc *m, int var) {
  return var >= 0 && var < m->nvars && m->vars[var].kind == VAR_HIDDEN;
}

// ---- making ----
static bool check_size(Vm *vm, const PopDesc *d, int ndim, const int64_t *shape, int64_t *n) {
  double count = 1;
  for (int k = 0; k < ndim; k++) {
    if (shape[k] < 1) {
      Diag *e = diag(vm->diags, E_POP_SIZE, d->span, "population %s is to have %lld neurons; it needs one at least",
                     d->name, (long long)shape[k]);
      diag_hint(e, "write `%s = %s[1]` for a single neuron", d->name, d->model->name);
      return false;
    }
    count *= (double)shape[k];
  }
  if (count > INT32_MAX) {
    Diag *e = diag(vm->diags, E_POP_SIZE, d->span, "population %s is to have %.0f neurons; at most 2147483647 can be",
                   d->name, count);
    diag_hint(e, "was a smaller number meant?");
    return false;
  }
  *n = (int64_t)count;
  return true;
}

static bool has_memory(const VarDesc *v) {
  return v->kind == VAR_STATE || v->kind == VAR_PARAM || v->kind == VAR_WEIGHT || v->kind == VAR_HIDDEN;
}

static bool check_memory(Vm *vm, const PopDesc *d, int64_t n) {
  int full = 1;
  for (int v = 0; v < d->model->nvars; v++) full += has_memory(&d->model->vars[v]) && d->model->vars[v].kind != VAR_PARAM;
  double bytes = 8.0 * full * (double)n;
  if (memory_at_hand(bytes)) return true;
  char what[160];
  snprintf(what, sizeof what, "population %.60s of %lld neurons", d->name, (long long)n);
  report_memory(vm, d->span, bytes, what);
  return false;
}

static Scope pop_scope(Vm *vm, Pop *p, const Value *captures, int ncaptures) {
  return (Scope){.vm = vm, .self = p, .self_n = &pop_run(p)->n, .captures = captures, .ncaptures = ncaptures,
                 .temporary = true};
}

static bool columns_make(Pop *p) {
  bool ok = true;
  for (int v = 0; v < p->model->nvars; v++) {
    const VarDesc *d = &p->model->vars[v];
    if (!has_memory(d)) continue;
    ok = ok && column_alloc(&p->cols[v], p->n, d->kind == VAR_PARAM);
    if (ok && d->kind == VAR_HIDDEN && d->initial != 0)
      for (int64_t k = 0; k < p->n; k++) p->cols[v].p[k] = d->initial;
  }
  return ok;
}

static bool init_array(Vm *vm, Pop *p, const InitCode *c, Column *col, Value v) {
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  if (!a || a->n != p->n) {
    const char *name = p->model->vars[c->var].name;
    Diag *e = diag(vm->diags, E_LENGTH, c->span, "%s is given %lld values for %lld neurons", name,
                   a ? (long long)a->n : 1LL, (long long)p->n);
    diag_hint(e, "give one value for all, or %lld", (long long)p->n);
    return false;
  }
  if (!column_expand(col, p->n)) return false;
  memcpy(col->p, a->data, sizeof *a->data * (size_t)p->n);
  return true;
}

static bool run_init(Vm *vm, Pop *p, const InitCode *c, Scope *s, int64_t lanes) {
  if (!scope_prepare(s, c->kernel)) return false;
  Bound b;
  bound_open(&b, c->kernel, s, (uint32_t)p->id);
  KernelCall call = call_now(vm, (uint32_t)p->id);
  call.hi = lanes;
  bool ok = bound_once(vm, &b, lanes, &call, p->desc->span);
  bound_close(&b);
  return ok;
}

static bool init_kernel(Vm *vm, Pop *p, const InitCode *c, Column *col, Scope *s) {
  bool one = c->uniform && !c->random;
  if (!one && !column_expand(col, p->n)) return false;
  s->out[0] = col->p;
  s->nout = one ? 1 : p->n;
  if (!run_init(vm, p, c, s, one ? 1 : p->n)) return false;
  if (one && !col->uniform)
    for (int64_t k = 1; k < p->n; k++) col->p[k] = col->p[0];
  return true;
}

static bool positions_array(Vm *vm, Pop *p, const InitCode *c, Value v) {
  if (v.kind == VAL_GRID) {
    grid_place((const Grid *)v.obj, p->ndim, p->shape, p->n, p->pos, p->pos + p->n, p->pos + 2 * p->n);
    return true;
  }
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  int64_t dims = a && a->n % p->n == 0 ? a->n / p->n : 0;
  if (dims < 1 || dims > 3) {
    Diag *e = diag(vm->diags, E_LENGTH, c->span, "%lld coordinates are given for %lld neurons",
                   a ? (long long)a->n : 1LL, (long long)p->n);
    diag_hint(e, "positions are 1, 2 or 3 lengths for each neuron: an array [%lld, 2]", (long long)p->n);
    return false;
  }
  for (int64_t k = 0; k < p->n; k++)
    for (int64_t d = 0; d < dims; d++) p->pos[d * p->n + k] = a->data[k * dims + d];
  return true;
}

static bool init_positions(Vm *vm, Pop *p, const InitCode *c, Scope *s) {
  p->pos = mem_try_alloc(3 * sizeof(double) * (size_t)p->n);
  if (!p->pos) {
    report_memory(vm, c->span, 24.0 * (double)p->n, "the positions of the neurons");
    return false;
  }
  if (c->array >= 0) return positions_array(vm, p, c, s->captures[c->array]);
  for (int d = 0; d < 3; d++) s->out[d] = p->pos + d * p->n;
  s->nout = p->n;
  return !c->kernel || run_init(vm, p, c, s, p->n);
}

static bool init_one(Vm *vm, Pop *p, const InitCode *c, Scope *s) {
  if (c->var == INIT_POS) return init_positions(vm, p, c, s);
  if (p->model->vars[c->var].kind == VAR_SIGNAL) return true; // bound by the statement
  Column *col = &p->cols[c->var];
  if (!col->p && !column_alloc(col, p->n, true)) return false;
  if (c->array >= 0) return init_array(vm, p, c, col, s->captures[c->array]);
  return !c->kernel || init_kernel(vm, p, c, col, s);
}

static bool check_require(Vm *vm, Pop *p, int k, Scope *s) {
  const PopDesc *d = p->desc;
  double *ok = mem_alloc(sizeof(double) * (size_t)p->n);
  s->out[0] = ok;
  s->nout = p->n;
  InitCode c = {.kernel = d->require[k], .array = -1};
  bool good = run_init(vm, p, &c, s, p->n);
  int64_t bad = 0;
  while (good && bad < p->n && ok[bad] != 0) bad++;
  mem_free(ok);
  if (!good || bad == p->n) return good;
  Diag *e = diag(vm->diags, E_REQUIRE, d->span, "%s[%lld]: %s", d->name, (long long)bad, d->require_text[k]);
  diag_label(e, d->require_span[k], "the model demands this");
  return false;
}

static bool pop_init(Vm *vm, Pop *p, const Value *captures, int ncaptures) {
  Scope s = pop_scope(vm, p, captures, ncaptures);
  if (!columns_make(p)) {
    report_memory(vm, p->desc->span, 8.0 * p->model->nvars * (double)p->n, "the population");
    return false;
  }
  globals_refresh(vm);
  for (int k = 0; k < p->desc->ninit; k++)
    if (!init_one(vm, p, &p->desc->init[k], &s)) return false;
  for (int k = 0; k < p->desc->nrequire; k++)
    if (!check_require(vm, p, k, &s)) return false;
  return true;
}

static Pop *pop_new(Vm *vm, const PopDesc *d, int ndim, const int64_t *shape, int64_t n) {
  Pop *p = NEW(vm->arena, Pop);
  p->id = (int)vm->next_id;
  p->name = arena_strdup(d->name, vm->arena);
  p->desc = d;
  p->model = d->model;
  p->n = n;
  p->ndim = ndim;
  memcpy(p->shape, shape, sizeof *shape * (size_t)ndim);
  p->cols = NEWN(vm->arena, Column, d->model->nvars + 1);
  p->signals = NEWN(vm->arena, Signal *, d->model->nvars + 1);
  p->changed = true;
  PopRun *r = NEW(vm->arena, PopRun);
  r->n = (double)n;
  r->initial = NEWN(vm->arena, Column, d->model->nvars + 1);
  p->run = r;
  return p;
}

bool pop_make(Vm *vm, const PopDesc *d, int ndim, const int64_t *shape, const Value *captures, int ncaptures, Pop **out) {
  int64_t n;
  if (!check_size(vm, d, ndim, shape, &n) || !check_memory(vm, d, n)) return false;
  Pop *p = pop_new(vm, d, ndim, shape, n);
  int errors = diags_errors(vm->diags);
  if (!pop_init(vm, p, captures, ncaptures)) {
    if (diags_errors(vm->diags) == errors) report_memory(vm, d->span, 8.0 * (double)n, "a variable of the population");
    pop_free(p);
    return false;
  }
  vm->next_id++;
  vec_push(&vm->pops, p);
  vm_net(vm)->attached = false;
  *out = p;
  return true;
}

void pop_signal(Vm *vm, Pop *p, int var, Signal *s) {
  p->signals[var] = s;
  vm_net(vm)->attached = false;
}

// ---- end, reset ----
void block_free(Block *b, int64_t n) {
  (void)n;
  for (int v = 0; v < b->syn->model.nvars; v++) {
    if (b->cols[v].p != &b->params[v]) column_free(&b->cols[v]);
    column_free(&b->initial[v]);
  }
}

void block_reset(Block *b, int64_t n) {
  for (int v = 0; v < b->syn->model.nvars; v++) {
    Column *c = &b->cols[v];
    if (c->p == &b->params[v] || !c->p) continue;
    for (int64_t k = 0; k < n; k++) c->p[k] = b->initial[v].p ? b->initial[v].p[b->initial[v].uniform ? 0 : k] : 0;
  }
}

void pop_free(Pop *p) {
  PopRun *r = pop_run(p);
  for (int v = 0; v < p->model->nvars; v++) {
    column_free(&p->cols[v]);
    column_free(&r->initial[v]);
  }
  for (int k = 0; k < p->nblocks; k++) block_free(p->blocks[k], p->n);
  mem_free(p->pos);
  pop_run_free(p);
}

void pop_save(Pop *p) {
  for (int v = 0; v < p->model->nvars; v++)
    if (p->model->vars[v].kind != VAR_PARAM) column_save(&pop_run(p)->initial[v], &p->cols[v], p->n);
}
