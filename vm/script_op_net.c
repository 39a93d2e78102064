// SPDX-License-Identifier: MIT
// Operations of scripts that make and change the network: populations, projections, stimuli, recordings, settings.
// A network that a run goes on in is not changed: blocks of `at` and `every` may set values only.
#include "vm/run.h"
#include "vm/script_machine.h"
#include "vm/script_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_sel(Frame *f, Value v, const char *what) {
  if (v.kind == VAL_SEL) return true;
  char buf[160];
  diag(f->m->diags, E_OPERAND, frame_span(f), "%s must be a population, but this is %s", what, value_text(v, buf));
  return false;
}

static bool not_in_run(Frame *f, const char *what) {
  if (!f->m->running) return true;
  Diag *e = diag(f->m->diags, E_RUN_NESTED, frame_span(f), "%s cannot stand in a block that runs during a run", what);
  diag_hint(e, "`at` and `every` may change values; put the statement before or after `run`");
  return false;
}

// ---- populations ----

static bool size_of(Frame *f, Value v, int64_t *out) {
  double x = v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_ARRAY ? value_as_num(v) : NAN;
  if (x == rint(x) && x >= 1 && x <= 2147483647) {
    *out = (int64_t)x;
    return true;
  }
  char buf[160];
  Str s = {0};
  str_addnum(&s, x);
  diag(f->m->diags, E_POP_SIZE, frame_span(f), "a population has a whole number of neurons, at least 1, but this is %s",
       isnan(x) ? value_text(v, buf) : s.data);
  str_free(&s);
  return false;
}

static void number_name(Vm *vm, Pop *p, const char *base, Value number) {
  p->name = arena_printf(vm->arena, "%s[%lld]", base, (long long)value_as_num(number));
}

static Signal *as_signal(Vm *vm, Value v) {
  return v.kind == VAL_SIGNAL ? (Signal *)v.obj : signal_make(vm, value_as_num(v));
}

bool script_op_POPULATION(Frame *f, ScriptIns in) {
  const ScriptPop *s = &f->p->pop.data[in.a];
  Value *captures = f->sp - s->ncaptures, *signals = captures - s->nsignals, *sizes = signals - s->nsizes;
  int64_t shape[ARRAY_DIMS];
  Pop *p = NULL;
  if (!not_in_run(f, "a population")) return false;
  if (s->nsizes > ARRAY_DIMS) BUG("a population of %d axes", s->nsizes);
  for (int k = 0; k < s->nsizes; k++)
    if (!size_of(f, sizes[k], &shape[k])) return false;
  if (!pop_make(f->m->vm, s->desc, s->nsizes, shape, captures, s->ncaptures, &p)) return false;
  if (s->numbered) number_name(f->m->vm, p, s->desc->name, sizes[-1]);
  for (int k = 0; k < s->nsignals; k++) pop_signal(f->m->vm, p, s->signal[k], as_signal(f->m->vm, signals[k]));
  return give(f, s->ncaptures + s->nsignals + s->nsizes + s->numbered, value_obj(sel_of_pop(p)));
}

bool script_op_CONNECT(Frame *f, ScriptIns in) {
  const ScriptConn *s = &f->p->conn.data[in.a];
  Value *captures = f->sp - s->ncaptures, *args = captures - s->nargs, *signals = args - s->nsignals, *ends = signals - 2;
  ProjGroup *g = NULL;
  if (!not_in_run(f, "connect") || !is_sel(f, ends[0], "the source of a connection") ||
      !is_sel(f, ends[1], "the target of a connection"))
    return false;
  if (!proj_make(f->m->vm, s->desc, (const Sel *)ends[0].obj, (const Sel *)ends[1].obj, s->input, args, s->nargs, captures,
                 s->ncaptures, &g))
    return false;
  for (int k = 0; k < s->nsignals; k++) proj_signal(f->m->vm, g, s->signal[k], as_signal(f->m->vm, signals[k]));
  return give(f, 2 + s->nargs + s->nsignals + s->ncaptures, value_obj(g));
}

// ---- selections and draws ----

bool script_op_WHERE(Frame *f, ScriptIns in) {
  const ScriptKernel *s = &f->p->kernel.data[in.a];
  Value *captures = f->sp - s->ncaptures;
  Sel *out = NULL;
  if (!is_sel(f, captures[-1], "what `where` selects from")) return false;
  if (!sel_where(f->m->vm, (const Sel *)captures[-1].obj, s->kernel, captures, s->ncaptures, &out, frame_span(f)))
    return false;
  return give(f, 1 + s->ncaptures, value_obj(out));
}

// Object numbers of P.V ~ ... count down from the script's own, where no population has its number.
enum { FILL_OBJECT = 0xFFFFFFFE };

