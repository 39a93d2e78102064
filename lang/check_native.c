// SPDX-License-Identifier: MIT
// `native "lib" { ... }`: declarations become descriptions for vm/ffi.h, calls are checked against them. Nothing is loaded
// here.
//
// What calls leave for the compilers: call->sym the SYM_NATIVE, whose decl->info is the NativeFn; call->list has one
// argument for each parameter in order, NULL for the counts of a kernel, which follow from its arrays.
#include "lang/check_impl.h"

#include "vm/ffi.h"

#include <string.h>

// ---- types ----

static const struct {
  const char *name;
  NativeType type;
} TYPES[] = {{"real", NATIVE_REAL},   {"real32", NATIVE_REAL32}, {"int", NATIVE_INT},      {"int32", NATIVE_INT32},
             {"bool", NATIVE_BOOL},   {"count", NATIVE_COUNT},   {"string", NATIVE_STRING}};

// What C calls them.
static const char *meant(const char *name) {
  static const char *const c[][2] = {{"double", "real"},  {"float", "real32"}, {"float64", "real"},  {"float32", "real32"},
                                     {"long", "int"},     {"int64", "int"},    {"int64_t", "int"},   {"int32_t", "int32"},
                                     {"char", "string"},  {"str", "string"},   {"size_t", "count"},  {"number", "real"}};
  for (size_t k = 0; k < sizeof c / sizeof *c; k++)
    if (strcmp(c[k][0], name) == 0) return c[k][1];
  return NULL;
}

typedef struct Passed { // how a value crosses
  NativeType native;
  Type type; // in the language
  double scale;
} Passed;

static bool named_type(const Node *unit, Passed *out) {
  if (unit->kind != N_UNIT || unit->num != 1) return false;
  for (size_t k = 0; k < sizeof TYPES / sizeof *TYPES; k++) {
    if (!named(unit->name, TYPES[k].name)) continue;
    NativeType t = TYPES[k].type;
    bool number = t == NATIVE_REAL || t == NATIVE_REAL32;
    out->native = t;
    out->type = number ? type_num(DIM_NONE, NULL)
                       : type_of(t == NATIVE_BOOL ? TY_BOOL : t == NATIVE_STRING ? TY_STR : TY_INT);
    return true;
  }
  return false;
}

// What stands after `:` or `->`. False after a report.
static bool passed_as(Checker *c, Node *unit, Passed *out) {
  Unit u;
  *out = (Passed){.scale = 1};
  if (named_type(unit, out)) {
    unit->type = out->type;
    return true;
  }
  if (unit->kind == N_UNIT && !unit_lookup(unit->name->text, unit->name->n, &u))
    return rule_native_type(c, unit, meant(unit->name->text)), false;
  if (unit->kind == N_LIKE) return rule_native_type(c, unit, NULL), false;
  out->native = NATIVE_REAL;
  out->type = type_of_unit(c, unit);
  out->scale = unit_scale(unit);
  return out->type.kind == TY_NUM;
}

// ---- declarations ----

static int param_named(const Node *f, Atom name) {
  for (int k = 0; k < f->nlist2; k++)
    if (f->list2[k]->name == name) return k;
  return -1;
}

static bool is_count(const Node *p) { return p->kid[0] && p->kid[0]->kind == N_UNIT && named(p->kid[0]->name, "count"); }

static bool declare_sizes(Checker *c, const Node *f, Node *p, NativeParam *out) {
  if (p->nlist > ARRAY_DIMS) return rule_native_sizes(c, p, p), false;
  for (int k = 0; k < p->nlist; k++) {
    Node *s = p->list[k];
    int at = s->kind == N_NAME ? param_named(f, s->name) : -1;
    bool fixed = s->kind == N_NUM && s->flags & NF_INT && !s->kid[0] && s->num >= 1 && s->num < 1e9;
    if (!fixed && (at < 0 || !is_count(f->list2[at]))) return rule_native_sizes(c, p, s), false;
    out->size[k] = (NativeSize){.count = fixed ? -1 : at, .fixed = fixed ? (int64_t)s->num : 0};
  }
  out->ndim = p->nlist;
  return true;
}

