// SPDX-License-Identifier: MIT
// The step: what happens from t to t + dt, in this order (semantics brian; nest exchanges 4 and 5):
//
//   1 blocks of at and every        4 thresholds; spikes are emitted, forced ones joined, recorded
//   2 inputs and lets; recordings   5 events are delivered: on pre for arrivals, then on post
//   3 states; on step, on every     6 spike blocks
//
// The test for spikes is the end of the integration kernel, unless lang made a kernel of its own of it.
#include <math.h>
#include <string.h>
#include <time.h>

#include "vm/profile.h"
#include "vm/run.h"

// ---- faults ----
static void describe_value(char *out, size_t n, double x, const VarDesc *v) {
  snprintf(out, n, "%.6g%s%s", v && v->scale ? x / v->scale : x, v && *v->unit ? " " : "", v ? v->unit : "");
}

static const VarDesc *desc_of(const ModelDesc *m, const char *name) {
  for (int v = 0; v < m->nvars; v++)
    if (strcmp(m->vars[v].name, name) == 0) return &m->vars[v];
  return NULL;
}

static void report_bad(Vm *vm, const Pop *p, const char *name, const VarDesc *v, int64_t element, double bad, double before) {
  char last[64], what[32];
  describe_value(last, sizeof last, before, v);
  snprintf(what, sizeof what, "%s", isnan(bad) ? "not a number" : "infinite");
  Diag *e = diag(vm->diags, E_NOT_FINITE, p->desc->span, "%s of %s[%lld] became %s at t = %.10g ms", name, p->name,
                 (long long)element, what, 1e3 * vm_time(vm));
  if (isfinite(before)) diag_note(e, "its last finite value was %s", last);
  diag_hint(e, "try a smaller dt, and check the parameters for signs and units");
}

void report_state(Vm *vm, const Pop *p, int var, int64_t element, double bad, const char *by) {
  const VarDesc *v = &p->model->vars[var];
  Diag *e = diag(vm->diags, E_NOT_FINITE, p->desc->span, "%s of %s[%lld] became %s at t = %.10g ms", v->name, p->name, (long long)element,
                 isnan(bad) ? "not a number" : "infinite", 1e3 * vm_time(vm));
  diag_note(e, "the kernel %s wrote it", by);
}

void report_pop_fault(Vm *vm, const Pop *p, const Fault *f) {
  if (report_native(vm, f, p->desc->span)) return;
  const PopRun *r = pop_run(p);
  const char *name = r->code.fault_var ? r->code.fault_var[f->what] : "a state";
  int var = pop_var(p, name);
  const VarDesc *v = desc_of(p->model, name);
  double before = var >= 0 && p->cols[var].p ? p->cols[var].p[p->cols[var].uniform ? 0 : f->lane] : NAN;
  report_bad(vm, p, name, v, f->lane, f->value, before);
}

static void report_proj_fault(Vm *vm, const Proj *p, const Fault *f) {
  if (report_native(vm, f, p->desc->span)) return;
  const char *name = proj_run(p)->code.fault_var ? proj_run(p)->code.fault_var[f->what] : "a state";
  Diag *e = diag(vm->diags, E_NOT_FINITE, p->desc->span, "%s of a synapse from %s to %s became %s at t = %.10g ms", name,
                 p->pre->name, p->post->name, isnan(f->value) ? "not a number" : "infinite", 1e3 * vm_time(vm));
  diag_hint(e, "try a smaller dt, and check the parameters for signs and units");
}

// What events or spike blocks of the last step broke is found here: the next integration never comes.
static bool states_finite(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    const Pop *p = vm->pops.data[k];
    for (int v = 0; v < p->model->nvars; v++) {
      const Column *c = &p->cols[v];
      if (p->model->vars[v].kind != VAR_STATE || !c->p) continue;
      double sum = 0;
      for (int64_t e = 0; e < (c->uniform ? 1 : p->n); e++) sum += c->p[e] * 0;
      for (int64_t e = 0; sum != 0 && e < p->n; e++) {
        double x = c->p[c->uniform ? 0 : e];
        if (isfinite(x)) continue;
        report_bad(vm, p, p->model->vars[v].name, &p->model->vars[v], e, x, NAN);
        return false;
      }
    }
  }
  return true;
}