static bool fill(Frame *f, const Kernel *k, const Value *captures, int ncaptures, Array *a) {
  Vm *vm = f->m->vm;
  double n = (double)a->n;
  Scope s = {.vm = vm, .captures = captures, .ncaptures = ncaptures, .out = {a->data}, .nout = a->n, .self_n = &n};
  uint32_t object = (uint32_t)FILL_OBJECT - f->m->fills++;
  if (!scope_prepare(&s, k)) return false;
  Bound b;
  bound_open(&b, k, &s, object);
  KernelCall call = call_now(vm, object);
  call.hi = a->n;
  bool ok = bound_once(vm, &b, a->n, &call, frame_span(f));
  bound_close(&b);
  return ok;
}

bool script_op_DRAW(Frame *f, ScriptIns in) {
  const ScriptKernel *s = &f->p->kernel.data[in.a];
  Value *captures = f->sp - s->ncaptures, of = captures[-1];
  int64_t n = of.kind == VAL_SEL ? ((const Sel *)of.obj)->n : of.kind == VAL_PROJ ? proj_count((const ProjGroup *)of.obj) : -1;
  if (n < 0 && !is_sel(f, of, "what is drawn for")) return false;
  Array *a = array_make(f->m->diags, frame_span(f), VAL_NUM, 1, &n);
  if (!a) return false;
  if (n && !fill(f, s->kernel, captures, s->ncaptures, a)) {
    value_drop(value_obj(a));
    return false;
  }
  return give(f, s->ncaptures, value_obj(a));
}

// ---- stimuli ----

static bool time_of(Frame *f, Value v, double *out) {
  if (v.kind == VAL_NUM || v.kind == VAL_INT || (v.kind == VAL_ARRAY && ((Array *)v.obj)->n == 1)) {
    *out = value_as_num(v);
    return true;
  }
  char buf[160];
  diag(f->m->diags, E_OPERAND, frame_span(f), "here one time is needed, but this is %s", value_text(v, buf));
  return false;
}

bool script_op_INJECT(Frame *f, ScriptIns in) {
  const ScriptInject *s = &f->p->inject.data[in.a];
  Value *captures = f->sp - s->ncaptures, *at = captures - s->has_from - s->has_to, *pop_at = at - 1;
  double from = 0, to = INFINITY;
  if (!is_sel(f, *pop_at, "the target of inject")) return false;
  if (s->has_from && !time_of(f, *at++, &from)) return false;
  if (s->has_to && !time_of(f, *at, &to)) return false;
  if (!not_in_run(f, "inject")) return false;
  if (!inject_add(f->m->vm, (const Sel *)pop_at->obj, s->input, s->lang, from, to, captures, s->ncaptures, frame_span(f)))
    return false;
  drop(f, 1 + s->has_from + s->has_to + s->ncaptures);
  return true;
}

// A number counts as an array of one.
static Array *as_array(Frame *f, Value v) {
  if (v.kind == VAL_ARRAY) return (Array *)value_keep(v).obj;
  ArrayView x;
  if (!array_view(v, &x)) {
    char buf[160];
    diag(f->m->diags, E_OPERAND, frame_span(f), "numbers are needed here, but this is %s", value_text(v, buf));
    return NULL;
  }
  Array *a = array_make(f->m->diags, frame_span(f), VAL_NUM, 1, &x.n);
  if (a && x.n) memcpy(a->data, x.data, (size_t)x.n * sizeof *a->data);
  view_drop(&x);
  return a;
}

bool script_op_INJSPIKES(Frame *f, ScriptIns in) {
  Value pop_ = f->sp[-2 - in.a];
  if (!is_sel(f, pop_, "the target of inject spikes")) return false;
  Array *index = in.a ? as_array(f, f->sp[-2]) : NULL;
  Array *times = in.a && !index ? NULL : as_array(f, f->sp[-1]);
  bool ok = times && inject_spikes(f->m->vm, (const Sel *)pop_.obj, index, times, frame_span(f));
  if (index) value_drop(value_obj(index));
  if (times) value_drop(value_obj(times));
  if (ok) drop(f, 2 + in.a);
  return ok;
}

// ---- recordings ----

// A sampled expression: record m = mean(E.V) every 1 ms.
static Value sample(void *closure) {
  Value out = value_none();
  return closure_call(closure, &out) ? out : value_none();
}

static bool record_of(Frame *f, const ScriptRecord *s, const Value *v, double every, Recording **out) {
  Vm *vm = f->m->vm;
  Span span = frame_span(f);
  switch (s->kind) {
  case RECORD_SPIKES:
    return is_sel(f, *v, "what spikes are recorded of") && record_spikes(vm, (const Sel *)v->obj, s->nwith, s->with, out, span);
  case RECORD_VAR:
    return is_sel(f, *v, "what is recorded") && record_var(vm, (const Sel *)v->obj, s->var, every, s->single, out, span);
  case RECORD_PROJ:
    if (v->kind == VAL_PROJ) return record_proj(vm, (ProjGroup *)v->obj, s->var, every, out, span);
    return is_sel(f, *v, "what is recorded");
  default: BUG("a recording of kind %d", s->kind);
  }
}

