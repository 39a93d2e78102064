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

// One step of a lane section: node > 0 computes a node, else effect number -node is done; an effect that is written in
// place (`out`) has its value computed straight into the column.
typedef struct Step {
  IrVal node;
  int effect;
} Step;

typedef struct Plan {
  Ir *ir;
  uint8_t *need; // by node
  bool *direct;  // by effect: the store is made by the last operation of its value
  Step *lanes, *body;
  int nlanes, nbody;
} Plan;

// In the arena of the IR.
Plan ir_plan(Ir *ir);
bool plan_is_column(const Ir *ir, IrVal v); // a load that needs no instruction
// A check or store of a number that is the same for all lanes is done in the prologue.
bool plan_in_prologue(const Ir *ir, const IrEffect *e);

#endif
