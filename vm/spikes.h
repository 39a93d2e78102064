// SPDX-License-Identifier: MIT
// Spikes as values: what spikes(P, from, to) gives. A Value of kind VAL_SPIKES is either the recording itself
// (`record s = spikes of P`) or a window of one; both are read through these functions.
#ifndef HEBB_SPIKES_H
#define HEBB_SPIKES_H
#include "vm/vm.h"

// The spikes of a selection from `from` to `to` (seconds; infinities: the whole recording). Keeps the selection.
Value spikes_value(Vm *vm, Sel *s, double from, double to);
// The spikes of a population (VAL_SEL) or of spikes (VAL_SPIKES), within from..to as well. Reports what cannot be.
bool spikes_of(Vm *vm, Diags *d, Value v, double from, double to, SpikeView *out, Span span);
// s.t, s.i, and what was recorded with them: s.V, s.t_exact. Reports.
bool spikes_member(Diags *d, Value spikes, const char *name, Value *out, Span span);
int64_t spikes_len(Value spikes);

#endif
