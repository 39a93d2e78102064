// SPDX-License-Identifier: MIT
// Binding: what memory the slots of a kernel mean, and the columns that memory is.
//
// Columns that are one value for all while a kernel goes lane by lane over them are made full first (scope_prepare), for
// all kernels of the network before any is bound: binding keeps plain pointers.
#include "vm/run.h"

#include <string.h>
#include <unistd.h>

// ---- memory ----
bool memory_at_hand(double bytes) {
  if (bytes < 64e6) return true;
  double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  FILE *f = fopen("/proc/meminfo", "r");
  char line[128];
  double kib;
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "MemAvailable: %lf", &kib) == 1) have = kib * 1024;
  if (f) fclose(f);
  return bytes < 0.95 * have;
}

void report_memory(Vm *vm, Span span, double bytes, const char *what) {
  Diag *e = diag(vm->diags, E_MEMORY, span, "%s would need %.3g GB of memory, more than this machine can give", what,
                 bytes / 1e9);
  diag_hint(e, "make it smaller");
}

bool column_alloc(Column *c, int64_t n, bool uniform) {
  size_t elements = uniform ? 1 : ((size_t)n + 7) & ~(size_t)7;
  c->p = memory_at_hand((double)elements * 8) ? mem_try_alloc((elements ? elements : 1) * sizeof(double)) : NULL;
  c->uniform = uniform;
  return c->p != NULL;
}

void column_free(Column *c) {
  mem_free(c->p);
  c->p = NULL;
}

bool column_expand(Column *c, int64_t n) {
  if (!c->uniform) return true;
  Column full;
  if (!column_alloc(&full, n, false)) return false;
  for (int64_t k = 0; k < n; k++) full.p[k] = c->p[0];
  column_free(c);
  *c = full;
  return true;
}

void column_save(Column *initial, const Column *c, int64_t n) {
  if (initial->p || !c->p) return;
  if (!column_alloc(initial, n, c->uniform)) return;
  memcpy(initial->p, c->p, (size_t)(c->uniform ? 1 : n) * sizeof(double));
}

void column_restore(Column *c, Column *initial, int64_t n) {
  if (!initial->p || !c->p) return;
  if (initial->uniform && !c->uniform)
    for (int64_t k = 0; k < n; k++) c->p[k] = initial->p[0];
  else if (initial->uniform == c->uniform)
    memcpy(c->p, initial->p, (size_t)(c->uniform ? 1 : n) * sizeof(double));
}

// ---- the column of a slot ----
static Column *pop_slot_column(Pop *p, int index, int64_t *n) {
  *n = p->n;
  return index < p->model->nvars ? &p->cols[index] : NULL;
}

static Column *synapse_column(const Scope *s, const Slot *t, int64_t *n) {
  Proj *q = s->proj;
  switch (t->object) {
  case OBJ_SELF: *n = q->nsyn; return s->gather ? &s->gather->self[t->index] : &q->cols[t->index];
  case OBJ_PRE: return pop_slot_column(s->pre, t->index, n);
  case OBJ_POST: return pop_slot_column(s->post, t->index, n);
  case OBJ_PREBLOCK: *n = s->pre->n; return &q->pre_cols[t->index];
  default: *n = s->post->n; return &s->post->blocks[q->block]->cols[t->index];
  }
}

// The signals among which a slot finds its own; NULL where it names none.
static Signal **slot_signals(const Scope *s, const Slot *t) {
  if (t->space != SPACE_VAR || t->index >= VAR_POSX) return NULL;
  const Pop *p = t->object == OBJ_PRE ? s->pre : t->object == OBJ_POST ? s->post : !s->proj && t->object == OBJ_SELF ? s->self : NULL;
  if (p) return t->index < p->model->nvars && p->model->vars[t->index].kind == VAR_SIGNAL ? p->signals : NULL;
  if (s->proj && s->proj->syn->model.vars[t->index].kind != VAR_SIGNAL) return NULL; // a projection being made has no block yet
  const Block *b = s->proj ? s->post->blocks[s->proj->block] : s->self && t->object >= OBJ_BLOCK0 ? s->self->blocks[t->object - OBJ_BLOCK0] : NULL;
  return b && b->syn->model.vars[t->index].kind == VAR_SIGNAL ? b->signals : NULL;
}

