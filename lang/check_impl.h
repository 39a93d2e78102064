// SPDX-License-Identifier: MIT
// Inside the checker: its state, the context an expression stands in, and what its files offer each other.
//
//   check.c          driver: files, modules, top-level declarations
//   check_expr.c     operators, arrays, indices
//   check_name.c     names and members, what an expression depends on
//   check_units.c    unit chains, agreement of dimensions, the missing factor, display units
//   check_builtin.c  signatures of builtin.def, calls of builtins
//   check_native.c   native functions and kernels
//   check_func.c     functions: a clone for each use
//   check_model.c    neurons, synapses, rules: parts, `extends`, one Model for each use
//   check_body.c     equations and handlers
//   check_net.c      population, connect, inject, record
//   check_network.c  networks, what is built of them, and its parts
//   check_script.c   statements
//   check_signal.c   signals and what they are bound to
//   rules.c          one function for each domain rule and error code
//
// A Ctx says where an expression stands. Contexts live on the C stack and are entered and left with ctx_enter/ctx_leave.
#ifndef HEBB_CHECK_IMPL_H
#define HEBB_CHECK_IMPL_H
#include "base/vec.h"
#include "lang/check.h"
#include "lang/scope.h"

#include <string.h>

typedef enum CtxKind {
  CX_SCRIPT, // statements
  CX_BODY,   // parts of a neuron, synapse or rule
  CX_FUNC,   // a function called with values of neurons
  CX_BLOCK,  // entries of a population's block
  CX_CONN,   // patterns and entries of a connection
  CX_WHERE,  // E[where ...]
  CX_INJECT
} CtxKind;

typedef struct Ctx {
  struct Ctx *outer;
  CtxKind kind;
  Scope *scope;
  Frame *frame;          // of statements; NULL at the top level
  Model *model;          // CX_BODY: itself; CX_BLOCK, CX_WHERE, CX_INJECT: the neuron
  Model *pre, *post;     // CX_CONN, bodies of synapses and rules; NULL: any neuron
  bool has_pair;         // pre. and post. mean something
  bool generic;          // a declaration checked for itself: pre and post are not known
  bool learns;           // parts of a rule on a population: `post` is the neuron itself, and there is no source
  const char *no_random; // where random numbers may not be drawn: "a let" ...; NULL: they may
  bool xi;               // white noise may stand here
  bool prev;             // `prev x` may stand here
  Node *scaled;
  int on;            // handler: ON_*; -1 elsewhere
  unsigned if_reads; // READS_* of the conditions around a statement of a handler
  FuncInfo *func;    // function whose body this is
  bool in_init;      // initial value or default
  bool in_block;     // inside for, if, while, at ...: no declarations
  bool in_network;   // of a network's body
  bool effects;      // a handler, a test for spikes, an initial value: computed as often as the language says
  bool nested;       // of a handler: under `if`
} Ctx;

// What a neuron, synapse, rule or function is to the checker: sym->decl_info.
typedef struct ModelUse {
  Model *model; // NULL: the use has errors
  Type weight;
  Model *pre, *post;
} ModelUse;
typedef struct FuncUse {
  Sym *sym; // whose decl is the clone
  Type *args;
  int nargs;
  bool lane, bad, busy;
} FuncUse;
// A rule on a population, `population P = N[10] learn R()`: its parts become the neuron's, under names of their own.
typedef struct Lesson {
  struct DeclInfo *rule;
  const char *prefix; // of its variables in the neuron: "R" of `R.x`
  Scope *scope;       // where its parts are checked
} Lesson;
typedef struct Part {
  Node *node, *scaled; // a part, and the SCALED block around it
  bool own;            // of the declaration itself, not of what it extends
  Lesson *lesson;      // the rule it comes from, NULL: the declaration
} Part;
typedef struct DeclInfo {
  Sym *sym;
  Scope *scope; // where it was declared
  Part *parts;  // `extends` applied
  int nparts;
  bool bad;  // errors were reported: its uses are silent
  bool busy; // being checked for itself
  int depth; // of uses being checked
  Vec(ModelUse) uses;
  Vec(FuncUse) funcs;
  struct DeclInfo *next; // all of a checker, for freeing
} DeclInfo;

