// SPDX-License-Identifier: MIT
// Late linking: the kernels of a population and of a projection, from what the network looks like when a run starts.
#ifndef HEBB_LINK_H
#define HEBB_LINK_H
#include "lang/system.h"

typedef struct Names { // of what finite checks watch
  Vec(const char *) v;
} Names;
int name_number(Names *names, const char *name);

// link.c: whether couplings through a synapse change within a step, and whether what neurons of a kind show does.
bool link_moving(const SynLow *s, bool source_moves);
bool link_model_moves(const Model *m);

// link_pop.c: kernels of a population of this shape, without captures. False after an error.
bool link_population(Lowering *l, const PopShape *shape, PopCode *out);
// link_stages.c: what the machine needs to integrate the population's equations itself (method STAGES_NONE: nothing).
bool link_stages(Lowering *l, const PopShape *shape, StageCode *out);
// Stores the right sides of a solution that the machine integrates; sets method and joined.
void link_slopes(Ir *ir, Solve *sol, StageCode *out);
// Whether the methods named fit the equations of a neuron, alone or with one connection onto it (ci NULL: alone).
bool link_check(Lowering *l, Model *m, ConnInfo *ci);
// The number of a neuron's `event NAME` in PopCode.event; -1: it has none of this name.
int event_number(const Model *m, Atom name);
// link_native.c: kernel calls in handlers of a neuron: `on step`, or (every not NULL) that one `on every`.
int native_calls(const Model *m, int on, const Node *every);
// What such calls cut off: lets that stand before one are kept in columns, and found there behind it. Keep: at a call, of
// the part of a handler before it. Recall: of a statement that belongs to an earlier part.
void locals_keep(System *s);
void locals_recall(System *s, const Node *statement);
bool link_call(Lowering *l, const PopShape *shape, int on, const Node *every, int number, NativeStage *out); // without `after`
Kernel *link_reader(Lowering *l, const PopShape *shape, int var);
// link_syn.c: what of a projection decides the form of its kernels.
typedef struct SynShape {
  SynLow *low;
  NeuronLow *pre, *post;
  const bool *pre_uniform, *post_uniform, *uniform; // by column
  const uint8_t *type;                              // SlotType of per-synapse columns
  int input;
  bool nest, learning_off;
} SynShape;
// Whether `on pre` only adds multiples of w to what targets share.
bool link_adds_only(Lowering *l, const SynShape *shape, const double *params);
// How the equation of a state of the sources or of each synapse is integrated, and why, in a; false: it has none.
bool link_syn_method(Lowering *l, const SynShape *shape, const Sym *state, Arena *a, MethodKind *method, const char **why);
bool link_projection(Lowering *l, const SynShape *shape, const double *params, SynCode *out);

#endif
