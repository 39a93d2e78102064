// SPDX-License-Identifier: MIT
// The kernels of a population: advance (integration, on step, threshold), spike, start, every, lets.
#include "lang/link.h"

#include <math.h>

int name_number(Names *names, const char *name) {
  for (int k = 0; k < names->v.n; k++)
    if (names->v.data[k] == name) return k;
  vec_push(&names->v, name);
  return names->v.n - 1;
}

static IrVal tick(System *s) { return ir_load(s->ir, slot_sys(SYS_TICK)); }
static IrVal constant(System *s, double x) { return ir_const(s->ir, x); }

// ---- stores ----
static bool is_state(const System *s, const View *v, const Sym *x) {
  if (x->hidden) return false;
  if (v != s->neuron) return x->kind == SYM_STATE && x->place == PLACE_POST;
  return x->kind == SYM_STATE || x->kind == SYM_WEIGHT || x->kind == SYM_PARAM;
}

// Stores what the kernel gave new values to, watched for NaN and infinity.
static void store_changes(System *s, Names *names) {
  for (int k = 0; k < s->nviews; k++) {
    View *v = s->view[k];
    for (int j = 0; j < v->model->nvars; j++) {
      const Sym *x = v->model->vars[j];
      if (!v->dirty[j] || !is_state(s, v, x)) continue;
      IrVal value = to_num(&s->e, v->value[j]);
      ir_span(s->ir, x->decl ? x->decl->span : (Span){0});
      if (value != system_load(s, v, x)) ir_finite(s->ir, value, name_number(names, x->name->text));
      ir_store(s->ir, system_slot(s, v, x), value);
    }
  }
}

// A handler's block in the views as they stand.
static void run_block(System *s, View *v, const Node *scaled, const Node *block, uint32_t path) {
  s->e.view = v;
  s->e.scaled = scaled;
  s->e.path = stream_hash(path, v->number);
  lower_block(&s->e, block);
  s->e.view = s->neuron;
  s->e.scaled = NULL;
  s->e.path = 0;
}

// ---- on step, on start ----
// Statements that stand before or behind the kernel calls that cut this handler.
static bool of_other_part(Env *e, const Node *n) {
  System *s = e->xi_ctx;
  if (!e->depth && is_kernel_statement(n)) {
    if (s->at == s->part) locals_keep(s);
    return s->at++, true;
  }
  if (s->at < s->part && !e->depth) locals_recall(s, n);
  return s->at != s->part;
}

static void run_handlers(System *s, int on) {
  const Model *m = s->neuron->model;
  s->e.skip = of_other_part;
  s->at = 0;
  for (int j = 0; j < m->non; j++)
    if (m->on[j].node->kind == N_ON && m->on[j].node->op == on)
      run_block(s, s->neuron, m->on[j].scaled, m->on[j].node->kid[2], 0x5e9u + (uint32_t)j);
  s->e.skip = NULL;
}

static bool has_handler(const PopShape *shape, int on) {
  const Model *m = shape->low->model;
  for (int j = 0; j < m->non; j++)
    if (m->on[j].node->kind == N_ON && m->on[j].node->op == on) return true;
  return false;
}

// ---- spikes ----
static IrVal distance_to_threshold(System *s, const Handler *h) {
  IrVal x = system_expr(s, s->neuron, h->scaled, h->node->kid[0], false);
  return ir_op2(s->ir, IR_SUB, x, system_expr(s, s->neuron, h->scaled, h->node->kid[1], false));
}

static IrVal and(System *s, IrVal a, IrVal b) { return !a ? b : !b ? a : ir_op2(s->ir, IR_AND, a, b); }

// Where a spike is not forbidden; 0: everywhere.
static IrVal allowed(System *s, IrVal refractory_flag) {
  const NeuronLow *n = s->shape->low;
  if (refractory_flag) return ir_op1(s->ir, IR_NOT, refractory_flag);
  if (n->held_until < 0) return 0;
  IrVal until = system_hidden(s, n->held_until, "held_until");
  if (s->shape->nest) until = ir_op2(s->ir, IR_SUB, until, constant(s, 1));
  return ir_op2(s->ir, IR_LE, until, tick(s));
}

static void emit_crossing(System *s, const Handler *h, IrVal before, IrVal ok) {
  IrVal now = distance_to_threshold(s, h), zero = constant(s, 0);
  IrVal spike = and(s, ir_op2(s->ir, IR_LT, before, zero), ir_op2(s->ir, IR_LE, zero, now));
  spike = and(s, spike, ok);
  IrVal part = ir_op2(s->ir, IR_DIV, before, ir_op2(s->ir, IR_SUB, before, now));
  IrVal t = ir_fma(s->ir, part, ir_load(s->ir, slot_sys(SYS_DT)), ir_load(s->ir, slot_sys(SYS_T)));
  int column = s->shape->low->t_exact;
  system_store_hidden(s, column, "t_exact", ir_select(s->ir, spike, t, system_hidden(s, column, "t_exact")));
  ir_emit(s->ir, spike);
}

