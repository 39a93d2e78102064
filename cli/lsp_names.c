// SPDX-License-Identifier: MIT
// Definition, references, rename. See lsp.h. What is declared is known by its file and the byte of its name; uses are
// looked for in the open documents, in the other files of the workspace that hold the name, and in the modules they use.
#include "cli/lsp.h"

#include "cli/cli.h"
#include "lang/doc.h"

#include <string.h>

// ---- places ----

typedef struct Target {
  char *path; // of the declaration
  uint32_t lo;
  const char *name;
} Target;

static Span name_of(const Word *w) { return (Span){w->span.file, w->span.lo + w->skip, w->span.hi}; }

static const Word *word_at(Lsp *l, const json_t *params, LspDoc **d) {
  uint32_t offset;
  if (!lsp_place(l, params, d, &offset)) return NULL;
  Analysis *an = lsp_analysis(l, *d);
  return index_at(an->index, an->file, offset);
}

static bool target_of(const Analysis *an, const Word *w, Target *t) {
  const Source *src = w && w->decl.file ? sources_get(an->sources, w->decl.file) : NULL;
  if (!src) return false;
  *t = (Target){.path = lsp_real_path(src->path), .lo = w->decl.lo, .name = w->name->text + w->skip};
  return true;
}

// ---- definition ----

static json_t *module_location(const Word *w) {
  char *real = lsp_real_path(w->node->info), *uri = lsp_uri(real);
  json_t *r = json_pack("{s:s, s:{s:{s:i, s:i}, s:{s:i, s:i}}}", "uri", uri, "range", "start", "line", 0, "character", 0, "end", "line", 0,
                        "character", 0);
  mem_free(real);
  mem_free(uri);
  return r;
}

json_t *lsp_definition(Lsp *l, const json_t *params) {
  LspDoc *d;
  const Word *w = word_at(l, params, &d);
  if (!w) return NULL;
  if (w->node->kind == N_USE && w->node->info) return module_location(w);
  return w->decl.file ? lsp_location(d->an, w->decl) : NULL;
}

// ---- references ----

typedef struct Found {
  char *path;
  uint32_t lo;
} Found;

typedef struct Search {
  const Target *target;
  bool declaration; // it counts too
  Vec(Found) found;
  void (*take)(void *ctx, const Analysis *an, const Word *w);
  void *ctx;
} Search;

static bool known(const Search *s, const char *path, uint32_t lo) {
  for (int k = 0; k < s->found.n; k++)
    if (s->found.data[k].lo == lo && strcmp(s->found.data[k].path, path) == 0) return true;
  return false;
}

static bool means(const Analysis *an, const Word *w, const Target *t) {
  if (!w->decl.file || w->decl.lo != t->lo || strcmp(w->name->text + w->skip, t->name) != 0) return false;
  char *real = lsp_real_path(sources_get(an->sources, w->decl.file)->path);
  bool same = strcmp(real, t->path) == 0;
  mem_free(real);
  return same;
}

static void search(Search *s, const Analysis *an) {
  for (int k = 0; k < an->index->n; k++) {
    const Word *w = &an->index->words[k];
    bool itself = w->span.file == w->decl.file && w->span.lo == w->decl.lo;
    if (!means(an, w, s->target) || (itself && !s->declaration)) continue;
    char *path = lsp_real_path(sources_get(an->sources, w->span.file)->path);
    if (known(s, path, w->span.lo)) {
      mem_free(path);
      continue;
    }
    vec_push(&s->found, (Found){path, w->span.lo});
    s->take(s->ctx, an, w);
  }
}

static bool is_open(const Lsp *l, const char *path) {
  char *real = lsp_real_path(path);
  bool open = false;
  for (int k = 0; k < l->docs.n; k++) open |= strcmp(l->docs.data[k]->path, real) == 0;
  mem_free(real);
  return open;
}

static void search_file(Lsp *l, Search *s, const char *path) {
  size_t n;
  const char *why;
  char *text = is_open(l, path) ? NULL : file_read(path, &n, &why);
  if (text && strstr(text, s->target->name)) {
    Analysis *an = lsp_analysis_of(l, path, text, n);
    search(s, an);
    analysis_free(an);
  }
  mem_free(text);
}

static void search_all(Lsp *l, Search *s) {
  Paths paths = {0};
  for (int k = 0; k < l->docs.n; k++) search(s, lsp_analysis(l, l->docs.data[k]));
  for (int k = 0; k < l->roots.n; k++) paths_add(&paths, l->roots.data[k]);
  for (int k = 0; k < paths.n; k++) search_file(l, s, paths.data[k]);
  paths_free(&paths);
  for (int k = 0; k < s->found.n; k++) mem_free(s->found.data[k].path);
  vec_free(&s->found);
}

static void add_location(void *ctx, const Analysis *an, const Word *w) { json_array_append_new(ctx, lsp_location(an, name_of(w))); }

