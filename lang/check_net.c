// SPDX-License-Identifier: MIT
// Populations, connections, injections, recordings.
//
// A connection first settles which neurons and which input it joins, then the unit of w (that of the declaration, else of
// what the block gives, else the one with which the synapse fits the input), and takes the Model of that use.
#include "lang/check_impl.h"

#include <math.h>
#include <string.h>

static Type plain(void) { return type_num(DIM_NONE, NULL); }

static Type seconds(void) {
  Unit s;
  unit_lookup("s", 1, &s);
  return type_num(s.dim, NULL);
}

// ---- entries of blocks ----

// W[k, 3] of what a file gave: one number, not one for each.
static bool is_element(const Node *n) {
  if (n->kind != N_INDEX || n->nlist < 2) return false;
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k]->kind == N_RANGE || !type_is_number(n->list[k]->type)) return false;
  return true;
}

// The value of one entry: a number for each neuron or synapse, or an array of them where nothing in it differs.
static Type entry_number(Checker *c, Node *value, Type want, const char *what) {
  if (want.kind == TY_BOOL || want.kind == TY_INT) {
    Type t = check_value(c, value);
    Type e = element_type(t);
    bool fits = !type_known(t) || (want.kind == TY_BOOL ? e.kind == TY_BOOL
                                                        : e.kind == TY_INT || (e.kind == TY_NUM && dim_is_none(e.dim)));
    if (!fits) rule_wrong_kind(c, value, t, say(c, want));
    return t;
  }
  Type t = check_quantity(c, value, want, what, true);
  if (expr_varies(value) || is_element(value)) t = settle(value);
  if (type_known(t) && type_is_array(t) && expr_varies(value)) rule_one_number(c, value, t, what);
  return t;
}

static Type entry_value(Checker *c, Node *b, Type want, const char *what) {
  Type t = entry_number(c, b->kid[0], want, what);
  check_draw(c, b, b->kid[0]);
  return t;
}

static Node *find_bind(Node *n, Atom name) {
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k]->kid[2]->kind == N_NAME && n->list[k]->kid[2]->name == name) return n->list[k];
  return NULL;
}

static void binds_once(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist; k++)
    for (int j = 0; j < k; j++) {
      Node *a = n->list[j]->kid[2], *b = n->list[k]->kid[2];
      bool same =
          a->kind == b->kind && a->name == b->name && (a->kind != N_MEMBER || a->kid[0]->name == b->kid[0]->name);
      if (same) rule_entry_twice(c, b, a);
    }
}

static InitItem *push_item(Checker *c, InitItem *list, int *n, InitItem item) {
  list_grow(list, *n, c->a);
  list[(*n)++] = item;
  return list;
}

// A pseudo variable of a statement: delay, post_delay, positions.
static Sym *pseudo(Checker *c, Atom name, Type t) {
  Sym *s = sym_new(c, SYM_STATE, name, NULL, t);
  s->hidden = true;
  s->resolved = 3;
  return s;
}

// ---- populations ----

static Type check_positions(Checker *c, Node *b) {
  Unit m;
  unit_lookup("m", 1, &m);
  Type t = check_value(c, b->kid[0]);
  if (type_known(t) && (!type_numeric(t) || !dims_agree(t, type_num(m.dim, NULL))))
    rule_quantity(c, b->kid[0], t, type_num(m.dim, NULL), "positions");
  check_draw(c, b, b->kid[0]);
  return t;
}

// { D = dopamine }: one value for all, of the script around the statement.
static void signal_entry(Checker *c, Node *b, Sym *v, InitItem *items, int n) {
  Ctx cx = *c->cx->outer;
  ScriptScope *scope;
  cx.outer = c->cx;
  c->cx = &cx;
  Type t = check_signal_value(c, b->kid[0], v->type, v->name->text, &scope);
  check_draw(c, b, b->kid[0]);
  ctx_leave(c);
  b->kid[2]->type = v->type;
  for (int k = 0; k < n; k++)
    if (items[k].var == v) items[k] = (InitItem){v, t.kind == TY_ERROR ? NULL : b->kid[0], true, scope};
}

static Sym *entry_of_lesson(Checker *c, const PopInfo *pi, Node *target);

static void population_entry(Checker *c, PopInfo *pi, Node *b, InitItem *items, int *n) {
  Node *target = b->kid[2];
  if (target->kind == N_NAME && named(target->name, "positions") && !model_find(pi->model, target->name)) {
    target->sym = pseudo(c, target->name, check_positions(c, b));
    pi->init = push_item(c, pi->init, &pi->ninit, (InitItem){target->sym, b->kid[0], true, NULL});
    return;
  }
  Sym *v = target->kind == N_NAME ? model_find(pi->model, target->name) : entry_of_lesson(c, pi, target);
  if (target->kind != N_NAME && !v) return rule_entry_target(c, target);
  target->sym = v;
  bool settable = v && (v->kind == SYM_PARAM || v->kind == SYM_STATE || v->kind == SYM_WEIGHT || v->kind == SYM_SIGNAL);
  if (!v)
    rule_unknown_entry(c, target, pi->model);
  else if (!settable)
    rule_entry_fixed(c, target, v);
  if (v && v->kind == SYM_SIGNAL) return signal_entry(c, b, v, items, *n);
  Type t = entry_value(c, b, settable ? v->type : type_of(TY_ANY), target->name->text);
  if (!settable) return;
  target->type = v->type;
  for (int k = 0; k < *n; k++)
    if (items[k].var == v) items[k] = (InitItem){v, t.kind == TY_ERROR ? NULL : b->kid[0], true, NULL};
}

