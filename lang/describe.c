// SPDX-License-Identifier: MIT
// Models as the machine sees them: columns with names, units and flags.
//
// A neuron: the variables of its Model in order (the hidden ones of the checker included), then the compiler's own:
// "held until" where a refractory time is declared, "refractory" for `refractory while`, "t_exact" for `crosses`.
// A connection: the variables of the synapse, then of each rule under "RULE.name" (its w is the synapse's and has no
// column), then one "input k" per `inject` that must be summed over synapses, and the steps to which per-synapse states
// were last advanced.
#include "lang/lower_impl.h"

#include <math.h>
#include <string.h>

bool node_any(const Node *n, bool (*is)(const Node *n, void *ctx), void *ctx) {
  if (!n) return false;
  if (is(n, ctx)) return true;
  for (int k = 0; k < 4; k++)
    if (node_any(n->kid[k], is, ctx)) return true;
  for (int k = 0; k < n->nlist; k++)
    if (node_any(n->list[k], is, ctx)) return true;
  return false;
}

bool model_mentions(const Model *m, bool (*is)(const Node *n, void *ctx), void *ctx) { return node_any(m->decl, is, ctx); }

typedef struct VarList {
  Arena *a;
  Vec(VarDesc) v;
} VarList;

static int add_var(VarList *l, VarDesc d) {
  vec_push(&l->v, d);
  return l->v.n - 1;
}

static int add_hidden(VarList *l, const char *name, double initial, uint8_t flags) {
  return add_var(l, (VarDesc){.name = name, .kind = VAR_HIDDEN, .flags = flags, .initial = initial, .unit = "", .scale = 1});
}

static uint8_t var_kind(const Sym *s) {
  static const uint8_t kinds[] = {[SYM_PARAM] = VAR_PARAM, [SYM_STATE] = VAR_STATE, [SYM_INPUT] = VAR_INPUT,
                                  [SYM_LET] = VAR_LET, [SYM_WEIGHT] = VAR_WEIGHT, [SYM_SIGNAL] = VAR_SIGNAL};
  return s->hidden || s->kind > SYM_SIGNAL ? VAR_HIDDEN : kinds[s->kind];
}

static VarDesc var_desc(Lowering *l, const Sym *s, const char *prefix) {
  const Unit *u = s->type.unit ? s->type.unit : dim_is_none(s->type.dim) ? NULL : dim_unit(s->type.dim, l->a);
  VarDesc d = {.name = *prefix ? arena_printf(l->a, "%s.%s", prefix, s->name->text) : s->name->text, .kind = var_kind(s),
               .unit = u && u->text ? u->text : "", .scale = u && u->scale ? u->scale : 1};
  if (s->type.kind == TY_INT || s->type.kind == TY_BOOL) d.flags |= VARF_INT;
  if (s->kind == SYM_STATE && s->model && s->model->kind != MODEL_NEURON)
    d.flags |= s->place == PLACE_PRE ? VARF_PRE : s->place == PLACE_POST ? VARF_POST : 0;
  if (s->of && s->of->kind == SYM_LET) d.flags |= VARF_WIDE; // the let is computed so
  if (s->selfvar == SV_LAST_SPIKE && d.kind == VAR_HIDDEN && !s->of) d.initial = -INFINITY;
  return d;
}

// ---- neurons ----
static void mark_held(VarDesc *vars, const Model *m) {
  const Node *r = m->refractory.node;
  for (int k = 0; r && k < r->nlist; k++)
    if (r->list[k]->sym && r->list[k]->sym->index < m->nvars) vars[r->list[k]->sym->index].flags |= VARF_HELD;
}

