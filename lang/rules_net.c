// SPDX-License-Identifier: MIT
// Rules about populations, connections, injections, recordings and settings.
#include "lang/check_impl.h"

#include <string.h>

static Span name_span(const Node *n) { return n->name_span.file ? n->name_span : n->span; }

// ---- populations ----

void rule_population_size(Checker *c, Node *n, double x) {
  if (x < 1)
    fault(c, E_POP_SIZE, n->span, "a population has at least one neuron, not %g", x);
  else
    fault(c, E_POP_SIZE, n->span, "a population has at most 2147483647 neurons");
}

void rule_no_size(Checker *c, Node *n) {
  Diag *e = fault(c, E_POP_SIZE, n->kid[0]->span, "how many neurons?");
  diag_hint(e, "write %s[100]", node_text(c, n->kid[0]));
}

static const char *settable_names(Checker *c, const Model *m) {
  char *s = arena_strdup("", c->a);
  for (int k = 0; m && k < m->nvars; k++) {
    const Sym *v = m->vars[k];
    if (v->hidden || v->kind == SYM_LET || v->kind == SYM_INPUT) continue;
    s = arena_printf(c->a, "%s%s%s", s, *s ? ", " : "", v->name->text);
  }
  return s;
}

void rule_unknown_entry(Checker *c, Node *target, const Model *m) {
  Diag *e = fault(c, E_PARAM_UNKNOWN, target->span, "%s has no `%s`", m ? m->name->text : "it", target->name->text);
  Vec(const char *) names = {0};
  for (int k = 0; m && k < m->nvars; k++)
    if (!m->vars[k]->hidden) vec_push(&names, m->vars[k]->name->text);
  if (m && m->kind == MODEL_SYNAPSE) {
    vec_push(&names, "delay");
    vec_push(&names, "post_delay");
  }
  const char *near = nearest_name(target->name->text, names.data, names.n);
  if (near)
    diag_hint(e, "did you mean `%s`?", near);
  else if (m && named(target->name, "weight") && m->weight)
    diag_hint(e, "the weight of %s is called %s", m->name->text, m->weight->name->text);
  else if (m)
    diag_note(e, "it has %s", settable_names(c, m));
  vec_free(&names);
}

void rule_entry_fixed(Checker *c, Node *target, const Sym *v) {
  Diag *e =
      fault(c, E_ASSIGN_FIXED, target->span, "`%s` is %s and cannot be set here", node_text(c, target), sym_words(v));
  if (v->kind == SYM_LET) diag_note(e, "a let always equals its expression");
  if (v->kind == SYM_INPUT) diag_hint(e, "write `inject ... into P.%s`", v->name->text);
}

// A synapse or rule hears of its source's events by name.
void rule_unknown_event(Checker *c, const Node *at, const Node *on, const Model *source) {
  Diag *e = fault(c, E_NAME_UNKNOWN, at->span, "%s has no event `%s`", source->name->text, on->name->text);
  Vec(const char *) names = {0};
  for (int k = 0; k < source->non; k++)
    if (source->on[k].node->kind == N_EVENT) vec_push(&names, source->on[k].node->name->text);
  const char *near = nearest_name(on->name->text, names.data, names.n);
  diag_label(e, on->name_span, "it is heard here");
  if (near) diag_hint(e, "did you mean `%s`?", near);
  else diag_hint(e, "declare it in %s: `event %s when ...`", source->name->text, on->name->text);
  vec_free(&names);
}

void rule_entry_target(Checker *c, Node *target) {
  fault(c, E_PARAM_UNKNOWN, target->span, "a parameter or state of the neuron is named here");
}

void rule_entry_twice(Checker *c, Node *n, const Node *first) {
  Diag *e = fault(c, E_NAME_TWICE, n->span, "`%s` is given twice", node_text(c, n));
  diag_label(e, first->span, "first here");
}

void rule_param_missing(Checker *c, Node *n, const Sym *v, const char *of) {
  Diag *e = fault(c, E_PARAM_MISSING, n->span, "%s needs a value for its parameter `%s`", of, v->name->text);
  diag_label(e, name_span(v->decl), "it has no default");
  const char *unit = v->type.kind == TY_NUM && !dim_is_none(v->type.dim) ? say(c, v->type) : "";
  diag_hint(e, "give it: %s = 1%s%s", v->name->text, *unit ? " " : "", unit);
}

void rule_unknown_param(Checker *c, Node *arg, Node *call, const char *const *names, int n) {
  const char *of = node_text(c, call->kid[0]);
  if (!arg->name) {
    fault(c, E_PARAM_UNKNOWN, arg->span, "%s has %d parameter%s, and more were given", of, n, n == 1 ? "" : "s");
    return;
  }
  Diag *e = fault(c, E_PARAM_UNKNOWN, name_span(arg), "%s has no parameter `%s`", of, arg->name->text);
  const char *near = nearest_name(arg->name->text, names, n);
  if (near)
    diag_hint(e, "did you mean `%s`?", near);
  else if (named(arg->name, "w") || named(arg->name, "delay"))
    diag_hint(e, "give it in the block: { %s = ... }", arg->name->text);
}