// ---- phase 2 ----
static bool take(Vm *vm, const Action *a, bool before) {
  Fault fault = {.what = -1};
  if (a->proj) {
    if (couple(vm, a->proj, &fault)) return true;
    report_proj_fault(vm, a->proj, &fault);
    return false;
  }
  PopRun *r = pop_run(a->pop);
  const Bound *lets = before && r->lets_before.k ? &r->lets_before : &r->lets;
  KernelCall call = call_now(vm, lets->object);
  call.hi = a->pop->n;
  if (instance_run(lets->in, &call)) return true;
  report_pop_fault(vm, a->pop, &call.fault);
  return false;
}

static bool take_action(Vm *vm, const Action *a) { return take(vm, a, false); }

static bool any_unbegun(const Vm *vm) {
  for (int k = 0; k < vm->projs.n; k++)
    for (int h = 0; h < proj_run(vm->projs.data[k])->nhistory; h++)
      if (!proj_run(vm->projs.data[k])->history[h].begun) return true;
  return false;
}

static void take_inputs(Vm *vm) {
  for (int k = 0; k < vm->projs.n; k++)
    if (proj_run(vm->projs.data[k])->nhistory) history_take(vm, vm->projs.data[k], HISTORY_INPUTS);
}

static void zero_inputs(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    const PopRun *r = pop_run(vm->pops.data[k]);
    for (int z = 0; z < r->nzero; z++) memset(r->zero[z], 0, sizeof(double) * (size_t)vm->pops.data[k]->n);
  }
}

bool phase_inputs(Vm *vm) {
  Net *net = vm_net(vm);
  zero_inputs(vm);
  if (any_unbegun(vm)) { // before the first step lets had the values they take without inputs
    for (int k = 0; k < net->norder; k++)
      if (net->order[k].pop && !take(vm, &net->order[k], true)) return false;
    take_inputs(vm);
  }
  for (int k = 0; k < net->norder; k++)
    if (!take_action(vm, &net->order[k])) return false;
  take_inputs(vm);
  return true;
}

bool phase_inputs_again(Vm *vm, const bool *needed) {
  const Net *net = vm_net(vm);
  for (int k = 0; k < net->norder; k++) {
    if (!needed[k] || !net->order[k].proj) continue;
    const Pop *p = net->order[k].proj->post;
    for (int z = 0; z < pop_run(p)->nzero; z++) memset(pop_run(p)->zero[z], 0, sizeof(double) * (size_t)p->n);
  }
  for (int k = 0; k < net->norder; k++)
    if (needed[k] && !take_action(vm, &net->order[k])) return false;
  return true;
}

static bool inputs(Vm *vm) {
  if (!signals_take(vm, false) || !phase_inputs(vm)) return false;
  vm_net(vm)->inputs_taken = true;
  bool ok = signals_take(vm, true);
  vm_net(vm)->inputs_taken = false;
  return ok && (vm_net(vm)->next_record > vm->tick || record_due(vm));
}

// ---- phase 3 ----
static bool run_lanes(Vm *vm, Bound *b, int64_t n, Fault *fault) {
  KernelCall call = call_now(vm, b->object);
  call.hi = n;
  bool ok = instance_run(b->in, &call);
  *fault = call.fault;
  return ok;
}

static bool due(const Vm *vm, int64_t period) { return period && vm->tick && vm->tick % period == 0; }

static int64_t emitted(PopRun *r, SpikeList *l, const KernelCall *call) {
  spikes_push(l, r->emit, r->emit_count[0] ? r->emit_count : NULL, call->nspikes);
  return call->nspikes;
}

