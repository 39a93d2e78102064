// SPDX-License-Identifier: MIT
// What the checker makes of expressions: kinds, dimensions and the unit each is shown in.
#include "lang/check.h"
#include "lang/parse.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct World {
  Sources *s;
  Interner *in;
  Diags *d;
  Arena *a;
  Checker *c;
} World;

static World world_new(void) {
  World w = {.s = sources_new(), .in = interner_new(), .a = arena_new()};
  w.d = diags_new(w.s);
  w.c = checker_new(w.s, w.in, w.d, w.a, NULL, NULL);
  return w;
}

static void world_free(World *w) {
  checker_free(w->c);
  diags_free(w->d);
  sources_free(w->s);
  interner_free(w->in);
  arena_free(w->a);
}

static bool check_text(World *w, const char *text, Node **tree) {
  Node *file = parse_file(sources_add(w->s, "test", text, strlen(text)), w->s, w->in, w->d, w->a);
  if (tree) *tree = file;
  return check_file(w->c, file);
}

// The type of `let x = EXPR` and the unit it is shown in.
static void shows(const char *expr, const char *type, const char *unit) {
  World w = world_new();
  Node *tree;
  const char *text =
      arena_printf(w.a, "let v = 10 mV, g = 2 nS, T = 5 ms, n = len([1]), m = [1, 2] mV\nlet x = %s\n", expr);
  ck_assert_msg(check_text(&w, text, &tree), "%s is accepted", expr);
  Type t = tree->list[tree->nlist - 1]->type;
  ck_assert_msg(strcmp(type_text(t, w.a), type) == 0, "%s is %s, not %s", expr, type, type_text(t, w.a));
  const char *shown = t.unit ? t.unit->text : dim_unit(t.dim, w.a)->text;
  ck_assert_msg(strcmp(shown, unit) == 0, "%s is shown in '%s', not '%s'", expr, unit, shown);
  world_free(&w);
}

START_TEST(kinds) {
  shows("3", "a plain number", "");
  shows("n", "a whole number", "");
  shows("n + n*2", "a plain number", "");
  shows("n*n - 1*n", "a plain number", "");
  shows("n*n + n", "a whole number", "");
  shows("n/n", "a plain number", "");
  shows("true", "true or false", "");
  shows("true + true", "a whole number", "");
  shows("n > 1 and not (v > 0)", "true or false", "");
  shows("\"a{n}\"", "a text", "");
  shows("[1, 2]", "an array of plain numbers", "");
  shows("[true]", "an array of true and false", "");
  shows("[\"a\"]", "an array of texts", "");
  shows("[k*T for k in 0:3]", "an array of ms", "ms");
  shows("m > 1 mV", "an array of true and false", "");
  shows("m[0]", "mV", "mV");
  shows("m[0:1]", "an array of mV", "mV");
  shows("m[m > 1 mV]", "an array of mV", "mV");
  shows("[[1, 2], [3, 4]][0]", "an array of plain numbers", "");
  shows("[[1, 2], [3, 4]][0, 1]", "a plain number", "");
  shows("[[1, 2], [3, 4]][:, 1]", "an array of plain numbers", "");
}
END_TEST

START_TEST(units_shown) {
  shows("3 mV", "mV", "mV");
  shows("v + 1 V", "mV", "mV");
  shows("0 + v", "mV", "mV");
  shows("2*v", "mV", "mV");
  shows("v/2", "mV", "mV");
  shows("v*g", "pA", "pA");
  shows("v/T", "mV/ms", "mV/ms");
  shows("5 mV/ms", "mV/ms", "mV/ms");
  shows("1 uF/cm^2", "uF/cm^2", "uF/cm^2");
  shows("0.1/ms", "1/ms", "1/ms");
  shows("n/T", "Hz", "Hz");
  shows("v/v", "a plain number", "");
  shows("v in V", "a plain number", "");
  shows("v*v", "mV*mV", "mV*mV");
  shows("v^2", "V^2", "V^2");
  shows("sqrt(v^2)", "V", "V");
  shows("mean(m)", "mV", "mV");
  shows("max(v, 1 V)", "mV", "mV");
  shows("if n > 1 then v else 0", "mV", "mV");
  shows("-v", "mV", "mV");
  shows("degC(20)", "K", "K");
  shows("linspace(0 mV, 1 V, 3)", "an array of mV", "mV");
}
END_TEST

