// SPDX-License-Identifier: MIT
// What the parser says about a syntax error: what was found, what could stand there, and for the common slips an edit
// that mends them. The parser gives the whole set of tokens that could stand there; words_expected turns it into words.
#include "base/str.h"
#include "lang/parse_state.h"
#include "lang/parser.h"
#include "lang/slip.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_ERRORS = 50, MAX_TOKEN = 512 };

typedef struct Fault {
  Parser *ps;
  int found;
  bool want[MAX_TOKEN];
  const Token *token, *before; // what was found, and what stands before it
} Fault;

static void stop(Parser *ps) {
  ps->stopped = true;
  lexer_stop(ps->lx);
}

Diag *parse_fault(Parser *ps, DiagCode code, Span span, const char *fmt, ...) {
  if (ps->stopped) return NULL;
  if (++ps->errors >= MAX_ERRORS) stop(ps);
  va_list ap;
  va_start(ap, fmt);
  Str s = {0};
  str_vaddf(&s, fmt, ap);
  va_end(ap);
  Diag *e = diag(ps->d, code, span, "%s", s.data);
  str_free(&s);
  return e;
}

void parse_too_deep(Parser *ps, Span span) {
  if (lexer_stopped(ps->lx)) ps->stopped = true;
  Diag *e = parse_fault(ps, E_TOO_DEEP, span, "this expression or block is nested too deep");
  diag_hint(e, "name parts of it with `let`, or use sum() of an array");
  stop(ps);
}

// ---- words for tokens ----

static const char *keyword_text(int token) {
  int n;
  const Keyword *k = keywords(&n);
  for (int j = 0; j < n; j++)
    if (k[j].token == token) return k[j].text;
  return NULL;
}

static const char *sign_text(int token) {
  switch (token) {
  case T_ARROW: return "->";
  case T_LE: return "<=";
  case T_GE: return ">=";
  case T_EQ: return "==";
  case T_NE: return "!=";
  case T_ADDEQ: return "+=";
  case T_SUBEQ: return "-=";
  case T_MULEQ: return "*=";
  case T_DIVEQ: return "/=";
  case T_INTERPCLOSE: return "}";
  default: return NULL;
  }
}

static const char *plain_words(int token) {
  switch (token) {
  case T_YYEOF: return "the end of the file";
  case T_SEP: return "the end of the statement";
  case T_IDENT: return "a name";
  case T_NUMBER: return "a number";
  case T_UNIT: return "a unit";
  case T_STRBEGIN: case T_STRTEXT: case T_STREND: case T_INTERPOPEN: return "a string";
  default: return NULL;
  }
}

static void add_token(Str *s, int token) {
  const char *text = plain_words(token);
  if (text) {
    str_add(s, text);
    return;
  }
  text = sign_text(token);
  if (!text) text = keyword_text(token);
  if (text) str_addf(s, "`%s`", text);
  else str_addf(s, "`%c`", token);
}

// The source text of a token, cut if long.
static void add_source(Str *s, const Parser *ps, Span span) {
  const Source *src = sources_get(ps->sources, span.file);
  if (!src || span.hi > src->n) return;
  uint32_t n = span.hi - span.lo, cut = n;
  if (n > 40) {
    cut = 37;
    while (cut && ((unsigned char)src->text[span.lo + cut] & 0xC0) == 0x80) cut--;
  }
  str_addc(s, '`');
  str_addn(s, src->text + span.lo, cut);
  str_add(s, cut < n ? "...`" : "`");
}

static void add_found(Str *s, const Fault *f) {
  int sep = lexer_sep(f->ps->lx);
  if (f->found == T_SEP) str_add(s, sep == '\n' ? "the end of the line" : sep == ';' ? "`;`" : sep ? "`}`" : "the end of the file");
  else if (f->found == T_YYEOF || f->found == T_STRBEGIN) str_add(s, plain_words(f->found));
  else if (f->token->span.lo == f->token->span.hi) add_token(s, f->found);
  else add_source(s, f->ps, f->token->span);
}

// ---- what was expected ----

static bool is_soft(int token) {
  const char *text = keyword_text(token);
  const Keyword *k = text ? keyword_find(text, strlen(text)) : NULL;
  return k && k->class_ == KW_SOFT;
}

