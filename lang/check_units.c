// SPDX-License-Identifier: MIT
// Units: the chains in which a name is a unit (1 uF/cm^2), whether two sides agree, and which factor is missing.
//
// A chain is a run of factors joined by * and / without parentheses: f0 op f1 op f2 ... Read from the left, a number with
// a unit opens a run in which names of units are units; a bare number opens one if '/' follows (0.1/mV). Any other factor
// ends the run. Where '/' stood before the number that opened it, `x / 5 mV/ms` has two readings and is refused.
#include "lang/check_impl.h"

#include "base/str.h"

#include <math.h>
#include <string.h>

// ---- units as written after ':' and 'in' ----

static bool lookup_unit(Checker *c, Atom name, Unit *u) {
  (void)c;
  return unit_lookup(name->text, name->n, u);
}

double unit_scale(const Node *unit) {
  Unit u;
  if (!unit) return 1;
  switch (unit->kind) {
  case N_UNIT: return unit_lookup(unit->name->text, unit->name->n, &u) ? pow(u.scale, unit->num) : 1;
  case N_UNITOP: {
    double l = unit_scale(unit->kid[0]), r = unit_scale(unit->kid[1]);
    return unit->op == OP_DIV ? l / r : l * r;
  }
  default: return 1;
  }
}

static bool power_dim(Dim d, double exponent, Dim *out) {
  double twelfths = exponent * 12;
  if (!(fabs(twelfths) < 12000) || fabs(twelfths - rint(twelfths)) > 1e-6) return false;
  return dim_pow(d, (int)rint(twelfths), 12, out);
}

static bool unit_dim(const Node *unit, Dim *d) {
  Unit u;
  Dim l, r;
  switch (unit->kind) {
  case N_UNIT: return unit->name && unit_lookup(unit->name->text, unit->name->n, &u) && power_dim(u.dim, unit->num, d);
  case N_UNITOP:
    if (!unit_dim(unit->kid[0], &l) || !unit_dim(unit->kid[1], &r)) return false;
    *d = unit->op == OP_DIV ? dim_div(l, r) : dim_mul(l, r);
    return true;
  case N_UNITONE: *d = DIM_NONE; return true;
  default: return false;
  }
}

static void unit_spell(const Node *unit, Str *s) {
  switch (unit->kind) {
  case N_UNIT:
    str_add(s, unit->name->text);
    unit_add_exponent(s, unit->num);
    return;
  case N_UNITOP: {
    bool paren = unit->op == OP_DIV && unit->kid[1]->kind == N_UNITOP;
    unit_spell(unit->kid[0], s);
    str_addc(s, unit->op == OP_DIV ? '/' : '*');
    if (paren) str_addc(s, '(');
    unit_spell(unit->kid[1], s);
    if (paren) str_addc(s, ')');
    return;
  }
  default: str_addc(s, '1');
  }
}

const Unit *unit_of_node(const Node *unit, Arena *a) {
  Dim d;
  if (!unit || !unit_dim(unit, &d)) return NULL;
  Unit *u = NEW(a, Unit);
  *u = (Unit){"", d, unit_scale(unit)};
  if (unit->kind == N_UNITONE) return u;
  Str s = {0};
  unit_spell(unit, &s);
  u->text = arena_strndup(s.data, s.n, a);
  str_free(&s);
  return u;
}

// Reports the unit in the tree that is none.
static bool units_known(Checker *c, Node *unit) {
  Unit u;
  Dim d;
  switch (unit->kind) {
  case N_UNIT:
    if (!lookup_unit(c, unit->name, &u)) return rule_unit_unknown(c, unit), false;
    if (!power_dim(u.dim, unit->num, &d)) return rule_exponent(c, unit, unit->span), false;
    return true;
  case N_UNITOP: {
    bool l = units_known(c, unit->kid[0]);
    return units_known(c, unit->kid[1]) && l;
  }
  default: return true;
  }
}

static Type like_type(Checker *c, Node *unit) {
  Sym *v = scope_find(c->cx->scope, unit->name, false, NULL);
  if (!v) {
    rule_unknown_name(c, unit, unit->name);
    return type_error();
  }
  unit->sym = v;
  if (v->model) resolve_var(c, v);
  Type t = v->type;
  if (t.kind == TY_ERROR || t.kind == TY_ANY) return t;
  if (!type_numeric(t)) {
    rule_wrong_kind(c, unit, t, "the name of a quantity");
    return type_error();
  }
  return type_num(t.dim, t.unit);
}

