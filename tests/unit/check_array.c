// SPDX-License-Identifier: MIT
#include "tests/unit/value_helpers.h"

#define AT(v) {.kind = INDEX_AT, .at = v}
#define TO(a, b) {.kind = INDEX_RANGE, .has_lo = true, .has_hi = true, .lo = a, .hi = b}
#define FROM(a) {.kind = INDEX_RANGE, .has_lo = true, .lo = a}
#define UPTO(b) {.kind = INDEX_RANGE, .has_hi = true, .hi = b}
#define ALL {.kind = INDEX_RANGE}

static int code; // of the last operation; 0: none

static Value binary(ArrayOp op, Value a, Value b) {
  Diags *d = diags_new(NULL);
  Value out = value_none();
  array_binary(d, NOWHERE, op, a, b, &out);
  code = error_of(d);
  value_drop(a);
  value_drop(b);
  diags_free(d);
  return out;
}

static Value indexed(Value x, int n, Index *ix) {
  Diags *d = diags_new(NULL);
  Value out = value_none();
  array_index(d, NOWHERE, x, ix, n, &out);
  code = error_of(d);
  value_drop(x);
  for (int k = 0; k < n; k++) value_drop(ix[k].kind == INDEX_AT ? ix[k].at : value_none());
  diags_free(d);
  return out;
}
#define INDEXED(x, ...) indexed(x, (int)(sizeof((Index[]){__VA_ARGS__}) / sizeof(Index)), (Index[]){__VA_ARGS__})

static Value assigned(Value x, int n, Index *ix, ArrayOp op, Value v) {
  Diags *d = diags_new(NULL);
  array_assign(d, NOWHERE, &x, ix, n, op, v);
  code = error_of(d);
  value_drop(v);
  for (int k = 0; k < n; k++) value_drop(ix[k].kind == INDEX_AT ? ix[k].at : value_none());
  diags_free(d);
  return x;
}
#define ASSIGNED(x, op, v, ...)                                                                                        \
  assigned(x, (int)(sizeof((Index[]){__VA_ARGS__}) / sizeof(Index)), (Index[]){__VA_ARGS__}, op, v)

static Value counting(int rows, int cols) { // 0, 1, 2 ... row by row
  Array *a = array_new(VAL_NUM, 2, (int64_t[]){rows, cols});
  for (int64_t k = 0; k < a->n; k++) a->data[k] = (double)k;
  return value_obj(a);
}

START_TEST(operators_on_numbers) {
  SHOWS(binary(ARRAY_ADD, I(2), I(3)), "5");
  ck_assert_int_eq(binary(ARRAY_MUL, I(2), I(3)).kind, VAL_INT);
  ck_assert_int_eq(binary(ARRAY_DIV, I(4), I(2)).kind, VAL_NUM);
  SHOWS(binary(ARRAY_DIV, I(1), I(4)), "0.25");
  SHOWS(binary(ARRAY_POW, N(2), N(10)), "1024");
  SHOWS(binary(ARRAY_LE, N(2), I(2)), "true");
  SHOWS(binary(ARRAY_AND, value_bool(true), value_bool(false)), "false");
  ck_assert_int_eq(binary(ARRAY_ADD, value_bool(true), value_bool(true)).i, 2);
  ck_assert_int_eq(binary(ARRAY_ADD, I(INT64_MAX), I(1)).kind, VAL_NUM); // goes on as a number
}
END_TEST

START_TEST(operators_element_by_element) {
  SHOWS(binary(ARRAY_ADD, VEC(1, 2, 3), N(10)), "[11, 12, 13]");
  SHOWS(binary(ARRAY_SUB, N(10), VEC(1, 2, 3)), "[9, 8, 7]");
  SHOWS(binary(ARRAY_MUL, VEC(1, 2, 3), VEC(4, 5, 6)), "[4, 10, 18]");
  SHOWS(binary(ARRAY_GT, VEC(1, 2, 3), N(1)), "[false, true, true]");
  SHOWS(binary(ARRAY_ADD, INTS(1, 2), I(1)), "[2, 3]");
  SHOWS(binary(ARRAY_ADD, empty(), N(1)), "[]");
}
END_TEST

