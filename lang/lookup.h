// SPDX-License-Identifier: MIT
// Names that there are, for the prompt's completion; what is to be said about one is in doc.h.
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
// The variable that a member of a symbol means ("V" of E, "STDP.A_plus" of C); NULL with *line about it where it is one that
// all have ("N", "delay", "t"), or NULL for both.
const Sym *lookup_member(const Sym *of, const char *member, const char **line);
// The length of the first name of a path: "E" of "E[0:3].V".
size_t lookup_head(const char *path);
// One line about a symbol: "neuron LIF: A leaky integrate-and-fire neuron."
void lookup_line(Compiler *c, const Sym *s, struct Str *out);
// The top-level symbol of that name: what a name alone means, else the function; NULL.
Sym *lookup_symbol(Compiler *c, const char *name, size_t n);

#endif
