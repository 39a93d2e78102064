// SPDX-License-Identifier: MIT
// Common parts of the integration schemes, and the choice of the method with its reason.
#include "lang/solve.h"

#include <math.h>
#include <string.h>

const char *method_name(MethodKind m) {
  static const char *const names[] = {"auto", "exact", "exponential_euler", "euler", "rk2", "rk4", "heun", "milstein",
                                      "rk45", "cvode"};
  return names[m];
}

static bool adaptive(MethodKind m) { return m == METHOD_RK45 || m == METHOD_CVODE; }
static bool multi_stage(MethodKind m) { return m == METHOD_RK2 || m == METHOD_RK4 || m == METHOD_HEUN || adaptive(m); }
static bool stochastic_method(MethodKind m) { return m == METHOD_EULER || m == METHOD_HEUN || m == METHOD_MILSTEIN; }

// ---- building blocks ----
bool solve_zero(const Solve *s, IrVal v) {
  double x;
  return !v || (ir_is_const(s->ir, v, &x) && x == 0);
}
IrVal solve_mul(Solve *s, IrVal a, IrVal b) {
  return solve_zero(s, a) || solve_zero(s, b) ? 0 : ir_op2(s->ir, IR_MUL, a, b);
}
IrVal solve_add(Solve *s, IrVal a, IrVal b) {
  if (solve_zero(s, a)) return solve_zero(s, b) ? 0 : b;
  return solve_zero(s, b) ? a : ir_op2(s->ir, IR_ADD, a, b);
}
IrVal solve_held(Solve *s, int i, IrVal next) {
  const SolveVar *v = &s->var[i];
  return v->held && s->active ? ir_select(s->ir, s->active, next, v->x) : next;
}
IrVal solve_stage(Solve *s, int i, IrVal x) {
  const SolveVar *v = &s->var[i];
  return v->cap ? ir_op2(s->ir, IR_MIN, x, ir_op2(s->ir, IR_MAX, v->cap, v->x)) : x;
}

static IrVal time_at(Solve *s, double c) {
  return c == 0 ? s->t : ir_op2(s->ir, IR_ADD, s->t, ir_op2(s->ir, IR_MUL, ir_const(s->ir, c), s->dt));
}

// Replaces states, time, inputs and noise in a value; inputs are functions of time.
static IrVal replace(Solve *s, IrVal v, const IrVal *at, double c, const IrVal *noise) {
  int n = 0, room = s->n + s->ninputs + s->nnoise + 1;
  IrVal *from = NEWN(s->a, IrVal, room), *to = NEWN(s->a, IrVal, room);
  IrVal t = time_at(s, c), zero = ir_const(s->ir, 0);
  for (int i = 0; at && i < s->n; i++) from[n] = s->var[i].x, to[n++] = at[i];
  for (int k = 0; k < s->ninputs; k++) {
    from[n] = s->input[k];
    to[n++] = c == 0 ? s->input_value[k] : ir_substitute(s->ir, s->input_value[k], 1, &s->t, &t);
  }
  for (int k = 0; k < s->nnoise; k++) from[n] = s->noise[k], to[n++] = noise ? noise[k] : zero;
  if (c != 0) from[n] = s->t, to[n++] = t;
  return ir_substitute(s->ir, v, n, from, to);
}

IrVal solve_rhs(Solve *s, int i, const IrVal *at, double c, const IrVal *noise) {
  IrVal f = replace(s, s->var[i].rhs, at, c, noise);
  return s->var[i].held && s->active ? ir_select(s->ir, s->active, f, ir_const(s->ir, 0)) : f;
}

IrVal solve_drift(Solve *s, int i) { return replace(s, s->var[i].rhs, NULL, 0, NULL); }

