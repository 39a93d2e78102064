// SPDX-License-Identifier: MIT
// Building of lane IR: nodes by hash-consing, slots, effects, and questions about values.
#include "lang/ir.h"

#include "lang/ir_node.h"
#include "vm/expm.h"

#include <string.h>

static const uint16_t family_of[IR_OP_COUNT] = {
#define X(name, args, result) FAM_##name,
    IR_OPS(X)
#undef X
};

Ir *ir_new(Arena *a) {
  Ir *ir = NEW(a, Ir);
  ir->arena = a;
  ir->cap = 128;
  ir->node = NEWN(a, IrNode, ir->cap);
  ir->n = 1; // 0 is none
  ir->nbuckets = 256;
  ir->bucket = NEWN(a, IrVal, ir->nbuckets);
  ir->contract = true;
  return ir;
}
void ir_span(Ir *ir, Span span) { ir->span = span; }
void ir_contract(Ir *ir, bool on) { ir->contract = on; }

// Room for one more element of an array that grows in the arena.
static void *grow(Arena *a, void *data, int n, int *cap, size_t size) {
  if (n < *cap) return data;
  int more = *cap ? 2 * *cap : 16;
  void *p = arena_alloc(a, size * (size_t)more);
  if (n) memcpy(p, data, size * (size_t)n);
  *cap = more;
  return p;
}

// ---- nodes ----
static uint32_t mix(uint32_t h, uint32_t x) { return (h ^ x) * 0x9E3779B1u ^ (h >> 15); }
static uint32_t node_hash(const IrNode *n) {
  uint64_t x;
  memcpy(&x, &n->x, sizeof x);
  uint32_t h = mix(mix(mix(n->fam, (uint32_t)n->imm), (uint32_t)x), (uint32_t)(x >> 32));
  for (int i = 0; i < n->nargs; i++) h = mix(h, (uint32_t)n->arg[i]);
  return h ^ h >> 16;
}
static bool node_equal(const IrNode *a, const IrNode *b) {
  if (a->fam != b->fam || a->imm != b->imm || a->mask != b->mask || a->nargs != b->nargs) return false;
  if (a->contract != b->contract || memcmp(&a->x, &b->x, sizeof a->x) != 0) return false;
  if (memcmp(a->arg, b->arg, sizeof(IrVal) * a->nargs) != 0) return false;
  if (!a->matrix != !b->matrix) return false;
  return !a->matrix || memcmp(a->matrix, b->matrix, sizeof(IrVal) * (size_t)(a->imm * a->imm)) == 0;
}
static void rehash(Ir *ir) {
  ir->nbuckets *= 2;
  ir->bucket = NEWN(ir->arena, IrVal, ir->nbuckets);
  for (IrVal v = 1; v < ir->n; v++) {
    uint32_t h = node_hash(&ir->node[v]) & (uint32_t)(ir->nbuckets - 1);
    ir->node[v].next = ir->bucket[h];
    ir->bucket[h] = v;
  }
}
static int rate_join(int a, int b) {
  bool lane = rate_by_lane(a) || rate_by_lane(b), step = rate_by_step(a) || rate_by_step(b);
  if (lane) return step ? RATE_STEP_LANE : RATE_LANE;
  return step ? RATE_STEP : a > b ? a : b;
}
IrVal ir_node(Ir *ir, IrNode n) {
  uint32_t h = node_hash(&n) & (uint32_t)(ir->nbuckets - 1);
  for (IrVal v = ir->bucket[h]; v; v = ir->node[v].next)
    if (node_equal(&ir->node[v], &n)) return v;
  for (int i = 0; i < n.nargs; i++) n.rate = (uint8_t)rate_join(n.rate, ir->node[n.arg[i]].rate);
  for (int i = 0; n.matrix && i < n.imm * n.imm; i++)
    if (n.matrix[i]) n.rate = (uint8_t)rate_join(n.rate, ir->node[n.matrix[i]].rate);
  n.span = ir->span;
  n.next = ir->bucket[h];
  ir->node = grow(ir->arena, ir->node, ir->n, &ir->cap, sizeof(IrNode));
  ir->node[ir->n] = n;
  ir->bucket[h] = ir->n;
  if (ir->n > ir->nbuckets) rehash(ir);
  return ir->n++;
}

IrVal ir_const(Ir *ir, double x) { return ir_node(ir, (IrNode){.fam = N_CONST, .x = x}); }
IrVal ir_bool(Ir *ir, bool x) { return ir_node(ir, (IrNode){.fam = N_CONST, .mask = true, .imm = x}); }

