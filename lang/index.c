// SPDX-License-Identifier: MIT
// See index.h. One walk over all trees collects words, sorting brings those of one place together, of which the one that
// knows most is kept.
#include "lang/index.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

typedef struct Walk {
  const Sources *sources;
  Vec(Word) words;
  bool quiet; // names of settings: they mean no variable
} Walk;

// ---- places ----

static bool same_place(Span a, Span b) { return a.file == b.file && a.lo == b.lo; }

static bool word_char(unsigned char c) {
  return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The place of a name that has no span of its own in the tree: its first occurrence as a whole word behind `from`.
static Span find_word(const Sources *s, Span from, uint32_t end, Atom name) {
  const Source *src = sources_get(s, from.file);
  if (!src || end > src->n) return (Span){0};
  for (uint32_t k = from.hi; k + name->n <= end; k++) {
    bool whole = (k == 0 || !word_char((unsigned char)src->text[k - 1])) && !word_char((unsigned char)src->text[k + name->n]);
    if (whole && memcmp(src->text + k, name->text, name->n) == 0) return (Span){from.file, k, k + name->n};
  }
  return (Span){0};
}

static Span index_variable(const Sources *s, const Node *pop) { return find_word(s, pop->name_span, pop->span.hi, pop->name2); }

Span sym_place(const Sym *s, const Sources *src) {
  if (!s) return (Span){0};
  if (s->of && !s->decl) s = s->of;
  const Node *d = s->decl;
  if (!d || s->kind == SYM_BUILTIN || s->kind == SYM_SELFVAR) return (Span){0};
  if (d->kind == N_POPULATION && d->name2 == s->name && d->name != s->name) return index_variable(src, d);
  return d->name == s->name || s->of ? d->name_span : (Span){0};
}

// dV is the derivative of V.
static bool derivative_of(Atom name, Atom x) {
  return x && name->n == x->n + 1 && name->text[0] == 'd' && memcmp(name->text + 1, x->text, x->n) == 0;
}

// ---- collecting ----

static void add(Walk *w, Span span, Atom name, const Sym *sym, Type type, const Node *node, bool declares) {
  if (!span.file || span.lo >= span.hi || !name) return;
  Word word = {.span = span, .name = name, .sym = sym, .type = type, .node = node, .declares = declares};
  word.decl = declares ? span : sym_place(sym, w->sources);
  word.skip = !declares && sym && derivative_of(name, sym->name);
  if (!sym && w->quiet) word.decl.file = UINT32_MAX; // not to be looked for
  vec_push(&w->words, word);
}

static void walk(Walk *w, const Node *n);

static void walk_list(Walk *w, Node *const *list, int n) {
  for (int k = 0; k < n; k++) walk(w, list[k]);
}

static void walk_kids(Walk *w, const Node *n) {
  for (int k = 0; k < 4; k++) walk(w, n->kid[k]);
  walk_list(w, n->list2, n->nlist2);
  walk_list(w, n->list, n->nlist);
  walk_list(w, n->list3, n->nlist3);
}

static const Sym *function_param(const Sym *f, Atom name) {
  const Node *d = f && f->kind == SYM_FUNC ? f->decl : NULL;
  for (int k = 0; d && k < d->nlist2; k++)
    if (d->list2[k]->name == name) return d->list2[k]->sym;
  return NULL;
}

static void walk_call(Walk *w, const Node *n) {
  const Sym *f = n->sym ? n->sym : n->kid[0] ? n->kid[0]->sym : NULL;
  for (int k = 0; k < n->nlist; k++) {
    const Node *arg = n->list[k];
    if (!arg || !arg->name || arg->kind != N_ARG) continue;
    const Sym *p = arg->sym ? arg->sym : function_param(f, arg->name);
    w->quiet = true; // an argument of a built-in function
    add(w, arg->name_span, arg->name, p, arg->type, arg, false);
    w->quiet = false;
  }
  walk_kids(w, n);
}

static void walk_model(Walk *w, const Node *n) {
  add(w, n->name_span, n->name, n->sym, n->sym ? n->sym->type : (Type){0}, n, true);
  if (n->name2) add(w, find_word(w->sources, n->name_span, n->span.hi, n->name2), n->name2, NULL, (Type){0}, n, false);
  walk_kids(w, n);
}

static void walk_population(Walk *w, const Node *n) {
  add(w, n->name_span, n->name, n->sym, n->type, n, true);
  const PopInfo *info = n->info;
  if (n->name2) add(w, index_variable(w->sources, n), n->name2, info ? info->index : NULL, (Type){0}, n, true);
  walk_kids(w, n);
}

static void walk_settings(Walk *w, const Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    w->quiet = true;
    walk(w, n->list[k]->kid[2]);
    w->quiet = false;
    walk(w, n->list[k]->kid[0]);
  }
}

