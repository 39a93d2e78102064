// SPDX-License-Identifier: MIT
// Statements of scripts, functions, at/every blocks and sweeps: scopes, types of variables, and what may stand where.
#include "lang/check_impl.h"

#include <string.h>

// ---- variables ----

// A variable that was 0, [] or zeros(n) takes its dimension from what is assigned first.
void fit_type(Checker *c, Sym *sym, Type t) {
  if (!sym->type.anydim || !type_known(t) || t.anydim || !type_numeric(t)) return;
  touch(c, sym);
  Type now = sym->type;
  sym->type.dim = t.dim;
  sym->type.unit = t.unit;
  sym->type.anydim = false;
  if (type_is_array(now) && type_elem(t) != TY_NUM) sym->type.elem = (uint8_t)type_elem(t);
}

static const char *place_of_statement(const Checker *c) {
  return c->cx->kind == CX_FUNC ? "a function called with values of neurons" : "a block";
}

// Populations, connections and recordings may not stand in functions and at/every blocks.
void require_place(Checker *c, Node *n, const char *what) {
  if (!c->cx->frame) return;
  bool sweep = !c->cx->frame->is_function &&
               (n->kind == N_INJECT || n->kind == N_INJSPIKES || n->kind == N_RECORD || n->kind == N_RECSPIKES);
  if (!sweep) rule_item_place(c, n, what);
}

Type check_let_value(Checker *c, Node *n) {
  if (n->kid[0]->kind == N_SWEEP) {
    check_statement(c, n->kid[0]);
    n->type = n->kid[0]->type;
  } else {
    n->type = check_value(c, n->kid[0]);
    check_draw(c, n, n->kid[0]);
  }
  if (n->kid[1]) {
    Type want = type_of_unit(c, n->kid[1]), t = n->type;
    if (want.kind == TY_INT && type_known(t)) {
      if (t.kind != TY_INT && (t.kind != TY_NUM || !dim_is_none(t.dim))) rule_not_whole(c, n->kid[0], t, n->name->text);
      n->type = want;
    } else if (want.kind == TY_NUM && type_known(t)) {
      if (!type_numeric(t))
        rule_wrong_kind(c, n->kid[0], t, "a number");
      else if (!dims_agree(t, want))
        rule_quantity(c, n->kid[0], t, want, n->name->text);
      n->type = array_like(t, want);
    } else if (type_known(want) && type_known(t) && want.kind != t.kind) {
      rule_wrong_kind(c, n->kid[0], t, say(c, want));
      n->type = want;
    }
  }
  return n->type;
}

void check_let(Checker *c, Node *n) {
  check_let_value(c, n);
  n->sym = declare_var(c, n, n->name, n->name_span, n->type);
  n->sym->doc = n->doc;
}

// ---- assignments ----

static bool assignable_member(const Node *n) {
  if (!n->sym || n->place != PLACE_SELF) return false; // C.pre.x is read only
  if (n->kid[0]->type.kind == TY_POP)
    return n->sym->kind == SYM_PARAM || n->sym->kind == SYM_STATE || n->sym->kind == SYM_WEIGHT;
  return n->sym->kind == SYM_PARAM || n->sym->kind == SYM_WEIGHT || n->sym->kind == SYM_STATE ||
         (n->sym->kind == SYM_SELFVAR && n->sym->selfvar == SV_T); // delay
}

// Whether an assignment means a variable that does not exist.
bool new_name(Checker *c, const Node *n) {
  Unit u;
  return n->kind == N_NAME && !n->info && !scope_find(c->cx->scope, n->name, false, NULL) &&
         !scope_find(c->cx->scope, n->name, true, NULL) && !unit_lookup(n->name->text, n->name->n, &u);
}