static bool starts_expression(int token) {
  switch (token) {
  case T_IDENT: case T_NUMBER: case T_STRBEGIN: case '(': case '[': case '-': case T_NOT: case T_IF: case T_PREV:
  case T_CINF: case T_CNAN: case T_CPI: case T_CTRUE: case T_CFALSE: return true;
  default: return is_soft(token);
  }
}

static bool goes_on(int token) {
  switch (token) {
  case '+': case '-': case '*': case '/': case '^': case '<': case '>': case T_LE: case T_GE: case T_EQ: case T_NE:
  case T_AND: case T_OR: case T_IN: case '(': case '[': case '.': case T_UNIT: return true;
  default: return false;
  }
}

static bool names_only(int token) { return token == T_IDENT || is_soft(token); }
static bool anything(int token) { return token != '}'; }
static bool nothing(int token) { return (void)token, false; }
static bool assigns(int token) {
  return token == '=' || token == '~' || (token >= T_ADDEQ && token <= T_DIVEQ) || goes_on(token);
}
static bool declares(int token) { return token == ':' || token == '=' || token == '~' || token == T_LIKE; }
static bool clause(int token) {
  switch (token) {
  case T_VIA: case T_ALL: case T_ONE: case T_WITH: case T_WHERE: case T_FROM: case T_SHARING: case T_LEARN: case '{':
  case T_SEP: return true;
  default: return goes_on(token);
  }
}

// The kinds of places there are: by which tokens a place is known, what it is called, what that covers.
typedef struct PlaceWords {
  int known_by, and_by;
  const char *words;
  bool (*covers)(int token);
} PlaceWords;

static const PlaceWords places[] = {
    {T_NEURON, T_RUN, "a declaration or a statement", anything},
    {T_RUN, T_LET, "a statement", anything},
    {T_P_PARAM, T_P_SPIKE, "a part of a neuron, synapse or rule", anything},
    {T_LET, T_IF, "an assignment, `let`, `if`", anything},
    {T_VIA, T_LEARN, "`via`, a pattern such as `all to all`, a block or `learn`", clause},
    {T_NUMBER, '(', "an expression", starts_expression},
    {T_IDENT, T_STEPS, "a name", names_only},
    {T_ADDEQ, '=', "an operator, an assignment", assigns},
    {T_LIKE, ':', "a colon with a unit, `=` with a value", declares},
    {'+', '*', "an operator", goes_on},
};

static const PlaceWords *place_of(const Fault *f) {
  static const PlaceWords other = {0, 0, NULL, nothing};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++)
    if (f->want[places[k].known_by] && f->want[places[k].and_by]) return &places[k];
  return &other;
}

static void add_expected(Str *s, const Fault *f) {
  const PlaceWords *p = place_of(f);
  int list[6], n = 0, more = 0;
  for (int token = 0; token < MAX_TOKEN; token++) {
    if (!f->want[token] || token == T_SEP || p->covers(token)) continue;
    if (n < 5) list[n++] = token;
    else more++;
  }
  if (f->want[T_SEP] && p->covers != starts_expression && !p->covers(T_SEP)) list[n++] = T_SEP;
  if (p->words) str_add(s, p->words);
  for (int k = 0; k < n; k++) {
    if (k || p->words) str_add(s, k == n - 1 && !more ? " or " : ", ");
    add_token(s, list[k]);
  }
  if (more) str_add(s, " or the like");
}

// ---- common slips ----

static bool is_name(const Token *t) { return t->kind == T_IDENT || (t->tok.name && is_soft(t->kind)); }
static bool text_is(const Token *t, const char *text) { return t->tok.name && !strcmp(t->tok.name->text, text); }
static const char *text_of(const Token *t) { return t->tok.name ? t->tok.name->text : ""; }
static bool starts_statement(const Token *t) { return !t->kind || t->kind == T_SEP || t->kind == '{'; }

static const char *nearest_keyword(const char *text) {
  const char *candidates[128];
  int n, m = 0;
  const Keyword *k = keywords(&n);
  for (int j = 0; j < n && m < 128; j++)
    if (k[j].class_ == KW_DECL || k[j].class_ == KW_STATEMENT || k[j].class_ == KW_PART) candidates[m++] = k[j].text;
  return nearest_name(text, candidates, m);
}

