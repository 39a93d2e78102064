// SPDX-License-Identifier: MIT
// hebb doc: what there is to know about a name, a file or the library, as text or as a page of HTML.
#include "cli/cli.h"
#include "lang/doc.h"
#include "vm/builtin.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100 };

typedef struct Page {
  bool html;
  Str out;
} Page;

// ---- text and HTML ----

static void add_html(Str *s, const char *text, size_t n) {
  for (size_t k = 0; k < n; k++) {
    if (text[k] == '<') str_add(s, "&lt;");
    else if (text[k] == '>') str_add(s, "&gt;");
    else if (text[k] == '&') str_add(s, "&amp;");
    else if (text[k] == '"') str_add(s, "&quot;");
    else str_addc(s, text[k]);
  }
}

// Words between blanks, broken at WIDTH; line ends of the text stay.
static void add_wrapped(Str *s, const char *text, int indent) {
  int column = 0;
  for (const char *p = text; *p;) {
    size_t n = strcspn(p, " \n");
    if (column && column + 1 + (int)n > WIDTH) str_addc(s, '\n'), column = 0;
    if (column) str_addc(s, ' '), column++;
    else str_addf(s, "%*s", indent, ""), column = indent;
    str_addn(s, p, n);
    column += (int)n;
    p += n;
    if (*p == '\n') str_addc(s, '\n'), column = 0;
    p += *p != 0;
  }
  str_addc(s, '\n');
}

// Text with code between ` marks.
static void add_marked(Str *s, const char *text) {
  bool code = false;
  for (; *text; text++) {
    if (*text == '`') str_add(s, (code = !code) ? "<code>" : "</code>");
    else if (*text == '\n' && text[1] == '\n') str_add(s, "</p>\n<p>"), text++;
    else add_html(s, text, 1);
  }
  if (code) str_add(s, "</code>");
}

static void put_heading(Page *p, int level, const char *text, const char *id) {
  if (!p->html) {
    str_addf(&p->out, "%s%s\n", p->out.n ? "\n" : "", text);
    return;
  }
  str_addf(&p->out, "<h%d", level);
  if (id) {
    str_add(&p->out, " id=\"");
    add_html(&p->out, id, strlen(id));
    str_add(&p->out, "\"");
  }
  str_addc(&p->out, '>');
  add_html(&p->out, text, strlen(text));
  str_addf(&p->out, "</h%d>\n", level);
}

static void put_paragraph(Page *p, const char *text) {
  if (!text || !*text) return;
  if (!p->html) {
    add_wrapped(&p->out, text, 4);
    return;
  }
  str_add(&p->out, "<p>");
  add_marked(&p->out, text);
  str_add(&p->out, "</p>\n");
}

static void begin_rows(Page *p) { str_add(&p->out, p->html ? "<table>\n" : ""); }
static void end_rows(Page *p) { str_add(&p->out, p->html ? "</table>\n" : ""); }

static void put_row(Page *p, const char *code, const char *doc) {
  if (p->html) {
    str_add(&p->out, "<tr><td><code>");
    add_html(&p->out, code, strlen(code));
    str_add(&p->out, "</code></td><td>");
    add_marked(&p->out, doc ? doc : "");
    str_add(&p->out, "</td></tr>\n");
    return;
  }
  str_addf(&p->out, "    %s", code);
  int column = 4;
  for (const char *c = code; *c; c++) column += ((unsigned char)*c & 0xC0) != 0x80;
  if (doc) str_addf(&p->out, "%*s%.*s", column < 38 ? 40 - column : 2, "", (int)strcspn(doc, "\n"), doc);
  str_addc(&p->out, '\n');
}

static const char STYLE[] = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
                            "code,pre{font-family:monospace;background:#f4f4f4;border-radius:3px}code{padding:0 .2em}"
                            "pre{padding:.6em;overflow-x:auto}table{border-collapse:collapse}td{padding:.1em 1em .1em 0;vertical-align:top}"
                            "h2{border-bottom:1px solid #ccc}"
                            "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1c1c}code,pre{background:#2a2a2a}}";

static void print_page(const Page *p, const char *title) {
  const char *text = p->out.data ? p->out.data : "";
  if (!p->html) {
    fputs(text, stdout);
    return;
  }
  Str name = {0};
  add_html(&name, title, strlen(title));
  printf("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n%s</body>\n</html>\n",
         name.data ? name.data : "", STYLE, text);
  str_free(&name);
}

// ---- declarations ----