Column *scope_column(const Scope *s, const Slot *t, int64_t *n) {
  if (t->space != SPACE_VAR || t->index >= VAR_POSX || slot_signals(s, t)) return NULL;
  if (s->proj) return synapse_column(s, t, n);
  if (t->object == OBJ_SELF) return pop_slot_column(s->self, t->index, n);
  if (t->object < OBJ_BLOCK0) return NULL;
  *n = s->self->n;
  return &s->self->blocks[t->object - OBJ_BLOCK0]->cols[t->index];
}

// A column that kernels were linked for as uniform becomes a full one: its owner is linked again. Kernels still bound to
// the one number go on reading it until then.
static bool prepare_full(const Scope *s, const Slot *t, Column *c, int64_t n) {
  if (s->proj && t->object == OBJ_SELF) {
    s->proj->changed = true;
    return proj_expand(s->proj, t->index);
  }
  double *one = mem_alloc(sizeof *one);
  *one = c->p[0];
  double *old = c->p;
  c->p = one;
  if (!column_expand(c, n)) {
    c->p = old;
    mem_free(one);
    return false;
  }
  vec_push(&vm_net(s->vm)->old, old);
  Pop *owner = !s->proj ? s->self : t->object == OBJ_PRE ? s->pre : s->post;
  owner->changed = true;
  vm_net(s->vm)->attached = false;
  return true;
}

bool scope_prepare_slot(const Scope *s, const Slot *t) {
  int64_t n;
  Column *c = scope_column(s, t, &n);
  if (!c || (s->gather && t->object == OBJ_SELF)) return true;
  if (!c->p) return column_alloc(c, n, false);
  if (t->access == ACC_UNIFORM || !c->uniform || (s->temporary && !t->stored)) return true;
  return prepare_full(s, t, c, n);
}

bool scope_prepare(const Scope *s, const Kernel *k) {
  for (int i = 0; k && i < kernel_nslots(k); i++) {
    if (scope_prepare_slot(s, kernel_slot(k, i))) continue;
    report_memory(s->vm, s->self ? s->self->desc->span : s->proj->desc->span, 8.0 * (double)(s->self ? s->self->n : s->proj->nsyn),
                  "a variable of it");
    return false;
  }
  return true;
}

// ---- copies in the order of a selection ----
static double gather_element(const Pop *p, const Column *c, int index, int64_t e) {
  if (index == VAR_NUMBER) return (double)e;
  if (index >= VAR_POSX) return p->pos ? p->pos[(index - VAR_POSX) * p->n + e] : 0;
  return !c || !c->p ? 0 : c->p[c->uniform ? 0 : e];
}

static void gather_part(const SelPart *part, const ModelDesc *first, int index, double *out) {
  Pop *p = part->pop;
  const Column *c = NULL;
  if (index < VAR_POSX) {
    int var = p->model == first ? index : pop_var(p, first->vars[index].name);
    if (var >= 0 && p->signals[var]) {
      for (int64_t k = 0; k < part->n; k++) out[k] = p->signals[var]->x;
      return;
    }
    c = var < 0 ? NULL : &p->cols[var];
  }
  for (int64_t k = 0; k < part->n; k++) out[k] = gather_element(p, c, index, part->idx ? part->idx[k] : part->lo + k);
}

static double *bound_copy(Bound *b, int64_t n) {
  double *copy = mem_alloc(((size_t)n + 8) * sizeof *copy);
  b->copies = mem_realloc(b->copies, (size_t)(b->ncopies + 1) * sizeof *b->copies);
  b->copies[b->ncopies++] = copy;
  return copy;
}

static Bind gather_column(Bound *b, const Sel *sel, int index) {
  double *copy = bound_copy(b, sel->n);
  int64_t at = 0;
  for (int k = 0; k < sel->nparts; at += sel->part[k++].n)
    gather_part(&sel->part[k], sel->part[0].pop->model, index, copy + at);
  return (Bind){.p = copy, .n = sel->n};
}

static Bind full_copy(Bound *b, const Column *c, int64_t n) {
  double *copy = bound_copy(b, n);
  for (int64_t k = 0; k < n; k++) copy[k] = c->p[0];
  return (Bind){.p = copy, .n = n};
}

