// SPDX-License-Identifier: MIT
// Sections and order. Within a lane section values are computed in the order of a depth-first walk from the effects, the
// operand that needs more registers first (Sethi and Ullman 1970), so that few block registers are live at once and a
// value is used while it is in the first-level cache. Effects follow their phase: checks, emissions, stores.
#include "lang/emit.h"

#include <string.h>

bool plan_is_column(const Ir *ir, IrVal v) {
  const IrNode *n = ir_at(ir, v);
  if (n->fam != FAM_LOAD) return false;
  const Slot *s = &ir->slot[n->imm];
  return s->type == SLOT_F64 && s->space == SPACE_VAR;
}

// Calls `visit` for every operand of a node.
#define EACH_OPERAND(ir, n, w, ...)                                                   \
  do {                                                                                \
    for (int q_ = 0; q_ < (n)->nargs; q_++) {                                         \
      IrVal w = (n)->arg[q_];                                                         \
      __VA_ARGS__;                                                                    \
    }                                                                                 \
    for (int q_ = 0; (n)->matrix && q_ < (n)->imm * (n)->imm; q_++)                   \
      if ((n)->matrix[q_]) {                                                          \
        IrVal w = (n)->matrix[q_];                                                    \
        __VA_ARGS__;                                                                  \
      }                                                                               \
  } while (0)

// ---- what is needed where ----
// The cost of computing a value that is constant per lane again at each step, in cheap operations.
static int *lane_costs(const Ir *ir) {
  int *cost = NEWN(ir->arena, int, ir->n);
  for (IrVal v = 1; v < ir->n; v++) {
    const IrNode *n = ir_at(ir, v);
    if (n->rate != RATE_LANE || n->fam == FAM_LOAD) continue;
    const FamilyInfo *f = n->fam < FAM_COUNT ? family_info(n->fam) : NULL;
    int c = f && (op_info(f->first)->flags & WEAK) ? 1 : 100;
    EACH_OPERAND(ir, n, w, c += cost[w]);
    cost[v] = c < 10000 ? c : 10000;
  }
  return cost;
}
static bool worth_keeping(const Ir *ir, const int *cost, IrVal v) {
  const IrNode *n = ir_at(ir, v);
  return n->rate == RATE_LANE && !n->mask && cost[v] >= 3;
}
static void mark_needs(Ir *ir, uint8_t *need) {
  const int *cost = lane_costs(ir);
  for (int i = 0; i < ir->neffects; i++)
    for (int k = 0; k < ir->effect[i].nargs; k++) {
      IrVal v = ir->effect[i].arg[k];
      need[v] |= ir_uniform(ir, v) ? NEED_SCALAR : NEED_BODY;
    }
  for (IrVal v = ir->n - 1; v > 0; v--) {
    const IrNode *n = ir_at(ir, v);
    if ((need[v] & NEED_BODY) && worth_keeping(ir, cost, v)) need[v] = (uint8_t)((need[v] & ~NEED_BODY) | NEED_LANES | DERIVED);
    int give = need[v] & (NEED_LANES | NEED_BODY);
    if (!need[v]) continue;
    EACH_OPERAND(ir, n, w, need[w] |= (uint8_t)(ir_uniform(ir, w) ? NEED_SCALAR : give));
  }
}

// ---- order ----
typedef struct Walk {
  const Ir *ir;
  const uint8_t *need;
  int section;    // NEED_LANES or NEED_BODY
  bool *done;
  int *registers; // that computing a node takes
  IrVal *stack;   // what is still to do; negative: all operands of -v are done
  int top, room;
  Step *steps;
  int n;
} Walk;

