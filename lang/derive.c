// SPDX-License-Identifier: MIT
// Derivatives by forward differentiation over the graph, and substitution. Both are one pass over the node numbers up to
// the value asked for, and build through ir_make, so that results are folded and shared.
#include "lang/ir_node.h"

#include <math.h>

static IrVal num(Ir *ir, double x) { return ir_const(ir, x); }
static IrVal add(Ir *ir, IrVal a, IrVal b) { return ir_make(ir, FAM_ADD, a, b, 0); }
static IrVal sub(Ir *ir, IrVal a, IrVal b) { return ir_make(ir, FAM_SUB, a, b, 0); }
static IrVal mul(Ir *ir, IrVal a, IrVal b) { return ir_make(ir, FAM_MUL, a, b, 0); }
static IrVal quot(Ir *ir, IrVal a, IrVal b) { return ir_make(ir, FAM_DIV, a, b, 0); }
static IrVal neg(Ir *ir, IrVal a) { return ir_make(ir, FAM_NEG, a, 0, 0); }
static IrVal fn(Ir *ir, int fam, IrVal a) { return ir_make(ir, fam, a, 0, 0); }
static IrVal square(Ir *ir, IrVal a) { return mul(ir, a, a); }

// d exprel(a)/da = (e^a - exprel(a))/a, by its series near 0.
static IrVal exprel_slope(Ir *ir, IrVal a, IrVal v) {
  IrVal far = quot(ir, sub(ir, fn(ir, FAM_EXP, a), v), a);
  IrVal p = num(ir, 1.0 / 840); // 1/2 + a/3 + a^2/8 + a^3/30 + a^4/144 + a^5/840
  static const double series[] = {1.0 / 144, 1.0 / 30, 1.0 / 8, 1.0 / 3, 0.5};
  for (int i = 0; i < 5; i++) p = ir_fma(ir, p, a, num(ir, series[i]));
  return ir_select(ir, ir_make(ir, FAM_LT, fn(ir, FAM_ABS, a), num(ir, 0.01), 0), p, far);
}
// d(1/exprel(a))/da = -exprel'(a)/exprel(a)^2
static IrVal bern_slope(Ir *ir, IrVal a, IrVal v) {
  return neg(ir, mul(ir, exprel_slope(ir, a, fn(ir, FAM_EXPREL, a)), square(ir, v)));
}