static void walk(Walk *w, const Node *n) {
  if (!n) return;
  switch ((NodeKind)n->kind) {
  case N_NUM: case N_STRTEXT: return;
  case N_UNIT:
    if (n->kid[0]) walk_kids(w, n);
    return;
  case N_NAME: add(w, n->name_span, n->name, n->sym, n->type, n, false); return;
  case N_LIKE: add(w, n->name_span, n->name, n->sym, n->type, n, false); return;
  case N_MEMBER:
    walk(w, n->kid[0]);
    add(w, n->name_span, n->name, n->sym, n->type, n, false);
    return;
  case N_CALL: walk_call(w, n); return;
  case N_NEURON: case N_SYNAPSE: case N_RULE: walk_model(w, n); return;
  case N_POPULATION: walk_population(w, n); return;
  case N_SET: walk_settings(w, n); return;
  case N_USE: add(w, n->name_span, n->name, NULL, (Type){0}, n, false); return;
  case N_ON: add(w, n->name_span, n->name, NULL, (Type){0}, n, false); break;
  case N_METHOD: case N_ARG: break;
  case N_SPIKEWHEN: break;
  default:
    if (n->name) add(w, n->name_span, n->name, n->sym, n->sym ? n->sym->type : n->type, n, true);
  }
  walk_kids(w, n);
}

// ---- one word for each place ----

static int knows(const Word *w) {
  return 4 * (w->sym != NULL) + 2 * (w->type.kind != TY_NONE && w->type.kind != TY_ANY && w->type.kind != TY_ERROR) +
         w->declares;
}

static int by_place(const void *pa, const void *pb) {
  const Word *a = pa, *b = pb;
  if (a->span.file != b->span.file) return a->span.file < b->span.file ? -1 : 1;
  if (a->span.lo != b->span.lo) return a->span.lo < b->span.lo ? -1 : 1;
  return knows(b) - knows(a);
}

static void sort_words(Walk *w) {
  int n = 0;
  if (w->words.n) qsort(w->words.data, (size_t)w->words.n, sizeof *w->words.data, by_place);
  for (int k = 0; k < w->words.n; k++)
    if (!n || !same_place(w->words.data[n - 1].span, w->words.data[k].span)) w->words.data[n++] = w->words.data[k];
  w->words.n = n;
}

static const Node *statement_at(Node *const *files, int nfiles, Span at) {
  for (int k = 0; k < nfiles; k++) {
    if (files[k]->span.file != at.file) continue;
    for (int j = 0; j < files[k]->nlist; j++) {
      const Node *n = files[k]->list[j];
      if (n->span.lo <= at.lo && at.lo < n->span.hi) return n;
    }
  }
  return NULL;
}

static bool closed(const Node *n) {
  return n && (n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE || n->kind == N_FUNCTION || n->kind == N_NETWORK);
}

