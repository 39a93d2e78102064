// SPDX-License-Identifier: MIT
// Expressions: literals, operators, arrays. Names and members are in check_name.c, calls in check_builtin.c and
// check_func.c. Every check_... sets the type of its node; TY_ERROR means "already reported" and silences what follows.
#include "lang/check_impl.h"

#include <math.h>
#include <string.h>

// ---- kinds of types ----

Type type_error(void) { return type_of(TY_ERROR); }
bool type_known(Type t) { return t.kind != TY_ERROR && t.kind != TY_ANY; }

bool shape_open(const Checker *c, Type t) { return c->cx->func && c->cx->func->general && type_is_number(t); }

// What load() read counts as an array of plain numbers.
static bool file_data(Type t) { return t.kind == TY_TABLE && !t.info; }

bool type_is_array(Type t) { return t.kind == TY_ARRAY || t.kind == TY_REC || file_data(t); }

bool type_numeric(Type t) {
  if (t.kind == TY_ERROR || t.kind == TY_ANY || type_is_number(t) || file_data(t)) return true;
  return type_is_array(t) && t.elem != TY_STR;
}

TypeKind type_elem(Type t) {
  if (file_data(t)) return TY_NUM;
  return type_is_array(t) ? t.elem : t.kind;
}

static int ndim_of(Type t) { return file_data(t) ? -1 : type_is_array(t) ? t.ndim : 0; }

int broadcast_ndim(Type a, Type b) {
  int x = ndim_of(a), y = ndim_of(b);
  if (x < 0 || y < 0) return -1;
  return x > y ? x : y;
}

Type element_type(Type t) {
  if (!type_is_array(t)) return t;
  TypeKind elem = type_elem(t);
  Type e = elem == TY_NUM ? type_num(t.dim, t.unit) : type_of(elem);
  e.anydim = t.anydim;
  return e;
}

static bool open_rank(Type t) { return type_is_array(t) && ndim_of(t) < 0; }

static bool by_elements(const Node *n) {
  if (n->kind == N_CALL) return n->sym && n->sym->kind == SYM_BUILTIN && builtin_by_elements(n->sym);
  return n->kind == N_UNARY || n->kind == N_BINARY || n->kind == N_IN || n->kind == N_IFX;
}

// Where one value is needed and the axes are known only when the script runs: the parts that may be arrays are taken as
// single values, and tested when they are computed.
Type settle(Node *n) {
  if (n->kind == N_ARG) return n->type = settle(n->kid[0]);
  if (!open_rank(n->type)) return n->type;
  if (!by_elements(n))
    n->flags |= NF_SINGLE;
  else {
    for (int k = 0; k < 4; k++)
      if (n->kid[k] && !(n->kind == N_IN && k == 1) && !(n->kind == N_CALL && k == 0)) settle(n->kid[k]);
    for (int k = 0; k < n->nlist; k++)
      if (n->list[k]) settle(n->list[k]);
  }
  return n->type = element_type(n->type);
}

// An array shaped as t (if it is one) of elements `elem`.
Type array_like(Type t, Type elem) {
  if (!type_is_array(t)) return elem;
  Type r = type_array((TypeKind)elem.kind, ndim_of(t), elem.dim, elem.unit);
  r.anydim = elem.anydim;
  return r;
}

// ---- literals ----

static Type check_num(Checker *c, Node *n) {
  if (n->kid[0]) {
    Type t = type_of_unit(c, n->kid[0]);
    if (type_known(t) && t.kind != TY_NUM) return rule_unit_unknown(c, n->kid[0]), type_error();
    return t;
  }
  Type t = type_num(DIM_NONE, NULL);
  t.anydim = n->num == 0 && !(n->flags & NF_PERCENT);
  return t;
}

static Type check_const(Checker *c, Node *n) {
  if (n->op == C_TRUE || n->op == C_FALSE) return type_of(TY_BOOL);
  if (n->kid[0]) return type_of_unit(c, n->kid[0]);
  Type t = type_num(DIM_NONE, NULL);
  t.anydim = n->op != C_PI;
  return t;
}