IrVal solve_noise_sum(Solve *s, int i) {
  IrVal sum = 0, root = ir_op1(s->ir, IR_SQRT, s->dt);
  for (int k = 0; k < s->nnoise; k++) {
    IrVal g = replace(s, ir_derivative(s->ir, s->var[i].rhs, s->noise[k]), NULL, 0, NULL);
    if (!solve_zero(s, g)) sum = solve_add(s, sum, ir_op2(s->ir, IR_MUL, ir_op2(s->ir, IR_MUL, g, root), s->draw[k]));
  }
  return sum;
}

// ---- which part is linear with constant coefficients and by itself ----
static bool constant(const Solve *s, IrVal v) { return ir_rate(s->ir, v) <= RATE_LANE; }

static bool depends_on_any(const Solve *s, IrVal v, const IrVal *x, int n) {
  for (int k = 0; k < n; k++)
    if (ir_depends(s->ir, v, x[k])) return true;
  return false;
}

static int linear_states(const Solve *s, IrVal *x) {
  int n = 0;
  for (int j = 0; j < s->n; j++)
    if (s->linear[j]) x[n++] = s->var[j].x;
  return n;
}

// Why variable i cannot be integrated exactly with those marked linear; NULL if it can. Fills its row of coefficients.
static const char *why_not_linear(Solve *s, int i) {
  const SolveVar *v = &s->var[i];
  IrVal *x = NEWN(s->a, IrVal, s->n);
  if (depends_on_any(s, v->rhs, s->noise, s->nnoise)) return "its equation has a noise term";
  if (ir_depends(s->ir, v->rhs, s->t)) return "its equation depends on the time t";
  if (v->wanted == METHOD_AUTO && !s->nnoise && depends_on_any(s, v->rhs, s->sum, s->nsums))
    return "a coupling that changes within the step enters it";
  for (int j = 0; j < s->n; j++)
    if (!s->linear[j] && ir_depends(s->ir, v->rhs, s->var[j].x))
      return arena_printf(s->a, "its equation reads %s, which is not integrated exactly", s->var[j].name);
  int n = linear_states(s, x);
  if (!solve_is_linear(s->ir, v->rhs, n, x)) return "its equation is not linear";
  for (int j = 0; j < s->n; j++) {
    IrVal a = s->linear[j] ? ir_derivative(s->ir, v->rhs, s->var[j].x) : 0;
    if (a && !constant(s, a)) return arena_printf(s->a, "the coefficient of %s is not constant", s->var[j].name);
    s->coef[i * s->n + j] = solve_zero(s, a) ? 0 : a;
  }
  return NULL;
}

// Shrinks the marked set until it is closed; why[i] tells what threw a variable out.
static void close_linear(Solve *s, const char **why) {
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < s->n; i++) {
      if (!s->linear[i]) continue;
      const char *w = why_not_linear(s, i);
      if (!w) continue;
      s->linear[i] = false;
      why[i] = w;
      changed = true;
    }
  }
}

// Inputs that change within the step would lower the order of a multi-stage method that reads the exact part.
static bool input_changes(const Solve *s, int i) {
  const SolveVar *v = &s->var[i];
  for (int k = 0; k < s->ninputs; k++)
    if (ir_depends(s->ir, v->rhs, s->input[k]) && ir_depends(s->ir, s->input_value[k], s->t)) return true;
  return false;
}

static bool read_by_rest(const Solve *s, int i) {
  for (int j = 0; j < s->n; j++)
    if (!s->linear[j] && ir_depends(s->ir, s->var[j].rhs, s->var[i].x)) return true;
  return false;
}

static void leave_to_stages(Solve *s, const char **why) {
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < s->n; i++) {
      if (!s->linear[i] || s->var[i].wanted == METHOD_EXACT || !read_by_rest(s, i)) continue;
      if (!input_changes(s, i) && !s->var[i].cap) continue;
      s->linear[i] = false;
      why[i] = "its input changes within the step, so it joins the stages of the equations that read it";
      changed = true;
    }
    close_linear(s, why);
  }
}

