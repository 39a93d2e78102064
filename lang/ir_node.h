// SPDX-License-Identifier: MIT
// The inside of the lane IR, for lang/ir.c, fold.c, peephole.c, schedule.c and emit.c.
//
// A node is a value: an operation family of vm/ops.def over earlier nodes (operands always have smaller numbers, so
// passes are loops over numbers), or one of the kinds below. Equal nodes are one node.
#ifndef HEBB_IR_NODE_H
#define HEBB_IR_NODE_H
#include "lang/ir.h"
#include "vm/ops.h"

enum { N_CONST = FAM_COUNT, N_PICK, IR_ARGS = 14 }; // N_PICK: result number `imm` of an EXPM

typedef struct IrNode {
  uint16_t fam;
  uint8_t nargs, rate;
  bool mask, contract;
  IrVal arg[IR_ARGS];
  int32_t imm;   // slot; number of a native function; stream of draws; index of INDEX; size of EXPM; value of a constant mask
  double x;      // N_CONST
  IrVal *matrix; // EXPM: imm*imm values, 0 where zero
  Span span;
  IrVal next;    // in its hash bucket
} IrNode;

typedef struct IrEffect {
  uint16_t fam; // an EFFECT family
  int8_t nargs;
  IrVal arg[4];
  int slot, what; // what: of FINITE; how EMITC and EMITCC compare
  Span span;
} IrEffect;

struct Ir {
  Arena *arena;
  IrNode *node;
  int n, cap;
  IrVal *bucket;
  int nbuckets;
  Slot *slot;
  int nslots, slots_cap;
  IrEffect *effect;
  int neffects, effects_cap;
  const NativeFn **native;
  int nnative, native_cap;
  IrVal last_native; // the last call of an impure one
  Span span;
  bool contract;
};

// Adds a node, or finds the equal one. Fills rate from the operands (given `rate`: at least that).
IrVal ir_node(Ir *ir, IrNode n);
int ir_slot(Ir *ir, Slot s);
static inline const IrNode *ir_at(const Ir *ir, IrVal v) { return &ir->node[v]; }
static inline bool ir_is(const Ir *ir, IrVal v, int fam) { return ir->node[v].fam == fam; }
static inline bool rate_by_lane(int rate) { return rate == RATE_LANE || rate == RATE_STEP_LANE; }
static inline bool rate_by_step(int rate) { return rate >= RATE_STEP; }
static inline bool ir_uniform(const Ir *ir, IrVal v) { return !rate_by_lane(ir->node[v].rate); }
static inline bool ir_number(const Ir *ir, IrVal v, double x) {
  return ir->node[v].fam == N_CONST && !ir->node[v].mask && ir->node[v].x == x;
}
int ir_native_rate(const Ir *ir, int number); // of native function `number` where its arguments are constant
IrVal ir_make(Ir *ir, int fam, IrVal a, IrVal b, IrVal c); // folded and simplified; 0 for operands not there

// fold.c: a node as it should be, or 0 if there is nothing simpler.
IrVal ir_fold(Ir *ir, int fam, IrVal a, IrVal b, IrVal c);

// derive.c: the node with its operands replaced by to[] (a whole table up to v).
IrVal ir_rebuild(Ir *ir, IrVal v, const IrVal *to);

// Marks the nodes that the effects need.
void ir_mark(const Ir *ir, char *used);

// peephole.c: rewrites the values of all effects where rounding may change. fuse.c: joins operations that one pass can
// do with the same bits.
void ir_rewrite(Ir *ir);
void ir_fuse(Ir *ir);

#endif