// [width][.digits][defgx%] of an inserted value.
static bool format_reads(const char *f) {
  if (*f == '+' || *f == '<' || *f == '>' || *f == '^') f++;
  while (*f >= '0' && *f <= '9') f++;
  if (*f == '.') {
    f++;
    if (*f < '0' || *f > '9') return false;
    while (*f >= '0' && *f <= '9') f++;
  }
  if (*f && strchr("defgs%", *f)) f++;
  return *f == 0;
}

Type check_texts(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    Node *part = n->list[k];
    if (part->kind != N_INTERP) continue;
    Type t = check_value(c, part->kid[0]);
    part->type = t;
    if (!part->text) continue;
    if (!format_reads(part->text))
      rule_format(c, part);
    else if (type_known(t) && !type_numeric(t) && !strchr(part->text, 's'))
      rule_wrong_kind(c, part->kid[0], t, "a number to format");
  }
  return type_of(TY_STR);
}

// ---- operators ----

static bool wants_numbers(Checker *c, Node *n, Type t) {
  if (type_numeric(t)) return true;
  rule_wrong_kind(c, n, t, "a number");
  return false;
}

static Type check_mul(Checker *c, Node *n);

static Type mul_operand(Checker *c, Node *n) {
  bool chain = n->kind == N_BINARY && (n->op == OP_MUL || n->op == OP_DIV) && !(n->flags & NF_PAREN);
  return n->type = chain ? check_mul(c, n) : check_expr(c, n);
}

// A product or quotient whose chain was searched for units already.
static Type check_mul(Checker *c, Node *n) {
  Type l = mul_operand(c, n->kid[0]), r = check_expr(c, n->kid[1]);
  bool ok = wants_numbers(c, n->kid[0], l);
  if (!wants_numbers(c, n->kid[1], r) || !ok) return type_error();
  if (l.kind == TY_ERROR || r.kind == TY_ERROR) return type_error();
  if (l.kind == TY_ANY || r.kind == TY_ANY) return type_of(TY_ANY);
  Dim d = n->op == OP_DIV ? dim_div(l.dim, r.dim) : dim_mul(l.dim, r.dim);
  bool ints = n->op == OP_MUL && type_elem(l) == TY_INT && type_elem(r) == TY_INT;
  Type t = ints ? type_of(TY_INT) : type_num(d, product_unit(c, n, l, r));
  if (!type_is_array(l) && !type_is_array(r)) return t;
  return type_array((TypeKind)t.kind, broadcast_ndim(l, r), t.dim, t.unit);
}

static bool is_populations(Type t) { return t.kind == TY_POP || t.kind == TY_POPS; }

static Type sum_of_populations(Checker *c, Node *n, Type l, Type r) {
  if (r.kind == TY_ERROR || l.kind == TY_ERROR) return type_error();
  if (!is_populations(l) || !is_populations(r)) {
    rule_wrong_kind(c, is_populations(l) ? n->kid[1] : n->kid[0], is_populations(l) ? r : l, "a population");
    return type_error();
  }
  Type t = type_of(TY_POP);
  for (int k = 0; k < 2; k++) sum_populations(c, n->kid[k]);
  t.info = l.info == r.info ? l.info : NULL;
  t.ndim = 1;
  return t;
}

// true + true is 2: bools count as whole numbers.
static Type counting(Type t) {
  if (type_elem(t) != TY_BOOL) return t;
  if (type_is_array(t))
    t.elem = TY_INT;
  else
    t.kind = TY_INT;
  return t;
}

