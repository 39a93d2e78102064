// SPDX-License-Identifier: MIT
// Values: counting of owners, and the making of arrays, texts, tables and lists.
#include "vm/value.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

void *object_new(ValueKind kind, size_t bytes, void (*drop)(Object *)) {
  Object *o = mem_alloc(bytes);
  o->refs = 1;
  o->kind = (uint8_t)kind;
  o->free = drop;
  return o;
}

Value value_keep(Value v) {
  if (value_on_heap(v)) v.obj->refs++;
  return v;
}

static void array_free(Array *a) {
  if (a->strs)
    for (int64_t k = 0; k < a->n; k++)
      if (a->strs[k]) value_drop(value_obj(a->strs[k]));
  if (a->axis) value_drop(value_obj(a->axis));
  mem_free(a->strs);
  mem_free(a->data);
  mem_free(a);
}

static void sel_free(Sel *s) {
  for (int k = 0; k < s->nparts; k++) mem_free(s->part[k].idx);
  mem_free(s);
}

static void series_free(Series *s) {
  if (s->values) value_drop(value_obj(s->values));
  mem_free(s);
}

static void table_free(Table *t) {
  for (int k = 0; k < t->ncols; k++) {
    mem_free(t->names[k]);
    mem_free(t->units[k]);
    value_drop(t->cols[k]);
  }
  mem_free(t->names);
  mem_free(t->units);
  mem_free(t->scale);
  mem_free(t->cols);
  mem_free(t);
}

static void list_free(List *l) {
  for (int64_t k = 0; k < l->n; k++) value_drop(l->item[k]);
  mem_free(l);
}

static void object_free(Object *o) {
  if (o->free) {
    o->free(o);
    return;
  }
  switch (o->kind) {
  case VAL_STR:
  case VAL_GRID: mem_free(o); break;
  case VAL_ARRAY: array_free((Array *)o); break;
  case VAL_SEL: sel_free((Sel *)o); break;
  case VAL_SERIES: series_free((Series *)o); break;
  case VAL_TABLE: table_free((Table *)o); break;
  case VAL_LIST: list_free((List *)o); break;
  default: break; // the Vm's own
  }
}

void value_drop(Value v) {
  if (value_on_heap(v) && --v.obj->refs == 0) object_free(v.obj);
}

double value_as_num(Value v) {
  switch (v.kind) {
  case VAL_NUM: return v.num;
  case VAL_INT: return (double)v.i;
  case VAL_BOOL: return v.b;
  case VAL_SIGNAL: return ((const Signal *)v.obj)->x;
  case VAL_ARRAY: {
    const Array *a = (const Array *)v.obj;
    return a->n == 1 && a->data ? a->data[0] : NAN;
  }
  default: return NAN;
  }
}

Value str_value(const char *text, int64_t n) {
  StrObj *s = object_new(VAL_STR, sizeof *s + (size_t)n + 1, NULL);
  s->n = n;
  if (n) memcpy(s->text, text, (size_t)n);
  return value_obj(s);
}

// The product of a shape in bytes, or -1 if no machine could hold it.
static int64_t array_count(int ndim, const int64_t *shape) {
  int64_t n = 1;
  bool none = false;
  for (int k = 0; k < ndim; k++) {
    if (shape[k] < 0) return -1;
    if (shape[k] == 0) none = true;
    else if (__builtin_mul_overflow(n, shape[k], &n)) return -1;
  }
  return none ? 0 : n;
}

// Linux promises memory it does not have and ends the process when it is used: more than all of it is refused here.
static bool memory_could_hold(int64_t n) {
  if (n < 8000000) return true; // asking the system costs more than a small array
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  int64_t all = pages > 0 && size > 0 ? (int64_t)pages * size : INT64_MAX;
  return n <= all / (int64_t)sizeof(double);
}

