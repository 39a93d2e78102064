// SPDX-License-Identifier: MIT
// Networks: reusable circuits. `network N(a = 1) { items }` declares one, `build c = N(a = 2)` makes one, whose parts are
// c.E, c.inner.E, or c[k].E where several were built at once.
//
// Each build checks a clone of the items in a scope of its own, so that parameters may have other values, units and kinds
// each time; an error in it points at the body and says where it was built. The declaration is checked once for itself,
// with the defaults of its parameters.
//
// A part named from outside is the symbol of the item itself: the node c.E becomes a NAME with that symbol in its info.
// Of several built at once, c.E is an array and c[k].E its element.
#include "lang/check_impl.h"

typedef struct Network {
  Scope *scope; // where it was declared
  Type *types;  // of the parameters' defaults; TY_NONE: it has none
  bool bad;     // errors were reported: builds are silent
} Network;

typedef struct Built {
  Scope *parts;
  const char *network;
  bool numbered, bad;
} Built;

// ---- what a network holds ----

static bool network_item(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_POPULATION:
  case N_CONNECT:
  case N_INJECT:
  case N_INJSPIKES:
  case N_RECORD:
  case N_RECSPIKES:
  case N_SIGNAL:
  case N_BUILD:
  case N_LET:
  case N_ASSIGN:
  case N_IF:
  case N_FOR:
  case N_WHILE:
  case N_AT:
  case N_EVERY:
  case N_BLOCK:
  case N_PRINT:
  case N_EXPRSTMT:
  case N_EXPECT: return true;
  default: return false;
  }
}

bool network_holds(Checker *c, Node *n) {
  if (!c->cx->in_network || network_item(n)) return true;
  rule_network_item(c, n);
  return false;
}

// ---- parameters ----

static Sym *missing_param(Checker *c, Node *param) {
  Sym *s = sym_new(c, SYM_PARAM, param->name, param, type_of(TY_NONE));
  if (param->kid[1]) s->type = type_of_unit(c, param->kid[1]);
  return s;
}

static Node *param_named(const Node *decl, const Node *arg, int *next) {
  int at = arg->name ? -1 : (*next)++;
  for (int k = 0; k < decl->nlist2; k++)
    if (arg->name ? decl->list2[k]->name == arg->name : k == at) return decl->list2[k];
  return NULL;
}

static void unknown_argument(Checker *c, const Node *decl, Node *call, Node *arg) {
  const char **names = NEWN(c->a, const char *, decl->nlist2 + 1);
  for (int k = 0; k < decl->nlist2; k++) names[k] = decl->list2[k]->name->text;
  rule_unknown_param(c, arg, call, names, decl->nlist2);
}

// A `let` that stands for a parameter: name and unit of its declaration, the value given.
static Node *param_let(Checker *c, const Node *param, Node *value) {
  Node *let = node_new(N_LET, value->span, c->a);
  let->name = param->name;
  let->name_span = param->name_span;
  let->flags = NF_CONST;
  let->kid[0] = value;
  if (param->kid[1]) let->kid[1] = node_clone(param->kid[1], c->a);
  return let;
}

// The arguments, checked where they stand, in the order of the parameters; NULL where the default holds.
static Node **check_arguments(Checker *c, const Node *decl, const Network *net, Node *call) {
  Node **lets = NEWN(c->a, Node *, decl->nlist2 + 1);
  int next = 0;
  for (int k = 0; call && call->kind == N_CALL && k < call->nlist; k++) {
    Node *arg = call->list[k], *param = param_named(decl, arg, &next);
    if (!param) {
      unknown_argument(c, decl, call, arg);
      check_value(c, arg->kid[0]);
      continue;
    }
    int at = 0;
    while (decl->list2[at] != param) at++;
    if (lets[at]) rule_argument_twice(c, arg);
    lets[at] = param_let(c, param, arg->kid[0]);
    Type t = check_let_value(c, lets[at]), want = net->types[at];
    if (!param->kid[1] && type_known(t) && type_known(want) && type_numeric(t) && type_numeric(want) && !dims_agree(t, want))
      rule_quantity(c, arg->kid[0], t, want, param->name->text);
    else if (!param->kid[1] && type_known(t) && type_known(want) && type_numeric(t) != type_numeric(want))
      rule_wrong_kind(c, arg->kid[0], t, say(c, want));
  }
  return lets;
}

static Sym *declare_param(Checker *c, const Node *param, Node *let, Type t) {
  Sym *s = sym_global(c, SYM_GLOBAL, param->name, let, t);
  s->param = true;
  declare(c, s, param->name_span);
  s->doc = param->doc;
  return s;
}

