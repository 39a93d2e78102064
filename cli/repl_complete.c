// SPDX-License-Identifier: MIT
// What may stand before the cursor: commands after a colon, files in quotes, members after a point, units after a number
// and after `in` and a colon, names everywhere else.
#include "cli/repl.h"

#include "lang/lookup.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool in_name(unsigned char c) { return isalnum(c) || c == '_' || c >= 0x80; }

static char *copy(const char *text) {
  Str s = {0};
  str_addn(&s, "", 0);
  str_add(&s, text);
  return s.data;
}

static void add(void *ctx, const char *name, const char *line) {
  Choices *c = ctx;
  for (int k = 0; k < c->list.n; k++)
    if (strcmp(c->list.data[k].name, name) == 0) return; // hidden by a nearer one
  vec_push(&c->list, (Choice){copy(name), copy(line)});
}

void choices_free(Choices *c) {
  for (int k = 0; k < c->list.n; k++) {
    mem_free(c->list.data[k].name);
    mem_free(c->list.data[k].line);
  }
  vec_free(&c->list);
}

static int by_name(const void *a, const void *b) { return strcmp(((const Choice *)a)->name, ((const Choice *)b)->name); }

// ---- commands and files ----

static void commands(const char *text, size_t cursor, size_t from, Choices *out) {
  int n;
  const ReplCommand *c = repl_commands(&n);
  for (int k = 0; k < n; k++)
    if (strncmp(c[k].name, text + from, cursor - from) == 0) add(out, c[k].name, c[k].line);
}

static void topics(const char *prefix, size_t n, Choices *out) {
  static const char *const names[][2] = {
#define HELP(name, title, text) {name, title},
#include "cli/help.def"
#undef HELP
  };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strncmp(names[k][0], prefix, n) == 0) add(out, names[k][0], names[k][1]);
}

static bool is_directory(const char *dir, const char *name) {
  Str path = {0};
  struct stat st;
  str_addf(&path, "%s%s", dir, name);
  bool yes = stat(path.data, &st) == 0 && S_ISDIR(st.st_mode);
  str_free(&path);
  return yes;
}

static void files(const char *path, size_t n, Choices *out) {
  size_t slash = n;
  while (slash && path[slash - 1] != '/') slash--;
  Str dir = {0}, name = {0};
  str_addn(&dir, path, slash);
  DIR *d = opendir(slash ? dir.data : ".");
  for (struct dirent *e; d && (e = readdir(d));) {
    if (strncmp(e->d_name, path + slash, n - slash) != 0 || (e->d_name[0] == '.' && n == slash)) continue;
    bool is_dir = is_directory(slash ? dir.data : "", e->d_name);
    name.n = 0;
    str_addf(&name, "%s%s%s", slash ? dir.data : "", e->d_name, is_dir ? "/" : "");
    add(out, name.data, "");
  }
  if (d) closedir(d);
  out->file = true;
  str_free(&dir);
  str_free(&name);
}

// Modules of the library, after `use`.
static void modules(Repl *r, const char *prefix, size_t n, Choices *out) {
  int ndirs;
  const char *const *dirs = compiler_library(instance_of(r->h).compiler, &ndirs);
  for (int k = 0; k < ndirs; k++) {
    DIR *d = opendir(dirs[k]);
    for (struct dirent *e; d && (e = readdir(d));) {
      size_t m = strlen(e->d_name);
      if (m < 6 || strcmp(e->d_name + m - 5, ".hebb") != 0 || strncmp(e->d_name, prefix, n) != 0) continue;
      e->d_name[m - 5] = 0;
      add(out, e->d_name, "module of the library");
    }
    if (d) closedir(d);
  }
}

// ---- places in a statement ----

// The quotation mark of the text that the cursor stands in, or -1.
static long open_quote(const char *text, size_t cursor) {
  long open = -1;
  for (size_t k = 0; k < cursor; k++) {
    if (open >= 0 && text[k] == '\\') k++;
    else if (text[k] == '"') open = open < 0 ? (long)k : -1;
    else if (open < 0 && text[k] == '#')
      while (k < cursor && text[k] != '\n') k++;
  }
  return open;
}

