// SPDX-License-Identifier: MIT
// Rewriting before emission, where a value was built with contraction on. Every rule looks at the expression alone (never
// at how often a value is used), so the same expression gives the same bits in whatever kernel it stands:
//
//   products in sums     a*b + c -> fma(a, b, c);  c - a*b;  (a*k + b*l) + m -> fma(a, k, fma(b, l, m))
//   uniform factors      (x*k)*l -> x*(k*l);  (x*k)*y -> (x*y)*k;  (x*k)/l -> x*(k/l);  x/k + c -> fma(x, 1/k, c),
//                        the latter also where k is constant in each lane
//   exponentials         exp(x) - 1 -> expm1(x);  a/exprel(x) -> a*bern(x);  a/(1 + exp(x)) -> a*sigmoid(-x);
//                        (s*u)/(exp(r*u) - 1) -> (s/r)*bern(r*u), whole where u is 0, with any of their signs
//   their arguments      any chain of uniform additions and factors around x -> fma(x, k, l)
//
// A lone division stays a division. bern(x) = x/(e^x - 1).
#include "lang/ir_node.h"

#include <string.h>

typedef struct Rw {
  Ir *ir;
  IrVal *to; // by old number
} Rw;

static IrVal make(Ir *ir, int fam, IrVal a, IrVal b) { return ir_make(ir, fam, a, b, 0); }
static IrVal negate(Ir *ir, IrVal a) { return ir_make(ir, FAM_NEG, a, 0, 0); }
static IrVal inverse(Ir *ir, IrVal a) { return make(ir, FAM_DIV, ir_const(ir, 1), a); }
static IrVal arg(const Ir *ir, IrVal v, int i) { return ir_at(ir, v)->arg[i]; }
static IrVal node3(Ir *ir, int fam, IrVal a, IrVal b, IrVal c) {
  return ir_node(ir, (IrNode){.fam = (uint16_t)fam, .nargs = 3, .arg = {a, b, c}, .contract = true});
}
static bool slow(const Ir *ir, IrVal v) { return ir_at(ir, v)->rate != RATE_STEP_LANE; }
// v = x * k or x / k with a lane x and a number k that is the same for all lanes, or v = x / k with a k that is constant
// in each lane (whose inverse is kept in a derived column); *k is then the factor.
static bool scaled(Ir *ir, IrVal v, IrVal *x, IrVal *k) {
  if (ir_uniform(ir, v) || !(ir_is(ir, v, FAM_MUL) || ir_is(ir, v, FAM_DIV))) return false;
  *x = arg(ir, v, 0);
  *k = arg(ir, v, 1);
  if (ir_uniform(ir, *x)) return false;
  if (!ir_uniform(ir, *k) && !(ir_is(ir, v, FAM_DIV) && slow(ir, *k) && !slow(ir, *x))) return false;
  if (ir_is(ir, v, FAM_DIV)) *k = inverse(ir, *k);
  return true;
}