static Type check_add(Checker *c, Node *n) {
  Type l = check_expr(c, n->kid[0]), r = check_expr(c, n->kid[1]);
  if (n->op == OP_ADD && (is_populations(l) || is_populations(r))) return sum_of_populations(c, n, l, r);
  if (n->op == OP_ADD && (l.kind == TY_STR || r.kind == TY_STR)) return rule_join_texts(c, n), type_error();
  bool ok = wants_numbers(c, n->kid[0], l);
  if (!wants_numbers(c, n->kid[1], r) || !ok) return type_error();
  const char *what = n->op == OP_ADD ? "cannot add these" : "cannot subtract these";
  if (!same_dimension(c, n, n->kid[0], l, n->kid[1], r, what)) return type_error();
  return merge_numbers(counting(l), counting(r));
}

static Type check_compare(Checker *c, Node *n) {
  Type l = check_expr(c, n->kid[0]), r = check_expr(c, n->kid[1]);
  if (l.kind == TY_ERROR || r.kind == TY_ERROR) return type_of(TY_BOOL); // the result is known all the same
  bool texts = type_elem(l) == TY_STR || type_elem(r) == TY_STR;
  if (texts && (n->op == OP_EQ || n->op == OP_NE)) {
    bool both = (type_elem(l) == TY_STR || l.kind == TY_ANY) && (type_elem(r) == TY_STR || r.kind == TY_ANY);
    if (!both)
      rule_wrong_kind(c, type_elem(l) == TY_STR ? n->kid[1] : n->kid[0], type_elem(l) == TY_STR ? r : l, "a text");
  } else {
    bool ok = wants_numbers(c, n->kid[0], l);
    if (wants_numbers(c, n->kid[1], r) && ok) same_dimension(c, n, n->kid[0], l, n->kid[1], r, "cannot compare these");
  }
  if (!type_is_array(l) && !type_is_array(r)) return type_of(TY_BOOL);
  return type_array(TY_BOOL, broadcast_ndim(l, r), DIM_NONE, NULL);
}

static bool wants_truth(Checker *c, Node *n, Type t) {
  if (type_elem(t) == TY_BOOL || !type_known(t)) return true;
  rule_not_condition(c, n, t);
  return false;
}

static Type check_logic(Checker *c, Node *n) {
  Type l = check_expr(c, n->kid[0]), r = check_expr(c, n->kid[1]);
  wants_truth(c, n->kid[0], l);
  wants_truth(c, n->kid[1], r);
  if (!type_is_array(l) && !type_is_array(r)) return type_of(TY_BOOL);
  return type_array(TY_BOOL, broadcast_ndim(l, r), DIM_NONE, NULL);
}

// A constant exponent as a fraction with a denominator that divides 12.
static bool rational(double x, int *num) {
  double twelfths = x * 12;
  if (!(fabs(twelfths) < 1200) || fabs(twelfths - rint(twelfths)) > 1e-9) return false;
  *num = (int)rint(twelfths);
  return true;
}

static Type power_of_quantity(Checker *c, Node *n, Type l) {
  double x;
  int twelfths;
  Dim d;
  if (!expr_constant(n->kid[1], &x) || !rational(x, &twelfths) || !dim_pow(l.dim, twelfths, 12, &d))
    return rule_exponent(c, n->kid[0], n->kid[1]->span), type_error();
  return array_like(l, type_num(d, twelfths == 12 ? l.unit : power_unit(c, n->kid[0], d, x)));
}

static Type check_pow(Checker *c, Node *n) {
  Type l = check_expr(c, n->kid[0]), r = check_expr(c, n->kid[1]);
  bool ok = wants_numbers(c, n->kid[0], l);
  if (!wants_numbers(c, n->kid[1], r) || !ok) return type_error();
  if (l.kind == TY_ERROR || r.kind == TY_ERROR) return type_error();
  if (r.kind != TY_ANY && !r.anydim && !dim_is_none(r.dim))
    return rule_not_plain(c, n->kid[1], r, "an exponent"), type_error();
  if (l.kind == TY_ANY) return type_of(TY_ANY);
  if (!dim_is_none(l.dim)) return power_of_quantity(c, n, l);
  if (!type_is_array(l) && !type_is_array(r)) return type_num(DIM_NONE, NULL);
  return type_array(TY_NUM, broadcast_ndim(l, r), DIM_NONE, NULL);
}

