// SPDX-License-Identifier: MIT
#include "base/source.h"

#include "base/arena.h"
#include "base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct Sources {
  Vec(Source) list;
};

Sources *sources_new(void) { return mem_alloc(sizeof(Sources)); }

void sources_free(Sources *s) {
  if (!s) return;
  for (int k = 0; k < s->list.n; k++) {
    mem_free(s->list.data[k].path);
    mem_free(s->list.data[k].text);
    mem_free(s->list.data[k].line);
  }
  vec_free(&s->list);
  mem_free(s);
}

static char *copy(const char *text, size_t n) {
  char *p = mem_alloc(n + 1);
  if (n) memcpy(p, text, n);
  return p;
}

uint32_t sources_add(Sources *s, const char *path, const char *text, size_t n) {
  Source src = {.path = copy(path, strlen(path)), .text = copy(text, n), .n = n};
  Vec(uint32_t) line = {0};
  vec_push(&line, 0);
  for (size_t k = 0; k < n; k++)
    if (text[k] == '\n') vec_push(&line, (uint32_t)k + 1);
  src.line = line.data;
  src.nlines = (uint32_t)line.n;
  vec_push(&s->list, src);
  return (uint32_t)s->list.n;
}

const Source *sources_get(const Sources *s, uint32_t file) {
  return file && (int)file <= s->list.n ? &s->list.data[file - 1] : NULL;
}

void source_position(const Source *src, uint32_t offset, uint32_t *line, uint32_t *column) {
  if (offset > src->n) offset = (uint32_t)src->n;
  uint32_t lo = 0, hi = src->nlines;
  while (hi - lo > 1) {
    uint32_t mid = (lo + hi) / 2;
    if (src->line[mid] <= offset) lo = mid;
    else hi = mid;
  }
  *line = lo + 1;
  *column = 1;
  for (uint32_t k = src->line[lo]; k < offset; k++)
    if (((unsigned char)src->text[k] & 0xC0) != 0x80) ++*column;
}

const char *source_line(const Source *src, uint32_t line, size_t *n) {
  if (line < 1 || line > src->nlines) {
    *n = 0;
    return "";
  }
  uint32_t lo = src->line[line - 1];
  size_t hi = line < src->nlines ? src->line[line] - 1 : src->n;
  if (hi > lo && src->text[hi - 1] == '\r') hi--;
  *n = hi - lo;
  return src->text + lo;
}

char *file_read(const char *path, size_t *n, const char **why) {
  const size_t limit = (size_t)1 << 30;
  int from_stdin = strcmp(path, "-") == 0;
  FILE *f = from_stdin ? stdin : fopen(path, "rb");
  if (!f) {
    *why = errno == ENOENT ? "no such file" : errno == EACCES ? "permission denied" : strerror(errno);
    return NULL;
  }
  struct stat st;
  if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
    fclose(f);
    *why = "it is a directory";
    return NULL;
  }
  char *text = NULL;
  size_t used = 0, cap = 0;
  for (;;) {
    if (used + 65536 > cap) {
      cap = cap ? cap * 2 : 131072;
      text = mem_realloc(text, cap + 1);
    }
    size_t got = fread(text + used, 1, cap - used, f);
    used += got;
    if (!got || used > limit) break;
  }
  int bad = ferror(f);
  if (!from_stdin) fclose(f);
  if (bad || used > limit) {
    mem_free(text);
    *why = bad ? "it cannot be read" : "it is larger than 1 GiB";
    return NULL;
  }
  text[used] = 0;
  *n = used;
  return text;
}
