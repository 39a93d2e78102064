// SPDX-License-Identifier: MIT
// Neurons, synapses and rules: from a declaration to Models.
//
// `extends` is applied once (flatten): parts of the base in order, each replaced where the declaration has a part of the
// same name, equation or event, then what is new. A neuron has one Model. A synapse or rule is first checked for itself,
// with w and the two neurons unknown, so that faults that lie in it alone are found at once; then each distinct use gets
// a clone with the unit of w and the neurons it stands between. Types of variables are found on demand (resolve_var),
// since parts may stand in any order.
#include "lang/check_impl.h"


// ---- flatten ----

typedef Vec(Part) Parts;

static bool is_var_part(const Node *n) {
  return n->kind == N_PARAM || n->kind == N_INPUT || n->kind == N_STATE || n->kind == N_LET || n->kind == N_WEIGHT ||
         n->kind == N_SIGNAL;
}
static bool is_spike_part(const Node *n) {
  return n->kind == N_SPIKEWHEN || n->kind == N_SPIKECROSS || n->kind == N_SPIKECOUNT;
}
static bool is_refractory_part(const Node *n) { return n->kind == N_REFRACTORY || n->kind == N_REFRWHILE; }

// Whether a part of the extending declaration takes the place of one of the base.
static bool replaces(const Node *new, const Node *old) {
  if (is_var_part(new)) return is_var_part(old) && new->name == old->name;
  if (is_spike_part(new)) return is_spike_part(old);
  if (is_refractory_part(new)) return is_refractory_part(old);
  if (new->kind != old->kind) return false;
  int n = 0;
  switch ((NodeKind) new->kind) {
  case N_METHOD:
  case N_INJECTS: return true;
  case N_EVENT: return new->name == old->name;
  case N_ON: return new->op == old->op &&new->name == old->name &&new->op != ON_EVERY;
  case N_EQUATION: {
    Atom x = derivative_name(new->kid[0], &n);
    return n == 1 && x == derivative_name(old->kid[0], &n);
  }
  default: return false;
  }
}

static void add_part(Parts *parts, int nbase, Node *node, Node *scaled) {
  bool found = false;
  for (int k = 0; k < nbase; k++) {
    Part *p = &parts->data[k];
    if (p->own || !p->node || !replaces(node, p->node)) continue;
    *p = found ? (Part){.node = NULL} : (Part){.node = node, .scaled = scaled, .own = true};
    found = true;
  }
  if (!found) vec_push(parts, (Part){.node = node, .scaled = scaled, .own = true});
}

static void add_parts(Parts *parts, int nbase, Node *decl, Node *scaled) {
  for (int k = 0; k < decl->nlist; k++) {
    Node *part = decl->list[k];
    if (part->kind == N_SCALED)
      add_parts(parts, nbase, part, part);
    else
      add_part(parts, nbase, part, scaled);
  }
}

static SymKind decl_kind(const Node *n) {
  return n->kind == N_NEURON ? SYM_NEURON : n->kind == N_SYNAPSE ? SYM_SYNAPSE : SYM_RULE;
}

// The declaration extended; NULL after a report, or where that one has errors itself.
static DeclInfo *base_of(Checker *c, Node *n) {
  Sym *b = scope_find(c->cx->scope, n->name2, false, NULL);
  if (!b) return rule_unknown_base(c, n), NULL;
  if (b->kind != decl_kind(n)) return rule_extends_kind(c, n, b), NULL;
  DeclInfo *d = b->decl_info;
  return d->bad ? NULL : d;
}

static void flatten(Checker *c, DeclInfo *d, Node *n) {
  Parts parts = {0};
  if (n->name2) {
    DeclInfo *base = base_of(c, n);
    if (!base) d->bad = true;
    for (int k = 0; base && k < base->nparts; k++)
      vec_push(&parts, (Part){.node = base->parts[k].node, .scaled = base->parts[k].scaled});
  }
  add_parts(&parts, parts.n, n, NULL);
  int kept = 0;
  for (int k = 0; k < parts.n; k++)
    if (parts.data[k].node) parts.data[kept++] = parts.data[k];
  parts.n = kept;
  d->nparts = kept;
  d->parts = vec_keep(&parts, c->a);
}

// ---- variables ----

Sym *model_find(const Model *m, Atom name) {
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->name == name && !m->vars[k]->hidden) return m->vars[k];
  return NULL;
}

// What the checker keeps of a model while its parts are checked.
typedef struct ModelCheck {
  Scope *scope;
  Type weight; // of the connection
  bool generic;
  bool deep; // reported that variables are nested too deep
} ModelCheck;

static void add_var(Checker *c, Model *m, Sym *v) {
  v->model = m;
  v->index = m->nvars;
  list_grow(m->vars, m->nvars, c->a);
  m->vars[m->nvars++] = v;
}