static bool run_emitting(Vm *vm, Pop *p, Bound *b, SpikeList *l, Fault *fault) {
  PopRun *r = pop_run(p);
  KernelCall call = call_now(vm, b->object);
  call.hi = p->n;
  call.spikes = r->emit;
  call.counts = r->emit_count;
  bool ok = instance_run(b->in, &call);
  *fault = call.fault;
  if (call.nspikes) emitted(r, l, &call);
  return ok;
}

static bool advance_pop(Vm *vm, Pop *p) {
  PopRun *r = pop_run(p);
  Fault fault = {.what = -1};
  SpikeList *l = spikes_of_step(p, vm->tick);
  l->n = 0;
  bool ok = !r->advance.k || run_emitting(vm, p, &r->advance, l, &fault);
  if (ok && r->code.ncalls && !calls_run(vm, p, r->call, r->code.ncalls)) return false;
  for (int k = 0; ok && k < r->code.nevery; k++) {
    if (!due(vm, r->period[k])) continue;
    ok = run_lanes(vm, &r->every[k], p->n, &fault);
    if (ok && r->code.every[k].ncalls && !calls_run(vm, p, r->every_call[k], r->code.every[k].ncalls)) return false;
  }
  if (!ok) report_pop_fault(vm, p, &fault);
  return ok;
}

// Synapses, from what all states are at the beginning of the step.
static bool integrate_proj(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  Fault fault = {.what = -1};
  bool ok = !r->integrate.k || synapses_run(vm, p, &r->integrate, &fault);
  if (ok && r->integrate_pre.k) {
    history_aim(vm, p, &r->integrate_pre, proj_store(p)->pre.min, 0);
    ok = run_lanes(vm, &r->integrate_pre, p->pre->n, &fault);
  }
  if (!ok) report_proj_fault(vm, p, &fault);
  return ok;
}

static bool run_once(Vm *vm, Proj *p, UpdateRun *u, Fault *fault) {
  if (u->pre.k) history_aim(vm, p, &u->pre, proj_store(p)->pre.max, 0);
  return (!u->pre.k || run_lanes(vm, &u->pre, p->pre->n, fault)) && (!u->post.k || run_lanes(vm, &u->post, p->post->n, fault));
}

static bool run_update(Vm *vm, Proj *p, UpdateRun *u, bool once_first) {
  Fault fault = {.what = -1};
  bool ok = !once_first || run_once(vm, p, u, &fault);
  if (ok && u->each.k) ok = synapses_run(vm, p, &u->each, &fault);
  if (ok && !once_first) ok = run_once(vm, p, u, &fault);
  if (!ok) report_proj_fault(vm, p, &fault);
  return ok;
}

static bool steps_proj(Vm *vm, Proj *p) {
  ProjRun *r = proj_run(p);
  if (r->nhistory) history_take(vm, p, HISTORY_EVENT);
  bool ok = run_update(vm, p, &r->step, r->code.step.once_first);
  for (int k = 0; ok && k < r->code.nevery; k++)
    if (due(vm, r->period[k])) ok = run_update(vm, p, &r->every[k], r->code.every[k].update.once_first);
  return ok;
}

static bool lets_again(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    PopRun *r = pop_run(vm->pops.data[k]);
    Action a = {.pop = vm->pops.data[k]};
    if (r->lets_after && r->lets.k && !take_action(vm, &a)) return false;
  }
  return true;
}