// Every param, state, weight and signal with its default.
static InitItem *default_items(Checker *c, const Model *m, int *n) {
  InitItem *items = NEWN(c->a, InitItem, m->nvars + 1);
  *n = 0;
  for (int k = 0; k < m->nvars; k++) {
    Sym *v = m->vars[k];
    if (!v->hidden && v->kind != SYM_LET && v->kind != SYM_INPUT) items[(*n)++] = (InitItem){v, v->decl->kid[0], false, NULL};
  }
  return items;
}

// Whether a call names something that its model has not: that is the fault then, and not what is missing.
static bool names_unknown(const Node *call) {
  for (int k = 0; call->kind == N_CALL && k < call->nlist; k++)
    if (!call->list[k]->sym) return true;
  return false;
}

static void params_given(Checker *c, Node *n, const InitItem *items, int count, const char *of) {
  if (names_unknown(n)) return;
  for (int k = 0; k < count; k++)
    if (items[k].var->kind == SYM_PARAM && !items[k].var->decl->kid[0] && !items[k].from_block)
      rule_param_missing(c, n, items[k].var, of);
}

static void check_sizes(Checker *c, Node *n) {
  for (int k = 0; k < n->nlist2; k++) {
    double x;
    Node *size = n->list2[k];
    check_whole(c, size, "the size of a population");
    if (expr_constant(size, &x) && x == floor(x) && (x < 1 || x > 2147483647.0)) rule_population_size(c, size, x);
  }
  if (n->nlist2 == 0) rule_no_size(c, n);
}

// The neuron of a population; NULL after a report or where the neuron has errors itself.
static Model *population_neuron(Checker *c, Node *n) {
  Node *name = n->kid[0];
  if (name->kind != N_NAME) return rule_dotted(c, name, "a neuron"), NULL;
  Sym *s = scope_find(c->cx->scope, name->name, false, NULL);
  if (!s) return rule_unknown_neuron(c, name), NULL;
  name->sym = s;
  if (s->kind != SYM_NEURON) return rule_not_a_neuron(c, name, s), NULL;
  return neuron_model(c, s);
}

// What a call behind `learn` names; NULL after a report.
static Sym *learning_rule(Checker *c, Node *call) {
  Node *name = call->kind == N_CALL ? call->kid[0] : call;
  Sym *s = name->kind == N_NAME ? scope_find(c->cx->scope, name->name, false, NULL) : NULL;
  if (!s) return rule_unknown_learning(c, name), NULL;
  if (s->kind != SYM_RULE) return rule_not_a_rule(c, name, s), NULL;
  name->sym = s;
  return s;
}

static void take_arguments(Checker *c, Node *call, const Model *m, const Lesson *lesson, InitItem *items, int n);

// A rule used twice: R and R2.
static const char *lesson_prefix(Checker *c, const Lesson *l, int n, const Sym *rule) {
  int same = 1;
  for (int k = 0; k < n; k++) same += l[k].rule->sym == rule;
  return same == 1 ? rule->name->text : arena_printf(c->a, "%s%d", rule->name->text, same);
}

// The neuron with what its population learns by; the neuron itself where it does not. NULL after a report.
static Model *with_lessons(Checker *c, Node *n, Model *plain, Lesson *lesson) {
  if (!plain || !n->nlist3) return plain;
  for (int k = 0; k < n->nlist3; k++) {
    Sym *rule = learning_rule(c, n->list3[k]);
    DeclInfo *d = rule ? rule->decl_info : NULL;
    if (!d || d->bad) return NULL;
    lesson[k] = (Lesson){.rule = d, .prefix = lesson_prefix(c, lesson, k, rule)};
  }
  return learning_model(c, n->kid[0]->sym, lesson, n->nlist3, n->list3[0]);
}

// { R.eta = 2 }: the entry of a rule's variable becomes that of the neuron's.
static Sym *entry_of_lesson(Checker *c, const PopInfo *pi, Node *target) {
  if (target->kind != N_MEMBER || target->kid[0]->kind != N_NAME) return NULL;
  return model_find(pi->model, intern_str(c->in, arena_printf(c->a, "%s.%s", target->kid[0]->name->text, target->name->text)));
}

