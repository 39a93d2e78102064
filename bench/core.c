// SPDX-License-Identifier: MIT
// The speed of the vector core: kernels built through the lane IR, as lowering builds them, against hand-fused vector
// loops with the same exponential. Prints ns per neuron and step, and the ratio. Usage: core [neurons [model]] [-v: listings]
#include "base/arena.h"
#include "base/str.h"
#include "bench/core_loops.h"
#include "lang/ir.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 5 };

typedef struct Model {
  const char *name;
  Kernel *(*build)(Arena *a);
  double start[COLUMNS]; // of each column
  double (*fused)(const Loops *l, double *const *col, int64_t n, int64_t step, double dt, int32_t *spikes);
  double dt;
  double reset, jump; // what the driver does with V and x after a spike, as the simulator's spike block would
} Model;

// ---- small words for building ----
typedef struct B {
  Ir *ir;
} B;
static IrVal num(B b, double x) { return ir_const(b.ir, x); }
static IrVal add(B b, IrVal x, IrVal y) { return ir_op2(b.ir, IR_ADD, x, y); }
static IrVal sub(B b, IrVal x, IrVal y) { return ir_op2(b.ir, IR_SUB, x, y); }
static IrVal mul(B b, IrVal x, IrVal y) { return ir_op2(b.ir, IR_MUL, x, y); }
static IrVal quot(B b, IrVal x, IrVal y) { return ir_op2(b.ir, IR_DIV, x, y); }
static IrVal ex(B b, IrVal x) { return ir_op1(b.ir, IR_EXP, x); }
static IrVal pw(B b, IrVal x, int k) { return ir_op2(b.ir, IR_POW, x, num(b, k)); }
static Slot column(int i) {
  static const char *const name[] = {"V", "x", "y", "z", "I"};
  return (Slot){.space = SPACE_VAR, .access = ACC_LANE, .object = OBJ_SELF, .index = (uint16_t)i, .name = name[i]};
}
static IrVal load(B b, int i) { return ir_load(b.ir, column(i)); }
static IrVal sys(B b, int which) {
  static const char *const name[] = {"t", "dt"};
  return ir_load(b.ir, (Slot){.space = SPACE_SYS, .access = ACC_UNIFORM, .index = (uint16_t)which, .name = name[which]});
}
static IrVal param(B b, const char *name, int i) {
  return ir_load(b.ir, (Slot){.space = SPACE_GLOBAL, .access = ACC_UNIFORM, .index = (uint16_t)i, .constant = true, .name = name});
}

// ---- Hodgkin and Huxley, as Traub and Miles ----
static IrVal x_over_exp(B b, double k, IrVal u, double w) { // k u/(exp(u/w) - 1)
  return quot(b, mul(b, num(b, k), u), sub(b, ex(b, quot(b, u, num(b, w))), num(b, 1)));
}
// Exponential Euler for dx/dt = drive - s x.
static IrVal relax(B b, IrVal x, IrVal drive, IrVal s) {
  IrVal inf = quot(b, drive, s), decay = ex(b, mul(b, ir_op1(b.ir, IR_NEG, sys(b, SYS_DT)), s));
  return add(b, inf, mul(b, sub(b, x, inf), decay));
}
static Kernel *build_hh(Arena *a) {
  B b = {ir_new(a)};
  IrVal V = load(b, 0), m = load(b, 1), h = load(b, 2), n = load(b, 3), I = load(b, 4), v = sub(b, V, param(b, "VT", 0));
  IrVal am = x_over_exp(b, 0.32, sub(b, num(b, 13), v), 4), bm = x_over_exp(b, 0.28, sub(b, v, num(b, 40)), 5);
  IrVal ah = mul(b, num(b, 0.128), ex(b, quot(b, sub(b, num(b, 17), v), num(b, 18))));
  IrVal bh = quot(b, num(b, 4), add(b, num(b, 1), ex(b, quot(b, sub(b, num(b, 40), v), num(b, 5)))));
  IrVal an = x_over_exp(b, 0.032, sub(b, num(b, 15), v), 5);
  IrVal bn = mul(b, num(b, 0.5), ex(b, quot(b, sub(b, num(b, 10), v), num(b, 40))));
  IrVal gna = mul(b, mul(b, num(b, 100), pw(b, m, 3)), h), gk = mul(b, num(b, 30), pw(b, n, 4)), gl = num(b, 0.05);
  IrVal s = add(b, add(b, gl, gna), gk);
  IrVal drive = add(b, add(b, add(b, mul(b, gl, num(b, -60)), mul(b, gna, num(b, 50))), mul(b, gk, num(b, -90))), I);
  IrVal x = relax(b, V, drive, s);
  ir_finite(b.ir, x, 0);
  ir_store(b.ir, column(0), x);
  ir_store(b.ir, column(1), relax(b, m, am, add(b, am, bm)));
  ir_store(b.ir, column(2), relax(b, h, ah, add(b, ah, bh)));
  ir_store(b.ir, column(3), relax(b, n, an, add(b, an, bn)));
  return ir_compile(b.ir, "hh");
}
static double fused_hh(const Loops *l, double *const *c, int64_t n, int64_t step, double dt, int32_t *spikes) {
  (void)step, (void)spikes;
  l->hh((HH){c[0], c[1], c[2], c[3], c[4]}, n, dt);
  return 0;
}

