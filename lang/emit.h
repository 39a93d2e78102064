// SPDX-License-Identifier: MIT
// From rewritten IR to a kernel: what schedule.c decides and emit.c writes down.
//
// Plan: which section computes a value, and the order of the lane sections. A value that is constant per lane is kept in
// a derived column if computing it again would cost more than reading it.
#ifndef HEBB_EMIT_H
#define HEBB_EMIT_H
#include "lang/ir_node.h"
#include "vm/kernel.h"

enum { NEED_SCALAR = 1, NEED_LANES = 2, NEED_BODY = 4, DERIVED = 8 };

// One step of a lane section: computes a node, or does an effect (node 0). `out`: the node's last operation writes this
// store's column in place. STEP_COMMIT:
// the checks and stores of plan.commit in one pass.
typedef struct Step {
  IrVal node;
  int effect; // or STEP_COMMIT
  int out;    // effect number of the store, or -1
} Step;
enum { STEP_COMMIT = -1 };

typedef struct Commit { // one column of the pass that checks and stores
  int store, check;     // effects
  IrVal v, factor;      // what is stored: v, or v times a number that is the same for all lanes
} Commit;

typedef struct Plan {
  Ir *ir;
  uint8_t *need; // by node
  Step *lanes, *body;
  int nlanes, nbody;
  Commit *commit;
  int ncommit;
} Plan;

// In the arena of the IR.
Plan ir_plan(Ir *ir);
bool plan_is_column(const Ir *ir, IrVal v); // a load that needs no instruction
// A check or store of a number that is the same for all lanes is done in the prologue.
bool plan_in_prologue(const Ir *ir, const IrEffect *e);

#endif