static void check_population_block(Checker *c, Node *n, PopInfo *pi, const Lesson *lesson) {
  Ctx cx;
  int count;
  InitItem *items = default_items(c, pi->model, &count);
  for (int k = 0; k < n->nlist3; k++)
    take_arguments(c, n->list3[k]->kind == N_CALL ? n->list3[k] : NULL, pi->model, &lesson[k], items, count);
  ctx_enter(c, &cx, CX_BLOCK);
  cx.model = pi->model;
  cx.scope = lane_scope(c, CX_BLOCK, NULL);
  cx.in_init = true;
  for (int k = 0; k < n->nlist; k++) population_entry(c, pi, n->list[k], items, &count);
  ctx_leave(c);
  params_given(c, n, items, count, pi->model->name->text);
  InitItem *ordered = order_items(c, items, count, c->a);
  for (int k = 0; ordered && k < count; k++) pi->init = push_item(c, pi->init, &pi->ninit, ordered[k]);
}

static void unchecked_block(Checker *c, Node *n) {
  Ctx cx;
  ctx_enter(c, &cx, CX_BLOCK);
  cx.scope = lane_scope(c, CX_BLOCK, NULL);
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k]->kid[0]->kind == N_NUM) check_value(c, n->list[k]->kid[0]);
  ctx_leave(c);
}

Sym *check_numbers(Checker *c, Node *n, Ctx *cx) {
  for (int k = 0; k < 2; k++)
    if (n->kid[1]->kid[k]) check_whole(c, n->kid[1]->kid[k], "a range");
  cx->scope = scope_new(cx->scope, c->a);
  cx->scope->local = true;
  return declare_var(c, n, n->name2, n->span, type_of(TY_INT));
}

void check_population(Checker *c, Node *n) {
  PopInfo *pi = NEW(c->a, PopInfo);
  Type t = type_of(n->name2 ? TY_POPS : TY_POP);
  Ctx cx;
  require_place(c, n, "a population");
  n->info = pi;
  ctx_again(c, &cx);
  if (n->name2) pi->index = check_numbers(c, n, &cx);
  Lesson *lesson = NEWN(c->a, Lesson, n->nlist3 + 1);
  pi->model = with_lessons(c, n, population_neuron(c, n), lesson);
  check_sizes(c, n);
  binds_once(c, n);
  if (pi->model)
    check_population_block(c, n, pi, lesson);
  else
    unchecked_block(c, n);
  ctx_leave(c);
  t.info = pi->model;
  t.ndim = (int8_t)(n->nlist2 > 1 ? n->nlist2 : 1);
  if (!pi->model) t = type_error();
  n->type = t;
  n->sym = sym_global(c, SYM_POP, n->name, n, t);
  n->sym->pop_model = pi->model;
  declare(c, n->sym, n->name_span);
}

// ---- the two sides of a connection ----

static Type check_source(Checker *c, Node *n, const char *what) {
  Type t = check_expr(c, n);
  if (!type_known(t)) return type_error();
  if (t.kind == TY_POPS) return rule_population_array(c, n), type_error();
  if (t.kind != TY_POP) return rule_not_a_population(c, n, t, what), type_error();
  return t;
}

static Sym *only_input(const Model *m, int *count) {
  Sym *in = NULL;
  *count = 0;
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT) in = m->vars[k], ++*count;
  return in;
}

// A target P, P[0:10] or P.I: its population's type, and the input if one is named.
static Type check_target(Checker *c, Node *n, Sym **input, const char *what) {
  bool ok;
  *input = NULL;
  if (take_part(c, n->kind == N_INDEX ? n->kid[0] : n, &ok) && !ok) return type_error();
  if (n->kind == N_INDEX && n->kid[0]->kind == N_MEMBER) { // P.I[0:10]: as P[0:10].I
    Node *member = n->kid[0];
    n->kid[0] = member->kid[0];
    Node *index = node_new(N_INDEX, n->span, c->a);
    *index = *n;
    Span span = n->span;
    *n = *member;
    n->kid[0] = index;
    n->span = span;
  }
  if (n->kind != N_MEMBER) return check_source(c, n, what);
  Type t = check_source(c, n->kid[0], what);
  if (t.kind == TY_ERROR) return t;
  if (!t.info) return rule_mixed_target(c, n), type_error();
  Sym *v = model_find(t.info, n->name);
  if (!v || v->kind != SYM_INPUT) return rule_not_an_input(c, n, t.info, v), type_error();
  n->sym = *input = v;
  return n->type = t;
}

// The input that is meant where none was named.
static Sym *default_input(Checker *c, Node *target, const Model *m, const char *who) {
  int count;
  Sym *in = only_input(m, &count);
  if (count == 1) return in;
  rule_which_input(c, target, m, count, who);
  return NULL;
}

// ---- the unit of w ----

