// SPDX-License-Identifier: MIT
// Equations and the statements of handlers.
//
// The left side of an equation is a product with one derivative: its factors are laid out in order, numerators and
// denominators, and the pair "dX, over dt" is found among them. How often a statement of a synapse runs follows from
// what it assigns: a state shared by many synapses may only be added to, unless the statement belongs to its neuron alone.
#include "lang/check_impl.h"

#include "vm/ffi.h"

#include <string.h>

// ---- the left side ----

enum { FACTORS = 16 };
typedef struct Factors {
  Node *f[FACTORS];
  bool divided[FACTORS];
  int n;
  bool many;
} Factors;

static void flatten_factors(const Node *n, bool divided, Factors *fs) {
  if (n->kind == N_BINARY && (n->op == OP_MUL || n->op == OP_DIV)) {
    flatten_factors(n->kid[0], divided, fs);
    flatten_factors(n->kid[1], divided != (n->op == OP_DIV), fs);
    return;
  }
  if (fs->n == FACTORS) {
    fs->many = true;
    return;
  }
  fs->f[fs->n] = (Node *)n;
  fs->divided[fs->n++] = divided;
}

static bool is_pair(const Factors *fs, int k) {
  if (k + 1 >= fs->n || fs->divided[k] || !fs->divided[k + 1]) return false;
  const Node *d = fs->f[k], *t = fs->f[k + 1];
  return d->kind == N_NAME && d->name->text[0] == 'd' && d->name->n > 1 && t->kind == N_NAME && named(t->name, "dt");
}

static int find_pair(const Factors *fs, int *count) {
  int at = -1;
  *count = 0;
  for (int k = 0; k < fs->n; k++)
    if (is_pair(fs, k)) at = k, ++*count;
  return at;
}

// "dV" of the one derivative on a left side, or NULL; *count is how many there are.
Atom derivative_name(const Node *left, int *count) {
  Factors fs = {.n = 0};
  flatten_factors(left, false, &fs);
  int k = find_pair(&fs, count);
  return k < 0 ? NULL : fs.f[k]->name;
}

static Sym *derived_state(Checker *c, Model *m, Node *n, Node *d) {
  Atom name = intern_str(c->in, d->name->text + 1);
  Sym *v = part_variable(c, m, name);
  if (!v && m->kind == MODEL_RULE && named(name, "w")) v = m->weight;
  bool weight = v && v->kind == SYM_WEIGHT && (m->kind != MODEL_NEURON || c->cx->learns);
  if (!v || (v->kind != SYM_STATE && !weight)) return rule_equation_state(c, n, d, name, v), NULL;
  if (v->type.kind == TY_ERROR) return NULL;
  if (v->type.kind != TY_NUM && v->type.kind != TY_ANY) return rule_equation_kind(c, d, v), NULL;
  for (int k = 0; k < m->nequations; k++)
    if (m->equations[k].x == v) return rule_equation_twice(c, n, v, m->equations[k].node), NULL;
  return v;
}

static bool left_side(Checker *c, Model *m, Node *n, Equation *eq) {
  Factors fs = {.n = 0};
  int count;
  if (n->kid[0]->kind == N_BINARY) chain_units(c, n->kid[0]);
  flatten_factors(n->kid[0], false, &fs);
  int at = find_pair(&fs, &count);
  if (count == 0) return rule_no_derivative(c, n), false;
  if (count > 1) return rule_many_derivatives(c, n), false;
  eq->x = derived_state(c, m, n, fs.f[at]);
  if (!eq->x) return false;
  fs.f[at]->sym = eq->x;
  fs.f[at]->type = eq->x->type;
  fs.f[at + 1]->type = check_expr(c, fs.f[at + 1]);
  if (fs.many || fs.n - 2 > 8) return rule_many_factors(c, n), false;
  for (int k = 0; k < fs.n; k++) {
    if (k == at || k == at + 1) continue;
    eq->factors[eq->nfactors] = fs.f[k];
    eq->divided[eq->nfactors++] = fs.divided[k];
  }
  return true;
}

// ---- equations ----

static bool unknown(Type t) { return t.kind == TY_ERROR || t.kind == TY_ANY; }

static Dim second(void) {
  Unit s;
  unit_lookup("s", 1, &s);
  return s.dim;
}

// How to show the left side: as the state where tau*dV/dt has its unit, as mV/s where there is no factor.
static const Unit *left_unit(Checker *c, const Equation *eq, Dim d) {
  const Unit *u = eq->x->type.unit;
  if (!u || !u->text[0]) return NULL;
  if (dim_equal(d, u->dim)) return u;
  if (!dim_equal(d, dim_div(u->dim, second()))) return NULL;
  Unit *per = NEW(c->a, Unit);
  *per = (Unit){arena_printf(c->a, "%s/s", u->text), d, u->scale};
  return per;
}

