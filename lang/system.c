// SPDX-License-Identifier: MIT
// Views, inputs and equations of a population (see system.h).
#include "lang/system.h"

#include <math.h>

// ---- slots ----
static const BlockLow *block_of(const View *v) { return v->ctx; }
static bool is_neuron(const System *s, const View *v) { return v == s->neuron; }

static int column_base(const BlockLow *b, const View *v) {
  for (int r = 0; r < b->ci->nrules; r++)
    if (b->rule[r] == v) return b->low->base[r];
  return 0;
}

Slot system_slot(System *s, const View *v, const Sym *var) {
  const char *name = var->name->text;
  bool param = var->kind == SYM_PARAM && !var->assigned;
  if (is_neuron(s, v)) {
    bool uniform = var->kind == SYM_SIGNAL || (s->shape->uniform[var->index] && var->kind == SYM_PARAM && !var->assigned);
    return slot_var(OBJ_SELF, uniform ? ACC_UNIFORM : s->access, var->index, param, name);
  }
  const BlockLow *b = block_of(v);
  bool uniform = var->kind == SYM_PARAM || var->kind == SYM_SIGNAL;
  return slot_var(OBJ_BLOCK0 + b->k, uniform ? ACC_UNIFORM : s->access, column_base(b, v) + var->index, param, name);
}

IrVal system_load(System *s, const View *v, const Sym *var) {
  Slot slot = system_slot(s, v, var);
  if (slot.access != ACC_UNIFORM) s->e.varies = true;
  IrVal x = ir_load(s->ir, slot);
  return var->type.kind == TY_BOOL ? to_mask(&s->e, x) : x;
}

IrVal system_hidden(System *s, int column, const char *name) {
  return ir_load(s->ir, slot_var(OBJ_SELF, s->access, column, false, name));
}

void system_store_hidden(System *s, int column, const char *name, IrVal v) {
  ir_store(s->ir, slot_var(OBJ_SELF, s->access, column, false, name), v);
}

// ---- what a kernel reads ----
static System *system_of(Env *e) { return e->xi_ctx; }

static IrVal tick(System *s) { return ir_load(s->ir, slot_sys(SYS_TICK)); }

// 1 where the injection acts on the lane now; 0: always.
static IrVal drive_mask(System *s, const Drive *d, IrVal *element) {
  Ir *ir = s->ir;
  IrVal lane = ir_lane(ir), m[4], mask = 0;
  int n = 0, c = d->capture0;
  IrVal first = ir_load(ir, slot_capture(c, ACC_UNIFORM));
  if (d->picked) {
    IrVal place = ir_lookup(ir, slot_capture(c + 5, ACC_ARRAY), lane); // 0: not among them
    m[n++] = ir_op2(ir, IR_LT, ir_const(ir, 0), place);
    *element = ir_op2(ir, IR_SUB, place, ir_const(ir, 1));
  } else {
    if (!d->all) {
      m[n++] = ir_op2(ir, IR_LE, first, lane);
      m[n++] = ir_op2(ir, IR_LT, lane, ir_load(ir, slot_capture(c + 1, ACC_UNIFORM)));
    }
    *element = ir_op2(ir, IR_ADD, ir_op2(ir, IR_SUB, lane, first), ir_load(ir, slot_capture(c + 4, ACC_UNIFORM)));
  }
  if (d->from) m[n++] = ir_op2(ir, IR_LE, ir_load(ir, slot_capture(c + 2, ACC_UNIFORM)), tick(s));
  if (d->to) m[n++] = ir_op2(ir, IR_LT, tick(s), ir_load(ir, slot_capture(c + 3, ACC_UNIFORM)));
  for (int k = 0; k < n; k++) mask = mask ? ir_op2(ir, IR_AND, mask, m[k]) : m[k];
  return mask;
}

enum { DRIVE_CAPTURES = 5 };

