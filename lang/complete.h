// SPDX-License-Identifier: MIT
// What may stand at a place of a text, and what the call around it takes: completion and signature help.
//
// The place is understood from the tokens before it, so that it works in a statement that is not finished; the names come
// from the analysis of the text. What is offered is not yet filtered by the letters typed: editors do that.
#ifndef HEBB_COMPLETE_H
#define HEBB_COMPLETE_H
#include "base/str.h"
#include "base/vec.h"
#include "lang/analysis.h"

typedef enum ChoiceKind {
  CHOICE_KEYWORD, CHOICE_FUNCTION, CHOICE_MODEL, CHOICE_VARIABLE, CHOICE_PARAMETER, CHOICE_PROPERTY, CHOICE_UNIT,
  CHOICE_MODULE, CHOICE_METHOD
} ChoiceKind;
typedef struct Choice {
  const char *name;
  ChoiceKind kind;
  const char *detail; // one line, or NULL
  const char *text;   // more lines, or NULL
} Choice;
typedef void (*ChoiceFn)(void *ctx, const Choice *c);
// Each name is given once.
void complete_at(Analysis *an, uint32_t offset, ChoiceFn f, void *ctx);

typedef struct SignatureHelp {
  Str label;       // "exp(x: 1) -> 1"
  Str text;
  Vec(Span) param; // bytes of the label; file unused
  int active;      // -1: none
} SignatureHelp;
bool signature_at(Analysis *an, uint32_t offset, SignatureHelp *out);
void signature_free(SignatureHelp *s);

#endif
