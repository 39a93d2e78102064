// SPDX-License-Identifier: MIT
// Expressions: each leaves its value on the stack. What is constant is computed here.
#include "lang/script_impl.h"

#include <math.h>
#include <string.h>

// ---- constants ----

// A chain that is one quantity as written, such as 1 uF/cm^2: its number and nothing but units.
static const Node *chain_number(const Node *n) {
  if (n->kind == N_NUM) return n->kid[0] ? n : NULL;
  if (n->kind != N_BINARY || (n->op != OP_MUL && n->op != OP_DIV)) return NULL;
  const Node *unit = n->kid[1];
  if (unit->kind == N_BINARY && unit->op == OP_POW) unit = unit->kid[0];
  return unit->kind == N_UNIT ? chain_number(n->kid[0]) : NULL;
}

bool const_number(const Node *n, double *x) {
  if (!type_is_number(n->type) || n->type.kind == TY_BOOL) return false;
  const Node *num = n->type.unit ? chain_number(n) : NULL;
  if (num) {
    *x = unit_to_si(num->num, n->type.unit->scale);
    return true;
  }
  return expr_constant(n, x);
}

static bool emit_constant(ScriptC *c, Node *n) {
  double x;
  if (n->kind == N_CONST && (n->op == C_TRUE || n->op == C_FALSE)) {
    emit(c, n->span, S_CONST, pool_bool(c, n->op == C_TRUE), 0);
    return true;
  }
  if (n->kind == N_CONST && n->op == C_NAN) {
    emit(c, n->span, S_CONST, pool_num(c, NAN), 0);
    return true;
  }
  if (!const_number(n, &x)) return false;
  bool whole = n->type.kind == TY_INT && fabs(x) < 0x1p53;
  emit(c, n->span, S_CONST, whole ? pool_int(c, (int64_t)x) : pool_num(c, x), 0);
  return true;
}

// ---- operators ----

static ArrayOp array_op(Op op) {
  static const ArrayOp of[] = {[OP_ADD] = ARRAY_ADD, [OP_SUB] = ARRAY_SUB, [OP_MUL] = ARRAY_MUL, [OP_DIV] = ARRAY_DIV,
                               [OP_POW] = ARRAY_POW, [OP_LT] = ARRAY_LT, [OP_LE] = ARRAY_LE, [OP_GT] = ARRAY_GT,
                               [OP_GE] = ARRAY_GE, [OP_EQ] = ARRAY_EQ, [OP_NE] = ARRAY_NE, [OP_AND] = ARRAY_AND,
                               [OP_OR] = ARRAY_OR, [OP_NEG] = ARRAY_NEG, [OP_NOT] = ARRAY_NOT};
  return of[op];
}

static bool is_array(Type t) { return t.kind == TY_ARRAY || t.kind == TY_REC || t.kind == TY_ANY; }

// and, or of single truths: the right side only if it matters.
static void emit_logic(ScriptC *c, Node *n) {
  emit_condition(c, n->kid[0]);
  int over = emit(c, n->span, n->op == OP_AND ? S_ELSEF : S_ELSET, 0, 0);
  emit(c, n->span, S_POP, 0, 0);
  emit_condition(c, n->kid[1]);
  patch(c, over);
}

static void emit_binary(ScriptC *c, Node *n) {
  bool logic = n->op == OP_AND || n->op == OP_OR;
  if (logic && !is_array(n->kid[0]->type) && !is_array(n->kid[1]->type)) {
    emit_logic(c, n);
    return;
  }
  emit_expr(c, n->kid[0]);
  emit_expr(c, n->kid[1]);
  emit(c, n->span, S_BINARY, array_op((Op)n->op), 0);
}

void emit_condition(ScriptC *c, Node *n) {
  emit_expr(c, n);
  if (n->type.kind != TY_BOOL || n->kind != N_BINARY) emit(c, n->span, S_BOOL, 0, 0);
}

static void emit_choice(ScriptC *c, Node *n) {
  if (is_array(n->kid[0]->type)) {
    for (int k = 0; k < 3; k++) emit_expr(c, n->kid[k]);
    emit(c, n->span, S_SELECT, 0, 0);
    return;
  }
  emit_condition(c, n->kid[0]);
  int no = emit(c, n->kid[0]->span, S_JUMPF, 0, 0);
  emit_expr(c, n->kid[1]);
  int end = emit(c, n->span, S_JUMP, 0, 0);
  patch(c, no);
  emit_expr(c, n->kid[2]);
  patch(c, end);
}

static void emit_in(ScriptC *c, Node *n) {
  emit_expr(c, n->kid[0]);
  emit(c, n->span, S_INUNIT, pool_format(c, (ScriptFormat){.unit = "", .scale = unit_scale(n->kid[1])}), 0);
}

// ---- text ----