Array *array_new(ValueKind elem, int ndim, const int64_t *shape) {
  int64_t n = ndim <= ARRAY_DIMS ? array_count(ndim, shape) : -1;
  if (n < 0 || !memory_could_hold(n)) return NULL;
  void *data = mem_try_alloc((size_t)(n ? n : 1) * sizeof(double));
  if (!data) return NULL;
  Array *a = object_new(VAL_ARRAY, sizeof *a, NULL);
  a->elem = (uint8_t)elem;
  a->ndim = ndim;
  for (int k = 0; k < ndim; k++) a->shape[k] = shape[k];
  a->n = n;
  if (elem == VAL_STR) a->strs = data;
  else a->data = data;
  return a;
}

Array *array_new1(ValueKind elem, int64_t n) { return array_new(elem, 1, &n); }

Array *array_own(Value *v) {
  Array *a = (Array *)v->obj;
  if (a->head.refs == 1) return a;
  Array *b = array_new(a->elem, a->ndim, a->shape);
  if (!b) return NULL;
  if (a->strs) {
    for (int64_t k = 0; k < a->n; k++)
      if (a->strs[k]) b->strs[k] = (StrObj *)value_keep(value_obj(a->strs[k])).obj;
  } else if (a->n) {
    memcpy(b->data, a->data, (size_t)a->n * sizeof *a->data);
  }
  if (a->axis) b->axis = (Array *)value_keep(value_obj(a->axis)).obj;
  a->head.refs--;
  *v = value_obj(b);
  return b;
}

Sel *sel_new(int nparts) {
  Sel *s = object_new(VAL_SEL, sizeof *s + sizeof *s->part * (size_t)nparts, NULL);
  s->nparts = nparts;
  return s;
}

Series *series_new(Array *values, double dt) {
  Series *s = object_new(VAL_SERIES, sizeof *s, NULL);
  s->values = values;
  s->dt = dt;
  return s;
}

List *list_new(int64_t n) {
  List *l = object_new(VAL_LIST, sizeof *l + sizeof *l->item * (size_t)n, NULL);
  l->n = n;
  return l;
}

static char *copy_text(const char *text) {
  size_t n = strlen(text);
  return memcpy(mem_alloc(n + 1), text, n);
}

Table *table_new(int ncols) {
  Table *t = object_new(VAL_TABLE, sizeof *t, NULL);
  size_t n = ncols > 0 ? (size_t)ncols : 1;
  t->ncols = ncols;
  t->names = mem_alloc(n * sizeof *t->names);
  t->units = mem_alloc(n * sizeof *t->units);
  t->scale = mem_alloc(n * sizeof *t->scale);
  t->cols = mem_alloc(n * sizeof *t->cols);
  for (int k = 0; k < ncols; k++) t->scale[k] = 1;
  return t;
}

void table_set(Table *t, int k, const char *name, const char *unit, double scale, Value col) {
  mem_free(t->names[k]);
  mem_free(t->units[k]);
  value_drop(t->cols[k]);
  t->names[k] = copy_text(name);
  t->units[k] = copy_text(unit ? unit : "");
  t->scale[k] = scale;
  t->cols[k] = col;
}

int table_find(const Table *t, const char *name) {
  for (int k = 0; k < t->ncols; k++)
    if (t->names[k] && strcmp(t->names[k], name) == 0) return k;
  return -1;
}

void grid_place(const Grid *g, int ndim, const int64_t *shape, int64_t n, double *x, double *y, double *z) {
  int64_t rows[3] = {1, 1, 1}; // lengths of the axes of x, y and z; the last takes what is left
  for (int a = 0; a < 3 && a < ndim; a++) rows[a] = shape[ndim - 1 - a];
  if (g->columns) rows[0] = g->columns, rows[1] = n;
  for (int64_t k = 0; k < n; k++) {
    x[k] = g->spacing * (double)(k % rows[0]);
    y[k] = g->spacing * (double)(k / rows[0] % rows[1]);
    z[k] = g->spacing * (double)(k / rows[0] / rows[1]);
  }
}
