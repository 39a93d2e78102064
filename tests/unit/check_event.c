// SPDX-License-Identifier: MIT
// Delivery of spikes against a calculation synapse by synapse.
#include "tests/unit/net_helpers.h"

enum { N = 120, STEPS = 70, SPIKES = 400 };

static Fix f;
static void open_fix(void) { fix_open(&f); }
static void close_fix(void) { fix_close(&f); }

typedef struct Train {
  int i[SPIKES], step[SPIKES];
} Train;

// Spikes spread over the first 60 steps; no neuron twice in a step matters not.
static Train some_spikes(void) {
  Train t;
  unsigned x = 12345;
  for (int k = 0; k < SPIKES; k++) {
    x = x * 1664525u + 1013904223u;
    t.i[k] = (int)(x >> 8) % N;
    x = x * 1664525u + 1013904223u;
    t.step[k] = (int)(x >> 8) % 60;
  }
  return t;
}

static bool spiked(const Train *t, int i, int step) {
  for (int k = 0; k < SPIKES; k++)
    if (t->i[k] == i && t->step[k] == step) return true;
  return false;
}

typedef struct Net2 {
  Pop *a, *b;
  ProjGroup *g;
} Net2;

static Net2 make_net(Handler handler, DeliverWay way, const Train *t, double dlo, double dhi, double wlo, double whi) {
  f.handler = handler;
  ConnDesc *d = fix_conn(&f, PATTERN_PROB, wlo, whi, dlo, dhi);
  Net2 n = {.a = fix_pop(&f, N), .b = fix_pop(&f, N)};
  n.g = fix_connect(&f, d, sel_of_pop(n.a), sel_of_pop(n.b), 0.3);
  proj_run(n.g->proj[0])->forced_way = way;
  fix_spike_at(&f, n.a, SPIKES, t->i, t->step);
  return n;
}

static Train make_train_of_b(void) {
  Train t = some_spikes();
  for (int k = 0; k < SPIKES; k++) t.i[k] = (t.i[k] * 7 + 3) % N;
  return t;
}

// s of every target after STEPS steps: it halves in each step, then takes what arrives. The number of arrivals.
static int64_t expected_s(const Net2 *n, const Train *t, double *s) {
  int64_t arrivals = 0;
  Array *i = fix_read(&f, n->g, "i"), *j = fix_read(&f, n->g, "j"), *w = fix_read(&f, n->g, "w"), *d = fix_read(&f, n->g, "delay");
  memset(s, 0, sizeof *s * N);
  for (int step = 0; step < STEPS; step++) {
    for (int e = 0; e < N; e++) s[e] *= 0.5;
    for (int64_t k = 0; k < i->n; k++)
      if (spiked(t, (int)i->data[k], step - (int)round(d->data[k] / f.vm->dt))) s[(int)j->data[k]] += w->data[k], arrivals++;
  }
  fix_drop(i);
  fix_drop(j);
  fix_drop(w);
  fix_drop(d);
  return arrivals;
}

static void check_s(const Net2 *n, const Train *t, double *out) {
  double s[N];
  const Proj *p = n->g->proj[0];
  int64_t arrivals = expected_s(n, t, s), before = proj_arrived(p);
  fix_run(&f, STEPS);
  if (proj_run(p)->way == DELIVER_PUSH) ck_assert(proj_arrived(p) - before >= arrivals); // with those on their way at the end
  else ck_assert_int_eq(proj_arrived(p) - before, arrivals);
  const double *have = fix_s(n->g);
  for (int e = 0; e < N; e++) ck_assert_double_eq_tol(have[e], s[e], 1e-13 * fabs(s[e])); // order of sums
  if (out) memcpy(out, have, sizeof *out * N);
}

START_TEST(one_delay) {
  Train t = some_spikes();
  Net2 n = make_net(ADD_TO_BLOCK, DELIVER_NONE, &t, 5e-4, 5e-4, 1e-6, 2e-6);
  check_s(&n, &t, NULL);
  ck_assert_int_eq(proj_run(n.g->proj[0])->way, DELIVER_PULL);
}
END_TEST

START_TEST(one_delay_one_weight) {
  Train t = some_spikes();
  Net2 n = make_net(ADD_TO_BLOCK, DELIVER_NONE, &t, 0, 0, 1e-6, 1e-6);
  check_s(&n, &t, NULL);
}
END_TEST

