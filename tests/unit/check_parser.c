// SPDX-License-Identifier: MIT
// Trees of texts, messages of texts that are wrong, the prompt, depth, and the printer's round trip.
#include "front_helpers.h"
#include "lang/ast_print.h"
#include "lang/lexer.h"
#include "lang/parse.h"

#include <dirent.h>
#include <stdint.h>

// The dump of a tree in one line.
static char *flat(const Node *n) {
  Str s = {0}, line = {0};
  ast_dump(n, &s);
  bool gap = false;
  for (const char *p = s.data; *p; p++) {
    if (*p == '\n' || *p == ' ') {
      gap = true;
      continue;
    }
    if (gap) str_addc(&line, ' ');
    gap = false;
    str_addc(&line, *p);
  }
  str_free(&s);
  return line.data;
}

static void expect_tree(const char *text, const char *want) {
  Front f = front_open(text, strlen(text));
  Node *file = parse_file(f.file, f.sources, f.in, f.d, f.a);
  ck_assert_msg(!diags_errors(f.d), "%s: %s", text, diags_errors(f.d) ? diags_text(f.d, 0) : "");
  ck_assert_int_eq(file->nlist, 1);
  char *got = flat(file->list[0]);
  ck_assert_str_eq(got, want);
  mem_free(got);
  front_close(&f);
}

// The same for one expression.
static void expect_expr(const char *text, const char *want) {
  Str s = {0}, w = {0};
  str_addf(&s, "print %s", text);
  str_addf(&w, "(PRINT list %s)", want);
  expect_tree(s.data, w.data);
  str_free(&s);
  str_free(&w);
}

// Which random numbers the calls of the last declaration draw.
static int draws(const Node *n, uint32_t *out, int k) {
  if (!n) return k;
  if (n->kind == N_CALL) out[k++] = n->draws;
  for (int j = 0; j < 4; j++) k = draws(n->kid[j], out, k);
  for (int j = 0; j < n->nlist; j++) k = draws(n->list[j], out, k);
  return k;
}
static int draws_of(const char *text, uint32_t *out) {
  Front f = front_open(text, strlen(text));
  Node *file = parse_file(f.file, f.sources, f.in, f.d, f.a);
  ck_assert_int_eq(diags_errors(f.d), 0);
  int n = draws(file->list[file->nlist - 1], out, 0);
  front_close(&f);
  return n;
}
START_TEST(random_numbers_do_not_depend_on_layout) {
  uint32_t a[8], b[8];
  ck_assert_int_eq(draws_of("neuron N { state x = 0; on step { x = normal(0, 1) + uniform(0, 1) } }", a), 2);
  ck_assert_int_eq(draws_of("# a comment\nneuron M { state y ~ normal(0, 1) }\nlet z = uniform(0, 1)\n"
                            "neuron N {\n  state x = 0\n  on step { x = normal(0, 1) + uniform(0, 1) } # another\n}", b), 2);
  ck_assert(a[0] != a[1]);
  ck_assert(a[0] == b[0] && a[1] == b[1]);
  ck_assert_int_eq(draws_of("let a = [normal(0, 1), uniform(0, 1)]", a), 2);
  ck_assert_int_eq(draws_of("# a comment\nneuron M { state y ~ normal(0, 1) }\nlet a = [normal(0, 1),\n  uniform(0, 1)]", b), 2);
  ck_assert(a[0] == b[0] && a[1] == b[1]);
}
END_TEST

START_TEST(operators) {
  expect_expr("a + b*c", "(BINARY + 0: (NAME a) 1: (BINARY * 0: (NAME b) 1: (NAME c)))");
  expect_expr("a - b - c", "(BINARY - 0: (BINARY - 0: (NAME a) 1: (NAME b)) 1: (NAME c))");
  expect_expr("-a^b", "(UNARY - 0: (BINARY ^ 0: (NAME a) 1: (NAME b)))");
  expect_expr("a^-b^c", "(BINARY ^ 0: (NAME a) 1: (UNARY - 0: (BINARY ^ 0: (NAME b) 1: (NAME c))))");
  expect_expr("-a*b", "(BINARY * 0: (UNARY - 0: (NAME a)) 1: (NAME b))");
  expect_expr("not a == b", "(UNARY not 0: (BINARY == 0: (NAME a) 1: (NAME b)))");
  expect_expr("a or b and c", "(BINARY or 0: (NAME a) 1: (BINARY and 0: (NAME b) 1: (NAME c)))");
  expect_expr("a + b in mV > c", "(BINARY > 0: (IN 0: (BINARY + 0: (NAME a) 1: (NAME b)) 1: (UNIT mV 1)) 1: (NAME c))");
  expect_expr("if a then b else c + d", "(IFX 0: (NAME a) 1: (NAME b) 2: (BINARY + 0: (NAME c) 1: (NAME d)))");
  expect_expr("dV/dt", "(BINARY / 0: (NAME dV) 1: (NAME dt))");
}
END_TEST