// The type of what an assignment changes; *root is the script variable, NULL for P.V and C.w.
Type check_place(Checker *c, Node *n, Sym **root) {
  *root = NULL;
  if (new_name(c, n)) return rule_unknown_target(c, n), type_error();
  Type t = check_expr(c, n);
  if (t.kind == TY_ERROR) return t;
  Node *base = n;
  while (base->kind == N_INDEX) base = base->kid[0];
  if (base->kind == N_MEMBER) {
    if (assignable_member(base)) return t;
    if (base->sym)
      rule_assign_fixed(c, base, base->sym);
    else
      rule_assign_place(c, n);
    return type_error();
  }
  if (base->kind != N_NAME || !base->sym) return rule_assign_place(c, n), type_error();
  Sym *s = base->sym;
  if (s->kind != SYM_GLOBAL && s->kind != SYM_FRAME && s->kind != SYM_LOCAL && !sym_is_signal(s))
    return rule_assign_item(c, base, s), type_error();
  *root = s;
  return t;
}

static bool may_change(Checker *c, Node *n, Sym *s) {
  if (s->decl && s->decl->kind == N_LET && s->decl->flags & NF_CONST) return rule_assign_const(c, n, s), false;
  if (s->kind == SYM_GLOBAL && s->resolved == 1) return rule_assign_read_in_body(c, n, s), false;
  bool signals = s->type.kind == TY_LIST && n->kind == N_INDEX;
  if ((sym_is_signal(s) || signals) && (s->of ? s->of : s)->signal) return rule_assign_computed(c, n, s), false;
  if (s->kind == SYM_FRAME && s->of && !sym_is_signal(s) && !signals) return rule_assign_copy(c, n, s), false;
  if ((s->kind == SYM_GLOBAL || s->kind == SYM_SIGNAL) && c->cx->frame && c->cx->frame->is_function) return rule_assign_outer(c, n, s), false;
  return true;
}

static void assign_value(Checker *c, Node *n, Type t, Sym *root) {
  Node *value = n->kid[1];
  bool scale = n->op == OP_MUL || n->op == OP_DIV;
  Type v = check_value(c, value);
  check_draw(c, n, value);
  if (!type_known(t) || !type_known(v)) return;
  if (t.kind == TY_LIST) return rule_one_of_list(c, n->kid[0], t);
  if (root && n->kid[0]->kind == N_NAME && type_elem(t) == TY_INT && n->op == OP_NONE && type_elem(v) == TY_NUM &&
      dim_is_none(v.dim)) {
    rule_assign_int(c, n, root, v);
    return;
  }
  if (type_numeric(t) && type_numeric(v)) {
    if (scale && !v.anydim && !dim_is_none(v.dim))
      rule_scale_by(c, n, v);
    else if (!scale && !dims_agree(t, v))
      rule_quantity(c, value, v, t, node_text(c, n->kid[0]));
    else if (root && !scale && root->type.kind != TY_LIST)
      fit_type(c, root, v);
    bool whole = n->kid[0]->kind == N_NAME;
    if (whole && type_is_number(t)) v = settle(value);
    if (whole && !type_is_array(t) && type_is_array(v)) rule_wrong_kind(c, value, v, "one number");
    if (whole && root && type_is_array(t) && type_is_array(v) && n->op == OP_NONE && t.ndim != v.ndim && t.ndim >= 0) {
      touch(c, root);
      root->type.ndim = -1;
    }
    return;
  }
  if (type_elem(t) == TY_STR && root && root->type.anydim) return;
  if (type_is_array(t) && t.anydim && type_is_array(v) && type_elem(v) == TY_STR && root) { // [] that becomes texts
    touch(c, root);
    root->type = v;
    return;
  }
  if (t.kind != v.kind || type_elem(t) != type_elem(v)) rule_wrong_kind(c, value, v, say(c, t));
}

static Type changed_place(Checker *c, Node *place, Sym **root) {
  Type t = check_place(c, place, root);
  if (!*root) return t;
  if (!may_change(c, place, *root)) return type_error();
  if (!(*root)->assigned) {
    touch(c, *root);
    (*root)->assigned = true;
  }
  return t;
}

