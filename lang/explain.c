// SPDX-License-Identifier: MIT
// What `hebb check --explain` says: how equations are integrated and why, how events are delivered, and what it costs.
#include "lang/syn_system.h"

#include "base/str.h"
#include "lang/ast_print.h"

static void text_of(const Node *n, Str *out) {
  Str s = {0};
  ast_print(n, &s);
  size_t end = s.n;
  while (end && (s.data[end - 1] == '\n' || s.data[end - 1] == ' ')) end--;
  str_addn(out, s.data ? s.data : "", end);
  str_free(&s);
}

static void explain_spikes(const Model *m, Str *out) {
  const Node *n = m->spike.node, *r = m->refractory.node;
  if (!n) return str_add(out, "  never spikes by itself\n");
  str_add(out, n->kind == N_SPIKECOUNT ? "  spikes: " : "  spikes when ");
  text_of(n->kid[0], out);
  if (n->kind == N_SPIKECROSS) str_add(out, " crosses "), text_of(n->kid[1], out);
  if (r && r->kind == N_REFRACTORY) {
    str_add(out, "; refractory for ");
    text_of(r->kid[0], out);
    for (int k = 0; k < r->nlist; k++) str_addf(out, "%s %s", k ? "," : ", holding", r->list[k]->name->text);
  } else if (r) {
    str_add(out, "; refractory while ");
    text_of(r->kid[0], out);
  }
  str_addc(out, '\n');
}

// Equations of the views of a system, in the order of its solution; only those that differ from `known` (a neuron's
// methods without the connection).
typedef struct Known {
  MethodKind method[256];
  int n;
} Known;

static void explain_system(System *s, const Solve *sol, Known *known, bool first, Str *out) {
  View *v;
  const Equation *eq;
  for (int n = 0; system_equation(s, n, &v, &eq); n++) {
    const SolveVar *x = &sol->var[n];
    bool same = !first && n < known->n && known->method[n] == x->method;
    if (first && n < 256) known->method[known->n++] = x->method;
    if (same) continue;
    str_add(out, first ? "  " : v == s->neuron ? "  the target's " : "  ");
    text_of(eq->node, out);
    str_addf(out, "\n    %s: %s\n", method_name(x->method), x->why);
  }
}

static void explain_stages(const Solve *sol, Str *out) {
  MethodKind m = solve_apart_method(sol);
  if (!sol->apart) return;
  if (sol->coupled || sol->feeds) str_add(out, "  couplings are evaluated at every stage, for all neurons so coupled together\n");
  if (m == METHOD_RK45 || m == METHOD_CVODE)
    str_addf(out, "  steps within dt are chosen so that errors stay below rtol and atol, %s\n",
             sol->coupled || sol->feeds ? "one step for all that is coupled" : "for each neuron by itself");
}

static bool explain_shape(Lowering *l, const PopShape *shape, Known *known, bool first, Str *out) {
  System s;
  Solve sol;
  system_open(&s, l, shape, ACC_LANE);
  bool ok = system_equations(&s, &sol) && solve_choose(&sol);
  if (ok) explain_system(&s, &sol, known, first, out);
  if (ok) explain_stages(&sol, out);
  system_close(&s);
  return ok;
}

static PopShape plain_shape(Lowering *l, Model *m, Arena *a) {
  PopShape sh = {.low = neuron_low(describe_neuron(l, m))};
  bool *uniform = NEWN(a, bool, sh.low->desc.nvars + 1);
  for (int k = 0; k < sh.low->desc.nvars; k++) uniform[k] = true;
  sh.uniform = uniform;
  return sh;
}

void explain_neuron(Lowering *l, Model *m, Str *out) {
  Arena *a = arena_new();
  PopShape sh = plain_shape(l, m, a);
  Known known = {0};
  str_addf(out, "neuron %s%s%s\n", m->name->text, m->learns ? " learn " : "", m->learns ? m->learns : "");
  if (!m->nequations) str_add(out, "  no equations: algebraic\n");
  explain_shape(l, &sh, &known, true, out);
  explain_spikes(m, out);
  arena_free(a);
}

