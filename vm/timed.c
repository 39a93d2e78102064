// SPDX-License-Identifier: MIT
// Blocks that run at a time or every so often: kept in the order written, looked at in the steps where one is due.
#include <math.h>

#include "vm/run.h"

struct TimedBlock {
  double time, period;   // seconds; period 0: once
  int64_t next, steps;   // step when it is due; period in steps
  bool (*fn)(void *data);
  void *data;
  void (*drop)(void *data);
  bool done, running;
};

static void block_drop(TimedBlock *b) {
  if (b->drop) b->drop(b->data);
  mem_free(b);
}

// The step in which a block is due next, not before `now`.
static void schedule(const Vm *vm, TimedBlock *b, int64_t now) {
  if (b->period > 0) {
    b->steps = (int64_t)fmax(1, round(b->period / vm->dt));
    b->next = (now + b->steps - 1) / b->steps * b->steps;
  } else {
    b->next = b->done ? NEVER : (int64_t)round(b->time / vm->dt);
  }
}

static void find_next(Vm *vm) {
  Net *net = vm_net(vm);
  net->next_timed = NEVER;
  for (int k = 0; k < net->timed.n; k++)
    if (net->timed.data[k]->next < net->next_timed) net->next_timed = net->timed.data[k]->next;
}

void timed_prepare(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->timed.n; k++) schedule(vm, net->timed.data[k], vm->tick);
  find_next(vm);
}

static void add(Vm *vm, double time, double period, bool (*fn)(void *), void *data, void (*drop)(void *)) {
  TimedBlock *b = mem_alloc(sizeof *b);
  *b = (TimedBlock){.time = time, .period = period, .fn = fn, .data = data, .drop = drop};
  schedule(vm, b, vm->tick);
  vec_push(&vm_net(vm)->timed, b);
  find_next(vm);
}

bool vm_at(Vm *vm, double time, bool (*fn)(void *data), void *data, void (*drop)(void *data), Span span) {
  double step = round(time / vm->dt);
  if (isfinite(time) && step >= (double)vm->tick && step < 9007199254740992.0) {
    add(vm, time, 0, fn, data, drop);
    return true;
  }
  if (step < (double)vm->tick) {
    Diag *e = diag(vm->diags, E_TIME_PAST, span, "%g ms is past: the network stands at %g ms", 1e3 * time, 1e3 * vm_time(vm));
    diag_hint(e, "write `at` above the `run` that passes its time");
  } else {
    diag(vm->diags, E_DURATION, span, "%g s is not a time that a run can reach", time);
  }
  if (drop) drop(data);
  return false;
}

bool vm_every(Vm *vm, double period, bool (*fn)(void *data), void *data, void (*drop)(void *data), Span span) {
  if (isfinite(period) && period > 0 && period / vm->dt < 9007199254740992.0) {
    add(vm, 0, period, fn, data, drop);
    return true;
  }
  Diag *e = diag(vm->diags, E_DURATION, span, "a period of %g s: a block runs every so often after a positive time", period);
  diag_hint(e, "for instance `every 10 ms { ... }`");
  if (drop) drop(data);
  return false;
}

// Runs block k, which may add blocks, or clear them all by a reset. False after an error.
static bool run_block(Vm *vm, int k) {
  TimedBlock *b = vm_net(vm)->timed.data[k];
  b->running = true;
  bool ok = b->fn(b->data);
  b->running = false;
  if (k >= vm_net(vm)->timed.n || vm_net(vm)->timed.data[k] != b) {
    block_drop(b); // cleared meanwhile
    return ok;
  }
  b->done = true;
  schedule(vm, b, vm->tick + 1);
  return ok;
}

bool timed_due(Vm *vm) {
  Net *net = vm_net(vm);
  bool ok = true;
  for (int k = 0; ok && k < net->timed.n; k++)
    if (net->timed.data[k]->next == vm->tick) ok = run_block(vm, k);
  find_next(vm);
  return ok;
}

void timed_clear(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->timed.n; k++)
    if (!net->timed.data[k]->running) block_drop(net->timed.data[k]);
  net->timed.n = 0;
  net->next_timed = NEVER;
}

// ---- for snapshots ----
int timed_count(const Vm *vm) { return vm_net(vm)->timed.n; }

bool *timed_done(const Vm *vm, int k) { return &vm_net(vm)->timed.data[k]->done; }

bool timed_past(const Vm *vm, int k) {
  const TimedBlock *b = vm_net(vm)->timed.data[k];
  return b->period == 0 && round(b->time / vm->dt) < (double)vm->tick;
}

void timed_cut(Vm *vm, int n) {
  Net *net = vm_net(vm);
  while (net->timed.n > n) block_drop(vec_pop(&net->timed));
}
