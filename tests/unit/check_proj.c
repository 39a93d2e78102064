// SPDX-License-Identifier: MIT
// Patterns and tables of connections.
#include "tests/unit/net_helpers.h"

static Fix f;
static void open_fix(void) { fix_open(&f); }
static void close_fix(void) { fix_close(&f); }

static Array *column(const ProjGroup *g, const char *name) { return fix_read(&f, g, name); }

// Ascending by source, then target.
static void check_order(const ProjGroup *g) {
  Array *i = column(g, "i"), *j = column(g, "j");
  for (int64_t k = 1; k < i->n; k++)
    ck_assert(i->data[k] > i->data[k - 1] || (i->data[k] == i->data[k - 1] && j->data[k] >= j->data[k - 1]));
  fix_drop(i);
  fix_drop(j);
}

static ProjGroup *square(PatternKind pattern, int64_t n, double number, bool no_self, bool no_multiple) {
  ConnDesc *d = fix_conn(&f, pattern, 1, 2, 0, 20e-4);
  d->no_self = no_self;
  d->no_multiple = no_multiple;
  Pop *p = fix_pop(&f, n);
  return fix_connect(&f, d, sel_of_pop(p), sel_of_pop(p), number);
}

START_TEST(all_to_all) {
  ProjGroup *g = square(PATTERN_ALL, 30, 0, false, false);
  ck_assert_int_eq(proj_count(g), 900);
  check_order(g);
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 1, 0, 0);
  Pop *a = fix_pop(&f, 5), *b = fix_pop(&f, 7);
  g = fix_connect(&f, d, sel_of_pop(a), sel_of_pop(b), 0);
  ck_assert_int_eq(proj_count(g), 35);
  ck_assert(proj_store(g->proj[0])->shared);
  check_order(g);
}
END_TEST

START_TEST(all_to_all_without_self) {
  ProjGroup *g = square(PATTERN_ALL, 30, 0, true, false);
  ck_assert_int_eq(proj_count(g), 870);
  Array *i = column(g, "i"), *j = column(g, "j");
  for (int64_t k = 0; k < i->n; k++) ck_assert(i->data[k] != j->data[k]);
  fix_drop(i);
  fix_drop(j);
}
END_TEST

START_TEST(one_to_one) {
  ProjGroup *g = square(PATTERN_ONE, 10, 0, false, false);
  ck_assert_int_eq(proj_count(g), 10);
  Array *i = column(g, "i"), *j = column(g, "j");
  for (int64_t k = 0; k < 10; k++) ck_assert(i->data[k] == k && j->data[k] == k);
  fix_drop(i);
  fix_drop(j);
  ConnDesc *d = fix_conn(&f, PATTERN_ONE, 1, 1, 0, 0);
  Sel *a = sel_of_pop(fix_pop(&f, 3)), *b = sel_of_pop(fix_pop(&f, 4));
  ck_assert(!proj_make(f.vm, d, a, b, -1, NULL, 0, NULL, 0, &g));
  fix_one_error(&f, E_PATTERN_LENGTH);
  value_drop(value_obj(a));
  value_drop(value_obj(b));
}
END_TEST

// The count of synapses is binomial: 6 standard deviations are beyond any luck.
START_TEST(probability) {
  int64_t n = 600;
  double p = 0.1, mean = p * (double)(n * n), sd = sqrt(mean * (1 - p));
  ProjGroup *g = square(PATTERN_PROB, n, p, false, false);
  ck_assert_double_eq_tol((double)proj_count(g), mean, 6 * sd);
  check_order(g);
  Array *i = column(g, "i"), *j = column(g, "j");
  double *in = mem_alloc(sizeof *in * (size_t)n), chi = 0;
  for (int64_t k = 0; k < i->n; k++) {
    in[(int64_t)j->data[k]]++;
    if (k && i->data[k] == i->data[k - 1]) ck_assert(j->data[k] > j->data[k - 1]); // never twice
  }
  for (int64_t k = 0; k < n; k++) chi += pow(in[k] - p * (double)n, 2) / (p * (1 - p) * (double)n);
  ck_assert_double_eq_tol(chi, (double)n, 6 * sqrt(2.0 * (double)n)); // indegrees are binomial too
  mem_free(in);
  fix_drop(i);
  fix_drop(j);
}
END_TEST

