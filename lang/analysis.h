// SPDX-License-Identifier: MIT
// One text as an editor sees it: compiled as far as it goes, whatever its errors, with an index of its names.
//
// An Analysis owns all it made (sources, trees, messages). It never changes: another version of the text is another one.
#ifndef HEBB_ANALYSIS_H
#define HEBB_ANALYSIS_H
#include "lang/compile.h"
#include "lang/index.h"
#include "lang/lexer.h"

typedef struct Analysis {
  Sources *sources;
  Interner *in;
  Diags *diags; // sorted
  Compiler *compiler;
  Arena *a;
  NameIndex *index;
  Node *tree; // NULL if there is none
  uint32_t file;
  bool ok;    // no errors: methods can be asked for
} Analysis;

// `modules` as in compiler_modules; NULL: files alone.
Analysis *analysis_new(const char *path, const char *text, size_t n, ModuleReader modules, void *ctx);
void analysis_free(Analysis *an);

// What a token is, for colours.
typedef enum Look {
  LOOK_COMMENT, LOOK_DOC, LOOK_KEYWORD, LOOK_NUMBER, LOOK_STRING, LOOK_OPERATOR, LOOK_UNIT, LOOK_MODULE, LOOK_MODEL,
  LOOK_FUNCTION, LOOK_PARAMETER, LOOK_PROPERTY, LOOK_VARIABLE, LOOK_EVENT, LOOK_METHOD, LOOK_COUNT
} Look;
typedef struct Looked {
  Span span; // within one line
  Look look;
  bool declares, builtin;
} Looked;
// In the order of the text; in the arena.
Looked *analysis_looks(Analysis *an, int *n);

#endif
