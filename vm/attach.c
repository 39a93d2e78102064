// SPDX-License-Identifier: MIT
// Late linking: before a run, lang makes the kernels of every population and projection that changed; then all kernels
// are bound to the columns.
//
// A kernel that goes lane by lane over a column that was one value for all makes it a full one. Kernels that were linked
// for the uniform column are linked once more, until nothing changes (twice at most in practice).
//
// Events under way (spike lists, rings, calendars) belong to the populations and projections and outlast this.
#include <math.h>
#include <string.h>

#include "vm/stages.h"

// ---- linking ----
// Room for what is bound to timed blocks and further events.
static void proj_open_lists(Proj *p) {
  ProjRun *r = proj_run(p);
  if (r->every) return;
  r->every = mem_alloc(sizeof *r->every * (size_t)(r->code.nevery + 1));
  r->period = mem_alloc(sizeof *r->period * (size_t)(r->code.nevery + 1));
  r->event_each = mem_alloc(sizeof *r->event_each * (size_t)(r->code.nevent + 1));
  r->event_once = mem_alloc(sizeof *r->event_once * (size_t)(r->code.nevent + 1));
}

static void proj_close_lists(Proj *p) {
  ProjRun *r = proj_run(p);
  mem_free(r->every);
  mem_free(r->period);
  mem_free(r->event_each);
  mem_free(r->event_once);
  r->every = NULL;
  r->period = NULL;
  r->event_each = r->event_once = NULL;
}

static bool link_pop(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  if (!p->changed && r->linked) return true;
  if (r->arena) arena_free(r->arena);
  r->arena = arena_new();
  r->code = (PopCode){0};
  r->linked = vm->linker.pop && vm->linker.pop(vm->linker.ctx, vm, p, &r->code, r->arena);
  p->changed = false;
  for (int k = 0; k < p->nblocks; k++) p->blocks[k]->is_new = false;
  return r->linked;
}

static bool link_proj(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  if (!p->changed && r->linked) return true;
  if (r->arena) arena_free(r->arena);
  r->arena = arena_new();
  proj_close_lists(p);
  r->code = (SynCode){0};
  r->linked = vm->linker.proj && vm->linker.proj(vm->linker.ctx, vm, p, &r->code, r->arena);
  p->changed = false;
  return r->linked;
}

// ---- which kernels there are ----
enum { MAX_KERNELS = 9 };

static int pop_kernels(PopRun *r, const Kernel **k, Bound **b) {
  int n = 0;
  k[n] = r->code.advance, b[n++] = &r->advance;
  k[n] = r->code.threshold, b[n++] = &r->threshold;
  k[n] = r->code.spike, b[n++] = &r->spike;
  k[n] = r->code.start, b[n++] = &r->start;
  k[n] = r->code.lets, b[n++] = &r->lets;
  k[n] = r->code.lets_before, b[n++] = &r->lets_before;
  return n;
}

static void each_update(Proj *p, const SynUpdate *u, UpdateRun *b, KernelFn fn, void *ctx) {
  fn(ctx, p, u->each, &b->each, p->nsyn);
  fn(ctx, p, u->pre, &b->pre, p->pre->n);
  fn(ctx, p, u->post, &b->post, p->post->n);
}

// Calls fn for every kernel of a projection with its lanes. Those of lists of neurons hold nothing lane by lane.
void proj_each_kernel(Proj *p, KernelFn fn, void *ctx) {
  ProjRun *r = proj_run(p);
  const SynCode *c = &r->code;
  fn(ctx, p, c->on_pre, &r->on_pre, p->nsyn);
  fn(ctx, p, c->once_pre, &r->once_pre, p->nsyn);
  fn(ctx, p, c->on_post, &r->on_post, p->nsyn);
  fn(ctx, p, c->once_post, &r->once_post, p->nsyn);
  fn(ctx, p, c->coupling, &r->coupling, p->nsyn);
  fn(ctx, p, c->source, &r->source, p->pre->n);
  fn(ctx, p, c->integrate, &r->integrate, p->nsyn);
  fn(ctx, p, c->integrate_pre, &r->integrate_pre, p->pre->n);
  fn(ctx, p, c->sync, &r->sync, p->nsyn);
  each_update(p, &c->step, &r->step, fn, ctx);
  each_update(p, &c->start, &r->start, fn, ctx);
  each_update(p, &c->past, &r->past, fn, ctx);
  for (int k = 0; r->every && k < c->nevery; k++) each_update(p, &c->every[k].update, &r->every[k], fn, ctx);
  for (int k = 0; r->event_each && k < c->nevent; k++) {
    fn(ctx, p, c->event[k].each, &r->event_each[k], p->nsyn);
    fn(ctx, p, c->event[k].once, &r->event_once[k], p->nsyn);
  }
}

