// SPDX-License-Identifier: MIT
// Rules about names, calls and where things may stand. Each function is one rule: what was found, what was expected, and
// where it can be said the edit that mends it. Rules of units are in rules_units.c, of bodies in rules_body.c, of networks
// in rules_net.c.
#include "lang/check_impl.h"

#include "lang/slip.h"
#include "vm/builtin.h"

#include <ctype.h>
#include <string.h>

static Span name_span(const Node *n) { return n->name_span.file ? n->name_span : n->span; }

const char *sym_words(const Sym *s) {
  switch ((SymKind)s->kind) {
  case SYM_PARAM: return "a parameter";
  case SYM_STATE: return "a state";
  case SYM_INPUT: return "an input";
  case SYM_LET: return "a let";
  case SYM_WEIGHT: return "a weight";
  case SYM_SIGNAL: return "a signal";
  case SYM_LOCAL: return "a local variable";
  case SYM_SELFVAR: return "a quantity of the simulation";
  case SYM_FUNC:
  case SYM_BUILTIN:
  case SYM_NATIVE: return "a function";
  case SYM_NEURON: return "a neuron";
  case SYM_SYNAPSE: return "a synapse";
  case SYM_RULE: return "a learning rule";
  case SYM_NETWORK: return "a network";
  case SYM_POP: return "a population";
  case SYM_PROJ: return "a projection";
  case SYM_REC: return "a recording";
  case SYM_MODULE: return "a module";
  case SYM_BUILT: return "a network that was built";
  case SYM_GLOBAL:
  case SYM_FRAME: return "a variable";
  }
  return "something else";
}

// Whether one of the names is like it.
static bool suggest(Diag *e, const char *name, const char *const *names, int n) {
  const char *near = nearest_name(name, names, n);
  if (near) diag_hint(e, "did you mean `%s`?", near);
  return near;
}

static bool suggest_from(Checker *c, Diag *e, Atom name, SymKind kind) {
  Vec(const char *) names = {0};
  for (const Scope *s = c->cx->scope; s; s = s->parent)
    for (int k = 0; k < s->norder; k++)
      if (s->order[k]->kind == kind) vec_push(&names, s->order[k]->name->text);
  bool near = suggest(e, name->text, names.data, names.n);
  vec_free(&names);
  return near;
}

// ---- names ----

// 5*mV, as in other languages: the text of the number before the name.
static const char *times_number(Checker *c, const Node *at) {
  const Source *src = sources_get(c->sources, at->span.file);
  if (!src || !at->span.lo) return NULL;
  const char *begin = src->text, *p = begin + at->span.lo;
  while (p > begin && p[-1] == ' ') p--;
  if (p == begin || *--p != '*') return NULL;
  while (p > begin && p[-1] == ' ') p--;
  const char *end = p;
  while (p > begin && (isdigit((unsigned char)p[-1]) || p[-1] == '.')) p--;
  bool number = p < end && (p == begin || !(isalnum((unsigned char)p[-1]) || p[-1] == '_'));
  return number ? arena_strndup(p, (size_t)(end - p), c->a) : NULL;
}

// cm2, ms1: a unit with its power behind it.
static bool power_of_unit(const char *name, size_t *n) {
  Unit u;
  size_t len = strlen(name);
  for (*n = len; *n && isdigit((unsigned char)name[*n - 1]);) --*n;
  return *n && *n < len && unit_lookup(name, *n, &u);
}

static bool has_variable(const Model *m, Atom name) { return m && model_find(m, name); }

// In a synapse or rule the variables of the two neurons have prefixes, as have those of neurons where they are made and
// joined. Says which.
static bool hint_owner(Checker *c, Diag *e, Atom name) {
  const Ctx *x = c->cx;
  if (x->kind == CX_BLOCK && has_variable(x->model, name))
    diag_hint(e, "that of the neuron itself is self.%s", name->text);
  else if (x->kind == CX_CONN && has_variable(x->pre, name))
    diag_hint(e, "that of the source is pre.%s", name->text);
  else if (x->kind == CX_CONN && has_variable(x->post, name))
    diag_hint(e, "that of the target is post.%s", name->text);
  else if (x->kind == CX_BODY && x->model && x->model->kind != MODEL_NEURON && named(name, "w"))
    diag_hint(e, "declare it: weight w");
  else if (x->kind == CX_BODY && x->model && x->model->kind != MODEL_NEURON)
    diag_hint(e, "that of the target neuron is post.%s, of the source pre.%s", name->text, name->text);
  else return false;
  return true;
}

