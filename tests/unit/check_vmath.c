// SPDX-License-Identifier: MIT
// Elementary functions against the C library's long double, in units in the last place, and at the edges. The bounds are
// those that vm/vmath_lanes.h states. That every instruction set gives these bits is tested in check_program.c.
#include "vm/vmath.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct Function {
  const char *name;
  double (*f)(double);
  long double (*exact)(long double);
  double lo, hi, ulps;
} Function;

static long double exprel_l(long double x) { return x == 0 ? 1 : expm1l(x) / x; }
static long double bern_l(long double x) { return x == 0 ? 1 : x / expm1l(x); }
static long double sigmoid_l(long double x) { return 1 / (1 + expl(-x)); }
static long double softplus_l(long double x) { return log1pl(expl(x)); }

static const Function functions[] = {
    {"exp", vm_exp, expl, -745.2, 709.7, 1.3},
    {"exp", vm_exp, expl, -1, 1, 1.3},
    {"expm1", vm_expm1, expm1l, -40, 709, 2},
    {"expm1", vm_expm1, expm1l, -1, 1, 2},
    {"expm1", vm_expm1, expm1l, -1e-9, 1e-9, 1.6},
    {"exprel", vm_exprel, exprel_l, -50, 700, 2.6},
    {"exprel", vm_exprel, exprel_l, -1e-3, 1e-3, 2.2},
    {"bern", vm_bern, bern_l, -700, 700, 2.6},
    {"bern", vm_bern, bern_l, -1e-3, 1e-3, 2.2},
    {"log", vm_log, logl, 1e-320, 1e-300, 1},
    {"log", vm_log, logl, 0.5, 2, 1},
    {"log", vm_log, logl, 1, 1e300, 1},
    {"log1p", vm_log1p, log1pl, -0.999, 1, 1.6},
    {"log1p", vm_log1p, log1pl, -1e-9, 1e-9, 1.6},
    {"log1p", vm_log1p, log1pl, 1, 1e20, 1.6},
    {"log10", vm_log10, log10l, 1e-300, 1e300, 1.6},
    {"sigmoid", vm_sigmoid, sigmoid_l, -700, 40, 3},
    {"softplus", vm_softplus, softplus_l, -700, 700, 2.5},
    {"tanh", vm_tanh, tanhl, -25, 25, 3},
    {"tanh", vm_tanh, tanhl, -1e-3, 1e-3, 3},
    {"sin", vm_sin, sinl, -10, 10, 1.5},
    {"sin", vm_sin, sinl, -1e9, 1e9, 1.5},
    {"cos", vm_cos, cosl, -10, 10, 1.5},
    {"cos", vm_cos, cosl, -1e9, 1e9, 1.5},
    {"sin", vm_sin, sinl, 1e10, 1e15, 1},
};

static double ulp_of(long double x) {
  double a = fabs((double)x);
  if (a < DBL_MIN) return 0x1p-1074;
  return nextafter(a, INFINITY) - a;
}

START_TEST(accuracy) {
  const Function *f = &functions[_i];
  double worst = 0, at = 0;
  unsigned long long state = 88172645463325252u;
  for (int k = 0; k < 200000; k++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    double u = (double)(state >> 11) * 0x1p-53, x = f->lo + (f->hi - f->lo) * u;
    long double want = f->exact(x);
    double error = (double)(fabsl((long double)f->f(x) - want) / ulp_of(want));
    if (error > worst) worst = error, at = x;
  }
  ck_assert_msg(worst <= f->ulps, "%s(%.17g) is off by %.2f ulp", f->name, at, worst);
}
END_TEST