static bool commutative(int fam) {
  return fam == FAM_ADD || fam == FAM_MUL || fam == FAM_EQ || fam == FAM_NE || fam == FAM_AND || fam == FAM_OR ||
         fam == FAM_FMA;
}
static bool is_mask_family(int fam) {
  switch (fam) {
  case FAM_LT: case FAM_LE: case FAM_EQ: case FAM_NE: case FAM_ISNAN: case FAM_AND: case FAM_OR: case FAM_ANDNOT:
  case FAM_NOT: return true;
  default: return false;
  }
}
IrVal ir_make(Ir *ir, int fam, IrVal a, IrVal b, IrVal c) {
  IrVal known = ir_fold(ir, fam, a, b, c);
  if (known) return known;
  // lanes before numbers, older before newer: one form for what is equal
  if (commutative(fam) && (ir_uniform(ir, a) != ir_uniform(ir, b) ? ir_uniform(ir, a) : a > b)) {
    IrVal t = a;
    a = b;
    b = t;
  }
  IrNode n = {.fam = (uint16_t)fam, .mask = is_mask_family(fam), .contract = ir->contract, .arg = {a, b, c}};
  n.nargs = c ? 3 : b ? 2 : 1;
  return ir_node(ir, n);
}
IrVal ir_op1(Ir *ir, IrOp op, IrVal a) { return ir_make(ir, family_of[op], a, 0, 0); }
IrVal ir_op2(Ir *ir, IrOp op, IrVal a, IrVal b) { return ir_make(ir, family_of[op], a, b, 0); }
IrVal ir_fma(Ir *ir, IrVal a, IrVal b, IrVal c) { return ir_make(ir, FAM_FMA, a, b, c); }
IrVal ir_select(Ir *ir, IrVal mask, IrVal yes, IrVal no) {
  if (!ir_is_mask(ir, yes)) return ir_make(ir, FAM_SELECT, mask, yes, no);
  return ir_make(ir, FAM_OR, ir_make(ir, FAM_AND, yes, mask, 0), ir_make(ir, FAM_ANDNOT, no, mask, 0), 0);
}

// ---- slots and loads ----
static bool same_slot(const Slot *a, const Slot *b) {
  return a->space == b->space && a->access == b->access && a->type == b->type && a->object == b->object &&
         a->index == b->index;
}
int ir_slot(Ir *ir, Slot s) {
  if (s.space == SPACE_SYS) s.constant = s.index != SYS_T && s.index != SYS_TICK;
  for (int i = 0; i < ir->nslots; i++)
    if (same_slot(&ir->slot[i], &s)) {
      ir->slot[i].stored |= s.stored;
      return i;
    }
  ir->slot = grow(ir->arena, ir->slot, ir->nslots, &ir->slots_cap, sizeof(Slot));
  ir->slot[ir->nslots] = s;
  return ir->nslots++;
}
IrVal ir_load(Ir *ir, Slot slot) {
  IrNode n = {.imm = ir_slot(ir, slot)};
  bool constant = ir->slot[n.imm].constant;
  if (slot.access == ACC_UNIFORM) {
    n.fam = FAM_LOADU;
    n.rate = constant ? RATE_UNIFORM : RATE_STEP;
  } else if (slot.access == ACC_LANE) {
    n.fam = FAM_LOAD;
    n.rate = constant ? RATE_LANE : RATE_STEP_LANE;
  } else {
    n.fam = FAM_GATHER;
    n.rate = RATE_STEP_LANE;
  }
  return ir_node(ir, n);
}
IrVal ir_lane(Ir *ir) { return ir_node(ir, (IrNode){.fam = FAM_LANE, .rate = RATE_STEP_LANE}); }
IrVal ir_index(Ir *ir, Access which) {
  return ir_node(ir, (IrNode){.fam = FAM_INDEX, .rate = RATE_STEP_LANE, .imm = which - ACC_SELF});
}
static int array_rate(const Ir *ir, int slot) { return ir->slot[slot].constant ? RATE_UNIFORM : RATE_STEP; }
IrVal ir_lookup(Ir *ir, Slot array, IrVal index) {
  int s = ir_slot(ir, array);
  return ir_node(ir, (IrNode){.fam = FAM_LOOKUP, .rate = (uint8_t)array_rate(ir, s), .imm = s, .nargs = 1, .arg = {index}});
}
IrVal ir_series(Ir *ir, Slot array, IrVal t, IrVal h) {
  int s = ir_slot(ir, array);
  return ir_node(ir, (IrNode){.fam = FAM_SERIES, .rate = (uint8_t)array_rate(ir, s), .imm = s, .nargs = 2, .arg = {t, h}});
}