typedef struct Undo {
  Sym *sym;
  Sym was;
} Undo;

// A population whose spikes are asked for, and where.
typedef struct Asked {
  Sym *pop;
  Node *node;
} Asked;

typedef struct Module {
  const char *path;
  Scope *scope; // what it declares; NULL while it is being read
  struct Module *next;
} Module;

typedef struct Use {
  Span span;
  const char *text; // "LIF is used here"
} Use;

enum { NESTED_USES = 200 }; // functions that call functions that call ...

struct Sig;

struct Checker {
  Sources *sources;
  Interner *in;
  Diags *d;
  Arena *a;
  ModuleReader reader;
  void *reader_ctx;
  Scope *base, *top;
  Scope *imports; // of the file being checked
  const char *path;
  bool in_module;
  Ctx *cx;
  Vec(Sym *) globals;
  Vec(Node *) files;
  Vec(Node *) bodies; // of checker_bodies
  Scope *last;        // of the file checked last
  Vec(Undo) undo;
  Vec(Asked) asked;
  Vec(Sym *) recorded; // populations whose spikes are recorded
  Vec(Use) uses;       // what is being instantiated, innermost last
  Vec(Sym *) resolving;
  Module *modules;
  DeclInfo *decls;
  Vec(struct NativeLib *) natives; // of every `native` block; closed with the checker
  const char *const *native_dirs;
  int nnative_dirs;
  const struct Sig *sigs;
  Sym **declared; // of checker_declared
  struct Before { // the last check_file: what it found, for checker_take_back
    Scope *top;
    int nglobals, nrecorded;
    Module *modules;
    bool valid;
  } before;
  const char **names; // of globals, for programs: `named` of `nnames` are filled
  int named, nnames;
};

// ---- contexts ----
void ctx_enter(Checker *c, Ctx *cx, CtxKind kind); // scope, frame and function as around, all else empty
void ctx_again(Checker *c, Ctx *cx);               // all as around
void ctx_leave(Checker *c);
bool ctx_lane(const Checker *c); // values may differ from neuron to neuron here

// A list in the arena that grows by one: room for element n. Doubled when n is a power of two.
#define list_grow(list, n, a) ((list) = list_grow_((list), (n), sizeof *(list), (a)))
static inline void *list_grow_(void *list, int n, size_t size, Arena *a) {
  if (n & (n - 1)) return list;
  char *more = arena_alloc(a, size * (size_t)(n ? 2 * n : 1));
  if (n) memcpy(more, list, size * (size_t)n);
  return more;
}

// ---- symbols ----
Sym *sym_new(Checker *c, SymKind kind, Atom name, Node *decl, Type type);
Sym *sym_global(Checker *c, SymKind kind, Atom name, Node *decl, Type type); // a new global slot
Sym *sym_selfvar(Checker *c, Scope *s, const char *name, SelfVar v, Type type);
Sym *declare_var(Checker *c, Node *decl, Atom name, Span span, Type type); // let, for: global, frame or lane local
void declare(Checker *c, Sym *sym, Span span);                             // reports a name declared twice
void touch(Checker *c, Sym *sym);                                          // remembers it, before it is changed
bool named(Atom a, const char *text);
Atom atom(Checker *c, const char *text);

void scope_selfvars(Checker *c, Scope *s, CtxKind kind);
Scope *lane_scope(Checker *c, CtxKind kind, Model *m); // what a neuron has, and over it the variables of m (or NULL)
void scope_pairvars(Checker *c, Scope *s);

