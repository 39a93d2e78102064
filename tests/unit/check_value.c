// SPDX-License-Identifier: MIT
#include "tests/unit/value_helpers.h"

START_TEST(owners_are_counted) {
  Value v = VEC(1, 2, 3);
  Value w = value_keep(v);
  ck_assert_int_eq(v.obj->refs, 2);
  Array *own = array_own(&w);
  ck_assert_ptr_ne(own, v.obj);
  own->data[0] = 9;
  SHOWS(v, "[1, 2, 3]");
  SHOWS(w, "[9, 2, 3]");
}
END_TEST

START_TEST(sole_owner_is_not_copied) {
  Value v = VEC(1);
  Object *before = v.obj;
  ck_assert_ptr_eq(array_own(&v), before);
  value_drop(v);
}
END_TEST

START_TEST(texts_are_counted_in_copies) {
  Array *a = array_new1(VAL_STR, 2);
  a->strs[0] = (StrObj *)text("a").obj;
  a->strs[1] = (StrObj *)text("b").obj;
  Value v = value_obj(a), w = value_keep(v);
  array_own(&w);
  ck_assert_int_eq(a->strs[0]->head.refs, 2);
  value_drop(v);
  SHOWS(w, "[\"a\", \"b\"]");
}
END_TEST

START_TEST(memory_that_no_machine_has) {
  int64_t huge[3] = {1000000, 1000000, 1000}, wrap[2] = {INT64_MAX / 2, 8}, negative[1] = {-1};
  ck_assert_ptr_null(array_new(VAL_NUM, 3, huge));
  ck_assert_ptr_null(array_new(VAL_NUM, 2, wrap));
  ck_assert_ptr_null(array_new(VAL_NUM, 1, negative));
  Array *none = array_new(VAL_NUM, 2, (int64_t[]){0, INT64_MAX});
  ck_assert_int_eq(none->n, 0);
  value_drop(value_obj(none));
}
END_TEST

START_TEST(tables_know_their_columns) {
  Table *t = table_new(2);
  table_set(t, 0, "t", "ms", 1e-3, VEC(0, 0.001));
  table_set(t, 1, "V", "mV", 1e-3, VEC(-0.07, -0.065));
  ck_assert_int_eq(table_find(t, "V"), 1);
  ck_assert_int_eq(table_find(t, "W"), -1);
  ck_assert_int_eq(value_len(value_obj(t)), 2);
  value_drop(value_obj(t));
}
END_TEST

START_TEST(numbers_of_values) {
  ck_assert_double_eq(value_as_num(value_int(3)), 3);
  ck_assert_double_eq(value_as_num(value_bool(true)), 1);
  Value v = VEC(5);
  ck_assert_double_eq(value_as_num(v), 5);
  value_drop(v);
  ck_assert_double_nan(value_as_num(value_none()));
}
END_TEST

TEST_MAIN("value", owners_are_counted, sole_owner_is_not_copied, texts_are_counted_in_copies,
          memory_that_no_machine_has, tables_know_their_columns, numbers_of_values)
