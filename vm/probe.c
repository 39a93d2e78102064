// SPDX-License-Identifier: MIT
// Recordings of variables and expressions. (Spikes: vm/probe_spikes.c.)
//
// A Recording keeps its samples in one growing array [samples, width]. States and parameters are copied from their
// columns; lets and inputs are computed by a kernel of the linker's, bound when a run starts and again whenever the
// network was linked anew (Net.generation).
#include "vm/probe.h"

#include <math.h>
#include <string.h>

enum { SINK_BYTES = 8 << 20 };

// ---- making ----

static void reader_close(Reader *r) {
  if (r->bound.k) bound_close(&r->bound);
  r->bound = (Bound){0};
  if (r->arena) arena_free(r->arena);
  r->arena = NULL;
}

static void readers_close(Probe *p) {
  for (int k = 0; k < p->nreaders; k++) reader_close(&p->reader[k]);
}

static void probe_free(Object *o) {
  Recording *r = (Recording *)o;
  Probe *p = r->impl;
  readers_close(p);
  for (int k = 0; k < p->nreaders; k++) {
    mem_free(p->reader[k].idx);
    mem_free(p->reader[k].room);
  }
  mem_free(p->reader);
  if (p->drop) p->drop(p->data);
  if (r->sel) value_drop(value_obj(r->sel));
  mem_free(p->var);
  mem_free(p->t);
  mem_free(p->values);
  mem_free(p);
  mem_free(r);
}

static char *copy_text(const char *s) {
  char *p = mem_alloc(strlen(s) + 1);
  strcpy(p, s);
  return p;
}

static bool check_every(Vm *vm, double every, Span span) {
  if (every >= 0 && isfinite(every)) return true;
  Diag *e = diag(vm->diags, E_DURATION, span, "a recording every %g s", every);
  diag_hint(e, "for instance `every 1 ms`; without `every` each step is recorded");
  return false;
}

static Recording *probe_new(Vm *vm, ValueKind kind, const Sel *s, double every) {
  Recording *r = object_new(kind, sizeof *r, probe_free);
  Probe *p = mem_alloc(sizeof *p);
  r->vm = vm;
  r->impl = p;
  p->every = every;
  p->width = -1;
  if (s) r->sel = (Sel *)value_keep(value_obj((Sel *)s)).obj;
  vec_push(&vm->recordings, (Recording *)value_keep(value_obj(r)).obj);
  return r;
}

// Copies a selection, since the script's own ends when the script lets it go or changes.
static Sel *sel_copy(const Sel *s) { return sel_slice(s, 0, s->n); }

Recording *spike_recording_new(Vm *vm, const Sel *s) {
  Sel *own = sel_copy(s);
  Recording *r = probe_new(vm, VAL_SPIKES, own, 0);
  value_drop(value_obj(own));
  ((Probe *)r->impl)->next = NEVER;
  return r;
}

static int32_t *elements_of(const SelPart *part) {
  int32_t *idx = mem_alloc(sizeof *idx * (size_t)(part->n ? part->n : 1));
  for (int64_t k = 0; k < part->n; k++) idx[k] = part->idx ? part->idx[k] : (int32_t)(part->lo + k);
  return idx;
}

static bool variable_known(Vm *vm, const Sel *s, const char *var, Span span) {
  double *one = mem_alloc(sizeof *one);
  bool ok = true;
  for (int k = 0; ok && k < s->nparts; k++) {
    SelPart first = s->part[k];
    if (!first.n || pop_var(first.pop, var) >= 0) continue;
    first.n = 1;
    first.hi = first.lo + 1;
    ok = part_read(vm, &first, var, one, span);
  }
  mem_free(one);
  return ok;
}

bool record_var(Vm *vm, const Sel *s, const char *var, double every, bool single, Recording **out, Span span) {
  if (!check_every(vm, every, span) || !variable_known(vm, s, var, span)) return false;
  Sel *own = sel_copy(s);
  Recording *r = probe_new(vm, VAL_REC, own, every);
  value_drop(value_obj(own));
  Probe *p = r->impl;
  p->var = copy_text(var);
  p->single = single;
  p->width = s->n;
  p->span = span;
  p->nreaders = own->nparts;
  p->reader = mem_alloc(sizeof *p->reader * (size_t)(own->nparts ? own->nparts : 1));
  for (int k = 0; k < own->nparts; k++) p->reader[k].idx = elements_of(&own->part[k]);
  record_prepare(vm);
  *out = r;
  return true;
}