static void unit_as_name(Checker *c, const Node *at, Atom name) {
  Diag *e = fault(c, E_UNIT_NAME, name_span(at),
                  "`%s` is not declared; as a unit it may stand only behind a number, `:` or `in`", name->text);
  const char *number = times_number(c, at);
  if (number) diag_hint(e, "write %s %s", number, name->text);
  else if (!hint_owner(c, e, name)) diag_hint(e, "for one %s write 1 %s", name->text, name->text);
}

void rule_unknown_name(Checker *c, Node *at, Atom name) {
  Unit u;
  int n;
  size_t letters;
  if (unit_lookup(name->text, name->n, &u)) {
    unit_as_name(c, at, name);
    return;
  }
  Diag *e = fault(c, E_NAME_UNKNOWN, name_span(at), "`%s` is not declared", name->text);
  const char **names = scope_names(c->cx->scope, false, c->a, &n);
  const char *near = nearest_name(name->text, names, n), *slip = slip_hint(SLIP_NAME, name->text);
  if (slip)
    diag_hint(e, "%s", slip);
  else if (power_of_unit(name->text, &letters))
    diag_hint(e, "for the unit write %.*s^%s", (int)letters, name->text, name->text + letters);
  else if (near)
    diag_hint(e, "did you mean `%s`?", near);
  else if (hint_owner(c, e, name))
    return;
  else if (named(name, "i") || named(name, "N") || named(name, "xi"))
    diag_note(e, "inside a neuron `%s` is known, not here", name->text);
  else
    diag_note(e, "names are declared above the place where they are used");
}

// An assignment to a name that does not exist.
void rule_unknown_target(Checker *c, Node *at) {
  int n;
  Atom name = at->name;
  const char **names = scope_names(c->cx->scope, false, c->a, &n);
  const char *near = nearest_name(name->text, names, n);
  Diag *e = fault(c, E_NAME_UNKNOWN, name_span(at), "`%s` is not declared", name->text);
  bool setting = named(name, "seed") || named(name, "threads") || named(name, "semantics") || named(name, "method");
  if (setting) diag_hint(e, "write set %s = ...", name->text);
  else if (near) diag_hint(e, "did you mean `%s`? A new variable is made by `let %s = ...`", near, name->text);
  else if (!hint_owner(c, e, name)) diag_hint(e, "a new variable is made by `let %s = ...`", name->text);
}

void rule_unknown_function(Checker *c, Node *call) {
  Atom name = call->kid[0]->name;
  int n;
  Diag *e = fault(c, E_FUNCTION_UNKNOWN, call->kid[0]->span, "there is no function `%s`", name->text);
  const char **names = scope_names(c->cx->scope, true, c->a, &n);
  const char *slip = slip_hint(SLIP_FUNCTION, name->text);
  if (slip) diag_hint(e, "%s", slip);
  else suggest(e, name->text, names, n);
}

void rule_unknown_member(Checker *c, Node *n, const char *of, const char *const *names, int count) {
  Diag *e = fault(c, E_MEMBER, name_span(n), "%s has no `%s`", of, n->name->text);
  const char *near = nearest_name(n->name->text, names, count);
  if (near) {
    diag_hint(e, "did you mean `%s`?", near);
    return;
  }
  char *list = arena_strdup("", c->a);
  for (int k = 0; k < count && k < 12; k++) list = arena_printf(c->a, "%s%s%s", list, k ? ", " : "", names[k]);
  if (count) diag_note(e, "it has %s%s", list, count > 12 ? " ..." : "");
  if (n->kind != N_MEMBER) return;
  int f = builtin_find(n->name->text, n->name->n);
  bool fits = f >= 0 && (n->kid[0]->type.kind != TY_POP || strstr(BUILTINS[f].signature, "pop"));
  if (fits) diag_hint(e, "for the function write %s(%s)", n->name->text, node_text(c, n->kid[0]));
  else if (n->kid[0]->type.kind == TY_REC) diag_hint(e, "the samples are %s itself, [samples, elements]", node_text(c, n->kid[0]));
}

static void unknown_declaration(Checker *c, Node *at, Atom name, SymKind kind, const char *what, const char *module) {
  Diag *e = fault(c, E_NAME_UNKNOWN, name_span(at), "there is no %s `%s`", what, name->text);
  bool near = suggest_from(c, e, name, kind); // then nothing of the library is missing
  if (module && !near) diag_note(e, "the %ss of the library are known after `use %s`", what, module);
}

