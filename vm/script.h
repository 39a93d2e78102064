// SPDX-License-Identifier: MIT
// Scripts: programs for what stands between the models - variables, control, networks, runs, analysis - and the stack
// machine that runs them.
//
// A ScriptProgram is immutable once script_verify has passed it: pools of constants and descriptors, and functions whose
// code is an array of ScriptIns with a span beside each instruction, so that every fault points at source. Function 0 is
// the program itself. Several programs may run one after the other on one machine (a prompt); they share its globals, and
// must stay alive as long as the machine, since timed blocks keep pointing to them.
//
// A Script is the machine: it owns the globals, the Vm with the network, and stored states. Numbers are in SI units;
// dimensions were checked before and are not looked at here, but kinds of values are: no program can crash the machine.
#ifndef HEBB_SCRIPT_H
#define HEBB_SCRIPT_H
#include "base/vec.h"
#include "vm/array.h" // ArrayOp, an operand
#include "vm/ffi.h"
#include "vm/net.h"
#include "vm/plot.h"  // PlotKind

#include <signal.h>
#include <stdio.h>

typedef enum ScriptOp {
#define SOP(name, operands, pops, pushes, doc) S_##name,
#include "vm/script_ops.def"
#undef SOP
  S_COUNT
} ScriptOp;

typedef struct ScriptIns {
  uint16_t op;
  int32_t a, b;
} ScriptIns;

typedef struct ScriptFunc {
  const char *name;   // of the user's function, or "at", "every", "until" ...
  int nparams;        // slots 0..nparams-1 are arguments or captured values
  int nslots;
  int depth;          // of the stack; found by script_verify
  const ScriptIns *code;
  const Span *spans;
  int ncode;
} ScriptFunc;

// ---- pools ----
typedef struct ScriptFormat { // how a value is shown; also a mere unit
  const char *unit;   // "" for plain numbers
  double scale;
  const char *spec;   // "{x:.3f}"; NULL: shortest
} ScriptFormat;
typedef struct ScriptAxis {
  bool range, has_lo, has_hi; // one value each where there is something
  Span span;
} ScriptAxis;
typedef struct ScriptIndex {
  int n, nvalues;
  ScriptAxis axis[ARRAY_DIMS];
} ScriptIndex;
typedef struct ScriptCall { // of a builtin
  int builtin, nargs;
  const Span *spans;             // of each argument
  const char *const *names;      // table(t = ..); NULL
  const ScriptFormat *formats;   // unit of each argument, for tables and what must round in it; NULL
} ScriptCall;
typedef struct ScriptPop {
  const PopDesc *desc;
  int nsizes, ncaptures;
  bool numbered;      // one of `population L[k in 0:8]`: its number is on the stack
  int nsignals;
  const int *signal;  // the variables bound to signals
} ScriptPop;
typedef struct ScriptConn {
  const ConnDesc *desc;
  int nargs, ncaptures;
  int input;          // variable of the target, -1: the synapse's
  int nsignals;
  const int *signal;  // the variables bound to signals
} ScriptConn;
typedef struct ScriptInject {
  void *lang;
  int input, ncaptures;
  bool has_from, has_to;
} ScriptInject;
typedef struct ScriptKernel {
  Kernel *kernel;
  int ncaptures;
} ScriptKernel;
typedef enum ScriptRecordKind { RECORD_SPIKES, RECORD_VAR, RECORD_PROJ, RECORD_EXPR } ScriptRecordKind;
typedef struct ScriptRecord {
  ScriptRecordKind kind;
  const char *var;    // VAR, PROJ
  bool single, has_every, has_file;
  int func;           // EXPR: what is sampled; its captures are on the stack
  int nwith;
  const char *const *with; // SPIKES
  int npops;
  ScriptFormat format; // for files
  const char *name;
} ScriptRecord;
typedef struct ScriptPlotItem {
  int kind;           // PlotKind
  bool has_x;
  const char *y_label, *x_label;
  ScriptFormat y, x;
  Span span;
} ScriptPlotItem;
typedef struct ScriptPlot {
  const ScriptPlotItem *items;
  int nitems;
  bool has_title, has_file;
  int npops;
} ScriptPlot;
typedef struct ScriptNative { // a library, or (fn) one call
  struct NativeLib *lib;
  const struct NativeFn *fn;
  int nargs, nouts;
  const Span *spans;
} ScriptNative;
typedef struct ScriptExpect {
  int op;             // EXPECTCMP: ArrayOp
  const char *sign;   // "<"
  bool has_tolerance, relative;
  ScriptFormat format, tolerance;
} ScriptExpect;
typedef struct ScriptCollect {
  int n;
  const char *const *names;
} ScriptCollect;
typedef struct ScriptSweep { // columns of its table: the variable, then what is collected
  int n;
  const char *const *names;
  const ScriptFormat *formats;
} ScriptSweep;

