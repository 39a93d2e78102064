// SPDX-License-Identifier: MIT
// Tokens: where statements end, which words are keywords where, numbers, strings, documentation, bad text.
#include "front_helpers.h"
#include "lang/ast.h"
#include "lang/lexer.h"
#include "lang/parser.h"

static const char *sign(int kind) {
  switch (kind) {
  case T_SEP: return "|";
  case T_YYerror: return "!";
  case T_STRBEGIN: return "<";
  case T_STREND: return ">";
  case T_INTERPOPEN: return "{{";
  case T_INTERPCLOSE: return "}}";
  case T_AND: return "AND";
  case T_OR: return "OR";
  case T_NOT: return "NOT";
  case T_ARROW: return "->";
  case T_LE: return "<=";
  case T_GE: return ">=";
  case T_EQ: return "==";
  case T_NE: return "!=";
  case T_ADDEQ: return "+=";
  case T_SUBEQ: return "-=";
  case T_MULEQ: return "*=";
  case T_DIVEQ: return "/=";
  default: return NULL;
  }
}

// One token as a word: names as they are, keywords in capitals, units with a leading dot.
static void show(Str *s, const Token *t) {
  if (s->n) str_addc(s, ' ');
  const char *text = sign(t->kind);
  if (text) str_add(s, text);
  else if (t->kind < 256) str_addc(s, (char)t->kind);
  else if (t->kind == T_NUMBER) str_addnum(s, t->tok.num);
  else if (t->kind == T_STRTEXT) str_addf(s, "'%s'", t->tok.text);
  else if (t->kind == T_UNIT) str_addf(s, ".%s", t->tok.name->text);
  else if (t->kind == T_IDENT) str_add(s, t->tok.name->text);
  else
    for (const char *p = t->tok.name->text; *p; p++) str_addc(s, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
  if (t->kind == T_INTERPCLOSE && t->tok.text) str_addf(s, ":%s", t->tok.text);
}

// All tokens of a text in one line; *code is the first error's number, 0 if there is none.
static char *tokens(const char *text, size_t n, int *code) {
  Front f = front_open(text, n);
  Lexer *lx = lexer_new(f.file, f.sources, f.in, f.d, f.a);
  Str s = {0};
  str_add(&s, "");
  for (;;) {
    Token t = lexer_next(lx);
    if (t.kind == T_YYEOF) break;
    ck_assert_uint_le(t.span.lo, t.span.hi);
    ck_assert_uint_le(t.span.hi, n);
    show(&s, &t);
  }
  diags_sort(f.d);
  *code = diags_count(f.d) ? (int)diags_code(f.d, 0) : 0;
  lexer_free(lx);
  front_close(&f);
  return s.data;
}

static void expect_tokens(const char *text, const char *want, int want_code) {
  int code;
  char *got = tokens(text, strlen(text), &code);
  ck_assert_str_eq(got, want);
  ck_assert_int_eq(code, want_code);
  mem_free(got);
}
#define IS(text, want) expect_tokens(text, want, 0)
#define FAILS(text, want, code) expect_tokens(text, want, code)

START_TEST(statements_end) {
  IS("", "");
  IS("\n\n  # nothing\n", "");
  IS("a\nb", "a | b |");
  IS("a;b;;\n;c\n\n", "a | b | c |");
  IS("a\r\nb\r\n", "a | b |");
  IS("a # x\nb", "a | b |");
  IS("\xEF\xBB\xBF" "a", "a |");
}
END_TEST

START_TEST(lines_go_on) {
  IS("a +\nb", "a + b |");
  IS("a\n+ b", "a + b |");
  IS("a\n- b", "a | - b |");
  IS("a,\n\n# c\nb", "a , b |");
  IS("f(a\nb)", "f ( a b ) |");
  IS("f(\na\n)\nb", "f ( a ) | b |");
  IS("x[\n1\n]\n(a)", "x [ 1 ] | ( a ) |");
  IS("a =\n1", "a = 1 |");
  IS("a\n.b\nvia c\nwith d\nlearn e\nwhere f\n-> g\nand h", "a . b VIA c WITH d LEARN e WHERE f -> g AND h |");
  IS("if a\n{\nb\n}\nelse\n{\nc }", "IF a { b | } ELSE { c | } |");
  IS("if a\nthen b\nelse c", "IF a THEN b ELSE c |");
}
END_TEST

START_TEST(blocks) {
  IS("a{}b", "a { } | b |");
  IS("a{b}c{d;}e", "a { b | } | c { d | } | e |");
  IS("a { b { c } }", "a { b { c | } | } |");
  IS("a {\n\n  b\n\n}\n", "a { b | } |");
  IS("a { b = 1, }", "a { b = 1 , } |");
}
END_TEST

// What is visibly unfinished gets no end, so that the parser sees `}` or the end of the file there.
START_TEST(unfinished) {
  IS("a +", "a +");
  IS("x { a + }", "x { a + } |");
  IS("a +\nlet b", "a + | LET b |");
  IS("let a =\nif b then c else d", "LET a = IF b THEN c ELSE d |");
}
END_TEST

START_TEST(words_of_one_place) {
  IS("state = 1; input(2)", "state = 1 | input ( 2 ) |");
  IS("neuron A { state x; state = 2; param y }", "NEURON A { STATE x | state = 2 | PARAM y | } |");
  IS("neuron A { on step { state = 1; on += 2 } }", "NEURON A { ON STEP { state = 1 | on += 2 | } | } |");
  IS("rule R { on pre { a }; on post.x { b }; on update { c } }",
     "RULE R { ON PRE { a | } | ON POST . x { b | } | ON UPDATE { c | } | } |");
  IS("synapse S { pre state x; post.V = pre.V }", "SYNAPSE S { PRE STATE x | post . V = pre . V | } |");
  IS("neuron A { spike count x; spike when count }", "NEURON A { SPIKE COUNT x | SPIKE WHEN count | } |");
  IS("neuron A { refractory (a) ; refractory = 2 }", "NEURON A { REFRACTORY ( a ) | refractory = 2 | } |");
  IS("neuron A { scaled in mV { state*x = 1; on step { a } } }",
     "NEURON A { SCALED IN mV { state * x = 1 | ON STEP { a | } | } | } |");
  IS("scaled in mV", "scaled IN mV |");
  IS("learning on; on = 2", "LEARNING ON | on = 2 |");
  IS("prev x + prev; prev = 2", "PREV x + prev | prev = 2 |");
  IS("a.neuron.run.if", "a . neuron . run . if |");
}
END_TEST

START_TEST(units) {
  IS("3 mV, 3 x, 3 ms*mV", "3 .mV , 3 x , 3 .ms * mV |");
  IS("20ms [1] ms x[1] mV", "20 .ms [ 1 ] .ms x [ 1 ] .mV |");
  IS("3\nms", "3 | ms |");
  IS("inf ms, pi m, true m", "INF .ms , PI .m , TRUE m |");
  IS("5 ms holding 2% learn 200 steps", "5 .ms HOLDING 0.02 LEARN 200 STEPS |");
}
END_TEST

START_TEST(numbers) {
  IS("42 1_000_000 0.1 1e-3 2% 12.5% 1.5E+3", "42 1000000 0.1 0.001 0.02 0.125 1500 |");
  IS("1e3% 7% 0.1% 29%", "10 0.07 0.001 0.29 |");
  IS("x.5", "x . 5 |");
  IS("1.e x[0].V", "1 . e x [ 0 ] . V |");
  FAILS(".5", "1 |", E_NUMBER);
  FAILS("5.", "1 |", E_NUMBER);
  FAILS("5.e3", "1 |", E_NUMBER);
  FAILS("1e999", "1 |", E_NUMBER);
  FAILS("0x1F", "1 |", E_NUMBER);
}
END_TEST

START_TEST(strings) {
  IS("\"\"", "< > |");
  IS("\"a b\"", "< 'a b' > |");
  IS("\"\\n\\t\\\"\\\\\\{\\u{3C4}}\"", "< '\n\t\"\\{τ}' > |");
  IS("\"a{x}b{y:.2f}\"", "< 'a' {{ x }} 'b' {{ y }}:.2f > |");
  IS("\"{f(\"{x}\")}\"", "< {{ f ( < {{ x }} > ) }} > |");
  IS("\"{x[1:2]}\"", "< {{ x [ 1 : 2 ] }} > |");
  IS("\"# no ## comment\"", "< '# no ## comment' > |");
  FAILS("\"a\nb", "< ! | b |", E_STRING);
  FAILS("\"a{x\nb", "< 'a' {{ x ! | b |", E_STRING);
  FAILS("\"a{x # }\"\nb", "< 'a' {{ x ! | b |", E_STRING);
  FAILS("\"a\\", "< ! |", E_STRING);
  FAILS("\"\\q\"", "< > |", E_ESCAPE);
  FAILS("\"\\u{0}\\u{D800}\"", "< > |", E_ESCAPE);
  FAILS("\"{x:q}\"", "< {{ x }} > |", E_STRING_FORMAT);
  FAILS("\"{x:.2f\"", "< {{ x ! |", E_STRING);
}
END_TEST

START_TEST(letters) {
  IS("τ_m ñ 漢字 x1 _ é", "τ_m ñ 漢字 x1 _ é |");
  FAILS("a²", "a ! |", E_CHAR);
  FAILS("a $ b", "a ! b |", E_CHAR);
  FAILS("a\x01", "a ! |", E_CHAR);
  FAILS("'a b' c", "! c |", E_CHAR);
  FAILS("“a” c", "! c |", E_CHAR);
}
END_TEST

START_TEST(foreign_signs) {
  FAILS("a && b || !c", "a AND b OR NOT c |", E_OPERATOR);
  FAILS("a ** b <> c", "a ^ b != c |", E_OPERATOR);
  FAILS("a × b − c ÷ d ≤ e ≥ f ≠ g → h", "a * b - c / d <= e >= f != g -> h |", E_OPERATOR);
}
END_TEST

START_TEST(brackets) {
  FAILS("a)", "a ! |", E_BRACKET);
  FAILS("}", "! |", E_BRACKET);
  FAILS("(a]", "( a ! |", E_BRACKET);
  FAILS("x { (a }", "x { ( a ! | } |", E_BRACKET);
  FAILS("f(a\nlet b", "f ( a ! | LET b |", E_BRACKET);
  FAILS("neuron A {\nstate x\nneuron B {\n}", "NEURON A { STATE x | } | NEURON B { } |", E_BRACKET);
  FAILS("neuron A {\n spike when x {\n  a\n refractory b\n}", "NEURON A { SPIKE WHEN x { a | } | REFRACTORY b | } |", E_BRACKET);
}
END_TEST

static const char *doc_of(const char *text, const char *name, bool behind) {
  static char buf[200];
  Front f = front_open(text, strlen(text));
  Lexer *lx = lexer_new(f.file, f.sources, f.in, f.d, f.a);
  strcpy(buf, "(none)");
  for (;;) {
    Token t = lexer_next(lx);
    if (t.kind == T_YYEOF) break;
    bool here = behind ? t.kind == T_SEP : t.tok.name && !strcmp(t.tok.name->text, name);
    const char *doc = behind ? t.tok.trail : t.tok.doc;
    if (here && doc) snprintf(buf, sizeof buf, "%s", doc);
  }
  lexer_free(lx);
  front_close(&f);
  return buf;
}

START_TEST(documentation) {
  ck_assert_str_eq(doc_of("## one\n##two  \na", "a", false), "one\ntwo");
  ck_assert_str_eq(doc_of("## one\n\na", "a", false), "(none)");
  ck_assert_str_eq(doc_of("## one\n# note\na", "a", false), "one");
  ck_assert_str_eq(doc_of("### one\na", "a", false), "(none)");
  ck_assert_str_eq(doc_of("b ## one\na", "a", false), "(none)");
  ck_assert_str_eq(doc_of("b ## one\na", "b", true), "one");
  ck_assert_str_eq(doc_of("## one\n##\n##  three\na", "a", false), "one\n\n three");
}
END_TEST

START_TEST(no_text) {
  int code;
  char *got = tokens("a\0b", 3, &code);
  ck_assert_str_eq(got, "");
  ck_assert_int_eq(code, E_UTF8);
  mem_free(got);
  static const char *const bad[] = {"a\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) FAILS(bad[k], "", E_UTF8);
}
END_TEST

START_TEST(deep) {
  static const char *const open[] = {"(", "[", "x{", "\"{"};
  for (int k = 0; k < 4; k++) {
    Str s = {0};
    repeat(&s, open[k], 100000);
    int code;
    mem_free(tokens(s.data, s.n, &code));
    ck_assert_int_eq(code, E_TOO_DEEP);
    str_free(&s);
  }
}
END_TEST

START_TEST(keyword_table) {
  int n;
  const Keyword *k = keywords(&n);
  for (int j = 0; j < n; j++) {
    if (j) ck_assert_int_lt(strcmp(k[j - 1].text, k[j].text), 0);
    ck_assert_ptr_eq(keyword_find(k[j].text, strlen(k[j].text)), &k[j]);
  }
  ck_assert_ptr_null(keyword_find("neuro", 5));
  ck_assert_ptr_null(keyword_find("neurons", 7));
  ck_assert_ptr_null(keyword_find("", 0));
  ck_assert(keyword_is_reserved("neuron", 6) && keyword_is_reserved("pi", 2) && keyword_is_reserved("via", 3));
  ck_assert(!keyword_is_reserved("state", 5) && !keyword_is_reserved("from", 4) && !keyword_is_reserved("I", 1));
}
END_TEST

RUN_ALL("lexer", statements_end, lines_go_on, blocks, unfinished, words_of_one_place, units, numbers, strings, letters,
        foreign_signs, brackets, documentation, no_text, deep, keyword_table)
