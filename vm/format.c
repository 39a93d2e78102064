// SPDX-License-Identifier: MIT
// Values as text. Shortest digits: 15 significant digits name at most one double (outside the subnormal range), so that
// the first of 15, 16, 17 digits that reads back, without trailing zeros, is the shortest.
#include "vm/format.h"

#include "base/arena.h"
#include "base/scale.h"
#include "vm/array.h"
#include "vm/vm.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- numbers ----

// The shortest text that reads back as x; its length in digits asked for is returned.
static int shortest(char buf[static 40], double x) {
  int from = fabs(x) < DBL_MIN ? 1 : 15;
  for (int digits = from; digits < 17; digits++) {
    snprintf(buf, 40, "%.*g", digits, x);
    if (strtod(buf, NULL) == x) return digits;
  }
  snprintf(buf, 40, "%.17g", x);
  return 17;
}

// x/scale carries the dust of a rounding; the neighbours of the quotient are tried too. The one that gives x again and
// has the shortest text wins. The text is that of x/scale where none does.
static void shortest_multiple(char best[static 40], double x, double scale) {
  double q = scale_from_si(x, scale);
  const double candidate[3] = {q, nextafter(q, INFINITY), nextafter(q, -INFINITY)};
  size_t length = 0;
  for (int k = 0; k < 3; k++) {
    char buf[40];
    if (!isfinite(candidate[k])) continue;
    for (int digits = 15; digits <= 17; digits++) {
      snprintf(buf, sizeof buf, "%.*g", digits, candidate[k]);
      if (scale_to_si(strtod(buf, NULL), scale) != x) continue;
      size_t n = strlen(buf);
      if (!length || n < length) {
        length = n;
        memcpy(best, buf, sizeof buf);
      }
      break;
    }
  }
  if (!length) shortest(best, q);
}

void format_number(Str *s, double x, double scale) {
  char buf[40];
  if (isnan(x)) str_add(s, "nan");
  else if (isinf(x)) str_add(s, x < 0 ? "-inf" : "inf");
  else {
    if (scale == 1 || !(scale > 0) || x == 0) shortest(buf, x);
    else shortest_multiple(buf, x, scale);
    str_add(s, buf);
  }
}

// ---- format specifications ----

typedef struct Spec {
  char align, type; // '<' '>' '^', or 0; 'f' 'e' 'g' 'd' 's' '%', or 0
  bool plus, zero;
  int width, digits; // digits -1: not given
} Spec;

static const char *spec_number(const char *p, int *out) {
  int n = 0;
  while (isdigit((unsigned char)*p)) {
    if (n < 10000) n = 10 * n + (*p - '0');
    p++;
  }
  *out = n;
  return p;
}

static const char *spec_parse(const char *p, Spec *out) {
  *out = (Spec){.digits = -1};
  if (!p) return NULL;
  if (*p == '<' || *p == '>' || *p == '^') out->align = *p++;
  if (*p == '+') out->plus = true, p++;
  if (*p == '0') out->zero = true, p++;
  p = spec_number(p, &out->width);
  if (out->width > 1000) return "the width is more than 1000";
  if (*p == '.') {
    if (!isdigit((unsigned char)p[1])) return "after the point the number of digits is missing, as in .2f";
    p = spec_number(p + 1, &out->digits);
    if (out->digits > 100) return "more than 100 digits";
  }
  if (*p && strchr("fegds%", *p)) out->type = *p++;
  if (*p) return "it must be a width, a point with digits, and f, e, g, d, s or %, as in .2f or 8.3e";
  if (out->type == 'd' && out->digits >= 0) return "d writes whole numbers and takes no digits after a point";
  return NULL;
}

const char *format_problem(const char *spec) {
  Spec s;
  return spec_parse(spec, &s);
}

static bool spec_empty(const Spec *s) {
  return !s->align && !s->type && !s->plus && !s->zero && !s->width && s->digits < 0;
}

// Text of n bytes into a field: characters, not bytes, count.
static void add_field(Str *s, const Spec *f, const char *text, size_t n, char align) {
  int chars = 0;
  for (size_t k = 0; k < n; k++) chars += (text[k] & 0xC0) != 0x80;
  int room = f->width > chars ? f->width - chars : 0;
  if (f->align) align = f->align;
  int left = align == '>' ? room : align == '^' ? room / 2 : 0;
  for (int k = 0; k < left; k++) str_addc(s, ' ');
  str_addn(s, text, n);
  for (int k = left; k < room; k++) str_addc(s, ' ');
}

