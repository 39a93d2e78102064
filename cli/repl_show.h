// SPDX-License-Identifier: MIT
// Values as the prompt shows them: short, with unit, range and size. `print` writes every digit; this is for looking.
#ifndef HEBB_REPL_SHOW_H
#define HEBB_REPL_SHOW_H
#include "base/str.h"
#include "vm/script.h"
#include "vm/vm.h"

// Lines, the last one without its end. A population is a table of its parameters and states; arrays show their first and
// last elements, range and mean; numbers have six digits.
void show_value(Str *out, Vm *vm, Value v, const ScriptFormat *format);
// One line: "64000 synapses from E to E via ExpCurrent", "[-60, -59.2, ... -50.1] mV", for lists of variables.
void show_line(Str *out, Vm *vm, Value v, const ScriptFormat *format);
// "57.3 ms", "1.5 s".
void show_time(Str *out, double seconds);

#endif
