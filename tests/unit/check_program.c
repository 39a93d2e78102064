// SPDX-License-Identifier: MIT
// Operations, the verifier and the running of kernels. The heart: every operation of vm/ops.def gives the same bits on
// every instruction set, fused operations those of their parts, and a run those of any way to cut it into ranges.
#include "base/arena.h"
#include "base/str.h"
#include "lang/ir.h"
#include "vm/kernel.h"
#include "vm/vmath.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the instruction sets of this machine ----
typedef struct Isa {
  const char *name;
  const OpFn *ops;
} Isa;
static int isas(Isa *out) {
  int n = 0;
  out[n++] = (Isa){"base", kern_base};
#ifdef HEBB_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out[n++] = (Isa){"avx2", kern_avx2};
#endif
#ifdef HEBB_AVX512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    out[n++] = (Isa){"avx512", kern_avx512};
#endif
  return n;
}

// ---- one operation over one block ----
enum { SCALARS = 10, REGS = 24, OUT = 20 }; // registers: scalars, then lanes; results from OUT on
typedef struct Bench {
  double reg[REGS][VM_BLOCK] __attribute__((aligned(64)));
  void *r[REGS];
  double f64[256];
  float f32[256];
  int32_t i32[256], index[VM_BLOCK], spikes[4 * VM_BLOCK], counts[4 * VM_BLOCK];
  double out64[256];
  Slot slots[6];
  Bind bind[6];
  Kernel k;
  KernelCall call;
  int what[2];
} Bench;

static double random_number(unsigned *state) {
  static const double odd[] = {0, -0.0, 1, -1, 0.5, 2, 1e-310, -1e-310, INFINITY, -INFINITY, NAN, 710, -746, 1e300, -1e300};
  *state = *state * 1664525u + 1013904223u;
  unsigned pick = *state >> 16;
  if (pick % 16 == 0) return odd[pick / 16 % (sizeof odd / sizeof *odd)];
  *state = *state * 1664525u + 1013904223u;
  double u = (double)(*state >> 8) / (1 << 24);
  return pick % 3 == 0 ? 200 * u - 100 : pick % 3 == 1 ? 2 * u - 1 : 0.01 * u;
}
// Registers with numbers of all kinds, or of none but plain ones.
static void fill(Bench *b, unsigned seed, bool plain) {
  unsigned state = seed * 2654435761u + 1;
  for (int i = 0; i < REGS; i++)
    for (int j = 0; j < VM_BLOCK; j++) {
      double x = random_number(&state);
      b->reg[i][j] = i < SCALARS && j > 0 ? b->reg[i][0] : plain && !(fabs(x) < 100) ? 0.25 : x;
    }
  for (int i = 0; i < 256; i++) {
    b->f64[i] = i * 0.5 - 3;
    b->f32[i] = (float)i * 0.1f;
    b->i32[i] = 7 * i - 100;
    b->out64[i] = 0;
  }
  for (int i = 0; i < VM_BLOCK; i++) b->index[i] = (i * 37 + 5) % 200;
}
static void masks(Bench *b, int reg) {
  for (int j = 0; j < VM_BLOCK; j++) {
    int64_t m = b->reg[reg][reg < SCALARS ? 0 : j] > 0.1 ? -1 : 0;
    memcpy(&b->reg[reg][j], &m, 8);
  }
}
// A function of a library, as one that is loaded looks.
static double of_two(double x, double y) { return x - 2 * y; }
static NativeLib no_library;
static NativeParam two[2] = {{.name = "x", .type = NATIVE_REAL, .scale = 1}, {.name = "y", .type = NATIVE_REAL, .scale = 1}};
static const NativeFn native = {.name = "of_two", .lib = &no_library, .param = two, .nparams = 2, .result = NATIVE_REAL, .scale = 1,
                                .code = (void (*)(void))of_two, .direct = 2};
static const NativeFn *natives[] = {&native};

