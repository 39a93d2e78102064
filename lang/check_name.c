// SPDX-License-Identifier: MIT
// Names and members: what each means where it stands.
//
// Scopes are searched from the inside: locals, the variables of the model at hand, what every neuron has (i, N, pos ...),
// the script's names, and last t, dt, tick. Names that at/every blocks and sweeps take from around them are captured.
#include "lang/check_impl.h"

#include "vm/ffi.h"

#include <string.h>

bool named(Atom a, const char *text) { return a && strcmp(a->text, text) == 0; }
Atom atom(Checker *c, const char *text) { return intern_str(c->in, text); }

static Dim dim_from(const char *unit, int num, int den) {
  Unit u;
  Dim d = DIM_NONE;
  unit_lookup(unit, strlen(unit), &u);
  dim_pow(u.dim, num, den, &d);
  return d;
}
static Type seconds(void) { return type_num(dim_from("s", 1, 1), NULL); }
static Type metres(void) { return type_num(dim_from("m", 1, 1), NULL); }

// ---- what every neuron, synapse or connection has ----

static void add_position(Checker *c, Scope *s) { sym_selfvar(c, s, "pos", SV_POSX, type_of(TY_MODULE)); }

void scope_selfvars(Checker *c, Scope *s, CtxKind kind) {
  bool connection = kind == CX_CONN;
  sym_selfvar(c, s, "i", SV_I, type_of(TY_INT));
  if (connection) {
    sym_selfvar(c, s, "j", SV_J, type_of(TY_INT));
    sym_selfvar(c, s, "distance", SV_DISTANCE, metres());
    return;
  }
  sym_selfvar(c, s, "N", SV_N, type_of(TY_INT));
  add_position(c, s);
  if (kind == CX_INJECT) sym_selfvar(c, s, "xi", SV_XI, type_num(dim_from("s", -1, 2), NULL));
  if (kind != CX_BODY && kind != CX_WHERE) return;
  if (kind == CX_BODY) sym_selfvar(c, s, "xi", SV_XI, type_num(dim_from("s", -1, 2), NULL));
  sym_selfvar(c, s, "last_spike", SV_LAST_SPIKE, seconds());
  sym_selfvar(c, s, "spiked", SV_SPIKED, type_of(TY_BOOL));
  sym_selfvar(c, s, "refractory", SV_REFRACTORY, type_of(TY_BOOL));
}

Scope *lane_scope(Checker *c, CtxKind kind, Model *m) {
  Scope *s = scope_new(c->cx->scope, c->a);
  s->local = true;
  scope_selfvars(c, s, kind);
  if (!m) return s;
  s = scope_new(s, c->a);
  s->model = m;
  return s;
}

// In synapses and rules: nothing of a neuron, but noise and the distance of the two.
void scope_pairvars(Checker *c, Scope *s) {
  sym_selfvar(c, s, "xi", SV_XI, type_num(dim_from("s", -1, 2), NULL));
  sym_selfvar(c, s, "distance", SV_DISTANCE, metres());
}

// ---- captures ----

static Sym *capture(Checker *c, Frame *f, Sym *outer, const Scope *where) {
  if (f == where->frame) return outer;
  if (!f) return outer;
  Sym *from = capture(c, f->outer, outer, where);
  for (int k = 0; k < f->captures.n; k++)
    if (f->captures.data[k] == from) return f->inner.data[k];
  Sym *in = NEW(c->a, Sym);
  *in = *from;
  in->kind = SYM_FRAME;
  in->slot = f->scope->nslots++;
  in->of = outer;
  vec_push(&f->captures, from);
  vec_push(&f->inner, in);
  return in;
}

// The symbol to use here for one found in scope `where`.
Sym *name_reached(Checker *c, Sym *sym, const Scope *where) {
  bool script = sym->kind == SYM_GLOBAL || sym->kind == SYM_FRAME || sym->kind == SYM_POP || sym->kind == SYM_PROJ ||
                sym->kind == SYM_REC || sym_is_signal(sym);
  if (!script || !c->cx->frame || !where->local || c->cx->frame == where->frame) return sym;
  return capture(c, c->cx->frame, sym, where);
}

// ---- names ----

