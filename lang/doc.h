// SPDX-License-Identifier: MIT
// What there is to say about a name: its declaration, what it is, its documentation. For editors, `hebb doc` and the prompt.
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

// Where names are looked up: one text, or the texts of a session.
typedef struct DocFrom {
  Compiler *compiler;
  const Sources *sources;
  Arena *a;
  Node *const *tree; // of the texts: connections in them say how states of synapses are integrated
  int ntrees;
  bool methods;      // no errors: methods can be asked for
} DocFrom;
DocFrom doc_from(const Analysis *an);

// Each is false if there is nothing to say.
bool doc_word(Analysis *an, const Word *w, Doc *out);
bool doc_symbol(const DocFrom *from, const Sym *s, Type type, Doc *out); // type TY_NONE: that of the symbol
// Any name as it is written: "E", "E.V", "LIF.tau_m", "rate", "mV", "spike", "dt".
bool doc_path(const DocFrom *from, const char *path, Doc *out);
bool doc_function(const char *name, size_t n, Doc *out);          // a built-in one
bool doc_keyword(const char *name, size_t n, Doc *out);
bool doc_unit(const char *name, size_t n, Doc *out);
bool doc_variable(const char *name, Doc *out);                    // i, N, t, dt ...: what is known everywhere

// "neuron", "param", "population" ...: what kind of thing a symbol is.
const char *sym_word(const Sym *s);
// Declarations with a body, without it: "neuron LIF extends Base", "function f(x: mV)". Others as written.
void doc_heading(const Node *decl, const Sources *s, Str *out);
// Parts of a model that are shown with it: what can be seen from outside, and how it moves.
bool doc_shows_variable(const Node *part);
bool doc_shows_equation(const Node *part);
// The part of a declaration of that name, or NULL.
const Node *doc_part(const Node *decl, const char *name);

#endif
