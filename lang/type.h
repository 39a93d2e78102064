// SPDX-License-Identifier: MIT
// Types of expressions: a kind, and for numbers a dimension. Values, passed by copy.
//
// A dimension is seven exponents of the SI base units in twelfths (so that sqrt and cbrt stay exact). A Unit is a
// dimension with a scale: one of it is `scale` SI units. Inside the machine every number is in SI units.
#ifndef HEBB_TYPE_H
#define HEBB_TYPE_H
#include "base/arena.h"
#include "base/intern.h"

#include <stdbool.h>

enum { DIM_M, DIM_KG, DIM_S, DIM_A, DIM_K, DIM_MOL, DIM_CD, DIM_COUNT };
typedef struct Dim {
  int16_t e[DIM_COUNT]; // in twelfths
} Dim;

typedef struct Unit {
  const char *text; // as written: "mV", "mS/cm^2"; "" for a plain number
  Dim dim;
  double scale;
} Unit;

typedef enum TypeKind {
  TY_NONE,  // no value (a statement, a procedure)
  TY_ERROR, // already reported: agrees with everything, silently
  TY_ANY,   // not known yet (w before its use, an untyped parameter): agrees with everything
  TY_NUM, TY_INT, TY_BOOL, TY_STR,
  TY_ARRAY, // of elem, ndim dimensions
  TY_POP,   // a population, slice, selection or sum; info = Model* of its neuron (NULL for a mixed sum)
  TY_POPS,  // an array of populations
  TY_PROJ,  // a projection; info = ProjInfo*
  TY_PROJS,
  TY_REC,   // a recording: an array with .t and .i
  TY_SPIKES,// spikes(P): .t .i and what was recorded with them
  TY_SERIES,// series(values, dt = h): called at a time
  TY_TABLE, // columns by name; info = TableInfo*
  TY_LIST,  // recordings or signals of several built at once; info = Type* of one (a number: signals)
  TY_FUNC, TY_NEURON, TY_SYNAPSE, TY_RULE, TY_MODULE
} TypeKind;

typedef struct Type {
  uint8_t kind;
  uint8_t elem;    // TY_ARRAY, TY_REC, TY_SERIES: TY_NUM TY_INT TY_BOOL TY_STR (TY_NUM for series)
  int8_t ndim;     // TY_ARRAY, TY_REC; -1: known only at run time
  bool anydim;     // the literals 0 inf nan: take any dimension
  Dim dim;         // TY_NUM, and arrays of numbers
  const Unit *unit;// for display; NULL: choose from the dimension
  void *info;
} Type;

extern const Dim DIM_NONE;
bool dim_equal(Dim a, Dim b);
bool dim_is_none(Dim a);
Dim dim_mul(Dim a, Dim b);
Dim dim_div(Dim a, Dim b);
bool dim_pow(Dim a, int num, int den, Dim *out); // false if not in twelfths or too large

Type type_num(Dim dim, const Unit *unit);
Type type_of(TypeKind kind);
Type type_array(TypeKind elem, int ndim, Dim dim, const Unit *unit);
Type type_list(Type one, Arena *a);
Type type_one(Type list); // what an element of a TY_LIST is
bool type_is_number(Type t); // TY_NUM, TY_INT (and TY_BOOL, which counts 1)
// "mV", "a plain number", "an array of mV", "a population of LIF": for messages. In the arena.
const char *type_text(Type t, Arena *a);
// The unit to show a dimension in when nobody named one ("V", "S/m^2", "kg m^2 s^-3").
const Unit *dim_unit(Dim d, Arena *a);

// "^2", "^(1/2)": what stands behind the name of a unit; nothing for 1.
struct Str;
void unit_add_exponent(struct Str *s, double exponent);

// units.def: looks a unit name up ("mV", "µm", "Ohm"); false if it is none. Prefixes f p n u µ m c k M G where allowed.
bool unit_lookup(const char *name, size_t n, Unit *out);
// A number of units with this scale in SI units, and back, rounded once: 0.3 ms is the double nearest to 0.0003.
double unit_to_si(double x, double scale);
double unit_from_si(double x, double scale);
// The named unit, perhaps with a prefix, of exactly this dimension and scale ("pA"); NULL if there is none.
const Unit *unit_named(Dim d, double scale, Arena *a);

#endif
