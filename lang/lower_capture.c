// SPDX-License-Identifier: MIT
// Captures: parts of a statement's expressions that the script computes when the statement runs.
#include "lang/lower_impl.h"
#include "vm/builtin.h"

static bool all_kids(const Node *n, bool (*is)(const Node *)) {
  for (int k = 0; k < 4; k++)
    if (n->kid[k] && !is(n->kid[k])) return false;
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k] && !is(n->list[k])) return false;
  return true;
}

static const Sym *called(const Node *n) { return n->sym ? n->sym : n->kid[0] ? n->kid[0]->sym : NULL; }

static bool is_draw(const Node *n, void *ctx) {
  (void)ctx;
  if (n->kind != N_CALL) return false;
  const Sym *f = called(n);
  if (f && f->kind == SYM_NATIVE) return native_of(f) && native_of(f)->impure;
  if (f && f->kind == SYM_BUILTIN) return BUILTINS[f->index].flags & BUILTIN_RAND;
  if (!f || f->kind != SYM_FUNC || !f->decl) return false;
  return (f->decl->kid[0] && expr_draws(f->decl->kid[0])) || (f->decl->kid[1] && expr_draws(f->decl->kid[1]));
}

bool expr_draws(const Node *n) { return node_any(n, is_draw, NULL); }

static bool is_impure(const Node *n, void *ctx) {
  (void)ctx;
  const Sym *f = n->kind == N_CALL ? called(n) : NULL;
  if (f && f->kind == SYM_FUNC) return f->decl && f->decl->info && ((const FuncInfo *)f->decl->info)->impure;
  return native_of(f) && native_of(f)->impure;
}

bool expr_impure(const Node *n) { return node_any(n, is_impure, NULL); }

bool lane_free(const Node *n) { return !expr_varies(n); }

bool expr_literal(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NUM: case N_CONST: case N_UNIT: case N_UNITOP: case N_UNITONE: return true;
  case N_UNARY: case N_BINARY: case N_IN: case N_IFX: case N_ARG: return all_kids(n, expr_literal);
  default: return false;
  }
}

int capture_find(const CaptureList *caps, const Node *expr, int axis) {
  for (int k = 0; k < caps->n; k++) {
    const Node *x = caps->item[k].expr;
    bool same = x == expr || (x->kind == N_NAME && expr->kind == N_NAME && x->sym && x->sym == expr->sym);
    if (same && caps->item[k].axis == axis) return k;
  }
  return -1;
}

int capture_add(Lowering *l, CaptureList *caps, Node *expr, int axis) {
  int k = capture_find(caps, expr, axis);
  if (k >= 0) return k;
  if (caps->n == caps->cap) {
    int cap = caps->cap ? 2 * caps->cap : 8;
    CaptureItem *item = NEWN(l->a, CaptureItem, cap);
    for (int j = 0; j < caps->n; j++) item[j] = caps->item[j];
    caps->item = item;
    caps->cap = cap;
  }
  caps->item[caps->n] = (CaptureItem){expr, axis, false};
  return caps->n++;
}