static bool declare_param(Checker *c, const Node *f, int k, NativeParam *out) {
  Node *p = f->list2[k];
  bool kernel = f->flags & NF_KERNEL;
  Passed t;
  if (!p->kid[0]) return rule_native_untyped(c, p), false;
  if (p->kid[1]) return rule_native_default(c, p), false;
  if (param_named(f, p->name) < k) return fault(c, E_NAME_TWICE, p->name_span, "`%s` is declared twice", p->name->text), false;
  if (!passed_as(c, p->kid[0], &t)) return false;
  p->type = t.type;
  *out = (NativeParam){.name = p->name->text, .type = (uint8_t)t.native, .scale = t.scale};
  out->dir = (uint8_t)(p->op == DIR_OUT ? NATIVE_OUT : p->op == DIR_INOUT ? NATIVE_INOUT : NATIVE_IN);
  bool plain = !p->nlist && p->op == DIR_IN;
  if (!kernel && (!plain || t.native == NATIVE_COUNT)) return rule_native_function_param(c, p), false;
  if (!plain && (t.native == NATIVE_STRING || t.native == NATIVE_COUNT)) return rule_native_array(c, p), false;
  if (kernel && k == 0 && t.native != NATIVE_COUNT) return rule_native_count_first(c, p), false;
  return declare_sizes(c, f, p, out);
}

static bool declare_result(Checker *c, Node *f, NativeFn *out) {
  Passed t = {.scale = 1};
  if (f->kid[0] && !passed_as(c, f->kid[0], &t)) return false;
  if (f->kid[0] && t.native == NATIVE_COUNT) t.native = NATIVE_INT;
  f->type = f->kid[0] ? t.type : type_of(TY_NONE);
  out->result = (uint8_t)(f->kid[0] ? t.native : NATIVE_VOID);
  out->scale = t.scale;
  return true;
}

static bool declare_native_function(Checker *c, Node *f, NativeLib *lib, NativeFn *out) {
  *out = (NativeFn){.name = f->name->text, .lib = lib, .kernel = (f->flags & NF_KERNEL) != 0, .span = f->span, .nparams = f->nlist2};
  if (f->name2) return not_supported(c, f->span, "the derivative of a native function"), false;
  if (f->nlist2 > NATIVE_PARAMS) return rule_native_many(c, f, NATIVE_PARAMS), false;
  out->param = NEWN(c->a, NativeParam, f->nlist2 + 1);
  for (int k = 0; k < f->nlist2; k++)
    if (!declare_param(c, f, k, &out->param[k])) return false;
  if (out->kernel && !f->nlist2) return rule_native_count_first(c, f), false;
  if (!declare_result(c, f, out)) return false;
  out->impure = out->kernel || f->flags & NF_IMPURE || out->result == NATIVE_VOID;
  return true;
}

static const char *directory_of(Checker *c) {
  const char *slash = c->path && c->path[0] != '<' ? strrchr(c->path, '/') : NULL;
  return slash ? arena_strndup(c->path, (size_t)(slash - c->path), c->a) : "";
}

void declare_native(Checker *c, Node *n) {
  NativeLib *lib = NEW(c->a, NativeLib);
  *lib = (NativeLib){.name = arena_strndup(n->text ? n->text : "", n->textn, c->a), .dir = directory_of(c), .span = n->name_span.file ? n->name_span : n->span};
  lib->dirs = c->native_dirs;
  lib->ndirs = c->nnative_dirs;
  lib->fn = NEWN(c->a, NativeFn, n->nlist + 1);
  if (n->textn == 0) rule_native_nameless(c, n);
  for (int k = 0; k < n->nlist; k++) {
    Node *f = n->list[k];
    Sym *sym = sym_new(c, SYM_NATIVE, f->name, f, type_of(TY_FUNC));
    sym->doc = f->doc;
    f->sym = sym;
    if (declare_native_function(c, f, lib, &lib->fn[lib->nfn])) f->info = &lib->fn[lib->nfn++];
    declare(c, sym, f->name_span);
  }
  n->info = lib;
  vec_push(&c->natives, lib);
}

