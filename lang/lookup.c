// SPDX-License-Identifier: MIT
// Names and what is known of them. See lookup.h.
#include "lang/lookup.h"

#include "base/str.h"
#include "lang/doc.h"
#include "vm/builtin.h"

#include <string.h>

typedef struct Seek {
  Compiler *c;
  const char *prefix;
  size_t n;
  LookupFn f;
  void *ctx;
} Seek;

static bool begins(const Seek *s, const char *name) { return strncmp(name, s->prefix, s->n) == 0; }

static void offer(const Seek *s, const char *name, const char *line) {
  if (begins(s, name)) s->f(s->ctx, name, line ? line : "");
}

// The first line of a documentation.
static void add_first_line(Str *out, const char *doc) {
  if (doc) str_addn(out, doc, strcspn(doc, "\n"));
}

// ---- symbols ----

static const char *doc_of(const Sym *s) { return s->doc ? s->doc : s->decl ? s->decl->doc : NULL; }

static bool has_type(const Sym *s) {
  return s->kind <= SYM_SIGNAL || s->kind == SYM_GLOBAL || s->kind == SYM_POP || s->kind == SYM_PROJ || s->kind == SYM_REC;
}

void lookup_line(Compiler *c, const Sym *s, Str *out) {
  const char *doc = doc_of(s);
  str_add(out, sym_word(s));
  if (doc) {
    str_add(out, ": ");
    add_first_line(out, doc);
  } else if (has_type(s)) {
    str_addf(out, ", %s", type_text(s->type, compiler_arena(c)));
  }
}

// Without an index at its end: "E[0:10]" has the members of E.
static size_t bare(const char *path, size_t n) {
  const char *open = memchr(path, '[', n);
  return open ? (size_t)(open - path) : n;
}

size_t lookup_head(const char *path) { return bare(path, strcspn(path, ".")); }

Sym *lookup_symbol(Compiler *c, const char *name, size_t n) {
  Checker *checker = compiler_checker(c);
  Sym *s = checker_find(checker, name, n, false);
  return s ? s : checker_find(checker, name, n, true);
}

static void offer_symbol(const Seek *s, const Sym *sym) {
  Str line = {0};
  if (!sym->name || !begins(s, sym->name->text)) return;
  lookup_line(s->c, sym, &line);
  offer(s, sym->name->text, line.data);
  str_free(&line);
}

static void offer_declared(const Seek *s) {
  int n;
  Sym **all = checker_declared(compiler_checker(s->c), &n);
  for (int k = 0; k < n; k++) offer_symbol(s, all[k]);
}

static void offer_functions(const Seek *s) {
  for (int k = 0; k < BUILTIN_COUNT; k++) {
    if (!begins(s, BUILTINS[k].name)) continue;
    Str line = {0};
    str_addf(&line, "%s: %s", BUILTINS[k].signature, BUILTINS[k].doc);
    offer(s, BUILTINS[k].name, line.data);
    str_free(&line);
  }
}

static void offer_keywords(const Seek *s) {
  static const char *const words[] = {
#define KEYWORD(text, token, class) text,
#include "lang/keywords.def"
#undef KEYWORD
  };
  for (size_t k = 0; k < sizeof words / sizeof *words; k++) offer(s, words[k], "keyword");
}

static void offer_units(const Seek *s) {
  static const char *const units[] = {
#define UNIT(name, ...) name,
#include "lang/units.def"
#undef UNIT
  };
  static const char *const prefixes[] = {"", "m", "u", "n", "p", "k", "M", "G", "c", "f"};
  char name[32];
  Unit u;
  for (size_t k = 0; k < sizeof units / sizeof *units; k++)
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
      size_t a = strlen(prefixes[p]), b = strlen(units[k]);
      if (a + b >= sizeof name) continue;
      memcpy(name, prefixes[p], a);
      memcpy(name + a, units[k], b + 1);
      if (begins(s, name) && unit_lookup(name, a + b, &u)) offer(s, name, "unit");
    }
}

void lookup_names(Compiler *c, unsigned what, const char *prefix, size_t n, LookupFn f, void *ctx) {
  Seek s = {c, prefix, n, f, ctx};
  if (what & LOOKUP_DECLARED) offer_declared(&s);
  if (what & LOOKUP_FUNCTIONS) offer_functions(&s);
  if (what & LOOKUP_KEYWORDS) offer_keywords(&s);
  if (what & LOOKUP_UNITS) offer_units(&s);
}

// ---- members ----

static void offer_model(const Seek *s, const Model *m) {
  for (int k = 0; m && k < m->nvars; k++)
    if (!m->vars[k]->hidden) offer_symbol(s, m->vars[k]);
}

static void offer_list(const Seek *s, const char *const *list) {
  for (; list[0]; list += 2) offer(s, list[0], list[1]);
}

