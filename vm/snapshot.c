// SPDX-License-Identifier: MIT
// The complete state of a network in memory: values, spikes and sums on their way, what was recorded, time and trial.
//
// A snapshot is one buffer, written and read by the same walk over the network (struct Walk): what one direction copies
// out the other copies in, in the same order, so that the two cannot differ. It fits the network it was taken of, as long
// as nothing was added to it.
#include <string.h>

#include "vm/probe.h"

struct Snapshot {
  Bytes bytes;
  int pops, projs;
};

typedef struct Walk {
  Bytes *s;
  bool whole;              // for a file: what was recorded too
  const unsigned char *at; // reading; NULL while writing
  const unsigned char *end;
  bool ok;
} Walk;

void bytes_add(Bytes *b, const void *data, size_t n) {
  if (!n) return;
  if (b->n + n > b->cap) {
    b->cap = 2 * b->cap + n + 1024;
    b->data = mem_realloc(b->data, b->cap);
  }
  memcpy(b->data + b->n, data, n);
  b->n += n;
}

static void walk(Walk *w, void *data, size_t bytes) {
  if (!bytes || !w->ok) return;
  if (w->at) {
    if ((size_t)(w->end - w->at) < bytes) w->ok = false;
    else {
      memcpy(data, w->at, bytes);
      w->at += bytes;
    }
    return;
  }
  bytes_add(w->s, data, bytes);
}

#define WALK(w, x) walk((w), &(x), sizeof(x))

// An array that may have another length when it is read: n and cap are those of its owner.
static void walk_array(Walk *w, void **data, int64_t *n, int64_t *cap, size_t width) {
  int64_t have = *n;
  WALK(w, have);
  if (w->at && (have < 0 || !w->ok)) w->ok = false;
  if (w->at && w->ok && have > *cap) {
    *data = mem_realloc(*data, width * (size_t)have);
    *cap = have;
  }
  if (w->ok) walk(w, *data, width * (size_t)have);
  if (w->at && w->ok) *n = have;
}

// A column that was uniform when stored and is a full one now takes the stored value for all. True: the other way round
// (read from a file), the owner must make it a full one and ask again.
static bool walk_column(Walk *w, Column *c, int64_t n, size_t width) {
  if (!c->p) return false;
  const unsigned char *at = w->at;
  bool uniform = c->uniform;
  WALK(w, uniform);
  if (!w->at || uniform == c->uniform) {
    walk(w, c->p, uniform ? sizeof(double) : width * (size_t)n);
    return false;
  }
  if (!uniform) {
    w->at = at;
    return true;
  }
  double x = 0;
  WALK(w, x);
  for (int64_t k = 0; k < n; k++) {
    if (width == sizeof(float)) ((float *)(void *)c->p)[k] = (float)x;
    else c->p[k] = x;
  }
  return false;
}

static void walk_neurons(Walk *w, Pop *p, int v) {
  if (!walk_column(w, &p->cols[v], p->n, sizeof(double))) return;
  w->ok = w->ok && column_expand(&p->cols[v], p->n);
  p->changed = true;
  if (w->ok) walk_column(w, &p->cols[v], p->n, sizeof(double));
}

static void walk_synapses(Walk *w, Proj *p, int v) {
  if (!walk_column(w, &p->cols[v], p->nsyn, proj_width(p, v))) return;
  w->ok = w->ok && proj_expand(p, v);
  p->changed = true;
  if (w->ok) walk_column(w, &p->cols[v], p->nsyn, proj_width(p, v));
}

static void walk_pre(Walk *w, Proj *p, int v) {
  if (walk_column(w, &p->pre_cols[v], p->pre->n, sizeof(double))) w->ok = false; // they are always full
}

// What was recorded, for a file: the log begins as it stood.
static void walk_whole_log(Walk *w, SpikeLog *l) {
  int64_t n = l->n;
  WALK(w, l->begin);
  WALK(w, n);
  if (w->at && (n < 0 || (uint64_t)n > (uint64_t)(w->end - w->at))) w->ok = false;
  if (!w->ok) return;
  if (w->at && n > l->cap) {
    for (int k = 0; k < l->nwith; k++) l->values[k] = mem_realloc(l->values[k], sizeof **l->values * (size_t)n);
    l->i = mem_realloc(l->i, sizeof *l->i * (size_t)n);
    l->tick = mem_realloc(l->tick, sizeof *l->tick * (size_t)n);
    l->cap = n;
  }
  walk(w, l->i, sizeof *l->i * (size_t)n);
  walk(w, l->tick, sizeof *l->tick * (size_t)n);
  for (int k = 0; k < l->nwith; k++) walk(w, l->values[k], sizeof **l->values * (size_t)n);
  l->n = n;
}

