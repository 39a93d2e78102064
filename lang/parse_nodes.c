// SPDX-License-Identifier: MIT
// Builders of nodes for the grammar. See parse_state.h.
#include "lang/parse_state.h"

#include <math.h>
#include <string.h>

// ---- lists ----

Items *items_new(Parser *ps) { return NEW(ps->a, Items); }

Items *items_add(Parser *ps, Items *l, Node *n) {
  if (l->n == l->cap) {
    l->cap = l->cap ? 2 * l->cap : 4;
    Node **data = NEWN(ps->a, Node *, l->cap);
    if (l->n) memcpy(data, l->data, sizeof *data * (size_t)l->n);
    l->data = data;
  }
  l->data[l->n++] = n;
  return l;
}

Items *items_one(Parser *ps, Node *n) { return items_add(ps, items_new(ps), n); }

Items *items_join(Parser *ps, Items *l, const Items *more) {
  for (int k = 0; k < more->n; k++) items_add(ps, l, more->data[k]);
  return l;
}

// ---- nodes ----

static void deepen(Parser *ps, Node *n, const Node *kid) {
  if (kid && kid->depth >= n->depth) n->depth = kid->depth + 1;
  if (n->depth >= AST_DEPTH) parse_too_deep(ps, n->span);
}

Node *mk(Parser *ps, NodeKind kind, Span span, Node *k0, Node *k1, Node *k2, Node *k3) {
  Node *n = node_new(kind, span, ps->a);
  with_kid(ps, n, 0, k0);
  with_kid(ps, n, 1, k1);
  with_kid(ps, n, 2, k2);
  return with_kid(ps, n, 3, k3);
}

Node *with_kid(Parser *ps, Node *n, int k, Node *kid) {
  n->kid[k] = kid;
  deepen(ps, n, kid);
  return n;
}

Node *with_op(Node *n, int op) {
  n->op = (uint8_t)op;
  return n;
}

Node *with_name(Node *n, Atom name, Span span) {
  n->name = name;
  n->name_span = span;
  return n;
}

Node *with_flags(Node *n, int flags) {
  n->flags |= (uint8_t)flags;
  return n;
}

static Node **settle(Parser *ps, Node *n, const Items *l, int *count) {
  *count = l ? l->n : 0;
  for (int k = 0; k < *count; k++) deepen(ps, n, l->data[k]);
  return *count ? l->data : NULL;
}

Node *with_list(Parser *ps, Node *n, const Items *l) {
  n->list = settle(ps, n, l, &n->nlist);
  return n;
}

Node *with_list2(Parser *ps, Node *n, const Items *l) {
  n->list2 = settle(ps, n, l, &n->nlist2);
  return n;
}

void take_list(Parser *ps, Node *n, const Node *from) {
  n->list = from->list;
  n->nlist = from->nlist;
  if (from->depth > n->depth) n->depth = from->depth;
  (void)ps;
}

void plain_text(Parser *ps, Node *n, const Node *str) {
  n->text = "";
  for (int k = 0; k < str->nlist; k++) {
    const Node *part = str->list[k];
    if (part->kind == N_STRTEXT) {
      n->text = part->text;
      n->textn = part->textn;
      continue;
    }
    Diag *e = parse_fault(ps, E_PLAIN_STRING, part->span, "no value can be inserted in this string");
    diag_hint(e, "write the text itself; for a { write \\{");
    return;
  }
}

// ---- documentation ----

Node *with_doc(Node *n, const char *doc) {
  if (doc && !n->doc) n->doc = doc;
  return n;
}

// Only of what has documentation: a remark behind an equation or a statement is none.
void trail_doc(Node *n, const Tok *sep) {
  switch ((NodeKind)n->kind) {
  case N_NEURON: case N_SYNAPSE: case N_RULE: case N_NETWORK: case N_FUNCTION: case N_NATIVE: case N_NATIVEFN:
  case N_EVENT: case N_POPULATION: case N_CONNECT: with_doc(n, sep->trail); break;
  default: break;
  }
}

void items_doc(Items *l, const char *above) {
  for (int k = 0; k < l->n; k++) with_doc(l->data[k], above);
}

void items_trail(Items *l, const char *behind) {
  if (l->n) with_doc(l->data[l->n - 1], behind);
}

