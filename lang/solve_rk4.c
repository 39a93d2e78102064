// SPDX-License-Identifier: MIT
// The classical method of Runge and Kutta, of fourth order. Inputs that are functions of time are taken at the times of
// the stages.
// Kutta W (1901) Z. Math. Phys. 46:435-453.
#include "lang/solve.h"

// The states as they enter the stage at t_n + c*dt, reached with the slopes k (NULL: t_n itself).
static IrVal *stage(Solve *s, double c, const IrVal *k) {
  IrVal *x = NEWN(s->a, IrVal, s->n), h = ir_op2(s->ir, IR_MUL, ir_const(s->ir, c), s->dt);
  for (int i = 0; i < s->n; i++)
    x[i] = s->linear[i] ? exact_at(s, i, c) : solve_stage(s, i, ir_fma(s->ir, h, k[i], s->var[i].x));
  return x;
}

static IrVal *slopes(Solve *s, const IrVal *x, double c) {
  IrVal *k = NEWN(s->a, IrVal, s->n);
  for (int i = 0; i < s->n; i++) k[i] = s->linear[i] ? 0 : solve_rhs(s, i, x, c, NULL);
  return k;
}

void solve_rk4(Solve *s) {
  Ir *ir = s->ir;
  IrVal *k1 = slopes(s, NULL, 0), *k2 = slopes(s, stage(s, 0.5, k1), 0.5), *k3 = slopes(s, stage(s, 0.5, k2), 0.5);
  IrVal *k4 = slopes(s, stage(s, 1, k3), 1);
  IrVal sixth = ir_op2(ir, IR_DIV, s->dt, ir_const(ir, 6)), two = ir_const(ir, 2);
  for (int i = 0; i < s->n; i++) {
    if (s->var[i].method != METHOD_RK4) continue;
    IrVal middle = ir_op2(ir, IR_ADD, k2[i], k3[i]);
    IrVal sum = ir_op2(ir, IR_ADD, ir_fma(ir, two, middle, k1[i]), k4[i]);
    s->var[i].next = ir_fma(ir, sixth, sum, s->var[i].x);
  }
}