// A statement that begins with two words where no keyword is the first: what was the first meant to be?
static bool first_word(const Fault *f) {
  const Token *first = f->before;
  if (!is_name(first) || !starts_statement(&f->ps->before2) || !f->want['='] || f->found == T_SEP) return false;
  const char *word = text_of(first), *instead = slip_hint(SLIP_STATEMENT, word), *near = nearest_keyword(word);
  const Keyword *k = keyword_find(word, strlen(word));
  bool part = k && k->class_ == KW_PART;
  if (!part && !instead && !near) return false;
  if (part && f->want[T_ADDEQ]) {
    Diag *e = parse_fault(f->ps, E_SYNTAX, first->span, "`%s` stands in neurons, synapses and rules only", word);
    if (text_is(first, "param") || text_is(first, "state"))
      diag_hint(e, "in a script write `let`");
    return true;
  }
  Diag *e = parse_fault(f->ps, E_SYNTAX, first->span, "no %s begins with `%s`",
                        f->want[T_ADDEQ] ? "statement" : "part of a neuron, synapse or rule", word);
  if (instead) diag_hint(e, "%s", instead);
  else if (near) diag_hint(e, "did you mean `%s`?", near);
  return true;
}

// Does the line of the fault hold this text?
static bool line_has(const Fault *f, const char *text) {
  const Source *src = sources_get(f->ps->sources, f->before->span.file);
  if (!src) return false;
  uint32_t line, column;
  source_position(src, f->before->span.lo, &line, &column);
  size_t n;
  const char *s = source_line(src, line, &n), *at = strstr(s, text);
  return at && at < s + n;
}

static bool hint_operator(const Fault *f, Diag *e) {
  const Token *t = f->token, *b = f->before;
  Unit u;
  if (f->found == '=' && f->want[T_EQ]) diag_hint(e, "to compare, write ==");
  else if (f->found == T_EQ && f->want['=']) diag_hint(e, "write =");
  else if (f->found == '+' && b->kind == '+') diag_hint(e, "write x += 1");
  else if (f->found == '-' && b->kind == '-') diag_hint(e, "write x -= 1");
  else if (f->want['+'] && (f->found == '<' || f->found == '>' || f->found == T_LE || f->found == T_GE ||
                            f->found == T_EQ || f->found == T_NE))
    diag_hint(e, "compare twice: a < b and b < c");
  else if (f->found == T_NUMBER && b->tok.name && unit_lookup(text_of(b), b->tok.name->n, &u))
    diag_hint(e, "the unit stands behind the number: %g %s", t->tok.num, text_of(b));
  else if (f->found == ':' && f->want[']'] && b->kind != '[') diag_hint(e, "a slice has a begin and an end, and no step");
  else if (f->want['+'] && f->want[','] && f->want[']']) diag_hint(e, "elements are separated by commas");
  else if (f->found == ',' && f->want[')'] && line_has(f, "plot(")) diag_hint(e, "write plot y against x");
  else if (f->found == ',' && f->want[')']) diag_hint(e, "an array is written [a, b]");
  else if (f->found == T_NUMBER && b->kind == ',' && f->ps->before2.kind == T_NUMBER) diag_hint(e, "digits are grouped by _, as in 1_000");
  else if (f->found == '/' && f->want[T_LIKE] && text_of(b)[0] == 'd')
    diag_hint(e, "an equation stands by itself: end the list before it with a new line or ;");
  else if (text_is(t, "vs") && f->want[T_AGAINST]) diag_hint(e, "write `against`");
  else if (b->kind == T_AS && is_name(t)) diag_hint(e, "the name of a file stands in quotes: as \"figure.png\"");
  else if (b->kind == T_NUMBER && f->found == T_IDENT && slip_unit(text_of(t), &u))
    diag_hint(e, "write %g %s", b->tok.num, u.text);
  else if (b->kind == T_NUMBER && f->found == T_IDENT)
    diag_hint(e, "`%s` is not a unit; for a product write * between the two", text_of(t));
  else if (f->found == T_STRBEGIN && text_is(b, "f") && b->span.hi == t->span.lo)
    diag_hint(e, "leave out the f: every string may hold values in braces, \"x = {x}\"");
  else if (f->found == T_IF && f->want['*']) diag_hint(e, "write if CONDITION then A else B");
  else if (text_is(b, "lambda")) diag_hint(e, "declare it: function f(x) = ...");
  else if (f->want[T_LIKE] && f->want[':'] && f->found == T_IDENT && unit_lookup(text_of(t), t->tok.name->n, &u))
    diag_hint(e, "the unit stands behind a colon: %s: %s", text_of(b), text_of(t));
  else if (f->want['*'] && (is_name(t) || f->found == T_NUMBER || f->found == '('))
    diag_hint(e, f->want[','] ? "for a product write * between the two; the next item begins with a comma"
                              : "for a product write * between the two");
  else return false;
  return true;
}