static Sym *hidden_var(Checker *c, Model *m, const char *name, Type t) {
  Sym *v = sym_new(c, SYM_STATE, atom(c, name), NULL, t);
  v->hidden = true;
  v->resolved = 3;
  add_var(c, m, v);
  return v;
}

// The past of a let lives where all that it reads lives.
static void place_past(Sym *v) {
  if (v->of->kind != SYM_LET || v->model->kind == MODEL_NEURON) return;
  unsigned reads = var_reads(v->of);
  v->place = reads == READS_PRE ? PLACE_PRE : reads == READS_POST ? PLACE_POST : PLACE_SELF;
}

Sym *hidden_prev(Checker *c, Model *m, Sym *of) {
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->hidden && m->vars[k]->of == of) return m->vars[k];
  Sym *v = hidden_var(c, m, arena_printf(c->a, "prev %s", of->name->text), of->type);
  v->of = of;
  v->place = of->place;
  v->decl = of->decl;
  place_past(v);
  return v;
}

static SymKind var_kind(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_PARAM: return SYM_PARAM;
  case N_INPUT: return SYM_INPUT;
  case N_STATE: return SYM_STATE;
  case N_LET: return SYM_LET;
  case N_WEIGHT: return SYM_WEIGHT;
  default: return SYM_SIGNAL;
  }
}

// The rule on a population that a variable of a neuron comes from, NULL: none.
static Lesson *lesson_of(const Sym *v) { return v->decl_info; }

static void declare_part(Checker *c, Model *m, Node *n, const Part *p) {
  Node *scaled = p->scaled;
  Atom name = p->lesson ? atom(c, arena_printf(c->a, "%s.%s", p->lesson->prefix, n->name->text)) : n->name;
  Sym *old = model_find(m, name);
  if (old) {
    rule_name_twice(c, n->name_span, old);
    return;
  }
  Sym *v = sym_new(c, var_kind(n), name, n, type_of(TY_NONE));
  v->decl_info = p->lesson;
  if (p->lesson) scope_alias(p->lesson->scope, n->name, v, c->a);
  v->place = p->lesson ? PLACE_SELF : n->place;
  v->doc = n->doc;
  v->scaled = scaled;
  n->sym = v;
  add_var(c, m, v);
  if (v->kind == SYM_WEIGHT && !m->weight) m->weight = v;
}

// A rule on a population knows the neuron's weight as w.
static void alias_weight(Checker *c, const DeclInfo *d, const Model *m) {
  for (int k = 0; k < d->nparts; k++) {
    Lesson *l = d->parts[k].lesson;
    if (l && scope_here(l->scope, atom(c, "w"), false) == NULL) scope_alias(l->scope, atom(c, "w"), m->weight, c->a);
  }
}

static void body_context(Checker *c, Ctx *cx, Model *m) {
  ModelCheck *mc = m->checker;
  ctx_enter(c, cx, CX_BODY);
  cx->scope = mc->scope;
  cx->frame = NULL;
  cx->func = NULL;
  cx->model = m;
  cx->pre = m->pre;
  cx->post = m->post;
  cx->has_pair = m->kind != MODEL_NEURON;
  cx->generic = mc->generic;
  cx->prev = true;
}

// Parts of a rule on a population see the neuron as `post`.
static void lesson_context(Ctx *cx, Model *m, const Lesson *l) {
  if (!l) return;
  cx->scope = l->scope;
  cx->post = m;
  cx->has_pair = cx->learns = true;
}

Sym *part_variable(Checker *c, const Model *m, Atom name) {
  if (!c->cx->learns) return model_find(m, name);
  Sym *v = scope_find(c->cx->scope, name, false, NULL);
  return v && v->model == m ? v : NULL;
}

static const char *value_of_what(const Sym *v) {
  switch ((SymKind)v->kind) {
  case SYM_PARAM: return "the default of a parameter";
  case SYM_LET: return "a let";
  default: return "an initial value";
  }
}

// A variable's type where it has no unit: that of its value.
static Type type_of_value(Checker *c, Sym *v) {
  Node *value = v->decl->kid[0];
  if (!value) return type_num(DIM_NONE, NULL);
  check_value(c, value);
  Type t = settle(value);
  check_draw(c, v->decl, value);
  if (t.kind == TY_ERROR || t.kind == TY_ANY) return t;
  if (!type_is_number(t)) return rule_one_number(c, value, t, value_of_what(v)), type_error();
  if (v->kind != SYM_LET) t.anydim = false;
  return t;
}

static Type weight_type(Checker *c, Sym *v) {
  ModelCheck *mc = v->model->checker;
  double x;
  Node *value = v->decl->kid[0];
  bool none = !value || (expr_constant(value, &x) && x == 0 && value->kind == N_NUM && !value->kid[0]);
  if (v->model->kind == MODEL_NEURON || !none) return type_of_value(c, v);
  return mc->weight;
}

