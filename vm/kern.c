// SPDX-License-Identifier: MIT
// The operations of the vector core for one instruction set, and the table that dispatches to them.
//
// How this file is built: three times, each with -ffp-contract=off and at least -O2 (the loops are explicit vectors and
// need no automatic vectorisation; options after these, such as a user's -g -O2, do no harm; -ffast-math is refused):
//
//   -DKERN_TABLE=kern_base                                                                every machine
//   -DKERN_TABLE=kern_avx2    -mavx2 -mfma                                                x86-64
//   -DKERN_TABLE=kern_avx512  -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma
//                             -mprefer-vector-width=512                                   x86-64
//
// vm/interp.c picks one at start among those that HEBB_AVX2 and HEBB_AVX512 say were built. vm/vmath.c, vm/rng.c and
// vm/expm.c are built once, without machine flags, with -ffp-contract=off. A missing operation is a compile error here.
#include "vm/kern.h"

#include "vm/expm.h"
#include "vm/kernel.h"
#include "vm/rng_lanes.h"

// The build names the table, so that a user's -march=native does not make two of one name.
#if defined(KERN_TABLE)
#elif defined(KERN_AVX512)
#define KERN_TABLE kern_avx512
#elif defined(KERN_AVX2)
#define KERN_TABLE kern_avx2
#else
#define KERN_TABLE kern_base
#endif

// An operation: `f` the frame, `a` its operands. NUM(i) is the lanes of operand i, ONE(i) its scalar.
#define DEF(name) static const uint16_t *op_##name(Frame *f, const uint16_t *a)
#define NUM(i) ((double *)f->r[a[i]])
#define ONE(i) bc(*(const double *)f->r[a[i]])
// An operand of kind x. A scalar has eight copies of itself, so it is read at the same place again and again.
typedef struct Any {
  const double *p;
  int mask;
} Any;
#define ANY(i) ((Any){NUM(i), a[i] < f->scalars ? 0 : -1})
VI vd lda(Any x, int i) { return ld(x.p + (i & x.mask)); }

// An operation over vectors, whose loop is LANES: compiled twice, for a full block with its count known and the loop
// unrolled (a loop that ends by a branch costs a misprediction at every operation), and for what is left.
#define DEFV(name)                                                                                               \
  VI const uint16_t *over_##name(Frame *f, const uint16_t *a, const int n);                                      \
  DEF(name) { return f->n == VM_BLOCK ? over_##name(f, a, VM_BLOCK) : over_##name(f, a, f->n); }                 \
  VI const uint16_t *over_##name(Frame *f, const uint16_t *a, const int n)
#define LANES _Pragma("GCC unroll 8") for (int i = 0; i < n; i += W)
#define LANES_FEW _Pragma("GCC unroll 4") for (int i = 0; i < n; i += W)
#define LANES_BIG _Pragma("GCC unroll 2") for (int i = 0; i < n; i += W) // where one turn is much

#include "vm/kern_arith.h"
#include "vm/kern_dense.h"
#include "vm/kern_fused.h"
#include "vm/kern_mem.h"
#include "vm/kern_random.h"

#define DENSE_NAME_(table) table##_dense
#define DENSE_NAME(table) DENSE_NAME_(table)
const DenseFns DENSE_NAME(KERN_TABLE) = {dense_add_f64, dense_add_f32};

const OpFn KERN_TABLE[OP_COUNT] = {
#define FAMILY(name, args, text)
#define OP(family, variant, operands, flags, text) [OP_##family##_##variant] = op_##family##_##variant,
#include "vm/ops.def"
#undef FAMILY
#undef OP
};
