// SPDX-License-Identifier: MIT
// Rules of native functions and kernels: what can be declared, and where they can be called.
#include "lang/check_impl.h"

#define ALL_TYPES "real, real32, int, int32, bool, count and string"

void rule_native_type(Checker *c, Node *unit, const char *meant) {
  const char *text = node_text(c, unit);
  Diag *e = fault(c, E_NATIVE_TYPE, unit->span, "`%s` is no type that can be passed to C, and no unit", text);
  if (meant) diag_hint(e, "write %s", meant);
  else diag_note(e, "types are " ALL_TYPES "; a quantity is declared by the unit it is passed in, x: mV");
}

void rule_native_untyped(Checker *c, Node *p) {
  Diag *e = fault(c, E_NATIVE_TYPE, p->span, "`%s` needs a type: C must be told what it is given", p->name->text);
  diag_hint(e, "write %s: real, or the unit it is passed in, such as %s: mV", p->name->text, p->name->text);
}

void rule_native_default(Checker *c, Node *p) {
  fault(c, E_NATIVE_TYPE, p->span, "parameters of native functions have no defaults");
}

void rule_native_sizes(Checker *c, Node *p, Node *size) {
  Diag *e = fault(c, E_NATIVE_TYPE, size->span, "the size of `%s` must be a whole number or a count of this kernel", p->name->text);
  if (size->kind == N_NAME) diag_hint(e, "declare %s: count before the arrays", size->name->text);
}

void rule_native_function_param(Checker *c, Node *p) {
  Diag *e = fault(c, E_NATIVE_TYPE, p->span, "a native function is given single values; arrays, counts and results belong to kernels");
  diag_hint(e, "write `kernel` before its name; the C function then returns int, 0 if all went well");
}

void rule_native_array(Checker *c, Node *p) {
  fault(c, E_NATIVE_TYPE, p->span, "texts and counts are passed to a kernel one by one and are not changed by it");
}

void rule_native_count_first(Checker *c, Node *p) {
  Diag *e = fault(c, E_NATIVE_TYPE, p->span, "the first parameter of a kernel is the count of its elements");
  diag_hint(e, "begin with n: count");
}

void rule_native_many(Checker *c, Node *n, int most) {
  fault(c, E_NATIVE_TYPE, n->span, "at most %d arguments can be passed here", most);
}

void rule_native_nameless(Checker *c, Node *n) { fault(c, E_NATIVE_TYPE, n->span, "a library needs a name"); }

void rule_native_text(Checker *c, Node *n) {
  fault(c, E_NATIVE_PLACE, n->span, "in code of neurons only a plain text for a kernel can be passed, no other");
}

void rule_native_axes(Checker *c, Node *call, Node *arg, const char *param, int want, int found) {
  fault(c, E_SHAPE, arg->span, "`%s` of `%s` has %d ax%s, but this has %d", param, node_text(c, call->kid[0]), want, want == 1 ? "is" : "es", found);
}

void rule_native_twice(Checker *c, Node *arg, Node *first) {
  Diag *e = fault(c, E_NATIVE_PLACE, arg->span, "`%s` cannot take two results of one call", node_text(c, arg->kid[0]));
  diag_label(e, first->span, "it takes this one already");
}

void rule_impure_place(Checker *c, Node *call, const char *name) {
  Diag *e = fault(c, E_IMPURE_PLACE, call->span, "`%s` is impure, but how often what stands here is computed is not for the model to say", name);
  if (c->cx->kind == CX_BODY) diag_hint(e, "call it in a handler, `on step { x = %s(...) }`, and use the state x here", name);
  else diag_hint(e, "call it in a let of the script above, and use its name here");
}

void rule_native_place(Checker *c, Node *arg, const char *param) {
  fault(c, E_NATIVE_PLACE, arg->span, "`%s` is a result: a variable, or a part of one, is named here", param);
}

void rule_kernel_place(Checker *c, Node *call) {
  Diag *e = fault(c, E_NATIVE_PLACE, call->span, "`%s` is a kernel: it works on whole columns and cannot be called here", node_text(c, call->kid[0]));
  diag_note(e, "a kernel stands as a statement of its own in scripts and in `on step` and `on every` of a neuron, not under `if`");
}

void rule_kernel_result(Checker *c, Node *call) {
  fault(c, E_NATIVE_PLACE, call->span, "a kernel that returns a value can be called in scripts only");
}

void rule_kernel_state(Checker *c, Node *arg, const char *param) {
  fault(c, E_NATIVE_PLACE, arg->span, "`%s` is a result: a state of this neuron is named here", param);
}

void rule_kernel_column(Checker *c, Node *arg, const char *param) {
  Diag *e = fault(c, E_NATIVE_PLACE, arg->span, "`%s` is no column: a neuron gives one number to each element of n", param);
  diag_note(e, "arrays with other sizes are constant arrays of the script, named as they are");
}

void rule_kernel_out_value(Checker *c, Node *arg, const char *param) {
  fault(c, E_NATIVE_PLACE, arg->span, "`%s` is one number for the whole population; a kernel of a neuron gives results in columns", param);
}