// ---- sides of a connection ----

void rule_population_array(Checker *c, Node *n) {
  Diag *e = fault(c, E_POPULATION, n->span, "`%s` is an array of populations", node_text(c, n));
  diag_hint(e, "take one of them, %s[0], or go through them with `for`", node_text(c, n));
}

void rule_not_a_population(Checker *c, Node *n, Type t, const char *what) {
  fault(c, E_POPULATION, n->span, "%s is a population, this is %s", what, say(c, t));
}

void rule_mixed_target(Checker *c, Node *n) {
  Diag *e = fault(c, E_MIXED, n->span, "these populations have different neurons");
  diag_hint(e, "write one statement for each of them");
}

static const char *input_names(Checker *c, const Model *m) {
  char *s = arena_strdup("", c->a);
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT) s = arena_printf(c->a, "%s%s%s", s, *s ? ", " : "", m->vars[k]->name->text);
  return s;
}

void rule_not_an_input(Checker *c, Node *n, const Model *m, const Sym *v) {
  Diag *e =
      v ? fault(c, E_INPUT_WHICH, n->span, "`%s` is %s of %s, not an input", n->name->text, sym_words(v), m->name->text)
        : fault(c, E_INPUT_WHICH, n->span, "%s has no input `%s`", m->name->text, n->name->text);
  const char *names = input_names(c, m);
  if (*names)
    diag_note(e, "its inputs: %s", names);
  else
    diag_hint(e, "declare one in the neuron: input I: pA");
}

void rule_which_input(Checker *c, Node *target, const Model *m, int count, const char *who) {
  if (count == 0) {
    Diag *e = fault(c, E_INPUT_NONE, target->span, "%s has no input that %s could feed", m->name->text, who);
    diag_hint(e, "declare one in the neuron, such as `input I: pA`, and use it in its equations");
    return;
  }
  Diag *e = fault(c, E_INPUT_WHICH, target->span, "%s has %d inputs: %s", m->name->text, count, input_names(c, m));
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT) {
      diag_hint(e, "say which: %s.%s", node_text(c, target), m->vars[k]->name->text);
      return;
    }
}

void rule_no_via(Checker *c, Node *n) {
  Diag *e = fault(c, E_VIA, n->span, "this connection does not say through which synapse");
  diag_hint(e, "write connect A -> B via ExpCurrent(tau = 5 ms) all to all { w = 1 pA }");
}

void rule_no_pattern(Checker *c, Node *n) {
  Diag *e = fault(c, E_PATTERN_MISSING, n->span, "this connection does not say which neurons it joins");
  diag_hint(e, "add `all to all`, `one to one`, `with probability 10%%`, `with indegree 100` ...");
}

void rule_weight_missing(Checker *c, Node *n, const Sym *w, const Model *syn) {
  Diag *e = fault(c, E_WEIGHT_MISSING, n->span, "%s needs a value for its weight `%s`", syn->name->text, w->name->text);
  const char *unit = w->type.kind == TY_NUM && !dim_is_none(w->type.dim) ? say(c, w->type) : "";
  diag_label(e, name_span(w->decl), "it has no default");
  if (w->type.kind == TY_ANY) diag_hint(e, "add { %s = ... }", w->name->text);
  else diag_hint(e, "add { %s = 1%s%s }", w->name->text, *unit ? " " : "", unit);
}

void rule_stimulus_unit(Checker *c, Node *n, Type t, const Sym *input, const Model *m) {
  Diag *e = fault(c, E_UNIT_MISMATCH, n->span, "this injects %s, but the input `%s` of %s is %s", say(c, t),
                  input->name->text, m->name->text, say(c, input->type));
  diag_label(e, name_span(input->decl), "this is %s", say(c, input->type));
  if (dim_is_none(t.dim)) bare_number(c, e, n, input->type);
}

void rule_inject_reads(Checker *c, const Node *n) {
  Diag *e = fault(c, E_INJECT_READS, n->span, "`%s` would be read once, when this statement runs, and not follow the neurons", node_text(c, n));
  diag_note(e, "a current that follows the neuron is a term of its equations, one from other neurons the `inject` of a synapse");
  diag_hint(e, "if the value of this moment is meant: let x = %s", node_text(c, n));
}

void rule_no_weight(Checker *c, Node *n, const Model *syn) {
  Diag *e = fault(c, E_WEIGHT_MISSING, n->span, "%s has no weight that a rule could change", syn->name->text);
  diag_hint(e, "declare one in the synapse: weight w");
}

