// SPDX-License-Identifier: MIT
// Recordings: when they read, what they keep, what reset empties.
#include "tests/unit/net_helpers.h"

static Fix f;
static void open_fix(void) { fix_open(&f); }
static void close_fix(void) { fix_close(&f); }
static const Span nowhere;

static Sel *whole(Pop *p, int64_t lo, int64_t hi) {
  Sel *all = sel_of_pop(p), *part = sel_slice(all, lo, hi);
  value_drop(value_obj(all));
  return part;
}

static Recording *values_of(Pop *p, int64_t lo, int64_t hi, double every, bool single) {
  Recording *r;
  Sel *s = whole(p, lo, hi);
  ck_assert(record_var(f.vm, s, "V", every, single, &r, nowhere));
  value_drop(value_obj(s));
  return r;
}

static Pop *driven(int64_t n, double lo, double hi) {
  f.pop_init[0] = fix_init(&f, N_E, lo, hi);
  f.pop.ninit = 1;
  return fix_pop(&f, n);
}

START_TEST(values_are_read_before_integration) {
  Pop *p = driven(3, 0.5, 0.5);
  Recording *r = values_of(p, 1, 3, 0, false);
  fix_run(&f, 4);
  ck_assert_int_eq(recording_samples(r), 4);
  Array *v = recording_values(r), *t = recording_t(r), *i = recording_i(r);
  ck_assert_int_eq(v->ndim, 2);
  ck_assert_int_eq(v->shape[1], 2);
  double x = 0;
  for (int k = 0; k < 4; k++, x += (0.5 - x) * 0.1) {
    ck_assert_double_eq_tol(v->data[2 * k], x, 1e-15);
    ck_assert_double_eq_tol(t->data[k], k * f.vm->dt, 1e-15);
  }
  ck_assert(i->data[0] == 1 && i->data[1] == 2);
  fix_drop(v);
  fix_drop(t);
  fix_drop(i);
  value_drop(value_obj(r));
}
END_TEST

START_TEST(every_so_often) {
  Pop *p = driven(1, 0.5, 0.5);
  Recording *r = values_of(p, 0, 1, 3e-4, true);
  fix_run(&f, 4);
  fix_run(&f, 6); // steps 0 3 6 9
  Array *v = recording_values(r), *t = recording_t(r);
  ck_assert_int_eq(v->ndim, 1);
  ck_assert_int_eq(v->n, 4);
  for (int k = 0; k < 4; k++) ck_assert_double_eq_tol(t->data[k], 3 * k * f.vm->dt, 1e-15);
  fix_drop(v);
  fix_drop(t);
  value_drop(value_obj(r));
}
END_TEST

START_TEST(reset_empties) {
  Pop *p = driven(1, 2, 2);
  Recording *r = values_of(p, 0, 1, 0, true), *s;
  Sel *all = sel_of_pop(p);
  ck_assert(record_spikes(f.vm, all, 0, NULL, &s, nowhere));
  fix_run(&f, 50);
  ck_assert_int_gt(recording_samples(s), 0);
  vm_reset(f.vm, false);
  ck_assert_int_eq(recording_samples(r), 0);
  ck_assert_int_eq(recording_samples(s), 0);
  fix_run(&f, 5);
  ck_assert_int_eq(recording_samples(r), 5);
  value_drop(value_obj(all));
  value_drop(value_obj(r));
  value_drop(value_obj(s));
}
END_TEST

