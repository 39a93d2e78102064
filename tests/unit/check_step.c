// SPDX-License-Identifier: MIT
// The order of a step, the end of runs, and populations that run freely.
#include "tests/unit/net_helpers.h"

static Fix f;
static void open_fix(void) { fix_open(&f); }
static void close_fix(void) { fix_close(&f); }
static const Span nowhere;

static double v_of(const Pop *p, int64_t k) { return p->cols[N_V].p[k]; }

static void record(Pop *p) {
  Recording *r;
  Sel *s = sel_of_pop(p);
  ck_assert(record_spikes(f.vm, s, 0, NULL, &r, nowhere));
  value_drop(value_obj(r));
  value_drop(value_obj(s));
}

static SpikeView spikes(Pop *p) {
  SpikeView v;
  Sel *s = sel_of_pop(p);
  ck_assert(spikes_view(f.vm, s, -INFINITY, INFINITY, &v, nowhere));
  value_drop(value_obj(s));
  return v;
}

static Pop *driven(int64_t n, double e) {
  f.pop_init[0] = fix_init(&f, N_E, e, e);
  f.pop.ninit = 1;
  Pop *p = fix_pop(&f, n);
  f.pop.ninit = 0;
  return p;
}

// ---- when a spike arrives ----
static void check_arrival(Semantics semantics, double delay, int spike, int arrives) {
  vm_clear_network(f.vm);
  ck_assert(vm_set_semantics(f.vm, semantics, nowhere));
  f.handler = ADD_TO_V;
  Pop *a = fix_pop(&f, 1), *b = fix_pop(&f, 1);
  fix_connect(&f, fix_conn(&f, PATTERN_ALL, 0.25, 0.25, delay, delay), sel_of_pop(a), sel_of_pop(b), 0);
  record(a);
  fix_spike_at(&f, a, 1, (int[]){0}, (int[]){spike});
  for (int step = 0; step < 25; step++) {
    double before = v_of(b, 0);
    fix_run(&f, 1);
    ck_assert_double_eq_tol(v_of(b, 0), before * 0.9 + (step == arrives ? 0.25 : 0), 1e-15);
  }
  SpikeView v = spikes(a);
  ck_assert_int_eq(v.n, 1);
  ck_assert_double_eq_tol(v.t[0], spike * f.vm->dt, 1e-12);
  spikes_view_free(&v);
  fix_no_errors(&f);
}

START_TEST(arrivals) {
  check_arrival(SEMANTICS_BRIAN, 0, 10, 10);   // in this very step
  check_arrival(SEMANTICS_BRIAN, 5e-4, 10, 15);
  check_arrival(SEMANTICS_NEST, 5e-4, 10, 14); // a spike of t is made in the step that ends at t; states see it at t + d
  check_arrival(SEMANTICS_NEST, 1e-4, 10, 10);
}
END_TEST

START_TEST(spikes_of_this_step_under_nest_arrive_after_one) {
  check_arrival(SEMANTICS_NEST, 1e-4, 1, 1);
}
END_TEST

// V rises from 0 to E = 2 by tenths: the first spike in step 6 (1 - 0.9^7 = 0.52). Held for 3 steps from the spike on:
// integrations 7, 8 are left out, so it rises again from step 9 on.
START_TEST(refractory_steps) {
  Pop *p = driven(1, 2);
  record(p);
  fix_run(&f, 40);
  SpikeView v = spikes(p);
  double x = 0;
  int held = -1, n = 0;
  for (int step = 0; step < 40; step++) {
    if (step >= held) x += (2 - x) * 0.1;
    if (x < 1 || step < held) continue;
    ck_assert_int_lt(n, v.n);
    ck_assert_double_eq_tol(v.t[n++], step * f.vm->dt, 1e-12);
    x = 0;
    held = step + f.hold;
  }
  ck_assert_int_eq(v.n, n);
  ck_assert_double_eq_tol(v.t[0], 6 * f.vm->dt, 1e-12);
  ck_assert_double_eq_tol(v.t[1], 15 * f.vm->dt, 1e-12);
  spikes_view_free(&v);
}
END_TEST

