// SPDX-License-Identifier: MIT
// A chained hash table (FNV-1a), doubled when as full as it is wide.
#include "base/intern.h"

#include "base/arena.h"

#include <string.h>

struct Interner {
  Arena *arena;
  AtomData **bucket;
  uint32_t width, count;
};

Interner *interner_new(void) {
  Interner *in = mem_alloc(sizeof *in);
  in->arena = arena_new();
  in->width = 256;
  in->bucket = mem_alloc(sizeof *in->bucket * in->width);
  return in;
}

void interner_free(Interner *in) {
  if (!in) return;
  arena_free(in->arena);
  mem_free(in->bucket);
  mem_free(in);
}

static uint32_t hash_text(const char *text, size_t n) {
  uint32_t h = 2166136261u;
  for (size_t k = 0; k < n; k++) h = (h ^ (unsigned char)text[k]) * 16777619u;
  return h;
}

static void grow(Interner *in) {
  uint32_t width = in->width * 2;
  AtomData **bucket = mem_alloc(sizeof *bucket * width);
  for (uint32_t b = 0; b < in->width; b++)
    for (AtomData *a = in->bucket[b]; a;) {
      AtomData *next = a->next;
      a->next = bucket[a->hash & (width - 1)];
      bucket[a->hash & (width - 1)] = a;
      a = next;
    }
  mem_free(in->bucket);
  in->bucket = bucket;
  in->width = width;
}

Atom intern(Interner *in, const char *text, size_t n) {
  uint32_t h = hash_text(text, n);
  for (AtomData *a = in->bucket[h & (in->width - 1)]; a; a = a->next)
    if (a->hash == h && a->n == n && memcmp(a->text, text, n) == 0) return a;
  if (in->count >= in->width) grow(in);
  AtomData *a = arena_alloc(in->arena, sizeof *a + n + 1);
  a->n = (uint32_t)n;
  a->hash = h;
  memcpy(a->text, text, n);
  a->next = in->bucket[h & (in->width - 1)];
  in->bucket[h & (in->width - 1)] = a;
  in->count++;
  return a;
}

Atom intern_str(Interner *in, const char *text) { return intern(in, text, strlen(text)); }
