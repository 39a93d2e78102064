// SPDX-License-Identifier: MIT
// Assignments. The value stands for a node or for what waits in a frame variable; a place inside of a place
// (x[i][j] = v) is read, changed and written back from the inside out.
#include "lang/script_impl.h"

#include <string.h>

typedef struct Given {
  Node *node; // NULL: the value is in `slot`
  int slot;
} Given;

static ArrayOp op_of(int op) {
  switch (op) {
  case OP_ADD: return ARRAY_ADD;
  case OP_SUB: return ARRAY_SUB;
  case OP_MUL: return ARRAY_MUL;
  case OP_DIV: return ARRAY_DIV;
  default: return ARRAY_SET;
  }
}

static void emit_given(ScriptC *c, Span at, Given v) {
  if (v.node) emit_expr(c, v.node);
  else emit(c, at, S_MOVEL, v.slot, 0);
}

static void emit_place(ScriptC *c, Node *n, Node *place, int op, Given v);

static void place_name(ScriptC *c, Node *n, Node *place, int op, Given v) {
  bool signal = sym_is_signal(place->sym);
  if (signal) emit_object(c, place->span, place->sym);
  if (op_of(op) != ARRAY_SET) emit_load(c, place->span, place->sym);
  emit_given(c, n->span, v);
  if (op_of(op) != ARRAY_SET) emit(c, n->span, S_BINARY, op_of(op), 0);
  if (place->sym->type.kind == TY_INT) emit(c, n->span, S_TOINT, 0, 0);
  if (signal) emit(c, n->span, S_SIGSET, 0, 0);
  else emit_store(c, n->span, place->sym);
}

// P.V = v, C.w += v, and the same of elements drawn one by one. The object is on the stack.
static void field_of_top(ScriptC *c, Node *n, Node *member, int op, Given v) {
  int name = pool_name(c, member_path(c, member));
  if (v.node && draws_per_element(v.node)) {
    int drawn = temp_slot(c);
    emit_draw(c, v.node);
    emit(c, n->span, S_STOREL, drawn, 0);
    v = (Given){.slot = drawn};
  }
  if (op_of(op) != ARRAY_SET) {
    emit(c, n->span, S_DUP, 0, 0);
    emit(c, member->span, S_FIELD, name, 0);
  }
  emit_given(c, n->span, v);
  if (op_of(op) != ARRAY_SET) emit(c, n->span, S_BINARY, op_of(op), 0);
  emit(c, n->span, S_SETFIELD, name, 0);
}

static bool is_single(const Node *ix) {
  return ix->kind != N_RANGE && (ix->type.kind == TY_NUM || ix->type.kind == TY_INT || ix->type.kind == TY_BOOL);
}

// C.w[i, j] = v
static void place_pair(ScriptC *c, Node *n, Node *place, int op, Given v) {
  Node *member = place->kid[0];
  int name = pool_name(c, member_path(c, member));
  if (!is_single(place->list[0]) || !is_single(place->list[1])) {
    Diag *e = diag(c->in->diags, E_NOT_SUPPORTED, place->span, "only single synapses [i, j] can be assigned, not parts of the matrix");
    diag_hint(e, "go through them in a loop, or pick synapses by a mask: C.w[C.i == 3] = ...");
    c->failed = true;
  }
  emit_expr(c, member_object(member));
  emit_indices(c, place);
  if (op_of(op) != ARRAY_SET) {
    emit_expr(c, place);
    emit_given(c, n->span, v);
    emit(c, n->span, S_BINARY, op_of(op), 0);
  } else {
    emit_given(c, n->span, v);
  }
  emit(c, n->span, S_SETPAIR, name, 0);
}

// C.w[mask] op= v: the whole column is read, changed and written.
static void place_column(ScriptC *c, Node *n, Node *place, int op, Given v) {
  Node *member = place->kid[0];
  int name = pool_name(c, member_path(c, member));
  emit_expr(c, member_object(member));
  if (v.node && draws_per_element(v.node)) { // for every synapse; those meant are taken
    int drawn = temp_slot(c);
    emit_draw(c, v.node);
    emit_indices(c, place);
    emit(c, n->span, S_INDEX, add_index(c, place), 0);
    emit(c, n->span, S_STOREL, drawn, 0);
    v = (Given){.slot = drawn};
  }
  emit(c, n->span, S_DUP, 0, 0);
  emit(c, member->span, S_FIELD, name, 0);
  emit(c, n->span, S_CONST, pool_int(c, op_of(op)), 0);
  emit_indices(c, place);
  emit_given(c, n->span, v);
  emit(c, place->span, S_SETINDEX, add_index(c, place), 0);
  emit(c, n->span, S_SETFIELD, name, 0);
}

static void place_member_index(ScriptC *c, Node *n, Node *place, int op, Given v) {
  Node *member = place->kid[0], *object = member_object(member);
  if (object->type.kind == TY_POP) { // P.V[0:10] is P[0:10].V
    emit_expr(c, object);
    emit_indices(c, place);
    emit(c, place->span, S_INDEX, add_index(c, place), 0);
    field_of_top(c, n, member, op, v);
  } else if (place->nlist == 2) {
    place_pair(c, n, place, op, v);
  } else {
    place_column(c, n, place, op, v);
  }
}

static void place_index(ScriptC *c, Node *n, Node *place, int op, Given v) {
  Node *base = place->kid[0];
  bool name = base->kind == N_NAME;
  if (base->kind == N_MEMBER) {
    place_member_index(c, n, place, op, v);
    return;
  }
  if (node_is_signal(place)) {
    emit_cell_of(c, place);
    if (op_of(op) != ARRAY_SET) emit_expr(c, place);
    emit_given(c, n->span, v);
    if (op_of(op) != ARRAY_SET) emit(c, n->span, S_BINARY, op_of(op), 0);
    emit(c, n->span, S_SIGSET, 0, 0);
    return;
  }
  if (!name) emit_expr(c, base);
  emit(c, n->span, S_CONST, pool_int(c, op_of(op)), 0);
  emit_indices(c, place);
  emit_given(c, n->span, v);
  int row = add_index(c, place);
  if (name) {
    bool local = base->sym->kind == SYM_FRAME;
    emit(c, place->span, local ? S_SETINDEXL : S_SETINDEXG, row, local ? frame_slot(c, base->sym) : base->sym->slot);
    return;
  }
  int changed = temp_slot(c);
  emit(c, place->span, S_SETINDEX, row, 0);
  emit(c, place->span, S_STOREL, changed, 0);
  emit_place(c, n, base, OP_NONE, (Given){.slot = changed});
}

static void emit_place(ScriptC *c, Node *n, Node *place, int op, Given v) {
  switch ((NodeKind)place->kind) {
  case N_NAME: place_name(c, n, place, op, v); break;
  case N_MEMBER:
    emit_expr(c, member_object(place));
    field_of_top(c, n, place, op, v);
    break;
  case N_INDEX: place_index(c, n, place, op, v); break;
  default: BUG("an assignment to %s", node_kind_name((NodeKind)place->kind));
  }
}

void emit_assign(ScriptC *c, Node *n) { emit_place(c, n, n->kid[0], n->op, (Given){.node = n->kid[1]}); }