// ---- binding ----
// An array as a whole: lookups count its elements row by row. A series: its values, or (no array slot) its interval.
static Bind bind_value(Value v, int access) {
  if (v.kind == VAL_SERIES && access != ACC_ARRAY) return (Bind){.p = &((Series *)v.obj)->dt, .n = 1};
  if (v.kind == VAL_SERIES) v = value_obj(((const Series *)v.obj)->values);
  if (v.kind != VAL_ARRAY) return (Bind){0};
  Array *a = (Array *)v.obj;
  return (Bind){.p = a->data, .n = a->n, .shape = a->shape, .ndim = a->ndim};
}

static Bind bind_capture(Bound *b, const Scope *s, int slot, int index) {
  if (index >= s->ncaptures) BUG("capture %d of %d", index, s->ncaptures);
  Value v = s->captures[index];
  if (v.kind == VAL_ARRAY || v.kind == VAL_SERIES) return bind_value(v, kernel_slot(b->k, slot)->access);
  if (v.kind == VAL_SIGNAL) return (Bind){.p = &((Signal *)v.obj)->x, .n = 1};
  if (!b->nums) b->nums = mem_alloc(sizeof(double) * (size_t)kernel_nslots(b->k));
  b->nums[slot] = value_as_num(v);
  return (Bind){.p = &b->nums[slot], .n = 1};
}

static Bind bind_global(Bound *b, const Scope *s, int slot, const Slot *t) {
  Net *net = vm_net(s->vm);
  if (t->index >= net->nglobal) BUG("script variable %d of %d", t->index, net->nglobal);
  Value v = s->vm->globals[t->index];
  if (t->constant) net->global_const[t->index] = true;
  if (v.kind != VAL_ARRAY && v.kind != VAL_SERIES) return (Bind){.p = &net->global[t->index], .n = 1};
  vec_push(&net->arrays, (ArrayBind){b->in, slot, t->index, t->access, t->constant, v.obj});
  return bind_value(v, t->access);
}

static Bind bind_pseudo(Bound *b, const Scope *s, int slot, const Slot *t) {
  Pop *p = t->object == OBJ_PRE ? s->pre : t->object == OBJ_POST ? s->post : s->self;
  if (t->index == VAR_NUMBER) return (Bind){.p = vm_iota(s->vm, p->n), .n = p->n};
  if (p->pos) return (Bind){.p = p->pos + (t->index - VAR_POSX) * p->n, .n = p->n};
  return (void)b, (void)slot, (Bind){.p = vm_zeros(s->vm, p->n), .n = p->n};
}

static Bind bind_sys(const Scope *s, int index) { // t, dt, tick come with the call
  const double *p = index == SYS_N ? s->self_n : index == SYS_NPRE ? s->pre_n : index == SYS_NPOST ? s->post_n : NULL;
  return (Bind){.p = (void *)(uintptr_t)p, .n = p ? 1 : 0};
}

static Bind bind_var(Bound *b, const Scope *s, int slot, const Slot *t) {
  if (s->gather && t->object == OBJ_PRE) return gather_column(b, s->gather->src, t->index);
  if (s->gather && t->object == OBJ_POST) return gather_column(b, s->gather->dst, t->index);
  if (t->index >= VAR_POSX) return bind_pseudo(b, s, slot, t);
  Signal **signals = slot_signals(s, t);
  if (signals) return (Bind){.p = signals[t->index] ? &signals[t->index]->x : vm_zeros(s->vm, 1), .n = 1};
  if (t->object == OBJ_PARAMS && s->gather && s->gather->params)
    return (Bind){.p = (void *)(uintptr_t)&s->gather->params[t->index], .n = 1};
  if (t->object == OBJ_PARAMS) return (Bind){.p = &s->post->blocks[s->proj->block]->params[t->index], .n = 1};
  int64_t n;
  Column *c = scope_column(s, t, &n);
  if (s->temporary && c->uniform && t->access != ACC_UNIFORM && !t->stored) return full_copy(b, c, n);
  return (Bind){.p = c->p, .n = c->uniform ? 1 : n};
}

