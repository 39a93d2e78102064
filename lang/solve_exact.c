// SPDX-License-Identifier: MIT
// Exact integration of the linear part x' = A x + b with constant A, and b constant over the step:
//   x(t + h) = P x(t) + Q b,   P = exp(A h),   Q = integral of exp(A s) from 0 to h
// P and Q are constants of a run (per neuron where parameters differ). An entry P_ij concerns only the states on the ways
// from j to i, so each is found from the small matrix of those:
//   one state     exp(a h)
//   j -> i        c h exp(max h) exprel(-|a_i - a_j| h): no trouble where the time constants coincide
//   otherwise     a matrix exponential, scaled first so that all entries are rates: in SI units a coupling such as 1/C
//                 exceeds the rates by ten orders of magnitude, and their digits would be lost in the norm
// Q_ij is P for a further state of rate 0 that feeds j with coefficient 1.
// Rotter S, Diesmann M (1999) Biol. Cybern. 81:381-402. Moler C, Van Loan C (2003) SIAM Rev. 45:3-49.
#include "lang/solve.h"
#include "vm/expm.h"

#include <string.h>

// The linear part for one computation: held rows are zero in the variant for neurons that are not active.
typedef struct Linear {
  Solve *s;
  int n;
  IrVal *a;    // n*n
  bool *reach; // reach[i*n + j]: a way from j to i (every state reaches itself)
  IrVal h;
  bool held;   // the variant for neurons that are not active
} Linear;

static void find_reach(Linear *m) {
  int n = m->n;
  for (int k = 0; k < n * n; k++) m->reach[k] = m->a[k] != 0 || k % (n + 1) == 0;
  for (int k = 0; k < n; k++)
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) m->reach[i * n + j] |= m->reach[i * n + k] && m->reach[k * n + j];
}

static Linear linear_new(Solve *s, double c, bool held) {
  Linear m = {s, s->n, NEWN(s->a, IrVal, s->n * s->n + 1), NEWN(s->a, bool, s->n * s->n + 1), 0, held};
  for (int i = 0; i < s->n; i++)
    for (int j = 0; j < s->n; j++)
      m.a[i * s->n + j] = s->linear[i] && s->linear[j] && !(held && s->var[i].held) ? s->coef[i * s->n + j] : 0;
  find_reach(&m);
  m.h = c == 1 ? s->dt : ir_op2(s->ir, IR_MUL, ir_const(s->ir, c), s->dt);
  return m;
}

// The states on the ways from j to i, in ascending order.
static int between(const Linear *m, int i, int j, int *k) {
  int n = 0;
  for (int v = 0; v < m->n; v++)
    if (m->reach[v * m->n + j] && m->reach[i * m->n + v]) k[n++] = v;
  return n;
}

void exact_limit(Solve *s, const char **why) {
  Linear m = linear_new(s, 1, false);
  int *k = NEWN(s->a, int, s->n + 1);
  for (int i = 0; i < s->n; i++)
    for (int j = 0; j < s->n; j++)
      if (m.reach[i * s->n + j] && s->linear[i] && between(&m, i, j, k) >= EXPM_MAX) {
        for (int v = 0; v < s->n; v++)
          if (m.reach[v * s->n + i] && s->linear[v]) s->linear[v] = false, why[v] = "its linear system is too large";
      }
}

// ---- entries of P and Q ----
static IrVal zero_if_none(Solve *s, IrVal v) { return v ? v : ir_const(s->ir, 0); }

// From a state of rate `from` to one of rate `to` by the coefficient c.
static IrVal two_states(Linear *m, IrVal from, IrVal to, IrVal c) {
  Ir *ir = m->s->ir;
  IrVal diff = ir_op1(ir, IR_ABS, ir_op2(ir, IR_SUB, to, from)), top = ir_op2(ir, IR_MAX, to, from);
  IrVal e = ir_op1(ir, IR_EXPREL, ir_op2(ir, IR_MUL, ir_op1(ir, IR_NEG, diff), m->h));
  IrVal v = ir_op2(ir, IR_MUL, e, ir_op1(ir, IR_EXP, ir_op2(ir, IR_MUL, top, m->h)));
  return ir_op2(ir, IR_MUL, ir_op2(ir, IR_MUL, c, m->h), v);
}