// ---- expressions ----

Node *mk_name(Parser *ps, const Tok *t, Span span) {
  return with_name(node_new(N_NAME, span, ps->a), t->name, span);
}

Node *mk_number(Parser *ps, const Tok *t, Span span, Node *unit) {
  Node *n = mk(ps, N_NUM, span, unit, NULL, NULL, NULL);
  n->num = t->num;
  return with_flags(n, t->flags);
}

Node *mk_binary(Parser *ps, Op op, Span span, Node *a, Node *b) {
  return with_op(mk(ps, N_BINARY, span, a, b, NULL, NULL), op);
}

Node *mk_unary(Parser *ps, Op op, Span span, Node *a) {
  return with_op(mk(ps, N_UNARY, span, a, NULL, NULL, NULL), op);
}

Node *mk_call(Parser *ps, Span span, Node *f, const Items *args) {
  if (f->kind != N_NAME && f->kind != N_MEMBER && f->kind != N_INDEX) {
    Diag *e = parse_fault(ps, E_CALL, f->span, "only a name can be called");
    diag_hint(e, f->kind == N_CALL ? "give the result a name first: let f = ..." : "for a product write * before the (");
  }
  return with_list(ps, mk(ps, N_CALL, span, f, NULL, NULL, NULL), args);
}

static bool begins_line(const Parser *ps, Span span) {
  const char *text = sources_get(ps->sources, span.file)->text, *p = text + span.lo;
  while (p > text && (p[-1] == ' ' || p[-1] == '\t')) p--;
  return p > text && p[-1] == '\n';
}

// A value as a statement. In a file, one that begins with a minus was meant to go on with the line above.
Node *mk_expr_statement(Parser *ps, Span span, Node *value) {
  const Node *first = value;
  while (!(first->flags & NF_PAREN) && (first->kind == N_BINARY || first->kind == N_IN)) first = first->kid[0];
  bool minus = first->kind == N_UNARY && first->op == OP_NEG && !(first->flags & NF_PAREN);
  if (minus && !ps->prompt && begins_line(ps, span)) {
    Diag *e = parse_fault(ps, E_MINUS_LINE, first->span, "a line that begins with - is a statement of its own, and this one "
                                                         "does nothing");
    diag_hint(e, "if it goes on with the line above, put the - at the end of that line");
  }
  return mk(ps, N_EXPRSTMT, span, value, NULL, NULL, NULL);
}

Node *mk_assign(Parser *ps, Op op, Span span, Node *place, Node *value) {
  NodeKind k = (NodeKind)place->kind;
  if (k != N_NAME && k != N_MEMBER && k != N_INDEX)
    parse_fault(ps, E_ASSIGN_PLACE, place->span, "nothing can be assigned to this: a name, a member or an element stands "
                                                 "on the left side");
  return with_op(mk(ps, N_ASSIGN, span, place, value, NULL, NULL), op);
}

// ---- units ----

Node *mk_unit(Parser *ps, Atom name, Span span, double exponent) {
  Node *n = with_name(node_new(N_UNIT, span, ps->a), name, span);
  n->num = exponent;
  return n;
}

Node *mk_unit_one(Parser *ps, const Tok *t, Span span) {
  if (t->num != 1 || t->flags != NF_INT || span.hi - span.lo > 1) {
    Diag *e = parse_fault(ps, E_UNIT_NUMBER, span, "a unit stands here, and no other number than 1");
    diag_hint(e, "write a unit such as mV or 1/ms, or 1 for a plain number");
  }
  return node_new(N_UNITONE, span, ps->a);
}

Tok mk_exponent(Parser *ps, int sign, const Tok *num, const Tok *den, Span span) {
  double d = den ? den->num : 1, e = num->num / d;
  bool whole = (num->flags & NF_INT) && (!den || (den->flags & NF_INT));
  if (!whole || d < 1 || d > 12 || e > 100 || fabs(e * 12 - nearbyint(e * 12)) > 1e-9) {
    Diag *f = parse_fault(ps, E_UNIT_EXPONENT, span, "the exponent of a unit is a whole number, or a fraction in brackets");
    diag_hint(f, "write ^2, ^-1 or ^(1/2)");
    e = 1;
  }
  return (Tok){.num = sign * e};
}