json_t *lsp_references(Lsp *l, const json_t *params) {
  LspDoc *d;
  Target t;
  const Word *w = word_at(l, params, &d);
  if (!w || !target_of(d->an, w, &t)) return NULL;
  json_t *list = json_array();
  bool declaration = json_is_true(json_object_get(json_object_get(params, "context"), "includeDeclaration"));
  Search s = {.target = &t, .declaration = declaration, .take = add_location, .ctx = list};
  search_all(l, &s);
  mem_free(t.path);
  return list;
}

json_t *lsp_highlights(Lsp *l, const json_t *params) {
  LspDoc *d;
  const Word *w = word_at(l, params, &d);
  if (!w || !w->decl.file) return NULL;
  json_t *list = json_array();
  for (int k = 0; k < d->an->index->n; k++) {
    const Word *o = &d->an->index->words[k];
    if (o->span.file == d->an->file && o->decl.file == w->decl.file && o->decl.lo == w->decl.lo)
      json_array_append_new(list, json_pack("{s:o, s:i}", "range", lsp_range(lsp_source(d->an), name_of(o)), "kind", o->declares ? 3 : 2));
  }
  return list;
}

// ---- rename ----

// Whether the file may be changed: an open one, or one below a directory of the workspace.
static bool ours(const Lsp *l, const char *path) {
  for (int k = 0; k < l->roots.n; k++) {
    char *root = lsp_real_path(l->roots.data[k]);
    size_t n = strlen(root);
    bool below = strncmp(path, root, n) == 0 && path[n] == '/';
    mem_free(root);
    if (below) return true;
  }
  return is_open(l, path);
}

// The word to rename; NULL after a refusal.
static const Word *renamed(Lsp *l, const json_t *params, LspDoc **d, Target *t) {
  const Word *w = word_at(l, params, d);
  if (l->error) return NULL;
  if (!w) return lsp_refuse(l, LSP_FAILED, "there is no name here"), NULL;
  if (!target_of((*d)->an, w, t)) return lsp_refuse(l, LSP_FAILED, "`%s` is not declared in a file", w->name->text), NULL;
  if (ours(l, t->path)) return w;
  lsp_refuse(l, LSP_FAILED, "`%s` is declared in %s, which is not part of this workspace", w->name->text, t->path);
  mem_free(t->path);
  return NULL;
}

json_t *lsp_prepare_rename(Lsp *l, const json_t *params) {
  LspDoc *d;
  Target t;
  const Word *w = renamed(l, params, &d, &t);
  if (!w) return NULL;
  mem_free(t.path);
  return json_pack("{s:o, s:s}", "range", lsp_range(lsp_source(d->an), name_of(w)), "placeholder", w->name->text + w->skip);
}

// A name, the whole of it, and no reserved word: asked of the lexer itself.
static bool is_name(const char *text) {
  Sources *s = sources_new();
  Diags *d = diags_new(s);
  Interner *in = interner_new();
  Arena *a = arena_new();
  Lexer *lx = lexer_new(sources_add(s, "", text, strlen(text)), s, in, d, a);
  Token t = lexer_next(lx);
  bool ok = t.tok.name && t.span.lo == 0 && t.span.hi == strlen(text) && !keyword_is_reserved(text, strlen(text)) && !diags_count(d);
  lexer_free(lx);
  arena_free(a);
  interner_free(in);
  diags_free(d);
  sources_free(s);
  return ok;
}

typedef struct Edits {
  json_t *changes; // uri -> list
  const char *name;
} Edits;

static void add_edit(void *ctx, const Analysis *an, const Word *w) {
  Edits *e = ctx;
  json_t *loc = lsp_location(an, name_of(w)), *list;
  const char *uri = json_string_value(json_object_get(loc, "uri"));
  list = json_object_get(e->changes, uri);
  if (!list) json_object_set_new(e->changes, uri, list = json_array());
  json_array_append_new(list, json_pack("{s:O, s:s}", "range", json_object_get(loc, "range"), "newText", e->name));
  json_decref(loc);
}

// Documents are named as their editor named them.
static void keep_uris(const Lsp *l, json_t *changes) {
  for (int k = 0; k < l->docs.n; k++) {
    char *uri = lsp_uri(l->docs.data[k]->path);
    json_t *list = strcmp(uri, l->docs.data[k]->uri) ? json_object_get(changes, uri) : NULL;
    if (list) {
      json_object_set(changes, l->docs.data[k]->uri, list);
      json_object_del(changes, uri);
    }
    mem_free(uri);
  }
}

json_t *lsp_rename(Lsp *l, const json_t *params) {
  LspDoc *d;
  Target t;
  const char *name = json_string_value(json_object_get(params, "newName"));
  if (!name) return lsp_refuse(l, LSP_BAD_PARAMS, "the new name is missing");
  if (!is_name(name)) return lsp_refuse(l, LSP_FAILED, "`%s` cannot be a name", name);
  if (!renamed(l, params, &d, &t)) return NULL;
  Edits e = {.changes = json_object(), .name = name};
  Search s = {.target = &t, .declaration = true, .take = add_edit, .ctx = &e};
  search_all(l, &s);
  mem_free(t.path);
  keep_uris(l, e.changes);
  return json_pack("{s:o}", "changes", e.changes);
}