START_TEST(broadcasting) {
  SHOWS(binary(ARRAY_ADD, MAT(2, 3, 0, 1, 2, 3, 4, 5), VEC(10, 20, 30)), "[[10, 21, 32], [13, 24, 35]]");
  SHOWS(binary(ARRAY_ADD, MAT(2, 1, 1, 2), MAT(1, 3, 10, 20, 30)), "[[11, 21, 31], [12, 22, 32]]");
  SHOWS(binary(ARRAY_SUB, MAT(2, 1, 1, 2), VEC(1, 1)), "[[0, 0], [1, 1]]");
  Value cube = make(VAL_NUM, 3, (int64_t[]){2, 1, 2}, (double[]){1, 2, 3, 4});
  SHOWS(binary(ARRAY_MUL, cube, MAT(2, 1, 1, 10)), "[[[1, 2], [10, 20]], [[3, 4], [30, 40]]]");
  value_drop(binary(ARRAY_ADD, VEC(1, 2, 3), VEC(1, 2)));
  ck_assert_int_eq(code, E_SHAPE);
  SHOWS(binary(ARRAY_ADD, make(VAL_NUM, 2, (int64_t[]){0, 1}, NULL), VEC(1, 2)), "[]");
}
END_TEST

START_TEST(texts) {
  SHOWS(binary(ARRAY_ADD, text("ab"), text("cd")), "abcd");
  SHOWS(binary(ARRAY_LT, text("ab"), text("b")), "true");
  SHOWS(binary(ARRAY_EQ, text("a"), text("a")), "true");
  value_drop(binary(ARRAY_MUL, text("a"), text("a")));
  ck_assert_int_eq(code, E_OPERAND);
  value_drop(binary(ARRAY_ADD, text("a"), N(1)));
  ck_assert_int_eq(code, E_OPERAND);
}
END_TEST

START_TEST(unary_and_choice) {
  Diags *d = diags_new(NULL);
  Value out, x = VEC(1, -2), c = MASK(1, 0), y = N(7);
  array_unary(d, NOWHERE, ARRAY_NEG, x, &out);
  SHOWS(out, "[-1, 2]");
  array_unary(d, NOWHERE, ARRAY_NOT, c, &out);
  SHOWS(out, "[false, true]");
  array_select(d, NOWHERE, c, x, y, &out);
  SHOWS(out, "[1, 7]");
  array_select(d, NOWHERE, value_bool(false), x, y, &out);
  SHOWS(out, "7");
  value_drop(x);
  value_drop(c);
  ck_assert_int_eq(diags_errors(d), 0);
  diags_free(d);
}
END_TEST

START_TEST(elements) {
  SHOWS(INDEXED(VEC(10, 20, 30), AT(I(0))), "10");
  SHOWS(INDEXED(VEC(10, 20, 30), AT(I(-1))), "30");
  SHOWS(INDEXED(VEC(10, 20, 30), AT(N(1))), "20");
  SHOWS(INDEXED(counting(3, 4), AT(I(2)), AT(I(1))), "9");
  SHOWS(INDEXED(counting(3, 4), AT(I(1))), "[4, 5, 6, 7]");
  ck_assert_int_eq(INDEXED(INTS(1, 2), AT(I(0))).kind, VAL_INT);
  ck_assert_int_eq(INDEXED(MASK(1, 0), AT(I(0))).kind, VAL_BOOL);
}
END_TEST

START_TEST(ranges) {
  SHOWS(INDEXED(VEC(0, 1, 2, 3, 4), TO(1, 3)), "[1, 2]");
  SHOWS(INDEXED(VEC(0, 1, 2, 3, 4), FROM(-2)), "[3, 4]");
  SHOWS(INDEXED(VEC(0, 1, 2, 3, 4), UPTO(-3)), "[0, 1]");
  SHOWS(INDEXED(VEC(0, 1, 2), ALL), "[0, 1, 2]");
  SHOWS(INDEXED(VEC(0, 1, 2), FROM(3)), "[]");
  SHOWS(INDEXED(VEC(0, 1, 2), TO(2, 1)), "[]");
  SHOWS(INDEXED(counting(3, 4), ALL, AT(I(1))), "[1, 5, 9]");
  SHOWS(INDEXED(counting(3, 4), TO(1, 3), FROM(2)), "[[6, 7], [10, 11]]");
}
END_TEST

START_TEST(lists_and_masks) {
  SHOWS(INDEXED(VEC(0, 10, 20, 30), AT(INTS(3, 1, 1))), "[30, 10, 10]");
  SHOWS(INDEXED(VEC(0, 10, 20), AT(MASK(1, 0, 1))), "[0, 20]");
  SHOWS(INDEXED(VEC(0, 10), AT(empty())), "[]");
  SHOWS(INDEXED(counting(3, 4), AT(INTS(0, 2)), AT(INTS(1, 3))), "[1, 11]"); // pairs
  SHOWS(INDEXED(counting(3, 4), AT(INTS(0, 2)), ALL), "[[0, 1, 2, 3], [8, 9, 10, 11]]");
  SHOWS(INDEXED(counting(2, 3), ALL, AT(INTS(2, 0))), "[[2, 0], [5, 3]]");
  Value mask = make(VAL_BOOL, 2, (int64_t[]){2, 2}, (double[]){1, 0, 0, 1});
  SHOWS(INDEXED(counting(2, 2), AT(mask)), "[0, 3]");
  Value grid = make(VAL_INT, 2, (int64_t[]){2, 2}, (double[]){0, 1, 1, 0});
  SHOWS(INDEXED(VEC(5, 6), AT(grid)), "[[5, 6], [6, 5]]");
  Value column = make(VAL_INT, 2, (int64_t[]){2, 1}, (double[]){0, 1});
  SHOWS(INDEXED(counting(2, 3), AT(column), AT(INTS(0, 2))), "[[0, 2], [3, 5]]");
}
END_TEST

