// SPDX-License-Identifier: MIT
// Functions. The declaration is checked once for itself, with parameters of unknown dimension; then its body is cloned
// and checked for each combination of argument types, for scripts (frame variables, all statements) and for the values
// of neurons (inlined: let, assignment, if, return). In scripts a function may call itself, with arguments of the same types.
#include "lang/check_impl.h"

#include <string.h>

DeclInfo *decl_new(Checker *c, Sym *sym) {
  DeclInfo *d = mem_alloc(sizeof *d);
  d->sym = sym;
  d->scope = c->cx->scope;
  d->next = c->decls;
  c->decls = d;
  sym->decl_info = d;
  return d;
}

// ---- one clone ----

static Type param_type(Checker *c, Node *p, const Type *given) {
  Type want = p->kid[0] ? type_of_unit(c, p->kid[0]) : given ? *given : type_of(TY_ANY);
  if (!given || !p->kid[0] || !type_known(*given)) return want;
  if (want.kind == TY_NUM && type_numeric(*given)) { // arrays of that unit too
    Type t = array_like(*given, type_num(want.dim, given->unit ? given->unit : want.unit));
    return t;
  }
  return want;
}

static void declare_params(Checker *c, Node *f, FuncInfo *fi, const Type *args) {
  fi->nparams = f->nlist2;
  fi->params = NEWN(c->a, Sym *, f->nlist2 + 1);
  for (int k = 0; k < f->nlist2; k++) {
    Node *p = f->list2[k];
    Sym *s = sym_new(c, fi->lane ? SYM_LOCAL : SYM_FRAME, p->name, p, param_type(c, p, args ? &args[k] : NULL));
    s->slot = fi->lane ? 0 : fi->scope.nslots++;
    if (scope_here(c->cx->scope, p->name, false))
      rule_name_twice(c, p->name_span, scope_here(c->cx->scope, p->name, false));
    scope_add(c->cx->scope, s, c->a);
    fi->params[k] = p->sym = s;
    p->type = s->type;
  }
}

// Whether every way through a block ends with a return.
static bool always_returns(const Node *block) {
  if (!block || block->nlist == 0) return false;
  const Node *last = block->list[block->nlist - 1];
  if (last->kind == N_RETURN) return true;
  if (last->kind != N_IF || !last->kid[2]) return false;
  const Node *other = last->kid[2];
  if (!always_returns(last->kid[1])) return false;
  if (other->kind == N_BLOCK) return always_returns(other);
  const Node *one[] = {other};
  Node wrap = {.kind = N_BLOCK, .list = (Node **)one, .nlist = 1};
  return always_returns(&wrap);
}

static void check_body(Checker *c, Node *f, FuncInfo *fi) {
  if (f->kid[0]) {
    fi->result = check_value(c, f->kid[0]);
    return;
  }
  fi->result = type_of(TY_NONE);
  check_statements(c, f->kid[1]);
  if (fi->result.kind == TY_NONE || fi->result.kind == TY_ERROR) return;
  if (!always_returns(f->kid[1])) rule_return_missing(c, f);
}

// Checks one clone; args NULL: the declaration for itself.
static FuncInfo *check_clone(Checker *c, DeclInfo *d, Node *f, const Type *args, bool lane) {
  FuncInfo *fi = NEW(c->a, FuncInfo);
  Frame frame = {.outer = NULL, .scope = &fi->scope, .is_function = true};
  Ctx cx;
  fi->lane = lane;
  fi->general = !args;
  ctx_enter(c, &cx, lane ? CX_FUNC : CX_SCRIPT);
  cx.func = fi;
  cx.in_block = true;
  cx.frame = lane ? NULL : &frame;
  cx.scope = scope_new(d->scope, c->a);
  cx.scope->local = true;
  cx.scope->frame = cx.frame;
  f->info = fi;
  vec_push(&c->bodies, f);
  declare_params(c, f, fi, args);
  check_body(c, f, fi);
  ctx_leave(c);
  vec_free(&frame.captures);
  vec_free(&frame.inner);
  return fi;
}

