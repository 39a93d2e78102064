// SPDX-License-Identifier: MIT
// Calls in bodies: operations of the vector core, random draws, series, and functions, which are inlined.
#include "lang/lower_impl.h"
#include "vm/builtin.h"

#include <math.h>

enum { MAX_CALL_DEPTH = 64, MAX_UNROLLED = 1024 };

// Builtins that are one operation of the vector core; 0: none.
static const uint8_t unary_ops[BUILTIN_COUNT] = {
  [BUILTIN_exp] = IR_EXP, [BUILTIN_expm1] = IR_EXPM1, [BUILTIN_log] = IR_LOG, [BUILTIN_log1p] = IR_LOG1P,
  [BUILTIN_log10] = IR_LOG10, [BUILTIN_sqrt] = IR_SQRT, [BUILTIN_cbrt] = IR_CBRT, [BUILTIN_abs] = IR_ABS,
  [BUILTIN_sign] = IR_SIGN, [BUILTIN_floor] = IR_FLOOR, [BUILTIN_ceil] = IR_CEIL, [BUILTIN_round] = IR_ROUND,
  [BUILTIN_sin] = IR_SIN, [BUILTIN_cos] = IR_COS, [BUILTIN_tan] = IR_TAN, [BUILTIN_asin] = IR_ASIN,
  [BUILTIN_acos] = IR_ACOS, [BUILTIN_atan] = IR_ATAN, [BUILTIN_sinh] = IR_SINH, [BUILTIN_cosh] = IR_COSH,
  [BUILTIN_tanh] = IR_TANH, [BUILTIN_erf] = IR_ERF, [BUILTIN_erfc] = IR_ERFC, [BUILTIN_gamma] = IR_GAMMA,
  [BUILTIN_lgamma] = IR_LGAMMA, [BUILTIN_exprel] = IR_EXPREL, [BUILTIN_sigmoid] = IR_SIGMOID,
  [BUILTIN_softplus] = IR_SOFTPLUS, [BUILTIN_isnan] = IR_ISNAN, [BUILTIN_int] = IR_TRUNC,
};

static const Node *arg_of(const Node *call, int k) {
  const Node *a = k < call->nlist ? call->list[k] : NULL;
  return a && a->kind == N_ARG ? a->kid[0] : a;
}

static uint32_t call_stream(Env *e, const Node *n) { return stream_hash(e->path, n->draws); }

// ---- random draws ----
static IrVal draw(Env *e, const Node *n, IrDist dist, int nargs, const IrVal *args) {
  e->drew = e->varies = true;
  return ir_random(e->ir, dist, nargs, args, call_stream(e, n));
}

// The arguments before n =, then min =, max = (left out: no bound).
static IrVal draw_bounded(Env *e, const Node *n, IrDist dist, int nfirst) {
  IrVal args[4];
  for (int k = 0; k < nfirst; k++) args[k] = lower_num(e, arg_of(n, k));
  const Node *lo = arg_of(n, nfirst + 1), *hi = arg_of(n, nfirst + 2);
  if (!lo && !hi) return draw(e, n, dist, nfirst, args);
  args[nfirst] = lo ? lower_num(e, lo) : ir_const(e->ir, -INFINITY);
  args[nfirst + 1] = hi ? lower_num(e, hi) : ir_const(e->ir, INFINITY);
  return draw(e, n, dist, nfirst + 2, args);
}

static IrVal draw_plain(Env *e, const Node *n, IrDist dist, int nargs) {
  IrVal args[4];
  for (int k = 0; k < nargs; k++) args[k] = lower_num(e, arg_of(n, k));
  return draw(e, n, dist, nargs, args);
}

