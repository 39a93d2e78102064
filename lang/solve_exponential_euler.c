// SPDX-License-Identifier: MIT
// Exponential Euler: where f = a x + b with a and b free of x, both are held over the step, which is then exact:
//   x' = inf + (x - inf) exp(a dt),  inf = -b/a
// Where a may vanish (without conductances that are always there) the form x + f dt exprel(a dt) stands instead.
// MacGregor RJ (1987) Neural and Brain Modeling. Academic Press.
#include "lang/solve.h"

static IrVal coefficient(Solve *s, int i) { return ir_derivative(s->ir, s->var[i].rhs, s->var[i].x); }

bool exponential_euler_applies(Solve *s, int i) {
  const SolveVar *v = &s->var[i];
  for (int k = 0; k < s->nnoise; k++)
    if (ir_depends(s->ir, v->rhs, s->noise[k])) return false;
  return solve_is_linear(s->ir, v->rhs, 1, &v->x);
}

// a with all states and inputs 0: what is left of it when conductances are shut. 0 there means that a may vanish.
static bool may_vanish(Solve *s, IrVal a) {
  int n = 0;
  IrVal *x = NEWN(s->a, IrVal, s->n + s->ninputs + 1);
  for (int j = 0; j < s->n; j++) x[n++] = s->var[j].x;
  for (int k = 0; k < s->ninputs; k++) x[n++] = s->input[k];
  return solve_vanishes(s->ir, a, n, x);
}

static IrVal negative(Solve *s, IrVal v) { return ir_op1(s->ir, IR_NEG, v); }

void solve_exponential_euler(Solve *s, int i) {
  SolveVar *v = &s->var[i];
  Ir *ir = s->ir;
  IrVal zero = ir_const(ir, 0), raw = coefficient(s, i);
  IrVal b = ir_substitute(ir, v->rhs, 1, &v->x, &zero), next;
  IrVal a = ir_substitute(ir, raw, s->ninputs, s->input, s->input_value);
  if (solve_vanishes(ir, b, 0, NULL)) b = zero;
  b = ir_substitute(ir, b, s->ninputs, s->input, s->input_value);
  if (solve_zero(s, raw)) next = ir_fma(ir, s->dt, b, v->x);
  else if (may_vanish(s, raw)) {
    IrVal f = ir_op2(ir, IR_ADD, ir_op2(ir, IR_MUL, a, v->x), b);
    IrVal h = ir_op2(ir, IR_MUL, s->dt, ir_op1(ir, IR_EXPREL, ir_op2(ir, IR_MUL, a, s->dt)));
    next = ir_fma(ir, f, h, v->x);
  } else {
    IrVal rate = negative(s, a), inf = ir_op2(ir, IR_DIV, b, rate);
    IrVal decay = ir_op1(ir, IR_EXP, ir_op2(ir, IR_MUL, negative(s, s->dt), rate));
    next = solve_zero(s, b) ? ir_op2(ir, IR_MUL, v->x, decay)
                            : ir_op2(ir, IR_ADD, inf, ir_op2(ir, IR_MUL, ir_op2(ir, IR_SUB, v->x, inf), decay));
  }
  v->next = solve_held(s, i, next);
}