START_TEST(results_of_functions) {
  shows("sum([1, 2] mV)", "mV", "mV");
  shows("sum([[1, 2], [3, 4]], axis = 0)", "an array of plain numbers", "");
  shows("sum([1, 2], axis = 0)", "a plain number", "");
  shows("sum(m, by = [0, 1])", "an array of mV", "mV");
  shows("dot(m, m)", "V^2", "V^2");
  shows("dot([[1, 2], [3, 4]], m)", "an array of V", "V");
  shows("outer(m, [1, 2] nS)", "an array of A", "A");
  shows("quantile(m, 0.5)", "mV", "mV");
  shows("quantile(m, [0.5, 0.6])", "an array of mV", "mV");
  shows("normal(0 mV, v)", "mV", "mV");
  shows("normal(0 mV, v, n = 3)", "an array of mV", "mV");
  shows("floor(v)", "mV", "mV");
  shows("append(m, 3 mV)", "an array of mV", "mV");
  shows("max(m)", "mV", "mV");
  shows("max([1, 2], axis = 0)", "a plain number", "");
  shows("any(m > 0)", "true or false", "");
  shows("table(a = m).a", "an array of mV", "mV");
  shows("series(m, dt = T)(3 ms)", "mV", "mV");
}
END_TEST

START_TEST(later_lines_of_a_prompt) {
  World w = world_new();
  ck_assert(check_text(&w, "let a = 1 mV\n", NULL));
  ck_assert(check_text(&w, "let b = a + 2 mV\n", NULL));
  int globals = checker_nglobals(w.c);
  ck_assert(!check_text(&w, "let c = 1\nlet d = a + 1 ms\na = 2 mV\n", NULL)); // nothing of it is kept
  ck_assert_int_eq(checker_nglobals(w.c), globals);
  diags_clear(w.d);
  ck_assert(!check_text(&w, "print c\n", NULL));
  diags_clear(w.d);
  ck_assert(check_text(&w, "let a = 3 ms\n", NULL)); // a name may be declared again
  ck_assert(check_text(&w, "print a + 1 ms\n", NULL));
  int n;
  Sym **names = checker_declared(w.c, &n);
  ck_assert_int_eq(n, 2);
  for (int k = 0; k < n; k++)
    ck_assert(strcmp(names[k]->name->text, "a") == 0 || strcmp(names[k]->name->text, "b") == 0);
  world_free(&w);
}
END_TEST

// A use that failed is reported again by the next line, and does not pass in silence.
START_TEST(a_failed_use_is_not_kept) {
  World w = world_new();
  ck_assert(check_text(&w, "function f(x) = x + 1 mV\n", NULL));
  for (int k = 0; k < 2; k++) {
    ck_assert(!check_text(&w, "print f(1 ms)\n", NULL));
    ck_assert_int_eq(diags_code(w.d, 0), E_UNIT_MISMATCH);
    diags_clear(w.d);
  }
  ck_assert(check_text(&w, "neuron N { state x = 0 }\nsynapse S { on pre { post.V += 1 mV } }\npopulation P = N[2]\n", NULL));
  for (int k = 0; k < 2; k++) {
    ck_assert(!check_text(&w, "connect P -> P via S all to all\n", NULL));
    ck_assert_int_eq(diags_code(w.d, 0), E_MEMBER);
    diags_clear(w.d);
  }
  world_free(&w);
}
END_TEST

START_TEST(a_failed_line_changes_no_variable) {
  World w = world_new();
  ck_assert(check_text(&w, "let total = 0\n", NULL));
  ck_assert(!check_text(&w, "total += 1 mV\nprint nothing\n", NULL));
  diags_clear(w.d);
  ck_assert(check_text(&w, "total += 1 ms\n", NULL));
  diags_clear(w.d);
  ck_assert(!check_text(&w, "total += 1 mV\n", NULL));
  world_free(&w);
}
END_TEST

int main(void) {
  Suite *s = suite_create("types");
  TCase *t = tcase_create("types");
  tcase_add_test(t, kinds);
  tcase_add_test(t, units_shown);
  tcase_add_test(t, results_of_functions);
  tcase_add_test(t, later_lines_of_a_prompt);
  tcase_add_test(t, a_failed_use_is_not_kept);
  tcase_add_test(t, a_failed_line_changes_no_variable);
  suite_add_tcase(s, t);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