bool record_proj(Vm *vm, ProjGroup *g, const char *var, double every, Recording **out, Span span) {
  Value v;
  if (!check_every(vm, every, span) || !proj_read(vm, g, var, &v, span)) return false;
  value_drop(v);
  Recording *r = probe_new(vm, VAL_REC, NULL, every);
  Probe *p = r->impl;
  p->var = copy_text(var);
  p->group = g;
  p->span = span;
  record_prepare(vm);
  *out = r;
  return true;
}

bool record_expr(Vm *vm, Value (*sample)(void *data), void *data, void (*drop)(void *data), double every,
                 Recording **out, Span span) {
  if (!check_every(vm, every, span)) {
    if (drop) drop(data);
    return false;
  }
  Recording *r = probe_new(vm, VAL_REC, NULL, every);
  Probe *p = r->impl;
  p->sample = sample;
  p->data = data;
  p->drop = drop;
  p->span = span;
  record_prepare(vm);
  *out = r;
  return true;
}

// ---- when ----

static void find_next(Vm *vm) {
  Net *net = vm_net(vm);
  net->next_record = NEVER;
  for (int k = 0; k < vm->recordings.n; k++) {
    const Probe *p = vm->recordings.data[k]->impl;
    if (p->next < net->next_record) net->next_record = p->next;
  }
}

void record_prepare(Vm *vm) {
  for (int k = 0; k < vm->recordings.n; k++) {
    Probe *p = vm->recordings.data[k]->impl;
    if (vm->recordings.data[k]->head.kind == VAL_SPIKES) continue;
    p->steps = (int64_t)fmax(1, round(p->every / vm->dt));
    p->next = (vm->tick + p->steps - 1) / p->steps * p->steps;
  }
  find_next(vm);
}

// ---- sampling ----

static bool room(Vm *vm, Probe *p, int64_t width) {
  if (p->samples < p->cap) return true;
  int64_t cap = p->cap ? 2 * p->cap : 64;
  double bytes = (double)cap * (double)(width + 1) * sizeof(double);
  if (!memory_at_hand(bytes)) {
    report_memory(vm, p->span, bytes, "this recording");
    return false;
  }
  p->t = mem_realloc(p->t, sizeof *p->t * (size_t)cap);
  p->values = mem_realloc(p->values, sizeof *p->values * (size_t)(cap * (width ? width : 1)));
  p->cap = cap;
  return true;
}

// Finds out where a part of the variable is read from: a column, a kernel, or by name.
static bool reader_open(Vm *vm, Probe *p, const SelPart *part, Reader *r) {
  reader_close(r);
  r->column = NULL;
  Pop *pop = part->pop;
  int v = pop_var(pop, p->var);
  r->by_name = v < 0;
  if (v < 0) return true;
  uint8_t kind = pop->model->vars[v].kind;
  if (kind != VAR_LET && kind != VAR_INPUT && kind != VAR_SIGNAL) {
    r->column = &pop->cols[v];
    return true;
  }
  r->arena = arena_new();
  r->code = (PopCode){0};
  Kernel *k = vm->linker.reader ? vm->linker.reader(vm->linker.ctx, vm, pop, v, &r->code, r->arena) : NULL;
  if (!k) return false;
  Scope s = {.vm = vm, .self = pop, .self_n = &pop_run(pop)->n, .captures = r->code.captures,
             .ncaptures = r->code.ncaptures};
  if (!scope_prepare(&s, k)) return false;
  s.nout = part->n;
  s.out[0] = r->room = mem_realloc(r->room, sizeof(double) * (size_t)(part->n + 8));
  bound_open(&r->bound, k, &s, (uint32_t)pop->id);
  KernelCall call = call_now(vm, (uint32_t)pop->id);
  call.idx[0] = r->idx;
  instance_setup(r->bound.in, part->n, &call);
  return !report_native(vm, &call.fault, p->span);
}