static IrVal drive_value(System *s, int k) {
  const Drive *d = &s->shape->drive[k];
  Env saved = s->e;
  IrVal mask, element = 0;
  mask = drive_mask(s, d, &element);
  s->e.view = NULL;
  s->e.scaled = NULL;
  s->e.active = 0;
  s->e.given = &d->low->caps;
  s->e.capture0 = d->capture0 + DRIVE_CAPTURES + d->picked;
  s->e.element = element;
  s->e.path = stream_hash(0x1e3u, (uint32_t)k);
  IrVal v = lower_num(&s->e, d->low->expr);
  bool failed = s->e.failed, varies = s->e.varies || mask;
  saved.locals = s->e.locals;
  s->e = saved;
  s->e.failed |= failed;
  s->e.varies |= varies;
  return mask ? ir_select(s->ir, mask, v, ir_const(s->ir, 0)) : v;
}

// Stands for a value that is known at t_n, so that the schemes can tell inputs from equations.
static IrVal hold(System *s, IrVal v) {
  double x;
  if (!s->placeholders || noise_in(&s->noise, s->ir, v) || (ir_is_const(s->ir, v, &x) && x == 0)) return v;
  IrVal p = placeholder_new(s->ir, s->held.n);
  vec_push(&s->held, p);
  vec_push(&s->held_value, v);
  return p;
}

static bool reads_states(System *s, IrVal v) {
  for (int k = 0; k < s->nviews; k++) {
    const View *w = s->view[k];
    for (int j = 0; j < w->model->nvars; j++) {
      const Sym *x = w->model->vars[j];
      if (x->kind == SYM_STATE && !x->hidden && (w == s->neuron || x->place == PLACE_POST) &&
          ir_depends(s->ir, v, system_load(s, w, x)))
        return true;
    }
  }
  return false;
}

// A product's factors that read per-synapse or pre quantities are summed over synapses beforehand; the others stand here.
static IrVal post_factors(System *s, const ConnInfo *ci, const Node *n, bool *found) {
  const unsigned per_synapse = DEP_PRE | DEP_PRE_STATE | DEP_SELF | DEP_DRAW;
  if (n->kind == N_BINARY && (n->op == OP_MUL || n->op == OP_DIV)) {
    IrVal a = post_factors(s, ci, n->kid[0], found);
    if (n->op == OP_MUL) {
      IrVal b = post_factors(s, ci, n->kid[1], found);
      return a && b ? ir_op2(s->ir, IR_MUL, a, b) : a ? a : b;
    }
    if (expr_depends(ci, n->kid[1]) & per_synapse) return a;
    IrVal b = lower_num(&s->e, n->kid[1]);
    return ir_op2(s->ir, IR_DIV, a ? a : ir_const(s->ir, 1), b);
  }
  if (n->kind == N_UNARY && n->op == OP_NEG) {
    IrVal a = post_factors(s, ci, n->kid[0], found);
    return ir_op1(s->ir, IR_NEG, a ? a : ir_const(s->ir, 1));
  }
  if (expr_depends(ci, n) & per_synapse) return *found = true, 0;
  return lower_num(&s->e, n);
}

static IrVal inject_value(System *s, BlockLow *b, int k) {
  const Handler *h = &b->ci->syn->injects[k];
  const Node *expr = h->node->kid[0];
  View *view = s->e.view;
  const Node *scaled = s->e.scaled;
  uint32_t path = s->e.path;
  IrVal v;
  s->e.view = b->syn;
  s->e.scaled = h->scaled;
  s->e.path = stream_hash(s->e.path, (uint32_t)b->k + 1);
  if (b->low->sum[k] < 0) {
    v = lower_num(&s->e, expr);
    if (!reads_states(s, v)) v = hold(s, v);
  } else {
    bool found = false;
    IrVal factor = post_factors(s, b->ci, expr, &found);
    IrVal sum = hold(s, ir_load(s->ir, slot_var(OBJ_BLOCK0 + b->k, s->access, b->low->sum[k], false, "input")));
    if (b->moving && s->placeholders) vec_push(&s->sums, sum);
    v = factor ? ir_op2(s->ir, IR_MUL, sum, factor) : sum;
  }
  if (h->scaled) v = ir_op2(s->ir, IR_MUL, v, ir_const(s->ir, scaled_of(&s->e, expr->type.dim, expr)));
  s->e.view = view;
  s->e.scaled = scaled;
  s->e.path = path;
  return v;
}

