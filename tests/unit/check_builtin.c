// SPDX-License-Identifier: MIT
// Functions by their C interface: what needs no network. The analysis of spikes is tested in the language.
#include "tests/unit/value_helpers.h"

static double num(Value v) {
  double x = value_as_num(v);
  value_drop(v);
  return x;
}
#define NEAR(v, want, tol) ck_assert_double_eq_tol(num(v), want, tol)

START_TEST(the_table_is_whole) {
  for (int k = 0; k < BUILTIN_COUNT; k++) {
    ck_assert_ptr_nonnull(BUILTINS[k].fn);
    ck_assert_int_eq(builtin_find(BUILTINS[k].name, strlen(BUILTINS[k].name)), k);
    ck_assert_int_eq(BUILTINS[k].signature[0], '(');
    ck_assert(BUILTINS[k].doc[0] != 0);
  }
  ck_assert_int_eq(builtin_find("ex", 2), -1);
  ck_assert_int_eq(builtin_find("exponentials", 12), -1);
}
END_TEST

START_TEST(numbers) {
  SHOWS(CALL("exp", N(0)), "1");
  SHOWS(CALL("exp", VEC(0, 0)), "[1, 1]");
  SHOWS(CALL("exprel", N(0)), "1");
  SHOWS(CALL("sqrt", I(4)), "2");
  SHOWS(CALL("abs", VEC(-3, 3)), "[3, 3]");
  SHOWS(CALL("sign", N(-0.1)), "-1");
  SHOWS(CALL("round", VEC(2.5, -2.5, 0.4)), "[3, -3, 0]");
  SHOWS(CALL("mod", N(-1), N(3)), "2");
  SHOWS(CALL("mod", VEC(5, -5), N(-3)), "[-1, -2]");
  SHOWS(CALL("min", N(3), N(1), N(2)), "1");
  SHOWS(CALL("max", VEC(1, 5), N(3)), "[3, 5]");
  SHOWS(CALL("max", VEC(1, 5, 3)), "5");
  SHOWS(CALL("min", I(3), I(2)), "2");
  SHOWS(CALL("clip", VEC(-1, 0.5, 5), N(0), N(1)), "[0, 0.5, 1]");
  SHOWS(CALL("relu", VEC(-2, 2)), "[0, 2]");
  SHOWS(CALL("heaviside", VEC(-1, 0, 1)), "[0, 1, 1]");
  SHOWS(CALL("softplus", N(1000)), "1000");
  SHOWS(CALL("gamma", N(5)), "24");
  SHOWS(CALL("degC", N(0)), "273.15");
  SHOWS(CALL("isnan", VEC(NAN, 1)), "[true, false]");
  ck_assert_double_nan(num(CALL("max", N(NAN), N(1))));
}
END_TEST

START_TEST(whole_numbers) {
  Value v = CALL("int", N(2.7));
  ck_assert_int_eq(v.kind, VAL_INT);
  ck_assert_int_eq(v.i, 2);
  SHOWS(CALL("int", VEC(-2.7, 3)), "[-2, 3]");
  FAILS(E_ARG_VALUE, "int", N(NAN));
  FAILS(E_ARG_VALUE, "int", N(1e300));
  ck_assert_int_eq(CALL("abs", I(-3)).kind, VAL_INT);
  ck_assert_int_eq(CALL("mod", I(7), I(4)).kind, VAL_INT);
}
END_TEST

