// SPDX-License-Identifier: MIT
// Open documents. See lsp.h. The protocol counts lines from 0 and columns in UTF-16 units.
#include "cli/lsp.h"

#include "lang/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- names of files ----

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

char *lsp_path(const char *uri) {
  Str s = {0};
  const char *p = strncmp(uri, "file://", 7) == 0 ? uri + 7 : uri;
  str_add(&s, "");
  if (p != uri && *p != '/') p += strcspn(p, "/"); // a host
  for (; *p; p++) {
    bool coded = p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0 && hex(p[1]) + hex(p[2]) > 0;
    str_addc(&s, coded ? (char)(16 * hex(p[1]) + hex(p[2])) : *p);
    if (coded) p += 2;
  }
  return s.data;
}

char *lsp_uri(const char *path) {
  Str s = {0};
  if (*path != '/') { // a document without a file
    str_add(&s, path);
    return s.data;
  }
  str_add(&s, "file://");
  for (; *path; path++) {
    unsigned char c = (unsigned char)*path;
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/-._~", c);
    if (plain) str_addc(&s, (char)c);
    else str_addf(&s, "%%%02X", c);
  }
  return s.data;
}

// As the system knows the file, so that two names of it are the same.
char *lsp_real_path(const char *path) {
  Str s = {0};
  char *real = realpath(path, NULL);
  str_add(&s, real ? real : path);
  free(real);
  return s.data;
}

// ---- places ----

static uint32_t char_bytes(unsigned char c) { return c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1; }

json_t *lsp_position(const Source *src, uint32_t offset) {
  uint32_t line, column, units = 0;
  if (offset > src->n) offset = (uint32_t)src->n;
  source_position(src, offset, &line, &column);
  for (uint32_t k = src->line[line - 1]; k < offset;) {
    uint32_t n = char_bytes((unsigned char)src->text[k]);
    units += n == 4 ? 2 : 1;
    k += n;
  }
  return json_pack("{s:i, s:i}", "line", (int)line - 1, "character", (int)units);
}

json_t *lsp_range(const Source *src, Span span) {
  return json_pack("{s:o, s:o}", "start", lsp_position(src, span.lo), "end", lsp_position(src, span.hi));
}

// The byte that a position means in a text.
static uint32_t offset_of(const char *text, size_t n, json_int_t line, json_int_t units) {
  size_t k = 0;
  for (; line > 0; line--) {
    const char *nl = memchr(text + k, '\n', n - k);
    if (!nl) return (uint32_t)n;
    k = (size_t)(nl - text) + 1;
  }
  while (units > 0 && k < n && text[k] != '\n' && text[k] != '\r') {
    uint32_t bytes = char_bytes((unsigned char)text[k]);
    if (bytes > n - k) break;
    units -= bytes == 4 ? 2 : 1;
    k += bytes;
  }
  return (uint32_t)k;
}

static bool read_position(const json_t *position, const char *text, size_t n, uint32_t *offset) {
  const json_t *line = json_object_get(position, "line"), *column = json_object_get(position, "character");
  if (!json_is_integer(line) || !json_is_integer(column)) return false;
  *offset = offset_of(text, n, json_integer_value(line), json_integer_value(column));
  return true;
}

// ---- documents ----

static LspDoc *doc_at(Lsp *l, const char *uri) {
  for (int k = 0; uri && k < l->docs.n; k++)
    if (strcmp(l->docs.data[k]->uri, uri) == 0) return l->docs.data[k];
  return NULL;
}

static const char *uri_of(const json_t *params) {
  return json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
}

LspDoc *lsp_doc(Lsp *l, const json_t *params) {
  LspDoc *d = doc_at(l, uri_of(params));
  if (!d) lsp_refuse(l, LSP_BAD_PARAMS, "no such document is open");
  return d;
}

static void forget_analysis(LspDoc *d) {
  analysis_free(d->an);
  d->an = NULL;
  d->unsaid = true;
}

static bool uses(const LspDoc *d, const LspDoc *other) {
  bool found = false;
  for (uint32_t f = 1; d->an && !found; f++) {
    const Source *src = sources_get(d->an->sources, f);
    if (!src) break;
    char *real = lsp_real_path(src->path);
    found = strcmp(real, other->path) == 0;
    mem_free(real);
  }
  return found;
}