static void bench_init(Bench *b) {
  for (int i = 0; i < REGS; i++) b->r[i] = b->reg[i];
  static const uint8_t access[] = {ACC_LANE, ACC_SELF, ACC_ARRAY, ACC_UNIFORM, ACC_LANE, ACC_POST};
  static const uint8_t type[] = {SLOT_F64, SLOT_F32, SLOT_F64, SLOT_I32, SLOT_F32, SLOT_F64};
  void *memory[] = {b->out64, b->f32, b->f64, b->i32, b->f32, b->out64};
  for (int i = 0; i < 6; i++) {
    b->slots[i] = (Slot){.access = access[i], .type = type[i], .stored = true, .name = "x"};
    b->bind[i] = (Bind){.p = memory[i], .n = 256};
  }
  b->k = (Kernel){.slots = b->slots, .nslots = 6, .what = b->what, .nwhat = 2, .native = natives, .nnative = 1};
  b->call = (KernelCall){.hi = VM_BLOCK, .idx = {b->index, b->index, b->index}, .t = 0.5, .dt = 0.1, .tick = 5,
                         .key = {.seed = 3}, .spikes = b->spikes, .counts = b->counts, .fault.what = -1};
}
static int slot_for(int family) {
  switch (family) {
  case FAM_LOADU: case FAM_STOREU: return 3;
  case FAM_LOAD: return 4;
  case FAM_STORE: return 0;
  case FAM_GATHER: return 1;
  case FAM_LOOKUP: case FAM_SERIES: return 2;
  default: return 5;
  }
}
// The instruction with operands that follow its pattern: results in OUT.., lanes and scalars each a register of its own.
static void encode(Bench *b, int op, uint16_t *code) {
  int lanes = SCALARS, scalars = 0, out = OUT, n = 0;
  code[n++] = (uint16_t)op;
  for (const char *p = op_info(op)->operands; *p; p++) switch (*p) {
    case 'd': case 'o': code[n++] = (uint16_t)out++; break;
    case 'm': masks(b, lanes); code[n++] = (uint16_t)lanes++; break;
    case 'q': masks(b, scalars); code[n++] = (uint16_t)scalars++; break;
    case 'v': code[n++] = (uint16_t)lanes++; break;
    case 'k': code[n++] = (uint16_t)scalars++; break;
    case 'x': code[n++] = (uint16_t)((lanes + scalars) & 1 ? lanes++ : scalars++); break;
    case 's': code[n++] = (uint16_t)slot_for(op_info(op)->family); break;
    case 'i': code[n++] = 1; break;
    case 'w': code[n++] = 9, code[n++] = 1; break;
    case 'N':
      code[n++] = 0, code[n++] = 0xffff, code[n++] = 2;
      code[n++] = (uint16_t)lanes++, code[n++] = (uint16_t)scalars++;
      break;
    case 'E':
      code[n++] = 2;
      for (int i = 0; i < 4; i++) code[n++] = (uint16_t)(i == 2 ? 0xffff : lanes++);
      for (int i = 0; i < 4; i++) code[n++] = (uint16_t)(i == 2 ? 0xffff : out++);
      break;
    case 'C':
      code[n++] = 2;
      for (int i = 0; i < 2; i++) {
        code[n++] = (uint16_t)out++, code[n++] = (uint16_t)lanes++;
        code[n++] = i ? 2 : 0xffff, code[n++] = (uint16_t)i;
      }
      break;
    }
  code[n] = OP_END_x;
}
static void execute(Bench *b, const OpFn *ops, const uint16_t *code, int lo, int hi) {
  static const uint16_t end = OP_END_x;
  bench_init(b);
  Frame f = {.r = b->r, .scalars = SCALARS, .n = (hi + 7) & ~7, .lo = lo, .hi = hi, .k = &b->k, .bind = b->bind,
             .call = &b->call, .halt = &end};
  const uint16_t *next = ops[code[0]](&f, code + 1);
  ck_assert(next == &end || next == code + op_words(code));
}
static bool equal(double x, double y) { return memcmp(&x, &y, 8) == 0 || (x != x && y != y); }
static void compare(const Bench *a, const Bench *b, int lo, int hi, const char *op, const char *isa) {
  for (int i = OUT; i < REGS; i++)
    for (int j = lo; j < hi; j++)
      ck_assert_msg(equal(a->reg[i][j], b->reg[i][j]), "%s on %s: lane %d gives %.17g, base %.17g", op, isa, j,
                    b->reg[i][j], a->reg[i][j]);
  for (int j = 0; j < 256; j++) ck_assert_msg(equal(a->out64[j], b->out64[j]), "%s on %s: store", op, isa);
  ck_assert_msg(a->call.nspikes == b->call.nspikes && a->call.fault.what == b->call.fault.what, "%s on %s", op, isa);
  ck_assert(memcmp(a->spikes, b->spikes, sizeof(int32_t) * (size_t)a->call.nspikes) == 0);
}

