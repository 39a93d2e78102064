// SPDX-License-Identifier: MIT
#include "base/scale.h"
#include "tests/unit/value_helpers.h"

static const char *as(Value v, const char *unit, double scale, const char *spec) {
  static char buf[8][512];
  static int at;
  Str s = {0};
  bool ok = format_value(&s, v, unit, scale, spec);
  value_drop(v);
  at = (at + 1) % 8;
  snprintf(buf[at], sizeof buf[at], "%s", ok ? s.data ? s.data : "" : "refused");
  str_free(&s);
  return buf[at];
}
#define EQ(v, unit, scale, spec, want) ck_assert_str_eq(as(v, unit, scale, spec), want)

START_TEST(fewest_digits) {
  EQ(N(0.1), "", 1, NULL, "0.1");
  EQ(N(1.0 / 3), "", 1, NULL, "0.3333333333333333");
  EQ(N(0.1 + 0.2), "", 1, NULL, "0.30000000000000004");
  EQ(N(42), "", 1, NULL, "42");
  EQ(N(-0.5), "", 1, NULL, "-0.5");
  EQ(N(1e-5), "", 1, NULL, "1e-05");
  EQ(N(6.02214076e23), "", 1, NULL, "6.02214076e+23");
  EQ(N(5e-324), "", 1, NULL, "5e-324");
  EQ(N(INFINITY), "", 1, NULL, "inf");
  EQ(N(-INFINITY), "mV", 1e-3, NULL, "-inf mV");
  EQ(N(NAN), "", 1, NULL, "nan");
  EQ(I(INT64_MAX), "", 1, NULL, "9223372036854775807");
}
END_TEST

START_TEST(numbers_read_back) {
  uint64_t state = 1;
  for (int k = 0; k < 20000; k++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double x;
    memcpy(&x, &state, sizeof x);
    if (!isfinite(x)) continue;
    ck_assert_double_eq(strtod(as(N(x), "", 1, NULL), NULL), x);
  }
}
END_TEST

START_TEST(quantities_in_their_unit) {
  const double scales[] = {1e-3, 1e-6, 1e-9, 1e-12, 1e3, 60};
  for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
    for (int k = -2000; k <= 2000; k++) { // every short decimal comes back as it was written
      char want[40];
      snprintf(want, sizeof want, "%.15g", k / 10.0);
      if (k == 0) continue;
      EQ(N(scale_to_si(k / 10.0, scales[s])), "", scales[s], NULL, want);
    }
  EQ(N(scale_to_si(-63.2, 1e-3)), "mV", 1e-3, NULL, "-63.2 mV");
  EQ(N(0), "mV", 1e-3, NULL, "0 mV");
}
END_TEST

START_TEST(arrays) {
  EQ(VEC(1, 2.5, -3), "", 1, NULL, "[1, 2.5, -3]");
  EQ(VEC(0.01, 0.02), "ms", 1e-3, NULL, "[10, 20] ms");
  EQ(MAT(2, 2, 1, 2, 3, 4), "", 1, NULL, "[[1, 2], [3, 4]]");
  EQ(MASK(1, 0), "", 1, NULL, "[true, false]");
  EQ(empty(), "mV", 1e-3, NULL, "[] mV");
  EQ(VEC(1, 0.5), "", 1, ".2f", "[1.00, 0.50]");
  Array *long_one = array_new1(VAL_INT, 5000);
  Str s = {0};
  format_value(&s, value_obj(long_one), "", 1, NULL);
  ck_assert_uint_eq(s.n, 3 * 5000); // "[" 5000 "0", 4999 ", " "]"
  str_free(&s);
  value_drop(value_obj(long_one));
}
END_TEST

START_TEST(others) {
  EQ(value_bool(true), "", 1, NULL, "true");
  EQ(text("a \"b\""), "", 1, NULL, "a \"b\"");
  Table *t = table_new(2);
  table_set(t, 0, "g", "", 1, VEC(1, 20));
  table_set(t, 1, "r", "Hz", 1, VEC(5.5, 6));
  EQ(value_obj(t), "", 1, NULL, " g  r (Hz)\n 1     5.5\n20       6");
}
END_TEST

START_TEST(formats) {
  EQ(N(3.14159), "", 1, ".2f", "3.14");
  EQ(N(3.14159), "", 1, "8.2f", "    3.14");
  EQ(N(3.14159), "", 1, "<8.2f", "3.14    ");
  EQ(N(3.14159), "", 1, "^8.2f", "  3.14  ");
  EQ(N(3.14159), "", 1, "08.2f", "00003.14");
  EQ(N(-3.14159), "", 1, "08.2f", "-0003.14");
  EQ(N(3.14159), "", 1, "+.1f", "+3.1");
  EQ(N(12345.678), "", 1, ".3e", "1.235e+04");
  EQ(N(0.0001234), "", 1, "g", "0.0001234");
  EQ(N(1234567), "", 1, ".3g", "1.23e+06");
  EQ(N(1234567), "", 1, ".3", "1.23e+06");
  EQ(N(0.256), "", 1, ".1%", "25.6%");
  EQ(I(42), "", 1, "5", "   42");
  EQ(I(42), "", 1, "05d", "00042");
  EQ(I(42), "", 1, ".1f", "42.0");
  EQ(N(41.7), "", 1, "d", "42");
  EQ(N(-0.0632), "mV", 1e-3, ".1f", "-63.2 mV");
  EQ(text("τ"), "", 1, "4", "τ   ");
  EQ(text("a"), "", 1, ">4s", "   a");
  EQ(N(INFINITY), "", 1, "08.2f", "     inf");
}
END_TEST

START_TEST(formats_that_are_none) {
  ck_assert_ptr_null(format_problem(".2f"));
  ck_assert_ptr_null(format_problem(""));
  ck_assert_ptr_nonnull(format_problem(".2q"));
  ck_assert_ptr_nonnull(format_problem(".f"));
  ck_assert_ptr_nonnull(format_problem("99999f"));
  ck_assert_ptr_nonnull(format_problem(".999f"));
  ck_assert_ptr_nonnull(format_problem("%n"));
  ck_assert_ptr_nonnull(format_problem(".2d"));
  EQ(text("a"), "", 1, ".2f", "refused");
  EQ(N(1), "", 1, "abc", "refused");
}
END_TEST

TEST_MAIN("format", fewest_digits, numbers_read_back, quantities_in_their_unit, arrays, others, formats,
          formats_that_are_none)