// A word where certain words are expected: one that is alike, or that it begins.
static bool hint_word(const Fault *f, Diag *e) {
  const char *candidates[64], *word = text_of(f->token), *best = NULL;
  int n = 0;
  if (!is_name(f->token)) return false;
  for (int token = 0; token < MAX_TOKEN && n < 64; token++) {
    const char *text = f->want[token] && !goes_on(token) ? keyword_text(token) : NULL;
    if (!text) continue;
    candidates[n++] = text;
    if (strlen(word) >= 3 && !strncmp(word, text, strlen(word))) best = text;
  }
  if (!n || f->want[T_IDENT]) return false;
  if (!best) best = nearest_name(word, candidates, n);
  if (best) diag_hint(e, "did you mean `%s`?", best);
  else if (f->before->kind == T_WITH)
    diag_hint(e, "the synapse stands behind `via`, a pattern behind `with`: via %s with probability 10%%", word);
  return best || !f->want[T_SEP];
}

// Does what was found stand in a line below?
static bool below(const Fault *f) {
  const Source *src = sources_get(f->ps->sources, f->token->span.file);
  uint32_t lo = f->before->span.hi, hi = f->token->span.lo;
  return src && hi > lo && memchr(src->text + lo, '\n', hi - lo);
}

static bool hint_block(const Fault *f, Diag *e) {
  const Token *b = f->before;
  const Keyword *k = f->token->tok.name ? keyword_find(text_of(f->token), f->token->tok.name->n) : NULL;
  bool python = b->kind == ':' && (f->found == T_SEP || (k && k->class_ == KW_STATEMENT));
  if (((f->found == ':' || f->found == T_THEN) && f->want['{']) || python)
    diag_hint(e, "a block stands in braces: { ... }");
  else if (f->found == ':' && f->want['='] && !f->want[T_ADDEQ] && b->kind == T_IDENT && f->want['+'])
    diag_hint(e, "a part of a model begins with a word: state %s: ..., param %s: ...", text_of(b), text_of(b));
  else if (f->found == '(' && f->want[T_EXTENDS]) diag_hint(e, "parameters stand in the body: { param tau = 10 ms ... }");
  else if (f->found == '{' && f->want[T_THEN] && !f->want['{'])
    diag_hint(e, "an expression reads: if CONDITION then A else B; what happens at a condition stands in a handler, such as `spike when CONDITION { ... }`");
  else if (f->found == '{' && b->kind == T_THEN) diag_hint(e, "as a statement write: if CONDITION { ... } else { ... }");
  else if (f->found == T_IDENT && f->want[T_VIA] && f->want[T_WITH]) diag_hint(e, "a pattern reads `with probability 10%%`, `all to all`, `with indegree 100` ...");
  else if (f->found == ',' && f->want[T_ARROW]) diag_hint(e, "write ->");
  else if (text_is(f->token, "to") && f->want[T_INTO]) diag_hint(e, "write `into`");
  else if (f->found == T_IF && f->want[T_WHEN]) diag_hint(e, "write `when`");
  else if ((text_is(f->token, "to") || f->found == '=') && f->want[T_ARROW]) diag_hint(e, "write ->");
  else if (k && k->class_ == KW_DECL && f->want[T_RUN])
    diag_hint(e, "`%s` stands at the top level only", k->text);
  else if (k && k->class_ == KW_DECL && (f->want[T_P_PARAM] || f->want[T_LET]))
    diag_hint(e, "`%s` stands at the top level only; perhaps a } is missing above", k->text);
  else if (f->found == T_RESET && f->want[T_P_PARAM])
    diag_hint(e, "what a spike resets stands in its block: spike when V > V_th { V = V_reset }");
  else if (k && k->class_ == KW_STATEMENT && f->want[T_P_PARAM])
    diag_hint(e, "`%s` stands outside of the neuron, synapse or rule; perhaps a } is missing above", k->text);
  else if (b->kind == T_USE && k && k->class_ == KW_DECL)
    diag_hint(e, "the library has the modules neurons, synapses and rules");
  else if (k && k->class_ <= KW_CONSTANT && f->want[T_IDENT] && !f->want[T_NUMBER] && !below(f))
    diag_hint(e, "`%s` is a word of the language: choose another name", k->text);
  else return false;
  return true;
}