static Sym *synapse_decl(Checker *c, Node *n, Node **call) {
  Node *via = n->kid[2];
  *call = NULL;
  if (!via) return rule_no_via(c, n), NULL;
  if (via->kind == N_CALL) {
    *call = via;
    via = via->kid[0];
  }
  if (via->kind != N_NAME) return rule_dotted(c, via, "a synapse"), NULL;
  Sym *s = scope_find(c->cx->scope, via->name, false, NULL);
  if (!s) return rule_unknown_synapse(c, via), NULL;
  via->sym = s;
  if (s->kind != SYM_SYNAPSE) return rule_not_a_synapse(c, via, s), NULL;
  return s;
}

static Node *weight_decl(const DeclInfo *d) {
  for (int k = 0; k < d->nparts; k++)
    if (d->parts[k].node->kind == N_WEIGHT) return d->parts[k].node;
  return NULL;
}

static bool injects(const DeclInfo *d) {
  for (int k = 0; k < d->nparts; k++)
    if (d->parts[k].node->kind == N_INJECTS) return true;
  return false;
}

static void conn_context(Checker *c, Ctx *cx, ConnInfo *ci) {
  ctx_enter(c, cx, CX_CONN);
  cx->scope = lane_scope(c, CX_CONN, NULL);
  cx->pre = ci->pre;
  cx->post = ci->post;
  cx->has_pair = true;
  cx->in_init = true;
}

// The type of an entry's value, without changing the entry.
static Type value_type(Checker *c, ConnInfo *ci, Node *value) {
  Ctx cx;
  Node *copy = node_clone(value, c->a);
  conn_context(c, &cx, ci);
  cx.effects = true;
  Type t = check_value(c, copy);
  ctx_leave(c);
  return t;
}

// Whether the synapse fits this connection with w of type t; nothing is reported.
static bool fits_with(Checker *c, Sym *syn, Type w, ConnInfo *ci) {
  Diags *kept = c->d;
  c->d = diags_new(c->sources);
  DeclInfo *d = syn->decl_info;
  int uses = d->uses.n, bodies = c->bodies.n;
  Model *m = use_model(c, syn, w, ci->pre, ci->post, NULL, syn->decl);
  bool fits = m != NULL;
  for (int k = 0; fits && k < m->ninjects; k++) {
    Type t = m->injects[k].node->kid[0]->type;
    if (ci->input && !dims_agree(t, ci->input->type)) fits = false;
  }
  if (d->uses.n > uses) (void)vec_pop(&d->uses);
  c->bodies.n = bodies;
  diags_free(c->d);
  c->d = kept;
  return fits;
}

// Where nothing gives w a unit: that of the input, if the synapse fits then, else none.
static Type guessed_weight(Checker *c, Sym *syn, ConnInfo *ci) {
  if (ci->input && !dim_is_none(ci->input->type.dim)) {
    Type t = type_num(ci->input->type.dim, ci->input->type.unit);
    if (fits_with(c, syn, t, ci)) return t;
  }
  return plain();
}

// A weight that must be given and is not: that is the fault, and not that a plain number does not fit.
static Type missing_weight(Checker *c, Sym *syn, ConnInfo *ci) {
  Type t = guessed_weight(c, syn, ci);
  return dim_is_none(t.dim) && !fits_with(c, syn, t, ci) ? type_of(TY_ANY) : t;
}

static Type weight_of(Checker *c, Node *n, Sym *syn, ConnInfo *ci) {
  Node *w = weight_decl(syn->decl_info);
  if (!w || w->kid[1]) return plain(); // none, or its unit is declared
  Node *b = find_bind(n, w->name);
  if (!b && !w->kid[0]) return missing_weight(c, syn, ci);
  Type t = b ? value_type(c, ci, b->kid[0]) : plain();
  if (t.kind == TY_ERROR) return t;
  if (b && !t.anydim && type_numeric(t) && type_known(t)) return type_num(t.dim, t.unit);
  return guessed_weight(c, syn, ci);
}

// ---- parameters and values ----

// via S(tau = 5 ms) and learn R(A = 1): named arguments, or in the order of the params. `lesson`: those that this rule has
// brought into a neuron.
static Sym *param_of_arg(Checker *c, const Model *m, const Lesson *lesson, Node *call, Node *arg, int *next) {
  Vec(const char *) names = {0};
  Sym *found = NULL;
  for (int k = 0, at = 0; k < m->nvars; k++) {
    Sym *v = m->vars[k];
    if (v->hidden || (v->kind != SYM_PARAM && v->kind != SYM_SIGNAL) || v->decl_info != lesson) continue;
    vec_push(&names, v->decl->name->text);
    if (arg->name ? v->decl->name == arg->name : at == *next) found = v;
    at++;
  }
  if (!arg->name) ++*next;
  if (!found) rule_unknown_param(c, arg, call, names.data, names.n);
  vec_free(&names);
  return found;
}

