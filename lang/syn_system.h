// SPDX-License-Identifier: MIT
// A projection as one of its kernels in the making sees it: synapse and rules, the neuron before and the neuron after.
#ifndef HEBB_SYN_SYSTEM_H
#define HEBB_SYN_SYSTEM_H
#include "lang/link.h"
#include "lang/noise.h"

// Over what a kernel goes, and so which elements its lanes see.
typedef enum SynLanes {
  SYN_EACH,      // synapses in storage order
  SYN_EACH_POST, // synapses of a target, apart in storage
  SYN_ONCE_PRE,  // a list of sources
  SYN_ONCE_POST, // a list of targets
  SYN_PRE_LANES, // all sources
  SYN_POST_LANES // all targets
} SynLanes;

typedef struct SynPart {
  int rule; // -1: the synapse
  View *view;
} SynPart;

typedef struct SynSystem {
  Lowering *l;
  const SynShape *shape;
  const ConnInfo *ci;
  const double *params; // not NULL: parameters as numbers (recognition of plain adding)
  Ir *ir;
  Env e;
  SynLanes lanes;
  int on;               // ON_* of the handlers being lowered
  View *pre, *post;
  SynPart *part;        // in the order in which handlers run
  int nparts;
  View **view;
  bool once_done;       // what is done once for each neuron is done already: its values are read
  bool integrating;     // columns are those at the end of the step before
  NoiseList noise;
  bool solving;         // equations are being lowered: noise stands for itself
  bool reads_lets;      // an algebraic quantity of the source was read
} SynSystem;

void syn_open(SynSystem *s, Lowering *l, const SynShape *shape, SynLanes lanes, const double *params);
void syn_close(SynSystem *s);
Kernel *syn_compile(SynSystem *s, const char *name);
const Model *syn_part_model(const ConnInfo *ci, int rule);
int syn_column(const SynSystem *s, const View *v, const Sym *x);
Slot syn_slot(SynSystem *s, const View *v, const Sym *x);
bool weight_changes(const ConnInfo *ci);

// Where a statement belongs.
typedef enum SynPlace { AT_SYNAPSE, AT_PRE, AT_POST } SynPlace;
SynPlace statement_place(const Node *assign, int on);
SynPlace lanes_place(const SynSystem *s);  // what the kernel changes
SynPlace place_of(const Sym *state);       // where a state of synapse or rule lives

#endif