static void value_context(Checker *c, Ctx *cx, Sym *v) {
  body_context(c, cx, v->model);
  lesson_context(cx, v->model, lesson_of(v));
  cx->in_init = cx->effects = v->kind != SYM_LET;
  cx->scaled = v->scaled;
  if (v->kind == SYM_LET) cx->no_random = "a let";
}

static void check_var_value(Checker *c, Sym *v);

enum { NESTED_VARS = 500 };

// Whether the circle back to v leads through `prev`: then its type is found without that, and checked again.
static bool circle_through_past(Checker *c, const Sym *v) {
  bool past = false;
  int k = c->resolving.n;
  while (k-- > 0 && c->resolving.data[k] != v) past |= c->resolving.data[k] == NULL;
  for (int j = k < 0 ? 0 : k; past && j < c->resolving.n; j++)
    if (c->resolving.data[j]) c->resolving.data[j]->recheck = true;
  return past;
}

void resolve_var(Checker *c, Sym *v) {
  if (v->resolved >= 2 || !v->decl) return;
  if (v->resolved == 1) {
    if (circle_through_past(c, v)) {
      v->type = type_of(TY_ANY);
      return;
    }
    if (v->type.kind != TY_ERROR) rule_type_cycle(c, v);
    v->type = type_error();
    return;
  }
  if (c->resolving.n > NESTED_VARS) {
    ModelCheck *mc = v->model->checker;
    if (!mc->deep) rule_deep_lets(c, v);
    mc->deep = true;
    v->type = type_error();
    v->resolved = 3;
    return;
  }
  Ctx cx;
  v->resolved = 1;
  vec_push(&c->resolving, v);
  value_context(c, &cx, v);
  bool typed = v->decl->kid[1] != NULL;
  Type t = typed ? type_of_unit(c, v->decl->kid[1]) : v->kind == SYM_WEIGHT ? weight_type(c, v) : type_of_value(c, v);
  if (t.kind == TY_STR) t = (rule_one_number(c, v->decl->kid[1], t, "a variable of a neuron"), type_error());
  if (v->kind == SYM_PARAM && !typed && !v->decl->kid[0]) t = (rule_param_unit(c, v), type_error());
  ctx_leave(c);
  (void)vec_pop(&c->resolving);
  if (v->type.kind != TY_ERROR) v->type = t;
  v->decl->type = v->type;
  v->resolved = typed || v->kind == SYM_WEIGHT ? 2 : 3;
}

// A let that reads its own past was given a type while that of `prev` was not known: now it is, and the expression as
// written is checked again.
static void check_past(Checker *c, DeclInfo *d, Sym *v) {
  Ctx cx;
  for (int j = 0; j < d->nparts; j++)
    if (is_var_part(d->parts[j].node) && d->parts[j].node->name == v->decl->name && d->parts[j].lesson == lesson_of(v))
      v->decl->kid[0] = node_clone(d->parts[j].node->kid[0], c->a);
  value_context(c, &cx, v);
  if (v->type.kind == TY_ANY)
    v->type = check_value(c, v->decl->kid[0]);
  else
    check_quantity(c, v->decl->kid[0], v->scaled ? type_num(DIM_NONE, NULL) : v->type, v->name->text, false);
  if (v->type.kind == TY_ANY) v->type = type_num(DIM_NONE, NULL);
  v->decl->type = v->type;
  ctx_leave(c);
}

static void check_again(Checker *c, DeclInfo *d, Model *m) {
  int n = m->nvars;
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < n; k++)
      if (m->vars[k]->recheck && m->vars[k]->decl->kid[0] && m->vars[k]->type.kind != TY_ERROR)
        check_past(c, d, m->vars[k]);
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->of) m->vars[k]->type = m->vars[k]->of->type;
}

// The value of a variable whose type its unit gave.
static void check_var_value(Checker *c, Sym *v) {
  if (v->resolved == 3 || !v->decl) return;
  v->resolved = 3;
  Node *value = v->decl->kid[0];
  if (!value || (v->kind == SYM_WEIGHT && value->type.kind != TY_NONE)) return;
  Ctx cx;
  value_context(c, &cx, v);
  Type want = v->type;
  if (v->scaled && want.kind == TY_NUM) want = type_num(DIM_NONE, NULL);
  if (want.kind == TY_BOOL)
    check_condition(c, value, "a state");
  else if (want.kind == TY_INT)
    check_whole(c, value, value_of_what(v));
  else
    check_quantity(c, value, want, v->name->text, false);
  check_draw(c, v->decl, value);
  ctx_leave(c);
}

// ---- what a variable of a synapse depends on ----

