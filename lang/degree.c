// SPDX-License-Identifier: MIT
// What expressions of synapses and rules depend on, found on the tree: which choices are open (merging of post states,
// delivery by adding, advancing at events) must be known before any kernel is built.
#include "lang/lower_impl.h"

bool param_per_synapse(const ConnInfo *ci, const Sym *param) {
  for (int k = 0; k < ci->ninit; k++)
    if (ci->init[k].var == param) return true;
  return false;
}

// The lets that are being followed: one may read its own past.
typedef struct Path {
  const Sym *let;
  const struct Path *outer;
} Path;

static unsigned depends(const ConnInfo *ci, const Node *n, const Path *path);

static unsigned let_depends(const ConnInfo *ci, const Sym *let, const Path *path) {
  const Path here = {let, path};
  for (; path; path = path->outer)
    if (path->let == let) return 0;
  return let->decl && let->decl->kid[0] ? depends(ci, let->decl->kid[0], &here) : 0;
}

// A local of a handler: what its let reads, and what assignments gave it since.
static unsigned local_depends(const ConnInfo *ci, const Sym *s, const Path *path) {
  unsigned d = s->decl && s->decl->kind == N_LET ? depends(ci, s->decl->kid[0], path) : 0;
  if (s->reads & READS_PRE) d |= DEP_PRE;
  if (s->reads & READS_POST) d |= DEP_POST;
  if (s->reads & READS_SYN) d |= DEP_SELF;
  return d;
}

static unsigned symbol_depends(const ConnInfo *ci, const Sym *s, const Node *n, const Path *path) {
  if (n->kind == N_MEMBER && n->place == PLACE_PRE) return DEP_PRE;
  if (n->kind == N_MEMBER && n->place == PLACE_POST) return DEP_POST;
  switch ((SymKind)s->kind) {
  case SYM_PARAM: return param_per_synapse(ci, s) ? DEP_SELF : 0;
  case SYM_WEIGHT: return DEP_SELF;
  case SYM_SIGNAL: return DEP_TIME;
  case SYM_STATE: return s->place == PLACE_PRE ? DEP_PRE_STATE : s->place == PLACE_POST ? DEP_POST_STATE : DEP_SELF;
  case SYM_LET: return let_depends(ci, s, path);
  case SYM_LOCAL: return local_depends(ci, s, path);
  case SYM_SELFVAR:
    if (s->selfvar == SV_I || s->selfvar == SV_POSX || s->selfvar == SV_POSY || s->selfvar == SV_POSZ) return DEP_PRE;
    if (s->selfvar == SV_J) return DEP_POST;
    if (s->selfvar == SV_DISTANCE) return DEP_PRE | DEP_POST;
    if (s->selfvar == SV_XI) return DEP_DRAW;
    return s->selfvar == SV_T || s->selfvar == SV_TICK ? DEP_TIME : 0;
  default: return 0;
  }
}

static unsigned depends(const ConnInfo *ci, const Node *n, const Path *path) {
  if (!n) return 0;
  unsigned d = 0;
  const Sym *of = n->kind == N_PREV && n->sym && n->sym->of ? n->sym->of : NULL;
  if (of) return symbol_depends(ci, of, n->kid[0], path);
  if ((n->kind == N_NAME || n->kind == N_MEMBER) && n->sym) return symbol_depends(ci, n->sym, n, path);
  if (n->kind == N_CALL && expr_varies(n) && expr_draws(n)) d |= DEP_DRAW;
  if (n->kind == N_CALL && n->sym && n->sym->kind == SYM_FUNC && n->sym->decl) {
    const FuncInfo *f = n->sym->decl->info;
    if (f && f->varies) d |= DEP_TIME;
  }
  for (int k = 0; k < 4; k++) d |= depends(ci, n->kid[k], path);
  for (int k = 0; k < n->nlist; k++) d |= depends(ci, n->list[k], path);
  return d;
}

unsigned expr_depends(const ConnInfo *ci, const Node *n) { return depends(ci, n, NULL); }

static Degree sum_degree(Degree a, Degree b) {
  if (a == DEG_HIGHER || b == DEG_HIGHER) return DEG_HIGHER;
  return a == b ? a : DEG_AFFINE;
}

static Degree product_degree(Degree a, Degree b) {
  if (a == DEG_NONE) return b;
  return b == DEG_NONE ? a : DEG_HIGHER;
}

static Degree name_degree(const ConnInfo *ci, Place place, const Node *n) {
  const Sym *s = n->sym;
  if (!s || (n->kind == N_MEMBER && n->place != PLACE_SELF)) return DEG_NONE;
  if (s->kind == SYM_STATE && s->model && s->model->kind != MODEL_NEURON) return s->place == place ? DEG_LINEAR : DEG_NONE;
  if (s->kind == SYM_LET && s->model && s->decl) return expr_degree(ci, place, s->decl->kid[0]);
  return DEG_NONE;
}

static Degree children_degree(const ConnInfo *ci, Place place, const Node *n) {
  Degree d = DEG_NONE;
  for (int k = 0; k < 4; k++)
    if (n->kid[k] && expr_degree(ci, place, n->kid[k]) != DEG_NONE) d = DEG_HIGHER;
  for (int k = 0; k < n->nlist; k++)
    if (n->list[k] && expr_degree(ci, place, n->list[k]) != DEG_NONE) d = DEG_HIGHER;
  return d;
}

