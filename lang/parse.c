// SPDX-License-Identifier: MIT
#include "lang/parse.h"

#include "lang/parse_state.h"
#include "lang/parser.h"

int yylex(YYSTYPE *value, Span *span, Parser *ps) {
  Token t = lexer_next(ps->lx);
  ps->before2 = ps->before;
  ps->before = ps->token;
  ps->token = t;
  if (t.kind == T_YYerror) {
    ps->errors++; // the lexer has said what is wrong
    lexer_recover(ps->lx);
  }
  value->tok = t.tok;
  *span = t.span;
  return t.kind;
}

static Node *parse(Parser *ps) {
  const Source *src = sources_get(ps->sources, ps->file);
  ps->lx = lexer_new(ps->file, ps->sources, ps->in, ps->d, ps->a);
  ps->top = items_new(ps);
  if (yyparse(ps) != 0) ps->stopped = true;
  Node *n = node_new(N_FILE, (Span){ps->file, 0, (uint32_t)src->n}, ps->a);
  with_list(ps, n, ps->top);
  lexer_free(ps->lx);
  return n;
}

Node *parse_file(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a) {
  Parser ps = {.sources = s, .in = in, .d = d, .a = a, .file = file};
  return parse(&ps);
}

ParseState parse_prompt(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a, Node **out) {
  Parser ps = {.sources = s, .in = in, .d = d, .a = a, .file = file, .prompt = true};
  int before = diags_errors(d);
  *out = parse(&ps);
  if (diags_errors(d) > before) return PARSE_ERROR;
  return ps.incomplete ? PARSE_INCOMPLETE : PARSE_OK;
}
