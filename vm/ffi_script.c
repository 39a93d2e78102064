// SPDX-License-Identifier: MIT
// Native calls from scripts. A function goes over arrays element by element, with NumPy's broadcasting; a kernel is called
// once: its counts are read off the shapes of the arrays it is given, arrays that are not doubles in SI units are converted
// into memory of the call and back.
#include "vm/ffi.h"

#include "base/arena.h"
#include "base/scale.h"

#include <string.h>

int native_outs(const NativeFn *f) {
  int n = 0;
  for (int k = 0; k < f->nparams; k++) n += f->param[k].dir != NATIVE_IN;
  return n;
}

// Where a call is reported: `t` is the time of the run in seconds, NULL outside of one.
typedef struct Caller {
  Span span;
  Diags *d;
  const double *t;
} Caller;

static bool report_failed(const NativeFn *f, const NativeCell *result, const Caller *by) {
  char text[600];
  if (!native_failed(f, result, text)) return false;
  if (by->t) diag(by->d, E_NATIVE_FAILED, by->span, "%s at t = %.10g ms", text, 1e3 * *by->t);
  else diag(by->d, E_NATIVE_FAILED, by->span, "%s", text);
  return true;
}

static const char *text_of(Value v) { return v.kind == VAL_STR ? ((const StrObj *)v.obj)->text : ""; }

static Value text_value(const NativeCell *c) {
  const char *text = c->p;
  return str_value(text ? text : "", text ? (int64_t)strlen(text) : 0);
}

static Value plain_value(const NativeFn *f, const NativeCell *c) {
  double x = native_get(c, (NativeType)f->result);
  switch ((NativeType)f->result) {
  case NATIVE_VOID: return value_none();
  case NATIVE_STRING: return text_value(c);
  case NATIVE_BOOL: return value_bool(x != 0);
  case NATIVE_INT:
  case NATIVE_INT32:
  case NATIVE_COUNT: return value_int(f->result == NATIVE_INT32 ? (int64_t)x : c->i);
  default: return value_num(f->scale == 1 ? x : scale_to_si(x, f->scale));
  }
}

// ---- functions ----
typedef struct Elements { // of one argument, under the broadcast shape
  ArrayView view;
  int64_t stride[ARRAY_DIMS];
  const char *text; // of a string
  const double *at;
} Elements;

static ValueKind result_kind(const NativeFn *f) {
  switch ((NativeType)f->result) {
  case NATIVE_BOOL: return VAL_BOOL;
  case NATIVE_INT:
  case NATIVE_INT32:
  case NATIVE_COUNT: return VAL_INT;
  default: return VAL_NUM;
  }
}

static void set_strides(Elements *e, int ndim) {
  int64_t step = 1;
  memset(e->stride, 0, sizeof e->stride);
  for (int k = e->view.ndim - 1; k >= 0; k--) {
    if (e->view.shape[k] != 1) e->stride[ndim - e->view.ndim + k] = step;
    step *= e->view.shape[k];
  }
  e->at = e->view.data;
}

// To the next element of the result, row by row.
static void advance(Elements *e, int n, int ndim, const int64_t *shape, int64_t *at) {
  for (int k = ndim - 1; k >= 0; k--) {
    if (++at[k] < shape[k]) {
      for (int j = 0; j < n; j++) e[j].at += e[j].stride[k];
      return;
    }
    at[k] = 0;
    for (int j = 0; j < n; j++) e[j].at -= e[j].stride[k] * (shape[k] - 1);
  }
}

static void put_elements(const NativeFn *f, const Elements *e, NativeCell *cell) {
  for (int k = 0; k < f->nparams; k++) {
    const NativeParam *p = &f->param[k];
    if (p->type == NATIVE_STRING) cell[k].p = e[k].text;
    else native_put(&cell[k], (NativeType)p->type, p->scale == 1 ? *e[k].at : scale_from_si(*e[k].at, p->scale));
  }
}

static bool call_elements(const NativeFn *f, Elements *e, int ndim, const int64_t *shape, Array *out, const Caller *by) {
  NativeCell cell[NATIVE_PARAMS], result;
  int64_t at[ARRAY_DIMS] = {0};
  for (int64_t k = 0; k < out->n; k++) {
    put_elements(f, e, cell);
    native_call(f, cell, &result);
    if (report_failed(f, &result, by)) return false;
    double x = native_get(&result, (NativeType)f->result);
    out->data[k] = f->scale == 1 ? x : scale_to_si(x, f->scale);
    advance(e, f->nparams, ndim, shape, at);
  }
  return true;
}

static bool function_shape(const NativeFn *f, Elements *e, const Span *spans, int *ndim, int64_t *shape, Diags *d) {
  *ndim = 0;
  for (int k = 0; k < f->nparams; k++) {
    char a[128], b[128];
    int64_t joined[ARRAY_DIMS];
    int n;
    if (array_broadcast(*ndim, shape, e[k].view.ndim, e[k].view.shape, &n, joined)) {
      *ndim = n;
      memcpy(shape, joined, sizeof joined);
      continue;
    }
    diag(d, E_SHAPE, spans[k], "an array of shape %s does not go together with one of %s", shape_text(e[k].view.ndim, e[k].view.shape, a),
         shape_text(*ndim, shape, b));
    return false;
  }
  return true;
}