void declare_function(Checker *c, Node *n) {
  Sym *sym = sym_new(c, SYM_FUNC, n->name, n, type_of(TY_FUNC));
  DeclInfo *d = decl_new(c, sym);
  Ctx cx;
  n->sym = sym;
  for (int k = 0; k < n->nlist2; k++) {
    Node *p = n->list2[k];
    if (p->nlist || p->op) rule_native_param(c, p);
    if (p->kid[1]) check_value(c, node_clone(p->kid[1], c->a));
  }
  declare(c, sym, n->name_span);
  ctx_enter(c, &cx, CX_SCRIPT);
  int before = diags_errors(c->d);
  d->busy = true;
  n->info = check_clone(c, d, node_clone(n, c->a), NULL, false);
  d->busy = false;
  d->bad = diags_errors(c->d) > before;
  ctx_leave(c);
}

// ---- calls ----

static bool same_type(Type a, Type b) {
  return a.kind == b.kind && a.elem == b.elem && a.ndim == b.ndim && a.anydim == b.anydim && dim_equal(a.dim, b.dim) &&
         same_unit(a.unit, b.unit) && a.info == b.info;
}

static int find_use(DeclInfo *d, const Type *args, int n, bool lane) {
  for (int k = 0; k < d->funcs.n; k++) {
    const FuncUse *u = &d->funcs.data[k];
    bool same = u->lane == lane && u->nargs == n;
    for (int j = 0; same && j < n; j++) same = same_type(u->args[j], args[j]);
    if (same) return k;
  }
  return -1;
}

enum { USES_AT_ONCE = 50 }; // of one function: more means that its arguments never come to rest

// The number of the use; the body of a function that calls itself finds it while it is being checked.
static int make_use(Checker *c, DeclInfo *d, Node *call, const Type *args, int n, bool lane) {
  FuncUse u = {
      .args = arena_dup(args, sizeof *args * (size_t)(n ? n : 1), c->a), .nargs = n, .lane = lane, .busy = true};
  Node *clone = node_clone(d->sym->decl, c->a);
  u.sym = NEW(c->a, Sym);
  *u.sym = *d->sym;
  u.sym->decl = clone;
  clone->sym = u.sym;
  int before = diags_errors(c->d), at = d->funcs.n;
  vec_push(&d->funcs, u);
  vec_push(&c->uses, (Use){call->span, arena_printf(c->a, "%s is called here", d->sym->name->text)});
  d->depth++;
  check_clone(c, d, clone, args, lane);
  d->depth--;
  (void)vec_pop(&c->uses);
  d->funcs.data[at].busy = false;
  d->funcs.data[at].bad = diags_errors(c->d) > before;
  return at;
}

static int fparam_number(const Node *f, Atom name) {
  for (int k = 0; k < f->nlist2; k++)
    if (f->list2[k]->name == name) return k;
  return -1;
}

// Arguments in the order of the parameters, defaults filled in.
static bool place_function_args(Checker *c, Node *call, Node *f, Node **out) {
  int next = 0;
  for (int k = 0; k < call->nlist; k++) {
    Node *arg = call->list[k];
    int at = arg->name ? fparam_number(f, arg->name) : next++;
    if (at < 0) {
      const char **names = NEWN(c->a, const char *, f->nlist2 + 1);
      for (int j = 0; j < f->nlist2; j++) names[j] = f->list2[j]->name->text;
      return rule_unknown_argument(c, arg, call, names, f->nlist2), false;
    }
    if (at >= f->nlist2) return rule_argument_count(c, call, f->nlist2, f->nlist2), false;
    if (out[at]) return rule_argument_twice(c, arg), false;
    out[at] = arg;
  }
  for (int k = 0; k < f->nlist2; k++) {
    if (out[k]) continue;
    if (!f->list2[k]->kid[1]) return rule_argument_missing(c, call, f->list2[k]->name->text), false;
    out[k] = node_new(N_ARG, call->span, c->a);
    out[k]->kid[0] = node_clone(f->list2[k]->kid[1], c->a);
    out[k]->type = check_value(c, out[k]->kid[0]);
  }
  return true;
}

