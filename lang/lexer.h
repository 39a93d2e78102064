// SPDX-License-Identifier: MIT
// Lexer: text -> tokens, with the ends of statements made explicit.
//
// Two layers. The scanner (re2c) cuts the text into words, numbers and signs. The layout above it decides with one token
// of lookahead where a statement ends (token SEP; the rules are in LANGUAGE.md section 2) and which words are keywords
// at this place. What the parser sees is regular: never a SEP at the beginning of a file or block, always one before its
// end unless the last statement is visibly unfinished. Strings arrive as STRBEGIN, then STRTEXT and
// INTERPOPEN ... INTERPCLOSE in turn, then STREND.
//
// The lexer reports its own errors (bytes that are no UTF-8, unclosed strings, brackets that do not match) and then
// returns the token YYerror, so that the parser recovers without a message of its own. Brackets are kept on a stack of
// its own, at most LEXER_DEPTH deep. Text that is no UTF-8 or holds a NUL gives one error and no tokens at all.
#ifndef HEBB_LEXER_H
#define HEBB_LEXER_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"

enum { LEXER_DEPTH = 400 };

// What a token carries; documents are of the `##` lines above it and, on a SEP or name, of the `##` behind it.
typedef struct Tok {
  Atom name;         // of words
  double num;        // of numbers
  const char *text;  // STRTEXT: decoded bytes; INTERPCLOSE: the format or NULL
  uint32_t textn;
  int flags;         // NF_INT, NF_PERCENT
  const char *doc;   // of the lines above
  const char *trail; // of the end of the line before
} Tok;

typedef struct Token {
  int kind; // a token number of parser.h
  Span span;
  Tok tok;
} Token;

typedef struct Lexer Lexer;
Lexer *lexer_new(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a);
void lexer_free(Lexer *lx);
Token lexer_next(Lexer *lx);

// Error recovery: from now on drop what stands in blocks deeper than here, until lexer_recovered.
void lexer_recover(Lexer *lx);
void lexer_recovered(Lexer *lx);
void lexer_leave_string(Lexer *lx); // a quotation mark where the braces in a string should end: reports it
void lexer_stop(Lexer *lx); // nothing but the end of the file from now on
bool lexer_stopped(const Lexer *lx);

// The innermost open bracket, or that of a block which by its indentation looks unclosed. False if all are closed.
bool lexer_opener(const Lexer *lx, Span *open);
// What the last SEP stands for: '\n', ';', '}' or 0 for the end of the file.
int lexer_sep(const Lexer *lx);

// The keywords (keywords.def), for messages, completion and the printer.
typedef enum KeywordClass { KW_DECL, KW_STATEMENT, KW_RESERVED, KW_CONSTANT, KW_PART, KW_ON, KW_SOFT } KeywordClass;
typedef struct Keyword {
  const char *text;
  int token;
  KeywordClass class_;
} Keyword;
const Keyword *keyword_find(const char *text, size_t n); // NULL if it is none
const Keyword *keywords(int *n);
bool keyword_is_reserved(const char *text, size_t n);

#endif