START_TEST(quantities) {
  expect_expr("20 ms", "(NUM flags=1 20 0: (UNIT ms 1))");
  expect_expr("2%", "(NUM flags=2 0.02)");
  expect_expr("1 uF/cm^2", "(BINARY / 0: (NUM flags=1 1 0: (UNIT uF 1)) 1: (BINARY ^ 0: (NAME cm) 1: (NUM flags=1 2)))");
  expect_expr("3 cm^2", "(NUM flags=1 3 0: (UNIT cm 2))");
  expect_expr("3 s^-1", "(NUM flags=1 3 0: (UNIT s -1))");
  expect_expr("3 s^(1/2)", "(NUM flags=1 3 0: (UNIT s 0.5))");
  expect_expr("[1, 2] ms", "(ARRAY 0: (UNIT ms 1) list (NUM flags=1 1) (NUM flags=1 2))");
  expect_expr("inf ms", "(CONST op=2 0: (UNIT ms 1))");
  expect_expr("x in mV/ms*s", "(IN 0: (NAME x) 1: (UNITOP op=3 0: (UNITOP op=4 0: (UNIT mV 1) 1: (UNIT ms 1)) 1: (UNIT s 1)))");
  expect_expr("x in 1/ms", "(IN 0: (NAME x) 1: (UNITOP op=4 0: (UNITONE) 1: (UNIT ms 1)))");
}
END_TEST

START_TEST(calls_members_indices) {
  expect_expr("f(a, tau = b)", "(CALL 0: (NAME f) list (ARG 0: (NAME a)) (ARG tau 0: (NAME b)))");
  expect_expr("max(e over trial)", "(CALL 0: (NAME max) list (ARG op=1 0: (NAME e)))");
  expect_expr("c.E[0].V", "(MEMBER V 0: (INDEX 0: (MEMBER E 0: (NAME c)) list (NUM flags=1 0)))");
  expect_expr("x[a:b, :, c:, :d]", "(INDEX 0: (NAME x) list (RANGE 0: (NAME a) 1: (NAME b)) (RANGE) (RANGE 0: (NAME c)) "
                                   "(RANGE 1: (NAME d)))");
  expect_expr("E[where V > v]", "(INDEX 0: (NAME E) list (WHERE 0: (BINARY > 0: (NAME V) 1: (NAME v))))");
  expect_expr("[f(k) for k in 0:8]", "(COMP k 0: (CALL 0: (NAME f) list (ARG 0: (NAME k))) 1: (RANGE 0: (NUM flags=1 0) 1: "
                                     "(NUM flags=1 8)))");
  expect_expr("prev x", "(PREV 0: (NAME x))");
  expect_expr("\"a{x:.2f}\"", "(STR list (STRTEXT \"a\") (INTERP \".2f\" 0: (NAME x)))");
}
END_TEST