START_TEST(forced_spikes_come_once_and_bring_everything) {
  Pop *p = driven(3, 0);
  record(p);
  fix_spike_at(&f, p, 5, (int[]){1, 1, 0, 1, 2}, (int[]){4, 4, 4, 5, 30});
  fix_run(&f, 20);
  SpikeView v = spikes(p);
  double t[] = {4, 4, 5};
  int64_t i[] = {0, 1, 1};
  ck_assert_int_eq(v.n, 3);
  for (int k = 0; k < 3; k++) {
    ck_assert_double_eq_tol(v.t[k], t[k] * f.vm->dt, 1e-12);
    ck_assert_int_eq(v.i[k], i[k]);
  }
  ck_assert_double_eq(p->cols[N_LAST].p[1], 5);
  ck_assert_double_eq(p->cols[N_HELD].p[1], 8);
  spikes_view_free(&v);
}
END_TEST

// ---- faults ----
START_TEST(infinity_stops_the_run) {
  driven(5, 0.5);
  Pop *p = driven(3, 0.5);
  fix_run(&f, 10);
  double last = v_of(p, 1);
  p->cols[N_V].p[1] = 0.25;
  Sel *all = sel_of_pop(p), *one = sel_slice(all, 1, 2);
  ck_assert(sel_write(f.vm, one, "E", value_num(-INFINITY), nowhere));
  ck_assert_int_eq(vm_run(f.vm, 10, NULL, NULL, nowhere), RUN_ERROR);
  ck_assert_ptr_nonnull(strstr(diags_text(f.diags, 0), "V of P[1] became infinite at t = 1 ms"));
  fix_one_error(&f, E_NOT_FINITE);
  ck_assert_double_eq(v_of(p, 1), 0.25); // the last finite value is still there
  (void)last;
  value_drop(value_obj(all));
  value_drop(value_obj(one));
}
END_TEST

START_TEST(what_events_break_is_found_at_the_end) {
  f.handler = ADD_TO_V;
  Pop *a = driven(1, 0), *b = driven(2, 0);
  fix_connect(&f, fix_conn(&f, PATTERN_ALL, NAN, NAN, 0, 0), sel_of_pop(a), sel_of_pop(b), 0);
  fix_spike_at(&f, a, 1, (int[]){0}, (int[]){3});
  ck_assert_int_eq(vm_run(f.vm, 4, NULL, NULL, nowhere), RUN_ERROR);
  fix_one_error(&f, E_NOT_FINITE);
}
END_TEST

// ---- ends of runs ----
static int at_seven(void *ctx) { return ((Vm *)ctx)->tick == 7; }

START_TEST(run_until) {
  driven(1, 0);
  ck_assert_int_eq(vm_run(f.vm, INT64_MAX, at_seven, f.vm, nowhere), RUN_MET);
  ck_assert_int_eq(f.vm->tick, 7);
}
END_TEST

static volatile sig_atomic_t stop;
static bool set_stop(void *data) { return (void)data, stop = 1, true; }

START_TEST(interruption) {
  driven(1, 0);
  f.vm->interrupt = &stop;
  ck_assert(vm_at(f.vm, 12 * f.vm->dt, set_stop, NULL, NULL, nowhere));
  ck_assert_int_eq(vm_run(f.vm, 1000, NULL, NULL, nowhere), RUN_INTERRUPTED);
  ck_assert_int_eq(f.vm->tick, 13);
  stop = 0;
}
END_TEST

START_TEST(durations_are_rounded) {
  int64_t n;
  ck_assert(vm_steps(f.vm, 1e-3, &n, nowhere) && n == 10);
  ck_assert(vm_steps(f.vm, 0.26e-4, &n, nowhere) && n == 0);
  ck_assert(vm_steps(f.vm, 0.3, &n, nowhere) && n == 3000); // 0.3/0.0001 is 2999.9999999999995
  ck_assert(!vm_steps(f.vm, -1, &n, nowhere));
  fix_one_error(&f, E_DURATION);
  ck_assert(!vm_steps(f.vm, NAN, &n, nowhere));
  fix_one_error(&f, E_DURATION);
}
END_TEST

START_TEST(settings_are_fixed_by_the_first_run) {
  driven(1, 0);
  fix_run(&f, 1);
  ck_assert(!vm_set_dt(f.vm, 1e-3, nowhere));
  fix_one_error(&f, E_SET_LATE);
  ck_assert(!vm_set_semantics(f.vm, SEMANTICS_NEST, nowhere));
  fix_one_error(&f, E_SET_LATE);
  vm_reset(f.vm, false);
  ck_assert(vm_set_dt(f.vm, 1e-3, nowhere));
  ck_assert(!vm_set_dt(f.vm, 0, nowhere));
  fix_one_error(&f, E_DURATION);
}
END_TEST