START_TEST(edges) {
  ck_assert(vm_exp(0) == 1 && vm_exp(INFINITY) == INFINITY && vm_exp(-INFINITY) == 0 && isnan(vm_exp(NAN)));
  ck_assert(vm_exp(709.79) == INFINITY && vm_exp(1e300) == INFINITY && vm_exp(-1e300) == 0 && vm_exp(-745.13) > 0);
  ck_assert(vm_expm1(0) == 0 && vm_expm1(INFINITY) == INFINITY && vm_expm1(-INFINITY) == -1 && isnan(vm_expm1(NAN)));
  ck_assert(vm_expm1(5e-324) == 5e-324 && vm_expm1(-1e300) == -1 && vm_expm1(709.79) == INFINITY);
  ck_assert(vm_exprel(0) == 1 && vm_exprel(5e-324) == 1 && vm_exprel(INFINITY) == INFINITY && isnan(vm_exprel(NAN)));
  ck_assert(vm_exprel(-INFINITY) >= 0 && vm_exprel(-INFINITY) < 1e-299);
  ck_assert(vm_bern(0) == 1 && vm_bern(-5e-324) == 1 && vm_bern(INFINITY) == 0 && vm_bern(-1e300) == 1e300);
  ck_assert(vm_log(0) == -INFINITY && isnan(vm_log(-1)) && vm_log(INFINITY) == INFINITY && isnan(vm_log(NAN)));
  ck_assert(vm_log(1) == 0 && vm_log1p(-1) == -INFINITY && isnan(vm_log1p(-2)) && vm_log1p(INFINITY) == INFINITY);
  ck_assert(vm_log1p(1e-300) == 1e-300 && signbit(vm_log1p(-0.0)));
  for (int k = -22; k <= 22; k++) ck_assert_msg(vm_log10(pow(10, k)) == k, "log10(1e%d)", k);
  ck_assert(vm_sigmoid(INFINITY) == 1 && vm_sigmoid(-INFINITY) == 0 && vm_sigmoid(0) == 0.5);
  ck_assert(vm_softplus(INFINITY) == INFINITY && vm_softplus(-INFINITY) == 0 && vm_softplus(1000) == 1000);
  ck_assert(vm_tanh(INFINITY) == 1 && vm_tanh(-INFINITY) == -1 && signbit(vm_tanh(-0.0)) && isnan(vm_tanh(NAN)));
  ck_assert(vm_sin(0) == 0 && signbit(vm_sin(-0.0)) && isnan(vm_sin(INFINITY)) && vm_cos(0) == 1 && isnan(vm_cos(NAN)));
}
END_TEST

START_TEST(whole_numbers) {
  ck_assert(vm_round(2.5) == 3 && vm_round(-2.5) == -3 && vm_round(0.49999999999999994) == 0 && vm_round(1e300) == 1e300);
  ck_assert(vm_mod(-1, 3) == 2 && vm_mod(1, -3) == -2 && vm_mod(6, 3) == 0 && isnan(vm_mod(1, 0)));
  ck_assert(vm_sign(-3) == -1 && vm_sign(0) == 0 && vm_sign(1e-300) == 1 && isnan(vm_sign(NAN)));
  ck_assert(vm_min(1, 2) == 1 && isnan(vm_min(NAN, 2)) && isnan(vm_min(2, NAN)));
  ck_assert(vm_max(1, 2) == 2 && isnan(vm_max(NAN, 2)) && isnan(vm_max(2, NAN)));
}
END_TEST

// The remainder is exact, so it is that of the C library's long division. Of sizes up to 2^60 apart, whole numbers, and
// dividends next to a multiple of the divisor, where the rounded quotient is one too large.
START_TEST(remainders) {
  unsigned long long state = 88172645463325252u;
  for (int k = 0; k < 40000; k++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    double x = ldexp((double)(int32_t)state, (int)(state >> 40) % 64 - 32), y = (double)(int32_t)(state >> 32) / (1 << k % 31);
    if (k % 4 == 1) y = rint(y);
    if (k % 4 == 2) x = nextafter(rint(x) * y, k % 8 == 2 ? INFINITY : -INFINITY);
    if (y == 0) continue;
    double r = fmod(x, y), want = r != 0 && (r < 0) != (y < 0) ? r + y : r, got = vm_mod(x, y);
    ck_assert_msg(got == want, "mod(%a, %a) is %a, not %a", x, y, got, want);
  }
  ck_assert(vm_mod(3, INFINITY) == 3 && isnan(vm_mod(INFINITY, 3)) && isnan(vm_mod(1, NAN)));
  ck_assert(vm_mod(0x1p80, 3) == fmod(0x1p80, 3) && vm_mod(5e-324, 1e300) == 5e-324 && vm_mod(1e300, 5e-324) == 0);
}
END_TEST

int main(void) {
  Suite *s = suite_create("vmath");
  TCase *c = tcase_create("vmath");
  tcase_add_loop_test(c, accuracy, 0, (int)(sizeof functions / sizeof *functions));
  tcase_add_test(c, edges);
  tcase_add_test(c, whole_numbers);
  tcase_add_test(c, remainders);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