static Type check_binary(Checker *c, Node *n) {
  switch ((Op)n->op) {
  case OP_MUL:
  case OP_DIV: chain_units(c, n); return check_mul(c, n);
  case OP_ADD:
  case OP_SUB: return check_add(c, n);
  case OP_POW: return check_pow(c, n);
  case OP_AND:
  case OP_OR: return check_logic(c, n);
  default: return check_compare(c, n);
  }
}

static Type check_unary(Checker *c, Node *n) {
  Type t = check_expr(c, n->kid[0]);
  if (n->op == OP_ADD) return n->type; // put there by sum_populations
  if (n->op == OP_NOT) {
    wants_truth(c, n->kid[0], t);
    return type_is_array(t) ? array_like(t, type_of(TY_BOOL)) : type_of(TY_BOOL);
  }
  return wants_numbers(c, n->kid[0], t) ? array_like(t, element_type(counting(t))) : type_error();
}

static Type check_in(Checker *c, Node *n) {
  Type t = check_expr(c, n->kid[0]), u = type_of_unit(c, n->kid[1]);
  if (!wants_numbers(c, n->kid[0], t) || u.kind == TY_ERROR) return type_error();
  if (u.kind != TY_NUM) return rule_unit_unknown(c, n->kid[1]), type_error();
  if (!dims_agree(t, u)) {
    rule_in_unit(c, n, t, u);
    return type_error();
  }
  if (t.kind == TY_ERROR) return t;
  return array_like(t, type_num(DIM_NONE, NULL));
}

static Type check_if(Checker *c, Node *n) {
  Type cond = check_expr(c, n->kid[0]), l = check_expr(c, n->kid[1]), r = check_expr(c, n->kid[2]);
  wants_truth(c, n->kid[0], cond);
  if (!type_known(l)) return r.kind == TY_ANY ? l : r.kind == TY_ERROR || l.kind == TY_ERROR ? type_error() : r;
  if (!type_known(r)) return r.kind == TY_ERROR ? r : l;
  if (type_numeric(l) && type_numeric(r)) {
    if (!same_dimension(c, n, n->kid[1], l, n->kid[2], r, "the two values of an if need one dimension"))
      return type_error();
    Type t = merge_numbers(l, r);
    if (!type_is_array(cond) || type_is_array(t)) return t;
    Type a = array_like(cond, t);
    a.anydim = t.anydim;
    return a;
  }
  if (l.kind != r.kind) return rule_branches(c, n, l, r), type_error();
  return l;
}

// ---- arrays ----

static bool lane_body(const Checker *c) { return c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC; }

// The common type of elements so far and one more; reports what does not fit.
static Type join_element(Checker *c, Node *n, Type so_far, Node *elem, Type t) {
  if (so_far.kind == TY_ERROR || t.kind == TY_ERROR) return type_error();
  if (so_far.kind == TY_NONE) return t;
  if (type_numeric(so_far) && type_numeric(t)) {
    if (type_is_array(so_far) != type_is_array(t) && type_known(so_far) && type_known(t))
      return rule_element(c, elem, t, so_far), type_error();
    if (!same_dimension(c, n, n->list[0], so_far, elem, t, "the elements of an array need one dimension"))
      return type_error();
    return merge_numbers(so_far, t);
  }
  if (so_far.kind != t.kind) return rule_element(c, elem, t, so_far), type_error();
  return so_far;
}

// The array of elements t.
static Type array_of(Type t) {
  if (t.kind == TY_ERROR || t.kind == TY_ANY) return t.kind == TY_ANY ? type_array(TY_NUM, -1, DIM_NONE, NULL) : t;
  if (t.kind == TY_POP || t.kind == TY_PROJ) {
    t.kind = t.kind == TY_POP ? TY_POPS : TY_PROJS;
    return t;
  }
  int nd = ndim_of(t);
  Type a = type_array(type_elem(t), nd < 0 ? -1 : nd + 1, t.dim, t.unit);
  a.anydim = t.anydim;
  return a;
}

