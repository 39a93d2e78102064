// SPDX-License-Identifier: MIT
// Integration schemes as kernels, against closed solutions. Exact steps agree to a few units of rounding; the other
// methods are known by their order: halving the step divides the error by 2 to that power.
#include "lang/solve.h"
#include "lang/system.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { LANES = 8, MAX = 8 };

typedef struct Rig {
  Arena *a;
  Sources *sources;
  Solve s;
  SolveVar var[MAX];
  double x[MAX][LANES], p[MAX][LANES]; // states; parameters
  IrVal param[MAX];
  Kernel *k;
} Rig;

static Slot column(int index, bool constant) { return slot_var(OBJ_SELF, ACC_LANE, index, constant, "x"); }

static Rig *rig_open(int n, int params) {
  Rig *r = calloc(1, sizeof *r);
  r->a = arena_new();
  r->sources = sources_new();
  Ir *ir = ir_new(r->a);
  r->s = (Solve){.ir = ir, .a = r->a, .d = diags_new(r->sources), .var = r->var, .n = n, .t = ir_load(ir, slot_sys(SYS_T)),
                 .dt = ir_load(ir, slot_sys(SYS_DT))};
  for (int i = 0; i < n; i++) r->var[i] = (SolveVar){.name = "x", .x = ir_load(ir, column(i, false))};
  for (int i = 0; i < params; i++) r->param[i] = ir_load(ir, column(MAX + i, true));
  return r;
}

static bool rig_solve(Rig *r) {
  if (!solve(&r->s)) return false;
  for (int i = 0; i < r->s.n; i++) ir_store(r->s.ir, column(i, false), r->var[i].next);
  ir_prune(r->s.ir);
  r->k = ir_compile(r->s.ir, "test");
  return true;
}

static void rig_run(Rig *r, double dt, int steps) {
  KernelInstance *in = instance_new(r->k);
  for (int k = 0; k < kernel_nslots(r->k); k++) {
    const Slot *t = kernel_slot(r->k, k);
    if (t->space != SPACE_VAR) continue;
    instance_bind(in, k, (Bind){.p = t->index < MAX ? r->x[t->index] : r->p[t->index - MAX], .n = LANES});
  }
  KernelCall call = {.hi = LANES, .dt = dt, .fault = {.what = -1}};
  instance_setup(in, LANES, &call);
  for (int n = 0; n < steps; n++) {
    call.t = n * dt;
    call.tick = n;
    ck_assert(instance_run(in, &call));
  }
  instance_free(in);
}

static void rig_close(Rig *r) {
  if (r->k) kernel_free(r->k);
  diags_free(r->s.d);
  sources_free(r->sources);
  arena_free(r->a);
  free(r);
}

static IrVal mul(Rig *r, IrVal a, IrVal b) { return ir_op2(r->s.ir, IR_MUL, a, b); }
static IrVal add(Rig *r, IrVal a, IrVal b) { return ir_op2(r->s.ir, IR_ADD, a, b); }
static IrVal sub(Rig *r, IrVal a, IrVal b) { return ir_op2(r->s.ir, IR_SUB, a, b); }
static IrVal over(Rig *r, IrVal a, IrVal b) { return ir_op2(r->s.ir, IR_DIV, a, b); }
static IrVal num(Rig *r, double x) { return ir_const(r->s.ir, x); }
static IrVal neg(Rig *r, IrVal a) { return ir_op1(r->s.ir, IR_NEG, a); }

static void near(double got, double want, double tolerance) {
  ck_assert_msg(fabs(got - want) <= tolerance * fabs(want), "%.17g is not %.17g", got, want);
}

// ---- exact ----

// A membrane in volts with a current in amperes: dV/dt = -V/tau + I/C, dI/dt = -I/q, time constants that differ from lane
// to lane down to being equal.
START_TEST(exponential_current) {
  static const double gap[LANES] = {1, 0.1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0};
  Rig *r = rig_open(2, 3);
  r->var[0].rhs = add(r, over(r, neg(r, r->var[0].x), r->param[0]), over(r, r->var[1].x, r->param[2]));
  r->var[1].rhs = over(r, neg(r, r->var[1].x), r->param[1]);
  ck_assert(rig_solve(r));
  ck_assert(r->var[0].method == METHOD_EXACT && r->var[1].method == METHOD_EXACT);
  for (int k = 0; k < LANES; k++) {
    r->p[0][k] = 10e-3, r->p[1][k] = 10e-3 * (1 + gap[k]), r->p[2][k] = 250e-12;
    r->x[0][k] = 1e-3, r->x[1][k] = 100e-12;
  }
  rig_run(r, 1e-4, 1000);
  for (int k = 0; k < LANES; k++) {
    long double tau = r->p[0][k], q = r->p[1][k], t = 0.1L, d = t / tau - t / q;
    long double kernel = d == 0 ? t * expl(-t / tau) : t * expl(-t / tau) * expm1l(d) / d;
    near(r->x[0][k], (double)(1e-3L * expl(-t / tau) + 100e-12L / 250e-12L * kernel), 1e-12);
    near(r->x[1][k], (double)(100e-12L * expl(-t / q)), 1e-12);
  }
  rig_close(r);
}
END_TEST

