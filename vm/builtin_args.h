// SPDX-License-Identifier: MIT
// Arguments of built-in functions, for the files that implement them. arg_ functions report and return false.
#ifndef HEBB_BUILTIN_ARGS_H
#define HEBB_BUILTIN_ARGS_H
#include "vm/array.h"
#include "vm/builtin.h"

static inline bool arg_given(const BuiltinCall *c, int k) { return k < c->nargs && c->args[k].kind != VAL_NONE; }
static inline Span arg_span(const BuiltinCall *c, int k) {
  return c->arg_spans && k < c->nargs && c->arg_spans[k].file ? c->arg_spans[k] : c->span;
}
bool arg_num(BuiltinCall *c, int k, double *out);                    // one number
bool arg_num_or(BuiltinCall *c, int k, double otherwise, double *out);
bool arg_count(BuiltinCall *c, int k, int64_t least, int64_t *out);  // a whole number >= least
bool arg_view(BuiltinCall *c, int k, ArrayView *out);                // numbers; give back with view_drop
// A report about argument k: always false.
bool arg_error(BuiltinCall *c, int k, DiagCode code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
Array *arg_make(BuiltinCall *c, ValueKind elem, int ndim, const int64_t *shape); // NULL after a report
static inline bool give(BuiltinCall *c, Value v) {
  *c->result = v;
  return true;
}
// f of each element (the element itself if x is one number).
bool map_each(BuiltinCall *c, int k, double (*f)(double), ValueKind elem);
// A window from, to in arguments k and k + 1: the whole recording where left out.
bool arg_window(BuiltinCall *c, int k, double *from, double *to);

#endif
