// SPDX-License-Identifier: MIT
// The scanner proper is lex_raw and lex_string; lexer_next is the layout above it. See lexer.h.
#include "lang/lexer.h"

#include "base/str.h"
#include "base/vec.h"
#include "lang/ast.h"
#include "lang/parser.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// What is open: brackets, blocks of statements, bodies of declarations, strings and the braces inside strings.
typedef enum OpenKind { OPEN_PAREN, OPEN_SQUARE, OPEN_BLOCK, OPEN_DECL, OPEN_STRING, OPEN_INTERP } OpenKind;
typedef struct Open {
  OpenKind kind;
  Span span;
  uint32_t indent; // of the line it stands in
} Open;

struct Lexer {
  uint32_t file;
  const unsigned char *text, *p; // p: the next byte
  uint32_t n;
  Interner *in;
  Diags *d;
  Arena *a;
  Vec(Open) open;
  int braces, decls;    // blocks among `open`; bodies of declarations among those
  const unsigned char *line; // beginning of the line
  bool fresh;           // nothing but spaces in this line so far
  bool newline;         // a line ended since the token before
  Str doc;              // ## lines since the token before
  bool doc_line;        // this line is one of them
  const char *trail;    // ## behind the token before, in its line
  int prev;             // kind of the token given out before; 0 at the beginning
  uint32_t prev_hi;
  int head;             // word that began this statement: tells what `{` opens
  bool has_held;        // a token read and not given out yet
  Token held;
  bool held_newline;
  int closing;          // braces still to be made up before `held`
  bool skipping;        // error recovery: drop what is deeper than skip_depth
  int skip_depth;
  bool stopped;
  int errors;
  int sep;
  bool has_suspect;     // a block whose `}` stands further left than its line
  Span suspect;
};

/*!include:re2c "unicode_categories.re" */
/*!re2c
  re2c:define:YYCTYPE = "unsigned char";
  re2c:yyfill:enable = 0;

  letter = L | Nl | "_";
  ident  = letter (L | Nl | Mn | Mc | Nd | "_")*;
  digits = [0-9] ("_"? [0-9])*;
  number = digits ("." digits)? ([eE] [+-]? digits)?;
  eol    = "\r"? "\n";
*/

// ---- making and unmaking ----

// The first byte that is no UTF-8 (or a NUL), or n.
static uint32_t bad_byte(const unsigned char *s, uint32_t n) {
  for (uint32_t k = 0; k < n;) {
    unsigned char c = s[k];
    if (c && c < 0x80) {
      k++;
      continue;
    }
    uint32_t len = c >= 0xF0 && c <= 0xF4 ? 4 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xC2 && c < 0xE0 ? 2 : 0;
    if (!len || len > n - k) return k;
    for (uint32_t j = 1; j < len; j++)
      if ((s[k + j] & 0xC0) != 0x80) return k;
    bool overlong = (c == 0xE0 && s[k + 1] < 0xA0) || (c == 0xF0 && s[k + 1] < 0x90);
    bool beyond = (c == 0xED && s[k + 1] > 0x9F) || (c == 0xF4 && s[k + 1] > 0x8F);
    if (overlong || beyond) return k;
    k += len;
  }
  return n;
}

static void check_bytes(Lexer *lx) {
  uint32_t at = bad_byte(lx->text, lx->n);
  if (at == lx->n) return;
  Span span = {lx->file, at, at + 1};
  if (lx->text[at]) diag(lx->d, E_UTF8, span, "byte %u of the file is not UTF-8 text (0x%02X)", at + 1, lx->text[at]);
  else diag(lx->d, E_UTF8, span, "byte %u of the file is a zero: this is not a text", at + 1);
  lx->stopped = true;
}

Lexer *lexer_new(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a) {
  const Source *src = sources_get(s, file);
  Lexer *lx = mem_alloc(sizeof *lx);
  lx->file = file;
  lx->text = lx->p = lx->line = (const unsigned char *)src->text;
  lx->n = (uint32_t)src->n;
  lx->in = in;
  lx->d = d;
  lx->a = a;
  lx->fresh = true;
  if (lx->n >= 3 && !memcmp(lx->text, "\xEF\xBB\xBF", 3)) lx->p += 3; // a byte order mark
  check_bytes(lx);
  return lx;
}

void lexer_free(Lexer *lx) {
  if (!lx) return;
  vec_free(&lx->open);
  str_free(&lx->doc);
  mem_free(lx);
}

