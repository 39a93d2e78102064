// SPDX-License-Identifier: MIT
// The kernels of a projection: handlers of events, couplings, equations of pre and per-synapse states.
//
// A handler `on pre { s += w }` that only adds, with a factor that is the same for all synapses, needs no kernel: the
// machine adds rows of weights. Its factor is found by lowering the statement with parameters as numbers.
#include "lang/syn_system.h"

typedef struct LinkSyn {
  Lowering *l;
  const SynShape *shape;
  const ConnInfo *ci;
  const double *params;
  Names names;
  Atom event; // of which event handlers are being linked; NULL: spikes
  bool ok, event_driven;
} LinkSyn;

static bool is_handler(const LinkSyn *ls, const Handler *h, int on) {
  return h->node->kind == N_ON && h->node->op == on && h->node->name == ls->event;
}

static bool has_handler(const LinkSyn *ls, int on) {
  for (int r = -1; r < ls->ci->nrules; r++) {
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->non; k++)
      if (is_handler(ls, &m->on[k], on)) return true;
  }
  return false;
}

// ---- statements: which kernels have any ----
typedef struct Search {
  int on;
  SynPlace place;
  bool learning_off;
} Search;

static bool is_there(const Node *n, void *ctx) {
  const Search *f = ctx;
  if (n->kind == N_EXPRSTMT) return f->place == AT_SYNAPSE;
  if (n->kind != N_ASSIGN || !n->kid[0]->sym || n->kid[0]->sym->kind == SYM_LOCAL) return false;
  return statement_place(n, f->on) == f->place;
}

static bool has_statements(const LinkSyn *ls, int on, SynPlace place) {
  Search f = {on, place, ls->shape->learning_off};
  for (int r = -1; r < ls->ci->nrules; r++) {
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->non; k++)
      if (is_handler(ls, &m->on[k], on) && node_any(m->on[k].node->kid[2], is_there, &f)) return true;
  }
  return false;
}

// ---- plain adding ----
typedef Vec(FastAdd) FastAdds;

// The statements of a block, if they are assignments alone.
static bool flat(const Node *block) {
  for (int k = 0; k < block->nlist; k++) {
    const Node *n = block->list[k];
    if (n->kind == N_SCALED || n->kind == N_BLOCK ? !flat(n) : n->kind != N_ASSIGN) return false;
  }
  return true;
}

static void add_fast(SynSystem *s, FastAdds *out, const Node *n, double factor, bool weighted) {
  const Sym *x = n->kid[0]->sym;
  bool to_pop = n->kid[0]->kind == N_MEMBER;
  FastAdd f = {.to_pop = to_pop, .var = to_pop ? x->index : syn_column(s, s->e.view, x), .sign = factor, .param = -1, .weighted = weighted};
  if (n->op == OP_SUB) f.sign = -f.sign;
  if (f.sign != 0) vec_push(out, f);
}

// factor*w + number, with neither depending on anything.
static bool fast_statement(SynSystem *s, const Node *n, const Node *scaled, FastAdds *out) {
  const Sym *x = n->kid[0]->sym, *w = s->ci->syn->weight;
  bool post_state = x && x->kind == SYM_STATE && n->kid[0]->kind == N_NAME && x->place == PLACE_POST;
  bool post_var = x && n->kid[0]->kind == N_MEMBER && n->kid[0]->place == PLACE_POST && x->kind == SYM_STATE;
  if ((!post_state && !post_var) || (n->op != OP_ADD && n->op != OP_SUB)) return false;
  if (expr_depends(s->ci, n->kid[1]) & ~(unsigned)DEP_SELF) return false;
  s->e.scaled = scaled;
  IrVal v = lower_num(&s->e, n->kid[1]), zero = ir_const(s->ir, 0);
  v = ir_op2(s->ir, IR_MUL, v, ir_const(s->ir, scaled_of(&s->e, x->type.dim, n)));
  s->e.scaled = NULL;
  if (s->e.failed) return false;
  double number, factor = 0;
  if (!ir_is_const(s->ir, v, &number)) {
    if (!w) return false;
    View *syn = s->e.view->host ? s->e.view->host : s->e.view;
    IrVal load = view_read(&s->e, syn, w, n);
    IrVal slope = ir_derivative(s->ir, v, load), rest = ir_substitute(s->ir, v, 1, &load, &zero);
    if (!solve_is_linear(s->ir, v, 1, &load) || !ir_is_const(s->ir, slope, &factor) || !ir_is_const(s->ir, rest, &number)) return false;
  }
  add_fast(s, out, n, factor, true);
  add_fast(s, out, n, number, false);
  return true;
}