static bool states(Vm *vm, int64_t free_until) {
  if (!stages_take(vm)) return false;
  for (int k = 0; k < vm->projs.n; k++)
    if (vm->projs.data[k]->nsyn && !integrate_proj(vm, vm->projs.data[k])) return false;
  for (int k = 0; k < vm->pops.n; k++) {
    Pop *p = vm->pops.data[k];
    Fault fault = {.what = -1};
    if (pop_run(p)->ahead > vm->tick) continue;
    if (free_until > vm->tick + 1 && free_can(vm, p)) {
      advance_free(vm, p, free_until, &fault);
      if (pop_run(p)->ahead > vm_net(vm)->ahead) vm_net(vm)->ahead = pop_run(p)->ahead;
      if (fault.what < 0) continue;
      report_pop_fault(vm, p, &fault);
      return false;
    }
    if (!advance_pop(vm, p)) return false;
  }
  if (!lets_again(vm)) return false;
  for (int k = 0; k < vm->projs.n; k++)
    if (vm->projs.data[k]->nsyn && !steps_proj(vm, vm->projs.data[k])) return false;
  return true;
}

// ---- phases 4 to 6 ----
static bool test_events(Vm *vm, Pop *p, Fault *fault) {
  PopRun *r = pop_run(p);
  bool ok = true;
  for (int k = 0; ok && k < r->code.nevent; k++) {
    SpikeList *l = events_of_step(p, k, vm->tick);
    l->n = 0;
    ok = run_emitting(vm, p, &r->event[k], l, fault);
  }
  return ok;
}

static bool thresholds(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    Pop *p = vm->pops.data[k];
    PopRun *r = pop_run(p);
    if (r->ahead > vm->tick) continue;
    SpikeList *l = spikes_of_step(p, vm->tick);
    Fault fault = {.what = -1};
    bool ok = !r->threshold.k || run_emitting(vm, p, &r->threshold, l, &fault);
    if (!ok || !test_events(vm, p, &fault)) {
      report_pop_fault(vm, p, &fault);
      return false;
    }
    if (r->forced.n) forced_due(vm, p, l);
    if (r->log.on && l->n) log_spikes(vm, p, l);
    vm_net(vm)->fired += l->n;
  }
  return true;
}

// The rows that the spikes of the next projections will read, the farther first where they begin.
static void fetch_ahead(const Vm *vm, int k) {
  if (k + 6 < vm->projs.n) fetch_rows(vm, vm->projs.data[k + 6], false);
  if (k + 3 < vm->projs.n) fetch_rows(vm, vm->projs.data[k + 3], true);
}

static void each_projection(Vm *vm, void (*deliver)(Vm *vm, Proj *p)) {
  for (int k = 0; k < vm->projs.n; k++) {
    Proj *p = vm->projs.data[k];
    if (vm->profile) profile_deliver_begin(vm->profile);
    if (deliver == emit_spikes) fetch_ahead(vm, k);
    deliver(vm, p);
    if (vm->profile) profile_deliver_end(vm->profile, (uint32_t)p->id);
  }
}

static void emissions(Vm *vm) { each_projection(vm, emit_spikes); }

static void arrivals(Vm *vm) {
  each_projection(vm, deliver_pre);
  deliver_rings(vm);
}

static void target_events(Vm *vm) { each_projection(vm, deliver_post); }

// What went wrong in a handler of this step.
static bool events_finite(Vm *vm) {
  for (int k = 0; k < vm->projs.n; k++) {
    ProjRun *r = proj_run(vm->projs.data[k]);
    if (r->fault.what < 0) continue;
    report_proj_fault(vm, vm->projs.data[k], &r->fault);
    r->fault.what = -1;
    return false;
  }
  return true;
}

static void guards_open(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) guard_open(vm, vm->pops.data[k]);
}

static void guards_close(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) guard_close(vm, vm->pops.data[k]);
}

// What synapses will see of this step through their delays.
static void take_past(Vm *vm) {
  for (int k = 0; k < vm->projs.n; k++)
    if (proj_run(vm->projs.data[k])->nhistory) history_take(vm, vm->projs.data[k], HISTORY_EVENT);
}