START_TEST(sums) {
  SHOWS(CALL("sum", VEC(1, 2, 3)), "6");
  SHOWS(CALL("sum", empty()), "0");
  SHOWS(CALL("sum", MASK(1, 0, 1)), "2");
  SHOWS(CALL("sum", MAT(2, 2, 1, 2, 3, 4), NONE, I(0)), "[4, 6]");
  SHOWS(CALL("sum", MAT(2, 2, 1, 2, 3, 4), NONE, I(-1)), "[3, 7]");
  SHOWS(CALL("sum", VEC(1, 2, 3), NONE, I(0)), "6");
  SHOWS(CALL("sum", VEC(1, 2, 3, 4), INTS(0, 2, 0, 2)), "[4, 0, 6]");
  SHOWS(CALL("sum", MAT(2, 2, 1, 2, 3, 4), INTS(1, 1)), "[[0, 0], [4, 6]]");
  SHOWS(CALL("mean", VEC(1, 2, 3, 4), INTS(0, 1, 0, 1)), "[2, 3]");
  FAILS(E_SHAPE, "sum", VEC(1, 2), INTS(0));
  FAILS(E_ARG_VALUE, "sum", VEC(1, 2), INTS(0, -1));
  FAILS(E_ARG_VALUE, "sum", VEC(1, 2), NONE, I(1));
  FAILS(E_OPERAND, "sum", text("a"));
}
END_TEST

START_TEST(moments) {
  SHOWS(CALL("mean", VEC(1, 2, 3)), "2");
  SHOWS(CALL("mean", empty()), "nan");
  SHOWS(CALL("sd", VEC(1, 3)), "1");
  SHOWS(CALL("var", VEC(1, 3)), "1");
  SHOWS(CALL("var", MAT(2, 2, 1, 10, 3, 30), I(0)), "[1, 100]");
  SHOWS(CALL("var", VEC(1e9 + 1, 1e9 + 3)), "1"); // far from zero
  SHOWS(CALL("median", VEC(3, 1, 2)), "2");
  SHOWS(CALL("median", VEC(4, 1, 2, 3)), "2.5");
  SHOWS(CALL("median", empty()), "nan");
  SHOWS(CALL("median", VEC(1, NAN)), "nan");
  SHOWS(CALL("quantile", VEC(0, 10), N(0.25)), "2.5");
  SHOWS(CALL("quantile", VEC(5, 1, 3), VEC(0, 0.5, 1)), "[1, 3, 5]");
  FAILS(E_ARG_VALUE, "quantile", VEC(1), N(1.5));
}
END_TEST

START_TEST(extremes) {
  SHOWS(CALL("amin", VEC(3, 1, 2)), "1");
  SHOWS(CALL("amax", MAT(2, 2, 1, 4, 3, 2), I(1)), "[4, 3]");
  SHOWS(CALL("amin", VEC(1, NAN)), "nan");
  SHOWS(CALL("argmin", VEC(3, 1, 1)), "1");
  SHOWS(CALL("argmax", VEC(3, 1, 3)), "0");
  FAILS(E_EMPTY, "amin", empty());
  FAILS(E_EMPTY, "argmax", empty());
  SHOWS(CALL("any", MASK(0, 1)), "true");
  SHOWS(CALL("all", MASK(0, 1)), "false");
  SHOWS(CALL("all", make(VAL_BOOL, 2, (int64_t[]){2, 2}, (double[]){1, 0, 1, 1}), I(0)), "[true, false]");
}
END_TEST

START_TEST(arrays_of_arrays) {
  SHOWS(CALL("sort", VEC(3, NAN, 1, 2)), "[1, 2, 3, nan]");
  SHOWS(CALL("sort", MAT(2, 2, 2, 1, 4, 3)), "[[1, 2], [3, 4]]");
  SHOWS(CALL("cumsum", VEC(1, 2, 3)), "[1, 3, 6]");
  SHOWS(CALL("diff", VEC(1, 4, 9)), "[3, 5]");
  SHOWS(CALL("diff", MAT(2, 2, 1, 2, 3, 5)), "[[1], [2]]");
  SHOWS(CALL("diff", VEC(1)), "[]");
  SHOWS(CALL("len", VEC(1, 2, 3)), "3");
  SHOWS(CALL("len", text("τau")), "3");
  FAILS(E_OPERAND, "len", N(1));
  SHOWS(CALL("shape", MAT(2, 3, 1, 2, 3, 4, 5, 6)), "[2, 3]");
  SHOWS(CALL("shape", N(1)), "[]");
}
END_TEST