// Arguments against the types the parameters declare.
static bool args_fit(Checker *c, Node *call, Node *f, Node **args) {
  bool ok = true;
  for (int k = 0; k < f->nlist2; k++) {
    Node *p = f->list2[k];
    Type t = args[k]->type;
    if (t.kind == TY_ERROR) ok = false;
    if (!p->kid[0] || !type_known(t)) continue;
    Type want = type_of_unit(c, p->kid[0]);
    bool fits = true;
    if (want.kind == TY_NUM && !type_numeric(t)) fits = false;
    if (want.kind == TY_INT && t.kind != TY_INT && (t.kind != TY_NUM || !dim_is_none(t.dim))) fits = false;
    if ((want.kind == TY_BOOL || want.kind == TY_STR) && t.kind != want.kind) fits = false;
    if (!fits)
      rule_argument_kind(c, call, args[k], p->name->text, t, type_text(want, c->a));
    else if (want.kind == TY_NUM && !dims_agree(t, want))
      rule_argument_unit(c, call, args[k], p->name->text, t, want), fits = false;
    ok &= fits;
  }
  return ok;
}

// Called with values of neurons it is inlined; otherwise it is a function of the script.
static bool called_in_lanes(Checker *c, const FuncInfo *generic, Node **args, int n) {
  if (c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC) return true;
  if (!ctx_lane(c)) return false;
  if (generic->varies) return true;
  for (int k = 0; k < n; k++)
    if (expr_varies(args[k])) return true;
  return false;
}

// What a call of itself gives inside a function: what the returns above it gave, or not known yet.
static Type result_so_far(const FuncInfo *fi) {
  return fi && fi->result.kind != TY_NONE ? fi->result : type_of(TY_ANY);
}

static Type finish_call(Checker *c, Node *call, const FuncUse *u) {
  FuncInfo *fi = u->sym->decl->info;
  if (c->cx->func && c->cx->func != fi) {
    c->cx->func->random |= fi->random;
    c->cx->func->impure |= fi->impure;
    c->cx->func->varies |= fi->varies;
  }
  if (fi->impure && !check_impure(c, call, u->sym->name->text)) return type_error();
  if (u->busy) return u->lane ? (rule_recursion(c, call), type_error()) : result_so_far(fi);
  if (fi->random && c->cx->no_random) return rule_random_place(c, call, c->cx->no_random), type_error();
  return u->bad ? type_error() : fi->result;
}

Type check_function_call(Checker *c, Node *call, Sym *f) {
  DeclInfo *d = f->decl_info;
  Node *decl = f->decl;
  for (int k = 0; k < call->nlist; k++) call->list[k]->type = check_value(c, call->list[k]->kid[0]);
  if (d->bad) return type_error();
  Node **args = NEWN(c->a, Node *, decl->nlist2 + 1);
  if (!place_function_args(c, call, decl, args) || !args_fit(c, call, decl, args)) return type_error();
  if (d->busy) return type_of(TY_ANY); // the declaration for itself
  int n = decl->nlist2;
  Type *types = NEWN(c->a, Type, n + 1);
  for (int k = 0; k < n; k++) {
    types[k] = args[k]->type;
    types[k].anydim = types[k].anydim && !decl->list2[k]->kid[0];
  }
  bool lane = called_in_lanes(c, decl->info, args, n);
  int use = find_use(d, types, n, lane);
  if (use < 0 && (d->depth >= USES_AT_ONCE || c->uses.n >= NESTED_USES)) return rule_recursion(c, call), type_error();
  if (use < 0) use = make_use(c, d, call, types, n, lane);
  call->list = args;
  call->nlist = n;
  call->sym = call->kid[0]->sym = d->funcs.data[use].sym;
  return finish_call(c, call, &d->funcs.data[use]);
}
