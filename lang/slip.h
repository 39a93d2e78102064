// SPDX-License-Identifier: MIT
// What people type who know other languages and simulators, and what it is called here: words (slip.def), and units under
// other names or in other letters.
#ifndef HEBB_SLIP_H
#define HEBB_SLIP_H
#include "lang/type.h"

typedef enum SlipPlace { SLIP_STATEMENT, SLIP_NAME, SLIP_FUNCTION } SlipPlace;

const char *slip_hint(SlipPlace place, const char *word); // NULL: none
// The unit that was meant by a name that is none: `mv`, `millivolt`, `Hertz`, `msec`.
bool slip_unit(const char *name, Unit *out);
// The unit of dimension d that is written like `name` but for capital and small letters: for a time and `MS`, ms.
bool slip_unit_case(const char *name, Dim d, Unit *out);

#endif
