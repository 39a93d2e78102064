// SPDX-License-Identifier: MIT
// Events: spikes on their way, and what they do where they arrive.
//
//   pull    a population keeps the spikes of its last steps; in step n, for each delay d from the longest on, the segments
//           of delay d of the spikes of step n - d are added to the target column. Nothing is kept for the future, the
//           column stays in cache: best for many synapses per segment, and wherever one delay serves all.
//   push    a spike adds its whole row into a ring of future sums, one slot for each step; best while the ring stays in
//           cache and segments are short.
//   kernel  handlers that do more than add run over the segments of the arriving spikes, source by source.
//
// Pull and push give the same bits: what arrives in a step is added in the order of emission, then of source.
//
// Neurons that refractoriness holds: delivery goes on as if they were free, and afterwards their held states are put back.
// They are few at any time, so the loops stay free of tests.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vm/run.h"

// ---- lists of spikes ----
void spikes_push(SpikeList *l, const int32_t *i, const int32_t *count, int64_t n) {
  if (l->n + n > l->cap) {
    l->cap = l->cap + l->cap / 2 + n + 64;
    l->i = mem_realloc(l->i, sizeof *l->i * (size_t)l->cap);
    if (l->count) l->count = mem_realloc(l->count, sizeof *l->count * (size_t)l->cap);
  }
  if (count && !l->count) {
    l->count = mem_realloc(NULL, sizeof *l->count * (size_t)l->cap);
    for (int64_t k = 0; k < l->n; k++) l->count[k] = 1;
  }
  memcpy(l->i + l->n, i, sizeof *i * (size_t)n);
  for (int64_t k = 0; l->count && k < n; k++) l->count[l->n + k] = count ? count[k] : 1;
  l->n += n;
}

SpikeList *events_of_step(const Pop *p, int event, int64_t tick) {
  const PopRun *r = pop_run(p);
  return &r->ring[(event + 1) * r->depth + (tick < 0 ? tick + r->depth : tick) % r->depth];
}

SpikeList *spikes_of_step(const Pop *p, int64_t tick) { return events_of_step(p, -1, tick); }

void spike_ring_grow(Vm *vm, Pop *p, int depth) {
  PopRun *r = pop_run(p);
  int nring = 1 + r->code.nevent;
  if (depth <= r->depth && nring <= r->nring) return;
  if (depth < r->depth) depth = r->depth;
  SpikeList *ring = mem_alloc(sizeof *ring * (size_t)(depth * nring));
  for (int e = 0; e < r->nring; e++)
    for (int64_t t = vm->tick; t < vm->tick + r->depth; t++) { // slot t holds step t - depth
      SpikeList *from = &r->ring[e * r->depth + t % r->depth];
      int64_t to = t - r->depth;
      ring[e * depth + (to < 0 ? to + depth : to) % depth] = *from;
    }
  mem_free(r->ring);
  r->ring = ring;
  r->depth = depth;
  r->nring = nring;
}

void calendar_grow(Vm *vm, Proj *p, int depth, int ncalendar) {
  ProjRun *r = proj_run(p);
  if (depth <= r->depth && ncalendar <= r->ncalendar) return;
  if (depth < r->depth) depth = r->depth;
  ArrivalList *calendar = mem_alloc(sizeof *calendar * (size_t)(depth * ncalendar));
  for (int c = 0; c < r->ncalendar; c++)
    for (int64_t t = vm->tick; t < vm->tick + r->depth; t++)
      calendar[c * depth + t % depth] = r->calendar[c * r->depth + t % r->depth];
  mem_free(r->calendar);
  r->calendar = calendar;
  r->depth = depth;
  r->ncalendar = ncalendar;
}

AddRing *add_ring(Vm *vm, double *col, int64_t n, int depth) {
  Net *net = vm_net(vm);
  AddRing *ring = NULL;
  for (int k = 0; k < net->rings.n; k++)
    if (net->rings.data[k]->col == col) ring = net->rings.data[k];
  if (ring && ring->depth >= depth) return ring;
  size_t stride = ((size_t)n + 7) & ~(size_t)7;
  double *slots = mem_try_alloc(sizeof *slots * stride * (size_t)depth);
  if (!slots) return NULL;
  bool *used = mem_alloc(sizeof *used * (size_t)depth);
  if (!ring) {
    ring = mem_alloc(sizeof *ring);
    *ring = (AddRing){.col = col, .n = n};
    vec_push(&net->rings, ring);
  }
  for (int64_t t = vm->tick; ring->depth && t < vm->tick + ring->depth; t++) {
    memcpy(slots + stride * (size_t)(t % depth), ring->slots + stride * (size_t)(t % ring->depth), sizeof *slots * stride);
    used[t % depth] = ring->used[t % ring->depth];
  }
  mem_free(ring->slots);
  mem_free(ring->used);
  ring->slots = slots;
  ring->used = used;
  ring->depth = depth;
  return ring;
}

