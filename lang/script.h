// SPDX-License-Identifier: MIT
// The script compiler: checked statements -> script bytecode (vm/script.h).
//
// One program per file or line of the prompt; modules come first in it. What statements need of models (descriptors,
// kernels of initial values and conditions, injections) comes from lowering; their captured values are compiled here.
// Functions are compiled once for each clone the checker made, blocks of at/every as functions of what they capture.
#ifndef HEBB_LANG_SCRIPT_H
#define HEBB_LANG_SCRIPT_H
#include "lang/check.h"
#include "lang/lower.h"
#include "vm/script.h"

typedef struct ScriptInput {
  const Sources *sources;
  Diags *diags;
  Checker *checker;       // for the globals
  Lowering *lowering;
  Node **files;           // modules, then the file itself
  int nfiles;
  bool prompt;            // expressions typed alone give a result
} ScriptInput;

// A verified program, or NULL after errors were reported.
ScriptProgram *script_compile(const ScriptInput *in);

#endif
