// SPDX-License-Identifier: MIT
// Marks and going back to them. The network only grows at its ends (lists of populations, projections, blocks,
// stimuli ...), so that a mark is the lengths of the lists, and going back cuts them; memory of the network's arena stays
// until the network is cleared.
#include "vm/undo.h"

#include <string.h>

#include "vm/run.h"

typedef struct PopMark {
  int nblocks, ninjections, nwith;
  Block **blocks;
  Injection **injections;
  bool recorded;
  int64_t forced;
} PopMark;

struct VmMark {
  int npops, nprojs, ngroups, nrecordings, ntimed, nsignals;
  double dt;
  uint64_t seed;
  uint32_t trial, next_id;
  Semantics semantics;
  bool learning;
  int threads;
  double *signal; // their values
  PopMark pop[];
};

VmMark *vm_mark(const Vm *vm) {
  VmMark *m = mem_alloc(sizeof *m + sizeof *m->pop * (size_t)vm->pops.n);
  m->npops = vm->pops.n;
  m->nprojs = vm->projs.n;
  m->ngroups = vm_net(vm)->groups.n;
  m->nrecordings = vm->recordings.n;
  m->ntimed = timed_count(vm);
  m->nsignals = vm_net(vm)->signals.n;
  m->signal = mem_alloc(sizeof *m->signal * (size_t)(m->nsignals + 1));
  for (int k = 0; k < m->nsignals; k++) m->signal[k] = vm_net(vm)->signals.data[k]->x;
  m->dt = vm->dt;
  m->seed = vm->seed;
  m->trial = vm->trial;
  m->next_id = vm->next_id;
  m->semantics = vm->semantics;
  m->learning = vm->learning;
  m->threads = vm->threads;
  for (int k = 0; k < vm->pops.n; k++) {
    const Pop *p = vm->pops.data[k];
    const PopRun *r = pop_run(p);
    m->pop[k] = (PopMark){.nblocks = p->nblocks, .blocks = p->blocks, .ninjections = p->ninjections, .injections = p->injections,
                          .recorded = r->log.on, .nwith = r->log.nwith, .forced = r->forced.n};
  }
  return m;
}

void vm_mark_free(VmMark *m) {
  if (m) mem_free(m->signal);
  mem_free(m);
}

// ---- sums on their way into columns that go ----

static bool in_columns(const Column *cols, int n, const double *p) {
  for (int v = 0; v < n; v++)
    if (cols[v].p == p) return true;
  return false;
}

static bool column_goes(const Vm *vm, const VmMark *m, const double *col) {
  for (int k = 0; k < vm->pops.n; k++) {
    const Pop *p = vm->pops.data[k];
    int stay = k < m->npops ? m->pop[k].nblocks : 0;
    if (k >= m->npops && in_columns(p->cols, p->model->nvars, col)) return true;
    for (int b = stay; b < p->nblocks; b++)
      if (in_columns(p->blocks[b]->cols, p->blocks[b]->syn->model.nvars, col)) return true;
  }
  return false;
}

static void cut_rings(Vm *vm, const VmMark *m) {
  Net *net = vm_net(vm);
  int kept = 0;
  for (int k = 0; k < net->rings.n; k++) {
    AddRing *r = net->rings.data[k];
    if (!column_goes(vm, m, r->col)) {
      net->rings.data[kept++] = r;
      continue;
    }
    mem_free(r->slots);
    mem_free(r->used);
    mem_free(r);
  }
  net->rings.n = kept;
}

// ---- going back ----

static void rewind_pop(Pop *p, const PopMark *m) {
  PopRun *r = pop_run(p);
  for (int b = m->nblocks; b < p->nblocks; b++) block_free(p->blocks[b], p->n);
  p->nblocks = m->nblocks;
  p->blocks = m->blocks;
  p->ninjections = m->ninjections;
  p->injections = m->injections;
  p->changed = true;
  if (r->forced.n > m->forced && !r->forced.sorted) r->forced.n = m->forced; // once sorted by a run only a snapshot puts them back
  if (!m->recorded && r->log.on) spike_log_free(&r->log);
  while (r->log.nwith > m->nwith) mem_free(r->log.values[--r->log.nwith]);
}

static void rewind_settings(Vm *vm, const VmMark *m) {
  Span nowhere = {0};
  if (!vm->ran) { // after the first step they cannot have changed
    vm_set_semantics(vm, m->semantics, nowhere);
    vm_set_dt(vm, m->dt, nowhere);
  }
  vm_set_seed(vm, m->seed);
  vm_set_learning(vm, m->learning);
  vm->trial = m->trial;
  vm->threads = m->threads;
  vm->next_id = m->next_id;
}

static bool grew(const Vm *vm, const VmMark *m) {
  if (vm->pops.n > m->npops || vm->projs.n > m->nprojs || vm->recordings.n > m->nrecordings) return true;
  for (int k = 0; k < m->npops; k++) {
    const Pop *p = vm->pops.data[k];
    const PopRun *r = pop_run(p);
    const PopMark *was = &m->pop[k];
    if (p->nblocks > was->nblocks || p->ninjections > was->ninjections || r->log.on != was->recorded ||
        r->log.nwith > was->nwith || r->forced.n > was->forced)
      return true;
  }
  return false;
}

void vm_rewind(Vm *vm, const VmMark *m) {
  Net *net = vm_net(vm);
  if (timed_count(vm) > m->ntimed) timed_cut(vm, m->ntimed);
  if (grew(vm, m)) {
    run_detach(vm);
    recordings_cut(vm, m->nrecordings);
    cut_rings(vm, m);
    while (vm->projs.n > m->nprojs) proj_free(vec_pop(&vm->projs));
    while (net->groups.n > m->ngroups) mem_free(vec_pop(&net->groups));
    for (int k = 0; k < m->npops; k++) rewind_pop(vm->pops.data[k], &m->pop[k]);
    while (vm->pops.n > m->npops) pop_free(vec_pop(&vm->pops));
  }
  signals_cut(vm, m->nsignals);
  for (int k = 0; k < m->nsignals; k++) net->signals.data[k]->x = m->signal[k];
  rewind_settings(vm, m);
}

// ---- size ----

static double column_bytes(const Column *c, double n) { return c->p ? c->uniform ? 8 : 8 * n : 0; }

double vm_snapshot_bytes(const Vm *vm) {
  double bytes = 0;
  for (int k = 0; k < vm->pops.n; k++) {
    const Pop *p = vm->pops.data[k];
    for (int v = 0; v < p->model->nvars; v++) bytes += column_bytes(&p->cols[v], (double)p->n);
    for (int b = 0; b < p->nblocks; b++)
      for (int v = 0; v < p->blocks[b]->syn->model.nvars; v++) bytes += column_bytes(&p->blocks[b]->cols[v], (double)p->n);
  }
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *p = vm->projs.data[k];
    for (int v = 0; v < p->syn->model.nvars; v++) bytes += column_bytes(&p->cols[v], (double)p->nsyn) + column_bytes(&p->pre_cols[v], (double)p->pre->n);
  }
  for (int k = 0; k < vm_net(vm)->rings.n; k++)
    bytes += 8.0 * (double)vm_net(vm)->rings.data[k]->n * vm_net(vm)->rings.data[k]->depth;
  return bytes;
}
