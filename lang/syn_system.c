// SPDX-License-Identifier: MIT
// Views of a projection's kernels (see syn_system.h).
#include "lang/syn_system.h"

const Model *syn_part_model(const ConnInfo *ci, int rule) { return rule < 0 ? ci->syn : ci->rules[rule].model; }

static SynSystem *syn_of(Env *e) { return e->xi_ctx; }

static const SynPart *part_of(const SynSystem *s, const View *v) {
  for (int k = 0; k < s->nparts; k++)
    if (s->part[k].view == v) return &s->part[k];
  BUG("a view that is no part of the projection");
}

int syn_column(const SynSystem *s, const View *v, const Sym *x) {
  return describe_column(&s->shape->low->desc, x, part_of(s, v)->rule);
}

static bool changes_weight(const Model *m) {
  if (m->weight && m->weight->assigned) return true;
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_WEIGHT && m->vars[k]->assigned) return true;
  for (int k = 0; k < m->nequations; k++)
    if (m->equations[k].x->kind == SYM_WEIGHT) return true;
  return false;
}

bool weight_changes(const ConnInfo *ci) {
  for (int r = -1; r < ci->nrules; r++)
    if (changes_weight(syn_part_model(ci, r))) return true;
  return false;
}

// ---- slots ----
static Access self_access(const SynSystem *s) { return s->lanes == SYN_EACH_POST ? ACC_SELF : ACC_LANE; }
static Access pre_access(const SynSystem *s) { return s->lanes == SYN_PRE_LANES ? ACC_LANE : ACC_PRE; }
static Access post_access(const SynSystem *s) { return s->lanes == SYN_POST_LANES ? ACC_LANE : ACC_POST; }

static bool sees(const SynSystem *s, Place place) {
  switch (s->lanes) {
  case SYN_ONCE_PRE: case SYN_PRE_LANES: return place == PLACE_PRE;
  case SYN_ONCE_POST: case SYN_POST_LANES: return place == PLACE_POST;
  default: return true;
  }
}

// One value for all synapses is held in double precision, however many there are.
static Slot typed(const SynSystem *s, Slot slot) {
  if (slot.object == OBJ_SELF && slot.access != ACC_UNIFORM) slot.type = s->shape->type[slot.index];
  return slot;
}

Slot syn_slot(SynSystem *s, const View *v, const Sym *x) {
  int column = syn_column(s, v, x);
  const char *name = x->name->text;
  if (x->kind == SYM_PARAM && !param_per_synapse(s->ci, x)) return slot_var(OBJ_PARAMS, ACC_UNIFORM, column, true, name);
  if (x->kind == SYM_SIGNAL) return slot_var(OBJ_PARAMS, ACC_UNIFORM, column, false, name);
  if (x->kind == SYM_STATE && x->place == PLACE_PRE) return slot_var(OBJ_PREBLOCK, pre_access(s), column, false, name);
  if (x->kind == SYM_STATE && x->place == PLACE_POST) return slot_var(OBJ_BLOCK0, post_access(s), column, false, name);
  bool fixed = x->kind == SYM_PARAM || (x->kind == SYM_WEIGHT && !weight_changes(s->ci));
  bool uniform = fixed && s->shape->uniform[column];
  return typed(s, slot_var(OBJ_SELF, uniform ? ACC_UNIFORM : self_access(s), column, x->kind == SYM_PARAM, name));
}

static IrVal as_value(Env *e, const Sym *x, IrVal v) { return x->type.kind == TY_BOOL ? to_mask(e, v) : v; }

static IrVal part_read(Env *e, View *v, const Sym *x, const Node *at) {
  SynSystem *s = syn_of(e);
  if (x->kind == SYM_SIGNAL) return as_value(e, x, ir_load(e->ir, syn_slot(s, v, x)));
  if (x->kind == SYM_PARAM && !param_per_synapse(s->ci, x)) {
    if (s->params) return ir_const(e->ir, s->params[syn_column(s, v, x)]);
    return as_value(e, x, ir_load(e->ir, syn_slot(s, v, x)));
  }
  Place place = x->kind == SYM_STATE ? (Place)x->place : PLACE_SELF;
  if (!sees(s, place)) {
    Diag *d = env_error(e, E_NOT_SUPPORTED, at, "%s cannot be read in a statement that is done once for each %s neuron", x->name->text,
                        sees(s, PLACE_POST) ? "target" : "source");
    for (int k = 0; x->kind == SYM_PARAM && k < s->ci->ninit; k++)
      if (s->ci->init[k].var == x && s->ci->init[k].expr) diag_label(d, s->ci->init[k].expr->span, "it is given for each synapse here");
    if (x->kind == SYM_PARAM) diag_hint(d, "give one value for all, in the call: %s(%s = ...)", v->model->name->text, x->name->text);
    return 0;
  }
  e->varies = true;
  return as_value(e, x, ir_load(e->ir, syn_slot(s, v, x)));
}