static void same_bits(int op) {
  static const int range[][2] = {{0, VM_BLOCK}, {0, 8}, {0, 1}, {3, 8}, {0, 128}, {5, 177}};
  Isa isa[3];
  int n = isas(isa);
  uint16_t code[64];
  char name[64];
  snprintf(name, sizeof name, "%s.%s", op_info(op)->family_name, op_info(op)->variant);
  for (int k = 0; k < 24; k++) {
    static Bench a, b;
    const int *q = range[k % 6];
    memset(&a, 0, sizeof a);
    fill(&a, (unsigned)k, k % 4 == 0);
    encode(&a, op, code);
    b = a;
    execute(&a, isa[0].ops, code, q[0], q[1]);
    for (int i = 1; i < n; i++) {
      Bench c = b;
      execute(&c, isa[i].ops, code, q[0], q[1]);
      compare(&a, &c, q[0], q[1], name, isa[i].name);
    }
  }
}
START_TEST(same_bits_everywhere) {
  for (int op = 1; op < OP_COUNT; op++) same_bits(op);
}
END_TEST

// Lane by lane as all at once; draws and effects included.
static void alone(int op) {
  Isa isa[3];
  int n = isas(isa);
  uint16_t code[64];
  for (int i = 0; i < n; i++) {
    static Bench a, b;
    memset(&a, 0, sizeof a);
    fill(&a, 5, true);
    encode(&a, op, code);
    b = a;
    execute(&a, isa[i].ops, code, 0, 64);
    int64_t spikes = 0;
    for (int lane = 0; lane < 64 && op_info(op)->family != FAM_COMMIT; lane++) {
      Bench c = b;
      execute(&c, isa[i].ops, code, lane, lane + 1);
      for (int r = OUT; r < REGS; r++)
        ck_assert_msg(equal(a.reg[r][lane], c.reg[r][lane]), "%s.%s alone in lane %d", op_info(op)->family_name,
                      op_info(op)->variant, lane);
      spikes += c.call.nspikes;
    }
    ck_assert(spikes == a.call.nspikes);
  }
}
START_TEST(ranges_do_not_matter) {
  for (int op = 1; op < OP_COUNT; op++) alone(op);
}
END_TEST