// ---- AdEx ----
static Kernel *build_adex(Arena *a) {
  B b = {ir_new(a)};
  IrVal V = load(b, 0), w = load(b, 1), last = load(b, 2), I = load(b, 3), t = sys(b, SYS_T), dt = sys(b, SYS_DT);
  IrVal vc = ir_op2(b.ir, IR_MIN, V, num(b, -30));
  IrVal e = ex(b, quot(b, sub(b, vc, num(b, -50.4)), num(b, 2)));
  IrVal leak = mul(b, num(b, -30), sub(b, V, num(b, -70.6)));
  IrVal f = quot(b, add(b, sub(b, add(b, leak, mul(b, num(b, 60), e)), w), I), num(b, 281));
  IrVal held = ir_op2(b.ir, IR_LT, sub(b, t, num(b, 2)), last);
  IrVal x = ir_select(b.ir, held, V, add(b, V, mul(b, dt, f)));
  IrVal g = quot(b, sub(b, mul(b, num(b, 4), sub(b, V, num(b, -70.6))), w), num(b, 144));
  IrVal y = add(b, w, mul(b, dt, g));
  IrVal spike = ir_op2(b.ir, IR_AND, ir_op2(b.ir, IR_LT, num(b, -40.4), x), ir_op1(b.ir, IR_NOT, held));
  ir_finite(b.ir, x, 0);
  ir_finite(b.ir, y, 1);
  ir_emit(b.ir, spike);
  ir_store(b.ir, column(0), x);
  ir_store(b.ir, column(1), y);
  return ir_compile(b.ir, "adex");
}
static double fused_adex(const Loops *l, double *const *c, int64_t n, int64_t step, double dt, int32_t *spikes) {
  return (double)l->adex((AdEx){c[0], c[1], c[2], c[3]}, n, (double)step * dt, dt, spikes);
}

// ---- leaky integrate-and-fire with an exponential synapse; the propagator from expm ----
static Kernel *build_lif(Arena *a) {
  B b = {ir_new(a)};
  IrVal V = load(b, 0), s = load(b, 1), last = load(b, 2), t = sys(b, SYS_T), dt = sys(b, SYS_DT);
  IrVal A[9] = {quot(b, dt, num(b, -20)), quot(b, dt, num(b, 20)), quot(b, mul(b, dt, num(b, -49)), num(b, 20)),
                0, quot(b, dt, num(b, -5)), 0, 0, 0, 0}, P[9];
  ir_expm(b.ir, 3, A, P);
  IrVal held = ir_op2(b.ir, IR_LT, sub(b, t, num(b, 5)), last);
  IrVal x = add(b, add(b, mul(b, P[0], V), mul(b, P[1], s)), P[2]);
  x = ir_select(b.ir, held, V, x);
  IrVal y = mul(b, P[4], s);
  IrVal spike = ir_op2(b.ir, IR_AND, ir_op2(b.ir, IR_LT, num(b, -50), x), ir_op1(b.ir, IR_NOT, held));
  ir_finite(b.ir, x, 0);
  ir_finite(b.ir, y, 1);
  ir_emit(b.ir, spike);
  ir_store(b.ir, column(0), x);
  ir_store(b.ir, column(1), y);
  return ir_compile(b.ir, "lif");
}
static double fused_lif(const Loops *l, double *const *c, int64_t n, int64_t step, double dt, int32_t *spikes) {
  return (double)l->lif((LIF){c[0], c[1], c[2]}, n, (double)step * dt, dt, spikes);
}

static const Model models[] = {
    {"Hodgkin-Huxley", build_hh, {-63, 0.1, 0.9, 0.1, 0.5}, fused_hh, 0.05, 0, 0},
    {"AdEx", build_adex, {-70.6, 0, -1000, 900, 0}, fused_adex, 0.1, -70.6, 80.5},
    {"LIF", build_lif, {-55, 20, -1000, 0, 0}, fused_lif, 0.1, -60, 2},
};

