// SPDX-License-Identifier: MIT
// Late linking: the kernels of a population and of a projection, from what the network looks like when a run starts.
#ifndef HEBB_LINK_H
#define HEBB_LINK_H
#include "lang/system.h"

typedef struct Names { // of what finite checks watch
  Vec(const char *) v;
} Names;
int name_number(Names *names, const char *name);

// link_pop.c: kernels of a population of this shape, without captures. False after an error.
bool link_population(Lowering *l, const PopShape *shape, PopCode *out);
// Whether the methods named fit the equations of a neuron, alone or with one connection onto it (ci NULL: alone).
bool link_check(Lowering *l, Model *m, ConnInfo *ci);
// The number of a neuron's `event NAME` in PopCode.event; -1: it has none of this name.
int event_number(const Model *m, Atom name);
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
bool link_projection(Lowering *l, const SynShape *shape, const double *params, SynCode *out);

#endif
