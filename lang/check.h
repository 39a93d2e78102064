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
//   CONNECT               node->info = ConnInfo*; node->sym SYM_PROJ if labelled
//   LET FOR RECORD ...    node->sym the script variable made
//   blocks of at/every, functions: numbered frame variables (SYM_FRAME), see ScriptScope
#ifndef HEBB_CHECK_H
#define HEBB_CHECK_H
#include "base/diag.h"
#include "lang/model.h"

typedef struct Checker Checker;

// One value of a population or connection that is computed when it is made, in the order of dependence.
typedef struct InitItem {
  Sym *var;   // of the neuron, synapse or rule; or a pseudo variable: delay, post_delay, positions
  Node *expr; // annotated; NULL: zero
  bool from_block; // the block's entry (its names are the script's), else the declaration's default
} InitItem;

typedef struct PopInfo {
  Model *model;
  InitItem *init; // params first, then states, lets a state's initial value needs come inlined
  int ninit;
  Model **rules;  // learn R() on biases
  int nrules;
} PopInfo;

typedef struct RuleUse {
  Model *model;
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
} ConnInfo;

// The frame variables of a function, at/every block or sweep body.
typedef struct ScriptScope {
  int nslots;
  Sym **captures; // at/every: variables of the surroundings copied in when the statement runs
  int ncaptures;
} ScriptScope;

// Finds and reads a module for `use`: returns text (mem_alloc) or NULL and *why.
typedef char *(*ModuleReader)(void *ctx, const char *name, bool is_file, const char *from_path, char **path, size_t *n,
                              const char **why);

Checker *checker_new(Sources *s, Interner *in, Diags *d, Arena *a, ModuleReader reader, void *ctx);
void checker_free(Checker *c);
// Checks one more tree; what earlier trees declared stays known (the prompt). False if there were errors: then nothing
// of this tree is kept. The trees of the modules it uses come first, in order, in checker_files().
bool check_file(Checker *c, Node *file);
Node **checker_files(Checker *c, int *n); // module trees and then the file, of the last check_file
int checker_nglobals(const Checker *c);
Sym *checker_global(const Checker *c, int slot);
Sym **checker_declared(Checker *c, int *n); // every top-level name (completion, doc)

double unit_scale(const Node *unit);              // of a UNIT/UNITOP/UNITONE tree (NULL: 1)
const Unit *unit_of_node(const Node *unit, Arena *a);

#endif