Type check_changed(Checker *c, Node *place) {
  Sym *root;
  return changed_place(c, place, &root);
}

void check_assign(Checker *c, Node *n) {
  Sym *root;
  Type t = changed_place(c, n->kid[0], &root);
  Node *base = n->kid[0];
  while (base->kind == N_INDEX) base = base->kid[0];
  bool lanes = base->kind == N_MEMBER && t.kind == TY_NUM; // one neuron of a population
  (void)lanes;
  if (t.kind == TY_ERROR)
    check_value(c, n->kid[1]);
  else
    assign_value(c, n, t, root);
}

// ---- blocks with frames ----

void frame_leave(Checker *c, Frame *f) {
  f->scope->ncaptures = f->captures.n;
  f->scope->captures = vec_keep(&f->captures, c->a);
  f->scope->inner = vec_keep(&f->inner, c->a);
}

void frame_enter(Checker *c, Ctx *cx, Frame *f) {
  *f = (Frame){.outer = c->cx->frame, .scope = NEW(c->a, ScriptScope)};
  ctx_enter(c, cx, CX_SCRIPT);
  cx->frame = f;
  cx->in_block = true;
  cx->scope = scope_new(cx->scope, c->a);
  cx->scope->local = true;
  cx->scope->frame = f;
}

static void check_timed(Checker *c, Node *n) {
  Frame f;
  Ctx cx;
  check_time(c, n->kid[0], n->kind == N_AT ? "the time of `at`" : "the period of `every`");
  frame_enter(c, &cx, &f);
  f.timed = true;
  check_statements(c, n->kid[2]);
  ctx_leave(c);
  frame_leave(c, &f);
  n->info = f.scope;
}

// ---- sweeps ----

// Columns of the table: the sweep's variable, then what is collected.
static void add_column(Checker *c, TableInfo *t, Atom name, Type type) {
  list_grow(t->names, t->n, c->a);
  list_grow(t->types, t->n, c->a);
  t->names[t->n] = name;
  t->types[t->n++] = type;
}

static Type column_type(Type t) {
  if (!type_known(t)) return t.kind == TY_ANY ? type_array(TY_NUM, -1, DIM_NONE, NULL) : t;
  int nd = type_is_array(t) ? (t.kind == TY_TABLE || t.ndim < 0 ? -1 : t.ndim + 1) : 1;
  Type a = type_array(type_elem(t), nd, t.dim, t.unit);
  return a;
}

static void check_collect(Checker *c, Node *n) {
  if (!c->cx->frame || !c->cx->frame->table) {
    rule_collect_place(c, n);
    return;
  }
  TableInfo *t = c->cx->frame->table;
  for (int k = 0; k < n->nlist; k++) {
    Node *arg = n->list[k], *v = arg->kid[0];
    Atom name = arg->name ? arg->name : v->kind == N_NAME ? v->name : NULL;
    arg->type = check_value(c, v);
    if (!name)
      rule_column_name(c, arg);
    else if (type_known(arg->type) && !type_is_number(arg->type) && !type_is_array(arg->type) &&
             arg->type.kind != TY_STR)
      rule_wrong_kind(c, v, arg->type, "a number, a text or an array");
    else {
      bool twice = false;
      for (int j = 0; j < t->n; j++) twice |= t->names[j] == name;
      if (twice)
        rule_column_twice(c, arg, name);
      else
        add_column(c, t, name, column_type(arg->type));
    }
  }
}