Type type_of_unit(Checker *c, Node *unit) {
  Type t;
  if (!unit) return type_error();
  if (unit->kind == N_LIKE)
    t = like_type(c, unit);
  else if (unit->kind == N_UNIT && named(unit->name, "int"))
    t = type_of(TY_INT);
  else if (unit->kind == N_UNIT && named(unit->name, "bool"))
    t = type_of(TY_BOOL);
  else if (unit->kind == N_UNIT && (named(unit->name, "string") || named(unit->name, "str")))
    t = type_of(TY_STR);
  else if (!units_known(c, unit))
    t = type_error();
  else {
    const Unit *u = unit_of_node(unit, c->a);
    t = type_num(u->dim, u);
  }
  unit->type = t;
  return t;
}

// ---- chains ----

typedef struct Chain {
  Node **f;
  uint8_t *op; // before f[k]
  int n;
} Chain;

static bool is_factor_op(const Node *n) { return n->kind == N_BINARY && (n->op == OP_MUL || n->op == OP_DIV); }

static bool goes_on(const Node *n, int depth) { return is_factor_op(n) && (depth == 0 || !(n->flags & NF_PAREN)); }

static Chain flatten_chain(Node *n, Arena *a) {
  Chain ch = {.n = 1};
  for (Node *m = n; goes_on(m, ch.n - 1); m = m->kid[0]) ch.n++;
  ch.f = NEWN(a, Node *, ch.n);
  ch.op = NEWN(a, uint8_t, ch.n);
  for (int k = ch.n - 1; k > 0; k--, n = n->kid[0]) {
    ch.f[k] = n->kid[1];
    ch.op[k] = n->op;
  }
  ch.f[0] = n;
  return ch;
}

static Node *strip_sign(Node *n) {
  while (n->kind == N_UNARY && n->op == OP_NEG && !(n->flags & NF_PAREN)) n = n->kid[0];
  return n;
}

// The name of a factor that could be a unit: NAME or NAME^constant.
static Node *unit_candidate(Checker *c, Node *f) {
  Unit u;
  double e;
  if (f->flags & NF_PAREN) return NULL;
  if (f->kind == N_BINARY && f->op == OP_POW && expr_constant(f->kid[1], &e)) f = f->kid[0];
  if (f->kind != N_NAME || (f->flags & NF_PAREN)) return NULL;
  if (scope_find(c->cx->scope, f->name, false, NULL)) return NULL;
  return lookup_unit(c, f->name, &u) ? f : NULL;
}

static void make_unit(Node *name) {
  Unit u;
  unit_lookup(name->name->text, name->name->n, &u);
  name->kind = N_UNIT;
  name->num = u.scale;
}

void chain_units(Checker *c, Node *chain) {
  Chain ch = flatten_chain(chain, c->a);
  int start = -1;
  bool bare = false, told = false;
  for (int k = 0; k < ch.n; k++) {
    Node *f = strip_sign(ch.f[k]), *name;
    if ((f->kind == N_NUM || f->kind == N_ARRAY || f->kind == N_CONST) && !(f->flags & NF_PAREN) &&
        (f->kid[0] || f->kind == N_NUM)) {
      start = k;
      bare = !f->kid[0];
    } else if (start >= 0 && (name = unit_candidate(c, ch.f[k])) && !(bare && k == start + 1 && ch.op[k] == OP_MUL)) {
      make_unit(name);
      if (ch.op[start] == OP_DIV && !told) rule_chain(c, chain, ch.f[start - 1], ch.f[start], ch.f[k]);
      told |= ch.op[start] == OP_DIV;
    } else
      start = -1;
  }
}

// ---- display units ----

static bool unit_literal(const Node *n) {
  if (n->kind == N_BINARY && n->op == OP_POW) n = n->kid[0];
  return n->kind == N_UNIT;
}

static bool is_rate(Dim d) {
  Dim rate = DIM_NONE;
  rate.e[DIM_S] = -12;
  return dim_equal(d, rate);
}