// ---- the choice for the rest ----
static bool refuse(Solve *s, int i, MethodKind m, DiagCode code, const char *why, const char *hint) {
  const SolveVar *v = &s->var[i];
  Diag *e = diag(s->d, code, v->span, "method %s cannot integrate %s: %s", method_name(m), v->name, why);
  diag_hint(e, "%s", hint);
  return false;
}

static bool has_noise(const Solve *s, int i) { return depends_on_any(s, s->var[i].rhs, s->noise, s->nnoise); }

static bool multiplicative(Solve *s, int i) {
  for (int k = 0; k < s->nnoise; k++) {
    IrVal g = ir_derivative(s->ir, s->var[i].rhs, s->noise[k]);
    for (int j = 0; j < s->n; j++)
      if (ir_depends(s->ir, g, s->var[j].x)) return true;
  }
  return false;
}

static bool drift_linear(Solve *s, int i) {
  IrVal *x = NEWN(s->a, IrVal, s->n);
  for (int j = 0; j < s->n; j++) x[j] = s->var[j].x;
  return solve_is_linear(s->ir, solve_drift(s, i), s->n, x);
}

static MethodKind choose_noise(Solve *s, const char **why) {
  bool linear = true, additive = true;
  for (int i = 0; i < s->n; i++) {
    if (s->linear[i]) continue;
    additive &= !multiplicative(s, i);
    linear &= drift_linear(s, i);
  }
  *why = !additive ? "its noise is multiplied by a state: Heun's method, which takes it in the sense of Stratonovich "
                     "(method euler takes it in the sense of Ito)"
         : linear  ? "additive noise; the sense of Ito and that of Stratonovich agree"
                   : "additive noise with an equation that is not linear, for which forward Euler would be too rough";
  return additive && linear ? METHOD_EULER : METHOD_HEUN;
}

static MethodKind choose_plain(Solve *s, const char **why) {
  for (int i = 0; i < s->n; i++)
    if (!s->linear[i] && !exponential_euler_applies(s, i)) {
      *why = arena_printf(s->a, "the equation of %s is not linear in %s", s->var[i].name, s->var[i].name);
      return METHOD_RK4;
    }
  if (s->coupled || s->feeds) return *why = "a coupling reads what changes within the step", METHOD_RK4;
  return *why = "each equation is linear in its own variable, with coefficients that change", METHOD_EXPONENTIAL_EULER;
}

// The method that the model names for the rest, METHOD_AUTO if none.
static bool named_method(Solve *s, MethodKind *m) {
  *m = METHOD_AUTO;
  for (int i = 0; i < s->n; i++) {
    MethodKind w = s->var[i].wanted;
    if (s->linear[i] || w == METHOD_AUTO) continue;
    if (*m != METHOD_AUTO && *m != w && (multi_stage(*m) || multi_stage(w)))
      return refuse(s, i, w, E_METHOD_MIX,
                    arena_printf(s->a, "it belongs to one system with equations integrated by %s", method_name(*m)),
                    "name one method for the neuron and the synapses onto it");
    if (*m == METHOD_AUTO || multi_stage(w)) *m = w;
  }
  return true;
}

static bool check_fits(Solve *s, int i, bool noise) {
  MethodKind m = s->var[i].method;
  if (noise && !stochastic_method(m))
    return refuse(s, i, m, E_METHOD_NOISE, "its system has white noise (xi)", "use method euler, heun or milstein");
  if (m == METHOD_EXPONENTIAL_EULER && !exponential_euler_applies(s, i))
    return refuse(s, i, m, E_METHOD_LINEAR, arena_printf(s->a, "its equation is not linear in %s", s->var[i].name),
                  "leave the method out, or use rk4");
  return true;
}