void rings_quiet(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->rings.n; k++) {
    AddRing *ring = net->rings.data[k];
    memset(ring->slots, 0, sizeof(double) * (((size_t)ring->n + 7) & ~(size_t)7) * (size_t)ring->depth);
    memset(ring->used, 0, sizeof *ring->used * (size_t)ring->depth);
  }
  for (int k = 0; k < vm->projs.n; k++) {
    ProjRun *r = proj_run(vm->projs.data[k]);
    for (int d = 0; d < r->depth * r->ncalendar; d++) r->calendar[d].n = 0;
  }
}

void rings_free(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->rings.n; k++) {
    mem_free(net->rings.data[k]->slots);
    mem_free(net->rings.data[k]->used);
    mem_free(net->rings.data[k]);
  }
  vec_free(&net->rings);
}

// ---- held states ----
void guard_rebuild(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  r->nheld = 0;
  if (!r->nguard || !model_var_hidden(p->model, p->model->held_until)) return;
  const double *until = p->cols[p->model->held_until].p;
  for (int64_t k = 0; k < p->n; k++)
    if (until[k] > (double)vm->tick) guard_add(p, &(SpikeList){.i = (int32_t[]){(int32_t)k}, .n = 1});
}

void guard_add(Pop *p, const SpikeList *l) {
  PopRun *r = pop_run(p);
  if (!r->nguard || !l->n) return;
  if (r->nheld + l->n > r->guard_cap) {
    r->guard_cap = 2 * (r->nheld + l->n) + 64;
    r->held = mem_realloc(r->held, sizeof *r->held * (size_t)r->guard_cap);
    r->guard_save = mem_realloc(r->guard_save, sizeof *r->guard_save * (size_t)(r->guard_cap * r->nguard));
  }
  memcpy(r->held + r->nheld, l->i, sizeof *l->i * (size_t)l->n);
  r->nheld += l->n;
}

// The neurons still held; then, where events follow the test for spikes, those that spike now: the list holds them for
// the steps to come as well.
void guard_open(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  if (!r->nguard) return;
  const double *until = p->cols[p->model->held_until].p;
  int64_t n = 0;
  for (int64_t k = 0; k < r->nheld; k++)
    if (until[r->held[k]] > (double)vm->tick) r->held[n++] = r->held[k];
  r->nheld = n;
  if (vm->semantics != SEMANTICS_NEST) guard_add(p, spikes_of_step(p, vm->tick));
  for (int g = 0; g < r->nguard; g++)
    for (int64_t k = 0; k < r->nheld; k++) r->guard_save[g * r->guard_cap + k] = r->guard[g][r->held[k]];
}

void guard_close(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  (void)vm;
  for (int g = 0; g < r->nguard; g++)
    for (int64_t k = 0; k < r->nheld; k++) r->guard[g][r->held[k]] = r->guard_save[g * r->guard_cap + k];
}

// ---- adding ----
static void add_same(double *restrict col, const int32_t *restrict t, int64_t n, double x) {
  for (int64_t k = 0; k < n; k++) col[t[k]] += x;
}

static void add_f64(double *restrict col, const int32_t *restrict t, const double *restrict w, int64_t n, double f) {
  for (int64_t k = 0; k < n; k++) col[t[k]] += f * w[k];
}

static void add_f32(double *restrict col, const int32_t *restrict t, const float *restrict w, int64_t n, double f) {
  for (int64_t k = 0; k < n; k++) col[t[k]] += f * (double)w[k];
}

static void add_range(double *restrict col, int64_t n, double x) {
  for (int64_t k = 0; k < n; k++) col[k] += x;
}