static bool one_value(const NativeFn *f, const Elements *e, const Caller *by, Value *out) {
  NativeCell cell[NATIVE_PARAMS], result;
  put_elements(f, e, cell);
  native_call(f, cell, &result);
  if (report_failed(f, &result, by)) return false;
  *out = plain_value(f, &result);
  return true;
}

static bool many_values(const NativeFn *f, Elements *e, int ndim, const int64_t *shape, const Caller *by, Value *out) {
  Array *a = array_make(by->d, by->span, result_kind(f), ndim, shape);
  if (!a) return false;
  for (int k = 0; k < f->nparams; k++) set_strides(&e[k], ndim);
  bool ok = call_elements(f, e, ndim, shape, a, by);
  if (ok && f->result != NATIVE_VOID) *out = value_obj(a);
  else value_drop(value_obj(a));
  return ok;
}

static bool no_numbers(Value v, Span span, Diags *d) {
  char buf[160];
  diag(d, E_OPERAND, span, "numbers are needed here, found %s", value_text(v, buf));
  return false;
}

static bool call_function(const NativeFn *f, const Value *args, const Span *spans, const Caller *by, Value *out) {
  Elements e[NATIVE_PARAMS];
  int64_t shape[ARRAY_DIMS] = {0};
  int ndim = 0, n = 0;
  bool ok = true;
  memset(e, 0, sizeof e);
  for (; ok && n < f->nparams; n++) {
    if (f->param[n].type == NATIVE_STRING) e[n].text = text_of(args[n]);
    else if (!array_view(args[n], &e[n].view)) ok = no_numbers(args[n], spans[n], by->d);
    e[n].at = e[n].view.data;
  }
  ok = ok && function_shape(f, e, spans, &ndim, shape, by->d);
  if (ok && !ndim) ok = one_value(f, e, by, out);
  else if (ok) ok = many_values(f, e, ndim, shape, by, out);
  for (int k = 0; k < n; k++)
    if (f->param[k].type != NATIVE_STRING) view_drop(&e[k].view);
  return ok;
}

// ---- kernels ----
typedef struct KernelArgs {
  const NativeFn *f;
  const Value *args;
  const Span *spans;
  Diags *d;
  NativeCell cell[NATIVE_PARAMS];
  int64_t count[NATIVE_PARAMS]; // of counts; -1: not known yet
  Span given[NATIVE_PARAMS];    // the array that told it
  ArrayView view[NATIVE_PARAMS];
  Array *out[NATIVE_PARAMS];    // of `out` and `inout` arrays: the new value
  void *memory[NATIVE_PARAMS];
  double value[NATIVE_PARAMS];  // of single ones
  int nviews;
} KernelArgs;

static bool wrong_rank(KernelArgs *a, int k) {
  const NativeParam *p = &a->f->param[k];
  char buf[160];
  diag(a->d, E_SHAPE, a->spans[k], "`%s` of `%s` has %d ax%s, but this is %s", p->name, a->f->name, p->ndim, p->ndim == 1 ? "is" : "es",
       value_text(a->args[k], buf));
  return false;
}

static bool wrong_length(KernelArgs *a, int k, int axis, int64_t want, int count) {
  const NativeParam *p = &a->f->param[k];
  Diag *e = diag(a->d, E_SHAPE, a->spans[k], "`%s` of `%s` needs %lld element%s along axis %d, but this has %lld", p->name, a->f->name,
                 (long long)want, want == 1 ? "" : "s", axis, (long long)a->view[k].shape[axis]);
  if (count >= 0) diag_label(e, a->given[count], "`%s` is %lld since this has so many", a->f->param[count].name, (long long)want);
  return false;
}

static bool bind_axis(KernelArgs *a, int k, int axis) {
  const NativeSize *s = &a->f->param[k].size[axis];
  int64_t n = a->view[k].shape[axis];
  if (s->count < 0) return n == s->fixed || wrong_length(a, k, axis, s->fixed, -1);
  if (a->count[s->count] < 0) {
    a->count[s->count] = n;
    a->given[s->count] = a->spans[k];
    return true;
  }
  return n == a->count[s->count] || wrong_length(a, k, axis, a->count[s->count], s->count);
}

static bool bind_array(KernelArgs *a, int k) {
  const NativeParam *p = &a->f->param[k];
  if (!array_view(a->args[k], &a->view[k])) return no_numbers(a->args[k], a->spans[k], a->d);
  a->nviews |= 1 << k;
  if (a->view[k].ndim != p->ndim) return wrong_rank(a, k);
  for (int axis = 0; axis < p->ndim; axis++)
    if (!bind_axis(a, k, axis)) return false;
  return true;
}

static bool straight(const NativeParam *p) { return p->type == NATIVE_REAL && p->scale == 1; }

