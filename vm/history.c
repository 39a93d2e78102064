// SPDX-License-Identifier: MIT
// What synapses see of their sources through a delay: the last values of the columns they read, one row for each step.
//
// Only where a kernel reads a state or let of the source and a delay is longer than 0; pre states only where delays
// differ (one delay for all: they are changed when the spike arrives, and their equations see the source through it).
// At the stages of a step (vm/stages.c) the value between stored steps is that of the polynomial through four of them, so
// that methods of fourth order stay so; it never reaches back over the beginning, where the slope jumps. Before t = 0 a column had the value it began with.
#include <string.h>

#include "vm/stages.h"

static bool sees_past(const Proj *p, const Slot *t) {
  const Store *s = proj_store(p);
  if (t->space != SPACE_VAR || t->access == ACC_UNIFORM || t->stored || t->index >= VAR_POSX) return false;
  if (t->object == OBJ_PREBLOCK) return s->seg_row != NULL;
  if (t->object != OBJ_PRE || s->pre.max == 0) return false;
  uint8_t kind = p->pre->model->vars[t->index].kind;
  return kind != VAR_PARAM;
}

static HistoryPhase phase_of(const ProjRun *r, const Bound *b, const Slot *t) {
  if (b == &r->coupling || b == &r->advance_pre || (r->stage && b == &r->stage->slopes)) return HISTORY_INPUTS;
  if (t->object == OBJ_PRE) return HISTORY_EVENT;
  bool on_event = r->code.nevent && b >= r->event_each && b < r->event_each + r->code.nevent;
  return b == &r->on_pre || (on_event && !r->code.event[b - r->event_each].post) ? HISTORY_BEFORE : HISTORY_AFTER;
}

static bool open_slot(const Vm *vm, Proj *p, Bound *b, int slot) {
  ProjRun *r = proj_run(p);
  const Slot *t = kernel_slot(b->k, slot);
  History h = {.phase = phase_of(r, b, t), .b = b, .slot = slot, .n = p->pre->n, .depth = proj_store(p)->pre.max + 1, .first = vm->tick};
  if (h.phase == HISTORY_INPUTS) h.depth += 2; // for the polynomial
  h.col = t->object == OBJ_PRE ? p->pre->cols[t->index].p : p->pre_cols[t->index].p;
  h.ring = mem_try_alloc(sizeof *h.ring * (size_t)h.n * (size_t)h.depth + 64);
  if (!h.ring) return false;
  r->history = mem_realloc(r->history, sizeof h * (size_t)(r->nhistory + 1));
  r->history[r->nhistory++] = h;
  // A let has no value before the first step; a state has.
  if (t->object == OBJ_PRE && p->pre->model->vars[t->index].kind == VAR_LET) return true;
  for (int d = 0; d < h.depth; d++) memcpy(h.ring + d * h.n, h.col, sizeof *h.ring * (size_t)h.n);
  r->history[r->nhistory - 1].begun = true;
  return true;
}

static bool open_kernel(const Vm *vm, Proj *p, Bound *b) {
  for (int s = 0; b->k && s < kernel_nslots(b->k); s++)
    if (sees_past(p, kernel_slot(b->k, s)) && !open_slot(vm, p, b, s)) return false;
  return true;
}

// The past that the same kernel slot saw before the network was bound anew goes on.
static void take_over(History *old, int nold, History *h, int n) {
  for (int k = 0; k < n; k++)
    for (int o = 0; o < nold; o++) {
      if (old[o].col != h[k].col || old[o].phase != h[k].phase || old[o].depth != h[k].depth || !old[o].ring) continue;
      memcpy(h[k].ring, old[o].ring, sizeof *h[k].ring * (size_t)(h[k].n * h[k].depth));
      h[k].begun = old[o].begun;
      h[k].first = old[o].first;
      break;
    }
}

static void free_all(History *h, int n) {
  for (int k = 0; k < n; k++) {
    mem_free(h[k].ring);
    mem_free(h[k].between);
    mem_free(h[k].made);
  }
  mem_free(h);
}

bool history_open(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  History *old = r->history;
  int nold = r->nhistory;
  r->history = NULL;
  r->nhistory = 0;
  Bound *kernels[] = {&r->on_pre, &r->on_post, &r->coupling, &r->advance};
  bool ok = true;
  for (size_t b = 0; b < sizeof kernels / sizeof *kernels; b++) ok = ok && open_kernel(vm, p, kernels[b]);
  if (!proj_store(p)->seg_row) ok = ok && open_kernel(vm, p, &r->advance_pre) && (!r->stage || open_kernel(vm, p, &r->stage->slopes));
  for (int e = 0; e < r->code.nevent; e++) ok = ok && open_kernel(vm, p, &r->event_each[e]);
  if (vm->tick > 0) take_over(old, nold, r->history, r->nhistory);
  free_all(old, nold);
  return ok;
}

void history_close(Proj *p) {
  ProjRun *r = proj_run(p);
  free_all(r->history, r->nhistory);
  r->history = NULL;
  r->nhistory = 0;
}

static void take(const Vm *vm, History *h) {
  size_t bytes = sizeof *h->ring * (size_t)h->n;
  for (int d = 0; !h->begun && d < h->depth; d++) memcpy(h->ring + d * h->n, h->col, bytes);
  h->begun = true;
  memcpy(h->ring + vm->tick % h->depth * h->n, h->col, bytes);
}

