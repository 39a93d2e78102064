// SPDX-License-Identifier: MIT
// Inside the script compiler.
//
//   script.c         driver, functions
//   script_emit.c    code under construction, pools, variables
//   script_expr.c    expressions
//   script_index.c   members and indices, and what reads through them
//   script_assign.c  assignments
//   script_native.c  native libraries and their calls
//   script_stmt.c    control, time, output
//   script_signal.c  signals and what they are bound to
//   script_net.c     populations, connections, stimuli, recordings, selections, draws
#ifndef HEBB_SCRIPT_IMPL_H
#define HEBB_SCRIPT_IMPL_H
#include "base/vec.h"
#include "lang/script.h"
#include "vm/builtin.h"

typedef struct Slotted {
  const Sym *sym;
  int slot;
} Slotted;

// A function under construction.
typedef struct Code {
  struct Code *outer;
  Vec(ScriptIns) ins;
  Vec(Span) spans;
  Vec(Slotted) vars; // its frame variables
  int nslots, nparams;
} Code;

typedef struct Compiled {
  const Node *decl; // FUNCTION clone
  int func;
} Compiled;

typedef struct ScriptC {
  const ScriptInput *in;
  ScriptProgram *p;
  Arena *a;         // of the program
  Code *code;       // the innermost
  Vec(Compiled) done;
  bool main_file;   // compiling the file itself, not a module
  bool failed;
} ScriptC;

// ---- emitting ----
int emit(ScriptC *c, Span at, ScriptOp op, int a, int b); // returns its place
int here(const ScriptC *c);
void patch(ScriptC *c, int at);                           // its jump goes to here
void code_begin(ScriptC *c, Code *code);
void code_end(ScriptC *c, int func, const char *name);    // fills function `func`
int func_reserve(ScriptC *c);

int pool_num(ScriptC *c, double x);
int pool_int(ScriptC *c, int64_t x);
int pool_bool(ScriptC *c, bool x);
int pool_text(ScriptC *c, const char *text, size_t n);
int pool_value(ScriptC *c, Value v); // takes the reference
int pool_name(ScriptC *c, const char *name);
int pool_format(ScriptC *c, ScriptFormat f);
ScriptFormat format_of(ScriptC *c, Type t); // unit and scale to show it in
const char *keep_text(ScriptC *c, const char *text);
const char *source_text(ScriptC *c, Span span); // as written, in one line

// ---- variables ----
int frame_slot(ScriptC *c, const Sym *sym); // made when new
int temp_slot(ScriptC *c);
void emit_load(ScriptC *c, Span at, const Sym *sym);
void emit_object(ScriptC *c, Span at, const Sym *sym); // a signal itself, not its value; of others as emit_load
void emit_store(ScriptC *c, Span at, const Sym *sym);

// ---- expressions ----
void emit_expr(ScriptC *c, Node *n);
void emit_condition(ScriptC *c, Node *n); // one truth on the stack
void emit_text(ScriptC *c, Node *n);      // of a STR node, for titles and files
bool const_number(const Node *n, double *x);
// Calls f with the name bound to each value of `over` (a RANGE or an expression): var is stored, then body, then again.
typedef void (*LoopBody)(ScriptC *c, void *ctx);
void emit_loop(ScriptC *c, Node *over, const Sym *var, Span at, LoopBody body, void *ctx);
int add_index(ScriptC *c, Node *index);   // the row of the pool; its values are emitted by emit_indices
void emit_indices(ScriptC *c, Node *index);
void emit_index(ScriptC *c, Node *n);
void emit_member(ScriptC *c, Node *n);
void emit_population_index(ScriptC *c, Node *n);
// The object a MEMBER reads through and the name of the variable: "V", "pre.x", "STDP.A_plus", "pos.x".
Node *member_object(Node *n);
const char *member_path(ScriptC *c, Node *n);
bool draws_per_element(const Node *n);

void emit_native_library(ScriptC *c, Node *n);
void emit_native_call(ScriptC *c, Node *n, const struct NativeFn *f);

// ---- statements ----
void emit_assign(ScriptC *c, Node *n);
void emit_statement(ScriptC *c, Node *n);
void emit_block(ScriptC *c, Node *block);
int compile_function(ScriptC *c, Node *decl);
void emit_sweep(ScriptC *c, Node *n); // leaves its table
void emit_plot(ScriptC *c, Node *n);
void emit_expect(ScriptC *c, Node *n);

// ---- signals (script_signal.c) ----
void emit_signal(ScriptC *c, Node *n);
// Binds the signals among these items: pushes what each is bound to, and adds its variable number to the list.
typedef Vec(int) SignalList;
void emit_cell_of(ScriptC *c, Node *signal); // not its value but the signal itself
void emit_signals(ScriptC *c, const InitItem *items, int n, const SynDesc *syn, int rule, Span at, SignalList *out);

// ---- networks ----
void emit_captures(ScriptC *c, const CaptureList *caps);
void emit_population(ScriptC *c, Node *n);
void emit_build(ScriptC *c, Node *n);
void emit_connect(ScriptC *c, Node *n);
void emit_inject(ScriptC *c, Node *n);
void emit_inject_spikes(ScriptC *c, Node *n);
void emit_record(ScriptC *c, Node *n);
void emit_record_spikes(ScriptC *c, Node *n);
void emit_where(ScriptC *c, Node *n);
// [x] -> [x, values drawn for each element of x]
void emit_draw(ScriptC *c, Node *expr);

#endif