static Scope pop_scope(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  return (Scope){.vm = vm, .self = p, .self_n = &r->n, .captures = r->code.captures, .ncaptures = r->code.ncaptures, .stage = r->stage};
}

static Scope proj_scope(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  return (Scope){.vm = vm, .proj = p, .pre = p->pre, .post = p->post, .pre_n = &r->npre, .post_n = &r->npost,
                 .self_n = &r->npost, .captures = r->code.captures, .ncaptures = r->code.ncaptures, .stage = r->stage};
}

static Kernel *event_block(const PopRun *r, int i) { return r->code.event_block ? r->code.event_block[i] : NULL; }

static bool prepare_pop(Vm *vm, Pop *p) {
  const Kernel *k[MAX_KERNELS];
  Bound *b[MAX_KERNELS];
  Scope s = pop_scope(vm, p);
  PopRun *r = pop_run(p);
  bool ok = true;
  for (int i = 0, n = pop_kernels(r, k, b); i < n; i++) ok = ok && scope_prepare(&s, k[i]);
  ok = ok && scope_prepare(&s, r->code.stage.slopes) && scope_prepare(&s, r->code.stage.limits);
  for (int i = 0; i < r->code.nevery; i++)
    ok = ok && scope_prepare(&s, r->code.every[i].kernel) && calls_prepare(&s, r->code.every[i].call, r->code.every[i].ncalls);
  ok = ok && calls_prepare(&s, r->code.call, r->code.ncalls);
  for (int i = 0; i < r->code.nevent; i++)
    ok = ok && scope_prepare(&s, r->code.event[i]) && scope_prepare(&s, event_block(r, i));
  return ok;
}

typedef struct Prepare {
  Scope scope;
  bool ok;
} Prepare;

static void prepare_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  Prepare *c = ctx;
  (void)p, (void)b, (void)lanes;
  c->ok = c->ok && scope_prepare(&c->scope, k);
}

static bool prepare_proj(Vm *vm, Proj *p) {
  Prepare c = {proj_scope(vm, p), true};
  proj_open_lists(p);
  proj_each_kernel(p, prepare_kernel, &c);
  return c.ok && scope_prepare(&c.scope, proj_run(p)->code.stage.slopes);
}

static bool any_changed(const Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++)
    if (vm->pops.data[k]->changed) return true;
  for (int k = 0; k < vm->projs.n; k++)
    if (vm->projs.data[k]->changed) return true;
  return false;
}

static bool link_all(Vm *vm) {
  for (int round = 0; round < 8; round++) {
    bool ok = true;
    for (int k = 0; k < vm->pops.n; k++) ok = link_pop(vm, vm->pops.data[k]) && ok;
    for (int k = 0; k < vm->projs.n; k++) ok = link_proj(vm, vm->projs.data[k]) && ok;
    if (!ok) return false;
    for (int k = 0; k < vm->pops.n; k++) ok = ok && prepare_pop(vm, vm->pops.data[k]);
    for (int k = 0; k < vm->projs.n; k++) ok = ok && prepare_proj(vm, vm->projs.data[k]);
    if (!ok) return false;
    if (!any_changed(vm)) return true;
  }
  BUG("linking does not settle");
}

// ---- binding ----
// The period of an `on every`, in steps; 0 where it has none.
static int64_t period_of(Vm *vm, const Kernel *period, const Scope *scope, uint32_t object) {
  if (!period) return 0;
  double out[8] = {0};
  Scope s = *scope;
  s.temporary = true;
  s.out[0] = out;
  s.nout = 1;
  Bound b;
  bound_open(&b, period, &s, object);
  KernelCall call = call_now(vm, object);
  call.hi = 1;
  if (!bound_once(vm, &b, 1, &call, (Span){0})) vm_net(vm)->broken = true;
  bound_close(&b);
  double steps = round(out[0] / vm->dt);
  return steps >= 1 && steps < 9e15 ? (int64_t)steps : 1;
}