// ---- sums ----
static bool smooth(const Ir *ir, IrVal v) {
  return ir_is(ir, v, FAM_EXP) || ir_is(ir, v, FAM_BERN) || ir_is(ir, v, FAM_SIGMOID);
}
// The factors of a product that may be fused into a sum which is by lane or not as `lanes` says. A number times an
// exponential stays together: that is one operation.
static bool product(Ir *ir, IrVal v, bool lanes, IrVal *x, IrVal *y) {
  if (ir_uniform(ir, v) == lanes) return false;
  if (scaled(ir, v, x, y)) return !smooth(ir, *x);
  if (!ir_is(ir, v, FAM_MUL)) return false;
  *x = arg(ir, v, 0);
  *y = arg(ir, v, 1);
  return true;
}
// fma(p, q, c) + e with e taken into c, where that costs no operation more; else 0.
static IrVal add_inside(Ir *ir, IrVal v, IrVal e) {
  if (!ir_is(ir, v, FAM_FMA)) return 0;
  IrVal p = arg(ir, v, 0), q = arg(ir, v, 1), c = arg(ir, v, 2), x, y;
  if (!ir_uniform(ir, c) && product(ir, c, true, &x, &y)) return ir_fma(ir, p, q, ir_fma(ir, x, y, e));
  if (ir_uniform(ir, c) && ir_uniform(ir, e)) return ir_fma(ir, p, q, make(ir, FAM_ADD, c, e));
  IrVal inner = add_inside(ir, c, e);
  return inner ? ir_fma(ir, p, q, inner) : 0;
}
static IrVal rw_add(Ir *ir, IrVal a, IrVal b) {
  bool lanes = !ir_uniform(ir, a) || !ir_uniform(ir, b);
  IrVal x, y, r;
  if (a != b && product(ir, a, lanes, &x, &y)) return ir_fma(ir, x, y, b);
  if (a != b && product(ir, b, lanes, &x, &y)) return ir_fma(ir, x, y, a);
  if ((r = add_inside(ir, a, b))) return r;
  if ((r = add_inside(ir, b, a))) return r;
  return make(ir, FAM_ADD, a, b);
}
static IrVal rw_sub(Ir *ir, IrVal a, IrVal b) {
  bool lanes = !ir_uniform(ir, a) || !ir_uniform(ir, b);
  IrVal x, y, r;
  if (ir_is(ir, a, FAM_EXP) && ir_number(ir, b, 1)) return make(ir, FAM_EXPM1, arg(ir, a, 0), 0);
  if (ir_is(ir, b, FAM_EXP) && ir_number(ir, a, 1)) return negate(ir, make(ir, FAM_EXPM1, arg(ir, b, 0), 0));
  if (a != b && product(ir, b, lanes, &x, &y))
    return ir_uniform(ir, y) ? ir_fma(ir, x, negate(ir, y), a) : node3(ir, FAM_FNMA, x, y, a);
  if (a != b && product(ir, a, lanes, &x, &y))
    return ir_uniform(ir, b) ? ir_fma(ir, x, y, negate(ir, b)) : node3(ir, FAM_FMS, x, y, b);
  if (ir_uniform(ir, b) && (r = add_inside(ir, a, negate(ir, b)))) return r;
  return make(ir, FAM_SUB, a, b);
}

// ---- products ----
static IrVal rw_mul(Ir *ir, IrVal a, IrVal b) {
  IrVal x, y, k, l;
  if (ir_uniform(ir, a) && !ir_uniform(ir, b)) {
    IrVal t = a;
    a = b;
    b = t;
  }
  if (ir_uniform(ir, a)) return make(ir, FAM_MUL, a, b);
  if (ir_uniform(ir, b)) {
    if (scaled(ir, a, &x, &k)) return make(ir, FAM_MUL, x, make(ir, FAM_MUL, k, b));
    if (ir_is(ir, a, FAM_NEG)) return make(ir, FAM_MUL, arg(ir, a, 0), negate(ir, b));
    if (ir_is(ir, a, FAM_DIV) && ir_uniform(ir, arg(ir, a, 0)))
      return make(ir, FAM_DIV, make(ir, FAM_MUL, arg(ir, a, 0), b), arg(ir, a, 1));
    return make(ir, FAM_MUL, a, b);
  }
  bool sa = scaled(ir, a, &x, &k), sb = scaled(ir, b, &y, &l);
  if (sa && sb) return make(ir, FAM_MUL, make(ir, FAM_MUL, x, y), make(ir, FAM_MUL, k, l));
  if (sa) return make(ir, FAM_MUL, make(ir, FAM_MUL, x, b), k);
  if (sb) return make(ir, FAM_MUL, make(ir, FAM_MUL, a, y), l);
  return make(ir, FAM_MUL, a, b);
}