// The dimension of the left side; false where it is not known.
static bool left_type(Checker *c, Equation *eq, Type *out) {
  Type x = eq->scaled ? type_num(DIM_NONE, NULL) : eq->x->type;
  bool known = !unknown(eq->x->type);
  Dim d = eq->scaled ? DIM_NONE : dim_div(x.dim, second());
  for (int k = 0; k < eq->nfactors; k++) {
    Type t = check_scalar(c, eq->factors[k], "a factor of an equation");
    if (unknown(t))
      known = false;
    else
      d = eq->divided[k] ? dim_div(d, t.dim) : dim_mul(d, t.dim);
  }
  *out = type_num(d, left_unit(c, eq, d));
  return known;
}

static unsigned equation_reads(const Equation *eq) {
  unsigned r = expr_reads(eq->rhs);
  for (int k = 0; k < eq->nfactors; k++) r |= expr_reads(eq->factors[k]);
  return r;
}

static void shared_equation(Checker *c, Model *m, const Equation *eq) {
  if (m->kind == MODEL_NEURON || eq->x->kind != SYM_STATE) return;
  unsigned reads = equation_reads(eq);
  if (eq->x->place == PLACE_PRE && reads & ~READS_PRE) rule_shared_reads(c, eq->node, eq->x, "equation");
  if (eq->x->place == PLACE_POST && reads & ~READS_POST) rule_shared_reads(c, eq->node, eq->x, "equation");
}

static void keep_equation(Checker *c, Model *m, const Equation *eq) {
  list_grow(m->equations, m->nequations, c->a);
  m->equations[m->nequations++] = *eq;
}

void check_equation(Checker *c, Model *m, Node *n, Node *scaled) {
  Equation eq = {.rhs = n->kid[1], .node = n, .scaled = scaled};
  Type left;
  c->cx->no_random = "an equation";
  c->cx->xi = true;
  bool ok = left_side(c, m, n, &eq);
  bool known = ok && left_type(c, &eq, &left);
  if (ok && scaled && known) ok = scaled_type(c, n->kid[0], eq.x->type);
  Type right = check_scalar(c, n->kid[1], "the right side of an equation");
  if (!ok) return;
  if (known && !unknown(right) && !dims_agree(left, right)) rule_equation_unit(c, n, &eq, left, right);
  shared_equation(c, m, &eq);
  keep_equation(c, m, &eq);
}

Type check_scalar(Checker *c, Node *n, const char *what) {
  check_value(c, n);
  Type t = settle(n);
  if (unknown(t) || t.kind == TY_NUM || t.kind == TY_INT) return t;
  if (t.kind == TY_BOOL) return type_num(DIM_NONE, NULL); // true counts 1
  rule_one_number(c, n, t, what);
  return n->type = type_error();
}

// ---- assignments in handlers ----

// The variable an assignment in a handler changes; NULL after a report, or where it is not known yet.
static Sym *handler_target(Checker *c, Node *n, Type *t) {
  Node *place = n->kid[0];
  if (new_name(c, place)) {
    rule_unknown_target(c, place);
    *t = type_error();
    return NULL;
  }
  *t = check_expr(c, place);
  if (t->kind == TY_ERROR) return NULL;
  if (place->kind != N_NAME && place->kind != N_MEMBER) return rule_assign_place(c, place), NULL;
  Sym *v = place->sym;
  if (!v) return NULL; // post.V of any neuron
  bool own_weight =
      v->kind == SYM_WEIGHT && c->cx->model && (c->cx->model->kind != MODEL_NEURON || c->cx->learns) && place->kind == N_NAME;
  bool fits = v->kind == SYM_STATE || v->kind == SYM_LOCAL || own_weight;
  if (!fits) return rule_assign_fixed(c, place, v), NULL;
  if (v->kind == SYM_LOCAL && v->decl && v->decl->kind == N_FPARAM) return rule_assign_fixed(c, place, v), NULL;
  if (own_weight) v->assigned = true;
  return v;
}

static bool adds(const Node *n) { return n->op == OP_ADD || n->op == OP_SUB; }

// Section 6, "How often a statement runs".
static void check_frequency(Checker *c, Node *n, const Sym *v) {
  const Ctx *cx = c->cx;
  Node *place = n->kid[0];
  if (!cx->model || cx->model->kind == MODEL_NEURON) return;
  bool member = place->kind == N_MEMBER;
  Place where = member ? place->place : v && v->kind == SYM_STATE ? (Place)v->place : PLACE_SELF;
  if (where == PLACE_SELF) return;
  if (cx->on == ON_POST && where == PLACE_PRE) return rule_pre_in_post(c, place);
  unsigned reads = expr_reads(n->kid[1]) | cx->if_reads;
  bool own = !member && ((cx->on == ON_PRE && where == PLACE_PRE) || (cx->on == ON_POST && where == PLACE_POST) ||
                         cx->on == ON_STEP || cx->on == ON_EVERY || cx->on == ON_START);
  if (own && reads & ~(where == PLACE_PRE ? READS_PRE : READS_POST)) rule_once_reads(c, n, where == PLACE_PRE);
  if (!own && !adds(n)) rule_shared_assign(c, n, place);
}

