// SPDX-License-Identifier: MIT
// Lane IR: folding, sharing, rewriting, derivatives, and what compiled kernels compute.
#include "base/arena.h"
#include "base/str.h"
#include "lang/ir.h"
#include "vm/rng.h"
#include "vm/vmath.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 200, COLUMNS = 8 };

// A kernel being built and run over N lanes of eight columns, with index lists and an array.
typedef struct World {
  Arena *a;
  Ir *ir;
  double *col[COLUMNS], uniform[4], array[16];
  float f32[N];
  int32_t i32[N], idx[3][N], spikes[N], counts[N];
  KernelCall call;
  Kernel *k;
} World;

static World *world_new(void) {
  World *w = mem_alloc(sizeof *w);
  w->a = arena_new();
  w->ir = ir_new(w->a);
  for (int c = 0; c < COLUMNS; c++) {
    w->col[c] = mem_try_alloc(sizeof(double) * N);
    for (int i = 0; i < N; i++) w->col[c][i] = (c + 1) * 0.25 + 0.01 * i;
  }
  for (int i = 0; i < 16; i++) w->array[i] = 100 + i;
  for (int i = 0; i < N; i++) {
    w->f32[i] = (float)i * 0.5f;
    w->i32[i] = i - 50;
    w->idx[0][i] = i, w->idx[1][i] = i / 2, w->idx[2][i] = N - 1 - i;
  }
  for (int i = 0; i < 4; i++) w->uniform[i] = 1.5 + i;
  w->call = (KernelCall){.hi = N, .t = 0.25, .dt = 0.5, .tick = 3, .key = {.seed = 11, .object = 2}, .spikes = w->spikes};
  return w;
}
static void world_free(World *w) {
  for (int c = 0; c < COLUMNS; c++) mem_free(w->col[c]);
  kernel_free(w->k);
  arena_free(w->a);
  mem_free(w);
}
static bool run(World *w) {
  if (!w->k) w->k = ir_compile(w->ir, "test");
  KernelInstance *in = instance_new(w->k);
  for (int s = 0; s < kernel_nslots(w->k); s++) {
    const Slot *slot = kernel_slot(w->k, s);
    Bind b = {.n = N};
    if (slot->space == SPACE_VAR) b.p = slot->type == SLOT_F32 ? (void *)w->f32 : slot->type == SLOT_I32 ? (void *)w->i32 : w->col[slot->index];
    if (slot->space == SPACE_GLOBAL && slot->access == ACC_ARRAY) b = (Bind){.p = w->array, .n = 16};
    else if (slot->space == SPACE_GLOBAL) b = (Bind){.p = &w->uniform[slot->index], .n = 1};
    instance_bind(in, s, b);
  }
  instance_setup(in, N, &w->call);
  bool ok = instance_run(in, &w->call);
  instance_free(in);
  return ok;
}
static bool listed(World *w, const char *what) {
  if (!w->k) w->k = ir_compile(w->ir, "test");
  Str s = {0};
  kernel_print(w->k, NULL, &s);
  bool found = strstr(s.data, what) != NULL;
  str_free(&s);
  return found;
}

