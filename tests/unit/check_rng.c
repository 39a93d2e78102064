// SPDX-License-Identifier: MIT
// Random numbers: Random123's known answers, and the moments of every distribution. Bounds on moments are five standard
// errors of the sample, so that a right generator with this fixed seed passes and a wrong one does not.
#include "vm/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { N = 200000 };

static Rng at(int64_t element) { return rng_at((RngKey){.seed = 42, .trial = 1, .object = 7}, 3, element, 12); }

START_TEST(known_answers) { // kat_vectors of Random123: threefry2x64 with 13 rounds
  static const uint64_t f = ~(uint64_t)0;
  static const uint64_t kat[3][6] = {
      {0, 0, 0, 0, 0xf167b032c3b480bd, 0xe91f9fee4b7a6fb5},
      {f, f, f, f, 0xccdec5c917a874b1, 0x4df53abca26ceb01},
      {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0xc3aac71561042993,
       0x3fe7ae8801aff316}};
  for (int k = 0; k < 3; k++) {
    uint64_t out[2];
    threefry2x64(kat[k], kat[k] + 2, out);
    ck_assert(out[0] == kat[k][4] && out[1] == kat[k][5]);
  }
}
END_TEST

START_TEST(cursors_differ) {
  RngKey key = {.seed = 1, .trial = 2, .object = 3};
  Rng a = rng_at(key, 4, 5, 6), b = rng_at(key, 4, 5, 7), c = rng_at(key, 4, 6, 6), d = rng_at(key, 5, 5, 6);
  key.trial = 3;
  Rng e = rng_at(key, 4, 5, 6), again = a;
  uint64_t x[6] = {rng_bits(&a), rng_bits(&a), rng_bits(&b), rng_bits(&c), rng_bits(&d), rng_bits(&e)};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < i; j++) ck_assert(x[i] != x[j]);
  ck_assert(rng_bits(&again) == x[0] && rng_bits(&again) == x[1]);
  Rng far = rng_at(key, 0x02000004, 5, 6); // streams beyond 24 bits are streams of their own
  ck_assert(rng_bits(&far) != x[5]);
}
END_TEST

// Mean and variance of a draw, one element a draw, against the exact ones; `kurtosis` of the distribution (E z^4).
static void moments(const char *name, double (*draw)(Rng *), double mean, double var, double kurtosis) {
  double s = 0, s2 = 0;
  for (int i = 0; i < N; i++) {
    Rng r = at(i);
    double z = draw(&r) - mean;
    s += z;
    s2 += z * z;
  }
  double se_mean = sqrt(var / N), se_var = var * sqrt((kurtosis - 1) / N);
  ck_assert_msg(fabs(s / N) < 5 * se_mean, "%s: mean is off by %g, standard error %g", name, s / N, se_mean);
  ck_assert_msg(fabs(s2 / N - var) < 5 * se_var, "%s: variance %g, not %g", name, s2 / N, var);
}
static double d_uniform(Rng *r) { return rng_uniform(r, -1, 3); }
static double d_normal(Rng *r) { return rng_normal(r, 2, 3); }
static double d_exponential(Rng *r) { return rng_exponential(r, 2); }
static double d_lognormal(Rng *r) { return rng_lognormal(r, 2, 0.5); }
static double d_gamma(Rng *r) { return rng_gamma(r, 2.5, 2); }
static double d_gamma_small(Rng *r) { return rng_gamma(r, 0.3, 2); }
static double d_poisson(Rng *r) { return rng_poisson(r, 1.6); }
static double d_poisson_10(Rng *r) { return rng_poisson(r, 9.9); }
static double d_poisson_large(Rng *r) { return rng_poisson(r, 40); }
static double d_poisson_huge(Rng *r) { return rng_poisson(r, 1e6); }
static double d_binomial(Rng *r) { return rng_binomial(r, 20, 0.3); }
static double d_binomial_large(Rng *r) { return rng_binomial(r, 1000, 0.7); }
static double d_below(Rng *r) { return (double)rng_below(r, 6); }
START_TEST(distributions) {
  moments("uniform", d_uniform, 1, 16.0 / 12, 1.8);
  moments("normal", d_normal, 2, 9, 3);
  moments("exponential", d_exponential, 2, 4, 9);
  moments("lognormal", d_lognormal, 2, 0.25, 5);
  moments("gamma", d_gamma, 5, 10, 3 + 6 / 2.5);
  moments("gamma of small shape", d_gamma_small, 0.6, 1.2, 3 + 6 / 0.3);
  moments("poisson", d_poisson, 1.6, 1.6, 3 + 1 / 1.6);
  moments("poisson by inversion at its end", d_poisson_10, 9.9, 9.9, 3.2);
  moments("poisson by rejection", d_poisson_large, 40, 40, 3.1);
  moments("poisson, huge mean", d_poisson_huge, 1e6, 1e6, 3);
  moments("binomial by inversion", d_binomial, 6, 4.2, 3);
  moments("binomial by rejection", d_binomial_large, 700, 210, 3);
  moments("below", d_below, 2.5, 35.0 / 12, 1.8);
}
END_TEST