START_TEST(spikes_with_the_value_before_the_reset) {
  Pop *p = driven(4, 2, 4);
  const char *with[] = {"V", "E"};
  Recording *r;
  Sel *all = sel_of_pop(p);
  ck_assert(record_spikes(f.vm, all, 2, with, &r, nowhere));
  fix_run(&f, 60);
  SpikeView view;
  ck_assert(spikes_view(f.vm, all, -INFINITY, INFINITY, &view, nowhere));
  Array *v = spikes_with(f.vm, all, "V", -INFINITY, INFINITY, nowhere), *e = spikes_with(f.vm, all, "E", -INFINITY, INFINITY, nowhere);
  ck_assert_int_gt(view.n, 8);
  ck_assert_int_eq(v->n, view.n);
  for (int64_t k = 0; k < view.n; k++) {
    ck_assert(v->data[k] >= 1 && v->data[k] < 1.4);
    ck_assert_double_eq(e->data[k], p->cols[N_E].p[view.i[k]]);
    if (k) ck_assert(view.t[k] > view.t[k - 1] || (view.t[k] == view.t[k - 1] && view.i[k] > view.i[k - 1]));
  }
  fix_drop(v);
  fix_drop(e);
  spikes_view_free(&view);
  value_drop(value_obj(all));
  value_drop(value_obj(r));
}
END_TEST

START_TEST(windows) {
  Pop *p = driven(3, 0, 0);
  fix_run(&f, 10);
  Sel *all = sel_of_pop(p), *last = sel_slice(all, 2, 3);
  SpikeView v;
  ck_assert(!spikes_recorded(all));
  ck_assert(!spikes_view(f.vm, all, -INFINITY, INFINITY, &v, nowhere));
  ck_assert_int_gt(diags_errors(f.diags), 0);
  diags_clear(f.diags);
  Recording *r;
  ck_assert(record_spikes(f.vm, all, 0, NULL, &r, nowhere));
  fix_spike_at(&f, p, 4, (int[]){0, 2, 1, 2}, (int[]){12, 12, 20, 25});
  fix_run(&f, 20);
  double dt = f.vm->dt;
  ck_assert(spikes_view(f.vm, all, -INFINITY, INFINITY, &v, nowhere));
  ck_assert_int_eq(v.n, 4);
  ck_assert_double_eq_tol(v.begin, 10 * dt, 1e-12); // since recording began
  ck_assert_double_eq_tol(v.end, 30 * dt, 1e-12);
  spikes_view_free(&v);
  ck_assert(spikes_view(f.vm, all, 12 * dt, 20 * dt, &v, nowhere)); // the end is not included
  ck_assert_int_eq(v.n, 2);
  ck_assert_double_eq_tol(v.end - v.begin, 8 * dt, 1e-12);
  spikes_view_free(&v);
  ck_assert(spikes_view(f.vm, last, -INFINITY, INFINITY, &v, nowhere));
  ck_assert_int_eq(v.n, 2);
  ck_assert_int_eq(v.neurons, 1);
  ck_assert(v.i[0] == 0 && v.i[1] == 0); // as written: the slice has one element
  spikes_view_free(&v);
  value_drop(value_obj(all));
  value_drop(value_obj(last));
  value_drop(value_obj(r));
}
END_TEST

START_TEST(sums_merge_by_time) {
  Pop *a = driven(2, 0, 0), *b = driven(2, 0, 0);
  Sel *sa = sel_of_pop(a), *sb = sel_of_pop(b), *sum = sel_sum(sa, sb);
  Recording *r;
  ck_assert(record_spikes(f.vm, sum, 0, NULL, &r, nowhere));
  fix_spike_at(&f, a, 2, (int[]){1, 0}, (int[]){3, 7});
  fix_spike_at(&f, b, 2, (int[]){0, 1}, (int[]){3, 5});
  fix_run(&f, 10);
  SpikeView v;
  ck_assert(spikes_view(f.vm, sum, -INFINITY, INFINITY, &v, nowhere));
  int64_t i[] = {1, 2, 3, 0};
  int t[] = {3, 3, 5, 7};
  ck_assert_int_eq(v.n, 4);
  for (int k = 0; k < 4; k++) {
    ck_assert_int_eq(v.i[k], i[k]);
    ck_assert_double_eq_tol(v.t[k], t[k] * f.vm->dt, 1e-12);
  }
  spikes_view_free(&v);
  Sel *sels[] = {sa, sb, sum};
  for (int k = 0; k < 3; k++) value_drop(value_obj(sels[k]));
  value_drop(value_obj(r));
}
END_TEST