// The derivative of a function of one argument; 0 where it is nowhere known.
static IrVal function_slope(Ir *ir, int fam, IrVal a, IrVal v) {
  IrVal one = num(ir, 1);
  switch (fam) {
  case FAM_EXP: return v;
  case FAM_EXPM1: return add(ir, v, one);
  case FAM_EXPREL: return exprel_slope(ir, a, v);
  case FAM_BERN: return bern_slope(ir, a, v);
  case FAM_LOG: return quot(ir, one, a);
  case FAM_LOG1P: return quot(ir, one, add(ir, one, a));
  case FAM_LOG10: return quot(ir, num(ir, 0.4342944819032518), a);
  case FAM_SQRT: return quot(ir, num(ir, 0.5), v);
  case FAM_CBRT: return quot(ir, one, mul(ir, num(ir, 3), square(ir, v)));
  case FAM_ABS: return fn(ir, FAM_SIGN, a);
  case FAM_SIN: return fn(ir, FAM_COS, a);
  case FAM_COS: return neg(ir, fn(ir, FAM_SIN, a));
  case FAM_TAN: return add(ir, one, square(ir, v));
  case FAM_ASIN: return quot(ir, one, fn(ir, FAM_SQRT, sub(ir, one, square(ir, a))));
  case FAM_ACOS: return quot(ir, num(ir, -1), fn(ir, FAM_SQRT, sub(ir, one, square(ir, a))));
  case FAM_ATAN: return quot(ir, one, add(ir, one, square(ir, a)));
  case FAM_SINH: return fn(ir, FAM_COSH, a);
  case FAM_COSH: return fn(ir, FAM_SINH, a);
  case FAM_TANH: return sub(ir, one, square(ir, v));
  case FAM_ERF: return mul(ir, num(ir, 1.1283791670955126), fn(ir, FAM_EXP, neg(ir, square(ir, a))));
  case FAM_ERFC: return mul(ir, num(ir, -1.1283791670955126), fn(ir, FAM_EXP, neg(ir, square(ir, a))));
  case FAM_SIGMOID: return mul(ir, v, sub(ir, one, v));
  case FAM_SOFTPLUS: return fn(ir, FAM_SIGMOID, a);
  default: return num(ir, 0); // steps: floor, sign, ...
  }
}
// gamma and lgamma have no derivative among the operations: a central difference of relative width 2^-17.
static IrVal difference_slope(Ir *ir, int fam, IrVal a) {
  IrVal h = mul(ir, ir_make(ir, FAM_MAX, fn(ir, FAM_ABS, a), num(ir, 1), 0), num(ir, 0x1p-17));
  return quot(ir, sub(ir, fn(ir, fam, add(ir, a, h)), fn(ir, fam, sub(ir, a, h))), mul(ir, num(ir, 2), h));
}
static IrVal power_slope(Ir *ir, IrVal a, IrVal b, IrVal da, IrVal db, IrVal v) {
  IrVal by_base = mul(ir, mul(ir, b, ir_make(ir, FAM_POW, a, sub(ir, b, num(ir, 1)), 0)), da);
  return ir_number(ir, db, 0) ? by_base : add(ir, by_base, mul(ir, mul(ir, v, fn(ir, FAM_LOG, a)), db));
}
static IrVal binary_slope(Ir *ir, int fam, IrVal a, IrVal b, IrVal da, IrVal db, IrVal v) {
  switch (fam) {
  case FAM_ADD: return add(ir, da, db);
  case FAM_SUB: return sub(ir, da, db);
  case FAM_MUL: return add(ir, mul(ir, da, b), mul(ir, a, db));
  case FAM_DIV: // (da - v db)/b
    return quot(ir, sub(ir, da, mul(ir, v, db)), b);
  case FAM_MIN: return ir_select(ir, ir_make(ir, FAM_LT, a, b, 0), da, db);
  case FAM_MAX: return ir_select(ir, ir_make(ir, FAM_LT, b, a, 0), da, db);
  case FAM_POW: return power_slope(ir, a, b, da, db, v);
  case FAM_MOD: return sub(ir, da, mul(ir, fn(ir, FAM_FLOOR, quot(ir, a, b)), db));
  case FAM_ATAN2:
    return quot(ir, sub(ir, mul(ir, b, da), mul(ir, a, db)), add(ir, square(ir, a), square(ir, b)));
  default: return num(ir, 0); // series: held per sample
  }
}
// Of a native function: central differences, argument by argument.
static IrVal native_slope(Ir *ir, const IrNode *n, const IrVal *d) {
  IrVal sum = num(ir, 0);
  const NativeFn *f = ir->native[n->imm];
  Span span = ir->span;
  ir->span = n->span;
  for (int k = 0; !f->impure && k < n->nargs; k++) {
    IrVal a = n->arg[k], shifted[IR_ARGS];
    if (!d[a] || ir_number(ir, d[a], 0)) continue;
    IrVal h = mul(ir, ir_make(ir, FAM_MAX, fn(ir, FAM_ABS, a), num(ir, 1), 0), num(ir, 0x1p-17));
    for (int j = 0; j < n->nargs; j++) shifted[j] = n->arg[j];
    shifted[k] = add(ir, a, h);
    IrVal hi = ir_native(ir, f, shifted, 0);
    shifted[k] = sub(ir, a, h);
    IrVal lo = ir_native(ir, f, shifted, 0);
    sum = add(ir, sum, mul(ir, quot(ir, sub(ir, hi, lo), mul(ir, num(ir, 2), h)), d[a]));
  }
  ir->span = span;
  return sum;
}
// d v/dx, given that of the operands (0: no dependence).
static IrVal slope(Ir *ir, IrVal v, const IrVal *d) {
  IrNode n = *ir_at(ir, v);
  IrVal zero = num(ir, 0), da = zero, db = zero, dc = zero;
  if (n.nargs > 0 && d[n.arg[0]]) da = d[n.arg[0]];
  if (n.nargs > 1 && d[n.arg[1]]) db = d[n.arg[1]];
  if (n.nargs > 2 && d[n.arg[2]]) dc = d[n.arg[2]];
  if (n.fam == FAM_SELECT) return ir_select(ir, n.arg[0], db, dc);
  if (n.fam == FAM_FMA) return add(ir, add(ir, mul(ir, da, n.arg[1]), mul(ir, n.arg[0], db)), dc);
  if (n.fam == FAM_NEG) return neg(ir, da);
  if (n.fam == FAM_GAMMA || n.fam == FAM_LGAMMA) return mul(ir, difference_slope(ir, n.fam, n.arg[0]), da);
  if (n.fam == FAM_NATIVE) return native_slope(ir, &n, d);
  if (n.fam >= FAM_COUNT || n.mask || n.fam == FAM_LOOKUP || n.fam >= FAM_EXPM) return zero;
  if (n.nargs == 2) return binary_slope(ir, n.fam, n.arg[0], n.arg[1], da, db, v);
  return n.nargs == 1 ? mul(ir, function_slope(ir, n.fam, n.arg[0], v), da) : zero;
}

