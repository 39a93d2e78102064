// SPDX-License-Identifier: MIT
// Populations that stand alone: nothing comes in, nothing goes out, and nobody looks before some later step. A block of
// neurons is advanced all the way to that step before the next block is touched, so that its columns stay in cache.
//
// Results are the same: random numbers are counted by element and step, and spikes are sorted by step afterwards.
#include <string.h>

#include "vm/run.h"

enum { FREE_LANES = 4096, FREE_STEPS = 64 };

bool free_can(const Vm *vm, const Pop *p) {
  const PopRun *r = pop_run(p);
  return r->free_running && !r->forced.n && !vm_net(vm)->computed[0] && !vm_net(vm)->computed[1] && !r->log.nwith && p->n >= 2 * FREE_LANES;
}

static bool advance_block(Vm *vm, Pop *p, int64_t tick, int64_t lo, int64_t hi, SpikeList *out, Fault *fault) {
  PopRun *r = pop_run(p);
  KernelCall call = call_now(vm, r->advance.object);
  call.t = vm_time_of(vm, (double)tick);
  call.tick = (double)tick;
  call.lo = lo;
  call.hi = hi;
  call.spikes = r->emit;
  call.counts = r->emit_count;
  if (r->advance.k && !instance_run(r->advance.in, &call)) {
    *fault = call.fault;
    return false;
  }
  if (!call.nspikes) return true;
  if (r->log.on) spikes_push(out, r->emit, r->emit_count[0] ? r->emit_count : NULL, call.nspikes);
  if (!r->spike.k) return true;
  call.lo = 0;
  call.hi = call.nspikes;
  call.idx[0] = r->emit;
  call.key.object = r->spike.object;
  if (instance_run(r->spike.in, &call) || !call.fault.native) return true; // what is not finite is found at the next integration
  *fault = call.fault;
  return false;
}

void advance_free(Vm *vm, Pop *p, int64_t until, Fault *fault) {
  PopRun *r = pop_run(p);
  int64_t steps = until - vm->tick < FREE_STEPS ? until - vm->tick : FREE_STEPS;
  SpikeList spikes[FREE_STEPS] = {0};
  bool ok = true;
  for (int64_t lo = 0; ok && lo < p->n; lo += FREE_LANES) {
    int64_t hi = lo + FREE_LANES < p->n ? lo + FREE_LANES : p->n;
    for (int64_t s = 0; ok && s < steps; s++) ok = advance_block(vm, p, vm->tick + s, lo, hi, &spikes[s], fault);
  }
  int64_t now = vm->tick;
  for (int64_t s = 0; s < steps; s++, vm->tick++) {
    if (r->log.on && ok) log_spikes(vm, p, &spikes[s]);
    mem_free(spikes[s].i);
    mem_free(spikes[s].count);
  }
  vm->tick = now;
  r->ahead = now + steps;
}