// [captures, every?, file?]: the closure takes the captures, so what stands above them is taken off first.
static bool record_closure(Frame *f, const ScriptRecord *s, double every, Recording **out) {
  Value above[2];
  int n = s->has_every + s->has_file;
  for (int k = 0; k < n; k++) above[k] = pop(f);
  Closure *c = closure_new(f, s->func);
  while (n-- > 0) push(f, above[n]);
  return record_expr(f->m->vm, sample, c, closure_drop, every, out, frame_span(f));
}

bool script_op_RECORD(Frame *f, ScriptIns in) {
  const ScriptRecord *s = &f->p->record.data[in.a];
  double every = 0;
  Recording *r = NULL;
  int above = s->has_every + s->has_file;
  if (!not_in_run(f, "record")) return false;
  if (s->has_every && !time_of(f, f->sp[-1 - s->has_file], &every)) return false;
  if (s->kind == RECORD_EXPR ? !record_closure(f, s, every, &r) : !record_of(f, s, &f->sp[-1 - above], every, &r)) return false;
  Value v = value_obj(r);
  if (s->has_file && !record_to_file(f->m, r, s, peek_text(f, 0), frame_span(f))) {
    value_drop(v);
    return false;
  }
  drop(f, s->kind == RECORD_EXPR ? above : above + 1);
  push(f, v);
  return true;
}

// ---- settings ----

static bool bad_setting(Frame *f, const char *what, const char *hint) {
  Diag *e = diag(f->m->diags, E_SETTING, frame_span(f), "%s", what);
  if (hint) diag_hint(e, "%s", hint);
  return false;
}

static bool set_semantics(Frame *f, const char *name) {
  if (strcmp(name, "brian") == 0) return vm_set_semantics(f->m->vm, SEMANTICS_BRIAN, frame_span(f));
  if (strcmp(name, "nest") == 0) return vm_set_semantics(f->m->vm, SEMANTICS_NEST, frame_span(f));
  return bad_setting(f, "semantics are brian or nest", NULL);
}

static bool set_text(Frame *f, ScriptSetting what, const char *name) {
  if (what == SET_SEMANTICS) return set_semantics(f, name);
  if (what == SET_PRECISION) {
    if (strcmp(name, "double") == 0) return true;
    if (strcmp(name, "single") != 0) return bad_setting(f, "the precision is double", NULL);
    diag(f->m->diags, E_NOT_SUPPORTED, frame_span(f), "this version of hebb computes in double precision only");
    return false;
  }
  if (f->m->vm->ran) {
    Diag *e = diag(f->m->diags, E_SET_LATE, frame_span(f), "the method cannot be changed after a run");
    diag_hint(e, "set it above the first `run`, or after `reset`");
    return false;
  }
  if (f->m->host.set_method && !f->m->host.set_method(f->m->host.ctx, name))
    return bad_setting(f, "there is no method of this name", NULL);
  return true;
}

static bool set_number(Frame *f, ScriptSetting what, double x) {
  Vm *vm = f->m->vm;
  if (what == SET_DT) {
    if (!(x > 0) || isinf(x)) return bad_setting(f, "the time step dt is a time above 0", "for instance: set dt = 0.1 ms");
    return vm_set_dt(vm, x, frame_span(f));
  }
  if (what == SET_RTOL || what == SET_ATOL) {
    if (!(x > 0) || x > 0.1) return bad_setting(f, "a tolerance is a number above 0 and at most 0.1", "for instance: set rtol = 1e-6");
    vm_set_tolerance(vm, what == SET_RTOL ? x : vm->rtol, what == SET_ATOL ? x : vm->atol);
    return true;
  }
  if (x != rint(x) || fabs(x) > 0x1p53) return bad_setting(f, "this setting is a whole number", NULL);
  if (what == SET_SEED) {
    if (x < 0) return bad_setting(f, "the seed is a whole number, 0 or greater", NULL);
    vm_set_seed(vm, (uint64_t)x);
    f->m->draws = f->m->fills = 0;
    return true;
  }
  if (x < 1) return bad_setting(f, "threads are at least 1", NULL);
  vm->threads = x > 1024 ? 1024 : (int)x;
  return true;
}

bool script_op_SETTING(Frame *f, ScriptIns in) {
  Value v = f->sp[-1];
  if (!not_in_run(f, "set")) return false;
  bool wants_text = in.a == SET_PRECISION || in.a == SET_METHOD || in.a == SET_SEMANTICS, ok;
  if (wants_text) ok = v.kind == VAL_STR ? set_text(f, (ScriptSetting)in.a, peek_text(f, 0)) : bad_setting(f, "this setting is a name", NULL);
  else ok = set_number(f, (ScriptSetting)in.a, value_as_num(v));
  if (ok) drop(f, 1);
  return ok;
}

bool script_op_LEARNING(Frame *f, ScriptIns in) {
  vm_set_learning(f->m->vm, in.a != 0);
  return true;
}
