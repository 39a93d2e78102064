// SPDX-License-Identifier: MIT
// Functions of numbers, element by element. Those that the vector core has are taken from it (vm/vmath.h), so that a
// script and a kernel give the same bits.
#include "vm/builtin_args.h"
#include "vm/vmath.h"

#include <math.h>

// One number in, one out: without an array in between.
#define MAP(name, f)                                                                                                   \
  bool builtin_##name(BuiltinCall *c) {                                                                                \
    if (c->args[0].kind == VAL_NUM) return give(c, value_num(f(c->args[0].num)));                                      \
    return map_each(c, 0, f, VAL_NUM);                                                                                 \
  }

static double heaviside(double x) { return isnan(x) ? x : x >= 0; }
static double relu(double x) { return vm_max(x, 0); }

MAP(exp, vm_exp)
MAP(expm1, vm_expm1)
MAP(log, vm_log)
MAP(log1p, vm_log1p)
MAP(log10, vm_log10)
MAP(sqrt, sqrt)
MAP(cbrt, cbrt)
MAP(sin, vm_sin)
MAP(cos, vm_cos)
MAP(tan, tan)
MAP(asin, asin)
MAP(acos, acos)
MAP(atan, atan)
MAP(sinh, sinh)
MAP(cosh, cosh)
MAP(tanh, vm_tanh)
MAP(erf, erf)
MAP(erfc, erfc)
MAP(gamma, tgamma)
MAP(exprel, vm_exprel)
MAP(sigmoid, vm_sigmoid)
MAP(softplus, vm_softplus)
MAP(heaviside, heaviside)

static double log_gamma(double x) {
  int sign;
  return lgamma_r(x, &sign); // lgamma writes to a global
}
MAP(lgamma, log_gamma)

static double celsius(double x) { return x + 273.15; }
MAP(degC, celsius)

// Functions that leave whole numbers whole.
#define MAP_WHOLE(name, f)                                                                                             \
  bool builtin_##name(BuiltinCall *c) {                                                                                \
    if (c->args[0].kind == VAL_NUM) return give(c, value_num(f(c->args[0].num)));                                      \
    return map_each(c, 0, f, whole_kind(c, 1));                                                                        \
  }

static ValueKind arg_elem(Value v) {
  ArrayView x;
  if (!array_view(v, &x)) return VAL_NUM;
  ValueKind elem = x.elem;
  view_drop(&x);
  return elem;
}

// VAL_INT if the first n arguments are whole numbers by kind.
static ValueKind whole_kind(const BuiltinCall *c, int n) {
  for (int k = 0; k < n && k < c->nargs; k++)
    if (arg_elem(c->args[k]) == VAL_NUM) return VAL_NUM;
  return VAL_INT;
}

MAP_WHOLE(abs, fabs)
MAP_WHOLE(sign, vm_sign)
MAP_WHOLE(floor, floor)
MAP_WHOLE(ceil, ceil)
MAP_WHOLE(round, vm_round)
MAP_WHOLE(relu, relu)

static double is_nan(double x) { return isnan(x); }
bool builtin_isnan(BuiltinCall *c) { return map_each(c, 0, is_nan, VAL_BOOL); }

bool builtin_int(BuiltinCall *c) {
  ArrayView x;
  if (c->args[0].kind == VAL_INT) return give(c, c->args[0]);
  if (!arg_view(c, 0, &x)) return false;
  for (int64_t k = 0; k < x.n; k++)
    if (!(fabs(x.data[k]) < 0x1p63)) {
      double bad = x.data[k];
      view_drop(&x);
      return arg_error(c, 0, E_ARG_VALUE, "%.15g is no whole number that fits into an int", bad);
    }
  view_drop(&x);
  return map_each(c, 0, trunc, VAL_INT);
}

// ---- of two and more ----

static bool map_two(BuiltinCall *c, double (*f)(double, double), ValueKind elem) {
  return array_map2(c->diags, c->span, f, elem, c->args[0], c->args[1], c->result);
}

bool builtin_mod(BuiltinCall *c) { return map_two(c, vm_mod, whole_kind(c, 2)); }
bool builtin_atan2(BuiltinCall *c) { return map_two(c, atan2, VAL_NUM); }

static bool fold(BuiltinCall *c, double (*f)(double, double)) {
  Value so_far = value_keep(c->args[0]);
  for (int k = 1; k < c->nargs; k++) {
    Value next;
    if (c->args[k].kind == VAL_NONE) continue;
    ValueKind elem = arg_elem(so_far) == VAL_NUM || arg_elem(c->args[k]) == VAL_NUM ? VAL_NUM : VAL_INT;
    bool ok = array_map2(c->diags, c->span, f, elem, so_far, c->args[k], &next);
    value_drop(so_far);
    if (!ok) return false;
    so_far = next;
  }
  return give(c, so_far);
}

bool builtin_min(BuiltinCall *c) { return c->nargs == 1 ? builtin_amin(c) : fold(c, vm_min); }
bool builtin_max(BuiltinCall *c) { return c->nargs == 1 ? builtin_amax(c) : fold(c, vm_max); }

bool builtin_clip(BuiltinCall *c) {
  Value above;
  ValueKind elem = whole_kind(c, 3);
  if (!array_map2(c->diags, c->span, vm_max, elem, c->args[0], c->args[1], &above)) return false;
  bool ok = array_map2(c->diags, c->span, vm_min, elem, above, c->args[2], c->result);
  value_drop(above);
  return ok;
}