// ---- connections ----
static SynShape plain_syn(Lowering *l, ConnInfo *ci, Arena *a) {
  SynLow *low = syn_low(describe_synapse(l, ci));
  SynShape s = {.low = low, .pre = neuron_low(describe_neuron(l, ci->pre)), .post = neuron_low(describe_neuron(l, ci->post)),
                .input = low->desc.input};
  s.pre_uniform = NEWN(a, bool, s.pre->desc.nvars + 1);
  s.post_uniform = NEWN(a, bool, s.post->desc.nvars + 1);
  s.uniform = NEWN(a, bool, low->desc.model.nvars + 1);
  s.type = NEWN(a, uint8_t, low->desc.model.nvars + 1);
  return s;
}

static bool has_on(const ConnInfo *ci, int on) {
  for (int r = -1; r < ci->nrules; r++) {
    const Model *m = r < 0 ? ci->syn : ci->rules[r].model;
    for (int k = 0; k < m->non; k++)
      if (m->on[k].node->kind == N_ON && m->on[k].node->op == on && !m->on[k].node->name) return true;
  }
  return false;
}

static void explain_named_events(const ConnInfo *ci, Str *out) {
  for (int r = -1; r < ci->nrules; r++) {
    const Model *m = r < 0 ? ci->syn : ci->rules[r].model;
    for (int k = 0; k < m->non; k++) {
      const Node *on = m->on[k].node;
      if (on->kind == N_ON && on->name)
        str_addf(out, "  on pre.%s: the handler runs for every synapse of the event\n", on->name->text);
    }
  }
}

// ---- where each variable lives ----
static bool has_equation(const Model *m, const Sym *x) {
  for (int k = 0; k < m->nequations; k++)
    if (m->equations[k].x == x) return true;
  return false;
}

static void explain_own_state(const ConnInfo *ci, const Model *m, const Sym *x, Str *out) {
  int states;
  const char *why = syn_clocked(ci, &states);
  str_add(out, "one in each synapse, since it is declared `state`");
  if (!has_equation(m, x)) str_add(out, "; only handlers change it\n");
  else if (why) str_addf(out, "; advanced in every step, which costs one update for every synapse and step, since %s\n", why);
  else str_add(out, "; advanced exactly when an event touches the synapse\n");
}

static void explain_past(const Model *m, const Sym *x, Str *out) {
  static const char *const where[] = {[PLACE_SELF] = "synapse", [PLACE_PRE] = "source", [PLACE_POST] = "target"};
  str_addf(out, "  prev %s%s%s: one in each %s, from what the let reads; kept in every step, which costs one evaluation for each\n",
           m->kind == MODEL_RULE ? m->name->text : "", m->kind == MODEL_RULE ? "." : "", x->of->name->text, where[x->place]);
}

static void explain_variable(const ConnInfo *ci, const Model *m, const Sym *x, Str *out) {
  if (x->hidden && x->of && x->of->kind == SYM_LET) return explain_past(m, x, out);
  bool weight = x->kind == SYM_WEIGHT && m->kind == MODEL_SYNAPSE;
  if (x->hidden || (x->kind != SYM_STATE && !weight)) return;
  str_addf(out, "  %s%s%s: ", m->kind == MODEL_RULE ? m->name->text : "", m->kind == MODEL_RULE ? "." : "", x->name->text);
  if (weight) {
    str_add(out, weight_changes(ci) ? "one in each synapse, since handlers or equations change it\n"
                                    : "one in each synapse; a single number where all are equal, since nothing changes it\n");
    return;
  }
  if (x->place == PLACE_SELF) return explain_own_state(ci, m, x, out);
  bool pre = x->place == PLACE_PRE;
  str_addf(out, "one in each %s neuron, since it is declared `%s state`", pre ? "source" : "target", pre ? "pre" : "post");
  str_add(out, has_equation(m, x) ? "; advanced in every step, which costs one update for every neuron and step\n"
                                  : "; only handlers change it\n");
}

static void explain_variables(const ConnInfo *ci, Str *out) {
  for (int r = -1; r < ci->nrules; r++) {
    const Model *m = r < 0 ? ci->syn : ci->rules[r].model;
    for (int k = 0; k < m->nvars; k++) explain_variable(ci, m, m->vars[k], out);
    if (m->kind == MODEL_RULE && m->weight && has_equation(m, m->weight))
      str_addf(out, "  the equation of %s for w: one update for every synapse and step\n", m->name->text);
  }
}