// Adds n synapses from number `at` on, with targets t, to col.
static inline void add_synapses(const Proj *p, const FastRun *f, double *col, const int32_t *t, int64_t at, int64_t n, double times) {
  double x = f->factor * times;
  if (f->weighted) {
    const void *w = p->cols[p->syn->weight].p;
    if (p->type[p->syn->weight] == SLOT_F32) add_f32(col, t, (const float *)w + at, n, x);
    else add_f64(col, t, (const double *)w + at, n, x);
  } else {
    add_same(col, t, n, x);
  }
}

// What one delay delivers: whole rows, or the segments that a table gives.
static void pull_rows(const Proj *p, const SpikeList *l) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  bool range = s->shared && !s->dst_idx;
  for (int64_t k = 0; k < l->n; k++) {
    int64_t row = store_row(s, l->i[k]);
    if (row < 0) continue;
    int64_t begin = s->off[row], n = s->off[row + 1] - begin;
    double times = l->count ? l->count[k] : 1;
    r->arrived += n * (int64_t)times;
    for (int a = 0; a < r->code.nfast; a++) {
      const FastRun *f = &r->fast[a];
      if (range && !f->weighted) add_range(f->col + s->dst_lo, n, f->factor * times);
      else add_synapses(p, f, f->col, store_targets(s, row), begin, n, times);
    }
  }
}

enum { AHEAD = 8 }; // spikes whose tables and rows are fetched into the cache beforehand

static inline void fetch_table(const Store *s, const SpikeList *l, int64_t k, int64_t nd, int64_t d) {
  if (k >= l->n) return;
  int64_t row = store_row(s, l->i[k]);
  if (row >= 0) __builtin_prefetch(&s->seg_table[row * (nd + 1) + d]);
}

static inline void fetch_segment(const Store *s, const char *w, size_t width, const SpikeList *l, int64_t k, int64_t nd, int64_t d) {
  if (k >= l->n) return;
  int64_t row = store_row(s, l->i[k]);
  if (row < 0) return;
  const uint32_t *table = s->seg_table + row * (nd + 1) + d;
  int64_t begin = s->off[row] + table[0], end = s->off[row] + table[1];
  for (int64_t at = begin; at < end && at < begin + 64; at += 16) {
    __builtin_prefetch(&s->target[at]);
    if (w) __builtin_prefetch(w + width * (size_t)at);
  }
}

static void pull_segments(const Proj *p, const SpikeList *l, int32_t delay) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  int64_t nd = s->pre.max - s->pre.min + 1, d = delay - s->pre.min, arrived = 0;
  const char *w = r->fast[0].weighted ? (const char *)p->cols[p->syn->weight].p : NULL;
  size_t width = w ? proj_width(p, p->syn->weight) : 0;
  for (int64_t k = 0; k < l->n; k++) {
    fetch_table(s, l, k + 2 * AHEAD, nd, d);
    fetch_segment(s, w, width, l, k + AHEAD, nd, d);
    int64_t row = store_row(s, l->i[k]);
    if (row < 0) continue;
    const uint32_t *table = s->seg_table + row * (nd + 1) + d;
    if (table[0] == table[1]) continue;
    int64_t begin = s->off[row] + table[0];
    double times = l->count ? l->count[k] : 1;
    arrived += (table[1] - table[0]) * (int64_t)times;
    for (int a = 0; a < r->code.nfast; a++)
      add_synapses(p, &r->fast[a], r->fast[a].col, s->target + begin, begin, table[1] - table[0], times);
  }
  r->arrived += arrived;
}

static void pull(const Vm *vm, const Proj *p) {
  const Store *s = proj_store(p);
  const PopRun *pre = pop_run(p->pre);
  int64_t slot = (vm->tick - s->pre.max) % pre->depth; // of the oldest spikes
  if (slot < 0) slot += pre->depth;
  for (int32_t d = s->pre.max; d >= s->pre.min; d--) {
    const SpikeList *l = &pre->ring[slot];
    if (++slot == pre->depth) slot = 0;
    if (!l->n) continue;
    if (s->seg_table) pull_segments(p, l, d);
    else pull_rows(p, l);
  }
}

static void push_segment(const Proj *p, const FastRun *f, int64_t slot, int64_t begin, int64_t end, double times) {
  AddRing *ring = f->ring;
  if (slot >= ring->depth) slot -= ring->depth;
  ring->used[slot] = true;
  double *sums = ring->slots + ((ring->n + 7) & ~(int64_t)7) * slot;
  add_synapses(p, f, sums, proj_store(p)->target + begin, begin, end - begin, times);
}