// What a use of `sym` is at this place.
Type name_type(Checker *c, Node *n, Sym *sym) {
  if (sym->model) resolve_var(c, sym);
  Type t = sym->type;
  if (!c->cx->scaled || t.kind != TY_NUM) return t;
  return scaled_type(c, n, t) ? type_num(DIM_NONE, NULL) : type_error();
}

static bool is_variable(const Sym *s) { return s->kind <= SYM_SIGNAL && s->model; }

static bool selfvar_allowed(Checker *c, Node *n, const Sym *sym) {
  if (sym->selfvar == SV_XI && sym->kind == SYM_SELFVAR && !c->cx->xi) return rule_xi_place(c, n), false;
  if (sym->type.kind == TY_MODULE) return rule_pos_alone(c, n), false;
  return true;
}

// A script variable read inside a body or a function called there must not change.
static bool fixed_in_bodies(Checker *c, Node *n, Sym *sym) {
  bool body = c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC;
  if (!body || sym->kind != SYM_GLOBAL) return true;
  if (sym->assigned) return rule_body_reads_changed(c, n, sym), false;
  touch(c, sym);
  sym->resolved = 1; // from now on it may not be assigned
  return true;
}

static Type use_name(Checker *c, Node *n, Sym *sym) {
  n->sym = sym;
  switch ((SymKind)sym->kind) {
  case SYM_NEURON:
  case SYM_SYNAPSE:
  case SYM_RULE:
  case SYM_NETWORK:
  case SYM_BUILT:
  case SYM_MODULE: rule_not_a_value(c, n, sym); return type_error();
  case SYM_POP:
  case SYM_PROJ:
  case SYM_REC:
    if (c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC) return rule_population_in_body(c, n, sym), type_error();
    return sym->type;
  case SYM_SELFVAR:
    if (c->cx->func) c->cx->func->varies = true;
    return selfvar_allowed(c, n, sym) ? name_type(c, n, sym) : type_error();
  case SYM_SIGNAL:
    if (!sym->model && (c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC)) return rule_signal_in_body(c, n, sym), type_error();
    return name_type(c, n, sym);
  case SYM_GLOBAL: return fixed_in_bodies(c, n, sym) ? name_type(c, n, sym) : type_error();
  default: return name_type(c, n, sym);
  }
}

Type check_name(Checker *c, Node *n) {
  Scope *where = NULL;
  if (n->info) return use_name(c, n, n->info); // a part of a network
  Sym *sym = scope_find(c->cx->scope, n->name, false, &where);
  if (sym) return use_name(c, n, name_reached(c, sym, where));
  if (scope_find(c->cx->scope, n->name, true, NULL)) return rule_function_value(c, n), type_error();
  rule_unknown_name(c, n, n->name);
  return type_error();
}

// A past value may be read in a circle: a NULL among the variables being resolved marks the way through `prev`.
static Type past_type(Checker *c, Node *name) {
  vec_push(&c->resolving, NULL);
  Type t = check_expr(c, name);
  (void)vec_pop(&c->resolving);
  return t;
}

Type check_prev(Checker *c, Node *n) {
  Type t = past_type(c, n->kid[0]);
  Sym *v = n->kid[0]->sym;
  if (t.kind == TY_ERROR) return t;
  bool remembers = v && is_variable(v) && (v->kind == SYM_STATE || v->kind == SYM_INPUT || v->kind == SYM_LET);
  if (!remembers || v->model != c->cx->model || c->cx->kind != CX_BODY) return rule_prev(c, n), type_error();
  n->sym = hidden_prev(c, v->model, v);
  return t;
}

// ---- members ----

static Type unknown_member(Checker *c, Node *n, const char *of, const char *const *names, int count) {
  rule_unknown_member(c, n, of, names, count);
  return type_error();
}

static Type unknown_variable(Checker *c, Node *n, const Model *m, const char *const *more) {
  Vec(const char *) names = {0};
  for (int k = 0; m && k < m->nvars; k++)
    if (!m->vars[k]->hidden) vec_push(&names, m->vars[k]->name->text);
  for (; more && *more; more++) vec_push(&names, *more);
  unknown_member(c, n, m ? m->name->text : "it", names.data, names.n);
  vec_free(&names);
  return type_error();
}