static IrVal input_value(System *s, const Sym *input) {
  IrVal sum = 0;
  s->read_input = true;
  for (int k = 0; k < s->shape->ndrives; k++) {
    if (s->shape->drive[k].input != input->index) continue;
    IrVal v = hold(s, drive_value(s, k));
    sum = sum ? ir_op2(s->ir, IR_ADD, sum, v) : v;
  }
  for (int k = 0; k < s->shape->nblocks; k++) {
    BlockLow *b = &s->block[k];
    for (int j = 0; b->input == input->index && j < b->ci->syn->ninjects; j++) {
      IrVal v = inject_value(s, b, j);
      sum = sum ? ir_op2(s->ir, IR_ADD, sum, v) : v;
    }
  }
  return sum ? sum : ir_const(s->ir, 0);
}

static IrVal neuron_read(Env *e, View *v, const Sym *var, const Node *at) {
  (void)at;
  System *s = system_of(e);
  if (var->kind == SYM_INPUT && !s->stored_inputs) {
    View *view = e->view;
    const Node *scaled = e->scaled;
    e->scaled = NULL;
    IrVal r = input_value(s, var);
    e->view = view;
    e->scaled = scaled;
    e->varies = true;
    return r;
  }
  return system_load(s, v, var);
}

static IrVal last_spike_time(System *s) {
  IrVal last = system_hidden(s, s->shape->low->last_spike, "last_spike");
  if (s->shape->nest) last = ir_op2(s->ir, IR_ADD, last, ir_const(s->ir, 1));
  return ir_op2(s->ir, IR_MUL, last, ir_load(s->ir, slot_sys(SYS_DT)));
}

static IrVal is_refractory(System *s) {
  const NeuronLow *n = s->shape->low;
  if (n->refractory >= 0) return to_mask(&s->e, system_hidden(s, n->refractory, "refractory"));
  if (n->held_until < 0) return ir_bool(s->ir, false);
  return ir_op2(s->ir, IR_LT, tick(s), system_hidden(s, n->held_until, "held_until"));
}

static IrVal neuron_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)v, (void)at;
  System *s = system_of(e);
  if (which != SV_N) e->varies = true;
  switch (which) {
  case SV_I: return ir_lane(s->ir);
  case SV_N: return ir_load(s->ir, slot_sys(SYS_N));
  case SV_POSX: case SV_POSY: case SV_POSZ:
    return ir_load(s->ir, slot_var(OBJ_SELF, s->access, VAR_POSX + (int)(which - SV_POSX), true, "pos"));
  case SV_LAST_SPIKE: return last_spike_time(s);
  case SV_REFRACTORY: return is_refractory(s);
  case SV_SPIKED: {
    IrVal now = s->stored_inputs && !s->before_spikes ? tick(s) : ir_op2(s->ir, IR_SUB, tick(s), ir_const(s->ir, 1));
    return ir_op2(s->ir, IR_EQ, system_hidden(s, s->shape->low->last_spike, "last_spike"), now);
  }
  default: return 0;
  }
}

