// SPDX-License-Identifier: MIT
// Comma separated values (RFC 4180): fields may be quoted, a quote in them is doubled; lines end in \n or \r\n. Written
// numbers read back as the same double.
#include "base/vec.h"
#include "vm/format.h"
#include "vm/io_format.h"
#include "vm/spikes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- writing ----

static void add_field(Str *out, const char *text, size_t n) {
  bool quote = false;
  for (size_t k = 0; k < n; k++) quote |= text[k] == ',' || text[k] == '"' || text[k] == '\n' || text[k] == '\r';
  if (!quote) {
    str_addn(out, text, n);
    return;
  }
  str_addc(out, '"');
  for (size_t k = 0; k < n; k++) {
    if (text[k] == '"') str_addc(out, '"');
    str_addc(out, text[k]);
  }
  str_addc(out, '"');
}

static void add_header(Str *out, const char *name, const char *unit) {
  Str h = {0};
  str_add(&h, name);
  if (unit && *unit) str_addf(&h, " (%s)", unit);
  add_field(out, h.data ? h.data : "", h.n);
  str_free(&h);
}

static void add_element(Str *out, const Array *a, int64_t k, double scale) {
  if (a->elem == VAL_STR) add_field(out, a->strs[k]->text, (size_t)a->strs[k]->n);
  else if (a->elem == VAL_BOOL) str_addc(out, a->data[k] != 0 ? '1' : '0');
  else format_number(out, a->data[k], a->elem == VAL_INT ? 1 : scale);
}

static bool cannot_hold(Diags *d, Span span, const char *what) {
  Diag *e = diag(d, E_SAVE, span, "%s cannot be saved as .csv", what);
  diag_hint(e, "save an array of one or two dimensions, a recording or a table; other arrays as .npy");
  return false;
}

static bool array_text(Diags *d, Span span, const Array *a, const IoText *how, Str *out) {
  if (a->ndim > 2) return cannot_hold(d, span, "an array of more than two dimensions");
  int64_t rows = a->ndim ? a->shape[0] : 1, cols = a->ndim == 2 ? a->shape[1] : 1;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < cols; c++) {
      add_element(out, a, r * cols + c, how->scale);
      str_addc(out, c + 1 < cols ? ',' : '\n');
    }
  return true;
}

// Numbers of a row in a column: a matrix takes as many columns of the file as it has.
static int64_t column_width(const Array *a) { return a->ndim == 2 ? a->shape[1] : 1; }

static bool table_header(Diags *d, Span span, const Table *t, int64_t *rows, Str *out) {
  *rows = -1;
  for (int c = 0; c < t->ncols; c++) {
    const Array *a = t->cols[c].kind == VAL_ARRAY ? (const Array *)t->cols[c].obj : NULL;
    if (!a || a->ndim < 1 || a->ndim > 2)
      return cannot_hold(d, span, "a table whose columns have more than two dimensions");
    *rows = *rows < 0 || a->shape[0] < *rows ? a->shape[0] : *rows;
    for (int64_t k = 0; k < column_width(a); k++) {
      Str name = {0};
      str_add(&name, t->names[c]);
      if (a->ndim == 2) str_addf(&name, "[%lld]", (long long)k);
      if (c || k) str_addc(out, ',');
      add_header(out, name.data ? name.data : "", t->units[c]);
      str_free(&name);
    }
  }
  str_addc(out, '\n');
  return true;
}

static bool table_text(Diags *d, Span span, const Table *t, Str *out) {
  int64_t rows;
  if (!table_header(d, span, t, &rows, out)) return false;
  for (int64_t r = 0; r < rows; r++) {
    for (int c = 0; c < t->ncols; c++) {
      const Array *a = (const Array *)t->cols[c].obj;
      int64_t width = column_width(a);
      for (int64_t k = 0; k < width; k++) {
        if (c || k) str_addc(out, ',');
        add_element(out, a, r * width + k, t->scale[c] != 0 ? t->scale[c] : 1);
      }
    }
    str_addc(out, '\n');
  }
  return true;
}

static void recording_header(Str *out, const Array *v, const Array *i, int64_t width, const IoText *how) {
  str_add(out, "t (ms)");
  for (int64_t c = 0; c < width; c++) {
    Str name = {0};
    str_add(&name, how->name);
    if (v->ndim > 1) str_addf(&name, "[%lld]", (long long)(i && i->n == width ? (int64_t)i->data[c] : c));
    str_addc(out, ',');
    add_header(out, name.data ? name.data : "", how->unit);
    str_free(&name);
  }
  str_addc(out, '\n');
}