// The memory the kernel sees of an array: the array itself, a new one for results, or converted numbers.
static bool give_array(KernelArgs *a, int k) {
  const NativeParam *p = &a->f->param[k];
  const ArrayView *v = &a->view[k];
  if (p->dir != NATIVE_IN) {
    bool whole = p->type == NATIVE_INT || p->type == NATIVE_INT32;
    ValueKind elem = p->type == NATIVE_BOOL ? VAL_BOOL : whole ? VAL_INT : VAL_NUM;
    a->out[k] = array_make(a->d, a->spans[k], elem, v->ndim, v->shape);
    if (!a->out[k]) return false;
    if (v->n) memcpy(a->out[k]->data, v->data, sizeof(double) * (size_t)v->n);
  }
  if (straight(p)) {
    a->cell[k].p = a->out[k] ? a->out[k]->data : v->data;
    return true;
  }
  a->memory[k] = mem_alloc(native_bytes((NativeType)p->type) * (size_t)(v->n + 1));
  native_pack(a->memory[k], (NativeType)p->type, v->data, v->n, p->scale);
  a->cell[k].p = a->memory[k];
  return true;
}

static bool give_value(KernelArgs *a, int k) {
  const NativeParam *p = &a->f->param[k];
  Value v = a->args[k];
  bool number = v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL || (v.kind == VAL_ARRAY && ((Array *)v.obj)->n == 1 && ((Array *)v.obj)->data);
  if (p->type == NATIVE_STRING) {
    a->cell[k].p = text_of(v);
    return true;
  }
  if (!number) return no_numbers(v, a->spans[k], a->d);
  a->value[k] = value_as_num(v);
  if (p->dir == NATIVE_IN) {
    native_put(&a->cell[k], (NativeType)p->type, p->scale == 1 ? a->value[k] : scale_from_si(a->value[k], p->scale));
    return true;
  }
  a->memory[k] = mem_alloc(8);
  native_pack(a->memory[k], (NativeType)p->type, &a->value[k], 1, p->scale);
  a->cell[k].p = a->memory[k];
  return true;
}

static bool give_counts(KernelArgs *a, Span span) {
  for (int k = 0; k < a->f->nparams; k++) {
    if (a->f->param[k].type != NATIVE_COUNT) continue;
    if (a->count[k] < 0 && a->args[k].kind != VAL_NONE) a->count[k] = (int64_t)value_as_num(a->args[k]);
    if (a->count[k] < 0) {
      diag(a->d, E_ARG_VALUE, span, "no array tells the count `%s` of `%s`", a->f->param[k].name, a->f->name);
      return false;
    }
    a->cell[k].i = a->count[k];
  }
  return true;
}

static Value new_value(KernelArgs *a, int k) {
  const NativeParam *p = &a->f->param[k];
  if (p->ndim) {
    if (!straight(p)) native_unpack(a->out[k]->data, (NativeType)p->type, a->memory[k], a->out[k]->n, p->scale);
    Value v = value_obj(a->out[k]);
    a->out[k] = NULL;
    return v;
  }
  double x;
  native_unpack(&x, (NativeType)p->type, a->memory[k], 1, p->scale);
  if (p->type == NATIVE_BOOL) return value_bool(x != 0);
  return p->type == NATIVE_INT || p->type == NATIVE_INT32 ? value_int((int64_t)x) : value_num(x);
}

static void kernel_free_args(KernelArgs *a) {
  for (int k = 0; k < a->f->nparams; k++) {
    if (a->nviews >> k & 1) view_drop(&a->view[k]);
    if (a->out[k]) value_drop(value_obj(a->out[k]));
    mem_free(a->memory[k]);
  }
}

static bool kernel_args(KernelArgs *a, Span span) {
  for (int k = 0; k < a->f->nparams; k++) a->count[k] = -1;
  for (int k = 0; k < a->f->nparams; k++)
    if (a->f->param[k].ndim && !bind_array(a, k)) return false;
  if (!give_counts(a, span)) return false;
  for (int k = 0; k < a->f->nparams; k++) {
    const NativeParam *p = &a->f->param[k];
    if (p->type == NATIVE_COUNT) continue;
    if (!(p->ndim ? give_array(a, k) : give_value(a, k))) return false;
  }
  return true;
}

static bool call_kernel(const NativeFn *f, const Value *args, const Span *spans, const Caller *by, Value *results) {
  KernelArgs a = {.f = f, .args = args, .spans = spans, .d = by->d};
  NativeCell result;
  bool ok = kernel_args(&a, by->span);
  if (ok) {
    native_call(f, a.cell, &result);
    ok = !report_failed(f, &result, by);
  }
  if (ok) {
    int n = 0;
    results[n++] = plain_value(f, &result);
    for (int k = 0; k < f->nparams; k++)
      if (f->param[k].dir != NATIVE_IN) results[n++] = new_value(&a, k);
  }
  kernel_free_args(&a);
  return ok;
}

bool native_script(const NativeFn *f, const Value *args, const Span *spans, Span span, const double *t, Diags *d, Value *results) {
  Caller by = {span, d, t};
  results[0] = value_none();
  if (!native_is_open(f->lib)) BUG("%s of a library that is not open", f->name);
  return f->kernel ? call_kernel(f, args, spans, &by, results) : call_function(f, args, spans, &by, results);
}
