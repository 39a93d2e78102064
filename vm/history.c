// SPDX-License-Identifier: MIT
// What synapses see of their sources and targets through a delay: the last values of the columns they read, one row for
// each step.
//
// Sources: states and lets where a delay is longer than 0. Pre states are what arrives of the source: changed when a spike
// arrives, and their equations see the source through the delay; only where delays differ from synapse to synapse are they
// kept at the source, undelayed, and seen through the delay. Targets: states and lets where a post_delay is longer than 0,
// and post states, which are kept at the target, except those that arriving spikes change.
//
// At the stages of a step (vm/stages.c) the value between stored steps is that of the polynomial through four of them, so
// that methods of fourth order stay so; it never reaches back over the beginning, where the slope jumps. Before t = 0 a
// column had the value it began with.
#include <string.h>

#include "vm/stages.h"

// ---- which slots see the past ----
static bool of_update(const UpdateRun *u, const Bound *b) { return b == &u->pre || b == &u->post; }

// Whether a kernel goes over synapses rather than over sources or targets.
static bool per_synapse(const ProjRun *r, const Bound *b) {
  if (b == &r->once_pre || b == &r->once_post || b == &r->integrate_pre || (r->stage && b == &r->stage->slopes)) return false;
  if (of_update(&r->step, b) || of_update(&r->start, b) || of_update(&r->past, b)) return false;
  for (int k = 0; k < r->code.nevery; k++)
    if (of_update(&r->every[k], b)) return false;
  for (int k = 0; k < r->code.nevent; k++)
    if (b == &r->event_once[k]) return false;
  return true;
}

static bool adds_to(const Kernel *k, const Slot *t) {
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    const Slot *x = kernel_slot(k, s);
    if (x->stored && x->space == SPACE_VAR && x->object == t->object && x->index == t->index) return true;
  }
  return false;
}

static bool arrivals_change(const ProjRun *r, const Slot *t) {
  for (int k = 0; k < r->code.nevent; k++)
    if (!r->code.event[k].post && adds_to(r->event_each[k].k, t)) return true;
  return adds_to(r->on_pre.k, t);
}

typedef enum Side { SEES_NOW, SEES_SOURCE, SEES_TARGET } Side;

static Side sees_past(const Proj *p, const Bound *b, const Slot *t) {
  const Store *s = proj_store(p);
  const ProjRun *r = proj_run(p);
  if (t->space != SPACE_VAR || t->access == ACC_UNIFORM || t->stored || t->index >= VAR_POSX) return SEES_NOW;
  bool each = per_synapse(r, b), apart = s->seg_row != NULL;
  switch (t->object) {
  case OBJ_PREBLOCK: return each && apart ? SEES_SOURCE : SEES_NOW;
  case OBJ_PRE: return s->pre.max && (each || !apart) && p->pre->model->vars[t->index].kind != VAR_PARAM ? SEES_SOURCE : SEES_NOW;
  case OBJ_POST: return s->post.max && each && p->post->model->vars[t->index].kind != VAR_PARAM ? SEES_TARGET : SEES_NOW;
  case OBJ_BLOCK0: return s->post.max && each && !arrivals_change(r, t) ? SEES_TARGET : SEES_NOW;
  default: return SEES_NOW;
  }
}

static bool once_first(const ProjRun *r, const Bound *b, int *event) {
  for (int k = 0; k < r->code.nevent; k++)
    if (b == &r->event_each[k]) return *event = k, r->code.event[k].once_first;
  return b == &r->on_pre && r->code.once_pre_first;
}

static HistoryPhase phase_of(const ProjRun *r, const Bound *b, const Slot *t) {
  int event = -1;
  if (b == &r->coupling || b == &r->source || b == &r->integrate || b == &r->integrate_pre || (r->stage && b == &r->stage->slopes)) return HISTORY_INPUTS;
  if (t->object == OBJ_BLOCK0) return b == &r->on_post && r->code.once_post_first ? HISTORY_AFTER : HISTORY_EVENT;
  if (t->object != OBJ_PREBLOCK) return HISTORY_EVENT;
  if (once_first(r, b, &event)) return HISTORY_DRAWN;
  if (b == &r->on_post) return HISTORY_AFTER;
  return b == &r->on_pre || event >= 0 ? HISTORY_BEFORE : HISTORY_EVENT;
}