START_TEST(declarations) {
  expect_tree("neuron A extends B { param a = 1, b: mV; state x ~ y }",
              "(NEURON A name2=B list (PARAM a 0: (NUM flags=1 1)) (PARAM b 1: (UNIT mV 1)) (STATE x op=16 0: (NAME y)))");
  expect_tree("synapse S { pre state x like w = 0; post state y; weight w }",
              "(SYNAPSE S list (STATE x place=1 0: (NUM flags=1 0) 1: (LIKE w)) (STATE y place=2) (WEIGHT w))");
  expect_tree("neuron A { tau*dV/dt = a }", "(NEURON A list (EQUATION 0: (BINARY / 0: (BINARY * 0: (NAME tau) 1: (NAME dV)) "
                                            "1: (NAME dt)) 1: (NAME a)))");
  expect_tree("neuron A { spike when V crosses a { V = b } }",
              "(NEURON A list (SPIKECROSS 0: (NAME V) 1: (NAME a) 2: (BLOCK list (ASSIGN 0: (NAME V) 1: (NAME b)))))");
  expect_tree("neuron A { refractory t holding x, y; refractory while c }",
              "(NEURON A list (REFRACTORY 0: (NAME t) list (NAME x) (NAME y)) (REFRWHILE 0: (NAME c)))");
  expect_tree("rule R { on pre.b { }; on every t { w += 1 } }",
              "(RULE R list (ON b op=3 2: (BLOCK)) (ON op=1 0: (NAME t) 2: (BLOCK list (ASSIGN op=1 0: (NAME w) 1: "
              "(NUM flags=1 1)))))");
  expect_tree("neuron A { scaled in mV, ms { let a = b } }",
              "(NEURON A list (SCALED list (LET a 0: (NAME b)) list2 (UNIT mV 1) (UNIT ms 1)))");
  expect_tree("function f(x, n: int = 2) = x",
              "(FUNCTION f 0: (NAME x) list2 (FPARAM x) (FPARAM n 0: (UNIT int 1) 1: (NUM flags=1 2)))");
  expect_tree("native \"m\" { impure f(x: real) -> mV; kernel k(y: inout real[n]) }",
              "(NATIVE \"m\" list (NATIVEFN f flags=64 0: (UNIT mV 1) list2 (FPARAM x 0: (UNIT real 1))) "
              "(NATIVEFN k flags=32 list2 (FPARAM y op=2 0: (UNIT real 1) list (NAME n))))");
  expect_tree("network N(a = 1) { run t }", "(NETWORK N list (RUN 0: (NAME t)) list2 (PARAM a 0: (NUM flags=1 1)))");
}
END_TEST

START_TEST(networks) {
  expect_tree("population L[k in 0:n] = m.A[p, q] { x = 1, y ~ z } learn R()",
              "(POPULATION L name2=k 0: (MEMBER A 0: (NAME m)) 1: (RANGE 0: (NUM flags=1 0) 1: (NAME n)) list "
              "(BIND 0: (NUM flags=1 1) 2: (NAME x)) (BIND op=16 0: (NAME z) 2: (NAME y)) list2 (NAME p) (NAME q) list3 "
              "(CALL 0: (NAME R)))");
  expect_tree("connect c: A -> B.I learn Q via S(t = 1) with probability p, where i < j, no self { w = 1 } learn R()",
              "(CONNECT c op=1 0: (NAME A) 1: (MEMBER I 0: (NAME B)) 2: (CALL 0: (NAME S) list (ARG t 0: (NUM flags=1 1))) 3: "
              "(PATTERN op=2 flags=8 0: (NAME p) 1: (BINARY < 0: (NAME i) 1: (NAME j))) list (BIND 0: (NUM flags=1 1) 2: (NAME w)) "
              "list3 (CALL 0: (NAME Q)) (CALL 0: (NAME R)))");
  expect_tree("connect A -> B via S from (a, b)",
              "(CONNECT 0: (NAME A) 1: (NAME B) 2: (NAME S) 3: (PATTERN op=7 0: (ARRAY list (NAME a) (NAME b))))");
  expect_tree("inject spikes from (a, b) into P", "(INJSPIKES 0: (NAME b) 1: (NAME P) 2: (NAME a))");
  expect_tree("record s = spikes of P with V to \"f\"",
              "(RECSPIKES s 0: (NAME P) 2: (STR list (STRTEXT \"f\")) list (NAME V))");
  expect_tree("record spikes = P.V every t", "(RECORD spikes 0: (MEMBER V 0: (NAME P)) 1: (NAME t))");
  expect_tree("let T = sweep g in a { collect r = b }",
              "(LET T 0: (SWEEP g 0: (NAME a) 2: (BLOCK list (COLLECT list (ARG r 0: (NAME b))))))");
  expect_tree("if a { } else if b { } else { }",
              "(IF 0: (NAME a) 1: (BLOCK) 2: (IF 0: (NAME b) 1: (BLOCK) 2: (BLOCK)))");
  expect_tree("x[1] ~ f()", "(ASSIGN op=16 0: (INDEX 0: (NAME x) list (NUM flags=1 1)) 1: (CALL 0: (NAME f)))");
  expect_tree("expect a near b within 2%", "(EXPECT 0: (NAME a) 1: (NAME b) 2: (NUM flags=2 0.02))");
}
END_TEST

