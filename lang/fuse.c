// SPDX-License-Identifier: MIT
// Choice of fused operations: what one pass over a block can do with the same bits as the operations it stands for. So
// here, other than in peephole.c, it is free to matter how often a value is used: an operation is taken into another if
// nobody else needs its result, or if it costs less than keeping that.
//
//   exp(x*k + l)*m, the same of bern and sigmoid          EXPA BERNA SIGA
//   q + (x - q)*exp(s*k), with q = p/s, with s = a + b    RELAX RELAXQ GATE
//   x*k + (y*l + z), x*k + (y*l + (z*m + c))              LIN2 LIN3
//   x*y*z                                                 PROD3
//   (x + y) + z, (x - y) + z                              ADD3 SUBADD
//   y where a < b else z                                  SELLT SELLE
//   the same with a linear form as z                      HOLD1 HOLD2
//   emission where a < b, where a < b and not c < d ...   EMITC EMITCC
//   emission of Poisson counts of one mean                EMITP
#include "lang/emit.h"

#include <string.h>

typedef struct Fuse {
  Ir *ir;
  IrVal *to; // by old number
  int *uses; // of the old nodes
} Fuse;

static IrVal arg(const Fuse *f, IrVal v, int i) { return ir_at(f->ir, v)->arg[i]; }
static bool is(const Fuse *f, IrVal v, int fam) { return ir_is(f->ir, v, fam); }
static bool uniform(const Fuse *f, IrVal v) { return ir_uniform(f->ir, v); }
// v can go into the operation that computes `root`: of this family, in the same section, and at most `uses` times used.
static bool inner(const Fuse *f, IrVal root, IrVal v, int fam, int uses) {
  return is(f, v, fam) && f->uses[v] <= uses && ir_at(f->ir, v)->rate == ir_at(f->ir, root)->rate;
}
// The fused node, if there is a form of the family for these operands.
static IrVal fused(Fuse *f, int fam, int n, const IrVal *old) {
  char kinds[IR_ARGS + 2] = "";
  for (int i = 0; i < n; i++) kinds[i] = uniform(f, old[i]) ? 'k' : 'v';
  if (op_variant(fam, kinds) < 0) return 0;
  IrNode node = {.fam = (uint16_t)fam, .nargs = (uint8_t)n};
  for (int i = 0; i < n; i++) node.arg[i] = f->to[old[i]];
  return ir_node(f->ir, node);
}
static IrVal number(Fuse *f, double x) { // a constant as an old value: it stands for itself
  return ir_const(f->ir, x);
}

// ---- exponentials of linear forms ----
// x = base*k + l, if that can go into root.
static bool linear(Fuse *f, IrVal root, IrVal x, IrVal *base, IrVal *k, IrVal *l) {
  *base = x;
  *k = number(f, 1);
  *l = number(f, 0);
  if (inner(f, root, x, FAM_FMA, 1) && uniform(f, arg(f, x, 1)) && uniform(f, arg(f, x, 2))) {
    *base = arg(f, x, 0), *k = arg(f, x, 1), *l = arg(f, x, 2);
    return true;
  }
  if (inner(f, root, x, FAM_MUL, 1) && uniform(f, arg(f, x, 1))) {
    *base = arg(f, x, 0), *k = arg(f, x, 1);
    return true;
  }
  if (inner(f, root, x, FAM_ADD, 1) && uniform(f, arg(f, x, 1))) {
    *base = arg(f, x, 0), *l = arg(f, x, 1);
    return true;
  }
  return false;
}
static int affine_family(int fam) {
  return fam == FAM_EXP ? FAM_EXPA : fam == FAM_BERN ? FAM_BERNA : fam == FAM_SIGMOID ? FAM_SIGA : 0;
}
static IrVal fuse_exponential(Fuse *f, IrVal v) {
  IrVal e = v, factor = 0, a[4];
  if (is(f, v, FAM_MUL)) {
    e = arg(f, v, 0);
    factor = arg(f, v, 1);
    if (!uniform(f, factor)) return 0;
  }
  int fam = affine_family(ir_at(f->ir, e)->fam);
  if (!fam || (e != v && !inner(f, v, e, ir_at(f->ir, e)->fam, 1))) return 0;
  bool form = linear(f, v, arg(f, e, 0), &a[0], &a[1], &a[2]);
  if ((!form && !factor) || uniform(f, a[0])) return 0;
  a[3] = factor ? factor : number(f, 1);
  return fused(f, fam, 4, a);
}

