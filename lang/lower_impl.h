// SPDX-License-Identifier: MIT
// Inside lowering: what its files offer each other.
//
//   lower.c        the Lowering; views (a model's variables in one kernel)
//   lower_expr.c   expressions -> IR
//   lower_call.c   calls: operations of the vector core, random draws, functions (inlined)
//   lower_block.c  handlers: statements under masks
//   lower_capture.c what of a statement the script computes beforehand
//   lower_init.c   one expression -> a kernel of initial values
//   lower_net.c    populations, connections, selections, injections as a whole
//   describe.c     ModelDesc, SynDesc: columns, hidden ones included
//   degree.c       how an expression depends on states, on the tree (merging, delivery by adding)
//   system.c       a population with all that acts on it: its views, inputs and system of equations
//   link.c         kernels of a population; the Linker
//   link_syn.c     kernels of a projection
//   explain.c      what `check --explain` says
//
// A View is one instance of a model in one kernel: the neuron, a block of post states, a rule, the neuron before. It holds
// for each variable the value it has at this point of the kernel; what has none yet is read (a load, an input) or, for
// a let, computed from its expression. Assigning gives a variable a new value and forgets the lets.
#ifndef HEBB_LOWER_IMPL_H
#define HEBB_LOWER_IMPL_H
#include "base/vec.h"
#include "lang/lower.h"

typedef struct View View;
typedef struct Env Env;

typedef struct LocalVar {
  const Sym *sym;
  IrVal v;
  const Node *expr; // an argument that is no number (an array, a series): lowered where it is used; a let that is not computed here
} LocalVar;

// How the kernel reads and changes what belongs to a view. NULL functions: not possible there.
typedef struct ViewOps {
  IrVal (*read)(Env *e, View *v, const Sym *s, const Node *at);  // no let; a let where `let_column` says so
  bool (*let_column)(Env *e, View *v, const Sym *s);             // the let is kept in a column: read it
  IrVal (*self)(Env *e, View *v, SelfVar which, const Node *at); // i N pos last_spike spiked refractory
  IrVal (*prev)(Env *e, View *v, const Sym *s, const Node *at);
  bool (*assign)(Env *e, View *v, const Sym *s, Op op, IrVal rhs, const Node *at); // false: an ordinary assignment
} ViewOps;

struct View {
  Model *model;
  const ViewOps *ops;
  void *ctx;
  IrVal *value;    // by variable number; 0: not known
  bool *dirty;     // was assigned
  bool *busy;      // its let is being computed
  View *pre, *post;// of a synapse or rule
  View *host;      // of a rule: its synapse
  uint32_t number; // tells instances apart (random streams)
};

struct Env {
  Lowering *l;
  Ir *ir;
  View *view;           // whose names are unqualified; NULL: the script's
  View **views;         // all of the kernel, to forget lets
  int nviews;
  const Node *scaled;
  Vec(LocalVar) locals;
  int scope;            // locals below are those of the caller of a function
  IrVal active;         // mask of the statement; 0: all lanes
  IrVal done, result;   // of a function with `return`
  uint32_t path;        // of calls and instances down to here: names random streams
  int depth;            // of calls
  CaptureList *caps;    // where script names are captured; NULL: SPACE_GLOBAL
  int capture0;         // number of the first capture of this statement in the kernel
  const CaptureList *given; // captures that exist already (injections): looked up, never added
  IrVal lane;           // `i`, and which element of an array value is the lane's; 0: ir_lane
  IrVal element;        // the latter where it differs (injections into a part); 0: as lane
  IrVal (*xi)(Env *e, const Sym *xi, const Node *at); // white noise; NULL: not here
  void *xi_ctx;         // of the kernel in the making: xi, skip and views find it here
  bool (*skip)(Env *e, const Node *statement); // statements that are another kernel's; NULL: none
  bool drew, varies;    // a random draw was lowered; something that differs from lane to lane was read
  bool failed;
};

struct SynLow;

typedef struct Cached {
  char *key;
  size_t n;
  void *plan;
  struct Cached *next;
} Cached;
#define CACHE_BUCKETS 64

struct Lowering {
  Arena *a;
  Arena *tmp;               // of the kernel being built: views, IR
  Diags *d;
  MethodKind method;
  Vec(Kernel *) kernels;    // all that were made
  Vec(ModelDesc *) neurons; // by model
  Vec(struct SynLow *) synapses;
  Cached *cache[CACHE_BUCKETS];
};

