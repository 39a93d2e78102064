// SPDX-License-Identifier: MIT
// Arena: a list of chunks, each twice the size of the one before up to 1 MiB; large requests get a chunk of their own.
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct Chunk {
  struct Chunk *next;
  size_t used, size;
  _Alignas(16) unsigned char data[];
} Chunk;

struct Arena {
  Chunk *head;
  size_t next_size, total;
};

static void out_of_memory(size_t bytes) {
  fprintf(stderr, "hebb: out of memory (%zu more bytes were needed)\n", bytes);
  exit(2);
}

void *mem_alloc(size_t bytes) {
  void *p = calloc(1, bytes ? bytes : 1);
  if (!p) out_of_memory(bytes);
  return p;
}

void *mem_realloc(void *p, size_t bytes) {
  void *q = realloc(p, bytes ? bytes : 1);
  if (!q) out_of_memory(bytes);
  return q;
}

// Columns of synapses are read here and there: large pages keep them within what the processor's tables of pages reach.
static void *large_pages(size_t bytes) {
  enum { PAGE = 2 << 20, MANY = 4 };
#ifdef MADV_HUGEPAGE
  if (bytes >= (size_t)MANY * PAGE) {
    void *p = aligned_alloc(PAGE, (bytes + PAGE - 1) & ~(size_t)(PAGE - 1));
    if (p) madvise(p, bytes, MADV_HUGEPAGE); // a hint: without it all is as before
    return p;
  }
#endif
  return aligned_alloc(64, bytes);
}

void *mem_try_alloc(size_t bytes) {
  if (bytes > (SIZE_MAX >> 2)) return NULL;
  size_t rounded = (bytes + 63) & ~(size_t)63;
  if (!rounded) rounded = 64;
  void *p = large_pages(rounded);
  if (p) memset(p, 0, rounded);
  return p;
}

void mem_free(void *p) { free(p); }

Arena *arena_new(void) {
  Arena *a = mem_alloc(sizeof *a);
  a->next_size = 4096;
  return a;
}

void arena_free(Arena *a) {
  if (!a) return;
  for (Chunk *c = a->head; c;) {
    Chunk *next = c->next;
    free(c);
    c = next;
  }
  free(a);
}

void *arena_alloc(Arena *a, size_t bytes) {
  if (bytes > (SIZE_MAX >> 2)) out_of_memory(bytes);
  bytes = (bytes + 15) & ~(size_t)15;
  Chunk *c = a->head;
  if (!c || c->size - c->used < bytes) {
    size_t size = a->next_size > bytes ? a->next_size : bytes;
    if (a->next_size < (1u << 20)) a->next_size *= 2;
    c = mem_alloc(sizeof(Chunk) + size);
    c->size = size;
    c->next = a->head;
    a->head = c;
    a->total += size;
  }
  void *p = c->data + c->used;
  c->used += bytes;
  return p;
}

char *arena_strndup(const char *s, size_t n, Arena *a) {
  char *p = arena_alloc(a, n + 1);
  if (n) memcpy(p, s, n);
  return p;
}

char *arena_strdup(const char *s, Arena *a) { return arena_strndup(s, strlen(s), a); }

void *arena_dup(const void *src, size_t bytes, Arena *a) {
  void *p = arena_alloc(a, bytes);
  if (bytes) memcpy(p, src, bytes);
  return p;
}

char *arena_vprintf(Arena *a, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  if (n < 0) n = 0;
  char *p = arena_alloc(a, (size_t)n + 1);
  vsnprintf(p, (size_t)n + 1, fmt, ap);
  return p;
}

char *arena_printf(Arena *a, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  char *p = arena_vprintf(a, fmt, ap);
  va_end(ap);
  return p;
}

size_t arena_bytes(const Arena *a) { return a->total; }