static void add_neuron_columns(NeuronLow *n, VarList *vars) {
  Model *m = n->model;
  n->last_spike = n->held_until = n->refractory = n->t_exact = n->before = -1;
  for (int k = 0; k < m->nvars; k++) {
    const Sym *s = m->vars[k];
    if (s->hidden && s->selfvar == SV_LAST_SPIKE && !s->of) n->last_spike = k;
    if (s->hidden && s->of) n->prev[s->of->index] = k;
  }
  if (n->last_spike < 0) n->last_spike = add_hidden(vars, "last spike", -INFINITY, 0);
  const Node *r = m->refractory.node;
  if (r && r->kind == N_REFRACTORY) n->held_until = add_hidden(vars, "held until", -INFINITY, 0);
  if (r && r->kind == N_REFRWHILE) n->refractory = add_hidden(vars, "refractory", 0, 0);
  if (!m->spike.node || m->spike.node->kind != N_SPIKECROSS) return;
  n->t_exact = add_hidden(vars, "t_exact", NAN, 0);
  n->before = add_hidden(vars, "before", 0, 0);
}

// Lets of a handler that stand before a kernel call: the call cuts the handler, what comes behind finds them in columns.
static void add_locals(NeuronLow *n, VarList *vars, const Node *list, int count) {
  for (int k = 0; k < count; k++) {
    const Node *s = list->list[k];
    if (s->kind == N_SCALED) add_locals(n, vars, s, s->nlist);
    if (s->kind != N_LET || !s->sym) continue;
    LocalColumn *grown = NEWN(vars->a, LocalColumn, n->nlocals + 1);
    for (int j = 0; j < n->nlocals; j++) grown[j] = n->local[j];
    const char *name = arena_printf(vars->a, "let %d %s", n->nlocals + 1, s->sym->name->text);
    grown[n->nlocals++] = (LocalColumn){s->sym, add_hidden(vars, name, 0, 0)};
    n->local = grown;
  }
}

static void add_cut_handlers(NeuronLow *n, VarList *vars) {
  for (int j = 0; j < n->model->non; j++) {
    const Node *h = n->model->on[j].node, *block = h->kind == N_ON ? h->kid[2] : NULL;
    int last = block ? block->nlist : 0;
    while (last > 0 && !is_kernel_statement(block->list[last - 1])) last--;
    if (last > 0) add_locals(n, vars, block, last);
  }
}

ModelDesc *describe_neuron(Lowering *l, Model *m) {
  for (int k = 0; k < l->neurons.n; k++)
    if (l->neurons.data[k]->lang == m) return l->neurons.data[k];
  NeuronLow *n = NEW(l->a, NeuronLow);
  VarList vars = {.a = l->a};
  n->model = m;
  n->prev = NEWN(l->a, int, m->nvars + 1);
  n->shared = NEWN(l->a, bool, m->nvars + 1);
  for (int k = 0; k < m->nvars; k++) n->prev[k] = -1, add_var(&vars, var_desc(l, m->vars[k], ""));
  add_neuron_columns(n, &vars);
  add_cut_handlers(n, &vars);
  int nvars = vars.v.n;
  VarDesc *v = vec_keep(&vars.v, l->a);
  mark_held(v, m);
  n->desc = (ModelDesc){.name = m->name->text, .vars = v, .nvars = nvars, .spikes = m->spike.node != NULL,
                        .last_spike = n->last_spike, .held_until = n->held_until, .t_exact = n->t_exact, .lang = m,
                        .span = m->decl ? m->decl->name_span : (Span){0}};
  vec_push(&l->neurons, &n->desc);
  return &n->desc;
}

// ---- connections ----
static int handlers(const Model *m, int on) {
  int n = 0;
  for (int k = 0; k < m->non; k++) n += m->on[k].node->kind == N_ON && m->on[k].node->op == on;
  return n;
}

// A state of the synapse that one model changes with `+=` of something that does not read post states; nothing else.
static bool adds_only(const ConnInfo *ci, const Node *s) {
  if (s->kind == N_BLOCK || s->kind == N_SCALED) {
    for (int k = 0; k < s->nlist; k++)
      if (!adds_only(ci, s->list[k])) return false;
    return true;
  }
  if (s->kind != N_ASSIGN || !s->kid[0]->sym) return false;
  if (expr_depends(ci, s->kid[1]) & (DEP_POST_STATE | DEP_DRAW)) return false;
  return s->op == OP_ADD || s->op == OP_SUB;
}