// Digits alone, without width.
static void add_digits(Str *s, const Spec *f, double x, double scale) {
  double q = scale_from_si(x, scale);
  int digits = f->digits >= 0 ? f->digits : 6;
  const char *plus = f->plus && !signbit(q) && !isnan(q) ? "+" : "";
  if (!isfinite(q)) {
    str_add(s, plus);
    format_number(s, q, 1);
    return;
  }
  switch (f->type) {
  case 'f': str_addf(s, "%s%.*f", plus, digits, q); break;
  case 'e': str_addf(s, "%s%.*e", plus, digits, q); break;
  case '%': str_addf(s, "%s%.*f%%", plus, digits, 100 * q); break;
  case 'd': str_addf(s, "%s%.0f", plus, q); break;
  default:
    if (f->type == 'g' || f->digits >= 0) {
      str_addf(s, "%s%.*g", plus, digits ? digits : 1, q);
    } else {
      str_add(s, plus);
      format_number(s, x, scale);
    }
  }
}

static void add_number(Str *s, const Spec *f, double x, double scale) {
  if (spec_empty(f)) {
    format_number(s, x, scale);
    return;
  }
  Str t = {0};
  add_digits(&t, f, x, scale);
  int zeros = f->zero && !f->align && isfinite(x) ? f->width - (int)t.n : 0;
  if (zeros > 0) { // after the sign
    size_t sign = t.data[0] == '-' || t.data[0] == '+';
    str_addn(s, t.data, sign);
    for (int k = 0; k < zeros; k++) str_addc(s, '0');
    str_addn(s, t.data + sign, t.n - sign);
  } else {
    add_field(s, f, t.data, t.n, '>');
  }
  str_free(&t);
}

// ---- values ----

static void add_bool(Str *s, const Spec *f, bool b) {
  if (f->type && f->type != 's') {
    add_number(s, f, b, 1);
    return;
  }
  const char *text = b ? "true" : "false";
  add_field(s, f, text, strlen(text), '<');
}

static void add_int(Str *s, const Spec *f, int64_t i) {
  if (f->type && f->type != 'd' && f->type != 's') {
    add_number(s, f, (double)i, 1);
    return;
  }
  char buf[32];
  int n = snprintf(buf, sizeof buf, f->plus ? "%+lld" : "%lld", (long long)i);
  if (f->zero && !f->align)
    n = snprintf(buf, sizeof buf, f->plus ? "%+0*lld" : "%0*lld", f->width < 30 ? f->width : 30, (long long)i);
  add_field(s, f, buf, (size_t)n, '>');
}

static void add_element(Str *s, const Spec *f, const Array *a, int64_t k, double scale) {
  if (a->strs) {
    str_addc(s, '"');
    for (const char *p = a->strs[k]->text; p < a->strs[k]->text + a->strs[k]->n; p++) {
      if (*p == '"' || *p == '\\') str_addc(s, '\\');
      if (*p == '\n') str_add(s, "\\n");
      else if (*p == '\t') str_add(s, "\\t");
      else str_addc(s, *p);
    }
    str_addc(s, '"');
  } else if (a->elem == VAL_BOOL) {
    add_bool(s, f, a->data[k] != 0);
  } else if (a->elem == VAL_INT) {
    add_int(s, f, (int64_t)a->data[k]);
  } else {
    add_number(s, f, a->data[k], scale);
  }
}

// Elements from *k on along axis `axis`.
static void add_axis(Str *s, const Spec *f, const Array *a, int axis, int64_t *k, double scale) {
  if (axis == a->ndim) {
    add_element(s, f, a, (*k)++, scale);
    return;
  }
  str_addc(s, '[');
  for (int64_t j = 0; j < a->shape[axis]; j++) {
    if (j) str_add(s, ", ");
    add_axis(s, f, a, axis + 1, k, scale);
  }
  str_addc(s, ']');
}

static void add_array(Str *s, const Spec *f, const Array *a, double scale) {
  int64_t k = 0;
  add_axis(s, f, a, 0, &k, scale);
}

