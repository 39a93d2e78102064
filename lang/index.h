// SPDX-License-Identifier: MIT
// Where names stand in checked texts, and what each means: for editors.
//
// Every name of every file of a check (modules too) is one Word. What the checker found is taken from the annotated tree
// and from the clones of bodies; where it found nothing, because of errors, a declaration of the same name in the same
// neuron, function or file is taken. Words are sorted by place. The index lives in the arena it was made in and points
// into the checker's trees.
#ifndef HEBB_INDEX_H
#define HEBB_INDEX_H
#include "lang/check.h"

typedef struct Word {
  Span span;
  Atom name;
  const Sym *sym;     // NULL: not known (or known by its place alone, see decl)
  Span decl;          // the name where it is declared; file 0: in no text
  Type type;          // of the expression, or of the variable declared
  bool declares;
  uint8_t skip;       // bytes before the name itself: the d of dV/dt
  const Node *node;   // what it stands in: NAME, MEMBER, or the declaration
  const Node *inside; // the top-level statement around it
} Word;

typedef struct NameIndex {
  Word *words;
  int n;
} NameIndex;

NameIndex *index_new(Checker *c, const Sources *s, Arena *a);
// The word that touches the byte; NULL.
const Word *index_at(const NameIndex *ix, uint32_t file, uint32_t offset);
// The first word at or behind the byte in that file; NULL if there is none.
const Word *index_from(const NameIndex *ix, uint32_t file, uint32_t offset);
// The declaring word of a symbol's or word's declaration; NULL.
const Word *index_declaration(const NameIndex *ix, Span decl);
// Where a symbol is declared; file 0 if in no text.
Span sym_place(const Sym *s, const Sources *src);

#endif