static void emit_spikes(System *s, IrVal before, IrVal flag) {
  const Handler *h = &s->neuron->model->spike;
  if (!h->node) return;
  ir_span(s->ir, h->node->span);
  IrVal ok = allowed(s, flag);
  switch ((NodeKind)h->node->kind) {
  case N_SPIKECROSS: emit_crossing(s, h, before, ok); return;
  case N_SPIKECOUNT: ir_emit_count(s->ir, system_expr(s, s->neuron, h->scaled, h->node->kid[0], false), ok); return;
  default: ir_emit(s->ir, and(s, system_expr(s, s->neuron, h->scaled, h->node->kid[0], true), ok));
  }
}

// `refractory while`: from a spike on until the condition fails, as it stands before the integration.
static IrVal update_flag(System *s) {
  const NeuronLow *n = s->shape->low;
  const Handler *h = &s->neuron->model->refractory;
  if (n->refractory < 0) return 0;
  IrVal was = to_mask(&s->e, system_hidden(s, n->refractory, "refractory"));
  IrVal is = and(s, was, system_expr(s, s->neuron, h->scaled, h->node->kid[0], true));
  system_store_hidden(s, n->refractory, "refractory", ir_op1(s->ir, IR_NUM, is));
  return is;
}

// ---- advance ----
static void take_solution(System *s, const Solve *sol) {
  View *v;
  const Equation *eq;
  for (int n = 0; system_equation(s, n, &v, &eq); n++) {
    v->value[eq->x->index] = sol->var[n].next;
    v->dirty[eq->x->index] = true;
  }
}

// From here on inputs keep what they were at t_n.
static void settle_inputs(System *s) {
  const Model *m = s->neuron->model;
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT)
      s->neuron->value[k] = system_settle(s, view_read(&s->e, s->neuron, m->vars[k], m->vars[k]->decl));
  s->placeholders = false;
}

static void store_prev(System *s) {
  const NeuronLow *n = s->shape->low;
  const Model *m = n->model;
  for (int k = 0; k < m->nvars; k++) {
    if (n->prev[k] < 0) continue;
    const Sym *x = m->vars[k];
    IrVal v = x->kind == SYM_STATE ? system_load(s, s->neuron, x) : view_read(&s->e, s->neuron, x, x->decl);
    system_store_hidden(s, n->prev[k], x->name->text, to_num(&s->e, v));
  }
}

// Post states that `prev` of a synapse asks for.
static void store_block_prev(System *s) {
  for (int k = 0; k < s->nviews; k++) {
    View *v = s->view[k];
    for (int j = 0; v != s->neuron && j < v->model->nvars; j++) {
      const Sym *x = v->model->vars[j];
      if (x->hidden && x->of && x->of->kind == SYM_STATE && x->of->place == PLACE_POST)
        ir_store(s->ir, system_slot(s, v, x), ir_load(s->ir, system_slot(s, v, x->of)));
    }
  }
}

// Inputs that the blocks of spikes read are kept as they were at t_n.
typedef struct InputUse {
  const Model *m;
  int depth;
} InputUse;

static bool reads_input(const Node *n, void *ctx) {
  InputUse *u = ctx;
  const Sym *x = n->kind == N_NAME || n->kind == N_MEMBER ? n->sym : NULL; // V, or post.V of a rule
  if (!x || x->model != u->m) return false;
  if (x->kind == SYM_INPUT) return true;
  if (x->kind != SYM_LET || u->depth > 100) return false;
  u->depth++;
  bool yes = node_any(x->decl->kid[0], reads_input, u);
  u->depth--;
  return yes;
}

static bool later_code_reads_input(const PopShape *shape) {
  const Model *m = shape->low->model;
  InputUse u = {m, 0};
  if (native_calls(m, ON_STEP, NULL)) return true;
  if (m->spike.node && node_any(shape->nest || shape->stepped ? m->spike.node : m->spike.node->kid[2], reads_input, &u)) return true;
  if (m->refractory.node && node_any(m->refractory.node, reads_input, &u)) return true;
  for (int j = 0; j < m->non; j++)
    if ((m->on[j].node->kind == N_EVENT || m->on[j].node->op == ON_EVERY || m->on[j].node->op == ON_POST) && node_any(m->on[j].node, reads_input, &u)) return true;
  return false;
}

