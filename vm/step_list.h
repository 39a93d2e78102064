// SPDX-License-Identifier: MIT
// The step of a network in words: what is done, in order, by which kernels and ways of delivery.
#ifndef HEBB_STEP_LIST_H
#define HEBB_STEP_LIST_H
#include "vm/vm.h"

struct Str;
// Links the network first; false after a report.
bool step_list(Vm *vm, struct Str *out);

#endif