static Type check_array(Checker *c, Node *n) {
  if (lane_body(c)) return rule_array_in_body(c, n), type_error();
  Type t = type_of(TY_NONE);
  for (int k = 0; k < n->nlist; k++) t = join_element(c, n, t, n->list[k], check_value(c, n->list[k]));
  if (n->nlist == 0) {
    t = type_num(DIM_NONE, NULL);
    t.anydim = true;
  }
  if (!n->kid[0]) return array_of(t);
  Type u = type_of_unit(c, n->kid[0]);
  if (t.kind == TY_ERROR || u.kind != TY_NUM) return type_error();
  if (!type_numeric(t) || (!t.anydim && !dim_is_none(t.dim))) return rule_unit_twice(c, n, t), type_error();
  Type a = array_of(type_num(u.dim, u.unit));
  if (type_is_array(t)) a.ndim = (int8_t)(t.ndim < 0 ? -1 : t.ndim + 1);
  return a;
}

static Type check_range_value(Checker *c, Node *r) {
  for (int k = 0; k < 2; k++)
    if (r->kid[k])
      check_whole(c, r->kid[k], "a range");
    else
      rule_open_range(c, r);
  r->type = type_array(TY_INT, 1, DIM_NONE, NULL);
  return type_of(TY_INT);
}

static Type value_type(Checker *c, Node *n, Type t) {
  if (t.kind == TY_LIST) return rule_one_of_list(c, n, t), n->type = type_error();
  if (t.kind == TY_NONE) return rule_no_value(c, n), n->type = type_error();
  return t;
}

// What is gone through one by one: also recordings of several circuits.
Type check_collection(Checker *c, Node *n) {
  Type t = check_expr(c, n);
  return t.kind == TY_LIST && !type_is_number(type_one(t)) ? t : value_type(c, n, t);
}

static Type check_comp(Checker *c, Node *n) {
  if (lane_body(c)) return rule_array_in_body(c, n), type_error();
  Type over = n->kid[1]->kind == N_RANGE ? check_range_value(c, n->kid[1]) : check_collection(c, n->kid[1]);
  Type elem = over;
  if (over.kind == TY_TABLE) {
    elem = row_type(c, over);
  } else if (over.kind == TY_POPS || over.kind == TY_PROJS) {
    elem.kind = over.kind == TY_POPS ? TY_POP : TY_PROJ;
    elem.ndim = 1;
  } else if (over.kind == TY_LIST) {
    elem = type_one(over);
  } else if (n->kid[1]->kind != N_RANGE && type_known(over) && !shape_open(c, over)) {
    if (!type_is_array(over)) return rule_wrong_kind(c, n->kid[1], over, "an array or a range a:b"), type_error();
    elem = element_type(over);
    if (over.ndim > 1) elem = type_array(over.elem, over.ndim - 1, over.dim, over.unit);
  }
  Ctx cx;
  ctx_again(c, &cx);
  cx.scope = scope_new(cx.scope, c->a);
  cx.scope->local = true;
  n->sym = declare_var(c, n, n->name, n->name_span, elem);
  Type t = check_value(c, n->kid[0]);
  ctx_leave(c);
  return array_of(t);
}

// ---- indices ----

static int selection_ndim(Checker *c, Node *ix, Type t, int *taken) {
  *taken = 1;
  if (ix->kind == N_RANGE) return 1;
  if (t.kind == TY_ERROR || t.kind == TY_ANY) return t.kind == TY_ANY ? 0 : -1;
  if (type_is_array(t)) {
    if (t.elem == TY_BOOL && t.ndim > 1) *taken = t.ndim;
    return 1;
  }
  (void)c;
  return 0;
}