// Deep enough for any sensible chain of lets; cycles are reported elsewhere.
unsigned var_reads(const Sym *v) {
  switch ((SymKind)v->kind) {
  case SYM_WEIGHT: return READS_SYN;
  case SYM_STATE: return v->place == PLACE_PRE ? READS_PRE : v->place == PLACE_POST ? READS_POST : READS_SYN;
  case SYM_LOCAL:
  case SYM_LET: {
    Sym *s = (Sym *)v;
    if (s->resolved == 9 || !s->decl) return 0;
    uint8_t was = s->resolved;
    s->resolved = 9;
    unsigned r = s->decl->kind == N_LET ? expr_reads(s->decl->kid[0]) : 0;
    s->resolved = was;
    return r | s->reads;
  }
  default: return 0;
  }
}

// ---- cycles ----

typedef struct Walk {
  Checker *c;
  Model *m;
  uint8_t *mark; // 1 on the way, 2 done
  const Lesson *lesson;
  Vec(Sym *) path;
  bool found, deep;
} Walk;

enum { NESTED_LETS = 500 }; // a let that reads a let that reads ...: recursion over them is safe up to here

static void walk_let(Walk *w, Sym *v);

static void walk_expr(Walk *w, const Node *n) {
  if (!n || w->found || n->kind == N_PREV) return;
  if (n->kind == N_NAME) {
    Sym *v = w->lesson ? scope_here(w->lesson->scope, n->name, false) : model_find(w->m, n->name);
    if (v && v->kind == SYM_LET) walk_let(w, v);
    return;
  }
  if (n->kind == N_NUM) return;
  for (int k = 0; k < 4; k++) walk_expr(w, n->kid[k]);
  for (int k = 0; k < n->nlist; k++) walk_expr(w, n->list[k]);
}

static void walk_let(Walk *w, Sym *v) {
  if (w->mark[v->index] == 2 || w->found) return;
  vec_push(&w->path, v);
  if (w->path.n > NESTED_LETS) {
    w->found = w->deep = true;
    rule_deep_lets(w->c, v);
    return;
  }
  if (w->mark[v->index] == 1) {
    w->found = true;
    rule_let_cycle(w->c, w->path.data, w->path.n);
    return;
  }
  w->mark[v->index] = 1;
  const Lesson *around = w->lesson;
  w->lesson = lesson_of(v);
  walk_expr(w, v->decl->kid[0]);
  w->lesson = around;
  w->mark[v->index] = 2;
  if (!w->found) (void)vec_pop(&w->path);
}

bool check_let_cycles(Checker *c, Model *m) {
  Walk w = {.c = c, .m = m, .mark = NEWN(c->a, uint8_t, m->nvars + 1)};
  for (int k = 0; k < m->nvars && !w.found; k++)
    if (m->vars[k]->kind == SYM_LET) walk_let(&w, m->vars[k]);
  for (int k = 0; w.found && k < w.path.n; k++) {
    w.path.data[k]->type = type_error();
    w.path.data[k]->resolved = 3;
  }
  vec_free(&w.path);
  return !w.deep;
}

// ---- initial values in the order of dependence ----

typedef struct Order {
  InitItem *in, *out;
  int n, done;
  uint8_t *mark;
  Vec(const Sym *) path;
  bool cycle;
} Order;

static void order_item(Order *o, int k);

static int item_of(const Order *o, const Sym *v) {
  for (int k = 0; k < o->n; k++)
    if (o->in[k].var == v) return k;
  return -1;
}

static void order_expr(Order *o, const Node *n) {
  if (!n || o->cycle) return;
  const Sym *v = n->kind == N_NAME || (n->kind == N_MEMBER && n->place != PLACE_PRE) ? n->sym : NULL;
  if (v && v->model) {
    int k = item_of(o, v);
    if (k >= 0)
      order_item(o, k);
    else if (v->kind == SYM_LET && v->decl) {
      for (int j = 0; j < o->path.n; j++)
        if (o->path.data[j] == v) return; // reported as a cycle of lets
      vec_push(&o->path, v);
      order_expr(o, v->decl->kid[0]);
      if (!o->cycle) (void)vec_pop(&o->path);
    }
    return;
  }
  if (n->kind == N_NAME || n->kind == N_NUM) return;
  for (int k = 0; k < 4; k++) order_expr(o, n->kid[k]);
  for (int k = 0; k < n->nlist; k++) order_expr(o, n->list[k]);
}

static void order_item(Order *o, int k) {
  if (o->mark[k] == 2 || o->cycle) return;
  vec_push(&o->path, o->in[k].var);
  if (o->mark[k] == 1 || o->path.n > 4 * NESTED_VARS) {
    o->cycle = true;
    return;
  }
  o->mark[k] = 1;
  order_expr(o, o->in[k].expr);
  if (o->cycle) return;
  o->mark[k] = 2;
  (void)vec_pop(&o->path);
  o->out[o->done++] = o->in[k];
}

