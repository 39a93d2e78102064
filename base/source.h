// SPDX-License-Identifier: MIT
// Sources: the texts a program came from, and spans that point into them.
// A Sources owns its texts; file numbers start at 1, 0 means "no place". A text is followed by a NUL.
#ifndef HEBB_SOURCE_H
#define HEBB_SOURCE_H
#include <stddef.h>
#include <stdint.h>

typedef struct Span {
  uint32_t file, lo, hi; // bytes lo..hi-1 of file
} Span;

typedef struct Source {
  char *path; // as the user wrote it, or "<stdin>", "<prompt>"
  char *text;
  size_t n;
  uint32_t *line; // offsets where lines begin
  uint32_t nlines;
} Source;

typedef struct Sources Sources;
Sources *sources_new(void);
void sources_free(Sources *s);
// Adds a copy of a text; returns its file number.
uint32_t sources_add(Sources *s, const char *path, const char *text, size_t n);
const Source *sources_get(const Sources *s, uint32_t file); // NULL for 0
// 1-based line and column (in UTF-8 characters) of an offset.
void source_position(const Source *src, uint32_t offset, uint32_t *line, uint32_t *column);
// The text of a line (1-based), without its end; *n is its length.
const char *source_line(const Source *src, uint32_t line, size_t *n);

// Reads a whole regular file ("-" is standard input). On failure returns NULL and *why is a plain sentence part such as
// "no such file" or "it is a directory". The caller gives the text back with mem_free. At most 1 GiB.
char *file_read(const char *path, size_t *n, const char **why);

static inline Span span_join(Span a, Span b) {
  if (!a.file) return b;
  if (!b.file || a.file != b.file) return a;
  return (Span){a.file, a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}

#endif
