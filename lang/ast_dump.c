// SPDX-License-Identifier: MIT
// The tree as it is stored, for those who work on the compiler. See ast_print.h.
#include "lang/ast_print.h"

#include <string.h>

typedef struct Out {
  Str *s;
  int indent;
} Out;

static void new_line(Out *o) {
  str_addc(o->s, '\n');
  for (int k = 0; k < o->indent; k++) str_add(o->s, "  ");
}

static void dump(Out *o, const Node *n, const char *role);

static void dump_list(Out *o, Node *const *list, int n, const char *role) {
  if (!n) return;
  new_line(o);
  str_add(o->s, role);
  o->indent++;
  for (int k = 0; k < n; k++) dump(o, list[k], "");
  o->indent--;
}

static void dump_facts(Out *o, const Node *n) {
  int flags = n->flags & ~NF_PAREN;
  if (n->name) str_addf(o->s, " %s", n->name->text);
  if (n->name2) str_addf(o->s, " name2=%s", n->name2->text);
  if (n->kind == N_BINARY || n->kind == N_UNARY) str_addf(o->s, " %s", op_text((Op)n->op));
  else if (n->op) str_addf(o->s, " op=%d", n->op);
  if (n->place) str_addf(o->s, " place=%d", n->place);
  if (flags) str_addf(o->s, " flags=%d", flags);
  if (n->kind == N_NUM || n->kind == N_UNIT) {
    str_add(o->s, " ");
    str_addnum(o->s, n->num);
  }
  if (n->text) {
    str_add(o->s, " ");
    str_addjson(o->s, n->text, n->textn);
  }
  if (n->doc) {
    str_add(o->s, " doc=");
    str_addjson(o->s, n->doc, strlen(n->doc));
  }
}

static void dump(Out *o, const Node *n, const char *role) {
  static const char *const kids[] = {"0: ", "1: ", "2: ", "3: "};
  if (o->s->n) new_line(o);
  if (!n) {
    str_addf(o->s, "%s()", role);
    return;
  }
  str_addf(o->s, "%s(%s", role, node_kind_name((NodeKind)n->kind));
  dump_facts(o, n);
  o->indent++;
  for (int k = 0; k < 4; k++)
    if (n->kid[k]) dump(o, n->kid[k], kids[k]);
  dump_list(o, n->list, n->nlist, "list");
  dump_list(o, n->list2, n->nlist2, "list2");
  dump_list(o, n->list3, n->nlist3, "list3");
  o->indent--;
  str_add(o->s, ")");
}

void ast_dump(const Node *n, Str *out) {
  Out o = {.s = out};
  dump(&o, n, "");
  str_addc(out, '\n');
}
