// SPDX-License-Identifier: MIT
// Stimuli: expressions that lang joins to the inputs of a population, and spikes at given times.
//
// Times are kept in seconds and rounded to steps when they are first needed, since dt may still be set after the
// stimulus was written. Under nest a spike carries the end of its step: one asked for at t is made in the step before.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vm/run.h"

// ---- expressions ----

static int64_t step_of(double seconds, double dt) {
  double n = round(seconds / dt);
  return n < 9007199254740992.0 ? (int64_t)n : INT64_MAX;
}

void injections_round(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    Pop *p = vm->pops.data[k];
    for (int j = 0; j < p->ninjections; j++) {
      Injection *in = p->injections[j];
      in->from = step_of(in->from_time, vm->dt);
      in->to = step_of(in->to_time, vm->dt);
    }
  }
}

static void add_part(Vm *vm, const SelPart *part, int64_t i0, int input, const Injection *like) {
  Pop *p = part->pop;
  Injection *in = arena_dup(like, sizeof *like, vm->arena);
  in->input = input;
  in->i0 = i0;
  in->where = *part;
  if (part->idx) in->where.idx = arena_dup(part->idx, sizeof *part->idx * (size_t)part->n, vm->arena);
  Injection **list = NEWN(vm->arena, Injection *, p->ninjections + 1);
  if (p->ninjections) memcpy(list, p->injections, sizeof *list * (size_t)p->ninjections);
  list[p->ninjections++] = in;
  p->injections = list;
  p->changed = true;
  vm_net(vm)->attached = false;
}

bool inject_add(Vm *vm, const Sel *s, int input, void *lang, double from, double to, const Value *captures,
                int ncaptures, Span span) {
  if (!(from >= 0) || !(to >= from)) {
    Diag *e = diag(vm->diags, E_DURATION, span, "an injection from %g ms to %g ms", 1e3 * from, 1e3 * to);
    diag_hint(e, "it begins at 0 ms or later and ends after it began");
    return false;
  }
  Injection like = {.lang = lang, .from_time = from, .to_time = to, .ncaptures = ncaptures, .span = span};
  like.captures = arena_dup(captures, sizeof *captures * (size_t)ncaptures, vm->arena);
  for (int k = 0; k < ncaptures; k++) vec_push(&vm_net(vm)->kept, value_keep(captures[k]));
  int64_t i0 = 0;
  for (int k = 0; k < s->nparts; i0 += s->part[k++].n) add_part(vm, &s->part[k], i0, input, &like);
  injections_round(vm);
  return true;
}

// ---- spikes ----

static void forced_push(Forced *f, double time, int32_t i) {
  if (f->n == f->cap) {
    f->cap = f->cap ? 2 * f->cap : 64;
    f->time = mem_realloc(f->time, sizeof *f->time * (size_t)f->cap);
    f->tick = mem_realloc(f->tick, sizeof *f->tick * (size_t)f->cap);
    f->i = mem_realloc(f->i, sizeof *f->i * (size_t)f->cap);
  }
  f->time[f->n] = time;
  f->i[f->n++] = i;
  f->sorted = false;
}

static int64_t forced_step(const Vm *vm, double time) {
  return (int64_t)round(time / vm->dt) - (vm->semantics == SEMANTICS_NEST ? 1 : 0);
}

typedef struct Due {
  int64_t tick;
  double time;
  int32_t i;
} Due;

static int by_tick(const void *a, const void *b) {
  const Due *x = a, *y = b;
  return x->tick != y->tick ? (x->tick > y->tick) - (x->tick < y->tick) : (x->i > y->i) - (x->i < y->i);
}

static void forced_sort(Vm *vm, Forced *f) {
  Due *due = mem_alloc(sizeof *due * (size_t)(f->n ? f->n : 1));
  for (int64_t k = 0; k < f->n; k++) due[k] = (Due){forced_step(vm, f->time[k]), f->time[k], f->i[k]};
  qsort(due, (size_t)f->n, sizeof *due, by_tick);
  for (int64_t k = 0; k < f->n; k++) {
    f->tick[k] = due[k].tick;
    f->time[k] = due[k].time;
    f->i[k] = due[k].i;
  }
  mem_free(due);
  f->dt = vm->dt;
  f->nest = vm->semantics == SEMANTICS_NEST;
  f->sorted = true;
  f->next = 0;
  while (f->next < f->n && f->tick[f->next] < vm->tick) f->next++;
}