// What may be assigned to a target of type t.
void check_assigned_value(Checker *c, Node *n, Type t) {
  Node *value = n->kid[1];
  const char *what = node_text(c, n->kid[0]);
  if (n->op == OP_MUL || n->op == OP_DIV) {
    check_quantity(c, value, type_num(DIM_NONE, NULL),
                   n->op == OP_MUL ? "what stands after *=" : "what stands after /=", true);
    return;
  }
  if (t.kind == TY_INT)
    check_whole(c, value, what);
  else if (t.kind == TY_BOOL)
    check_condition(c, value, "a variable that is true or false");
  else
    check_quantity(c, value, t, what, false);
  check_draw(c, n, value);
}

void check_draw(Checker *c, Node *n, Node *value) {
  if (n->op == OP_DRAW && value->type.kind != TY_ERROR && !node_draws(value)) rule_draw(c, value);
}

static void handler_assign(Checker *c, Node *n) {
  Type t;
  Sym *v = handler_target(c, n, &t);
  if (!v && t.kind != TY_ANY) {
    check_value(c, n->kid[1]);
    return;
  }
  if (v && v->kind == SYM_LOCAL) {
    Type given = check_value(c, n->kid[1]);
    check_draw(c, n, n->kid[1]);
    v->assigned = true;
    v->reads |= (uint8_t)(expr_reads(n->kid[1]) | c->cx->if_reads);
    if (t.anydim && given.kind == TY_NUM && !given.anydim) {
      v->type = given;
      return;
    }
    if (type_known(t) && type_known(given) && type_numeric(given) && n->op != OP_MUL && n->op != OP_DIV)
      same_dimension(c, n, n->kid[0], t, n->kid[1], given, "this assignment does not fit");
    return;
  }
  check_assigned_value(c, n, t);
  check_frequency(c, n, v);
}

// ---- blocks ----

static void handler_let(Checker *c, Node *n) {
  check_value(c, n->kid[0]);
  Type t = settle(n->kid[0]);
  check_draw(c, n, n->kid[0]);
  if (type_known(t) && !type_is_number(t)) t = (rule_one_number(c, n->kid[0], t, "a let of a handler"), type_error());
  if (n->kid[1]) {
    Type want = type_of_unit(c, n->kid[1]);
    if (type_known(want) && type_known(t) && !dims_agree(want, t)) rule_quantity(c, n->kid[0], t, want, n->name->text);
    if (want.kind != TY_ERROR) t = want;
  }
  n->type = t;
  n->sym = declare_var(c, n, n->name, n->name_span, t);
  n->sym->scaled = c->cx->scaled;
}

static void check_handler_statements(Checker *c, Node *block);

static void handler_if(Checker *c, Node *n) {
  bool effects = c->cx->effects;
  c->cx->effects = effects && c->cx->model && c->cx->model->kind == MODEL_NEURON; // in a synapse it is asked in several kernels
  check_condition(c, n->kid[0], "if");
  c->cx->effects = effects;
  unsigned was = c->cx->if_reads;
  bool nested = c->cx->nested;
  c->cx->nested = true;
  c->cx->if_reads |= expr_reads(n->kid[0]);
  check_handler_statements(c, n->kid[1]);
  if (n->kid[2] && n->kid[2]->kind == N_IF)
    handler_if(c, n->kid[2]);
  else if (n->kid[2])
    check_handler_statements(c, n->kid[2]);
  c->cx->if_reads = was;
  c->cx->nested = nested;
}

static void handler_scaled(Checker *c, Node *n) {
  Node *was = c->cx->scaled;
  check_scaled_units(c, n);
  c->cx->scaled = n;
  for (int k = 0; k < n->nlist; k++) {
    Node wrap = {.kind = N_BLOCK, .list = &n->list[k], .nlist = 1};
    check_handler_statements(c, &wrap);
  }
  c->cx->scaled = was;
}

// Only a call that has an effect may stand alone.
static void handler_call(Checker *c, Node *n) {
  if (check_kernel_statement(c, n)) return;
  Type t = n->type = check_expr(c, n->kid[0]);
  const struct NativeFn *f = n->kid[0]->kind == N_CALL ? native_of(n->kid[0]->sym) : NULL;
  if (t.kind != TY_ERROR && !(f && f->impure)) rule_useless(c, n);
}

static void handler_statement(Checker *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_ASSIGN: handler_assign(c, n); break;
  case N_LET: handler_let(c, n); break;
  case N_IF: handler_if(c, n); break;
  case N_SCALED: handler_scaled(c, n); break;
  case N_EXPRSTMT: handler_call(c, n); break;
  default: rule_statement_place(c, n, "a handler");
  }
}

static void check_handler_statements(Checker *c, Node *block) {
  Ctx cx;
  ctx_again(c, &cx);
  bool wrapped = block->span.file == 0; // the statements of a scaled block share the scope around
  if (!wrapped) {
    cx.scope = scope_new(cx.scope, c->a);
    cx.scope->local = true;
  }
  for (int k = 0; k < block->nlist; k++) handler_statement(c, block->list[k]);
  ctx_leave(c);
}

void check_block(Checker *c, Node *block) {
  c->cx->no_random = NULL;
  c->cx->xi = false;
  c->cx->effects = true;
  check_handler_statements(c, block);
}