START_TEST(documentation) {
  expect_tree("## one\n## two\nneuron A {\n  param a = 1 ## of a\n  ## of b and c\n  state b, c\n  param d, ## of d\n    e\n}",
              "(NEURON A doc=\"one\\ntwo\" list (PARAM a doc=\"of a\" 0: (NUM flags=1 1)) (STATE b doc=\"of b and c\") "
              "(STATE c doc=\"of b and c\") (PARAM d doc=\"of d\") (PARAM e))");
  expect_tree("## lost\n\nneuron A { }", "(NEURON A)");
}
END_TEST

START_TEST(spans) {
  const char *text = "let a = (b + 2 ms)*c";
  Front f = front_open(text, strlen(text));
  Node *let = parse_file(f.file, f.sources, f.in, f.d, f.a)->list[0];
  ck_assert_uint_eq(let->name_span.lo, 4);
  ck_assert_uint_eq(let->kid[0]->span.lo, 8);
  ck_assert_uint_eq(let->kid[0]->span.hi, 20);
  ck_assert_uint_eq(let->kid[0]->kid[0]->span.lo, 8); // with its brackets
  ck_assert_uint_eq(let->kid[0]->kid[0]->span.hi, 18);
  ck_assert_uint_eq(let->kid[0]->kid[0]->kid[1]->span.lo, 13);
  ck_assert(let->kid[0]->kid[0]->flags & NF_PAREN);
  front_close(&f);
}
END_TEST

// What is said about a text: exactly this many errors, and among the printed text all these parts.
static void expect_said(const char *text, int errors, const char *const *parts) {
  Front f = front_open(text, strlen(text));
  parse_file(f.file, f.sources, f.in, f.d, f.a);
  char *said = printed(f.d, (DiagStyle){0});
  ck_assert_msg(diags_errors(f.d) == errors, "%s\ngives %d errors:\n%s", text, diags_errors(f.d), said);
  for (; *parts; parts++) ck_assert_msg(strstr(said, *parts), "%s\nis lacking in\n%s", *parts, said);
  free(said);
  front_close(&f);
}
#define SAYS(text, errors, ...) expect_said(text, errors, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(what_was_found_and_expected) {
  SAYS("let a = 1 +", 1, "t.hebb:1:11:", "expected an expression after `+`, but found the end of the file");
  SAYS("let a = 1 +\nlet b = 2", 1, "t.hebb:1:11:", "the end of the line");
  SAYS("let a = 1; let b = 2 3", 1, "expected an operator, `,` or the end of the statement after `2`, but found `3`");
  SAYS("run", 1, "expected an expression or `until` after `run`");
  SAYS("neuron A { 3 }", 1, "an equation reads dV/dt = ...");
  SAYS("neuron A { on step { run 3 } }", 1, "expected an assignment, `let`, `if` or `}`, but found `run`");
  SAYS("if true { neuron A { } }", 1, "expected a statement or `}`, but found `neuron`", "top level only");
  SAYS("connect A -> B via S with x", 1, "expected `indegree`, `outdegree`, `probability` or `total` after `with`");
  SAYS("let x = \"a\" \"b\"", 1, "after the string, but found a string");
  SAYS("test x { }", 1, "expected a string after `test`, but found `x`");
}
END_TEST

START_TEST(hints) {
  SAYS("if a = b { }", 1, "hint: to compare, write ==");
  SAYS("let a == b", 1, "hint: write =");
  SAYS("if a: b", 1, "hint: a block stands in braces");
  SAYS("for x in 0:8:\n", 1, "hint: a block stands in braces");
  SAYS("a ** b", 1, "hint: write `^`");
  SAYS("let a = b && c", 1, "hint: write `and`");
  SAYS("let a = mV 20", 1, "hint: the unit stands behind the number: 20 mV");
  SAYS("let a = 20 mVolt", 1, "hint: write 20 mV");
  SAYS("neuron A { tau dV/dt = E }", 1, "hint: for a product write *");
  SAYS("neuron A { dV/dt }", 1, "hint: an equation reads dV/dt = ...");
  SAYS("neuron A { dV/dt == E }", 1, "hint: an equation is written with one =");
  SAYS("neuron A { state V mV = 0 }", 1, "hint: the unit stands behind a colon: V: mV");
  SAYS("if a { } elif b { }", 1, "hint: write `else if`");
  SAYS("nueron A { }", 1, "hint: did you mean `neuron`?");
  SAYS("run 200 stepss", 1, "hint: did you mean `steps`?");
  SAYS("connect A -> B via S with prob 2%", 1, "hint: did you mean `probability`?");
  SAYS("param x = 3", 1, "hint: in a script write `let`");
  SAYS("def f(x) { }", 1, "hint: write `function`");
  SAYS("a < b < c", 1, "hint: compare twice: a < b and b < c");
  SAYS("population P = A", 1, "hint: say how many: A[100]");
  SAYS("record P.V", 1, "hint: a recording has a name: record v = P.V");
  SAYS("let run = 3", 1, "hint: `run` is a word of the language: choose another name");
  SAYS("x++", 1, "hint: write x += 1");
  SAYS("print 'a'", 1, "hint: strings stand in double quotes");
  SAYS("let a = b\n  - c", 1, "hint: if it goes on with the line above, put the - at the end of that line");
}
END_TEST