const NativeFn *native_of(const Sym *sym) {
  return sym && sym->kind == SYM_NATIVE && sym->decl ? sym->decl->info : NULL;
}

// ---- calls ----

static int parameter(const Node *f, Atom name, bool counts) {
  int k = param_named(f, name);
  return k >= 0 && !counts && is_count(f->list2[k]) ? -1 : k;
}

// Arguments in the order of the parameters; counts have none.
static bool place_native_args(Checker *c, Node *call, const Node *f, bool kernel, Node **out) {
  int next = 0, most = 0;
  const char **names = NEWN(c->a, const char *, f->nlist2 + 1);
  for (int k = 0; k < f->nlist2; k++)
    if (!kernel || !is_count(f->list2[k])) names[most++] = f->list2[k]->name->text;
  for (int k = 0; k < call->nlist; k++) {
    Node *arg = call->list[k];
    while (!arg->name && kernel && next < f->nlist2 && is_count(f->list2[next])) next++;
    int at = arg->name ? parameter(f, arg->name, !kernel) : next++;
    if (at < 0) return rule_unknown_argument(c, arg, call, names, most), false;
    if (at >= f->nlist2) return rule_argument_count(c, call, most, most), false;
    if (out[at]) return rule_argument_twice(c, arg), false;
    out[at] = arg;
  }
  for (int k = 0; k < f->nlist2; k++)
    if (!out[k] && !(kernel && is_count(f->list2[k]))) return rule_argument_missing(c, call, f->list2[k]->name->text), false;
  return true;
}

static const char *wanted(Checker *c, const NativeParam *p, Type want) {
  if (!p->ndim) return type_text(want, c->a);
  Type t = type_array((TypeKind)want.kind, p->ndim, want.dim, want.unit);
  return type_text(t, c->a);
}

// A value against the type a parameter declares. Elements of arrays where `arrays`.
static bool native_arg_fits(Checker *c, Node *call, Node *arg, const NativeParam *p, Type want, bool arrays) {
  Type t = arg->type;
  if (t.kind == TY_ERROR) return false;
  if (!type_known(t)) return true;
  bool shaped = p->ndim ? type_is_array(t) && t.kind != TY_TABLE && (t.ndim == p->ndim || t.ndim < 0) : arrays || !type_is_array(t);
  bool fits = shaped;
  TypeKind elem = type_elem(t);
  if (want.kind == TY_STR) fits = t.kind == TY_STR;
  else if (want.kind == TY_BOOL) fits = fits && elem == TY_BOOL;
  else fits = fits && type_numeric(t);
  if (!fits && p->ndim && t.kind == TY_ARRAY && t.ndim > 0 && t.ndim != p->ndim && type_numeric(t))
    return rule_native_axes(c, call, arg, p->name, p->ndim, t.ndim), false;
  if (!fits) return rule_argument_kind(c, call, arg, p->name, t, wanted(c, p, want)), false;
  if (want.kind == TY_INT && elem == TY_NUM && !t.anydim && !dim_is_none(t.dim))
    return rule_argument_kind(c, call, arg, p->name, t, wanted(c, p, want)), false;
  if (want.kind == TY_NUM && !dims_agree(t, want)) return rule_argument_unit(c, call, arg, p->name, t, want), false;
  return true;
}

static Type function_result(const Node *f, Node **args, const NativeFn *fn) {
  Type r = f->type;
  int ndim = 0;
  bool array = false;
  for (int k = 0; k < fn->nparams; k++) {
    Type t = args[k]->type;
    if (!type_is_array(t)) continue;
    ndim = array && (ndim < 0 || t.ndim < 0) ? -1 : array && ndim > t.ndim ? ndim : t.ndim;
    array = true;
  }
  return array && type_is_number(r) ? type_array((TypeKind)r.kind, ndim, r.dim, r.unit) : r;
}

