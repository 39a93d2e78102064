// SPDX-License-Identifier: MIT
// Files and directories named on the command line.
#include "cli/cli.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char *join_path(const char *dir, const char *name) {
  Str s = {0};
  size_t n = strlen(dir);
  str_addf(&s, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
  return s.data;
}

static bool ends_with(const char *name, const char *end) {
  size_t n = strlen(name), m = strlen(end);
  return n > m && strcmp(name + n - m, end) == 0;
}

static void walk(const char *dir, Paths *out) {
  DIR *d = opendir(dir);
  struct dirent *e;
  struct stat st;
  Paths here = {0};
  if (!d) return;
  while ((e = readdir(d)))
    if (e->d_name[0] != '.') vec_push(&here, join_path(dir, e->d_name));
  closedir(d);
  if (here.n) qsort(here.data, (size_t)here.n, sizeof *here.data, by_name);
  for (int k = 0; k < here.n; k++) {
    bool is_dir = stat(here.data[k], &st) == 0 && S_ISDIR(st.st_mode);
    if (is_dir) walk(here.data[k], out);
    if (!is_dir && ends_with(here.data[k], ".hebb")) vec_push(out, here.data[k]);
    else mem_free(here.data[k]);
  }
  vec_free(&here);
}

void paths_add(Paths *p, const char *path) {
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    walk(path, p);
    return;
  }
  Str s = {0};
  str_add(&s, path);
  vec_push(p, s.data);
}

void paths_free(Paths *p) {
  for (int k = 0; k < p->n; k++) mem_free(p->data[k]);
  vec_free(p);
}