START_TEST(probability_of_zero_and_one) {
  ck_assert_int_eq(proj_count(square(PATTERN_PROB, 20, 0, false, false)), 0);
  ck_assert_int_eq(proj_count(square(PATTERN_PROB, 20, 1, false, false)), 400);
  ck_assert_int_eq(proj_count(square(PATTERN_PROB, 20, 1, true, false)), 380);
}
END_TEST

static void check_degrees(ProjGroup *g, const char *side, int64_t n, double k, bool once) {
  Array *x = column(g, side), *i = column(g, "i"), *j = column(g, "j");
  double *count = mem_alloc(sizeof *count * (size_t)n);
  for (int64_t s = 0; s < x->n; s++) count[(int64_t)x->data[s]]++;
  for (int64_t e = 0; e < n; e++) ck_assert_double_eq(count[e], k);
  for (int64_t s = 1; once && s < x->n; s++) ck_assert(i->data[s] != i->data[s - 1] || j->data[s] != j->data[s - 1]);
  mem_free(count);
  fix_drop(x);
  fix_drop(i);
  fix_drop(j);
  check_order(g);
}

START_TEST(degrees) {
  check_degrees(square(PATTERN_INDEGREE, 50, 12, false, false), "j", 50, 12, false);
  check_degrees(square(PATTERN_OUTDEGREE, 50, 12, false, false), "i", 50, 12, false);
  check_degrees(square(PATTERN_INDEGREE, 50, 12, true, true), "j", 50, 12, true);
  check_degrees(square(PATTERN_INDEGREE, 50, 49, true, true), "j", 50, 49, true);
  check_degrees(square(PATTERN_OUTDEGREE, 50, 40, false, true), "i", 50, 40, true);
}
END_TEST

START_TEST(totals) {
  ck_assert_int_eq(proj_count(square(PATTERN_TOTAL, 40, 1000, false, false)), 1000);
  ProjGroup *g = square(PATTERN_TOTAL, 40, 1500, true, true); // of 1560 pairs
  ck_assert_int_eq(proj_count(g), 1500);
  check_order(g);
  g = square(PATTERN_TOTAL, 40, 100, true, true);
  ck_assert_int_eq(proj_count(g), 100);
  Array *i = column(g, "i"), *j = column(g, "j");
  for (int64_t k = 0; k < i->n; k++) {
    ck_assert(i->data[k] != j->data[k]);
    ck_assert(!k || i->data[k] != i->data[k - 1] || j->data[k] != j->data[k - 1]);
  }
  fix_drop(i);
  fix_drop(j);
}
END_TEST

static bool tried(PatternKind pattern, double number, bool no_multiple) {
  ConnDesc *d = fix_conn(&f, pattern, 1, 1, 0, 0);
  d->no_multiple = no_multiple;
  Sel *s = sel_of_pop(fix_pop(&f, 10));
  Value arg = value_num(number);
  ProjGroup *g;
  int before = f.vm->projs.n;
  bool ok = proj_make(f.vm, d, s, s, -1, &arg, 1, NULL, 0, &g);
  ck_assert_int_eq(f.vm->projs.n, before + ok);
  value_drop(value_obj(s));
  return ok;
}

START_TEST(numbers_that_cannot_be) {
  ck_assert(!tried(PATTERN_PROB, 1.5, false));
  fix_one_error(&f, E_PATTERN_NUMBER);
  ck_assert(!tried(PATTERN_PROB, NAN, false));
  fix_one_error(&f, E_PATTERN_NUMBER);
  ck_assert(!tried(PATTERN_INDEGREE, 2.5, false));
  fix_one_error(&f, E_PATTERN_NUMBER);
  ck_assert(!tried(PATTERN_INDEGREE, -1, false));
  fix_one_error(&f, E_PATTERN_NUMBER);
  ck_assert(!tried(PATTERN_INDEGREE, 11, true));
  fix_one_error(&f, E_DEGREE);
  ck_assert(!tried(PATTERN_TOTAL, 101, true));
  fix_one_error(&f, E_DEGREE);
  ck_assert(!tried(PATTERN_TOTAL, 1e13, false));
  ck_assert_int_eq(diags_errors(f.diags), 1);
}
END_TEST

