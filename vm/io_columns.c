// SPDX-License-Identifier: MIT
// A value as named arrays: what the formats that hold several arrays store of it.
#include "base/vec.h"
#include "vm/io_format.h"
#include "vm/spikes.h"

#include <math.h>
#include <string.h>

static void add(IoColumns *c, const char *name, const char *unit, double scale, Array *a) {
  c->column = mem_realloc(c->column, sizeof *c->column * (size_t)(c->n + 1));
  IoColumn *col = &c->column[c->n++];
  *col = (IoColumn){.unit = unit ? unit : "", .scale = scale != 0 ? scale : 1, .a = a};
  snprintf(col->name, sizeof col->name, "%s", *name ? name : "value");
  for (char *p = col->name; *p; p++)
    if (*p == '/' || (unsigned char)*p < ' ') *p = '_'; // a path to zip and HDF5
}

void io_columns_free(IoColumns *c) {
  for (int k = 0; k < c->n; k++) value_drop(value_obj(c->column[k].a));
  mem_free(c->column);
  *c = (IoColumns){0};
}

static bool add_spikes(Diags *d, Span span, Value v, IoColumns *out) {
  SpikeView s;
  if (!spikes_of(NULL, d, v, -INFINITY, INFINITY, &s, span)) return false;
  Array *t = array_new1(VAL_NUM, s.n), *i = array_new1(VAL_INT, s.n);
  for (int64_t k = 0; t && i && k < s.n; k++) t->data[k] = s.t[k], i->data[k] = (double)s.i[k];
  spikes_view_free(&s);
  if (t) add(out, "t", "ms", 1e-3, t);
  if (i) add(out, "i", "", 1, i);
  return t && i;
}

static bool add_table(const Table *t, IoColumns *out) {
  for (int k = 0; k < t->ncols; k++) {
    const Array *a = t->cols[k].kind == VAL_ARRAY ? (const Array *)t->cols[k].obj : NULL;
    if (!a || a->elem == VAL_STR) return false;
    add(out, t->names[k] ? t->names[k] : "", t->units[k], t->scale[k], (Array *)value_keep(t->cols[k]).obj);
  }
  return true;
}

static bool add_recording(const Recording *r, const IoText *how, IoColumns *out) {
  Array *t = recording_t(r), *v = recording_values(r);
  if (t) add(out, "t", "ms", 1e-3, t);
  if (v) add(out, strcmp(how->name, "t") == 0 ? "value" : how->name, how->unit, how->scale, v);
  return t && v;
}

bool io_columns(Diags *d, Span span, Value v, const IoText *how, const char *kind, IoColumns *out) {
  bool ok = true;
  *out = (IoColumns){0};
  if (v.kind == VAL_SPIKES) return add_spikes(d, span, v, out) || (io_columns_free(out), false);
  if (v.kind == VAL_TABLE) ok = add_table((const Table *)v.obj, out);
  else if (v.kind == VAL_REC) ok = add_recording((const Recording *)v.obj, how, out);
  else if (v.kind == VAL_ARRAY && ((const Array *)v.obj)->data) add(out, how->name, how->unit, how->scale, (Array *)value_keep(v).obj);
  else if (v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL) {
    Array *a = array_new((ValueKind)v.kind, 0, NULL);
    ok = a != NULL;
    if (ok) a->data[0] = value_as_num(v), add(out, how->name, how->unit, how->scale, a);
  } else ok = false;
  if (ok) return true;
  diag(d, E_SAVE, span, "only numbers can be saved as .%s: arrays, recordings, spikes and tables of them", kind);
  io_columns_free(out);
  return false;
}