static void push(Walk *w, IrVal v) {
  if (w->top == w->room) {
    IrVal *more = NEWN(w->ir->arena, IrVal, 2 * w->room);
    memcpy(more, w->stack, sizeof *more * (size_t)w->top);
    w->stack = more;
    w->room *= 2;
  }
  w->stack[w->top++] = v;
}
// Whether this section has to compute v (and not a scalar section, setup_lanes, or nobody).
static bool computed_here(const Walk *w, IrVal v) {
  if (ir_uniform(w->ir, v) || w->done[v]) return false;
  return w->section == NEED_LANES || !(w->need[v] & DERIVED);
}
static void push_operands(Walk *w, IrVal v) {
  const IrNode *n = ir_at(w->ir, v);
  int begin = w->top;
  EACH_OPERAND(w->ir, n, u, if (computed_here(w, u)) push(w, u));
  for (int i = begin + 1; i < w->top; i++) // the most demanding on top
    for (int j = i; j > begin && w->registers[w->stack[j]] < w->registers[w->stack[j - 1]]; j--) {
      IrVal t = w->stack[j];
      w->stack[j] = w->stack[j - 1];
      w->stack[j - 1] = t;
    }
}
static void walk(Walk *w, IrVal root) {
  if (!computed_here(w, root)) return;
  push(w, root);
  while (w->top) {
    IrVal v = w->stack[--w->top];
    if (v < 0) {
      if (!w->done[-v]) w->steps[w->n++] = (Step){.node = -v, .out = -1};
      w->done[-v] = true;
    } else if (!w->done[v]) {
      push(w, -v);
      push_operands(w, v);
    }
  }
}
static int *register_needs(const Ir *ir) {
  int *r = NEWN(ir->arena, int, ir->n);
  for (IrVal v = 1; v < ir->n; v++) {
    const IrNode *n = ir_at(ir, v);
    int most = 0, equal = 0;
    if (ir_uniform(ir, v) || plan_is_column(ir, v)) continue;
    EACH_OPERAND(ir, n, w, {
      if (r[w] > most) most = r[w], equal = 0;
      else if (r[w] == most && most) equal++;
    });
    r[v] = most + (equal || !most);
  }
  return r;
}
static Walk walk_new(Ir *ir, const uint8_t *need, int section, int *registers) {
  Walk w = {.ir = ir, .need = need, .section = section, .registers = registers, .room = 64};
  w.done = NEWN(ir->arena, bool, ir->n);
  w.stack = NEWN(ir->arena, IrVal, w.room);
  w.steps = NEWN(ir->arena, Step, ir->n + ir->neffects);
  return w;
}

bool plan_in_prologue(const Ir *ir, const IrEffect *e) {
  return (e->fam == FAM_FINITE || e->fam == FAM_STOREU) && ir_uniform(ir, e->arg[0]);
}

// ---- effects ----
// How an effect of the body is done.
enum { IN_PROLOGUE, AS_CHECK, AS_EMISSION, AS_COMMIT, IN_PLACE, AS_STORE };