static bool fast_block(SynSystem *s, const Node *block, const Node *scaled, FastAdds *out) {
  for (int k = 0; k < block->nlist; k++) {
    const Node *n = block->list[k];
    bool fits = n->kind == N_SCALED ? fast_block(s, n, n, out)
                : n->kind == N_BLOCK ? fast_block(s, n, scaled, out)
                                     : fast_statement(s, n, scaled, out);
    if (!fits) return false;
  }
  return true;
}

static bool plain_adding(LinkSyn *ls, SynCode *out) {
  FastAdds adds = {0};
  SynSystem s;
  bool fits = true;
  syn_open(&s, ls->l, ls->shape, SYN_EACH, ls->params);
  s.e.skip = NULL;
  for (int p = 0; fits && p < s.nparts; p++) {
    const Model *m = syn_part_model(ls->ci, s.part[p].rule);
    for (int k = 0; fits && k < m->non; k++) {
      if (!is_handler(ls, &m->on[k], ON_PRE)) continue;
      s.e.view = s.part[p].view;
      fits = flat(m->on[k].node->kid[2]) && fast_block(&s, m->on[k].node->kid[2], m->on[k].scaled, &adds);
    }
  }
  syn_close(&s);
  if (!fits) return vec_free(&adds), false;
  out->nfast = adds.n;
  out->fast = vec_keep(&adds, ls->l->a);
  return true;
}

bool link_adds_only(Lowering *l, const SynShape *shape, const double *params) {
  LinkSyn ls = {.l = l, .shape = shape, .ci = shape->low->ci, .params = params};
  SynCode unused = {0};
  return plain_adding(&ls, &unused);
}

// ---- stores ----
static bool stored_here(const SynSystem *s, const View *v, const Sym *x) {
  SynPlace mine = lanes_place(s);
  if (x->hidden || v == s->pre || v == s->post) return false;
  if (x->kind == SYM_WEIGHT || x->kind == SYM_PARAM) return mine == AT_SYNAPSE;
  if (x->kind != SYM_STATE) return false;
  return x->place == PLACE_PRE ? mine == AT_PRE : x->place == PLACE_POST ? mine == AT_POST : mine == AT_SYNAPSE;
}

static void store_changes(SynSystem *s, Names *names) {
  for (int k = 0; k < s->nparts; k++) {
    View *v = s->part[k].view;
    for (int j = 0; j < v->model->nvars; j++) {
      const Sym *x = v->model->vars[j];
      if (!v->dirty[j] || !stored_here(s, v, x)) continue;
      IrVal value = to_num(&s->e, v->value[j]);
      ir_span(s->ir, x->decl ? x->decl->span : (Span){0});
      ir_finite(s->ir, value, name_number(names, x->name->text));
      ir_store(s->ir, syn_slot(s, v, x), value);
    }
  }
}

// ---- equations ----
// Those of post states stand in the system of the target.
static bool equation_of(const SynSystem *s, const Equation *eq) {
  bool pre = eq->x->kind == SYM_STATE && eq->x->place == PLACE_PRE, post = eq->x->kind == SYM_STATE && eq->x->place == PLACE_POST;
  if (s->lanes == SYN_PRE_LANES) return pre;
  return !pre && !post;
}

static IrVal right_side(SynSystem *s, View *v, const Equation *eq) {
  s->e.view = v;
  s->e.scaled = eq->scaled;
  IrVal r = lower_num(&s->e, eq->rhs);
  for (int k = 0; k < eq->nfactors; k++)
    r = ir_op2(s->ir, eq->divided[k] ? IR_MUL : IR_DIV, r, lower_num(&s->e, eq->factors[k]));
  Dim rate = dim_div(eq->x->type.dim, (Dim){.e = {[DIM_S] = 12}});
  double scale = scaled_of(&s->e, rate, eq->node);
  s->e.scaled = NULL;
  return scale == 1 ? r : ir_op2(s->ir, IR_MUL, r, ir_const(s->ir, scale));
}