static void bind_pop(Vm *vm, Pop *p) {
  const Kernel *k[MAX_KERNELS];
  Bound *b[MAX_KERNELS];
  PopRun *r = pop_run(p);
  Scope s = pop_scope(vm, p);
  uint32_t id = (uint32_t)p->id;
  for (int i = 0, n = pop_kernels(r, k, b); i < n; i++) bound_open(b[i], k[i], &s, id);
  if (r->stage) stage_part_bind(r->stage, &s, id);
  r->every = mem_alloc(sizeof *r->every * (size_t)(r->code.nevery + 1));
  r->period = mem_alloc(sizeof *r->period * (size_t)(r->code.nevery + 1));
  r->every_call = mem_alloc(sizeof *r->every_call * (size_t)(r->code.nevery + 1));
  for (int i = 0; i < r->code.nevery; i++) {
    bound_open(&r->every[i], r->code.every[i].kernel, &s, id);
    r->period[i] = period_of(vm, r->code.every[i].period, &s, id);
    r->every_call[i] = calls_open(&s, r->code.every[i].call, r->code.every[i].ncalls, id);
  }
  r->call = calls_open(&s, r->code.call, r->code.ncalls, id);
  r->event = mem_alloc(sizeof *r->event * (size_t)(r->code.nevent + 1));
  r->event_block = mem_alloc(sizeof *r->event_block * (size_t)(r->code.nevent + 1));
  for (int i = 0; i < r->code.nevent; i++) {
    bound_open(&r->event[i], r->code.event[i], &s, id);
    bound_open(&r->event_block[i], event_block(r, i), &s, id);
  }
  if (!r->emit) {
    r->emit = mem_alloc(sizeof *r->emit * ((size_t)p->n + 64));
    r->emit_count = mem_alloc(sizeof *r->emit_count * ((size_t)p->n + 64));
  }
  r->emit_count[0] = 0; // stays 0 where the kernel does not count
}

static void note_changes(Proj *p, const Kernel *k) {
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (t->stored && t->space == SPACE_VAR && t->object == OBJ_SELF && t->index < p->syn->model.nvars)
      proj_run(p)->changes[t->index] = true;
  }
}

static void bind_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  (void)lanes;
  bound_open(b, k, ctx, (uint32_t)p->id);
  note_changes(p, k);
}

static void bind_proj(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  Scope s = proj_scope(vm, p);
  proj_open_lists(p);
  for (int i = 0; r->code.source && i < r->code.nsum; i++)
    s.out[i] = r->shown[i] = mem_alloc(sizeof(double) * ((size_t)p->pre->n + 8));
  s.nout = p->pre->n;
  proj_each_kernel(p, bind_kernel, &s);
  if (r->stage) stage_part_bind(r->stage, &s, (uint32_t)p->id);
  for (int k = 0; k < r->code.nevery; k++) r->period[k] = period_of(vm, r->code.every[k].period, &s, (uint32_t)p->id);
}

// ---- what the kernels ask for ----
static void add_unique(double ***list, int *n, double *x) {
  for (int k = 0; k < *n; k++)
    if ((*list)[k] == x) return;
  *list = mem_realloc(*list, sizeof **list * (size_t)(*n + 1));
  (*list)[(*n)++] = x;
}

static void note_held(Pop *p, int var) {
  PopRun *r = pop_run(p);
  if (model_var_hidden(p->model, p->model->held_until) && p->model->vars[var].flags & VARF_HELD)
    add_unique(&r->guard, &r->nguard, p->cols[var].p);
}

static void note_event_kernel(Proj *p, const Kernel *k) {
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (t->space != SPACE_VAR || t->index >= VAR_POSX) continue;
    Pop *of = t->object == OBJ_PRE ? p->pre : t->object == OBJ_POST ? p->post : NULL;
    if (!of) continue;
    uint8_t kind = of->model->vars[t->index].kind;
    if (t->stored) note_held(of, t->index);
    if (kind == VAR_LET || kind == VAR_INPUT) pop_run(of)->lets_after = true;
  }
}

static void note_coupling(Proj *p, const Kernel *k) {
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (!t->stored || t->space != SPACE_VAR || t->object < OBJ_BLOCK0) continue;
    add_unique(&pop_run(p->post)->zero, &pop_run(p->post)->nzero, p->post->blocks[p->block]->cols[t->index].p);
  }
}

