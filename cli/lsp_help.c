// SPDX-License-Identifier: MIT
// Hover, completion, signatures. See lsp.h.
#include "cli/lsp.h"

#include "lang/complete.h"
#include "lang/doc.h"

#include <string.h>

// ---- hover ----

static void add_markdown(Str *out, const Doc *d) {
  if (d->code.n) str_addf(out, "```hebb\n%s\n```\n", d->code.data);
  if (d->about.n) str_addf(out, "\n%s\n", d->about.data);
  if (d->text.n) str_addf(out, "\n%s\n", d->text.data);
}

static json_t *hover_at(const Source *src, Span span, const Doc *d) {
  Str text = {0};
  add_markdown(&text, d);
  json_t *r = json_pack("{s:{s:s, s:s%}, s:o}", "contents", "kind", "markdown", "value", text.data ? text.data : "", text.n, "range", lsp_range(src, span));
  str_free(&text);
  return r;
}

static bool word_char(unsigned char c) {
  return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The word at a byte, where the index knows none.
static Span bare_word(const Source *src, uint32_t file, uint32_t offset) {
  uint32_t lo = offset, hi = offset;
  while (lo > 0 && word_char((unsigned char)src->text[lo - 1])) lo--;
  while (hi < src->n && word_char((unsigned char)src->text[hi])) hi++;
  return (Span){file, lo, hi};
}

static bool in_comment(const Source *src, uint32_t offset) {
  uint32_t lo = offset;
  while (lo && src->text[lo - 1] != '\n') lo--;
  bool string = false;
  for (uint32_t k = lo; k < offset; k++) {
    if (src->text[k] == '"') string = !string;
    if (src->text[k] == '#' && !string) return true;
  }
  return false;
}

json_t *lsp_hover(Lsp *l, const json_t *params) {
  LspDoc *d;
  uint32_t offset;
  if (!lsp_place(l, params, &d, &offset)) return NULL;
  Analysis *an = lsp_analysis(l, d);
  const Source *src = lsp_source(an);
  if (in_comment(src, offset)) return NULL;
  const Word *w = index_at(an->index, an->file, offset);
  Span span = w ? w->span : bare_word(src, an->file, offset);
  Doc doc = {0};
  json_t *r = NULL;
  const char *name = src->text + span.lo;
  size_t n = span.hi - span.lo;
  bool known = w ? doc_word(an, w, &doc) : n && (doc_keyword(name, n, &doc) || doc_unit(name, n, &doc));
  if (known) r = hover_at(src, span, &doc);
  doc_free(&doc);
  return r;
}

// ---- completion ----

typedef struct Items {
  json_t *list;
  int n;
} Items;

static void add_item(void *ctx, const Choice *c) {
  static const int kinds[] = {[CHOICE_KEYWORD] = 14, [CHOICE_FUNCTION] = 3, [CHOICE_MODEL] = 7, [CHOICE_VARIABLE] = 6, [CHOICE_PARAMETER] = 10,
                              [CHOICE_PROPERTY] = 5, [CHOICE_UNIT] = 11, [CHOICE_MODULE] = 9, [CHOICE_METHOD] = 20};
  Items *items = ctx;
  char order[16];
  snprintf(order, sizeof order, "%05d", items->n++);
  json_t *item = json_pack("{s:s, s:i, s:s}", "label", c->name, "kind", kinds[c->kind], "sortText", order);
  if (!item) return;
  if (c->detail) json_object_set_new(item, "detail", json_string(c->detail));
  if (c->text) json_object_set_new(item, "documentation", json_pack("{s:s, s:s}", "kind", "markdown", "value", c->text));
  json_array_append_new(items->list, item);
}

json_t *lsp_completion(Lsp *l, const json_t *params) {
  LspDoc *d;
  uint32_t offset;
  if (!lsp_place(l, params, &d, &offset)) return NULL;
  Items items = {.list = json_array()};
  complete_at(lsp_analysis(l, d), offset, add_item, &items);
  return json_pack("{s:b, s:o}", "isIncomplete", 0, "items", items.list);
}

// ---- signatures ----

json_t *lsp_signature_help(Lsp *l, const json_t *params) {
  LspDoc *d;
  uint32_t offset;
  SignatureHelp s;
  if (!lsp_place(l, params, &d, &offset) || !signature_at(lsp_analysis(l, d), offset, &s)) return NULL;
  json_t *list = json_array();
  for (int k = 0; k < s.param.n; k++)
    json_array_append_new(list, json_pack("{s:s%}", "label", s.label.data + s.param.data[k].lo, (size_t)(s.param.data[k].hi - s.param.data[k].lo)));
  json_t *one = json_pack("{s:s, s:o}", "label", s.label.data, "parameters", list);
  if (one && s.text.n) json_object_set_new(one, "documentation", json_pack("{s:s, s:s}", "kind", "markdown", "value", s.text.data));
  json_t *r = one ? json_pack("{s:[o], s:i, s:i}", "signatures", one, "activeSignature", 0, "activeParameter", s.active < 0 ? 0 : s.active) : NULL;
  signature_free(&s);
  return r;
}
