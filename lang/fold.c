// SPDX-License-Identifier: MIT
// Folding of constants and exact simplifications.
//
// Folding computes with the vector core's own functions, so that a parameter gives the same bits whether it is known
// when a kernel is made or only when it is bound. Simplifications keep the value, except the sign of a zero, and except
// that 0 * x is 0 also where x is not finite (x has its own check).
#include "lang/ir_node.h"
#include "vm/vmath.h"

#include <math.h>

static double fold_unary(int fam, double x) {
  int sign;
  switch (fam) {
  case FAM_NEG: return -x;
  case FAM_ABS: return fabs(x);
  case FAM_SIGN: return vm_sign(x);
  case FAM_FLOOR: return floor(x);
  case FAM_CEIL: return ceil(x);
  case FAM_ROUND: return vm_round(x);
  case FAM_TRUNC: return trunc(x);
  case FAM_SQRT: return sqrt(x);
  case FAM_EXP: return vm_exp(x);
  case FAM_EXPM1: return vm_expm1(x);
  case FAM_EXPREL: return vm_exprel(x);
  case FAM_BERN: return vm_bern(x);
  case FAM_LOG: return vm_log(x);
  case FAM_LOG1P: return vm_log1p(x);
  case FAM_LOG10: return vm_log10(x);
  case FAM_SIGMOID: return vm_sigmoid(x);
  case FAM_SOFTPLUS: return vm_softplus(x);
  case FAM_TANH: return vm_tanh(x);
  case FAM_SIN: return vm_sin(x);
  case FAM_COS: return vm_cos(x);
  case FAM_TAN: return tan(x);
  case FAM_ASIN: return asin(x);
  case FAM_ACOS: return acos(x);
  case FAM_ATAN: return atan(x);
  case FAM_SINH: return sinh(x);
  case FAM_COSH: return cosh(x);
  case FAM_CBRT: return cbrt(x);
  case FAM_ERF: return erf(x);
  case FAM_ERFC: return erfc(x);
  case FAM_GAMMA: return tgamma(x);
  default: return lgamma_r(x, &sign);
  }
}
static double fold_binary(int fam, double x, double y) {
  switch (fam) {
  case FAM_ADD: return x + y;
  case FAM_SUB: return x - y;
  case FAM_MUL: return x * y;
  case FAM_DIV: return x / y;
  case FAM_MIN: return vm_min(x, y);
  case FAM_MAX: return vm_max(x, y);
  case FAM_POW: return pow(x, y);
  case FAM_MOD: return vm_mod(x, y);
  default: return atan2(x, y);
  }
}
static bool fold_compare(int fam, double x, double y) {
  return fam == FAM_LT ? x < y : fam == FAM_LE ? x <= y : fam == FAM_EQ ? x == y : x != y;
}

static IrVal one(Ir *ir) { return ir_const(ir, 1); }

// Masks: constants decide.
static IrVal fold_masks(Ir *ir, int fam, IrVal a, IrVal b) {
  double x, y;
  bool ca = ir_is_const(ir, a, &x), cb = b && ir_is_const(ir, b, &y);
  switch (fam) {
  case FAM_NOT:
    if (ca) return ir_bool(ir, x == 0);
    return ir_is(ir, a, FAM_NOT) ? ir_at(ir, a)->arg[0] : 0;
  case FAM_AND:
    if (a == b) return a;
    if (ca) return x != 0 ? b : a;
    if (cb) return y != 0 ? a : b;
    if (ir_is(ir, b, FAM_NOT)) return ir_make(ir, FAM_ANDNOT, a, ir_at(ir, b)->arg[0], 0);
    if (ir_is(ir, a, FAM_NOT)) return ir_make(ir, FAM_ANDNOT, b, ir_at(ir, a)->arg[0], 0);
    return 0;
  case FAM_OR:
    if (a == b) return a;
    if (ca) return x != 0 ? a : b;
    return cb ? (y != 0 ? b : a) : 0;
  case FAM_ANDNOT:
    if (ca && x == 0) return a;
    if (cb) return y != 0 ? ir_bool(ir, false) : a;
    return a == b ? ir_bool(ir, false) : 0;
  case FAM_NUM: return ca ? ir_const(ir, x) : 0;
  default: return 0;
  }
}
static IrVal fold_select(Ir *ir, IrVal m, IrVal yes, IrVal no) {
  double x;
  if (ir_is_const(ir, m, &x)) return x != 0 ? yes : no;
  if (yes == no) return yes;
  if (ir_is(ir, m, FAM_NOT)) return ir_make(ir, FAM_SELECT, ir_at(ir, m)->arg[0], no, yes);
  return 0;
}

// x^k by repeated squaring, for whole k.
static IrVal whole_power(Ir *ir, IrVal x, int k) {
  IrVal r = 0;
  for (; k; k >>= 1) {
    if (k & 1) r = r ? ir_make(ir, FAM_MUL, r, x, 0) : x;
    if (k > 1) x = ir_make(ir, FAM_MUL, x, x, 0);
  }
  return r ? r : one(ir);
}
static IrVal fold_power(Ir *ir, IrVal x, IrVal k) {
  double p, base;
  if (ir_is_const(ir, x, &base) && base == 1) return x;
  if (!ir_is_const(ir, k, &p) || fabs(p) > 32) return 0;
  if (p == 0) return one(ir);
  if (p < 0) return ir_make(ir, FAM_DIV, one(ir), fold_power(ir, x, ir_const(ir, -p)), 0);
  if (p == floor(p)) return whole_power(ir, x, (int)p);
  if (2 * p == floor(2 * p)) // x^(n + 1/2)
    return ir_make(ir, FAM_MUL, whole_power(ir, x, (int)p), ir_make(ir, FAM_SQRT, x, 0, 0), 0);
  IrNode n = {.fam = FAM_POW, .nargs = 2, .arg = {x, k}, .contract = ir->contract};
  return ir_node(ir, n);
}

