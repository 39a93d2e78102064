// SPDX-License-Identifier: MIT
// Exponential Euler: where f = a x + b with a and b free of x, both are held over the step, which is then exact:
//   x' = inf + (x - inf) exp(a dt),  inf = -b/a
// Where a may vanish (without conductances that are always there) the form x + f dt exprel(a dt) stands instead.
// MacGregor RJ (1987) Neural and Brain Modeling. Academic Press.
#include "lang/solve.h"

// -a, as the derivative by -x, so that the terms of a decaying variable come out positive.
static IrVal decay_rate(Solve *s, int i) {
  Slot slot = {.space = SPACE_CAPTURE, .access = ACC_LANE, .index = 0xFFFF, .name = "minus x"};
  IrVal y = ir_load(s->ir, slot), minus = ir_op1(s->ir, IR_NEG, y);
  IrVal rate = ir_derivative(s->ir, ir_substitute(s->ir, s->var[i].rhs, 1, &s->var[i].x, &minus), y);
  return ir_substitute(s->ir, rate, 1, &y, &s->var[i].x);
}

bool exponential_euler_applies(Solve *s, int i) {
  const SolveVar *v = &s->var[i];
  for (int k = 0; k < s->nnoise; k++)
    if (ir_depends(s->ir, v->rhs, s->noise[k])) return false;
  return solve_is_linear(s->ir, v->rhs, 1, &v->x);
}

void solve_exponential_euler(Solve *s, int i) {
  SolveVar *v = &s->var[i];
  Ir *ir = s->ir;
  IrVal zero = ir_const(ir, 0), raw = decay_rate(s, i), next;
  IrVal b = ir_substitute(ir, v->rhs, 1, &v->x, &zero);
  if (solve_vanishes(ir, b, 0, NULL)) b = zero;
  IrVal rate = ir_substitute(ir, raw, s->ninputs, s->input, s->input_value);
  b = ir_substitute(ir, b, s->ninputs, s->input, s->input_value);
  IrVal h = ir_op1(ir, IR_NEG, s->dt), power = ir_op2(ir, IR_MUL, h, rate);
  if (solve_zero(s, raw)) next = ir_fma(ir, s->dt, b, v->x);
  else if (solve_may_vanish(ir, raw)) {
    IrVal f = ir_op2(ir, IR_SUB, b, ir_op2(ir, IR_MUL, rate, v->x));
    next = ir_fma(ir, f, ir_op2(ir, IR_MUL, s->dt, ir_op1(ir, IR_EXPREL, power)), v->x);
  } else if (solve_zero(s, b)) {
    next = ir_op2(ir, IR_MUL, v->x, ir_op1(ir, IR_EXP, power));
  } else {
    IrVal inf = solve_ratio(ir, b, rate);
    next = ir_op2(ir, IR_ADD, inf, ir_op2(ir, IR_MUL, ir_op2(ir, IR_SUB, v->x, inf), ir_op1(ir, IR_EXP, power)));
  }
  v->next = solve_held(s, i, next);
}
