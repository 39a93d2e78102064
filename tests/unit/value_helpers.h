// SPDX-License-Identifier: MIT
// For tests of values: arrays from lists of numbers, indices, calls of functions, and values as text to compare with.
#ifndef HEBB_TEST_VALUE_HELPERS_H
#define HEBB_TEST_VALUE_HELPERS_H
#include "base/arena.h"
#include "base/diag.h"
#include "vm/array.h"
#include "vm/builtin.h"
#include "vm/format.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Span NOWHERE = {0};

// An array of shape {...} from numbers in order.
__attribute__((unused)) static Value make(ValueKind elem, int ndim, const int64_t *shape, const double *x) {
  Array *a = array_new(elem, ndim, shape);
  for (int64_t k = 0; k < a->n; k++) a->data[k] = x[k];
  return value_obj(a);
}
#define VEC(...)                                                                                                       \
  make(VAL_NUM, 1, (int64_t[]){(int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))}, (double[]){__VA_ARGS__})
#define INTS(...)                                                                                                      \
  make(VAL_INT, 1, (int64_t[]){(int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))}, (double[]){__VA_ARGS__})
#define MASK(...)                                                                                                      \
  make(VAL_BOOL, 1, (int64_t[]){(int64_t)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))}, (double[]){__VA_ARGS__})
#define MAT(rows, cols, ...) make(VAL_NUM, 2, (int64_t[]){rows, cols}, (double[]){__VA_ARGS__})
__attribute__((unused)) static Value empty(void) { return make(VAL_NUM, 1, (int64_t[]){0}, NULL); }
__attribute__((unused)) static Value text(const char *s) { return str_value(s, (int64_t)strlen(s)); }

// The text of a value, which is given back; the result lives until the next call but seven.
__attribute__((unused)) static const char *shown(Value v) {
  static char buf[8][4096];
  static int at;
  Str s = {0};
  format_value(&s, v, "", 1, NULL);
  value_drop(v);
  at = (at + 1) % 8;
  snprintf(buf[at], sizeof buf[at], "%s", s.data ? s.data : "");
  str_free(&s);
  return buf[at];
}

// The code of the only error reported, 0 if there is none; clears.
__attribute__((unused)) static int error_of(Diags *d) {
  int code = diags_errors(d) ? (int)diags_code(d, 0) : 0;
  diags_clear(d);
  return code;
}

// Calls a function; takes the arguments. VAL_NONE after an error, whose code is in *code.
__attribute__((unused)) static Value call_at(const char *name, uint64_t draw, int nargs, Value *args, int *code) {
  Diags *d = diags_new(NULL);
  Value out = value_none();
  int b = builtin_find(name, strlen(name));
  ck_assert_msg(b >= 0, "no function %s", name);
  BuiltinCall c = {.diags = d, .args = args, .nargs = nargs, .result = &out, .key = {.seed = 42, .trial = 0, .object = 7},
                   .draws = &draw};
  bool ok = BUILTINS[b].fn(&c);
  for (int k = 0; k < nargs; k++) value_drop(args[k]);
  *code = diags_errors(d) ? (int)diags_code(d, 0) : 0;
  ck_assert_msg(ok == (diags_errors(d) == 0), "%s reports and returns differently", name);
  diags_free(d);
  return out;
}
#define CALL_AT(name, draw, ...)                                                                                       \
  call_at(name, draw, (int)(sizeof((Value[]){__VA_ARGS__}) / sizeof(Value)), (Value[]){__VA_ARGS__}, &(int){0})
#define CALL(name, ...) CALL_AT(name, 0, __VA_ARGS__)
// The code with which a call fails.
#define FAILS(code, name, ...)                                                                                         \
  do {                                                                                                                 \
    int got_;                                                                                                          \
    Value v_ = call_at(name, 0, (int)(sizeof((Value[]){__VA_ARGS__}) / sizeof(Value)), (Value[]){__VA_ARGS__}, &got_);  \
    ck_assert_int_eq(got_, code);                                                                                      \
    ck_assert_int_eq(v_.kind, VAL_NONE);                                                                               \
  } while (0)
#define N(x) value_num(x)
#define I(x) value_int(x)
#define NONE value_none()
#define SHOWS(v, s) ck_assert_str_eq(shown(v), s)

#define TEST_MAIN(name, ...)                                                                                           \
  int main(void) {                                                                                                     \
    Suite *suite = suite_create(name);                                                                                 \
    TCase *tc = tcase_create(name);                                                                                    \
    const TTest *tests[] = {__VA_ARGS__};                                                                              \
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) tcase_add_test(tc, tests[k]);                             \
    suite_add_tcase(suite, tc);                                                                                        \
    SRunner *r = srunner_create(suite);                                                                                \
    srunner_set_tap(r, "-");                                                                                           \
    srunner_run_all(r, CK_SILENT);                                                                                     \
    int failed = srunner_ntests_failed(r);                                                                             \
    srunner_free(r);                                                                                                   \
    return failed != 0;                                                                                                \
  }
#endif
