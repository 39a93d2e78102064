// SPDX-License-Identifier: MIT
// Forward Euler, and Euler and Maruyama's method for noise (in the sense of Ito):
//   x' = x + dt f(x, t) + sum_k g_k(x, t) dW_k
#include "lang/solve.h"

void solve_euler(Solve *s, int i) {
  SolveVar *v = &s->var[i];
  IrVal x = ir_fma(s->ir, s->dt, solve_drift(s, i), v->x);
  v->next = solve_held(s, i, solve_add(s, x, solve_noise_sum(s, i)));
  if (!v->next) v->next = ir_const(s->ir, 0);
}
