// SPDX-License-Identifier: MIT
// The two formats of files, text in memory on one side and values on the other. Private to vm/io*.c.
#ifndef HEBB_IO_FORMAT_H
#define HEBB_IO_FORMAT_H
#include "base/diag.h"
#include "base/str.h"
#include "vm/value.h"

typedef struct IoText {
  const char *name, *unit; // of what is saved
  double scale;
} IoText;

bool io_csv_text(Diags *d, Span span, Value v, const IoText *how, Str *out);
bool io_csv_parse(Diags *d, Span span, const char *path, const char *text, size_t n, Value *out);
bool io_npy_bytes(Diags *d, Span span, Value v, const IoText *how, Str *out);
bool io_npy_parse(Diags *d, Span span, const char *path, const char *bytes, size_t n, Value *out);

#endif
