// SPDX-License-Identifier: MIT
// Kernels of shared libraries within a step: one call for all neurons of a population, then the kernel by lanes that stands
// behind it. A state of doubles in SI units is handed over in place; everything else crosses through memory that is made
// when the run starts.
#include "base/scale.h"
#include "vm/ffi.h"
#include "vm/profile.h"
#include "vm/run.h"

#include <math.h>
#include <string.h>

struct NativeRun {
  const NativeStage *stage;
  Bound *value;     // of arguments that are computed
  double **numbers; // what they compute, in SI units; NULL: a state in place
  void **memory;    // numbers as they are passed; NULL: in place
  const void **seen;// the array of the script that was packed
  Bound after;
};

// ---- reports ----
// `whose`: the declaration of what was computed, where it is known.
bool report_native(Vm *vm, const Fault *f, Span whose) {
  char text[600];
  if (!f->native) return false;
  if (!native_failed(f->native, NULL, text)) snprintf(text, sizeof text, "function %s failed", f->native->name);
  Diag *e = diag(vm->diags, E_NATIVE_FAILED, f->span.file ? f->span : whose, "%s at t = %.10g ms", text, 1e3 * vm_time(vm));
  if (f->span.file && whose.file) diag_label(e, whose, "it was called for this");
  return true;
}

static bool report_status(Vm *vm, const Pop *p, const NativeStage *s, const NativeCell *result) {
  char text[600];
  if (!native_failed(s->fn, result, text)) return false;
  Diag *e = diag(vm->diags, E_NATIVE_FAILED, s->span, "%s at t = %.10g ms", text, 1e3 * vm_time(vm));
  diag_label(e, p->desc->span, "it was called for this");
  return true;
}

// ---- opening ----
static bool as_it_is(const NativeParam *p) { return p->type == NATIVE_REAL && p->scale == 1; }

// Whether the kernel is given the column or array itself. What it reads of a state that it also writes is a copy: arrays do
// not overlap.
static bool in_place(const NativeStage *s, int k) {
  if (!as_it_is(&s->fn->param[k])) return false;
  for (int j = 0; j < s->fn->nparams; j++)
    if (j != k && s->fn->param[k].dir == NATIVE_IN && s->fn->param[j].dir != NATIVE_IN && s->arg[k].var >= 0 && s->arg[j].var == s->arg[k].var)
      return false;
  return true;
}

bool calls_prepare(const Scope *s, const NativeStage *stage, int n) {
  bool ok = true;
  for (int i = 0; i < n; i++) {
    ok = ok && scope_prepare(s, stage[i].after);
    for (int k = 0; k < stage[i].fn->nparams; k++) {
      const NativeArg *a = &stage[i].arg[k];
      Slot column = {.space = SPACE_VAR, .access = ACC_LANE, .object = OBJ_SELF, .index = (uint16_t)a->var, .stored = true};
      ok = ok && scope_prepare(s, a->value) && (a->var < 0 || scope_prepare_slot(s, &column));
    }
  }
  return ok;
}

static void *room(size_t bytes) {
  void *p = mem_try_alloc(bytes + 64);
  return p ? p : mem_alloc(bytes + 64); // ends the process with its message
}

static void open_arg(NativeRun *r, int k, const Scope *s, uint32_t object) {
  const NativeParam *p = &r->stage->fn->param[k];
  const NativeArg *a = &r->stage->arg[k];
  int64_t n = p->ndim ? s->self->n : 1;
  if (a->value) {
    Scope with = *s;
    r->numbers[k] = room(sizeof(double) * (size_t)n);
    with.out[0] = r->numbers[k];
    with.nout = n;
    bound_open(&r->value[k], a->value, &with, object);
  }
  if (p->ndim && a->global < 0 && !in_place(r->stage, k)) r->memory[k] = room(native_bytes((NativeType)p->type) * (size_t)n);
}