static void put_parts(Page *p, const Node *decl, const Sources *s, bool (*shows)(const Node *)) {
  for (int k = 0; k < decl->nlist; k++) {
    const Node *n = decl->list[k];
    if (n->kind == N_SCALED) put_parts(p, n, s, shows);
    if (!shows(n)) continue;
    Str code = {0};
    doc_heading(n, s, &code);
    put_row(p, code.data, n->doc);
    str_free(&code);
  }
}

static void put_declaration(Page *p, const Node *n, const Sources *s) {
  Str head = {0};
  doc_heading(n, s, &head);
  put_heading(p, 3, head.data, n->name ? n->name->text : NULL);
  str_free(&head);
  put_paragraph(p, n->doc);
  if (n->kind == N_FUNCTION || !node_is(n, NODE_DECLARES)) return;
  begin_rows(p);
  put_parts(p, n, s, doc_shows_variable);
  if (n->kind != N_NETWORK) put_parts(p, n, s, doc_shows_equation);
  end_rows(p);
}

static bool documented(const Node *n) {
  return n->name && (node_is(n, NODE_DECLARES) || ((n->kind == N_LET || n->kind == N_POPULATION || n->kind == N_SIGNAL) && n->doc));
}

// The first `##` lines of a file, where an empty line parts them from what follows.
static void put_file_doc(Page *p, const Source *src) {
  const char *line = src->text;
  Str doc = {0};
  while (*line == '\n' || (line[0] == '#' && line[1] != '#')) line += strcspn(line, "\n"), line += *line == '\n';
  for (; line[0] == '#' && line[1] == '#'; line += *line == '\n') {
    size_t n = strcspn(line, "\n"), from = line[2] == ' ' ? 3 : 2;
    if (n > from) str_addf(&doc, "%s%.*s", doc.n ? "\n" : "", (int)(n - from), line + from);
    line += n;
  }
  if (*line == '\n') put_paragraph(p, doc.data);
  str_free(&doc);
}

static bool put_file(Page *p, const char *path, const char *title) {
  size_t n;
  const char *why;
  char *text = file_read(path, &n, &why);
  if (!text) {
    usage_error("doc", "%s cannot be read: %s", path, why);
    return false;
  }
  Analysis *an = analysis_new(path, text, n, NULL, NULL);
  put_heading(p, 2, title, NULL);
  put_file_doc(p, sources_get(an->sources, an->file));
  for (int k = 0; an->tree && k < an->tree->nlist; k++)
    if (documented(an->tree->list[k])) put_declaration(p, an->tree->list[k], an->sources);
  analysis_free(an);
  mem_free(text);
  return true;
}

// ---- the library ----

static void put_functions(Page *p) {
  put_heading(p, 2, "Built-in functions", NULL);
  begin_rows(p);
  for (int k = 0; k < BUILTIN_COUNT; k++) {
    Str code = {0};
    str_addf(&code, "%s%s", BUILTINS[k].name, BUILTINS[k].signature);
    put_row(p, code.data, BUILTINS[k].doc);
    str_free(&code);
  }
  end_rows(p);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// The modules of the library: path of each, by name; a name counts in the first directory that has it.
static void library(Paths *out) {
  Sources *s = sources_new();
  Diags *d = diags_new(s);
  Interner *in = interner_new();
  Compiler *c = compiler_new(s, in, d);
  int n;
  const char *const *dirs = compiler_library(c, &n);
  for (int k = 0; k < n && !out->n; k++) {
    DIR *dir = opendir(dirs[k]);
    for (struct dirent *e; dir && (e = readdir(dir));) {
      size_t len = strlen(e->d_name);
      if (len <= 5 || e->d_name[0] == '.' || strcmp(e->d_name + len - 5, ".hebb") != 0) continue;
      Str path = {0};
      str_addf(&path, "%s/%s", dirs[k], e->d_name);
      vec_push(out, path.data);
    }
    if (dir) closedir(dir);
  }
  if (out->n) qsort(out->data, (size_t)out->n, sizeof *out->data, by_name);
  compiler_free(c);
  interner_free(in);
  diags_free(d);
  sources_free(s);
}

static void module_name(const char *path, Str *out) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  str_addn(out, base, strlen(base) - 5);
}

static bool put_library(Page *p) {
  Paths paths = {0};
  bool ok = true;
  library(&paths);
  for (int k = 0; k < paths.n; k++) {
    Str title = {0};
    str_add(&title, "use ");
    module_name(paths.data[k], &title);
    ok &= put_file(p, paths.data[k], title.data);
    str_free(&title);
  }
  put_functions(p);
  paths_free(&paths);
  return ok;
}

// ---- one name ----