void forced_free(Forced *f) {
  mem_free(f->time);
  mem_free(f->tick);
  mem_free(f->i);
  *f = (Forced){0};
}

static bool check_times(Vm *vm, const Array *times, Span span) {
  for (int64_t k = 0; k < times->n; k++) {
    double t = times->data[k];
    if (!isfinite(t) || t / vm->dt >= 9007199254740992.0) {
      diag(vm->diags, E_DURATION, span, "%g is not a time at which a neuron can spike", t);
      return false;
    }
    if (forced_step(vm, t) >= vm->tick) continue;
    Diag *e = diag(vm->diags, E_TIME_PAST, span, "a spike at %g ms, but the network stands at %g ms", 1e3 * t, 1e3 * vm_time(vm));
    diag_hint(e, vm->semantics == SEMANTICS_NEST ? "under nest the first spike can carry the time of one step" : "only times to come can be given");
    return false;
  }
  return true;
}

// Part and element of position k of a selection.
static SelPart *part_at(const Sel *s, int64_t k, int32_t *element) {
  int p = 0;
  while (k >= s->part[p].n) k -= s->part[p++].n;
  const SelPart *part = &s->part[p];
  *element = part->idx ? part->idx[k] : (int32_t)(part->lo + k);
  return (SelPart *)part;
}

static bool check_index(Vm *vm, const Sel *s, const Array *index, const Array *times, Span span) {
  if (index->n != times->n) {
    Diag *e = diag(vm->diags, E_LENGTH, span, "%lld indices for %lld times", (long long)index->n, (long long)times->n);
    diag_hint(e, "each spike needs one index and one time");
    return false;
  }
  for (int64_t k = 0; k < index->n; k++) {
    double i = index->data[k];
    if (i >= 0 && i < (double)s->n && i == floor(i)) continue;
    diag(vm->diags, E_INDEX, span, "index %g, but there are %lld neurons", i, (long long)s->n);
    return false;
  }
  return true;
}

bool inject_spikes(Vm *vm, const Sel *s, const Array *index, const Array *times, Span span) {
  if (!check_times(vm, times, span) || (index && !check_index(vm, s, index, times, span))) return false;
  int32_t element;
  for (int64_t k = 0; k < times->n; k++) {
    int64_t lo = index ? (int64_t)index->data[k] : 0, hi = index ? lo + 1 : s->n;
    for (int64_t i = lo; i < hi; i++) {
      SelPart *part = part_at(s, i, &element);
      forced_push(&pop_run(part->pop)->forced, times->data[k], element);
    }
  }
  for (int k = 0; k < s->nparts; k++)
    if (s->part[k].pop->changed == false) vm_net(vm)->attached = false; // it may have run freely so far
  return true;
}

// Merges the neurons that must spike in this step into the list, each once.
void forced_due(Vm *vm, Pop *p, SpikeList *l) {
  Forced *f = &pop_run(p)->forced;
  if (!f->n) return;
  if (!f->sorted || f->dt != vm->dt || f->nest != (vm->semantics == SEMANTICS_NEST)) forced_sort(vm, f);
  while (f->next < f->n && f->tick[f->next] < vm->tick) f->next++;
  int64_t lo = f->next;
  while (f->next < f->n && f->tick[f->next] == vm->tick) f->next++;
  int64_t n = f->next - lo;
  if (!n) return;
  if (!l->n) { // nobody spikes by itself: the list as it is, each once
    for (int64_t k = lo; k < f->next; k++)
      if (k == lo || f->i[k] != f->i[k - 1]) spikes_push(l, &f->i[k], NULL, 1);
    return;
  }
  SpikeList own = *l;
  SpikeList merged = {0};
  int64_t a = 0, b = lo;
  int32_t one = 1;
  while (a < own.n || b < f->next) {
    bool mine = b >= f->next || (a < own.n && own.i[a] <= f->i[b]);
    int32_t i = mine ? own.i[a] : f->i[b];
    spikes_push(&merged, &i, own.count ? (mine ? &own.count[a] : &one) : NULL, 1);
    while (a < own.n && own.i[a] == i) a++;
    while (b < f->next && f->i[b] == i) b++;
  }
  mem_free(own.i);
  mem_free(own.count);
  *l = merged;
}