static void emit_part(ScriptC *c, Node *part) {
  if (part->kind == N_STRTEXT) {
    emit(c, part->span, S_CONST, pool_text(c, part->text ? part->text : "", part->textn), 0);
    return;
  }
  Node *value = part->kid[0];
  bool spec = part->text && part->textn;
  emit_expr(c, value);
  if (value->type.kind == TY_STR && !spec) return;
  ScriptFormat f = format_of(c, value->type);
  if (spec) f.spec = arena_strndup(part->text, part->textn, c->a);
  emit(c, part->span, S_TEXT, pool_format(c, f), 0);
}

void emit_text(ScriptC *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) emit_part(c, n->list[k]);
  bool one = n->nlist == 1 && n->list[0]->kind == N_STRTEXT;
  if (!one) emit(c, n->span, S_JOIN, n->nlist, 0);
}

// ---- arrays ----

// An array literal of numbers alone becomes a constant.
static bool constant_array(ScriptC *c, Node *n) {
  double scale = n->kid[0] ? unit_scale(n->kid[0]) : 1, x;
  if (n->nlist == 0) return false;
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k]->type.kind == TY_BOOL || !const_number(n->list[k], &x)) return false;
  Array *a = array_new1(n->type.elem == TY_INT ? VAL_INT : VAL_NUM, n->nlist);
  if (!a) return false;
  for (int k = 0; k < n->nlist; k++) {
    const_number(n->list[k], &x);
    a->data[k] = n->kid[0] ? unit_to_si(x, scale) : x;
  }
  emit(c, n->span, S_CONST, pool_value(c, value_obj(a)), 0);
  return true;
}

static void emit_array(ScriptC *c, Node *n) {
  if (constant_array(c, n)) return;
  for (int k = 0; k < n->nlist; k++) emit_expr(c, n->list[k]);
  emit(c, n->span, S_STACK, n->nlist, 0);
  if (n->kid[0]) emit(c, n->span, S_OFUNIT, pool_format(c, (ScriptFormat){.unit = "", .scale = unit_scale(n->kid[0])}), 0);
}

static void loop_range(ScriptC *c, Node *range, const Sym *var, Span at, LoopBody body, void *ctx) {
  for (int k = 0; k < 2; k++) {
    if (range->kid[k]) emit_expr(c, range->kid[k]);
    else emit(c, range->span, S_CONST, pool_int(c, 0), 0);
  }
  emit(c, range->span, S_FORRANGE, 0, 0);
  int next = here(c);
  int end = emit(c, range->span, S_NEXTRANGE, 0, 0);
  emit_store(c, at, var);
  body(c, ctx);
  emit(c, at, S_JUMP, next, 0);
  patch(c, end);
}

void emit_loop(ScriptC *c, Node *over, const Sym *var, Span at, LoopBody body, void *ctx) {
  if (over->kind == N_RANGE) {
    loop_range(c, over, var, at, body, ctx);
    return;
  }
  emit_expr(c, over);
  emit(c, over->span, S_FOREACH, 0, 0);
  int next = here(c);
  int end = emit(c, over->span, S_NEXTEACH, 0, 0);
  emit_store(c, at, var);
  body(c, ctx);
  emit(c, at, S_JUMP, next, 0);
  patch(c, end);
}

// [list, iterator ...]: the list lies below what the loop keeps on the stack, so it waits in a variable.
typedef struct Comprehension {
  Node *n;
  int list;
} Comprehension;

static void comprehension_body(ScriptC *c, void *ctx) {
  Comprehension *s = ctx;
  emit(c, s->n->span, S_MOVEL, s->list, 0);
  emit_expr(c, s->n->kid[0]);
  emit(c, s->n->span, S_ADDTO, 0, 0);
  emit(c, s->n->span, S_STOREL, s->list, 0);
}

static void emit_comprehension(ScriptC *c, Node *n) {
  Comprehension s = {n, temp_slot(c)};
  emit(c, n->span, S_LIST, 0, 0);
  emit(c, n->span, S_STOREL, s.list, 0);
  emit_loop(c, n->kid[1], n->sym, n->span, comprehension_body, &s);
  emit(c, n->span, S_MOVEL, s.list, 0);
  emit(c, n->span, S_ENDLIST, 0, 0);
}

// ---- calls ----

static Node *arg_value(Node *arg) { return arg ? arg->kind == N_ARG ? arg->kid[0] : arg : NULL; }

static bool is_builtin(const Node *call, BuiltinId id) {
  return call->sym && call->sym->kind == SYM_BUILTIN && call->sym->index == (int)id;
}

static const char *column_name(const Node *arg) {
  if (arg->name) return arg->name->text;
  const Node *v = arg->kid[0];
  return v && (v->kind == N_NAME || v->kind == N_MEMBER) && v->name ? v->name->text : "";
}

