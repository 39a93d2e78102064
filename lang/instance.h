// SPDX-License-Identifier: MIT
// One hebb: front end and machine together. The inner interface of include/hebb.h, for the command as well.
#ifndef HEBB_INSTANCE_H
#define HEBB_INSTANCE_H
#include "lang/compile.h"

#include <signal.h>

struct Hebb;
typedef struct Hebb Hebb;

typedef struct Instance { // the parts of a Hebb, borrowed
  Sources *sources;
  Diags *diags;
  Compiler *compiler;
  Script *script;
} Instance;
Instance instance_of(Hebb *h);

// What happens to text, notices and progress: see ScriptHost. Its set_method is taken care of.
void instance_host(Hebb *h, ScriptHost host);
// Saved files and figures go here, data are looked for here and then beside the script. NULL: beside the script.
void instance_save_dir(Hebb *h, const char *dir);
// Relative paths start beside this script; NULL: in the current directory. Compiling a file does it by itself.
void instance_dir(Hebb *h, const char *path);
void instance_interrupt(Hebb *h, volatile sig_atomic_t *flag);
// Compiles a text: false after errors (in diags). *program is what instance_script runs.
bool instance_compile(Hebb *h, CompileJob *job);
ScriptEnd instance_script(Hebb *h, const ScriptProgram *program);

#endif
