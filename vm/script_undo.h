// SPDX-License-Identifier: MIT
// Statements that fail at a prompt: what they did to variables, network and state is taken back, so that the session
// stands as before. A mark belongs to one program about to run and is used once.
#ifndef HEBB_SCRIPT_UNDO_H
#define HEBB_SCRIPT_UNDO_H
#include "vm/script.h"

typedef struct ScriptMark ScriptMark;

// Keeps what the program may change: the variables it stores to and, where it runs or changes the network, the state of
// the network, up to `most` bytes of it.
ScriptMark *script_mark(Script *m, const ScriptProgram *p, double most);
// False if the state of the network could not be taken back (it was too large to keep, or the program changed its
// connections and ran it too): all else is as before.
bool script_rewind(Script *m, ScriptMark *mark);
void script_mark_free(ScriptMark *mark);
// After an interrupt: runs and expects work again.
void script_resume(Script *m);

#endif