static void push(const Vm *vm, const Proj *p) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  const SpikeList *l = spikes_of_step(p->pre, vm->tick);
  for (int64_t k = 0; k < l->n; k++) {
    int64_t row = store_row(s, l->i[k]);
    if (row < 0) continue;
    r->arrived += (s->off[row + 1] - s->off[row]) * (l->count ? l->count[k] : 1);
    for (int a = 0; a < r->code.nfast; a++) {
      int64_t now = vm->tick % r->fast[a].ring->depth, at = s->off[row];
      const Segment *g = s->seg + s->seg_row[row], *last = s->seg + s->seg_row[row + 1];
      for (; g < last; g++) {
        int64_t end = g + 1 < last ? at + g[1].start : s->off[row + 1];
        push_segment(p, &r->fast[a], now + g->delay, at + g->start, end, l->count ? l->count[k] : 1);
      }
    }
  }
}

void deliver_rings(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->rings.n; k++) {
    AddRing *ring = net->rings.data[k];
    int64_t slot = vm->tick % ring->depth;
    if (!ring->used[slot]) continue;
    ring->used[slot] = false;
    double *x = ring->slots + ((ring->n + 7) & ~(int64_t)7) * slot, *col = ring->col;
    for (int64_t e = 0; e < ring->n; e++) col[e] += x[e];
    memset(x, 0, sizeof *x * (size_t)ring->n);
  }
}

// ---- handlers as kernels ----
static int32_t *fill_with(ProjRun *r, int32_t x, int64_t n) {
  if (n > r->nfill) {
    r->nfill = n + SYNAPSE_CHUNK;
    r->fill = mem_realloc(r->fill, sizeof *r->fill * (size_t)r->nfill);
    r->fill_target = mem_realloc(r->fill_target, sizeof *r->fill * (size_t)r->nfill);
  }
  for (int64_t k = 0; k < n; k++) r->fill[k] = x;
  return r->fill;
}

// A draw in a handler that runs several times for one step differs each time.
static KernelCall event_call(const Vm *vm, const Bound *b, int32_t pass) {
  KernelCall call = call_now(vm, b->object);
  call.key.object += (uint32_t)pass << 24;
  return call;
}

static void note_fault(ProjRun *r, bool ok, const KernelCall *call) {
  if (!ok && r->fault.what < 0) r->fault = call->fault;
}

static void run_segment(Vm *vm, Proj *p, Bound *b, const Arrival *a, int32_t pass) {
  const Store *s = proj_store(p);
  KernelCall call = event_call(vm, b, pass);
  call.lo = s->off[a->row] + a->begin;
  call.hi = s->off[a->row] + a->end;
  if (b->looks_pre) call.idx[1] = fill_with(proj_run(p), store_source(s, a->row), a->end - a->begin);
  call.idx[2] = store_targets(s, a->row) + a->begin;
  proj_run(p)->arrived += a->end - a->begin;
  proj_run(p)->pass = pass;
  note_fault(proj_run(p), history_run(vm, p, b, &call, vm->tick - a->tick), &call);
  proj_run(p)->pass = 0;
}

static void arrive(ArrivalList *l, Arrival a) {
  if (l->n == l->cap) l->data = mem_realloc(l->data, sizeof *l->data * (size_t)(l->cap = 2 * l->cap + 64));
  l->data[l->n++] = a;
}

// Notes when and where the rows of this step's spikes arrive.
static void schedule(Vm *vm, Proj *p, const SpikeList *l, ArrivalList *calendar) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  for (int64_t k = 0; k < l->n; k++) {
    int64_t row = store_row(s, l->i[k]);
    if (row < 0 || s->off[row] == s->off[row + 1]) continue;
    Arrival a = {.row = row, .tick = vm->tick, .count = l->count ? l->count[k] : 1,
                 .end = (int32_t)(s->off[row + 1] - s->off[row])};
    if (!s->seg_row) {
      arrive(&calendar[(vm->tick + s->pre.min) % r->depth], a);
      continue;
    }
    int32_t length = a.end;
    for (int64_t g = s->seg_row[row]; g < s->seg_row[row + 1]; g++) {
      a.begin = (int32_t)s->seg[g].start;
      a.end = g + 1 < s->seg_row[row + 1] ? (int32_t)s->seg[g + 1].start : length;
      arrive(&calendar[(vm->tick + s->seg[g].delay) % r->depth], a);
    }
  }
}