static Degree binary_degree(const ConnInfo *ci, Place place, const Node *n) {
  Degree a = expr_degree(ci, place, n->kid[0]), b = expr_degree(ci, place, n->kid[1]);
  switch ((Op)n->op) {
  case OP_ADD: case OP_SUB: return sum_degree(a, b);
  case OP_MUL: return product_degree(a, b);
  case OP_DIV: return b == DEG_NONE ? a : DEG_HIGHER;
  default: return a == DEG_NONE && b == DEG_NONE ? DEG_NONE : DEG_HIGHER;
  }
}

Degree expr_degree(const ConnInfo *ci, Place place, const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NAME: case N_MEMBER: return name_degree(ci, place, n);
  case N_BINARY: return binary_degree(ci, place, n);
  case N_UNARY: return n->op == OP_NEG ? expr_degree(ci, place, n->kid[0]) : children_degree(ci, place, n);
  case N_PREV: // kept, not computed: never shared, and of no system that is solved in one go
    if (n->sym && n->sym->of && n->sym->of->kind == SYM_LET) return DEG_HIGHER;
    return children_degree(ci, place, n);
  case N_IN: case N_ARG: return expr_degree(ci, place, n->kid[0]);
  case N_IFX: {
    Degree a = expr_degree(ci, place, n->kid[1]), b = expr_degree(ci, place, n->kid[2]);
    return expr_degree(ci, place, n->kid[0]) == DEG_NONE ? sum_degree(a, b) : DEG_HIGHER;
  }
  default: return children_degree(ci, place, n);
  }
}

// ---- states that events advance ----
static const Model *part(const ConnInfo *ci, int r) { return r < 0 ? ci->syn : ci->rules[r].model; }

static bool equation_fits(const ConnInfo *ci, const Equation *eq) {
  const unsigned other = DEP_PRE | DEP_POST | DEP_PRE_STATE | DEP_POST_STATE | DEP_DRAW | DEP_TIME;
  if (eq->x->kind != SYM_STATE) return false;
  if (expr_degree(ci, PLACE_SELF, eq->rhs) == DEG_HIGHER || (expr_depends(ci, eq->rhs) & other)) return false;
  for (int f = 0; f < eq->nfactors; f++)
    if (expr_degree(ci, PLACE_SELF, eq->factors[f]) != DEG_NONE || (expr_depends(ci, eq->factors[f]) & other)) return false;
  return true;
}

// w changes between events in no way that an equation could see.
static bool reads_weight(const Node *n, void *ctx) {
  (void)ctx;
  return n->kind == N_NAME && n->sym && n->sym->kind == SYM_WEIGHT;
}

static bool remembers(const ConnInfo *ci, const Model *m) { // prev x of a state of each synapse, or of a let that reads one
  for (int k = 0; k < m->nvars; k++) {
    const Sym *of = m->vars[k]->hidden ? m->vars[k]->of : NULL;
    if (of && of->kind == SYM_STATE && of->place == PLACE_SELF) return true;
    if (of && of->kind == SYM_LET && (expr_depends(ci, of->decl->kid[0]) & DEP_SELF)) return true;
  }
  return false;
}

static const char *equation_clocked(const ConnInfo *ci, const Model *m, const Equation *eq) {
  if (eq->x->kind != SYM_STATE) return "w has an equation itself";
  if (expr_depends(ci, eq->rhs) & DEP_DRAW) return "the equation has noise (xi)";
  if (!equation_fits(ci, eq)) return "the equation is not linear with constant coefficients in these states alone";
  if (node_any(eq->rhs, reads_weight, NULL)) return "the equation reads w";
  return m->method != METHOD_AUTO && m->method != METHOD_EXACT ? "the method named is not exact" : NULL;
}

static const char *part_clocked(const ConnInfo *ci, const Model *m, int *states) {
  if (remembers(ci, m)) return "`prev` asks for the step before";
  for (int k = 0; k < m->nequations; k++) {
    const Equation *eq = &m->equations[k];
    if (eq->x->place != PLACE_SELF) continue;
    const char *why = equation_clocked(ci, m, eq);
    if (why) return why;
    ++*states;
  }
  for (int k = 0; k < m->non; k++) {
    const Node *on = m->on[k].node;
    if (on->kind != N_ON || (on->op != ON_PRE && on->op != ON_POST && on->op != ON_START)) return "`on step` or `on every` may read them";
  }
  for (int k = 0; k < m->ninjects; k++)
    if (expr_degree(ci, PLACE_SELF, m->injects[k].node->kid[0]) != DEG_NONE) return "`inject` reads them";
  return NULL;
}

const char *syn_clocked(const ConnInfo *ci, int *states) {
  *states = 0;
  for (int r = -1; r < ci->nrules; r++) {
    const char *why = part_clocked(ci, part(ci, r), states);
    if (why) return why;
  }
  return NULL;
}

bool syn_event_driven(const ConnInfo *ci) {
  int states;
  return !syn_clocked(ci, &states) && states > 0;
}
