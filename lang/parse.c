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
// Calls are counted within each declaration, and within a file outside of declarations: what stands above a model, and
// how it is laid out, changes none of its random numbers.
static void number_list(Node *const *list, int n, uint32_t seed, uint32_t *count);

static void number_calls(Node *n, uint32_t seed, uint32_t *count) {
  if (!n) return;
  if (n->kind == N_CALL) n->draws = seed + ++*count;
  number_list(n->kid, 4, seed, count);
  number_list(n->list, n->nlist, seed, count);
  number_list(n->list2, n->nlist2, seed, count);
  number_list(n->list3, n->nlist3, seed, count);
}

static void number_list(Node *const *list, int n, uint32_t seed, uint32_t *count) {
  for (int k = 0; k < n; k++) number_calls(list[k], seed, count);
}

static bool declares(const Node *n) {
  return n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE || n->kind == N_NETWORK || n->kind == N_FUNCTION;
}

static void number_file(Node *file, uint32_t number) {
  uint32_t script = 0, seed = (number + 1) << 16;
  for (int k = 0; k < file->nlist; k++) {
    uint32_t own = 0;
    bool apart = declares(file->list[k]);
    number_calls(file->list[k], apart ? 0 : seed, apart ? &own : &script);
  }
}

static Node *parse(Parser *ps) {
  const Source *src = sources_get(ps->sources, ps->file);
  ps->lx = lexer_new(ps->file, ps->sources, ps->in, ps->d, ps->a);
  ps->top = items_new(ps);
  if (yyparse(ps) != 0) ps->stopped = true;
  Node *n = node_new(N_FILE, (Span){ps->file, 0, (uint32_t)src->n}, ps->a);
  with_list(ps, n, ps->top);
  number_file(n, ps->file);
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