// An array over the neurons of a population, or a number of a single one.
static Type over(Type pop, Type t) {
  if (!type_known(t)) return t;
  if (pop.ndim == 0) return t;
  Type a = type_array((TypeKind)t.kind, pop.ndim, t.dim, t.unit);
  return a;
}

static Type neuron_selfvar(Checker *c, Node *n, Type *t) {
  static const struct {
    const char *name;
    SelfVar v;
  } vars[] = {
      {"i", SV_I},     {"N", SV_N}, {"last_spike", SV_LAST_SPIKE}, {"spiked", SV_SPIKED}, {"refractory", SV_REFRACTORY},
      {"pos", SV_POSX}};
  for (size_t k = 0; k < sizeof vars / sizeof *vars; k++) {
    if (!named(n->name, vars[k].name)) continue;
    Sym *s = sym_new(c, SYM_SELFVAR, n->name, NULL, type_of(TY_INT));
    s->selfvar = (uint8_t)vars[k].v;
    if (vars[k].v == SV_LAST_SPIKE) s->type = seconds();
    if (vars[k].v == SV_SPIKED || vars[k].v == SV_REFRACTORY) s->type = type_of(TY_BOOL);
    if (vars[k].v == SV_POSX) s->type = metres();
    n->sym = s;
    *t = s->type;
    return *t;
  }
  return type_error();
}

static Type member_of_population(Checker *c, Node *n, Type pop) {
  static const char *const more[] = {"i", "N", "pos", "last_spike", NULL};
  Type t;
  Sym *v = pop.info ? model_find(pop.info, n->name) : NULL;
  if (v) {
    n->sym = v;
    resolve_var(c, v);
    return over(pop, v->type);
  }
  if (neuron_selfvar(c, n, &t).kind != TY_ERROR) {
    if (n->sym->selfvar == SV_N) return t;
    Type a = over(pop, t);
    if (n->sym->selfvar == SV_POSX) a = type_array(TY_NUM, 2, t.dim, t.unit);
    return a;
  }
  if (!pop.info) return rule_mixed_member(c, n), type_error();
  return unknown_variable(c, n, pop.info, more);
}

static Type of_whole_array(Type t) {
  if (!type_known(t)) return t;
  return type_array((TypeKind)t.kind, 1, t.dim, t.unit);
}

static Type connection_value(Checker *c, Node *n, const ConnInfo *ci) {
  static const char *const names[] = {"i", "j", "delay", "post_delay"};
  for (int k = 0; k < 4; k++) {
    if (!named(n->name, names[k])) continue;
    n->sym = sym_new(c, SYM_SELFVAR, n->name, NULL, k < 2 ? type_of(TY_INT) : seconds());
    n->sym->selfvar = k == 0 ? SV_I : k == 1 ? SV_J : SV_T;
    return of_whole_array(n->sym->type);
  }
  (void)ci;
  return type_error();
}

static RuleUse *rule_named(const ConnInfo *ci, Atom name) {
  for (int k = 0; k < ci->nrules; k++)
    if (ci->rules[k].model && ci->rules[k].model->name == name) return &ci->rules[k];
  return NULL;
}

static bool per_synapse(const ConnInfo *ci, const Sym *v) {
  if (v->kind != SYM_PARAM) return v->kind != SYM_SIGNAL;
  for (int k = 0; k < ci->ninit; k++)
    if (ci->init[k].var == v) return true;
  return false;
}

static Type member_of_projection(Checker *c, Node *n, const ConnInfo *ci) {
  static const char *const more[] = {"i", "j", "delay", "post_delay", "pre", "post", NULL};
  if (!ci || !ci->syn) return type_error();
  Sym *v = model_find(ci->syn, n->name);
  if (v) {
    n->sym = v;
    return per_synapse(ci, v) ? of_whole_array(v->type) : v->type;
  }
  Type t = connection_value(c, n, ci);
  if (t.kind != TY_ERROR) return t;
  return unknown_variable(c, n, ci->syn, more);
}

static Type member_of_spikes(Checker *c, Node *n, Type spikes) {
  static const char *const names[] = {"t", "i", "t_exact", NULL};
  if (named(n->name, "t") || named(n->name, "t_exact")) return of_whole_array(seconds());
  if (named(n->name, "i")) return type_array(TY_INT, 1, DIM_NONE, NULL);
  Sym *v = spikes.info ? model_find(spikes.info, n->name) : NULL;
  if (v) {
    n->sym = v;
    return of_whole_array(v->type);
  }
  return spikes.info ? unknown_variable(c, n, spikes.info, names) : unknown_member(c, n, "recorded spikes", names, 3);
}

