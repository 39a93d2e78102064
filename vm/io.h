// SPDX-License-Identifier: MIT
// Files of data: csv, npy, npz and h5.
//
// Numbers are written in the unit the value is shown in; a table's header names it: "t (ms)". They come back as the
// plain numbers that stand in the file. Files are written beside their place and renamed when complete, so that a
// failure never leaves half a file. Relative paths start at `dir` (the script's directory; NULL or "": the current one).
//
//   .csv  a table: a line of names, then rows. An array of one axis: a number a line; of two: a row a line.
//         A recording: columns t and one for each element; spikes: columns t and i.
//   .npy  NumPy arrays: f8, i8 and bool are written; f2 f4 f8 i1..i8 u1..u8 bool of either byte order and memory order
//         are read.
//   .npz  several arrays by name: the columns of a table, t and values of a recording, t and i of spikes; and what made
//         them. Read as a table, whose columns may differ in length.
//   .h5   the same as datasets of HDF5 with their units, where hebb was built with it (vm/io_h5.c).
#ifndef HEBB_IO_H
#define HEBB_IO_H
#include "base/diag.h"
#include "base/str.h"
#include "vm/value.h"

// save v to path: `name` heads the column where a header needs one (the text of the expression), unit and scale as for
// format_value. Reports and returns false on failure.
bool io_save(Diags *d, Span span, Value v, const char *name, const char *unit, double scale, const char *path,
             const char *dir);
// The same with what made it, members of a JSON object, which .npz and .h5 files hold.
bool io_save_from(Diags *d, Span span, Value v, const char *name, const char *unit, double scale, const char *path,
                  const char *dir, const char *provenance);
// load(path): a matrix [rows, columns] (csv of numbers), a table (csv with a line of names, npz, h5), or an array (npy).
bool io_load(Diags *d, Span span, const char *path, const char *dir, Value *out);

// path, or dir/path if path is relative; in `out`.
void io_path(Str *out, const char *path, const char *dir);
// Replaces the file by n bytes, all or nothing. NULL, or why not: a plain sentence part (static text or of strerror).
const char *io_write(const char *path, const char *bytes, size_t n);

#endif