static IrVal neuron_load(Env *e, const View *v, int column, bool constant, const char *name);

static IrVal distance(Env *e, SynSystem *s) {
  IrVal sum = 0;
  for (int k = 0; k < 3; k++) {
    IrVal d = ir_op2(e->ir, IR_SUB, neuron_load(e, s->pre, VAR_POSX + k, true, "pre.pos"), neuron_load(e, s->post, VAR_POSX + k, true, "post.pos"));
    IrVal square = ir_op2(e->ir, IR_MUL, d, d);
    sum = sum ? ir_op2(e->ir, IR_ADD, sum, square) : square;
  }
  return ir_op1(e->ir, IR_SQRT, sum);
}

static IrVal part_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)v, (void)at;
  SynSystem *s = syn_of(e);
  e->varies = true;
  switch (which) {
  case SV_I: return sees(s, PLACE_PRE) ? s->lanes == SYN_PRE_LANES ? ir_lane(e->ir) : ir_index(e->ir, ACC_PRE) : 0;
  case SV_J: return sees(s, PLACE_POST) ? ir_index(e->ir, ACC_POST) : 0;
  case SV_DISTANCE: return sees(s, PLACE_SELF) ? distance(e, s) : 0;
  default: return 0;
  }
}

// While states are integrated they are what they were at the end of the step before; afterwards that was kept. Lets were kept
// at the end of the step before.
static IrVal part_prev(Env *e, View *v, const Sym *x, const Node *at) {
  SynSystem *s = syn_of(e);
  if (x->kind == SYM_STATE && s->integrating) return ir_load(e->ir, syn_slot(s, v, x));
  for (int k = 0; k < v->model->nvars; k++)
    if (v->model->vars[k]->of == x) return part_read(e, v, v->model->vars[k], at);
  BUG("prev %s is not kept", x->name->text);
}

// ---- assignments ----
SynPlace statement_place(const Node *assign, int on) {
  const Sym *x = assign->kid[0]->sym;
  if (!x || x->kind != SYM_STATE || assign->kid[0]->kind != N_NAME) return AT_SYNAPSE;
  bool either = on == ON_STEP || on == ON_EVERY || on == ON_START;
  if (x->place == PLACE_PRE && (on == ON_PRE || either)) return AT_PRE;
  return x->place == PLACE_POST && (on == ON_POST || either) ? AT_POST : AT_SYNAPSE;
}

SynPlace place_of(const Sym *state) {
  return state->place == PLACE_PRE ? AT_PRE : state->place == PLACE_POST ? AT_POST : AT_SYNAPSE;
}

SynPlace lanes_place(const SynSystem *s) {
  switch (s->lanes) {
  case SYN_ONCE_PRE: case SYN_PRE_LANES: return AT_PRE;
  case SYN_ONCE_POST: case SYN_POST_LANES: return AT_POST;
  default: return AT_SYNAPSE;
  }
}

// A let with an impure call, or such a call alone, is done for each synapse and nowhere else. What is done once cannot read it.
static bool impure_statement(Env *e, const Node *n) {
  if (n->kind == N_EXPRSTMT) return true;
  if (n->kind != N_LET || !expr_impure(n->kid[0])) return false;
  vec_push(&e->locals, (LocalVar){.sym = n->sym, .expr = n->kid[0]});
  return true;
}