START_TEST(one_error_per_cause) {
  SAYS("let a = f(1, , 2) + g(3 4) $ 5 )", 1, "expected an expression");
  SAYS("neuron 3A { state x; spike when { } }\nprint 1", 1, "expected a name after `neuron`");
  SAYS("neuron A {\n  state x\n\nneuron B { }\nprint 2", 1, "this `{` is not closed", "missing before this `neuron`");
  SAYS("neuron A {\n  spike when x > 1 {\n    x = 0\n  refractory 5 ms\n}\n", 1, "this `{` is not closed");
  SAYS("print f(1, 2\nlet a = 3\nlet b = 4", 1, "this `(` is not closed");
  SAYS("neuron A {", 1, "t.hebb:1:10:", "this `{` is never closed");
  SAYS("print (1 +\n", 1, "t.hebb:1:7:", "this `(` is never closed");
  SAYS("$$$$ $$\nprint 1", 1, "`$` has no meaning here");
  SAYS("print \"a {x\"", 1, "this `{` in a string is not closed");
}
END_TEST

START_TEST(independent_errors) {
  SAYS("let a = = 1\nlet b = 2 2\nneuron A { state x y; param z = ; on step { x = = 1; y = 2 } }\nlet c = 3 $", 6, "t.hebb:4:11:");
  Str s = {0};
  repeat(&s, "let a = = 1\n", 1000);
  Front f = front_open(s.data, s.n);
  parse_file(f.file, f.sources, f.in, f.d, f.a);
  ck_assert_int_ge(diags_errors(f.d), 20);
  ck_assert_int_le(diags_errors(f.d), 100);
  front_close(&f);
  str_free(&s);
}
END_TEST

// What is right stays in the tree.
START_TEST(partial_trees) {
  const char *text = "let a = 1\nlet b = = 2\nlet c = 3\nneuron A { param x = 1; param y = = 2; state z }\n";
  Front f = front_open(text, strlen(text));
  Node *file = parse_file(f.file, f.sources, f.in, f.d, f.a);
  ck_assert_int_eq(diags_errors(f.d), 2);
  ck_assert_int_eq(file->nlist, 3);
  ck_assert_int_eq(file->list[2]->nlist, 2);
  front_close(&f);
}
END_TEST

static ParseState prompt(const char *text) {
  Front f = front_open(text, strlen(text));
  Node *out = NULL;
  ParseState state = parse_prompt(f.file, f.sources, f.in, f.d, f.a, &out);
  ck_assert_ptr_nonnull(out);
  if (state != PARSE_ERROR) ck_assert_int_eq(diags_count(f.d), 0);
  else ck_assert_int_gt(diags_errors(f.d), 0);
  front_close(&f);
  return state;
}

START_TEST(at_the_prompt) {
  static const char *const incomplete[] = {"neuron A {\n", "neuron A {\n state x\n", "print f(1,\n", "let a =\n", "a +\n",
                                           "if a { print 1 } else {", "x = [1, 2", "connect A -> B via\n"};
  static const char *const complete[] = {"", "\n", "a", "-a", "let a = 3\n", "neuron A { }\n", "if a { print 1 }\n", "# x"};
  static const char *const wrong[] = {"let a\n", "let a = = 3\n", "print )", "print \"a\n", "neuron A { state x y\n", "1 2"};
  for (size_t k = 0; k < 8; k++) ck_assert_msg(prompt(incomplete[k]) == PARSE_INCOMPLETE, "%s", incomplete[k]);
  for (size_t k = 0; k < 8; k++) ck_assert_msg(prompt(complete[k]) == PARSE_OK, "%s", complete[k]);
  for (size_t k = 0; k < 6; k++) ck_assert_msg(prompt(wrong[k]) == PARSE_ERROR, "%s", wrong[k]);
}
END_TEST