static bool recording_text(Diags *d, Span span, const Recording *r, const IoText *how, Str *out) {
  Array *v = recording_values(r), *t = recording_t(r), *i = recording_i(r);
  bool ok = v && t;
  int64_t samples = ok ? t->n : 0, width = samples ? v->n / samples : 0;
  if (ok) recording_header(out, v, i, width, how);
  else diag(d, E_MEMORY, span, "there is not enough memory for the values of this recording");
  for (int64_t k = 0; k < samples; k++) {
    format_number(out, t->data[k], 1e-3);
    for (int64_t c = 0; c < width; c++) {
      str_addc(out, ',');
      add_element(out, v, k * width + c, how->scale);
    }
    str_addc(out, '\n');
  }
  if (v) value_drop(value_obj(v));
  if (t) value_drop(value_obj(t));
  if (i) value_drop(value_obj(i));
  return ok;
}

static bool spikes_text(Diags *d, Value spikes, Span span, Str *out) {
  SpikeView v;
  if (!spikes_of(NULL, d, spikes, -INFINITY, INFINITY, &v, span)) return false;
  str_add(out, "t (ms),i\n");
  for (int64_t k = 0; k < v.n; k++) {
    format_number(out, v.t[k], 1e-3);
    str_addf(out, ",%lld\n", (long long)v.i[k]);
  }
  spikes_view_free(&v);
  return true;
}

bool io_csv_text(Diags *d, Span span, Value v, const IoText *how, Str *out) {
  switch (v.kind) {
  case VAL_ARRAY: return array_text(d, span, (const Array *)v.obj, how, out);
  case VAL_TABLE: return table_text(d, span, (const Table *)v.obj, out);
  case VAL_REC: return recording_text(d, span, (const Recording *)v.obj, how, out);
  case VAL_SPIKES: return spikes_text(d, v, span, out);
  case VAL_NUM: case VAL_INT: case VAL_BOOL:
    format_number(out, value_as_num(v), v.kind == VAL_NUM ? how->scale : 1);
    str_addc(out, '\n');
    return true;
  default: return cannot_hold(d, span, "this value");
  }
}

// ---- reading ----

typedef struct Field {
  size_t lo, n; // in Csv.text
} Field;
typedef struct Csv {
  Str text;           // decoded fields, one after the other, each ended by NUL
  Vec(Field) field;   // row by row
  Vec(int64_t) line;  // line number of each row
  int64_t width;
} Csv;

typedef struct Reader {
  const char *text;
  size_t n, at;
  int64_t line;
} Reader;

static bool is_blank(const Reader *r) {
  for (size_t k = r->at; k < r->n && r->text[k] != '\n'; k++)
    if (r->text[k] != ' ' && r->text[k] != '\t' && r->text[k] != '\r') return false;
  return true;
}

static void skip_line(Reader *r) {
  while (r->at < r->n && r->text[r->at] != '\n') r->at++;
  if (r->at < r->n) r->at++;
  r->line++;
}

// One field; leaves r at the comma, the line end or the end. False if a quote is never closed.
static bool read_field(Reader *r, Csv *csv) {
  Field f = {csv->text.n, 0};
  while (r->at < r->n && (r->text[r->at] == ' ' || r->text[r->at] == '\t')) r->at++;
  if (r->at < r->n && r->text[r->at] == '"') {
    r->at++;
    for (;;) {
      if (r->at >= r->n) return false;
      char c = r->text[r->at++];
      if (c == '"') {
        if (r->at < r->n && r->text[r->at] == '"') r->at++;
        else break;
      }
      if (c == '\n') r->line++;
      str_addc(&csv->text, c);
    }
    while (r->at < r->n && r->text[r->at] != ',' && r->text[r->at] != '\n') r->at++;
  } else {
    size_t lo = r->at;
    while (r->at < r->n && r->text[r->at] != ',' && r->text[r->at] != '\n') r->at++;
    size_t hi = r->at;
    while (hi > lo && (r->text[hi - 1] == ' ' || r->text[hi - 1] == '\t' || r->text[hi - 1] == '\r')) hi--;
    str_addn(&csv->text, r->text + lo, hi - lo);
  }
  f.n = csv->text.n - f.lo;
  str_addc(&csv->text, '\0');
  vec_push(&csv->field, f);
  return true;
}

static bool bad_file(Diags *d, Span span, const char *path, int64_t line, const char *what) {
  diag(d, E_FILE_CONTENT, span, "\"%s\", line %lld: %s", path, (long long)line, what);
  return false;
}