static int by_source(const void *x, const void *y) {
  const Arrival *a = x, *b = y;
  return a->row != b->row ? (a->row > b->row) - (a->row < b->row) : (a->tick > b->tick) - (a->tick < b->tick);
}

static void run_once(Vm *vm, Proj *p, Bound *b, const int32_t *list, int64_t n, int32_t pass) {
  if (!n) return;
  KernelCall call = event_call(vm, b, pass);
  call.hi = n;
  call.idx[0] = call.idx[1] = call.idx[2] = list;
  if (proj_run(p)->nhistory) history_aim(vm, p, b, proj_store(p)->pre.min, 0);
  note_fault(proj_run(p), instance_run(b->in, &call), &call);
}

// pre states: once for each spiking source, when its spike arrives.
static void run_once_pre(Vm *vm, Proj *p, Bound *once, const ArrivalList *l, int32_t pass) {
  ProjRun *r = proj_run(p);
  if (!once->k) return;
  int32_t *list = fill_with(r, 0, l->n + 1);
  int64_t n = 0;
  for (int64_t k = 0; k < l->n; k++)
    if (l->data[k].count > pass) list[n++] = store_source(proj_store(p), l->data[k].row);
  run_once(vm, p, once, list, n, pass);
}

static int32_t most_spikes(const SpikeList *l) {
  int32_t most = l->n ? 1 : 0;
  for (int64_t k = 0; l->count && k < l->n; k++)
    if (l->count[k] > most) most = l->count[k];
  return most;
}

// Where delays differ from synapse to synapse pre states are kept undelayed, and synapses see them through history: as
// they were just before the spike (on pre; after it, where it drew them), or after all of the step (on post).
static void once_undelayed(Vm *vm, Proj *p, const SpikeList *l, const Bound *each, Bound *once) {
  int32_t *list = fill_with(proj_run(p), 0, l->n + 1), most = most_spikes(l);
  for (int32_t pass = 0; pass == 0 || pass < most; pass++) {
    int64_t n = 0;
    history_spike(vm, p, each, HISTORY_BEFORE, pass);
    for (int64_t k = 0; once->k && k < l->n; k++)
      if (store_row(proj_store(p), l->i[k]) >= 0 && (l->count ? l->count[k] : 1) > pass) list[n++] = l->i[k];
    run_once(vm, p, once, list, n, pass);
    history_spike(vm, p, each, HISTORY_DRAWN, pass);
  }
}

static void run_arrivals(Vm *vm, Proj *p, ArrivalList *l, Bound *each, Bound *once, bool once_first) {
  bool apart = proj_store(p)->seg_row != NULL;
  if (apart) qsort(l->data, (size_t)l->n, sizeof *l->data, by_source);
  int32_t most = 0;
  for (int64_t k = 0; k < l->n; k++)
    if (l->data[k].count > most) most = l->data[k].count;
  for (int32_t pass = 0; pass < most; pass++) {
    if (!apart && once_first) run_once_pre(vm, p, once, l, pass);
    for (int64_t k = 0; each->k && k < l->n; k++)
      if (l->data[k].count > pass) run_segment(vm, p, each, &l->data[k], pass);
    if (!apart && !once_first) run_once_pre(vm, p, once, l, pass);
  }
  l->n = 0;
}

static ArrivalList *calendar_of(const Proj *p, int which) {
  return proj_run(p)->calendar + which * proj_run(p)->depth;
}

// Rows of few synapses lie scattered in memory. While other projections emit, what the spikes of this one will read is
// fetched into the cache: `near` false: where the rows begin, true: their delays, targets and weights.
void fetch_rows(const Vm *vm, const Proj *p, bool near) {
  const ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  if (!p->nsyn || r->way != DELIVER_PUSH) return;
  const SpikeList *l = spikes_of_step(p->pre, vm->tick);
  const char *w = r->fast[0].weighted ? (const char *)p->cols[p->syn->weight].p : NULL;
  size_t width = w ? proj_width(p, p->syn->weight) : 0;
  for (int64_t k = 0; k < l->n && k < AHEAD; k++) {
    int64_t row = store_row(s, l->i[k]);
    if (row < 0) continue;
    if (!near) {
      __builtin_prefetch(&s->off[row]);
      __builtin_prefetch(&s->seg_row[row]);
      continue;
    }
    const Segment *g = s->seg + s->seg_row[row];
    __builtin_prefetch(g);
    __builtin_prefetch(g + 8);
    __builtin_prefetch(g + 16);
    int64_t at = s->off[row], end = s->off[row + 1] < at + 64 ? s->off[row + 1] : at + 64;
    for (int64_t j = at; j < end; j += 16) __builtin_prefetch(&s->target[j]);
    for (int64_t j = at; w && j < end; j += 8) __builtin_prefetch(w + width * (size_t)j);
  }
}