static void explain_delivery(Lowering *l, ConnInfo *ci, Arena *a, Str *out) {
  SynShape sh = plain_syn(l, ci, a);
  const double *params = NEWN(a, double, sh.low->desc.model.nvars + 1);
  if (has_on(ci, ON_PRE) && link_adds_only(l, &sh, params))
    str_add(out, "  on pre: a spike adds a row of weights\n");
  else if (has_on(ci, ON_PRE)) str_add(out, "  on pre: the handler runs for every synapse of a spike\n");
  explain_named_events(ci, out);
  if (has_on(ci, ON_POST))
    str_add(out, "  on post: the handler runs for every synapse onto a neuron that spikes; the way back from targets to synapses "
                 "takes 8 bytes for each synapse\n");
  for (int k = 0; k < ci->syn->ninjects; k++) {
    str_add(out, "  inject ");
    text_of(ci->syn->injects[k].node->kid[0], out);
    str_add(out, sh.low->sum[k] < 0 ? ": joins the equations of the target\n"
                                    : ": summed over the synapses in every step, which costs one product for each\n");
  }
  if (sh.low->desc.mergeable) str_add(out, "  connections with equal parameters onto one population share these states\n");
}

static void explain_title(const ConnInfo *ci, Str *out) {
  str_addf(out, "connection %s -> %s via %s", ci->pre ? ci->pre->name->text : "neurons of several kinds",
           ci->post ? ci->post->name->text : "neurons of several kinds", ci->syn->name->text);
  for (int r = 0; r < ci->nrules; r++) str_addf(out, "%s%s", r ? ", " : " learn ", ci->rules[r].model->name->text);
  str_addc(out, '\n');
}

void explain_connection(Lowering *l, ConnInfo *ci, Str *out) {
  explain_title(ci, out);
  if (!ci->pre || !ci->post) return;
  Arena *a = arena_new();
  PopShape sh = plain_shape(l, ci->post, a);
  SynLow *low = syn_low(describe_synapse(l, ci));
  struct BlockShape block = {low, low->desc.input, link_moving(low, link_model_moves(ci->pre))};
  Known known = {0};
  Str unused = {0};
  explain_shape(l, &sh, &known, true, &unused);
  str_free(&unused);
  sh.block = &block;
  sh.nblocks = 1;
  sh.coupled = block.moving;
  explain_shape(l, &sh, &known, false, out);
  explain_variables(ci, out);
  explain_delivery(l, ci, a, out);
  arena_free(a);
}

// ---- one equation ----
static bool find_method(System *s, const Solve *sol, const Sym *state, Arena *a, const char **method, const char **why) {
  View *v;
  const Equation *eq;
  for (int n = 0; system_equation(s, n, &v, &eq); n++) {
    if (eq->x != state) continue;
    *method = arena_strdup(method_name(sol->var[n].method), a);
    *why = arena_strdup(sol->var[n].why ? sol->var[n].why : "", a);
    return true;
  }
  return false;
}

// A state of the sources, or of each synapse.
static bool syn_method(Lowering *l, ConnInfo *ci, const Sym *state, Arena *a, const char **method, const char **why) {
  MethodKind m;
  int states;
  SynShape sh = plain_syn(l, ci, a);
  if (!link_syn_method(l, &sh, state, a, &m, why)) return false;
  *method = method_name(m);
  if (state->place == PLACE_PRE) return true;
  const char *clocked = syn_clocked(ci, &states);
  *why = clocked ? arena_printf(a, "%s; advanced for every synapse in every step, since %s", *why, clocked)
                 : arena_printf(a, "%s; advanced when an event touches the synapse", *why);
  return true;
}

bool explain_method(Lowering *l, Model *neuron, ConnInfo *ci, const Sym *state, Arena *a, const char **method,
                    const char **why) {
  System s;
  Solve sol;
  PopShape sh = plain_shape(l, neuron, a);
  struct BlockShape block = {0};
  if (ci && state->place != PLACE_POST) return syn_method(l, ci, state, a, method, why);
  if (ci) {
    block.low = syn_low(describe_synapse(l, ci));
    block.input = block.low->desc.input;
    sh.block = &block;
    sh.nblocks = 1;
  }
  system_open(&s, l, &sh, ACC_LANE);
  bool ok = system_equations(&s, &sol) && solve_choose(&sol) && find_method(&s, &sol, state, a, method, why);
  system_close(&s);
  return ok;
}