// A small matrix, with the states' scales: entries scaled by d are rates.
typedef struct Small {
  int n;
  IrVal a[EXPM_MAX * EXPM_MAX], d[EXPM_MAX];
} Small;

// Scales by the ways to state `root`: a coupling c into a state of scale d gets the scale d*rate/|c|.
static void find_scales(Linear *m, Small *sm, int root) {
  Ir *ir = m->s->ir;
  IrVal rate = ir_op2(ir, IR_DIV, ir_const(ir, 1e-3), m->h), one = ir_const(ir, 1), zero = ir_const(ir, 0);
  int queue[EXPM_MAX], n = 0;
  for (int k = 0; k < sm->n; k++) {
    sm->d[k] = 0;
    if (sm->a[k * sm->n + k]) rate = ir_op2(ir, IR_MAX, rate, ir_op1(ir, IR_ABS, sm->a[k * sm->n + k]));
  }
  sm->d[root] = one;
  queue[n++] = root;
  for (int q = 0; q < n; q++)
    for (int k = 0; k < sm->n; k++) {
      IrVal c = sm->a[queue[q] * sm->n + k];
      if (sm->d[k] || !c) continue;
      IrVal size = ir_op1(ir, IR_ABS, c), ratio = ir_op2(ir, IR_DIV, rate, size);
      ratio = ir_select(ir, ir_op2(ir, IR_LT, zero, size), ratio, one);
      sm->d[k] = ir_op2(ir, IR_MUL, sm->d[queue[q]], ratio);
      queue[n++] = k;
    }
}

static IrVal small_entry(Linear *m, Small *sm, int root, int i, int j) {
  Ir *ir = m->s->ir;
  IrVal in[EXPM_MAX * EXPM_MAX], out[EXPM_MAX * EXPM_MAX];
  int n = sm->n;
  find_scales(m, sm, root);
  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) {
      IrVal v = sm->a[r * n + c];
      if (v && r != c) v = ir_op2(ir, IR_DIV, ir_op2(ir, IR_MUL, v, sm->d[c]), sm->d[r]);
      in[r * n + c] = v ? ir_op2(ir, IR_MUL, v, m->h) : 0;
    }
  ir_expm(ir, n, in, out);
  return ir_op2(ir, IR_DIV, ir_op2(ir, IR_MUL, out[i * n + j], sm->d[i]), sm->d[j]);
}

static int place_of(const int *k, int n, int v) {
  for (int p = 0; p < n; p++)
    if (k[p] == v) return p;
  return 0;
}

// P_ij, or with `feed` Q_ij. 0 if there is no way.
static IrVal entry(Linear *m, int i, int j, bool feed) {
  Solve *s = m->s;
  int n = m->n, k[EXPM_MAX + 1];
  if (!m->reach[i * n + j]) return 0;
  Small sm = {.n = between(m, i, j, k)};
  if (sm.n == 1 && !feed) return ir_op1(s->ir, IR_EXP, ir_op2(s->ir, IR_MUL, zero_if_none(s, m->a[i * n + i]), m->h));
  if (sm.n == 1) {
    IrVal z = ir_op2(s->ir, IR_MUL, zero_if_none(s, m->a[i * n + i]), m->h);
    return ir_op2(s->ir, IR_MUL, m->h, ir_op1(s->ir, IR_EXPREL, z));
  }
  if (sm.n == 2 && !feed && i != j && !m->a[j * n + i])
    return two_states(m, zero_if_none(s, m->a[j * n + j]), zero_if_none(s, m->a[i * n + i]), m->a[i * n + j]);
  int states = sm.n, root = 0;
  sm.n += feed;
  for (int r = 0; r < states; r++)
    for (int c = 0; c < states; c++) sm.a[r * sm.n + c] = m->a[k[r] * n + k[c]];
  for (int r = 0; feed && r < sm.n; r++) sm.a[r * sm.n + states] = sm.a[states * sm.n + r] = 0;
  int to = place_of(k, states, i), from = place_of(k, states, j);
  if (feed) sm.a[from * sm.n + states] = ir_const(s->ir, 1), from = states;
  while (!(m->reach[k[root] * n + i] && m->reach[i * n + k[root]])) root++; // of the cycle of i: one root for all its entries
  return small_entry(m, &sm, root, to, from);
}