static Type check_one_index(Checker *c, Node *ix) {
  if (ix->kind == N_RANGE) {
    for (int k = 0; k < 2; k++)
      if (ix->kid[k]) check_whole(c, ix->kid[k], "an index");
    return ix->type = type_array(TY_INT, 1, DIM_NONE, NULL);
  }
  Type t = check_value(c, ix);
  if (t.kind == TY_ERROR || t.kind == TY_ANY) return t;
  if (t.kind == TY_BOOL && shape_open(c, t)) return type_of(TY_ANY);
  if (!type_numeric(t) || !dim_is_none(t.dim) || t.kind == TY_BOOL) return rule_index_kind(c, ix, t), type_error();
  return t;
}

// C.w, C.STDP.A_plus: one value for each synapse.
static bool of_synapses(const Node *n) {
  if (n->kind != N_MEMBER) return false;
  const Node *o = n->kid[0];
  if (o->kind == N_MEMBER && o->type.kind == TY_MODULE && !named(o->name, "pre") && !named(o->name, "post")) o = o->kid[0];
  return o->type.kind == TY_PROJ;
}

static Type index_array(Checker *c, Node *n, Type t) {
  int rank = 0, used = 0;
  bool unknown = ndim_of(t) < 0;
  for (int k = 0; k < n->nlist; k++) {
    int taken;
    Type it = check_one_index(c, n->list[k]);
    if (it.kind == TY_ERROR) unknown = true;
    rank += selection_ndim(c, n->list[k], it, &taken);
    used += taken;
  }
  bool pairs = n->nlist == 2 && of_synapses(n->kid[0]);
  int nd = pairs ? 2 : ndim_of(t);
  if (!unknown && used > nd) return rule_index_count(c, n, nd, used), type_error();
  if (unknown)
    return n->nlist == used && rank == 0 && ndim_of(t) < 0 ? type_array(type_elem(t), -1, t.dim, t.unit)
                                                           : array_like(t, element_type(t));
  rank += nd - used;
  if (rank == 0) return element_type(t);
  Type a = type_array(type_elem(t), rank, t.dim, t.unit);
  a.anydim = t.anydim;
  return a;
}

// E[3], E[0:10], E[[1, 5]], E[where V > -60 mV]; a sheet also P[2, :].
static Type index_population(Checker *c, Node *n, Type t) {
  int rank = 0;
  for (int k = 0; k < n->nlist; k++) {
    Node *ix = n->list[k];
    int taken = 0;
    if (ix->kind == N_WHERE) {
      Ctx cx;
      ctx_enter(c, &cx, CX_WHERE);
      cx.model = t.info;
      cx.scope = lane_scope(c, CX_WHERE, t.info);
      check_condition(c, ix->kid[0], "where");
      ctx_leave(c);
      ix->type = type_of(TY_BOOL);
      rank++;
    } else
      rank += selection_ndim(c, ix, check_one_index(c, ix), &taken);
  }
  if (n->nlist > 1 && n->nlist != t.ndim) return rule_index_count(c, n, t.ndim, n->nlist), type_error();
  t.ndim = rank ? 1 : 0;
  if (n->nlist == 1 && t.ndim == 0 && n->kid[0]->type.ndim > 1) t.ndim = 0; // a sheet counted row by row
  return t;
}

static Type index_list(Checker *c, Node *n, Type t) {
  bool many = false;
  for (int k = 0; k < n->nlist; k++) {
    Type it = check_one_index(c, n->list[k]);
    many |= n->list[k]->kind == N_RANGE || type_is_array(it);
  }
  if (n->nlist != 1) return rule_index_count(c, n, 1, n->nlist), type_error();
  if (t.kind == TY_LIST && many) return rule_one_of_list(c, n, t), type_error();
  if (t.kind == TY_LIST) return type_one(t);
  if (!many) t.kind = t.kind == TY_POPS ? TY_POP : TY_PROJ;
  return t;
}

