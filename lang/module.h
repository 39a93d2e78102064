// SPDX-License-Identifier: MIT
// Where modules are found: the reader that the command gives to the checker (check.h: ModuleReader).
//
// `use "dir/file.hebb"` is relative to the file it stands in. `use name` is name.hebb in the first directory of the
// library path that has it. Owns nothing; what it returns is the caller's (mem_free).
#ifndef HEBB_MODULE_H
#define HEBB_MODULE_H
#include <stdbool.h>
#include <stddef.h>

typedef struct ModulePath {
  const char *const *dirs; // searched in order
  int n;
} ModulePath;

// A ModuleReader; ctx is a ModulePath. from_path is the file that says `use`, NULL or "<prompt>" for none. Returns the
// text and its path, or NULL and *why, a part of a sentence.
char *module_read(void *ctx, const char *name, bool is_file, const char *from_path, char **path, size_t *n,
                  const char **why);

#endif