// ---- declarations ----

Node *mk_var(Parser *ps, Span span, const Tok *name, Span name_span, Node *unit, Node *value, Op op) {
  Node *n = with_name(mk(ps, N_PARAM, span, value, unit, NULL, NULL), name->name, name_span);
  ps->trail = name->trail;
  return with_op(with_doc(n, name->doc), op);
}

Items *items_kind(Items *l, NodeKind kind, Place place) {
  for (int k = 0; k < l->n; k++) {
    l->data[k]->kind = (uint8_t)kind;
    l->data[k]->place = (uint8_t)place;
  }
  return l;
}

Items *items_vars(Parser *ps, Items *parts, Items *vars, const Tok *word, const Tok *sep) {
  items_trail(vars, sep->trail);
  items_doc(vars, word->doc);
  return items_join(ps, parts, vars);
}

void items_const(Items *l) {
  for (int k = 0; k < l->n; k++) with_flags(l->data[k], NF_CONST);
}

// The list of a file may be long: its capacity is in place, its room reserved by doubling.
void file_add(Parser *ps, Node *n, const Tok *sep) {
  if (sep) trail_doc(n, sep);
  items_add(ps, ps->top, n);
}

void file_join(Parser *ps, const Items *l, int flags) {
  for (int k = 0; k < l->n; k++) items_add(ps, ps->top, with_flags(l->data[k], flags));
}

// ---- clauses of connect and population ----

static Clauses *clauses(Parser *ps, Clauses *c) { return c ? c : NEW(ps->a, Clauses); }

static void once(Parser *ps, bool again, Span span, const char *what) {
  if (again) parse_fault(ps, E_CLAUSE_TWICE, span, "%s stands twice in this statement", what);
}

Clauses *clause_via(Parser *ps, Clauses *c, Node *via) {
  c = clauses(ps, c);
  once(ps, c->via, via->span, "`via`");
  c->via = via;
  c->learn_before_via = c->learn ? c->learn->n : 0;
  return c;
}

Clauses *clause_pattern(Parser *ps, Clauses *c, Node *pattern) {
  c = clauses(ps, c);
  once(ps, c->pattern, pattern->span, "which pairs are connected");
  c->pattern = pattern;
  return c;
}

Clauses *clause_sharing(Parser *ps, Clauses *c, Node *what, int transposed, Span span) {
  c = clauses(ps, c);
  once(ps, c->sharing, span, "`sharing`");
  c->sharing = what;
  c->transposed = transposed;
  return c;
}

Clauses *clause_block(Parser *ps, Clauses *c, Items *binds, Span span) {
  c = clauses(ps, c);
  once(ps, c->binds, span, "the block of values");
  c->binds = binds;
  return c;
}

Clauses *clause_learn(Parser *ps, Clauses *c, Items *rules) {
  c = clauses(ps, c);
  c->learn = c->learn ? items_join(ps, c->learn, rules) : rules;
  return c;
}

Node *pattern_where(Parser *ps, Node *pattern, Node *cond, Span span) {
  once(ps, pattern->kid[1], span, "`where`");
  return with_kid(ps, pattern, 1, cond);
}

static Node *with_clauses(Parser *ps, Node *n, const Clauses *c) {
  if (!c) return n;
  with_list(ps, n, c->binds);
  n->list3 = settle(ps, n, c->learn, &n->nlist3);
  return n;
}

Node *mk_connect(Parser *ps, Span span, Node *from, Node *to, const Clauses *c) {
  Node *n = with_clauses(ps, mk(ps, N_CONNECT, span, from, to, c ? c->via : NULL, c ? c->pattern : NULL), c);
  if (!c) return n;
  if (c->sharing) with_list2(ps, n, items_one(ps, c->sharing));
  if (c->transposed) with_flags(n, NF_TRANSPOSED);
  return with_op(n, c->learn_before_via > 255 ? 255 : c->learn_before_via);
}

Node *mk_population(Parser *ps, Span span, const Tok *name, Span name_span, Node *neuron, Items *sizes,
                    const Clauses *c) {
  Node *n = with_name(mk(ps, N_POPULATION, span, neuron, NULL, NULL, NULL), name->name, name_span);
  return with_clauses(ps, with_list2(ps, n, sizes), c);
}
