// SPDX-License-Identifier: MIT
// Making types and saying them in the user's words.
#include "lang/type.h"

#include "lang/check.h"
#include "lang/model.h"

#include <string.h>

Type type_of(TypeKind kind) {
  Type t;
  memset(&t, 0, sizeof t);
  t.kind = (uint8_t)kind;
  return t;
}

Type type_num(Dim dim, const Unit *unit) {
  Type t = type_of(TY_NUM);
  t.dim = dim;
  t.unit = unit;
  return t;
}

Type type_array(TypeKind elem, int ndim, Dim dim, const Unit *unit) {
  Type t = type_of(TY_ARRAY);
  t.elem = (uint8_t)elem;
  t.ndim = (int8_t)ndim;
  t.dim = dim;
  t.unit = unit;
  return t;
}

bool type_is_number(Type t) { return t.kind == TY_NUM || t.kind == TY_INT || t.kind == TY_BOOL; }

static const char *quantity_text(Type t, Arena *a) {
  if (dim_is_none(t.dim)) return "a plain number";
  return t.unit && t.unit->text[0] ? t.unit->text : dim_unit(t.dim, a)->text;
}

static const char *array_text(Type t, Arena *a) {
  switch (t.elem) {
  case TY_INT: return "an array of whole numbers";
  case TY_BOOL: return "an array of true and false";
  case TY_STR: return "an array of texts";
  default: break;
  }
  if (dim_is_none(t.dim)) return "an array of plain numbers";
  return arena_printf(a, "an array of %s", quantity_text(t, a));
}

Type type_list(Type one, Arena *a) {
  Type t = type_of(TY_LIST);
  t.info = arena_dup(&one, sizeof one, a);
  return t;
}

Type type_one(Type list) { return *(const Type *)list.info; }

static const char *pop_text(Type t, const char *what, Arena *a) {
  const Model *m = t.info;
  return m ? arena_printf(a, "%s of %s", what, m->name->text) : what;
}

const char *type_text(Type t, Arena *a) {
  switch ((TypeKind)t.kind) {
  case TY_NONE: return "no value";
  case TY_ERROR: return "an error";
  case TY_ANY: return "a value";
  case TY_NUM: return quantity_text(t, a);
  case TY_INT: return "a whole number";
  case TY_BOOL: return "true or false";
  case TY_STR: return "a text";
  case TY_ARRAY: return array_text(t, a);
  case TY_POP: return pop_text(t, t.info ? "a population" : "several populations", a);
  case TY_POPS: return pop_text(t, "an array of populations", a);
  case TY_PROJ: return "a projection";
  case TY_PROJS: return "an array of projections";
  case TY_REC: return "a recording";
  case TY_SPIKES: return "recorded spikes";
  case TY_SERIES: return "a series";
  case TY_TABLE: return "a table";
  case TY_LIST: {
    TypeKind one = (TypeKind)type_one(t).kind;
    return one == TY_REC ? "an array of recordings" : one == TY_SPIKES ? "an array of recorded spikes" : "an array of signals";
  }
  case TY_FUNC: return "a function";
  case TY_NEURON: return "a neuron";
  case TY_SYNAPSE: return "a synapse";
  case TY_RULE: return "a rule";
  case TY_MODULE: return "a module";
  }
  return "a value";
}
