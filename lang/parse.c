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

// ---- which random numbers a call draws ----
// Calls are counted within each declaration and each statement at the top level; statements are told apart by what they
// make or change (RngKey). So what stands above, how it is laid out, and whether a script is run or typed at the prompt
// changes no random number.
static void number_list(Node *const *list, int n, uint32_t *count);

static void number_calls(Node *n, uint32_t *count) {
  if (!n) return;
  if (n->kind == N_CALL) n->draws = ++*count;
  number_list(n->kid, 4, count);
  number_list(n->list, n->nlist, count);
  number_list(n->list2, n->nlist2, count);
  number_list(n->list3, n->nlist3, count);
}

static void number_list(Node *const *list, int n, uint32_t *count) {
  for (int k = 0; k < n; k++) number_calls(list[k], count);
}

// A model and the statement that makes a population of it draw for the same object, and begin apart.
enum { DRAWS_OF_MODEL = 0, DRAWS_OF_SCRIPT = 1 << 16 };

static void number_file(Node *file) {
  for (int k = 0; k < file->nlist; k++) {
    bool apart = node_is(file->list[k], NODE_MODEL) || file->list[k]->kind == N_FUNCTION;
    uint32_t count = apart ? DRAWS_OF_MODEL : DRAWS_OF_SCRIPT;
    number_calls(file->list[k], &count);
  }
}

static Node *parse(Parser *ps) {
  const Source *src = sources_get(ps->sources, ps->file);
  ps->lx = lexer_new(ps->file, ps->sources, ps->in, ps->d, ps->a);
  ps->top = items_new(ps);
  if (yyparse(ps) != 0) ps->stopped = true;
  Node *n = node_new(N_FILE, (Span){ps->file, 0, (uint32_t)src->n}, ps->a);
  with_list(ps, n, ps->top);
  number_file(n);
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
