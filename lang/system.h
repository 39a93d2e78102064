// SPDX-License-Identifier: MIT
// A population with all that acts on it, as one kernel in the making sees it.
//
// Views: the neuron, and for each block of post states the synapse and its rules. Inputs are sums of injections,
// couplings summed over synapses before the kernel runs, and the post-only parts of `inject`, which read states and so
// make the neuron's equations and those of its synapses one system.
//
// Captures of the kernels, in the order of the injections: first and last element, first and last step, the position of
// each element where they are no range, then what the statement captured. link.c gives their values in that order.
#ifndef HEBB_SYSTEM_H
#define HEBB_SYSTEM_H
#include "lang/lower_impl.h"
#include "lang/noise.h"

typedef struct BlockLow {
  SynLow *low;
  ConnInfo *ci;
  int k;             // number in the population
  int input;         // variable it feeds, -1
  bool moving;
  View *syn, **rule; // rule[0..ci->nrules-1]
} BlockLow;

// What of an injection decides the form of the code; numbers are captured.
typedef struct Drive {
  const InjectLow *low;
  int input;
  bool all, picked;  // every element; a list of them rather than a range
  bool from, to;     // begins after the start; ends
  int capture0;      // of its captures
} Drive;

// A population as linking sees it. `explain` and tests make one without a network.
typedef struct PopShape {
  NeuronLow *low;
  const bool *uniform; // by column: one value for all
  int nblocks;
  const struct BlockShape {
    SynLow *low;
    int input;
    bool moving;       // couplings through it read what changes within the step
  } *block;
  int ndrives;
  Drive *drive;
  bool nest, learning_off;
  bool coupled;        // a coupling onto it reads what changes within the step
  bool feeds;          // one out of it does, of neurons with equations
  bool stepped;        // an `on step` or `on every` of a synapse changes its variables
} PopShape;

typedef struct System {
  Lowering *l;
  const PopShape *shape;
  Env e;
  Ir *ir;
  Access access;         // ACC_LANE, or ACC_SELF over lists
  View *neuron;
  BlockLow *block;
  View **view;           // all of them
  int nviews;
  NoiseList noise;
  Vec(IrVal) sums;       // of these: sums over synapses that change within the step
  Vec(IrVal) held, held_value; // placeholders of what is known at t_n, and that
  bool placeholders;     // inputs stand for themselves (while a system of equations is built)
  bool stored_inputs;    // inputs are read from their columns (kernels that run after advance)
  bool before_spikes;    // of these: the spikes of this step are not known yet
  bool read_input;       // an input was read
  int part, at;          // of handlers that kernel calls cut: which part is lowered, which one is being walked through
  const InjectLow *drive;// being lowered
} System;

void system_open(System *s, Lowering *l, const PopShape *shape, Access access);
void system_close(System *s);
Kernel *system_compile(System *s, const char *name); // NULL if anything failed
void *system_plan(System *s, size_t bytes);          // memory that stays
IrVal system_load(System *s, const View *v, const Sym *var);    // its column at the start of the kernel
Slot system_slot(System *s, const View *v, const Sym *var);
IrVal system_hidden(System *s, int column, const char *name);   // a hidden column of the neuron
void system_store_hidden(System *s, int column, const char *name, IrVal v);
// Whether an equation of a view belongs to the population's system.
bool system_has(const System *s, const View *v, const Equation *eq);
// The equations of the system in the order of its variables: equation n and its view; false where there are no more.
bool system_equation(const System *s, int n, View **v, const Equation **eq);
// All equations of the population, with noise and inputs as placeholders. False after an error.
bool system_equations(System *s, Solve *out);
// The value at t_n of something built from placeholders.
IrVal system_settle(System *s, IrVal v);
// Lowers code of a view under a SCALED block.
IrVal system_expr(System *s, View *v, const Node *scaled, const Node *expr, bool mask);
// A comparison of states with a threshold in the condition of spikes.
IrVal system_scaled_value(System *s, View *v, const Node *scaled, const Node *expr); // back in SI units

void ir_prune(Ir *ir);
#endif
