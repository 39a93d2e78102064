// SPDX-License-Identifier: MIT
// The table of functions, and how they read their arguments.
#include "vm/builtin.h"

#include "vm/builtin_args.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ELEM = BUILTIN_ELEM, LANE = BUILTIN_LANE, PURE = BUILTIN_PURE, RAND = BUILTIN_RAND, PLOT = BUILTIN_PLOT };

const Builtin BUILTINS[BUILTIN_COUNT] = {
#define BUILTIN(name, signature, flags, doc, example) {#name, signature, flags, doc, example, builtin_##name},
#include "vm/builtin.def"
#undef BUILTIN
};

int builtin_find(const char *name, size_t n) {
  for (int k = 0; k < BUILTIN_COUNT; k++)
    if (strncmp(BUILTINS[k].name, name, n) == 0 && BUILTINS[k].name[n] == 0) return k;
  return -1;
}

bool arg_error(BuiltinCall *c, int k, DiagCode code, const char *fmt, ...) {
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  diag(c->diags, code, k >= 0 ? arg_span(c, k) : c->span, "%s", text);
  return false;
}

bool arg_num(BuiltinCall *c, int k, double *out) {
  Value v = k < c->nargs ? c->args[k] : value_none();
  if (v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL ||
      (v.kind == VAL_ARRAY && ((Array *)v.obj)->n == 1 && ((Array *)v.obj)->data)) {
    *out = value_as_num(v);
    return true;
  }
  char text[160];
  return arg_error(c, k, E_OPERAND, "one number is needed here, found %s", value_text(v, text));
}

bool arg_num_or(BuiltinCall *c, int k, double otherwise, double *out) {
  *out = otherwise;
  return !arg_given(c, k) || arg_num(c, k, out);
}

bool arg_count(BuiltinCall *c, int k, int64_t least, int64_t *out) {
  double x;
  if (!arg_num(c, k, &x)) return false;
  if (x != floor(x) || fabs(x) > 0x1p53)
    return arg_error(c, k, E_ARG_VALUE, "a whole number is needed here, found %.15g", x);
  if (x < (double)least)
    return arg_error(c, k, E_ARG_VALUE, "%.15g: at least %lld is needed here", x, (long long)least);
  *out = (int64_t)x;
  return true;
}

bool arg_view(BuiltinCall *c, int k, ArrayView *out) {
  Value v = k < c->nargs ? c->args[k] : value_none();
  if (array_view(v, out)) return true;
  char text[160];
  return arg_error(c, k, E_OPERAND, "numbers are needed here, found %s", value_text(v, text));
}

Array *arg_make(BuiltinCall *c, ValueKind elem, int ndim, const int64_t *shape) {
  return array_make(c->diags, c->span, elem, ndim, shape);
}

bool map_each(BuiltinCall *c, int k, double (*f)(double), ValueKind elem) {
  ArrayView x;
  if (!arg_view(c, k, &x)) return false;
  Array *r = arg_make(c, elem, x.ndim, x.shape);
  if (r) {
    for (int64_t j = 0; j < x.n; j++) r->data[j] = f(x.data[j]);
    *c->result = array_value(r);
  }
  view_drop(&x);
  return r != NULL;
}

bool arg_window(BuiltinCall *c, int k, double *from, double *to) {
  if (!arg_num_or(c, k, -INFINITY, from) || !arg_num_or(c, k + 1, INFINITY, to)) return false;
  if (isnan(*from) || isnan(*to))
    return arg_error(c, isnan(*from) ? k : k + 1, E_ARG_VALUE, "a time is needed here, found nan");
  return *from <= *to || arg_error(c, k + 1, E_ARG_VALUE, "`to` lies before `from`");
}