void rule_unknown_base(Checker *c, Node *n) {
  const char *what = n->kind == N_NEURON ? "neuron" : n->kind == N_SYNAPSE ? "synapse" : "rule";
  SymKind kind = n->kind == N_NEURON ? SYM_NEURON : n->kind == N_SYNAPSE ? SYM_SYNAPSE : SYM_RULE;
  Diag *e = fault(c, E_NAME_UNKNOWN, name_span(n), "%s extends `%s`, but there is no %s `%s` above", n->name->text,
                  n->name2->text, what, n->name2->text);
  suggest_from(c, e, n->name2, kind);
}

void rule_unknown_neuron(Checker *c, Node *n) { unknown_declaration(c, n, n->name, SYM_NEURON, "neuron", "neurons"); }
void rule_unknown_synapse(Checker *c, Node *n) {
  unknown_declaration(c, n, n->name, SYM_SYNAPSE, "synapse", "synapses");
}
void rule_unknown_learning(Checker *c, Node *n) {
  if (n->name)
    unknown_declaration(c, n, n->name, SYM_RULE, "rule", "rules");
  else
    fault(c, E_NAME_UNKNOWN, n->span, "a learning rule is named here");
}

void rule_unknown_network(Checker *c, Node *n) {
  if (n->name && n->kind == N_NAME)
    unknown_declaration(c, n, n->name, SYM_NETWORK, "network", NULL);
  else
    fault(c, E_NAME_UNKNOWN, n->span, "a network is named here");
}

void rule_not_a_network(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_NAME_KIND, n->span, "`%s` is %s, not a network", n->name->text, sym_words(s));
  if (s->decl && name_span(s->decl).file) diag_label(e, name_span(s->decl), "declared here");
}

void rule_network_item(Checker *c, Node *n) {
  Diag *e = fault(c, E_STATEMENT_PLACE, n->span, "this cannot stand in a network");
  diag_note(e, "a network holds populations, connections, stimuli, recordings, signals, other networks, and what computes their values");
}

void rule_dotted(Checker *c, Node *n, const char *what) {
  fault(c, E_NAME_KIND, n->span, "%s is named here; networks hold none", what);
}

void rule_unknown_rule(Checker *c, Node *target) {
  fault(c, E_NAME_UNKNOWN, target->span, "this connection does not learn by a rule `%s`", node_text(c, target->kid[0]));
}

void rule_name_twice(Checker *c, Span span, Sym *old) {
  Diag *e = fault(c, E_NAME_TWICE, span, "`%s` is declared twice", old->name->text);
  if (old->decl && name_span(old->decl).file) diag_label(e, name_span(old->decl), "first here, as %s", sym_words(old));
  if (old->kind == SYM_GLOBAL || old->kind == SYM_FRAME || old->kind == SYM_LOCAL)
    diag_hint(e, "to give it another value write `%s = ...` without `let`", old->name->text);
}

void rule_not_a_value(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_NAME_KIND, n->span, "`%s` is %s, not a value", s->name->text, sym_words(s));
  if (s->kind == SYM_NEURON) diag_hint(e, "values belong to a population: population P = %s[100]", s->name->text);
  if (s->kind == SYM_NETWORK) diag_hint(e, "build one: build c = %s()", s->name->text);
  if (s->kind == SYM_BUILT) diag_hint(e, "name a part of it, such as a population: %s.P", s->name->text);
}

static void not_a(Checker *c, Node *n, const Sym *s, const char *want) {
  Diag *e = fault(c, E_NAME_KIND, n->span, "`%s` is %s; %s is needed here", s->name->text, sym_words(s), want);
  if (s->decl && name_span(s->decl).file) diag_label(e, name_span(s->decl), "declared here");
}
void rule_not_a_neuron(Checker *c, Node *n, const Sym *s) { not_a(c, n, s, "a neuron"); }
void rule_not_a_synapse(Checker *c, Node *n, const Sym *s) { not_a(c, n, s, "a synapse"); }
void rule_not_a_rule(Checker *c, Node *n, const Sym *s) { not_a(c, n, s, "a learning rule"); }

void rule_function_value(Checker *c, Node *n) {
  Diag *e = fault(c, E_NAME_KIND, n->span, "`%s` is a function; it has a value only when it is called", n->name->text);
  diag_hint(e, "write %s(...)", n->name->text);
}

void rule_not_function(Checker *c, Node *call, Type t) {
  Diag *e = fault(c, E_NAME_KIND, call->kid[0]->span, "this is %s, not a function", say(c, t));
  if (type_is_array(t))
    diag_hint(e, "for an element write %s[...]", node_text(c, call->kid[0]));
  else if (type_numeric(t))
    diag_hint(e, "for a product write %s*(...)", node_text(c, call->kid[0]));
}

