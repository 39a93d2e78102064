// SPDX-License-Identifier: MIT
// States that only events advance, as somebody outside sees them.
//
// Such a state stands in its column as it was when an event touched it last, and the column beside it says when. To read
// it the columns are copied, brought to the present, read, and put back: advancing it in two parts instead of one would
// change its last bits, and results must not depend on who looked. Before one is set, or a parameter that it decays
// with, it is brought to the present for good.
#include <string.h>

#include "vm/run.h"

static size_t column_bytes(const Proj *p, int var) {
  return p->cols[var].uniform ? sizeof(double) : proj_width(p, var) * (size_t)p->nsyn;
}

static bool has_sync(const Proj *p) { return p->nsyn && proj_run(p)->linked && proj_run(p)->code.sync; }

static bool sync_stores(const Proj *p, int var) {
  const Kernel *k = proj_run(p)->code.sync;
  for (int s = 0; s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (t->stored && t->space == SPACE_VAR && t->object == OBJ_SELF && t->index == var) return true;
  }
  return false;
}

static bool any_sync(const ProjGroup *g) {
  for (int q = 0; q < g->nproj; q++)
    if (has_sync(g->proj[q])) return true;
  return false;
}

static bool bring(Vm *vm, Proj *p) {
  Fault fault;
  return !has_sync(p) || synapses_run(vm, p, &proj_run(p)->sync, &fault);
}

bool present_for_good(Vm *vm, ProjGroup *g) {
  if (!vm->tick || !any_sync(g)) return true;
  if (!run_attach(vm)) return false;
  for (int q = 0; q < g->nproj; q++)
    if (!bring(vm, g->proj[q])) return false;
  return true;
}

static bool keep(Present *out, Proj *p) {
  for (int v = 0; v < p->syn->model.nvars; v++) {
    if (!p->cols[v].p || !sync_stores(p, v)) continue;
    size_t bytes = column_bytes(p, v);
    void *copy = memory_at_hand((double)bytes) ? mem_try_alloc(bytes) : NULL;
    if (!copy) return false;
    memcpy(copy, p->cols[v].p, bytes);
    vec_push(&out->kept, ((PresentColumn){p, v, copy}));
  }
  return true;
}

bool present_open(Vm *vm, const ProjGroup *g, int var, Present *out) {
  *out = (Present){0};
  if (!vm->tick || !any_sync(g)) return true;
  if (!run_attach(vm)) return false;
  bool ok = true;
  for (int q = 0; ok && q < g->nproj; q++) {
    Proj *p = g->proj[q];
    if (has_sync(p) && sync_stores(p, var)) ok = keep(out, p) && bring(vm, p);
  }
  if (!ok) present_close(out);
  return ok;
}

void present_close(Present *x) {
  for (int k = 0; k < x->kept.n; k++) {
    PresentColumn *c = &x->kept.data[k];
    memcpy(c->proj->cols[c->var].p, c->copy, column_bytes(c->proj, c->var));
    mem_free(c->copy);
  }
  vec_free(&x->kept);
}