void emit_spikes(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  const SpikeList *spikes = spikes_of_step(p->pre, vm->tick);
  bool apart = proj_store(p)->seg_row != NULL;
  if (!p->nsyn) return;
  if (r->way == DELIVER_PUSH) push(vm, p);
  if (r->way == DELIVER_KERNEL) schedule(vm, p, spikes, calendar_of(p, 0));
  if (apart) once_undelayed(vm, p, spikes, &r->on_pre, &r->once_pre);
  for (int e = 0; e < r->code.nevent; e++) {
    if (r->code.event[e].post) continue;
    const SpikeList *l = events_of_step(p->pre, r->code.event[e].event, vm->tick);
    schedule(vm, p, l, calendar_of(p, e + 1));
    if (apart) once_undelayed(vm, p, l, &r->event_each[e], &r->event_once[e]);
  }
  if (apart) history_take(vm, p, HISTORY_AFTER);
}

void deliver_pre(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  if (r->way == DELIVER_PULL) pull(vm, p);
  for (int c = 0; c < r->ncalendar; c++) {
    ArrivalList *now = &calendar_of(p, c)[vm->tick % r->depth];
    if (!now->n) continue;
    if (c) run_arrivals(vm, p, now, &r->event_each[c - 1], &r->event_once[c - 1], r->code.event[c - 1].once_first);
    else run_arrivals(vm, p, now, &r->on_pre, &r->once_pre, r->code.once_pre_first);
  }
}

// ---- the target's spikes ----
// Of the synapses of a target those whose post_delay is `age`: keeps them and their sources at the front.
static int64_t pick_age(const Store *s, int32_t *syn, int32_t *src, const int32_t *all, int64_t n, int32_t age) {
  int64_t kept = 0;
  for (int64_t k = 0; k < n; k++) {
    if (s->post.steps[all[k]] != age) continue;
    syn[kept] = all[k];
    if (src) src[kept] = src[k];
    kept++;
  }
  return kept;
}

// Room for the synapses and sources of a target.
static void back_room(ProjRun *r, int64_t n) {
  if (n <= r->nback) return;
  r->nback = n + SYNAPSE_CHUNK;
  r->back_synapses = mem_realloc(r->back_synapses, sizeof(int32_t) * (size_t)r->nback);
  r->back_sources = mem_realloc(r->back_sources, sizeof(int32_t) * (size_t)r->nback);
}

static void run_back(Vm *vm, Proj *p, Bound *each, int32_t target, int32_t age, int32_t pass) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  int64_t at = store_position(s, target), n = store_back_count(s, at);
  back_room(r, n);
  KernelCall call = event_call(vm, each, pass);
  call.idx[0] = store_back_synapses(s, at, r->back_synapses);
  if (each->looks_pre) call.idx[1] = store_back_sources(s, at, r->back_sources);
  if (s->post.min != s->post.max) {
    n = pick_age(s, r->back_synapses, each->looks_pre ? r->back_sources : NULL, call.idx[0], n, age);
    call.idx[0] = r->back_synapses;
  }
  if (each->looks_post) call.idx[2] = fill_with(r, target, n);
  call.hi = n;
  if (n) note_fault(r, history_run_back(vm, p, each, &call, age), &call);
}

static bool spikes_in_pass(const Proj *p, const SpikeList *l, int64_t k, int32_t pass) {
  return target_position(proj_store(p), l->i[k]) >= 0 && (l->count ? l->count[k] : 1) > pass;
}