// Params come first, then the rest; NULL after a report of a cycle.
InitItem *order_items(Checker *c, InitItem *items, int n, Arena *a) {
  Order o = {.in = items, .out = NEWN(a, InitItem, n + 1), .n = n, .mark = NEWN(a, uint8_t, n + 1)};
  for (int k = 0; k < n; k++)
    if (items[k].var->kind == SYM_PARAM || items[k].var->kind == SYM_SIGNAL) order_item(&o, k);
  for (int k = 0; k < n; k++) order_item(&o, k);
  if (o.cycle) rule_init_cycle(c, o.path.data, o.path.n);
  vec_free(&o.path);
  return o.cycle ? NULL : o.out;
}

void check_init_cycles(Checker *c, Model *m) {
  InitItem *items = NEWN(c->a, InitItem, m->nvars + 1);
  int n = 0;
  for (int k = 0; k < m->nvars; k++) {
    Sym *v = m->vars[k];
    if (v->decl && !v->hidden && v->kind != SYM_LET && v->kind != SYM_INPUT)
      items[n++] = (InitItem){v, v->decl->kid[0], false, NULL};
  }
  order_items(c, items, n, c->a);
}

// ---- parts other than variables ----

MethodKind method_kind(Checker *c, Node *where, Atom name, Span span) {
  static const struct {
    const char *name;
    MethodKind kind;
  } methods[] = {
      {"auto", METHOD_AUTO},   {"exact", METHOD_EXACT},       {"exponential_euler", METHOD_EXPONENTIAL_EULER},
      {"euler", METHOD_EULER}, {"rk2", METHOD_RK2},           {"rk4", METHOD_RK4},
      {"heun", METHOD_HEUN},   {"milstein", METHOD_MILSTEIN}, {"rk45", METHOD_RK45},
      {"cvode", METHOD_CVODE}};
  enum { N = sizeof methods / sizeof *methods };
  const char *names[N];
  for (int k = 0; k < N; k++) {
    names[k] = methods[k].name;
    if (named(name, names[k])) return methods[k].kind;
  }
  (void)where;
  rule_method(c, name, span, names, N);
  return METHOD_AUTO;
}

static Handler *add_handler(Checker *c, Handler *list, int *n, Node *node, Node *scaled) {
  list_grow(list, *n, c->a);
  list[(*n)++] = (Handler){node, scaled};
  return list;
}

static void spike_part(Checker *c, Model *m, Node *n, Node *scaled) {
  if (m->spike.node) return rule_part_twice(c, n, m->spike.node, "spike condition");
  m->spike = (Handler){n, scaled};
  c->cx->effects = n->kind != N_SPIKECROSS; // which is looked at before and after the step
  if (n->kind == N_SPIKEWHEN)
    check_condition(c, n->kid[0], "spike when");
  else if (n->kind == N_SPIKECOUNT)
    check_quantity(c, n->kid[0], type_num(DIM_NONE, NULL), "the number of spikes", false);
  else {
    Type l = check_scalar(c, n->kid[0], "what crosses"), r = check_scalar(c, n->kid[1], "what is crossed");
    if (type_known(l) && type_known(r))
      same_dimension(c, n, n->kid[0], l, n->kid[1], r, "one of these cannot cross the other");
  }
}

static void held_states(Checker *c, Model *m, Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    Node *h = n->list[k];
    h->sym = model_find(m, h->name);
    if (!h->sym)
      rule_unknown_name(c, h, h->name);
    else if (h->sym->kind != SYM_STATE)
      rule_holding(c, h, h->sym);
    else
      h->type = h->sym->type;
  }
}

static void refractory_part(Checker *c, Model *m, Node *n, Node *scaled) {
  if (m->refractory.node) return rule_part_twice(c, n, m->refractory.node, "refractory");
  m->refractory = (Handler){n, scaled};
  if (n->kind == N_REFRWHILE)
    check_condition(c, n->kid[0], "refractory while");
  else if (scaled)
    check_quantity(c, n->kid[0], type_num(DIM_NONE, NULL), "a refractory time in a scaled block", false);
  else
    check_time(c, n->kid[0], "a refractory time");
  held_states(c, m, n);
}

static void on_part(Checker *c, Model *m, Node *n, Node *scaled) {
  m->on = add_handler(c, m->on, &m->non, n, scaled);
  if (n->op == ON_EVERY) check_time(c, n->kid[0], "a period");
  if (n->kind == N_ON) c->cx->on = n->op;
}

static void inject_part(Checker *c, Model *m, Node *n, Node *scaled) {
  m->injects = add_handler(c, m->injects, &m->ninjects, n, scaled);
  c->cx->no_random = "an injection";
  c->cx->xi = true;
  check_scalar(c, n->kid[0], "what is injected");
}