// The arguments of one call, in place of the defaults among the items.
static void take_arguments(Checker *c, Node *call, const Model *m, const Lesson *lesson, InitItem *items, int n) {
  int next = 0;
  for (int k = 0; call && k < call->nlist; k++) {
    Node *arg = call->list[k];
    Sym *v = param_of_arg(c, m, lesson, call, arg, &next);
    ScriptScope *scope = NULL;
    Type t = v && v->kind == SYM_SIGNAL
                 ? check_signal_value(c, arg->kid[0], v->type, v->decl->name->text, &scope)
                 : check_quantity(c, arg->kid[0], v ? v->type : type_of(TY_ANY), v ? v->decl->name->text : "it", false);
    arg->type = t;
    arg->sym = v;
    for (int j = 0; j < n; j++) {
      if (items[j].var != v) continue;
      if (items[j].from_block) rule_argument_twice(c, arg);
      items[j] = (InitItem){v, arg->kid[0], true, scope};
    }
  }
}

static InitItem *check_params(Checker *c, Node *call, const Model *m, int *count) {
  InitItem *items = default_items(c, m, count);
  int kept = 0;
  for (int k = 0; k < *count; k++)
    if (items[k].var->kind == SYM_PARAM || items[k].var->kind == SYM_SIGNAL) items[kept++] = items[k];
  *count = kept;
  take_arguments(c, call, m, NULL, items, kept);
  InitItem *ordered = order_items(c, items, kept, c->a);
  return ordered ? ordered : items;
}

static bool is_delay(const Node *target) {
  return target->kind == N_NAME && (named(target->name, "delay") || named(target->name, "post_delay"));
}

static void delay_entry(Checker *c, ConnInfo *ci, Node *b) {
  double x;
  Node *target = b->kid[2];
  entry_value(c, b, seconds(), target->name->text);
  if (expr_constant(b->kid[0], &x) && x < 0) rule_negative_delay(c, b->kid[0]);
  target->sym = pseudo(c, target->name, seconds());
  ci->init = push_item(c, ci->init, &ci->ninit, (InitItem){target->sym, b->kid[0], true, NULL});
}

// The variable an entry of a connection sets: of the synapse, or of a rule (STDP.A_plus).
static Sym *entry_variable(Checker *c, ConnInfo *ci, Node *target) {
  const Model *m = ci->syn;
  if (target->kind == N_MEMBER) {
    m = NULL;
    for (int k = 0; k < ci->nrules; k++)
      if (target->kid[0]->kind == N_NAME && ci->rules[k].model && ci->rules[k].model->name == target->kid[0]->name)
        m = ci->rules[k].model;
    if (!m) return rule_unknown_rule(c, target), NULL;
  }
  Sym *v = model_find(m, target->name);
  if (!v) return rule_unknown_entry(c, target, m), NULL;
  bool state = v->kind == SYM_STATE && v->place == PLACE_SELF;
  if (v->kind != SYM_PARAM && v->kind != SYM_WEIGHT && !state) return rule_entry_fixed(c, target, v), NULL;
  return v;
}

static void connection_entry(Checker *c, ConnInfo *ci, Node *b) {
  Node *target = b->kid[2];
  if (is_delay(target) && !model_find(ci->syn, target->name)) return delay_entry(c, ci, b);
  Sym *v = entry_variable(c, ci, target);
  entry_value(c, b, v ? v->type : type_of(TY_ANY), v ? v->name->text : "it");
  ci->wrong_entry |= !v;
  if (!v) return;
  target->sym = v;
  target->type = v->type;
  ci->init = push_item(c, ci->init, &ci->ninit, (InitItem){v, b->kid[0], true, NULL});
}

static bool in_items(const InitItem *items, int n, const Sym *v) {
  for (int k = 0; k < n; k++)
    if (items[k].var == v) return true;
  return false;
}

// Defaults of w and of the states of each synapse that the block did not give.
static void default_values(Checker *c, Node *n, ConnInfo *ci) {
  for (int k = 0; k < ci->syn->nvars; k++) {
    Sym *v = ci->syn->vars[k];
    bool per_synapse = v->kind == SYM_WEIGHT || (v->kind == SYM_STATE && v->place == PLACE_SELF && !v->hidden);
    if (!per_synapse || in_items(ci->init, ci->ninit, v)) continue;
    if (v->kind == SYM_WEIGHT && !v->decl->kid[0] && !ci->wrong_entry && !names_unknown(n->kid[2])) rule_weight_missing(c, n, v, ci->syn);
    ci->init = push_item(c, ci->init, &ci->ninit, (InitItem){v, v->decl->kid[0], false, NULL});
  }
}

static void order_values(Checker *c, ConnInfo *ci) {
  InitItem *ordered = order_items(c, ci->init, ci->ninit, c->a);
  if (ordered) ci->init = ordered;
}

// ---- patterns ----