static bool choose_rest(Solve *s, const char **why_exact) {
  bool noise = false, rest = false;
  const char *why = NULL;
  MethodKind m;
  for (int i = 0; i < s->n; i++) {
    if (s->linear[i]) continue;
    rest = true;
    noise |= has_noise(s, i);
    if (s->var[i].wanted == METHOD_EXACT)
      return refuse(s, i, METHOD_EXACT, E_METHOD_EXACT, why_exact[i], "leave the method out: exact is used where it applies");
  }
  if (!rest) return true;
  if (!named_method(s, &m)) return false;
  bool named = m != METHOD_AUTO;
  if (!named) m = noise ? choose_noise(s, &why) : choose_plain(s, &why);
  for (int i = 0; i < s->n; i++) {
    if (s->linear[i]) continue;
    bool own = s->var[i].wanted != METHOD_AUTO && !multi_stage(m);
    s->var[i].method = own ? s->var[i].wanted : m;
    s->var[i].why = s->var[i].wanted != METHOD_AUTO ? "as the model says"
                    : named ? "with the method that the model names"
                            : why;
    if (!check_fits(s, i, noise)) return false;
  }
  return true;
}

static void mark_linear(Solve *s) {
  s->linear = NEWN(s->a, bool, s->n + 1);
  s->coef = NEWN(s->a, IrVal, s->n * s->n + 1);
  for (int i = 0; i < s->n; i++) s->linear[i] = (s->var[i].wanted == METHOD_AUTO && !s->no_exact && !(s->feeds && !s->nnoise)) || s->var[i].wanted == METHOD_EXACT;
}

static bool has_stages(const Solve *s) {
  for (int i = 0; i < s->n; i++)
    if (!s->linear[i] && multi_stage(s->var[i].method)) return true;
  return false;
}

MethodKind solve_apart_method(const Solve *s) {
  for (int i = 0; i < s->n; i++)
    if (!s->linear[i]) return s->var[i].method;
  return METHOD_AUTO;
}

static bool taken_apart(const Solve *s) {
  MethodKind m = solve_apart_method(s);
  return adaptive(m) || ((s->coupled || s->feeds) && (m == METHOD_RK2 || m == METHOD_RK4));
}

static void join_stages(Solve *s, const char **why) {
  for (int i = 0; i < s->n; i++) {
    if (!s->linear[i] || s->var[i].wanted == METHOD_EXACT) continue;
    s->linear[i] = false;
    why[i] = "it joins the stages of the equations that read it";
  }
  close_linear(s, why);
}

bool solve_choose(Solve *s) {
  const char **why = NEWN(s->a, const char *, s->n + 1);
  mark_linear(s);
  close_linear(s, why);
  exact_limit(s, why);
  if (!choose_rest(s, why)) return false;
  if (has_stages(s)) {
    if (taken_apart(s)) join_stages(s, why);
    else leave_to_stages(s, why);
    if (!choose_rest(s, why)) return false;
    s->apart = taken_apart(s);
  }
  for (int i = 0; i < s->n; i++)
    if (s->linear[i]) {
      s->var[i].method = METHOD_EXACT;
      s->var[i].why = s->var[i].wanted == METHOD_EXACT ? "as the model says" : "linear with constant coefficients";
    }
  return true;
}

static bool uses(const Solve *s, MethodKind m) {
  for (int i = 0; i < s->n; i++)
    if (s->var[i].method == m) return true;
  return false;
}

bool solve(Solve *s) {
  if (!solve_choose(s)) return false;
  solve_exact(s);
  if (s->apart) {
    for (int i = 0, k = 0; i < s->n; i++)
      if (!s->linear[i]) s->var[i].next = ir_load(s->ir, slot_stage(STAGE_NEXT, k++));
    return true;
  }
  if (uses(s, METHOD_RK2)) solve_rk2(s);
  if (uses(s, METHOD_RK4)) solve_rk4(s);
  if (uses(s, METHOD_HEUN)) solve_heun(s);
  for (int i = 0; i < s->n; i++) switch (s->var[i].method) {
    case METHOD_EXPONENTIAL_EULER: solve_exponential_euler(s, i); break;
    case METHOD_EULER: solve_euler(s, i); break;
    case METHOD_MILSTEIN: solve_milstein(s, i); break;
    default: break;
    }
  return true;
}
