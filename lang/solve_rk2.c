// SPDX-License-Identifier: MIT
// The midpoint rule, of second order:  x' = x + dt f(x + dt/2 f(x, t), t + dt/2)
#include "lang/solve.h"

void solve_rk2(Solve *s) {
  IrVal *mid = NEWN(s->a, IrVal, s->n), half = ir_op2(s->ir, IR_MUL, ir_const(s->ir, 0.5), s->dt);
  for (int i = 0; i < s->n; i++) {
    if (s->linear[i]) mid[i] = exact_at(s, i, 0.5);
    else mid[i] = solve_stage(s, i, ir_fma(s->ir, half, solve_rhs(s, i, NULL, 0, NULL), s->var[i].x));
  }
  for (int i = 0; i < s->n; i++)
    if (s->var[i].method == METHOD_RK2) s->var[i].next = ir_fma(s->ir, s->dt, solve_rhs(s, i, mid, 0.5, NULL), s->var[i].x);
}
