// SPDX-License-Identifier: MIT
// The front end as one thing: text -> verified script program, and the only place that knows the order of the passes.
//
// A Compiler belongs to one instance of hebb and keeps what was declared: several texts may be compiled one after the
// other (files, then lines of a prompt). Modules of `use` are found in the directories of HEBB_PATH, in the source tree
// when hebb runs from where it was built, and in the installed data directory; files of `use "..."` beside the file that
// names them.
#ifndef HEBB_COMPILE_H
#define HEBB_COMPILE_H
#include "lang/script.h"

typedef struct Compiler Compiler;

Compiler *compiler_new(Sources *s, Interner *in, Diags *d);
void compiler_free(Compiler *c); // after the machine that runs its programs

// From now on the top-level `let name = ...` (or the setting of that name) of compiled files has this value, a text in
// the language. False if the text is no expression (reported).
bool compiler_set(Compiler *c, const char *name, const char *value);
// The first name given to compiler_set that no text has used; NULL if there is none.
const char *compiler_unused_set(const Compiler *c);
// Names that compiler_set may change in the last text, for messages; in the compiler's arena.
const char *const *compiler_settable(Compiler *c, int *n);

typedef enum CompileUntil { COMPILE_PARSE, COMPILE_CHECK, COMPILE_SCRIPT } CompileUntil;
typedef struct CompileJob {
  const char *path, *text;
  size_t n;
  bool prompt;        // expressions alone give a result; incomplete text is no error
  CompileUntil until; // the last pass
  bool tolerant;      // for editors: what a text with errors of syntax still says is checked, silently
  // results
  bool incomplete;    // prompt: another line is wanted
  uint32_t file;
  Node *tree;         // not NULL at first: a tree parsed before, and no text
  ScriptProgram *program; // COMPILE_SCRIPT; owned by the compiler
} CompileJob;
// False after errors (or where another line is wanted).
bool compile(Compiler *c, CompileJob *job);

// The top-level statements of job->tree as trees of their own, in order, to be compiled one after the other.
int compiler_split(Compiler *c, const CompileJob *job, Node ***parts);

// Directories in which modules are looked for, in order.
const char *const *compiler_library(const Compiler *c, int *n);
// Asked for modules before files are: it returns NULL and leaves *why NULL for what it does not have.
void compiler_modules(Compiler *c, ModuleReader reader, void *ctx);

// Where native libraries named without a / are looked for; as long as the compiler lives.
const char *const *compiler_kernel_dirs(Compiler *c, int *n);
Checker *compiler_checker(Compiler *c);
Lowering *compiler_lowering(Compiler *c);
Arena *compiler_arena(Compiler *c);
// Neurons used by populations and connections of the last text: what `check --explain` speaks about.
Node **compiler_files(Compiler *c, int *n);

#endif