static Type member_of_recording(Checker *c, Node *n) {
  static const char *const names[] = {"t", "i", "f"};
  if (named(n->name, "t")) return of_whole_array(seconds());
  if (named(n->name, "i")) return type_array(TY_INT, 1, DIM_NONE, NULL);
  if (named(n->name, "f")) return of_whole_array(type_num(dim_from("s", -1, 1), NULL));
  return unknown_member(c, n, "a recording", names, 3);
}

static Type member_of_table(Checker *c, Node *n, const TableInfo *t) {
  if (!t) return type_array(TY_NUM, 1, DIM_NONE, NULL);
  Vec(const char *) names = {0};
  for (int k = 0; k < t->n; k++) {
    if (t->names[k] == n->name) {
      vec_free(&names);
      return t->types[k];
    }
    vec_push(&names, t->names[k]->text);
  }
  unknown_member(c, n, "the table", names.data, names.n);
  vec_free(&names);
  return type_error();
}

// ---- pre. post. self. pos. xi. ----

// `pre`, `post`, `self`: where they mean something they win over a population of that name.
static bool is_side(Checker *c, const Node *n, const char *text) {
  if (n->kind != N_NAME || !named(n->name, text)) return false;
  bool means = text[0] == 's' ? c->cx->kind == CX_BLOCK || c->cx->kind == CX_WHERE : c->cx->has_pair;
  return means || (text[0] != 's' && !scope_find(c->cx->scope, n->name, false, NULL));
}

static Type coordinate(Checker *c, Node *n, Node *pos) {
  static const char *const names[] = {"x", "y", "z"};
  for (int k = 0; k < 3; k++) {
    if (!named(n->name, names[k])) continue;
    n->sym = sym_new(c, SYM_SELFVAR, n->name, NULL, metres());
    n->sym->selfvar = (uint8_t)(SV_POSX + k);
    n->place = pos->place;
    return name_type(c, n, n->sym);
  }
  return unknown_member(c, n, "pos", names, 3);
}

static Type member_of_side(Checker *c, Node *n, Place place) {
  static const char *const more[] = {"i", "N", "pos", "last_spike", NULL};
  Model *m = place == PLACE_PRE ? c->cx->pre : c->cx->post;
  Type t;
  n->place = (uint8_t)place;
  if (!c->cx->has_pair) return rule_no_pair(c, n), type_error();
  if (c->cx->learns && place == PLACE_PRE) return rule_no_source(c, n), type_error();
  Sym *v = m ? model_find(m, n->name) : NULL;
  if (v) {
    n->sym = v;
    return name_type(c, n, v);
  }
  if (neuron_selfvar(c, n, &t).kind != TY_ERROR)
    return n->sym->selfvar == SV_POSX ? rule_pos_alone(c, n), type_error() : name_type(c, n, n->sym);
  if (c->cx->generic || !m) return c->cx->generic ? type_of(TY_ANY) : (rule_mixed_side(c, n), type_error());
  unknown_variable(c, n, m, more);
  return type_error();
}

static Type member_of_self(Checker *c, Node *n) {
  Model *m = c->cx->model;
  Type t;
  Sym *v = m ? model_find(m, n->name) : NULL;
  if (v) {
    n->sym = v;
    return name_type(c, n, v);
  }
  if (neuron_selfvar(c, n, &t).kind != TY_ERROR && n->sym->selfvar != SV_POSX) return t;
  return unknown_variable(c, n, m, NULL);
}

// pos.x, pre.pos.x, P.pos.x: the object is a position.
static bool is_position(Checker *c, Node *o) {
  if (o->kind == N_NAME && named(o->name, "pos")) {
    Sym *s = scope_find(c->cx->scope, o->name, false, NULL);
    return s && s->kind == SYM_SELFVAR;
  }
  if (o->kind != N_MEMBER || !named(o->name, "pos")) return false;
  Node *side = o->kid[0];
  bool pre = is_side(c, side, "pre"), post = is_side(c, side, "post");
  if ((!pre && !post) || !c->cx->has_pair) return false;
  o->place = pre ? PLACE_PRE : PLACE_POST;
  return true;
}

