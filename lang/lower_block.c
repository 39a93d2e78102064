// SPDX-License-Identifier: MIT
// Handlers and bodies of functions: statements one after the other, conditions as masks. An assignment under a mask is a
// select of new and old value, so the code stays straight; `return` narrows the mask of what follows.
#include "lang/lower_impl.h"

#include <math.h>

enum { MAX_UNROLLED = 1024 };

static IrVal mask_and(Env *e, IrVal a, IrVal b) {
  if (!a) return b;
  return b ? ir_op2(e->ir, IR_AND, a, b) : a;
}

IrVal env_live(Env *e) {
  return e->done ? mask_and(e, e->active, ir_op1(e->ir, IR_NOT, e->done)) : e->active;
}

static IrVal masked(Env *e, IrVal now, IrVal old) {
  IrVal m = env_live(e);
  if (!m || !old) return now;
  if (ir_is_mask(e->ir, now) != ir_is_mask(e->ir, old)) now = to_num(e, now), old = to_num(e, old);
  return ir_select(e->ir, m, now, old);
}

void view_assign(Env *e, View *v, const Sym *s, IrVal value) {
  if (s->kind == SYM_WEIGHT && v->host) v = v->host, s = v->model->weight;
  IrVal old = env_live(e) ? view_read(e, v, s, s->decl) : 0;
  v->value[s->index] = masked(e, to_num(e, value), old ? to_num(e, old) : 0);
  v->dirty[s->index] = true;
  env_forget_lets(e);
}

static IrVal combine(Env *e, Op op, IrVal old, IrVal rhs) {
  switch (op) {
  case OP_ADD: return ir_op2(e->ir, IR_ADD, old, rhs);
  case OP_SUB: return ir_op2(e->ir, IR_SUB, old, rhs);
  case OP_MUL: return ir_op2(e->ir, IR_MUL, old, rhs);
  case OP_DIV: return ir_op2(e->ir, IR_DIV, old, rhs);
  default: return rhs;
  }
}

static void assign_local(Env *e, const Node *n, const Sym *s) {
  int k = e->locals.n - 1;
  while (k >= e->scope && e->locals.data[k].sym != s) k--;
  if (k < e->scope) {
    env_error(e, E_NOT_SUPPORTED, n, "%s cannot be assigned here", s->name->text);
    return;
  }
  IrVal rhs = lower_expr(e, n->kid[1]), old = e->locals.data[k].v;
  if (n->op != OP_NONE && n->op != OP_DRAW) rhs = combine(e, (Op)n->op, to_num(e, old), to_num(e, rhs));
  e->locals.data[k].v = masked(e, rhs, old);
}

static void assign_variable(Env *e, const Node *n, const Sym *s) {
  View *v = view_of(e, n->kid[0], s);
  if (!v) {
    env_error(e, E_NOT_SUPPORTED, n, "%s cannot be assigned here", s->name->text);
    return;
  }
  double scale = scaled_of(e, s->type.dim, n->kid[0]);
  bool scales = n->op != OP_MUL && n->op != OP_DIV && scale != 1;
  IrVal rhs = lower_num(e, n->kid[1]);
  if (scales) rhs = ir_op2(e->ir, IR_MUL, rhs, ir_const(e->ir, scale));
  if (v->ops->assign && v->ops->assign(e, v, s, (Op)n->op, rhs, n)) return;
  if (n->op != OP_NONE && n->op != OP_DRAW) rhs = combine(e, (Op)n->op, to_num(e, view_read(e, v, s, n)), rhs);
  view_assign(e, v, s, rhs);
}

static void lower_assign(Env *e, const Node *n) {
  const Node *place = n->kid[0];
  const Sym *s = place->sym;
  if (!s || place->kind == N_INDEX) env_error(e, E_NOT_SUPPORTED, place, "this cannot be assigned in code of neurons");
  else if (s->kind == SYM_LOCAL || (s->kind == SYM_FRAME && e->depth)) assign_local(e, n, s);
  else if (s->model) assign_variable(e, n, s);
  else env_error(e, E_NOT_SUPPORTED, place, "variables of the script cannot be changed in code of neurons");
}