// Couplings and integration read lets of the beginning of the step, all others those after the integration.
static void note_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  const ProjRun *r = proj_run(p);
  (void)ctx, (void)lanes;
  if (b != &r->coupling && b != &r->integrate && b != &r->integrate_pre) note_event_kernel(p, k);
}

static void note_needs(Proj *p) {
  ProjRun *r = proj_run(p);
  proj_each_kernel(p, note_kernel, NULL);
  for (int k = 0; k < r->code.nfast; k++)
    if (r->code.fast[k].to_pop) note_held(p->post, r->code.fast[k].var);
  note_coupling(p, r->code.coupling);
}

// ---- delivery ----
enum { PUSH_BYTES = 1 << 20, PULL_SEGMENT = 5 };

static DeliverWay choose_way(const Proj *p) {
  const ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  if (r->code.on_pre || r->code.once_pre) return DELIVER_KERNEL;
  if (!r->code.nfast) return DELIVER_NONE;
  if (!s->seg_row) return DELIVER_PULL;
  if (r->forced_way) return r->forced_way;
  double per_segment = (double)p->nsyn / (double)(s->seg_row[s->nsrc] + 1);
  double ring = 8.0 * (double)p->post->n * (s->pre.max + 1);
  return ring > PUSH_BYTES && per_segment >= PULL_SEGMENT ? DELIVER_PULL : DELIVER_PUSH;
}

static double *fast_column(const Proj *p, const FastAdd *f) {
  return f->to_pop ? p->post->cols[f->var].p : p->post->blocks[p->block]->cols[f->var].p;
}

static bool open_fast(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  r->fast = mem_realloc(r->fast, sizeof *r->fast * (size_t)(r->code.nfast + 1));
  for (int k = 0; k < r->code.nfast; k++) {
    double *col = fast_column(p, &r->code.fast[k]);
    r->fast[k] = (FastRun){.col = col};
    if (r->way != DELIVER_PUSH) continue;
    r->fast[k].ring = add_ring(vm, col, p->post->n, s->pre.max + 1);
    if (!r->fast[k].ring) return false;
  }
  return true;
}

static bool hears_source(const ProjRun *r) {
  for (int e = 0; e < r->code.nevent; e++)
    if (!r->code.event[e].post) return true;
  return r->way != DELIVER_NONE;
}

static bool check_delay(Vm *vm, const Proj *p) {
  const Store *s = proj_store(p);
  if (vm->semantics != SEMANTICS_NEST || s->pre.min >= 1 || !hears_source(proj_run(p))) return true;
  Diag *e = diag(vm->diags, E_DELAY, p->desc->span, "a delay of 0 steps; semantics nest needs one step dt = %g ms at least", 1e3 * vm->dt);
  diag_hint(e, "give a delay: `{ delay = 1.5 ms }`");
  return false;
}

static bool hears_target(const ProjRun *r) {
  for (int e = 0; e < r->code.nevent; e++)
    if (r->code.event[e].post) return true;
  return r->code.on_post || r->code.once_post;
}

static bool open_delivery(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  const Store *s = proj_store(p);
  if (!p->nsyn) return true;
  DeliverWay way = choose_way(p);
  r->way = way;
  if (!check_delay(vm, p)) return false;
  if (way == DELIVER_PULL) proj_segment_table(p);
  if (way == DELIVER_KERNEL || r->code.nevent) calendar_grow(vm, p, s->pre.max + 1, 1 + r->code.nevent);
  if (r->code.on_post && !proj_way_back(p)) {
    report_memory(vm, p->desc->span, 4.0 * (double)p->nsyn, "the way back from targets to synapses");
    return false;
  }
  if (hears_target(r)) spike_ring_grow(vm, p->post, s->post.max + 1);
  spike_ring_grow(vm, p->pre, way == DELIVER_PULL ? s->pre.max + 1 : 1);
  return open_fast(vm, p) && history_open(vm, p);
}

static double fast_factor(const Proj *p, const FastAdd *f) {
  double x = f->sign;
  if (f->param >= 0) x *= p->post->blocks[p->block]->params[f->param];
  if (f->weighted && p->cols[p->syn->weight].uniform) x *= p->cols[p->syn->weight].p[0];
  return x;
}

static void set_factors(Proj *p) {
  ProjRun *r = proj_run(p);
  for (int k = 0; k < r->code.nfast && r->fast; k++) {
    const FastAdd *f = &r->code.fast[k];
    r->fast[k].factor = fast_factor(p, f);
    r->fast[k].weighted = f->weighted && !p->cols[p->syn->weight].uniform;
  }
}