START_TEST(pull_and_push_agree_to_the_bit) {
  Train t = some_spikes();
  double s[2][N];
  DeliverWay ways[2] = {DELIVER_PULL, DELIVER_PUSH};
  for (int k = 0; k < 2; k++) {
    vm_clear_network(f.vm);
    Net2 n = make_net(ADD_TO_BLOCK, ways[k], &t, 0, 20e-4, 1e-6, 2e-6);
    check_s(&n, &t, s[k]);
    ck_assert_int_eq(proj_run(n.g->proj[0])->way, ways[k]);
  }
  for (int e = 0; e < N; e++) ck_assert_double_eq_tol(s[0][e], s[1][e], 1e-15 * fabs(s[0][e]));
}
END_TEST

START_TEST(handlers_as_kernels) {
  Train t = some_spikes();
  Net2 n = make_net(KERNEL_TO_BLOCK, DELIVER_NONE, &t, 0, 20e-4, 1e-6, 2e-6);
  check_s(&n, &t, NULL);
  vm_clear_network(f.vm);
  n = make_net(KERNEL_TO_BLOCK, DELIVER_NONE, &t, 3e-4, 3e-4, 1e-6, 2e-6);
  check_s(&n, &t, NULL);
}
END_TEST

START_TEST(dense_rows) {
  Train t = some_spikes();
  f.handler = ADD_TO_BLOCK;
  for (int kernel = 0; kernel < 2; kernel++) {
    vm_clear_network(f.vm);
    f.handler = kernel ? KERNEL_TO_BLOCK : ADD_TO_BLOCK;
    Net2 n = {.a = fix_pop(&f, N), .b = fix_pop(&f, N)};
    n.g = fix_connect(&f, fix_conn(&f, PATTERN_ALL, 1e-6, 1e-6, 2e-4, 2e-4), sel_of_pop(n.a), sel_of_pop(n.b), 0);
    fix_spike_at(&f, n.a, SPIKES, t.i, t.step);
    check_s(&n, &t, NULL);
  }
}
END_TEST

START_TEST(single_precision) {
  enum { M = 400 };
  f.handler = ADD_TO_BLOCK;
  Pop *a = fix_pop(&f, M), *b = fix_pop(&f, M);
  ProjGroup *g = fix_connect(&f, fix_conn(&f, PATTERN_ALL, 1e-6, 2e-6, 1e-4, 1e-4), sel_of_pop(a), sel_of_pop(b), 0);
  ck_assert_int_eq(proj_slot_type(g->proj[0], S_W), SLOT_F32);
  fix_spike_at(&f, a, 2, (int[]){3, 5}, (int[]){4, 4});
  Array *w = fix_read(&f, g, "w");
  fix_run(&f, 6);
  for (int e = 0; e < M; e++) ck_assert_double_eq(fix_s(g)[e], w->data[3 * M + e] + w->data[5 * M + e]);
  fix_drop(w);
}
END_TEST

// Spikes under way outlast a change of the network that links it anew.
START_TEST(spikes_under_way_survive_linking) {
  Train t = some_spikes();
  DeliverWay ways[] = {DELIVER_PULL, DELIVER_PUSH, DELIVER_KERNEL};
  for (int k = 0; k < 3; k++) {
    double once[N];
    Handler h = ways[k] == DELIVER_KERNEL ? KERNEL_TO_BLOCK : ADD_TO_BLOCK;
    DeliverWay way = ways[k] == DELIVER_KERNEL ? DELIVER_NONE : ways[k];
    vm_clear_network(f.vm);
    Net2 n = make_net(h, way, &t, 0, 20e-4, 1e-6, 2e-6);
    fix_run(&f, STEPS);
    memcpy(once, fix_s(n.g), sizeof once);
    vm_clear_network(f.vm);
    n = make_net(h, way, &t, 0, 20e-4, 1e-6, 2e-6);
    fix_run(&f, 20);
    Sel *all = sel_of_pop(n.a), *some = sel_slice(all, 0, 5);
    ck_assert(sel_write(f.vm, some, "E", value_num(1e-9), (Span){0}));
    ck_assert(n.a->changed);
    fix_pop(&f, 4);
    // A longer delay than before makes the rings longer.
    f.handler = h;
    fix_connect(&f, fix_conn(&f, PATTERN_ONE, 0, 0, 50e-4, 50e-4), sel_of_pop(n.a), sel_of_pop(n.b), 0);
    fix_run(&f, STEPS - 20);
    for (int e = 0; e < N; e++) ck_assert_double_eq(fix_s(n.g)[e], once[e]);
    value_drop(value_obj(all));
    value_drop(value_obj(some));
  }
}
END_TEST