NativeRun *calls_open(const Scope *s, const NativeStage *stage, int n, uint32_t object) {
  NativeRun *run = mem_alloc(sizeof *run * (size_t)(n + 1));
  for (int i = 0; i < n; i++) {
    NativeRun *r = &run[i];
    size_t np = (size_t)stage[i].fn->nparams + 1;
    r->stage = &stage[i];
    r->value = mem_alloc(sizeof *r->value * np);
    r->numbers = mem_alloc(sizeof *r->numbers * np);
    r->memory = mem_alloc(sizeof *r->memory * np);
    r->seen = mem_alloc(sizeof *r->seen * np);
    for (int k = 0; k < stage[i].fn->nparams; k++) open_arg(r, k, s, object);
    bound_open(&r->after, stage[i].after, s, object);
  }
  return run;
}

void calls_close(NativeRun *run, int n) {
  for (int i = 0; run && i < n; i++) {
    NativeRun *r = &run[i];
    for (int k = 0; k < r->stage->fn->nparams; k++) {
      bound_close(&r->value[k]);
      mem_free(r->numbers[k]);
      mem_free(r->memory[k]);
    }
    bound_close(&r->after);
    mem_free(r->value);
    mem_free(r->numbers);
    mem_free(r->memory);
    mem_free(r->seen);
  }
  mem_free(run);
}

void calls_setup(Vm *vm, const Pop *p, NativeRun *run, int n) {
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < run[i].stage->fn->nparams; k++)
      bound_setup(vm, &run[i].value[k], run[i].stage->fn->param[k].ndim ? p->n : 1);
    bound_setup(vm, &run[i].after, p->n);
  }
}

// ---- a call ----
typedef struct Call {
  Vm *vm;
  Pop *pop;
  NativeRun *r;
  NativeCell cell[NATIVE_PARAMS];
  int64_t count[NATIVE_PARAMS];
} Call;

static bool compute(Vm *vm, const Pop *p, Bound *b, int64_t n) {
  KernelCall call = call_now(vm, b->object);
  call.hi = n;
  if (instance_run(b->in, &call)) return true;
  report_pop_fault(vm, p, &call.fault);
  return false;
}

static bool bind_count(Call *c, int k, int axis, int64_t n) {
  const NativeFn *f = c->r->stage->fn;
  const NativeSize *s = &f->param[k].size[axis];
  int64_t *want = s->count < 0 ? NULL : &c->count[s->count];
  if (want && *want < 0) *want = n;
  if (n == (want ? *want : s->fixed)) return true;
  diag(c->vm->diags, E_SHAPE, c->r->stage->arg[k].span, "`%s` of `%s` needs %lld elements along axis %d, but this has %lld", f->param[k].name, f->name,
       (long long)(want ? *want : s->fixed), axis, (long long)n);
  return false;
}

// An array of the script, packed again only when it is another one.
static bool give_global(Call *c, int k) {
  const NativeParam *p = &c->r->stage->fn->param[k];
  const NativeArg *a = &c->r->stage->arg[k];
  Value v = a->global < c->vm->nglobals ? c->vm->globals[a->global] : value_none();
  const Array *x = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  if (!x || !x->data || x->ndim != p->ndim) {
    char buf[160];
    diag(c->vm->diags, E_SHAPE, a->span, "`%s` of `%s` is an array of %d dimension%s, but this is %s", p->name, c->r->stage->fn->name, p->ndim,
         p->ndim == 1 ? "" : "s", value_text(v, buf));
    return false;
  }
  for (int axis = 0; axis < p->ndim; axis++)
    if (!bind_count(c, k, axis, x->shape[axis])) return false;
  c->cell[k].p = x->data;
  if (as_it_is(p)) return true;
  if (c->r->seen[k] != x) {
    mem_free(c->r->memory[k]);
    c->r->memory[k] = room(native_bytes((NativeType)p->type) * (size_t)x->n);
    native_pack(c->r->memory[k], (NativeType)p->type, x->data, x->n, p->scale);
    c->r->seen[k] = x;
  }
  c->cell[k].p = c->r->memory[k];
  return true;
}

