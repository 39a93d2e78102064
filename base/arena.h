// SPDX-License-Identifier: MIT
// Arena: memory that is given back all at once.
//
// Owns its chunks. arena_alloc never returns NULL and always returns zeroed, 16-byte aligned memory; when the system has
// none left the process ends with a message (mem_* below do the same). Nothing in an arena is freed by itself.
// `malloc` stands in arena.c only: everything else uses an Arena or mem_*.
#ifndef HEBB_ARENA_H
#define HEBB_ARENA_H
#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *a);
void *arena_alloc(Arena *a, size_t bytes);
char *arena_strndup(const char *s, size_t n, Arena *a);
char *arena_strdup(const char *s, Arena *a);
void *arena_dup(const void *p, size_t bytes, Arena *a);
char *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *a, const char *fmt, va_list ap);
size_t arena_bytes(const Arena *a);

#define NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define NEWN(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

// Checked malloc family. mem_try_* return NULL instead of ending the process: for sizes that a model asks for.
void *mem_alloc(size_t bytes);            // zeroed
void *mem_realloc(void *p, size_t bytes); // not zeroed beyond the old size
void *mem_try_alloc(size_t bytes);        // zeroed, 64-byte aligned, or NULL
void mem_free(void *p);

#endif
