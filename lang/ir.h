// SPDX-License-Identifier: MIT
// Lane IR: what lowering builds and ir_compile turns into a verified kernel.
//
// SSA values in an arena. A builder call folds constants and shares equal values at once; ir_compile then finds for each
// value the rarest section it can live in (constant < uniform constant < lane constant < uniform per step < lane per
// step), chooses fused forms by a peephole pass, allocates registers and emits. Models never name fused forms.
//
// Evaluation: loads give the value at the start of the kernel whatever was stored since; the last store to a slot wins.
// A mask is a boolean per lane; ir_num(mask) counts 1. Division by zero etc. follow IEEE. x^k for whole small constant k
// becomes multiplications.
#ifndef HEBB_IR_H
#define HEBB_IR_H
#include "base/arena.h"
#include "vm/ffi.h"
#include "vm/program.h"

typedef struct Ir Ir;
typedef int32_t IrVal; // 0: none

// IROP(name, operands, result): operands and result in the letters v (number) m (mask)
#define IR_OPS(X)                                                                                                      \
  X(ADD, "vv", 'v') X(SUB, "vv", 'v') X(MUL, "vv", 'v') X(DIV, "vv", 'v') X(NEG, "v", 'v')                             \
  X(MIN, "vv", 'v') X(MAX, "vv", 'v') X(POW, "vv", 'v') X(MOD, "vv", 'v') X(ATAN2, "vv", 'v')                          \
  X(EXP, "v", 'v') X(EXPM1, "v", 'v') X(EXPREL, "v", 'v') X(LOG, "v", 'v') X(LOG1P, "v", 'v') X(LOG10, "v", 'v')       \
  X(SQRT, "v", 'v') X(CBRT, "v", 'v') X(ABS, "v", 'v') X(SIGN, "v", 'v') X(FLOOR, "v", 'v') X(CEIL, "v", 'v')          \
  X(ROUND, "v", 'v') X(SIN, "v", 'v') X(COS, "v", 'v') X(TAN, "v", 'v') X(ASIN, "v", 'v') X(ACOS, "v", 'v')            \
  X(ATAN, "v", 'v') X(SINH, "v", 'v') X(COSH, "v", 'v') X(TANH, "v", 'v') X(ERF, "v", 'v') X(ERFC, "v", 'v')           \
  X(GAMMA, "v", 'v') X(LGAMMA, "v", 'v') X(SIGMOID, "v", 'v') X(SOFTPLUS, "v", 'v') X(TRUNC, "v", 'v')                 \
  X(LT, "vv", 'm') X(LE, "vv", 'm') X(EQ, "vv", 'm') X(NE, "vv", 'm') X(ISNAN, "v", 'm')                               \
  X(AND, "mm", 'm') X(OR, "mm", 'm') X(NOT, "m", 'm') X(SELECT, "mvv", 'v') X(NUM, "m", 'v')

typedef enum IrOp {
#define X(name, args, result) IR_##name,
  IR_OPS(X)
#undef X
      IR_OP_COUNT
} IrOp;

typedef enum IrDist {
  DIST_UNIFORM,     // lo, hi
  DIST_NORMAL,      // mean, sd [, min, max]: redrawn until inside
  DIST_LOGNORMAL,   // mean, sd of the variable itself [, min, max]
  DIST_EXPONENTIAL, // mean [, min, max]
  DIST_GAMMA,       // shape, scale
  DIST_POISSON,     // mean
  DIST_BINOMIAL     // n, p
} IrDist;

Ir *ir_new(Arena *a);
void ir_span(Ir *ir, Span span); // the source of the values built from here on (listings, faults)

IrVal ir_const(Ir *ir, double x);
IrVal ir_bool(Ir *ir, bool x);
IrVal ir_load(Ir *ir, Slot slot);     // shared for equal slots; ACC_ARRAY slots cannot be loaded
IrVal ir_lane(Ir *ir);                // the element number: call->elem_offset + lane, or idx[0]
IrVal ir_index(Ir *ir, Access which); // idx[..] of ACC_SELF, ACC_PRE, ACC_POST as a number
IrVal ir_op1(Ir *ir, IrOp op, IrVal a);
IrVal ir_op2(Ir *ir, IrOp op, IrVal a, IrVal b);
IrVal ir_select(Ir *ir, IrVal mask, IrVal yes, IrVal no); // also of masks
// Values built while contraction is on (it is at first) may be rewritten by ir_compile so that they round less often:
// products into sums become fused multiply-adds, factors that are the same for all lanes are joined, u/(e^u - 1) becomes
// one function that is whole at 0. What is rewritten depends on the expression alone, not on what else a kernel holds.
void ir_contract(Ir *ir, bool on);
// A fused multiply-add with one rounding, where the algorithm asks for it.
IrVal ir_fma(Ir *ir, IrVal a, IrVal b, IrVal c);
// x[i] of an ACC_ARRAY slot: index truncated and clipped to 0..n-1; and the value of a series at a time, held per sample.
IrVal ir_lookup(Ir *ir, Slot array, IrVal index);
IrVal ir_series(Ir *ir, Slot array, IrVal t, IrVal h);
// A function of a shared library, in the units of its declaration. One that is pure is a value like others: computed once
// where its arguments are the same for all lanes, and shared. One that is impure is called for every lane of every step
// where the mask holds (0: all), in the order in which these calls were built.
IrVal ir_native(Ir *ir, const NativeFn *fn, const IrVal *args, IrVal mask);
// exp(A) of a k by k matrix (row by row, k <= 16): k*k results. Entries whose in[] is 0 are zero; results that are zero
// by structure come back as ir_const 0. Scaling and squaring with Pade approximants; accurate to about 1e-15 of the norm.
void ir_expm(Ir *ir, int k, const IrVal *in, IrVal *out);
// A draw per lane, from stream `stream` (a number that is different for each call in a model).
IrVal ir_random(Ir *ir, IrDist dist, int nargs, const IrVal *args, uint32_t stream);

void ir_store(Ir *ir, Slot slot, IrVal v);              // slot.access ACC_LANE, ACC_SELF, ACC_PRE, ACC_POST or ACC_UNIFORM
void ir_add_at(Ir *ir, Slot slot, IrVal v, IrVal mask); // column[idx] += v lane by lane in order (mask 0: always)
void ir_finite(Ir *ir, IrVal v, int what);              // stops the kernel if v is NaN or infinite in a lane
void ir_emit(Ir *ir, IrVal mask);                       // appends the element to call->spikes where the mask holds
void ir_emit_count(Ir *ir, IrVal count, IrVal mask);    // the same where count >= 1, with the count

bool ir_is_const(const Ir *ir, IrVal v, double *x);
bool ir_is_mask(const Ir *ir, IrVal v);
// How often a value changes: for choices and `check --explain`.
typedef enum IrRate { RATE_CONST, RATE_UNIFORM, RATE_LANE, RATE_STEP, RATE_STEP_LANE } IrRate;
IrRate ir_rate(const Ir *ir, IrVal v);
// The derivative dv/dx by automatic differentiation, x a load (milstein, Jacobians, linearity tests); selects and
// comparisons count as constant.
IrVal ir_derivative(Ir *ir, IrVal v, IrVal x);
bool ir_depends(const Ir *ir, IrVal v, IrVal x);
// v with every use of from[k] replaced by to[k] (stages of multi-stage methods).
IrVal ir_substitute(Ir *ir, IrVal v, int n, const IrVal *from, const IrVal *to);

// Everything stored, emitted and checked, as a verified kernel on the heap (kernel_free). `name` for listings.
Kernel *ir_compile(Ir *ir, const char *name);

#endif
