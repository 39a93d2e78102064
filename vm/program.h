// SPDX-License-Identifier: MIT
// Kernels: straight-line vector programs, immutable once verified, and how one is run.
//
// A kernel computes over lanes: neurons of a population, synapses of a row segment, entries of a spike list, elements of
// an array being initialised. It has four sections, from the rarest to the most frequent:
//
//   setup        scalars that depend only on what is uniform and constant during a run  (once per bind)
//   setup_lanes  lane values that depend only on what is constant during a run, kept in derived columns (once per bind)
//   prologue     scalars that change from step to step (t, uniform inputs)               (once per call)
//   body         the lanes, block by block
//
// Loads see the values at the start of the kernel; stores take effect at the end of each block, each after its finite check.
// All numbers are f64 in SI units; columns may be f64, f32 or i32 in memory. Masks live in registers only.
#ifndef HEBB_PROGRAM_H
#define HEBB_PROGRAM_H
#include "base/source.h"

#include <stdbool.h>
#include <stdint.h>

#define VM_BLOCK 256 // lanes of an f64 block register at most: 2 KiB; kernels with many registers use half of it

// Whose data a slot names. Resolved to memory by vm/bind.c when a kernel is bound.
typedef enum SlotSpace {
  SPACE_VAR,     // column `index` of object `object` (SlotObject)
  SPACE_GLOBAL,  // script variable number `index`: a number or an array
  SPACE_CAPTURE, // captured value number `index`: a number or an array
  SPACE_SYS,     // SysVar `index`
  SPACE_OUT,     // result buffer number `index`, one element per lane
  SPACE_STAGE    // column of the machine's integration: of equation `index`, `object` says which (StageColumn)
} SlotSpace;

// Columns with which the machine integrates (vm/stages.c).
typedef enum StageColumn {
  STAGE_NEXT,  // the value at the end of the step
  STAGE_SLOPE, // the right side at the stage
  STAGE_LIMIT, // how far the state may enter a stage
  STAGE_TIME,  // the time of each lane (index 0)
  STAGE_COLUMNS
} StageColumn;

typedef enum SlotObject {
  OBJ_SELF,     // the population; in synapse kernels the per-synapse columns (w, states) of the projection
  OBJ_PRE,      // source population (synapse kernels)
  OBJ_POST,     // target population (synapse kernels)
  OBJ_PREBLOCK, // the projection's pre states and uniform params live in blocks (net.h):
  OBJ_PARAMS,   //   its uniform parameters
  OBJ_BLOCK0    // OBJ_BLOCK0 + k: block k of post states joined to the population; in synapse kernels k = 0 is the own
} SlotObject;

typedef enum SysVar { SYS_T, SYS_DT, SYS_TICK, SYS_N, SYS_NPRE, SYS_NPOST, SYS_COUNT } SysVar;

// Which element of the column a lane sees.
typedef enum Access {
  ACC_UNIFORM, // element 0 for all lanes
  ACC_LANE,    // element = lane number
  ACC_SELF,    // element = idx[0][lane - lo]   (indexed kernels: entries of a spike list, a selection)
  ACC_PRE,     // element = idx[1][lane - lo]
  ACC_POST,    // element = idx[2][lane - lo]
  ACC_ARRAY    // not by lane: the whole array, read by lookup operations
} Access;

typedef enum SlotType { SLOT_F64, SLOT_F32, SLOT_I32 } SlotType;

typedef struct Slot {
  uint8_t space, access, type;
  bool constant;   // does not change during a run (params; false: read again at each step)
  bool stored;     // the kernel stores to it
  uint16_t object, index;
  const char *name; // for listings: "V", "E_L"
} Slot;

typedef struct Kernel Kernel; // defined in vm/kernel.h for the core alone

// ---- running ----
typedef struct Bind {
  void *p;     // element 0; must stay valid while bound
  int64_t n;   // elements (ACC_ARRAY: length of the first axis when shape is NULL)
  const int64_t *shape; // ACC_ARRAY with more dimensions
  int ndim;
} Bind;

typedef struct RngKey {
  uint64_t seed;
  uint32_t trial, object; // object: number of the population, projection or statement
} RngKey;

typedef struct Fault {
  int what;     // number given to ir_finite; -1: none
  int64_t lane; // element number
  double value;
  const struct NativeFn *native; // not NULL: this function failed; `what` is 0
  Span span;                     // of its call
} Fault;

// What a kernel needs besides its bindings; filled by the step loop.
typedef struct KernelCall {
  int64_t lo, hi;            // lanes lo..hi-1
  const int32_t *idx[3];     // ACC_SELF, ACC_PRE, ACC_POST; entry 0 belongs to lane lo; NULL where not used
  int64_t elem_offset;       // element number for random draws and i = elem_offset + lane when idx[0] is NULL
  double t, dt, tick;
  RngKey key;
  int32_t *spikes;           // emitted elements are appended here; room for hi - lo
  int32_t *counts;           // with ir_emit_count: the number of spikes of each; NULL otherwise
  int64_t nspikes;
  struct Profile *profile;   // NULL, or counts the time of the call
  Fault fault;
} KernelCall;

typedef struct KernelInstance KernelInstance; // a kernel with its bindings, scalars and derived columns

int kernel_nslots(const Kernel *k);
const Slot *kernel_slot(const Kernel *k, int s);
bool kernel_is_random(const Kernel *k);
bool kernel_uses_index(const Kernel *k, Access a); // a: ACC_SELF, ACC_PRE or ACC_POST; whether it looks at that KernelCall.idx
bool kernel_is_impure(const Kernel *k); // calls native functions whose calls are counted; k may be NULL
void kernel_free(Kernel *k);
size_t kernel_bytes(const Kernel *k);

KernelInstance *instance_new(const Kernel *k); // keeps a pointer to k
void instance_free(KernelInstance *in);
void instance_bind(KernelInstance *in, int slot, Bind b);
// Runs setup and setup_lanes for lanes 0..n-1. Again whenever a constant changed.
// call->fault is set as by instance_run.
void instance_setup(KernelInstance *in, int64_t n, KernelCall *call);
// Prologue and body. Returns false if a finite check failed (call->fault says where); then nothing of that block and of
// later ones was stored. `call->nspikes` goes on counting from where it stands.
bool instance_run(KernelInstance *in, KernelCall *call);

// Checks that every operand is in range, every register written before it is read, every section well formed. Returns
// NULL, or what is wrong (static text). Malformed programs are never run.
const char *kernel_verify(const Kernel *k);
// A readable listing with source lines, as `hebb dis` prints it.
struct Str;
void kernel_print(const Kernel *k, const Sources *src, struct Str *out);

// Names the instruction set chosen at start ("avx512", "avx2", "base"); can be forced with HEBB_ISA in the environment.
const char *vm_isa(void);

#endif