static Bind bind_slot(Bound *b, const Scope *s, int slot, const Slot *t) {
  switch (t->space) {
  case SPACE_VAR: return bind_var(b, s, slot, t);
  case SPACE_GLOBAL: return bind_global(b, s, slot, t);
  case SPACE_CAPTURE: return bind_capture(b, s, slot, t->index);
  case SPACE_SYS: return bind_sys(s, t->index);
  case SPACE_STAGE: return (Bind){.p = stage_column(s->stage, t), .n = s->proj ? s->pre->n : s->self->n};
  default: return (Bind){.p = s->out[t->index], .n = s->nout};
  }
}

void bound_open(Bound *b, const Kernel *k, const Scope *s, uint32_t object) {
  *b = (Bound){.k = k, .object = object};
  if (!k) return;
  b->in = instance_new(k);
  b->looks_pre = kernel_uses_index(k, ACC_PRE);
  b->looks_post = kernel_uses_index(k, ACC_POST);
  for (int i = 0; i < kernel_nslots(k); i++) instance_bind(b->in, i, bind_slot(b, s, i, kernel_slot(k, i)));
}

void bound_close(Bound *b) {
  if (b->in) instance_free(b->in);
  for (int k = 0; k < b->ncopies; k++) mem_free(b->copies[k]);
  mem_free(b->copies);
  mem_free(b->nums);
  *b = (Bound){0};
}

// The time of the step, divided out once for all its calls.
static double time_of_step(const Vm *vm) {
  Net *net = vm_net(vm);
  if (net->timed_tick != vm->tick || net->timed_dt != vm->dt) {
    net->step_time = vm_time(vm);
    net->timed_tick = vm->tick;
    net->timed_dt = vm->dt;
  }
  return net->step_time;
}

KernelCall call_now(const Vm *vm, uint32_t object) {
  return (KernelCall){.t = time_of_step(vm) + vm_net(vm)->stages.c * vm->dt,
                      .dt = vm->dt,
                      .tick = (double)vm->tick,
                      .profile = vm_net(vm)->running ? vm->profile : NULL,
                      .key = {vm->seed, vm->trial, object},
                      .fault = {.what = -1}};
}

bool bound_setup(Vm *vm, Bound *b, int64_t n) {
  if (!b->in) return true;
  KernelCall call = call_now(vm, b->object);
  instance_setup(b->in, n, &call);
  bool failed = report_native(vm, &call.fault, (Span){0});
  if (failed) vm_net(vm)->broken = true;
  return !failed;
}

bool bound_run(Vm *vm, Bound *b, KernelCall *call, Span span) {
  return instance_run(b->in, call) || !report_native(vm, &call->fault, span);
}

bool bound_once(Vm *vm, Bound *b, int64_t n, KernelCall *call, Span span) {
  instance_setup(b->in, n, call);
  if (call->fault.what < 0) instance_run(b->in, call);
  return !report_native(vm, &call->fault, span);
}

// ---- globals ----
static double global_number(Value v) {
  return v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL ? value_as_num(v) : 0;
}

static void globals_grow(Vm *vm) {
  Net *net = vm_net(vm);
  if (vm->nglobals <= net->nglobal) return;
  net->global = mem_realloc(net->global, sizeof *net->global * (size_t)vm->nglobals);
  memset(net->global + net->nglobal, 0, sizeof *net->global * (size_t)(vm->nglobals - net->nglobal));
  net->global_const = mem_realloc(net->global_const, (size_t)vm->nglobals);
  memset(net->global_const + net->nglobal, 0, (size_t)(vm->nglobals - net->nglobal));
  net->nglobal = vm->nglobals;
  net->attached = false;
}

void globals_refresh(Vm *vm) {
  Net *net = vm_net(vm);
  globals_grow(vm);
  for (int k = 0; k < vm->nglobals; k++) {
    double x = global_number(vm->globals[k]);
    if (net->global_const[k] && memcmp(&x, &net->global[k], sizeof x) != 0) net->constants = true;
    net->global[k] = x;
  }
  for (int k = 0; k < net->arrays.n; k++) {
    ArrayBind *a = &net->arrays.data[k];
    Value v = vm->globals[a->global];
    if (v.kind != VAL_ARRAY && v.kind != VAL_SERIES) continue;
    if (v.obj != a->seen && a->constant) net->constants = true;
    a->seen = v.obj;
    instance_bind(a->in, a->slot, bind_value(v, a->access));
  }
}

void globals_forget(Vm *vm) { vm_net(vm)->arrays.n = 0; }