static void check_pattern(Checker *c, ConnInfo *ci, Node *p) {
  Ctx cx;
  double x;
  conn_context(c, &cx, ci);
  switch (p->op) {
  case PAT_PROB:
    check_quantity(c, p->kid[0], plain(), "a probability", false);
    if (expr_constant(p->kid[0], &x) && !(x >= 0 && x <= 1)) rule_probability(c, p->kid[0], x);
    break;
  case PAT_INDEGREE:
  case PAT_OUTDEGREE:
  case PAT_TOTAL:
    check_whole(c, p->kid[0], "a number of synapses");
    if (expr_constant(p->kid[0], &x) && x < 0) rule_negative_count(c, p->kid[0], x);
    break;
  case PAT_WHERE: check_condition(c, p->kid[0], "where"); break;
  case PAT_FROM:
    for (int k = 0; k < p->kid[0]->nlist; k++) {
      Type t = check_value(c, p->kid[0]->list[k]);
      bool ints = type_is_array(t) && type_numeric(t) && dim_is_none(t.dim);
      if (type_known(t) && !ints) rule_wrong_kind(c, p->kid[0]->list[k], t, "an array of indices");
    }
    break;
  default: break;
  }
  if (p->kid[1]) check_condition(c, p->kid[1], "where");
  ctx_leave(c);
}

// ---- connections ----

static void check_sides(Checker *c, Node *n, ConnInfo *ci, Sym *syn, bool *ok) {
  Type s = check_source(c, n->kid[0], "the source of a connection"),
       t = check_target(c, n->kid[1], &ci->input, "the target of a connection");
  *ok = s.kind != TY_ERROR && t.kind != TY_ERROR && syn;
  if (!*ok) return;
  ci->pre = s.info;
  ci->post = t.info;
  DeclInfo *d = syn->decl_info;
  if (!injects(d) || ci->input) return;
  if (!ci->post)
    *ok = false, rule_mixed_target(c, n->kid[1]);
  else if (!(ci->input = default_input(c, n->kid[1], ci->post, syn->name->text)))
    *ok = false;
}

// What the synapse injects must be what the input takes.
static void injected_units(Checker *c, Node *n, ConnInfo *ci) {
  for (int k = 0; k < ci->syn->ninjects && ci->input; k++) {
    Node *inject = ci->syn->injects[k].node;
    Type t = inject->kid[0]->type;
    if (type_known(t) && !dims_agree(t, ci->input->type)) rule_injected_unit(c, n, inject, t, ci->input, ci->post);
  }
}

static void check_rules(Checker *c, Node *n, ConnInfo *ci) {
  for (int k = 0; k < n->nlist3; k++) {
    Node *call = n->list3[k];
    Sym *s = learning_rule(c, call);
    if (!s) continue;
    if (!ci->syn->weight) {
      rule_no_weight(c, call, ci->syn);
      continue;
    }
    Model *m = use_model(c, s, ci->syn->weight->type, ci->pre, ci->post, ci->syn->weight, call);
    for (int j = 0; m && j < ci->nrules; j++)
      if (ci->rules[j].model == m) m = another_model(c, m, call);
    if (!m) continue;
    list_grow(ci->rules, ci->nrules, c->a);
    RuleUse *u = &ci->rules[ci->nrules++];
    u->model = m;
    u->node = call;
    u->params = check_params(c, call->kind == N_CALL ? call : NULL, m, &u->nparams);
  }
}

static bool has_event(const Model *m, Atom name) {
  for (int k = 0; k < m->non; k++)
    if (m->on[k].node->kind == N_EVENT && m->on[k].node->name == name) return true;
  return false;
}

// Sources of different neurons are seen one by one when the network is linked.
static void check_events_heard(Checker *c, const ConnInfo *ci, const Model *m, const Node *at) {
  for (int k = 0; ci->pre && k < m->non; k++) {
    const Node *on = m->on[k].node;
    if (on->kind == N_ON && on->name && !has_event(ci->pre, on->name)) rule_unknown_event(c, at, on, ci->pre);
  }
}

static bool reads_any(const Node *n, const InitItem *items, int count) {
  if (!n) return false;
  if (n->kind == N_NAME || n->kind == N_MEMBER)
    return n->sym && (in_items(items, count, n->sym) || (n->sym->kind == SYM_LET && n->sym->decl && reads_any(n->sym->decl->kid[0], items, count)));
  for (int k = 0; k < 4; k++)
    if (n->kind != N_NUM && reads_any(n->kid[k], items, count)) return true;
  for (int k = 0; k < n->nlist; k++)
    if (reads_any(n->list[k], items, count)) return true;
  return false;
}

// A parameter whose default reads one that differs from synapse to synapse does so too.
static void follow_params(Checker *c, ConnInfo *ci, InitItem *params, int n) {
  for (int pass = 0; pass < n; pass++)
    for (int k = 0; k < n; k++) {
      if (params[k].from_block || params[k].var->kind != SYM_PARAM || in_items(ci->init, ci->ninit, params[k].var)) continue;
      if (!reads_any(params[k].expr, ci->init, ci->ninit)) continue;
      ci->init = push_item(c, ci->init, &ci->ninit, (InitItem){params[k].var, params[k].expr, false, NULL});
    }
}

