// SPDX-License-Identifier: MIT
// Rules about units and kinds of values.
#include "lang/check_impl.h"

#include "lang/slip.h"

#include <string.h>

static Span name_span(const Node *n) { return n->name_span.file ? n->name_span : n->span; }

// ---- units ----

void rule_unit_unknown(Checker *c, Node *unit) {
  if (!unit->name) {
    fault(c, E_UNIT_UNKNOWN, unit->span, "a unit is expected here");
    return;
  }
  Diag *e = fault(c, E_UNIT_UNKNOWN, name_span(unit), "`%s` is no unit", unit->name->text);
  Unit u;
  if (slip_unit(unit->name->text, &u)) diag_hint(e, "write %s", u.text);
  else if (scope_find(c->cx->scope, unit->name, false, NULL))
    diag_hint(e, "`%s` is a variable; for its unit write `like %s`", unit->name->text, unit->name->text);
}

void rule_chain(Checker *c, Node *chain, Node *before, Node *quantity, Node *unit) {
  const char *x = node_text(c, before), *q = node_text(c, quantity), *u = node_text(c, unit);
  Span at = span_join(before->span, unit->span);
  Diag *e = fault(c, E_CHAIN, at, "this can be read in two ways");
  diag_label(e, unit->span, "belongs to %s, or to the whole?", q);
  diag_note(e, "as written it is (%s / %s)/%s; perhaps %s / (%s/%s) is meant", x, q, u, x, q, u);
  diag_hint(e, "write the brackets");
  (void)chain;
}

void rule_unit_twice(Checker *c, Node *n, Type t) {
  fault(c, E_KIND, n->span, "a unit behind an array takes an array of plain numbers, these are %s", say(c, t));
}

void rule_exponent(Checker *c, Node *base, Span exponent) {
  Diag *e = fault(c, E_EXPONENT, exponent, "the power of a quantity with a unit is a constant such as 2, -1 or 1/2");
  if (base && base->type.kind == TY_NUM) diag_label(e, base->span, "this is %s", say(c, base->type));
}

void rule_not_plain(Checker *c, Node *n, Type t, const char *what) {
  fault(c, E_NOT_PLAIN, n->span, "%s is a plain number, this is %s", what, say(c, t));
}

void rule_plain_argument(Checker *c, Node *call, Node *arg, Type t) {
  if (arg->kind == N_ARG) arg = arg->kid[0];
  Diag *e =
      fault(c, E_NOT_PLAIN, arg->span, "`%s` takes a plain number, this is %s", node_text(c, call->kid[0]), say(c, t));
  const char *unit = t.unit && t.unit->text[0] ? t.unit->text : dim_unit(t.dim, c->a)->text;
  missing_factor(c, e, "1", type_num(DIM_NONE, NULL), node_text(c, arg), t);
  diag_hint(e, "divide by a quantity in the same unit; for the number of %s write (%s) in %s", unit, node_text(c, arg),
            unit);
}

void rule_in_unit(Checker *c, Node *n, Type t, Type u) {
  Diag *e = fault(c, E_UNIT_MISMATCH, n->span, "%s cannot be expressed in %s", say(c, t), say(c, u));
  diag_label(e, n->kid[0]->span, "this is %s", say(c, t));
}

void rule_scaled(Checker *c, Node *n, Type t, Node *scaled) {
  Diag *e = fault(c, E_SCALED, n->span, "%s cannot be expressed in the units of this `scaled` block", say(c, t));
  if (scaled->nlist2)
    diag_label(e, span_join(scaled->list2[0]->span, scaled->list2[scaled->nlist2 - 1]->span), "these");
  const char *unit = t.unit && t.unit->text[0] ? t.unit->text : dim_unit(t.dim, c->a)->text;
  diag_hint(e, "add %s to them", unit);
}

void rule_scaled_many(Checker *c, Span span) { fault(c, E_SCALED, span, "a `scaled` block takes at most 8 units"); }

bool is_time(Type t) {
  Unit s;
  unit_lookup("s", 1, &s);
  return dim_equal(t.dim, s.dim) && !t.unit;
}

// "measured in mV", "a time", "a plain number".
const char *measured(Checker *c, Type want) {
  if (is_time(want)) return "a time";
  return dim_is_none(want.dim) ? "a plain number"
                               : arena_printf(c->a, "measured in %s", say(c, type_num(want.dim, want.unit)));
}

// 20 MS where a time is wanted: ms was meant.
static bool unit_in_other_letters(Diag *e, const Node *n, Type want) {
  Unit u;
  const Node *num = n->kind == N_UNARY ? n->kid[0] : n;
  bool literal = num->kind == N_NUM && num->kid[0] && num->kid[0]->kind == N_UNIT;
  if (!literal || !slip_unit_case(num->kid[0]->name->text, want.dim, &u)) return false;
  diag_hint(e, "write %s%g %s", num == n ? "" : "-", num->num, u.text);
  return true;
}

// Where one dimension was wanted: a value for a variable, a time ...
void rule_quantity(Checker *c, Node *n, Type t, Type want, const char *what) {
  Diag *e = fault(c, E_UNIT_MISMATCH, n->span, "%s is %s, but this is %s", what, measured(c, want), say(c, t));
  shadowed_unit(e, n);
  if (dim_is_none(want.dim) && !dim_is_none(t.dim) && t.unit && t.unit->text[0])
    diag_hint(e, "for the plain number write (%s) in %s", node_text(c, n), t.unit->text);
  else if (!(dim_is_none(t.dim) && bare_number(c, e, n, want)) && !unit_in_other_letters(e, n, want))
    missing_factor(c, e, what, type_num(want.dim, want.unit), node_text(c, n), t);
}

