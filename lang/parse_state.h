// SPDX-License-Identifier: MIT
// What the grammar's actions need: the parser's state, lists that grow, and builders of nodes. For parser.y, parse*.c.
//
// Builders keep Node.depth, and stop the parse with one error where a tree grows deeper than AST_DEPTH: every later pass
// may therefore recurse over a tree.
#ifndef HEBB_PARSE_STATE_H
#define HEBB_PARSE_STATE_H
#include "lang/ast.h"
#include "lang/lexer.h"

enum { AST_DEPTH = 1000 };

// A list of nodes that grows in the arena.
typedef struct Items {
  Node **data;
  int n, cap;
} Items;

typedef struct Parser {
  Lexer *lx;
  const Sources *sources;
  Interner *in;
  Diags *d;
  Arena *a;
  Items *top;       // of the file
  uint32_t file;
  bool prompt;      // a syntax error at the end of the text means "read another line"
  bool incomplete;  // that happened
  bool stopped;     // given up: nothing more is reported
  int errors;
  Token token, before, before2; // the last three tokens read
  const char *trail; // the `##` that stood before the name of the last mk_var
} Parser;

Items *items_new(Parser *ps);
Items *items_add(Parser *ps, Items *l, Node *n);
Items *items_one(Parser *ps, Node *n);
Items *items_join(Parser *ps, Items *l, const Items *more);

// A node with its kids; lists are given to it by with_list, or taken over from another node.
Node *mk(Parser *ps, NodeKind kind, Span span, Node *k0, Node *k1, Node *k2, Node *k3);
Node *with_op(Node *n, int op);
Node *with_name(Node *n, Atom name, Span span);
Node *with_flags(Node *n, int flags);
Node *with_kid(Parser *ps, Node *n, int k, Node *kid);
Node *with_list(Parser *ps, Node *n, const Items *l);
Node *with_list2(Parser *ps, Node *n, const Items *l);
void take_list(Parser *ps, Node *n, const Node *from);
// The text of a string without inserted values becomes the text of n.
void plain_text(Parser *ps, Node *n, const Node *str);

// Documentation: of one declaration; of the items of one statement, above them or behind them.
Node *with_doc(Node *n, const char *doc);
void trail_doc(Node *n, const Tok *sep);
void items_doc(Items *l, const char *above);
void items_trail(Items *l, const char *behind);

Node *mk_name(Parser *ps, const Tok *t, Span span);
Node *mk_number(Parser *ps, const Tok *t, Span span, Node *unit);
Node *mk_binary(Parser *ps, Op op, Span span, Node *a, Node *b);
Node *mk_unary(Parser *ps, Op op, Span span, Node *a);
Node *mk_call(Parser *ps, Span span, Node *f, const Items *args);
Node *mk_expr_statement(Parser *ps, Span span, Node *value);
Node *mk_assign(Parser *ps, Op op, Span span, Node *place, Node *value);
Node *mk_unit(Parser *ps, Atom name, Span span, double exponent);
Node *mk_unit_one(Parser *ps, const Tok *t, Span span);
Tok mk_exponent(Parser *ps, int sign, const Tok *num, const Tok *den, Span span);
// `name: unit = value`: a PARAM until items_kind says what it is.
Node *mk_var(Parser *ps, Span span, const Tok *name, Span name_span, Node *unit, Node *value, Op op);
Items *items_kind(Items *l, NodeKind kind, Place place);
Items *items_vars(Parser *ps, Items *parts, Items *vars, const Tok *word, const Tok *sep);
void items_const(Items *l);
void file_add(Parser *ps, Node *n, const Tok *sep);
void file_join(Parser *ps, const Items *l, int flags);

// The clauses of a connect or population statement, in any order, each once. NULL is none.
typedef struct Clauses {
  Node *via, *pattern, *sharing;
  Items *binds, *learn;
  int learn_before_via;
  bool transposed;
} Clauses;
Clauses *clause_via(Parser *ps, Clauses *c, Node *via);
Clauses *clause_pattern(Parser *ps, Clauses *c, Node *pattern);
Clauses *clause_sharing(Parser *ps, Clauses *c, Node *what, int transposed, Span span);
Clauses *clause_block(Parser *ps, Clauses *c, Items *binds, Span span);
Clauses *clause_learn(Parser *ps, Clauses *c, Items *rules);
Node *pattern_where(Parser *ps, Node *pattern, Node *cond, Span span);
Node *mk_connect(Parser *ps, Span span, Node *from, Node *to, const Clauses *c);
Node *mk_population(Parser *ps, Span span, const Tok *name, Span name_span, Node *neuron, Items *sizes,
                    const Clauses *c);

// Messages (parse_error.c). parse_unexpected gets the token found and all that could stand there instead.
Diag *parse_fault(Parser *ps, DiagCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void parse_too_deep(Parser *ps, Span span);
void parse_unexpected(Parser *ps, int found, Span span, const int *expected, int n);

#endif