// In `advance` the value before is the one at the start of the kernel for states; what else was kept is in its column.
static IrVal neuron_prev(Env *e, View *v, const Sym *var, const Node *at) {
  System *s = system_of(e);
  int column = s->shape->low->prev[var->index];
  if (column < 0) return 0;
  e->varies = true;
  if (var->kind != SYM_STATE && s->stored_inputs) { // its column holds the present value already
    env_error(e, E_NOT_SUPPORTED, at, "`prev %s` of %s cannot be read after the integration yet", var->name->text,
              var->kind == SYM_LET ? "a let" : "an input");
    return ir_const(s->ir, 0);
  }
  return var->kind == SYM_STATE && !s->stored_inputs ? system_load(s, v, var) : system_hidden(s, column, var->name->text);
}

// Only rules on the population change a neuron's weight.
static bool neuron_assign(Env *e, View *v, const Sym *x, Op op, IrVal rhs, const Node *at) {
  (void)v, (void)op, (void)rhs, (void)at;
  return x->kind == SYM_WEIGHT && system_of(e)->shape->learning_off;
}

static const ViewOps neuron_ops = {.read = neuron_read, .self = neuron_self, .prev = neuron_prev, .assign = neuron_assign};

// ---- blocks ----
static IrVal block_read(Env *e, View *v, const Sym *var, const Node *at) {
  System *s = system_of(e);
  const BlockLow *b = block_of(v);
  if (var->kind == SYM_SIGNAL) return system_load(s, v, var);
  bool state = var->kind == SYM_STATE && (var->place == PLACE_POST || var->hidden);
  if (!state && (var->kind != SYM_PARAM || param_per_synapse(b->ci, var))) {
    env_error(e, E_NOT_SUPPORTED, at, "%s differs from synapse to synapse and cannot be read here", var->name->text);
    return 0;
  }
  return system_load(s, v, var);
}

static IrVal block_prev(Env *e, View *v, const Sym *var, const Node *at) {
  (void)at;
  System *s = system_of(e);
  for (int k = 0; var->kind == SYM_LET && k < v->model->nvars; k++)
    if (v->model->vars[k]->of == var && v->model->vars[k]->place == PLACE_POST) return system_load(s, v, v->model->vars[k]);
  return var->kind == SYM_STATE && var->place == PLACE_POST && !s->stored_inputs ? system_load(s, v, var) : 0;
}

static IrVal block_self(Env *e, View *v, SelfVar which, const Node *at) {
  return which == SV_J ? ir_lane(e->ir) : which == SV_I ? 0 : neuron_self(e, v, which, at);
}

static const ViewOps block_ops = {.read = block_read, .self = block_self, .prev = block_prev};

static void open_block(System *s, int k) {
  BlockLow *b = &s->block[k];
  *b = (BlockLow){.low = s->shape->block[k].low, .ci = s->shape->block[k].low->ci, .k = k, .input = s->shape->block[k].input,
                  .moving = s->shape->block[k].moving};
  b->syn = view_new(s->l, b->ci->syn, &block_ops, b);
  b->syn->post = s->neuron;
  b->rule = NEWN(s->l->tmp, View *, b->ci->nrules + 1);
  b->syn->number = (uint32_t)s->nviews;
  s->view[s->nviews++] = b->syn;
  for (int r = 0; r < b->ci->nrules; r++) {
    View *v = b->rule[r] = view_new(s->l, b->ci->rules[r].model, &block_ops, b);
    v->post = s->neuron;
    v->host = b->syn;
    v->number = (uint32_t)s->nviews;
    s->view[s->nviews++] = v;
  }
}

// ---- white noise ----
static IrVal noise(Env *e, const Sym *xi, const Node *at) {
  (void)at;
  System *s = system_of(e);
  e->varies = true;
  return noise_of(&s->noise, s->ir, xi, e->view ? e->view->number : 1000 + e->path); // of an injection: its own
}

