// SPDX-License-Identifier: MIT
// Names and what is known of them: for the prompt's completion and `:doc`, for `hebb doc`, for editors.
//
// Names are those of the top level (of what a compiler has compiled so far), built-in functions, keywords and units, and
// members as they are written after a point: "E.V", "C.STDP.A_plus", "C.pre.x", "v.t". Owns nothing.
#ifndef HEBB_LOOKUP_H
#define HEBB_LOOKUP_H
#include "lang/compile.h"

struct Str;

// Calls f for each name that begins with the first n bytes of prefix ("" with n 0: all), with a line about it ("" if
// nothing is known). Order: the top level from the newest, functions, keywords, units.
typedef enum LookupWhat { LOOKUP_DECLARED = 1, LOOKUP_FUNCTIONS = 2, LOOKUP_KEYWORDS = 4, LOOKUP_UNITS = 8 } LookupWhat;
typedef void (*LookupFn)(void *ctx, const char *name, const char *line);
void lookup_names(Compiler *c, unsigned what, const char *prefix, size_t n, LookupFn f, void *ctx);
// The members of what the path names ("E", "C.pre") that begin with prefix; false if it names nothing that has members.
bool lookup_members(Compiler *c, const char *path, size_t npath, const char *prefix, size_t n, LookupFn f, void *ctx);
// All that is known of a name or member, in a few lines: what it is, its documentation, its declaration. False if it is
// unknown.
bool lookup_doc(Compiler *c, const char *path, struct Str *out);
// One line about a symbol: "neuron LIF: A leaky integrate-and-fire neuron."
void lookup_line(Compiler *c, const Sym *s, struct Str *out);
// The top-level symbol of that name: what a name alone means, else the function; NULL.
Sym *lookup_symbol(Compiler *c, const char *name, size_t n);

#endif
