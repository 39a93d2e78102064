// SPDX-License-Identifier: MIT
// NumPy's .npy format, versions 1 to 3: "\x93NUMPY", version, header length, a Python dictionary with descr,
// fortran_order and shape, then the elements. (numpy.lib.format; NEP 1.)
#include "vm/io_format.h"

#include "base/arena.h"
#include "base/scale.h"
#include "vm/vm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- writing ----

static void add_le(Str *out, uint64_t bits, int bytes) {
  for (int k = 0; k < bytes; k++) str_addc(out, (char)(bits >> (8 * k)));
}

static void add_npy_header(Str *out, const char *descr, const Array *a) {
  Str h = {0};
  str_addf(&h, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int k = 0; k < a->ndim; k++)
    str_addf(&h, "%lld%s", (long long)a->shape[k], k + 1 < a->ndim ? ", " : a->ndim == 1 ? "," : "");
  str_add(&h, "), }");
  while ((10 + h.n + 1) % 64) str_addc(&h, ' ');
  str_addc(&h, '\n');
  str_addn(out, "\x93NUMPY\x01\x00", 8);
  add_le(out, h.n, 2);
  str_addn(out, h.data, h.n);
  str_free(&h);
}

void io_npy_add(Str *out, const Array *a, double scale) {
  add_npy_header(out, a->elem == VAL_BOOL ? "|b1" : a->elem == VAL_INT ? "<i8" : "<f8", a);
  for (int64_t k = 0; k < a->n; k++) {
    if (a->elem == VAL_BOOL) add_le(out, a->data[k] != 0, 1);
    else if (a->elem == VAL_INT) add_le(out, (uint64_t)(int64_t)a->data[k], 8);
    else {
      double x = scale_from_si(a->data[k], scale);
      uint64_t bits;
      memcpy(&bits, &x, 8);
      add_le(out, bits, 8);
    }
  }
}

void io_npy_header(Str *out, int64_t rows, int64_t cols) {
  Str h = {0};
  str_addf(&h, "{'descr': '<f8', 'fortran_order': False, 'shape': (%lld,", (long long)rows);
  if (cols) str_addf(&h, " %lld", (long long)cols);
  str_add(&h, "), }");
  while (10 + h.n + 1 < NPY_HEADER) str_addc(&h, ' ');
  str_addc(&h, '\n');
  str_addn(out, "\x93NUMPY\x01\x00", 8);
  add_le(out, h.n, 2);
  str_addn(out, h.data, h.n);
  str_free(&h);
}

bool io_npy_bytes(Diags *d, Span span, Value v, const IoText *how, Str *out) {
  Array *own = NULL;
  if (v.kind == VAL_REC) {
    own = recording_values((const Recording *)v.obj);
    if (!own) {
      diag(d, E_MEMORY, span, "there is not enough memory for the values of this recording");
      return false;
    }
  } else if (v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL) {
    own = array_new((ValueKind)v.kind, 0, NULL);
    if (own) own->data[0] = value_as_num(v);
  }
  const Array *a = own ? own : v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  if (!a || a->elem == VAL_STR) {
    Diag *e = diag(d, E_SAVE, span, "only numbers can be saved as .npy");
    diag_hint(e, v.kind == VAL_SPIKES ? "save their times and indices: save spikes(P).t to \"t.npy\""
                                      : "save tables and spikes as .csv");
    return false;
  }
  io_npy_add(out, a, how->scale);
  if (own) value_drop(value_obj(own));
  return true;
}

// ---- reading ----

typedef struct Npy {
  char order, kind; // '<' '>' '|'; f i u b
  int bytes;
  bool fortran;
  int ndim;
  int64_t shape[ARRAY_DIMS], n;
} Npy;

static bool bad_npy(Diags *d, Span span, const char *path, const char *what) {
  diag(d, E_FILE_CONTENT, span, "\"%s\" cannot be read as .npy: %s", path, what);
  return false;
}

static const char *after_key(const char *header, const char *key) {
  const char *p = strstr(header, key);
  p = p ? strchr(p, ':') : NULL;
  if (!p) return NULL;
  for (p++; *p == ' '; p++) {}
  return p;
}