static void require_part(Checker *c, Model *m, Node *n, Node *scaled) {
  m->requires = add_handler(c, m->requires, &m->nrequires, n, scaled);
  c->cx->no_random = "a requirement";
  check_condition(c, n->kid[0], "require");
  check_texts(c, n->kid[1]);
}

static void check_part(Checker *c, Model *m, Node *n, const Part *p) {
  Ctx cx;
  Node *scaled = p->scaled;
  body_context(c, &cx, m);
  lesson_context(&cx, m, p->lesson);
  cx.scaled = scaled;
  switch ((NodeKind)n->kind) {
  case N_EQUATION: check_equation(c, m, n, scaled); break;
  case N_METHOD:
    if (m->method_node) rule_part_twice(c, n, m->method_node, "method");
    m->method_node = n;
    m->method = method_kind(c, n, n->name, n->name_span.file ? n->name_span : n->span);
    break;
  case N_SPIKEWHEN:
  case N_SPIKECROSS:
  case N_SPIKECOUNT: spike_part(c, m, n, scaled); break;
  case N_REFRACTORY:
  case N_REFRWHILE: refractory_part(c, m, n, scaled); break;
  case N_EVENT:
    m->on = add_handler(c, m->on, &m->non, n, scaled);
    c->cx->effects = true;
    check_condition(c, n->kid[0], "event");
    break;
  case N_ON: on_part(c, m, n, scaled); break;
  case N_INJECTS: inject_part(c, m, n, scaled); break;
  case N_REQUIRE: require_part(c, m, n, scaled); break;
  default: break;
  }
  if (n->kid[2] && n->kid[2]->kind == N_BLOCK) check_block(c, n->kid[2]);
  ctx_leave(c);
}

// ---- which parts may stand where ----

static const char *kind_word(ModelKind k) {
  return k == MODEL_NEURON ? "neuron" : k == MODEL_SYNAPSE ? "synapse" : "rule";
}

static bool part_allowed(const Node *n, ModelKind kind) {
  bool neuron = kind == MODEL_NEURON;
  switch ((NodeKind)n->kind) {
  case N_INPUT:
  case N_SPIKEWHEN:
  case N_SPIKECROSS:
  case N_SPIKECOUNT:
  case N_REFRACTORY:
  case N_REFRWHILE:
  case N_EVENT: return neuron;
  case N_STATE: return !neuron || n->place == PLACE_SELF;
  case N_WEIGHT: return kind != MODEL_RULE;
  case N_INJECTS: return kind == MODEL_SYNAPSE;
  case N_ON:
    if (n->op == ON_PRE || n->op == ON_POST) return !neuron;
    if (n->op == ON_UPDATE) return kind == MODEL_RULE;
    return true;
  default: return true;
  }
}

// What a rule on a population cannot have, besides what no rule can: a source, and a method apart from the neuron's.
static bool lesson_allows(Checker *c, Node *n) {
  bool source = (n->kind == N_ON && n->op == ON_PRE) || (n->kind == N_STATE && n->place == PLACE_PRE);
  if (source) return rule_no_source(c, n), false;
  if (n->kind == N_METHOD) return rule_lesson_method(c, n), false;
  return true;
}

static bool part_fits(Checker *c, const Model *m, Node *n, const Part *p) {
  ModelKind kind = p->lesson ? MODEL_RULE : m->kind;
  if (!part_allowed(n, kind)) return rule_part_place(c, n, kind_word(kind)), false;
  return !p->lesson || lesson_allows(c, n);
}

static void check_refractory_use(Checker *c, Model *m) {
  if (m->refractory.node && !m->spike.node) rule_refractory(c, m->refractory.node);
}

// A default of a parameter reads no state; an initial value of a shared state only what is shared in the same way.
static bool reads_state(const Node *n) {
  if (!n) return false;
  if (n->kind == N_NAME || n->kind == N_MEMBER)
    return n->sym && (n->sym->kind == SYM_STATE || n->sym->kind == SYM_INPUT);
  for (int k = 0; k < 4; k++)
    if (n->kind != N_NUM && reads_state(n->kid[k])) return true;
  for (int k = 0; k < n->nlist; k++)
    if (reads_state(n->list[k])) return true;
  return false;
}

// Made of numbers and constants of the script: what a signal is where nothing is bound to it.
static bool is_constant(const Node *n) {
  if (!n) return true;
  if (n->kind == N_NAME) return n->type.kind == TY_ERROR || (n->sym && n->sym->kind == SYM_GLOBAL);
  if (n->kind == N_MEMBER || n->kind == N_PREV || n->kind == N_CALL) return false;
  if (n->kind == N_NUM) return true;
  for (int k = 0; k < 4; k++)
    if (!is_constant(n->kid[k])) return false;
  for (int k = 0; k < n->nlist; k++)
    if (!is_constant(n->list[k])) return false;
  return true;
}