static bool open_slot(const Vm *vm, Proj *p, Bound *b, int slot, Side side) {
  ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  const Slot *t = kernel_slot(b->k, slot);
  bool post = side == SEES_TARGET;
  const Pop *of = post ? p->post : p->pre;
  History h = {.phase = phase_of(r, b, t), .post = post, .b = b, .slot = slot, .n = of->n, .first = vm->tick,
               .depth = (post ? s->post.max : s->pre.max) + 1};
  if (h.phase == HISTORY_INPUTS) h.depth += 2; // for the polynomial
  bool neuron = t->object == OBJ_PRE || t->object == OBJ_POST;
  h.col = neuron ? of->cols[t->index].p : post ? p->post->blocks[p->block]->cols[t->index].p : p->pre_cols[t->index].p;
  h.ring = mem_try_alloc(sizeof *h.ring * (size_t)h.n * (size_t)h.depth + 64);
  if (!h.ring) return false;
  // A let has no value before the first step; a state has.
  h.begun = !neuron || of->model->vars[t->index].kind != VAR_LET;
  for (int d = 0; h.begun && d < h.depth; d++) memcpy(h.ring + d * h.n, h.col, sizeof *h.ring * (size_t)h.n);
  r->history = mem_realloc(r->history, sizeof h * (size_t)(r->nhistory + 1));
  r->history[r->nhistory++] = h;
  return true;
}

typedef struct Opening {
  Vm *vm;
  bool ok;
} Opening;

static void open_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  Opening *o = ctx;
  (void)lanes;
  if (b == &proj_run(p)->coupling && proj_run(p)->source.k) return; // it does not run
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    Side side = sees_past(p, b, kernel_slot(k, s));
    if (o->ok && side != SEES_NOW && !open_slot(o->vm, p, b, s, side)) o->ok = false;
  }
}

double *history_ring(History *h, int pass) {
  if (!pass) return h->ring;
  if (pass > h->nagain) h->again = mem_realloc(h->again, sizeof *h->again * (size_t)pass);
  while (h->nagain < pass) h->again[h->nagain++] = mem_alloc(sizeof *h->ring * (size_t)h->n * (size_t)h->depth + 64);
  return h->again[pass - 1];
}

// The past that the same kernel slot saw before the network was bound anew goes on.
static void take_over(History *old, int nold, History *h, int n) {
  for (int k = 0; k < n; k++)
    for (int o = 0; o < nold; o++) {
      if (old[o].col != h[k].col || old[o].phase != h[k].phase || old[o].post != h[k].post || old[o].depth != h[k].depth || !old[o].ring) continue;
      memcpy(h[k].ring, old[o].ring, sizeof *h[k].ring * (size_t)(h[k].n * h[k].depth));
      for (int j = 0; j < old[o].nagain; j++)
        memcpy(history_ring(&h[k], j + 1), old[o].again[j], sizeof *h[k].ring * (size_t)(h[k].n * h[k].depth));
      h[k].begun = old[o].begun;
      h[k].first = old[o].first;
      break;
    }
}

static void free_all(History *h, int n) {
  for (int k = 0; k < n; k++) {
    mem_free(h[k].ring);
    for (int j = 0; j < h[k].nagain; j++) mem_free(h[k].again[j]);
    mem_free(h[k].again);
    mem_free(h[k].between);
    mem_free(h[k].made);
  }
  mem_free(h);
}