static bool readers_open(Vm *vm, const Recording *r) {
  Probe *p = r->impl;
  for (int k = 0; k < p->nreaders; k++)
    if (!reader_open(vm, p, &r->sel->part[k], &p->reader[k])) return false;
  p->opened = true;
  p->generation = vm_net(vm)->generation;
  return true;
}

static bool read_part(Vm *vm, const Probe *p, const SelPart *part, Reader *r, double *out) {
  if (r->by_name) return part_read(vm, part, p->var, out, p->span);
  if (r->column) {
    const double *col = r->column->p;
    if (r->column->uniform)
      for (int64_t k = 0; k < part->n; k++) out[k] = col[0];
    else
      for (int64_t k = 0; k < part->n; k++) out[k] = col[r->idx[k]];
    return true;
  }
  KernelCall call = call_now(vm, (uint32_t)part->pop->id);
  call.hi = part->n;
  call.idx[0] = r->idx;
  if (!bound_run(vm, &r->bound, &call, p->span)) return false;
  memcpy(out, r->room, sizeof *out * (size_t)part->n);
  return true;
}

static bool sample_var(Vm *vm, Recording *r, double *out) {
  Probe *p = r->impl;
  if ((!p->opened || p->generation != vm_net(vm)->generation) && !readers_open(vm, r)) return false;
  for (int k = 0; k < p->nreaders; out += r->sel->part[k++].n)
    if (!read_part(vm, p, &r->sel->part[k], &p->reader[k], out)) return false;
  return true;
}

// The width of an expression is known with its first sample; a later one of another length is refused.
static bool take_value(Vm *vm, Probe *p, Value v) {
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  int64_t n = a ? a->n : 1;
  if (p->width < 0) {
    p->width = n;
    p->single = !a || a->ndim == 0;
  }
  if (n != p->width) {
    Diag *e = diag(vm->diags, E_LENGTH, p->span, "a sample of %lld values after samples of %lld", (long long)n, (long long)p->width);
    diag_hint(e, "what is recorded must keep its length");
    return false;
  }
  if (!room(vm, p, n)) return false;
  double *out = p->values + p->samples * n;
  if (a) memcpy(out, a->data, sizeof *out * (size_t)n);
  else out[0] = value_as_num(v);
  return true;
}

static bool sample_value(Vm *vm, Probe *p) {
  Value v = value_none();
  if (p->group) {
    if (!proj_read(vm, p->group, p->var, &v, p->span)) return false;
  } else {
    v = p->sample(p->data);
    if (v.kind == VAL_NONE) return false;
  }
  bool ok = take_value(vm, p, v);
  value_drop(v);
  return ok;
}

static bool sample(Vm *vm, Recording *r) {
  Probe *p = r->impl;
  bool ok = r->sel ? room(vm, p, p->width) && sample_var(vm, r, p->values + p->samples * p->width) : sample_value(vm, p);
  if (!ok) return false;
  p->t[p->samples++] = vm_time(vm);
  p->next = vm->tick + p->steps;
  if (p->sink && (double)p->samples * (double)(p->width + 1) * 8 > SINK_BYTES) return sink_flush(r);
  return true;
}

bool record_due(Vm *vm) {
  for (int k = 0; k < vm->recordings.n; k++) {
    Recording *r = vm->recordings.data[k];
    if (((Probe *)r->impl)->next == vm->tick && !sample(vm, r)) return false;
  }
  find_next(vm);
  return true;
}

// ---- streams ----

bool sink_flush(Recording *r) {
  Probe *p = r->impl;
  if (p->sink && r->head.kind == VAL_SPIKES) return spike_sink_flush(r);
  if (!p->sink || !p->samples) return true;
  bool ok = p->sink(p->sink_ctx, r, p->t, p->values, p->samples);
  p->samples = 0;
  return ok;
}

void recording_sink(Recording *r, RecordSink sink, void *ctx) {
  Probe *p = r->impl;
  p->sink = sink;
  p->sink_ctx = ctx;
}

void recording_resumed(Recording *r) {
  Probe *p = r->impl;
  SpikeView v;
  p->samples = 0;
  if (r->head.kind == VAL_SPIKES && spikes_number(r->vm, r->sel, -INFINITY, INFINITY, &v, p->span)) p->written = v.n;
}