START_TEST(populations_of_impossible_size) {
  Pop *p;
  ck_assert(!pop_make(f.vm, &f.pop, 1, (int64_t[]){0}, NULL, 0, &p));
  fix_one_error(&f, E_POP_SIZE);
  ck_assert(!pop_make(f.vm, &f.pop, 1, (int64_t[]){-5}, NULL, 0, &p));
  fix_one_error(&f, E_POP_SIZE);
  ck_assert(!pop_make(f.vm, &f.pop, 1, (int64_t[]){1000000000000}, NULL, 0, &p));
  fix_one_error(&f, E_POP_SIZE);
  ck_assert(!pop_make(f.vm, &f.pop, 3, (int64_t[]){1 << 20, 1 << 20, 1 << 30}, NULL, 0, &p));
  fix_one_error(&f, E_POP_SIZE);
}
END_TEST

// ---- reset ----
START_TEST(reset_brings_back_creation) {
  Pop *p = driven(4, 2);
  Sel *all = sel_of_pop(p);
  ck_assert(sel_write(f.vm, all, "E", value_num(3), nowhere));
  ck_assert(sel_write(f.vm, all, "V", value_num(0.5), nowhere));
  fix_run(&f, 100);
  vm_reset(f.vm, true);
  ck_assert_int_eq(f.vm->tick, 0);
  for (int k = 0; k < 4; k++) {
    ck_assert_double_eq(v_of(p, k), 0);
    ck_assert_double_eq(p->cols[N_E].p[p->cols[N_E].uniform ? 0 : k], 2);
    ck_assert(p->cols[N_HELD].p[k] == -INFINITY);
  }
  uint32_t trial = f.vm->trial;
  vm_reset(f.vm, false);
  ck_assert_uint_ne(f.vm->trial, trial);
  value_drop(value_obj(all));
}
END_TEST

// ---- free running ----
// The same spikes and states whether a population is advanced step by step or block by block.
START_TEST(free_running_changes_nothing) {
  enum { M = 9001, STEPS = 150 };
  double *v[2];
  SpikeView s[2];
  for (int together = 0; together < 2; together++) {
    vm_clear_network(f.vm);
    f.pop_init[0] = fix_init(&f, N_E, 0.9, 2);
    f.pop.ninit = 1;
    Pop *p = fix_pop(&f, M);
    record(p);
    if (together) { // a recording in every step holds it back
      Recording *r;
      Sel *all = sel_of_pop(p), *one = sel_slice(all, 0, 1);
      ck_assert(record_var(f.vm, one, "V", 0, true, &r, nowhere));
      value_drop(value_obj(all));
      value_drop(value_obj(one));
      value_drop(value_obj(r));
    }
    fix_run(&f, 70);
    ck_assert(free_can(f.vm, p));
    fix_run(&f, STEPS - 70);
    v[together] = mem_alloc(sizeof(double) * M);
    memcpy(v[together], p->cols[N_V].p, sizeof(double) * M);
    s[together] = spikes(p);
  }
  ck_assert(memcmp(v[0], v[1], sizeof(double) * M) == 0);
  ck_assert_int_eq(s[0].n, s[1].n);
  ck_assert_int_gt(s[0].n, M);
  ck_assert(memcmp(s[0].t, s[1].t, sizeof(double) * (size_t)s[0].n) == 0);
  ck_assert(memcmp(s[0].i, s[1].i, sizeof(int64_t) * (size_t)s[0].n) == 0);
  for (int k = 0; k < 2; k++) {
    mem_free(v[k]);
    spikes_view_free(&s[k]);
  }
}
END_TEST

#define T(name) {#name, name}
int main(void) {
  FixTest tests[] = {T(arrivals), T(spikes_of_this_step_under_nest_arrive_after_one), T(refractory_steps),
                     T(forced_spikes_come_once_and_bring_everything), T(infinity_stops_the_run),
                     T(what_events_break_is_found_at_the_end), T(run_until), T(interruption), T(durations_are_rounded),
                     T(settings_are_fixed_by_the_first_run), T(populations_of_impossible_size), T(reset_brings_back_creation),
                     T(free_running_changes_nothing)};
  return fix_main("step", sizeof tests / sizeof *tests, tests, open_fix, close_fix);
}