// ---- relaxation ----
// One of two factors as the difference, the other as the exponential.
static IrVal fuse_relaxation(Fuse *f, IrVal v, IrVal diff, IrVal decay) {
  IrVal q = arg(f, v, 2);
  if (!inner(f, v, diff, FAM_SUB, 1) || arg(f, diff, 1) != q || !inner(f, v, decay, FAM_EXP, 1)) return 0;
  IrVal x = arg(f, diff, 0), rate = arg(f, decay, 0);
  if (uniform(f, x) || !inner(f, v, rate, FAM_MUL, 1) || !uniform(f, arg(f, rate, 1))) return 0;
  IrVal s = arg(f, rate, 0), k = arg(f, rate, 1);
  if (inner(f, v, q, FAM_DIV, 2) && arg(f, q, 1) == s) {
    IrVal p = arg(f, q, 0);
    if (inner(f, v, s, FAM_ADD, 2) && (arg(f, s, 0) == p || arg(f, s, 1) == p))
      return fused(f, FAM_GATE, 4, (IrVal[]){x, p, arg(f, s, 0) == p ? arg(f, s, 1) : arg(f, s, 0), k});
    return fused(f, FAM_RELAXQ, 4, (IrVal[]){x, p, s, k});
  }
  return fused(f, FAM_RELAX, 4, (IrVal[]){x, q, s, k});
}

// ---- linear forms and products ----
static bool scaled_term(const Fuse *f, IrVal v) { return !uniform(f, arg(f, v, 0)) && uniform(f, arg(f, v, 1)); }
static IrVal fuse_linear(Fuse *f, IrVal v) {
  IrVal a = arg(f, v, 2);
  if (!scaled_term(f, v) || !inner(f, v, a, FAM_FMA, 1) || !scaled_term(f, a)) return 0;
  IrVal b = arg(f, a, 2);
  if (inner(f, v, b, FAM_FMA, 1) && scaled_term(f, b))
    return fused(f, FAM_LIN3, 7, (IrVal[]){arg(f, v, 0), arg(f, v, 1), arg(f, a, 0), arg(f, a, 1), arg(f, b, 0), arg(f, b, 1), arg(f, b, 2)});
  return fused(f, FAM_LIN2, 5, (IrVal[]){arg(f, v, 0), arg(f, v, 1), arg(f, a, 0), arg(f, a, 1), b});
}
// (a + b) + c, (a - b) + c
static IrVal fuse_sum(Fuse *f, IrVal v) {
  for (int i = 0; i < 2; i++) {
    IrVal a = arg(f, v, i), r = 0, three[3] = {arg(f, a, 0), arg(f, a, 1), arg(f, v, 1 - i)};
    if (inner(f, v, a, FAM_ADD, 1)) r = fused(f, FAM_ADD3, 3, three);
    if (inner(f, v, a, FAM_SUB, 1)) r = fused(f, FAM_SUBADD, 3, three);
    if (r) return r;
  }
  return 0;
}
static IrVal fuse_product(Fuse *f, IrVal v) {
  for (int i = 0; i < 2; i++) {
    IrVal a = arg(f, v, i), b = arg(f, v, 1 - i);
    if (!inner(f, v, a, FAM_MUL, 1)) continue;
    IrVal r = fused(f, FAM_PROD3, 3, (IrVal[]){arg(f, a, 0), arg(f, a, 1), b});
    if (r) return r;
  }
  return 0;
}
static bool is_compare(const Fuse *f, IrVal v) { return is(f, v, FAM_LT) || is(f, v, FAM_LE); }
// A choice between a held value and a linear form.
static IrVal fuse_hold(Fuse *f, IrVal v, IrVal m) {
  IrVal x = arg(f, v, 2);
  if (!inner(f, v, x, FAM_FMA, 1)) return 0;
  IrVal h[8] = {arg(f, m, 0), arg(f, m, 1), arg(f, v, 1), arg(f, x, 0), arg(f, x, 1), arg(f, x, 2)};
  IrVal c = arg(f, x, 2), r = 0;
  if (inner(f, v, c, FAM_FMA, 1)) {
    h[5] = arg(f, c, 0), h[6] = arg(f, c, 1), h[7] = arg(f, c, 2);
    r = fused(f, FAM_HOLD2, 8, h);
    h[5] = c;
  }
  return r ? r : fused(f, FAM_HOLD1, 6, h);
}
static IrVal fuse_select(Fuse *f, IrVal v) {
  IrVal m = arg(f, v, 0);
  if (!is_compare(f, m) || ir_at(f->ir, m)->rate != ir_at(f->ir, v)->rate) return 0;
  IrVal r = is(f, m, FAM_LT) ? fuse_hold(f, v, m) : 0;
  return r ? r : fused(f, is(f, m, FAM_LT) ? FAM_SELLT : FAM_SELLE, 4,
               (IrVal[]){arg(f, m, 0), arg(f, m, 1), arg(f, v, 1), arg(f, v, 2)});
}