static int compare(const void *a, const void *b) {
  double p = *(const double *)a, q = *(const double *)b;
  return (p > q) - (p < q);
}
START_TEST(normal_shape) { // Kolmogorov and Smirnov against the normal distribution function
  static double x[N];
  for (int i = 0; i < N; i++) {
    Rng r = at(i);
    x[i] = rng_normal(&r, 0, 1);
  }
  qsort(x, N, sizeof *x, compare);
  double most = 0;
  for (int i = 0; i < N; i++) most = fmax(most, fabs(0.5 * erfc(-x[i] * M_SQRT1_2) - (i + 0.5) / N));
  ck_assert_msg(most * sqrt(N) < 1.95, "distance %g", most * sqrt(N)); // exceeded by chance once in a thousand
}
END_TEST

START_TEST(bounds) {
  for (int i = 0; i < 2000; i++) {
    Rng r = at(i);
    double x = rng_normal_within(&r, 1.5, 0.75, 0.1, INFINITY);
    ck_assert(x >= 0.1);
    x = rng_exponential_within(&r, 1, 0.5, 0.6);
    ck_assert(x >= 0.5 && x <= 0.6);
    x = rng_lognormal_within(&r, 1, 1, 0, 2);
    ck_assert(x >= 0 && x <= 2);
    x = rng_uniform(&r, 3, 4);
    ck_assert(x >= 3 && x < 4);
    ck_assert(rng_below(&r, 3) < 3);
  }
  Rng r = at(0);
  ck_assert(rng_normal_within(&r, 0, 1, 50, 60) == 50); // hopeless: the nearer bound
}
END_TEST

START_TEST(odd_parameters) {
  Rng r = at(0);
  ck_assert(rng_poisson(&r, 0) == 0 && rng_poisson(&r, -1) == 0 && isnan(rng_poisson(&r, NAN)));
  ck_assert(rng_binomial(&r, 10, 0) == 0 && rng_binomial(&r, 10, 1) == 10 && isnan(rng_binomial(&r, -1, 0.5)));
  ck_assert(isnan(rng_gamma(&r, -1, 1)) && rng_gamma(&r, 0, 1) == 0);
  ck_assert(rng_normal(&r, 3, 0) == 3 && rng_below(&r, 1) == 0);
  for (int k = 0; k < 1000; k++) {
    double b = rng_binomial(&r, 30, 0.5);
    ck_assert(b >= 0 && b <= 30 && b == floor(b));
  }
}
END_TEST

int main(void) {
  Suite *s = suite_create("rng");
  TCase *c = tcase_create("rng");
  tcase_set_timeout(c, 60);
  tcase_add_test(c, known_answers);
  tcase_add_test(c, cursors_differ);
  tcase_add_test(c, distributions);
  tcase_add_test(c, normal_shape);
  tcase_add_test(c, bounds);
  tcase_add_test(c, odd_parameters);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