// What is done once per neuron is not stored per synapse, but computed there as well: statements that follow see it.
static bool not_mine(Env *e, const Node *n) {
  SynSystem *s = syn_of(e);
  if (e->depth || !e->view) return false;
  SynPlace mine = lanes_place(s);
  const unsigned self = DEP_SELF, pre = DEP_PRE | DEP_PRE_STATE, post = DEP_POST | DEP_POST_STATE;
  unsigned cannot = mine == AT_PRE ? self | post : mine == AT_POST ? self | pre : 0;
  const Sym *x = n->kind == N_ASSIGN ? n->kid[0]->sym : NULL;
  if (x && x->kind != SYM_LOCAL) {
    bool rule_weight = x->kind == SYM_WEIGHT && e->view->model->kind == MODEL_RULE;
    if (rule_weight && s->shape->learning_off) return true;
    SynPlace place = statement_place(n, s->on);
    return mine == AT_SYNAPSE ? s->once_done && place != AT_SYNAPSE : place != mine;
  }
  if (mine != AT_SYNAPSE && impure_statement(e, n)) return true;
  const Node *expr = n->kind == N_ASSIGN ? n->kid[1] : n->kind == N_LET || n->kind == N_IF ? n->kid[0] : NULL;
  return expr && (expr_depends(s->ci, expr) & cannot);
}

// Statements done for each synapse add to what several share; the others give it a value.
static bool part_assign(Env *e, View *v, const Sym *x, Op op, IrVal rhs, const Node *at) {
  SynSystem *s = syn_of(e);
  if (lanes_place(s) != AT_SYNAPSE || x->kind != SYM_STATE || x->place == PLACE_SELF) return false;
  if (statement_place(at, s->on) != AT_SYNAPSE) return false;
  if (op != OP_ADD && op != OP_SUB) {
    env_error(e, E_NOT_SUPPORTED, at, "%s is shared by many synapses: each may only add to it (+=, -=)", x->name->text);
    return true;
  }
  if (op == OP_SUB) rhs = ir_op1(e->ir, IR_NEG, rhs);
  ir_add_at(e->ir, syn_slot(s, v, x), rhs, e->active);
  view_assign(e, v, x, ir_op2(e->ir, IR_ADD, view_read(e, v, x, at), rhs));
  return true;
}

static const ViewOps part_ops = {.read = part_read, .self = part_self, .prev = part_prev, .assign = part_assign};

// ---- the neurons ----
static bool is_pre(const View *v) { return v->number == 1; }

static IrVal neuron_load(Env *e, const View *v, int column, bool constant, const char *name) {
  SynSystem *s = syn_of(e);
  e->varies = true;
  return ir_load(e->ir, slot_var(is_pre(v) ? OBJ_PRE : OBJ_POST, is_pre(v) ? pre_access(s) : post_access(s), column, constant, name));
}

static IrVal side_read(Env *e, View *v, const Sym *x, const Node *at) {
  SynSystem *s = syn_of(e);
  if (!sees(s, is_pre(v) ? PLACE_PRE : PLACE_POST)) {
    env_error(e, E_NOT_SUPPORTED, at, "%s.%s cannot be read in a statement that is done once for each neuron of the other side",
              is_pre(v) ? "pre" : "post", x->name->text);
    return 0;
  }
  const bool *uniform = is_pre(v) ? s->shape->pre_uniform : s->shape->post_uniform;
  if (x->kind == SYM_PARAM && !x->assigned && uniform[x->index])
    return ir_load(e->ir, slot_var(is_pre(v) ? OBJ_PRE : OBJ_POST, ACC_UNIFORM, x->index, true, x->name->text));
  if (x->kind == SYM_SIGNAL)
    return as_value(e, x, ir_load(e->ir, slot_var(is_pre(v) ? OBJ_PRE : OBJ_POST, ACC_UNIFORM, x->index, false, x->name->text)));
  if (is_pre(v) && (x->kind == SYM_LET || x->kind == SYM_INPUT)) s->reads_lets = true;
  return as_value(e, x, neuron_load(e, v, x->index, false, x->name->text));
}

static bool side_let_column(Env *e, View *v, const Sym *x) {
  SynSystem *s = syn_of(e);
  return (is_pre(v) ? s->shape->pre : s->shape->post)->shared[x->index];
}

static IrVal side_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)at;
  SynSystem *s = syn_of(e);
  const NeuronLow *n = is_pre(v) ? s->shape->pre : s->shape->post;
  switch (which) {
  case SV_I: return neuron_load(e, v, VAR_NUMBER, true, "i");
  case SV_N: return ir_load(e->ir, slot_sys(is_pre(v) ? SYS_NPRE : SYS_NPOST));
  case SV_POSX: case SV_POSY: case SV_POSZ: return neuron_load(e, v, VAR_POSX + (int)(which - SV_POSX), true, "pos");
  case SV_LAST_SPIKE: {
    IrVal last = neuron_load(e, v, n->last_spike, false, "last_spike");
    if (s->shape->nest) last = ir_op2(e->ir, IR_ADD, last, ir_const(e->ir, 1));
    return ir_op2(e->ir, IR_MUL, last, ir_load(e->ir, slot_sys(SYS_DT)));
  }
  case SV_REFRACTORY: {
    if (n->refractory >= 0) return to_mask(e, neuron_load(e, v, n->refractory, false, "refractory"));
    if (n->held_until < 0) return ir_bool(e->ir, false);
    return ir_op2(e->ir, IR_LT, ir_load(e->ir, slot_sys(SYS_TICK)), neuron_load(e, v, n->held_until, false, "held_until"));
  }
  default: return 0;
  }
}

