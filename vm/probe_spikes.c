// SPDX-License-Identifier: MIT
// Recorded spikes. Each population keeps one log, in the order of steps and then of elements; what a script asks for is
// picked out of the logs of its selection and merged by time.
#include "vm/probe.h"

#include <math.h>
#include <string.h>

// ---- keeping ----

void spike_log_reset(SpikeLog *l) {
  l->n = 0;
  l->begin = 0;
}

void spike_log_free(SpikeLog *l) {
  mem_free(l->i);
  mem_free(l->tick);
  for (int k = 0; k < l->nwith; k++) mem_free(l->values[k]);
  mem_free(l->values);
  mem_free(l->with);
  *l = (SpikeLog){0};
}

static int log_with(const SpikeLog *l, int var) {
  for (int k = 0; k < l->nwith; k++)
    if (l->with[k] == var) return k;
  return -1;
}

static void log_add_with(SpikeLog *l, int var) {
  if (log_with(l, var) >= 0) return;
  l->with = mem_realloc(l->with, sizeof *l->with * (size_t)(l->nwith + 1));
  l->values = mem_realloc(l->values, sizeof *l->values * (size_t)(l->nwith + 1));
  l->with[l->nwith] = var;
  double *values = mem_alloc(sizeof *values * (size_t)(l->cap ? l->cap : 1));
  for (int64_t k = 0; k < l->n; k++) values[k] = NAN; // spikes of before
  l->values[l->nwith++] = values;
}

static bool check_with(Vm *vm, const Pop *p, int nwith, const char *const *with, Span span) {
  for (int k = 0; k < nwith; k++) {
    int v = pop_var(p, with[k]);
    uint8_t kind = v < 0 ? VAR_HIDDEN : p->model->vars[v].kind;
    if (kind == VAR_STATE || kind == VAR_PARAM || kind == VAR_WEIGHT) continue;
    Diag *e = diag(vm->diags, E_NO_VARIABLE, span, "%s of %s cannot be recorded with its spikes", with[k], p->name);
    diag_hint(e, "with spikes only states, params and weights are recorded; others by `record v = %s.%s`", p->name, with[k]);
    return false;
  }
  return true;
}

bool record_spikes(Vm *vm, const Sel *s, int nwith, const char *const *with, Recording **out, Span span) {
  for (int k = 0; k < s->nparts; k++)
    if (!check_with(vm, s->part[k].pop, nwith, with, span)) return false;
  for (int k = 0; k < s->nparts; k++) {
    Pop *p = s->part[k].pop;
    SpikeLog *l = &pop_run(p)->log;
    if (!l->on) l->begin = vm->tick;
    l->on = true;
    for (int w = 0; w < nwith; w++) log_add_with(l, pop_var(p, with[w]));
    if (p->model->t_exact >= 0) log_add_with(l, p->model->t_exact);
  }
  *out = spike_recording_new(vm, s);
  return true;
}

static void log_room(SpikeLog *l) {
  if (l->n < l->cap) return;
  l->cap = l->cap ? 2 * l->cap : 256;
  l->i = mem_realloc(l->i, sizeof *l->i * (size_t)l->cap);
  l->tick = mem_realloc(l->tick, sizeof *l->tick * (size_t)l->cap);
  for (int w = 0; w < l->nwith; w++) l->values[w] = mem_realloc(l->values[w], sizeof **l->values * (size_t)l->cap);
}

void log_spikes(Vm *vm, Pop *p, const SpikeList *list) {
  SpikeLog *l = &pop_run(p)->log;
  int64_t tick = vm->tick + (vm->semantics == SEMANTICS_NEST ? 1 : 0);
  for (int64_t k = 0; k < list->n; k++)
    for (int32_t c = list->count ? list->count[k] : 1; c > 0; c--) {
      log_room(l);
      l->i[l->n] = list->i[k];
      l->tick[l->n] = tick;
      for (int w = 0; w < l->nwith; w++) {
        const Column *col = &p->cols[l->with[w]];
        l->values[w][l->n] = col->p[col->uniform ? 0 : list->i[k]];
      }
      l->n++;
    }
}

// ---- picking ----

typedef struct Picked {
  int64_t tick, pos, at; // at: number in the log of its part
  int part;
} Picked;

typedef struct Picks {
  Picked *data;
  int64_t n, cap;
} Picks;

static void pick(Picks *p, Picked x) {
  if (p->n == p->cap) {
    p->cap = p->cap ? 2 * p->cap : 256;
    p->data = mem_realloc(p->data, sizeof *p->data * (size_t)p->cap);
  }
  p->data[p->n++] = x;
}

// Position within the part of each element of the population, -1 where it is not selected. NULL for ranges.
static int64_t *positions(const SelPart *part) {
  if (!part->idx) return NULL;
  int64_t *pos = mem_alloc(sizeof *pos * (size_t)part->pop->n);
  for (int64_t e = 0; e < part->pop->n; e++) pos[e] = -1;
  for (int64_t k = 0; k < part->n; k++) pos[part->idx[k]] = k;
  return pos;
}

