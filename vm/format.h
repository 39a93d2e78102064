// SPDX-License-Identifier: MIT
// Values as text: what `print`, "{...}" in strings, the prompt and csv files show.
//
// A number is written with the fewest digits that read back as the same double. A quantity is divided by its unit's
// scale and written as the shortest decimal d for which d*scale is the value again: 0.1 mV prints as 0.1 mV. Arrays are
// never shortened; their unit stands once, after the closing bracket.
#ifndef HEBB_FORMAT_H
#define HEBB_FORMAT_H
#include "base/str.h"
#include "vm/value.h"

// Appends v. `unit` is the display unit ("" or NULL: plain numbers), `scale` its SI value; `spec` is what stands after
// the colon of "{x:.2f}" (NULL or "": shortest): [align < > ^][+][0][width][.digits][f e g d s %], as in Python or C.
// False, and nothing appended, if spec cannot be read or does not fit (see format_problem).
bool format_value(Str *s, Value v, const char *unit, double scale, const char *spec);
// NULL if spec is well formed, else what is wrong with it, in words (static text).
const char *format_problem(const char *spec);
// The shortest decimal number d such that d*scale == x (x/scale where there is none).
void format_number(Str *s, double x, double scale);
// "3 LIF neurons", "a recording of 1000 samples of 3 elements": short texts for the prompt.
void format_summary(Str *s, Value v);

#endif