// An alpha current onto a membrane, all three time constants equal: V = t^2/2 e^(-t/tau) x0/(q C), with a constant drive.
START_TEST(alpha_current) {
  Rig *r = rig_open(3, 2);
  IrVal rate = over(r, num(r, 1), r->param[0]);
  IrVal current = add(r, r->var[1].x, num(r, 50e-12));
  r->var[0].rhs = sub(r, over(r, current, r->param[1]), mul(r, rate, r->var[0].x));
  r->var[1].rhs = mul(r, rate, sub(r, r->var[2].x, r->var[1].x));
  r->var[2].rhs = neg(r, mul(r, rate, r->var[2].x));
  ck_assert(rig_solve(r));
  for (int k = 0; k < LANES; k++) {
    r->p[0][k] = 2e-3 * (k + 1), r->p[1][k] = 250e-12;
    r->x[2][k] = 1e-10;
  }
  rig_run(r, 1e-4, 100);
  for (int k = 0; k < LANES; k++) {
    double tau = r->p[0][k], t = 0.01, C = 250e-12;
    double alpha = 1e-10 / tau * t * t / 2 * exp(-t / tau) / C, drive = 50e-12 / C * tau * -expm1(-t / tau);
    near(r->x[0][k], alpha + drive, 1e-13);
    near(r->x[1][k], 1e-10 * t / tau * exp(-t / tau), 1e-13);
  }
  rig_close(r);
}
END_TEST

// Adaptation feeds back on the membrane: a cycle, damped oscillation.
START_TEST(oscillator) {
  Rig *r = rig_open(2, 1);
  r->var[0].rhs = sub(r, neg(r, mul(r, num(r, 10), r->var[0].x)), mul(r, r->param[0], r->var[1].x));
  r->var[1].rhs = sub(r, mul(r, num(r, 1e-7), r->var[0].x), mul(r, num(r, 10), r->var[1].x));
  ck_assert(rig_solve(r));
  for (int k = 0; k < LANES; k++) r->p[0][k] = 1e11 * (k + 1), r->x[0][k] = 1, r->x[1][k] = 0;
  rig_run(r, 1e-3, 100);
  for (int k = 0; k < LANES; k++) {
    double w = sqrt(r->p[0][k] * 1e-7);
    ck_assert(fabs(r->x[0][k] - exp(-1) * cos(0.1 * w)) < 1e-12);
    ck_assert(fabs(r->x[1][k] * w / 1e-7 - exp(-1) * sin(0.1 * w)) < 1e-12);
  }
  rig_close(r);
}
END_TEST

// A held membrane stays, and drives its adaptation as the constant that it is.
START_TEST(held_state) {
  Rig *r = rig_open(2, 1);
  r->s.active = ir_op2(r->s.ir, IR_LT, num(r, 0.5), r->param[0]);
  r->var[0].rhs = neg(r, mul(r, num(r, 100), r->var[0].x));
  r->var[0].held = true;
  r->var[1].rhs = mul(r, num(r, 50), sub(r, r->var[0].x, r->var[1].x));
  ck_assert(rig_solve(r));
  for (int k = 0; k < LANES; k++) r->p[0][k] = k % 2, r->x[0][k] = 2, r->x[1][k] = 0;
  rig_run(r, 1e-3, 20);
  near(r->x[0][0], 2, 0);
  near(r->x[1][0], 2 * -expm1(-1), 1e-14);
  near(r->x[0][1], 2 * exp(-2), 1e-13);
  near(r->x[1][1], 2 * (exp(-1) - exp(-2)), 1e-13);
  rig_close(r);
}
END_TEST

// ---- exponential Euler ----

// dx/dt = g (1 - x) with the conductance g itself a state that is constant: the step is exact, also where g is 0.
START_TEST(relaxation) {
  Rig *r = rig_open(2, 0);
  r->var[0].rhs = mul(r, r->var[1].x, sub(r, num(r, 1), r->var[0].x));
  r->var[1].rhs = mul(r, num(r, 0), r->var[1].x);
  ck_assert(rig_solve(r));
  ck_assert_int_eq(r->var[0].method, METHOD_EXPONENTIAL_EULER);
  for (int k = 0; k < LANES; k++) r->x[0][k] = 0.25, r->x[1][k] = 100.0 * k;
  rig_run(r, 1e-3, 10);
  for (int k = 0; k < LANES; k++) near(r->x[0][k], 1 - 0.75 * exp(-k), 1e-14);
  rig_close(r);
}
END_TEST

