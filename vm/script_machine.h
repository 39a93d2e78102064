// SPDX-License-Identifier: MIT
// The inside of the script machine, for the files script_run.c and script_op_*.c only.
//
// A call of a function has its frame variables, then its operands, on one stack of values that never moves. Every value
// on it is an owned reference; what is above `sp` is dead. An operation pops what it takes and drops it, pushes what it
// gives, and returns false after a report (or when the script is stopped): the frame is then unwound by exec.
#ifndef HEBB_SCRIPT_MACHINE_H
#define HEBB_SCRIPT_MACHINE_H
#include "base/str.h"
#include "vm/array.h"
#include "vm/script.h"
#include "vm/vm.h"

enum { SCRIPT_STACK = 1 << 18, SCRIPT_CALLS = 1000 };

typedef struct Stored {
  char *name;
  Snapshot *snapshot;
} Stored;

typedef struct Sweep Sweep;

struct Script {
  Diags *diags;
  Vm *vm;
  ScriptHost host;
  Value *globals;
  int nglobals;
  const char *const *global_names;
  Value *stack, *top; // top: first value not in use between calls
  int calls;          // depth of script functions
  bool running;       // a run is going on (we are in a timed block or a sampled expression)
  bool run_failed;    // a run ended with an error: files that grew with it keep their provisional name
  bool interrupted;   // a run was ended by the user: later runs do nothing, expects are not tested
  volatile sig_atomic_t *interrupt;
  bool link_only;     // `run` links and stops
  bool stopped;       // interrupted again: everything unwinds
  int expects, failed;
  char *load_dir, *save_dir;
  uint64_t draws, draws_begin; // random numbers drawn by the script itself; when the last run from t = 0 began
  uint32_t fills, fills_begin; // likewise statements P.V ~ ...
  Vec(struct RecordFile *) files; // recordings that go to disk
  Vec(Stored) stored;
  Sweep *sweep;       // the innermost
};

typedef struct Frame {
  Script *m;
  const ScriptProgram *p;
  const ScriptFunc *f;
  int pc;       // of the next instruction
  Value *slots; // frame variables
  Value *sp;    // first free operand
  Value result;
  bool done;
} Frame;

#define SOP(name, operands, pops, pushes, doc) bool script_op_##name(Frame *f, ScriptIns in);
#include "vm/script_ops.def"
#undef SOP

static inline Span frame_span(const Frame *f) { return f->f->spans[f->pc - 1]; }
static inline void push(Frame *f, Value v) { *f->sp++ = v; }
static inline Value pop(Frame *f) { return *--f->sp; } // the caller owns it now
static inline void drop(Frame *f, int n) {
  while (n-- > 0) value_drop(*--f->sp);
}
// Drops n operands and pushes the result in their place.
static inline bool give(Frame *f, int n, Value v) {
  drop(f, n);
  push(f, v);
  return true;
}
// Runs function `func` with these arguments (taken over). False after a report or stop; *out is none then.
bool script_exec(Script *m, const ScriptProgram *p, int func, Value *args, int nargs, Value *out);
// A number popped; false after a report if it is none.
bool pop_num(Frame *f, double *x);
// The text of a string operand n below the top (0: the top itself).
const char *peek_text(const Frame *f, int n);

// A function with the values it captured; what the Vm calls at a time, in each step, or for a sample.
typedef struct Closure {
  Script *m;
  const ScriptProgram *p;
  int func, n;
  Value values[];
} Closure;
Closure *closure_new(Frame *f, int func); // pops its captures
bool closure_call(Closure *c, Value *out);
void closure_drop(void *closure);

// ---- runs (script_op_time.c) ----
bool script_run_steps(Script *m, int64_t steps, Closure *until, Span span);

#endif