// A document has another text: what was known of it and of those that use it is old.
static void changed(Lsp *l, LspDoc *d) {
  for (int k = 0; k < l->docs.n; k++)
    if (l->docs.data[k] != d && uses(l->docs.data[k], d)) forget_analysis(l->docs.data[k]);
  forget_analysis(d);
}

static void set_text(LspDoc *d, const char *text, size_t n) {
  d->text.n = 0;
  str_add(&d->text, "");
  str_addn(&d->text, text, n);
}

void lsp_open(Lsp *l, const json_t *params) {
  const json_t *item = json_object_get(params, "textDocument"), *text = json_object_get(item, "text");
  const char *uri = uri_of(params);
  if (!uri || !json_is_string(text)) return;
  LspDoc *d = doc_at(l, uri);
  if (!d) {
    d = mem_alloc(sizeof *d);
    Str s = {0};
    str_add(&s, uri);
    d->uri = s.data;
    char *path = lsp_path(uri);
    d->path = lsp_real_path(path);
    mem_free(path);
    vec_push(&l->docs, d);
  }
  d->version = json_integer_value(json_object_get(item, "version"));
  set_text(d, json_string_value(text), json_string_length(text));
  changed(l, d);
}

static void apply(LspDoc *d, const json_t *change) {
  const json_t *text = json_object_get(change, "text"), *range = json_object_get(change, "range");
  uint32_t lo, hi;
  if (!json_is_string(text)) return;
  if (!range || json_is_null(range)) {
    set_text(d, json_string_value(text), json_string_length(text));
    return;
  }
  if (!read_position(json_object_get(range, "start"), d->text.data, d->text.n, &lo) ||
      !read_position(json_object_get(range, "end"), d->text.data, d->text.n, &hi))
    return;
  if (hi < lo) hi = lo;
  Str s = {0};
  str_addn(&s, d->text.data, lo);
  str_addn(&s, json_string_value(text), json_string_length(text));
  str_addn(&s, d->text.data + hi, d->text.n - hi);
  str_free(&d->text);
  d->text = s;
}

void lsp_change(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  const json_t *changes = json_object_get(params, "contentChanges");
  size_t k;
  json_t *change;
  if (!d) return;
  json_array_foreach(changes, k, change) apply(d, change);
  d->version = json_integer_value(json_object_get(json_object_get(params, "textDocument"), "version"));
  changed(l, d);
}

static void doc_free(LspDoc *d) {
  analysis_free(d->an);
  str_free(&d->text);
  mem_free(d->uri);
  mem_free(d->path);
  mem_free(d);
}

void lsp_close(Lsp *l, const json_t *params) {
  LspDoc *d = lsp_doc(l, params);
  if (!d) return;
  changed(l, d);
  for (int k = 0; k < l->docs.n; k++)
    if (l->docs.data[k] == d) l->docs.data[k] = vec_pop(&l->docs);
  lsp_notify(l, "textDocument/publishDiagnostics", json_pack("{s:s, s:[]}", "uri", d->uri, "diagnostics"));
  doc_free(d);
}

void lsp_forget(Lsp *l) {
  for (int k = 0; k < l->docs.n; k++) doc_free(l->docs.data[k]);
  l->docs.n = 0;
}

// ---- analyses ----

// `use "file.hebb"`: an open document has its newest text.
static char *open_module(void *ctx, const char *name, bool is_file, const char *from, char **path, size_t *n, const char **why) {
  Lsp *l = ctx;
  const char *slash = from ? strrchr(from, '/') : NULL;
  Str full = {0};
  (void)why;
  if (!is_file) return NULL;
  if (name[0] != '/' && slash) str_addn(&full, from, (size_t)(slash - from) + 1);
  str_add(&full, name[0] == '.' && name[1] == '/' ? name + 2 : name);
  char *real = lsp_real_path(full.data), *text = NULL;
  for (int k = 0; k < l->docs.n && !text; k++) {
    const LspDoc *d = l->docs.data[k];
    if (strcmp(d->path, real) != 0) continue;
    text = mem_alloc(d->text.n + 1);
    memcpy(text, d->text.data, d->text.n);
    *n = d->text.n;
    *path = full.data;
    full = (Str){0};
  }
  mem_free(real);
  str_free(&full);
  return text;
}