// ---- arguments of exponentials ----
typedef struct Affine {
  IrVal base, scale, offset; // base * scale + offset; scale 0: 1, offset 0: 0
  int steps;
} Affine;
static void affine_scale(Ir *ir, Affine *f, IrVal k) { f->scale = f->scale ? make(ir, FAM_MUL, f->scale, k) : k; }
static void affine_offset(Ir *ir, Affine *f, IrVal c) {
  if (f->scale) c = make(ir, FAM_MUL, f->scale, c);
  f->offset = f->offset ? make(ir, FAM_ADD, f->offset, c) : c;
}
// Takes the outermost operation of base into scale and offset.
static bool affine_step(Ir *ir, Affine *f) {
  const IrNode n = *ir_at(ir, f->base);
  if (n.rate < RATE_LANE || n.nargs == 0) return false;
  IrVal a = n.arg[0], b = n.nargs > 1 ? n.arg[1] : 0;
  bool ua = ir_uniform(ir, a), ub = b && ir_uniform(ir, b);
  switch (n.fam) {
  case FAM_NEG: affine_scale(ir, f, ir_const(ir, -1)); break;
  case FAM_ADD:
    if (!ub) return false;
    affine_offset(ir, f, b);
    break;
  case FAM_SUB:
    if (ub) affine_offset(ir, f, negate(ir, b));
    else if (ua) affine_offset(ir, f, a), affine_scale(ir, f, ir_const(ir, -1));
    else return false;
    if (ua) a = b;
    break;
  case FAM_MUL:
    if (!ub) return false;
    affine_scale(ir, f, b);
    break;
  case FAM_DIV:
    if (!ub) return false;
    affine_scale(ir, f, inverse(ir, b));
    break;
  case FAM_FMA:
    if (!ub || !ir_uniform(ir, n.arg[2])) return false;
    affine_offset(ir, f, n.arg[2]);
    affine_scale(ir, f, b);
    break;
  default: return false;
  }
  f->base = a;
  return true;
}
static IrVal affine(Ir *ir, IrVal v) {
  if (ir_uniform(ir, v)) return v;
  Affine f = {.base = v};
  while (affine_step(ir, &f)) f.steps++;
  if (!f.steps) return v;
  IrVal k = f.scale ? f.scale : ir_const(ir, 1), c = f.offset ? f.offset : ir_const(ir, 0);
  return ir_fma(ir, f.base, k, c);
}

// ---- quotients ----
// v, as it was built, without factors that are the same for all lanes: core and the (rewritten) factor.
static IrVal strip(Rw *w, IrVal v, IrVal *factor) {
  Ir *ir = w->ir;
  *factor = ir_const(ir, 1);
  for (;;) {
    IrNode n = *ir_at(ir, v);
    if (n.fam == FAM_NEG) *factor = negate(ir, *factor);
    else if (n.fam == FAM_MUL && ir_uniform(ir, n.arg[1])) *factor = make(ir, FAM_MUL, *factor, w->to[n.arg[1]]);
    else if (n.fam == FAM_DIV && ir_uniform(ir, n.arg[1])) *factor = make(ir, FAM_DIV, *factor, w->to[n.arg[1]]);
    else return v;
    v = n.arg[0];
  }
}
// v is e^y - 1 or 1 - e^y as built: y and the sign; else 0.
static IrVal exp_less_one(const Ir *ir, IrVal v, bool *negative) {
  *negative = false;
  if (ir_is(ir, v, FAM_EXPM1)) return arg(ir, v, 0);
  if (ir_is(ir, v, FAM_NEG) && ir_is(ir, arg(ir, v, 0), FAM_EXPM1)) {
    *negative = true;
    return arg(ir, arg(ir, v, 0), 0);
  }
  if (!ir_is(ir, v, FAM_SUB)) return 0;
  IrVal a = arg(ir, v, 0), b = arg(ir, v, 1);
  if (ir_is(ir, a, FAM_EXP) && ir_number(ir, b, 1)) return arg(ir, a, 0);
  *negative = true;
  return ir_is(ir, b, FAM_EXP) && ir_number(ir, a, 1) ? arg(ir, b, 0) : 0;
}
// Whether b = -a as built: x - y and y - x.
static bool opposite(const Ir *ir, IrVal a, IrVal b) {
  return ir_is(ir, a, FAM_SUB) && ir_is(ir, b, FAM_SUB) && arg(ir, a, 0) == arg(ir, b, 1) &&
         arg(ir, a, 1) == arg(ir, b, 0);
}
// (s*u)/(e^(r*u) - 1), given the quotient as built; else 0.
static IrVal bernoulli(Rw *w, IrVal over, IrVal under) {
  Ir *ir = w->ir;
  bool negative;
  IrVal y = exp_less_one(ir, under, &negative), s, r;
  if (!y || ir_uniform(ir, y) || ir_uniform(ir, over)) return 0;
  IrVal u = strip(w, over, &s), v = strip(w, y, &r);
  if (opposite(ir, u, v)) negative = !negative;
  else if (u != v) return 0;
  IrVal k = make(ir, FAM_DIV, s, r);
  return make(ir, FAM_MUL, make(ir, FAM_BERN, affine(ir, w->to[y]), 0), negative ? negate(ir, k) : k);
}
static IrVal divide_by_number(Ir *ir, IrVal a, IrVal k) {
  IrVal x, l;
  if (scaled(ir, a, &x, &l)) return make(ir, FAM_MUL, x, make(ir, FAM_DIV, l, k));
  if (smooth(ir, a)) return make(ir, FAM_MUL, a, inverse(ir, k));
  return make(ir, FAM_DIV, a, k);
}
static IrVal rw_div(Rw *w, IrVal old, IrVal a, IrVal b) {
  Ir *ir = w->ir;
  if (ir_uniform(ir, b)) return ir_uniform(ir, a) ? make(ir, FAM_DIV, a, b) : divide_by_number(ir, a, b);
  IrVal r = bernoulli(w, arg(ir, old, 0), arg(ir, old, 1)), x, k;
  if (r) return r;
  if (ir_is(ir, b, FAM_EXPREL)) return rw_mul(ir, make(ir, FAM_BERN, arg(ir, b, 0), 0), a);
  if (ir_is(ir, b, FAM_EXP)) return rw_mul(ir, make(ir, FAM_EXP, affine(ir, negate(ir, arg(ir, b, 0))), 0), a);
  if (ir_is(ir, b, FAM_ADD) && ir_is(ir, arg(ir, b, 0), FAM_EXP) && ir_number(ir, arg(ir, b, 1), 1))
    return rw_mul(ir, make(ir, FAM_SIGMOID, affine(ir, negate(ir, arg(ir, arg(ir, b, 0), 0))), 0), a);
  if (scaled(ir, b, &x, &k))
    return ir_uniform(ir, a) ? rw_div(w, old, make(ir, FAM_DIV, a, k), x) : rw_mul(ir, make(ir, FAM_DIV, a, x), inverse(ir, k));
  return make(ir, FAM_DIV, a, b);
}