static void store_inputs(System *s) {
  const Model *m = s->neuron->model;
  if (!later_code_reads_input(s->shape)) return;
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT)
      ir_store(s->ir, slot_var(OBJ_SELF, s->access, k, false, m->vars[k]->name->text), s->neuron->value[k]);
}

static bool crosses(const System *s) {
  return s->neuron->model->spike.node && s->neuron->model->spike.node->kind == N_SPIKECROSS;
}

// Whether the test for spikes is a kernel of its own: something comes between integration and test.
static bool test_apart(const PopShape *shape) {
  return shape->nest || shape->stepped || native_calls(shape->low->model, ON_STEP, NULL);
}

static Kernel *make_advance(Lowering *l, const PopShape *shape, Names *names, bool *ok) {
  System s;
  Solve sol;
  Kernel *k = NULL;
  system_open(&s, l, shape, ACC_LANE);
  *ok = system_equations(&s, &sol) && solve(&sol) && !s.e.failed;
  if (*ok) {
    settle_inputs(&s);
    env_forget_lets(&s.e); // they were built from placeholders
    IrVal before = crosses(&s) ? distance_to_threshold(&s, &s.neuron->model->spike) : 0, flag = update_flag(&s);
    for (int i = 0; i < sol.n; i++) sol.var[i].next = system_settle(&s, sol.var[i].next);
    take_solution(&s, &sol);
    env_forget_lets(&s.e);
    run_handlers(&s, ON_STEP);
    store_changes(&s, names);
    bool apart = test_apart(shape);
    if (apart && before) system_store_hidden(&s, shape->low->before, "before", before);
    if (!apart) emit_spikes(&s, before, flag);
    store_prev(&s);
    store_block_prev(&s);
    store_inputs(&s);
    k = system_compile(&s, "advance");
    *ok = k != NULL;
  }
  system_close(&s);
  return k;
}

// What comes between integration and test: arriving events under `semantics = nest`, the `on step` of a synapse, kernels of
// shared libraries.
static Kernel *make_threshold(Lowering *l, const PopShape *shape) {
  System s;
  system_open(&s, l, shape, ACC_LANE);
  s.stored_inputs = s.before_spikes = true;
  const NeuronLow *n = shape->low;
  IrVal flag = n->refractory >= 0 ? to_mask(&s.e, system_hidden(&s, n->refractory, "refractory")) : 0;
  emit_spikes(&s, n->before >= 0 ? system_hidden(&s, n->before, "before") : 0, flag);
  Kernel *k = system_compile(&s, "threshold");
  system_close(&s);
  return k;
}

// ---- the spike block ----
static IrVal duration_steps(System *s, const Handler *h) {
  IrVal t = system_expr(s, s->neuron, h->scaled, h->node->kid[0], false);
  if (h->scaled) {
    s->e.scaled = h->scaled;
    t = ir_op2(s->ir, IR_MUL, t, constant(s, scaled_of(&s->e, (Dim){.e = {[DIM_S] = 12}}, h->node)));
    s->e.scaled = NULL;
  }
  return ir_op1(s->ir, IR_ROUND, ir_op2(s->ir, IR_DIV, t, ir_load(s->ir, slot_sys(SYS_DT))));
}

static void start_refractory(System *s) {
  const NeuronLow *n = s->shape->low;
  if (n->refractory >= 0) system_store_hidden(s, n->refractory, "refractory", constant(s, 1));
  if (n->held_until < 0) return;
  IrVal steps = duration_steps(s, &s->neuron->model->refractory);
  if (s->shape->nest) steps = ir_op2(s->ir, IR_ADD, steps, constant(s, 1));
  system_store_hidden(s, n->held_until, "held_until", ir_op2(s->ir, IR_ADD, tick(s), steps));
}

static Kernel *make_spike(Lowering *l, const PopShape *shape, Names *names) {
  System s;
  system_open(&s, l, shape, ACC_SELF);
  s.stored_inputs = true;
  const Handler *h = &shape->low->model->spike;
  start_refractory(&s);
  run_handlers(&s, ON_POST); // of rules on the population
  if (h->node && h->node->kid[2]) run_block(&s, s.neuron, h->scaled, h->node->kid[2], 0x51eu);
  store_changes(&s, names);
  system_store_hidden(&s, shape->low->last_spike, "last_spike", tick(&s));
  Kernel *k = system_compile(&s, "spike");
  system_close(&s);
  return k;
}