// ---- native functions ----
static IrEffect *add_effect(Ir *ir, IrEffect e);
static int native_number(Ir *ir, const NativeFn *fn) {
  for (int k = 0; k < ir->nnative; k++)
    if (ir->native[k] == fn) return k;
  ir->native = grow(ir->arena, ir->native, ir->nnative, &ir->native_cap, sizeof *ir->native);
  ir->native[ir->nnative] = fn;
  return ir->nnative++;
}
int ir_native_rate(const Ir *ir, int number) { return ir->native[number]->impure ? RATE_STEP_LANE : RATE_UNIFORM; }
// What keeps the calls of impure functions in their order: each has the one before as its last operand.
IrVal ir_native(Ir *ir, const NativeFn *fn, const IrVal *args, IrVal mask) {
  IrNode n = {.fam = FAM_NATIVE, .imm = native_number(ir, fn), .nargs = (uint8_t)fn->nparams};
  for (int k = 0; k < fn->nparams; k++) n.arg[k] = args[k];
  n.rate = (uint8_t)ir_native_rate(ir, n.imm);
  if (!fn->impure) return ir_node(ir, n);
  n.arg[n.nargs++] = mask ? mask : ir_const(ir, 0);
  n.arg[n.nargs++] = ir->last_native ? ir->last_native : ir_const(ir, 0);
  ir->last_native = ir_node(ir, n);
  int k = 0;
  while (k < ir->neffects && ir->effect[k].fam != FAM_KEEP) k++;
  if (k < ir->neffects) ir->effect[k].arg[0] = ir->last_native;
  else add_effect(ir, (IrEffect){.fam = FAM_KEEP, .nargs = 1, .arg = {ir->last_native}, .slot = -1});
  return ir->last_native;
}

// ---- matrix exponential ----
// Splits the matrix into the blocks that are not coupled: a block of one is exp, the zeros between blocks are exact.
typedef struct Block {
  int n, row[EXPM_MAX];
} Block;
static void find_block(int k, const IrVal *in, int seed, bool *done, Block *b) {
  b->n = 0;
  b->row[b->n++] = seed;
  done[seed] = true;
  for (int i = 0; i < b->n; i++)
    for (int j = 0; j < k; j++)
      if (!done[j] && (in[b->row[i] * k + j] || in[j * k + b->row[i]])) {
        done[j] = true;
        b->row[b->n++] = j;
      }
  for (int i = 1; i < b->n; i++) // ascending, so that equal systems are equal nodes
    for (int j = i; j > 0 && b->row[j] < b->row[j - 1]; j--) {
      int t = b->row[j];
      b->row[j] = b->row[j - 1];
      b->row[j - 1] = t;
    }
}
// reach[i*n + j]: some power of the block has an element there.
static void find_reach(int n, const IrVal *m, bool *reach) {
  for (int i = 0; i < n * n; i++) reach[i] = m[i] != 0 || i % (n + 1) == 0;
  for (int k = 0; k < n; k++)
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) reach[i * n + j] |= reach[i * n + k] && reach[k * n + j];
}
static bool expm_constant(Ir *ir, int n, const IrVal *m, double *r) {
  double a[EXPM_MAX * EXPM_MAX];
  for (int i = 0; i < n * n; i++) {
    a[i] = 0;
    if (m[i] && !ir_is_const(ir, m[i], &a[i])) return false;
  }
  expm(n, a, r);
  return true;
}
static void expm_block(Ir *ir, int n, IrVal *m, IrVal *out) {
  double r[EXPM_MAX * EXPM_MAX];
  bool reach[EXPM_MAX * EXPM_MAX], constant = expm_constant(ir, n, m, r);
  IrVal e = 0;
  find_reach(n, m, reach);
  if (!constant)
    e = ir_node(ir, (IrNode){.fam = FAM_EXPM, .imm = n, .matrix = arena_dup(m, sizeof *m * (size_t)(n * n), ir->arena)});
  for (int i = 0; i < n * n; i++)
    if (!reach[i]) out[i] = ir_const(ir, 0);
    else out[i] = constant ? ir_const(ir, r[i]) : ir_node(ir, (IrNode){.fam = N_PICK, .nargs = 1, .arg = {e}, .imm = i});
}
void ir_expm(Ir *ir, int k, const IrVal *given, IrVal *out) {
  IrVal in[EXPM_MAX * EXPM_MAX], m[EXPM_MAX * EXPM_MAX], r[EXPM_MAX * EXPM_MAX];
  bool done[EXPM_MAX] = {false};
  for (int i = 0; i < k * k; i++) {
    in[i] = given[i] && ir_number(ir, given[i], 0) ? 0 : given[i];
    out[i] = ir_const(ir, 0);
  }
  for (int seed = 0; seed < k; seed++) {
    Block b;
    if (done[seed]) continue;
    find_block(k, in, seed, done, &b);
    if (b.n == 1) {
      IrVal a = in[seed * k + seed];
      out[seed * k + seed] = a ? ir_make(ir, FAM_EXP, a, 0, 0) : ir_const(ir, 1);
      continue;
    }
    for (int i = 0; i < b.n * b.n; i++) m[i] = in[b.row[i / b.n] * k + b.row[i % b.n]];
    expm_block(ir, b.n, m, r);
    for (int i = 0; i < b.n * b.n; i++) out[b.row[i / b.n] * k + b.row[i % b.n]] = r[i];
  }
}