START_TEST(pairs_given) {
  double s[] = {2, 0, 2, 1, 0}, t[] = {1, 3, 0, 2, 3}, w[] = {1, 2, 3, 4, 5};
  Array *a[3];
  double *data[] = {s, t, w};
  for (int k = 0; k < 3; k++) {
    a[k] = array_new1(VAL_NUM, 5);
    memcpy(a[k]->data, data[k], sizeof s);
  }
  ConnDesc *d = fix_conn(&f, PATTERN_FROM, 1, 1, 0, 0);
  d->init[0] = (InitCode){.var = S_W, .array = 0};
  Value args[2] = {value_obj(a[0]), value_obj(a[1])}, capture = value_obj(a[2]);
  Sel *all = sel_of_pop(fix_pop(&f, 4));
  ProjGroup *g;
  ck_assert(proj_make(f.vm, d, all, all, -1, args, 2, &capture, 1, &g));
  Array *i = column(g, "i"), *j = column(g, "j"), *ws = column(g, "w");
  double i0[] = {0, 0, 1, 2, 2}, j0[] = {3, 3, 2, 0, 1}, w0[] = {2, 5, 4, 3, 1};
  for (int k = 0; k < 5; k++) ck_assert(i->data[k] == i0[k] && j->data[k] == j0[k] && ws->data[k] == w0[k]);
  a[0]->data[0] = 4;
  ck_assert(!proj_make(f.vm, d, all, all, -1, args, 2, &capture, 1, &g));
  fix_one_error(&f, E_INDEX);
  for (int k = 0; k < 3; k++) fix_drop(a[k]);
  fix_drop(i);
  fix_drop(j);
  fix_drop(ws);
  value_drop(value_obj(all));
}
END_TEST

// i + j even, as a condition of pairs.
static Kernel *even_pairs(void) {
  Ir *ir = ir_new(f.a);
  IrVal sum = ir_op2(ir, IR_ADD, ir_index(ir, ACC_PRE), ir_index(ir, ACC_POST));
  IrVal even = ir_op2(ir, IR_EQ, ir_op2(ir, IR_MOD, sum, ir_const(ir, 2)), ir_const(ir, 0));
  ir_store(ir, fix_slot(SPACE_OUT, 0, ACC_LANE, 0, false, "out"), ir_op1(ir, IR_NUM, even));
  return fix_compile(&f, ir, "where");
}

START_TEST(conditions) {
  PatternKind patterns[] = {PATTERN_WHERE, PATTERN_PROB, PATTERN_INDEGREE, PATTERN_OUTDEGREE, PATTERN_TOTAL};
  double numbers[] = {0, 1, 5, 5, 60}, counts[] = {50, 50, 50, 50, 60};
  for (int k = 0; k < 5; k++) {
    ConnDesc *d = fix_conn(&f, patterns[k], 1, 1, 0, 0);
    d->where = even_pairs();
    Pop *p = fix_pop(&f, 10);
    ProjGroup *g = fix_connect(&f, d, sel_of_pop(p), sel_of_pop(p), numbers[k]);
    ck_assert_int_eq(proj_count(g), (int64_t)counts[k]);
    Array *i = column(g, "i"), *j = column(g, "j");
    for (int64_t s = 0; s < i->n; s++) ck_assert(fmod(i->data[s] + j->data[s], 2) == 0);
    fix_drop(i);
    fix_drop(j);
  }
}
END_TEST

