// SPDX-License-Identifier: MIT
// Rules about the bodies of neurons, synapses and learning rules.
#include "lang/check_impl.h"

#include <string.h>

static Span name_span(const Node *n) { return n->name_span.file ? n->name_span : n->span; }

// ---- what may be read ----

void rule_array_in_body(Checker *c, Node *n) {
  Diag *e = fault(c, E_BODY_READS, n->span, "an array cannot be made inside a body");
  diag_hint(e, "give it a name above with `let`, and take elements of it here");
}

void rule_body_reads_changed(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_BODY_READS, n->span,
                  "bodies see constant variables of the script only, and `%s` is assigned again", s->name->text);
  if (s->decl) diag_label(e, name_span(s->decl), "declared here");
  diag_hint(e, "make it a param, and give it where the population is made: { %s = %s }", s->name->text, s->name->text);
}

void rule_population_in_body(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_BODY_READS, n->span, "a body cannot reach `%s`, %s", s->name->text, sym_words(s));
  diag_note(e, "neurons influence each other through synapses only");
}

void rule_signal_in_body(Checker *c, Node *n, const Sym *s) {
  const char *name = s->name->text;
  Diag *e = fault(c, E_BODY_READS, n->span, "a body reads its own signals, and `%s` is one of the script", name);
  diag_label(e, name_span(s->decl), "declared here");
  diag_hint(e, "declare `signal %s` in the body, and bind it where it is used: (%s = %s) or { %s = %s }", name, name, name, name, name);
}

void rule_signal_reads(Checker *c, const Sym *v, Node *value) {
  Diag *e = fault(c, E_SIGNAL_READS, value->span, "the signal `%s` is one number for all, and its value here must be a constant", v->name->text);
  diag_hint(e, "bind it where it is used: (%s = ...) or { %s = ... }", v->name->text, v->name->text);
}

void rule_assign_computed(Checker *c, Node *n, const Sym *s) {
  const Sym *of = s->of ? s->of : s;
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "`%s` is computed in each step and cannot be set", of->name->text);
  diag_label(e, of->decl->kid[0]->span, "from this");
  diag_hint(e, "for one that scripts set write `signal %s = 0`", of->name->text);
}

void rule_body_function(Checker *c, Node *call, const Sym *f) {
  Diag *e = fault(c, E_BODY_FUNCTION, call->span,
                  "`%s` works on whole arrays or recordings and cannot be used in a body", f->name->text);
  diag_hint(e, "compute it above with `let`, and read that here");
}

void rule_lane_function(Checker *c, Node *call, const Sym *f) {
  Diag *e = fault(c, E_BODY_FUNCTION, call->span,
                  "`%s` works on whole arrays, but here its argument differs from neuron to neuron", f->name->text);
  diag_hint(e, "compute it before with `let`");
}

void rule_random_place(Checker *c, Node *call, const char *where) {
  Diag *e = fault(c, E_RANDOM_PLACE, call->span, "random numbers cannot be drawn in %s", where);
  if (strcmp(where, "an equation (for noise write xi)") == 0 || strcmp(where, "an equation") == 0)
    diag_hint(e, "for noise in an equation write xi, white noise of unit s^-1/2");
  else
    diag_hint(e, "draw in a handler (`on step { x = normal(...) }`) or as an initial value");
}

void rule_xi_place(Checker *c, Node *n) {
  Diag *e = fault(c, E_XI_PLACE, n->span, "white noise xi stands in equations and injections only");
  diag_hint(e, "in handlers and initial values draw a number: normal(0, 1)");
}

void rule_prev(Checker *c, Node *n) {
  fault(c, E_PREV, n->span, "`prev` remembers a state, an input or a let of the body it stands in; `%s` is none",
        node_text(c, n->kid[0]));
}

// ---- assignments ----

void rule_assign_fixed(Checker *c, Node *n, const Sym *v) {
  const char *name = v->name->text;
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "`%s` is %s and cannot be assigned", node_text(c, n), sym_words(v));
  switch ((SymKind)v->kind) {
  case SYM_PARAM:
    diag_note(e, "parameters are fixed during a run");
    diag_hint(e, "for a value that changes declare `state %s`", name);
    break;
  case SYM_LET:
    diag_hint(e, "a let always equals its expression; for a value that is remembered declare `state %s`", name);
    break;
  case SYM_INPUT: diag_hint(e, "an input is the sum of what arrives; let synapses or `inject` add to it"); break;
  case SYM_WEIGHT: diag_note(e, "weights are changed by learning rules"); break;
  default: break;
  }
}

void rule_pre_in_post(Checker *c, Node *place) {
  Diag *e = fault(c, E_PRE_IN_POST, place->span, "`on post` cannot change what belongs to the source neuron");
  diag_hint(e, "keep a `state` per synapse, or a `post state`");
}

void rule_once_reads(Checker *c, Node *n, bool pre) {
  const char *side = pre ? "source" : "target", *own = pre ? "pre" : "post";
  Diag *e = fault(
      c, E_ONCE_READS, n->span,
      "this runs once for the %s neuron, not once for each synapse, and can read only what belongs to that neuron",
      side);
  diag_note(e, "that is %s states, %s. variables, parameters and signals", own, own);
  diag_hint(e, "for a value of each synapse declare it as `state` without %s", own);
}

