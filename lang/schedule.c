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
  for (int i = 0; i < ir->neffects; i++) {
    const IrEffect *e = &ir->effect[i];
    if (e->v) need[e->v] |= ir_uniform(ir, e->v) ? NEED_SCALAR : NEED_BODY;
    if (e->m) need[e->m] |= ir_uniform(ir, e->m) ? NEED_SCALAR : NEED_BODY;
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
      if (!w->done[-v]) w->steps[w->n++] = (Step){.node = -v};
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

static int phase(const IrEffect *e) { return e->fam == FAM_FINITE ? 0 : e->fam == FAM_EMIT || e->fam == FAM_EMITN ? 1 : 2; }
bool plan_in_prologue(const Ir *ir, const IrEffect *e) {
  return (e->fam == FAM_FINITE || e->fam == FAM_STOREU) && ir_uniform(ir, e->v);
}
static void do_effects(Walk *w, int which, bool walk_only, const bool *direct) {
  for (int i = 0; i < w->ir->neffects; i++) {
    const IrEffect *e = &w->ir->effect[i];
    if (phase(e) != which || plan_in_prologue(w->ir, e) || direct[i]) continue;
    if (e->v) walk(w, e->v);
    if (e->m) walk(w, e->m);
    if (!walk_only) w->steps[w->n++] = (Step){.node = 0, .effect = i};
  }
}

Plan ir_plan(Ir *ir) {
  Plan p = {.ir = ir, .need = NEWN(ir->arena, uint8_t, ir->n), .direct = NEWN(ir->arena, bool, ir->neffects + 1)};
  mark_needs(ir, p.need);
  int *registers = register_needs(ir);
  Walk w = walk_new(ir, p.need, NEED_LANES, registers);
  for (IrVal v = 1; v < ir->n; v++)
    if (p.need[v] & DERIVED) walk(&w, v);
  p.lanes = w.steps;
  p.nlanes = w.n;
  w = walk_new(ir, p.need, NEED_BODY, registers);
  do_effects(&w, 0, false, p.direct);
  do_effects(&w, 1, false, p.direct);
  do_effects(&w, 2, true, p.direct);
  do_effects(&w, 2, false, p.direct);
  p.body = w.steps;
  p.nbody = w.n;
  return p;
}