static bool line_begins(const Fault *f, char c) {
  const Source *src = sources_get(f->ps->sources, f->before->span.file);
  if (!src) return false;
  const char *p = src->text + f->before->span.lo;
  while (p > src->text && p[-1] != '\n') p--;
  return p[strspn(p, " \t")] == c;
}

static bool hint_missing(const Fault *f, Diag *e) {
  const Token *b2 = &f->ps->before2;
  bool no_equation = f->found == T_SEP && f->want['='] && f->want['+'] && !f->want[T_SEP];
  if ((f->found == '.' || f->found == '[') && b2->kind == T_RECORD)
    diag_hint(e, "a recording has a name: record v = %s.V", text_of(f->before));
  else if (b2->kind == '=' && f->want['['] && f->want['.'] && !f->want['+'])
    diag_hint(e, "say how many: %s[100]", text_of(f->before));
  else if (no_equation && line_has(f, "==")) diag_hint(e, "an equation is written with one =");
  else if (no_equation && line_begins(f, '-'))
    diag_hint(e, "a line that begins with - does not go on with the line above: put the - at the end of that line");
  else if (no_equation)
    diag_hint(e, "an equation reads dV/dt = ...; other parts begin with a word such as param, state, let, spike, on");
  else return false;
  return true;
}

static void add_hint(const Fault *f, Diag *e) {
  if (hint_missing(f, e)) return;
  if (hint_block(f, e)) return;
  if (hint_word(f, e)) return;
  hint_operator(f, e);
}

// ---- the message ----

// The end of the file inside a bracket or block: the place to look is where that was opened.
static bool unclosed(const Fault *f) {
  Span open;
  if (f->found != T_YYEOF || !lexer_opener(f->ps->lx, &open)) return false;
  const Source *src = sources_get(f->ps->sources, open.file);
  parse_fault(f->ps, E_BRACKET, open, "this `%c` is never closed", src->text[open.lo]);
  return true;
}

// Where to point: at what was found, but at what stands before it where that is the end of a line.
static Span place_to_show(const Fault *f, Span span) {
  const Span before = f->before->span;
  if (starts_statement(f->before) || before.hi <= before.lo) return span;
  if (f->found == T_SEP || span.lo == span.hi) return before;
  return below(f) && !is_name(f->token) ? before : span;
}

static void report(const Fault *f, Span span) {
  Str s = {0};
  str_add(&s, "expected ");
  add_expected(&s, f);
  if (!starts_statement(f->before) && f->before->span.hi > f->before->span.lo) {
    str_add(&s, " after ");
    if (f->before->kind == T_STREND) str_add(&s, "the string");
    else add_source(&s, f->ps, f->before->span);
  }
  str_add(&s, ", but found ");
  add_found(&s, f);
  Diag *e = parse_fault(f->ps, E_SYNTAX, place_to_show(f, span), "%s", s.data);
  if (e) add_hint(f, e);
  str_free(&s);
}

void parse_unexpected(Parser *ps, int found, Span span, const int *expected, int n) {
  if (lexer_stopped(ps->lx)) ps->stopped = true;
  if (ps->stopped) return;
  if (found == T_YYEOF && ps->prompt) {
    ps->incomplete = ps->stopped = true;
    return;
  }
  Fault f = {.ps = ps, .found = found, .token = &ps->token, .before = &ps->before};
  for (int k = 0; k < n; k++)
    if (expected[k] >= 0 && expected[k] < MAX_TOKEN) f.want[expected[k]] = true;
  if (found == T_STRBEGIN && f.want[T_INTERPCLOSE]) lexer_leave_string(ps->lx);
  else if (!unclosed(&f) && !first_word(&f)) report(&f, span);
  lexer_recover(ps->lx);
}
