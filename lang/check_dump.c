// SPDX-License-Identifier: MIT
// The annotated tree as text, one node a line: what `hebb check --dump` shows of this pass.
#include "lang/check_impl.h"

#include "base/str.h"

#include <string.h>

static const char *const SYM_WORDS[] = {"param",   "state",  "input",   "let",      "weight",  "signal", "local",
                                        "selfvar", "global", "frame",   "function", "builtin", "native", "neuron",
                                        "synapse", "rule",   "network", "pop",      "proj",    "rec",    "module", "built"};

static void dump_sym(const Sym *s, Str *out) {
  str_addf(out, " -> %s %s", SYM_WORDS[s->kind], s->name->text);
  if (s->slot >= 0 && (s->kind == SYM_GLOBAL || s->kind == SYM_FRAME || (s->kind >= SYM_POP && s->kind <= SYM_REC)))
    str_addf(out, " #%d", s->slot);
  if (s->model) str_addf(out, " [%d]", s->index);
}

static void dump_node(const Node *n, int depth, Str *out, Arena *a);

static void dump_kids(const Node *n, int depth, Str *out, Arena *a) {
  for (int k = 0; k < 4; k++)
    if (n->kid[k]) dump_node(n->kid[k], depth, out, a);
  for (int k = 0; k < n->nlist2; k++) dump_node(n->list2[k], depth, out, a);
  for (int k = 0; k < n->nlist; k++) {
    if (n->list[k])
      dump_node(n->list[k], depth, out, a);
    else
      str_addf(out, "%*s-\n", 2 * depth, "");
  }
  for (int k = 0; k < n->nlist3; k++) dump_node(n->list3[k], depth, out, a);
}

static void dump_node(const Node *n, int depth, Str *out, Arena *a) {
  str_addf(out, "%*s%s", 2 * depth, "", node_kind_name((NodeKind)n->kind));
  if (n->name) str_addf(out, " %s", n->name->text);
  if (n->kind == N_NUM) str_addf(out, " %g", n->num);
  if (n->kind == N_BINARY || n->kind == N_UNARY) str_addf(out, " %s", op_text((Op)n->op));
  if (n->type.kind != TY_NONE) str_addf(out, " : %s%s", type_text(n->type, a), n->type.anydim ? " (any)" : "");
  if (n->sym) dump_sym(n->sym, out);
  str_addc(out, '\n');
  const Model *m = (n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE) ? n->info : NULL;
  if (m && m->decl != n) n = m->decl; // the clone that was checked
  dump_kids(n, depth + 1, out, a);
}

void check_dump(const Node *file, Str *out) {
  Arena *a = arena_new();
  dump_node(file, 0, out, a);
  arena_free(a);
}
