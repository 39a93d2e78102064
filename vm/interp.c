// SPDX-License-Identifier: MIT
// Instances and their running.
//
// A run lays the register table, the prologue's scalars and the block registers on the stack (so kernels that follow
// each other use the same cache lines, and several threads may run one instance over ranges of their own), executes the
// prologue as a block of one lane, then the body block by block. Constants, setup scalars and derived columns belong to
// the instance and are not written by a run.
#include "base/arena.h"
#include "vm/kernel.h"
#include "vm/profile.h"

#include <stdlib.h>
#include <string.h>

struct KernelInstance {
  const Kernel *k;
  const OpFn *ops;
  Bind *bind;
  void **r;        // the register table as far as it is the same for all runs
  double *scalars; // constants, setup scalars
  double *derived; // nderived columns of derived_lanes
  uint8_t *use;    // by slot: LOADED and STORED by index
  int64_t derived_lanes;
  int block;       // lanes of a block
  size_t work;     // bytes of the work space of a run
  bool prologue;   // it has one
};

enum { SCALAR = 8, STACK_LIMIT = 256 * 1024, CACHE = 24 * 1024 };

static const OpFn *choose(const char **name) {
  const char *want = getenv("HEBB_ISA");
#ifdef HEBB_AVX2
  __builtin_cpu_init();
  bool has2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !(want && strcmp(want, "base") == 0);
#ifdef HEBB_AVX512
  bool has5 = has2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  if (has5 && !(want && strcmp(want, "avx2") == 0)) return *name = "avx512", kern_avx512;
#endif
  if (has2) return *name = "avx2", kern_avx2;
#endif
  (void)want;
  return *name = "base", kern_base;
}
const char *vm_isa(void) {
  const char *name;
  choose(&name);
  return name;
}

const DenseFns *vm_dense(void) {
  const char *name;
  const OpFn *ops = choose(&name);
#ifdef HEBB_AVX512
  if (ops == kern_avx512) return &kern_avx512_dense;
#endif
#ifdef HEBB_AVX2
  if (ops == kern_avx2) return &kern_avx2_dense;
#endif
  (void)ops;
  return &kern_base_dense;
}

// Long blocks cost the least dispatch; but what a block touches must stay in the first-level cache. Another length may be
// asked for, to show that results do not depend on it.
static int choose_block(const Kernel *k) {
  const char *want = getenv("HEBB_BLOCK");
  int lanes = want ? atoi(want) : 0;
  if (lanes >= 8 && lanes <= VM_BLOCK && lanes % 8 == 0) return lanes;
  size_t lane = sizeof(double) * (size_t)(k->nblock + k->ncolumn + k->nderived);
  return lane * VM_BLOCK <= CACHE ? VM_BLOCK : VM_BLOCK / 2;
}

// ---- loads and stores by index of the same memory ----
// A kernel's loads see the values at its start. Within a block they do, since stores come last; but a later block would
// see what an earlier one stored at the same element (a target that has two synapses of one source). Where a call has
// several blocks and memory that is both loaded and stored by index, the loads are done for all lanes first.
enum { LOADED = 1, STORED = 2 };

static uint8_t *index_uses(const Kernel *k) {
  uint8_t *use = mem_alloc((size_t)k->nslots + 1);
  for (const uint16_t *p = k->code + k->section[SECTION_BODY]; *p != OP_END_x; p += op_words(p)) {
    if (*p == OP_GATHER_x) use[p[2]] |= LOADED;
    if (*p == OP_SCATTER_v || *p == OP_ADDAT_v || *p == OP_SCATTER_k || *p == OP_ADDAT_k) use[p[2]] |= STORED;
    if (*p == OP_ADDATM_vm) use[p[3]] |= STORED;
  }
  for (int s = 0; s < k->nslots; s++) // no list of elements or synapses to change names one twice
    if (k->slots[s].access == ACC_SELF) use[s] &= (uint8_t)~STORED;
  return use;
}
static bool stored_elsewhere(const KernelInstance *in, int slot) {
  for (int s = 0; s < in->k->nslots; s++)
    if ((in->use[s] & STORED) && in->bind[s].p == in->bind[slot].p) return true;
  return false;
}
static double *gather_all(const KernelInstance *in, const KernelCall *c, int slot) {
  const Slot *s = &in->k->slots[slot];
  const int32_t *index = c->idx[s->access - ACC_SELF];
  const void *p = in->bind[slot].p;
  double *d = mem_alloc(sizeof *d * (size_t)(c->hi - c->lo));
  for (int64_t i = 0; i < c->hi - c->lo; i++)
    d[i] = s->type == SLOT_F64   ? ((const double *)p)[index[i]]
           : s->type == SLOT_F32 ? (double)((const float *)p)[index[i]]
                                 : ((const int32_t *)p)[index[i]];
  return d;
}
static double **gather_before(const KernelInstance *in, const KernelCall *c) {
  double **g = NULL;
  for (int s = 0; s < in->k->nslots; s++) {
    if (!(in->use[s] & LOADED) || !stored_elsewhere(in, s)) continue;
    if (!g) g = mem_alloc(sizeof *g * (size_t)in->k->nslots);
    g[s] = gather_all(in, c, s);
  }
  return g;
}
static void gathered_free(const KernelInstance *in, double **g) {
  for (int s = 0; g && s < in->k->nslots; s++) mem_free(g[s]);
  mem_free(g);
}