// Whether couplings read states that the sources share: then they go through the stages of a step with the neurons.
static bool pre_states_couple(const ConnInfo *ci) {
  for (int k = 0; k < ci->syn->ninjects; k++)
    if (expr_depends(ci, ci->syn->injects[k].node->kid[0]) & DEP_PRE_STATE) return true;
  return false;
}

// The machine integrates neurons and what their sources share, not single synapses.
static MethodKind wanted_method(LinkSyn *ls, const SynSystem *s, const Model *m) {
  MethodKind w = m->method != METHOD_AUTO ? m->method : ls->l->method;
  if ((w != METHOD_RK45 && w != METHOD_CVODE) || s->lanes == SYN_PRE_LANES) return w;
  if (m->method == METHOD_AUTO) return METHOD_AUTO;
  Diag *e = diag(ls->l->d, E_METHOD_PLACE, m->method_node->span, "method %s cannot integrate states of single synapses", method_name(w));
  diag_hint(e, "use rk4, or make them `pre state` or `post state`");
  ls->ok = false;
  return METHOD_AUTO;
}

static void solution_places(const SynSystem *s, const Solve *sol, View *const *view, const Sym *const *x, Arena *a, StageCode *out) {
  out->eq = NEWN(a, StageEquation, sol->n + 1);
  for (int k = 0; k < sol->n; k++) {
    if (sol->linear[k]) continue;
    int column = syn_column(s, view[k], x[k]);
    out->eq[out->n++] = (StageEquation){.block = -1, .var = column, .scale = s->shape->low->desc.model.vars[column].scale};
  }
}

// The equations of one kind of lanes, as a problem to solve.
typedef struct PartSolve {
  Solve sol;
  const Sym **x;
  View **view; // of each variable
} PartSolve;

static void part_equations(LinkSyn *ls, SynSystem *s, IrVal h, PartSolve *p) {
  int max = 0;
  for (int k = 0; k < s->nparts; k++) max += syn_part_model(ls->ci, s->part[k].rule)->nequations;
  Solve *sol = &p->sol;
  *sol = (Solve){.ir = s->ir, .a = ls->l->tmp, .d = ls->l->d, .var = NEWN(ls->l->tmp, SolveVar, max + 1),
                 .t = ir_load(s->ir, slot_sys(SYS_T)), .dt = h};
  sol->coupled = sol->feeds = sol->no_exact = s->lanes == SYN_PRE_LANES && pre_states_couple(ls->ci);
  p->x = NEWN(ls->l->tmp, const Sym *, max + 1);
  p->view = NEWN(ls->l->tmp, View *, max + 1);
  s->solving = true;
  for (int j = 0; j < s->nparts; j++) {
    View *v = s->part[j].view;
    const Model *m = v->model;
    for (int k = 0; k < m->nequations; k++) {
      const Equation *eq = &m->equations[k];
      if (!equation_of(s, eq) || (eq->x->kind == SYM_WEIGHT && m->kind == MODEL_RULE && ls->shape->learning_off)) continue;
      View *at = p->view[sol->n] = eq->x->kind == SYM_WEIGHT && v->host ? v->host : v;
      const Sym *x = p->x[sol->n] = eq->x->kind == SYM_WEIGHT && v->host ? v->host->model->weight : eq->x;
      sol->var[sol->n] = (SolveVar){.name = eq->x->name->text, .span = eq->node->span, .x = view_read(&s->e, at, x, eq->node),
                                    .wanted = wanted_method(ls, s, m), .rhs = right_side(s, v, eq)};
      sol->n++;
    }
  }
  s->solving = false;
  noise_give(&s->noise, sol, ls->l->tmp);
}