static void under_mask(Env *e, IrVal mask, const Node *body) {
  IrVal active = e->active;
  e->active = mask_and(e, active, mask);
  if (body->kind == N_BLOCK) lower_block(e, body);
  else lower_statement(e, body);
  e->active = active;
}

static void lower_if(Env *e, const Node *n) {
  IrVal c = lower_mask(e, n->kid[0]);
  under_mask(e, c, n->kid[1]);
  if (n->kid[2]) under_mask(e, ir_op1(e->ir, IR_NOT, c), n->kid[2]);
}

static void lower_return(Env *e, const Node *n) {
  if (!n->kid[0]) {
    env_error(e, E_NOT_SUPPORTED, n, "a function used in code of neurons must return a value");
    return;
  }
  IrVal v = lower_expr(e, n->kid[0]), m = env_live(e);
  e->result = e->result ? masked(e, v, e->result) : v;
  IrVal now = m ? m : ir_bool(e->ir, true);
  e->done = e->done ? ir_op2(e->ir, IR_OR, e->done, now) : now;
}

static bool whole_constant(Env *e, const Node *n, double if_none, double *x) {
  if (!n) return *x = if_none, true;
  return ir_is_const(e->ir, lower_num(e, n), x);
}

// Loops over constant ranges are written out.
static void lower_for(Env *e, const Node *n) {
  double lo = 0, hi = 0;
  const Node *r = n->kid[0];
  if (r->kind != N_RANGE || !whole_constant(e, r->kid[0], 0, &lo) || !r->kid[1] || !whole_constant(e, r->kid[1], 0, &hi) ||
      hi - lo > MAX_UNROLLED) {
    Diag *d = env_error(e, E_NOT_SUPPORTED, n, "a loop in code of neurons must run over a range of constant numbers");
    diag_hint(d, "for k in 0:8 { ... } can stand here, at most %d passes", MAX_UNROLLED);
    return;
  }
  int first = e->locals.n;
  uint32_t path = e->path;
  vec_push(&e->locals, (LocalVar){.sym = n->sym});
  for (double k = lo; k < hi && !e->failed; k++) {
    e->locals.data[first].v = ir_const(e->ir, k);
    e->path = stream_hash(path, (uint32_t)k + 1);
    lower_block(e, n->kid[2]);
  }
  e->path = path;
  e->locals.n = first;
}

void lower_statement(Env *e, const Node *s) {
  if (e->skip && e->skip(e, s)) return;
  ir_span(e->ir, s->span);
  switch ((NodeKind)s->kind) {
  case N_ASSIGN: lower_assign(e, s); return;
  case N_IF: lower_if(e, s); return;
  case N_LET: {
    IrVal v = lower_expr(e, s->kid[0]);
    vec_push(&e->locals, (LocalVar){.sym = s->sym, .v = v});
    return;
  }
  case N_BLOCK: lower_block(e, s); return;
  case N_FOR: lower_for(e, s); return;
  case N_RETURN: lower_return(e, s); return;
  case N_SCALED: {
    const Node *scaled = e->scaled;
    e->scaled = s;
    for (int k = 0; k < s->nlist; k++) lower_statement(e, s->list[k]);
    e->scaled = scaled;
    return;
  }
  case N_EXPRSTMT: lower_expr(e, s->kid[0]); return; // an impure call
  default: env_error(e, E_NOT_SUPPORTED, s, "this statement cannot stand in code of neurons");
  }
}

void lower_block(Env *e, const Node *block) {
  int first = e->locals.n;
  for (int k = 0; k < block->nlist && !e->failed; k++) lower_statement(e, block->list[k]);
  e->locals.n = first;
}