void rule_shared_assign(Checker *c, Node *n, Node *place) {
  Diag *e = fault(c, E_SHARED_ASSIGN, n->span, "many synapses share `%s`, so each of them can only add to it",
                  node_text(c, place));
  diag_hint(e, "write += or -=, or declare a `state` of each synapse");
}

void rule_shared_reads(Checker *c, Node *n, const Sym *v, const char *what) {
  const char *own = v->place == PLACE_PRE ? "pre" : "post";
  Diag *e =
      fault(c, E_SHARED_READS, n->span,
            "`%s` is a %s state, shared by many synapses: its %s can read only %s states, %s. variables and parameters",
            v->name->text, own, what, own, own);
  diag_hint(e, "for a value of each synapse declare it as `state` without %s", own);
}

// ---- parts ----

void rule_part_twice(Checker *c, Node *n, const Node *first, const char *what) {
  Diag *e = fault(c, E_PART_TWICE, n->span, "a second %s", what);
  diag_label(e, first->span, "the first is here");
  if (n->kind == N_SPIKEWHEN) diag_hint(e, "join the conditions with `or`");
}

static const char *part_word(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_INPUT: return "an input";
  case N_SPIKEWHEN:
  case N_SPIKECROSS:
  case N_SPIKECOUNT: return "a spike condition";
  case N_REFRACTORY:
  case N_REFRWHILE: return "a refractory time";
  case N_EVENT: return "an event";
  case N_STATE: return n->place == PLACE_PRE ? "a pre state" : "a post state";
  case N_WEIGHT: return "a weight";
  case N_INJECTS: return "an injection";
  default: return "this handler";
  }
}

void rule_part_place(Checker *c, Node *n, const char *kind) {
  Diag *e = fault(c, E_PART_PLACE, n->span, "%s cannot stand in a %s", part_word(n), kind);
  if (n->kind == N_WEIGHT) diag_note(e, "a rule changes the w of its synapse, which it knows as `w`");
  if (n->kind == N_STATE) diag_note(e, "pre and post are the two neurons of a synapse");
}

void rule_extends_kind(Checker *c, Node *n, const Sym *base) {
  Diag *e = fault(c, E_NAME_KIND, name_span(n), "`%s` cannot extend `%s`, which is %s", n->name->text, base->name->text,
                  sym_words(base));
  diag_label(e, name_span(base->decl), "declared here");
}

void rule_param_unit(Checker *c, const Sym *v) {
  Diag *e =
      fault(c, E_PARAM_UNIT, name_span(v->decl), "the parameter `%s` has neither a value nor a unit", v->name->text);
  diag_hint(e, "write `param %s = 20 ms`, or `param %s: ms` if it is always given", v->name->text, v->name->text);
}

void rule_param_reads(Checker *c, const Sym *v, Node *value) {
  Diag *e = fault(c, E_PARAM_READS, value->span,
                  "the default of the parameter `%s` depends on what parameters may not read", v->name->text);
  diag_note(e, "parameters are set first; states, inputs and the neurons of a synapse have no values then");
  diag_hint(e, "declare it as `let %s = ...`", v->name->text);
}

static const char *cycle_text(Checker *c, const Sym *const *path, int n) {
  int from = n - 1;
  for (int k = 0; k + 1 < n; k++)
    if (path[k] == path[n - 1]) from = k;
  char *s = arena_strdup(path[from]->name->text, c->a);
  for (int k = from + 1; k < n; k++) s = arena_printf(c->a, "%s -> %s", s, path[k]->name->text);
  return s;
}

void rule_many_parts(Checker *c, Node *decl, int most) {
  fault(c, E_TOO_DEEP, name_span(decl), "`%s` has more than %d parts", decl->name->text, most);
}

void rule_deep_lets(Checker *c, const Sym *v) {
  fault(c, E_TOO_DEEP, name_span(v->decl), "more than 500 variables are computed one from the other here");
}

void rule_type_cycle(Checker *c, const Sym *v) {
  Diag *e = fault(c, E_INIT_CYCLE, name_span(v->decl), "the unit of `%s` depends on itself", v->name->text);
  diag_hint(e, "say its unit: %s: mV = ...", v->name->text);
}

void rule_let_cycle(Checker *c, Sym *const *path, int n) {
  const Sym *v = path[n - 1];
  Diag *e = fault(c, E_LET_ITSELF, name_span(v->decl), "`%s` depends on itself: %s", v->name->text,
                  cycle_text(c, (const Sym *const *)path, n));
  diag_hint(e, "make one of them a state, or take its value of the step before with `prev`");
}

void rule_init_cycle(Checker *c, const Sym *const *path, int n) {
  const Sym *v = path[n - 1];
  fault(c, E_INIT_CYCLE, name_span(v->decl), "the initial values depend on each other: %s", cycle_text(c, path, n));
}