// The values after the time h; with `stage` the right sides instead, where the machine integrates. False after an error;
// *n equations were solved.
static bool solve_part(LinkSyn *ls, SynSystem *s, IrVal h, StageCode *stage, int *n) {
  PartSolve p;
  part_equations(ls, s, h, &p);
  *n = p.sol.n;
  if (!p.sol.n) return true;
  if (s->e.failed || !(stage ? solve_choose(&p.sol) : solve(&p.sol))) return false;
  if (stage) {
    if (!p.sol.apart) return true;
    solution_places(s, &p.sol, p.view, p.x, ls->l->a, stage);
    link_slopes(s->ir, &p.sol, stage);
    return true;
  }
  for (int k = 0; k < p.sol.n; k++) {
    p.view[k]->value[p.x[k]->index] = p.sol.var[k].next;
    p.view[k]->dirty[p.x[k]->index] = true;
  }
  env_forget_lets(&s->e);
  return true;
}

bool link_syn_method(Lowering *l, const SynShape *shape, const Sym *state, Arena *a, MethodKind *method, const char **why) {
  LinkSyn ls = {.l = l, .shape = shape, .ci = shape->low->ci, .ok = true};
  SynSystem s;
  PartSolve p;
  bool found = false;
  syn_open(&s, l, shape, state->place == PLACE_PRE ? SYN_PRE_LANES : SYN_EACH, NULL);
  s.integrating = true;
  part_equations(&ls, &s, ir_load(s.ir, slot_sys(SYS_DT)), &p);
  bool ok = p.sol.n && !s.e.failed && solve_choose(&p.sol);
  for (int k = 0; ok && k < p.sol.n && !found; k++) {
    if (p.x[k] != state) continue;
    *method = p.sol.var[k].method;
    *why = arena_strdup(p.sol.var[k].why ? p.sol.var[k].why : "", a);
    found = true;
  }
  vec_free(&ls.names.v);
  syn_close(&s);
  return found;
}

// Per-synapse states that only events read are brought to the present: for events the end of this step's integration
// (steps 1), for others its beginning (0).
static int touched_column(const SynLow *low) {
  for (int k = 0; k < low->desc.model.nvars; k++)
    if (low->touched[k] >= 0) return low->touched[k];
  return -1;
}

static bool touch(LinkSyn *ls, SynSystem *s, double steps) {
  int column = touched_column(ls->shape->low), n;
  Access access = s->lanes == SYN_EACH_POST ? ACC_SELF : ACC_LANE;
  Slot slot = slot_var(OBJ_SELF, access, column, false, "last step");
  slot.type = ls->shape->type[column];
  IrVal now = ir_op2(s->ir, IR_ADD, ir_load(s->ir, slot_sys(SYS_TICK)), ir_const(s->ir, steps));
  IrVal h = ir_op2(s->ir, IR_MUL, ir_op2(s->ir, IR_SUB, now, ir_load(s->ir, slot)), ir_load(s->ir, slot_sys(SYS_DT)));
  ir_store(s->ir, slot, now);
  return solve_part(ls, s, h, NULL, &n);
}

// ---- handlers ----
static void run_handlers(LinkSyn *ls, SynSystem *s, int on) {
  s->on = on;
  for (int p = 0; p < s->nparts; p++) {
    View *v = s->part[p].view;
    for (int k = 0; k < v->model->non; k++) {
      const Handler *h = &v->model->on[k];
      if (!is_handler(ls, h, on)) continue;
      s->e.view = v;
      s->e.scaled = h->scaled;
      s->e.path = stream_hash(stream_hash(0xa11u + (uint32_t)on, v->number), (uint32_t)k);
      lower_block(&s->e, h->node->kid[2]);
      s->e.scaled = NULL;
    }
  }
}

static Kernel *finish(LinkSyn *ls, SynSystem *s, const char *name) {
  Kernel *k = syn_compile(s, name);
  ls->ok &= k != NULL;
  syn_close(s);
  return k;
}

static SynPlace place_of_lanes(SynLanes lanes) {
  SynSystem s = {.lanes = lanes};
  return lanes_place(&s);
}

// The handlers of an event over these lanes; NULL where none of their statements belongs there.
static Kernel *event_kernel(LinkSyn *ls, int on, SynLanes lanes, bool once_done, const char *name) {
  SynSystem s;
  SynPlace place = place_of_lanes(lanes);
  if (!has_statements(ls, on, place)) return NULL;
  syn_open(&s, ls->l, ls->shape, lanes, NULL);
  s.once_done = once_done;
  if (place == AT_SYNAPSE && ls->event_driven && !touch(ls, &s, on == ON_START ? 0 : 1)) s.e.failed = true;
  run_handlers(ls, &s, on);
  store_changes(&s, &ls->names);
  return finish(ls, &s, name);
}