// ---- lower.c ----
Kernel *lowering_keep(Lowering *l, Kernel *k);
View *view_new(Lowering *l, Model *m, const ViewOps *ops, void *ctx);
void env_init(Env *e, Lowering *l, Ir *ir);
void env_end(Env *e);
void env_forget_lets(Env *e);
// Reports that a construct cannot stand in code of neurons and marks the kernel as failed.
Diag *env_error(Env *e, DiagCode code, const Node *at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
uint32_t stream_hash(uint32_t h, uint32_t x);
Cached *cache_find(Lowering *l, const char *key, size_t n);
void cache_add(Lowering *l, const char *key, size_t n, void *plan);
Slot slot_var(int object, Access access, int index, bool constant, const char *name);
Slot slot_sys(SysVar v);
Slot slot_out(int index);
Slot slot_capture(int index, Access access);

// ---- lower_expr.c ----
IrVal lower_expr(Env *e, const Node *n);  // a number or a mask
IrVal lower_num(Env *e, const Node *n);
IrVal lower_mask(Env *e, const Node *n);
IrVal to_num(Env *e, IrVal v);
IrVal to_mask(Env *e, IrVal v);
// The value of a variable of a view now, in SI units (lets of scaled blocks: as they are).
IrVal view_read(Env *e, View *v, const Sym *s, const Node *at);
View *view_of(Env *e, const Node *n, const Sym *s);
double scaled_of(Env *e, Dim d, const Node *at); // 1 outside of scaled blocks
const Node *scaled_around(const Model *m, const Node *part); // SCALED block that holds a part, or NULL
// The array that a node names (a constant let, a captured value), as an ACC_ARRAY slot.
bool lower_array(Env *e, const Node *n, Slot *out);
IrVal lane_of(Env *e);
IrVal element_of(Env *e);

// ---- lower_call.c ----
IrVal lower_call(Env *e, const Node *n);

// ---- lower_block.c ----
void lower_block(Env *e, const Node *block);
void lower_statement(Env *e, const Node *s);
// What a statement may touch: the active lanes that have not returned; 0: all.
IrVal env_live(Env *e);
// Gives a variable a value (under the active mask) and forgets what depends on it.
void view_assign(Env *e, View *v, const Sym *s, IrVal value);

// ---- lower_net.c ----
// What stands behind Injection.lang.
typedef struct InjectLow {
  Node *node, *expr;
  CaptureList caps;
} InjectLow;

// ---- lower_capture.c ----
bool lane_free(const Node *n);        // known to the script: the same for all lanes, draws nothing
bool expr_literal(const Node *n);     // made of numbers alone
int capture_add(Lowering *l, CaptureList *caps, Node *expr, int axis);
int capture_find(const CaptureList *caps, const Node *expr, int axis);
bool expr_draws(const Node *n);
bool expr_impure(const Node *n);      // calls an impure native function

// ---- link_native.c ----
bool is_kernel_statement(const Node *n);

// ---- describe.c ----
typedef struct LocalColumn { // a let of a handler that is read behind a kernel call
  const Sym *sym;
  int column;
} LocalColumn;

// Hidden columns of a neuron.
typedef struct NeuronLow {
  ModelDesc desc; // first
  Model *model;
  int last_spike, held_until, refractory, t_exact, before; // columns, -1: none; before: X - Y of `X crosses Y`
  int *prev;      // by variable: the column of its value before, -1
  LocalColumn *local;
  int nlocals;
  bool *shared;   // by variable: lets and inputs that synapses read: kept in columns
} NeuronLow;
// Synapse and rules of one connection: columns of the synapse first, then those of each rule, then hidden ones.
typedef struct SynLow {
  SynDesc desc;   // first
  ConnInfo *ci;
  int *base;      // first column of each rule
  int *sum;       // by inject: hidden column of its per-synapse part, -1: post-only
  int *prev;      // by column
  bool learn_first; // `learn R via S`: rules before the synapse
  int *touched;   // by column of a per-synapse state: the hidden column with the step it was last advanced to, -1
} SynLow;
static inline NeuronLow *neuron_low(const ModelDesc *d) { return (NeuronLow *)d; }
static inline SynLow *syn_low(const SynDesc *d) { return (SynLow *)d; }
bool model_mentions(const Model *m, bool (*is)(const Node *n, void *ctx), void *ctx);
bool node_any(const Node *n, bool (*is)(const Node *n, void *ctx), void *ctx); // n or a node below it

// ---- degree.c ----
// What an expression of a synapse depends on. Lets are followed.
enum { DEP_PRE = 1, DEP_POST = 2, DEP_SELF = 4 /* per-synapse: w, states, params given per synapse */,
       DEP_PRE_STATE = 8, DEP_POST_STATE = 16 /* states of the synapse or rule */, DEP_DRAW = 32, DEP_TIME = 64 };
unsigned expr_depends(const ConnInfo *ci, const Node *n);
typedef enum Degree { DEG_NONE, DEG_LINEAR, DEG_AFFINE, DEG_HIGHER } Degree;
// In the states of one place (synapse and rules): not at all, homogeneously linear, with a constant part, or otherwise.
Degree expr_degree(const ConnInfo *ci, Place place, const Node *n);
// Whether all per-synapse states with equations can be advanced exactly when an event touches them: linear in each
// other, and nothing but events reads them.
bool syn_event_driven(const ConnInfo *ci);
// Why they must be advanced in every step, NULL: they need not; *states is then how many there are.
const char *syn_clocked(const ConnInfo *ci, int *states);
bool param_per_synapse(const ConnInfo *ci, const Sym *param);

#endif
