// SPDX-License-Identifier: MIT
// Taking back what was added to a network: populations, projections, stimuli, recordings, timed blocks and settings since
// a mark. The prompt undoes a statement that fails with it. Values and time are the business of snapshots.
//
// A mark costs a few words per population; what it names must still be there when it is used, and marks are used in the
// reverse order of their making, at most once. Never during a run.
#ifndef HEBB_UNDO_H
#define HEBB_UNDO_H
#include "vm/vm.h"

typedef struct VmMark VmMark;

VmMark *vm_mark(const Vm *vm);
void vm_rewind(Vm *vm, const VmMark *mark);
void vm_mark_free(VmMark *mark);
// What a snapshot of the network takes, about, in bytes.
double vm_snapshot_bytes(const Vm *vm);

#endif