typedef enum ScriptSetting { SET_DT, SET_SEED, SET_THREADS, SET_PRECISION, SET_METHOD, SET_SEMANTICS,
                             SET_RTOL, SET_ATOL } ScriptSetting;

#define SCRIPT_POOLS(X)                                                                                                \
  X(func, ScriptFunc, 'f')                                                                                             \
  X(format, ScriptFormat, 'u')                                                                                         \
  X(index, ScriptIndex, 'i')                                                                                           \
  X(call, ScriptCall, 'k')                                                                                             \
  X(name, const char *, 's')                                                                                           \
  X(pop, ScriptPop, 'p')                                                                                               \
  X(conn, ScriptConn, 'x')                                                                                             \
  X(inject, ScriptInject, 'q')                                                                                         \
  X(record, ScriptRecord, 'r')                                                                                         \
  X(plot, ScriptPlot, 'd')                                                                                             \
  X(kernel, ScriptKernel, 'w')                                                                                         \
  X(expect, ScriptExpect, 'e')                                                                                         \
  X(collect, ScriptCollect, 't')                                                                                       \
  X(sweep, ScriptSweep, 'v')                                                                                           \
  X(native, ScriptNative, 'y')

typedef struct ScriptTest {
  const char *name;
  int func;
  Span span;
} ScriptTest;

typedef struct ScriptProgram {
  Arena *arena;       // of texts, code and descriptors
  Vec(Value) constant;
#define X(field, type, letter) Vec(type) field;
  SCRIPT_POOLS(X)
#undef X
  Vec(ScriptTest) test;
  int nglobals;
  const char *const *globals; // names, for listings and messages
  bool verified;
} ScriptProgram;

ScriptProgram *script_program_new(void);
void script_program_free(ScriptProgram *p);
// Checks operands, jumps and stack depths of all functions and sets their depth. NULL, or what is wrong.
const char *script_verify(ScriptProgram *p);
bool script_resets(const ScriptProgram *p); // has a `reset` anywhere
// The listing of `hebb dis`.
struct Str;
void script_print(const ScriptProgram *p, const Sources *src, struct Str *out);
const char *script_op_name(int op);

// ---- the machine ----
typedef struct Script Script;

// What the machine tells the program around it. All may be NULL.
typedef struct ScriptHost {
  void *ctx;
  // A line of `print`, its newline included. Without it the line goes to standard output.
  void (*print)(void *ctx, const char *text, size_t n, Span span);
  // A failed expect or a warning was added to the diagnostics; the script goes on.
  void (*notice)(void *ctx);
  // The value of an expression typed alone: with the unit it is shown in.
  void (*result)(void *ctx, Value v, const ScriptFormat *format);
  // During a run, about 20 times a second; steps is INT64_MAX where the end is not known.
  void (*progress)(void *ctx, int64_t done, int64_t steps);
  // A figure without a file. NULL: a window, where there is a screen. False after a report.
  bool (*plot)(void *ctx, const Plot *p);
  // `set method = ...`: lang makes of the name what it needs; false if it does not know it.
  bool (*set_method)(void *ctx, const char *name);
} ScriptHost;

typedef enum ScriptEnd {
  SCRIPT_DONE,
  SCRIPT_ERROR,   // reported
  SCRIPT_STOPPED  // by a second interrupt: nothing is reported
} ScriptEnd;

Script *script_new(Diags *d);
void script_free(Script *m);
void script_host(Script *m, ScriptHost host);
void script_linker(Script *m, Linker l);
// Relative paths of load, save and plot start here.
void script_dir(Script *m, const char *load_dir, const char *save_dir);
// 1 ends the run going on (or, between runs, the script at its next loop or call); 2 ends the script at once. After a run
// that was ended so, the flag is 0 again, the script goes on, later runs do nothing and expects are not tested.
void script_interrupt(Script *m, volatile sig_atomic_t *flag);
Vm *script_vm(Script *m);
// Runs a program from its beginning; later function `func` without arguments (a test) with the globals it left.
ScriptEnd script_run(Script *m, const ScriptProgram *p);
ScriptEnd script_call(Script *m, const ScriptProgram *p, int func);
// From now on `run` does not run: it links the network and ends the script (for listings of kernels).
void script_link_only(Script *m);
// A run as the statement `run` would do it.
ScriptEnd script_run_for(Script *m, double seconds);
int script_expects(const Script *m, int *failed); // counted so far
bool script_interrupted(const Script *m);
// Globals: borrowed; NULL if there is none of that number or it has no value.
const Value *script_global(const Script *m, int slot);
bool script_set_global(Script *m, int slot, Value v); // takes the reference
// x.name of a population, projection, recording, table: a new reference. False after a report.
bool script_field(Script *m, Value x, const char *name, Value *out, Span span);
bool script_set_field(Script *m, Value x, const char *name, Value v, Span span);

#endif