// xi.a, xi.b: independent noises, one symbol for each name.
static Type named_noise(Checker *c, Node *n, Sym *xi) {
  if (!c->cx->xi) return rule_xi_place(c, n), type_error();
  Sym *s = sym_new(c, SYM_SELFVAR, n->name, NULL, xi->type);
  s->selfvar = SV_XI;
  n->sym = s;
  return name_type(c, n, s);
}

// P.R.x, of a rule by which the population learns: a variable of its neurons called R.x.
static Type member_of_lesson(Checker *c, Node *n, Type pop, bool *done) {
  Node *o = n->kid[0];
  Sym *v = model_find(pop.info, intern_str(c->in, arena_printf(c->a, "%s.%s", o->name->text, n->name->text)));
  if (!v) return type_error();
  *done = true;
  n->kid[0] = o->kid[0];
  n->name = v->name;
  return check_expr(c, n);
}

// C.pre.x and C.STDP.A_plus: members of members of a projection; *done tells.
static Type member_of_part(Checker *c, Node *n, bool *done) {
  Node *o = n->kid[0];
  *done = false;
  bool ok;
  if (o->kind != N_MEMBER) return type_error();
  if (take_part(c, o->kid[0], &ok) && !ok) return *done = true, type_error();
  Sym *s = o->kid[0]->kind != N_NAME ? NULL : o->kid[0]->info ? o->kid[0]->info : scope_find(c->cx->scope, o->kid[0]->name, false, NULL);
  if (o->kid[0]->kind == N_NAME ? !s || (s->type.kind != TY_PROJ && s->type.kind != TY_POP) : o->kid[0]->kind != N_INDEX) return type_error();
  Type t = check_expr(c, o->kid[0]);
  if (t.kind == TY_POP && t.info) return member_of_lesson(c, n, t, done);
  const ConnInfo *ci = t.kind == TY_PROJ ? t.info : NULL;
  if (!ci) return type_error();
  bool pre = named(o->name, "pre"), post = named(o->name, "post");
  RuleUse *rule = rule_named(ci, o->name);
  if (!pre && !post && !rule) return type_error();
  *done = true;
  Model *m = pre ? ci->pre : post ? ci->post : rule->model;
  o->type = type_of(TY_MODULE);
  Sym *v = m ? model_find(m, n->name) : NULL;
  if (!v && !m) return rule_mixed_member(c, n), type_error();
  if (!v) return unknown_variable(c, n, m, NULL);
  n->sym = v;
  n->place = pre ? PLACE_PRE : post ? PLACE_POST : PLACE_SELF;
  return pre || post || per_synapse(ci, v) ? of_whole_array(v->type) : v->type;
}

static Type special_member(Checker *c, Node *n, bool *done) {
  Node *o = n->kid[0];
  *done = true;
  if (is_side(c, o, "pre")) return member_of_side(c, n, PLACE_PRE);
  if (is_side(c, o, "post")) return member_of_side(c, n, PLACE_POST);
  if (is_side(c, o, "self")) return member_of_self(c, n);
  if (is_position(c, o)) return coordinate(c, n, o);
  if (o->kind == N_NAME && named(o->name, "xi")) {
    Sym *s = scope_find(c->cx->scope, o->name, false, NULL);
    if (s && s->kind == SYM_SELFVAR) return named_noise(c, n, s);
  }
  return member_of_part(c, n, done);
}

Type check_member(Checker *c, Node *n) {
  bool done;
  if (take_part(c, n, &done)) return done ? check_expr(c, n) : type_error();
  if (take_part(c, n->kid[0], &done) && !done) return type_error();
  Type t = special_member(c, n, &done);
  if (done) return t;
  if (n->kid[0]->kind == N_MEMBER && named(n->kid[0]->name, "pos")) { // P.pos.x
    Type o = check_expr(c, n->kid[0]);
    Sym *s = n->kid[0]->sym;
    if (o.kind == TY_ARRAY && s && s->kind == SYM_SELFVAR) {
      t = coordinate(c, n, n->kid[0]);
      return t.kind == TY_ERROR ? t : of_whole_array(t);
    }
    if (o.kind == TY_ERROR) return o;
  }
  Type o = check_value(c, n->kid[0]);
  switch ((TypeKind)o.kind) {
  case TY_ERROR:
  case TY_ANY: return o;
  case TY_POP: return member_of_population(c, n, o);
  case TY_PROJ: return member_of_projection(c, n, o.info);
  case TY_SPIKES: return member_of_spikes(c, n, o);
  case TY_REC: return member_of_recording(c, n);
  case TY_TABLE: return member_of_table(c, n, o.info);
  default: rule_no_members(c, n, o); return type_error();
  }
}