// Texts that nest or go on for ever give one clear error, and trees no deeper than recursion bears.
START_TEST(deep) {
  static const char *const pieces[][3] = {
      {"let a = ", "(", "1"},           {"let a = ", "[", "1"},      {"let a = ", "-", "1"},
      {"let a = ", "not ", "1"},        {"let a = ", "2^", "1"},     {"let a = 1", "+1", ""},
      {"let a = b", ".c", ""},          {"let a = b", "[1]", ""},    {"let a = b", " in mV", ""},
      {"let a: mV", "*mV", " = 1"},     {"if a {}", " else if a {}", ""}, {"let a = ", "if a then b else ", "c"},
      {"let a = ", "if ", "c"},         {"", "if a {", ""},          {"print ", "\"{", "1"},
      {"population P = a", ".b", "[1]"},
  };
  for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
    Str s = {0};
    str_add(&s, pieces[k][0]);
    repeat(&s, pieces[k][1], 100000);
    str_add(&s, pieces[k][2]);
    Front f = front_open(s.data, s.n);
    Node *file = parse_file(f.file, f.sources, f.in, f.d, f.a);
    ck_assert_msg(diags_errors(f.d) == 1 && diags_code(f.d, 0) == E_TOO_DEEP, "%s", pieces[k][1]);
    node_clone(file, f.a);
    Str out = {0};
    ast_print(file, &out);
    str_free(&out);
    front_close(&f);
    str_free(&s);
  }
}
END_TEST

START_TEST(long_but_flat) {
  static const char *const pieces[][3] = {{"print 1", ", 1", ""}, {"let a = [1", ", 1", "]"}, {"", "let a = 1\n", ""},
                                          {"neuron A {\n", "param a = 1\n", "}"}, {"print \"", "{1}", "\""}};
  for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
    Str s = {0};
    str_add(&s, pieces[k][0]);
    repeat(&s, pieces[k][1], 100000);
    str_add(&s, pieces[k][2]);
    Front f = front_open(s.data, s.n);
    parse_file(f.file, f.sources, f.in, f.d, f.a);
    ck_assert_int_eq(diags_errors(f.d), 0);
    front_close(&f);
    str_free(&s);
  }
}
END_TEST

// Prints a tree, parses that and compares. False if the text has errors.
static bool round_trip(const char *what, const char *text, size_t n) {
  Front f = front_open(text, n);
  Node *file = parse_file(f.file, f.sources, f.in, f.d, f.a);
  bool good = !diags_errors(f.d);
  if (good) {
    Str one = {0}, two = {0}, tree = {0}, again = {0};
    str_add(&one, "");
    str_add(&two, "");
    ast_print(file, &one);
    Node *back = parse_file(sources_add(f.sources, "printed", one.data, one.n), f.sources, f.in, f.d, f.a);
    char *said = printed(f.d, (DiagStyle){0});
    ck_assert_msg(!diags_errors(f.d), "%s: what was printed does not read:\n%s", what, said);
    free(said);
    ast_print(back, &two);
    ast_dump(file, &tree);
    ast_dump(node_clone(back, f.a), &again);
    ck_assert_msg(!strcmp(one.data, two.data), "%s prints differently:\n%s\n%s", what, one.data, two.data);
    ck_assert_msg(!strcmp(tree.data, again.data), "%s has another tree when printed", what);
    str_free(&one);
    str_free(&two);
    str_free(&tree);
    str_free(&again);
  }
  front_close(&f);
  return good;
}