// ---- fused operations are their parts ----
typedef double (*Parts)(const double *x); // of the value operands in order
static double p_expa(const double *x) { return vm_exp(fma(x[0], x[1], x[2])) * x[3]; }
static double p_berna(const double *x) { return vm_bern(fma(x[0], x[1], x[2])) * x[3]; }
static double p_siga(const double *x) { return vm_sigmoid(fma(x[0], x[1], x[2])) * x[3]; }
static double p_relax(const double *x) { return fma(x[0] - x[1], vm_exp(x[2] * x[3]), x[1]); }
static double p_relaxq(const double *x) { return p_relax((double[]){x[0], x[1] / x[2], x[2], x[3]}); }
static double p_gate(const double *x) { return p_relaxq((double[]){x[0], x[1], x[1] + x[2], x[3]}); }
static double p_lin2(const double *x) { return fma(x[0], x[1], fma(x[2], x[3], x[4])); }
static double p_lin3(const double *x) { return fma(x[0], x[1], p_lin2(x + 2)); }
static double p_prod3(const double *x) { return x[0] * x[1] * x[2]; }
static double p_add3(const double *x) { return x[0] + x[1] + x[2]; }
static double p_subadd(const double *x) { return x[0] - x[1] + x[2]; }
static double p_sellt(const double *x) { return x[0] < x[1] ? x[2] : x[3]; }
static double p_selle(const double *x) { return x[0] <= x[1] ? x[2] : x[3]; }
static double p_hold2(const double *x) { return x[0] < x[1] ? x[2] : p_lin2(x + 3); }
static double p_hold1(const double *x) { return x[0] < x[1] ? x[2] : fma(x[3], x[4], x[5]); }
static Parts parts_of(int family) {
  switch (family) {
  case FAM_EXPA: return p_expa;
  case FAM_BERNA: return p_berna;
  case FAM_SIGA: return p_siga;
  case FAM_RELAX: return p_relax;
  case FAM_RELAXQ: return p_relaxq;
  case FAM_GATE: return p_gate;
  case FAM_LIN2: return p_lin2;
  case FAM_LIN3: return p_lin3;
  case FAM_PROD3: return p_prod3;
  case FAM_ADD3: return p_add3;
  case FAM_SUBADD: return p_subadd;
  case FAM_SELLT: return p_sellt;
  case FAM_SELLE: return p_selle;
  case FAM_HOLD2: return p_hold2;
  case FAM_HOLD1: return p_hold1;
  default: return NULL;
  }
}
static void fused(int op) {
  static Bench b;
  uint16_t code[64];
  Parts parts = parts_of(op_info(op)->family);
  if (!(op_info(op)->flags & FUSED) || op_info(op)->flags & EFFECT) return;
  ck_assert_msg(parts != NULL, "%s is fused: say here of what", op_info(op)->family_name);
  for (unsigned k = 0; k < 20; k++) {
    memset(&b, 0, sizeof b);
    fill(&b, k, false);
    encode(&b, op, code);
    Bench before = b;
    execute(&b, kern_base, code, 0, VM_BLOCK);
    for (int j = 0; j < VM_BLOCK; j++) {
      double x[8];
      for (int q = 0; op_info(op)->variant[q]; q++) x[q] = before.reg[code[2 + q]][j];
      ck_assert_msg(equal(b.reg[OUT][j], parts(x)), "%s.%s: %.17g, parts %.17g", op_info(op)->family_name,
                    op_info(op)->variant, b.reg[OUT][j], parts(x));
    }
  }
}
START_TEST(fused_is_its_parts) {
  for (int op = 1; op < OP_COUNT; op++) fused(op);
}
END_TEST