// What it gives is not found again by computing it again.
static bool draws(const Kernel *k) { return k && (kernel_is_random(k) || kernel_is_impure(k)); }

static Kernel *sync_kernel(LinkSyn *ls) {
  SynSystem s;
  syn_open(&s, ls->l, ls->shape, SYN_EACH, NULL);
  if (!touch(ls, &s, 0)) s.e.failed = true;
  store_changes(&s, &ls->names);
  return finish(ls, &s, "to the present");
}

static void link_events(LinkSyn *ls, SynCode *out) {
  if (has_handler(ls, ON_PRE) && !plain_adding(ls, out)) {
    out->once_pre = event_kernel(ls, ON_PRE, SYN_ONCE_PRE, false, "on pre, once");
    out->once_pre_first = draws(out->once_pre);
    out->on_pre = event_kernel(ls, ON_PRE, SYN_EACH, out->once_pre_first, "on pre");
  }
  out->once_post = event_kernel(ls, ON_POST, SYN_ONCE_POST, false, "on post, once");
  out->once_post_first = draws(out->once_post);
  out->on_post = event_kernel(ls, ON_POST, SYN_EACH_POST, out->once_post_first, "on post");
}

// ---- on pre.NAME ----
typedef Vec(SynEvent) SynEvents;

static void link_event(LinkSyn *ls, const Node *on, SynEvents *out) {
  const Model *source = ls->shape->pre->model;
  SynEvent e = {.event = event_number(source, on->name)};
  for (int k = 0; k < out->n; k++)
    if (out->data[k].event == e.event) return;
  if (e.event < 0) {
    diag(ls->l->d, E_NAME_UNKNOWN, on->name_span, "%s has no event `%s`", source->name->text, on->name->text);
    ls->ok = false;
    return;
  }
  const char *name = arena_printf(ls->l->a, "on pre.%s", on->name->text);
  ls->event = on->name;
  e.once = event_kernel(ls, ON_PRE, SYN_ONCE_PRE, false, arena_printf(ls->l->a, "%s, once", name));
  e.once_first = draws(e.once);
  e.each = event_kernel(ls, ON_PRE, SYN_EACH, e.once_first, name);
  ls->event = NULL;
  if (e.each || e.once) vec_push(out, e);
}

static void link_named_events(LinkSyn *ls, SynCode *out) {
  SynEvents list = {0};
  for (int r = -1; r < ls->ci->nrules; r++) {
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->non; k++) {
      const Node *on = m->on[k].node;
      if (on->kind == N_ON && on->op == ON_PRE && on->name) link_event(ls, on, &list);
    }
  }
  out->nevent = list.n;
  out->event = vec_keep(&list, ls->l->a);
}

// ---- integration ----
static bool has_equations(const LinkSyn *ls, Place place) {
  for (int r = -1; r < ls->ci->nrules; r++) {
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->nequations; k++) {
      const Sym *x = m->equations[k].x;
      if (x->kind == SYM_STATE ? x->place == place : place == PLACE_SELF) return true;
    }
  }
  return false;
}

// The states that `prev` asks for, as they are at the end of the step before.
static bool keeps_past(const SynSystem *s, const View *v, const Sym *x) {
  (void)v;
  return x->hidden && x->of && x->of->kind == SYM_STATE && place_of(x->of) == lanes_place(s);
}

static bool has_past(const LinkSyn *ls, SynLanes lanes) {
  SynSystem s = {.lanes = lanes};
  for (int r = -1; r < ls->ci->nrules; r++) {
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->nvars; k++)
      if (keeps_past(&s, NULL, m->vars[k])) return true;
  }
  return false;
}

static void store_past(SynSystem *s) {
  for (int p = 0; p < s->nparts; p++) {
    View *v = s->part[p].view;
    for (int k = 0; k < v->model->nvars; k++) {
      const Sym *x = v->model->vars[k];
      if (keeps_past(s, v, x)) ir_store(s->ir, syn_slot(s, v, x), ir_load(s->ir, syn_slot(s, v, x->of)));
    }
  }
}