static bool split(Diags *d, Span span, const char *path, Reader *r, Csv *csv) {
  while (r->at < r->n) {
    if (is_blank(r) || r->text[r->at] == '#') {
      skip_line(r);
      continue;
    }
    int64_t line = r->line, count = 0;
    for (;;) {
      if (!read_field(r, csv)) return bad_file(d, span, path, line, "a quoted field is never closed");
      count++;
      if (r->at >= r->n || r->text[r->at] != ',') break;
      r->at++;
    }
    if (r->at < r->n) r->at++;
    r->line++;
    if (csv->line.n == 0) csv->width = count;
    else if (count != csv->width) {
      diag(d, E_FILE_CONTENT, span, "\"%s\", line %lld: %lld fields where the first line has %lld", path,
           (long long)line, (long long)count, (long long)csv->width);
      return false;
    }
    vec_push(&csv->line, line);
  }
  return true;
}

static bool number_of(const char *text, double *x) {
  char *end;
  if (!*text) return false;
  *x = strtod(text, &end);
  return *end == 0;
}

static const char *field_text(const Csv *csv, int64_t k) { return csv->text.data + csv->field.data[k].lo; }

static bool fill_number(Diags *d, Span span, const char *path, const Csv *csv, int64_t row, int64_t col, double *x) {
  const char *text = field_text(csv, row * csv->width + col);
  if (number_of(text, x)) return true;
  diag(d, E_FILE_CONTENT, span, "\"%s\", line %lld: \"%.40s\" is not a number", path, (long long)csv->line.data[row],
       text);
  return false;
}

static bool matrix_of(Diags *d, Span span, const char *path, const Csv *csv, Value *out) {
  int64_t shape[2] = {csv->line.n, csv->width};
  Array *a = array_new(VAL_NUM, 2, shape);
  if (!a) {
    diag(d, E_MEMORY, span, "not enough memory for the numbers of \"%s\"", path);
    return false;
  }
  for (int64_t k = 0; k < a->n; k++)
    if (!fill_number(d, span, path, csv, k / csv->width, k % csv->width, &a->data[k])) {
      value_drop(value_obj(a));
      return false;
    }
  *out = value_obj(a);
  return true;
}

// "V (mV)" names the column V; the unit is kept to be shown, the numbers stay as they stand in the file.
static void set_column(Table *t, int k, const char *head, Value col) {
  size_t n = strlen(head), u = 0;
  const char *open = strrchr(head, '(');
  if (open && n && head[n - 1] == ')') {
    u = n - (size_t)(open - head) - 2;
    n = (size_t)(open - head);
  }
  while (n && head[n - 1] == ' ') n--;
  char *name = mem_alloc(n + 1), *unit = mem_alloc(u + 1);
  memcpy(name, head, n);
  if (u) memcpy(unit, open + 1, u);
  table_set(t, k, name, unit, 1, col);
  mem_free(name);
  mem_free(unit);
}

static bool is_text_column(const Csv *csv, int64_t col) {
  double x;
  for (int64_t r = 1; r < csv->line.n; r++)
    if (number_of(field_text(csv, r * csv->width + col), &x)) return false;
  return csv->line.n > 1;
}

static bool table_column(Diags *d, Span span, const char *path, const Csv *csv, int64_t col, Value *out) {
  bool text = is_text_column(csv, col);
  Array *a = array_new1(text ? VAL_STR : VAL_NUM, csv->line.n - 1);
  if (!a) {
    diag(d, E_MEMORY, span, "not enough memory for the columns of \"%s\"", path);
    return false;
  }
  *out = value_obj(a);
  for (int64_t r = 1; r < csv->line.n; r++) {
    if (text) {
      int64_t k = r * csv->width + col;
      a->strs[r - 1] = (StrObj *)str_value(field_text(csv, k), (int64_t)csv->field.data[k].n).obj;
    } else if (!fill_number(d, span, path, csv, r, col, &a->data[r - 1])) {
      return false;
    }
  }
  return true;
}

static bool table_of(Diags *d, Span span, const char *path, const Csv *csv, Value *out) {
  Table *t = table_new((int)csv->width);
  bool ok = true;
  for (int c = 0; c < t->ncols; c++) {
    Value col = value_none();
    ok = ok && table_column(d, span, path, csv, c, &col);
    set_column(t, c, field_text(csv, c), col);
  }
  if (ok) *out = value_obj(t);
  else value_drop(value_obj(t));
  return ok;
}

bool io_csv_parse(Diags *d, Span span, const char *path, const char *text, size_t n, Value *out) {
  Reader r = {.text = text, .n = n, .line = 1};
  if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) r.at = 3;
  Csv csv = {0};
  bool ok = split(d, span, path, &r, &csv);
  if (ok && csv.line.n == 0) ok = bad_file(d, span, path, 1, "the file is empty");
  bool names = false;
  double x;
  for (int64_t c = 0; ok && c < csv.width; c++) names |= !number_of(field_text(&csv, c), &x);
  if (ok) ok = names ? table_of(d, span, path, &csv, out) : matrix_of(d, span, path, &csv, out);
  str_free(&csv.text);
  vec_free(&csv.field);
  vec_free(&csv.line);
  return ok;
}
