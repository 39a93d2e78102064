// SPDX-License-Identifier: MIT
// The syntax tree. One node type for everything: what each kind keeps where is the table ast.def.
//
// The parser builds it in the arena of the compilation; the checker annotates it (type, sym) in place. A declaration
// that is used with different units (a synapse, a function) is cloned per use, so a node has at most one type.
#ifndef HEBB_AST_H
#define HEBB_AST_H
#include "base/intern.h"
#include "base/source.h"
#include "lang/type.h"

#include <stdbool.h>

typedef enum NodeKind {
#define AST(kind, what) N_##kind,
#include "lang/ast.def"
#undef AST
  N_KINDS
} NodeKind;

typedef enum Op {
  OP_NONE,
  OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_POW,
  OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ, OP_NE,
  OP_AND, OP_OR, OP_NOT, OP_NEG,
  OP_DRAW // ~
} Op;
enum { C_TRUE, C_FALSE, C_INF, C_NAN, C_PI };
enum { ON_STEP, ON_EVERY, ON_START, ON_PRE, ON_POST, ON_UPDATE };
enum { PAT_ALL, PAT_ONE, PAT_PROB, PAT_INDEGREE, PAT_OUTDEGREE, PAT_TOTAL, PAT_WHERE, PAT_FROM };
enum { RUN_FOR, RUN_STEPS, RUN_UNTIL };
enum { DIR_IN, DIR_OUT, DIR_INOUT };
typedef enum Place { PLACE_SELF, PLACE_PRE, PLACE_POST } Place; // SELF in a synapse: one per synapse

enum {
  NF_INT = 1,         // a whole number as written
  NF_PERCENT = 2,
  NF_CONST = 4,
  NF_NO_SELF = 8,
  NF_SINGLE = 8,      // an expression: how many axes it has is known only when the script runs, and one number is needed
  NF_NO_MULTIPLE = 16,
  NF_KERNEL = 32,
  NF_TRANSPOSED = 32,
  NF_IMPURE = 64,
  NF_PAREN = 128      // stood in parentheses (for messages and the printer)
};

typedef struct Node Node;
typedef struct Sym Sym;

struct Node {
  uint8_t kind;  // NodeKind
  uint8_t op;    // Op or one of the enums above
  uint8_t place; // Place
  uint8_t flags; // NF_*
  Span span;     // the whole construct
  Span name_span;
  uint32_t depth; // of the tree under it, at most AST_DEPTH of the parser: recursion over a tree is safe
  Atom name, name2;
  double num;
  const char *text; // NUL-terminated, textn bytes
  uint32_t textn;
  Node *kid[4];
  Node **list, **list2, **list3;
  int nlist, nlist2, nlist3;
  uint32_t draws; // CALL: names its random numbers (parse.c)
  const char *doc; // the ## lines above, without marks; NULL if none
  // filled by the checker
  Type type;
  Sym *sym;
  void *info; // CONNECT: ConnInfo; POPULATION, CALL and others as check.h says
};

Node *node_new(NodeKind kind, Span span, Arena *a);
Node *node_clone(const Node *n, Arena *a); // deep; annotations are not copied
const char *node_kind_name(NodeKind kind);
// What kinds of nodes are good for at the top level (ast.c has the table).
enum {
  NODE_MODEL = 1,    // declares a neuron, synapse or rule
  NODE_DECLARES = 2, // declares what later statements use: those, functions and networks
  NODE_PART = 4,     // makes a part of the network that others refer to: populations, connections
  NODE_NAMES = 8,    // gives its name to something
  NODE_MODULE = 16   // may stand in a module
};
bool node_is(const Node *n, unsigned any);
const char *op_text(Op op); // "+", "<=", "and"

#endif