// ---- values derived from parameters ----
static void setup_stage(Vm *vm, StagePart *r, int64_t n) {
  if (!r) return;
  bound_setup(vm, &r->slopes, n);
  bound_setup(vm, &r->limits, n);
}

static void setup_pop(Vm *vm, Pop *p) {
  const Kernel *k[MAX_KERNELS];
  Bound *b[MAX_KERNELS];
  PopRun *r = pop_run(p);
  for (int i = 0, n = pop_kernels(r, k, b); i < n; i++) bound_setup(vm, b[i], p->n);
  setup_stage(vm, r->stage, p->n);
  for (int i = 0; i < r->code.nevery; i++) {
    bound_setup(vm, &r->every[i], p->n);
    calls_setup(vm, p, r->every_call[i], r->code.every[i].ncalls);
  }
  calls_setup(vm, p, r->call, r->code.ncalls);
  for (int i = 0; i < r->code.nevent; i++) {
    bound_setup(vm, &r->event[i], p->n);
    bound_setup(vm, &r->event_block[i], p->n);
  }
}

static void setup_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  (void)p, (void)k;
  bound_setup(ctx, b, lanes);
}

static void setup_proj(Vm *vm, Proj *p) {
  proj_each_kernel(p, setup_kernel, vm);
  setup_stage(vm, proj_run(p)->stage, p->pre->n);
}

void run_setup(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < vm->pops.n && net->constants; k++) setup_pop(vm, vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n && net->constants; k++) setup_proj(vm, vm->projs.data[k]);
  for (int k = 0; k < vm->projs.n; k++) set_factors(vm->projs.data[k]);
  net->constants = net->weights = false;
}

// ---- whether a population stands alone ----
static void find_free(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    PopRun *r = pop_run(vm->pops.data[k]);
    bool alone = !r->code.ncalls && !kernel_is_impure(r->code.advance) && !kernel_is_impure(r->code.spike);
    r->free_running = alone && !r->code.nevery && !r->code.nevent && !r->code.lets && !r->code.threshold && !r->stage && !vm->pops.data[k]->nblocks;
  }
  for (int k = 0; k < vm->projs.n; k++) {
    if (!vm->projs.data[k]->nsyn) continue;
    pop_run(vm->projs.data[k]->pre)->free_running = false;
    pop_run(vm->projs.data[k]->post)->free_running = false;
  }
}

// ---- all together ----
static void detach_pop(Pop *p) {
  const Kernel *k[MAX_KERNELS];
  Bound *b[MAX_KERNELS];
  PopRun *r = pop_run(p);
  for (int i = 0, n = pop_kernels(r, k, b); i < n; i++) bound_close(b[i]);
  for (int i = 0; r->every && i < r->code.nevery; i++) bound_close(&r->every[i]);
  for (int i = 0; r->event && i < r->code.nevent; i++) {
    bound_close(&r->event[i]);
    bound_close(&r->event_block[i]);
  }
  for (int i = 0; r->every_call && i < r->code.nevery; i++) calls_close(r->every_call[i], r->code.every[i].ncalls);
  calls_close(r->call, r->code.ncalls);
  mem_free(r->every_call);
  r->call = NULL;
  r->every_call = NULL;
  mem_free(r->every);
  mem_free(r->event);
  mem_free(r->event_block);
  mem_free(r->period);
  r->every = r->event = r->event_block = NULL;
  r->period = NULL;
  r->nguard = r->nzero = 0;
  stage_part_close(r->stage);
  r->stage = NULL;
  r->nheld = 0;
  r->guard_cap = 0;
  r->lets_after = false;
}

static void close_kernel(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes) {
  (void)ctx, (void)p, (void)k, (void)lanes;
  bound_close(b);
}

static void detach_proj(Proj *p) {
  proj_each_kernel(p, close_kernel, NULL);
  proj_close_lists(p);
  stage_part_close(proj_run(p)->stage);
  proj_run(p)->stage = NULL;
  for (int i = 0; i < 3; i++) mem_free(proj_run(p)->shown[i]), proj_run(p)->shown[i] = NULL;
}

