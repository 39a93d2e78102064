// SPDX-License-Identifier: MIT
// The machine's side of native libraries: opening them where they are declared, calling what is in them.
#include "vm/script_machine.h"

bool script_op_NATIVE(Frame *f, ScriptIns in) { return native_open(f->p->native.data[in.a].lib, f->m->diags); }

bool script_op_NATIVECALL(Frame *f, ScriptIns in) {
  const ScriptNative *s = &f->p->native.data[in.a];
  Value results[NATIVE_PARAMS + 1];
  double t = f->m->running ? vm_time(f->m->vm) : 0;
  if (!native_script(s->fn, f->sp - s->nargs, s->spans, frame_span(f), f->m->running ? &t : NULL, f->m->diags, results)) return false;
  drop(f, s->nargs);
  for (int k = 0; k <= s->nouts; k++) push(f, results[k]);
  return true;
}