// In the scope of the build: parameters in order, so that a default may read those before it.
static void bind_params(Checker *c, const Node *decl, BuildInfo *b, Node **given, Node *at, Type *types) {
  b->nparams = decl->nlist2;
  b->param = NEWN(c->a, Sym *, b->nparams + 1);
  b->value = NEWN(c->a, Node *, b->nparams + 1);
  for (int k = 0; k < b->nparams; k++) {
    const Node *param = decl->list2[k];
    Node *let = given ? given[k] : NULL;
    Type t = type_of(TY_ANY);
    if (!let && param->kid[0]) {
      let = param_let(c, param, node_clone(param->kid[0], c->a));
      t = check_let_value(c, let);
      if (types) types[k] = t;
    } else if (let)
      t = let->type;
    else if (at)
      rule_param_missing(c, at, missing_param(c, (Node *)param), decl->name->text);
    else if (param->kid[1])
      t = type_of_unit(c, param->kid[1]);
    if (types && !param->kid[0]) types[k] = type_of(TY_ANY);
    b->value[k] = let ? let->kid[0] : NULL;
    b->param[k] = declare_param(c, param, let ? let : (Node *)param, t);
  }
}

// ---- the items ----

static void qualify(Checker *c, Node *n, const char *prefix) {
  bool shown = (n->kind == N_POPULATION || n->kind == N_CONNECT || n->kind == N_RECORD || n->kind == N_RECSPIKES) && n->name;
  if (shown) n->name = intern_str(c->in, arena_printf(c->a, "%s.%s", prefix, n->name->text));
}

static void check_items(Checker *c, const Node *decl, BuildInfo *b, const char *prefix) {
  b->nitems = decl->nlist;
  b->item = NEWN(c->a, Node *, b->nitems + 1);
  for (int k = 0; k < b->nitems; k++) {
    b->item[k] = node_clone(decl->list[k], c->a);
    check_statement(c, b->item[k]);
    qualify(c, b->item[k], prefix);
  }
}

// Parameters and items in a scope of their own, which is returned.
static Scope *expand(Checker *c, const Node *decl, Scope *around, BuildInfo *b, Node **given, Node *at, const char *prefix,
                     Type *types) {
  Ctx cx;
  ctx_again(c, &cx);
  Scope *s = cx.scope = scope_new(around, c->a);
  s->local = true;
  cx.in_block = cx.in_network = true;
  bind_params(c, decl, b, given, at, types);
  check_items(c, decl, b, prefix);
  ctx_leave(c);
  return s;
}

void declare_network(Checker *c, Node *n) {
  Network *net = NEW(c->a, Network);
  BuildInfo b = {0};
  Sym *sym = sym_new(c, SYM_NETWORK, n->name, n, type_of(TY_MODULE));
  int errors = diags_errors(c->d), asked = c->asked.n, recorded = c->recorded.n;
  sym->doc = n->doc;
  sym->decl_info = net;
  net->scope = c->cx->scope;
  net->types = NEWN(c->a, Type, n->nlist2 + 1);
  expand(c, n, net->scope, &b, NULL, NULL, n->name->text, net->types);
  net->bad = diags_errors(c->d) > errors;
  c->asked.n = asked; // what is asked of this one is asked again of each that is built
  c->recorded.n = recorded;
  declare(c, sym, n->name_span);
}

// ---- several at once ----

static bool is_recorded(const Checker *c, const Sym *pop) {
  for (int k = 0; k < c->recorded.n; k++)
    if (c->recorded.data[k] == pop) return true;
  return false;
}

static void add_list(Checker *c, BuildInfo *b, Scope *to, Sym *part, Type t) {
  SymKind kind = part->kind == SYM_SIGNAL ? SYM_GLOBAL : (SymKind)part->kind; // an array of signals is none itself
  Sym *list = sym_global(c, kind, part->name, part->decl, t);
  list->signal = part->signal;
  list->pop_model = part->pop_model;
  list->doc = part->doc;
  scope_add(to, list, c->a);
  if (part->kind == SYM_POP && is_recorded(c, part)) vec_push(&c->recorded, list);
  list_grow(b->part, b->nparts, c->a);
  list_grow(b->list, b->nparts, c->a);
  b->part[b->nparts] = part;
  b->list[b->nparts++] = list;
}

// For each part of one the array of those of all.
static Scope *list_scope(Checker *c, BuildInfo *b, const Scope *one) {
  Scope *to = scope_new(NULL, c->a);
  for (int k = 0; k < one->norder; k++) {
    Sym *s = one->order[k];
    Type t = s->type;
    if (s->kind == SYM_BUILT) {
      Built *inner = s->decl_info, *all = NEW(c->a, Built);
      if (inner->numbered) continue;
      *all = *inner;
      all->numbered = true;
      all->parts = list_scope(c, b, inner->parts);
      Sym *built = sym_new(c, SYM_BUILT, s->name, s->decl, s->type);
      built->decl_info = all;
      scope_add(to, built, c->a);
    } else if (t.kind == TY_POP || t.kind == TY_PROJ) {
      t.kind = t.kind == TY_POP ? TY_POPS : TY_PROJS;
      add_list(c, b, to, s, t);
    } else if (s->kind == SYM_REC || s->kind == SYM_SIGNAL) {
      if (type_known(t)) add_list(c, b, to, s, type_list(t, c->a));
    } else if (s->kind == SYM_GLOBAL && type_is_number(t))
      add_list(c, b, to, s, type_array((TypeKind)t.kind, 1, t.dim, t.unit));
  }
  return to;
}

