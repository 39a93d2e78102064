// SPDX-License-Identifier: MIT
// The functions of the language: one C function for each row of builtin.def.
//
// A function reads its arguments (borrowed) and sets *result (a new reference). Arguments stand in the order of the
// signature; VAL_NONE stands for one left out, and then the default of the signature holds. On failure it returns false
// after a report to `diags`. Functions with flag ELEM work element by element over arrays with broadcasting.
#ifndef HEBB_BUILTIN_H
#define HEBB_BUILTIN_H
#include "base/diag.h"
#include "vm/program.h"
#include "vm/value.h"

#include <stddef.h>

struct Vm;

enum { BUILTIN_ELEM = 1, BUILTIN_LANE = 2, BUILTIN_PURE = 4, BUILTIN_RAND = 8, BUILTIN_PLOT = 16 }; // flags of the rows

typedef struct BuiltinCall {
  struct Vm *vm;          // NULL where functions run without a network (constant folding)
  Diags *diags;
  const Value *args;
  int nargs;
  Value *result;
  Span span;              // of the call
  const Span *arg_spans;  // of each argument; NULL: use span
  // what only some functions need
  const char *const *arg_names; // table(t = ..): the names given, NULL or entries "" where none
  const char *const *arg_units; // table: display unit of each argument, "" if none; NULL: no units
  const double *arg_scales;     // table: SI value of that unit
  RngKey key;             // random functions: seed, trial and a number for scripts ...
  uint64_t *draws;        // ... and the running count of draws (needed by RAND functions)
  const char *dir;        // load: directory of the script, NULL or "" for the current one
} BuiltinCall;

typedef bool (*BuiltinFn)(BuiltinCall *c);

#define BUILTIN(name, signature, flags, doc, example) bool builtin_##name(BuiltinCall *c);
#include "vm/builtin.def"
#undef BUILTIN

typedef enum BuiltinId {
#define BUILTIN(name, signature, flags, doc, example) BUILTIN_##name,
#include "vm/builtin.def"
#undef BUILTIN
  BUILTIN_COUNT
} BuiltinId;

typedef struct Builtin {
  const char *name, *signature;
  unsigned flags;
  const char *doc, *example;
  BuiltinFn fn;
} Builtin;
extern const Builtin BUILTINS[BUILTIN_COUNT];
int builtin_find(const char *name, size_t n); // number of the row, or -1

#endif