static IrVal rewrite(Rw *w, IrVal old) {
  Ir *ir = w->ir;
  const IrNode n = *ir_at(ir, old);
  if (!n.contract || n.nargs == 0) return ir_rebuild(ir, old, w->to);
  IrVal a = w->to[n.arg[0]], b = n.nargs > 1 ? w->to[n.arg[1]] : 0;
  switch (n.fam) {
  case FAM_ADD: return rw_add(ir, a, b);
  case FAM_SUB: return rw_sub(ir, a, b);
  case FAM_MUL: return rw_mul(ir, a, b);
  case FAM_DIV: return rw_div(w, old, a, b);
  case FAM_EXP: case FAM_EXPREL: case FAM_BERN: case FAM_SIGMOID: return make(ir, n.fam, affine(ir, a), 0);
  default: return ir_rebuild(ir, old, w->to);
  }
}

void ir_mark(const Ir *ir, char *used) {
  for (int i = 0; i < ir->neffects; i++)
    for (int k = 0; k < ir->effect[i].nargs; k++) used[ir->effect[i].arg[k]] = 1;
  for (IrVal v = ir->n - 1; v > 0; v--) {
    const IrNode *n = ir_at(ir, v);
    for (int k = 0; used[v] && k < n->nargs; k++) used[n->arg[k]] = 1;
    for (int k = 0; used[v] && n->matrix && k < n->imm * n->imm; k++)
      if (n->matrix[k]) used[n->matrix[k]] = 1;
  }
}
void ir_rewrite(Ir *ir) {
  int n = ir->n;
  bool contract = ir->contract;
  Span span = ir->span;
  Rw w = {.ir = ir, .to = mem_alloc(sizeof(IrVal) * (size_t)n)};
  char *used = mem_alloc((size_t)n);
  ir_mark(ir, used);
  ir->contract = true;
  for (IrVal v = 1; v < n; v++) {
    if (!used[v]) continue;
    ir->span = ir_at(ir, v)->span;
    w.to[v] = rewrite(&w, v);
  }
  for (int i = 0; i < ir->neffects; i++) {
    IrEffect *e = &ir->effect[i];
    for (int k = 0; k < e->nargs; k++) e->arg[k] = w.to[e->arg[k]];
  }
  ir->contract = contract;
  ir->span = span;
  mem_free(w.to);
  mem_free(used);
}