static Kernel *integration_kernel(LinkSyn *ls, SynLanes lanes, const char *name) {
  bool self = lanes == SYN_EACH;
  if (!has_past(ls, lanes) && !(self ? has_equations(ls, PLACE_SELF) && !ls->event_driven : has_equations(ls, PLACE_PRE)))
    return NULL;
  SynSystem s;
  int n;
  syn_open(&s, ls->l, ls->shape, lanes, NULL);
  s.integrating = true;
  if (!(self && ls->event_driven) && !solve_part(ls, &s, ir_load(s.ir, slot_sys(SYS_DT)), NULL, &n)) s.e.failed = true;
  store_changes(&s, &ls->names);
  store_past(&s);
  return finish(ls, &s, name);
}

static void pre_slopes(LinkSyn *ls, StageCode *out) {
  SynSystem s;
  int n;
  syn_open(&s, ls->l, ls->shape, SYN_PRE_LANES, NULL);
  if (!solve_part(ls, &s, ir_load(s.ir, slot_sys(SYS_DT)), out, &n)) s.e.failed = true;
  Kernel *k = finish(ls, &s, "slopes of pre states");
  if (out->method) out->slopes = k;
}

static void link_integration(LinkSyn *ls, SynCode *out) {
  out->integrate = integration_kernel(ls, SYN_EACH, "synapses");
  out->integrate_pre = integration_kernel(ls, SYN_PRE_LANES, "pre states");
  if (has_equations(ls, PLACE_PRE)) pre_slopes(ls, &out->stage);
}

// ---- on step, on start, on every ----
static SynUpdate event_update(LinkSyn *ls, int on, const char *name) {
  SynUpdate u = {0};
  u.pre = event_kernel(ls, on, SYN_PRE_LANES, false, arena_printf(ls->l->a, "%s, pre states", name));
  u.post = event_kernel(ls, on, SYN_POST_LANES, false, arena_printf(ls->l->a, "%s, post states", name));
  u.once_first = draws(u.pre) || draws(u.post);
  u.each = event_kernel(ls, on, SYN_EACH, u.once_first, name);
  return u;
}

static Kernel *every_kernel(LinkSyn *ls, int part, const Handler *h, SynLanes lanes, bool once_done, const char *name) {
  Search f = {ON_EVERY, place_of_lanes(lanes), false};
  if (!node_any(h->node->kid[2], is_there, &f)) return NULL;
  SynSystem s;
  syn_open(&s, ls->l, ls->shape, lanes, NULL);
  s.on = ON_EVERY;
  s.once_done = once_done;
  for (int p = 0; p < s.nparts; p++)
    if (s.part[p].rule == part) s.e.view = s.part[p].view;
  s.e.scaled = h->scaled;
  s.e.path = stream_hash(0xe5e5u, (uint32_t)(part + 2));
  lower_block(&s.e, h->node->kid[2]);
  s.e.scaled = NULL;
  store_changes(&s, &ls->names);
  return finish(ls, &s, name);
}

static Kernel *period_kernel(LinkSyn *ls, int part, const Handler *h) {
  SynSystem s;
  syn_open(&s, ls->l, ls->shape, SYN_PRE_LANES, NULL);
  for (int p = 0; p < s.nparts; p++)
    if (s.part[p].rule == part) s.e.view = s.part[p].view;
  ir_store(s.ir, slot_out(0), lower_num(&s.e, h->node->kid[0]));
  return finish(ls, &s, "period");
}

static void link_every(LinkSyn *ls, SynCode *out) {
  Vec(SynTimed) list = {0};
  int n = ls->ci->nrules;
  for (int p = 0; p <= n; p++) { // in the order in which handlers run
    int r = ls->shape->low->learn_first ? (p < n ? p : -1) : p - 1;
    const Model *m = syn_part_model(ls->ci, r);
    for (int k = 0; k < m->non; k++) {
      const Handler *h = &m->on[k];
      if (!is_handler(ls, h, ON_EVERY)) continue;
      SynTimed t = {.period = period_kernel(ls, r, h)};
      SynUpdate *u = &t.update;
      u->pre = every_kernel(ls, r, h, SYN_PRE_LANES, false, "on every, pre states");
      u->post = every_kernel(ls, r, h, SYN_POST_LANES, false, "on every, post states");
      u->once_first = draws(u->pre) || draws(u->post);
      u->each = every_kernel(ls, r, h, SYN_EACH, u->once_first, "on every");
      vec_push(&list, t);
    }
  }
  out->nevery = list.n;
  out->every = vec_keep(&list, ls->l->a);
}