// The elements of what a for or sweep goes through.
static Type loop_element(Checker *c, Node *over) {
  if (over->kind == N_RANGE) {
    for (int k = 0; k < 2; k++)
      if (over->kid[k])
        check_whole(c, over->kid[k], "a range");
      else
        rule_open_range(c, over);
    over->type = type_array(TY_INT, 1, DIM_NONE, NULL);
    return type_of(TY_INT);
  }
  Type t = check_collection(c, over);
  if (!type_known(t)) return t;
  if (t.kind == TY_LIST) return type_one(t);
  if (t.kind == TY_TABLE) return row_type(c, t);
  if (t.kind == TY_POPS || t.kind == TY_PROJS) {
    t.kind = t.kind == TY_POPS ? TY_POP : TY_PROJ;
    t.ndim = 1;
    return t;
  }
  if (shape_open(c, t)) return t;
  if (!type_is_array(t)) return rule_wrong_kind(c, over, t, "an array or a range a:b"), type_error();
  if (t.ndim < 0) return type_array(type_elem(t), -1, t.dim, t.unit);
  if (t.ndim <= 1) return element_type(t);
  return type_array(t.elem, t.ndim - 1, t.dim, t.unit);
}

static void check_sweep(Checker *c, Node *n) {
  Frame f;
  Ctx cx;
  TableInfo *t = NEW(c->a, TableInfo);
  Type elem = loop_element(c, n->kid[0]);
  frame_enter(c, &cx, &f);
  f.table = t;
  n->sym = declare_var(c, n, n->name, n->name_span, elem);
  add_column(c, t, n->name, column_type(elem));
  check_statements(c, n->kid[2]);
  ctx_leave(c);
  frame_leave(c, &f);
  n->info = f.scope;
  n->type = type_of(TY_TABLE);
  n->type.info = t;
}

// ---- loops and conditions ----

static void in_loop_scope(Checker *c, Ctx *cx) {
  ctx_again(c, cx);
  cx->in_block = true;
  cx->scope = scope_new(cx->scope, c->a);
  cx->scope->local = true;
}

void check_statements(Checker *c, Node *block) {
  Ctx cx;
  in_loop_scope(c, &cx);
  for (int k = 0; k < block->nlist; k++) check_statement(c, block->list[k]);
  ctx_leave(c);
}

static void check_for(Checker *c, Node *n) {
  Ctx cx;
  Type elem = loop_element(c, n->kid[0]);
  in_loop_scope(c, &cx);
  n->sym = declare_var(c, n, n->name, n->name_span, elem);
  check_statements(c, n->kid[2]);
  ctx_leave(c);
}

static void check_if_statement(Checker *c, Node *n) {
  check_condition(c, n->kid[0], "if");
  check_statements(c, n->kid[1]);
  if (n->kid[2] && n->kid[2]->kind == N_IF)
    check_if_statement(c, n->kid[2]);
  else if (n->kid[2])
    check_statements(c, n->kid[2]);
}

// ---- options ----

static void one_of(Checker *c, Node *b, const char *const *words, int n, const char *later) {
  Node *v = b->kid[0];
  if (v->kind != N_NAME) {
    rule_option_value(c, b, words, n);
    return;
  }
  v->type = type_of(TY_STR);
  if (later && named(v->name, later)) {
    not_supported(c, v->span, later[0] == 's' ? "single precision" : later);
    return;
  }
  for (int k = 0; k < n; k++)
    if (named(v->name, words[k])) return;
  rule_option_value(c, b, words, n);
}

