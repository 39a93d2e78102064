// SPDX-License-Identifier: MIT
// What the machine needs to integrate a population itself: the right sides as a kernel, and where its states stand.
#include "lang/link.h"

static StageMethod stage_method(MethodKind m) {
  switch (m) {
  case METHOD_RK2: return STAGES_RK2;
  case METHOD_RK4: return STAGES_RK4;
  case METHOD_RK45: return STAGES_RK45;
  case METHOD_CVODE: return STAGES_CVODE;
  default: return STAGES_NONE;
  }
}

// ---- where the states stand, in the order of the system ----
static StageEquation place_of(const System *s, const View *v, const Sym *x) {
  Slot slot = system_slot((System *)(uintptr_t)s, v, x);
  int block = v == s->neuron ? -1 : slot.object - OBJ_BLOCK0;
  const ModelDesc *m = block < 0 ? &s->shape->low->desc : &s->shape->block[block].low->desc.model;
  return (StageEquation){.block = block, .var = slot.index, .scale = m->vars[slot.index].scale};
}

static void place_states(const System *s, const Solve *sol, Arena *a, StageCode *out) {
  int n = 0;
  out->eq = NEWN(a, StageEquation, sol->n + 1);
  for (int k = 0; k < s->nviews; k++) {
    const View *v = s->view[k];
    for (int j = 0; j < v->model->nequations; j++) {
      const Sym *x = v->model->equations[j].x;
      if (v != s->neuron && (x->kind != SYM_STATE || x->place != PLACE_POST)) continue;
      const SolveVar *var = &sol->var[n];
      if (sol->linear[n++]) continue;
      out->eq[out->n] = place_of(s, v, x);
      out->eq[out->n++].limited = var->cap != 0;
    }
  }
}

// ---- the kernels ----
// The time is the stage's: the same for all with fixed stages, that of the lane where steps differ from lane to lane.
void link_slopes(Ir *ir, Solve *sol, StageCode *out) {
  out->method = stage_method(solve_apart_method(sol));
  out->joined = sol->coupled || sol->feeds;
  bool own = out->method == STAGES_RK45 || out->method == STAGES_CVODE;
  IrVal time = own ? ir_load(ir, slot_stage(STAGE_TIME, 0)) : 0;
  for (int i = 0, k = 0; i < sol->n; i++) {
    if (sol->linear[i]) continue;
    IrVal f = solve_rhs(sol, i, NULL, 0, NULL);
    if (own) f = ir_substitute(ir, f, 1, &sol->t, &time);
    ir_store(ir, slot_stage(STAGE_SLOPE, k++), f);
  }
}

static void store_limits(System *s, const Solve *sol) {
  for (int i = 0, k = 0; i < sol->n; i++) {
    if (sol->linear[i]) continue;
    const SolveVar *v = &sol->var[i];
    if (v->cap) ir_store(s->ir, slot_stage(STAGE_LIMIT, k), ir_op2(s->ir, IR_MAX, v->cap, v->x));
    k++;
  }
}

static bool open_solved(System *s, Solve *sol, Lowering *l, const PopShape *shape) {
  system_open(s, l, shape, ACC_LANE);
  return system_equations(s, sol) && solve_choose(sol) && !s->e.failed;
}

bool link_stages(Lowering *l, const PopShape *shape, StageCode *out) {
  System s;
  Solve sol;
  *out = (StageCode){0};
  bool ok = open_solved(&s, &sol, l, shape), limited = false;
  if (ok && sol.apart) {
    place_states(&s, &sol, l->a, out);
    link_slopes(s.ir, &sol, out);
    for (int k = 0; k < out->n; k++) limited |= out->eq[k].limited;
    ok = (out->slopes = system_compile(&s, "slopes")) != NULL;
  }
  system_close(&s);
  if (!ok || !limited) return ok;
  ok = open_solved(&s, &sol, l, shape);
  if (ok) store_limits(&s, &sol);
  ok = ok && (out->limits = system_compile(&s, "limits")) != NULL;
  system_close(&s);
  return ok;
}