static size_t work_bytes(const Kernel *k) {
  return 64 + sizeof(double) * ((size_t)k->nprologue * SCALAR + (size_t)(k->nblock + k->nout) * REGISTER_STRIDE) +
         sizeof(void *) * (size_t)reg_count(k);
}

KernelInstance *instance_new(const Kernel *k) {
  const char *name;
  KernelInstance *in = mem_alloc(sizeof *in);
  in->k = k;
  in->ops = choose(&name);
  in->use = index_uses(k);
  in->block = choose_block(k);
  in->work = work_bytes(k);
  in->prologue = k->code[k->section[SECTION_PROLOGUE]] != OP_END_x;
  in->bind = mem_alloc(sizeof(Bind) * (size_t)(k->nslots + 1));
  in->r = mem_alloc(sizeof(void *) * (size_t)(reg_count(k) + 1));
  int nscalar = k->nconstant + k->nsetup;
  in->scalars = mem_try_alloc(sizeof(double) * SCALAR * (size_t)(nscalar + 1));
  if (!in->scalars) in->scalars = mem_alloc(sizeof(double) * SCALAR * (size_t)(nscalar + 1));
  for (int i = 0; i < nscalar; i++) {
    in->r[i] = in->scalars + SCALAR * i;
    for (int j = 0; j < SCALAR && i < k->nconstant; j++) in->scalars[SCALAR * i + j] = k->constants[i];
  }
  return in;
}

void instance_free(KernelInstance *in) {
  if (!in) return;
  mem_free(in->bind);
  mem_free(in->use);
  mem_free(in->r);
  mem_free(in->scalars);
  mem_free(in->derived);
  mem_free(in);
}

void instance_bind(KernelInstance *in, int slot, Bind b) { in->bind[slot] = b; }

double frame_sysvar(const Frame *f, int index) {
  const KernelCall *c = f->call;
  return index == SYS_T ? c->t : index == SYS_DT ? c->dt : index == SYS_TICK ? c->tick : 0;
}

// ---- the work space of a run ----
typedef struct Work {
  Frame f;
  double *prologue, *block;
} Work;