static void walk_log(Walk *w, SpikeLog *l) {
  if (w->whole) {
    walk_whole_log(w, l);
    return;
  }
  int64_t n = l->n;
  WALK(w, l->begin);
  WALK(w, n);
  if (w->at && (n > l->n || n < 0)) n = l->n; // recordings only grow: what was there then is still there
  l->n = w->at ? n : l->n;
}

static void walk_spikes(Walk *w, SpikeList *l) {
  bool counts = l->count != NULL;
  WALK(w, counts);
  int64_t cap = l->cap, n = l->n;
  walk_array(w, (void **)&l->i, &n, &cap, sizeof *l->i);
  if (counts) {
    int64_t ccap = l->count ? l->cap : 0, cn = n;
    walk_array(w, (void **)&l->count, &cn, &ccap, sizeof *l->count);
    if (ccap < cap) l->count = mem_realloc(l->count, sizeof *l->count * (size_t)cap);
  } else if (w->at) {
    mem_free(l->count);
    l->count = NULL;
  }
  l->n = n;
  l->cap = cap;
}

static void walk_block(Walk *w, Block *b, int64_t n) {
  for (int v = 0; v < b->syn->model.nvars; v++)
    if (walk_column(w, &b->cols[v], n, sizeof(double))) w->ok = false; // they are always full
}

static void walk_pop(Walk *w, Pop *p) {
  PopRun *r = pop_run(p);
  for (int v = 0; v < p->model->nvars; v++) walk_neurons(w, p, v);
  for (int k = 0; k < p->nblocks; k++) walk_block(w, p->blocks[k], p->n);
  int depth = r->depth * r->nring; // several rings: spikes and other events
  WALK(w, depth);
  bool same = depth == r->depth * r->nring;
  for (int k = 0; k < depth && w->ok; k++) {
    SpikeList none = {0};
    walk_spikes(w, same ? &r->ring[k] : &none);
    if (!same && none.n) w->ok = false; // spikes under way in a network that was linked anew
    if (!same) mem_free(none.i), mem_free(none.count);
  }
  WALK(w, r->started);
  walk_log(w, &r->log);
}

static void walk_arrivals(Walk *w, ProjRun *r) {
  int depth = r->depth * r->ncalendar;
  WALK(w, depth);
  for (int k = 0; k < depth && w->ok; k++) {
    ArrivalList none = {0}, *l = depth == r->depth * r->ncalendar ? &r->calendar[k] : &none;
    walk_array(w, (void **)&l->data, &l->n, &l->cap, sizeof *l->data);
    if (none.n) w->ok = false;
    mem_free(none.data);
  }
}

static void walk_history(Walk *w, ProjRun *r) {
  int n = r->nhistory;
  WALK(w, n);
  if (n != r->nhistory) w->ok = false;
  for (int k = 0; k < n && w->ok; k++) {
    History *h = &r->history[k];
    int depth = h->depth;
    WALK(w, depth);
    if (depth != h->depth) w->ok = false;
    WALK(w, h->begun);
    WALK(w, h->first);
    int again = h->nagain;
    WALK(w, again);
    size_t bytes = sizeof *h->ring * (size_t)(h->n * h->depth);
    if (w->at && (again < 0 || (uint64_t)again * bytes > (uint64_t)(w->end - w->at))) w->ok = false;
    for (int j = 0; j <= again && w->ok; j++) walk(w, history_ring(h, j), bytes);
  }
}

static void walk_proj(Walk *w, Proj *p) {
  for (int v = 0; v < p->syn->model.nvars; v++) {
    walk_pre(w, p, v);
    walk_synapses(w, p, v);
  }
  walk_arrivals(w, proj_run(p));
  walk_history(w, proj_run(p));
  WALK(w, proj_run(p)->started);
  WALK(w, proj_run(p)->past_known);
}

