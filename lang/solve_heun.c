// SPDX-License-Identifier: MIT
// Heun's method: a step of Euler's predicts, the mean of both slopes corrects. Of second order without noise; with noise
// it converges to the solution in the sense of Stratonovich.
// Ruemelin W (1982) SIAM J. Numer. Anal. 19:604-613.
#include "lang/solve.h"

void solve_heun(Solve *s) {
  Ir *ir = s->ir;
  IrVal *dw = NEWN(s->a, IrVal, s->nnoise + 1), *k1 = NEWN(s->a, IrVal, s->n), *x = NEWN(s->a, IrVal, s->n);
  for (int k = 0; k < s->nnoise; k++) dw[k] = ir_op2(ir, IR_DIV, s->draw[k], ir_op1(ir, IR_SQRT, s->dt));
  for (int i = 0; i < s->n; i++) {
    if (s->linear[i]) {
      x[i] = exact_at(s, i, 1);
      continue;
    }
    k1[i] = solve_rhs(s, i, NULL, 0, dw);
    x[i] = solve_stage(s, i, ir_fma(ir, s->dt, k1[i], s->var[i].x));
  }
  IrVal half = ir_op2(ir, IR_MUL, ir_const(ir, 0.5), s->dt);
  for (int i = 0; i < s->n; i++)
    if (s->var[i].method == METHOD_HEUN)
      s->var[i].next = ir_fma(ir, half, ir_op2(ir, IR_ADD, k1[i], solve_rhs(s, i, x, 1, dw)), s->var[i].x);
}
