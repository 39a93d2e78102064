// SPDX-License-Identifier: MIT
// Arrays as the language sees them: operators with broadcasting, indices, assignment to parts, stacking.
//
// The rules are NumPy's. Every function takes plain numbers and arrays alike (a number is an array without axes), and
// recordings, which read as arrays [samples, elements]. Inputs are borrowed, results are new references owned by the
// caller. On failure false is returned after a report to `d` at the span given; *out is then left alone.
// Units are the checker's affair: everything here is in SI units.
#ifndef HEBB_ARRAY_H
#define HEBB_ARRAY_H
#include "base/diag.h"
#include "vm/value.h"

typedef enum ArrayOp {
  ARRAY_ADD, ARRAY_SUB, ARRAY_MUL, ARRAY_DIV, ARRAY_POW, ARRAY_LT, ARRAY_LE, ARRAY_GT, ARRAY_GE, ARRAY_EQ, ARRAY_NE,
  ARRAY_AND, ARRAY_OR, // of two
  ARRAY_NEG, ARRAY_NOT, // of one
  ARRAY_SET // array_assign: plain `=`
} ArrayOp;

// a op b. Two ints give an int for + - * (a number where it would overflow), numbers otherwise; comparisons, and, or
// give bools. Strings: + joins, comparisons order by bytes.
bool array_binary(Diags *d, Span span, ArrayOp op, Value a, Value b, Value *out);
bool array_unary(Diags *d, Span span, ArrayOp op, Value a, Value *out);
// if cond then a else b, element by element; anything may stand in a and b where cond is one bool.
bool array_select(Diags *d, Span span, Value cond, Value a, Value b, Value *out);

// One index of x[...].
typedef struct Index {
  enum { INDEX_AT /* a number, an array of numbers or a mask */, INDEX_RANGE /* lo:hi */ } kind;
  Value at;            // INDEX_AT; borrowed
  bool has_lo, has_hi; // INDEX_RANGE: false where the end is open
  double lo, hi;       // whole numbers; negative ones count from the end
  Span span;
} Index;

// x[ix...]: an element where every axis is indexed by one number, else an array. Missing indices mean ':'. x may also
// be a table (rows), an array of populations, or a string (characters). Selections of neurons: vm.h, with array_positions.
bool array_index(Diags *d, Span span, Value x, const Index *ix, int nix, Value *out);
// The element numbers (row by row) that x[ix...] would mean of an array of that shape: neurons of a sheet by row and
// column. One index on a sheet counts its neurons row by row. An array of ints (of one axis).
bool array_positions(Diags *d, Span span, int ndim, const int64_t *shape, const Index *ix, int nix, Value *out);
// x[ix...] = v, or op= v (ARRAY_ADD SUB MUL DIV). v is broadcast to the shape of the place. Makes *x unshared first.
bool array_assign(Diags *d, Span span, Value *x, const Index *ix, int nix, ArrayOp op, Value v);
// The element (row) number k of the first axis, as `for x in array` sees it. k must be in range.
Value array_row(Value x, int64_t k);
// Length along the first axis; neurons of a selection, synapses, spikes, samples, rows of a table, characters (UTF-8);
// -1 for numbers.
int64_t value_len(Value v);

// [items...]: stacks numbers, strings, arrays of equal shape, populations or projections (which give a list).
bool array_stack(Diags *d, Span span, const Value *items, int64_t n, Value *out);
// The whole numbers lo..hi-1 (none if hi <= lo).
bool array_range(Diags *d, Span span, int64_t lo, int64_t hi, Value *out);

// ---- for C code that works on arrays ----
// A borrowed view of a number or array: data of n elements. `hold` keeps what had to be made; give it back with
// view_drop.
typedef struct ArrayView {
  const double *data;
  int64_t n;
  int ndim;
  int64_t shape[ARRAY_DIMS];
  uint8_t elem;
  double one; // where a single number lives
  Array *hold;
} ArrayView;
// False if v is neither number nor array of numbers (nothing is reported). The view must not be moved while in use.
bool array_view(Value v, ArrayView *out);
void view_drop(ArrayView *v);
// f(a, b) of each pair of elements, with broadcasting; the result holds elements of kind elem.
bool array_map2(Diags *d, Span span, double (*f)(double, double), ValueKind elem, Value a, Value b, Value *out);
// Shape of the broadcast of two shapes; false if they do not agree.
bool array_broadcast(int na, const int64_t *a, int nb, const int64_t *b, int *n, int64_t *out);
// A new array with that shape or a report "not enough memory for ..." and NULL.
Array *array_make(Diags *d, Span span, ValueKind elem, int ndim, const int64_t *shape);
// As a Value: the element itself if the array has no axes, else the array. Takes the reference.
Value array_value(Array *a);
// Sum of n numbers, `stride` apart: the exact one rounded once, but for sums that cancel by more than fifteen digits.
double array_sum(const double *p, int64_t n, int64_t stride);
double array_sum_in_two(const double *p, int64_t n, int64_t stride, double *low); // sum and what rounding took from it
// "[3, 4]" of a shape, "number" of none, for messages.
const char *shape_text(int ndim, const int64_t *shape, char buf[static 128]);
// "a number", "an array [3, 4]", "a population", ...: for messages.
const char *value_text(Value v, char buf[static 160]);

#endif
