// SPDX-License-Identifier: MIT
// Questions about values of lane IR, answered on the graph: whether one is a polynomial of degree at most one in given loads
// (a derivative alone cannot tell: it does not see comparisons), and whether it is 0 where they are.
#include "lang/ir_node.h"

#include <string.h>

bool solve_is_linear(const Ir *ir, IrVal v, int n, const IrVal *x);
bool solve_vanishes(const Ir *ir, IrVal v, int n, const IrVal *x);
IrVal solve_ratio(Ir *ir, IrVal a, IrVal b);
bool solve_may_vanish(const Ir *ir, IrVal v);

static int higher(int a, int b) { return a > b ? a : b; }

static int node_degree(const IrNode *n, const unsigned char *deg) {
  int d[3] = {0}, all = 0;
  for (int k = 0; k < n->nargs; k++) {
    if (k < 3) d[k] = deg[n->arg[k]];
    all = higher(all, deg[n->arg[k]]);
  }
  for (int k = 0; n->matrix && k < n->imm * n->imm; k++) all = higher(all, n->matrix[k] ? deg[n->matrix[k]] : 0);
  if (!all) return 0;
  switch (n->fam) {
  case FAM_ADD: case FAM_SUB: case FAM_NEG: return all;
  case FAM_MUL: return d[0] + d[1] > 1 ? 2 : d[0] + d[1];
  case FAM_FMA: return higher(d[0] + d[1] > 1 ? 2 : d[0] + d[1], d[2]);
  case FAM_DIV: return d[1] ? 2 : d[0];
  case FAM_SELECT: return d[0] ? 2 : higher(d[1], d[2]);
  default: return 2;
  }
}

bool solve_is_linear(const Ir *ir, IrVal v, int n, const IrVal *x) {
  unsigned char *deg = mem_alloc((size_t)v + 1);
  for (IrVal i = 1; i <= v; i++) {
    const IrNode *node = ir_at(ir, i);
    deg[i] = (unsigned char)node_degree(node, deg);
    for (int k = 0; k < n; k++)
      if (x[k] == i) deg[i] = 1;
  }
  bool yes = deg[v] <= 1;
  mem_free(deg);
  return yes;
}

static bool node_zero(const IrNode *n, const bool *zero) {
  bool z[3] = {false};
  for (int k = 0; k < n->nargs && k < 3; k++) z[k] = zero[n->arg[k]];
  switch (n->fam) {
  case N_CONST: return !n->mask && n->x == 0;
  case FAM_ADD: case FAM_SUB: return z[0] && z[1];
  case FAM_NEG: return z[0];
  case FAM_MUL: return z[0] || z[1];
  case FAM_FMA: return (z[0] || z[1]) && z[2];
  case FAM_DIV: return z[0];
  case FAM_SELECT: return z[1] && z[2];
  default: return false;
  }
}

// By form, not by value: 0/tau is 0 though tau is not known.
bool solve_vanishes(const Ir *ir, IrVal v, int n, const IrVal *x) {
  bool *zero = mem_alloc((size_t)v + 1);
  for (IrVal i = 1; i <= v; i++) {
    zero[i] = node_zero(ir_at(ir, i), zero);
    for (int k = 0; k < n; k++)
      if (x[k] == i) zero[i] = true;
  }
  bool yes = zero[v];
  mem_free(zero);
  return yes;
}

// a/b, without a divisor that both have.
IrVal solve_ratio(Ir *ir, IrVal a, IrVal b) {
  const IrNode *x = ir_at(ir, a), *y = ir_at(ir, b);
  bool both = x->fam == FAM_DIV && y->fam == FAM_DIV && x->arg[1] == y->arg[1];
  return both ? ir_make(ir, FAM_DIV, x->arg[0], y->arg[0], 0) : ir_make(ir, FAM_DIV, a, b, 0);
}

static bool may_be_zero(const IrNode *n, const bool *zero) {
  switch (n->fam) {
  case FAM_LOAD: case FAM_LOADU: case FAM_GATHER: case FAM_LOOKUP: case FAM_SERIES: return rate_by_step(n->rate);
  case FAM_SELECT: return zero[n->arg[1]] || zero[n->arg[2]];
  case FAM_MAX: case FAM_MIN: return zero[n->arg[0]] || zero[n->arg[1]];
  case FAM_NUM: return true;
  case FAM_ABS: case FAM_SQRT: case FAM_TANH: case FAM_SIN: return zero[n->arg[0]];
  default: return node_zero(n, zero);
  }
}

// Whether v can become 0 where what changes from step to step does: conductances that shut, inputs that end.
bool solve_may_vanish(const Ir *ir, IrVal v) {
  bool *zero = mem_alloc((size_t)v + 1);
  for (IrVal i = 1; i <= v; i++) zero[i] = may_be_zero(ir_at(ir, i), zero);
  bool yes = zero[v];
  mem_free(zero);
  return yes;
}