void rule_one_of_list(Checker *c, Node *n, Type t) {
  Node *list = n->kind == N_INDEX ? n->kid[0] : n;
  Diag *e = fault(c, E_KIND, n->span, "this is %s, of which one can be taken at a time", say(c, t));
  diag_hint(e, "write %s[0]", node_text(c, list));
}

void rule_no_members(Checker *c, Node *n, Type t) {
  Diag *e = fault(c, E_MEMBER, n->span, "%s has no `.%s`", say(c, t), n->name->text);
  if (t.kind == TY_POPS || t.kind == TY_PROJS)
    diag_hint(e, "take one of them: %s[0].%s", node_text(c, n->kid[0]), n->name->text);
  else if (type_is_array(t) && scope_find(c->base, n->name, true, NULL))
    diag_hint(e, "write %s(%s)", n->name->text, node_text(c, n->kid[0]));
}

void rule_mixed_member(Checker *c, Node *n) {
  fault(c, E_MIXED, n->span, "these populations have different neurons, so `%s` is not one quantity of all",
        n->name->text);
}

void rule_mixed_side(Checker *c, Node *n) {
  Diag *e = fault(c, E_MIXED, n->span,
                  "the neurons on this side are of several kinds, so `%s` is not one quantity of all", node_text(c, n));
  diag_hint(e, "write one `connect` for each population");
}

void rule_no_pair(Checker *c, Node *n) {
  fault(c, E_PAIR, n->span, "`pre.` and `post.` mean the two neurons of a synapse; there are none here");
}

void rule_pos_alone(Checker *c, Node *n) {
  Diag *e = fault(c, E_MEMBER, n->span, "a position has three coordinates");
  diag_hint(e, "write %s.x, %s.y or %s.z", node_text(c, n), node_text(c, n), node_text(c, n));
}

// ---- modules ----

void rule_use(Checker *c, Node *n, const char *name, const char *why) {
  Diag *e = fault(c, E_USE, n->span, "the module `%s` cannot be read: %s", name, why);
  if (n->name) diag_note(e, "without quotes a module of the library is meant; for a file write use \"%s.hebb\"", name);
}

void rule_use_cycle(Checker *c, Node *n, const char *name) {
  fault(c, E_USE_CYCLE, n->span, "the module `%s` uses itself, directly or through another", name);
}

void rule_module_statement(Checker *c, Node *n) {
  fault(c, E_MODULE_STATEMENT, n->span,
        "a module that others use may hold declarations, functions, lets and tests only");
}

// ---- calls ----

static const char *callee(Checker *c, const Node *call) {
  return call->kind == N_CALL ? node_text(c, call->kid[0]) : node_text(c, call);
}

void rule_argument_count(Checker *c, Node *call, int least, int most) {
  (void)least;
  fault(c, E_ARGUMENTS, call->span, "`%s` takes %d argument%s, %d were given", callee(c, call), most,
        most == 1 ? "" : "s", call->nlist);
}

void rule_argument_missing(Checker *c, Node *call, const char *name) {
  fault(c, E_ARGUMENTS, call->span, "`%s` needs the argument `%s`", callee(c, call), name);
}

void rule_argument_twice(Checker *c, Node *arg) { fault(c, E_ARGUMENTS, arg->span, "this is given twice"); }

void rule_unknown_argument(Checker *c, Node *arg, Node *call, const char *const *names, int n) {
  Diag *e = fault(c, E_ARGUMENTS, name_span(arg), "`%s` has no argument `%s`", callee(c, call), arg->name->text);
  const char *near = nearest_name(arg->name->text, names, n);
  if (near) {
    diag_hint(e, "did you mean `%s`?", near);
    return;
  }
  char *list = arena_strdup("", c->a);
  for (int k = 0; k < n; k++) list = arena_printf(c->a, "%s%s%s", list, k ? ", " : "", names[k]);
  if (n) diag_note(e, "it takes %s", list);
}

void rule_argument_kind(Checker *c, Node *call, Node *arg, const char *param, Type t, const char *want) {
  if (arg->kind == N_ARG) arg = arg->kid[0];
  fault(c, E_KIND, arg->span, "`%s` of `%s` is %s, but this is %s", param, callee(c, call), want, say(c, t));
}

void rule_argument_unit(Checker *c, Node *call, Node *arg, const char *param, Type t, Type want) {
  if (arg->kind == N_ARG) arg = arg->kid[0];
  Diag *e = fault(c, E_UNIT_MISMATCH, arg->span, "`%s` of `%s` is %s, but this is %s", param, callee(c, call),
                  measured(c, want), say(c, t));
  if (type_numeric(t)) missing_factor(c, e, param, want, node_text(c, arg), t);
}

