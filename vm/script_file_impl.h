// SPDX-License-Identifier: MIT
// What the two files of recordings on disk share: private to vm/script_file*.c.
#ifndef HEBB_SCRIPT_FILE_IMPL_H
#define HEBB_SCRIPT_FILE_IMPL_H
#include "base/str.h"
#include "vm/io_format.h"
#include "vm/script_file.h"

#include <stdio.h>

#define STREAM_HASH 0xcbf29ce484222325u // of nothing

typedef struct RecordFile {
  FILE *out;          // csv, npy
  IoH5Stream *h5;
  bool npy;
  Diags *diags;
  Recording *recording;
  char *path, *part;  // the name it will have, and that of now
  const ScriptRecord *how;
  Span span;
  int64_t rows, cols, header, bytes; // bytes: behind the header
  uint64_t hash;      // of those
  bool headed, failed, flat;
} RecordFile;

uint64_t stream_hash_bytes(uint64_t h, const void *bytes, size_t n);
const char *path_extension(const char *path);
void incomplete_path(Str *out, const char *path); // v.csv: v.incomplete.csv

#endif
