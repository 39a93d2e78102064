// SPDX-License-Identifier: MIT
// Symbols, colours, formatting, folding. See lsp.h.
#include "cli/lsp.h"

#include "lang/doc.h"
#include "lang/fmt.h"

#include <string.h>

// ---- symbols ----

enum { SYMBOL_MODULE = 2, SYMBOL_CLASS = 5, SYMBOL_METHOD = 6, SYMBOL_PROPERTY = 7, SYMBOL_FIELD = 8, SYMBOL_FUNCTION = 12, SYMBOL_VARIABLE = 13, SYMBOL_CONSTANT = 14,
       SYMBOL_ARRAY = 18, SYMBOL_OBJECT = 19, SYMBOL_EVENT = 24, SYMBOL_OPERATOR = 25 };

static int symbol_kind(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NEURON: case N_SYNAPSE: case N_RULE: case N_NETWORK: return SYMBOL_CLASS;
  case N_FUNCTION: case N_NATIVEFN: return SYMBOL_FUNCTION;
  case N_PARAM: return SYMBOL_CONSTANT;
  case N_STATE: case N_WEIGHT: case N_SIGNAL: case N_INPUT: return SYMBOL_FIELD;
  case N_LET: return SYMBOL_VARIABLE;
  case N_EVENT: case N_ON: case N_SPIKEWHEN: case N_SPIKECROSS: case N_SPIKECOUNT: return SYMBOL_EVENT;
  case N_EQUATION: return SYMBOL_OPERATOR;
  case N_POPULATION: return SYMBOL_ARRAY;
  case N_CONNECT: return SYMBOL_OBJECT;
  case N_RECORD: case N_RECSPIKES: return SYMBOL_VARIABLE;
  case N_TEST: return SYMBOL_METHOD;
  default: return 0;
  }
}

static void add_symbols(json_t *list, const Analysis *an, Node *const *nodes, int n);

// The first line of a thing, cut.
static void heading(const Node *n, const Analysis *an, Str *out) {
  doc_heading(n, an->sources, out);
  if (out->n <= 80) return;
  size_t k = 77;
  while (k && ((unsigned char)out->data[k] & 0xC0) == 0x80) k--;
  out->n = k;
  out->data[k] = 0;
  str_add(out, "...");
}

static json_t *symbol(const Analysis *an, const Node *n, int kind) {
  const Source *src = lsp_source(an);
  Str head = {0};
  heading(n, an, &head);
  bool named = n->name && n->kind != N_ON && n->kind != N_SPIKEWHEN && n->name_span.file == an->file &&
               n->name_span.lo >= n->span.lo && n->name_span.hi <= n->span.hi;
  Span select = named ? n->name_span : (Span){an->file, n->span.lo, n->span.lo};
  const char *name = named ? n->name->text : n->kind == N_TEST && n->textn ? n->text : head.n ? head.data : "?";
  json_t *s = json_pack("{s:s, s:i, s:o, s:o}", "name", name, "kind", kind, "range", lsp_range(src, n->span), "selectionRange", lsp_range(src, select));
  if (s && head.n && strcmp(name, head.data) != 0) json_object_set_new(s, "detail", json_string(head.data));
  str_free(&head);
  bool holds = n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE || n->kind == N_NETWORK;
  if (s && holds && n->nlist) {
    json_t *kids = json_array();
    add_symbols(kids, an, n->list, n->nlist);
    json_object_set_new(s, "children", kids);
  }
  return s;
}

static void add_symbols(json_t *list, const Analysis *an, Node *const *nodes, int n) {
  for (int k = 0; k < n; k++) {
    const Node *node = nodes[k];
    int kind = symbol_kind(node);
    if (node->span.file != an->file) continue;
    if (node->kind == N_SCALED) add_symbols(list, an, node->list, node->nlist);
    json_t *s = kind ? symbol(an, node, kind) : NULL;
    if (s) json_array_append_new(list, s);
  }
}

json_t *lsp_symbols(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  if (!d) return NULL;
  Analysis *an = lsp_analysis(l, d);
  json_t *list = json_array();
  if (an->tree) add_symbols(list, an, an->tree->list, an->tree->nlist);
  return list;
}

// ---- colours ----