START_TEST(making_arrays) {
  SHOWS(CALL("zeros", I(2)), "[0, 0]");
  SHOWS(CALL("ones", I(1), I(2)), "[[1, 1]]");
  SHOWS(CALL("eye", I(2)), "[[1, 0], [0, 1]]");
  SHOWS(CALL("onehot", I(1), I(3)), "[0, 1, 0]");
  SHOWS(CALL("onehot", INTS(1, 0), I(2)), "[[0, 1], [1, 0]]");
  FAILS(E_INDEX, "onehot", I(3), I(3));
  SHOWS(CALL("linspace", N(0), N(1), I(3)), "[0, 0.5, 1]");
  SHOWS(CALL("linspace", N(0), N(1), I(11)), "[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]");
  SHOWS(CALL("linspace", N(2), N(5), I(1)), "[2]");
  SHOWS(CALL("arange", I(3)), "[0, 1, 2]");
  SHOWS(CALL("arange", N(0), N(0.3), N(0.1)), "[0, 0.1, 0.2]");
  SHOWS(CALL("arange", N(1), N(1.3), N(0.1)), "[1, 1.1, 1.2]");
  SHOWS(CALL("arange", N(3), N(0), N(-1)), "[3, 2, 1]");
  SHOWS(CALL("arange", N(3), N(0)), "[]");
  FAILS(E_ARG_VALUE, "arange", N(0), N(1), N(0));
  FAILS(E_MEMORY, "arange", N(0), N(1e300), N(1e-300));
  SHOWS(CALL("logspace", N(0), N(2), I(3)), "[1, 10, 100]");
  SHOWS(CALL("geomspace", N(1), N(100), I(3)), "[1, 10, 100]");
  FAILS(E_ARG_VALUE, "geomspace", N(-1), N(1), I(3));
  FAILS(E_ARG_VALUE, "zeros", I(-1));
  FAILS(E_ARG_VALUE, "zeros", N(0.5));
  FAILS(E_MEMORY, "zeros", I(1000000), I(1000000), I(1000));
}
END_TEST

START_TEST(joining) {
  SHOWS(CALL("append", VEC(1, 2), N(3)), "[1, 2, 3]");
  SHOWS(CALL("append", empty(), N(3)), "[3]");
  SHOWS(CALL("append", MAT(1, 2, 1, 2), VEC(3, 4)), "[[1, 2], [3, 4]]");
  SHOWS(CALL("append", empty(), VEC(3, 4)), "[[3, 4]]");
  SHOWS(CALL("concat", VEC(1), VEC(2, 3)), "[1, 2, 3]");
  SHOWS(CALL("concat", MAT(1, 2, 1, 2), MAT(2, 2, 3, 4, 5, 6)), "[[1, 2], [3, 4], [5, 6]]");
  SHOWS(CALL("concat", INTS(1), INTS(2), INTS(3)), "[1, 2, 3]");
  SHOWS(CALL("append", empty(), text("a")), "[\"a\"]");
  FAILS(E_SHAPE, "append", MAT(1, 2, 1, 2), VEC(3));
  FAILS(E_SHAPE, "concat", MAT(1, 2, 1, 2), VEC(3, 4));
  FAILS(E_OPERAND, "append", VEC(1), text("a"));
}
END_TEST