// ---- rules on populations ----

void rule_no_source(Checker *c, Node *n) {
  Diag *e = fault(c, E_LEARN_POPULATION, n->span, "a rule on a population has no source, and so no `pre`");
  diag_note(e, "it changes the weight of each neuron, which it knows as `w`; `post` is the neuron itself");
}

void rule_lesson_method(Checker *c, Node *n) {
  Diag *e = fault(c, E_LEARN_POPULATION, n->span, "a rule on a population is integrated together with the neuron");
  diag_hint(e, "name the method in the neuron");
}

void rule_neuron_weight(Checker *c, Node *n, const Model *m) {
  Diag *e = fault(c, E_LEARN_POPULATION, n->span, "%s has no weight that a rule could change", m->name->text);
  diag_hint(e, "declare one in the neuron: weight b = 0");
}

void rule_which_weight(Checker *c, Node *n, const Model *m, const Sym *one, const Sym *other) {
  Diag *e = fault(c, E_LEARN_POPULATION, n->span, "%s has several weights; a rule on a population changes the only one", m->name->text);
  diag_label(e, name_span(one->decl), "one");
  diag_label(e, name_span(other->decl), "another");
  diag_hint(e, "make the others parameters or states");
}

void rule_injected_unit(Checker *c, Node *n, Node *inject, Type t, const Sym *input, const Model *post) {
  Diag *e = fault(c, E_UNIT_MISMATCH, n->kid[2]->span, "this synapse injects %s, but the input `%s` of %s is %s",
                  say(c, t), input->name->text, post->name->text, say(c, input->type));
  diag_label(e, inject->kid[0]->span, "this is %s", say(c, t));
  diag_label(e, name_span(input->decl), "this is %s", say(c, input->type));
  const ConnInfo *ci = n->info;
  const Sym *w = ci->syn->weight;
  for (int k = 0; w && !w->decl->kid[1] && k < n->nlist; k++)
    if (n->list[k]->kid[2]->kind == N_NAME && n->list[k]->kid[2]->name == w->name)
      diag_label(e, n->list[k]->kid[0]->span, "w takes its unit from here");
}

// ---- patterns and delays ----

void rule_probability(Checker *c, Node *n, double p) {
  Diag *e = fault(c, E_PATTERN_NUMBER, n->span, "a probability lies between 0 and 1, this is %g", p);
  if (p > 1 && p <= 100) diag_hint(e, "for %g percent write %g%%", p, p);
}

void rule_negative_count(Checker *c, Node *n, double x) {
  fault(c, E_PATTERN_NUMBER, n->span, "a number of synapses is not negative, this is %g", x);
}

void rule_negative_delay(Checker *c, Node *n) { fault(c, E_DELAY, n->span, "a delay is not negative"); }

// ---- recordings ----

void rule_not_recordable(Checker *c, Node *n, Type t) {
  Diag *e =
      fault(c, E_RECORD, n->span, "variables of populations and projections, and signals, can be recorded; this is %s", say(c, t));
  if (t.kind == TY_POP)
    diag_hint(e, "write `record spikes of %s`, or record a variable: `record v = %s.V`", node_text(c, n),
              node_text(c, n));
  else
    diag_hint(e, "record the variable, and compute with the recording after the run");
}

void rule_not_recorded(Checker *c, Node *n, const Sym *pop) {
  Diag *e = fault(c, E_NOT_RECORDED, n->span, "the spikes of `%s` are not recorded", pop->name->text);
  diag_hint(e, "add `record spikes of %s` before the run", pop->name->text);
}

// ---- settings ----

void rule_option(Checker *c, Node *target, const char *const *names, int n) {
  Diag *e = fault(c, E_SETTING, target->span, "`%s` cannot be set", node_text(c, target));
  const char *near = target->name ? nearest_name(target->name->text, names, n) : NULL;
  if (near)
    diag_hint(e, "did you mean `%s`?", near);
  else
    diag_note(e, "settings: dt, seed, threads, precision, method, semantics, rtol, atol");
}

void rule_option_value(Checker *c, Node *b, const char *const *words, int n) {
  char *list = arena_strdup("", c->a);
  for (int k = 0; k < n; k++) list = arena_printf(c->a, "%s%s%s", list, k ? " or " : "", words[k]);
  fault(c, E_SETTING, b->kid[0]->span, "`%s` is %s", node_text(c, b->kid[2]), n ? list : "the name of a method");
}

void rule_dt(Checker *c, Node *n) { fault(c, E_SETTING, n->span, "dt is longer than 0"); }
void rule_tolerance(Checker *c, Node *n) { fault(c, E_SETTING, n->span, "a tolerance is a number above 0 and at most 0.1"); }
void rule_threads(Checker *c, Node *n) { fault(c, E_SETTING, n->span, "there is at least one thread"); }
