// SPDX-License-Identifier: MIT
// Files of data: csv and npy.
//
// Numbers are written in the unit the value is shown in; a table's header names it: "t (ms)". They come back as the
// plain numbers that stand in the file. Files are written beside their place and renamed when complete, so that a
// failure never leaves half a file. Relative paths start at `dir` (the script's directory; NULL or "": the current one).
//
//   .csv  a table: a line of names, then rows. An array of one axis: a number a line; of two: a row a line.
//         A recording: columns t and one for each element; spikes: columns t and i.
//   .npy  NumPy arrays: f8, i8 and bool are written; f2 f4 f8 i1..i8 u1..u8 bool of either byte order and memory order
//         are read.
#ifndef HEBB_IO_H
#define HEBB_IO_H
#include "base/diag.h"
#include "base/str.h"
#include "vm/value.h"

// save v to path: `name` heads the column where a header needs one (the text of the expression), unit and scale as for
// format_value. Reports and returns false on failure.
bool io_save(Diags *d, Span span, Value v, const char *name, const char *unit, double scale, const char *path,
             const char *dir);
// load(path): a matrix [rows, columns] (csv of numbers), a table (csv with a line of names), or an array (npy).
bool io_load(Diags *d, Span span, const char *path, const char *dir, Value *out);

// path, or dir/path if path is relative; in `out`.
void io_path(Str *out, const char *path, const char *dir);
// Replaces the file by n bytes, all or nothing. NULL, or why not: a plain sentence part (static text or of strerror).
const char *io_write(const char *path, const char *bytes, size_t n);

#endif