START_TEST(reset_forgets_spikes_under_way) {
  Train t = some_spikes();
  DeliverWay ways[] = {DELIVER_PULL, DELIVER_PUSH, DELIVER_KERNEL};
  for (int k = 0; k < 3; k++) {
    vm_clear_network(f.vm);
    Net2 n = make_net(ways[k] == DELIVER_KERNEL ? KERNEL_TO_BLOCK : ADD_TO_BLOCK, ways[k] == DELIVER_KERNEL ? DELIVER_NONE : ways[k],
                      &t, 0, 20e-4, 1e-6, 2e-6);
    fix_run(&f, 30);
    vm_reset(f.vm, true);
    for (int e = 0; e < N; e++) ck_assert_double_eq(fix_s(n.g)[e], 0);
    check_s(&n, &t, NULL);
  }
}
END_TEST

// The state with all that is under way comes back.
START_TEST(snapshots_hold_spikes_under_way) {
  Train t = some_spikes();
  Handler handlers[] = {ADD_TO_BLOCK, KERNEL_TO_BLOCK, KERNEL_PRE_V};
  for (int k = 0; k < 3; k++) {
    vm_clear_network(f.vm);
    Net2 n = make_net(handlers[k], DELIVER_NONE, &t, 0, 20e-4, 1e-6, 2e-6);
    Sel *all = sel_of_pop(n.a);
    ck_assert(sel_write(f.vm, all, "E", value_num(0.5), (Span){0}));
    fix_run(&f, 25);
    Snapshot *snap = vm_store(f.vm);
    double s[N];
    for (int round = 0; round < 2; round++) {
      fix_run(&f, 30);
      for (int e = 0; e < N; e++) ck_assert(!round || fix_s(n.g)[e] == s[e]);
      memcpy(s, fix_s(n.g), sizeof s);
      ck_assert(vm_restore(f.vm, snap, (Span){0}));
    }
    snapshot_free(snap);
    value_drop(value_obj(all));
  }
}
END_TEST

// ---- held states ----
START_TEST(held_states_stay) {
  f.handler = ADD_TO_V;
  f.hold = 4;
  Pop *a = fix_pop(&f, 1), *b = fix_pop(&f, 2);
  fix_connect(&f, fix_conn(&f, PATTERN_ALL, 0.125, 0.125, 0, 0), sel_of_pop(a), sel_of_pop(b), 0);
  fix_spike_at(&f, a, 8, (int[8]){0}, (int[]){0, 1, 2, 3, 4, 5, 6, 7});
  fix_spike_at(&f, b, 1, (int[]){1}, (int[]){2});
  // Neuron 1 spikes in step 2: events of steps 2 to 5 are lost on it, from step 6 on they count again.
  double v0 = 0, v1 = 0;
  for (int step = 0; step < 8; step++) {
    v0 += (0 - v0) * 0.1 + 0.125;
    if (step < 2) v1 += (0 - v1) * 0.1 + 0.125;
    else if (step < 6) v1 = 0;
    else v1 += (0 - v1) * 0.1 + 0.125;
    fix_run(&f, 1);
    if (b->cols[N_HELD].p[0] > 0) v0 = b->cols[N_V].p[0]; // it reached the threshold by itself
    ck_assert_double_eq_tol(b->cols[N_V].p[0], v0, 1e-15);
    ck_assert_double_eq_tol(b->cols[N_V].p[1], v1, 1e-15);
  }
}
END_TEST