static bool side_assign(Env *e, View *v, const Sym *x, Op op, IrVal rhs, const Node *at) {
  SynSystem *s = syn_of(e);
  if (op != OP_ADD && op != OP_SUB) {
    env_error(e, E_NOT_SUPPORTED, at, "many synapses change %s: each may only add to it (+=, -=)", x->name->text);
    return true;
  }
  if (op == OP_SUB) rhs = ir_op1(e->ir, IR_NEG, rhs);
  Slot slot = slot_var(is_pre(v) ? OBJ_PRE : OBJ_POST, is_pre(v) ? pre_access(s) : post_access(s), x->index, false, x->name->text);
  ir_add_at(e->ir, slot, rhs, e->active);
  view_assign(e, v, x, ir_op2(e->ir, IR_ADD, view_read(e, v, x, at), rhs));
  return true;
}

static const ViewOps side_ops = {.read = side_read, .let_column = side_let_column, .self = side_self, .assign = side_assign};

// ---- white noise ----
// One for each lane: what several synapses share has its own, apart from that of a synapse of the same number.
static IrVal syn_noise(Env *e, const Sym *xi, const Node *at) {
  (void)at;
  SynSystem *s = syn_of(e);
  uint32_t number = e->view->number + (s->lanes == SYN_PRE_LANES ? 0x10000u : 0);
  IrVal p = noise_of(&s->noise, s->ir, xi, number);
  e->varies = e->drew = true;
  return s->solving ? p : noise_settle(&s->noise, s->ir, p, s->l->tmp);
}

// ---- open and close ----
static View *open_part(SynSystem *s, int rule) {
  View *v = view_new(s->l, (Model *)syn_part_model(s->ci, rule), &part_ops, s);
  v->pre = s->pre;
  v->post = s->post;
  v->number = (uint32_t)(rule + 3);
  return v;
}

void syn_open(SynSystem *s, Lowering *l, const SynShape *shape, SynLanes lanes, const double *params) {
  const ConnInfo *ci = shape->low->ci;
  *s = (SynSystem){.l = l, .shape = shape, .ci = ci, .lanes = lanes, .params = params};
  l->tmp = arena_new();
  s->ir = ir_new(l->tmp);
  env_init(&s->e, l, s->ir);
  s->pre = view_new(l, shape->pre->model, &side_ops, s);
  s->post = view_new(l, shape->post->model, &side_ops, s);
  s->pre->number = 1;
  s->post->number = 2;
  s->part = NEWN(l->tmp, SynPart, ci->nrules + 1);
  s->view = NEWN(l->tmp, View *, ci->nrules + 3);
  bool rules_first = shape->low->learn_first;
  View *syn = open_part(s, -1);
  if (!rules_first) s->part[s->nparts++] = (SynPart){-1, syn};
  for (int r = 0; r < ci->nrules; r++) {
    s->part[s->nparts++] = (SynPart){r, open_part(s, r)};
    s->part[s->nparts - 1].view->host = syn;
  }
  if (rules_first) s->part[s->nparts++] = (SynPart){-1, syn};
  s->view[0] = s->pre, s->view[1] = s->post;
  for (int k = 0; k < s->nparts; k++) s->view[k + 2] = s->part[k].view;
  s->e.views = s->view;
  s->e.nviews = s->nparts + 2;
  s->e.xi = syn_noise;
  s->e.xi_ctx = s;
  s->e.skip = not_mine;
}

void syn_close(SynSystem *s) {
  env_end(&s->e);
  noise_free(&s->noise);
  arena_free(s->l->tmp);
  s->l->tmp = NULL;
}

Kernel *syn_compile(SynSystem *s, const char *name) {
  if (s->e.failed) return NULL;
  ir_prune(s->ir);
  return lowering_keep(s->l, ir_compile(s->ir, name));
}