void rule_refractory(Checker *c, Node *n) {
  Diag *e = fault(c, E_REFRACTORY, n->span, "this neuron has a refractory time but never spikes");
  diag_hint(e, "add `spike when V > V_th { ... }`");
}

void rule_holding(Checker *c, Node *n, const Sym *v) {
  fault(c, E_HOLDING, n->span, "only states can be held; `%s` is %s", v->name->text, sym_words(v));
}

void rule_method(Checker *c, Atom name, Span span, const char *const *names, int n) {
  Diag *e = fault(c, E_METHOD, span, "there is no integration method `%s`", name->text);
  const char *near = nearest_name(name->text, names, n);
  if (near)
    diag_hint(e, "did you mean `%s`?", near);
  else
    diag_note(e, "methods: exact, exponential_euler, euler, rk2, rk4, heun, milstein");
}

// ---- equations ----

void rule_equation_state(Checker *c, Node *n, Node *d, Atom name, const Sym *v) {
  Diag *e = fault(c, E_EQUATION_STATE, d->span,
                  v ? "`%s` is %s, and only states have equations" : "`%s` has an equation but is not declared",
                  name->text, v ? sym_words(v) : "");
  (void)n;
  if (v && v->kind == SYM_INPUT) diag_note(e, "an input is the sum of what arrives and reads as a let");
  if (v && v->decl) diag_label(e, name_span(v->decl), "declared here");
  if (v) return;
  diag_hint(e, "declare it: state %s: mV = ...", name->text);
}

void rule_equation_kind(Checker *c, Node *d, const Sym *v) {
  fault(c, E_EQUATION_STATE, d->span, "`%s` is %s and cannot change continuously", v->name->text, say(c, v->type));
}

void rule_equation_twice(Checker *c, Node *n, const Sym *v, const Node *first) {
  Diag *e = fault(c, E_EQUATION_TWICE, n->span, "a second equation for `%s`", v->name->text);
  diag_label(e, first->span, "the first is here");
}

// tau*dV/dt with `param tau = 20`: the factor lacks its unit.
static bool factor_without_unit(Checker *c, Diag *e, const Equation *eq, Type left, Type right) {
  for (int k = 0; k < eq->nfactors; k++) {
    const Node *f = eq->factors[k];
    const Sym *v = f->kind == N_NAME ? f->sym : NULL;
    if (!v || v->kind != SYM_PARAM || v->type.kind != TY_NUM) continue;
    Dim ratio = eq->divided[k] ? dim_div(left.dim, right.dim) : dim_div(right.dim, left.dim), need = dim_mul(v->type.dim, ratio);
    bool plain = dim_is_none(v->type.dim);
    if (!plain && !is_time(type_num(need, NULL))) continue;
    if (plain) diag_label(e, name_span(v->decl), "declared without a unit");
    else diag_label(e, name_span(v->decl), "this is %s", say(c, v->type));
    diag_note(e, "`%s` is %s; the equation fits if it is %s", v->name->text, say(c, v->type), measured(c, type_num(need, NULL)));
    return true;
  }
  return false;
}

void rule_equation_unit(Checker *c, Node *n, const Equation *eq, Type left, Type right) {
  Diag *e = fault(c, E_UNIT_MISMATCH, n->span, "the two sides of this equation differ: %s and %s", say(c, left),
                  say(c, right));
  diag_label(e, n->kid[0]->span, "this is %s", say(c, left));
  diag_label(e, n->kid[1]->span, "this is %s", say(c, right));
  if (factor_without_unit(c, e, eq, left, right) || lacks_unit(c, e, n->kid[1], left)) return;
  bool at_right;
  const char *factor = lacking_factor(c, left, right, &at_right), *x = eq->x->name->text;
  if (!factor) return;
  diag_note(e, "a factor %s is missing", factor);
  if (at_right)
    diag_hint(e, "write %s = %s*(%s)", node_text(c, n->kid[0]), factor, node_text(c, n->kid[1]));
  else if (eq->nfactors == 0)
    diag_hint(e, "write %s*d%s/dt = %s", factor, x, node_text(c, n->kid[1]));
}

void rule_no_derivative(Checker *c, Node *n) {
  Diag *e = fault(c, E_DERIVATIVE, n->kid[0]->span, "the left side of an equation holds a derivative such as dV/dt");
  const Node *left = n->kid[0], *under = left->kind == N_BINARY && left->op == OP_DIV ? left->kid[1] : NULL;
  if (under && under->kind == N_NAME && under->name->text[0] == 'd' && under->name->n == 2) diag_hint(e, "time is called t: write .../dt");
  if (n->kid[0]->kind == N_NAME)
    diag_hint(e, "for a quantity that always equals an expression write `let %s = ...`", n->kid[0]->name->text);
}

void rule_many_derivatives(Checker *c, Node *n) {
  fault(c, E_DERIVATIVE, n->kid[0]->span, "the left side of an equation holds one derivative, here are several");
}

void rule_many_factors(Checker *c, Node *n) {
  fault(c, E_DERIVATIVE, n->kid[0]->span, "the left side has more than 8 factors besides the derivative");
}