static bool events_brian(Vm *vm) {
  if (!thresholds(vm)) return false;
  take_past(vm);
  guards_open(vm);
  emissions(vm);
  arrivals(vm);
  target_events(vm);
  guards_close(vm);
  return events_finite(vm);
}

// The target's own spikes are known only after the test.
static bool events_nest(Vm *vm) {
  take_past(vm);
  guards_open(vm);
  arrivals(vm);
  guards_close(vm);
  if (!thresholds(vm)) return false;
  emissions(vm);
  target_events(vm);
  return events_finite(vm);
}

// What is not finite is found at the next integration; a native function that failed is told now.
static bool run_listed(Vm *vm, const Pop *p, Bound *b, const SpikeList *l) {
  if (!b->k || !l->n) return true;
  KernelCall call = call_now(vm, b->object);
  call.hi = l->n;
  call.idx[0] = l->i;
  return bound_run(vm, b, &call, p->desc->span);
}

static bool spike_blocks(Vm *vm) {
  for (int k = 0; k < vm->pops.n; k++) {
    Pop *p = vm->pops.data[k];
    PopRun *r = pop_run(p);
    if (r->ahead > vm->tick) continue;
    SpikeList *l = spikes_of_step(p, vm->tick);
    if (l->n && vm->semantics == SEMANTICS_NEST) guard_add(p, l);
    bool ok = run_listed(vm, p, &r->spike, l);
    for (int e = 0; ok && e < r->code.nevent; e++) ok = run_listed(vm, p, &r->event_block[e], events_of_step(p, e, vm->tick));
    if (!ok) return false;
  }
  return true;
}

static bool starts(Vm *vm) {
  Fault fault = {.what = -1};
  for (int k = 0; k < vm->pops.n; k++) {
    PopRun *r = pop_run(vm->pops.data[k]);
    if (r->started) continue;
    r->started = true;
    if (r->start.k && !run_lanes(vm, &r->start, vm->pops.data[k]->n, &fault)) {
      report_pop_fault(vm, vm->pops.data[k], &fault);
      return false;
    }
  }
  for (int k = 0; k < vm->projs.n; k++) {
    ProjRun *r = proj_run(vm->projs.data[k]);
    if (r->started) continue;
    r->started = true;
    if (vm->projs.data[k]->nsyn && !run_update(vm, vm->projs.data[k], &r->start, r->code.start.once_first)) return false;
  }
  return true;
}

// ---- the past of lets ----
static bool has_past(const Proj *p) {
  const SynUpdate *u = &proj_run(p)->code.past;
  return p->nsyn && (u->each || u->pre || u->post);
}

static bool keep_past(Vm *vm, Proj *p) {
  proj_run(p)->past_known = true;
  return !has_past(p) || run_update(vm, p, &proj_run(p)->past, true);
}

// With the lets of neurons as the resets of this step left them.
static bool keep_pasts(Vm *vm) {
  bool settled = false;
  for (int k = 0; k < vm->projs.n; k++) {
    Proj *p = vm->projs.data[k];
    if (!settled && has_past(p) && !lets_again(vm)) return false;
    settled |= has_past(p);
    if (!keep_past(vm, p)) return false;
  }
  return true;
}

// Of a new projection: before its first step lets were what they are at its beginning.
static bool begin_pasts(Vm *vm) {
  for (int k = 0; k < vm->projs.n; k++)
    if (!proj_run(vm->projs.data[k])->past_known && !keep_past(vm, vm->projs.data[k])) return false;
  return true;
}

static void phase_over(Vm *vm, ProfilePhase phase) {
  if (vm->profile) profile_phase(vm->profile, phase);
}