static const Unit *unit_compose(Checker *c, Op op, const Unit *l, const Unit *r, Dim d) {
  if (strlen(l->text) + strlen(r->text) > 24) return NULL;
  if (op == OP_DIV && strpbrk(r->text, "*/")) return NULL;
  Unit *u = NEW(c->a, Unit);
  *u = (Unit){arena_printf(c->a, "%s%s%s", l->text[0] ? l->text : "1", op == OP_DIV ? "/" : "*", r->text), d,
              op == OP_DIV ? l->scale / r->scale : l->scale * r->scale};
  return u;
}

const Unit *product_unit(Checker *c, Node *n, Type l, Type r) {
  static const Unit one = {"", {{0}}, 1};
  Op op = n->op;
  Dim d = op == OP_DIV ? dim_div(l.dim, r.dim) : dim_mul(l.dim, r.dim);
  if (dim_is_none(d)) return NULL;
  if (dim_is_none(r.dim)) return l.unit;
  if (dim_is_none(l.dim) && op == OP_MUL) return r.unit;
  if (!r.unit || (!l.unit && !dim_is_none(l.dim))) return NULL;
  const Unit *lu = dim_is_none(l.dim) ? &one : l.unit;
  if (unit_literal(n->kid[1])) return unit_compose(c, op, lu, r.unit, d);
  if (is_rate(d)) return NULL; // Hz
  const Unit *u = unit_named(d, op == OP_DIV ? lu->scale / r.unit->scale : lu->scale * r.unit->scale, c->a);
  if (u || strpbrk(lu->text, "*/^") || strpbrk(r.unit->text, "*/^")) return u;
  return unit_compose(c, op, lu, r.unit, d);
}

// cm^2 in a chain, under its own name.
const Unit *power_unit(Checker *c, const Node *base, Dim d, double exponent) {
  if (base->kind != N_UNIT) return NULL;
  Str s = {0};
  str_add(&s, base->name->text);
  unit_add_exponent(&s, exponent);
  Unit *u = NEW(c->a, Unit);
  *u = (Unit){arena_strndup(s.data, s.n, c->a), d, pow(base->num, exponent)};
  str_free(&s);
  return u;
}

// ---- agreement ----

bool same_unit(const Unit *a, const Unit *b) { return a == b || (a && b && strcmp(a->text, b->text) == 0); }

static bool takes_any(Type t) { return t.kind == TY_ERROR || t.kind == TY_ANY || t.anydim; }

bool dims_agree(Type a, Type b) { return takes_any(a) || takes_any(b) || dim_equal(a.dim, b.dim); }

// The kind of both, with the dimension and unit of the one that has them.
Type merge_numbers(Type a, Type b) {
  if (a.kind == TY_ERROR || b.kind == TY_ERROR) return type_error();
  if (a.kind == TY_ANY) return b.anydim ? a : b;
  if (b.kind == TY_ANY) return a.anydim ? b : a;
  Type from = a.anydim || (!a.unit && b.unit && !b.anydim) ? b : a;
  bool ints = type_elem(a) == TY_INT && type_elem(b) == TY_INT,
       bools = type_elem(a) == TY_BOOL && type_elem(b) == TY_BOOL;
  TypeKind elem = ints ? TY_INT : bools ? TY_BOOL : TY_NUM;
  Type t = type_num(from.dim, from.unit);
  if (type_is_array(a) || type_is_array(b))
    t = type_array(elem, broadcast_ndim(a, b), from.dim, from.unit);
  else
    t.kind = (uint8_t)elem;
  t.anydim = a.anydim && b.anydim;
  return t;
}

const char *say(Checker *c, Type t) { return type_text(t, c->a); }

// A number written without the unit of the other side.
bool bare_number(Checker *c, Diag *e, const Node *n, Type other) {
  const Node *num = n->kind == N_UNARY ? n->kid[0] : n;
  if (num->kind != N_NUM || num->kid[0] || !type_numeric(other) || dim_is_none(other.dim)) return false;
  const char *unit = is_time(other)                      ? "ms"
                     : other.unit && other.unit->text[0] ? other.unit->text
                                                         : dim_unit(other.dim, c->a)->text;
  diag_hint(e, "write %s %s", node_text(c, n), unit);
  return true;
}