void check_values_read(Checker *c, Model *m) {
  for (int k = 0; k < m->nvars; k++) {
    Sym *v = m->vars[k];
    Node *value = v->decl && !v->hidden ? v->decl->kid[0] : NULL;
    if (!value || v->type.kind == TY_ERROR) continue;
    unsigned reads = m->kind == MODEL_NEURON ? 0 : expr_reads(value);
    if (v->kind == SYM_PARAM && (reads_state(value) || reads)) rule_param_reads(c, v, value);
    if (v->kind == SYM_SIGNAL && !is_constant(value)) rule_signal_reads(c, v, value);
    if (v->kind == SYM_STATE && v->place == PLACE_PRE && reads & ~READS_PRE)
      rule_shared_reads(c, value, v, "initial value");
    if (v->kind == SYM_STATE && v->place == PLACE_POST && reads & ~READS_POST)
      rule_shared_reads(c, value, v, "initial value");
  }
}

// ---- building a model ----

static Scope *model_scope(Checker *c, DeclInfo *d, Model *m, Sym *w) {
  Scope *s = scope_new(d->scope, c->a);
  s->local = true;
  if (m->kind == MODEL_NEURON)
    scope_selfvars(c, s, CX_BODY);
  else
    scope_pairvars(c, s);
  if (m->kind == MODEL_RULE) scope_alias(s, atom(c, "w"), w, c->a);
  s = scope_new(s, c->a);
  s->model = m;
  return s;
}

// An error in a part of what is extended says who extends it.
static void check_own_or_base(Checker *c, DeclInfo *d, Model *m, Node *n, const Part *p) {
  bool base = !p->own && !p->lesson;
  if (base)
    vec_push(&c->uses, (Use){d->sym->decl->name_span, arena_printf(c->a, "%s extends it here", d->sym->name->text)});
  check_part(c, m, n, p);
  if (base) (void)vec_pop(&c->uses);
}

enum { PARTS_MAX = 5000 };

static void build_parts(Checker *c, DeclInfo *d, Model *m) {
  if (d->nparts > PARTS_MAX) {
    rule_many_parts(c, d->sym->decl, PARTS_MAX);
    return;
  }
  Node **clones = NEWN(c->a, Node *, d->nparts + 1);
  bool *fits = NEWN(c->a, bool, d->nparts + 1);
  for (int k = 0; k < d->nparts; k++) {
    clones[k] = node_clone(d->parts[k].node, c->a);
    fits[k] = part_fits(c, m, clones[k], &d->parts[k]);
    if (fits[k] && is_var_part(clones[k])) declare_part(c, m, clones[k], &d->parts[k]);
    if (d->parts[k].scaled) check_scaled_units(c, d->parts[k].scaled);
  }
  for (int k = 0; k < d->nparts; k++)
    if (!fits[k] && d->parts[k].lesson) return; // what reads it would only be reported as well
  alias_weight(c, d, m);
  m->decl->list = clones;
  m->decl->nlist = d->nparts;
  if (!check_let_cycles(c, m)) return;
  int n = m->nvars;
  for (int k = 0; k < n; k++) resolve_var(c, m->vars[k]);
  for (int k = 0; k < n; k++) check_var_value(c, m->vars[k]);
  check_again(c, d, m);
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->of) place_past(m->vars[k]);
  for (int k = 0; k < d->nparts; k++)
    if (fits[k] && !is_var_part(clones[k]))
      check_own_or_base(c, d, m, clones[k], &d->parts[k]);
  check_values_read(c, m);
  check_refractory_use(c, m);
  check_init_cycles(c, m);
}

static Model *build(Checker *c, DeclInfo *d, Type weight, Model *pre, Model *post, Sym *w, bool generic) {
  Model *m = NEW(c->a, Model);
  ModelCheck *mc = NEW(c->a, ModelCheck);
  Node *n = d->sym->decl;
  m->kind = n->kind == N_NEURON ? MODEL_NEURON : n->kind == N_SYNAPSE ? MODEL_SYNAPSE : MODEL_RULE;
  m->name = n->name;
  m->pre = pre;
  m->post = post;
  m->weight = m->kind == MODEL_RULE ? w : NULL;
  m->decl = NEW(c->a, Node);
  *m->decl = *n;
  m->decl->sym = d->sym;
  m->checker = mc;
  mc->weight = weight;
  mc->generic = generic;
  if (m->kind == MODEL_RULE && !w) {
    w = sym_new(c, SYM_WEIGHT, atom(c, "w"), NULL, weight);
    m->weight = w;
  }
  mc->scope = model_scope(c, d, m, w);
  vec_push(&c->bodies, m->decl);
  int before = diags_errors(c->d);
  d->busy = true;
  build_parts(c, d, m);
  d->busy = false;
  if (m->kind == MODEL_NEURON) {
    Sym *last = hidden_var(c, m, "last spike", type_num(DIM_NONE, NULL));
    last->selfvar = SV_LAST_SPIKE;
  }
  return diags_errors(c->d) > before ? NULL : m;
}