static const char *const OF_NEURONS[] = {"N", "size of the population", "i", "index of each neuron", "last_spike",
                                         "time of the last spike, -inf before the first", "pos", "position: pos.x pos.y pos.z", NULL};
static const char *const OF_SYNAPSES[] = {"i", "source of each synapse", "j", "target of each synapse", "delay", "delay from the source",
                                          "post_delay", "delay from the target", "pre", "variables of the source", "post", "variables of the target", NULL};
static const char *const OF_RECORDINGS[] = {"t", "times of the samples", "i", "elements recorded", NULL};
static const char *const OF_SPIKES[] = {"t", "times of the spikes", "i", "neurons that spiked", NULL};
static const char *const OF_POSITIONS[] = {"x", "coordinate", "y", "coordinate", "z", "coordinate", NULL};

static void offer_connection(const Seek *s, const ConnInfo *ci) {
  if (!ci) return;
  offer_model(s, ci->syn);
  for (int k = 0; k < ci->nrules; k++)
    if (ci->rules[k].model) offer(s, ci->rules[k].model->name->text, "learning rule: its variables");
  offer_list(s, OF_SYNAPSES);
}

static bool offer_type(const Seek *s, Type t) {
  switch ((TypeKind)t.kind) {
  case TY_POP: offer_model(s, t.info); offer_list(s, OF_NEURONS); return true;
  case TY_PROJ: offer_connection(s, t.info); return true;
  case TY_REC: offer_list(s, OF_RECORDINGS); return true;
  case TY_SPIKES: offer_list(s, OF_SPIKES); offer_model(s, t.info); return true;
  case TY_TABLE: {
    const TableInfo *info = t.info;
    for (int k = 0; info && k < info->n; k++) offer(s, info->names[k]->text, type_text(info->types[k], compiler_arena(s->c)));
    return info != NULL;
  }
  default: return false;
  }
}

// The model behind the second name of "C.pre", "C.post", "C.STDP"; NULL.
static const Model *part_model(const ConnInfo *ci, const char *part, size_t n) {
  if (!ci) return NULL;
  if (n == 3 && memcmp(part, "pre", 3) == 0) return ci->pre;
  if (n == 4 && memcmp(part, "post", 4) == 0) return ci->post;
  for (int k = 0; k < ci->nrules; k++) {
    const Model *m = ci->rules[k].model;
    if (m && m->name->n == n && memcmp(m->name->text, part, n) == 0) return m;
  }
  return NULL;
}

bool lookup_members(Compiler *c, const char *path, size_t npath, const char *prefix, size_t n, LookupFn f, void *ctx) {
  Seek s = {c, prefix, n, f, ctx};
  const char *point = memchr(path, '.', npath);
  size_t first = bare(path, point ? (size_t)(point - path) : npath);
  Sym *sym = lookup_symbol(c, path, first);
  if (!sym || !has_type(sym)) return false;
  if (!point) return offer_type(&s, sym->type);
  const char *part = point + 1;
  size_t k = npath - (size_t)(part - path);
  if (k == 3 && memcmp(part, "pos", 3) == 0) {
    offer_list(&s, OF_POSITIONS);
    return true;
  }
  const Model *m = sym->type.kind == TY_PROJ ? part_model(sym->type.info, part, k) : NULL;
  offer_model(&s, m);
  return m != NULL;
}

// ---- one member ----

static bool same(Atom a, const char *name, size_t n) { return a && a->n == n && memcmp(a->text, name, n) == 0; }

static const Sym *model_var(const Model *m, const char *name, size_t n) {
  for (int k = 0; m && k < m->nvars; k++)
    if (!m->vars[k]->hidden && same(m->vars[k]->name, name, n)) return m->vars[k];
  return NULL;
}

static const char *listed(const char *const *list, const char *name) {
  for (; list && list[0]; list += 2)
    if (strcmp(list[0], name) == 0) return list[1];
  return NULL;
}

const Sym *lookup_member(const Sym *of, const char *member, const char **line) {
  const char *point = strchr(member, '.'), *last = point ? point + 1 : member;
  const ConnInfo *ci = of->type.kind == TY_PROJ ? of->type.info : NULL;
  const Model *m = point ? part_model(ci, member, (size_t)(point - member)) : ci ? ci->syn : of->type.info;
  bool models = of->type.kind == TY_POP || of->type.kind == TY_PROJ || of->type.kind == TY_SPIKES;
  const Sym *v = models ? model_var(m, last, strlen(last)) : NULL;
  const char *const *list = of->type.kind == TY_POP ? OF_NEURONS : of->type.kind == TY_PROJ ? OF_SYNAPSES : of->type.kind == TY_REC ? OF_RECORDINGS
                            : of->type.kind == TY_SPIKES ? OF_SPIKES : NULL;
  *line = v ? NULL : listed(point && strncmp(member, "pos.", 4) == 0 ? OF_POSITIONS : list, last);
  return v;
}