// A variable of the model that was declared without a unit where one is needed.
bool lacks_unit(Checker *c, Diag *e, const Node *n, Type other) {
  if (n->kind == N_UNARY && n->op == OP_NEG) n = n->kid[0];
  const Sym *v = n->kind == N_NAME ? n->sym : NULL;
  if (!v || !v->model || !v->decl || v->type.kind != TY_NUM || v->type.anydim || !dim_is_none(v->type.dim)) return false;
  if (v->decl->kid[1] || !type_numeric(other) || dim_is_none(other.dim)) return false;
  const char *word = v->kind == SYM_STATE ? "state" : v->kind == SYM_INPUT ? "input" : v->kind == SYM_PARAM ? "param" : NULL;
  if (!word) return false;
  diag_label(e, v->decl->name_span, "declared without a unit");
  const char *unit = other.unit && other.unit->text[0] ? other.unit->text : dim_unit(other.dim, c->a)->text;
  diag_hint(e, "declare it as %s %s: %s", word, v->name->text, unit);
  return true;
}

// 5 mV/s where s is a variable: the reader may have meant the unit.
void shadowed_unit(Diag *e, const Node *n) {
  Unit u;
  if (!n || n->kind != N_BINARY) return;
  const Node *right = n->kid[1];
  bool chain = n->op == OP_MUL || n->op == OP_DIV;
  const Node *left = n->kid[0]->kind == N_UNARY ? n->kid[0]->kid[0] : n->kid[0];
  if (chain && right->kind == N_NAME && right->sym && left->kind == N_NUM &&
      unit_lookup(right->name->text, right->name->n, &u))
    diag_note(e, "`%s` is the variable of that name here, not the unit", right->name->text);
  shadowed_unit(e, n->kid[0]);
  shadowed_unit(e, n->kid[1]);
}

bool same_dimension(Checker *c, Node *whole, Node *l, Type lt, Node *r, Type rt, const char *what) {
  if (dims_agree(lt, rt)) return true;
  if (l->kind == N_ARG) l = l->kid[0];
  if (r->kind == N_ARG) r = r->kid[0];
  Diag *e = fault(c, E_UNIT_MISMATCH, whole->span, "%s: %s and %s", what, say(c, lt), say(c, rt));
  diag_label(e, l->span, "this is %s", say(c, lt));
  diag_label(e, r->span, "this is %s", say(c, rt));
  shadowed_unit(e, l);
  shadowed_unit(e, r);
  if (!bare_number(c, e, l, rt) && !bare_number(c, e, r, lt) && !lacks_unit(c, e, l, rt) && !lacks_unit(c, e, r, lt))
    missing_factor(c, e, node_text(c, l), lt, node_text(c, r), rt);
  return false;
}

// ---- the missing factor ----

typedef struct Candidates {
  Sym *sym[4];
  bool divide[4]; // the right side must be divided by it
  int n;
} Candidates;

static void consider(Candidates *cs, Sym *v, Dim need) {
  if (v->hidden || v->type.anydim || cs->n == 4) return;
  if ((v->type.kind != TY_NUM) || dim_is_none(v->type.dim)) return;
  bool times = dim_equal(v->type.dim, need), over = dim_equal(dim_mul(v->type.dim, need), DIM_NONE);
  if (!times && !over) return;
  for (int k = 0; k < cs->n; k++)
    if (cs->sym[k] == v) return;
  cs->divide[cs->n] = over;
  cs->sym[cs->n++] = v;
}

static void consider_model(Candidates *cs, const Model *m, Dim need) {
  for (int k = 0; m && k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_PARAM) consider(cs, m->vars[k], need);
}

static void find_candidates(Checker *c, Candidates *cs, Dim need) {
  consider_model(cs, c->cx->kind == CX_BODY ? c->cx->model : NULL, need);
  if (c->cx->kind == CX_BODY) return;
  for (const Scope *s = c->cx->scope; s; s = s->parent)
    for (int k = 0; k < s->norder && s != c->base; k++)
      if (s->order[k]->kind == SYM_GLOBAL || s->order[k]->kind == SYM_FRAME || s->order[k]->kind == SYM_LOCAL)
        consider(cs, s->order[k], need);
}

// The one parameter in scope by which the left side must be multiplied (*right: the right one) to agree; NULL: none or
// several.
const char *lacking_factor(Checker *c, Type lt, Type rt, bool *right) {
  Candidates cs = {0};
  find_candidates(c, &cs, dim_div(lt.dim, rt.dim));
  if (cs.n != 1) return NULL;
  *right = !cs.divide[0];
  return cs.sym[0]->name->text;
}