// Post states are the target's, and change when it spikes.
static void run_once_post(Vm *vm, Proj *p, Bound *once, const SpikeList *l) {
  int32_t *list = fill_with(proj_run(p), 0, l->n + 1);
  for (int32_t pass = 0, most = once->k ? most_spikes(l) : 0; pass < most; pass++) {
    int64_t n = 0;
    for (int64_t k = 0; k < l->n; k++)
      if (spikes_in_pass(p, l, k, pass)) list[n++] = l->i[k];
    run_once(vm, p, once, list, n, pass);
  }
}

static void run_each_post(Vm *vm, Proj *p, Bound *each, const SpikeList *l, int32_t age) {
  for (int32_t pass = 0, most = each->k ? most_spikes(l) : 0; pass < most; pass++)
    for (int64_t k = 0; k < l->n; k++)
      if (spikes_in_pass(p, l, k, pass)) run_back(vm, p, each, l->i[k], age, pass);
}

void deliver_post(Vm *vm, Proj *p) {
  const Store *s = proj_store(p);
  ProjRun *r = proj_run(p);
  bool first = r->code.once_post_first;
  if (!p->nsyn || (!r->on_post.k && !r->once_post.k)) return;
  const SpikeList *now = spikes_of_step(p->post, vm->tick);
  if (first) run_once_post(vm, p, &r->once_post, now);
  if (first && r->nhistory) history_take(vm, p, HISTORY_AFTER);
  for (int32_t d = s->post.max; d >= s->post.min; d--) run_each_post(vm, p, &r->on_post, spikes_of_step(p->post, vm->tick - d), d);
  if (!first) run_once_post(vm, p, &r->once_post, now);
}

// ---- all synapses ----
static void chunk_indices(const Proj *p, int64_t lo, int64_t n, int64_t *row, int32_t *pre, int32_t *post) {
  const Store *s = proj_store(p);
  for (int64_t k = 0; k < n;) {
    while (lo + k >= s->off[*row + 1]) ++*row;
    int64_t end = s->off[*row + 1] - lo < n ? s->off[*row + 1] - lo : n;
    const int32_t *t = store_targets(s, *row);
    int64_t shift = lo - s->off[*row];
    int32_t source = store_source(s, *row);
    for (; k < end; k++) {
      pre[k] = source;
      post[k] = t[k + shift];
    }
  }
}

// Where what a kernel sees lies back by different delays: segment by segment, or row by row.
static bool segments_run(Vm *vm, Proj *p, Bound *b, Fault *fault) {
  const Store *s = proj_store(p);
  static const Segment whole[1];
  for (int64_t row = 0; row < s->nsrc; row++) {
    const Segment *g = s->seg_row ? s->seg + s->seg_row[row] : whole;
    int64_t n = s->seg_row ? s->seg_row[row + 1] - s->seg_row[row] : 1;
    for (int64_t k = 0; k < n; k++) {
      KernelCall call = call_now(vm, b->object);
      call.lo = s->off[row] + g[k].start;
      call.hi = k + 1 < n ? s->off[row] + g[k + 1].start : s->off[row + 1];
      if (b->looks_pre) call.idx[1] = fill_with(proj_run(p), store_source(s, row), call.hi - call.lo);
      call.idx[2] = store_targets(s, row) + g[k].start;
      if (history_run(vm, p, b, &call, s->seg_row ? g[k].delay : s->pre.min)) continue;
      *fault = call.fault;
      return false;
    }
  }
  return true;
}

bool synapses_run(Vm *vm, Proj *p, Bound *b, Fault *fault) {
  ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  if (r->nhistory && ((s->seg_row && history_of(p, b, false)) || (s->post.min != s->post.max && history_of(p, b, true))))
    return segments_run(vm, p, b, fault);
  if (r->nhistory) history_aim(vm, p, b, s->pre.min, s->post.min);
  fill_with(r, 0, SYNAPSE_CHUNK);
  KernelCall call = call_now(vm, b->object);
  int64_t row = 0;
  for (int64_t lo = 0; lo < p->nsyn; lo += SYNAPSE_CHUNK) {
    int64_t n = p->nsyn - lo < SYNAPSE_CHUNK ? p->nsyn - lo : SYNAPSE_CHUNK;
    chunk_indices(p, lo, n, &row, r->fill, r->fill_target);
    call.lo = lo;
    call.hi = lo + n;
    call.idx[1] = r->fill;
    call.idx[2] = r->fill_target;
    if (!instance_run(b->in, &call)) {
      *fault = call.fault;
      return false;
    }
  }
  return true;
}