static void put_doc(Page *p, Doc *d) {
  put_heading(p, 3, d->code.data, NULL);
  if (d->about.n) put_paragraph(p, d->about.data);
  if (d->text.n) put_paragraph(p, d->text.data);
  doc_free(d);
}

// All modules of the library as one text.
static Analysis *library_analysis(void) {
  Paths paths = {0};
  Str text = {0};
  library(&paths);
  for (int k = 0; k < paths.n; k++) {
    str_add(&text, "use ");
    module_name(paths.data[k], &text);
    str_addc(&text, '\n');
  }
  Analysis *an = analysis_new("<library>", text.data ? text.data : "", text.n, NULL, NULL);
  str_free(&text);
  paths_free(&paths);
  return an;
}

static bool put_symbol(Page *p, Analysis *an, const char *name) {
  size_t n = strcspn(name, ".");
  int count, found = 0;
  Sym **all = checker_seen(compiler_checker(an->compiler), &count);
  for (int k = 0; k < count; k++) {
    const Sym *s = all[k];
    if (!s->decl || s->name->n != n || memcmp(s->name->text, name, n) != 0) continue;
    const Node *part = name[n] ? doc_part(s->decl, name + n + 1) : NULL;
    if (name[n] && !part) continue;
    put_declaration(p, part ? part : s->decl, an->sources);
    const Source *src = sources_get(an->sources, s->decl->span.file);
    if (src) {
      Str from = {0};
      str_add(&from, "In the library: `use ");
      module_name(src->path, &from);
      str_add(&from, "`");
      put_paragraph(p, from.data);
      str_free(&from);
    }
    found++;
  }
  return found > 0;
}

static bool put_name(Page *p, Analysis *an, const char *name) {
  Doc d = {0};
  size_t n = strlen(name);
  bool found = put_symbol(p, an, name);
  if (doc_function(name, n, &d)) put_doc(p, &d), found = true;
  d = (Doc){0};
  if (doc_keyword(name, n, &d)) put_doc(p, &d), found = true;
  d = (Doc){0};
  if (doc_unit(name, n, &d)) put_doc(p, &d), found = true;
  d = (Doc){0};
  if (!found && doc_variable(name, &d)) put_doc(p, &d), found = true;
  return found;
}

static int unknown(Analysis *an, const char *name) {
  Vec(const char *) names = {0};
  int n;
  Sym **all = checker_seen(compiler_checker(an->compiler), &n);
  for (int k = 0; k < n; k++) vec_push(&names, all[k]->name->text);
  for (int k = 0; k < BUILTIN_COUNT; k++) vec_push(&names, BUILTINS[k].name);
  const Keyword *words = keywords(&n);
  for (int k = 0; k < n; k++) vec_push(&names, words[k].text);
  const char *near = nearest_name(name, names.data, names.n);
  int status = near ? usage_error("doc", "nothing is known of %s; did you mean %s?", name, near)
                    : usage_error("doc", "nothing is known of %s", name);
  vec_free(&names);
  return status;
}

// A module of the library of that name.
static bool put_module(Page *p, const char *name) {
  Paths paths = {0};
  bool found = false;
  library(&paths);
  for (int k = 0; k < paths.n && !found; k++) {
    Str title = {0};
    module_name(paths.data[k], &title);
    found = strcmp(title.data, name) == 0 && put_file(p, paths.data[k], title.data);
    str_free(&title);
  }
  paths_free(&paths);
  return found;
}

static int one_name(Page *p, const char *name) {
  Analysis *an = library_analysis();
  bool module = put_module(p, name);
  int status = put_name(p, an, name) || module ? EXIT_DONE : unknown(an, name);
  analysis_free(an);
  return status;
}

static bool is_file(const char *text) {
  size_t n = strlen(text);
  return strchr(text, '/') || (n > 5 && strcmp(text + n - 5, ".hebb") == 0);
}

int cmd_doc(int argc, char **argv) {
  static const struct option longs[] = {{"html", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
  Page p = {0};
  int opt, status = EXIT_DONE;
  while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    if (opt != 'h') return usage_error("doc", "see hebb --help");
    p.html = true;
  }
  if (argc - optind > 1) return usage_error("doc", "one name or file at a time");
  const char *what = optind < argc ? argv[optind] : NULL;
  if (p.html && !what) put_heading(&p, 1, "The library of hebb", NULL);
  if (!what) status = put_library(&p) ? EXIT_DONE : EXIT_MODEL;
  else if (is_file(what)) status = put_file(&p, what, what) ? EXIT_DONE : EXIT_MODEL;
  else status = one_name(&p, what);
  if (status == EXIT_DONE) print_page(&p, what ? what : "The library of hebb");
  str_free(&p.out);
  return status;
}