static int64_t first_at(const SpikeLog *l, int64_t tick) {
  int64_t lo = 0, hi = l->n;
  while (lo < hi) {
    int64_t mid = (lo + hi) / 2;
    if (l->tick[mid] < tick) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

static void pick_part(Picks *p, const SelPart *part, int number, int64_t base, int64_t from, int64_t to) {
  const SpikeLog *l = &pop_run(part->pop)->log;
  int64_t *pos = positions(part);
  for (int64_t k = first_at(l, from); k < l->n && l->tick[k] < to; k++) {
    int64_t e = l->i[k];
    int64_t at = pos ? pos[e] : e >= part->lo && e < part->lo + part->n ? e - part->lo : -1;
    if (at >= 0) pick(p, (Picked){l->tick[k], base + at, k, number});
  }
  mem_free(pos);
}

// The parts stand one after the other, each in order of time: merged pairwise, the earlier part first in a tie.
static void merge_parts(Picks *p, const int64_t *end, int nparts) {
  Picked *other = mem_alloc(sizeof *other * (size_t)(p->n ? p->n : 1));
  for (int k = 1; k < nparts; k++) {
    int64_t a = 0, na = end[k - 1], b = na, nb = end[k], n = 0;
    while (a < na || b < nb)
      other[n++] = b >= nb || (a < na && p->data[a].tick <= p->data[b].tick) ? p->data[a++] : p->data[b++];
    memcpy(p->data, other, sizeof *other * (size_t)n);
  }
  mem_free(other);
}

// The first step whose time is not before `seconds`; times are multiples of dt up to rounding.
static int64_t step_from(const Vm *vm, double seconds) {
  if (seconds == INFINITY) return INT64_MAX;
  if (!(seconds > 0)) return 0;
  double n = ceil(seconds / vm->dt - 1e-6);
  return n < 9e15 ? (int64_t)n : INT64_MAX;
}

static bool all_recorded(Vm *vm, const Sel *s, Span span) {
  for (int k = 0; k < s->nparts; k++) {
    const Pop *p = s->part[k].pop;
    if (pop_run(p)->log.on) continue;
    Diag *e = diag(vm->diags, E_NOT_RECORDED, span, "the spikes of %s were not recorded", p->name);
    diag_hint(e, "write `record spikes of %s` above the run", p->name);
    return false;
  }
  return true;
}

static bool pick_all(Vm *vm, const Sel *s, double from, double to, Picks *out, Span span) {
  if (!all_recorded(vm, s, span)) return false;
  int64_t *end = mem_alloc(sizeof *end * (size_t)(s->nparts ? s->nparts : 1)), base = 0;
  int64_t lo = step_from(vm, from), hi = step_from(vm, to);
  for (int k = 0; k < s->nparts; base += s->part[k++].n) {
    pick_part(out, &s->part[k], k, base, lo, hi);
    end[k] = out->n;
  }
  if (s->nparts > 1) merge_parts(out, end, s->nparts);
  mem_free(end);
  return true;
}

static double recorded_since(const Vm *vm, const Sel *s) {
  int64_t begin = 0;
  for (int k = 0; k < s->nparts; k++) {
    int64_t b = pop_run(s->part[k].pop)->log.begin;
    if (b > begin) begin = b;
  }
  return vm_time_of(vm, (double)begin);
}

static SpikeView empty_view(const Vm *vm, const Sel *s, double from, double to) {
  SpikeView v = {.neurons = s->n, .begin = fmax(from, recorded_since(vm, s)), .end = fmin(to, vm_time(vm))};
  if (v.end < v.begin) v.end = v.begin;
  return v;
}

// Of a whole population the log tells without being gone through.
static int64_t number_of_part(const SelPart *part, int64_t from, int64_t to) {
  const SpikeLog *l = &pop_run(part->pop)->log;
  if (!part->idx && part->n == part->pop->n) return first_at(l, to) - first_at(l, from);
  Picks p = {0};
  pick_part(&p, part, 0, 0, from, to);
  mem_free(p.data);
  return p.n;
}

bool spikes_number(Vm *vm, const Sel *s, double from, double to, SpikeView *out, Span span) {
  if (!all_recorded(vm, s, span)) return false;
  *out = empty_view(vm, s, from, to);
  int64_t lo = step_from(vm, from), hi = step_from(vm, to);
  for (int k = 0; k < s->nparts && lo < hi; k++) out->n += number_of_part(&s->part[k], lo, hi);
  return true;
}

bool spikes_view(Vm *vm, const Sel *s, double from, double to, SpikeView *out, Span span) {
  Picks p = {0};
  if (!pick_all(vm, s, from, to, &p, span)) return false;
  *out = empty_view(vm, s, from, to);
  out->n = p.n;
  out->t = mem_alloc(sizeof *out->t * (size_t)(p.n ? p.n : 1));
  out->i = mem_alloc(sizeof *out->i * (size_t)(p.n ? p.n : 1));
  for (int64_t k = 0; k < p.n; k++) {
    out->t[k] = vm_time_of(vm, (double)p.data[k].tick);
    out->i[k] = p.data[k].pos;
  }
  mem_free(p.data);
  return true;
}

void spikes_view_free(SpikeView *v) {
  mem_free(v->t);
  mem_free(v->i);
  *v = (SpikeView){0};
}

// Numbers of the logged variable in each part; false after a report.
static bool with_columns(Vm *vm, const Sel *s, const char *var, int *column, Span span) {
  for (int k = 0; k < s->nparts; k++) {
    const Pop *p = s->part[k].pop;
    int v = strcmp(var, "t_exact") == 0 ? p->model->t_exact : pop_var(p, var);
    column[k] = v < 0 ? -1 : log_with(&pop_run(p)->log, v);
    if (column[k] >= 0) continue;
    Diag *e = diag(vm->diags, E_NOT_RECORDED, span, "%s was not recorded with the spikes of %s", var, p->name);
    if (strcmp(var, "t_exact") == 0) diag_hint(e, "interpolated times exist where the neuron spikes by `spike when X crosses Y`");
    else diag_hint(e, "write `record spikes of %s with %s`", p->name, var);
    return false;
  }
  return true;
}

Array *spikes_with(Vm *vm, const Sel *s, const char *var, double from, double to, Span span) {
  Picks p = {0};
  int *column = mem_alloc(sizeof *column * (size_t)(s->nparts ? s->nparts : 1));
  Array *a = NULL;
  if (pick_all(vm, s, from, to, &p, span) && with_columns(vm, s, var, column, span)) {
    a = array_new1(VAL_NUM, p.n);
    if (!a) report_memory(vm, span, 8.0 * (double)p.n, "the array of values");
    for (int64_t k = 0; a && k < p.n; k++) {
      const SpikeLog *l = &pop_run(s->part[p.data[k].part].pop)->log;
      a->data[k] = l->values[column[p.data[k].part]][p.data[k].at];
    }
  }
  mem_free(column);
  mem_free(p.data);
  return a;
}

bool spikes_recorded(const Sel *s) {
  for (int k = 0; k < s->nparts; k++)
    if (!pop_run(s->part[k].pop)->log.on) return false;
  return s->nparts > 0;
}

int64_t spike_recording_samples(const Recording *r) {
  Picks p = {0};
  int64_t n = pick_all(r->vm, r->sel, -INFINITY, INFINITY, &p, (Span){0}) ? p.n : 0;
  mem_free(p.data);
  return n;
}

int spike_recording_with(const Recording *r) {
  return r->sel && r->sel->nparts ? pop_run(r->sel->part[0].pop)->log.nwith : 0;
}

// ---- streams ----

const char *recording_with(const Recording *r, int k) {
  const Pop *p = r->sel->nparts ? r->sel->part[0].pop : NULL;
  const SpikeLog *l = p ? &pop_run(p)->log : NULL;
  return l && k < l->nwith ? p->model->vars[l->with[k]].name : NULL;
}

// The spikes since the last time; they stay in memory, where analysis looks for them.
bool spike_sink_flush(Recording *r) {
  Probe *p = r->impl;
  SpikeView v;
  if (p->written < p->old || r->vm->tick < p->old_tick) p->old = p->old_tick = 0; // a trial or state before
  double since = vm_time_of(r->vm, (double)p->old_tick);
  if (!spikes_view(r->vm, r->sel, since, INFINITY, &v, p->span)) return false;
  int64_t from = p->written - p->old < v.n ? p->written - p->old : v.n, n = v.n - from, width = recording_width(r);
  double *values = mem_alloc(sizeof *values * (size_t)(n * width + 1));
  for (int64_t k = 0; k < n; k++) values[k * width] = (double)v.i[from + k];
  bool ok = true;
  for (int w = 0; ok && w + 1 < width; w++) {
    Array *a = n ? spikes_with(r->vm, r->sel, recording_with(r, w), since, INFINITY, p->span) : NULL;
    ok = !n || a;
    for (int64_t k = 0; a && k < n; k++) values[k * width + 1 + w] = a->data[from + k];
    if (a) value_drop(value_obj(a));
  }
  if (ok && n) ok = p->sink(p->sink_ctx, r, v.t + from, values, n);
  p->written = p->old + v.n;
  p->old_tick = r->vm->tick > 0 ? r->vm->tick - 1 : 0;
  for (p->old = p->written; v.n && p->old > p->written - v.n; p->old--)
    if (v.t[v.n - 1 - (p->written - p->old)] < vm_time_of(r->vm, (double)p->old_tick)) break;
  mem_free(values);
  spikes_view_free(&v);
  return ok;
}
