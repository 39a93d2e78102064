// SPDX-License-Identifier: MIT
// Milstein's method in the sense of Stratonovich, of strong order 1, for noise that is diagonal (each source in one
// equation, its factor g depending on that equation's state alone):
//   x' = x + dt f + g dW + g dg/dx dW^2/2
// Kloeden PE, Platen E (1992) Numerical Solution of Stochastic Differential Equations, section 10.3. Springer.
#include "lang/solve.h"

static IrVal factor_of(Solve *s, int i, int k) { return ir_derivative(s->ir, s->var[i].rhs, s->noise[k]); }

static bool diagonal(Solve *s, int i) {
  int sources = 0;
  for (int k = 0; k < s->nnoise; k++) {
    IrVal g = factor_of(s, i, k);
    if (solve_zero(s, g)) continue;
    sources++;
    for (int j = 0; j < s->n; j++)
      if (j != i && (ir_depends(s->ir, g, s->var[j].x) || !solve_zero(s, factor_of(s, j, k)))) return false;
  }
  return sources <= 1;
}

static bool depends_on_state(Solve *s, IrVal g) {
  for (int j = 0; j < s->n; j++)
    if (ir_depends(s->ir, g, s->var[j].x)) return true;
  return false;
}

void solve_milstein(Solve *s, int i) {
  SolveVar *v = &s->var[i];
  Ir *ir = s->ir;
  IrVal next = solve_add(s, ir_fma(ir, s->dt, solve_drift(s, i), v->x), solve_noise_sum(s, i));
  bool additive = true;
  for (int k = 0; k < s->nnoise; k++) additive &= !depends_on_state(s, factor_of(s, i, k));
  if (!additive && !diagonal(s, i)) {
    Diag *e = diag(s->d, E_METHOD_DIAGONAL, v->span, "method milstein cannot integrate %s: its noise is not diagonal", v->name);
    diag_hint(e, "use method heun, or give each equation a noise of its own (xi.a, xi.b) whose factor reads its own state only");
    v->next = v->x;
    return;
  }
  for (int k = 0; k < s->nnoise; k++) {
    IrVal g = factor_of(s, i, k), slope = ir_derivative(ir, g, v->x), half = ir_op2(ir, IR_MUL, ir_const(ir, 0.5), s->dt);
    if (solve_zero(s, slope)) continue;
    IrVal c = ir_substitute(ir, ir_op2(ir, IR_MUL, g, slope), s->ninputs, s->input, s->input_value);
    IrVal w2 = ir_op2(ir, IR_MUL, s->draw[k], s->draw[k]);
    next = ir_op2(ir, IR_ADD, next, ir_op2(ir, IR_MUL, ir_op2(ir, IR_MUL, c, half), w2));
  }
  v->next = solve_held(s, i, next);
}
