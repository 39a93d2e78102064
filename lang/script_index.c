// SPDX-License-Identifier: MIT
// Members and indices. P.V[0:5] reads five neurons and not all of them: the index goes to the population, not to the
// array of its values.
#include "lang/script_impl.h"

#include <string.h>

// ---- members ----

static bool is_part(const Node *n) { // pre, post, a rule's name, pos: no value of its own here
  return n->kind == N_MEMBER && (n->type.kind == TY_MODULE || (n->sym && n->sym->kind == SYM_SELFVAR && strcmp(n->name->text, "pos") == 0));
}

Node *member_object(Node *n) {
  Node *o = n->kid[0];
  return is_part(o) ? o->kid[0] : o;
}

const char *member_path(ScriptC *c, Node *n) {
  const Node *o = n->kid[0];
  return is_part(o) ? arena_printf(c->a, "%s.%s", o->name->text, n->name->text) : n->name->text;
}

static bool one_number(Type t) { return t.kind == TY_NUM || t.kind == TY_INT || t.kind == TY_BOOL; }

void emit_member(ScriptC *c, Node *n) {
  Node *o = member_object(n);
  emit_expr(c, o);
  emit(c, n->span, S_FIELD, pool_name(c, member_path(c, n)), 0);
  if (o->type.kind == TY_POP && one_number(n->type)) emit(c, n->span, S_FIRST, 0, 0);
}

// ---- indices ----

int add_index(ScriptC *c, Node *index) {
  ScriptIndex row = {.n = index->nlist};
  if (index->nlist > ARRAY_DIMS) {
    diag(c->in->diags, E_INDEX_KIND, index->span, "arrays have at most %d axes", ARRAY_DIMS);
    c->failed = true;
    row.n = ARRAY_DIMS;
  }
  for (int k = 0; k < row.n; k++) {
    const Node *ix = index->list[k];
    ScriptAxis *a = &row.axis[k];
    a->span = ix->span;
    a->range = ix->kind == N_RANGE;
    a->has_lo = a->range && ix->kid[0];
    a->has_hi = a->range && ix->kid[1];
    row.nvalues += a->range ? a->has_lo + a->has_hi : 1;
  }
  vec_push(&c->p->index, row);
  return c->p->index.n - 1;
}

void emit_indices(ScriptC *c, Node *index) {
  for (int k = 0; k < index->nlist && k < ARRAY_DIMS; k++) {
    Node *ix = index->list[k];
    if (ix->kind != N_RANGE) {
      emit_expr(c, ix);
      continue;
    }
    if (ix->kid[0]) emit_expr(c, ix->kid[0]);
    if (ix->kid[1]) emit_expr(c, ix->kid[1]);
  }
}

static void index_of_top(ScriptC *c, Node *n) {
  emit_indices(c, n);
  emit(c, n->span, S_INDEX, add_index(c, n), 0);
}

static bool all_single(const Node *n) {
  for (int k = 0; k < n->nlist; k++)
    if (!one_number(n->list[k]->type) || n->list[k]->kind == N_RANGE) return false;
  return true;
}

// E[3], E[0:10], E[where ...] of a population on the stack.
void emit_population_index(ScriptC *c, Node *n) {
  if (n->nlist == 1 && n->list[0]->kind == N_WHERE) emit_where(c, n);
  else index_of_top(c, n);
}

// C.w[i, j]: of the synapses from i to j; with ranges, of the matrix.
static void emit_pair(ScriptC *c, Node *n) {
  Node *member = n->kid[0];
  int name = pool_name(c, member_path(c, member));
  emit_expr(c, member_object(member));
  if (all_single(n)) {
    emit_indices(c, n);
    emit(c, n->span, S_PAIR, name, 0);
    return;
  }
  emit(c, member->span, S_MATRIX, name, 0);
  index_of_top(c, n);
}

void emit_index(ScriptC *c, Node *n) {
  Node *x = n->kid[0];
  if (x->type.kind == TY_POP) {
    emit_expr(c, x);
    emit_population_index(c, n);
    return;
  }
  bool member = x->kind == N_MEMBER;
  if (member && member_object(x)->type.kind == TY_POP && !is_part(x)) {
    emit_expr(c, member_object(x));
    index_of_top(c, n);
    emit(c, n->span, S_FIELD, pool_name(c, member_path(c, x)), 0);
    if (all_single(n)) emit(c, n->span, S_FIRST, 0, 0);
    return;
  }
  if (member && member_object(x)->type.kind == TY_PROJ && n->nlist == 2) {
    emit_pair(c, n);
    return;
  }
  emit_expr(c, x);
  index_of_top(c, n);
  if (node_is_signal(n)) emit(c, n->span, S_SIGGET, 0, 0);
}