// Every parameter without a default must be given: with the synapse or rule, or for each synapse in the block.
static void given_params(Checker *c, const ConnInfo *ci, Node *at, InitItem *params, int n, const char *of) {
  for (int k = 0; k < n; k++)
    if (in_items(ci->init, ci->ninit, params[k].var)) params[k].from_block = true;
  params_given(c, at, params, n, of);
}

static void check_use(Checker *c, Node *n, ConnInfo *ci, Sym *syn, Node *call) {
  Type w = weight_of(c, n, syn, ci);
  if (w.kind == TY_ERROR) w = type_of(TY_ANY);
  ci->syn = use_model(c, syn, w, ci->pre, ci->post, NULL, n->kid[2]);
  if (!ci->syn) return;
  injected_units(c, n, ci);
  ci->params = check_params(c, call, ci->syn, &ci->nparams);
  check_rules(c, n, ci);
  check_events_heard(c, ci, ci->syn, n->kid[2]);
  for (int k = 0; k < ci->nrules; k++) check_events_heard(c, ci, ci->rules[k].model, n->kid[2]);
  Ctx cx;
  conn_context(c, &cx, ci);
  cx.effects = true;
  binds_once(c, n);
  for (int k = 0; k < n->nlist; k++) connection_entry(c, ci, n->list[k]);
  ctx_leave(c);
  follow_params(c, ci, ci->params, ci->nparams);
  for (int k = 0; k < ci->nrules; k++) follow_params(c, ci, ci->rules[k].params, ci->rules[k].nparams);
  given_params(c, ci, n->kid[2], ci->params, ci->nparams, ci->syn->name->text);
  for (int k = 0; k < ci->nrules; k++)
    given_params(c, ci, ci->rules[k].node, ci->rules[k].params, ci->rules[k].nparams, ci->rules[k].model->name->text);
  default_values(c, n, ci);
  order_values(c, ci);
}

void check_connect(Checker *c, Node *n) {
  ConnInfo *ci = NEW(c->a, ConnInfo);
  Node *call = NULL;
  bool ok;
  require_place(c, n, "a connection");
  n->info = ci;
  Sym *syn = synapse_decl(c, n, &call);
  check_sides(c, n, ci, syn, &ok);
  if (n->nlist2) not_supported(c, n->list2[0]->span, "`sharing`");
  if (ok) check_use(c, n, ci, syn, call);
  if (!n->kid[3])
    rule_no_pattern(c, n);
  else if (ok)
    check_pattern(c, ci, n->kid[3]);
  if (!n->name) return;
  Type t = type_of(TY_PROJ);
  t.info = ci;
  if (!ci->syn) t = type_error();
  n->type = t;
  n->sym = sym_global(c, SYM_PROJ, n->name, n, t);
  declare(c, n->sym, n->name_span);
}

// ---- injections ----

// P.V in an expression: a quantity of neurons that moves. Params are read once with good reason.
static const Node *moving_member(const Node *n) {
  if (!n) return NULL;
  if (n->kind == N_MEMBER && n->kid[0]->type.kind == TY_POP && n->sym && (n->sym->kind == SYM_STATE || n->sym->kind == SYM_INPUT || n->sym->kind == SYM_LET)) return n;
  const Node *found = NULL;
  for (int k = 0; k < 4 && !found; k++) found = moving_member(n->kid[k]);
  for (int k = 0; k < n->nlist && !found; k++) found = moving_member(n->list[k]);
  return found;
}

void check_inject(Checker *c, Node *n) {
  Sym *input;
  require_place(c, n, "an injection");
  Type t = check_target(c, n->kid[1], &input, "the target of an injection");
  if (t.kind != TY_ERROR && !input) {
    if (!t.info)
      rule_mixed_target(c, n->kid[1]);
    else
      input = default_input(c, n->kid[1], t.info, "this injection");
  }
  n->sym = input;
  Ctx cx;
  ctx_enter(c, &cx, CX_INJECT);
  cx.model = t.info;
  cx.scope = lane_scope(c, CX_INJECT, NULL);
  cx.xi = true;
  Type v = check_value(c, n->kid[0]);
  if (expr_varies(n->kid[0])) v = settle(n->kid[0]);
  if (type_known(v) && !type_numeric(v)) rule_wrong_kind(c, n->kid[0], v, "a number or an array");
  else if (input && !dims_agree(v, input->type)) rule_stimulus_unit(c, n->kid[0], v, input, t.info);
  else if (type_known(v) && type_is_array(v) && expr_varies(n->kid[0])) rule_one_number(c, n->kid[0], v, "what is injected");
  else if (moving_member(n->kid[0])) rule_inject_reads(c, moving_member(n->kid[0]));
  ctx_leave(c);
  if (n->kid[2]) check_time(c, n->kid[2], "the beginning");
  if (n->kid[3]) check_time(c, n->kid[3], "the end");
}