START_TEST(index_errors) {
  value_drop(INDEXED(VEC(1, 2, 3), AT(I(3))));
  ck_assert_int_eq(code, E_INDEX);
  value_drop(INDEXED(VEC(1, 2, 3), AT(I(-4))));
  ck_assert_int_eq(code, E_INDEX);
  value_drop(INDEXED(VEC(1, 2, 3), TO(0, 4)));
  ck_assert_int_eq(code, E_INDEX);
  value_drop(INDEXED(VEC(1, 2, 3), AT(N(0.5))));
  ck_assert_int_eq(code, E_INDEX_KIND);
  value_drop(INDEXED(VEC(1, 2, 3), AT(N(NAN))));
  ck_assert_int_eq(code, E_INDEX_KIND);
  value_drop(INDEXED(VEC(1, 2, 3), AT(text("a"))));
  ck_assert_int_eq(code, E_INDEX_KIND);
  value_drop(INDEXED(VEC(1, 2, 3), AT(I(0)), AT(I(0))));
  ck_assert_int_eq(code, E_INDEX_KIND);
  value_drop(INDEXED(VEC(1, 2, 3), AT(MASK(1, 0))));
  ck_assert_int_eq(code, E_INDEX);
  value_drop(INDEXED(counting(2, 2), AT(INTS(0, 1)), AT(INTS(0, 1, 1))));
  ck_assert_int_eq(code, E_SHAPE);
  value_drop(INDEXED(N(1), AT(I(0))));
  ck_assert_int_eq(code, E_OPERAND);
}
END_TEST

START_TEST(assignment) {
  SHOWS(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, N(9), AT(I(1))), "[1, 9, 3]");
  SHOWS(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, N(9), AT(I(-1))), "[1, 2, 9]");
  SHOWS(ASSIGNED(VEC(1, 2, 3), ARRAY_ADD, N(1), AT(I(0))), "[2, 2, 3]");
  SHOWS(ASSIGNED(VEC(1, 2, 3, 4), ARRAY_SET, VEC(7, 8), TO(1, 3)), "[1, 7, 8, 4]");
  SHOWS(ASSIGNED(VEC(1, 2, 3), ARRAY_MUL, N(2), ALL), "[2, 4, 6]");
  SHOWS(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, N(0), AT(MASK(1, 0, 1))), "[0, 2, 0]");
  SHOWS(ASSIGNED(counting(2, 2), ARRAY_SET, VEC(8, 9), ALL, AT(I(1))), "[[0, 8], [2, 9]]");
  SHOWS(ASSIGNED(counting(2, 2), ARRAY_SET, VEC(8, 9), ALL, ALL), "[[8, 9], [8, 9]]");
  SHOWS(ASSIGNED(counting(2, 2), ARRAY_ADD, VEC(10, 20), AT(I(1))), "[[0, 1], [12, 23]]");
  SHOWS(ASSIGNED(INTS(1, 2), ARRAY_SET, N(0.5), AT(I(0))), "[0.5, 2]");
  value_drop(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, VEC(1, 2), ALL));
  ck_assert_int_eq(code, E_SHAPE);
  value_drop(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, MAT(2, 3, 1, 2, 3, 4, 5, 6), ALL));
  ck_assert_int_eq(code, E_SHAPE);
  value_drop(ASSIGNED(VEC(1, 2, 3), ARRAY_SET, text("a"), AT(I(0))));
  ck_assert_int_eq(code, E_OPERAND);
}
END_TEST

START_TEST(assignment_copies_shared_arrays) {
  Value a = VEC(1, 2, 3), b = value_keep(a);
  b = ASSIGNED(b, ARRAY_SET, N(9), AT(I(0)));
  SHOWS(a, "[1, 2, 3]");
  SHOWS(b, "[9, 2, 3]");
  Value x = VEC(1, 2, 3, 4);
  SHOWS(ASSIGNED(x, ARRAY_SET, INDEXED(value_keep(x), UPTO(-1)), FROM(1)), "[1, 1, 2, 3]");
  Value y = VEC(1, 2);
  SHOWS(ASSIGNED(y, ARRAY_ADD, value_keep(y), ALL), "[2, 4]");
}
END_TEST

