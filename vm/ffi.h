// SPDX-License-Identifier: MIT
// Native functions and kernels: C in shared libraries, called through libffi.
//
// lang makes a NativeLib for each `native "lib" { ... }` and a NativeFn for each declaration in it: names, types,
// directions and units, all checked. That is a description; nothing is loaded by it. When the statement runs, native_open
// loads the library, finds the symbols and prepares each call interface once; every failure is reported at the declaration.
// From then on a NativeFn can be called:
//
//   native_lanes    a scalar function over the lanes of a block: the operation NATIVE of the vector core. One loop for all
//                   signatures; functions of doubles alone are called straight, since the compiler knows that call.
//   native_script   from a script: a function element by element with broadcasting, a kernel once with whole arrays
//   native_call     a kernel on memory that is laid out already: `on step`, once for all neurons (vm/ffi_step.c)
//
// Numbers cross in the units of the declaration: kernels of lanes are handed numbers that are in them already, native_script
// converts. A function or kernel reports failure by hebb_fail (hebb_kernel.h), a kernel also by a status other than 0.
//
// A NativeLib belongs to who declared it (the checker) and closes its library when it is freed: after all that calls it.
// The C side: `int` is int64_t, `count` too; `bool` is bool; an array is a pointer to its first element, row by row; `out`
// and `inout` of one value is a pointer to it. A kernel that returns nothing returns an int: its status.
#ifndef HEBB_FFI_H
#define HEBB_FFI_H
#include "base/diag.h"
#include "vm/array.h"

typedef enum NativeType {
  NATIVE_VOID, NATIVE_REAL, NATIVE_REAL32, NATIVE_INT, NATIVE_INT32, NATIVE_BOOL, NATIVE_COUNT, NATIVE_STRING
} NativeType;
typedef enum NativeDir { NATIVE_IN, NATIVE_OUT, NATIVE_INOUT } NativeDir;

enum { NATIVE_PARAMS = 32, NATIVE_LANE_PARAMS = 12 }; // at most: of a declaration; of a function that neurons call

typedef struct NativeSize { // of an axis of an array
  int count;                // number of the parameter that tells it; -1: it is `fixed`
  int64_t fixed;
} NativeSize;

typedef struct NativeParam {
  const char *name;
  uint8_t type, dir;
  int ndim;                 // 0: one value
  NativeSize size[ARRAY_DIMS];
  double scale;             // SI value of the unit that numbers are passed in
} NativeParam;

typedef struct NativeLib NativeLib;
typedef struct NativeFn {
  const char *name;
  NativeLib *lib;
  bool kernel;
  bool impure;              // called exactly as often as written, in order
  NativeParam *param;
  int nparams;
  uint8_t result;           // NativeType
  double scale;             // of the result
  Span span;
  // from native_open on
  void (*code)(void);
  int direct;               // doubles alone: how many; -1: through libffi
  void *cif;
} NativeFn;

struct NativeLib {
  const char *name;         // as written
  const char *dir;          // of the file that says so, "" for the current one: where names with a / start, and where others
                            // are looked for first; NULL: nowhere
  const char *const *dirs;  // where other names are looked for before the system's places
  int ndirs;
  Span span;
  NativeFn *fn;
  int nfn;
  // private to vm/ffi.c
  void *handle, *memory;
  char *path;
  char *(*message)(void);
};

// Loads the library (once); false after a report (d NULL: silently).
bool native_open(NativeLib *lib, Diags *d);
bool native_is_open(const NativeLib *lib);
void native_close(NativeLib *lib);
// What the loader knows of the library: names of functions that it has, for suggestions (mem_free the list; the names live
// as long as it does).
const char **native_symbols(const char *path, int *n);
// The file of an open library (mem_free); `otherwise` where the loader does not say.
char *native_path(void *handle, const char *otherwise);
// Whether this process still holds an older file that had this path: the loader would give that one again.
bool native_replaced(const char *path);
// Why a file of another machine cannot be loaded ("it is made for AArch64 ..."); NULL if that is not the reason.
const char *native_machine(const char *path, char buf[static 160]);

// One value as it is passed.
typedef union NativeCell {
  double real;
  float real32;
  int64_t i;
  int32_t i32;
  bool b;
  const void *p;
  uint64_t word;            // results of less than a word come widened
} NativeCell;
void native_put(NativeCell *c, NativeType t, double x);
double native_get(const NativeCell *c, NativeType t); // of a result
// Elements of an array, as numbers and back.
size_t native_bytes(NativeType t);
void native_pack(void *to, NativeType t, const double *from, int64_t n, double scale);
void native_unpack(double *to, NativeType t, const void *from, int64_t n, double scale);

// Applies f to lanes lo..hi-1. arg[k][i*step[k]] is argument k of lane i; d gets the results. mask: NULL, or words that are
// 0 where a lane is left out (it gets 0). False if it failed; then native_message tells why.
bool native_lanes(const NativeFn *f, double *d, const int64_t *mask, const double *const *arg, const uint8_t *step, int lo, int hi);
// Calls once. A failure by hebb_fail is not looked at.
void native_call(const NativeFn *f, NativeCell *args, NativeCell *result);
// What hebb_fail said since the last look; NULL if nothing. Valid until the next call of the library.
const char *native_message(const NativeFn *f);
// Takes an int status or a message as the failure it is: "kernel iir gave status 3: ...", in text. False if all is well.
bool native_failed(const NativeFn *f, const NativeCell *result, char text[static 600]);

// A call from a script. args: of each parameter but counts; spans likewise. results: the value (none if there is none), and
// then the new value of each `out` and `inout` parameter; new references. t: the time of the run in seconds, NULL outside
// of one. False after a report.
bool native_script(const NativeFn *f, const Value *args, const Span *spans, Span span, const double *t, Diags *d, Value *results);
int native_outs(const NativeFn *f);

#endif