// One row of a table: its columns without their first axis.
Type row_type(Checker *c, Type table) {
  const TableInfo *t = table.info;
  if (!t) return table;
  TableInfo *row = NEW(c->a, TableInfo);
  *row = (TableInfo){t->names, NEWN(c->a, Type, t->n + 1), t->n};
  for (int k = 0; k < t->n; k++) {
    Type e = element_type(t->types[k]);
    if (type_is_array(t->types[k]) && t->types[k].ndim != 1) e = array_like(t->types[k], e);
    if (type_is_array(e) && e.ndim > 1) e.ndim--;
    row->types[k] = e;
  }
  table.info = row;
  return table;
}

static Type index_table(Checker *c, Node *n, Type t) {
  if (n->nlist != 1) return rule_index_count(c, n, 1, n->nlist), type_error();
  Type it = check_one_index(c, n->list[0]);
  bool one = n->list[0]->kind != N_RANGE && type_known(it) && !type_is_array(it);
  return it.kind == TY_ERROR ? it : one ? row_type(c, t) : t;
}

static Type index_text(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) check_one_index(c, n->list[k]);
  if (n->nlist != 1) return rule_index_count(c, n, 1, n->nlist), type_error();
  return type_of(TY_STR);
}

// A column of what a file gave: it may have several axes, which only the run knows.
static bool of_file(const Node *n) {
  return n->kind == N_MEMBER && n->kid[0] && n->kid[0]->type.kind == TY_TABLE && !n->kid[0]->type.info;
}

static Type index_of_file(Checker *c, Node *n, Type t) {
  bool many = false;
  for (int k = 0; k < n->nlist; k++) {
    Type it = check_one_index(c, n->list[k]);
    many |= n->list[k]->kind == N_RANGE || type_is_array(it);
  }
  t.ndim = -1;
  return many ? t : element_type(t);
}

Type check_index(Checker *c, Node *n) {
  Type t = check_expr(c, n->kid[0]);
  switch ((TypeKind)t.kind) {
  case TY_ERROR:
    for (int k = 0; k < n->nlist; k++)
      if (n->list[k]->kind != N_WHERE) check_one_index(c, n->list[k]);
    return t;
  case TY_POP: return index_population(c, n, t);
  case TY_LIST:
    if (lane_body(c)) return rule_signal_in_body(c, n, n->kid[0]->sym), type_error();
    return index_list(c, n, t);
  case TY_POPS:
  case TY_PROJS: return index_list(c, n, t);
  case TY_ANY:
    for (int k = 0; k < n->nlist; k++) check_one_index(c, n->list[k]);
    return t;
  default: break;
  }
  if (n->nlist && n->list[0]->kind == N_WHERE) return rule_where_index(c, n, t), type_error();
  if (t.kind == TY_TABLE && (t.info || n->nlist == 1)) return index_table(c, n, t); // rows, also of what a file gave
  if (t.kind == TY_STR) return index_text(c, n);
  if (shape_open(c, t)) {
    for (int k = 0; k < n->nlist; k++) check_one_index(c, n->list[k]);
    return t;
  }
  if (!type_is_array(t)) return rule_not_array(c, n, t), type_error();
  return n->nlist > 1 && of_file(n->kid[0]) ? index_of_file(c, n, t) : index_array(c, n, t);
}

// ---- all together ----

static Type dispatch(Checker *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NUM: return check_num(c, n);
  case N_CONST: return check_const(c, n);
  case N_STR: return check_texts(c, n);
  case N_NAME: return check_name(c, n);
  case N_UNIT: { // of a chain
    Unit u, *kept = NEW(c->a, Unit);
    if (!unit_lookup(n->name->text, n->name->n, &u)) return type_error();
    *kept = u;
    return type_num(u.dim, kept);
  }
  case N_UNARY: return check_unary(c, n);
  case N_BINARY: return check_binary(c, n);
  case N_IN: return check_in(c, n);
  case N_IFX: return check_if(c, n);
  case N_CALL: return check_call(c, n);
  case N_MEMBER: return check_member(c, n);
  case N_INDEX: return check_index(c, n);
  case N_ARRAY: return check_array(c, n);
  case N_COMP: return check_comp(c, n);
  case N_PREV: return check_prev(c, n);
  case N_RANGE: rule_range_place(c, n); return type_error();
  case N_SWEEP: check_statement(c, n); return n->type;
  default: return type_error();
  }
}