void run_detach(Vm *vm) {
  Net *net = vm_net(vm);
  recordings_unbind(vm);
  globals_forget(vm);
  stages_close(vm);
  for (int k = 0; k < vm->pops.n; k++) detach_pop(vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n; k++) detach_proj(vm->projs.data[k]);
  net->generation++;
  net->attached = false;
}

static bool open_stage(Vm *vm, const StageCode *code, Pop *p, Proj *q, Arena *a, StagePart **out) {
  *out = stage_part_open(vm, code, p, q, a);
  if (!*out || (*out)->memory) return true;
  report_memory(vm, p->desc->span, 8.0 * (double)p->n * 4 * code->n, "the integration of it");
  return false;
}

static bool open_stages(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    PopRun *r = pop_run(vm->pops.data[k]);
    if (!open_stage(vm, &r->code.stage, vm->pops.data[k], NULL, r->arena, &r->stage)) return false;
  }
  for (int k = 0; k < vm->projs.n; k++) {
    ProjRun *r = proj_run(vm->projs.data[k]);
    if (!open_stage(vm, &r->code.stage, vm->projs.data[k]->pre, vm->projs.data[k], r->arena, &r->stage)) return false;
  }
  return true;
}

static bool attach(Vm *vm) {
  Net *net = vm_net(vm);
  run_detach(vm);
  if (!link_all(vm)) return false;
  globals_refresh(vm);
  if (!open_stages(vm)) return false;
  for (int k = 0; k < vm->pops.n; k++) bind_pop(vm, vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n; k++) bind_proj(vm, vm->projs.data[k]);
  for (int k = 0; k < vm->projs.n; k++)
    if (vm->projs.data[k]->nsyn) note_needs(vm->projs.data[k]);
  for (int k = 0; k < vm->pops.n; k++) spike_ring_grow(vm, vm->pops.data[k], 1);
  for (int k = 0; k < vm->projs.n; k++)
    if (!open_delivery(vm, vm->projs.data[k])) return false;
  for (int k = 0; k < vm->pops.n; k++) guard_rebuild(vm, vm->pops.data[k]);
  if (!order_inputs(vm)) return false;
  stages_open(vm);
  find_free(vm);
  net->constants = true;
  run_setup(vm);
  return net->attached = true;
}

bool run_attach(Vm *vm) {
  Net *net = vm_net(vm);
  bool ok = true;
  net->broken = false;
  injections_round(vm);
  globals_refresh(vm);
  if (!net->attached || any_changed(vm)) ok = net->attached = attach(vm);
  else if (net->constants || net->weights) run_setup(vm);
  if (net->broken) ok = net->attached = net->broken = false;
  return ok;
}

bool vm_link(Vm *vm) { return run_attach(vm); }

const PopCode *pop_code(const Pop *p) { return pop_run(p)->linked ? &pop_run(p)->code : NULL; }
const SynCode *proj_code(const Proj *p) { return proj_run(p)->linked ? &proj_run(p)->code : NULL; }

// ---- end ----
void pop_quiet(Pop *p) {
  PopRun *r = pop_run(p);
  for (int d = 0; d < r->depth * r->nring; d++) r->ring[d].n = 0;
  r->ahead = 0;
  r->nheld = 0;
  r->started = false;
}

void proj_quiet(Proj *p) {
  proj_run(p)->started = false;
  proj_run(p)->past_known = false;
}

void pop_run_free(Pop *p) {
  PopRun *r = pop_run(p);
  for (int d = 0; d < r->depth * r->nring; d++) {
    mem_free(r->ring[d].i);
    mem_free(r->ring[d].count);
  }
  mem_free(r->ring);
  mem_free(r->emit);
  mem_free(r->emit_count);
  mem_free(r->held);
  mem_free(r->guard);
  mem_free(r->guard_save);
  mem_free(r->zero);
  spike_log_free(&r->log);
  forced_free(&r->forced);
  if (r->arena) arena_free(r->arena);
  r->arena = NULL;
}

void proj_run_free(Proj *p) {
  ProjRun *r = proj_run(p);
  for (int d = 0; d < r->depth * r->ncalendar; d++) mem_free(r->calendar[d].data);
  mem_free(r->calendar);
  mem_free(r->fast);
  mem_free(r->fill);
  mem_free(r->fill_target);
  mem_free(r->back_synapses);
  mem_free(r->back_sources);
  mem_free(r->group_syn);
  mem_free(r->group);
  history_close(p);
  if (r->arena) arena_free(r->arena);
  r->arena = NULL;
}