bool history_open(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  History *old = r->history;
  int nold = r->nhistory;
  mem_free(r->group);
  r->group = NULL;
  r->history = NULL;
  r->nhistory = 0;
  Opening o = {vm, true};
  proj_each_kernel(p, open_kernel, &o);
  if (r->stage) open_kernel(&o, p, r->stage->slopes.k, &r->stage->slopes, p->pre->n);
  if (vm->tick > 0) take_over(old, nold, r->history, r->nhistory);
  free_all(old, nold);
  return o.ok;
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

void history_spike(Vm *vm, Proj *p, const Bound *b, HistoryPhase phase, int pass) {
  ProjRun *r = proj_run(p);
  for (int k = 0; k < r->nhistory; k++) {
    History *h = &r->history[k];
    if (h->phase != phase || h->b != b) continue;
    if (!pass) take(vm, h);
    else memcpy(history_ring(h, pass) + vm->tick % h->depth * h->n, h->col, sizeof *h->col * (size_t)h->n);
  }
}

static const double *row_in(const Vm *vm, const History *h, const double *ring, int64_t age) {
  int64_t at = (vm->tick - age) % h->depth;
  return ring + (at < 0 ? at + h->depth : at) * h->n;
}

static const double *row_of(const Vm *vm, const History *h, int64_t age) { return row_in(vm, h, h->ring, age); }

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
    h->between = mem_alloc(sizeof *h->between * (size_t)h->n * (size_t)h->depth + 64); // kernels read whole vectors
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

static const double *seen(const Vm *vm, History *h, int64_t age, int pass) {
  if (pass && (h->phase == HISTORY_BEFORE || h->phase == HISTORY_DRAWN)) return row_in(vm, h, history_ring(h, pass), age);
  if (age > 0 && h->phase == HISTORY_INPUTS && vm_net(vm)->stages.c > 0) return seen_between(vm, h, age);
  bool live = age == 0 && (h->phase == HISTORY_INPUTS || h->phase == HISTORY_EVENT);
  return live ? h->col : row_of(vm, h, age);
}

void history_aim(Vm *vm, Proj *p, Bound *b, int64_t pre, int64_t post) {
  ProjRun *r = proj_run(p);
  for (int k = 0; k < r->nhistory; k++) {
    History *h = &r->history[k];
    if (h->b == b) instance_bind(b->in, h->slot, (Bind){.p = (void *)(uintptr_t)seen(vm, h, h->post ? post : pre, r->pass), .n = h->n});
  }
}

bool history_of(const Proj *p, const Bound *b, bool post) {
  const ProjRun *r = proj_run(p);
  for (int k = 0; k < r->nhistory; k++)
    if (r->history[k].b == b && r->history[k].post == post) return true;
  return false;
}

// ---- synapses of several delays ----
static KernelCall part_of(const KernelCall *call, int64_t lo, int64_t hi) {
  KernelCall part = *call;
  part.lo = lo;
  part.hi = hi;
  for (int k = 0; k < 3; k++)
    if (call->idx[k]) part.idx[k] = call->idx[k] + (lo - call->lo);
  return part;
}

// In storage the synapses of one delay are sorted by post_delay.
bool history_run(Vm *vm, Proj *p, Bound *b, KernelCall *call, int64_t pre) {
  const Store *s = proj_store(p);
  if (!proj_run(p)->nhistory) return instance_run(b->in, call);
  if (s->post.min == s->post.max || !history_of(p, b, true)) {
    history_aim(vm, p, b, pre, s->post.min);
    return instance_run(b->in, call);
  }
  for (int64_t lo = call->lo, hi; lo < call->hi; lo = hi) {
    for (hi = lo + 1; hi < call->hi && s->post.steps[hi] == s->post.steps[lo]; hi++) continue;
    KernelCall part = part_of(call, lo, hi);
    history_aim(vm, p, b, pre, s->post.steps[lo]);
    if (instance_run(b->in, &part)) continue;
    call->fault = part.fault;
    return false;
  }
  return true;
}

// The synapses of one target grouped by delay, each group with what it sees of its sources.
static bool run_by_delay(Vm *vm, Proj *p, Bound *b, KernelCall *call, int64_t post) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  int64_t n = call->hi, nd = s->pre.max - s->pre.min + 1;
  if (n > r->ngroup) r->group_syn = mem_realloc(r->group_syn, sizeof *r->group_syn * 2 * (size_t)(r->ngroup = n + SYNAPSE_CHUNK));
  if (!r->group) r->group = mem_alloc(sizeof *r->group * (size_t)(nd + 1));
  int64_t *begin = r->group;
  int32_t *syn = r->group_syn, *src = syn + n;
  memset(begin, 0, sizeof *begin * (size_t)(nd + 1));
  for (int64_t k = 0; k < n; k++) begin[s->pre.steps[call->idx[0][k]] - s->pre.min + 1]++;
  for (int64_t d = 0; d < nd; d++) begin[d + 1] += begin[d];
  for (int64_t k = 0; k < n; k++) {
    int64_t at = begin[s->pre.steps[call->idx[0][k]] - s->pre.min]++;
    syn[at] = call->idx[0][k];
    src[at] = call->idx[1][k];
  }
  for (int64_t d = 0, lo = 0; d < nd; lo = begin[d++]) {
    if (begin[d] == lo) continue;
    KernelCall part = *call;
    part.idx[0] = syn + lo;
    part.idx[1] = src + lo;
    part.hi = begin[d] - lo;
    history_aim(vm, p, b, s->pre.min + d, post);
    if (instance_run(b->in, &part)) continue;
    call->fault = part.fault;
    return false;
  }
  return true;
}

bool history_run_back(Vm *vm, Proj *p, Bound *b, KernelCall *call, int64_t post) {
  const Store *s = proj_store(p);
  if (s->seg_row && history_of(p, b, false)) return run_by_delay(vm, p, b, call, post);
  if (proj_run(p)->nhistory) history_aim(vm, p, b, s->pre.min, post);
  return instance_run(b->in, call);
}