// ---- whole kernels ----
static Slot lane_slot(int i, const char *name) {
  return (Slot){.space = SPACE_VAR, .access = ACC_LANE, .object = OBJ_SELF, .index = (uint16_t)i, .name = name};
}
static IrVal sys(Ir *ir, int which, const char *name) {
  return ir_load(ir, (Slot){.space = SPACE_SYS, .access = ACC_UNIFORM, .index = (uint16_t)which, .name = name});
}
// A neuron with a bit of everything: a gate, noise, an exponential, a threshold, refractoriness, a reset in place.
static Kernel *neuron(Arena *a) {
  Ir *ir = ir_new(a);
  IrVal V = ir_load(ir, lane_slot(0, "V")), n = ir_load(ir, lane_slot(1, "n")), last = ir_load(ir, lane_slot(2, "last"));
  IrVal t = sys(ir, SYS_T, "t"), dt = sys(ir, SYS_DT, "dt");
  Slot tau_slot = lane_slot(3, "tau");
  tau_slot.constant = true;
  IrVal tau = ir_load(ir, tau_slot);
  IrVal alpha = ir_op1(ir, IR_EXP, ir_op2(ir, IR_MUL, V, ir_const(ir, 0.1)));
  IrVal beta = ir_op1(ir, IR_EXPREL, ir_op2(ir, IR_SUB, ir_const(ir, 1), V));
  IrVal s = ir_op2(ir, IR_ADD, alpha, beta), inf = ir_op2(ir, IR_DIV, alpha, s);
  IrVal decay = ir_op1(ir, IR_EXP, ir_op2(ir, IR_MUL, ir_op1(ir, IR_NEG, dt), s));
  IrVal n2 = ir_op2(ir, IR_ADD, inf, ir_op2(ir, IR_MUL, ir_op2(ir, IR_SUB, n, inf), decay));
  IrVal p = ir_op1(ir, IR_EXP, ir_op1(ir, IR_NEG, ir_op2(ir, IR_DIV, dt, tau)));
  IrVal args[2] = {ir_const(ir, 0), ir_const(ir, 0.3)};
  IrVal drift = ir_op2(ir, IR_ADD, ir_op2(ir, IR_MUL, V, p), ir_op2(ir, IR_MUL, n, ir_const(ir, 0.4)));
  IrVal x = ir_op2(ir, IR_ADD, drift, ir_random(ir, DIST_NORMAL, 2, args, 5));
  IrVal held = ir_op2(ir, IR_LT, ir_op2(ir, IR_SUB, t, ir_const(ir, 0.5)), last);
  x = ir_select(ir, held, V, x);
  IrVal spike = ir_op2(ir, IR_AND, ir_op2(ir, IR_LE, ir_const(ir, 1), x), ir_op1(ir, IR_NOT, held));
  ir_emit(ir, spike);
  ir_finite(ir, x, 11);
  ir_finite(ir, n2, 12);
  ir_store(ir, lane_slot(0, "V"), ir_select(ir, spike, ir_const(ir, 0), x));
  ir_store(ir, lane_slot(1, "n"), n2);
  ir_store(ir, lane_slot(2, "last"), ir_select(ir, spike, t, last));
  return ir_compile(ir, "neuron");
}
enum { N = 600, COLUMNS = 4 };
typedef struct World {
  double *col[COLUMNS];
  int32_t spikes[20 * N];
  int64_t nspikes;
} World;
static World *world_new(void) {
  World *w = mem_alloc(sizeof *w);
  static const double start[] = {0.3, 0.2, -10, 5};
  for (int k = 0; k < COLUMNS; k++) {
    w->col[k] = mem_try_alloc(sizeof(double) * N);
    for (int i = 0; i < N; i++) w->col[k][i] = start[k] + 0.001 * i;
  }
  return w;
}
static void world_free(World *w) {
  for (int k = 0; k < COLUMNS; k++) mem_free(w->col[k]);
  mem_free(w);
}
static KernelInstance *bound(const Kernel *k, World *w) {
  KernelInstance *in = instance_new(k);
  for (int s = 0; s < kernel_nslots(k); s++)
    if (kernel_slot(k, s)->space == SPACE_VAR) instance_bind(in, s, (Bind){.p = w->col[kernel_slot(k, s)->index], .n = N});
  return in;
}
// 20 steps in ranges of so many lanes.
static World *run(const Kernel *k, const char *isa, int64_t lanes) {
  World *w = world_new();
  setenv("HEBB_ISA", isa, 1);
  KernelInstance *in = bound(k, w);
  unsetenv("HEBB_ISA");
  KernelCall c = {.hi = N, .dt = 0.1, .key = {.seed = 9}};
  instance_setup(in, N, &c);
  for (int step = 0; step < 20; step++)
    for (int64_t lo = 0; lo < N; lo += lanes) {
      c = (KernelCall){.lo = lo, .hi = lo + lanes < N ? lo + lanes : N, .dt = 0.1, .t = 0.1 * step, .tick = step,
                       .key = {.seed = 9}, .spikes = w->spikes + w->nspikes};
      ck_assert(instance_run(in, &c));
      w->nspikes += c.nspikes;
    }
  instance_free(in);
  return w;
}
START_TEST(kernels_agree) {
  static const char *const isa[] = {"avx512", "avx2", "base"};
  static const int64_t lanes[] = {N, 1, 7, 128, 257, 8};
  Arena *a = arena_new();
  Kernel *k = neuron(a);
  World *first = run(k, isa[0], lanes[0]);
  ck_assert(first->nspikes > 50);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 6; j++) {
      World *w = run(k, isa[i], lanes[j]);
      for (int c = 0; c < COLUMNS; c++)
        ck_assert_msg(memcmp(w->col[c], first->col[c], sizeof(double) * N) == 0, "column %d, %s, ranges of %d", c, isa[i], (int)lanes[j]);
      ck_assert(w->nspikes == first->nspikes);
      ck_assert(memcmp(w->spikes, first->spikes, sizeof(int32_t) * (size_t)w->nspikes) == 0);
      world_free(w);
    }
  world_free(first);
  kernel_free(k);
  arena_free(a);
}
END_TEST