START_TEST(products) {
  SHOWS(CALL("dot", VEC(1, 2), VEC(3, 4)), "11");
  SHOWS(CALL("dot", MAT(2, 2, 1, 2, 3, 4), VEC(1, 1)), "[3, 7]");
  SHOWS(CALL("dot", VEC(1, 1), MAT(2, 2, 1, 2, 3, 4)), "[4, 6]");
  SHOWS(CALL("dot", MAT(2, 2, 1, 2, 3, 4), MAT(2, 2, 0, 1, 1, 0)), "[[2, 1], [4, 3]]");
  FAILS(E_SHAPE, "dot", VEC(1, 2), VEC(1, 2, 3));
  SHOWS(CALL("outer", VEC(1, 2), VEC(3, 4)), "[[3, 4], [6, 8]]");
  SHOWS(CALL("transpose", MAT(2, 3, 1, 2, 3, 4, 5, 6)), "[[1, 4], [2, 5], [3, 6]]");
  SHOWS(CALL("shape", CALL("transpose", make(VAL_NUM, 3, (int64_t[]){1, 2, 3}, (double[]){1, 2, 3, 4, 5, 6}))),
        "[3, 2, 1]");
}
END_TEST

START_TEST(covariances) {
  SHOWS(CALL("cov", VEC(1, 3), VEC(1, 3)), "1");
  SHOWS(CALL("cov", MAT(2, 2, 1, 10, 3, 30)), "[[1, 10], [10, 100]]");
  NEAR(CALL("corr", VEC(1, 2, 3), VEC(2, 4, 6)), 1, 1e-15);
  NEAR(CALL("corr", VEC(1, 2, 3), VEC(6, 4, 2)), -1, 1e-15);
  SHOWS(CALL("corr", VEC(1, 1), VEC(1, 2)), "nan");
  FAILS(E_SHAPE, "cov", VEC(1, 2), VEC(1));
}
END_TEST

START_TEST(equations) {
  SHOWS(CALL("solve", MAT(2, 2, 2, 0, 0, 4), VEC(2, 4)), "[1, 1]");
  SHOWS(CALL("solve", MAT(2, 2, 0, 1, 1, 0), VEC(3, 5)), "[5, 3]");
  SHOWS(CALL("solve", MAT(2, 2, 1e-12, 0, 0, 1e12), VEC(1e-12, 2e12)), "[1, 2]");
  FAILS(E_SINGULAR, "solve", MAT(2, 2, 1, 2, 2, 4), VEC(1, 2));
  FAILS(E_SINGULAR, "solve", MAT(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), VEC(1, 2, 3));
  FAILS(E_SHAPE, "solve", MAT(1, 2, 1, 2), VEC(1));
  FAILS(E_ARG_VALUE, "solve", MAT(1, 1, NAN), VEC(1));
}
END_TEST

// A random system: the residual is of rounding's size.
START_TEST(equations_of_some_size) {
  enum { S = 40 };
  Value a = CALL_AT("normal", 1, N(0), N(1), I(S * S)), b = CALL_AT("normal", 2, N(0), N(1), I(S));
  Array *m = (Array *)a.obj;
  m->ndim = 2;
  m->shape[0] = m->shape[1] = S;
  Value x = CALL("solve", value_keep(a), value_keep(b)), y = CALL("lstsq", value_keep(a), value_keep(b));
  Value r = CALL("dot", a, value_keep(x));
  for (int k = 0; k < S; k++) {
    ck_assert_double_eq_tol(((Array *)r.obj)->data[k], ((Array *)b.obj)->data[k], 1e-11);
    ck_assert_double_eq_tol(((Array *)x.obj)->data[k], ((Array *)y.obj)->data[k], 1e-10);
  }
  value_drop(b);
  value_drop(x);
  value_drop(y);
  value_drop(r);
}
END_TEST