START_TEST(slices_and_sums) {
  Pop *a = fix_pop(&f, 10), *b = fix_pop(&f, 6);
  Sel *sa = sel_of_pop(a), *sb = sel_of_pop(b), *cut = sel_slice(sa, 4, 8), *src = sel_sum(cut, sb), *dst = sel_sum(sb, sa);
  ConnDesc *d = fix_conn(&f, PATTERN_INDEGREE, 1, 2, 0, 10e-4);
  Value arg = value_num(7);
  ProjGroup *g;
  ck_assert(proj_make(f.vm, d, src, dst, -1, &arg, 1, NULL, 0, &g));
  ck_assert_int_eq(g->nproj, 4);
  ck_assert_int_eq(proj_count(g), 7 * 16);
  check_degrees(g, "j", 16, 7, false);
  Array *i = column(g, "i"), *pi = column(g, "pre.i"), *j = column(g, "j"), *pj = column(g, "post.i");
  for (int64_t k = 0; k < i->n; k++) {
    ck_assert_double_eq(pi->data[k], i->data[k] < 4 ? i->data[k] + 4 : i->data[k] - 4);
    ck_assert_double_eq(pj->data[k], j->data[k] < 6 ? j->data[k] : j->data[k] - 6);
  }
  Array *all[] = {i, pi, j, pj};
  for (int k = 0; k < 4; k++) fix_drop(all[k]);
  Sel *sels[] = {sa, sb, cut, src, dst};
  for (int k = 0; k < 5; k++) value_drop(value_obj(sels[k]));
}
END_TEST

START_TEST(neurons_named_twice) {
  Pop *p = fix_pop(&f, 5);
  Sel *all = sel_of_pop(p), *twice;
  Array *index = array_new1(VAL_INT, 2);
  index->data[0] = index->data[1] = 3;
  ck_assert(sel_pick(f.vm, all, index, &twice, (Span){0}));
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 1, 0, 0);
  ProjGroup *g;
  ck_assert(!proj_make(f.vm, d, twice, all, -1, NULL, 0, NULL, 0, &g));
  fix_one_error(&f, E_TWICE);
  fix_drop(index);
  value_drop(value_obj(all));
  value_drop(value_obj(twice));
}
END_TEST

START_TEST(rows_are_sorted_by_delay) {
  ProjGroup *g = square(PATTERN_PROB, 80, 0.5, false, false);
  const Store *s = proj_store(g->proj[0]);
  ck_assert_ptr_nonnull(s->seg_row);
  for (int64_t r = 0; r < s->nsrc; r++)
    for (int64_t k = s->off[r] + 1; k < s->off[r + 1]; k++) {
      ck_assert(s->pre.steps[k] >= s->pre.steps[k - 1]);
      if (s->pre.steps[k] == s->pre.steps[k - 1]) ck_assert(s->target[k] > s->target[k - 1]);
      ck_assert_int_eq(s->pre.steps[k], (int32_t)round(s->pre.times[k] / f.vm->dt));
    }
}
END_TEST

START_TEST(tables_do_not_depend_on_the_order_of_storage) {
  ProjGroup *g = square(PATTERN_PROB, 80, 0.5, false, false);
  Array *w = column(g, "w"), *d = column(g, "delay");
  ck_assert(vm_set_dt(f.vm, 1e-3, (Span){0})); // other rounding, other order of rows
  for (int k = 0; k < g->nproj; k++) ck_assert(proj_settle(f.vm, g->proj[k]));
  Array *w2 = column(g, "w"), *d2 = column(g, "delay");
  ck_assert(memcmp(w->data, w2->data, sizeof(double) * (size_t)w->n) == 0);
  ck_assert(memcmp(d->data, d2->data, sizeof(double) * (size_t)w->n) == 0);
  Array *all[] = {w, d, w2, d2};
  for (int k = 0; k < 4; k++) fix_drop(all[k]);
}
END_TEST

START_TEST(writing) {
  ProjGroup *g = square(PATTERN_PROB, 30, 0.5, false, false);
  Array *i = column(g, "i");
  ck_assert(proj_write(f.vm, g, "w", value_obj(i), (Span){0}));
  Array *w = column(g, "w");
  ck_assert(memcmp(w->data, i->data, sizeof(double) * (size_t)w->n) == 0);
  Array *j = column(g, "j");
  double x;
  ck_assert(proj_write_at(f.vm, g, "w", (int64_t)i->data[5], (int64_t)j->data[5], 42, (Span){0}));
  ck_assert(proj_read_at(f.vm, g, "w", (int64_t)i->data[5], (int64_t)j->data[5], &x, (Span){0}));
  ck_assert_double_eq(x, 42);
  ck_assert(proj_write(f.vm, g, "w", value_num(3), (Span){0}));
  fix_drop(w);
  w = column(g, "w");
  for (int64_t k = 0; k < w->n; k++) ck_assert_double_eq(w->data[k], 3);
  ck_assert(!proj_write(f.vm, g, "i", value_num(3), (Span){0}));
  fix_one_error(&f, E_NO_VARIABLE);
  ck_assert(!proj_read_at(f.vm, g, "w", 0, 1000, &x, (Span){0}));
  fix_one_error(&f, E_NO_SYNAPSE);
  fix_drop(w);
  fix_drop(i);
  fix_drop(j);
}
END_TEST