static IrVal draw_choice(Env *e, const Node *n) {
  Slot array;
  const Node *from = arg_of(n, 0);
  if (!from || from->kind != N_NAME || !lower_array(e, from, &array)) {
    env_error(e, E_NOT_SUPPORTED, n, "choice in code of neurons takes the name of a constant array of the script");
    return ir_const(e->ir, 0);
  }
  // The index is found by the length that the array has when the kernel runs: lookups clip to it, and a uniform number
  // times the length truncates to 0..n-1.
  int k = e->caps ? capture_add(e->l, e->caps, (Node *)from, 1) : -1;
  if (k < 0) {
    env_error(e, E_NOT_SUPPORTED, n, "choice cannot stand in bodies of models");
    return ir_const(e->ir, 0);
  }
  IrVal args[2] = {ir_const(e->ir, 0), ir_load(e->ir, slot_capture(k, ACC_UNIFORM))};
  return ir_lookup(e->ir, array, ir_op1(e->ir, IR_TRUNC, draw(e, n, DIST_UNIFORM, 2, args)));
}

static IrVal lower_draw(Env *e, const Node *n, int id) {
  switch (id) {
  case BUILTIN_random: {
    IrVal args[2] = {ir_const(e->ir, 0), ir_const(e->ir, 1)};
    return draw(e, n, DIST_UNIFORM, 2, args);
  }
  case BUILTIN_uniform: return draw_plain(e, n, DIST_UNIFORM, 2);
  case BUILTIN_normal: return draw_bounded(e, n, DIST_NORMAL, 2);
  case BUILTIN_lognormal: return draw_bounded(e, n, DIST_LOGNORMAL, 2);
  case BUILTIN_exponential: return draw_bounded(e, n, DIST_EXPONENTIAL, 1);
  case BUILTIN_gamma_dist: return draw_plain(e, n, DIST_GAMMA, 2);
  case BUILTIN_poisson: return draw_plain(e, n, DIST_POISSON, 1);
  case BUILTIN_binomial: return draw_plain(e, n, DIST_BINOMIAL, 2);
  case BUILTIN_choice: return draw_choice(e, n);
  default: return 0;
  }
}

// ---- other builtins ----
static IrVal fold(Env *e, const Node *n, IrOp op) {
  IrVal v = lower_num(e, arg_of(n, 0));
  for (int k = 1; k < n->nlist; k++) v = ir_op2(e->ir, op, v, lower_num(e, arg_of(n, k)));
  return v;
}

static IrVal lower_builtin(Env *e, const Node *n, int id) {
  Ir *ir = e->ir;
  if (unary_ops[id]) return ir_op1(ir, (IrOp)unary_ops[id], lower_num(e, arg_of(n, 0)));
  switch (id) {
  case BUILTIN_mod: return fold(e, n, IR_MOD);
  case BUILTIN_atan2: return fold(e, n, IR_ATAN2);
  case BUILTIN_min: return fold(e, n, IR_MIN);
  case BUILTIN_max: return fold(e, n, IR_MAX);
  case BUILTIN_clip: {
    IrVal x = lower_num(e, arg_of(n, 0)), lo = lower_num(e, arg_of(n, 1));
    return ir_op2(ir, IR_MIN, ir_op2(ir, IR_MAX, x, lo), lower_num(e, arg_of(n, 2)));
  }
  case BUILTIN_heaviside: return ir_op1(ir, IR_NUM, ir_op2(ir, IR_LE, ir_const(ir, 0), lower_num(e, arg_of(n, 0))));
  case BUILTIN_relu: return ir_op2(ir, IR_MAX, lower_num(e, arg_of(n, 0)), ir_const(ir, 0));
  case BUILTIN_degC: return ir_op2(ir, IR_ADD, lower_num(e, arg_of(n, 0)), ir_const(ir, 273.15));
  default: return lower_draw(e, n, id);
  }
}