IrVal ir_derivative(Ir *ir, IrVal v, IrVal x) {
  if (v == x) return num(ir, 1);
  if (!ir_depends(ir, v, x)) return num(ir, 0);
  IrVal *d = mem_alloc(sizeof *d * (size_t)(v + 1));
  char *used = mem_alloc((size_t)v + 1); // is an operand of v at some distance
  used[v] = 1;
  for (IrVal i = v; i > x; i--)
    for (int k = 0; used[i] && k < ir_at(ir, i)->nargs; k++) used[ir_at(ir, i)->arg[k]] = 1;
  d[x] = num(ir, 1);
  for (IrVal i = x + 1; i <= v; i++) {
    bool depends = false;
    for (int k = 0; k < ir_at(ir, i)->nargs; k++) depends |= d[ir_at(ir, i)->arg[k]] != 0;
    if (used[i] && depends) d[i] = slope(ir, i, d);
  }
  IrVal r = d[v] ? d[v] : num(ir, 0);
  mem_free(d);
  mem_free(used);
  return r;
}

// ---- substitution ----
// The node with other operands.
IrVal ir_rebuild(Ir *ir, IrVal v, const IrVal *to) {
  IrNode n = *ir_at(ir, v);
  bool same = true;
  for (int k = 0; k < n.nargs; k++) {
    same &= to[n.arg[k]] == n.arg[k];
    n.arg[k] = to[n.arg[k]];
  }
  if (n.matrix) {
    IrVal *m = NEWN(ir->arena, IrVal, n.imm * n.imm);
    for (int k = 0; k < n.imm * n.imm; k++) {
      m[k] = n.matrix[k] ? to[n.matrix[k]] : 0;
      same &= m[k] == n.matrix[k];
    }
    n.matrix = m;
  }
  if (same) return v;
  if (n.fam < FAM_LOOKUP && n.fam > FAM_INDEX) return ir_make(ir, n.fam, n.arg[0], n.arg[1], n.arg[2]);
  n.rate = 0; // comes from the operands, and the array
  if (n.fam == FAM_LOOKUP || n.fam == FAM_SERIES) n.rate = ir->slot[n.imm].constant ? RATE_UNIFORM : RATE_STEP;
  if (n.fam == FAM_NATIVE) n.rate = (uint8_t)ir_native_rate(ir, n.imm);
  if (n.fam < FAM_COUNT && op_info(family_info(n.fam)->first)->flags & RANDOM) n.rate = RATE_STEP_LANE;
  Span span = ir->span;
  if (n.fam == FAM_NATIVE) ir->span = n.span; // what fails is told at its call
  IrVal r = ir_node(ir, n);
  ir->span = span;
  return r;
}

IrVal ir_substitute(Ir *ir, IrVal v, int count, const IrVal *from, const IrVal *given) {
  IrVal *to = mem_alloc(sizeof *to * (size_t)(v + 1));
  for (IrVal i = 1; i <= v; i++) to[i] = i;
  char *used = mem_alloc((size_t)v + 1), *fixed = mem_alloc((size_t)v + 1);
  for (int k = 0; k < count; k++)
    if (from[k] <= v) to[from[k]] = given[k], fixed[from[k]] = 1;
  used[v] = 1;
  for (IrVal i = v; i > 0; i--) {
    const IrNode *n = ir_at(ir, i);
    for (int k = 0; used[i] && !fixed[i] && k < n->nargs; k++) used[n->arg[k]] = 1;
    for (int k = 0; used[i] && !fixed[i] && n->matrix && k < n->imm * n->imm; k++)
      if (n->matrix[k]) used[n->matrix[k]] = 1;
  }
  for (IrVal i = 1; i <= v; i++)
    if (used[i] && !fixed[i]) to[i] = ir_rebuild(ir, i, to);
  IrVal r = to[v];
  mem_free(to);
  mem_free(used);
  mem_free(fixed);
  return r;
}