static void table_columns(ScriptC *c, Node *call, ScriptCall *row) {
  const char **names = NEWN(c->a, const char *, call->nlist + 1);
  ScriptFormat *formats = NEWN(c->a, ScriptFormat, call->nlist + 1);
  for (int k = 0; k < call->nlist; k++) {
    names[k] = keep_text(c, column_name(call->list[k]));
    formats[k] = format_of(c, call->list[k]->type);
  }
  row->names = names;
  row->formats = formats;
}

static void emit_builtin(ScriptC *c, Node *n) {
  ScriptCall row = {.builtin = n->sym->index, .nargs = n->nlist};
  Span *spans = NEWN(c->a, Span, n->nlist + 1);
  for (int k = 0; k < n->nlist; k++) {
    Node *v = arg_value(n->list[k]);
    spans[k] = v ? v->span : n->span;
    if (v) emit_expr(c, v);
    else emit(c, n->span, S_NONE, 0, 0);
  }
  row.spans = spans;
  if (is_builtin(n, BUILTIN_table)) table_columns(c, n, &row);
  vec_push(&c->p->call, row);
  emit(c, n->span, S_BUILTIN, c->p->call.n - 1, 0);
}

// matrix(C.w): of a projection itself; of anything else the function sees to it.
static bool emit_matrix(ScriptC *c, Node *n) {
  Node *of = n->nlist ? arg_value(n->list[0]) : NULL;
  if (!of || of->kind != N_MEMBER || member_object(of)->type.kind != TY_PROJ) return false;
  emit_expr(c, member_object(of));
  emit(c, n->span, S_MATRIX, pool_name(c, member_path(c, of)), 0);
  return true;
}

static void emit_call(ScriptC *c, Node *n) {
  const Sym *f = n->sym;
  if (f && f->kind == SYM_BUILTIN) {
    if (is_builtin(n, BUILTIN_matrix) && emit_matrix(c, n)) return;
    emit_builtin(c, n);
    return;
  }
  if (f && f->kind == SYM_FUNC) {
    for (int k = 0; k < n->nlist; k++) emit_expr(c, arg_value(n->list[k]));
    emit(c, n->span, S_CALL, compile_function(c, f->decl), 0);
    return;
  }
  if (native_of(f)) {
    emit_native_call(c, n, native_of(f));
    return;
  }
  emit_expr(c, n->kid[0]);
  emit_expr(c, arg_value(n->list[0]));
  emit(c, n->span, S_SAMPLE, 0, 0);
}

// A draw that would be one number in a script: in P.V = normal(...) it is drawn for each neuron.
bool draws_per_element(const Node *n) {
  if (!n) return false;
  if (n->kind == N_CALL && n->sym && n->sym->kind == SYM_BUILTIN && n->type.kind != TY_ARRAY) {
    unsigned flags = BUILTINS[n->sym->index].flags;
    if (flags & BUILTIN_RAND && flags & (BUILTIN_ELEM | BUILTIN_LANE)) return true;
  }
  if (n->kind == N_CALL && n->sym && n->sym->kind == SYM_FUNC) return false;
  for (int k = 0; k < 4; k++)
    if (draws_per_element(n->kid[k])) return true;
  for (int k = 0; k < n->nlist; k++)
    if (draws_per_element(n->list[k])) return true;
  return false;
}

// ---- all together ----

static void emit_any(ScriptC *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NAME: emit_load(c, n->span, n->sym); break;
  case N_UNIT: emit(c, n->span, S_CONST, pool_num(c, n->type.unit ? n->type.unit->scale : n->num), 0); break;
  case N_STR: emit_text(c, n); break;
  case N_UNARY:
    emit_expr(c, n->kid[0]);
    if (n->op == OP_ADD) emit(c, n->span, S_SUM, 0, 0);
    else emit(c, n->span, S_UNARY, array_op((Op)n->op), 0);
    break;
  case N_BINARY: emit_binary(c, n); break;
  case N_IN: emit_in(c, n); break;
  case N_IFX: emit_choice(c, n); break;
  case N_CALL: emit_call(c, n); break;
  case N_MEMBER: emit_member(c, n); break;
  case N_INDEX: emit_index(c, n); break;
  case N_ARRAY: emit_array(c, n); break;
  case N_COMP: emit_comprehension(c, n); break;
  case N_SWEEP: emit_sweep(c, n); break;
  case N_RANGE:
    emit_expr(c, n->kid[0]);
    emit_expr(c, n->kid[1]);
    emit(c, n->span, S_RANGE, 0, 0);
    break;
  default: BUG("an expression of kind %s in a script", node_kind_name((NodeKind)n->kind));
  }
}

void emit_expr(ScriptC *c, Node *n) {
  if (emit_constant(c, n)) return;
  emit_any(c, n);
  if (n->flags & NF_SINGLE) emit(c, n->span, S_SINGLE, 0, 0);
}