// ---- traces ----
// w -= y when a spike arrives, w += x when the target spikes: x counts the source's spikes as the synapse sees them
// through its delay, y the target's.
static void check_traces(double dlo, double dhi) {
  Train pre = some_spikes(), post = make_train_of_b();
  Net2 n = make_net(KERNEL_TRACES, DELIVER_NONE, &pre, dlo, dhi, 1, 2);
  fix_spike_at(&f, n.b, SPIKES, post.i, post.step);
  Sel *all = sel_of_pop(n.b);
  ck_assert(sel_write(f.vm, all, "E", value_num(-1e9), (Span){0})); // they spike only when told to
  value_drop(value_obj(all));
  Array *i = fix_read(&f, n.g, "i"), *j = fix_read(&f, n.g, "j"), *w = fix_read(&f, n.g, "w"), *d = fix_read(&f, n.g, "delay");
  for (int64_t k = 0; k < i->n; k++) {
    int delay = (int)round(d->data[k] / f.vm->dt), x = 0, y = 0;
    for (int step = 0; step < STEPS; step++) {
      bool arrives = spiked(&pre, (int)i->data[k], step - delay), target = spiked(&post, (int)j->data[k], step);
      if (arrives) w->data[k] -= y;
      x += arrives;
      if (target) w->data[k] += x;
      y += target;
    }
  }
  fix_run(&f, STEPS);
  Array *have = fix_read(&f, n.g, "w");
  for (int64_t k = 0; k < w->n; k++) ck_assert_double_eq_tol(have->data[k], w->data[k], 1e-12);
  Array *arrays[] = {i, j, w, d, have};
  for (int k = 0; k < 5; k++) fix_drop(arrays[k]);
}

START_TEST(traces_with_one_delay) {
  check_traces(0, 0);
  vm_clear_network(f.vm);
  check_traces(4e-4, 4e-4);
}
END_TEST

START_TEST(traces_with_different_delays) { check_traces(0, 20e-4); }
END_TEST

// ---- the source's state through a delay ----
static void check_pre_v(double dlo, double dhi) {
  Train t = some_spikes();
  Net2 n = make_net(KERNEL_PRE_V, DELIVER_NONE, &t, dlo, dhi, 1e-6, 2e-6);
  Sel *all = sel_of_pop(n.a);
  ck_assert(sel_write(f.vm, all, "E", value_num(0.5), (Span){0}));
  value_drop(value_obj(all));
  static double v[STEPS][N]; // as events of that step see it: after integration, before the reset
  double now[N] = {0}, held[N];
  for (int e = 0; e < N; e++) held[e] = -1;
  for (int step = 0; step < STEPS; step++)
    for (int e = 0; e < N; e++) {
      if (step >= held[e]) now[e] += (0.5 - now[e]) * 0.1;
      v[step][e] = now[e];
      if (spiked(&t, e, step)) now[e] = 0, held[e] = step + f.hold;
    }
  Array *i = fix_read(&f, n.g, "i"), *j = fix_read(&f, n.g, "j"), *w = fix_read(&f, n.g, "w"), *d = fix_read(&f, n.g, "delay");
  double s[N] = {0};
  for (int step = 0; step < STEPS; step++) {
    for (int e = 0; e < N; e++) s[e] *= 0.5;
    for (int64_t k = 0; k < i->n; k++) {
      int from = step - (int)round(d->data[k] / f.vm->dt);
      if (spiked(&t, (int)i->data[k], from)) s[(int)j->data[k]] += w->data[k] * v[from][(int)i->data[k]];
    }
  }
  fix_run(&f, STEPS);
  for (int e = 0; e < N; e++) ck_assert_double_eq_tol(fix_s(n.g)[e], s[e], 1e-13 * fabs(s[e]));
  Array *arrays[] = {i, j, w, d};
  for (int k = 0; k < 4; k++) fix_drop(arrays[k]);
}

START_TEST(the_source_as_it_was) {
  check_pre_v(0, 0);
  vm_clear_network(f.vm);
  check_pre_v(6e-4, 6e-4);
  vm_clear_network(f.vm);
  check_pre_v(0, 20e-4);
}
END_TEST

#define T(name) {#name, name}
int main(void) {
  FixTest tests[] = {T(one_delay), T(one_delay_one_weight), T(pull_and_push_agree_to_the_bit), T(handlers_as_kernels), T(dense_rows),
                     T(single_precision), T(spikes_under_way_survive_linking), T(reset_forgets_spikes_under_way),
                     T(snapshots_hold_spikes_under_way), T(held_states_stay), T(traces_with_one_delay),
                     T(traces_with_different_delays), T(the_source_as_it_was)};
  return fix_main("event", sizeof tests / sizeof *tests, tests, open_fix, close_fix);
}