// ---- open and close ----
void system_open(System *s, Lowering *l, const PopShape *shape, Access access) {
  *s = (System){.l = l, .shape = shape, .access = access};
  l->tmp = arena_new();
  s->ir = ir_new(l->tmp);
  env_init(&s->e, l, s->ir);
  int views = 1;
  for (int k = 0; k < shape->nblocks; k++) views += 1 + shape->block[k].low->ci->nrules;
  s->view = NEWN(l->tmp, View *, views);
  s->block = NEWN(l->tmp, BlockLow, shape->nblocks + 1);
  s->neuron = view_new(l, shape->low->model, &neuron_ops, s);
  s->view[s->nviews++] = s->neuron;
  for (int k = 0; k < shape->nblocks; k++) open_block(s, k);
  s->e.views = s->view;
  s->e.nviews = s->nviews;
  s->e.view = s->neuron;
  s->e.xi = noise;
  s->e.xi_ctx = s;
}

void system_close(System *s) {
  env_end(&s->e);
  noise_free(&s->noise);
  vec_free(&s->sums);
  vec_free(&s->held);
  vec_free(&s->held_value);
  arena_free(s->l->tmp);
  s->l->tmp = NULL;
}

Kernel *system_compile(System *s, const char *name) {
  if (s->e.failed) return NULL;
  ir_prune(s->ir);
  return lowering_keep(s->l, ir_compile(s->ir, name));
}

IrVal system_settle(System *s, IrVal v) {
  int n = s->held.n, room = n + s->noise.v.n + 1;
  IrVal *from = NEWN(s->l->tmp, IrVal, room), *to = NEWN(s->l->tmp, IrVal, room);
  for (int k = 0; k < n; k++) from[k] = s->held.data[k], to[k] = s->held_value.data[k];
  n += noise_means(&s->noise, s->ir, from + n, to + n);
  return n ? ir_substitute(s->ir, v, n, from, to) : v;
}

// ---- code of parts ----
IrVal system_expr(System *s, View *v, const Node *scaled, const Node *expr, bool mask) {
  View *view = s->e.view;
  const Node *outer = s->e.scaled;
  uint32_t path = s->e.path;
  s->e.view = v;
  s->e.scaled = scaled;
  s->e.path = stream_hash(v->number + 1, 0);
  IrVal r = mask ? lower_mask(&s->e, expr) : lower_num(&s->e, expr);
  s->e.view = view;
  s->e.scaled = outer;
  s->e.path = path;
  return r;
}

// The plain number of an expression of a scaled block, in the units of a state that it is compared with.
static IrVal unscale(System *s, IrVal v, const Node *scaled, Dim d, const Node *at) {
  if (!scaled) return v;
  const Node *outer = s->e.scaled;
  s->e.scaled = scaled;
  double scale = scaled_of(&s->e, d, at);
  s->e.scaled = outer;
  return scale == 1 ? v : ir_op2(s->ir, IR_MUL, v, ir_const(s->ir, scale));
}

static Dim seconds(void) { return (Dim){.e = {[DIM_S] = 12}}; }

static IrVal right_side(System *s, View *v, const Equation *eq) {
  IrVal r = system_expr(s, v, eq->scaled, eq->rhs, false);
  for (int k = 0; k < eq->nfactors; k++) {
    IrVal f = system_expr(s, v, eq->scaled, eq->factors[k], false);
    r = ir_op2(s->ir, eq->divided[k] ? IR_MUL : IR_DIV, r, f);
  }
  return unscale(s, r, eq->scaled, dim_div(eq->x->type.dim, seconds()), eq->node);
}

// ---- thresholds that hold a state back in the stages of a step ----
static bool resets(const Node *n, void *ctx) {
  return n->kind == N_ASSIGN && n->op == OP_NONE && n->kid[0]->sym == ctx;
}

static IrVal cap_in(System *s, const Handler *h, const Node *cond, const Sym *x) {
  if (cond->kind != N_BINARY) return 0;
  if (cond->op == OP_AND) {
    IrVal a = cap_in(s, h, cond->kid[0], x);
    return a ? a : cap_in(s, h, cond->kid[1], x);
  }
  bool above = cond->op == OP_GT || cond->op == OP_GE, below = cond->op == OP_LT || cond->op == OP_LE;
  const Node *state = cond->kid[above ? 0 : 1], *threshold = cond->kid[above ? 1 : 0];
  if ((!above && !below) || state->kind != N_NAME || state->sym != x || expr_impure(threshold)) return 0;
  return unscale(s, system_expr(s, s->neuron, h->scaled, threshold, false), h->scaled, x->type.dim, cond);
}