static bool zero_initial(const ConnInfo *ci, const Sym *state) {
  double x;
  for (int k = 0; k < ci->ninit; k++)
    if (ci->init[k].var == state && ci->init[k].expr)
      return expr_constant(ci->init[k].expr, &x) && x == 0;
  if (state->decl && state->decl->kid[0]) return expr_constant(state->decl->kid[0], &x) && x == 0;
  return true;
}

// Whether projections through this synapse may share their post states: the sum of two solutions must be a solution.
static bool mergeable(const ConnInfo *ci) {
  const Model *m = ci->syn;
  int posts = 0;
  for (int k = 0; k < m->nvars; k++) {
    const Sym *s = m->vars[k];
    bool post = s->kind == SYM_STATE && !s->hidden && s->place == PLACE_POST;
    if (post && (!zero_initial(ci, s) || s->type.kind != TY_NUM)) return false;
    if (s->hidden || s->kind == SYM_SIGNAL || (s->kind == SYM_STATE && !post)) return false;
    if (s->kind == SYM_PARAM && param_per_synapse(ci, s)) return false;
    posts += post;
  }
  if (!posts || ci->nrules || handlers(m, ON_POST) || handlers(m, ON_STEP) || handlers(m, ON_EVERY) || handlers(m, ON_START))
    return false;
  for (int k = 0; k < m->nequations; k++) {
    const Equation *eq = &m->equations[k];
    if (expr_degree(ci, PLACE_POST, eq->rhs) > DEG_LINEAR || (expr_depends(ci, eq->rhs) & DEP_DRAW)) return false;
    for (int f = 0; f < eq->nfactors; f++)
      if (expr_degree(ci, PLACE_POST, eq->factors[f]) != DEG_NONE) return false;
  }
  for (int k = 0; k < m->ninjects; k++) {
    const Node *x = m->injects[k].node->kid[0];
    if ((expr_depends(ci, x) & (DEP_PRE | DEP_PRE_STATE | DEP_SELF | DEP_DRAW)) || expr_degree(ci, PLACE_POST, x) != DEG_LINEAR)
      return false;
  }
  for (int k = 0; k < m->non; k++)
    if (m->on[k].node->kind != N_ON || !adds_only(ci, m->on[k].node->kid[2])) return false;
  return true;
}

static void add_rule_columns(Lowering *l, SynLow *s, VarList *vars) {
  ConnInfo *ci = s->ci;
  s->base = NEWN(l->a, int, ci->nrules + 1);
  for (int r = 0; r < ci->nrules; r++) {
    const Model *m = ci->rules[r].model;
    s->base[r] = vars->v.n;
    for (int k = 0; k < m->nvars; k++) {
      VarDesc d = var_desc(l, m->vars[k], m->name->text);
      if (m->vars[k]->kind == SYM_WEIGHT) d.kind = VAR_LET; // the synapse's: no memory of its own
      add_var(vars, d);
    }
  }
}

static void add_sum_columns(Lowering *l, SynLow *s, VarList *vars) {
  const Model *m = s->ci->syn;
  s->sum = NEWN(l->a, int, m->ninjects + 1);
  for (int k = 0; k < m->ninjects; k++) {
    unsigned deps = expr_depends(s->ci, m->injects[k].node->kid[0]);
    bool per_synapse = deps & (DEP_PRE | DEP_PRE_STATE | DEP_SELF);
    s->sum[k] = per_synapse ? add_hidden(vars, arena_printf(l->a, "input %d", k + 1), 0, VARF_POST) : -1;
  }
}

// Per-synapse states with equations that only events read: advanced when an event touches them.
static void add_touched_columns(Lowering *l, SynLow *s, VarList *vars) {
  int n = vars->v.n;
  s->touched = NEWN(l->a, int, n + 1);
  for (int k = 0; k <= n; k++) s->touched[k] = -1;
  if (!syn_event_driven(s->ci)) return;
  int col = add_hidden(vars, "last step", 0, VARF_STEP);
  for (int r = -1; r < s->ci->nrules; r++) {
    const Model *m = r < 0 ? s->ci->syn : s->ci->rules[r].model;
    for (int k = 0; k < m->nequations; k++) {
      const Sym *x = m->equations[k].x;
      if (x->kind == SYM_STATE && x->place == PLACE_SELF) s->touched[(r < 0 ? 0 : s->base[r]) + x->index] = col;
    }
  }
}