static void walk_rings(Walk *w, Net *net) {
  int rings = net->rings.n;
  WALK(w, rings);
  for (int k = 0; k < rings && w->ok; k++) {
    AddRing *r = k < net->rings.n ? net->rings.data[k] : NULL;
    int depth = r ? r->depth : 0;
    int64_t n = r ? r->n : 0;
    WALK(w, depth);
    WALK(w, n);
    if (!r || depth != r->depth || n != r->n) {
      w->ok = false;
      return;
    }
    size_t stride = ((size_t)n + 7) & ~(size_t)7;
    walk(w, r->used, sizeof *r->used * (size_t)depth);
    walk(w, r->slots, sizeof *r->slots * stride * (size_t)depth);
  }
}

static void walk_samples(Walk *w, Probe *p) {
  int64_t samples = p->samples;
  WALK(w, samples);
  WALK(w, p->width);
  WALK(w, p->single);
  if (w->at && (samples < 0 || p->width < -1 || (uint64_t)samples > (uint64_t)(w->end - w->at))) w->ok = false;
  if (!w->ok) return;
  size_t width = p->width > 0 ? (size_t)p->width : 0;
  if (w->at && (samples > p->cap || !p->values)) {
    p->cap = samples > p->cap ? samples : p->cap > 64 ? p->cap : 64;
    p->t = mem_realloc(p->t, sizeof *p->t * (size_t)p->cap);
    p->values = mem_realloc(p->values, sizeof *p->values * (size_t)p->cap * (width ? width : 1));
  }
  walk(w, p->t, sizeof *p->t * (size_t)samples);
  walk(w, p->values, sizeof *p->values * width * (size_t)samples);
  p->samples = samples;
}

static void walk_recordings(Walk *w, Vm *vm) {
  for (int k = 0; k < vm->recordings.n && w->ok; k++) {
    Probe *p = vm->recordings.data[k]->impl;
    if (w->whole) {
      if (vm->recordings.data[k]->head.kind != VAL_SPIKES) walk_samples(w, p);
      continue;
    }
    int64_t samples = p->samples;
    WALK(w, samples);
    if (w->at && samples >= 0 && samples < p->samples) p->samples = samples;
  }
}

// Forced spikes are kept in whole: a run has sorted them, and those injected since lie among the others.
static void walk_forced(Walk *w, Forced *f) {
  int64_t n = f->n;
  WALK(w, n);
  if (w->at && n > f->cap && w->ok) {
    f->time = mem_realloc(f->time, sizeof *f->time * (size_t)n);
    f->tick = mem_realloc(f->tick, sizeof *f->tick * (size_t)n);
    f->i = mem_realloc(f->i, sizeof *f->i * (size_t)n);
    f->cap = n;
  }
  walk(w, f->time, sizeof *f->time * (size_t)n);
  walk(w, f->i, sizeof *f->i * (size_t)n);
  f->n = n;
}

// Stimuli and timed blocks made since then go; `at` blocks that have run since then will run again.
static void walk_stimuli(Walk *w, Vm *vm) {
  for (int k = 0; k < vm->pops.n && w->ok; k++) {
    Pop *p = vm->pops.data[k];
    int n = p->ninjections;
    WALK(w, n);
    if (w->at && n < p->ninjections && !w->whole) {
      p->ninjections = n;
      p->changed = true;
    }
    walk_forced(w, &pop_run(p)->forced);
  }
  int timed = timed_count(vm);
  WALK(w, timed);
  if (w->at && timed < timed_count(vm) && !w->whole) timed_cut(vm, timed);
  for (int k = 0; k < timed && w->ok; k++) {
    bool none = false;
    WALK(w, *(k < timed_count(vm) ? timed_done(vm, k) : &none));
  }
  for (int k = timed; w->at && k < timed_count(vm); k++) *timed_done(vm, k) = timed_past(vm, k);
}

static void walk_network(Walk *w, Vm *vm) {
  WALK(w, vm->tick);
  WALK(w, vm->trial);
  WALK(w, vm->ran);
  for (int k = 0; k < vm->pops.n && w->ok; k++) walk_pop(w, vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n && w->ok; k++) walk_proj(w, vm->projs.data[k]);
  if (w->ok) walk_rings(w, vm_net(vm));
}

