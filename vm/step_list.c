// SPDX-License-Identifier: MIT
// What vm/step.c does, told. The order of the functions here is that of a step.
#include "vm/step_list.h"

#include "base/str.h"
#include "vm/probe.h"
#include "vm/run.h"

static void title(Str *s, int number, const char *text) { str_addf(s, "%d. %s\n", number, text); }

static void proj_name(Str *s, const Proj *p) { str_addf(s, "%s -> %s via %s", p->pre->name, p->post->name, p->syn->model.name); }

static void line(Str *s, const char *what, const Proj *p) {
  str_add(s, "   ");
  proj_name(s, p);
  str_addf(s, ": %s\n", what);
}

static void list_blocks(const Vm *vm, Str *s) {
  int n = timed_count(vm);
  if (n) str_addf(s, "   %d block%s, those that are due\n", n, n == 1 ? "" : "s");
}

static void list_inputs(const Vm *vm, Str *s) {
  const Net *net = vm_net(vm);
  for (int k = 0; k < net->norder; k++) {
    const Action *a = &net->order[k];
    if (a->pop) str_addf(s, "   %s: quantities that others read\n", a->pop->name);
    else line(s, "continuous contributions, summed over its synapses", a->proj);
  }
  int signals = net->computed[0] + net->computed[1];
  if (signals) str_addf(s, "   %d computed signal%s\n", signals, signals == 1 ? "" : "s");
}

static void list_recordings(const Vm *vm, Str *s) {
  for (int k = 0; k < vm->recordings.n; k++) {
    const Recording *r = vm->recordings.data[k];
    const Probe *p = r->impl;
    if (r->head.kind == VAL_SPIKES) continue;
    str_addf(s, "   record %s", p->var ? p->var : "an expression");
    if (r->sel && r->sel->nparts) str_addf(s, " of %s", r->sel->part[0].pop->name);
    if (p->every > 0) str_addf(s, " every %g ms", 1e3 * p->every);
    str_addc(s, '\n');
  }
}

static const char *stages_text(StageMethod m) {
  switch (m) {
  case STAGES_RK2: return "rk2, two stages";
  case STAGES_RK4: return "rk4, four stages";
  case STAGES_RK45: return "rk45, in steps within dt that keep errors below rtol and atol";
  case STAGES_CVODE: return "cvode, in steps within dt that keep errors below rtol and atol";
  case STAGES_NONE: break;
  }
  return NULL;
}

static void list_stage(Str *s, const char *of, const StageCode *code) {
  if (!code->method) return;
  str_addf(s, "   %s: %s%s\n", of, stages_text(code->method),
           code->joined ? ", together with all that is coupled to it: couplings are evaluated at every stage" : "");
}

static void list_stages(const Vm *vm, Str *s) {
  for (int k = 0; k < vm->pops.n; k++) list_stage(s, vm->pops.data[k]->name, &pop_run(vm->pops.data[k])->code.stage);
  for (int k = 0; k < vm->projs.n; k++) {
    Str name = {0};
    str_add(&name, "states of the sources of ");
    proj_name(&name, vm->projs.data[k]);
    list_stage(s, name.data, &proj_run(vm->projs.data[k])->code.stage);
    str_free(&name);
  }
}

static void add_period(Str *s, const Vm *vm, int64_t steps) { str_addf(s, "`on every` %g ms", 1e3 * vm->dt * (double)steps); }

static void list_population(const Vm *vm, Str *s, const Pop *p) {
  const PopRun *r = pop_run(p);
  if (r->advance.k) {
    str_addf(s, "   %s: equations of %lld neurons", p->name, (long long)p->n);
    if (p->nblocks) str_addf(s, " with those of %d kind%s of synapses onto them", p->nblocks, p->nblocks == 1 ? "" : "s");
    if (!r->threshold.k && p->model->spikes) str_add(s, ", and the test for spikes");
    if (r->free_running) str_add(s, ", many steps at a time");
    str_addc(s, '\n');
  }
  if (r->code.ncalls) str_addf(s, "   %s: kernels of `on step`\n", p->name);
  for (int k = 0; k < r->code.nevery; k++) {
    str_addf(s, "   %s: ", p->name);
    add_period(s, vm, r->period[k]);
    str_addc(s, '\n');
  }
}