void declare_model(Checker *c, Node *n) {
  static const TypeKind types[] = {TY_NEURON, TY_SYNAPSE, TY_RULE};
  SymKind kind = decl_kind(n);
  Sym *sym = sym_new(c, kind, n->name, n, type_of(types[kind - SYM_NEURON]));
  sym->doc = n->doc;
  n->sym = sym;
  DeclInfo *d = decl_new(c, sym);
  flatten(c, d, n);
  Model *m = NULL;
  if (!d->bad) m = build(c, d, type_of(TY_ANY), NULL, NULL, NULL, kind != SYM_NEURON);
  if (!m)
    d->bad = true;
  else if (kind == SYM_NEURON) {
    vec_push(&d->uses, (ModelUse){.model = m});
    sym->model = NULL;
  }
  n->info = m;
  declare(c, sym, n->name_span);
}

// ---- uses ----

Model *neuron_model(Checker *c, Sym *decl) {
  (void)c;
  DeclInfo *d = decl->decl_info;
  return d->bad || d->uses.n == 0 ? NULL : d->uses.data[0].model;
}

static bool same_weight(Type a, Type b) {
  return a.kind == b.kind && dim_equal(a.dim, b.dim) && same_unit(a.unit, b.unit);
}

static Model *build_use(Checker *c, DeclInfo *d, Type weight, Model *pre, Model *post, Sym *w, Node *at) {
  if (c->uses.n >= NESTED_USES) return NULL;
  vec_push(&c->uses, (Use){at->span, arena_printf(c->a, "%s is used here", d->sym->name->text)});
  Model *m = build(c, d, weight, pre, post, w, false);
  (void)vec_pop(&c->uses);
  return m;
}

Model *use_model(Checker *c, Sym *decl, Type weight, Model *pre, Model *post, Sym *w, Node *at) {
  DeclInfo *d = decl->decl_info;
  if (d->bad) return NULL;
  weight.anydim = false;
  for (int k = 0; k < d->uses.n; k++) {
    ModelUse *u = &d->uses.data[k];
    if (same_weight(u->weight, weight) && u->pre == pre && u->post == post &&
        (decl->kind != SYM_RULE || !u->model || u->model->weight == w))
      return u->model;
  }
  Model *m = build_use(c, d, weight, pre, post, w, at);
  vec_push(&d->uses, (ModelUse){m, weight, pre, post});
  return m;
}

Model *another_model(Checker *c, const Model *m, Node *at) {
  DeclInfo *d = m->decl->sym->decl_info;
  return build_use(c, d, m->weight->type, m->pre, m->post, m->weight, at);
}

// ---- rules on populations ----

// The weight that rules on populations of this neuron change; NULL after a report.
static Sym *learnt_weight(Checker *c, const Model *m, Node *at) {
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_WEIGHT && m->vars[k] != m->weight) return rule_which_weight(c, at, m, m->weight, m->vars[k]), NULL;
  if (!m->weight) rule_neuron_weight(c, at, m);
  return m->weight;
}

static void add_lesson(Checker *c, Lesson *l, Parts *parts) {
  l->scope = scope_new(l->rule->scope, c->a);
  l->scope->local = true;
  scope_selfvars(c, l->scope, CX_BODY);
  for (int k = 0; k < l->rule->nparts; k++)
    vec_push(parts, (Part){.node = l->rule->parts[k].node, .scaled = l->rule->parts[k].scaled, .lesson = l});
}

Model *learning_model(Checker *c, Sym *neuron, Lesson *lessons, int n, Node *at) {
  DeclInfo *own = neuron->decl_info, *d = NEW(c->a, DeclInfo);
  Model *plain = neuron_model(c, neuron);
  if (!plain || !learnt_weight(c, plain, at)) return NULL;
  Parts parts = {0};
  *d = (DeclInfo){.sym = own->sym, .scope = own->scope};
  for (int k = 0; k < own->nparts; k++) vec_push(&parts, own->parts[k]);
  for (int k = 0; k < n; k++) add_lesson(c, &lessons[k], &parts);
  d->nparts = parts.n;
  d->parts = vec_keep(&parts, c->a);
  if (c->uses.n >= NESTED_USES) return NULL;
  vec_push(&c->uses, (Use){at->span, arena_printf(c->a, "%s learns here", own->sym->name->text)});
  Model *m = build(c, d, type_of(TY_ANY), NULL, NULL, NULL, false);
  (void)vec_pop(&c->uses);
  for (int k = 0; m && k < n; k++)
    m->learns = arena_printf(c->a, "%s%s%s", k ? m->learns : "", k ? ", " : "", lessons[k].prefix);
  return m;
}