void recordings_flush(Vm *vm) {
  for (int k = 0; k < vm->recordings.n; k++) sink_flush(vm->recordings.data[k]);
}

void recordings_reset(Vm *vm) {
  for (int k = 0; k < vm->recordings.n; k++) {
    Probe *p = vm->recordings.data[k]->impl;
    p->samples = p->written = 0;
  }
  for (int k = 0; k < vm->pops.n; k++) spike_log_reset(&pop_run(vm->pops.data[k])->log);
  record_prepare(vm);
}

void recordings_cut(Vm *vm, int n) {
  while (vm->recordings.n > n) {
    Recording *r = vec_pop(&vm->recordings);
    readers_close(r->impl);
    ((Probe *)r->impl)->opened = false;
    value_drop(value_obj(r));
  }
  vm_net(vm)->next_record = NEVER;
}

void recordings_clear(Vm *vm) { recordings_cut(vm, 0); }

// Kernels are about to lose their memory.
void recordings_unbind(Vm *vm) {
  for (int k = 0; k < vm->recordings.n; k++) {
    Probe *p = vm->recordings.data[k]->impl;
    readers_close(p);
    p->opened = false;
  }
}

// ---- what was recorded ----

Recording *recording_copy(const Recording *r) {
  const Probe *from = r->impl;
  Recording *own = object_new(VAL_REC, sizeof *own, probe_free);
  Probe *p = mem_alloc(sizeof *p);
  int64_t width = from->width > 0 ? from->width : 0;
  own->vm = r->vm;
  own->impl = p;
  if (r->sel) own->sel = (Sel *)value_keep(value_obj(r->sel)).obj;
  *p = (Probe){.single = from->single, .samples = from->samples, .cap = from->samples, .width = from->width, .next = NEVER, .span = from->span};
  p->t = mem_alloc(sizeof *p->t * (size_t)(from->samples + 1));
  p->values = mem_alloc(sizeof *p->values * (size_t)(from->samples * width + 1));
  if (from->samples) memcpy(p->t, from->t, sizeof *p->t * (size_t)from->samples);
  if (from->samples && width) memcpy(p->values, from->values, sizeof *p->values * (size_t)(from->samples * width));
  return own;
}

int64_t recording_samples(const Recording *r) {
  return r->head.kind == VAL_SPIKES ? spike_recording_samples(r) : ((const Probe *)r->impl)->samples;
}

int64_t recording_width(const Recording *r) {
  if (r->head.kind == VAL_SPIKES) return 1 + spike_recording_with(r);
  const Probe *p = r->impl;
  return p->width < 0 ? 0 : p->width;
}

bool recording_flat(const Recording *r) { return ((const Probe *)r->impl)->single; }

Array *recording_values(const Recording *r) {
  const Probe *p = r->impl;
  int64_t shape[2] = {p->samples, p->width < 0 ? 0 : p->width};
  Array *a = array_new(VAL_NUM, p->single ? 1 : 2, shape);
  if (!a) {
    report_memory(r->vm, p->span, 8.0 * (double)shape[0] * (double)shape[1], "a copy of this recording");
    return array_new(VAL_NUM, p->single ? 1 : 2, (int64_t[]){0, 0});
  }
  if (a->n) memcpy(a->data, p->values, sizeof *a->data * (size_t)a->n);
  return a;
}

Array *recording_t(const Recording *r) {
  const Probe *p = r->impl;
  Array *a = array_new1(VAL_NUM, p->samples);
  if (!a) return array_new1(VAL_NUM, 0);
  if (a->n) memcpy(a->data, p->t, sizeof *a->data * (size_t)a->n);
  return a;
}

Array *recording_i(const Recording *r) {
  int64_t n = recording_width(r);
  Array *a = array_new1(VAL_INT, n);
  if (!a) return array_new1(VAL_INT, 0);
  int64_t at = 0;
  for (int k = 0; r->sel && k < r->sel->nparts; k++) {
    const SelPart *part = &r->sel->part[k];
    for (int64_t e = 0; e < part->n && at < n; e++) a->data[at++] = (double)(part->idx ? part->idx[e] : part->lo + e);
  }
  for (; at < n; at++) a->data[at] = (double)at;
  return a;
}