// ---- expressions ----
Type check_expr(Checker *c, Node *n);
// A checked expression where one value is needed: if how many axes it has is known only when the script runs (what load()
// read), it is taken as one value and tested then. Its type.
Type settle(Node *n);
Type check_value(Checker *c, Node *n); // must have a value; populations are refused
Type check_collection(Checker *c, Node *n); // what a loop goes through
void sum_populations(Checker *c, Node *n); // an array of populations, n, becomes their sum
Type check_condition(Checker *c, Node *n, const char *of);
Type check_whole(Checker *c, Node *n, const char *what);
// A number (or array where `arrays`) of dimension `want`; `what` for the message.
Type check_quantity(Checker *c, Node *n, Type want, const char *what, bool arrays);
Type check_time(Checker *c, Node *n, const char *what);
Type check_scalar(Checker *c, Node *n, const char *what);
Type check_name(Checker *c, Node *n);
Type check_member(Checker *c, Node *n);
Type check_index(Checker *c, Node *n);
Type check_call(Checker *c, Node *n);
Type check_prev(Checker *c, Node *n);
Type check_texts(Checker *c, Node *n);
Type name_type(Checker *c, Node *n, Sym *sym); // what a use of sym is here (scaled, resolving)
Type type_error(void);
bool type_known(Type t);   // neither an error nor unknown
// In a function that is checked for itself what looks like a number may turn out to be an array.
bool shape_open(const Checker *c, Type t);
bool type_numeric(Type t); // numbers and arrays of them (ERROR and ANY count)
bool type_is_array(Type t);
TypeKind type_elem(Type t); // of arrays; the kind itself otherwise
Type array_like(Type t, Type elem);
int broadcast_ndim(Type a, Type b);
Type element_type(Type array);
Type row_type(Checker *c, Type table);
bool node_draws(const Node *n);
void check_draw(Checker *c, Node *n, Node *value); // behind ~ stands a distribution; after the value was checked
unsigned expr_reads(const Node *n);                // READS_*

// ---- units ----
Dim dim_of_unit(Checker *c, Node *unit, const Unit **out, bool *ok);
Type type_of_unit(Checker *c, Node *unit); // what stands after ':'; int, bool too
void chain_units(Checker *c, Node *chain);
const Unit *power_unit(Checker *c, const Node *base, Dim d, double exponent);
const Unit *product_unit(Checker *c, Node *n, Type l, Type r);
bool same_unit(const Unit *a, const Unit *b); // the same name
bool dims_agree(Type a, Type b);
Type merge_numbers(Type a, Type b); // of sides that agree
// Reports sides that do not agree; `verb` as in "cannot add".
bool same_dimension(Checker *c, Node *whole, Node *l, Type lt, Node *r, Type rt, const char *what);
void shadowed_unit(Diag *e, const Node *n);
bool bare_number(Checker *c, Diag *e, const Node *n, Type other);
bool lacks_unit(Checker *c, Diag *e, const Node *n, Type other);
bool is_time(Type t); // without a unit of its own
void missing_factor(Checker *c, Diag *e, const char *left, Type lt, const char *right, Type rt);
const char *lacking_factor(Checker *c, Type lt, Type rt, bool *right);
bool scaled_type(Checker *c, Node *n, Type t);
void check_scaled_units(Checker *c, Node *scaled);
const char *node_text(Checker *c, const Node *n); // as written, shortened
const char *say(Checker *c, Type t);              // type_text

// ---- builtins ----
const struct Sig *signatures_new(Checker *c);
Type check_builtin(Checker *c, Node *call, Sym *f);
bool builtin_is_random(const Sym *f);
unsigned builtin_flags(const Sym *f);
bool builtin_by_elements(const Sym *f);

// ---- functions ----
DeclInfo *decl_new(Checker *c, Sym *sym); // declared in the scope at hand
void declare_function(Checker *c, Node *n);
Type check_function_call(Checker *c, Node *call, Sym *f);

