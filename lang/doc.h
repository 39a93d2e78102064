// SPDX-License-Identifier: MIT
// What there is to say about a name: its declaration, what it is, its documentation. For editors and `hebb doc`.
//
// Sources: the `##` comments and the text of declarations, vm/builtin.def, keyword_doc.def, units.def. Texts are plain,
// with names and code between ` marks.
#ifndef HEBB_DOC_H
#define HEBB_DOC_H
#include "base/str.h"
#include "lang/analysis.h"

typedef struct Doc {
  Str code;  // a line or a few in the language
  Str about; // "state of the neuron LIF, in mV"; one line
  Str text;  // paragraphs
} Doc;
void doc_free(Doc *d);

// Each is false if there is nothing to say.
bool doc_word(Analysis *an, const Word *w, Doc *out);
bool doc_symbol(Analysis *an, const Sym *s, Type type, Doc *out); // type TY_NONE: that of the symbol
bool doc_function(const char *name, size_t n, Doc *out);          // a built-in one
bool doc_keyword(const char *name, size_t n, Doc *out);
bool doc_unit(const char *name, size_t n, Doc *out);
bool doc_variable(const char *name, Doc *out);                    // i, N, t, dt ...: what is known everywhere

// "neuron", "param", "population" ...: what kind of thing a symbol is.
const char *sym_word(const Sym *s);
// Declarations with a body, without it: "neuron LIF extends Base", "function f(x: mV)". Others as written.
void doc_heading(const Node *decl, const Sources *s, Str *out);

#endif