START_TEST(least_squares) {
  // a line through (0, 1), (1, 3), (2, 4): slope 1.5, intercept 7/6
  Value x = CALL("lstsq", MAT(3, 2, 0, 1, 1, 1, 2, 1), VEC(1, 3, 4));
  const double *p = ((Array *)x.obj)->data;
  ck_assert_double_eq_tol(p[0], 1.5, 1e-14);
  ck_assert_double_eq_tol(p[1], 7.0 / 6, 1e-14);
  value_drop(x);
  // deficient rank: the shortest of the solutions of x + 2y = 5 is (1, 2)
  x = CALL("lstsq", MAT(2, 2, 1, 2, 2, 4), VEC(5, 10));
  p = ((Array *)x.obj)->data;
  ck_assert_double_eq_tol(p[0], 1, 1e-14);
  ck_assert_double_eq_tol(p[1], 2, 1e-14);
  value_drop(x);
  // fewer equations than unknowns
  x = CALL("lstsq", MAT(1, 3, 1, 1, 1), VEC(3));
  p = ((Array *)x.obj)->data;
  for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(p[k], 1, 1e-14);
  value_drop(x);
  SHOWS(CALL("lstsq", MAT(2, 1, 0, 0), VEC(1, 2)), "[0]");
}
END_TEST

START_TEST(histograms) {
  SHOWS(CALL("histogram", VEC(1, 2, 2, 3), VEC(0, 2, 4)), "[1, 3]");
  SHOWS(CALL("histogram", VEC(0, 1, 2, 3, 4), I(2)), "[2, 3]");
  SHOWS(CALL("histogram", VEC(1, NAN, 9), VEC(0, 1, 2)), "[0, 1]");
  SHOWS(CALL("histogram", VEC(2, 2, 2), I(3)), "[0, 3, 0]");
  SHOWS(CALL("histogram", empty(), I(2)), "[0, 0]");
  FAILS(E_ARG_VALUE, "histogram", VEC(1), VEC(2, 1));
  FAILS(E_ARG_VALUE, "histogram", VEC(1), VEC(1));
  FAILS(E_ARG_VALUE, "histogram", VEC(1), I(0));
}
END_TEST

START_TEST(random_numbers_repeat) {
  Value a = CALL_AT("random", 0, I(1000)), b = CALL_AT("random", 0, I(1000)), c = CALL_AT("random", 1, I(1000));
  const double *x = ((Array *)a.obj)->data, *y = ((Array *)b.obj)->data, *z = ((Array *)c.obj)->data;
  int same = 0;
  for (int k = 0; k < 1000; k++) {
    ck_assert_double_eq(x[k], y[k]);
    ck_assert(x[k] >= 0 && x[k] < 1);
    same += x[k] == z[k];
  }
  ck_assert_int_eq(same, 0);
  value_drop(a);
  value_drop(b);
  value_drop(c);
}
END_TEST

enum { DRAWS = 40000 };
// Mean and sd of many draws: within five standard errors.
static void check_moments(Value v, double mean, double sd) {
  ck_assert_int_eq(v.kind, VAL_ARRAY);
  NEAR(CALL("mean", value_keep(v)), mean, 5 * sd / sqrt(DRAWS));
  NEAR(CALL("sd", v), sd, 0.05 * sd);
}

START_TEST(distributions) {
  check_moments(CALL("uniform", N(2), N(4), I(DRAWS)), 3, 2 / sqrt(12));
  check_moments(CALL("normal", N(-60), N(5), I(DRAWS)), -60, 5);
  check_moments(CALL("lognormal", N(2), N(1), I(DRAWS)), 2, 1);
  check_moments(CALL("exponential", N(3), I(DRAWS)), 3, 3);
  check_moments(CALL("gamma_dist", N(2), N(3), I(DRAWS)), 6, sqrt(18));
  check_moments(CALL("poisson", N(4), I(DRAWS)), 4, 2);
  check_moments(CALL("poisson", N(100), I(DRAWS)), 100, 10);
  check_moments(CALL("binomial", N(10), N(0.5), I(DRAWS)), 5, sqrt(2.5));
  SHOWS(CALL("normal", VEC(1, 2), N(0)), "[1, 2]");
  SHOWS(CALL("normal", N(3), N(0)), "3");
  ck_assert_double_ge(num(CALL("amin", CALL("normal", N(0), N(1), I(1000), N(0.5), N(1)))), 0.5);
  ck_assert_double_le(num(CALL("amax", CALL("normal", N(0), N(1), I(1000), N(0.5), N(1)))), 1);
}
END_TEST

