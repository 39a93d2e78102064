// SPDX-License-Identifier: MIT
// The private layout of kernels and of what runs them: for vm/program.c, vm/disasm.c, vm/interp.c, vm/kern.c and, while
// it builds one, lang/emit.c.
//
// Every operand is an index into a register table of pointers. The table's parts follow each other:
//
//   constants | setup scalars | prologue scalars | columns | outs | derived columns | block registers
//   64 bytes each, 8 copies                      | advanced per block              | VM_BLOCK lanes each
//
// A scalar holds eight copies of its value, so that the lane operations compute scalars as a block of one lane.
// Columns are f64 slots used in place; outs are f64 columns written in place by the last operation of a value (for a
// block that is not whole they stand for a block register, which is then copied lane by lane).
// Lanes of a block begin at a multiple of 8; operations go over a multiple of 8 lanes, effects over the asked ones only.
#ifndef HEBB_KERNEL_H
#define HEBB_KERNEL_H
#include "vm/ffi.h"
#include "vm/ops.h"
#include "vm/program.h"

// Block registers stand a little more than their size apart: at multiples of 2 KiB a load would often wait for a store to
// another register whose address agrees in the low 12 bits.
enum { REGISTER_STRIDE = VM_BLOCK + 8 };

enum { SECTION_SETUP, SECTION_LANES, SECTION_PROLOGUE, SECTION_BODY, SECTION_COUNT };

typedef struct InsnSpan {
  uint32_t offset; // of the instruction in code
  Span span;
} InsnSpan;

struct Kernel {
  char *name;
  Slot *slots;
  int nslots;
  uint16_t *code;
  int ncode;
  int section[SECTION_COUNT]; // where each begins; each ends with END
  double *constants;
  int nconstant, nsetup, nprologue, ncolumn, nout, nderived, nblock; // parts of the register table
  uint16_t *column;                                                  // slots of columns, then of outs
  int *what; // of FINITE
  int nwhat;
  const NativeFn **native; // of NATIVE
  int nnative;
  InsnSpan *spans;
  int nspans;
  bool random;
};

static inline int reg_setup(const Kernel *k) { return k->nconstant; }
static inline int reg_prologue(const Kernel *k) { return reg_setup(k) + k->nsetup; }
static inline int reg_column(const Kernel *k) { return reg_prologue(k) + k->nprologue; }
static inline int reg_out(const Kernel *k) { return reg_column(k) + k->ncolumn; }
static inline int reg_derived(const Kernel *k) { return reg_out(k) + k->nout; }
static inline int reg_block(const Kernel *k) { return reg_derived(k) + k->nderived; }
static inline int reg_count(const Kernel *k) { return reg_block(k) + k->nblock; }

// The place in the source of the instruction at `at`.
static inline Span kernel_span(const Kernel *k, const uint16_t *at) {
  for (int i = 0; i < k->nspans; i++)
    if (k->spans[i].offset == (uint32_t)(at - k->code)) return k->spans[i].span;
  return (Span){0};
}

// What an operation sees of the block it works on.
typedef struct Frame {
  void **r;      // the register table
  int scalars;   // registers below this one are scalars
  int n;         // lanes to compute, a multiple of 8
  int lo, hi;    // lanes that count: lo..hi-1
  int64_t base;  // lane number of the block's first lane, a multiple of 8
  const Kernel *k;
  const Bind *bind;
  KernelCall *call;
  double **gathered;    // by slot: what was loaded by index for all lanes before the first block, or NULL (interp.c)
  const uint16_t *halt; // an END: where a failed check goes on
} Frame;

// Executes one instruction; `a` points at its first operand; returns the next instruction.
typedef const uint16_t *(*OpFn)(Frame *f, const uint16_t *a);

// Products with dense matrices (vm/kern_dense.h), outside of kernels.
typedef struct DenseFns {
  void (*add_f64)(double *to, const double *w, int64_t stride, int rows, const double *x, int64_t n);
  void (*add_f32)(double *to, const float *w, int64_t stride, int rows, const double *x, int64_t n);
} DenseFns;
extern const DenseFns kern_base_dense, kern_avx2_dense, kern_avx512_dense;
const DenseFns *vm_dense(void); // of the instruction set chosen
extern const OpFn kern_base[OP_COUNT];
extern const OpFn kern_avx2[OP_COUNT];
extern const OpFn kern_avx512[OP_COUNT];

// Slots of SysVar that the call gives where nothing is bound.
double frame_sysvar(const Frame *f, int index);

#endif