// Lets and inputs of neurons that the synapses read: their populations keep them in columns.
typedef struct Shared {
  Lowering *l;
  const Sym *let;             // that is being followed, and from where: a let may read its own past
  const struct Shared *outer;
} Shared;

static bool follows(const Shared *sh, const Sym *let) {
  for (; sh; sh = sh->outer)
    if (sh->let == let) return true;
  return false;
}

static bool share(const Node *n, void *ctx) {
  Shared *sh = ctx;
  const Sym *x = n->kind == N_MEMBER ? n->sym : NULL;
  bool kept = x && x->model && x->model->kind == MODEL_NEURON && (x->kind == SYM_LET || x->kind == SYM_INPUT);
  if (kept) neuron_low(describe_neuron(sh->l, x->model))->shared[x->index] = true;
  const Sym *let = n->kind == N_NAME ? n->sym : NULL;
  if (let && let->kind == SYM_LET && let->model && let->model->kind != MODEL_NEURON && let->decl && !follows(sh, let)) {
    Shared inner = {sh->l, let, sh};
    node_any(let->decl->kid[0], share, &inner);
  }
  return false;
}

// What joins the equations of the target reads its quantities there.
static bool joins_target(const ConnInfo *ci, const Node *expr) {
  return !(expr_depends(ci, expr) & (DEP_PRE | DEP_PRE_STATE | DEP_SELF));
}

static void share_read(Lowering *l, const ConnInfo *ci) {
  Shared sh = {.l = l};
  for (int r = -1; r < ci->nrules; r++) {
    const Model *m = r < 0 ? ci->syn : ci->rules[r].model;
    for (int k = 0; k < m->non; k++) node_any(m->on[k].node->kid[2], share, &sh);
    for (int k = 0; k < m->ninjects; k++)
      if (!joins_target(ci, m->injects[k].node->kid[0])) node_any(m->injects[k].node->kid[0], share, &sh);
    for (int k = 0; k < m->nequations; k++)
      if (m->equations[k].x->place != PLACE_POST || m->equations[k].x->kind != SYM_STATE)
        node_any(m->equations[k].node, share, &sh);
  }
}

SynDesc *describe_synapse(Lowering *l, ConnInfo *ci) {
  for (int k = 0; k < l->synapses.n; k++)
    if (l->synapses.data[k]->ci == ci) return &l->synapses.data[k]->desc;
  SynLow *s = NEW(l->a, SynLow);
  s->ci = ci;
  VarList vars = {.a = l->a};
  Model *m = ci->syn;
  for (int k = 0; k < m->nvars; k++) add_var(&vars, var_desc(l, m->vars[k], ""));
  add_rule_columns(l, s, &vars);
  add_sum_columns(l, s, &vars);
  add_touched_columns(l, s, &vars);
  int nvars = vars.v.n;
  VarDesc *v = vec_keep(&vars.v, l->a);
  s->desc.model = (ModelDesc){.name = m->name->text, .vars = v, .nvars = nvars, .last_spike = -1, .held_until = -1,
                              .t_exact = -1, .lang = m, .span = m->decl ? m->decl->name_span : (Span){0}};
  s->desc.weight = m->weight ? m->weight->index : -1;
  s->desc.input = ci->input ? ci->input->index : -1;
  s->desc.mergeable = mergeable(ci);
  vec_push(&l->synapses, s);
  share_read(l, ci);
  return &s->desc;
}

int describe_column(const SynDesc *d, const Sym *var, int rule) {
  const SynLow *s = syn_low(d);
  if (rule < 0) return var->model == s->ci->syn ? var->index : -1;
  if (var->kind == SYM_WEIGHT) return d->weight;
  return rule < s->ci->nrules && var->model == s->ci->rules[rule].model ? s->base[rule] + var->index : -1;
}