// ---- on start, on every ----
static Kernel *make_start(Lowering *l, const PopShape *shape, Names *names) {
  System s;
  system_open(&s, l, shape, ACC_LANE);
  run_handlers(&s, ON_START);
  store_changes(&s, names);
  Kernel *k = system_compile(&s, "on start");
  system_close(&s);
  return k;
}

static Kernel *make_every(Lowering *l, const PopShape *shape, int j, int part, Names *names) {
  System s;
  const Handler *h = &shape->low->model->on[j];
  system_open(&s, l, shape, ACC_LANE);
  s.stored_inputs = s.before_spikes = true;
  s.part = part;
  s.e.skip = of_other_part;
  run_block(&s, s.neuron, h->scaled, h->node->kid[2], 0xe7eu + (uint32_t)j);
  store_changes(&s, names);
  Kernel *k = system_compile(&s, "on every");
  system_close(&s);
  return k;
}

static Kernel *make_period(Lowering *l, const PopShape *shape, const Handler *h) {
  System s;
  system_open(&s, l, shape, ACC_LANE);
  IrVal t = system_expr(&s, s.neuron, NULL, h->node->kid[0], false);
  ir_store(s.ir, slot_out(0), t);
  Kernel *k = system_compile(&s, "period");
  system_close(&s);
  return k;
}

// ---- kernels of shared libraries ----
static Kernel *make_part(Lowering *l, const PopShape *shape, int part, Names *names) {
  System s;
  system_open(&s, l, shape, ACC_LANE);
  s.stored_inputs = s.before_spikes = true;
  s.part = part;
  run_handlers(&s, ON_STEP);
  store_changes(&s, names);
  Kernel *k = system_compile(&s, "after a kernel");
  system_close(&s);
  return k;
}

static bool make_calls(Lowering *l, const PopShape *shape, Names *names, PopCode *out) {
  int n = native_calls(shape->low->model, ON_STEP, NULL);
  out->call = NEWN(l->a, NativeStage, n + 1);
  for (; out->ncalls < n; out->ncalls++) {
    NativeStage *s = &out->call[out->ncalls];
    if (!link_call(l, shape, ON_STEP, NULL, out->ncalls, s)) return false;
    if (!(s->after = make_part(l, shape, out->ncalls + 1, names))) return false;
  }
  return true;
}

static bool every_calls(Lowering *l, const PopShape *shape, int j, Names *names, TimedKernel *out) {
  const Node *every = shape->low->model->on[j].node;
  int n = native_calls(shape->low->model, ON_EVERY, every);
  out->call = NEWN(l->a, NativeStage, n + 1);
  for (; out->ncalls < n; out->ncalls++) {
    NativeStage *s = &out->call[out->ncalls];
    if (!link_call(l, shape, ON_EVERY, every, out->ncalls, s)) return false;
    if (!(s->after = make_every(l, shape, j, out->ncalls + 1, names))) return false;
  }
  return true;
}

static bool make_timed(Lowering *l, const PopShape *shape, Names *names, PopCode *out) {
  const Model *m = shape->low->model;
  bool ok = true;
  out->every = NEWN(l->a, TimedKernel, m->non + 1);
  for (int j = 0; j < m->non; j++) {
    const Handler *h = &m->on[j];
    if (h->node->kind != N_ON || h->node->op != ON_EVERY) continue;
    TimedKernel t = {.kernel = make_every(l, shape, j, 0, names), .period = make_period(l, shape, h)};
    ok &= t.kernel && t.period && every_calls(l, shape, j, names, &t);
    out->every[out->nevery++] = t;
  }
  return ok;
}

// ---- events other than spikes ----
static Kernel *make_event(Lowering *l, const PopShape *shape, int j) {
  System s;
  const Handler *h = &shape->low->model->on[j];
  system_open(&s, l, shape, ACC_LANE);
  s.stored_inputs = s.before_spikes = true;
  s.e.view = s.neuron;
  s.e.scaled = h->scaled;
  s.e.path = stream_hash(0xe4eu, (uint32_t)j);
  ir_span(s.ir, h->node->span);
  IrVal cond = lower_mask(&s.e, h->node->kid[0]);
  if (!s.e.failed) ir_emit(s.ir, cond);
  Kernel *k = system_compile(&s, "event");
  system_close(&s);
  return k;
}

static Kernel *make_event_block(Lowering *l, const PopShape *shape, int j, Names *names) {
  System s;
  const Handler *h = &shape->low->model->on[j];
  system_open(&s, l, shape, ACC_SELF);
  s.stored_inputs = true;
  run_block(&s, s.neuron, h->scaled, h->node->kid[2], 0xe5eu + (uint32_t)j);
  store_changes(&s, names);
  Kernel *k = system_compile(&s, "event block");
  system_close(&s);
  return k;
}

