// SPDX-License-Identifier: MIT
// Leaves in an Ir only the slots that something stored, emitted or checked needs. Building looks at more than a kernel
// uses (placeholders of the integration schemes, columns of lets that were not kept), and what a kernel has slots for the
// machine gives memory to.
#include "lang/ir_node.h"

#include <string.h>

void ir_prune(Ir *ir);

static bool has_slot(int fam) {
  return fam == FAM_LOAD || fam == FAM_LOADU || fam == FAM_GATHER || fam == FAM_LOOKUP || fam == FAM_SERIES;
}

void ir_prune(Ir *ir) {
  char *live = NEWN(ir->arena, char, ir->n + 1);
  bool *used = NEWN(ir->arena, bool, ir->nslots + 1);
  int *to = NEWN(ir->arena, int, ir->nslots + 1), n = 0;
  ir_mark(ir, live);
  for (IrVal v = 1; v < ir->n; v++)
    if (live[v] && has_slot(ir->node[v].fam)) used[ir->node[v].imm] = true;
  for (int k = 0; k < ir->neffects; k++)
    if (ir->effect[k].slot >= 0) used[ir->effect[k].slot] = true;
  for (int s = 0; s < ir->nslots; s++) {
    to[s] = n;
    if (used[s]) ir->slot[n++] = ir->slot[s];
  }
  ir->nslots = n;
  for (IrVal v = 1; v < ir->n; v++)
    if (has_slot(ir->node[v].fam)) ir->node[v].imm = live[v] ? to[ir->node[v].imm] : -1;
  for (int k = 0; k < ir->neffects; k++)
    if (ir->effect[k].slot >= 0) ir->effect[k].slot = to[ir->effect[k].slot];
}