static void numbers_or_array(Checker *c, Node *n, Type want, const char *what) {
  Type t = check_value(c, n);
  if (!type_known(t)) return;
  if (!type_numeric(t))
    rule_wrong_kind(c, n, t, "an array of numbers");
  else if (!dims_agree(t, want))
    rule_quantity(c, n, t, want, what);
}

void check_inject_spikes(Checker *c, Node *n) {
  require_place(c, n, "an injection");
  check_source(c, n->kid[1], "what spikes are injected into");
  numbers_or_array(c, n->kid[0], seconds(), "spike times");
  if (n->kid[2]) numbers_or_array(c, n->kid[2], plain(), "indices of neurons");
}

// ---- recordings ----

Sym *population_of(const Node *n) {
  while (n && (n->kind == N_INDEX || n->kind == N_UNARY)) n = n->kid[0];
  if (!n || n->kind != N_NAME || !n->sym) return NULL;
  return n->sym->kind == SYM_POP ? n->sym : n->sym->kind == SYM_FRAME && n->sym->of ? n->sym->of : NULL;
}

// Calls f for every population an expression names: E, E[0:10], E + I.
static void mark_recorded(Checker *c, const Node *n) {
  if (n->kind == N_BINARY) {
    mark_recorded(c, n->kid[0]);
    mark_recorded(c, n->kid[1]);
    return;
  }
  Sym *p = population_of(n);
  if (p) vec_push(&c->recorded, p);
}

void check_record_spikes(Checker *c, Node *n) {
  require_place(c, n, "a recording");
  Type t = check_expr(c, n->kid[0]);
  if (type_known(t) && t.kind != TY_POP && t.kind != TY_POPS)
    rule_not_a_population(c, n->kid[0], t, "what spikes are recorded of"), t = type_error();
  mark_recorded(c, n->kid[0]);
  sum_populations(c, n->kid[0]);
  for (int k = 0; k < n->nlist; k++) {
    Node *v = n->list[k];
    if (t.kind == TY_ERROR || t.kind == TY_ANY) continue;
    v->sym = t.info ? model_find(t.info, v->name) : NULL;
    if (!v->sym)
      rule_unknown_entry(c, v, t.info);
    else
      v->type = v->sym->type;
  }
  if (n->kid[2]) check_texts(c, n->kid[2]);
  if (!n->name) return;
  Type s = type_of(TY_SPIKES);
  s.info = t.info;
  n->type = t.kind == TY_ERROR ? t : s;
  n->sym = sym_global(c, SYM_REC, n->name, n, n->type);
  declare(c, n->sym, n->name_span);
}

// P.V, P.V[0:5], P[0:5].V, C.w: a variable of a population or projection. Or a signal.
static bool recordable(const Node *n) {
  if (node_is_signal(n)) return true;
  while (n->kind == N_INDEX) n = n->kid[0];
  if (n->kind != N_MEMBER) return false;
  while (n->kind == N_MEMBER || n->kind == N_INDEX) n = n->kid[0];
  return n->kind == N_NAME &&
         (n->type.kind == TY_POP || n->type.kind == TY_POPS || n->type.kind == TY_PROJ || n->type.kind == TY_PROJS);
}

void check_record(Checker *c, Node *n) {
  require_place(c, n, "a recording");
  Type t = check_value(c, n->kid[0]);
  if (type_known(t) && (!recordable(n->kid[0]) || !type_numeric(t)))
    rule_not_recordable(c, n->kid[0], t), t = type_error();
  if (n->kid[1]) check_time(c, n->kid[1], "the sampling interval");
  if (n->kid[2]) check_texts(c, n->kid[2]);
  if (type_known(t)) {
    Type r = type_array(type_elem(t), type_is_array(t) ? 2 : 1, t.dim, t.unit);
    r.kind = TY_REC;
    t = r;
  }
  n->type = t;
  n->sym = sym_global(c, SYM_REC, n->name, n, t);
  declare(c, n->sym, n->name_span);
}

// ---- asked, but not recorded ----

static void ask_one(Checker *c, Node *n) {
  Sym *p = population_of(n);
  if (p) vec_push(&c->asked, (Asked){p, n});
}

void ask_spikes(Checker *c, Node *pop) {
  if (pop->kind == N_BINARY) {
    ask_spikes(c, pop->kid[0]);
    ask_spikes(c, pop->kid[1]);
  } else
    ask_one(c, pop);
}

void check_asked(Checker *c) {
  for (int k = 0; k < c->asked.n; k++) {
    bool found = false;
    for (int j = 0; j < c->recorded.n; j++) found |= c->recorded.data[j] == c->asked.data[k].pop;
    if (!found) rule_not_recorded(c, c->asked.data[k].node, c->asked.data[k].pop);
  }
  c->asked.n = 0;
}