START_TEST(faults) {
  Arena *a = arena_new();
  Kernel *k = neuron(a);
  World *w = world_new();
  KernelInstance *in = bound(k, w);
  KernelCall c = {.hi = N, .dt = 0.1, .spikes = w->spikes, .nspikes = 0};
  instance_setup(in, N, &c);
  w->col[1][500] = INFINITY; // n, and through it V
  double V0 = w->col[0][0], n499 = w->col[1][499];
  ck_assert(!instance_run(in, &c));
  ck_assert_msg(c.fault.what == 11 && c.fault.lane == 500, "what %d, lane %d", c.fault.what, (int)c.fault.lane);
  ck_assert(w->col[0][0] != V0);     // the block before went well
  ck_assert(w->col[1][499] == n499); // of the lanes around the fault nothing is stored
  ck_assert(isinf(w->col[1][500]));
  for (int64_t i = 0; i < c.nspikes; i++) ck_assert(w->spikes[i] < 256);
  w->col[1][500] = 0.2;
  c = (KernelCall){.lo = 501, .hi = N, .dt = 0.1, .spikes = w->spikes};
  w->col[1][500] = NAN; // outside of what is asked
  ck_assert(instance_run(in, &c));
  instance_free(in);
  world_free(w);
  kernel_free(k);
  arena_free(a);
}
END_TEST