static IrVal fuse(Fuse *f, IrVal v) {
  const IrNode *n = ir_at(f->ir, v);
  IrVal r = 0;
  if (uniform(f, v) || n->mask) return 0;
  if (n->fam == FAM_MUL || affine_family(n->fam)) r = fuse_exponential(f, v);
  n = ir_at(f->ir, v);
  if (!r && n->fam == FAM_MUL) r = fuse_product(f, v);
  if (n->fam == FAM_FMA) {
    if (!(r = fuse_relaxation(f, v, arg(f, v, 0), arg(f, v, 1)))) r = fuse_relaxation(f, v, arg(f, v, 1), arg(f, v, 0));
    if (!r) r = fuse_linear(f, v);
  }
  if (n->fam == FAM_SELECT) r = fuse_select(f, v);
  if (n->fam == FAM_ADD) r = fuse_sum(f, v);
  return r;
}

// ---- emissions ----
static void compare_operands(const Fuse *f, IrVal m, IrVal *two, int *how) {
  two[0] = f->to[arg(f, m, 0)];
  two[1] = f->to[arg(f, m, 1)];
  *how = is(f, m, FAM_LE);
}
// Takes the comparison into the emission if there is a form for it.
static bool give_form(const Fuse *f, IrEffect *e, int fam, int n, const IrVal *args, int how) {
  char kinds[5] = "";
  for (int i = 0; i < n; i++) kinds[i] = uniform(f, args[i]) ? 'k' : 'v';
  if (op_variant(fam, kinds) < 0) return false;
  e->fam = (uint16_t)fam;
  e->nargs = (int8_t)n;
  memcpy(e->arg, args, sizeof *args * (size_t)n);
  e->what = how;
  return true;
}
static bool fuse_both(Fuse *f, IrEffect *e, IrVal m, IrVal n, bool not_n) {
  IrVal four[4];
  int how, second;
  compare_operands(f, m, four, &how);
  compare_operands(f, n, four + 2, &second);
  return give_form(f, e, FAM_EMITCC, 4, four, how | (second | (not_n ? 2 : 0)) << 2);
}
static void fuse_emission(Fuse *f, IrEffect *e, IrVal m) {
  IrVal two[2];
  int how;
  if (uniform(f, m)) return;
  if (is(f, m, FAM_NOT) && is_compare(f, arg(f, m, 0))) {
    compare_operands(f, arg(f, m, 0), two, &how);
    give_form(f, e, FAM_EMITC, 2, two, how | 2);
  } else if (is_compare(f, m)) {
    compare_operands(f, m, two, &how);
    give_form(f, e, FAM_EMITC, 2, two, how);
  } else if ((is(f, m, FAM_AND) || is(f, m, FAM_ANDNOT)) && is_compare(f, arg(f, m, 0)) && is_compare(f, arg(f, m, 1))) {
    IrVal p = arg(f, m, 0), q = arg(f, m, 1);
    if (is(f, m, FAM_ANDNOT)) fuse_both(f, e, p, q, true);
    else if (!fuse_both(f, e, p, q, false)) fuse_both(f, e, q, p, false);
  }
}
static void fuse_counts(Fuse *f, IrEffect *e, IrVal count, IrVal mask) {
  double all;
  if (!is(f, count, FAM_RPOISSON) || f->uses[count] != 1 || !uniform(f, arg(f, count, 0))) return;
  if (!ir_is_const(f->ir, mask, &all) || all == 0) return;
  e->fam = FAM_EMITP;
  e->nargs = 1;
  e->arg[0] = f->to[arg(f, count, 0)];
  e->what = ir_at(f->ir, count)->imm; // the stream
}
static bool is_emission(int fam) {
  return fam == FAM_EMIT || fam == FAM_EMITC || fam == FAM_EMITCC || fam == FAM_EMITN || fam == FAM_EMITP;
}
// Stores come last: what they and additions read in place of a column that is stored to is copied before.
static void protect_column(Ir *ir, IrEffect *e) {
  bool late = e->fam != FAM_FINITE && !is_emission(e->fam);
  for (int k = 0; late && k < e->nargs; k++) {
    const IrNode *n = ir_at(ir, e->arg[k]);
    if (!plan_is_column(ir, e->arg[k]) || !ir->slot[n->imm].stored) continue;
    e->arg[k] = ir_node(ir, (IrNode){.fam = FAM_COPY, .nargs = 1, .arg = {e->arg[k]}});
  }
}

