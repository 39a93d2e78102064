// SPDX-License-Identifier: MIT
// The order in which lets and couplings of one instant are evaluated, so that a chain of algebraic units settles within
// the step.
//
// The lets of a population that need its inputs come after all couplings onto it; a coupling without delay that reads
// lets of its source comes after those. What cannot be ordered so is a circle without any delay in it.
#include <string.h>

#include "vm/run.h"

typedef struct Order {
  Vm *vm;
  bool *lets_done, *coupled; // by number in vm->pops, vm->projs
  int *waiting;              // couplings onto a population that are not done
} Order;

static int pop_number(const Vm *vm, const Pop *p) {
  int k = 0;
  while (vm->pops.data[k] != p) k++;
  return k;
}

static bool has_coupling(const Proj *q) { return q->nsyn && proj_run(q)->coupling.k; }

static bool needs_lets(const Proj *q) {
  return proj_run(q)->code.reads_lets && proj_store(q)->pre.min == 0 && pop_run(q->pre)->lets.k;
}

static bool try_lets(Order *o, int k) {
  Pop *p = o->vm->pops.data[k];
  if (o->lets_done[k] || (pop_run(p)->code.lets_need_input && o->waiting[k])) return false;
  Net *net = vm_net(o->vm);
  net->order[net->norder++] = (Action){.pop = p};
  return o->lets_done[k] = true;
}

static bool try_coupling(Order *o, int k) {
  Proj *q = o->vm->projs.data[k];
  if (o->coupled[k] || (needs_lets(q) && !o->lets_done[pop_number(o->vm, q->pre)])) return false;
  Net *net = vm_net(o->vm);
  net->order[net->norder++] = (Action){.proj = q};
  o->waiting[pop_number(o->vm, q->post)]--;
  return o->coupled[k] = true;
}

// Follows the couplings that wait for each other until a population comes again: that is the circle.
static void report_circle(Order *o) {
  Vm *vm = o->vm;
  int at = 0;
  while (o->lets_done[at]) at++;
  Proj *last = NULL;
  for (int step = 0; step <= vm->pops.n; step++)
    for (int k = 0; k < vm->projs.n; k++) {
      Proj *q = vm->projs.data[k];
      if (o->coupled[k] || pop_number(vm, q->post) != at) continue;
      last = q;
      at = pop_number(vm, q->pre);
      break;
    }
  Pop *first = vm->pops.data[at], *p = first;
  Diag *e = diag(vm->diags, E_LET_CYCLE, last ? last->desc->span : first->desc->span,
                 "the output of %s depends at once on itself, without any delay", first->name);
  for (int step = 0; step <= vm->pops.n; step++) {
    Proj *via = NULL;
    for (int k = 0; k < vm->projs.n && !via; k++)
      if (!o->coupled[k] && vm->projs.data[k]->post == p) via = vm->projs.data[k];
    if (!via) break;
    diag_note(e, "%s follows from %s", p->name, via->pre->name);
    p = via->pre;
    if (p == first) break;
  }
  diag_hint(e, "give one of these connections a delay, or one of the neurons a state");
}

bool order_inputs(Vm *vm) {
  Net *net = vm_net(vm);
  Order o = {.vm = vm};
  o.lets_done = mem_alloc(sizeof *o.lets_done * (size_t)(vm->pops.n + 1));
  o.coupled = mem_alloc(sizeof *o.coupled * (size_t)(vm->projs.n + 1));
  o.waiting = mem_alloc(sizeof *o.waiting * (size_t)(vm->pops.n + 1));
  net->order = mem_realloc(net->order, sizeof *net->order * (size_t)(vm->pops.n + vm->projs.n + 1));
  net->norder = 0;
  int left = 0;
  for (int k = 0; k < vm->pops.n; k++) left += !(o.lets_done[k] = !pop_run(vm->pops.data[k])->lets.k);
  for (int k = 0; k < vm->projs.n; k++) {
    o.coupled[k] = !has_coupling(vm->projs.data[k]);
    if (o.coupled[k]) continue;
    o.waiting[pop_number(vm, vm->projs.data[k]->post)]++;
    left++;
  }
  for (int before = left + 1; left && left < before;) {
    before = left;
    for (int k = 0; k < vm->pops.n; k++) left -= try_lets(&o, k);
    for (int k = 0; k < vm->projs.n; k++) left -= try_coupling(&o, k);
  }
  if (left) report_circle(&o);
  mem_free(o.lets_done);
  mem_free(o.coupled);
  mem_free(o.waiting);
  return left == 0;
}