static void check_option(Checker *c, Node *b) {
  static const char *const names[] = {"dt", "seed", "threads", "precision", "method", "semantics", "rtol", "atol"};
  static const char *const precisions[] = {"double", "single"}, *const semantics[] = {"brian", "nest"};
  Node *target = b->kid[2];
  double x;
  int k = 0;
  while (k < 8 && !(target->kind == N_NAME && named(target->name, names[k]))) k++;
  switch (k) {
  case 0:
    check_time(c, b->kid[0], "dt");
    if (expr_constant(b->kid[0], &x) && !(x > 0)) rule_dt(c, b->kid[0]);
    break;
  case 1: check_whole(c, b->kid[0], "the seed"); break;
  case 2:
    check_whole(c, b->kid[0], "the number of threads");
    if (expr_constant(b->kid[0], &x) && x < 1) rule_threads(c, b->kid[0]);
    break;
  case 3: one_of(c, b, precisions, 2, "single"); break;
  case 4:
    if (b->kid[0]->kind == N_NAME)
      method_kind(c, b, b->kid[0]->name, b->kid[0]->span);
    else
      rule_option_value(c, b, NULL, 0);
    b->kid[0]->type = type_of(TY_STR);
    break;
  case 5: one_of(c, b, semantics, 2, NULL); break;
  case 6: case 7: 
    check_quantity(c, b->kid[0], type_of(TY_NUM), names[k], false);
    if (expr_constant(b->kid[0], &x) && !(x > 0 && x <= 0.1)) rule_tolerance(c, b->kid[0]);
    break;
  default: rule_option(c, target, names, 8);
  }
}

// ---- output ----

static void check_plot_item(Checker *c, Node *n) {
  Type y = check_value(c, n->kid[0]);
  Type x = n->kid[1] ? check_value(c, n->kid[1]) : type_error();
  for (int k = 0; k < 2; k++) {
    Type t = k ? x : y;
    bool fits = !type_known(t) || type_numeric(t) || t.kind == TY_SPIKES || t.kind == TY_TABLE;
    if (!fits) rule_wrong_kind(c, n->kid[k], t, "an array or a recording");
  }
}

// What is drawn in one figure shares its axes.
static void check_axis(Checker *c, Node *n, int axis) {
  Node *first = NULL;
  for (int k = 0; k < n->nlist; k++) {
    Node *v = n->list[k]->kid[axis];
    if (!v || !type_known(v->type) || !type_numeric(v->type)) continue;
    if (!first) first = v;
    else if (!dims_agree(first->type, v->type)) rule_plot_axis(c, first, v, n->list[k]->kid[1] != NULL);
  }
}

static void check_plot(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) check_plot_item(c, n->list[k]);
  for (int axis = 0; axis < 2; axis++) check_axis(c, n, axis);
  for (int k = 0; k < 2; k++)
    if (n->kid[k]) check_texts(c, n->kid[k]);
}

static void check_near(Checker *c, Node *n) {
  Type a = check_value(c, n->kid[0]), b = check_value(c, n->kid[1]);
  bool ok = type_numeric(a) && type_numeric(b);
  if (!type_numeric(a)) rule_wrong_kind(c, n->kid[0], a, "a number");
  if (!type_numeric(b)) rule_wrong_kind(c, n->kid[1], b, "a number");
  if (ok && type_known(a) && type_known(b))
    ok = same_dimension(c, n, n->kid[0], a, n->kid[1], b, "cannot compare these");
  if (!n->kid[2]) return;
  Type tol = check_value(c, n->kid[2]);
  if (!ok || !type_known(tol)) return;
  if (!type_numeric(tol))
    rule_wrong_kind(c, n->kid[2], tol, "a number");
  else if (!tol.anydim && !dim_is_none(tol.dim) && type_known(a) && !dims_agree(tol, merge_numbers(a, b)))
    rule_quantity(c, n->kid[2], tol, merge_numbers(a, b), "the tolerance");
}

static void check_expect(Checker *c, Node *n) {
  if (n->kid[1]) {
    check_near(c, n);
    return;
  }
  check_condition(c, n->kid[0], "expect");
}

static void check_save(Checker *c, Node *n) {
  Type t = check_value(c, n->kid[0]);
  bool fits = !type_known(t) || type_numeric(t) || type_is_array(t) || t.kind == TY_TABLE || t.kind == TY_SPIKES ||
              t.kind == TY_SERIES;
  if (!fits) rule_wrong_kind(c, n->kid[0], t, "an array, a recording, recorded spikes or a table");
  check_texts(c, n->kid[1]);
}

static void check_print(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) check_value(c, n->list[k]);
}