static void work_init(Work *w, const KernelInstance *in, KernelCall *call, void *memory) {
  const Kernel *k = in->k;
  double *p = (double *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
  w->prologue = p;
  w->block = p + k->nprologue * SCALAR;
  void **r = (void **)(w->block + (k->nblock + k->nout) * REGISTER_STRIDE);
  memcpy(r, in->r, sizeof(void *) * (size_t)reg_prologue(k));
  for (int i = 0; i < k->nprologue; i++) r[reg_prologue(k) + i] = w->prologue + SCALAR * i;
  for (int i = 0; i < k->nblock; i++) r[reg_block(k) + i] = w->block + REGISTER_STRIDE * i;
  w->f = (Frame){.r = r, .scalars = reg_column(k), .k = k, .bind = in->bind, .call = call, .halt = k->code + k->ncode - 1};
}

static inline void execute(const OpFn *ops, Frame *f, int section) {
  for (const uint16_t *pc = f->k->code + f->k->section[section]; *pc != OP_END_x;) pc = ops[*pc](f, pc + 1);
}
// Runs a scalar section, whose results are the `count` registers from `first` on. Operations that go lane by lane write
// one lane only: the copies are made here.
static void execute_scalars(const KernelInstance *in, Frame *f, int section, int first, int count) {
  f->n = SCALAR;
  f->lo = 0;
  f->hi = 1;
  f->base = 0;
  execute(in->ops, f, section);
  for (int i = first; i < first + count; i++) {
    double *p = f->r[i];
    for (int j = 1; j < SCALAR; j++) p[j] = p[0];
  }
}

// Points the table at the block of lanes base.. ; `whole` if no lane of it is outside the asked range.
static void aim(const KernelInstance *in, Work *w, bool whole) {
  const Kernel *k = in->k;
  Frame *f = &w->f;
  for (int i = 0, c = reg_column(k); i < k->ncolumn; i++) f->r[c + i] = (double *)in->bind[k->column[i]].p + f->base;
  for (int i = 0, c = reg_out(k); i < k->nout; i++)
    f->r[c + i] = whole ? (double *)in->bind[k->column[k->ncolumn + i]].p + f->base
                        : w->block + REGISTER_STRIDE * (k->nblock + i);
  for (int i = 0, c = reg_derived(k); i < k->nderived; i++)
    f->r[c + i] = in->derived + in->derived_lanes * i + f->base;
}
static void copy_outs(const KernelInstance *in, const Work *w) {
  const Kernel *k = in->k;
  const Frame *f = &w->f;
  for (int i = 0; i < k->nout; i++) {
    double *column = (double *)in->bind[k->column[k->ncolumn + i]].p + f->base;
    const double *out = w->block + REGISTER_STRIDE * (k->nblock + i);
    memcpy(column + f->lo, out + f->lo, sizeof(double) * (size_t)(f->hi - f->lo));
  }
}
static bool execute_lanes(const KernelInstance *in, Work *w, int section, int64_t lo, int64_t hi) {
  Frame *f = &w->f;
  for (int64_t base = lo & ~(int64_t)7; base < hi; base += in->block) {
    int64_t n = hi - base < in->block ? hi - base : in->block;
    f->base = base;
    f->lo = lo > base ? (int)(lo - base) : 0;
    f->hi = (int)n;
    f->n = (int)((n + 7) & ~(int64_t)7);
    bool whole = f->lo == 0 && f->n == f->hi;
    int64_t nspikes = f->call->nspikes;
    aim(in, w, whole);
    execute(in->ops, f, section);
    if (f->call->fault.what >= 0) {
      f->call->nspikes = nspikes;
      return false;
    }
    if (!whole && section == SECTION_BODY && in->k->nout) copy_outs(in, w); // setup has no results
  }
  return true;
}

static bool run_in(KernelInstance *in, KernelCall *call, void *memory) {
  Work w;
  work_init(&w, in, call, memory);
  if (in->prologue) execute_scalars(in, &w.f, SECTION_PROLOGUE, reg_prologue(in->k), in->k->nprologue);
  if (call->fault.what >= 0) return false;
  if (call->hi - (call->lo & ~(int64_t)7) > in->block) w.f.gathered = gather_before(in, call);
  bool ok = execute_lanes(in, &w, SECTION_BODY, call->lo, call->hi);
  if (w.f.gathered) gathered_free(in, w.f.gathered);
  return ok;
}
static __attribute__((noinline)) bool run_on_stack(KernelInstance *in, KernelCall *call, size_t bytes) {
  return run_in(in, call, __builtin_alloca(bytes));
}
static bool run(KernelInstance *in, KernelCall *call) {
  if (in->work <= STACK_LIMIT) return run_on_stack(in, call, in->work);
  void *memory = mem_alloc(in->work);
  bool ok = run_in(in, call, memory);
  mem_free(memory);
  return ok;
}

bool instance_run(KernelInstance *in, KernelCall *call) {
  call->fault = (Fault){.what = -1};
  if (call->hi <= call->lo) return true;
  if (!call->profile) return run(in, call);
  double from = profile_clock();
  bool ok = run(in, call);
  profile_kernel(call->profile, in->k, call->key.object, call->hi - call->lo, from);
  return ok;
}

void instance_setup(KernelInstance *in, int64_t n, KernelCall *call) {
  const Kernel *k = in->k;
  KernelCall c = *call;
  c.lo = 0;
  c.hi = n;
  c.fault = (Fault){.what = -1};
  int64_t lanes = (n + 7) & ~(int64_t)7;
  if (k->nderived && lanes > in->derived_lanes) {
    mem_free(in->derived);
    size_t bytes = sizeof(double) * (size_t)lanes * (size_t)k->nderived;
    in->derived = mem_try_alloc(bytes);
    if (!in->derived) in->derived = mem_alloc(bytes); // ends the process with its message
    in->derived_lanes = lanes;
  }
  void *memory = mem_alloc(in->work);
  Work w;
  work_init(&w, in, &c, memory);
  execute_scalars(in, &w.f, SECTION_SETUP, reg_setup(k), k->nsetup);
  if (c.fault.what < 0) execute_lanes(in, &w, SECTION_LANES, 0, n);
  call->fault = c.fault;
  mem_free(memory);
}