// ---- the past of lets ----
static bool is_past(const SynSystem *s, const Sym *x) {
  return x->hidden && x->of && x->of->kind == SYM_LET && place_of(x) == lanes_place(s);
}

static Kernel *past_kernel(LinkSyn *ls, SynLanes lanes, const char *name) {
  SynSystem s;
  bool any = false;
  syn_open(&s, ls->l, ls->shape, lanes, NULL);
  for (int p = 0; p < s.nparts; p++) {
    View *v = s.part[p].view;
    for (int k = 0; k < v->model->nvars; k++) {
      const Sym *x = v->model->vars[k];
      if (!is_past(&s, x)) continue;
      any = true;
      s.e.view = v;
      ir_store(s.ir, syn_slot(&s, v, x), to_num(&s.e, view_read(&s.e, v, x->of, x->of->decl)));
    }
  }
  if (any) return finish(ls, &s, name);
  syn_close(&s);
  return NULL;
}

static void link_past(LinkSyn *ls, SynCode *out) {
  out->past.each = past_kernel(ls, SYN_EACH, "what prev will read");
  out->past.pre = past_kernel(ls, SYN_PRE_LANES, "what prev will read of sources");
  out->past.post = past_kernel(ls, SYN_POST_LANES, "what prev will read of targets");
}

// ---- couplings ----
// The factors of a product that differ from synapse to synapse, its noise too; those of the target stand in its equations.
static IrVal synapse_factors(SynSystem *s, const Node *n) {
  const unsigned per_synapse = DEP_PRE | DEP_PRE_STATE | DEP_SELF | DEP_DRAW;
  if (!(expr_depends(s->ci, n) & per_synapse)) return 0;
  if (n->kind == N_UNARY && n->op == OP_NEG) return synapse_factors(s, n->kid[0]);
  if (n->kind != N_BINARY || (n->op != OP_MUL && n->op != OP_DIV)) return lower_num(&s->e, n);
  IrVal a = synapse_factors(s, n->kid[0]), b = synapse_factors(s, n->kid[1]);
  if (n->op == OP_DIV) return b ? ir_op2(s->ir, IR_DIV, a ? a : ir_const(s->ir, 1), b) : a;
  return a && b ? ir_op2(s->ir, IR_MUL, a, b) : a ? a : b;
}

// Whether an injection is w (once, or not at all) times factors of the source alone. Those in a scaled block are left alone.
static bool of_source(const LinkSyn *ls, const Node *n, bool divisor, int *weights) {
  const unsigned other = DEP_SELF | DEP_POST | DEP_POST_STATE | DEP_DRAW;
  unsigned deps = expr_depends(ls->ci, n);
  if (!(deps & other)) return true;
  if (n->kind == N_NAME && n->sym == ls->ci->syn->weight) return !divisor && ++*weights == 1;
  if (n->kind == N_UNARY && n->op == OP_NEG) return of_source(ls, n->kid[0], divisor, weights);
  if (n->kind == N_BINARY && (n->op == OP_MUL || n->op == OP_DIV))
    return of_source(ls, n->kid[0], divisor, weights) && of_source(ls, n->kid[1], divisor || n->op == OP_DIV, weights);
  return !(deps & (DEP_PRE | DEP_PRE_STATE | DEP_SELF | DEP_DRAW)); // stands in the target's equations
}

static bool is_weight(const SynSystem *s, const Node *n) { return n->kind == N_NAME && n->sym == s->ci->syn->weight; }