// A series at a time: held from sample to sample.
static IrVal lower_series(Env *e, const Node *n) {
  Slot values;
  if (n->nlist != 1 || !lower_array(e, n->kid[0], &values)) {
    env_error(e, E_NOT_SUPPORTED, n, "only a constant series of the script can be called in code of neurons");
    return ir_const(e->ir, 0);
  }
  Slot h = values;
  h.access = ACC_UNIFORM;
  return ir_series(e->ir, values, lower_num(e, arg_of(n, 0)), ir_load(e->ir, h));
}

// ---- functions ----
static void bind_parameters(Env *e, const Node *call, const Node *decl) {
  int first = e->locals.n;
  const FuncInfo *info = decl->info;
  for (int k = 0; k < info->nparams && k < call->nlist; k++) {
    const Node *arg = arg_of(call, k);
    LocalVar x = {.sym = info->params[k]};
    if (arg->type.kind == TY_ARRAY || arg->type.kind == TY_SERIES || arg->type.kind == TY_REC) x.expr = arg;
    else x.v = lower_expr(e, arg);
    vec_push(&e->locals, x);
  }
  e->scope = first;
}

static IrVal inline_function(Env *e, const Node *n, const Sym *f) {
  const Node *decl = f->decl;
  if (e->depth >= MAX_CALL_DEPTH) {
    env_error(e, E_NOT_SUPPORTED, n, "%s calls itself; that cannot be done in code of neurons", f->name->text);
    return ir_const(e->ir, 0);
  }
  Env saved = *e;
  bind_parameters(e, n, decl);
  e->path = call_stream(e, n);
  e->depth++;
  e->scaled = NULL;
  e->view = NULL;
  e->done = e->result = 0;
  IrVal r = 0;
  if (decl->kid[0]) r = lower_expr(e, decl->kid[0]);
  else {
    lower_block(e, decl->kid[1]);
    r = e->result;
    if (!r) env_error(e, E_NOT_SUPPORTED, n, "%s returns nothing", f->name->text);
  }
  e->locals.n = saved.locals.n;
  e->scope = saved.scope, e->path = saved.path, e->depth = saved.depth, e->scaled = saved.scaled;
  e->view = saved.view, e->done = saved.done, e->result = saved.result, e->active = saved.active;
  return r ? r : ir_const(e->ir, 0);
}

// ---- native functions ----
// Numbers cross in the units of the declaration; inside `scaled` blocks they are plain ones, which units do not fit.
static IrVal lower_native(Env *e, const Node *n, const NativeFn *f) {
  IrVal args[NATIVE_LANE_PARAMS];
  for (int k = 0; k < f->nparams; k++) {
    args[k] = lower_num(e, arg_of(n, k));
    if (f->param[k].scale != 1) args[k] = ir_op2(e->ir, IR_DIV, args[k], ir_const(e->ir, f->param[k].scale));
  }
  if (f->impure) e->varies = true;
  ir_span(e->ir, n->span);
  IrVal r = ir_native(e->ir, f, args, f->impure ? env_live(e) : 0);
  if (f->scale != 1) r = ir_op2(e->ir, IR_MUL, r, ir_const(e->ir, f->scale));
  return f->result == NATIVE_BOOL ? to_mask(e, r) : r;
}

IrVal lower_call(Env *e, const Node *n) {
  const Sym *f = n->sym ? n->sym : n->kid[0] ? n->kid[0]->sym : NULL;
  if (n->kid[0] && n->kid[0]->type.kind == TY_SERIES) return lower_series(e, n);
  if (f && f->kind == SYM_FUNC) return inline_function(e, n, f);
  if (native_of(f)) return lower_native(e, n, native_of(f));
  if (f && f->kind == SYM_BUILTIN) {
    IrVal v = lower_builtin(e, n, f->index);
    if (v) return v;
  }
  Diag *d = env_error(e, E_NOT_SUPPORTED, n, "%s cannot be computed neuron by neuron", f && f->name ? f->name->text : "this call");
  diag_hint(d, "compute it in a let of the script above and use its name here");
  return ir_const(e->ir, 0);
}