void lexer_stop(Lexer *lx) { lx->stopped = true; }
bool lexer_stopped(const Lexer *lx) { return lx->stopped; }
int lexer_sep(const Lexer *lx) { return lx->sep; }

bool lexer_opener(const Lexer *lx, Span *open) {
  if (!lx->open.n) return false;
  *open = lx->has_suspect ? lx->suspect : vec_last(&lx->open).span;
  return true;
}

// An error of the text. NULL, which diag_hint takes, behind an error in the same line of the statement.
__attribute__((format(printf, 4, 5))) static Diag *lex_error(Lexer *lx, DiagCode code, Span span, const char *fmt, ...) {
  if (lx->stopped || (lx->skipping && !lx->newline)) return NULL;
  if (++lx->errors >= 100) lx->stopped = true;
  va_list ap;
  va_start(ap, fmt);
  Str s = {0};
  str_vaddf(&s, fmt, ap);
  va_end(ap);
  Diag *e = diag(lx->d, code, span, "%s", s.data);
  str_free(&s);
  return e;
}

// ---- brackets ----

static Span span_to(const Lexer *lx, const unsigned char *from) {
  return (Span){lx->file, (uint32_t)(from - lx->text), (uint32_t)(lx->p - lx->text)};
}

static bool top_is(const Lexer *lx, OpenKind kind) { return lx->open.n && vec_last(&lx->open).kind == kind; }
static bool in_brackets(const Lexer *lx) { return top_is(lx, OPEN_PAREN) || top_is(lx, OPEN_SQUARE); }
static bool is_brace(OpenKind kind) { return kind == OPEN_BLOCK || kind == OPEN_DECL; }

static uint32_t indent_of(const Lexer *lx) {
  uint32_t k = 0;
  while (lx->line[k] == ' ' || lx->line[k] == '\t') k++;
  return k;
}

static bool push(Lexer *lx, OpenKind kind, Span span) {
  if (lx->open.n >= LEXER_DEPTH) {
    lex_error(lx, E_TOO_DEEP, span, "brackets are nested more than %d deep here", LEXER_DEPTH);
    lx->stopped = true;
    return false;
  }
  vec_push(&lx->open, (Open){kind, span, indent_of(lx)});
  lx->braces += is_brace(kind);
  lx->decls += kind == OPEN_DECL;
  return true;
}

static void pop(Lexer *lx) {
  Open o = vec_pop(&lx->open);
  lx->braces -= is_brace(o.kind);
  lx->decls -= o.kind == OPEN_DECL;
}


// Leaves the strings, round and square brackets that are open in the innermost block.
static void leave_brackets(Lexer *lx) {
  while (lx->open.n && !is_brace(vec_last(&lx->open).kind)) pop(lx);
}

// ---- documentation ----

static void add_doc(Lexer *lx, const unsigned char *from) {
  const unsigned char *s = from + 2;
  size_t n = (size_t)(lx->p - s);
  if (n && s[n - 1] == '\r') n--;
  if (n && *s == ' ') s++, n--;
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) n--;
  if (lx->fresh) {
    if (lx->doc.n) str_addc(&lx->doc, '\n');
    str_addn(&lx->doc, (const char *)s, n);
    lx->doc_line = true;
  } else if (n && !lx->trail) {
    lx->trail = arena_strndup((const char *)s, n, lx->a);
  }
}

static const char *take_doc(Lexer *lx) {
  if (!lx->doc.n) return NULL;
  const char *doc = arena_strndup(lx->doc.data, lx->doc.n, lx->a);
  lx->doc.n = 0;
  return doc;
}

// The end of a line. An empty line parts documentation from what follows.
static void end_line(Lexer *lx, bool comment) {
  if (lx->fresh && !comment && !lx->doc_line) lx->doc.n = 0;
  lx->line = lx->p;
  lx->fresh = lx->newline = true;
  lx->doc_line = false;
}

// ---- numbers ----

static void read_number(Lexer *lx, const unsigned char *from, Tok *tok) {
  Str s = {0};
  for (const unsigned char *q = from; q < lx->p; q++)
    if (*q != '_') str_addc(&s, (char)*q);
  tok->num = strtod(s.data, NULL);
  tok->flags = strpbrk(s.data, ".eE") ? 0 : NF_INT;
  if (*lx->p == '%') {
    lx->p++;
    // through the decimal text, so that 2% is the same double as 0.02
    str_add(&s, "");
    char *exp = strpbrk(s.data, "eE");
    long e = exp ? strtol(exp + 1, NULL, 10) : 0;
    if (exp) s.n = (size_t)(exp - s.data);
    s.data[s.n] = 0;
    str_addf(&s, "e%ld", (e < -100000 ? -100000 : e > 100000 ? 100000 : e) - 2);
    tok->num = strtod(s.data, NULL);
    tok->flags = NF_PERCENT;
  }
  str_free(&s);
  if (isinf(tok->num)) {
    lex_error(lx, E_NUMBER, span_to(lx, from), "this number is too large: the largest is about 1.8e308");
    tok->num = 1;
  }
}