Analysis *lsp_analysis_of(Lsp *l, const char *path, const char *text, size_t n) { return analysis_new(path, text, n, open_module, l); }

Analysis *lsp_analysis(Lsp *l, LspDoc *d) {
  if (!d->an) d->an = lsp_analysis_of(l, d->path, d->text.data, d->text.n);
  return d->an;
}

const Source *lsp_source(const Analysis *an) { return sources_get(an->sources, an->file); }

bool lsp_place(Lsp *l, const json_t *params, LspDoc **d, uint32_t *offset) {
  *d = lsp_doc(l, params);
  if (!*d) return false;
  if (read_position(json_object_get(params, "position"), (*d)->text.data, (*d)->text.n, offset)) return true;
  lsp_refuse(l, LSP_BAD_PARAMS, "a position is missing");
  return false;
}

json_t *lsp_location(const Analysis *an, Span span) {
  const Source *src = sources_get(an->sources, span.file);
  char *real = lsp_real_path(src->path), *uri = lsp_uri(real);
  json_t *loc = json_pack("{s:s, s:o}", "uri", uri, "range", lsp_range(src, span));
  mem_free(real);
  mem_free(uri);
  return loc;
}

// ---- messages about a text ----

// Where a module is used, for what is wrong inside it.
static Span place_of_use(const Analysis *an) {
  for (int k = 0; an->tree && k < an->tree->nlist; k++)
    if (an->tree->list[k]->kind == N_USE) return an->tree->list[k]->span;
  return (Span){an->file, 0, 0};
}

static json_t *related(const Analysis *an, int k) {
  json_t *list = json_array();
  Span span;
  const char *text;
  if (diags_span(an->diags, k).file && diags_span(an->diags, k).file != an->file)
    json_array_append_new(list, json_pack("{s:o, s:s}", "location", lsp_location(an, diags_span(an->diags, k)), "message", "it is here"));
  for (int j = 0; diags_label(an->diags, k, j, &span, &text); j++)
    if (span.file) json_array_append_new(list, json_pack("{s:o, s:s}", "location", lsp_location(an, span), "message", text));
  return list;
}

static json_t *message(const Analysis *an, int k) {
  Span span = diags_span(an->diags, k);
  Str text = {0};
  char code[16];
  str_add(&text, diags_text(an->diags, k));
  for (int j = 0; diags_note(an->diags, k, j); j++) str_addf(&text, "\n%s", diags_note(an->diags, k, j));
  snprintf(code, sizeof code, "E%04d", (int)diags_code(an->diags, k));
  if (span.file && span.file != an->file) span = place_of_use(an);
  int severity = diags_severity(an->diags, k) == SEV_ERROR ? 1 : diags_severity(an->diags, k) == SEV_WARNING ? 2 : 3;
  json_t *m = json_pack("{s:o, s:i, s:s, s:s, s:s%}", "range", lsp_range(lsp_source(an), span), "severity", severity, "code", code,
                        "source", "hebb", "message", text.data, text.n);
  if (!m) m = json_pack("{s:o, s:i, s:s, s:s, s:s}", "range", lsp_range(lsp_source(an), span), "severity", severity, "code", code, "source", "hebb", "message", "(a text that cannot be shown)");
  json_t *more = related(an, k);
  if (json_array_size(more)) json_object_set_new(m, "relatedInformation", more);
  else json_decref(more);
  str_free(&text);
  return m;
}

bool lsp_say(Lsp *l) {
  LspDoc *d = NULL;
  for (int k = 0; k < l->docs.n && !d; k++)
    if (l->docs.data[k]->unsaid) d = l->docs.data[k];
  if (!d) return false;
  d->unsaid = false;
  Analysis *an = lsp_analysis(l, d);
  json_t *list = json_array();
  bool empty = strspn(d->text.data, " \t\r\n") == d->text.n; // a file just begun is no error
  for (int k = 0; k < diags_count(an->diags) && !empty; k++) json_array_append_new(list, message(an, k));
  lsp_notify(l, "textDocument/publishDiagnostics",
             json_pack("{s:s, s:I, s:o}", "uri", d->uri, "version", d->version, "diagnostics", list));
  return true;
}