// Whether the word stands over dt.
static bool over_dt(const Sources *s, const Word *w) {
  const char *p = sources_get(s, w->span.file)->text + w->span.hi;
  p += strspn(p, " ");
  if (*p != '/') return false;
  p += 1 + strspn(p + 1, " ");
  return p[0] == 'd' && p[1] == 't' && !word_char((unsigned char)p[2]);
}

// How well a declaration fits a word by its name alone; 0: not at all.
static int fits(const Sources *s, const Word *w, const Word *d) {
  if (!d->declares) return 0;
  if (d->name != w->name && !(derivative_of(w->name, d->name) && over_dt(s, w))) return 0;
  bool event = w->node->kind == N_ON;
  if (event || d->node->kind == N_EVENT) return event && d->node->kind == N_EVENT ? 1 : 0;
  bool outer = !closed(d->inside) || d->node == d->inside;
  if (w->node->kind == N_NEURON || w->node->kind == N_SYNAPSE || w->node->kind == N_RULE) return d->node->kind == w->node->kind;
  if (d->inside == w->inside && d->span.file == w->span.file) return 3;
  if (!outer) return 0;
  return d->span.file == w->span.file ? 2 : 1;
}

static void resolve_by_name(Walk *walked) {
  for (int k = 0; k < walked->words.n; k++) {
    Word *w = &walked->words.data[k];
    int best = 0;
    if (w->decl.file == UINT32_MAX) w->decl = (Span){0};
    else if (!w->sym && !w->declares && w->node->kind != N_MEMBER && w->node->kind != N_USE)
      for (int j = 0; j < walked->words.n; j++) {
        const Word *d = &walked->words.data[j];
        int fit = fits(walked->sources, w, d);
        if (fit <= best) continue;
        best = fit;
        w->decl = d->span;
        w->sym = d->sym;
        w->skip = d->name != w->name;
        if (w->type.kind == TY_NONE) w->type = d->type;
      }
  }
}

NameIndex *index_new(Checker *c, const Sources *s, Arena *a) {
  Walk w = {.sources = s};
  int nfiles, nbodies;
  Node **files = checker_files(c, &nfiles), **bodies = checker_bodies(c, &nbodies);
  for (int k = 0; k < nfiles; k++) walk_list(&w, files[k]->list, files[k]->nlist);
  walk_list(&w, bodies, nbodies);
  sort_words(&w);
  for (int k = 0; k < w.words.n; k++) w.words.data[k].inside = statement_at(files, nfiles, w.words.data[k].span);
  resolve_by_name(&w);
  NameIndex *ix = NEW(a, NameIndex);
  ix->n = w.words.n;
  ix->words = vec_keep(&w.words, a);
  return ix;
}

// ---- asking ----

const Word *index_from(const NameIndex *ix, uint32_t file, uint32_t offset) {
  int lo = 0, hi = ix->n;
  while (lo < hi) {
    int mid = (lo + hi) / 2;
    const Word *w = &ix->words[mid];
    if (w->span.file < file || (w->span.file == file && w->span.lo < offset)) lo = mid + 1;
    else hi = mid;
  }
  return lo < ix->n && ix->words[lo].span.file == file ? &ix->words[lo] : NULL;
}

const Word *index_at(const NameIndex *ix, uint32_t file, uint32_t offset) {
  const Word *next = index_from(ix, file, offset);
  if (next && next->span.lo == offset) return next;
  const Word *w = next ? next - 1 : NULL;
  if (!next) // behind the last word of the file
    for (int k = ix->n - 1; k >= 0 && !w; k--)
      if (ix->words[k].span.file == file) w = &ix->words[k];
  if (!w || w < ix->words || w->span.file != file) return NULL;
  return w->span.lo <= offset && offset <= w->span.hi ? w : NULL;
}

const Word *index_declaration(const NameIndex *ix, Span decl) {
  const Word *w = decl.file ? index_at(ix, decl.file, decl.lo) : NULL;
  return w && same_place(w->span, decl) ? w : NULL;
}