START_TEST(delays_that_cannot_be) {
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 1, -1e-3, -1e-3);
  Sel *s = sel_of_pop(fix_pop(&f, 3));
  ProjGroup *g;
  ck_assert(!proj_make(f.vm, d, s, s, -1, NULL, 0, NULL, 0, &g));
  fix_one_error(&f, E_DELAY);
  d = fix_conn(&f, PATTERN_ALL, 1, 1, -1e-3, 1e-3);
  ck_assert(!proj_make(f.vm, d, s, s, -1, NULL, 0, NULL, 0, &g));
  fix_one_error(&f, E_DELAY);
  value_drop(value_obj(s));
}
END_TEST

START_TEST(nest_needs_a_delay) {
  ck_assert(vm_set_semantics(f.vm, SEMANTICS_NEST, (Span){0}));
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 1, 0, 0);
  Pop *p = fix_pop(&f, 3);
  fix_connect(&f, d, sel_of_pop(p), sel_of_pop(p), 0);
  ck_assert_int_eq(vm_run(f.vm, 1, NULL, NULL, (Span){0}), RUN_ERROR);
  fix_one_error(&f, E_DELAY);
}
END_TEST

START_TEST(large_projections_are_single) {
  ProjGroup *g = square(PATTERN_TOTAL, 300, PROJ_SINGLE, false, false);
  ck_assert_int_eq(proj_slot_type(g->proj[0], S_W), SLOT_F64);
  g = square(PATTERN_TOTAL, 300, PROJ_SINGLE + 1, false, false);
  ck_assert_int_eq(proj_slot_type(g->proj[0], S_W), SLOT_F32);
  Array *w = column(g, "w");
  for (int64_t k = 0; k < w->n; k++) ck_assert(w->data[k] >= 1 && w->data[k] <= 2 && w->data[k] == (double)(float)w->data[k]);
  fix_drop(w);
}
END_TEST

START_TEST(one_seed_one_network) {
  Array *w[2];
  for (int round = 0; round < 2; round++) {
    vm_clear_network(f.vm);
    w[round] = column(square(PATTERN_PROB, 100, 0.2, false, false), "w");
  }
  ck_assert_int_eq(w[0]->n, w[1]->n);
  ck_assert(memcmp(w[0]->data, w[1]->data, sizeof(double) * (size_t)w[0]->n) == 0);
  fix_drop(w[0]);
  fix_drop(w[1]);
}
END_TEST

START_TEST(matrix_of_weights) {
  ConnDesc *d = fix_conn(&f, PATTERN_ONE, 5, 5, 0, 0);
  Pop *p = fix_pop(&f, 3);
  ProjGroup *g = fix_connect(&f, d, sel_of_pop(p), sel_of_pop(p), 0);
  Value v;
  ck_assert(proj_matrix(f.vm, g, "w", &v, (Span){0}));
  const Array *m = (const Array *)v.obj;
  for (int64_t k = 0; k < 9; k++) ck_assert_double_eq(m->data[k], k % 4 ? 0 : 5);
  value_drop(v);
}
END_TEST

