// SPDX-License-Identifier: MIT
#include "lang/ast.h"

#include "base/arena.h"

#include <string.h>

Node *node_new(NodeKind kind, Span span, Arena *a) {
  Node *n = NEW(a, Node);
  n->kind = (uint8_t)kind;
  n->span = span;
  return n;
}

static Node **clone_list(Node *const *list, int n, Arena *a) {
  if (!n) return NULL;
  Node **copy = NEWN(a, Node *, n);
  for (int k = 0; k < n; k++) copy[k] = node_clone(list[k], a);
  return copy;
}

Node *node_clone(const Node *n, Arena *a) {
  if (!n) return NULL;
  Node *c = arena_dup(n, sizeof *n, a);
  for (int k = 0; k < 4; k++) c->kid[k] = node_clone(n->kid[k], a);
  c->list = clone_list(n->list, n->nlist, a);
  c->list2 = clone_list(n->list2, n->nlist2, a);
  c->list3 = clone_list(n->list3, n->nlist3, a);
  memset(&c->type, 0, sizeof c->type);
  c->sym = NULL;
  c->info = NULL;
  return c;
}

const char *node_kind_name(NodeKind kind) {
  static const char *const names[] = {
#define AST(kind, what) #kind,
#include "lang/ast.def"
#undef AST
  };
  return kind < N_KINDS ? names[kind] : "?";
}

bool node_is(const Node *n, unsigned any) {
  enum { MODEL = NODE_MODEL | NODE_DECLARES | NODE_NAMES | NODE_MODULE };
  static const uint8_t roles[N_KINDS] = {
      [N_NEURON] = MODEL,
      [N_SYNAPSE] = MODEL,
      [N_RULE] = MODEL,
      [N_NETWORK] = NODE_DECLARES | NODE_NAMES | NODE_MODULE,
      [N_FUNCTION] = NODE_DECLARES | NODE_NAMES | NODE_MODULE,
      [N_NATIVE] = NODE_MODULE,
      [N_USE] = NODE_MODULE,
      [N_TEST] = NODE_MODULE,
      [N_LET] = NODE_NAMES | NODE_MODULE,
      [N_SIGNAL] = NODE_NAMES,
      [N_POPULATION] = NODE_PART | NODE_NAMES,
      [N_CONNECT] = NODE_PART | NODE_NAMES,
      [N_RECORD] = NODE_NAMES,
      [N_RECSPIKES] = NODE_NAMES,
      [N_BUILD] = NODE_NAMES,
  };
  return roles[n->kind] & any;
}

const char *op_text(Op op) {
  static const char *const text[] = {
      [OP_NONE] = "=", [OP_ADD] = "+", [OP_SUB] = "-",  [OP_MUL] = "*",  [OP_DIV] = "/",   [OP_POW] = "^",
      [OP_LT] = "<",   [OP_LE] = "<=", [OP_GT] = ">",   [OP_GE] = ">=",  [OP_EQ] = "==",   [OP_NE] = "!=",
      [OP_AND] = "and", [OP_OR] = "or", [OP_NOT] = "not", [OP_NEG] = "-", [OP_DRAW] = "~",
  };
  return op <= OP_DRAW ? text[op] : "?";
}