START_TEST(texts_in_arrays) {
  Diags *d = diags_new(NULL);
  Value items[3] = {text("a"), text("b"), text("c")}, out;
  ck_assert(array_stack(d, NOWHERE, items, 3, &out));
  for (int k = 0; k < 3; k++) value_drop(items[k]);
  SHOWS(INDEXED(value_keep(out), AT(INTS(2, 0))), "[\"c\", \"a\"]");
  SHOWS(INDEXED(value_keep(out), AT(I(1))), "b");
  SHOWS(binary(ARRAY_EQ, value_keep(out), text("b")), "[false, true, false]");
  out = ASSIGNED(out, ARRAY_SET, text("zz"), TO(0, 2));
  SHOWS(out, "[\"zz\", \"zz\", \"c\"]");
  SHOWS(INDEXED(text("aτb"), AT(I(1))), "τ");
  SHOWS(INDEXED(text("aτb"), FROM(1)), "τb");
  diags_free(d);
}
END_TEST

START_TEST(stacking) {
  Diags *d = diags_new(NULL);
  Value out, rows[2] = {VEC(1, 2), VEC(3, 4)}, ints[2] = {I(1), I(2)}, mixed[2] = {I(1), N(0.5)};
  ck_assert(array_stack(d, NOWHERE, rows, 2, &out));
  SHOWS(out, "[[1, 2], [3, 4]]");
  ck_assert(array_stack(d, NOWHERE, ints, 2, &out));
  ck_assert_int_eq(((Array *)out.obj)->elem, VAL_INT);
  value_drop(out);
  ck_assert(array_stack(d, NOWHERE, mixed, 2, &out));
  SHOWS(out, "[1, 0.5]");
  ck_assert(array_stack(d, NOWHERE, NULL, 0, &out));
  SHOWS(out, "[]");
  Value ragged[2] = {VEC(1, 2), VEC(3)};
  ck_assert(!array_stack(d, NOWHERE, ragged, 2, &out));
  ck_assert_int_eq(error_of(d), E_SHAPE);
  Value odd[2] = {N(1), text("a")};
  ck_assert(!array_stack(d, NOWHERE, odd, 2, &out));
  ck_assert_int_eq(error_of(d), E_OPERAND);
  for (int k = 0; k < 2; k++) value_drop(rows[k]), value_drop(ragged[k]), value_drop(odd[k]);
  diags_free(d);
}
END_TEST

START_TEST(ranges_and_rows) {
  Diags *d = diags_new(NULL);
  Value out;
  ck_assert(array_range(d, NOWHERE, 2, 5, &out));
  SHOWS(out, "[2, 3, 4]");
  ck_assert(array_range(d, NOWHERE, 5, 2, &out));
  SHOWS(out, "[]");
  ck_assert(!array_range(d, NOWHERE, INT64_MIN, INT64_MAX, &out));
  ck_assert_int_eq(error_of(d), E_MEMORY);
  Value m = counting(2, 3);
  SHOWS(array_row(m, 1), "[3, 4, 5]");
  ck_assert_int_eq(value_len(m), 2);
  value_drop(m);
  diags_free(d);
}
END_TEST

START_TEST(positions_on_a_sheet) {
  Diags *d = diags_new(NULL);
  int64_t sheet[2] = {3, 4};
  Value out;
  Index row[] = {AT(I(1)), ALL}, flat[] = {AT(I(7))}, last[] = {AT(I(-1)), AT(I(-1))};
  ck_assert(array_positions(d, NOWHERE, 2, sheet, row, 2, &out));
  SHOWS(out, "[4, 5, 6, 7]");
  ck_assert(array_positions(d, NOWHERE, 2, sheet, flat, 1, &out));
  SHOWS(out, "[7]");
  ck_assert(array_positions(d, NOWHERE, 2, sheet, last, 2, &out));
  SHOWS(out, "[11]");
  diags_free(d);
}
END_TEST

START_TEST(sums_lose_nothing) {
  enum { MANY = 1000000 };
  double *p = mem_alloc(MANY * sizeof *p);
  for (int k = 0; k < MANY; k++) p[k] = 0.1;
  ck_assert_double_eq_tol(array_sum(p, MANY, 1), 1e5, 1e-10); // one by one the error is 1e-6
  mem_free(p);
}
END_TEST

TEST_MAIN("array", operators_on_numbers, operators_element_by_element, broadcasting, texts, unary_and_choice, elements,
          ranges, lists_and_masks, index_errors, assignment, assignment_copies_shared_arrays, texts_in_arrays, stacking,
          ranges_and_rows, positions_on_a_sheet, sums_lose_nothing)
