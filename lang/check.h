// SPDX-License-Identifier: MIT
// The checker: names, types and units of a whole file (or of one more piece at the prompt).
//
// Input: the tree of the parser. Output: the same tree annotated, Models, and the script's variables with their slots.
// What the annotations are:
//   every expression      node->type
//   NAME                  node->sym (in bodies: variable of the Model, self variable, local, function, builtin, global)
//   MEMBER                of pre./post. in a synapse, rule or connection: node->sym the variable of the neuron Model, or a
//                         SYM_SELFVAR, and node->place PLACE_PRE or PLACE_POST; of self. in a block: the variable;
//                         of a population, projection, recording ... in a script: node->sym where it is a variable
//   a unit in a chain     a NAME that turned out to be a unit is replaced: kind N_UNIT, node->num = its scale
//   NUM, ARRAY with units node->num stays as written; unit_scale(k0) gives the factor to SI
//   CALL                  builtin: node->sym SYM_BUILTIN, arguments reordered into the order of its signature with NULL
//                         for those left out (list, nlist = number of parameters); function: node->sym SYM_FUNC whose
//                         decl is the clone for these argument types, arguments in order, defaults filled in
//   POPULATION            node->sym SYM_POP (type.info = Model*); node->info = PopInfo*
//   a part of a network   c.E: becomes a NAME, c[k].E an INDEX of one, info = the symbol of the item
//   BUILD                 node->info = BuildInfo*
//   INJECT                node->sym the input it feeds
//   CONNECT               node->info = ConnInfo*; node->sym SYM_PROJ if labelled
//   LET FOR RECORD ...    node->sym the script variable made
//   blocks of at/every, functions: numbered frame variables (SYM_FRAME), see ScriptScope
#ifndef HEBB_CHECK_H
#define HEBB_CHECK_H
#include "base/diag.h"
#include "lang/model.h"

typedef struct Checker Checker;

// More details:
//   UNARY, BINARY ...     int results only from int operands; true counts 1. Arrays broadcast; ndim -1: known at run time
//   NUM of a chain        1 uF/cm^2 is BINARY(DIV, NUM 1 uF, BINARY(POW, UNIT cm, 2)): units are values there
//   floor, ceil, round    of a quantity: rewritten to floor(x in u)*(1 u) with the unit u that x is shown in
//   min, max              of one array: rewritten to amin, amax
//   MEMBER                P.V of a population: array (ndim of the population: 2 for a sheet P[20, 20]; a single neuron
//                         P[3].V is a number); C.w of a projection: array; C[...] none. P.pos.x: MEMBER(MEMBER(P, pos), x)
//                         with SYM_SELFVAR. xi.a: SYM_SELFVAR SV_XI with its own sym per name
//   target P.I            of connect and inject: MEMBER with sym = the input and type TY_POP, k0 the population
//   PREV                  sym = the hidden variable (sym->of: the variable it remembers)
//   types                 TY_POP info = Model* (NULL: neurons of several kinds), TY_POPS the same; TY_PROJ info = ConnInfo*;
//                         TY_SPIKES info = Model*; TY_TABLE info = TableInfo*; TY_FUNC ... stand in no expression
//   TY_BOOL variables     (state, param, let) are kept as 0 and 1
//   inside `scaled`       node->type of a NAME is a plain number, sym->type keeps its dimension: the reader multiplies by
//                         1/scale of scaled_factor(). So do assignments and equations on the left.
// Lanes: in population blocks, connect blocks and patterns, inject, where and bodies an expression is evaluated for each
// neuron or synapse; there a subexpression for which expr_varies() is false is a script value, evaluated once when the
// statement runs (its function calls are script functions; it may be an array, one element for each neuron).

// One value of a population or connection that is computed when it is made, in the order of dependence.
typedef struct InitItem {
  Sym *var;   // of the neuron, synapse or rule; or a pseudo variable named delay, post_delay or positions: a hidden
              // SYM_STATE without model. positions come first, so that pos is known to what follows
  Node *expr; // annotated; NULL: zero
  bool from_block; // the block's entry (its names are the script's), else the declaration's default
  struct ScriptScope *scope; // of a signal's value from the block: the frame it is evaluated in
} InitItem;

typedef struct PopInfo {
  Model *model;
  InitItem *init; // params first, then states, lets a state's initial value needs come inlined
  int ninit;
  Model **rules;  // learn R() on biases
  int nrules;
  Sym *index;     // population L[k in 0:8]: k, a script variable set before sizes and block are evaluated; NULL else
} PopInfo;

typedef struct RuleUse {
  Model *model;
  Node *node;        // what stands after `learn`
  InitItem *params;
  int nparams;
} RuleUse;

