// SPDX-License-Identifier: MIT
// Signals: numbers shared by all that change in time. Scripts set them, or a function computes them in each step: before
// the lets of the step if it reads no lets and inputs, else after them, in the order they were made.
//
// Kernels are bound to the number itself, so that a change needs no new binding. A Vm keeps its signals until its network
// is cleared.
#include "vm/run.h"

Signal *signal_make(Vm *vm, double x) {
  Signal *s = object_new(VAL_SIGNAL, sizeof *s, NULL);
  s->head.refs++; // the Vm's own
  s->x = s->initial = x;
  vec_push(&vm_net(vm)->signals, s);
  return s;
}

bool signal_compute(Vm *vm, Signal *s, bool after_lets, bool (*fn)(void *data, double *x), void *data, void (*drop)(void *data)) {
  s->after_lets = after_lets;
  s->fn = fn;
  s->data = data;
  s->drop = drop;
  vm_net(vm)->computed[after_lets]++;
  if (!fn(data, &s->x)) return false;
  s->initial = s->x;
  return true;
}

bool signals_take(Vm *vm, bool after_lets) {
  Net *net = vm_net(vm);
  if (!net->computed[after_lets]) return true;
  for (int k = 0; k < net->signals.n; k++) {
    Signal *s = net->signals.data[k];
    if (s->fn && s->after_lets == after_lets && !s->fn(s->data, &s->x)) return false;
  }
  return true;
}

void signals_reset(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->signals.n; k++) net->signals.data[k]->x = net->signals.data[k]->initial;
}

void signals_cut(Vm *vm, int n) {
  Net *net = vm_net(vm);
  while (net->signals.n > n) {
    Signal *s = vec_pop(&net->signals);
    if (s->fn) net->computed[s->after_lets]--;
    if (s->drop) s->drop(s->data);
    mem_free(s);
  }
}

void signals_clear(Vm *vm) {
  Net *net = vm_net(vm);
  for (int k = 0; k < net->signals.n; k++) // which may hold others of them
    if (net->signals.data[k]->drop) net->signals.data[k]->drop(net->signals.data[k]->data);
  for (int k = 0; k < net->signals.n; k++) mem_free(net->signals.data[k]);
  vec_free(&net->signals);
}