// The factors of the source; 0: none.
static IrVal source_factors(SynSystem *s, const Node *n) {
  if (!(expr_depends(s->ci, n) & (DEP_PRE | DEP_PRE_STATE)) || is_weight(s, n)) return 0;
  if (n->kind == N_UNARY && n->op == OP_NEG) return source_factors(s, n->kid[0]);
  if (n->kind != N_BINARY || (n->op != OP_MUL && n->op != OP_DIV)) return lower_num(&s->e, n);
  IrVal a = source_factors(s, n->kid[0]), b = source_factors(s, n->kid[1]);
  if (n->op == OP_DIV) return b ? ir_op2(s->ir, IR_DIV, a ? a : ir_const(s->ir, 1), b) : a;
  return a && b ? ir_op2(s->ir, IR_MUL, a, b) : a ? a : b;
}

enum { SOURCE_SUMS = 3 };

static bool sums_of_sources(const LinkSyn *ls, SourceSum *sum, const Handler **inject, int *n) {
  const Model *m = ls->ci->syn;
  *n = 0;
  for (int k = 0; k < m->ninjects; k++) {
    int weights = 0;
    if (ls->shape->low->sum[k] < 0) continue;
    if (*n == SOURCE_SUMS || m->injects[k].scaled || !of_source(ls, m->injects[k].node->kid[0], false, &weights)) return false;
    inject[*n] = &m->injects[k];
    sum[(*n)++] = (SourceSum){ls->shape->low->sum[k], weights > 0};
  }
  return *n > 0;
}

static void link_source(LinkSyn *ls, SynCode *out) {
  SourceSum sum[SOURCE_SUMS];
  const Handler *inject[SOURCE_SUMS];
  int n;
  if (!sums_of_sources(ls, sum, inject, &n)) return;
  SynSystem s;
  syn_open(&s, ls->l, ls->shape, SYN_PRE_LANES, NULL);
  for (int p = 0; p < s.nparts; p++)
    if (s.part[p].rule < 0) s.e.view = s.part[p].view;
  for (int k = 0; k < n; k++) {
    ir_span(s.ir, inject[k]->node->span);
    IrVal v = source_factors(&s, inject[k]->node->kid[0]);
    ir_store(s.ir, slot_out(k), v ? v : ir_const(s.ir, 1));
  }
  out->source = finish(ls, &s, "what sources show");
  out->sum = arena_dup(sum, sizeof *sum * (size_t)n, ls->l->a);
  out->nsum = n;
}

static void link_coupling(LinkSyn *ls, SynCode *out) {
  const Model *m = ls->ci->syn;
  bool any = false;
  for (int k = 0; k < m->ninjects; k++) any |= ls->shape->low->sum[k] >= 0;
  if (!any) return;
  SynSystem s;
  syn_open(&s, ls->l, ls->shape, SYN_EACH, NULL);
  for (int p = 0; p < s.nparts; p++)
    if (s.part[p].rule < 0) s.e.view = s.part[p].view;
  for (int k = 0; k < m->ninjects; k++) {
    if (ls->shape->low->sum[k] < 0) continue;
    ir_span(s.ir, m->injects[k].node->span);
    s.e.scaled = m->injects[k].scaled;
    IrVal v = synapse_factors(&s, m->injects[k].node->kid[0]);
    s.e.scaled = NULL;
    if (v) ir_add_at(s.ir, slot_var(OBJ_BLOCK0, ACC_POST, ls->shape->low->sum[k], false, "input"), v, 0);
  }
  out->reads_lets = s.reads_lets;
  out->coupling = finish(ls, &s, "coupling");
  link_source(ls, out);
}

bool link_projection(Lowering *l, const SynShape *shape, const double *params, SynCode *out) {
  LinkSyn ls = {.l = l, .shape = shape, .ci = shape->low->ci, .params = params, .ok = true};
  ls.event_driven = touched_column(shape->low) >= 0;
  *out = (SynCode){0};
  link_events(&ls, out);
  link_named_events(&ls, out);
  link_integration(&ls, out);
  out->step = event_update(&ls, ON_STEP, "on step");
  out->start = event_update(&ls, ON_START, "on start");
  link_every(&ls, out);
  link_past(&ls, out);
  if (ls.event_driven) out->sync = sync_kernel(&ls);
  link_coupling(&ls, out);
  vec_push(&ls.names.v, NULL);
  out->fault_var = vec_keep(&ls.names.v, l->a);
  return ls.ok;
}
