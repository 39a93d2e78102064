// SPDX-License-Identifier: MIT
// The formats of files, text in memory on one side and values on the other. Private to vm/io*.c.
#ifndef HEBB_IO_FORMAT_H
#define HEBB_IO_FORMAT_H
#include "base/diag.h"
#include "base/str.h"
#include "vm/value.h"

typedef struct IoText {
  const char *name, *unit; // of what is saved
  double scale;
  const char *provenance;  // members of a JSON object: what made it; NULL
} IoText;

// A value as named arrays (io_columns.c): the columns of a table, t and values of a recording, t and i of spikes.
typedef struct IoColumn {
  char name[256];
  const char *unit;
  double scale;
  Array *a;
} IoColumn;
typedef struct IoColumns {
  IoColumn *column;
  int n;
} IoColumns;
bool io_columns(Diags *d, Span span, Value v, const IoText *how, const char *kind, IoColumns *out);
void io_columns_free(IoColumns *c);

#ifdef HAVE_HDF5
enum { IO_H5 = 1 };
const char *io_h5_write(const char *path, const IoColumns *c, const IoText *how); // NULL, or why not
bool io_h5_read(Diags *d, Span span, const char *path, Value *out);
// Values that come in pieces: t in ms, and a dataset `name`, [rows, width] or flat [rows].
typedef struct IoH5Stream IoH5Stream;
IoH5Stream *io_h5_open(const char *path, const char *name, const char *unit, const char *provenance); // NULL: cannot be made
bool io_h5_add(IoH5Stream *s, const double *t, const double *values, int64_t rows, int64_t width, bool flat);
bool io_h5_cut(IoH5Stream *s, int64_t rows); // to its first rows
bool io_h5_close(IoH5Stream *s);
#else
enum { IO_H5 = 0 };
typedef struct IoH5Stream IoH5Stream;
#endif
bool io_csv_text(Diags *d, Span span, Value v, const IoText *how, Str *out);
bool io_csv_parse(Diags *d, Span span, const char *path, const char *text, size_t n, Value *out);
void io_npy_add(Str *out, const Array *a, double scale); // header and elements
// A header of always the same length, whose shape may be filled in when it is known: [rows, cols], [rows] with cols 0.
enum { NPY_HEADER = 128 };
void io_npy_header(Str *out, int64_t rows, int64_t cols);
bool io_npz_bytes(Diags *d, Span span, Value v, const IoText *how, Str *out);
bool io_npz_parse(Diags *d, Span span, const char *path, const char *bytes, size_t n, Value *out);
bool io_npy_bytes(Diags *d, Span span, Value v, const IoText *how, Str *out);
bool io_npy_parse(Diags *d, Span span, const char *path, const char *bytes, size_t n, Value *out);

#endif