static void list_updates(const Vm *vm, Str *s, const Proj *p) {
  const ProjRun *r = proj_run(p);
  if (r->step.each.k || r->step.pre.k || r->step.post.k) line(s, "`on step`", p);
  for (int k = 0; k < r->code.nevery; k++) {
    str_add(s, "   ");
    proj_name(s, p);
    str_add(s, ": ");
    add_period(s, vm, r->period[k]);
    str_addc(s, '\n');
  }
}

static void list_states(const Vm *vm, Str *s) {
  list_stages(vm, s);
  for (int k = 0; k < vm->projs.n; k++) {
    const ProjRun *r = proj_run(vm->projs.data[k]);
    if (r->integrate.k) line(s, "states of its synapses", vm->projs.data[k]);
    if (r->integrate_pre.k) line(s, "states of its sources", vm->projs.data[k]);
  }
  for (int k = 0; k < vm->pops.n; k++) list_population(vm, s, vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n; k++) list_updates(vm, s, vm->projs.data[k]);
}

static void list_thresholds(const Vm *vm, Str *s) {
  for (int k = 0; k < vm->pops.n; k++) {
    const Pop *p = vm->pops.data[k];
    const PopRun *r = pop_run(p);
    if (r->threshold.k) str_addf(s, "   %s: test for spikes\n", p->name);
    if (r->forced.n) str_addf(s, "   %s: spikes given by stimuli\n", p->name);
    if (r->log.on) str_addf(s, "   record spikes of %s\n", p->name);
  }
}

static const char *way_text(const ProjRun *r) {
  switch (r->way) {
  case DELIVER_PULL: return "spikes of the last steps add their weights at the targets";
  case DELIVER_PUSH: return "a spike adds its row of weights into the steps to come";
  case DELIVER_KERNEL: return "the handlers run over the synapses of each spike that arrives";
  case DELIVER_NONE: break;
  }
  return NULL;
}

static void list_events(const Vm *vm, Str *s) {
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *p = vm->projs.data[k];
    const ProjRun *r = proj_run(p);
    const Store *st = proj_store(p);
    const char *way = way_text(r);
    if (!way) continue;
    str_add(s, "   ");
    proj_name(s, p);
    if (st->pre.min == st->pre.max) str_addf(s, ", %g ms late", 1e3 * vm->dt * st->pre.min);
    else str_addf(s, ", %g to %g ms late", 1e3 * vm->dt * st->pre.min, 1e3 * vm->dt * st->pre.max);
    str_addf(s, ": %s\n", way);
  }
  for (int k = 0; k < vm->projs.n; k++)
    if (proj_run(vm->projs.data[k])->on_post.k || proj_run(vm->projs.data[k])->once_post.k)
      line(s, "handlers of spikes of its targets", vm->projs.data[k]);
}

static void list_resets(const Vm *vm, Str *s) {
  for (int k = 0; k < vm->pops.n; k++)
    if (pop_run(vm->pops.data[k])->spike.k && vm->pops.data[k]->model->spikes) str_addf(s, "   %s: spike block\n", vm->pops.data[k]->name);
}

bool step_list(Vm *vm, Str *out) {
  if (!vm_link(vm)) return false;
  bool nest = vm->semantics == SEMANTICS_NEST;
  str_addf(out, "step %lld, t = %g ms; dt = %g ms; semantics %s\n", (long long)vm->tick, 1e3 * vm_time(vm), 1e3 * vm->dt, nest ? "nest" : "brian");
  title(out, 1, "blocks of `at` and `every`");
  list_blocks(vm, out);
  title(out, 2, "inputs and algebraic quantities at t, then recordings");
  list_inputs(vm, out);
  list_recordings(vm, out);
  title(out, 3, "states go from t to t + dt");
  list_states(vm, out);
  title(out, nest ? 5 : 4, "thresholds: the spikes of this step");
  list_thresholds(vm, out);
  title(out, nest ? 4 : 5, nest ? "events are delivered (before the thresholds)" : "events are delivered");
  list_events(vm, out);
  title(out, 6, "spike blocks");
  list_resets(vm, out);
  return true;
}