typedef struct Sampler {
  int calls, dropped;
  int64_t length;
} Sampler;

static Value sample(void *data) {
  Sampler *s = data;
  Array *a = array_new1(VAL_NUM, s->length);
  for (int64_t k = 0; k < a->n; k++) a->data[k] = s->calls + 10.0 * (double)k;
  s->calls++;
  return value_obj(a);
}
static void drop_sampler(void *data) { ((Sampler *)data)->dropped++; }

START_TEST(expressions) {
  driven(1, 0, 0);
  Sampler s = {.length = 2};
  Recording *r;
  ck_assert(record_expr(f.vm, sample, &s, drop_sampler, 2e-4, &r, nowhere));
  fix_run(&f, 5);
  Array *v = recording_values(r);
  ck_assert_int_eq(v->n, 6);
  ck_assert_double_eq(v->data[5], 12);
  fix_drop(v);
  s.length = 3;
  ck_assert_int_eq(vm_run(f.vm, 3, NULL, NULL, nowhere), RUN_ERROR);
  fix_one_error(&f, E_LENGTH);
  value_drop(value_obj(r));
  vm_clear_network(f.vm);
  ck_assert_int_eq(s.dropped, 1);
}
END_TEST

START_TEST(weights) {
  f.handler = KERNEL_TRACES;
  Pop *a = driven(2, 0, 0), *b = driven(2, -1e9, -1e9);
  ProjGroup *g = fix_connect(&f, fix_conn(&f, PATTERN_ALL, 1, 1, 0, 0), sel_of_pop(a), sel_of_pop(b), 0);
  Recording *r;
  ck_assert(record_proj(f.vm, g, "w", 0, &r, nowhere));
  fix_spike_at(&f, b, 1, (int[]){1}, (int[]){1});
  fix_spike_at(&f, a, 1, (int[]){0}, (int[]){2});
  fix_run(&f, 5);
  Array *w = recording_values(r);
  ck_assert_int_eq(w->shape[0], 5);
  ck_assert_int_eq(w->shape[1], 4);
  for (int64_t k = 0; k < w->n; k++) ck_assert_double_eq(w->data[k], k == 3 * 4 + 1 || k == 4 * 4 + 1 ? 0 : 1);
  fix_drop(w);
  value_drop(value_obj(r));
}
END_TEST

typedef struct Taken {
  int64_t samples;
  double sum;
} Taken;
static bool take(void *ctx, const Recording *r, const double *t, const double *values, int64_t samples) {
  Taken *taken = ctx;
  for (int64_t k = 0; k < samples * recording_width(r); k++) taken->sum += values[k];
  (void)t;
  taken->samples += samples;
  return true;
}

START_TEST(streams) {
  Pop *p = driven(10, 0.5, 0.5);
  Recording *kept = values_of(p, 0, 10, 0, false), *streamed = values_of(p, 0, 10, 0, false);
  Taken taken = {0};
  recording_sink(streamed, take, &taken);
  fix_run(&f, 30);
  fix_run(&f, 30);
  ck_assert_int_eq(taken.samples, 60);
  ck_assert_int_eq(recording_samples(streamed), 0);
  Array *v = recording_values(kept);
  double sum = 0;
  for (int64_t k = 0; k < v->n; k++) sum += v->data[k];
  ck_assert_double_eq_tol(sum, taken.sum, 1e-9);
  fix_drop(v);
  value_drop(value_obj(kept));
  value_drop(value_obj(streamed));
}
END_TEST

#define T(name) {#name, name}
int main(void) {
  FixTest tests[] = {T(values_are_read_before_integration), T(every_so_often), T(reset_empties),
                     T(spikes_with_the_value_before_the_reset), T(windows), T(sums_merge_by_time), T(expressions), T(weights),
                     T(streams)};
  return fix_main("probe", sizeof tests / sizeof *tests, tests, open_fix, close_fix);
}