static const char *parse_shape(const char *p, Npy *h) {
  if (*p++ != '(') return "its shape is malformed";
  h->n = 1;
  while (*p && *p != ')') {
    char *end;
    long long x = strtoll(p, &end, 10);
    if (end == p || x < 0) return "its shape is malformed";
    if (h->ndim == ARRAY_DIMS) return "it has more than 8 dimensions";
    if (x && h->n > INT64_MAX / 16 / x) return "its shape is too large";
    h->shape[h->ndim++] = x;
    h->n *= x;
    for (p = end; *p == ' ' || *p == ',' || *p == 'L'; p++) {}
  }
  return *p == ')' ? NULL : "its shape is malformed";
}

static const char *parse_header(const char *text, Npy *h) {
  const char *descr = after_key(text, "'descr'"), *order = after_key(text, "'fortran_order'"),
             *shape = after_key(text, "'shape'");
  if (!descr || !order || !shape) return "its header is incomplete";
  if (*descr != '\'' || strlen(descr) < 4) return "it holds records, not plain numbers";
  h->order = descr[1];
  h->kind = descr[2];
  h->bytes = atoi(descr + 3);
  h->fortran = strncmp(order, "True", 4) == 0;
  bool known =
      (h->kind == 'b' && h->bytes == 1) || (h->kind == 'f' && (h->bytes == 2 || h->bytes == 4 || h->bytes == 8)) ||
      ((h->kind == 'i' || h->kind == 'u') && (h->bytes == 1 || h->bytes == 2 || h->bytes == 4 || h->bytes == 8));
  if (!known || !strchr("<>|=", h->order)) return "its elements are no numbers that hebb knows";
  return parse_shape(shape, h);
}

static double half(uint64_t b) {
  int e = (int)(b >> 10 & 31), m = (int)(b & 1023);
  double x = e == 0 ? ldexp(m, -24) : e == 31 ? (m ? NAN : INFINITY) : ldexp(1024 + m, e - 25);
  return b & 0x8000 ? -x : x;
}

static double element(const unsigned char *p, const Npy *h) {
  uint64_t b = 0;
  for (int k = 0; k < h->bytes; k++) b |= (uint64_t)p[h->order == '>' ? h->bytes - 1 - k : k] << (8 * k);
  if (h->kind == 'b') return b != 0;
  if (h->kind == 'u') return (double)b;
  if (h->kind == 'i') {
    int shift = 64 - 8 * h->bytes;
    return (double)((int64_t)(b << shift) >> shift);
  }
  if (h->bytes == 2) return half(b);
  if (h->bytes == 4) {
    uint32_t low = (uint32_t)b;
    float f;
    memcpy(&f, &low, 4);
    return f;
  }
  double x;
  memcpy(&x, &b, 8);
  return x;
}

// The place in the file of element k (row by row) of an array stored column by column.
static int64_t fortran_place(const Npy *h, int64_t k) {
  int64_t place = 0, stride = h->n;
  for (int a = h->ndim - 1; a >= 0; a--) {
    stride /= h->shape[a] ? h->shape[a] : 1;
    place += k % h->shape[a] * stride;
    k /= h->shape[a];
  }
  return place;
}

bool io_npy_parse(Diags *d, Span span, const char *path, const char *bytes, size_t n, Value *out) {
  const unsigned char *b = (const unsigned char *)bytes;
  if (n < 12 || memcmp(b, "\x93NUMPY", 6) != 0) return bad_npy(d, span, path, "it does not begin as such a file");
  size_t start = b[6] >= 2 ? 12 : 10;
  size_t len = b[6] >= 2 ? (size_t)b[8] | (size_t)b[9] << 8 | (size_t)b[10] << 16 | (size_t)b[11] << 24
                         : (size_t)b[8] | (size_t)b[9] << 8;
  if (len > n - start) return bad_npy(d, span, path, "it ends within its header");
  char *text = mem_alloc(len + 1);
  memcpy(text, bytes + start, len);
  Npy h = {0};
  const char *why = parse_header(text, &h);
  mem_free(text);
  if (why) return bad_npy(d, span, path, why);
  if ((uint64_t)h.n * (uint64_t)h.bytes > n - start - len)
    return bad_npy(d, span, path, "it is shorter than its header says");
  Array *a = array_new(h.kind == 'f' ? VAL_NUM : h.kind == 'b' ? VAL_BOOL : VAL_INT, h.ndim, h.shape);
  if (!a) {
    diag(d, E_MEMORY, span, "not enough memory for the numbers of \"%s\"", path);
    return false;
  }
  for (int64_t k = 0; k < a->n; k++)
    a->data[k] = element(b + start + len + (size_t)(h.fortran ? fortran_place(&h, k) : k) * (size_t)h.bytes, &h);
  *out = value_obj(a);
  return true;
}