// ---- random draws ----
IrVal ir_random(Ir *ir, IrDist dist, int nargs, const IrVal *args, uint32_t stream) {
  static const uint16_t plain[] = {FAM_RUNIFORM, FAM_RNORMAL,  FAM_RLOGNORMAL, FAM_REXPONENTIAL,
                                   FAM_RGAMMA,   FAM_RPOISSON, FAM_RBINOMIAL};
  static const uint8_t natural[] = {2, 2, 2, 1, 2, 1, 2};
  IrNode n = {.fam = plain[dist], .rate = RATE_STEP_LANE, .imm = (int32_t)stream, .nargs = (uint8_t)nargs};
  if (nargs > natural[dist])
    n.fam = dist == DIST_NORMAL ? FAM_RNORMALB : dist == DIST_LOGNORMAL ? FAM_RLOGNORMALB : FAM_REXPONENTIALB;
  memcpy(n.arg, args, sizeof *args * (size_t)nargs);
  return ir_node(ir, n);
}

// ---- effects ----
static IrEffect *add_effect(Ir *ir, IrEffect e) {
  e.span = ir->span;
  ir->effect = grow(ir->arena, ir->effect, ir->neffects, &ir->effects_cap, sizeof(IrEffect));
  ir->effect[ir->neffects] = e;
  return &ir->effect[ir->neffects++];
}
void ir_store(Ir *ir, Slot slot, IrVal v) {
  slot.stored = true;
  int s = ir_slot(ir, slot), n = 0;
  for (int i = 0; i < ir->neffects; i++) { // the last store wins
    const IrEffect *e = &ir->effect[i];
    bool same = e->slot == s && (e->fam == FAM_STORE || e->fam == FAM_STOREU || e->fam == FAM_SCATTER);
    if (!same) ir->effect[n++] = *e;
  }
  ir->neffects = n;
  int fam = slot.access == ACC_UNIFORM ? FAM_STOREU : slot.access == ACC_LANE ? FAM_STORE : FAM_SCATTER;
  if (ir_is_mask(ir, v)) v = ir_make(ir, FAM_NUM, v, 0, 0);
  add_effect(ir, (IrEffect){.fam = (uint16_t)fam, .nargs = 1, .arg = {v}, .slot = s});
}
void ir_add_at(Ir *ir, Slot slot, IrVal v, IrVal mask) {
  slot.stored = true;
  if (mask && ir_is(ir, mask, N_CONST)) {
    if (!ir_at(ir, mask)->imm) return;
    mask = 0;
  }
  add_effect(ir, (IrEffect){.fam = mask ? FAM_ADDATM : FAM_ADDAT, .nargs = mask ? 2 : 1, .arg = {v, mask}, .slot = ir_slot(ir, slot)});
}
void ir_finite(Ir *ir, IrVal v, int what) {
  add_effect(ir, (IrEffect){.fam = FAM_FINITE, .nargs = 1, .arg = {v}, .slot = -1, .what = what});
}
void ir_emit(Ir *ir, IrVal mask) { add_effect(ir, (IrEffect){.fam = FAM_EMIT, .nargs = 1, .arg = {mask}, .slot = -1}); }
void ir_emit_count(Ir *ir, IrVal count, IrVal mask) {
  if (!mask) mask = ir_bool(ir, true);
  add_effect(ir, (IrEffect){.fam = FAM_EMITN, .nargs = 2, .arg = {count, mask}, .slot = -1});
}

// ---- questions ----
bool ir_is_const(const Ir *ir, IrVal v, double *x) {
  const IrNode *n = ir_at(ir, v);
  if (n->fam != N_CONST) return false;
  if (x) *x = n->mask ? n->imm : n->x;
  return true;
}
bool ir_is_mask(const Ir *ir, IrVal v) { return ir->node[v].mask; }
IrRate ir_rate(const Ir *ir, IrVal v) { return ir->node[v].rate; }

bool ir_depends(const Ir *ir, IrVal v, IrVal x) {
  if (v <= x) return v == x;
  char *dep = mem_alloc((size_t)v + 1);
  dep[x] = 1;
  for (IrVal i = x + 1; i <= v; i++) {
    const IrNode *n = ir_at(ir, i);
    for (int k = 0; k < n->nargs; k++) dep[i] |= dep[n->arg[k]];
    for (int k = 0; n->matrix && k < n->imm * n->imm; k++) dep[i] |= n->matrix[k] ? dep[n->matrix[k]] : 0;
  }
  bool yes = dep[v];
  mem_free(dep);
  return yes;
}