static void count_uses(const Ir *ir, const char *used, int *uses) {
  for (int i = 0; i < ir->neffects; i++)
    for (int k = 0; k < ir->effect[i].nargs; k++) uses[ir->effect[i].arg[k]]++;
  for (IrVal v = 1; v < ir->n; v++) {
    const IrNode *n = ir_at(ir, v);
    for (int k = 0; used[v] && k < n->nargs; k++) uses[n->arg[k]]++;
    for (int k = 0; used[v] && n->matrix && k < n->imm * n->imm; k++)
      if (n->matrix[k]) uses[n->matrix[k]]++;
  }
}
void ir_fuse(Ir *ir) {
  Span span = ir->span;
  number(&(Fuse){.ir = ir}, 0); // made now, so that they have places in the tables
  number(&(Fuse){.ir = ir}, 1);
  int n = ir->n;
  Fuse f = {.ir = ir, .to = mem_alloc(sizeof(IrVal) * (size_t)n), .uses = mem_alloc(sizeof(int) * (size_t)n)};
  char *used = mem_alloc((size_t)n);
  ir_mark(ir, used);
  count_uses(ir, used, f.uses);
  for (IrVal v = 1; v < n; v++) f.to[v] = v;
  for (IrVal v = 1; v < n; v++) {
    if (!used[v]) continue;
    ir->span = ir_at(ir, v)->span;
    IrVal r = fuse(&f, v);
    f.to[v] = r ? r : ir_rebuild(ir, v, f.to);
  }
  for (int i = 0; i < ir->neffects; i++) {
    IrEffect *e = &ir->effect[i];
    IrVal old = e->arg[0], second = e->arg[1];
    for (int k = 0; k < e->nargs; k++) e->arg[k] = f.to[e->arg[k]];
    if (e->fam == FAM_EMIT) fuse_emission(&f, e, old);
    else if (e->fam == FAM_EMITN) fuse_counts(&f, e, old, second);
    protect_column(ir, e);
  }
  ir->span = span;
  mem_free(f.to);
  mem_free(f.uses);
  mem_free(used);
}
