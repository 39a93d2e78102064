// SPDX-License-Identifier: MIT
// The session as a script that runs: the statements that ran, as they were typed.
//
// Expressions that were only looked at become comments. A prompt lets a name be declared again, a script does not: an
// earlier declaration that nothing used is left out; one that was used gets another name, wherever it is meant, found by
// the language's own lexer so that comments and texts stay as they are.
#include "cli/repl.h"

#include "lang/lexer.h"
#include "lang/parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct Line {
  char *text;
  const Node *tree;
  bool look, dropped;
} Line;
typedef Vec(Line) Lines;

static const Atom *names_of(const Node *tree, Atom names[static 16], int *n) {
  *n = 0;
  for (int k = 0; k < tree->nlist && *n < 16; k++) {
    const Node *d = tree->list[k];
    if (d->name && node_is(d, NODE_NAMES)) names[(*n)++] = d->name;
  }
  return names;
}

static bool declares_name(const Node *tree, Atom name) {
  Atom names[16];
  int n;
  names_of(tree, names, &n);
  for (int k = 0; k < n; k++)
    if (names[k] == name) return true;
  return false;
}

// ---- names in a text ----

// Calls f with each place where the name stands for itself, not behind a point.
static int each_use(const char *text, const char *name, void (*f)(void *ctx, size_t at), void *ctx) {
  Sources *sources = sources_new();
  Interner *in = interner_new();
  Diags *d = diags_new(sources);
  Arena *a = arena_new();
  Lexer *lx = lexer_new(sources_add(sources, "<session>", text, strlen(text)), sources, in, d, a);
  Atom atom = intern_str(in, name);
  int count = 0, before = 0;
  for (Token t = lexer_next(lx); t.kind != T_YYEOF && t.kind != T_YYerror; before = t.kind, t = lexer_next(lx)) {
    if (t.tok.name != atom || t.kind == T_UNIT || before == '.') continue;
    if (f) f(ctx, t.span.lo);
    count++;
  }
  lexer_free(lx);
  arena_free(a);
  diags_free(d);
  interner_free(in);
  sources_free(sources);
  return count;
}

typedef struct Rename {
  const char *text, *name, *to;
  size_t copied;
  Str out;
} Rename;

static void rename_one(void *ctx, size_t at) {
  Rename *r = ctx;
  str_addn(&r->out, r->text + r->copied, at - r->copied);
  str_add(&r->out, r->to);
  r->copied = at + strlen(r->name);
}

static void rename_in(Line *l, const char *name, const char *to) {
  Rename r = {.text = l->text, .name = name, .to = to};
  if (!each_use(l->text, name, rename_one, &r)) return;
  str_add(&r.out, l->text + r.copied);
  mem_free(l->text);
  l->text = r.out.data;
}

static bool is_used(const Lines *lines, int from, int to, const char *name) {
  for (int k = from; k < to; k++)
    if (!lines->data[k].look && !lines->data[k].dropped && each_use(lines->data[k].text, name, NULL, NULL)) return true;
  return false;
}

static bool is_taken(const Lines *lines, const char *name) { return is_used(lines, 0, lines->n, name); }

// The declaration of line `old` is hidden by that of line `by`.
static void resolve(Lines *lines, int old, int by, const char *name) {
  if (lines->data[old].tree->nlist == 1 && lines->data[old].tree->list[0]->kind != N_POPULATION &&
      lines->data[old].tree->list[0]->kind != N_CONNECT && !is_used(lines, old + 1, by, name)) {
    lines->data[old].dropped = true;
    return;
  }
  Str to = {0};
  for (int k = 1; !to.n || is_taken(lines, to.data); k++) {
    to.n = 0;
    str_addf(&to, "%s_%d", name, k);
  }
  for (int k = old; k < by; k++) rename_in(&lines->data[k], name, to.data);
  str_free(&to);
}

static void resolve_all(Lines *lines) {
  for (int by = 1; by < lines->n; by++) {
    Atom names[16];
    int n;
    names_of(lines->data[by].tree, names, &n);
    for (int j = 0; j < n; j++)
      for (int old = by; old-- > 0;) {
        if (lines->data[old].dropped || !declares_name(lines->data[old].tree, names[j])) continue;
        resolve(lines, old, by, names[j]->text);
        break;
      }
  }
}

// ---- the script ----

static void add_comment(Str *out, const char *text) {
  for (const char *p = text; *p;) {
    size_t n = strcspn(p, "\n");
    str_addf(out, "# %.*s\n", (int)n, p);
    p += n + (p[n] == '\n');
  }
}

void repl_script(Repl *r, Str *out) {
  Lines lines = {0};
  for (int k = 0; k < r->said.n; k++) {
    const Said *s = &r->said.data[k];
    Str copy = {0};
    str_add(&copy, s->text);
    vec_push(&lines, (Line){.text = copy.data, .tree = s->tree, .look = s->look});
  }
  resolve_all(&lines);
  for (int k = 0; k < lines.n; k++) {
    Line *l = &lines.data[k];
    if (l->look) add_comment(out, l->text);
    else if (!l->dropped) str_addf(out, "%s\n", l->text);
    mem_free(l->text);
  }
  vec_free(&lines);
}

static bool write_file(const char *path, const Str *text) {
  FILE *f = fopen(path, "w");
  bool ok = f && fwrite(text->data, 1, text->n, f) == text->n;
  if (f && fclose(f) != 0) ok = false;
  if (!ok) fprintf(stderr, "%s cannot be written: %s\n", path, strerror(errno));
  return ok;
}

// What was written is checked as `hebb check` does it.
static bool check_script(const char *path, const Str *text) {
  Hebb *h = hebb_new();
  CompileJob job = {.path = path, .text = text->data, .n = text->n, .until = COMPILE_CHECK};
  bool ok = instance_compile(h, &job);
  if (!ok) {
    fprintf(stderr, "%s is written, but does not run yet as it stands:\n", path);
    show_diags(h);
  }
  hebb_free(h);
  return ok;
}

bool repl_save(Repl *r, const char *path) {
  Str text = {0};
  repl_script(r, &text);
  bool ok = false;
  if (!text.n) fputs("there is nothing to save yet\n", stderr);
  else ok = write_file(path, &text) && check_script(path, &text);
  if (ok) printf("%d statement%s in %s\n", r->said.n, r->said.n == 1 ? "" : "s", path);
  str_free(&text);
  return ok;
}