void rule_plot_axis(Checker *c, Node *first, Node *n, bool against) {
  Type one = type_num(first->type.dim, first->type.unit), other = type_num(n->type.dim, n->type.unit);
  Diag *e = fault(c, E_UNIT_MISMATCH, n->span, "these cannot share an axis: %s and %s", say(c, one), say(c, other));
  diag_label(e, first->span, "this is %s", say(c, one));
  diag_label(e, n->span, "this is %s", say(c, other));
  if (!against)
    diag_hint(e, "to draw one over the other write plot %s against %s; else draw two figures", node_text(c, first), node_text(c, n));
  else diag_hint(e, "draw two figures, or plain numbers: %s in UNIT", node_text(c, n));
}

void rule_scale_by(Checker *c, Node *n, Type t) {
  fault(c, E_UNIT_MISMATCH, n->kid[1]->span, "behind %s stands a plain number, this is %s",
        n->op == OP_MUL ? "*=" : "/=", say(c, t));
}

// ---- kinds ----

void rule_wrong_kind(Checker *c, Node *n, Type t, const char *want) {
  Diag *e = fault(c, E_KIND, n->span, "%s is needed here, this is %s", want, say(c, t));
  if (t.kind == TY_POPS) diag_hint(e, "take one of them: %s[0]", node_text(c, n));
  if (t.kind == TY_POP) diag_note(e, "a variable of its neurons is written %s.V", node_text(c, n));
}

void rule_one_number(Checker *c, Node *n, Type t, const char *what) {
  fault(c, E_KIND, n->span, "%s is one number, this is %s", what, say(c, t));
}

void rule_not_whole(Checker *c, Node *n, Type t, const char *what) {
  double x;
  if (expr_constant(n, &x) && dim_is_none(t.dim))
    fault(c, E_WHOLE, n->span, "%s is a whole number, this is %g", what, x);
  else
    fault(c, E_WHOLE, n->span, "%s is a whole number, this is %s", what, say(c, t));
}

void rule_not_condition(Checker *c, Node *n, Type t) {
  Diag *e = fault(c, E_CONDITION, n->span, "a condition is true or false, this is %s", say(c, t));
  if (type_numeric(t) && !type_is_array(t)) diag_hint(e, "compare it: %s != 0", node_text(c, n));
}

void rule_array_condition(Checker *c, Node *n, const char *of) {
  Diag *e = fault(c, E_CONDITION, n->span, "`%s` takes one condition, this is an array of them", of);
  diag_hint(e, "write all(%s) or any(%s)", node_text(c, n), node_text(c, n));
}

void rule_no_value(Checker *c, Node *n) { fault(c, E_KIND, n->span, "this function returns no value"); }

void rule_branches(Checker *c, Node *n, Type l, Type r) {
  Diag *e = fault(c, E_KIND, n->span, "the two values of an `if` are of different kinds");
  diag_label(e, n->kid[1]->span, "this is %s", say(c, l));
  diag_label(e, n->kid[2]->span, "this is %s", say(c, r));
}

void rule_join_texts(Checker *c, Node *n) {
  Diag *e = fault(c, E_KIND, n->span, "texts cannot be added");
  diag_hint(e, "write the values inside one text: \"... {x} ...\"");
}

void rule_format(Checker *c, Node *part) {
  fault(c, E_STRING_FORMAT, part->span, "`%s` is no format; write for example .3f, .2e or 8.1f", part->text);
}

void rule_element(Checker *c, Node *elem, Type t, Type so_far) {
  if (elem->kind == N_ARG) elem = elem->kid[0];
  fault(c, E_KIND, elem->span, "the elements of an array are of one kind: this is %s, the ones before are %s",
        say(c, t), say(c, so_far));
}

void rule_not_array(Checker *c, Node *n, Type t) {
  fault(c, E_KIND, n->kid[0]->span, "only arrays, populations and recordings have elements; this is %s", say(c, t));
}

void rule_where_index(Checker *c, Node *n, Type t) {
  Diag *e = fault(c, E_INDEX_KIND, n->span, "`where` selects neurons of a population, this is %s", say(c, t));
  if (type_is_array(t)) diag_hint(e, "select elements by a condition: x[x > 0]");
}

void rule_index_kind(Checker *c, Node *n, Type t) {
  fault(c, E_INDEX_KIND, n->span,
        "an index is a whole number, a range a:b, an array of them or a condition; this is %s", say(c, t));
}

void rule_index_count(Checker *c, Node *n, int have, int used) {
  fault(c, E_INDEX_KIND, n->span, "%d indices were given, but there %s %d %s", used, have == 1 ? "is" : "are", have,
        have == 1 ? "axis" : "axes");
}

void rule_open_range(Checker *c, Node *n) { fault(c, E_INDEX_KIND, n->span, "this range needs both ends: a:b"); }

void rule_range_place(Checker *c, Node *n) {
  fault(c, E_INDEX_KIND, n->span, "a range stands in `for`, `sweep` and indices only");
}