void history_take(Vm *vm, Proj *p, HistoryPhase phase) {
  ProjRun *r = proj_run(p);
  for (int k = 0; k < r->nhistory; k++)
    if (r->history[k].phase == phase) take(vm, &r->history[k]);
}

void history_before(Vm *vm, Proj *p, const Bound *b) {
  ProjRun *r = proj_run(p);
  for (int k = 0; k < r->nhistory; k++)
    if (r->history[k].phase == HISTORY_BEFORE && r->history[k].b == b) take(vm, &r->history[k]);
}

static const double *row_of(const Vm *vm, const History *h, int64_t age) {
  int64_t at = (vm->tick - age) % h->depth;
  return h->ring + (at < 0 ? at + h->depth : at) * h->n;
}

// The polynomial through the rows of steps lo..lo+n-1, at step x: the factor of each.
static void lagrange(int64_t lo, int n, double x, double *weight) {
  for (int j = 0; j < n; j++) {
    weight[j] = 1;
    for (int k = 0; k < n; k++)
      if (k != j) weight[j] *= (x - (double)(lo + k)) / (double)(j - k);
  }
}

// The rows around step `at`: as many as are known, none before the first.
static int64_t around(const Vm *vm, const History *h, int64_t at, int *n) {
  int64_t lo = at - 1;
  if (lo > vm->tick - 3) lo = vm->tick - 3;
  if (lo < h->first) lo = h->first;
  *n = vm->tick - lo >= 3 ? 4 : (int)(vm->tick - lo) + 1;
  if (at < h->first) lo = at, *n = 2;
  return lo;
}

// At a stage between t_n and t_n + dt.
static const double *seen_between(const Vm *vm, History *h, int64_t age) {
  const Stages *st = &vm_net(vm)->stages;
  if (st->c == 1) return row_of(vm, h, age - 1);
  if (!h->between) {
    h->between = mem_alloc(sizeof *h->between * (size_t)h->n * (size_t)h->depth);
    h->made = mem_alloc(sizeof *h->made * (size_t)h->depth);
  }
  double *row = h->between + age * h->n;
  if (h->made[age] == st->count) return row;
  h->made[age] = st->count;
  int n;
  int64_t at = vm->tick - age, lo = around(vm, h, at, &n);
  double weight[4];
  lagrange(lo, n, (double)at + st->c, weight);
  memset(row, 0, sizeof *row * (size_t)h->n);
  for (int j = 0; j < n; j++) {
    const double *from = row_of(vm, h, vm->tick - (lo + j));
    for (int64_t e = 0; e < h->n; e++) row[e] += weight[j] * from[e];
  }
  return row;
}

static const double *seen(const Vm *vm, History *h, int64_t age) {
  if (age > 0 && h->phase == HISTORY_INPUTS && vm_net(vm)->stages.c > 0) return seen_between(vm, h, age);
  bool live = age == 0 && (h->phase == HISTORY_INPUTS || h->phase == HISTORY_EVENT);
  return live ? h->col : row_of(vm, h, age);
}

bool history_aim(Vm *vm, Proj *p, Bound *b, int64_t age) {
  ProjRun *r = proj_run(p);
  bool any = false;
  for (int k = 0; k < r->nhistory; k++) {
    History *h = &r->history[k];
    if (h->b != b) continue;
    any = true;
    instance_bind(b->in, h->slot, (Bind){.p = (void *)(uintptr_t)seen(vm, h, age), .n = h->n});
  }
  return any;
}

// The synapses of one target grouped by delay, each group with what it sees of its sources.
static void run_by_delay(Vm *vm, Proj *p, Bound *b, KernelCall *call) {
  const Store *s = proj_store(p);
  int64_t n = call->hi, nd = s->pre.max - s->pre.min + 1;
  int64_t *begin = mem_alloc(sizeof *begin * (size_t)(nd + 1));
  int32_t *syn = mem_alloc(sizeof *syn * 2 * (size_t)n), *src = syn + n;
  for (int64_t k = 0; k < n; k++) begin[s->pre.steps[call->idx[0][k]] - s->pre.min + 1]++;
  for (int64_t d = 0; d < nd; d++) begin[d + 1] += begin[d];
  for (int64_t k = 0; k < n; k++) {
    int64_t at = begin[s->pre.steps[call->idx[0][k]] - s->pre.min]++;
    syn[at] = call->idx[0][k];
    src[at] = call->idx[1][k];
  }
  int64_t lo = 0;
  for (int64_t d = 0; d < nd; d++) {
    int64_t hi = begin[d];
    if (hi == lo) continue;
    KernelCall part = *call;
    part.idx[0] = syn + lo;
    part.idx[1] = src + lo;
    part.hi = hi - lo;
    history_aim(vm, p, b, s->pre.min + d);
    instance_run(b->in, &part);
    lo = hi;
  }
  mem_free(begin);
  mem_free(syn);
}

void history_run_back(Vm *vm, Proj *p, Bound *b, KernelCall *call) {
  if (history_aim(vm, p, b, proj_store(p)->pre.min) && proj_store(p)->seg_row) run_by_delay(vm, p, b, call);
  else instance_run(b->in, call);
}