// ---- returns ----

static void check_return(Checker *c, Node *n) {
  FuncInfo *f = c->cx->func;
  Type t = n->kid[0] ? check_value(c, n->kid[0]) : type_of(TY_NONE);
  if (!f) {
    rule_return_place(c, n);
    return;
  }
  if (f->result.kind == TY_NONE || f->result.kind == TY_ANY)
    f->result = t;
  else if (type_numeric(f->result) && type_numeric(t)) {
    if (type_known(t) && type_known(f->result) && !dims_agree(t, f->result))
      rule_returns(c, n, f->result, t);
    else
      f->result = merge_numbers(f->result, t);
  } else if (type_known(t) && t.kind != f->result.kind)
    rule_returns(c, n, f->result, t);
}

// ---- runs ----

static void check_run(Checker *c, Node *n) {
  if (n->op == RUN_FOR)
    check_time(c, n->kid[0], "how long to run");
  else if (n->op == RUN_STEPS)
    check_whole(c, n->kid[0], "the number of steps");
  else
    check_condition(c, n->kid[0], "run until");
  bool timed = false;
  for (const Frame *f = c->cx->frame; f; f = f->outer) timed |= f->timed;
  if (timed) rule_run_in_block(c, n);
}

// ---- all statements ----

static bool lane_statement(Checker *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_LET:
  case N_ASSIGN:
  case N_IF:
  case N_RETURN: return true;
  default: rule_statement_place(c, n, place_of_statement(c)); return false;
  }
}

static void check_declaration_place(Checker *c, Node *n) {
  rule_statement_place(c, n, "a block: declarations stand at the top level");
}

static void check_other(Checker *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_BUILD: check_build(c, n); break;
  case N_SIGNAL: check_signal(c, n); break;
  case N_TRAIN: not_supported(c, n->span, "`train`"); break;
  case N_LEARNING: break;
  default: check_declaration_place(c, n);
  }
}

void check_statement(Checker *c, Node *n) {
  if ((c->cx->kind == CX_FUNC && !lane_statement(c, n)) || !network_holds(c, n)) return;
  switch ((NodeKind)n->kind) {
  case N_LET: check_let(c, n); break;
  case N_ASSIGN: check_assign(c, n); break;
  case N_IF: check_if_statement(c, n); break;
  case N_FOR: check_for(c, n); break;
  case N_WHILE:
    check_condition(c, n->kid[0], "while");
    check_statements(c, n->kid[2]);
    break;
  case N_PRINT: check_print(c, n); break;
  case N_EXPECT: check_expect(c, n); break;
  case N_TEST: check_statements(c, n->kid[2]); break;
  case N_SAVE: check_save(c, n); break;
  case N_PLOT: check_plot(c, n); break;
  case N_SET:
    for (int k = 0; k < n->nlist; k++) check_option(c, n->list[k]);
    break;
  case N_RUN: check_run(c, n); break;
  case N_RESET: break;
  case N_STORE:
  case N_RESTORE:
  case N_CHECKPOINT:
  case N_RESUME:
    if (n->kid[0]) check_texts(c, n->kid[0]);
    break;
  case N_AT:
  case N_EVERY: check_timed(c, n); break;
  case N_SWEEP: check_sweep(c, n); break;
  case N_COLLECT: check_collect(c, n); break;
  case N_RETURN: check_return(c, n); break;
  case N_EXPRSTMT: n->type = check_expr(c, n->kid[0]); break;
  case N_POPULATION: check_population(c, n); break;
  case N_CONNECT: check_connect(c, n); break;
  case N_INJECT: check_inject(c, n); break;
  case N_INJSPIKES: check_inject_spikes(c, n); break;
  case N_RECORD: check_record(c, n); break;
  case N_RECSPIKES: check_record_spikes(c, n); break;
  case N_BLOCK: check_statements(c, n); break;
  default: check_other(c, n);
  }
}
