// SPDX-License-Identifier: MIT
// Functions that bring data in and give it a form: series, tables, files, positions; and the items of figures.
#include "vm/builtin_args.h"
#include "vm/io.h"
#include "vm/vm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// A new array of the numbers in argument k (a reference to the array itself where it is one).
static Array *numbers(BuiltinCall *c, int k) {
  Value v = c->args[k];
  if (v.kind == VAL_ARRAY && ((const Array *)v.obj)->data) return (Array *)value_keep(v).obj;
  ArrayView x;
  if (!arg_view(c, k, &x)) return NULL;
  Array *r = arg_make(c, x.elem, x.ndim, x.shape);
  if (r && r->n) memcpy(r->data, x.data, (size_t)r->n * sizeof *r->data);
  view_drop(&x);
  return r;
}

bool builtin_series(BuiltinCall *c) {
  double dt;
  if (!arg_num(c, 1, &dt)) return false;
  if (!(dt > 0) || isinf(dt))
    return arg_error(c, 1, E_ARG_VALUE, "the time between the values of a series must be above 0, found %.15g s", dt);
  Array *values = numbers(c, 0);
  if (!values) return false;
  if (values->ndim < 1 || values->shape[0] < 1) {
    value_drop(value_obj(values));
    return arg_error(c, 0, E_EMPTY, "a series needs an array of at least one value");
  }
  if (values->n != values->shape[0]) {
    value_drop(value_obj(values));
    return arg_error(c, 0, E_SHAPE, "a series has one value for each time, but this array has several axes: take a column of it, "
                                    "x[:, 0], or its elements in the injection, x[int(t/(1 ms)), i]");
  }
  return give(c, value_obj(series_new(values, dt)));
}

bool builtin_load(BuiltinCall *c) {
  char text[160];
  if (c->args[0].kind != VAL_STR)
    return arg_error(c, 0, E_OPERAND, "the name of a file is needed here, found %s", value_text(c->args[0], text));
  return io_load(c->diags, arg_span(c, 0), ((const StrObj *)c->args[0].obj)->text, c->dir, c->result);
}

// A column: an array (recordings become one).
static bool column(BuiltinCall *c, int k, Value *out) {
  Value v = c->args[k];
  if (v.kind == VAL_ARRAY || v.kind == VAL_LIST) {
    *out = value_keep(v);
  } else {
    Array *a = numbers(c, k);
    if (!a) return false;
    *out = value_obj(a);
  }
  if (value_len(*out) >= 0) return true;
  value_drop(*out);
  return arg_error(c, k, E_OPERAND, "a column of a table is an array, found one number");
}

bool builtin_table(BuiltinCall *c) {
  Table *t = table_new(c->nargs);
  for (int k = 0; k < c->nargs; k++) {
    char number[32];
    snprintf(number, sizeof number, "c%d", k);
    const char *name = c->arg_names && c->arg_names[k] && c->arg_names[k][0] ? c->arg_names[k] : number;
    Value v;
    bool ok = column(c, k, &v);
    if (ok) {
      bool unit = c->arg_units && c->arg_units[k];
      table_set(t, k, name, unit ? c->arg_units[k] : "", unit && c->arg_scales ? c->arg_scales[k] : 1, v);
      int64_t rows = value_len(t->cols[0]), n = value_len(v);
      ok = n == rows ||
           arg_error(c, k, E_SHAPE, "the columns of a table are equally long: %s has %lld rows, %s has %lld",
                     t->names[0], (long long)rows, name, (long long)n);
    }
    if (!ok) {
      value_drop(value_obj(t));
      return false;
    }
  }
  return give(c, value_obj(t));
}

// Values of synapses become a matrix by the machine itself, which knows their sources and targets; what arrives here
// has none.
bool builtin_matrix(BuiltinCall *c) {
  if (c->args[0].kind == VAL_ARRAY && ((const Array *)c->args[0].obj)->ndim == 2)
    return give(c, value_keep(c->args[0]));
  char text[160];
  return arg_error(c, 0, E_OPERAND, "matrix takes a variable of a projection, as in matrix(C.w), found %s",
                   value_text(c->args[0], text));
}

// ---- positions ----

// The population, whose shape decides, is made later: vm/pop.c places its neurons.
bool builtin_grid(BuiltinCall *c) {
  double spacing;
  int64_t columns = 0;
  if (!arg_num(c, 0, &spacing)) return false;
  if (!(spacing > 0) || isinf(spacing))
    return arg_error(c, 0, E_ARG_VALUE, "the spacing of a grid must be above 0, found %.15g m", spacing);
  if (arg_given(c, 1) && !arg_count(c, 1, 1, &columns)) return false;
  Grid *g = object_new(VAL_GRID, sizeof *g, NULL);
  g->spacing = spacing;
  g->columns = columns;
  return give(c, value_obj(g));
}

// ---- items of figures: what is drawn is the argument; how, says the statement `plot` ----

bool builtin_raster(BuiltinCall *c) { return builtin_spikes(c); }
bool builtin_image(BuiltinCall *c) { return give(c, value_keep(c->args[0])); }
