// SPDX-License-Identifier: MIT
// Matrix exponentials against what is known in closed form. Tolerances are in units of rounding of the norm: the
// approximant itself is exact to half of that, the solve and the products of small matrices add a few.
#include "vm/expm.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

static void near(double got, double want, double scale) {
  ck_assert_msg(fabs(got - want) <= 8 * DBL_EPSILON * scale, "%.17g is not %.17g", got, want);
}

START_TEST(diagonal) {
  double a[9] = {-0.1, 0, 0, 0, 2, 0, 0, 0, -30}, r[9];
  expm(3, a, r);
  near(r[0], exp(-0.1), 1);
  near(r[4], exp(2), exp(2));
  near(r[8], exp(-30), 1);
  ck_assert(r[1] == 0 && r[3] == 0 && r[5] == 0);
}
END_TEST

// A membrane with an exponential synapse: [[-p, c], [0, -q]] gives c (e^-p - e^-q)/(q - p), which must not suffer where
// the two time constants are nearly or exactly the same.
START_TEST(coinciding_time_constants) {
  static const double gaps[] = {1, 1e-1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0};
  for (size_t k = 0; k < sizeof gaps / sizeof *gaps; k++) {
    double p = 0.01, q = p * (1 + gaps[k]), a[4] = {-p, 0.02, 0, -q}, r[4];
    expm(2, a, r);
    long double h = (long double)q - p, mean = h == 0 ? 1 : -expm1l(-h) / h; // (1 - e^-h)/h
    near(r[1], (double)(0.02L * expl(-(long double)p) * mean), 0.02);
    near(r[0], exp(-p), 1);
    near(r[3], exp(-q), 1);
    ck_assert(r[2] == 0);
  }
}
END_TEST

START_TEST(rotation) {
  for (double t = 0.001; t < 40; t *= 1.7) { // large angles need halving: the error grows with them
    double a[4] = {0, -t, t, 0}, r[4];
    expm(2, a, r);
    near(r[0], cos(t), 1 + t);
    near(r[2], sin(t), 1 + t);
  }
}
END_TEST

START_TEST(jordan_block) { // of 16: the elements are 1/k!
  double a[256] = {0}, r[256], f = 1;
  for (int i = 0; i < 15; i++) a[i * 16 + i + 1] = 1;
  expm(16, a, r);
  for (int k = 0; k < 16; k++, f *= k)
    for (int i = 0; i + k < 16; i++) near(r[i * 16 + i + k], 1 / f, 1);
}
END_TEST

START_TEST(one_by_one) {
  for (double x = -700; x < 700; x += 13.7) {
    double r;
    expm(1, &x, &r);
    near(r / exp(x), 1, 4 + 4 * fabs(x)); // squaring doubles the relative error each time
  }
}
END_TEST

START_TEST(not_finite) {
  double a[4] = {0, NAN, 0, 0}, b[4] = {-INFINITY, 0, 0, 0}, r[4];
  expm(2, a, r);
  ck_assert(isnan(r[0]));
  expm(2, b, r);
  ck_assert(isnan(r[3]));
}
END_TEST

int main(void) {
  Suite *s = suite_create("expm");
  TCase *c = tcase_create("expm");
  tcase_add_test(c, diagonal);
  tcase_add_test(c, coinciding_time_constants);
  tcase_add_test(c, rotation);
  tcase_add_test(c, jordan_block);
  tcase_add_test(c, one_by_one);
  tcase_add_test(c, not_finite);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