START_TEST(draws_that_cannot_be) {
  FAILS(E_ARG_VALUE, "normal", N(0), N(-1));
  FAILS(E_ARG_VALUE, "normal", N(0), N(1), NONE, N(2), N(1));
  FAILS(E_ARG_VALUE, "uniform", N(2), N(1));
  FAILS(E_ARG_VALUE, "binomial", N(10), N(1.5));
  FAILS(E_ARG_VALUE, "poisson", N(-1));
  FAILS(E_ARG_VALUE, "exponential", N(NAN));
  FAILS(E_ARG_VALUE, "random", I(-1));
  FAILS(E_SHAPE, "normal", VEC(1, 2), N(1), I(3));
}
END_TEST

START_TEST(choices) {
  Value v = CALL("choice", VEC(1, 2, 3), I(300));
  Value counts = CALL("histogram", v, VEC(1, 2, 3, 4));
  for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(((Array *)counts.obj)->data[k], 100, 45); // five sd
  value_drop(counts);
  ck_assert_int_eq(CALL("choice", VEC(1, 2, 3)).kind, VAL_NUM);
  SHOWS(CALL("sort", CALL("shuffle", VEC(3, 1, 2, 4))), "[1, 2, 3, 4]");
  FAILS(E_EMPTY, "choice", empty());
}
END_TEST

START_TEST(series_and_tables) {
  Value s = CALL("series", VEC(1, 2), N(0.001));
  ck_assert_int_eq(s.kind, VAL_SERIES);
  value_drop(s);
  FAILS(E_ARG_VALUE, "series", VEC(1), N(0));
  FAILS(E_EMPTY, "series", empty(), N(0.001));
  SHOWS(CALL("table", VEC(1, 2), VEC(3, 4)), "c0  c1\n 1   3\n 2   4");
  FAILS(E_SHAPE, "table", VEC(1, 2), VEC(3));
  FAILS(E_OPERAND, "table", N(1));
  SHOWS(CALL("grid", N(1e-5)), "a grid of positions");
  FAILS(E_ARG_VALUE, "grid", N(0));
  FAILS(E_OPERAND, "matrix", VEC(1));
}
END_TEST

// A sine of amplitude 2 at 125 Hz, sampled at 1 kHz: all its power (2) lies around that frequency.
START_TEST(spectrum_of_a_sine) {
  enum { SAMPLES = 4096 };
  Array *x = array_new1(VAL_NUM, SAMPLES);
  for (int k = 0; k < SAMPLES; k++) x->data[k] = 2 * sin(2 * M_PI * 125 * k * 0.001) + 7;
  Value v = CALL("spectrum", value_obj(x), N(0.001));
  const Array *s = (const Array *)v.obj, *f = s->axis;
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(s->n, f->n);
  int64_t best = 0;
  double power = 0;
  for (int64_t k = 0; k < s->n; k++) {
    if (s->data[k] > s->data[best]) best = k;
    power += s->data[k] * f->data[1];
  }
  ck_assert_double_eq_tol(f->data[best], 125, f->data[1]);
  ck_assert_double_eq_tol(f->data[s->n - 1], 500, 1e-9);
  ck_assert_double_eq_tol(power, 2, 1e-6); // the sine fits whole periods into a segment
  value_drop(v);
  FAILS(E_ARG_VALUE, "spectrum", VEC(1, 2, 3));
  FAILS(E_EMPTY, "spectrum", VEC(1), N(0.001));
}
END_TEST

TEST_MAIN("builtin", the_table_is_whole, numbers, whole_numbers, sums, moments, extremes, arrays_of_arrays,
          making_arrays, joining, products, covariances, equations, equations_of_some_size, least_squares, histograms,
          random_numbers_repeat, distributions, draws_that_cannot_be, choices, series_and_tables, spectrum_of_a_sine)
