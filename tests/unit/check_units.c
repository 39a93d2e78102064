// SPDX-License-Identifier: MIT
// lang/unit.c: names of units, dimensions, and how a dimension is shown.
#include "base/arena.h"
#include "lang/slip.h"
#include "lang/type.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static Unit unit(const char *name) {
  Unit u;
  ck_assert_msg(unit_lookup(name, strlen(name), &u), "%s is a unit", name);
  return u;
}

static bool is_unit(const char *name) {
  Unit u;
  return unit_lookup(name, strlen(name), &u);
}

START_TEST(names_and_prefixes) {
  ck_assert_double_eq(unit("mV").scale, 1e-3);
  ck_assert_double_eq(unit("kHz").scale, 1e3);
  ck_assert_double_eq(unit("um").scale, 1e-6);
  ck_assert_double_eq(unit("µm").scale, 1e-6); // U+00B5
  ck_assert_double_eq(unit("μm").scale, 1e-6); // U+03BC
  ck_assert_double_eq(unit("MΩ").scale, 1e6);
  ck_assert_double_eq(unit("Mohm").scale, 1e6);
  ck_assert_double_eq(unit("kg").scale, 1);
  ck_assert_double_eq(unit("mM").scale, 1); // 1 mol/m^3
  ck_assert_double_eq(unit("min").scale, 60);
  ck_assert_double_eq(unit("mmol").scale, 1e-3);
}
END_TEST

START_TEST(what_is_no_unit) {
  static const char *const names[] = {"", "mv", "sec", "mmin", "mhour", "x", "mmV", "mVx", "int", "Volt"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    ck_assert_msg(!is_unit(names[k]), "%s is no unit", names[k]);
}
END_TEST

START_TEST(dimensions_multiply) {
  ck_assert(dim_equal(dim_mul(unit("V").dim, unit("S").dim), unit("A").dim));
  ck_assert(dim_equal(dim_mul(unit("ohm").dim, unit("F").dim), unit("s").dim));
  ck_assert(dim_equal(dim_div(unit("C").dim, unit("s").dim), unit("A").dim));
  ck_assert(dim_equal(dim_div(DIM_NONE, unit("s").dim), unit("Hz").dim));
  ck_assert(dim_equal(dim_mul(unit("N").dim, unit("m").dim), unit("J").dim));
  ck_assert(dim_equal(dim_mul(unit("T").dim, dim_mul(unit("m").dim, unit("m").dim)), unit("Wb").dim));
  ck_assert(dim_is_none(unit("rad").dim));
}
END_TEST

START_TEST(powers) {
  Dim half, whole, third;
  ck_assert(dim_pow(unit("s").dim, -1, 2, &half));
  ck_assert(dim_pow(half, -2, 1, &whole));
  ck_assert(dim_equal(whole, unit("s").dim));
  ck_assert(dim_pow(unit("m").dim, 1, 3, &third));
  ck_assert(!dim_pow(third, 1, 24, &whole)); // finer than a twelfth
  ck_assert(!dim_pow(unit("m").dim, 1000, 1, &whole));
  ck_assert(!dim_pow(unit("m").dim, 1, 0, &whole));
}
END_TEST

static const char *shown(Dim d, Arena *a) { return dim_unit(d, a)->text; }

START_TEST(showing) {
  Arena *a = arena_new();
  Dim root, m2 = dim_mul(unit("m").dim, unit("m").dim);
  dim_pow(unit("s").dim, -1, 2, &root);
  ck_assert_str_eq(shown(DIM_NONE, a), "");
  ck_assert_str_eq(shown(unit("mV").dim, a), "V");
  ck_assert_str_eq(shown(dim_div(DIM_NONE, unit("ms").dim), a), "Hz");
  ck_assert_str_eq(shown(dim_div(unit("V").dim, unit("s").dim), a), "V/s");
  ck_assert_str_eq(shown(dim_div(unit("S").dim, m2), a), "S/m^2");
  ck_assert_str_eq(shown(dim_mul(unit("V").dim, unit("V").dim), a), "V^2");
  ck_assert_str_eq(shown(root, a), "1/s^(1/2)");
  ck_assert_str_eq(shown(dim_mul(unit("V").dim, root), a), "V/s^(1/2)");
  arena_free(a);
}
END_TEST

START_TEST(named_units) {
  Arena *a = arena_new();
  ck_assert_str_eq(unit_named(unit("A").dim, 1e-12, a)->text, "pA");
  ck_assert_str_eq(unit_named(unit("V").dim, 1, a)->text, "V");
  ck_assert_ptr_null(unit_named(unit("V").dim, 3, a));
  arena_free(a);
}
END_TEST

// What people write for units of the table.
START_TEST(units_meant) {
  static const char *const pairs[][2] = {{"mv", "mV"}, {"millivolt", "mV"}, {"millivolts", "mV"}, {"Volt", "V"}, {"msec", "ms"},
                                         {"seconds", "s"}, {"microsecond", "us"}, {"khz", "kHz"}, {"Hertz", "Hz"}, {"nanosiemens", "nS"},
                                         {"picoamps", "pA"}, {"MOhms", "Mohm"}, {"micrometre", "um"}, {"hr", "hour"}, {"pa", "pA"}};
  Unit u;
  for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
    ck_assert_msg(slip_unit(pairs[k][0], &u), "%s", pairs[k][0]);
    ck_assert_str_eq(u.text, pairs[k][1]);
  }
  ck_assert(!slip_unit("tau", &u) && !slip_unit("millitau", &u) && !slip_unit("", &u));
  Unit s;
  unit_lookup("s", 1, &s);
  ck_assert(slip_unit_case("MS", s.dim, &u));
  ck_assert_str_eq(u.text, "ms");
  ck_assert(!slip_unit_case("MV", s.dim, &u));
}
END_TEST

int main(void) {
  Suite *s = suite_create("units");
  TCase *t = tcase_create("units");
  tcase_add_test(t, names_and_prefixes);
  tcase_add_test(t, what_is_no_unit);
  tcase_add_test(t, dimensions_multiply);
  tcase_add_test(t, powers);
  tcase_add_test(t, showing);
  tcase_add_test(t, named_units);
  tcase_add_test(t, units_meant);
  suite_add_tcase(s, t);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