static bool give_column(Call *c, int k) {
  const NativeParam *p = &c->r->stage->fn->param[k];
  const NativeArg *a = &c->r->stage->arg[k];
  double *numbers = a->var >= 0 ? c->pop->cols[a->var].p : c->r->numbers[k];
  if (a->value && !compute(c->vm, c->pop, &c->r->value[k], c->pop->n)) return false;
  if (!bind_count(c, k, 0, c->pop->n)) return false;
  c->cell[k].p = numbers;
  if (in_place(c->r->stage, k)) return true;
  native_pack(c->r->memory[k], (NativeType)p->type, numbers, c->pop->n, p->scale);
  c->cell[k].p = c->r->memory[k];
  return true;
}

static bool give_value(Call *c, int k) {
  const NativeParam *p = &c->r->stage->fn->param[k];
  const NativeArg *a = &c->r->stage->arg[k];
  if (a->text) {
    c->cell[k].p = a->text;
    return true;
  }
  if (!compute(c->vm, c->pop, &c->r->value[k], 1)) return false;
  double x = c->r->numbers[k][0];
  native_put(&c->cell[k], (NativeType)p->type, p->scale == 1 ? x : scale_from_si(x, p->scale));
  return true;
}

static bool give_args(Call *c) {
  const NativeFn *f = c->r->stage->fn;
  for (int k = 0; k < f->nparams; k++) c->count[k] = -1;
  for (int k = 0; k < f->nparams; k++) {
    const NativeArg *a = &c->r->stage->arg[k];
    if (f->param[k].type == NATIVE_COUNT) continue;
    if (!(!f->param[k].ndim ? give_value(c, k) : a->global >= 0 ? give_global(c, k) : give_column(c, k))) return false;
  }
  for (int k = 0; k < f->nparams; k++) // what no array tells is the size of the population
    if (f->param[k].type == NATIVE_COUNT) c->cell[k].i = c->count[k] < 0 ? c->pop->n : c->count[k];
  return true;
}

// 0*x is 0 for a finite x, else NaN, which sums keep. Eight of them, in registers, so that none waits for another.
static bool all_finite(const double *x, int64_t n) {
  typedef double Pair __attribute__((vector_size(16)));
  Pair a = {0}, b = a, c = a, d = a, v[4];
  double rest = 0;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    memcpy(v, x + i, sizeof v);
    a += v[0] * 0;
    b += v[1] * 0;
    c += v[2] * 0;
    d += v[3] * 0;
  }
  for (; i < n; i++) rest += x[i] * 0;
  a = (a + b) + (c + d);
  return a[0] + a[1] + rest == 0;
}

static bool take_results(Call *c) {
  const NativeFn *f = c->r->stage->fn;
  for (int k = 0; k < f->nparams; k++) {
    int var = c->r->stage->arg[k].var;
    if (f->param[k].dir == NATIVE_IN || var < 0) continue;
    double *x = c->pop->cols[var].p;
    if (!in_place(c->r->stage, k)) native_unpack(x, (NativeType)f->param[k].type, c->r->memory[k], c->pop->n, f->param[k].scale);
    if (all_finite(x, c->pop->n)) continue;
    for (int64_t i = 0; i < c->pop->n; i++) {
      if (isfinite(x[i])) continue;
      report_state(c->vm, c->pop, var, i, x[i], f->name);
      return false;
    }
  }
  return true;
}

static void call_kernel(Call *c, NativeCell *result) {
  const NativeFn *f = c->r->stage->fn;
  struct Profile *profile = vm_net(c->vm)->running ? c->vm->profile : NULL;
  double from = profile ? profile_clock() : 0;
  native_call(f, c->cell, result);
  if (profile) profile_native(profile, f, (uint32_t)c->pop->id, c->pop->n, from);
}

bool calls_run(Vm *vm, Pop *p, NativeRun *run, int n) {
  for (int i = 0; i < n; i++) {
    Call c = {.vm = vm, .pop = p, .r = &run[i]};
    NativeCell result;
    if (!give_args(&c)) return false;
    call_kernel(&c, &result);
    if (report_status(vm, p, run[i].stage, &result) || !take_results(&c)) return false;
    if (run[i].after.k && !compute(vm, p, &run[i].after, p->n)) return false;
  }
  return true;
}
