// SPDX-License-Identifier: MIT
// Atoms: one pointer per distinct name, so that names compare by ==. An Interner belongs to one instance of hebb.
#ifndef HEBB_INTERN_H
#define HEBB_INTERN_H
#include <stddef.h>
#include <stdint.h>

typedef struct AtomData {
  uint32_t n, hash;
  struct AtomData *next; // in its bucket
  void *mark;            // for tables keyed by atoms (keywords, units); NULL at first
  char text[];           // NUL-terminated
} AtomData;
typedef const AtomData *Atom;

typedef struct Interner Interner;
Interner *interner_new(void);
void interner_free(Interner *in);
Atom intern(Interner *in, const char *text, size_t n);
Atom intern_str(Interner *in, const char *text);

#endif