static bool step(Vm *vm, int64_t end) {
  Net *net = vm_net(vm);
  if (vm->profile) profile_step(vm->profile);
  if (net->next_timed <= vm->tick && !(timed_due(vm) && run_attach(vm))) return false;
  if (vm->tick == 0 && !starts(vm)) return false;
  phase_over(vm, PHASE_BLOCKS);
  if (!inputs(vm) || !begin_pasts(vm)) return false;
  phase_over(vm, PHASE_INPUTS);
  int64_t until = net->next_timed < net->next_record ? net->next_timed : net->next_record;
  if (!states(vm, until < end ? until : end)) return false;
  phase_over(vm, PHASE_STATES);
  if (!(vm->semantics == SEMANTICS_NEST ? events_nest(vm) : events_brian(vm))) return false;
  phase_over(vm, PHASE_EVENTS);
  if (!spike_blocks(vm)) return false;
  if (!keep_pasts(vm)) return false;
  phase_over(vm, PHASE_RESETS);
  vm->tick++;
  vm->ran = true;
  return true;
}

// ---- the run ----
typedef struct Watch {
  double next;      // time of the next report of progress
  int64_t begin, steps;
  int every, count; // steps between looks at the clock
} Watch;

static double clock_seconds(clockid_t clock) {
  struct timespec ts;
  clock_gettime(clock, &ts);
  return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static double wall(void) { return clock_seconds(CLOCK_MONOTONIC); }

static void watch(Vm *vm, Watch *w) {
  if (!vm->progress || ++w->count < w->every) return;
  w->count = 0;
  double now = wall();
  if (now < w->next) {
    if (now < w->next - 0.04 && w->every < 1 << 16) w->every *= 2;
    return;
  }
  if (w->every > 1) w->every /= 2;
  w->next = now + 0.05;
  vm->progress(vm->progress_ctx, vm->tick - w->begin, w->steps);
}

enum { FLUSH_STEPS = 1 << 14 };

static RunEnd run_steps(Vm *vm, int64_t steps, int (*until)(void *ctx), void *ctx) {
  Net *net = vm_net(vm);
  int64_t begin = vm->tick, end = steps > NEVER - begin ? NEVER : begin + steps;
  Watch w = {.next = wall() + 0.05, .begin = begin, .steps = steps, .every = 1};
  net->ahead = vm->tick;
  while (vm->tick < end) {
    bool together = net->ahead <= vm->tick; // no population is ahead of the others
    if (together && vm->interrupt && *vm->interrupt) return RUN_INTERRUPTED;
    if (together && vm->tick % FLUSH_STEPS == 0 && vm->tick > begin) recordings_flush(vm); // a run that is killed has lost the rest
    int stop = until ? until(ctx) : 0;
    if (stop) return stop < 0 ? RUN_ERROR : RUN_MET;
    if (!step(vm, until ? vm->tick + 1 : end)) return RUN_ERROR;
    watch(vm, &w);
  }
  return RUN_DONE;
}

bool creation_remember(Vm *vm) {
  bool ok = true;
  for (int k = 0; k < vm->pops.n; k++) pop_save(vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n && ok; k++) ok = proj_save(vm, vm->projs.data[k]);
  return ok;
}

RunEnd vm_run(Vm *vm, int64_t steps, int (*until)(void *ctx), void *ctx, Span span) {
  if (vm_net(vm)->running) {
    Diag *e = diag(vm->diags, E_TIMED, span, "a run within a run");
    diag_hint(e, "blocks of `at` and `every` cannot run the network themselves");
    return RUN_ERROR;
  }
  if (!run_attach(vm)) return RUN_ERROR;
  timed_prepare(vm);
  record_prepare(vm);
  if (!creation_remember(vm)) return RUN_ERROR;
  vm_net(vm)->running = true;
  double from = wall(), cpu_from = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
  int64_t began = vm->tick;
  RunEnd end = run_steps(vm, steps, until, ctx);
  vm->stepped += vm->tick - began;
  vm->stepping += wall() - from;
  vm->stepping_cpu += clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
  vm_net(vm)->running = false;
  recordings_flush(vm);
  if (end != RUN_ERROR && steps > 0 && !states_finite(vm)) return RUN_ERROR;
  return end;
}