// ---- what an expression depends on ----

static bool sym_varies(const Node *n) {
  const Sym *s = n->sym;
  if (!s) return false;
  if (n->kind == N_MEMBER && n->kid[0]->type.kind != TY_NONE && n->kid[0]->kind != N_NAME) return false;
  return s->kind <= SYM_SELFVAR || sym_is_signal(s);
}

// Whether a checked expression is a call that draws a random number.
bool node_draws(const Node *n) {
  if (n->kind != N_CALL) return false;
  if (!n->sym || n->type.kind == TY_ERROR) return true; // reported already
  if (n->sym->kind == SYM_BUILTIN) return builtin_is_random(n->sym);
  return n->sym->kind == SYM_FUNC && n->sym->decl && n->sym->decl->info && ((FuncInfo *)n->sym->decl->info)->random;
}

static bool call_varies(const Node *n) {
  const Sym *f = n->sym;
  if (!f) return false;
  if (f->kind == SYM_BUILTIN) return builtin_is_random(f);
  if (f->kind == SYM_NATIVE) return native_of(f) && native_of(f)->impure;
  return f->kind == SYM_FUNC && f->decl && f->decl->info && ((FuncInfo *)f->decl->info)->varies;
}

bool expr_varies(const Node *n) {
  if (!n) return false;
  if (n->kind == N_NAME || n->kind == N_PREV) return sym_varies(n);
  if (n->kind == N_MEMBER) {
    bool script =
        n->kid[0]->type.kind == TY_POP || n->kid[0]->type.kind == TY_PROJ || n->kid[0]->type.kind == TY_SPIKES;
    if (!script && n->sym && n->sym->kind <= SYM_SELFVAR) return true;
    return expr_varies(n->kid[0]);
  }
  if (n->kind == N_CALL && call_varies(n)) return true;
  if (n->kind == N_INDEX && n->kid[0]->type.kind == TY_POP) return false;
  if (n->kind == N_INDEX && node_is_signal(n)) return true;
  for (int k = 0; k < 4; k++)
    if (n->kind != N_NUM && n->kind != N_COMP && !(n->kind == N_IN && k == 1) && expr_varies(n->kid[k])) return true;
  for (int k = 0; k < n->nlist; k++)
    if (expr_varies(n->list[k])) return true;
  return n->kind == N_COMP && (expr_varies(n->kid[0]) || expr_varies(n->kid[1]));
}

static unsigned name_reads(const Node *n) {
  const Sym *s = n->sym;
  if (!s) return n->place == PLACE_PRE ? READS_PRE : n->place == PLACE_POST ? READS_POST : 0;
  if (n->kind == N_MEMBER && n->place == PLACE_PRE) return READS_PRE;
  if (n->kind == N_MEMBER && n->place == PLACE_POST) return READS_POST;
  if (s->kind == SYM_SELFVAR) return s->selfvar == SV_DISTANCE ? READS_SYN : 0;
  return s->kind <= SYM_SIGNAL || s->kind == SYM_LOCAL ? var_reads(s) : 0;
}

// Which of a synapse's neurons and values an expression reads.
unsigned expr_reads(const Node *n) {
  if (!n) return 0;
  unsigned r = n->kind == N_NAME || n->kind == N_MEMBER || n->kind == N_PREV ? name_reads(n) : 0;
  if (n->kind == N_NAME || n->kind == N_MEMBER || n->kind == N_PREV || n->kind == N_NUM) return r;
  for (int k = 0; k < 4; k++) r |= expr_reads(n->kid[k]);
  for (int k = 0; k < n->nlist; k++) r |= expr_reads(n->list[k]);
  return r;
}