static const char *const LOOKS[LOOK_COUNT] = {
    [LOOK_COMMENT] = "comment",   [LOOK_DOC] = "comment",      [LOOK_KEYWORD] = "keyword",     [LOOK_NUMBER] = "number",
    [LOOK_STRING] = "string",     [LOOK_OPERATOR] = "operator", [LOOK_UNIT] = "type",          [LOOK_MODULE] = "namespace",
    [LOOK_MODEL] = "class",       [LOOK_FUNCTION] = "function", [LOOK_PARAMETER] = "parameter", [LOOK_PROPERTY] = "property",
    [LOOK_VARIABLE] = "variable", [LOOK_EVENT] = "event",       [LOOK_METHOD] = "enumMember"};

json_t *lsp_token_legend(void) {
  json_t *types = json_array();
  for (int k = 0; k < LOOK_COUNT; k++) json_array_append_new(types, json_string(LOOKS[k]));
  return json_pack("{s:o, s:[s, s, s]}", "tokenTypes", types, "tokenModifiers", "declaration", "defaultLibrary", "documentation");
}

static uint32_t units(const char *text, uint32_t n) {
  uint32_t u = 0;
  for (uint32_t k = 0; k < n; k++) {
    unsigned char c = (unsigned char)text[k];
    u += (c & 0xC0) != 0x80;
    u += c >= 0xF0;
  }
  return u;
}

json_t *lsp_tokens(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  if (!d) return NULL;
  Analysis *an = lsp_analysis(l, d);
  const Source *src = lsp_source(an);
  int n;
  Looked *looks = analysis_looks(an, &n);
  json_t *data = json_array();
  uint32_t line = 0, column = 0, at = 0; // at: the line that offset k stands in, counted on
  for (int k = 0; k < n; k++) {
    while (at + 1 < src->nlines && src->line[at + 1] <= looks[k].span.lo) at++;
    uint32_t begin = units(src->text + src->line[at], looks[k].span.lo - src->line[at]);
    int modifiers = looks[k].declares | looks[k].builtin << 1 | (looks[k].look == LOOK_DOC) << 2;
    json_array_append_new(data, json_integer(at - line));
    json_array_append_new(data, json_integer(at == line ? begin - column : begin));
    json_array_append_new(data, json_integer(units(src->text + looks[k].span.lo, looks[k].span.hi - looks[k].span.lo)));
    json_array_append_new(data, json_integer(looks[k].look));
    json_array_append_new(data, json_integer(modifiers));
    line = at;
    column = begin;
  }
  return json_pack("{s:o}", "data", data);
}

// ---- formatting ----

json_t *lsp_formatting(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  if (!d) return NULL;
  Sources *s = sources_new();
  Diags *diags = diags_new(s);
  Interner *in = interner_new();
  Str out = {0};
  json_t *list = NULL;
  uint32_t file = sources_add(s, d->path, d->text.data, d->text.n);
  if (fmt_file(file, s, in, diags, &out)) {
    bool same = out.n == d->text.n && memcmp(out.data ? out.data : "", d->text.data, out.n) == 0;
    list = json_array();
    if (!same)
      json_array_append_new(list, json_pack("{s:o, s:s%}", "range", lsp_range(sources_get(s, file), (Span){file, 0, (uint32_t)d->text.n}), "newText", out.data ? out.data : "", out.n));
  }
  str_free(&out);
  interner_free(in);
  diags_free(diags);
  sources_free(s);
  return list;
}

// ---- folding ----

static void add_folds(json_t *list, const Source *src, Node *const *nodes, int n, uint32_t file) {
  for (int k = 0; k < n; k++) {
    const Node *node = nodes[k];
    uint32_t from, to, column;
    if (!node || node->span.file != file || node->span.hi <= node->span.lo) continue;
    source_position(src, node->span.lo, &from, &column);
    source_position(src, node->span.hi - 1, &to, &column);
    if (to > from) json_array_append_new(list, json_pack("{s:i, s:i}", "startLine", (int)from - 1, "endLine", (int)to - 1));
    if (to > from) add_folds(list, src, node->list, node->nlist, file);
  }
}

json_t *lsp_folding(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  if (!d) return NULL;
  Analysis *an = lsp_analysis(l, d);
  json_t *list = json_array();
  if (an->tree) add_folds(list, lsp_source(an), an->tree->list, an->tree->nlist, an->file);
  return list;
}