// ---- native functions ----
void declare_native(Checker *c, Node *n);
Type check_native_call(Checker *c, Node *call, Sym *f);
bool check_kernel_statement(Checker *c, Node *n);
bool check_impure(Checker *c, Node *call, const char *name); // whether what is impure may stand here

// ---- models ----
void declare_model(Checker *c, Node *n);
Model *neuron_model(Checker *c, Sym *decl); // NULL if it has errors
Model *use_model(Checker *c, Sym *decl, Type weight, Model *pre, Model *post, Sym *w, Node *at);
// A neuron whose population learns by rules: a Model of its own. NULL after a report.
Model *learning_model(Checker *c, Sym *neuron, Lesson *lessons, int n, Node *at);
Sym *part_variable(Checker *c, const Model *m, Atom name); // of a neuron, synapse or rule, as the part being checked calls it
Model *another_model(Checker *c, const Model *m, Node *at); // of a rule that a connection uses twice
void resolve_var(Checker *c, Sym *v); // its type
void check_equation(Checker *c, Model *m, Node *n, Node *scaled);
void check_block(Checker *c, Node *block); // a handler's
void check_assigned_value(Checker *c, Node *n, Type t);
Atom derivative_name(const Node *left, int *count);
Sym *hidden_prev(Checker *c, Model *m, Sym *of);
bool check_let_cycles(Checker *c, Model *m); // false: so deep that nothing more can be said
void check_init_cycles(Checker *c, Model *m);
void check_values_read(Checker *c, Model *m);
MethodKind method_kind(Checker *c, Node *where, Atom name, Span span);
unsigned var_reads(const Sym *v);

// ---- network and script ----
void check_population(Checker *c, Node *n);
// The range of `L[k in 0:8]`, and k, known from here on in a scope of its own.
Sym *check_numbers(Checker *c, Node *n, Ctx *cx);
void check_connect(Checker *c, Node *n);
void check_inject(Checker *c, Node *n);
void check_inject_spikes(Checker *c, Node *n);
void check_record(Checker *c, Node *n);
void check_record_spikes(Checker *c, Node *n);
void check_statement(Checker *c, Node *n);
void check_statements(Checker *c, Node *block); // of a BLOCK, in a scope of its own
void check_assign(Checker *c, Node *n);
Type check_changed(Checker *c, Node *place); // the type of what will be changed here
void check_let(Checker *c, Node *n);
bool new_name(Checker *c, const Node *n);
Type check_place(Checker *c, Node *n, Sym **root);
void fit_type(Checker *c, Sym *sym, Type t); // 0 that takes a dimension later
void ask_spikes(Checker *c, Node *pop);      // to be recorded before the file ends
void check_asked(Checker *c);
void check_signal(Checker *c, Node *n);
void declare_network(Checker *c, Node *n);
void check_build(Checker *c, Node *n);
bool network_holds(Checker *c, Node *n); // false after a report: not a statement for the body of a network
// Whether n names a part of a network, c.E: it then takes its place; *ok false after a report.
bool take_part(Checker *c, Node *n, bool *ok);
Sym *name_reached(Checker *c, Sym *sym, const Scope *where); // what to use here for one of another scope
Type check_let_value(Checker *c, Node *let);                 // of its value, in its unit; nothing is declared
// What a signal is given, in the frame *scope; want TY_NONE: any number.
Type check_signal_value(Checker *c, Node *value, Type want, const char *name, ScriptScope **scope);
void frame_enter(Checker *c, Ctx *cx, Frame *f); // statements or a value that run later, with what they capture
void frame_leave(Checker *c, Frame *f);
Sym *population_of(const Node *n); // the one a NAME or INDEX of it names, or NULL
void require_place(Checker *c, Node *n, const char *what);
InitItem *order_items(Checker *c, InitItem *items, int n, Arena *a);

// ---- reports ----
// An error here; notes say what was being instantiated.
Diag *fault(Checker *c, DiagCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void not_supported(Checker *c, Span span, const char *what);
#include "lang/rules.h"

#endif