static bool power_of_two(double x) {
  int e;
  return isfinite(x) && fabs(frexp(x, &e)) == 0.5 && isnormal(1 / x);
}
static IrVal simplify_add(Ir *ir, IrVal a, IrVal b) {
  if (ir_number(ir, a, 0)) return b;
  if (ir_number(ir, b, 0)) return a;
  if (ir_is(ir, b, FAM_NEG)) return ir_make(ir, FAM_SUB, a, ir_at(ir, b)->arg[0], 0);
  if (ir_is(ir, a, FAM_NEG)) return ir_make(ir, FAM_SUB, b, ir_at(ir, a)->arg[0], 0);
  return 0;
}
static IrVal simplify_sub(Ir *ir, IrVal a, IrVal b) {
  if (ir_number(ir, b, 0)) return a;
  if (ir_number(ir, a, 0)) return ir_make(ir, FAM_NEG, b, 0, 0);
  if (ir_is(ir, b, FAM_NEG)) return ir_make(ir, FAM_ADD, a, ir_at(ir, b)->arg[0], 0);
  return 0;
}
static IrVal simplify_mul(Ir *ir, IrVal a, IrVal b) {
  for (int i = 0; i < 2; i++) {
    IrVal p = i ? b : a, q = i ? a : b;
    if (ir_number(ir, p, 1)) return q;
    if (ir_number(ir, p, 0)) return p;
    if (ir_number(ir, p, -1)) return ir_make(ir, FAM_NEG, q, 0, 0);
  }
  if (ir_is(ir, a, FAM_NEG) && ir_is(ir, b, FAM_NEG))
    return ir_make(ir, FAM_MUL, ir_at(ir, a)->arg[0], ir_at(ir, b)->arg[0], 0);
  return 0;
}
static IrVal simplify_div(Ir *ir, IrVal a, IrVal b) {
  double y;
  if (ir_is_const(ir, b, &y) && power_of_two(y)) return ir_make(ir, FAM_MUL, a, ir_const(ir, 1 / y), 0);
  if (ir_number(ir, b, -1)) return ir_make(ir, FAM_NEG, a, 0, 0);
  return 0;
}
static IrVal simplify_neg(Ir *ir, IrVal a) {
  const IrNode *n = ir_at(ir, a);
  if (n->fam == FAM_NEG) return n->arg[0];
  if (n->fam == FAM_SUB) return ir_make(ir, FAM_SUB, n->arg[1], n->arg[0], 0);
  return 0;
}
static IrVal simplify_fma(Ir *ir, IrVal a, IrVal b, IrVal c) {
  double x, y;
  if (ir_number(ir, a, 0) || ir_number(ir, b, 0)) return c;
  if (ir_number(ir, a, 1)) return ir_make(ir, FAM_ADD, b, c, 0);
  if (ir_number(ir, b, 1)) return ir_make(ir, FAM_ADD, a, c, 0);
  if (ir_number(ir, c, 0)) return ir_make(ir, FAM_MUL, a, b, 0);
  if (ir_is_const(ir, a, &x) && ir_is_const(ir, b, &y)) {
    double z;
    return ir_is_const(ir, c, &z) ? ir_const(ir, fma(x, y, z)) : 0;
  }
  return 0;
}

static bool is_compare(int fam) { return fam == FAM_LT || fam == FAM_LE || fam == FAM_EQ || fam == FAM_NE; }

IrVal ir_fold(Ir *ir, int fam, IrVal a, IrVal b, IrVal c) {
  double x, y;
  if (fam == FAM_SELECT) return fold_select(ir, a, b, c);
  if (fam == FAM_FMA) return simplify_fma(ir, a, b, c);
  if (fam == FAM_FMS || fam == FAM_FNMA) return 0;
  if (ir_is_mask(ir, a)) return fold_masks(ir, fam, a, b);
  bool ca = ir_is_const(ir, a, &x), cb = b && ir_is_const(ir, b, &y);
  if (fam == FAM_ISNAN) return ca ? ir_bool(ir, x != x) : 0;
  if (is_compare(fam)) return ca && cb ? ir_bool(ir, fold_compare(fam, x, y)) : 0;
  if (ca && !b) return ir_const(ir, fold_unary(fam, x));
  if (ca && cb) return ir_const(ir, fold_binary(fam, x, y));
  switch (fam) {
  case FAM_ADD: return simplify_add(ir, a, b);
  case FAM_SUB: return simplify_sub(ir, a, b);
  case FAM_MUL: return simplify_mul(ir, a, b);
  case FAM_DIV: return simplify_div(ir, a, b);
  case FAM_NEG: return simplify_neg(ir, a);
  case FAM_POW: return fold_power(ir, a, b);
  case FAM_MIN: case FAM_MAX: return a == b ? a : 0;
  default: return 0;
  }
}