// A conductance with a leak: what Brian2's exponential_euler computes, in the same form.
START_TEST(conductance_with_leak) {
  Rig *r = rig_open(2, 0);
  IrVal E = num(r, -0.07), tau = num(r, 0.02);
  r->var[0].rhs = add(r, over(r, sub(r, E, r->var[0].x), tau), mul(r, r->var[1].x, sub(r, num(r, 0), r->var[0].x)));
  r->var[1].rhs = neg(r, over(r, r->var[1].x, num(r, 5e-3)));
  ck_assert(rig_solve(r));
  ck_assert(r->var[0].method == METHOD_EXPONENTIAL_EULER && r->var[1].method == METHOD_EXACT);
  double V = -0.06, g = 40, dt = 1e-4;
  for (int k = 0; k < LANES; k++) r->x[0][k] = V, r->x[1][k] = g;
  rig_run(r, dt, 300);
  for (int n = 0; n < 300; n++) {
    double A = -(1 / 0.02 + g), B = -0.07 / 0.02;
    V = -B / A + (V + B / A) * exp(A * dt);
    g *= exp(-dt / 5e-3);
  }
  near(r->x[0][3], V, 1e-13);
  near(r->x[1][3], g, 1e-13);
  rig_close(r);
}
END_TEST

// ---- orders ----

// The logistic equation with a drive that depends on time, x' = x (1 - x) + c(t), with c chosen so that x = sin t.
static double error_of(MethodKind method, int steps) {
  Rig *r = rig_open(1, 0);
  Ir *ir = r->s.ir;
  IrVal x = r->var[0].x, sine = ir_op1(ir, IR_SIN, r->s.t), cosine = ir_op1(ir, IR_COS, r->s.t);
  IrVal drive = sub(r, cosine, mul(r, sine, sub(r, num(r, 1), sine)));
  r->var[0].rhs = add(r, mul(r, x, sub(r, num(r, 1), x)), drive);
  r->var[0].wanted = method;
  ck_assert(rig_solve(r));
  ck_assert(method == METHOD_AUTO || r->var[0].method == method);
  ck_assert(method != METHOD_AUTO || r->var[0].method == METHOD_RK4);
  rig_run(r, 1.0 / steps, steps);
  double error = fabs(r->x[0][0] - sin(1));
  rig_close(r);
  return error;
}

START_TEST(orders) {
  static const struct { MethodKind m; double order; } rows[] = {
      {METHOD_EULER, 1}, {METHOD_RK2, 2}, {METHOD_HEUN, 2}, {METHOD_RK4, 4}, {METHOD_AUTO, 4}};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    double order = log2(error_of(rows[k].m, 32) / error_of(rows[k].m, 64));
    ck_assert_msg(fabs(order - rows[k].order) < 0.15, "%s has order %g", method_name(rows[k].m), order);
  }
}
END_TEST

// A nonlinear state that reads an exact one keeps its order: the exact part's values at the stages are exact.
static double mixed_error(int steps) {
  Rig *r = rig_open(2, 0);
  r->var[0].rhs = mul(r, neg(r, mul(r, r->var[0].x, r->var[0].x)), r->var[1].x);
  r->var[1].rhs = neg(r, r->var[1].x);
  ck_assert(rig_solve(r));
  ck_assert(r->var[0].method == METHOD_RK4 && r->var[1].method == METHOD_EXACT);
  for (int k = 0; k < LANES; k++) r->x[0][k] = r->x[1][k] = 1;
  rig_run(r, 1.0 / steps, steps);
  double error = fabs(r->x[0][0] - 1 / (2 - exp(-1)));
  rig_close(r);
  return error;
}

START_TEST(exact_part_of_rk4) { ck_assert(fabs(log2(mixed_error(64) / mixed_error(128)) - 4) < 0.15); }
END_TEST