static bool word_before(const char *text, size_t at, const char *word) {
  size_t n = strlen(word);
  while (at && text[at - 1] == ' ') at--;
  return at >= n && memcmp(text + at - n, word, n) == 0 && (at == n || !in_name((unsigned char)text[at - n - 1]));
}

static bool unit_may_stand(const char *text, size_t at) {
  size_t k = at;
  while (k && text[k - 1] == ' ') k--;
  if (!k || word_before(text, at, "in")) return k != 0;
  unsigned char c = (unsigned char)text[k - 1];
  if (c == ']') return true;
  if (c == ':') return true;
  if (!isdigit(c) && c != '.' && c != '/') return false;
  if (c == '/') return true;
  while (k && (isalnum((unsigned char)text[k - 1]) || text[k - 1] == '.' || text[k - 1] == '_')) k--;
  return isdigit((unsigned char)text[k]) || text[k] == '.';
}

// Where "E[0:3].pre" begins that ends before the point at `at`.
static size_t object_begin(const char *text, size_t at) {
  size_t k = at;
  while (k) {
    unsigned char c = (unsigned char)text[k - 1];
    if (c == ']') {
      int depth = 0;
      do {
        depth += text[k - 1] == ']';
        depth -= text[k - 1] == '[';
        k--;
      } while (k && depth);
    } else if (in_name(c) || c == '.') {
      k--;
    } else {
      break;
    }
  }
  return k;
}

static void names(Repl *r, const char *text, size_t from, size_t n, Choices *out) {
  Compiler *c = instance_of(r->h).compiler;
  if (unit_may_stand(text, from)) {
    lookup_names(c, LOOKUP_UNITS, text + from, n, add, out);
    if (out->list.n && text[from - 1] != '/') return;
  }
  if (!n) { // everything would be too much: what the session has
    lookup_names(c, LOOKUP_DECLARED, "", 0, add, out);
    return;
  }
  lookup_names(c, LOOKUP_DECLARED | LOOKUP_FUNCTIONS | LOOKUP_KEYWORDS, text + from, n, add, out);
}

static size_t command_argument(const char *text, size_t cursor, Choices *out) {
  size_t k = 1 + strcspn(text + 1, " ");
  bool file = strncmp(text, ":load", 5) == 0 || strncmp(text, ":save", 5) == 0, help = strncmp(text, ":help", 5) == 0;
  k += strspn(text + k, " ");
  if (k > cursor) k = cursor;
  if (file) files(text + k, cursor - k, out);
  if (help) topics(text + k, cursor - k, out);
  return file || help ? k : 0;
}

void repl_complete(Repl *r, const char *text, size_t cursor, Choices *out) {
  size_t from = cursor;
  while (from && in_name((unsigned char)text[from - 1])) from--;
  size_t argument = text[0] == ':' && from > 1 ? command_argument(text, cursor, out) : 0;
  out->from = from;
  long quote = open_quote(text, cursor);
  if (quote >= 0 && !argument) {
    out->from = (size_t)quote + 1;
    files(text + quote + 1, cursor - out->from, out);
  } else if (text[0] == ':' && from == 1) {
    commands(text, cursor, 1, out);
  } else if (argument && out->list.n) {
    out->from = argument;
  } else if (from && text[from - 1] == '.' && !(from > 1 && isdigit((unsigned char)text[from - 2]))) {
    size_t begin = object_begin(text, from - 1);
    lookup_members(instance_of(r->h).compiler, text + begin, from - 1 - begin, text + from, cursor - from, add, out);
  } else if (word_before(text, from, "use")) {
    modules(r, text + from, cursor - from, out);
  } else {
    names(r, text, from, cursor - from, out);
  }
  if (out->list.n > 1) qsort(out->list.data, (size_t)out->list.n, sizeof *out->list.data, by_name);
}