static bool is_column_store(const Ir *ir, const IrEffect *e) {
  if (e->fam != FAM_STORE) return false;
  const Slot *s = &ir->slot[e->slot];
  return s->type == SLOT_F64 && s->space == SPACE_VAR && !ir_uniform(ir, e->arg[0]);
}
// The value of a store may be computed in its column when nobody else needs it and its last operation reads no other
// column that is stored to.
static bool writes_in_place(const Ir *ir, const IrEffect *e, const int *uses, const uint8_t *need) {
  IrVal v = e->arg[0];
  const IrNode *n = ir_at(ir, v);
  if (uses[v] != 1 || (need[v] & DERIVED) || n->mask || n->fam == FAM_LOAD || n->fam == N_PICK) return false;
  for (int k = 0; k < n->nargs; k++) {
    const IrNode *a = ir_at(ir, n->arg[k]);
    if (a->fam == FAM_LOAD && a->imm != e->slot && ir->slot[a->imm].stored) return false;
  }
  return true;
}
static int *count_uses(const Ir *ir, const uint8_t *need) {
  int *uses = NEWN(ir->arena, int, ir->n);
  for (int i = 0; i < ir->neffects; i++)
    for (int k = 0; k < ir->effect[i].nargs; k++) uses[ir->effect[i].arg[k]]++;
  for (IrVal v = 1; v < ir->n; v++) {
    const IrNode *n = ir_at(ir, v);
    if (need[v]) EACH_OPERAND(ir, n, w, uses[w]++);
  }
  return uses;
}
static int find_check(const Ir *ir, IrVal v, const uint8_t *how) {
  for (int i = 0; i < ir->neffects; i++)
    if (ir->effect[i].fam == FAM_FINITE && ir->effect[i].arg[0] == v && how[i] == AS_CHECK) return i;
  return -1;
}
// A product with a number that nobody else needs is computed while it is stored, unless it reads what is stored before.
static Commit commit_of(const Ir *ir, int store, int check, const int *uses) {
  IrVal v = ir->effect[store].arg[0];
  const IrNode *n = ir_at(ir, v);
  Commit c = {store, check, v, 0};
  if (n->fam != FAM_MUL || uses[v] != 2 || !ir_uniform(ir, n->arg[1]) || ir_at(ir, n->arg[0])->rate != n->rate) return c;
  const IrNode *x = ir_at(ir, n->arg[0]);
  if (x->fam == FAM_LOAD && x->imm != ir->effect[store].slot && ir->slot[x->imm].stored) return c;
  c.v = n->arg[0];
  c.factor = n->arg[1];
  return c;
}
// Chooses for every effect, and pairs checks with stores of the same value.
static uint8_t *choose_effects(Plan *p) {
  Ir *ir = p->ir;
  uint8_t *how = NEWN(ir->arena, uint8_t, ir->neffects + 1);
  const int *uses = count_uses(ir, p->need);
  p->commit = NEWN(ir->arena, Commit, ir->neffects + 1);
  for (int i = 0; i < ir->neffects; i++) {
    const IrEffect *e = &ir->effect[i];
    bool emission = e->fam == FAM_EMIT || e->fam == FAM_EMITC || e->fam == FAM_EMITCC || e->fam == FAM_EMITN || e->fam == FAM_EMITP;
    how[i] = plan_in_prologue(ir, e) ? IN_PROLOGUE : e->fam == FAM_FINITE || e->fam == FAM_KEEP ? AS_CHECK : emission ? AS_EMISSION : AS_STORE;
  }
  for (int i = 0; i < ir->neffects; i++) {
    const IrEffect *e = &ir->effect[i];
    if (how[i] != AS_STORE || !is_column_store(ir, e)) continue;
    int check = find_check(ir, e->arg[0], how);
    if (check >= 0) {
      how[i] = how[check] = AS_COMMIT;
      p->commit[p->ncommit++] = commit_of(ir, i, check, uses);
    } else if (writes_in_place(ir, e, uses, p->need)) how[i] = IN_PLACE;
  }
  return how;
}
static void walk_effect(Walk *w, int i) {
  const IrEffect *e = &w->ir->effect[i];
  for (int k = 0; k < e->nargs; k++) walk(w, e->arg[k]);
}
static void do_effects(Walk *w, const uint8_t *how, int which, bool values) {
  for (int i = 0; i < w->ir->neffects; i++) {
    if (how[i] != which) continue;
    if (values) walk_effect(w, i);
    w->steps[w->n++] = (Step){.effect = i, .out = -1};
  }
}
// The operands of values that are written in place, and then, when all is stored that is checked, their last operations.
static void walk_in_place(Walk *w, const uint8_t *how, bool last) {
  for (int i = 0; i < w->ir->neffects; i++) {
    IrVal v = w->ir->effect[i].arg[0];
    const IrNode *n = ir_at(w->ir, v);
    if (how[i] != IN_PLACE) continue;
    if (last) w->steps[w->n++] = (Step){.node = v, .out = i};
    else EACH_OPERAND(w->ir, n, u, walk(w, u));
  }
}
static void plan_body(Walk *w, Plan *p) {
  const uint8_t *how = choose_effects(p);
  do_effects(w, how, AS_CHECK, true);
  do_effects(w, how, AS_EMISSION, true);
  for (int i = 0; i < w->ir->neffects; i++)
    if (how[i] == AS_STORE) walk_effect(w, i);
  for (int i = 0; i < p->ncommit; i++) walk(w, p->commit[i].v);
  walk_in_place(w, how, false);
  if (p->ncommit) w->steps[w->n++] = (Step){.effect = STEP_COMMIT, .out = -1};
  walk_in_place(w, how, true);
  do_effects(w, how, AS_STORE, false);
}

Plan ir_plan(Ir *ir) {
  Plan p = {.ir = ir, .need = NEWN(ir->arena, uint8_t, ir->n)};
  mark_needs(ir, p.need);
  int *registers = register_needs(ir);
  Walk w = walk_new(ir, p.need, NEED_LANES, registers);
  for (IrVal v = 1; v < ir->n; v++)
    if (p.need[v] & DERIVED) walk(&w, v);
  p.lanes = w.steps;
  p.nlanes = w.n;
  w = walk_new(ir, p.need, NEED_BODY, registers);
  plan_body(&w, &p);
  p.body = w.steps;
  p.nbody = w.n;
  return p;
}