// An upstroke that the threshold will cut: x' = x^2 from 1 with a step that would overflow without the bound, which a
// second state reads.
START_TEST(upstroke_is_bounded) {
  Rig *r = rig_open(2, 0);
  r->var[0].rhs = ir_op1(r->s.ir, IR_EXP, r->var[0].x);
  r->var[0].cap = num(r, 10);
  r->var[1].rhs = sub(r, mul(r, r->var[0].x, r->var[0].x), mul(r, r->var[1].x, r->var[1].x));
  ck_assert(rig_solve(r));
  for (int k = 0; k < LANES; k++) r->x[0][k] = k;
  rig_run(r, 1, 1);
  for (int k = 0; k < LANES; k++) ck_assert(isfinite(r->x[0][k]) && fabs(r->x[1][k]) < 1e10);
  rig_close(r);
}
END_TEST

// ---- choice ----

START_TEST(refusals) {
  static const MethodKind wanted[] = {METHOD_EXACT, METHOD_EXPONENTIAL_EULER};
  static const DiagCode code[] = {E_METHOD_EXACT, E_METHOD_LINEAR};
  for (int k = 0; k < 2; k++) {
    Rig *r = rig_open(1, 0);
    r->var[0].rhs = mul(r, r->var[0].x, r->var[0].x);
    r->var[0].wanted = wanted[k];
    ck_assert(!solve(&r->s));
    ck_assert_int_eq(diags_code(r->s.d, 0), code[k]);
    rig_close(r);
  }
}
END_TEST

START_TEST(comparison_is_not_linear) {
  Rig *r = rig_open(1, 0);
  IrVal x = r->var[0].x;
  r->var[0].rhs = ir_select(r->s.ir, ir_op2(r->s.ir, IR_LT, x, num(r, 1)), num(r, 2), num(r, -1));
  ck_assert(solve_choose(&r->s));
  ck_assert_int_eq(r->var[0].method, METHOD_RK4);
  rig_close(r);
}
END_TEST

static void add_noise(Rig *r, IrVal *placeholder, IrVal *draw) {
  IrVal args[2] = {num(r, 0), num(r, 1)};
  *placeholder = ir_load(r->s.ir, (Slot){.space = SPACE_CAPTURE, .access = ACC_LANE, .index = 0xF000});
  *draw = ir_random(r->s.ir, DIST_NORMAL, 2, args, 7);
  r->s.noise = placeholder, r->s.draw = draw, r->s.nnoise = 1;
}

START_TEST(noise_chooses) {
  for (int kind = 0; kind < 3; kind++) { // additive, multiplicative, additive with a nonlinear drift
    Rig *r = rig_open(1, 0);
    IrVal p, d, x = r->var[0].x;
    add_noise(r, &p, &d);
    IrVal factor = kind == 1 ? x : num(r, 0.1), drift = kind == 2 ? mul(r, x, mul(r, x, x)) : x;
    r->var[0].rhs = add(r, neg(r, drift), mul(r, factor, p));
    ck_assert(solve_choose(&r->s));
    ck_assert_int_eq(r->var[0].method, kind ? METHOD_HEUN : METHOD_EULER);
    rig_close(r);
  }
}
END_TEST

// Geometric Brownian motion in the sense of Stratonovich, dx = x o dW, is exp(W): one step of Milstein's and of Heun's
// method agree with exp(dW) to third order in dW, and with each other's dW.
START_TEST(stratonovich_step) {
  static const MethodKind methods[] = {METHOD_MILSTEIN, METHOD_HEUN};
  double got[2];
  for (int m = 0; m < 2; m++) {
    Rig *r = rig_open(2, 0);
    IrVal p, d;
    add_noise(r, &p, &d);
    r->var[0].rhs = mul(r, r->var[0].x, p);
    r->var[0].wanted = methods[m];
    r->var[1].rhs = p;
    r->var[1].wanted = methods[m];
    if (methods[m] == METHOD_MILSTEIN) r->s.n = 1;
    ck_assert(rig_solve(r));
    for (int k = 0; k < LANES; k++) r->x[0][k] = 1;
    rig_run(r, 1e-6, 1);
    got[m] = r->x[0][2];
    rig_close(r);
  }
  ck_assert(got[0] != 1 && fabs(got[0] - got[1]) < 1e-12);
}
END_TEST

int main(void) {
  Suite *s = suite_create("solve");
  TCase *c = tcase_create("solve");
  tcase_add_test(c, exponential_current);
  tcase_add_test(c, alpha_current);
  tcase_add_test(c, oscillator);
  tcase_add_test(c, held_state);
  tcase_add_test(c, relaxation);
  tcase_add_test(c, conductance_with_leak);
  tcase_add_test(c, orders);
  tcase_add_test(c, exact_part_of_rk4);
  tcase_add_test(c, upstroke_is_bounded);
  tcase_add_test(c, refusals);
  tcase_add_test(c, comparison_is_not_linear);
  tcase_add_test(c, noise_chooses);
  tcase_add_test(c, stratonovich_step);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed != 0;
}