// ---- the update ----
// b_j without states, split into what is constant over the run and factors of inputs.
typedef struct Drive {
  IrVal base, *factor; // factor[k] of input k, 0: none
} Drive;

static Drive drive_of(Solve *s, int j) {
  Drive d = {0, NEWN(s->a, IrVal, s->ninputs + 1)};
  IrVal zero = ir_const(s->ir, 0), *x = NEWN(s->a, IrVal, s->n), *to = NEWN(s->a, IrVal, s->n);
  int n = 0;
  for (int i = 0; i < s->n; i++)
    if (s->linear[i]) x[n] = s->var[i].x, to[n++] = zero;
  if (solve_vanishes(s->ir, s->var[j].rhs, n, x)) return d;
  IrVal b = ir_substitute(s->ir, s->var[j].rhs, n, x, to);
  for (int k = 0; k < s->ninputs; k++) {
    IrVal c = ir_derivative(s->ir, b, s->input[k]);
    if (solve_zero(s, c) || ir_rate(s->ir, c) > RATE_LANE || !solve_is_linear(s->ir, b, 1, &s->input[k])) continue;
    d.factor[k] = c;
    b = ir_substitute(s->ir, b, 1, &s->input[k], &zero);
  }
  if (solve_vanishes(s->ir, b, 0, NULL)) return d;
  b = ir_substitute(s->ir, b, s->ninputs, s->input, s->input_value);
  d.base = solve_zero(s, b) ? 0 : b;
  return d;
}

static IrVal accumulate(Solve *s, IrVal sum, IrVal a, IrVal b) {
  if (solve_zero(s, a) || solve_zero(s, b)) return sum;
  return sum ? ir_fma(s->ir, a, b, sum) : ir_op2(s->ir, IR_MUL, a, b);
}

static IrVal update(Linear *m, int i) {
  Solve *s = m->s;
  IrVal base = 0, sum = 0, *factor = NEWN(s->a, IrVal, s->ninputs + 1);
  for (int j = 0; j < s->n; j++) {
    if (!s->linear[j] || !m->reach[i * s->n + j] || (m->held && s->var[j].held)) continue;
    Drive d = drive_of(s, j);
    IrVal q = 0;
    if (d.base) base = accumulate(s, base, q = entry(m, i, j, true), d.base);
    for (int k = 0; k < s->ninputs; k++)
      if (d.factor[k]) factor[k] = accumulate(s, factor[k], q = q ? q : entry(m, i, j, true), d.factor[k]);
  }
  sum = base;
  for (int k = 0; k < s->ninputs; k++) sum = accumulate(s, sum, factor[k], s->input_value[k]);
  for (int j = 0; j < s->n; j++)
    if (s->linear[j]) sum = accumulate(s, sum, entry(m, i, j, false), s->var[j].x);
  return sum ? sum : ir_const(s->ir, 0);
}

static bool any_held(const Solve *s) {
  bool held = false;
  for (int i = 0; i < s->n; i++) held |= s->linear[i] && s->var[i].held;
  return held && s->active;
}

// A held state is constant while the neuron is not active, also for the states that it drives.
static IrVal exact_value(Solve *s, Linear *m, Linear *mh, int i) {
  IrVal free = update(m, i);
  if (!mh) return free;
  IrVal fixed = s->var[i].held ? s->var[i].x : update(mh, i);
  return fixed == free ? free : ir_select(s->ir, s->active, free, fixed);
}

IrVal exact_at(Solve *s, int i, double c) {
  Linear m = linear_new(s, c, false), mh = {0};
  bool held = any_held(s);
  if (held) mh = linear_new(s, c, true);
  return exact_value(s, &m, held ? &mh : NULL, i);
}

void solve_exact(Solve *s) {
  Linear m = linear_new(s, 1, false), mh = {0};
  bool held = any_held(s);
  if (held) mh = linear_new(s, 1, true);
  for (int i = 0; i < s->n; i++)
    if (s->linear[i]) s->var[i].next = exact_value(s, &m, held ? &mh : NULL, i);
}
