// SPDX-License-Identifier: MIT
// Integration schemes: from a system of equations dx/dt = f(x, t) in lane IR to the values one step later.
//
// Input: per state the load of its value at t_n and its right side in terms of those loads, of t, of placeholders for
// inputs (values known at t_n that other schemes need at later times of the step) and of placeholders for white noise.
// Placeholders are loads of slots that no kernel has; solve replaces them. Output: `next` of each state, the method that
// was used and why.
//
// Choice (LANGUAGE.md section 9). The part of the system that is linear with constant coefficients and depends on no
// other state is integrated exactly, whatever the rest needs. Two limits keep the order of the rest's method: such a
// part whose inputs change within the step joins a multi-stage method instead, and its values at the stages are exact.
// The rest: exponential Euler where each equation is linear in its own state, else rk4; with noise Euler (additive noise,
// linear drift) or Heun. Methods that a model names are taken as they are, or refused with the reason.
//
// Equations that couplings between neurons feed are no system by themselves: without noise they are not taken for linear,
// and the stages of rk2, rk4 and rk45 are then the machine's (vm/stages.c), over all populations together; rk45 and cvode
// always are. `apart` says so: `next` is then the load of a column that the machine fills, and all equations join but those
// for which a model names exact.
#ifndef HEBB_SOLVE_H
#define HEBB_SOLVE_H
#include "base/diag.h"
#include "lang/ir.h"
#include "lang/model.h"

Slot slot_stage(StageColumn which, int equation); // lower.c

typedef struct SolveVar {
  const char *name;
  Span span;         // of its equation
  IrVal x, rhs;
  IrVal cap;         // threshold that it is compared with at the beginning of the step, 0: none (see solve_stage)
  bool held;         // stays as it is where the neuron is not active
  MethodKind wanted; // METHOD_AUTO: to be chosen
  // out
  IrVal next;
  MethodKind method;
  const char *why;
} SolveVar;

typedef struct Solve {
  Ir *ir;
  Arena *a;
  Diags *d;
  SolveVar *var;
  int n;
  IrVal t, dt;
  IrVal active;                // mask, 0: all
  IrVal *input, *input_value;  // placeholders and what they are at t_n, in terms of t
  int ninputs;
  IrVal *noise, *draw;         // placeholders and normal draws of variance 1
  int nnoise;
  IrVal *sum;                  // of `input`: sums over synapses that change within the step
  int nsums;
  bool coupled;                // a coupling onto these neurons reads what changes within the step
  bool feeds;                  // their states are read so, by neurons that have equations
  bool no_exact;               // nothing is integrated exactly but where a model names it
  // out
  bool apart;                  // the machine takes the stages
  // private
  bool *linear;                // integrated exactly
  IrVal *coef;                 // n*n derivatives of linear ones, 0 where zero
} Solve;

bool solve(Solve *s);
// Chooses only: method and why of each variable. False if what the model names cannot be done (reported).
bool solve_choose(Solve *s);
// The method of the equations that the machine integrates (after solve_choose, where `apart`).
MethodKind solve_apart_method(const Solve *s);
const char *method_name(MethodKind m);

// ---- common parts, solve.c ----
bool solve_is_linear(const Ir *ir, IrVal v, int n, const IrVal *x);     // jointly, in x (solve_linear.c)
bool solve_vanishes(const Ir *ir, IrVal v, int n, const IrVal *x);      // 0 by form where all x are 0
bool solve_may_vanish(const Ir *ir, IrVal v);
IrVal solve_ratio(Ir *ir, IrVal a, IrVal b);                            // a/b (solve_linear.c, as the two before)
IrVal solve_mul(Solve *s, IrVal a, IrVal b);
IrVal solve_add(Solve *s, IrVal a, IrVal b);
bool solve_zero(const Solve *s, IrVal v);                               // none or the constant 0
IrVal solve_held(Solve *s, int i, IrVal next);                          // next, or the old value where held
// The right side of i at the states `at` and the time t_n + c*dt (c 0: t_n), with noise as the value of dW/dt (NULL: 0).
IrVal solve_rhs(Solve *s, int i, const IrVal *at, double c, const IrVal *noise);
// A state as it enters a stage: at most the threshold at the beginning of the step, unless it is above it already, so
// that an upstroke that the threshold will cut neither overflows nor spoils other states.
IrVal solve_stage(Solve *s, int i, IrVal x);
IrVal solve_noise_sum(Solve *s, int i);                                 // sum of g_k*dW_k at t_n, 0 if none
IrVal solve_drift(Solve *s, int i);                                     // the right side at t_n without noise

// ---- the schemes: each sets `next` of the variables of its method ----
void solve_exact(Solve *s);
// The exact value of linear variable i at t_n + c*dt.
IrVal exact_at(Solve *s, int i, double c);
// Leaves out what would need too large a matrix.
void exact_limit(Solve *s, const char **why);
bool exponential_euler_applies(Solve *s, int i);
void solve_exponential_euler(Solve *s, int i);
void solve_euler(Solve *s, int i);
void solve_rk2(Solve *s);
void solve_rk4(Solve *s);
void solve_heun(Solve *s);
void solve_milstein(Solve *s, int i);

#endif
