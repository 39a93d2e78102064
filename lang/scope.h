// SPDX-License-Identifier: MIT
// Scopes: which names are known where. A scope is a table of symbols with a parent; values and functions have separate
// names (`rate` may be a variable and rate(P) is still the function). A scope lives in an arena.
//
// A frame is what one call of a function, one at/every block or one sweep pass has of its own. Scopes at the top level
// belong to no frame.
#ifndef HEBB_SCOPE_H
#define HEBB_SCOPE_H
#include "base/vec.h"
#include "lang/check.h"

typedef struct Frame {
  struct Frame *outer;
  ScriptScope *scope;
  bool is_function;
  bool timed;       // an at/every block
  TableInfo *table; // a sweep: what it collects
  Vec(Sym *) captures;
  Vec(Sym *) inner;
} Frame;

typedef struct Scope {
  struct Scope *parent;
  Sym **table; // open addressing by the atom's hash
  int width, n;
  Sym **order; // as declared
  int norder, order_cap;
  Model *model; // its variables are names here too
  Atom *alias;  // more names, of symbols that are called otherwise (a rule's w)
  Sym **alias_sym;
  int naliases;
  Frame *frame;
  bool local; // a block, not the top level
} Scope;

Scope *scope_new(Scope *parent, Arena *a);
void scope_add(Scope *s, Sym *sym, Arena *a);
void scope_alias(Scope *s, Atom name, Sym *sym, Arena *a);
bool sym_is_function(const Sym *sym);
// Here only.
Sym *scope_here(const Scope *s, Atom name, bool function);
// Here or in a parent; *where is the scope that has it.
Sym *scope_find(Scope *s, Atom name, bool function, Scope **where);
// Every name that can be seen (for "did you mean"), in the arena.
const char **scope_names(const Scope *s, bool function, Arena *a, int *n);

#endif
