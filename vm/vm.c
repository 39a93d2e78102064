// SPDX-License-Identifier: MIT
// The Vm: settings, lifetimes, reset.
#include "vm/kernels.h"
#include "vm/vm.h"

#include <math.h>
#include <string.h>

#include "vm/run.h"

Vm *vm_new(Diags *diags) {
  Vm *vm = mem_alloc(sizeof *vm);
  vm->diags = diags;
  vm->arena = arena_new();
  vm->dt = 1e-4;
  vm->rtol = vm->atol = 1e-6;
  vm->learning = true;
  vm->keeps_creation = true;
  vm->threads = 1;
  vm->next_id = 1;
  vm->net = mem_alloc(sizeof(Net));
  vm_net(vm)->next_timed = vm_net(vm)->next_record = NEVER;
  return vm;
}

static void net_clear(Vm *vm) {
  Net *net = vm_net(vm);
  run_detach(vm);
  timed_clear(vm);
  recordings_clear(vm);
  for (int k = 0; k < vm->projs.n; k++) proj_free(vm->projs.data[k]);
  for (int k = 0; k < vm->pops.n; k++) pop_free(vm->pops.data[k]);
  for (int k = 0; k < net->groups.n; k++) mem_free(net->groups.data[k]);
  for (int k = 0; k < net->old.n; k++) mem_free(net->old.data[k]);
  mem_free(net->iota);
  mem_free(net->zeros);
  mem_free(net->global);
  mem_free(net->global_const);
  vec_free(&net->arrays);
  rings_free(vm);
  vec_free(&net->groups);
  vec_free(&net->timed);
  for (int k = 0; k < net->kept.n; k++) value_drop(net->kept.data[k]);
  signals_clear(vm);
  vec_free(&net->kept);
  vec_free(&net->old);
  mem_free(net->order);
  vec_free(&vm->pops);
  vec_free(&vm->projs);
  vec_free(&vm->recordings);
  *net = (Net){.next_timed = NEVER, .next_record = NEVER};
}

void vm_clear_network(Vm *vm) {
  net_clear(vm);
  arena_free(vm->arena);
  vm->arena = arena_new();
  vm->tick = 0;
  vm->ran = false;
  vm->next_id = 1;
}

void vm_free(Vm *vm) {
  if (!vm) return;
  net_clear(vm);
  kernels_free(vm);
  mem_free(vm->net);
  arena_free(vm->arena);
  mem_free(vm);
}

// ---- settings ----
static bool set_late(Vm *vm, const char *what, Span span) {
  if (!vm->ran) return false;
  Diag *e = diag(vm->diags, E_SET_LATE, span, "%s cannot be changed after the first run", what);
  diag_hint(e, "set it above the first `run`, or write `reset` before it");
  return true;
}

// Everything that lang or attach made for the old setting is made again.
static void relink_all(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) vm->pops.data[k]->changed = true;
  for (int k = 0; k < vm->projs.n; k++) vm->projs.data[k]->changed = true;
  vm_net(vm)->attached = false;
}

void vm_set_tolerance(Vm *vm, double rtol, double atol) {
  vm->rtol = rtol;
  vm->atol = atol;
  vm_net(vm)->attached = false;
}

bool vm_set_dt(Vm *vm, double dt, Span span) {
  if (dt == vm->dt) return true;
  if (set_late(vm, "dt", span)) return false;
  if (!(dt > 0) || !isfinite(dt)) {
    Diag *e = diag(vm->diags, E_DURATION, span, "dt must be a positive time, but it is %g s", dt);
    diag_hint(e, "for instance `set dt = 0.1 ms`");
    return false;
  }
  for (int k = 0; k < vm->projs.n; k++)
    if (!proj_delays_kept(vm->projs.data[k])) {
      Diag *e = diag(vm->diags, E_SET_LATE, span, "dt cannot be changed after large projections were connected: "
                     "their delays are already rounded to steps");
      diag_hint(e, "set dt above the connections");
      return false;
    }
  vm->dt = dt;
  injections_round(vm);
  relink_all(vm);
  for (int k = 0; k < vm->projs.n; k++)
    if (!proj_settle(vm, vm->projs.data[k])) return false;
  return true;
}

bool vm_set_semantics(Vm *vm, Semantics s, Span span) {
  if (s == vm->semantics) return true;
  if (set_late(vm, "semantics", span)) return false;
  vm->semantics = s;
  relink_all(vm);
  return true;
}

void vm_set_seed(Vm *vm, uint64_t seed) { vm->seed = seed; }

void vm_set_learning(Vm *vm, bool on) {
  if (vm->learning == on) return;
  vm->learning = on;
  for (int k = 0; k < vm->pops.n; k++) vm->pops.data[k]->changed = true;
  for (int k = 0; k < vm->projs.n; k++) vm->projs.data[k]->changed = true;
  vm_net(vm)->attached = false;
}

bool vm_steps(Vm *vm, double seconds, int64_t *steps, Span span) {
  double n = round(seconds / vm->dt);
  if (n >= 0 && n < 9007199254740992.0) {
    *steps = (int64_t)n;
    return true;
  }
  Diag *e = diag(vm->diags, E_DURATION, span, "%g s is not a length of time that can be run", seconds);
  diag_hint(e, "a duration is 0 s or longer, and finite");
  return false;
}

// ---- shared arrays ----
static double *shared_array(Vm *vm, double **have, int64_t *nhave, int64_t n, double slope) {
  if (n <= *nhave) return *have;
  double *p = mem_alloc((size_t)n * sizeof *p);
  for (int64_t k = 0; k < n; k++) p[k] = slope * (double)k;
  if (*have) vec_push(&vm_net(vm)->old, *have);
  *have = p;
  *nhave = n;
  return p;
}

double *vm_iota(Vm *vm, int64_t n) { return shared_array(vm, &vm_net(vm)->iota, &vm_net(vm)->niota, n, 1); }
double *vm_zeros(Vm *vm, int64_t n) { return shared_array(vm, &vm_net(vm)->zeros, &vm_net(vm)->nzeros, n, 0); }

// ---- reset ----
static void pop_reset(Pop *p) {
  PopRun *r = pop_run(p);
  for (int v = 0; v < p->model->nvars; v++) column_restore(&p->cols[v], &r->initial[v], p->n);
  for (int k = 0; k < p->nblocks; k++) block_reset(p->blocks[k], p->n);
  r->forced.next = 0;
  pop_quiet(p);
}

void vm_reset(Vm *vm, bool same) {
  if (!vm->keeps_creation) BUG("reset, but the values at creation were not kept");
  vm->tick = 0;
  vm->ran = false;
  if (!same) vm->trial++;
  for (int k = 0; k < vm->pops.n; k++) pop_reset(vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n; k++) proj_reset(vm->projs.data[k]), proj_quiet(vm->projs.data[k]);
  rings_quiet(vm);
  signals_reset(vm);
  timed_clear(vm);
  recordings_reset(vm);
  vm_net(vm)->attached = false; // what synapses see of the past begins anew
}