static Slot slot(int i) {
  static const char *const name[COLUMNS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  return (Slot){.space = SPACE_VAR, .access = ACC_LANE, .index = (uint16_t)i, .name = name[i]};
}
static Slot access_slot(int i, Access access) {
  Slot s = slot(i);
  s.access = (uint8_t)access;
  return s;
}
static Slot array_slot(void) {
  return (Slot){.space = SPACE_GLOBAL, .access = ACC_ARRAY, .index = 0, .constant = true, .name = "array"};
}
static IrVal load(World *w, int i) { return ir_load(w->ir, slot(i)); }
static IrVal constant_load(World *w, int i) {
  Slot s = slot(i);
  s.constant = true;
  return ir_load(w->ir, s);
}
static IrVal global(World *w, int i, bool constant) {
  return ir_load(w->ir, (Slot){.space = SPACE_GLOBAL, .access = ACC_UNIFORM, .index = (uint16_t)i, .constant = constant, .name = "u"});
}
static IrVal sys(World *w, int i) {
  return ir_load(w->ir, (Slot){.space = SPACE_SYS, .access = ACC_UNIFORM, .index = (uint16_t)i, .name = "t"});
}
static IrVal num(World *w, double x) { return ir_const(w->ir, x); }
static IrVal op(World *w, IrOp o, IrVal a, IrVal b) { return b ? ir_op2(w->ir, o, a, b) : ir_op1(w->ir, o, a); }
static void is_number(World *w, IrVal v, double x) {
  double got;
  ck_assert_msg(ir_is_const(w->ir, v, &got), "not folded to %g", x);
  ck_assert_msg(got == x || (x != x && got != got), "%.17g, not %.17g", got, x);
}

// ---- folding ----
START_TEST(constants_fold) {
  World *w = world_new();
  is_number(w, op(w, IR_ADD, num(w, 2), num(w, 3)), 5);
  is_number(w, op(w, IR_DIV, num(w, 1), num(w, 0)), INFINITY);
  is_number(w, op(w, IR_POW, num(w, 2), num(w, 0.3)), pow(2, 0.3));
  is_number(w, op(w, IR_EXP, num(w, 0.7), 0), vm_exp(0.7)); // the bits of the vector core
  is_number(w, op(w, IR_EXPREL, num(w, 0), 0), 1);
  is_number(w, op(w, IR_MOD, num(w, -1), num(w, 3)), 2);
  is_number(w, op(w, IR_MIN, num(w, NAN), num(w, 3)), NAN);
  is_number(w, op(w, IR_LT, num(w, 1), num(w, 2)), 1);
  is_number(w, op(w, IR_NUM, ir_bool(w->ir, true), 0), 1);
  is_number(w, ir_select(w->ir, op(w, IR_LE, num(w, 2), num(w, 1)), num(w, 7), num(w, 8)), 8);
  is_number(w, ir_fma(w->ir, num(w, 2), num(w, 3), num(w, 4)), 10);
  world_free(w);
}
END_TEST
START_TEST(identities) {
  World *w = world_new();
  IrVal x = load(w, 0), zero = num(w, 0), one = num(w, 1);
  IrVal m = op(w, IR_LT, x, one);
  ck_assert(op(w, IR_ADD, x, zero) == x && op(w, IR_MUL, one, x) == x && op(w, IR_DIV, x, one) == x);
  ck_assert(op(w, IR_SUB, x, zero) == x && op(w, IR_NEG, op(w, IR_NEG, x, 0), 0) == x);
  is_number(w, op(w, IR_MUL, x, zero), 0);
  is_number(w, op(w, IR_POW, x, zero), 1);
  ck_assert(op(w, IR_POW, x, num(w, 2)) == op(w, IR_MUL, x, x));
  ck_assert(op(w, IR_POW, x, num(w, 0.5)) == op(w, IR_SQRT, x, 0));
  ck_assert(op(w, IR_NOT, op(w, IR_NOT, m, 0), 0) == m && op(w, IR_AND, m, ir_bool(w->ir, true)) == m);
  ck_assert(ir_select(w->ir, m, x, x) == x);
  ck_assert(ir_is_mask(w->ir, ir_select(w->ir, m, m, op(w, IR_NOT, m, 0))));
  world_free(w);
}
END_TEST
START_TEST(equal_values_are_shared) {
  World *w = world_new();
  IrVal x = load(w, 0), y = load(w, 1);
  ck_assert(load(w, 0) == x && num(w, 3) == num(w, 3) && num(w, 0.0) != num(w, -0.0));
  ck_assert(op(w, IR_ADD, x, y) == op(w, IR_ADD, y, x) && op(w, IR_SUB, x, y) != op(w, IR_SUB, y, x));
  for (int i = 0; i < 2000; i++) x = op(w, IR_ADD, op(w, IR_SIN, x, 0), num(w, i)); // the tables grow
  ck_assert(op(w, IR_ADD, load(w, 0), y) == op(w, IR_ADD, y, load(w, 0)));
  world_free(w);
}
END_TEST
START_TEST(rates) {
  World *w = world_new();
  IrVal c = num(w, 1), u = global(w, 0, true), l = constant_load(w, 0), s = sys(w, SYS_T), x = load(w, 1);
  ck_assert(ir_rate(w->ir, c) == RATE_CONST && ir_rate(w->ir, u) == RATE_UNIFORM && ir_rate(w->ir, l) == RATE_LANE);
  ck_assert(ir_rate(w->ir, s) == RATE_STEP && ir_rate(w->ir, x) == RATE_STEP_LANE);
  ck_assert(ir_rate(w->ir, sys(w, SYS_DT)) == RATE_UNIFORM && ir_rate(w->ir, global(w, 1, false)) == RATE_STEP);
  ck_assert(ir_rate(w->ir, op(w, IR_ADD, u, c)) == RATE_UNIFORM && ir_rate(w->ir, op(w, IR_MUL, u, l)) == RATE_LANE);
  ck_assert(ir_rate(w->ir, op(w, IR_MUL, s, l)) == RATE_STEP_LANE && ir_rate(w->ir, op(w, IR_MUL, s, u)) == RATE_STEP);
  ck_assert(ir_rate(w->ir, ir_load(w->ir, access_slot(2, ACC_POST))) == RATE_STEP_LANE);
  world_free(w);
}
END_TEST

// ---- rewriting ----
START_TEST(forms_are_found) {
  World *w = world_new();
  Ir *ir = w->ir;
  IrVal V = load(w, 0), n = load(w, 1), k = global(w, 0, true), vt = global(w, 1, true);
  IrVal u = op(w, IR_SUB, op(w, IR_SUB, num(w, 15), V), vt); // 0.16 u/(exp(u/5) - 1)
  IrVal alpha = op(w, IR_DIV, op(w, IR_MUL, num(w, 0.16), u), op(w, IR_SUB, op(w, IR_EXP, op(w, IR_DIV, u, num(w, 5)), 0), num(w, 1)));
  IrVal beta = op(w, IR_DIV, num(w, 4), op(w, IR_ADD, num(w, 1), op(w, IR_EXP, op(w, IR_DIV, op(w, IR_SUB, num(w, 40), V), k), 0)));
  IrVal s = op(w, IR_ADD, alpha, beta), inf = op(w, IR_DIV, alpha, s);
  IrVal decay = op(w, IR_EXP, op(w, IR_MUL, op(w, IR_NEG, sys(w, SYS_DT), 0), s), 0);
  ir_store(ir, slot(1), op(w, IR_ADD, inf, op(w, IR_MUL, op(w, IR_SUB, n, inf), decay)));
  ir_store(ir, slot(0), op(w, IR_ADD, op(w, IR_ADD, op(w, IR_MUL, k, V), op(w, IR_MUL, vt, load(w, 2))), num(w, 3)));
  ck_assert(listed(w, "berna") && listed(w, "siga") && listed(w, "gate") && listed(w, "lin2"));
  world_free(w);
}
END_TEST
START_TEST(bernoulli_is_whole) { // k (V - V0)/(1 - exp(-(V - V0)/w)) at V = V0, which plain arithmetic makes 0/0
  World *w = world_new();
  IrVal u = op(w, IR_SUB, load(w, 0), global(w, 0, true));
  IrVal e = op(w, IR_EXP, op(w, IR_NEG, op(w, IR_DIV, u, num(w, 10)), 0), 0);
  ir_store(w->ir, slot(1), op(w, IR_DIV, op(w, IR_MUL, num(w, 0.1), u), op(w, IR_SUB, num(w, 1), e)));
  w->col[0][5] = w->uniform[0];
  w->col[0][6] = w->uniform[0] + 1;
  ck_assert(run(w));
  ck_assert_double_eq_tol(w->col[1][5], 1, 1e-15); // the limit 0.1 * 10
  ck_assert_double_eq_tol(w->col[1][6], 0.1 / (1 - exp(-0.1)), 1e-15);
  world_free(w);
}
END_TEST
START_TEST(contraction) {
  for (int on = 0; on < 2; on++) {
    World *w = world_new();
    ir_contract(w->ir, on);
    IrVal x = load(w, 0), y = load(w, 1), z = load(w, 2);
    ir_store(w->ir, slot(3), op(w, IR_ADD, op(w, IR_MUL, x, y), z));
    ir_store(w->ir, slot(4), op(w, IR_SUB, op(w, IR_MUL, x, x), op(w, IR_MUL, x, x))); // stays 0
    ir_store(w->ir, slot(5), op(w, IR_DIV, x, num(w, 49)));                            // stays a division
    double a = w->col[0][7], b = w->col[1][7], c = w->col[2][7];
    ck_assert(run(w));
    ck_assert(w->col[3][7] == (on ? fma(a, b, c) : a * b + c));
    ck_assert(w->col[4][7] == 0 && w->col[5][7] == a / 49);
    world_free(w);
  }
}
END_TEST
START_TEST(other_uses_do_not_matter) { // the same bits whether or not a part is also stored
  double first[N];
  for (int more = 0; more < 2; more++) {
    World *w = world_new();
    IrVal x = load(w, 0), y = load(w, 1), k = global(w, 0, true), p = op(w, IR_MUL, x, y), e = op(w, IR_EXP, op(w, IR_MUL, x, k), 0);
    ir_store(w->ir, slot(2), op(w, IR_ADD, op(w, IR_ADD, p, op(w, IR_MUL, y, k)), op(w, IR_MUL, e, k)));
    if (more) {
      ir_store(w->ir, slot(3), p);
      ir_store(w->ir, slot(4), e);
      ir_store(w->ir, slot(5), op(w, IR_MUL, y, k));
    }
    ck_assert(run(w));
    if (more) ck_assert(memcmp(first, w->col[2], sizeof first) == 0);
    memcpy(first, w->col[2], sizeof first);
    world_free(w);
  }
}
END_TEST

// ---- running ----
START_TEST(loads_see_the_start) { // two columns are exchanged; the last store wins
  World *w = world_new();
  double a = w->col[0][150], b = w->col[1][150];
  IrVal x = load(w, 0), y = load(w, 1);
  ir_store(w->ir, slot(0), num(w, 0));
  ir_store(w->ir, slot(0), y);
  ir_store(w->ir, slot(1), x);
  ir_store(w->ir, slot(2), op(w, IR_ADD, x, num(w, 1)));
  ck_assert(run(w));
  ck_assert(w->col[0][150] == b && w->col[1][150] == a && w->col[2][150] == a + 1);
  world_free(w);
}
END_TEST
START_TEST(uniform_values) { // computed once a call, in the same arithmetic as lanes
  World *w = world_new();
  IrVal t = sys(w, SYS_T), u = global(w, 2, false), v = op(w, IR_POW, op(w, IR_ADD, op(w, IR_SIN, t, 0), u), num(w, 1.3));
  ir_store(w->ir, slot(0), v); // into all lanes
  ir_store(w->ir, slot(1), op(w, IR_MUL, load(w, 2), v));
  ir_store(w->ir, (Slot){.space = SPACE_GLOBAL, .access = ACC_UNIFORM, .index = 2, .name = "u"}, op(w, IR_ADD, u, num(w, 1)));
  double c = w->col[2][199], want = pow(vm_sin(0.25) + 3.5, 1.3);
  ck_assert(run(w));
  ck_assert(w->col[0][0] == want && w->col[0][199] == want && w->col[1][199] == c * want && w->uniform[2] == 4.5);
  world_free(w);
}
END_TEST
START_TEST(constants_per_lane) { // what is costly is kept in a derived column, what is cheap is not
  World *w = world_new();
  IrVal tau = constant_load(w, 3), p = op(w, IR_EXP, op(w, IR_DIV, sys(w, SYS_DT), tau), 0);
  ir_store(w->ir, slot(0), op(w, IR_MUL, load(w, 0), p));
  ir_store(w->ir, slot(1), op(w, IR_MUL, load(w, 1), op(w, IR_ADD, tau, num(w, 1))));
  double a = w->col[0][9], b = w->col[1][9], d = w->col[3][9];
  ck_assert(run(w));
  ck_assert(listed(w, "1 derived columns"));
  ck_assert(w->col[0][9] == a * vm_exp(0.5 / d) && w->col[1][9] == b * (d + 1));
  world_free(w);
}
END_TEST
START_TEST(indices_and_types) {
  World *w = world_new();
  Ir *ir = w->ir;
  w->call.idx[0] = w->idx[0], w->call.idx[1] = w->idx[1], w->call.idx[2] = w->idx[2];
  Slot f = slot(0), i = slot(0);
  f.type = SLOT_F32;
  i.type = SLOT_I32;
  IrVal sum = op(w, IR_ADD, ir_load(ir, f), ir_load(ir, i));
  ir_store(ir, slot(0), op(w, IR_ADD, sum, ir_load(ir, access_slot(1, ACC_POST))));
  ir_store(ir, slot(2), op(w, IR_SUB, ir_index(ir, ACC_PRE), ir_lane(ir)));
  ir_store(ir, access_slot(3, ACC_POST), ir_lane(ir));
  ir_store(ir, i, op(w, IR_MUL, ir_lane(ir), num(w, 2)));
  double want = 0.5 * 60 + 10 + w->col[1][N - 1 - 60];
  ck_assert(run(w));
  ck_assert(w->col[0][60] == want && w->col[2][60] == 30 - 60 && w->col[3][N - 1 - 60] == 60 && w->i32[60] == 120);
  world_free(w);
}
END_TEST
START_TEST(additions_by_index) { // in the order of lanes, where a mask holds; loads of the same memory see the start
  World *w = world_new();
  w->call.idx[1] = w->idx[1];
  IrVal x = ir_load(w->ir, access_slot(0, ACC_PRE));
  ir_add_at(w->ir, access_slot(0, ACC_PRE), x, 0);
  ir_add_at(w->ir, access_slot(1, ACC_PRE), num(w, 1), op(w, IR_LT, ir_lane(w->ir), num(w, 100)));
  ir_add_at(w->ir, access_slot(2, ACC_UNIFORM), num(w, 0.5), 0);
  for (int i = 0; i < N; i++) w->idx[1][i] = i % 2 ? 7 : i / 2; // 7 has synapses in both blocks
  double a = w->col[0][7], b = w->col[1][7], c = w->col[2][0];
  ck_assert(run(w));
  double want = a;
  for (int i = 0; i < N / 2 + 1; i++) want += a;
  ck_assert(w->col[0][7] == want);
  ck_assert(w->col[1][7] == b + 51 && w->col[1][60] == 1 * 0.5 + 0.6 && w->col[2][0] == c + 0.5 * N);
  world_free(w);
}
END_TEST
START_TEST(emissions) {
  World *w = world_new();
  IrVal i = ir_lane(w->ir);
  IrVal m = op(w, IR_OR, op(w, IR_EQ, i, num(w, 3)), op(w, IR_LT, num(w, 197), i));
  ir_emit(w->ir, m);
  w->call.elem_offset = 0;
  ck_assert(run(w));
  ck_assert(w->call.nspikes == 3 && w->spikes[0] == 3 && w->spikes[1] == 198 && w->spikes[2] == 199);
  world_free(w);
  w = world_new();
  w->call.counts = w->counts;
  i = ir_lane(w->ir);
  ir_emit_count(w->ir, op(w, IR_MUL, i, num(w, 0.5)), op(w, IR_LE, i, num(w, 4)));
  ck_assert(run(w));
  ck_assert(w->call.nspikes == 3 && w->spikes[0] == 2 && w->counts[0] == 1 && w->counts[1] == 1 && w->counts[2] == 2);
  world_free(w);
}
END_TEST
// Every shape of condition that is fused into an emission, against the plain one.
START_TEST(conditions) {
  for (int shape = 0; shape < 24; shape++) {
    World *w = world_new();
    IrVal x = load(w, 0), y = load(w, 1), k = global(w, 0, false), two[2];
    for (int j = 0; j < 2; j++) {
      int kind = j ? shape / 8 % 3 : shape % 3;
      IrVal p = kind == 1 ? k : x, q = kind == 2 ? k : j ? load(w, 2) : y;
      two[j] = op(w, (j ? shape / 2 : shape) % 2 ? IR_LE : IR_LT, p, q);
    }
    IrVal m = shape & 4 ? op(w, IR_AND, two[0], op(w, IR_NOT, two[1], 0)) : op(w, IR_AND, two[0], two[1]);
    if (shape % 5 == 4) m = two[0];
    ir_emit(w->ir, m);
    ir_store(w->ir, slot(4), ir_select(w->ir, m, num(w, 1), num(w, 0)));
    for (int i = 0; i < N; i++) w->col[1][i] = w->col[0][(i * 7) % N], w->col[2][i] = w->col[0][(i * 11) % N];
    ck_assert(run(w));
    int64_t n = 0;
    for (int i = 0; i < N; i++)
      if (w->col[4][i] == 1) ck_assert_msg(n < w->call.nspikes && w->spikes[n++] == i, "shape %d, lane %d", shape, i);
    ck_assert(n == w->call.nspikes);
    world_free(w);
  }
}
END_TEST
START_TEST(finite_checks) {
  World *w = world_new();
  IrVal v = op(w, IR_DIV, num(w, 1), op(w, IR_SUB, load(w, 0), num(w, 2)));
  ir_finite(w->ir, load(w, 1), 1);
  ir_finite(w->ir, v, 2);
  ir_store(w->ir, slot(1), v);
  w->col[0][140] = 2;
  double before = w->col[1][139];
  ck_assert(!run(w));
  ck_assert(w->call.fault.what == 2 && w->call.fault.lane == 140 && isinf(w->call.fault.value));
  ck_assert(w->col[1][139] == before);
  world_free(w);
}
END_TEST
START_TEST(arrays) {
  World *w = world_new();
  IrVal i = ir_lane(w->ir);
  ir_store(w->ir, slot(0), ir_lookup(w->ir, array_slot(), op(w, IR_SUB, i, num(w, 2.5))));
  ir_store(w->ir, slot(1), ir_series(w->ir, array_slot(), op(w, IR_MUL, i, num(w, 0.1)), num(w, 0.3)));
  ir_store(w->ir, slot(2), ir_lookup(w->ir, array_slot(), num(w, NAN)));
  ck_assert(run(w));
  ck_assert(w->col[0][0] == 100 && w->col[0][4] == 101 && w->col[0][60] == 115 && isnan(w->col[2][0]));
  ck_assert(w->col[1][2] == 100 && w->col[1][3] == 101 && w->col[1][9] == 103 && w->col[1][N - 1] == 115);
  world_free(w);
}
END_TEST
START_TEST(draws) { // are those of a cursor at stream, element and step
  World *w = world_new();
  w->call.elem_offset = 1000;
  RngKey key = w->call.key;
  IrVal z = num(w, 0), one = num(w, 1), x = load(w, 0);
  ir_store(w->ir, slot(1), ir_random(w->ir, DIST_UNIFORM, 2, (IrVal[]){z, x}, 1));
  ir_store(w->ir, slot(2), ir_random(w->ir, DIST_NORMAL, 4, (IrVal[]){z, one, num(w, 0.5), num(w, 1)}, 2));
  ir_store(w->ir, slot(3), ir_random(w->ir, DIST_POISSON, 1, (IrVal[]){op(w, IR_MUL, x, num(w, 10))}, 3));
  ir_store(w->ir, slot(4), ir_random(w->ir, DIST_GAMMA, 2, (IrVal[]){x, one}, 4));
  ir_store(w->ir, slot(5), ir_random(w->ir, DIST_LOGNORMAL, 2, (IrVal[]){x, one}, 5));
  ir_store(w->ir, slot(6), ir_random(w->ir, DIST_EXPONENTIAL, 1, (IrVal[]){x}, 6));
  ir_store(w->ir, slot(7), ir_random(w->ir, DIST_BINOMIAL, 2, (IrVal[]){num(w, 40), num(w, 0.4)}, 7));
  ck_assert(run(w));
  for (int i = 0; i < N; i++) {
    double p = 0.25 + 0.01 * i;
    Rng r[8];
    for (int s = 0; s < 8; s++) r[s] = rng_at(key, (uint32_t)s, 1000 + i, 3);
    ck_assert(w->col[1][i] == rng_uniform(&r[1], 0, p));
    ck_assert(w->col[2][i] == rng_normal_within(&r[2], 0, 1, 0.5, 1));
    ck_assert(w->col[3][i] == rng_poisson(&r[3], p * 10));
    ck_assert(w->col[4][i] == rng_gamma(&r[4], p, 1));
    ck_assert(w->col[5][i] == rng_lognormal(&r[5], p, 1));
    ck_assert(w->col[6][i] == rng_exponential(&r[6], p));
    ck_assert(w->col[7][i] == rng_binomial(&r[7], 40, 0.4));
  }
  world_free(w);
}
END_TEST
START_TEST(matrix_exponentials) {
  World *w = world_new();
  IrVal p = op(w, IR_NEG, constant_load(w, 0), 0), q = op(w, IR_NEG, constant_load(w, 1), 0), in[16] = {0}, out[16];
  in[0] = p, in[1] = num(w, 2), in[5] = q, in[10] = p, in[15] = num(w, -1); // a pair and two alone
  ir_expm(w->ir, 4, in, out);
  is_number(w, out[4], 0);
  is_number(w, out[2], 0);
  is_number(w, out[15], vm_exp(-1));
  ck_assert(out[10] == op(w, IR_EXP, p, 0));
  IrVal y = op(w, IR_ADD, op(w, IR_MUL, out[0], load(w, 2)), op(w, IR_MUL, out[1], load(w, 3)));
  ir_store(w->ir, slot(2), y);
  double c = w->col[2][5], d = w->col[3][5], a = w->col[0][5], b = w->col[1][5];
  ck_assert(run(w));
  double want = exp(-a) * c + 2 * (exp(-a) - exp(-b)) / (b - a) * d;
  ck_assert_double_eq_tol(w->col[2][5], want, 1e-14); // some roundings of numbers near 2
  world_free(w);
}
END_TEST

// ---- derivatives and substitution ----
static double value_at(IrVal (*f)(World *, IrVal), bool slope, double x) {
  World *w = world_new();
  IrVal v = load(w, 0), y = f(w, v);
  ir_store(w->ir, slot(1), slope ? ir_derivative(w->ir, y, v) : y);
  for (int i = 0; i < N; i++) w->col[0][i] = x;
  ck_assert(run(w));
  double r = w->col[1][3];
  world_free(w);
  return r;
}
#define FUNCTION(name, expr) \
  static IrVal name(World *w, IrVal x) { return expr; }
FUNCTION(f_poly, op(w, IR_SUB, op(w, IR_POW, x, num(w, 3)), op(w, IR_MUL, num(w, 2), x)))
FUNCTION(f_quotient, op(w, IR_DIV, op(w, IR_SIN, x, 0), op(w, IR_ADD, num(w, 1), op(w, IR_MUL, x, x))))
FUNCTION(f_exprel, op(w, IR_EXPREL, x, 0))
FUNCTION(f_rate, op(w, IR_DIV, num(w, 3), op(w, IR_ADD, num(w, 1), op(w, IR_EXP, op(w, IR_NEG, x, 0), 0))))
FUNCTION(f_power, op(w, IR_POW, num(w, 1.7), x))
FUNCTION(f_select, ir_select(w->ir, op(w, IR_LT, x, num(w, 0)), op(w, IR_NEG, x, 0), op(w, IR_MUL, x, x)))
FUNCTION(f_max, op(w, IR_MAX, op(w, IR_TANH, x, 0), op(w, IR_SQRT, op(w, IR_ADD, num(w, 1), op(w, IR_ABS, x, 0)), 0)))
FUNCTION(f_log, op(w, IR_LOG, op(w, IR_ADD, num(w, 3), x), 0))
FUNCTION(f_erf, op(w, IR_ADD, op(w, IR_ERF, x, 0), op(w, IR_SOFTPLUS, x, 0)))
FUNCTION(f_atan, op(w, IR_ATAN2, x, op(w, IR_COS, x, 0)))
FUNCTION(f_gamma, op(w, IR_LGAMMA, op(w, IR_ADD, num(w, 3), x), 0))
FUNCTION(f_fma, ir_fma(w->ir, x, op(w, IR_EXP, x, 0), x))
START_TEST(derivatives) {
  static IrVal (*const f[])(World *, IrVal) = {f_poly, f_quotient, f_exprel, f_rate, f_power, f_select,
                                               f_max,  f_log,      f_erf,    f_atan, f_gamma, f_fma};
  static const double at[] = {-1.3, -0.005, 0.004, 0.7, 1.1};
  for (size_t i = 0; i < sizeof f / sizeof *f; i++)
    for (size_t j = 0; j < sizeof at / sizeof *at; j++) {
      double h = 1e-4, x = at[j]; // five points: error h^4 f'''''/30, and rounding 1e-16/h
      double d = (value_at(f[i], false, x - 2 * h) - 8 * value_at(f[i], false, x - h) + 8 * value_at(f[i], false, x + h) -
                  value_at(f[i], false, x + 2 * h)) / (12 * h);
      double got = value_at(f[i], true, x);
      ck_assert_msg(fabs(got - d) <= 1e-8 * (1 + fabs(d)), "function %d at %g: %.12g, difference %.12g", (int)i, x, got, d);
    }
}
END_TEST
START_TEST(linearity) { // the derivative of a linear form has no x
  World *w = world_new();
  IrVal x = load(w, 0), y = load(w, 1), k = global(w, 0, true);
  IrVal f = op(w, IR_DIV, op(w, IR_ADD, op(w, IR_SUB, num(w, 3), x), op(w, IR_MUL, k, y)), num(w, 20));
  ck_assert(!ir_depends(w->ir, ir_derivative(w->ir, f, x), x) && !ir_depends(w->ir, ir_derivative(w->ir, f, x), y));
  is_number(w, ir_derivative(w->ir, k, x), 0);
  is_number(w, ir_derivative(w->ir, f, load(w, 5)), 0);
  IrVal g = op(w, IR_MUL, x, op(w, IR_SUB, num(w, 1), x));
  ck_assert(ir_depends(w->ir, ir_derivative(w->ir, g, x), x) && ir_depends(w->ir, g, x) && !ir_depends(w->ir, g, y));
  world_free(w);
}
END_TEST
START_TEST(substitution) {
  World *w = world_new();
  IrVal x = load(w, 0), y = load(w, 1), f = op(w, IR_ADD, op(w, IR_EXP, op(w, IR_MUL, x, y), 0), x);
  IrVal from[2] = {x, y}, to[2] = {y, num(w, 0)};
  ck_assert(ir_substitute(w->ir, f, 2, from, to) == op(w, IR_ADD, num(w, 1), y)); // at once, and folded
  ck_assert(ir_substitute(w->ir, f, 0, from, to) == f && ir_substitute(w->ir, x, 1, from, to) == y);
  IrVal args[2] = {x, y}, r = ir_random(w->ir, DIST_NORMAL, 2, args, 1);
  IrVal s = ir_substitute(w->ir, r, 1, from, to);
  ck_assert(s != r && ir_rate(w->ir, s) == RATE_STEP_LANE);
  IrVal array = ir_lookup(w->ir, array_slot(), x);
  ck_assert(ir_substitute(w->ir, array, 1, from, to) == ir_lookup(w->ir, array_slot(), y));
  world_free(w);
}
END_TEST

// ---- size ----
START_TEST(large_kernels) { // thousands of operations in a chain, and hundreds of live values
  World *w = world_new();
  IrVal x = load(w, 0), live[300], sum = num(w, 0);
  for (int i = 0; i < 5000; i++) x = op(w, IR_ADD, op(w, IR_MUL, x, num(w, 0.5)), op(w, IR_SIN, x, 0));
  for (int i = 0; i < 300; i++) live[i] = op(w, IR_SIN, op(w, IR_MUL, load(w, 1), num(w, i)), 0);
  for (int i = 0; i < 300; i++) sum = op(w, IR_ADD, sum, op(w, IR_DIV, live[i], op(w, IR_ADD, live[299 - i], num(w, 2))));
  ir_store(w->ir, slot(2), op(w, IR_ADD, x, sum));
  ck_assert(run(w));
  ck_assert(isfinite(w->col[2][17]));
  world_free(w);
}
END_TEST
START_TEST(empty_kernels) {
  World *w = world_new();
  ck_assert(run(w));
  w->call.lo = w->call.hi = 5;
  ck_assert(run(w));
  world_free(w);
}
END_TEST

int main(void) {
  Suite *s = suite_create("ir");
  TCase *c = tcase_create("ir");
  tcase_add_test(c, constants_fold);
  tcase_add_test(c, identities);
  tcase_add_test(c, equal_values_are_shared);
  tcase_add_test(c, rates);
  tcase_add_test(c, forms_are_found);
  tcase_add_test(c, bernoulli_is_whole);
  tcase_add_test(c, contraction);
  tcase_add_test(c, other_uses_do_not_matter);
  tcase_add_test(c, loads_see_the_start);
  tcase_add_test(c, uniform_values);
  tcase_add_test(c, constants_per_lane);
  tcase_add_test(c, indices_and_types);
  tcase_add_test(c, additions_by_index);
  tcase_add_test(c, emissions);
  tcase_add_test(c, conditions);
  tcase_add_test(c, finite_checks);
  tcase_add_test(c, arrays);
  tcase_add_test(c, draws);
  tcase_add_test(c, matrix_exponentials);
  tcase_add_test(c, derivatives);
  tcase_add_test(c, linearity);
  tcase_add_test(c, substitution);
  tcase_add_test(c, large_kernels);
  tcase_add_test(c, empty_kernels);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