// ---- the verifier ----
static const char *verify_code(const uint16_t *code, int n) {
  static Slot slot[1] = {{.access = ACC_LANE}};
  static double constant[1] = {0};
  static uint16_t column[1] = {0};
  uint16_t all[64] = {OP_END_x, OP_END_x, OP_END_x};
  memcpy(all + 3, code, sizeof *code * (size_t)n);
  Kernel k = {.slots = slot, .nslots = 1, .code = all, .ncode = n + 3, .section = {0, 1, 2, 3}, .constants = constant,
              .nconstant = 1, .ncolumn = 1, .nblock = 2, .column = column};
  return kernel_verify(&k);
}
#define VERIFY(...) verify_code((uint16_t[]){__VA_ARGS__}, (int)(sizeof((uint16_t[]){__VA_ARGS__}) / 2))
START_TEST(verifier) { // registers: 0 constant, 1 column, 2 and 3 block
  ck_assert(!VERIFY(OP_ADD_vk, 2, 1, 0, OP_END_x));
  ck_assert(VERIFY(OP_ADD_vk, 2, 1, 0));                            // no end
  ck_assert(VERIFY(OP_ADD_vk, 2, 1, OP_END_x));                     // ends within
  ck_assert(VERIFY(OP_COUNT, OP_END_x));                            // no operation
  ck_assert(VERIFY(OP_ADD_vk, 4, 1, 0, OP_END_x));                  // out of range
  ck_assert(VERIFY(OP_ADD_vk, 1, 1, 0, OP_END_x));                  // writes to a column
  ck_assert(VERIFY(OP_ADD_vk, 0, 1, 0, OP_END_x));                  // writes to a constant
  ck_assert(VERIFY(OP_ADD_vv, 2, 1, 3, OP_END_x));                  // read before it is written
  ck_assert(VERIFY(OP_ADD_vv, 2, 1, 0, OP_END_x));                  // scalar as lanes
  ck_assert(VERIFY(OP_ADD_vk, 2, 1, 1, OP_END_x));                  // lanes as a scalar
  ck_assert(VERIFY(OP_NOT_m, 2, 1, OP_END_x));                      // number as a mask
  ck_assert(VERIFY(OP_ISNAN_v, 2, 1, OP_NEG_v, 3, 2, OP_END_x));    // mask as a number
  ck_assert(VERIFY(OP_STORE_v, 1, 0, OP_END_x));                    // slot that is not stored to
  ck_assert(VERIFY(OP_LOAD_x, 2, 9, OP_END_x));                     // no such slot
  ck_assert(VERIFY(OP_GATHER_x, 2, 0, OP_END_x));                   // access
  ck_assert(VERIFY(OP_FINITE_v, 1, 0, OP_END_x));                   // check without a name
  ck_assert(VERIFY(OP_INDEX_x, 2, 3, OP_END_x));                    // no such index
  ck_assert(VERIFY(OP_EXPM_x, 17, OP_END_x));                       // too large
  ck_assert(VERIFY(OP_EXPM_x, 2, 1, 1, OP_END_x));                  // ends within
  ck_assert(VERIFY(OP_COMMIT_x, 1, 2, 1, 0xffff, 0, OP_END_x));             // no out
}
END_TEST

START_TEST(listing) {
  Arena *a = arena_new();
  Kernel *k = neuron(a);
  Str s = {0};
  kernel_print(k, NULL, &s);
  ck_assert(strstr(s.data, "kernel neuron") && strstr(s.data, "by lane") && strstr(s.data, "rnormal"));
  ck_assert(strstr(s.data, "exp ") && strstr(s.data, "tau")); // exp(-dt/tau) once per lane
  ck_assert(kernel_is_random(k) && kernel_bytes(k) > 100);
  str_free(&s);
  kernel_free(k);
  arena_free(a);
}
END_TEST

START_TEST(table) { // variants are told apart by their kinds, and name the operands they have
  for (int op = 0; op < OP_COUNT; op++) {
    const OpInfo *i = op_info(op);
    ck_assert(family_info(i->family)->first <= op);
    if (strcmp(i->variant, "x") != 0) ck_assert_msg(op_variant(i->family, i->variant) == op, "%s.%s", i->family_name, i->variant);
    Isa isa[3];
    for (int n = isas(isa); n--;) ck_assert(isa[n].ops[op] != NULL);
  }
}
END_TEST

int main(void) {
  Suite *s = suite_create("program");
  TCase *c = tcase_create("program");
  tcase_set_timeout(c, 120);
  tcase_add_test(c, table);
  tcase_add_test(c, same_bits_everywhere);
  tcase_add_test(c, ranges_do_not_matter);
  tcase_add_test(c, fused_is_its_parts);
  tcase_add_test(c, kernels_agree);
  tcase_add_test(c, faults);
  tcase_add_test(c, verifier);
  tcase_add_test(c, listing);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