void rule_column_twice(Checker *c, Node *arg, Atom name) {
  Diag *e = fault(c, E_ARGUMENTS, arg->span, "the table has a column `%s` already", name->text);
  diag_note(e, "the variable of the sweep is its first column");
}

void rule_column_name(Checker *c, Node *arg) {
  Diag *e = fault(c, E_ARGUMENTS, arg->span, "a column needs a name");
  diag_hint(e, "write x = %s", node_text(c, arg));
}

void rule_recursion(Checker *c, Node *call) {
  Diag *e = fault(c, E_RECURSION, call->span, "these calls of `%s` have no end that could be found", callee(c, call));
  diag_note(e, "a function that neurons use may not call itself; in a script it may, with arguments of the same kinds and units");
}

void rule_return_missing(Checker *c, Node *f) {
  fault(c, E_RETURN, name_span(f), "`%s` returns a value on some ways through it and none on others", f->name->text);
}

void rule_return_place(Checker *c, Node *n) { fault(c, E_RETURN, n->span, "`return` stands in functions only"); }

void rule_returns(Checker *c, Node *n, Type was, Type t) {
  fault(c, E_RETURN, n->span, "this returns %s, but an earlier `return` gives %s", say(c, t), say(c, was));
}

void rule_native_param(Checker *c, Node *p) {
  fault(c, E_KIND, p->span, "sizes and directions belong to the parameters of native functions");
}

// ---- where things may stand ----

void rule_statement_place(Checker *c, Node *n, const char *where) {
  fault(c, E_STATEMENT_PLACE, n->span, "this statement cannot stand in %s", where);
}

void rule_useless(Checker *c, Node *n) {
  Diag *e = fault(c, E_STATEMENT_PLACE, n->span, "this computes a value and does nothing with it");
  diag_note(e, "handlers hold assignments, `let` and `if`");
}

void rule_item_place(Checker *c, Node *n, const char *what) {
  fault(c, E_STATEMENT_PLACE, n->span,
        "%s is declared at the top level, or in its `for` and `if`; not in functions and blocks that run later", what);
}

void rule_run_in_block(Checker *c, Node *n) {
  fault(c, E_RUN_NESTED, n->span, "a block of `at` or `every` is executed during a run and cannot start another");
}

void rule_collect_place(Checker *c, Node *n) {
  fault(c, E_STATEMENT_PLACE, n->span, "`collect` stands in a `sweep` only");
}

// ---- assignments of scripts ----

void rule_assign_place(Checker *c, Node *n) { fault(c, E_ASSIGN_PLACE, n->span, "nothing can be assigned to this"); }

void rule_assign_item(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "`%s` is %s and cannot be assigned", s->name->text, sym_words(s));
  if (s->kind == SYM_SELFVAR && named(s->name, "dt")) diag_hint(e, "write set dt = ...");
}

void rule_assign_const(Checker *c, Node *n, const Sym *s) {
  if (s->param) {
    Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "`%s` is a parameter of the network and was used when it was built", s->name->text);
    diag_hint(e, "for a number that changes declare `signal %s` in it", s->name->text);
    return;
  }
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "`%s` is constant", s->name->text);
  diag_label(e, name_span(s->decl), "declared with `const`");
}

void rule_assign_read_in_body(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span,
                  "`%s` is read inside a neuron, synapse or function and can no longer change", s->name->text);
  diag_hint(e, "make it a param of the neuron and assign that: P.%s = ...", s->name->text);
}

void rule_assign_copy(Checker *c, Node *n, const Sym *s) {
  Diag *e =
      fault(c, E_ASSIGN_FIXED, n->span, "`%s` belongs to the block around; this block has a copy of it", s->name->text);
  diag_note(e, "blocks of at, every and sweep see the values that variables of the surrounding block had");
}

void rule_assign_outer(Checker *c, Node *n, const Sym *s) {
  Diag *e = fault(c, E_ASSIGN_FIXED, n->span, "a function cannot assign `%s`, a variable of the script", s->name->text);
  diag_hint(e, "return the value and assign it where the function is called");
}

void rule_assign_int(Checker *c, Node *n, const Sym *s, Type t) {
  Diag *e = fault(c, E_KIND, n->kid[1]->span, "`%s` is a whole number, this is %s", s->name->text, say(c, t));
  diag_hint(e, "write %s = int(%s)", s->name->text, node_text(c, n->kid[1]));
}

void rule_draw(Checker *c, Node *value) {
  Diag *e = fault(c, E_DRAW, value->span, "behind `~` stands a distribution");
  diag_hint(e, "for a value write `=`; a distribution is uniform(lo, hi), normal(mean, sd) ...");
}