static bool impure_allowed(Checker *c, Node *call, const char *name) {
  if (c->cx->func) c->cx->func->impure = c->cx->func->varies = true;
  bool script = c->cx->kind == CX_SCRIPT || c->cx->kind == CX_FUNC || c->cx->kind == CX_BLOCK;
  return script || c->cx->effects || (rule_impure_place(c, call, name), false);
}

bool check_impure(Checker *c, Node *call, const char *name) { return impure_allowed(c, call, name); }

static Type call_native_function(Checker *c, Node *call, Sym *f, const NativeFn *fn) {
  Node **args = NEWN(c->a, Node *, fn->nparams + 1);
  bool body = c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC, ok = true;
  if (!place_native_args(c, call, f->decl, false, args)) return type_error();
  if (fn->impure && !impure_allowed(c, call, fn->name)) return type_error();
  if (body && fn->nparams > NATIVE_LANE_PARAMS) return rule_native_many(c, call, NATIVE_LANE_PARAMS), type_error();
  for (int k = 0; k < fn->nparams; k++) {
    ok &= native_arg_fits(c, call, args[k], &fn->param[k], f->decl->list2[k]->type, ctx_lane(c) ? c->cx->kind == CX_FUNC : true);
    if (ok && body && fn->param[k].type == NATIVE_STRING) ok = (rule_native_text(c, args[k]), false);
  }
  if (ok && body && fn->result == NATIVE_STRING) ok = (rule_native_text(c, call), false);
  call->list = args;
  call->nlist = fn->nparams;
  return ok ? function_result(f->decl, args, fn) : type_error();
}

// Two results cannot go to one variable.
static bool results_apart(Checker *c, Node **args, const NativeFn *fn) {
  for (int k = 0; k < fn->nparams; k++)
    for (int j = 0; j < k; j++) {
      if (fn->param[k].dir == NATIVE_IN || fn->param[j].dir == NATIVE_IN || !args[k] || !args[j]) continue;
      const Node *a = args[k]->kid[0], *b = args[j]->kid[0];
      bool same = a->kind == N_NAME ? b->kind == N_NAME && a->sym == b->sym
                                    : a->kind == N_MEMBER && b->kind == N_MEMBER && a->name == b->name && a->kid[0]->kind == N_NAME &&
                                          b->kid[0]->kind == N_NAME && a->kid[0]->sym == b->kid[0]->sym;
      if (same) return rule_native_twice(c, args[k], args[j]), false;
    }
  return true;
}

// `out` and `inout` name what is changed.
static bool changed_place(Checker *c, Node *arg, const NativeParam *p, Type want) {
  Node *place = arg->kid[0];
  if (place->kind != N_NAME && place->kind != N_MEMBER && place->kind != N_INDEX) return rule_native_place(c, arg, p->name), false;
  Type t = check_changed(c, place);
  if (t.kind == TY_ERROR) return false;
  (void)want;
  return true;
}

static Type call_kernel(Checker *c, Node *call, Sym *f, const NativeFn *fn) {
  Node **args = NEWN(c->a, Node *, fn->nparams + 1);
  bool ok = place_native_args(c, call, f->decl, true, args);
  if (c->cx->func) c->cx->func->impure = c->cx->func->varies = true;
  for (int k = 0; ok && k < fn->nparams; k++) {
    const NativeParam *p = &fn->param[k];
    if (!args[k]) continue;
    ok = native_arg_fits(c, call, args[k], p, f->decl->list2[k]->type, false);
    if (ok && p->dir != NATIVE_IN) ok = changed_place(c, args[k], p, f->decl->list2[k]->type);
  }
  ok = ok && results_apart(c, args, fn);
  call->list = args;
  call->nlist = fn->nparams;
  return ok ? f->decl->type : type_error();
}

