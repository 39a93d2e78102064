// SPDX-License-Identifier: MIT
// Lowering: from checked models and statements to lane IR and kernels.
//
// What the script compiler calls while it compiles (descriptors, kernels of initial values, conditions of selections and
// connections, injections), and the Linker that the machine calls when a run starts. A Lowering belongs to one
// compilation: what it returns lives in its arena, its kernels until lowering_free, which must come after the Vm has
// dropped its network. Not for use by two threads at once.
//
// Captures: a script expression in a statement that does not differ from lane to lane and draws nothing (a variable, a
// call, an array) is evaluated by the script when the statement runs, and is SPACE_CAPTURE n in the kernels. The
// CaptureList of the statement tells which: the script compiler compiles item[0..n-1] in order and pushes their values.
// One list serves all kernels of one statement. An array capture gives one element to each lane (or is indexed).
// Inside bodies (kernels made by the Linker) constant lets of the script are SPACE_GLOBAL; a series bound ACC_ARRAY is its
// values, bound ACC_UNIFORM its sampling interval.
#ifndef HEBB_LOWER_H
#define HEBB_LOWER_H
#include "base/diag.h"
#include "lang/check.h"
#include "lang/ir.h"
#include "vm/net.h"

typedef struct Lowering Lowering;

typedef struct CaptureItem {
  Node *expr; // annotated; value to push ...
  int axis;   // ... 0: the value itself; k > 0: the length of its k-th axis (an int), k = 1 the first
  bool lanes; // an array with one element per lane
} CaptureItem;
typedef struct CaptureList {
  CaptureItem *item; // in the arena of the Lowering
  int n, cap;
} CaptureList;

// Errors found while compiling go to `d`, and those found while linking too (the place is in the model).
Lowering *lowering_new(Diags *d, Arena *a);
void lowering_free(Lowering *l);

// `set method = ...` (METHOD_AUTO at first); to be told before linking. Semantics and learning are read from the Vm.
void lower_method(Lowering *l, MethodKind method);
bool lower_method_named(Lowering *l, const char *name); // false if there is none of that name

// ---- descriptors (describe.c); made once per Model / ConnInfo and shared ----
ModelDesc *describe_neuron(Lowering *l, Model *m);
SynDesc *describe_synapse(Lowering *l, ConnInfo *ci);
// The column of a variable of the synapse (rule -1) or of the connection's rule number `rule`; a rule's w is its
// synapse's. -1 if it has none. Variables of neurons: column = sym->index.
int describe_column(const SynDesc *s, const Sym *var, int rule);

// ---- whole statements (lower_init.c): what most of the script compiler needs ----
// POPULATION node -> name, model, init, require.
PopDesc *lower_population(Lowering *l, Node *population, CaptureList *caps);
// CONNECT node -> desc. The number of the pattern (probability, degree, total) is left to the stack (desc->number NULL)
// unless it differs from target to target, source to source or pair to pair: then desc->number is its kernel.
ConnDesc *lower_connection(Lowering *l, Node *connect, CaptureList *caps);
// INJECT node -> Injection.lang; *input is the variable of the population that it feeds (Injection.input).
void *lower_injection(Lowering *l, Node *inject, CaptureList *caps, int *input);
// E[where COND]: lanes are the elements tested (ACC_SELF); stores 0/1 to SPACE_OUT 0.
Kernel *lower_where(Lowering *l, Model *m, Node *condition, CaptureList *caps);

// ---- one expression (lower_init.c) ----
typedef enum LaneWhat {
  LANE_SCRIPT, // no neurons: captures, draws, t dt tick; i is the element number (P.V ~ normal(..), params of via)
  LANE_POP,    // population block, neuron defaults: columns of the population under construction
  LANE_SELECT, // the same of chosen elements (ACC_SELF)
  LANE_CONN    // connection block, where, synapse defaults: i, j, pre., post., distance, columns of the projection
} LaneWhat;
typedef struct LaneContext {
  LaneWhat what;
  Model *model;         // LANE_POP, LANE_SELECT: the neuron; LANE_CONN: the synapse or rule whose names are unqualified
  ConnInfo *conn;       // LANE_CONN
  int rule;             // LANE_CONN: number of that rule, -1 the synapse
  const InitItem *item; // values computed before this one: uniform ones are computed again instead of loaded
  const bool *item_uniform;
  int nitems;
} LaneContext;
// A kernel that stores `expr` to SPACE_OUT 0 per lane. *uniform: the same for all lanes (one lane is enough); *random: it
// draws. NULL after an error was reported.
Kernel *lower_init(Lowering *l, const LaneContext *ctx, Node *expr, CaptureList *caps, bool *uniform, bool *random);
// All items in order (ctx->item.. need not be filled); NULL after an error.
InitCode *lower_init_items(Lowering *l, LaneContext *ctx, const InitItem *items, int n, CaptureList *caps);

// ---- linking (link.c) ----
Linker lower_linker(Lowering *l);

// `hebb check --explain` (explain.c): equations, method and the reason for one neuron; for a connection what its synapse
// and rules add, how its events are delivered, and what that costs.
struct Str;
void explain_neuron(Lowering *l, Model *m, struct Str *out);
void explain_connection(Lowering *l, ConnInfo *ci, struct Str *out);
// The equation of one state of a neuron (ci NULL), or of a state of a connection's synapse or rules: its method and the
// reason, in `a`. False if it has none of its own.
bool explain_method(Lowering *l, Model *neuron, ConnInfo *ci, const Sym *state, Arena *a, const char **method,
                    const char **why);

#endif