Type check_expr(Checker *c, Node *n) {
  if (!n) return type_error();
  return n->type = dispatch(c, n);
}

// ---- what is wanted at a place ----

// An array of populations as their sum.
void sum_populations(Checker *c, Node *n) {
  if (n->type.kind != TY_POPS) return;
  Node *all = node_new(N_UNARY, n->span, c->a), *kept = node_new((NodeKind)n->kind, n->span, c->a);
  *kept = *n;
  *all = (Node){.kind = N_UNARY, .op = OP_ADD, .span = n->span, .kid = {kept}, .type = kept->type};
  all->type.kind = TY_POP;
  all->type.ndim = 1;
  *n = *all;
}

Type check_value(Checker *c, Node *n) {
  return value_type(c, n, check_expr(c, n));
}

Type check_condition(Checker *c, Node *n, const char *of) {
  check_expr(c, n);
  Type t = settle(n);
  if (!type_known(t) || t.kind == TY_BOOL) return t;
  if (type_is_array(t) && t.elem == TY_BOOL)
    rule_array_condition(c, n, of);
  else
    rule_not_condition(c, n, t);
  return n->type;
}

Type check_whole(Checker *c, Node *n, const char *what) {
  check_expr(c, n);
  Type t = settle(n);
  if (!type_known(t) || t.kind == TY_INT) return t;
  double x;
  if (t.kind != TY_NUM || !dim_is_none(t.dim)) return rule_not_whole(c, n, t, what), n->type = type_error();
  if (expr_constant(n, &x) && x != floor(x)) return rule_not_whole(c, n, t, what), n->type = type_error();
  return t;
}

Type check_quantity(Checker *c, Node *n, Type want, const char *what, bool arrays) {
  Type t = check_expr(c, n);
  if (!arrays) t = settle(n);
  if (!type_known(t) || !type_known(want)) return t;
  bool fits = type_is_number(t) || (arrays && type_numeric(t));
  if (!fits) return rule_wrong_kind(c, n, t, arrays ? "a number or an array" : "one number"), n->type = type_error();
  if (!dims_agree(t, want)) return rule_quantity(c, n, t, want, what), n->type = type_error();
  return t;
}

Type check_time(Checker *c, Node *n, const char *what) {
  Unit s;
  unit_lookup("s", 1, &s);
  return check_quantity(c, n, type_num(s.dim, NULL), what, false);
}

// ---- properties of checked expressions ----

bool expr_constant(const Node *n, double *v) {
  double l, r;
  if (!n) return false;
  if (n->kind == N_NUM) {
    *v = n->kid[0] ? unit_to_si(n->num, unit_scale(n->kid[0])) : n->num;
    return true;
  }
  if (n->kind == N_UNIT && n->sym == NULL && n->type.kind == TY_NUM) return *v = n->num, true;
  if (n->kind == N_CONST) {
    if (n->op == C_PI) return *v = M_PI, true;
    if (n->op == C_INF) return *v = INFINITY, true;
    return false;
  }
  if (n->kind == N_UNARY && n->op == OP_NEG && expr_constant(n->kid[0], v)) return *v = -*v, true;
  if (n->kind != N_BINARY || !expr_constant(n->kid[0], &l) || !expr_constant(n->kid[1], &r)) return false;
  switch ((Op)n->op) {
  case OP_ADD: *v = l + r; return true;
  case OP_SUB: *v = l - r; return true;
  case OP_MUL: *v = l * r; return true;
  case OP_DIV: *v = l / r; return true;
  case OP_POW: *v = pow(l, r); return true;
  default: return false;
  }
}