// The synapses of each target, by the way back: all of them, by source, each with its own source.
static void check_way_back(ProjGroup *g) {
  Proj *p = g->proj[0];
  Store *s = proj_store(p);
  ck_assert(proj_way_back(p));
  int32_t *syn = mem_alloc(sizeof *syn * (size_t)(p->nsyn + 8)), *src = mem_alloc(sizeof *src * (size_t)(p->nsyn + 8));
  int64_t all = 0;
  for (int64_t j = 0; j < s->ndst; j++) {
    int64_t n = store_back_count(s, j);
    const int32_t *sy = store_back_synapses(s, j, syn), *so = store_back_sources(s, j, src);
    for (int64_t k = 0; k < n; k++) {
      int64_t row = store_row(s, so[k]);
      ck_assert(row >= 0 && sy[k] >= s->off[row] && sy[k] < s->off[row + 1]);
      ck_assert_int_eq(store_position(s, store_targets(s, row)[sy[k] - s->off[row]]), j);
      ck_assert(!k || sy[k] > sy[k - 1]);
    }
    all += n;
  }
  ck_assert_int_eq(all, p->nsyn);
  mem_free(syn);
  mem_free(src);
}

START_TEST(way_back) {
  check_way_back(square(PATTERN_ALL, 30, 0, false, false)); // arithmetic
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 2, 0, 0);
  check_way_back(fix_connect(&f, d, sel_of_pop(fix_pop(&f, 9)), sel_of_pop(fix_pop(&f, 40)), 0));
  check_way_back(square(PATTERN_PROB, 400, 0.2, false, false));   // many synapses a row
  check_way_back(square(PATTERN_TOTAL, 3000, 500, false, false)); // most rows are empty
  check_way_back(square(PATTERN_ONE, 100, 0, false, false));
}
END_TEST

START_TEST(way_back_of_selections) {
  double some[] = {7, 3, 8, 1};
  Sel *all = sel_of_pop(fix_pop(&f, 10)), *few;
  Array *index = array_new1(VAL_INT, 4);
  memcpy(index->data, some, sizeof some);
  ck_assert(sel_pick(f.vm, all, index, &few, (Span){0}));
  ConnDesc *d = fix_conn(&f, PATTERN_ALL, 1, 2, 0, 0), *e = fix_conn(&f, PATTERN_INDEGREE, 1, 2, 0, 0);
  for (int k = 0; k < 3; k++) value_keep(value_obj(few)); // each connection drops its own
  value_keep(value_obj(all));
  check_way_back(fix_connect(&f, d, few, few, 0));
  check_way_back(fix_connect(&f, e, few, all, 3));
  check_way_back(fix_connect(&f, e, all, few, 5));
  fix_drop(index);
}
END_TEST

START_TEST(values_at_creation_only_where_reset_may_come) {
  ProjGroup *g = square(PATTERN_PROB, 30, 0.5, false, false);
  f.vm->keeps_creation = false;
  ck_assert(proj_write(f.vm, g, "w", value_num(3), (Span){0}));
  ck_assert_ptr_null(proj_run(g->proj[0])->initial[S_W].p);
  f.vm->keeps_creation = true;
  ck_assert(proj_write(f.vm, g, "w", value_num(4), (Span){0}));
  ck_assert_ptr_nonnull(proj_run(g->proj[0])->initial[S_W].p);
  vm_reset(f.vm, false);
  double x;
  Array *i = column(g, "i"), *j = column(g, "j");
  ck_assert(proj_read_at(f.vm, g, "w", (int64_t)i->data[0], (int64_t)j->data[0], &x, (Span){0}));
  ck_assert_double_eq(x, 3);
  fix_drop(i);
  fix_drop(j);
}
END_TEST

#define T(name) {#name, name}
int main(void) {
  FixTest tests[] = {T(all_to_all), T(all_to_all_without_self), T(one_to_one), T(probability), T(probability_of_zero_and_one),
                     T(degrees), T(totals), T(numbers_that_cannot_be), T(pairs_given), T(conditions), T(slices_and_sums),
                     T(neurons_named_twice), T(rows_are_sorted_by_delay), T(tables_do_not_depend_on_the_order_of_storage),
                     T(writing), T(delays_that_cannot_be), T(nest_needs_a_delay), T(large_projections_are_single),
                     T(one_seed_one_network), T(matrix_of_weights), T(way_back), T(way_back_of_selections),
                     T(values_at_creation_only_where_reset_may_come)};
  return fix_main("proj", sizeof tests / sizeof *tests, tests, open_fix, close_fix);
}