// ---- strings ----

static Token token(const Lexer *lx, int kind, const unsigned char *from) {
  return (Token){.kind = kind, .span = span_to(lx, from)};
}

// The string is not closed in its line: one error, and all open strings are left.
static Token unclosed_string(Lexer *lx) {
  int k = lx->open.n - 1;
  while (k > 0 && lx->open.data[k].kind != OPEN_STRING) k--;
  Span open = lx->open.data[k].span;
  Diag *e = lex_error(lx, E_STRING, open, "this string is not closed at the end of its line");
  diag_hint(e, "close it with \"; for a line break inside a string write \\n, for a { write \\{");
  leave_brackets(lx);
  lx->p += strcspn((const char *)lx->p, "\n");
  lx->newline = false;
  return token(lx, T_YYerror, lx->p);
}

static void add_utf8(Str *s, uint32_t c) {
  if (c < 0x80) {
    str_addc(s, (char)c);
    return;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
  str_addc(s, (char)(lead[more] | c >> (6 * more)));
  while (more--) str_addc(s, (char)(0x80 | (c >> (6 * more) & 0x3F)));
}

// \u{3C4}
static void read_codepoint(Lexer *lx, const unsigned char *from, Str *s) {
  uint32_t c = 0;
  for (const unsigned char *q = from + 3; q < lx->p - 1; q++) {
    if (c <= 0x10FFFF) c = c * 16 + (uint32_t)(*q <= '9' ? *q - '0' : (*q | 32) - 'a' + 10);
  }
  if (!c || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
    lex_error(lx, E_ESCAPE, span_to(lx, from), "there is no such Unicode character");
  else add_utf8(s, c);
}

static void bad_escape(Lexer *lx, const unsigned char *from) {
  Diag *e = lex_error(lx, E_ESCAPE, span_to(lx, from), "this escape is not known");
  diag_hint(e, "known are \\n \\t \\\" \\\\ \\{ and \\u{3C4}; a backslash itself is written \\\\");
}

static Token text_token(Lexer *lx, const unsigned char *from, Str *s) {
  Token t = token(lx, T_STRTEXT, from);
  t.tok.text = arena_strndup(s->data, s->n, lx->a);
  t.tok.textn = (uint32_t)s->n;
  str_free(s);
  return t;
}

// The next piece of the string that is open.
static Token lex_string(Lexer *lx) {
  const unsigned char *begin = lx->p, *from, *YYMARKER;
  Str s = {0};
#define YYCURSOR lx->p
  for (;;) {
    from = lx->p;
    /*!re2c
      ["{] {
        if (s.n) {
          lx->p = from;
          return text_token(lx, begin, &s);
        }
        str_free(&s);
        if (*from == '"') {
          pop(lx);
          return token(lx, T_STREND, from);
        }
        Token t = token(lx, T_INTERPOPEN, from);
        return push(lx, OPEN_INTERP, t.span) ? t : token(lx, T_YYEOF, from);
      }
      "\\n"  { str_addc(&s, '\n'); continue; }
      "\\t"  { str_addc(&s, '\t'); continue; }
      "\\" ["\\{}] { str_addc(&s, (char)from[1]); continue; }
      "\\u{" [0-9a-fA-F]+ "}" { read_codepoint(lx, from, &s); continue; }
      "\\" [^\x00\n] { bad_escape(lx, from); continue; }
      [\x00\n] | "\r\n" | "\\" {
        lx->p = from;
        str_free(&s);
        return unclosed_string(lx);
      }
      [^\x00"{\\\n\r]+ | "\r" { str_addn(&s, (const char *)from, (size_t)(lx->p - from)); continue; }
      *      { str_addn(&s, (const char *)from, (size_t)(lx->p - from)); continue; }
    */
  }
}

// A format: [align < > ^][+][0][width][.digits][f e g d s %]. Checked here, so that a wrong one is found before a run.
static bool format_ok(const char *f) {
  if (*f && strchr("<>^", *f)) f++;
  if (*f == '+') f++;
  size_t width = strspn(f, "0123456789");
  bool digits = f[width] == '.';
  if (width > 3) return false;
  f += width;
  if (digits) {
    size_t n = strspn(++f, "0123456789");
    if (!n || n > 2) return false;
    f += n;
  }
  if (*f == 'd' && digits) return false;
  if (*f && strchr("fegds%", *f)) f++;
  return !*f;
}

// Closes the braces inside a string, at `}` or at the colon of a format.
static Token close_interp(Lexer *lx, const unsigned char *from) {
  pop(lx);
  Token t = token(lx, T_INTERPCLOSE, from);
  if (*from == '}') return t;
  while (*lx->p && !strchr("}\n\"", *lx->p)) lx->p++;
  t = token(lx, T_INTERPCLOSE, from);
  if (*lx->p != '}') return unclosed_string(lx);
  t.tok.text = arena_strndup((const char *)from + 1, (size_t)(lx->p - from - 1), lx->a);
  t.tok.textn = (uint32_t)strlen(t.tok.text);
  if (!t.tok.textn || !format_ok(t.tok.text)) {
    Diag *e = lex_error(lx, E_STRING_FORMAT, t.span, "this is not a format");
    diag_hint(e, "a format is .3f, .4g, 8.2f, .2e or the like");
    t.tok.text = NULL;
  }
  lx->p++;
  t.span.hi++;
  return t;
}

// ---- the scanner ----

static Token number_token(Lexer *lx, const unsigned char *from) {
  Tok tok = {0};
  read_number(lx, from, &tok);
  Token t = token(lx, T_NUMBER, from);
  t.tok = tok;
  return t;
}

// Written as in other languages: reported, and read as some number.
static Token odd_number(Lexer *lx, const unsigned char *from, const char *why) {
  lex_error(lx, E_NUMBER, span_to(lx, from), "%s", why);
  Token t = token(lx, T_NUMBER, from);
  t.tok.num = 1;
  return t;
}

// `5.` or `5.e3`; but before a name the point is that of a member.
static Token open_fraction(Lexer *lx, const unsigned char *from) {
  unsigned char next = *lx->p;
  bool name = next >= 0x80 || next == '_' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
  if (lx->p[-1] != '.' || !(name || next == '.'))
    return odd_number(lx, from, "behind the point of a number stands a digit: write 5.0 or 5, not 5.");
  lx->p--;
  return number_token(lx, from);
}

// A sign of other languages, read as what it means there: the error is reported, the parser goes on.
static Token foreign(Lexer *lx, const unsigned char *from, int kind, const char *instead) {
  Token t = token(lx, kind, from);
  Diag *e = lex_error(lx, E_OPERATOR, t.span, "`%.*s` is not a sign of this language", (int)(lx->p - from), from);
  diag_hint(e, "write %s", instead);
  return t;
}

// A string in other quotes is passed over, if it ends in its line.
static void skip_quoted(Lexer *lx, const char *close) {
  const char *eol = strchr((const char *)lx->p, '\n'), *end = strstr((const char *)lx->p, close);
  if (end && (!eol || end < eol)) lx->p = (const unsigned char *)end + strlen(close);
}

static bool is_char(const unsigned char *at, const char *c) { return !strncmp((const char *)at, c, strlen(c)); }

static void hint_char(Lexer *lx, Diag *e, const unsigned char *from) {
  if (*from == '\'' && lx->prev == T_IDENT) {
    diag_hint(e, "a derivative is written dV/dt; strings stand in double quotes: \"...\"");
    skip_quoted(lx, "'");
  } else if (*from == '?') {
    diag_hint(e, "write if CONDITION then A else B");
  } else if (*from == '\'') {
    diag_hint(e, "strings stand in double quotes: \"...\"");
    skip_quoted(lx, "'");
  } else if (is_char(from, "\u201C") || is_char(from, "\u201D") || is_char(from, "\u2018") || is_char(from, "\u2019")) {
    diag_hint(e, "strings stand in plain double quotes: \"...\"");
    skip_quoted(lx, from[2] < 0x9C ? "\u2019" : "\u201D");
  } else if (is_char(from, "\u00B2") || is_char(from, "\u00B3")) {
    diag_hint(e, "write ^%c", is_char(from, "\u00B2") ? '2' : '3');
  } else if (*from == '%') {
    diag_hint(e, "a percent sign follows its number directly, as in 2%%; the remainder is mod(a, b)");
  }
}

static Token bad_char(Lexer *lx, const unsigned char *from) {
  Token t = token(lx, T_YYerror, from);
  if (*from < 0x20 || *from == 0x7F) {
    lex_error(lx, E_CHAR, t.span, "a control character (0x%02X) stands here", *from);
    return t;
  }
  Diag *e = lex_error(lx, E_CHAR, t.span, "`%.*s` has no meaning here", (int)(lx->p - from), from);
  hint_char(lx, e, from);
  return t;
}

static Token word(Lexer *lx, const unsigned char *from) {
  Token t = token(lx, T_IDENT, from);
  size_t n = (size_t)(lx->p - from);
  t.tok.name = intern(lx->in, (const char *)from, n);
  const Keyword *k = keyword_find((const char *)from, n);
  if (k && (lx->prev != '.' || lx->newline)) t.kind = k->token;
  return t;
}

// One token, whatever stands before it; newlines and documentation are noted in lx.
static Token lex_raw(Lexer *lx) {
  const unsigned char *from, *YYMARKER;
  lx->newline = false;
  lx->trail = NULL;
  if (top_is(lx, OPEN_STRING)) return lex_string(lx);
  for (;;) {
    from = lx->p;
    /*!re2c
      [ \t\r\xA0\uFEFF]+ { continue; }
      eol {
        if (top_is(lx, OPEN_INTERP)) {
          lx->p = from;
          return unclosed_string(lx);
        }
        end_line(lx, false);
        continue;
      }
      "##" [^#\x00\n] [^\x00\n]* | "##" { add_doc(lx, from); continue; }
      "#" [^\x00\n]* {
        if (*lx->p == '\n') {
          lx->p++;
          if (top_is(lx, OPEN_INTERP)) {
            lx->p--;
            return unclosed_string(lx);
          }
          end_line(lx, true);
        }
        continue;
      }
      "\x00" {
        lx->p = from;
        if (top_is(lx, OPEN_INTERP)) return unclosed_string(lx);
        return token(lx, T_YYEOF, from);
      }
      ident { return word(lx, from); }
      number { return number_token(lx, from); }
      "." digits {
        if (lx->prev == T_IDENT || lx->prev == ')' || lx->prev == ']') {
          lx->p = from + 1;
          return token(lx, '.', from);
        }
        return odd_number(lx, from, "a number begins with a digit: write 0.5, not .5");
      }
      digits "." ([eE] [+-]? digits)? { return open_fraction(lx, from); }
      "0" [xX] [0-9a-fA-F]+ { return odd_number(lx, from, "numbers are decimal"); }
      "\"" { return token(lx, T_STRBEGIN, from); }
      "}" { return top_is(lx, OPEN_INTERP) ? close_interp(lx, from) : token(lx, '}', from); }
      ":" { return top_is(lx, OPEN_INTERP) ? close_interp(lx, from) : token(lx, ':', from); }
      [-+*/^<>=~.,;()[\]{] { return token(lx, *from, from); }
      "->" { return token(lx, T_ARROW, from); }
      "<=" { return token(lx, T_LE, from); }
      ">=" { return token(lx, T_GE, from); }
      "==" { return token(lx, T_EQ, from); }
      "!=" { return token(lx, T_NE, from); }
      "+=" { return token(lx, T_ADDEQ, from); }
      "-=" { return token(lx, T_SUBEQ, from); }
      "*=" { return token(lx, T_MULEQ, from); }
      "/=" { return token(lx, T_DIVEQ, from); }
      "&&" | "&" { return foreign(lx, from, T_AND, "`and`"); }
      "||" | "|" { return foreign(lx, from, T_OR, "`or`"); }
      "!"  { return foreign(lx, from, T_NOT, "`not`"); }
      "**" { return foreign(lx, from, '^', "`^`"); }
      "<>" { return foreign(lx, from, T_NE, "`!=`"); }
      [\u00D7\u00B7\u22C5] { return foreign(lx, from, '*', "`*`"); }
      "\u00F7" { return foreign(lx, from, '/', "`/`"); }
      [\u2212\u2013\u2014] { return foreign(lx, from, '-', "`-`"); }
      "\u2264" { return foreign(lx, from, T_LE, "`<=`"); }
      "\u2265" { return foreign(lx, from, T_GE, "`>=`"); }
      "\u2260" { return foreign(lx, from, T_NE, "`!=`"); }
      "\u2192" { return foreign(lx, from, T_ARROW, "`->`"); }
      "\u00AC" { return foreign(lx, from, T_NOT, "`not`"); }
      "//" [^\x00\n]* {
        Diag *e = lex_error(lx, E_CHAR, (Span){lx->file, (uint32_t)(from - lx->text), (uint32_t)(from - lx->text) + 2},
                            "`//` has no meaning here");
        diag_hint(e, "a comment begins with #");
        continue;
      }
      [^] { return bad_char(lx, from); }
      *   { return bad_char(lx, from); }
    */
  }
}

// ---- the layout ----

// After these a statement cannot end, so the line goes on.
static bool unfinished(int kind) {
  switch (kind) {
  case ',': case '+': case '-': case '*': case '/': case '^': case '<': case '>': case '=': case '~': case '.':
  case T_LE: case T_GE: case T_EQ: case T_NE: case T_ARROW: case T_ADDEQ: case T_SUBEQ: case T_MULEQ: case T_DIVEQ:
  case T_AND: case T_OR: case T_NOT: case T_IN: case T_THEN: case T_ELSE: case T_VIA: case T_WITH: case T_LEARN:
  case T_WHERE: case T_UNTIL: return true;
  default: return false;
  }
}

// A line that begins with one of these goes on with the line before.
static bool continues(int kind) {
  switch (kind) {
  case '{': case '.': case '+': case '*': case '/': case '^': case '<': case '>': case T_LE: case T_GE: case T_EQ:
  case T_NE: case T_AND: case T_OR: case T_IN: case T_VIA: case T_WITH: case T_LEARN: case T_WHERE: case T_THEN:
  case T_ELSE: case T_ARROW: return true;
  default: return false;
  }
}

static bool at_start(int prev) { return !prev || prev == T_SEP || prev == '{'; }

// What follows the token on its line: 'a' a word, 0 the end of the line, else the character.
static int follows(const Lexer *lx, uint32_t hi) {
  const unsigned char *q = lx->text + hi;
  while (*q == ' ' || *q == '\t') q++;
  if (*q >= 0x80 || *q == '_' || (*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z')) return 'a';
  return *q == '\n' || *q == '\r' || *q == '#' ? 0 : *q;
}

static KeywordClass class_of(const Token *t) {
  if (!t->tok.name || t->kind == T_IDENT) return KW_SOFT;
  const Keyword *k = keyword_find(t->tok.name->text, t->tok.name->n);
  return k ? k->class_ : KW_SOFT;
}

// Does the word begin a statement, and can stand in no expression? Then what is unfinished above was forgotten.
static bool breaks_off(const Lexer *lx, const Token *t) {
  switch (class_of(t)) {
  case KW_DECL: return true;
  case KW_STATEMENT: return t->kind != T_IF && t->kind != T_FOR && t->kind != T_SWEEP;
  case KW_PART: return lx->decls && follows(lx, t->span.hi) == 'a';
  default: return false;
  }
}

static Token separator(Lexer *lx, int why) {
  Token t = {.kind = T_SEP, .span = {lx->file, lx->prev_hi, lx->prev_hi}};
  t.tok.trail = lx->trail;
  lx->trail = NULL;
  lx->sep = why;
  return t;
}

static void hold(Lexer *lx, Token t, bool newline) {
  lx->has_held = true;
  lx->held = t;
  lx->held_newline = newline;
}

static Token fetch(Lexer *lx, bool *newline) {
  if (lx->stopped) {
    leave_brackets(lx);
    lx->has_held = false;
    lx->closing = 0;
    *newline = true;
    return (Token){.kind = T_YYEOF, .span = {lx->file, lx->n, lx->n}};
  }
  if (lx->closing) {
    lx->closing--;
    *newline = true;
    return (Token){.kind = '}', .span = {lx->file, lx->prev_hi, lx->prev_hi}};
  }
  if (lx->has_held) {
    lx->has_held = false;
    *newline = lx->held_newline;
    return lx->held;
  }
  Token t = lex_raw(lx);
  *newline = lx->newline;
  if (t.kind != T_YYEOF) t.tok.doc = take_doc(lx);
  t.tok.trail = lx->trail;
  lx->fresh = false;
  return t;
}

// A declaration at the left margin inside a block, or a part inside a handler: a `}` is missing above. The blocks are
// closed here, so that the rest of the file is still read. How many there are to close:
static int to_close(const Lexer *lx, const Token *t) {
  KeywordClass c = class_of(t);
  if (c == KW_PART && lx->decls && top_is(lx, OPEN_BLOCK) && t->kind != T_P_SCALED && at_start(lx->prev)) {
    int next = follows(lx, t->span.hi), n = 0; // two words in a row: no statement of a handler begins so
    if (next != 'a' && !(next >= '0' && next <= '9')) return 0;
    for (int k = lx->open.n - 1; lx->open.data[k].kind != OPEN_DECL; k--) n++;
    return n;
  }
  if (lx->text + t->span.lo != lx->line) return 0;
  bool only_script = c == KW_STATEMENT && t->kind != T_LET && t->kind != T_SIGNAL && t->kind != T_INJECT &&
                     t->kind != T_IF && t->kind != T_FOR && t->kind != T_EVERY;
  return c == KW_DECL || (only_script && lx->decls) ? lx->braces : 0;
}

static bool missing_brace(Lexer *lx, const Token *t, bool newline) {
  int n = newline && lx->braces ? to_close(lx, t) : 0;
  if (!n) return false;
  leave_brackets(lx);
  Span open;
  lexer_opener(lx, &open);
  Diag *e = lx->skipping ? NULL : lex_error(lx, E_BRACKET, open, "this `{` is not closed");
  diag_label(e, t->span, "a `}` is missing before this `%s`", t->tok.name->text);
  lx->has_suspect = false;
  hold(lx, *t, newline);
  lx->closing = n;
  return true;
}

// A bracket still open where the statement must end: reported at the bracket.
static bool unclosed_bracket(Lexer *lx, const Token *t, bool newline) {
  if (!in_brackets(lx)) return false;
  bool ends = t->kind == '}' || t->kind == ';' || (newline && breaks_off(lx, t));
  if (!ends) return false;
  Span open = vec_last(&lx->open).span;
  Diag *e = lx->skipping ? NULL : lex_error(lx, E_BRACKET, open, "this `%c` is not closed", lx->text[open.lo]);
  if (t->tok.name) diag_label(e, t->span, "`%c` is missing before this", top_is(lx, OPEN_PAREN) ? ')' : ']');
  leave_brackets(lx);
  hold(lx, *t, newline);
  return true;
}

static bool ends_statement(const Lexer *lx, const Token *t, bool newline) {
  if (lx->prev == 0 || lx->prev == T_SEP || lx->prev == '{') return false;
  bool closes = t->kind == T_YYEOF || (t->kind == '}' && lx->braces);
  if (closes) return !in_brackets(lx) && !unfinished(lx->prev);
  if (!newline && lx->prev != '}') return false;
  if (lx->open.n && !is_brace(vec_last(&lx->open).kind)) return false;
  if (unfinished(lx->prev)) return breaks_off(lx, t); // what should follow was forgotten
  return !continues(t->kind);
}

// Decides what a word means at this place.
static void settle_word(Lexer *lx, Token *t, bool newline) {
  int prev = lx->prev;
  bool value = prev == T_NUMBER || prev == ']' || prev == T_CINF || prev == T_CNAN || prev == T_CPI;
  if (t->kind == T_IDENT) {
    Unit u;
    if (value && !newline && unit_lookup(t->tok.name->text, t->tok.name->n, &u)) t->kind = T_UNIT;
    return;
  }
  KeywordClass c = class_of(t);
  int next = follows(lx, t->span.hi);
  if (c == KW_ON) {
    bool here = t->kind == T_P_COUNT ? prev == T_P_SPIKE : prev == T_P_ON;
    if (!here) t->kind = T_IDENT;
  } else if (t->kind == T_PREV) {
    if (next != 'a') t->kind = T_IDENT;
  } else if (c == KW_PART) {
    bool follow = (prev == T_P_ON && (t->kind == T_P_PRE || t->kind == T_P_POST)) ||
                  ((prev == T_P_PRE || prev == T_P_POST) && t->kind == T_P_STATE) ||
                  ((prev == T_LEARNING || prev == T_EPOCHS) && t->kind == T_P_ON);
    bool begins = at_start(prev) && (t->kind == T_P_SCALED ? lx->decls > 0 : top_is(lx, OPEN_DECL)) &&
                  (next == 0 || next == 'a' || strchr("([{-\"0123456789", next));
    if (!follow && !begins) t->kind = T_IDENT;
  }
}

static void open_bracket(Lexer *lx, Token *t, OpenKind kind) {
  if (!push(lx, kind, t->span)) t->kind = T_YYEOF;
}

// A closing bracket. One that closes nothing, or something else, is reported here.
static void close_bracket(Lexer *lx, Token *t, OpenKind kind) {
  if (top_is(lx, kind)) {
    pop(lx);
    return;
  }
  if (in_brackets(lx)) {
    Span open = vec_last(&lx->open).span;
    Diag *e = lex_error(lx, E_BRACKET, t->span, "`%c` does not match the bracket that is open", t->kind);
    diag_label(e, open, "this is closed by `%c`", kind == OPEN_PAREN ? ']' : ')');
    pop(lx);
  } else {
    lex_error(lx, E_BRACKET, t->span, "`%c` closes nothing", t->kind);
  }
  t->kind = T_YYerror;
}

static void open_block(Lexer *lx, Token *t) {
  bool body = lx->head == T_NEURON || lx->head == T_SYNAPSE || lx->head == T_RULE;
  bool inherits = lx->head == T_P_SCALED && top_is(lx, OPEN_DECL);
  if (!push(lx, body || inherits ? OPEN_DECL : OPEN_BLOCK, t->span)) t->kind = T_YYEOF;
}

static void close_block(Lexer *lx, Token *t) {
  leave_brackets(lx);
  if (!lx->open.n) {
    lex_error(lx, E_BRACKET, t->span, "this `}` closes nothing");
    t->kind = T_YYerror;
    return;
  }
  Open o = vec_last(&lx->open);
  bool first = t->span.lo == (uint32_t)(lx->line - lx->text) + indent_of(lx);
  if (first && indent_of(lx) < o.indent && !lx->has_suspect) {
    lx->has_suspect = true;
    lx->suspect = o.span;
  }
  pop(lx);
  if (!lx->braces) lx->has_suspect = false;
}

// Keeps account of what is open. Not before the layout is decided: a bracket stands after the end of a statement above.
static void count_brackets(Lexer *lx, Token *t) {
  switch (t->kind) {
  case '(': open_bracket(lx, t, OPEN_PAREN); break;
  case '[': open_bracket(lx, t, OPEN_SQUARE); break;
  case T_STRBEGIN: open_bracket(lx, t, OPEN_STRING); break;
  case '{': open_block(lx, t); break;
  case ')': close_bracket(lx, t, OPEN_PAREN); break;
  case ']': close_bracket(lx, t, OPEN_SQUARE); break;
  case '}': close_block(lx, t); break;
  default: break;
  }
}

// The next token with ends of statements, brackets counted.
static Token layout(Lexer *lx) {
  for (;;) {
    bool newline;
    Token t = fetch(lx, &newline);
    if (missing_brace(lx, &t, newline)) continue;
    if (unclosed_bracket(lx, &t, newline)) return (Token){.kind = T_YYerror, .span = t.span};
    if (ends_statement(lx, &t, newline)) {
      lx->trail = t.tok.trail;
      t.tok.trail = NULL;
      if (t.kind == '}' && t.span.lo == t.span.hi) lx->closing++; // a `}` made up: `held` is taken
      else hold(lx, t, newline);
      return separator(lx, t.kind == '}' ? '}' : t.kind == T_YYEOF ? 0 : '\n');
    }
    if (t.kind == ';') {
      if (at_start(lx->prev)) continue;
      t.kind = T_SEP;
      lx->sep = ';';
      return t;
    }
    if (t.tok.name) settle_word(lx, &t, newline);
    if (at_start(lx->prev)) lx->head = t.kind;
    count_brackets(lx, &t);
    return t;
  }
}

Token lexer_next(Lexer *lx) {
  for (;;) {
    int before = lx->braces;
    Token t = layout(lx);
    lx->prev = t.kind;
    lx->prev_hi = t.span.hi;
    bool inside = before > lx->skip_depth || lx->braces > lx->skip_depth;
    if (t.kind == T_YYEOF || !(lx->skipping && inside)) return t;
  }
}

void lexer_recover(Lexer *lx) {
  lx->skipping = true;
  lx->skip_depth = lx->braces - (lx->prev == '{');
}

void lexer_leave_string(Lexer *lx) {
  int k = lx->open.n - 1;
  while (k > 0 && lx->open.data[k].kind != OPEN_INTERP) k--;
  if (k < 0) return;
  Diag *e = lex_error(lx, E_STRING, lx->open.data[k].span, "this `{` in a string is not closed before the string ends");
  diag_hint(e, "close it with }; for a { as text write \\{");
  leave_brackets(lx);
  lx->p += strcspn((const char *)lx->p, "\n");
}

void lexer_recovered(Lexer *lx) { lx->skipping = false; }
