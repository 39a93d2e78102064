// SPDX-License-Identifier: MIT
// Vec(T): a growable array on the heap, for what grows while it is built. Free it with vec_free, or keep its elements
// for good with vec_keep (a copy in an arena, the heap part freed).
#ifndef HEBB_VEC_H
#define HEBB_VEC_H
#include "base/arena.h"

#define Vec(T)                                                                                                         \
  struct {                                                                                                             \
    T *data;                                                                                                           \
    int n, cap;                                                                                                        \
  }

#define vec_push(v, ...)                                                                                               \
  do {                                                                                                                 \
    if ((v)->n == (v)->cap) {                                                                                          \
      (v)->cap = (v)->cap ? 2 * (v)->cap : 8;                                                                          \
      (v)->data = mem_realloc((v)->data, sizeof *(v)->data * (size_t)(v)->cap);                                        \
    }                                                                                                                  \
    (v)->data[(v)->n++] = (__VA_ARGS__);                                                                               \
  } while (0)
#define vec_pop(v) ((v)->data[--(v)->n])
#define vec_last(v) ((v)->data[(v)->n - 1])
#define vec_free(v) (mem_free((v)->data), (v)->data = NULL, (v)->n = (v)->cap = 0)
// Copies the elements into the arena and frees the heap part; yields the copy (NULL when empty). `v->n` stays valid.
#define vec_keep(v, a)                                                                                                 \
  ((v)->n ? vec_keep_((void **)&(v)->data, sizeof *(v)->data * (size_t)(v)->n, &(v)->cap, (a)) : (vec_free(v), NULL))
static inline void *vec_keep_(void **data, size_t bytes, int *cap, Arena *a) {
  void *p = arena_dup(*data, bytes, a);
  mem_free(*data);
  *data = NULL;
  *cap = 0;
  return p;
}

#endif
