// SPDX-License-Identifier: MIT
// Values of scripts. A Value is copied freely; heap objects behind it are counted (value_keep, value_drop).
// Arrays are values in the language: whoever changes one in place first makes it its own (array_own).
#ifndef HEBB_VALUE_H
#define HEBB_VALUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ValueKind {
  VAL_NONE, VAL_NUM, VAL_INT, VAL_BOOL,                        // in the Value itself
  VAL_STR, VAL_ARRAY, VAL_SEL, VAL_PROJ, VAL_REC, VAL_SPIKES, VAL_SERIES, VAL_TABLE, VAL_LIST,
  VAL_GRID, VAL_SIGNAL                                         // from VAL_STR on behind a pointer
} ValueKind;

typedef struct Object {
  int refs;
  uint8_t kind; // ValueKind
  void (*free)(struct Object *); // of kinds made elsewhere (recordings); NULL: value.c knows how, or the Vm owns it
} Object;

typedef struct Value {
  uint8_t kind;
  union {
    double num; // SI units
    int64_t i;
    bool b;
    Object *obj;
  };
} Value;

typedef struct StrObj {
  Object head;
  int64_t n;
  char text[]; // NUL-terminated
} StrObj;

#define ARRAY_DIMS 8
typedef struct Array {
  Object head;
  uint8_t elem; // VAL_NUM VAL_INT VAL_BOOL (all in data) or VAL_STR (in strs)
  int ndim;
  int64_t shape[ARRAY_DIMS];
  int64_t n;     // product of shape
  double *data;  // row by row; ints and bools as numbers
  StrObj **strs;
  struct Array *axis; // what stands beside the first axis: the frequencies .f of a spectrum; NULL where nothing does
} Array;

// Part of one population: elements lo..hi-1, or the n elements of idx (ascending unless the user named an order).
struct Pop;
typedef struct SelPart {
  struct Pop *pop;
  int64_t lo, hi;
  int32_t *idx; // NULL for a range
  int64_t n;
} SelPart;

// A population, slice, selection or sum of them.
typedef struct Sel {
  Object head;
  int nparts;
  int64_t n; // over all parts
  SelPart part[];
} Sel;

typedef struct Series {
  Object head;
  Array *values;
  double dt;
} Series;

typedef struct Table {
  Object head;
  int ncols;
  char **names;
  char **units; // "" or a unit text, for headers
  double *scale;// SI value of one such unit
  Value *cols;  // arrays of equal length (first axis)
} Table;

typedef struct List { // arrays of populations or projections
  Object head;
  int64_t n;
  Value item[];
} List;

typedef struct Signal { // one number shared by all that changes in time (vm/signal.c); the Vm's own
  Object head;
  double x, initial;   // now; at creation
  bool after_lets;     // computed after the lets of each step, which it reads
  bool (*fn)(void *data, double *x); // NULL: set by scripts
  void *data;
  void (*drop)(void *data);
} Signal;

typedef struct Grid { // positions, as long as the population they are for is not known
  Object head;
  double spacing;
  int64_t columns;     // 0: as the population is shaped
} Grid;

// VAL_PROJ: struct ProjGroup, VAL_REC: struct Recording (net.h); VAL_SPIKES: the same as a recording of spikes

static inline Value value_num(double x) { return (Value){.kind = VAL_NUM, .num = x}; }
static inline Value value_int(int64_t x) { return (Value){.kind = VAL_INT, .i = x}; }
static inline Value value_bool(bool x) { return (Value){.kind = VAL_BOOL, .b = x}; }
static inline Value value_none(void) { return (Value){.kind = VAL_NONE}; }
static inline Value value_obj(void *o) { return (Value){.kind = ((Object *)o)->kind, .obj = (Object *)o}; }
static inline bool value_on_heap(Value v) { return v.kind >= VAL_STR; }

Value value_keep(Value v);  // one more owner
void value_drop(Value v);   // one less; the last frees
double value_as_num(Value v); // NUM, INT, BOOL (and arrays of one element)

Value str_value(const char *text, int64_t n);
// A new array of zeros; NULL if memory does not suffice.
Array *array_new(ValueKind elem, int ndim, const int64_t *shape);
Array *array_new1(ValueKind elem, int64_t n);
Array *array_own(Value *v); // makes the array in *v unshared (copying if need be)
Sel *sel_new(int nparts);
Series *series_new(Array *values, double dt); // takes the reference
List *list_new(int64_t n);                    // items VAL_NONE
Table *table_new(int ncols);                  // empty columns
void table_set(Table *t, int k, const char *name, const char *unit, double scale, Value col); // takes the reference
int table_find(const Table *t, const char *name); // column number, or -1
// Coordinates of n elements of that shape: x[k], y[k], z[k] for each. x runs along the last axis (or the columns), y
// along the one before, z along the one before that.
void grid_place(const Grid *g, int ndim, const int64_t *shape, int64_t n, double *x, double *y, double *z);
// An object of another kind: zeroed, one owner, given back with mem_free or by `drop`.
void *object_new(ValueKind kind, size_t bytes, void (*drop)(Object *));

#endif
