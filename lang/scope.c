// SPDX-License-Identifier: MIT
// A table with open addressing, doubled when half full. Symbols of one name but different namespaces sit side by side.
#include "lang/scope.h"

#include <string.h>

Scope *scope_new(Scope *parent, Arena *a) {
  Scope *s = NEW(a, Scope);
  s->parent = parent;
  if (parent) {
    s->frame = parent->frame;
    s->local = parent->local;
  }
  return s;
}

bool sym_is_function(const Sym *sym) {
  return sym->kind == SYM_FUNC || sym->kind == SYM_BUILTIN || sym->kind == SYM_NATIVE;
}

static void put(Sym **table, int width, Sym *sym) {
  uint32_t k = sym->name->hash & (uint32_t)(width - 1);
  while (table[k] && !(table[k]->name == sym->name && sym_is_function(table[k]) == sym_is_function(sym)))
    k = (k + 1) & (uint32_t)(width - 1);
  table[k] = sym;
}

static void grow(Scope *s, Arena *a) {
  int width = s->width ? 2 * s->width : 8;
  Sym **table = NEWN(a, Sym *, width);
  for (int k = 0; k < s->width; k++)
    if (s->table[k]) put(table, width, s->table[k]);
  s->table = table;
  s->width = width;
}

static void remember(Scope *s, Sym *sym, Arena *a) {
  if (s->norder == s->order_cap) {
    int cap = s->order_cap ? 2 * s->order_cap : 8;
    Sym **order = NEWN(a, Sym *, cap);
    if (s->norder) memcpy(order, s->order, sizeof *order * (size_t)s->norder);
    s->order = order;
    s->order_cap = cap;
  }
  s->order[s->norder++] = sym;
}

void scope_add(Scope *s, Sym *sym, Arena *a) {
  if (2 * (s->n + 1) > s->width) grow(s, a);
  put(s->table, s->width, sym);
  s->n++;
  remember(s, sym, a);
}

void scope_alias(Scope *s, Atom name, Sym *sym, Arena *a) {
  int n = s->naliases++;
  Atom *names = NEWN(a, Atom, n + 1);
  Sym **syms = NEWN(a, Sym *, n + 1);
  for (int k = 0; k < n; k++) names[k] = s->alias[k], syms[k] = s->alias_sym[k];
  names[n] = name, syms[n] = sym;
  s->alias = names, s->alias_sym = syms;
}

Sym *scope_here(const Scope *s, Atom name, bool function) {
  if (s->width)
    for (uint32_t k = name->hash & (uint32_t)(s->width - 1); s->table[k]; k = (k + 1) & (uint32_t)(s->width - 1))
      if (s->table[k]->name == name && sym_is_function(s->table[k]) == function) return s->table[k];
  if (function) return NULL;
  for (int k = 0; k < s->naliases; k++)
    if (s->alias[k] == name) return s->alias_sym[k];
  return s->model ? model_find(s->model, name) : NULL;
}

Sym *scope_find(Scope *s, Atom name, bool function, Scope **where) {
  for (; s; s = s->parent) {
    Sym *sym = scope_here(s, name, function);
    if (sym) {
      if (where) *where = s;
      return sym;
    }
  }
  return NULL;
}

const char **scope_names(const Scope *scope, bool function, Arena *a, int *n) {
  Vec(const char *) names = {0};
  for (const Scope *s = scope; s; s = s->parent) {
    for (int k = 0; k < s->width; k++)
      if (s->table[k] && sym_is_function(s->table[k]) == function) vec_push(&names, s->table[k]->name->text);
    for (int k = 0; !function && s->model && k < s->model->nvars; k++)
      if (!s->model->vars[k]->hidden) vec_push(&names, s->model->vars[k]->name->text);
  }
  *n = names.n;
  return vec_keep(&names, a);
}