int event_number(const Model *m, Atom name) {
  int n = 0;
  for (int j = 0; j < m->non; j++) {
    if (m->on[j].node->kind != N_EVENT) continue;
    if (m->on[j].node->name == name) return n;
    n++;
  }
  return -1;
}

static bool make_events(Lowering *l, const PopShape *shape, Names *names, PopCode *out) {
  const Model *m = shape->low->model;
  bool ok = true;
  out->event = NEWN(l->a, Kernel *, m->non + 1);
  out->event_block = NEWN(l->a, Kernel *, m->non + 1);
  for (int j = 0; j < m->non; j++) {
    const Node *n = m->on[j].node;
    if (n->kind != N_EVENT) continue;
    int e = out->nevent++;
    ok &= (out->event[e] = make_event(l, shape, j)) != NULL;
    if (n->kid[2]) ok &= (out->event_block[e] = make_event_block(l, shape, j, names)) != NULL;
  }
  return ok;
}

// ---- lets and inputs that others read ----
static Kernel *make_lets(Lowering *l, const PopShape *shape, bool *need_input, bool *ok) {
  const NeuronLow *n = shape->low;
  bool any = false;
  for (int k = 0; k < n->model->nvars; k++) any |= n->shared[k];
  if (!any) return NULL;
  System s;
  system_open(&s, l, shape, ACC_LANE);
  for (int k = 0; k < n->model->nvars; k++) {
    if (!n->shared[k]) continue;
    const Sym *x = n->model->vars[k];
    IrVal v = system_settle(&s, view_read(&s.e, s.neuron, x, x->decl));
    ir_store(s.ir, slot_var(OBJ_SELF, ACC_LANE, k, false, x->name->text), to_num(&s.e, v));
  }
  *need_input = s.read_input;
  Kernel *k = system_compile(&s, "lets");
  *ok &= k != NULL;
  system_close(&s);
  return k;
}

Kernel *link_reader(Lowering *l, const PopShape *shape, int var) {
  System s;
  system_open(&s, l, shape, ACC_SELF);
  const Sym *x = var < shape->low->model->nvars ? shape->low->model->vars[var] : NULL;
  IrVal v = x ? view_read(&s.e, s.neuron, x, x->decl) : system_hidden(&s, var, shape->low->desc.vars[var].name);
  ir_store(s.ir, slot_out(0), to_num(&s.e, system_settle(&s, v)));
  Kernel *k = system_compile(&s, "read");
  system_close(&s);
  return k;
}

bool link_population(Lowering *l, const PopShape *shape, PopCode *out) {
  Names names = {0};
  bool ok = true;
  *out = (PopCode){0};
  out->advance = make_advance(l, shape, &names, &ok);
  if (ok) ok = link_stages(l, shape, &out->stage);
  const Model *m = shape->low->model;
  if (ok && test_apart(shape) && m->spike.node) ok = (out->threshold = make_threshold(l, shape)) != NULL;
  if (ok) ok = (out->spike = make_spike(l, shape, &names)) != NULL;
  if (ok && has_handler(shape, ON_START)) ok = (out->start = make_start(l, shape, &names)) != NULL;
  if (ok) ok = make_calls(l, shape, &names, out);
  if (ok) ok = make_timed(l, shape, &names, out) && make_events(l, shape, &names, out);
  if (ok) out->lets = make_lets(l, shape, &out->lets_need_input, &ok);
  PopShape quiet = *shape;
  quiet.ndrives = 0;
  bool needed;
  if (ok && out->lets && shape->ndrives) out->lets_before = make_lets(l, &quiet, &needed, &ok);
  vec_push(&names.v, NULL);
  out->fault_var = vec_keep(&names.v, l->a);
  return ok;
}

bool link_check(Lowering *l, Model *m, ConnInfo *ci) {
  Arena *a = arena_new();
  PopShape sh = {.low = neuron_low(describe_neuron(l, m))};
  sh.uniform = NEWN(a, bool, sh.low->desc.nvars + 1);
  SynLow *low = ci ? syn_low(describe_synapse(l, ci)) : NULL;
  struct BlockShape block = {low, low ? low->desc.input : -1, low && ci->pre && link_moving(low, link_model_moves(ci->pre))};
  sh.block = &block;
  sh.nblocks = low != NULL;
  sh.coupled = block.moving;
  System s;
  Solve sol;
  system_open(&s, l, &sh, ACC_LANE);
  bool ok = system_equations(&s, &sol) && solve_choose(&sol);
  system_close(&s);
  arena_free(a);
  return ok;
}