// ---- build ----

static Sym *network_of(Checker *c, Node *name) {
  Sym *s = name->kind == N_NAME ? scope_find(c->cx->scope, name->name, false, NULL) : NULL;
  if (!s) return rule_unknown_network(c, name), NULL;
  name->sym = s;
  if (s->kind != SYM_NETWORK) return rule_not_a_network(c, name, s), NULL;
  return s;
}

static void check_build_of(Checker *c, Node *n, Sym *network, Built *built, BuildInfo *b) {
  const Network *net = network->decl_info;
  const Node *decl = network->decl;
  if (c->uses.n >= NESTED_USES) return;
  int errors = diags_errors(c->d);
  Node **given = check_arguments(c, decl, net, n->kid[0]);
  if (diags_errors(c->d) > errors) return;
  built->network = decl->name->text;
  vec_push(&c->uses, (Use){n->span, arena_printf(c->a, "%s is built here", decl->name->text)});
  built->parts = expand(c, decl, net->scope, b, given, n->kid[0], n->name->text, NULL);
  (void)vec_pop(&c->uses);
}

void check_build(Checker *c, Node *n) {
  BuildInfo *b = NEW(c->a, BuildInfo);
  Built *built = NEW(c->a, Built);
  Ctx cx;
  int errors = diags_errors(c->d);
  require_place(c, n, "a network");
  n->info = b;
  Sym *network = network_of(c, n->kid[0]->kind == N_CALL ? n->kid[0]->kid[0] : n->kid[0]);
  built->bad = !network || ((const Network *)network->decl_info)->bad || diags_errors(c->d) > errors;
  built->numbered = n->name2 != NULL;
  ctx_again(c, &cx);
  if (n->name2) b->index = check_numbers(c, n, &cx);
  if (!built->bad) check_build_of(c, n, network, built, b);
  ctx_leave(c);
  built->bad |= diags_errors(c->d) > errors || !built->parts;
  if (!built->bad && n->name2) built->parts = list_scope(c, b, built->parts);
  Sym *s = sym_new(c, SYM_BUILT, n->name, n, type_of(TY_MODULE));
  s->decl_info = built;
  s->doc = n->doc;
  n->sym = s;
  declare(c, s, n->name_span);
}

// ---- parts ----

// The network that an expression names (c, c.inner, c[2]); `index`: the INDEX of one of several.
static Sym *built_of(Checker *c, Node *n, Scope **where, Node **index) {
  if (n->kind == N_NAME) {
    Sym *s = n->info ? NULL : scope_find(c->cx->scope, n->name, false, where);
    return s && s->kind == SYM_BUILT ? s : NULL;
  }
  if (n->kind != N_MEMBER && n->kind != N_INDEX) return NULL;
  Sym *s = built_of(c, n->kid[0], where, index);
  const Built *b = s ? s->decl_info : NULL;
  if (!b || b->bad) return s;
  if (n->kind == N_INDEX) {
    if (!b->numbered || *index) return NULL;
    *index = n;
    return s;
  }
  Sym *inner = scope_here(b->parts, n->name, false);
  return inner && inner->kind == SYM_BUILT ? inner : NULL;
}

static void no_such_part(Checker *c, Node *n, const Built *b) {
  const char **names = NEWN(c->a, const char *, b->parts->norder + 1);
  for (int k = 0; k < b->parts->norder; k++) names[k] = b->parts->order[k]->name->text;
  rule_unknown_member(c, n, b->network, names, b->parts->norder);
}

bool take_part(Checker *c, Node *n, bool *ok) {
  Scope *where = NULL;
  Node *index = NULL;
  if (n->kind != N_MEMBER) return false;
  Sym *s = built_of(c, n->kid[0], &where, &index);
  if (!s) return false;
  const Built *b = s->decl_info;
  Sym *part = b->bad ? NULL : scope_here(b->parts, n->name, false);
  *ok = part && part->kind != SYM_BUILT;
  if (b->bad) return true;
  if (!part) return no_such_part(c, n, b), true;
  if (part->kind == SYM_BUILT) return rule_not_a_value(c, n, part), true;
  Node *name = index ? node_new(N_NAME, n->span, c->a) : n;
  name->kind = N_NAME;
  name->name_span = n->span;
  name->name = intern_str(c->in, node_text(c, n));
  name->info = name_reached(c, part, where);
  if (!index) return n->kid[0] = NULL, true;
  n->kind = N_INDEX;
  n->kid[0] = name;
  n->list = index->list;
  n->nlist = index->nlist;
  return true;
}