// Every model below a directory.
static int walk(const char *dir, int depth) {
  DIR *d = depth < 6 ? opendir(dir) : NULL;
  int n = 0;
  for (struct dirent *e; d && (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    Str path = {0};
    str_addf(&path, "%s/%s", dir, e->d_name);
    size_t len = strlen(e->d_name), bytes;
    const char *why;
    if (len > 5 && !strcmp(e->d_name + len - 5, ".hebb")) {
      char *text = file_read(path.data, &bytes, &why);
      if (text) n += round_trip(path.data, text, bytes);
      mem_free(text);
    } else {
      n += walk(path.data, depth + 1);
    }
    str_free(&path);
  }
  if (d) closedir(d);
  return n;
}

START_TEST(models_of_the_repository) {
  const char *top = getenv("top_srcdir");
  static const char *const dirs[] = {"stdlib", "examples", "tests/lang"};
  int n = 0;
  for (size_t k = 0; k < 3; k++) {
    Str path = {0};
    str_addf(&path, "%s/%s", top ? top : ".", dirs[k]);
    n += walk(path.data, 0);
    str_free(&path);
  }
  ck_assert_int_ge(n, 20);
}
END_TEST

// tests/golden/syntax.hebb holds every form of the grammar.
static char *everything;
static size_t everything_n;

static void read_everything(void) {
  const char *top = getenv("top_srcdir"), *why;
  Str path = {0};
  str_addf(&path, "%s/tests/golden/syntax.hebb", top ? top : ".");
  everything = file_read(path.data, &everything_n, &why);
  ck_assert_msg(everything, "%s: %s", path.data, why);
  str_free(&path);
}

START_TEST(everything_prints_and_reads) {
  read_everything();
  ck_assert(round_trip("everything", everything, everything_n));
  mem_free(everything);
}
END_TEST

static uint64_t state = 88172645463325252u;
static uint32_t draw(uint32_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % n;
}

// A piece of `everything` with some bytes deleted, doubled or replaced.
static Str mutant(void) {
  static const char *const words[] = {"{", "}", "(", ")", "[", "]", "\"", "\n", ";", ",", "=", "-", "{x", "in ", "not ", "prev ",
                                      "if ", "spike ", "1 mV", "##", ".", "else ", "scaled in mV {", "\xC3", "τ", "on pre "};
  Str s = {0};
  uint32_t n = (uint32_t)everything_n, lo = draw(n), len = draw(800);
  while (lo && everything[lo - 1] != '\n') lo--;
  str_addn(&s, everything + lo, len < n - lo ? len : n - lo);
  for (uint32_t k = 1 + draw(3); k && s.n; k--) {
    uint32_t at = draw((uint32_t)s.n), cut = draw(6);
    Str t = {0};
    str_addn(&t, s.data, at);
    if (draw(2)) str_add(&t, words[draw(sizeof words / sizeof *words)]);
    if (at + cut > s.n) cut = (uint32_t)s.n - at;
    if (draw(2)) cut = 0;
    str_addn(&t, s.data + at + cut, s.n - at - cut);
    str_free(&s);
    s = t;
  }
  str_add(&s, "");
  return s;
}

START_TEST(mutants) {
  int good = 0;
  read_everything();
  for (int k = 0; k < 3000; k++) {
    Str s = mutant();
    good += round_trip("mutant", s.data, s.n);
    Front f = front_open(s.data, s.n);
    Node *out;
    parse_prompt(f.file, f.sources, f.in, f.d, f.a, &out);
    char *said = printed(f.d, (DiagStyle){.color = true});
    free(said);
    front_close(&f);
    str_free(&s);
  }
  ck_assert_int_gt(good, 100);
  mem_free(everything);
}
END_TEST

START_TEST(pages_of_syntax) {
  int n;
  const DiagPage *p = diag_pages(&n);
  for (int k = 0; k < n; k++) {
    if (p[k].number > E_MINUS_LINE || !*p[k].bad) continue;
    Front f = front_open(p[k].bad, strlen(p[k].bad));
    parse_file(f.file, f.sources, f.in, f.d, f.a);
    ck_assert_msg(diags_errors(f.d) == 1 && (int)diags_code(f.d, 0) == p[k].number, "E%04d: %s", p[k].number, p[k].bad);
    front_close(&f);
    f = front_open(p[k].good, strlen(p[k].good));
    parse_file(f.file, f.sources, f.in, f.d, f.a);
    ck_assert_msg(!diags_count(f.d), "E%04d: %s", p[k].number, p[k].good);
    front_close(&f);
  }
}
END_TEST

RUN_ALL("parser", operators, random_numbers_do_not_depend_on_layout, quantities, calls_members_indices, declarations, networks, documentation, spans,
        what_was_found_and_expected, hints, one_error_per_cause, independent_errors, partial_trees, at_the_prompt, deep,
        long_but_flat, models_of_the_repository, everything_prints_and_reads, mutants, pages_of_syntax)