// A table as rows under their names, columns as wide as they need to be.
static void add_table(Str *s, const Spec *f, const Table *t) {
  int64_t rows = value_len(value_obj((void *)t));
  if (rows < 0) rows = 1;
  size_t cells = (size_t)(rows + 1) * (size_t)t->ncols;
  Str *cell = mem_alloc((cells ? cells : 1) * sizeof *cell);
  for (int c = 0; c < t->ncols; c++) {
    Str *head = &cell[c];
    str_add(head, t->names[c]);
    if (t->units[c][0]) str_addf(head, " (%s)", t->units[c]);
    for (int64_t r = 0; r < rows; r++) {
      Value v = array_row(t->cols[c], r);
      if (v.kind == VAL_NONE) v = value_keep(t->cols[c]); // a row of a table: plain numbers
      Str *out = &cell[(size_t)(r + 1) * (size_t)t->ncols + (size_t)c];
      if (v.kind == VAL_STR) str_addn(out, ((StrObj *)v.obj)->text, (size_t)((StrObj *)v.obj)->n);
      else if (v.kind == VAL_ARRAY) add_array(out, f, (Array *)v.obj, t->scale[c]);
      else if (v.kind == VAL_BOOL) add_bool(out, f, v.b);
      else if (v.kind == VAL_INT) add_int(out, f, v.i);
      else add_number(out, f, value_as_num(v), t->scale[c]);
      value_drop(v);
    }
  }
  for (size_t k = 0; k < cells; k++) {
    size_t c = k % (size_t)t->ncols;
    Spec field = {.width = 0};
    for (size_t j = c; j < cells; j += (size_t)t->ncols)
      if ((int)cell[j].n > field.width) field.width = (int)cell[j].n;
    if (k && c == 0) str_addc(s, '\n');
    if (c) str_add(s, "  ");
    add_field(s, &field, cell[k].data, cell[k].n, '>');
    }
  for (size_t k = 0; k < cells; k++) str_free(&cell[k]);
  mem_free(cell);
}

static void add_count(Str *s, int64_t n, const char *what) {
  str_addf(s, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s");
}

static void summarize_sel(Str *s, const Sel *sel) {
  const Pop *p = sel->nparts == 1 ? sel->part[0].pop : NULL;
  str_addf(s, "%lld ", (long long)sel->n);
  if (p && p->model && p->model->name) str_addf(s, "%s ", p->model->name);
  str_add(s, sel->n == 1 ? "neuron" : "neurons");
  if (!p) str_addf(s, " of %d populations", sel->nparts);
}

void format_summary(Str *s, Value v) {
  char text[160];
  switch (v.kind) {
  case VAL_SEL: summarize_sel(s, (const Sel *)v.obj); break;
  case VAL_PROJ: add_count(s, proj_count((const ProjGroup *)v.obj), "synapse"); break;
  case VAL_SPIKES: add_count(s, value_len(v), "spike"); break;
  case VAL_REC: add_count(s, recording_samples((const Recording *)v.obj), "sample"); break;
  case VAL_SERIES:
    str_add(s, "a series of ");
    add_count(s, ((const Series *)v.obj)->values->shape[0], "value");
    str_add(s, ", ");
    format_number(s, ((const Series *)v.obj)->dt, 1e-3);
    str_add(s, " ms apart");
    break;
  case VAL_TABLE: {
    const Table *t = (const Table *)v.obj;
    str_add(s, "a table of ");
    add_count(s, value_len(v), "row");
    str_add(s, " with");
    for (int c = 0; c < t->ncols; c++) str_addf(s, "%s %s", c ? "," : "", t->names[c]);
    break;
  }
  default: str_add(s, value_text(v, text));
  }
}

static void add_list(Str *s, const List *l) {
  str_addc(s, '[');
  for (int64_t k = 0; k < l->n; k++) {
    if (k) str_add(s, ", ");
    format_summary(s, l->item[k]);
  }
  str_addc(s, ']');
}

static void add_recording(Str *s, const Spec *f, Value v, double scale) {
  Array *a = recording_values((const Recording *)v.obj);
  if (!a) {
    format_summary(s, v);
    return;
  }
  add_array(s, f, a, scale);
  value_drop(value_obj(a));
}

bool format_value(Str *s, Value v, const char *unit, double scale, const char *spec) {
  Spec f;
  if (spec_parse(spec, &f)) return false;
  bool numeric = false;
  switch (v.kind) {
  case VAL_NONE: break;
  case VAL_NUM: add_number(s, &f, v.num, scale), numeric = true; break;
  case VAL_INT:
    if (scale == 1) add_int(s, &f, v.i);
    else add_number(s, &f, (double)v.i, scale);
    numeric = true;
    break;
  case VAL_BOOL: add_bool(s, &f, v.b); break;
  case VAL_STR:
    if (f.type && f.type != 's') return false;
    add_field(s, &f, ((StrObj *)v.obj)->text, (size_t)((StrObj *)v.obj)->n, '<');
    break;
  case VAL_ARRAY:
    add_array(s, &f, (const Array *)v.obj, scale);
    numeric = !((const Array *)v.obj)->strs && ((const Array *)v.obj)->elem != VAL_BOOL;
    break;
  case VAL_REC: add_recording(s, &f, v, scale), numeric = true; break;
  case VAL_TABLE: add_table(s, &f, (const Table *)v.obj); break;
  case VAL_LIST: add_list(s, (const List *)v.obj); break;
  default: format_summary(s, v);
  }
  if (numeric && unit && unit[0]) {
    str_addc(s, ' ');
    str_add(s, unit);
  }
  return true;
}