static bool simple_text(const char *s) {
  for (; *s; s++)
    if (*s == ' ' || *s == '+' || *s == '-' || *s == ':') return false;
  return true;
}

void missing_factor(Checker *c, Diag *e, const char *left, Type lt, const char *right, Type rt) {
  if (!type_numeric(lt) || !type_numeric(rt) || !type_known(lt) || !type_known(rt)) return;
  Candidates cs = {0};
  find_candidates(c, &cs, dim_div(lt.dim, rt.dim));
  if (cs.n == 0) return;
  const char *by = cs.sym[0]->name->text;
  if (strcmp(by, left) == 0 || strcmp(by, right) == 0) return;
  if (cs.n == 1) {
    const char *open = simple_text(right) ? "" : "(", *close = simple_text(right) ? "" : ")";
    diag_note(e, "a factor %s (in %s) is missing", by, say(c, cs.sym[0]->type));
    diag_hint(e, "write %s%s%s%s%s", open, right, close, cs.divide[0] ? "/" : "*", by);
  } else if (cs.n < 4)
    diag_note(e, "a factor in %s is missing on one side, such as %s or %s", say(c, cs.sym[0]->type), by,
              cs.sym[1]->name->text);
}

// The text of a construct as written, on one line, at most 40 characters.
const char *node_text(Checker *c, const Node *n) {
  const Source *src = sources_get(c->sources, n->span.file);
  if (!src || n->span.hi > src->n || n->span.lo >= n->span.hi) return "it";
  uint32_t len = n->span.hi - n->span.lo;
  char *s = arena_strndup(src->text + n->span.lo, len, c->a);
  for (char *p = s; *p; p++)
    if (*p == '\n' || *p == '\t') *p = ' ';
  if (len <= 40) return s;
  uint32_t cut = 37;
  while (cut && ((unsigned char)s[cut] & 0xC0) == 0x80) cut--;
  return arena_printf(c->a, "%.*s...", (int)cut, s);
}

// ---- scaled blocks ----

enum { SCALED_UNITS = 8, SCALED_STEPS = 6 };

// Powers of at most three of the units, in halves from -3 to 3, whose product is d; those with the least sum of
// powers win, then the units listed first.
typedef struct Search {
  Dim dim[SCALED_UNITS];
  double scale[SCALED_UNITS];
  int n;
  int best;
  double found;
} Search;

static void search(Search *s, Dim d, int from, int left, int cost, double scale) {
  if (dim_is_none(d)) {
    if (cost < s->best) s->best = cost, s->found = scale;
    return;
  }
  if (left == 0 || cost >= s->best) return;
  for (int k = from; k < s->n; k++)
    for (int h = -SCALED_STEPS; h <= SCALED_STEPS; h++) {
      Dim p;
      if (h && dim_pow(s->dim[k], h, 2, &p))
        search(s, dim_div(d, p), k + 1, left - 1, cost + (h < 0 ? -h : h), scale * pow(s->scale[k], h / 2.0));
    }
}

bool scaled_factor(const Node *scaled, Dim d, double *scale) {
  Search s = {.best = 1000};
  for (int k = 0; k < scaled->nlist2 && s.n < SCALED_UNITS; k++) {
    if (!unit_dim(scaled->list2[k], &s.dim[s.n])) continue;
    s.scale[s.n++] = unit_scale(scaled->list2[k]);
  }
  search(&s, d, 0, 3, 0, 1);
  if (s.best == 1000) return false;
  double r = rint(s.found);
  *scale = fabs(s.found - r) < 1e-12 * fabs(r) && r != 0 ? r : s.found;
  return true;
}

void check_scaled_units(Checker *c, Node *scaled) {
  for (int k = 0; k < scaled->nlist2; k++) units_known(c, scaled->list2[k]);
  if (scaled->nlist2 > SCALED_UNITS) rule_scaled_many(c, scaled->list2[SCALED_UNITS]->span);
}

bool scaled_type(Checker *c, Node *n, Type t) {
  double scale;
  if (t.kind != TY_NUM || dim_is_none(t.dim) || scaled_factor(c->cx->scaled, t.dim, &scale)) return true;
  rule_scaled(c, n, t, c->cx->scaled);
  return false;
}
