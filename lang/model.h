// SPDX-License-Identifier: MIT
// What the checker makes of declarations: symbols, and a Model per neuron, synapse use and rule use.
//
// A Model is a flattened (`extends` applied), cloned and annotated declaration whose dimensions are all known: every
// NAME node in its parts points to its Sym, every expression carries its Type. A synapse or rule gets one Model per
// distinct use (unit of w, neuron before, neuron after); two uses that agree share it. Lowering reads only this.
//
// The order of `vars` is the order of columns in the machine (vm/net.h: VarDesc), hidden ones included: as declared, then
// hidden ones. Hidden are "last spike" of every neuron (selfvar SV_LAST_SPIKE) and "prev x" (of: x).
#ifndef HEBB_MODEL_H
#define HEBB_MODEL_H
#include "lang/ast.h"

typedef struct Model Model;

typedef enum SymKind {
  SYM_PARAM, SYM_STATE, SYM_INPUT, SYM_LET, SYM_WEIGHT, SYM_SIGNAL, // variables of a Model (a top-level signal too)
  SYM_LOCAL,    // let inside a handler or function, function parameter, loop variable in a body
  SYM_SELFVAR,  // i N pos.x t dt tick xi last_spike spiked refractory j n: op = SelfVar
  SYM_GLOBAL,   // script variable; slot = global number
  SYM_FRAME,    // local variable of a script function, block of at/every, loop; slot = frame number
  SYM_FUNC,     // decl FUNCTION
  SYM_BUILTIN,  // index = number in vm/builtin.def
  SYM_NATIVE,
  SYM_NEURON, SYM_SYNAPSE, SYM_RULE, SYM_NETWORK, // declarations
  SYM_POP, SYM_PROJ, SYM_REC,  // network items; slot = global number that holds the object
  SYM_MODULE,
  SYM_BUILT     // what `build` made of a network
} SymKind;

typedef enum SelfVar {
  SV_T, SV_DT, SV_TICK, SV_I, SV_J, SV_N, SV_POSX, SV_POSY, SV_POSZ, SV_XI, SV_LAST_SPIKE, SV_SPIKED, SV_REFRACTORY,
  SV_DISTANCE, SV_UPDATES
} SelfVar;

// Whose variable a NAME or MEMBER node means inside a synapse, rule, connection or population block.
typedef enum Whose { OF_SELF, OF_PRE, OF_POST } Whose;

struct Sym {
  uint8_t kind;    // SymKind
  uint8_t place;   // Place of a synapse's or rule's state
  uint8_t whose;   // Whose
  uint8_t selfvar; // SelfVar
  bool hidden;     // made by the compiler, not by the user (last spike, prev x, noise copies)
  bool assigned;   // a script variable that is assigned after its let; a param or weight a handler changes
  Atom name;
  Type type;
  Node *decl;      // PARAM STATE INPUT LET WEIGHT SIGNAL FUNCTION ...
  Model *model;    // the Model it is a variable of
  int index;       // number in model->vars, or number of a builtin
  int slot;        // of script variables
  const char *doc;
  Node *scaled;    // the SCALED block a let or a local stands in (its expression is of plain numbers), or NULL
  Sym *of;         // hidden: the variable whose value at the end of the step before it keeps (prev x)
  Model *pop_model;// SYM_POP: the neuron
  void *decl_info; // declarations: private to the checker
  uint8_t signal;  // SIGNAL_* of a signal of the script
  bool param;      // a script variable that is the parameter of a network
  uint8_t resolved;// private to the checker
  uint8_t reads;   // of a local that is assigned: READS_* of what was assigned to it
  bool recheck;    // private to the checker
};

enum { SIGNAL_COMPUTED = 1, SIGNAL_LATE = 2 }; // in each step, after the lets, which it reads
// A signal of the script, or what a block that runs later has of one.
static inline bool sym_is_signal(const Sym *s) {
  return s->kind == SYM_SIGNAL ? !s->model : s->kind == SYM_FRAME && s->of && s->of->kind == SYM_SIGNAL;
}
// Which of a synapse's neurons and values something reads.
enum { READS_PRE = 1, READS_POST = 2, READS_SYN = 4 };

typedef enum ModelKind { MODEL_NEURON, MODEL_SYNAPSE, MODEL_RULE } ModelKind;
typedef enum MethodKind {
  METHOD_AUTO, METHOD_EXACT, METHOD_EXPONENTIAL_EULER, METHOD_EULER, METHOD_RK2, METHOD_RK4, METHOD_HEUN,
  METHOD_MILSTEIN, METHOD_RK45, METHOD_CVODE
} MethodKind;

// One equation: factor * dx/dt = rhs. `scaled` is the enclosing SCALED node, or NULL.
typedef struct Equation {
  Sym *x;
  Node *factors[8]; // the other factors of the left side, in numerator ...
  bool divided[8];  // ... or denominator
  int nfactors;
  Node *rhs, *node, *scaled;
} Equation;

// A handler or condition with the SCALED block around it (or NULL).
typedef struct Handler {
  Node *node; // ON, EVENT, SPIKEWHEN, SPIKECROSS, SPIKECOUNT, REFRACTORY, REFRWHILE, INJECTS, REQUIRE
  Node *scaled;
} Handler;

struct Model {
  ModelKind kind;
  Atom name;
  Node *decl;        // flattened clone
  const char *learns;// rules by which a population of this neuron learns, "Delta, Grow"; NULL: none
  Sym **vars;        // PARAM STATE INPUT LET WEIGHT SIGNAL, then hidden ones
  int nvars;
  Equation *equations;
  int nequations;
  Handler spike;     // node NULL if it cannot spike
  Handler refractory;// REFRACTORY or REFRWHILE
  Handler *on;       // ON and EVENT parts in order
  int non;
  Handler *injects;
  int ninjects;
  Handler *requires;
  int nrequires;
  MethodKind method;
  Node *method_node;
  // synapses and rules: what they stand between
  Model *pre, *post; // neuron models; NULL where any will do
  Sym *weight;       // the w of a synapse (a rule's w is its synapse's)
  Sym *input;        // the target's input that `inject` feeds
  void *lowered;     // lang/link's cache
  void *checker;     // private to the checker
};

Sym *model_find(const Model *m, Atom name); // a variable by name, or NULL

// How the fixed scale of a scaled block turns an SI value of dimension d into its plain number: 1/scale. False if the
// units of the block cannot express it. (`units` = the SCALED node.)
bool scaled_factor(const Node *scaled, Dim d, double *scale);

#endif