Type check_native_call(Checker *c, Node *call, Sym *f) {
  const NativeFn *fn = native_of(f);
  for (int k = 0; k < call->nlist; k++) call->list[k]->type = check_value(c, call->list[k]->kid[0]);
  call->sym = call->kid[0]->sym = f;
  if (!fn) return type_error(); // its declaration was reported
  if (!fn->kernel) return call_native_function(c, call, f, fn);
  if (c->cx->kind != CX_SCRIPT) return rule_kernel_place(c, call), type_error();
  return call_kernel(c, call, f, fn);
}

// ---- kernels in handlers ----

static bool is_own_state(const Node *v, const Model *m) {
  const Sym *s = v->kind == N_NAME ? v->sym : NULL;
  return s && s->model == m && (s->kind == SYM_STATE || s->kind == SYM_WEIGHT);
}

static bool is_script_array(const Node *v) {
  return v->kind == N_NAME && v->sym && v->sym->kind == SYM_GLOBAL && type_is_array(v->type);
}

static bool handler_array(Checker *c, Node *call, Node *arg, const NativeParam *p, Type want) {
  Node *v = arg->kid[0];
  if (p->dir != NATIVE_IN) {
    if (!is_own_state(v, c->cx->model)) return rule_kernel_state(c, arg, p->name), false;
    if (p->ndim != 1 || p->size[0].count < 0) return rule_kernel_column(c, arg, p->name), false;
  } else if (is_script_array(v)) {
    return native_arg_fits(c, call, arg, p, want, false);
  } else if (p->ndim != 1 || p->size[0].count < 0) {
    return rule_kernel_column(c, arg, p->name), false;
  }
  NativeParam one = *p;
  one.ndim = 0;
  return native_arg_fits(c, call, arg, &one, want, false);
}

static bool plain_text_node(const Node *v) {
  return v->kind == N_STR && (v->nlist == 0 || (v->nlist == 1 && v->list[0]->kind == N_STRTEXT));
}

static bool handler_value(Checker *c, Node *call, Node *arg, const NativeParam *p, Type want) {
  if (p->dir != NATIVE_IN) return rule_kernel_out_value(c, arg, p->name), false;
  if (p->type == NATIVE_STRING && !plain_text_node(arg->kid[0])) return rule_native_text(c, arg), false;
  return native_arg_fits(c, call, arg, p, want, false);
}

// A kernel as a statement of `on step`, `on every`: false if it is no kernel call. Arrays are columns of the population.
bool check_kernel_statement(Checker *c, Node *n) {
  Node *call = n->kid[0];
  Sym *f = call->kind == N_CALL && call->kid[0]->kind == N_NAME ? scope_find(c->cx->scope, call->kid[0]->name, true, NULL) : NULL;
  const NativeFn *fn = native_of(f);
  if (!fn || !fn->kernel) return false;
  bool place = c->cx->model && c->cx->model->kind == MODEL_NEURON && (c->cx->on == ON_STEP || c->cx->on == ON_EVERY);
  if (!place || c->cx->nested || c->cx->scaled) return rule_kernel_place(c, call), true;
  if (fn->result != NATIVE_VOID) return rule_kernel_result(c, call), true;
  Node **args = NEWN(c->a, Node *, fn->nparams + 1);
  for (int k = 0; k < call->nlist; k++) {
    Node *v = call->list[k]->kid[0];
    call->list[k]->type = plain_text_node(v) ? (v->type = type_of(TY_STR)) : check_value(c, v);
  }
  call->sym = call->kid[0]->sym = f;
  if (!place_native_args(c, call, f->decl, true, args)) return true;
  for (int k = 0; k < fn->nparams; k++) {
    if (!args[k]) continue;
    bool array = fn->param[k].ndim > 0;
    if (!(array ? handler_array : handler_value)(c, call, args[k], &fn->param[k], f->decl->list2[k]->type)) return true;
  }
  if (!results_apart(c, args, fn)) return true;
  call->list = args;
  call->nlist = fn->nparams;
  call->type = n->type = type_of(TY_NONE);
  return true;
}