// A network that has taken no step has nothing under way, however it was linked since.
static void walk_fresh(Walk *w, Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    Pop *p = vm->pops.data[k];
    for (int v = 0; v < p->model->nvars; v++) walk_neurons(w, p, v);
    for (int b = 0; b < p->nblocks; b++) walk_block(w, p->blocks[b], p->n);
    walk_log(w, &pop_run(p)->log);
  }
  for (int k = 0; k < vm->projs.n; k++) {
    Proj *p = vm->projs.data[k];
    for (int v = 0; v < p->syn->model.nvars; v++) {
      walk_pre(w, p, v);
      walk_synapses(w, p, v);
    }
  }
  if (!w->at) return;
  for (int k = 0; k < vm->pops.n; k++) {
    pop_quiet(vm->pops.data[k]);
    pop_run(vm->pops.data[k])->started = false;
  }
  for (int k = 0; k < vm->projs.n; k++) proj_quiet(vm->projs.data[k]);
  rings_quiet(vm);
}

// Signals made since then stay as they are.
static void walk_signals(Walk *w, Net *net) {
  int n = net->signals.n;
  WALK(w, n);
  if (n < 0 || n > net->signals.n) w->ok = false;
  for (int k = 0; w->ok && k < n; k++) WALK(w, net->signals.data[k]->x);
}

static void walk_settings(Walk *w, Vm *vm) {
  bool learning = vm->learning;
  WALK(w, vm->seed);
  WALK(w, learning);
  if (w->at && w->ok) vm_set_learning(vm, learning);
}

static bool walk_all(Walk *w, Vm *vm) {
  if (w->whole) walk_settings(w, vm);
  bool ran = vm->ran;
  WALK(w, ran);
  if (ran) walk_network(w, vm);
  else {
    WALK(w, vm->tick);
    WALK(w, vm->trial);
    walk_fresh(w, vm);
    if (w->at) vm->ran = false;
  }
  if (w->ok) walk_signals(w, vm_net(vm));
  if (w->ok) walk_recordings(w, vm);
  if (w->ok) walk_stimuli(w, vm);
  return w->ok;
}

// After reading: what follows from the state.
static void settle(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    pop_run(vm->pops.data[k])->forced.sorted = false;
    pop_run(vm->pops.data[k])->ahead = 0;
    guard_rebuild(vm, vm->pops.data[k]);
  }
  if (!vm->ran) vm_net(vm)->attached = false; // what synapses see of the past begins anew
  vm_net(vm)->constants = true;
  record_prepare(vm);
  timed_prepare(vm);
}

Snapshot *vm_store(Vm *vm) {
  vm_link(vm); // so that columns made by linking are there
  Snapshot *s = mem_alloc(sizeof *s);
  s->pops = vm->pops.n;
  s->projs = vm->projs.n;
  Walk w = {.s = &s->bytes, .ok = true};
  walk_all(&w, vm);
  return s;
}

bool vm_restore(Vm *vm, const Snapshot *s, Span span) {
  Walk w = {.at = s->bytes.data, .end = s->bytes.data + s->bytes.n, .ok = s->pops == vm->pops.n && s->projs == vm->projs.n};
  if (w.ok) walk_all(&w, vm);
  if (!w.ok) {
    Diag *e = diag(vm->diags, E_SNAPSHOT, span, "the network was changed since its state was stored");
    diag_hint(e, "make all populations and connections above `store` or `sweep`");
    return false;
  }
  settle(vm);
  return true;
}

void snapshot_free(Snapshot *s) {
  if (!s) return;
  mem_free(s->bytes.data);
  mem_free(s);
}

// ---- for files ----
void state_write(Vm *vm, Bytes *out) {
  Walk w = {.s = out, .whole = true, .ok = true};
  walk_all(&w, vm);
}

bool state_read(Vm *vm, const unsigned char *data, size_t n) {
  Walk w = {.at = data, .end = data + n, .whole = true, .ok = true};
  walk_all(&w, vm);
  if (!w.ok || w.at != w.end) return false;
  settle(vm);
  return true;
}