typedef struct ConnInfo {
  Model *syn;        // Model of this use of the synapse
  Model *pre, *post; // neurons
  Sym *input;        // of post, fed by the synapse's injects (NULL if it injects nothing)
  InitItem *params;  // uniform arguments of the synapse: via S(tau = 5 ms), defaults included
  int nparams;
  InitItem *init;    // per synapse: w, delay, post_delay, states, params given in the block
  int ninit;
  RuleUse *rules;
  int nrules;
  bool wrong_entry;  // the block names something that does not exist
} ConnInfo;

// node->info of a BUILD: what is built, in order. node->sym SYM_BUILT.
typedef struct BuildInfo {
  Sym **param;      // script variables, and their values (NULL: none, after an error)
  Node **value;
  int nparams;
  Node **item;      // clones of the network's items
  int nitems;
  Sym *index;       // build c[k in 0:3]: k
  Sym **part, **list; // ... a part of the one that was built last, and the array of those of all
  int nparts;
} BuildInfo;

// The frame variables of a function, at/every block or sweep body: node->info of FUNCTION, AT, EVERY, SWEEP.
// Variables of a top-level for, if, while or test block are SYM_GLOBAL with slots of their own (only their names are
// local); at/every blocks copy them in, since their values may change before the block runs. Variables declared at the
// top level itself are used live.
typedef struct ScriptScope {
  int nslots;     // parameters of a function have slots 0, 1, ...; SWEEP: its variable is node->sym
  Sym **captures; // at/every, sweep: variables of the surroundings (SYM_GLOBAL, or SYM_FRAME of the frame around) ...
  Sym **inner;    // ... copied into these (SYM_FRAME here) when the statement runs
  int ncaptures;
} ScriptScope;

// node->info of a FUNCTION clone (SYM_FUNC's decl); its ScriptScope stands first.
typedef struct FuncInfo {
  ScriptScope scope;
  bool lane;    // called with values of neurons: parameters and locals are SYM_LOCAL, the body holds let, assignment, if
                // and return only and is inlined. Else a script function (SYM_FRAME), a value to capture in statements.
  bool general; // the declaration checked for itself: a parameter may turn out to be an array
  bool random;  // draws random numbers
  bool varies;  // draws, calls something impure, or reads t, dt or tick
  bool impure;  // calls an impure native function or a kernel
  Sym **params; // nparams
  int nparams;
  Type result;  // TY_NONE: returns nothing
} FuncInfo;

// Columns of a TY_TABLE (type.info); NULL info: what load() read, all plain numbers, a matrix or columns by name.
typedef struct TableInfo {
  Atom *names;
  Type *types;
  int n;
} TableInfo;

// Finds and reads a module for `use`: returns text (mem_alloc) or NULL and *why.
typedef char *(*ModuleReader)(void *ctx, const char *name, bool is_file, const char *from_path, char **path, size_t *n,
                              const char **why);

Checker *checker_new(Sources *s, Interner *in, Diags *d, Arena *a, ModuleReader reader, void *ctx);
void checker_free(Checker *c);
// Where libraries named without a / are looked for first; the list must live on.
void checker_native_dirs(Checker *c, const char *const *dirs, int n);
// The description of a native function or kernel; NULL for other names.
const struct NativeFn *native_of(const Sym *sym);
// Checks one more tree; what earlier trees declared stays known (the prompt). False if there were errors: then nothing
// of this tree is kept. The trees of the modules it uses come first, in order, in checker_files().
bool check_file(Checker *c, Node *file);
// Takes back what the last check_file declared, once: its statements could not be run.
void checker_take_back(Checker *c);
Node **checker_files(Checker *c, int *n); // module trees and then the file, of the last check_file
int checker_nglobals(const Checker *c);
Sym *checker_global(const Checker *c, int slot);
const char *const *checker_global_names(Checker *c); // by slot; as long as the checker's arena
Sym *checker_find(Checker *c, const char *name, size_t n, bool function); // at the top level; NULL
Sym **checker_declared(Checker *c, int *n); // every top-level name (completion, doc)
// For editors, after a file with errors too: the names its top level sees, in the order declared, modules first; and the
// clones of neurons, synapses, rules and functions that were checked, which hold the annotations of their bodies.
Sym **checker_seen(Checker *c, int *n);
Node **checker_bodies(Checker *c, int *n);

// True if a checked expression may differ from lane to lane or from step to step: it names a variable of a neuron or
// synapse, i, j, t ..., or draws a random number.
bool expr_varies(const Node *expr);
// How the value of a signal comes about: SIGNAL_* of model.h.
// Whether a checked expression is a signal of the script: a name, or one of those of several built at once.
bool node_is_signal(const Node *n);
unsigned signal_depends(const Node *value);
// The value of a constant expression of literals; false if it is none.
bool expr_constant(const Node *expr, double *value);
// The tree with types and symbols, for `hebb check --dump`.
struct Str;
void check_dump(const Node *file, struct Str *out);

double unit_scale(const Node *unit);              // of a UNIT/UNITOP/UNITONE tree (NULL: 1)
const Unit *unit_of_node(const Node *unit, Arena *a);

#endif
