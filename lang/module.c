// SPDX-License-Identifier: MIT
// Paths are joined as text and not resolved further: one module used under two paths is read twice.
#include "lang/module.h"

#include "base/arena.h"
#include "base/source.h"
#include "base/str.h"

#include <string.h>

static char *keep(Str *s) {
  char *text = mem_alloc(s->n + 1);
  if (s->n) memcpy(text, s->data, s->n);
  str_free(s);
  return text;
}

// dir + "/" + name + ending; a leading "./" of the name is dropped.
static char *join(const char *dir, size_t ndir, const char *name, const char *ending) {
  Str s = {0};
  while (name[0] == '.' && name[1] == '/') name += 2;
  str_addn(&s, dir, ndir);
  if (ndir && dir[ndir - 1] != '/') str_addc(&s, '/');
  str_add(&s, name);
  str_add(&s, ending);
  return keep(&s);
}

static char *read_at(char *p, char **path, size_t *n, const char **why) {
  char *text = file_read(p, n, why);
  if (text)
    *path = p;
  else
    mem_free(p);
  return text;
}

char *module_read(void *ctx, const char *name, bool is_file, const char *from_path, char **path, size_t *n,
                  const char **why) {
  const ModulePath *mp = ctx;
  if (is_file) {
    const char *slash = from_path ? strrchr(from_path, '/') : NULL;
    bool absolute = name[0] == '/';
    return read_at(
        join(slash && !absolute ? from_path : "", slash && !absolute ? (size_t)(slash - from_path + 1) : 0, name, ""),
        path, n, why);
  }
  *why = "the library has no module of this name";
  for (int k = 0; mp && k < mp->n; k++) {
    const char *reason;
    char *text = read_at(join(mp->dirs[k], strlen(mp->dirs[k]), name, ".hebb"), path, n, &reason);
    if (text) return text;
    if (strcmp(reason, "no such file") != 0) *why = reason;
  }
  return NULL;
}