static IrVal threshold_of(System *s, const Sym *x) {
  const Handler *h = &s->neuron->model->spike;
  if (!h->node || !h->node->kid[2] || !node_any(h->node->kid[2], resets, (void *)x)) return 0;
  if (h->node->kind == N_SPIKEWHEN) return cap_in(s, h, h->node->kid[0], x);
  if (h->node->kind != N_SPIKECROSS || h->node->kid[0]->kind != N_NAME || h->node->kid[0]->sym != x) return 0;
  return unscale(s, system_expr(s, s->neuron, h->scaled, h->node->kid[1], false), h->scaled, x->type.dim, h->node);
}

// ---- the system ----
static bool held_state(const System *s, const Sym *x) {
  const Node *r = s->neuron->model->refractory.node;
  for (int k = 0; r && r->kind == N_REFRACTORY && k < r->nlist; k++)
    if (r->list[k]->sym == x) return true;
  return false;
}

bool system_has(const System *s, const View *v, const Equation *eq) {
  if (v == s->neuron) return eq->x->kind != SYM_WEIGHT || !s->shape->learning_off;
  return eq->x->kind == SYM_STATE && eq->x->place == PLACE_POST;
}

bool system_equation(const System *s, int n, View **v, const Equation **eq) {
  for (int k = 0; k < s->nviews; k++) {
    *v = s->view[k];
    for (int j = 0; j < (*v)->model->nequations; j++) {
      *eq = &(*v)->model->equations[j];
      if (system_has(s, *v, *eq) && n-- == 0) return true;
    }
  }
  return false;
}

static void add_equations(System *s, View *v, SolveVar *var, int *n) {
  const Model *m = v->model;
  for (int k = 0; k < m->nequations; k++) {
    const Equation *eq = &m->equations[k];
    if (!system_has(s, v, eq)) continue;
    SolveVar *x = &var[(*n)++];
    *x = (SolveVar){.name = eq->x->name->text, .span = eq->node->span, .x = system_load(s, v, eq->x)};
    x->wanted = m->method != METHOD_AUTO ? m->method : s->l->method;
    x->rhs = right_side(s, v, eq);
    if (v != s->neuron) continue;
    x->held = held_state(s, eq->x);
    x->cap = threshold_of(s, eq->x);
  }
}

static int equation_count(const System *s) {
  int n = 0;
  for (int k = 0; k < s->nviews; k++) n += s->view[k]->model->nequations;
  return n;
}

bool system_equations(System *s, Solve *out) {
  Arena *a = s->l->tmp;
  *out = (Solve){.ir = s->ir, .a = a, .d = s->l->d, .var = NEWN(a, SolveVar, equation_count(s) + 1),
                 .t = ir_load(s->ir, slot_sys(SYS_T)), .dt = ir_load(s->ir, slot_sys(SYS_DT)), .coupled = s->shape->coupled,
                 .feeds = s->shape->feeds};
  s->placeholders = true;
  for (int k = 0; k < s->nviews; k++) add_equations(s, s->view[k], out->var, &out->n);
  for (int k = 0; k < out->n; k++)
    if (out->var[k].cap) out->var[k].cap = system_settle(s, out->var[k].cap);
  out->input = s->held.data, out->input_value = s->held_value.data, out->ninputs = s->held.n;
  out->sum = s->sums.data, out->nsums = s->sums.n;
  noise_give(&s->noise, out, a);
  if (s->shape->low->held_until >= 0) out->active = ir_op1(s->ir, IR_NOT, is_refractory(s));
  return !s->e.failed;
}