// ---- measuring ----
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
typedef struct Data {
  double *col[COLUMNS];
  int32_t *spikes;
  int64_t n;
} Data;
static Data data_new(const Model *m, int64_t n) {
  Data d = {.n = n, .spikes = mem_alloc(4 * (size_t)n)};
  for (int k = 0; k < COLUMNS; k++) {
    d.col[k] = mem_try_alloc(8 * (size_t)n);
    for (int64_t i = 0; i < n; i++) d.col[k][i] = m->start[k] * (1 + 0.05 * sin(0.1 * (double)i));
  }
  return d;
}
static void data_free(Data *d) {
  for (int k = 0; k < COLUMNS; k++) mem_free(d->col[k]);
  mem_free(d->spikes);
}
static void reset_spiked(const Model *m, Data *d, int64_t ns, double t) {
  for (int64_t k = 0; k < ns; k++) {
    d->col[0][d->spikes[k]] = m->reset;
    d->col[1][d->spikes[k]] += m->jump;
    d->col[2][d->spikes[k]] = t;
  }
}
static const Loops *loops(void) {
#ifdef HEBB_AVX512
  if (strcmp(vm_isa(), "avx512") == 0) return &loops_avx512;
#endif
#ifdef HEBB_AVX2
  if (strcmp(vm_isa(), "avx2") == 0) return &loops_avx2;
#endif
  return &loops_base;
}
// Seconds for `steps` steps from `first` on.
static double time_fused(const Model *m, Data *d, int64_t first, int64_t steps) {
  const Loops *l = loops();
  double begin = now();
  for (int64_t s = first; s < first + steps; s++) {
    double ns = m->fused(l, d->col, d->n, s, m->dt, d->spikes);
    reset_spiked(m, d, (int64_t)ns, (double)s * m->dt);
  }
  return now() - begin;
}
static double time_core(const Model *m, KernelInstance *in, Data *d, int64_t first, int64_t steps) {
  KernelCall c = {.hi = d->n, .dt = m->dt, .spikes = d->spikes};
  double begin = now();
  for (int64_t s = first; s < first + steps; s++) {
    c.t = (double)s * m->dt;
    c.tick = (double)s;
    c.nspikes = 0;
    if (!instance_run(in, &c)) printf("not finite: neuron %ld, value %g\n", (long)c.fault.lane, c.fault.value);
    reset_spiked(m, d, c.nspikes, c.t);
  }
  return now() - begin;
}
static KernelInstance *bound(const Kernel *k, Data *d, double *vt) {
  KernelInstance *in = instance_new(k);
  for (int s = 0; s < kernel_nslots(k); s++) {
    const Slot *slot = kernel_slot(k, s);
    if (slot->space == SPACE_VAR) instance_bind(in, s, (Bind){.p = d->col[slot->index], .n = d->n});
    if (slot->space == SPACE_GLOBAL) instance_bind(in, s, (Bind){.p = vt, .n = 1});
  }
  return in;
}
static void measure(const Model *m, int64_t n, int verbose) {
  Arena *a = arena_new();
  double begin = now(), vt = -63;
  Kernel *k = m->build(a);
  double compile = now() - begin;
  if (verbose) {
    Str s = {0};
    kernel_print(k, NULL, &s);
    fputs(s.data, stdout);
    str_free(&s);
  }
  Data d = data_new(m, n), f = data_new(m, n);
  KernelInstance *in = bound(k, &d, &vt);
  KernelCall c = {.hi = n, .dt = m->dt};
  instance_setup(in, n, &c);
  int64_t steps = 1 + (int64_t)(2e5 / (double)n), first = 0;
  double core = 1e9, fused = 1e9;
  for (int round = 0; round < 400; round++, first += steps) {
    fused = fmin(fused, time_fused(m, &f, first, steps));
    core = fmin(core, time_core(m, in, &d, first, steps));
  }
  double scale = 1e9 / ((double)steps * (double)n);
  printf("%-15s %8ld neurons  fused %7.3f ns  core %7.3f ns  ratio %.2f   (V[1] %.10g %.10g; compiled in %.0f us)\n",
         m->name, (long)n, fused * scale, core * scale, core / fused, f.col[0][1], d.col[0][1], compile * 1e6);
  instance_free(in);
  kernel_free(k);
  data_free(&d);
  data_free(&f);
  arena_free(a);
}

int main(int argc, char **argv) {
  int verbose = argc > 1 && strcmp(argv[argc - 1], "-v") == 0;
  int64_t n = argc > 1 + verbose ? (atoll(argv[1]) + 7) / 8 * 8 : 4000; // the fused loops know whole vectors only
  const char *only = argc > 2 + verbose ? argv[2] : "";
  printf("%s\n", vm_isa());
  for (size_t k = 0; k < sizeof models / sizeof *models; k++)
    if (strstr(models[k].name, only)) measure(&models[k], n, verbose);
  return 0;
}
