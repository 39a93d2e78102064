// SPDX-License-Identifier: MIT
// The passes, in order, and the modules. See compile.h.
#include "lang/compile.h"

#include "base/str.h"
#include "lang/module.h"
#include "lang/parse.h"
#include "lang/paths.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Setting {
  const char *name;
  Node *value;
  bool used;
} Setting;

struct Compiler {
  Sources *sources;
  Interner *in;
  Diags *d;
  Arena *a; // trees, types, descriptors: as long as the instance
  Checker *checker;
  Lowering *lowering;
  Vec(ScriptProgram *) programs;
  Vec(Setting) settings;
  Vec(char *) dirs; // of the library
  ModulePath path;
  ModuleReader first; // asked before the files of `path`; NULL: none
  void *first_ctx;
  int first_kernel_dir; // in dirs
  Node *last; // tree of the last text
};

// ---- modules ----

static void add_dir(Compiler *c, const char *dir, size_t n) {
  if (n) vec_push(&c->dirs, arena_strndup(dir, n, c->a));
}

// True where the running program lies in the tree it was built in: its own library is meant then, not an installed one.
static bool runs_from_build(void) {
  char exe[4096];
  ssize_t n = readlink("/proc/self/exe", exe, sizeof exe);
  size_t dir = strlen(HEBB_BUILDDIR);
  return n > 0 && (size_t)n > dir && memcmp(exe, HEBB_BUILDDIR, dir) == 0 && exe[dir] == '/';
}

static void library_path(Compiler *c) {
  static const char installed[] = HEBB_DATADIR "/stdlib", sources[] = HEBB_SRCDIR "/stdlib";
  const char *list = getenv("HEBB_PATH");
  while (list && *list) {
    size_t n = strcspn(list, ":");
    add_dir(c, list, n);
    list += n + (list[n] == ':');
  }
  if (runs_from_build()) add_dir(c, sources, sizeof sources - 1);
  add_dir(c, installed, sizeof installed - 1);
  add_dir(c, sources, sizeof sources - 1);
  c->path = (ModulePath){(const char *const *)c->dirs.data, c->dirs.n};
}

static char *read_module(void *ctx, const char *name, bool is_file, const char *from, char **path, size_t *n,
                         const char **why) {
  Compiler *c = ctx;
  *why = NULL;
  char *text = c->first ? c->first(c->first_ctx, name, is_file, from, path, n, why) : NULL;
  return text || *why ? text : module_read(&c->path, name, is_file, from, path, n, why);
}

void compiler_modules(Compiler *c, ModuleReader reader, void *ctx) {
  c->first = reader;
  c->first_ctx = ctx;
}

// Where native libraries without a / in their names are: kernels that come along with hebb, in the same order.
static void kernel_path(Compiler *c) {
  static const char built[] = HEBB_BUILDDIR "/stdlib/kernels/.libs", installed[] = HEBB_KERNELDIR;
  int first = c->first_kernel_dir = c->dirs.n;
  const char *list = getenv("HEBB_KERNEL_PATH");
  while (list && *list) {
    size_t n = strcspn(list, ":");
    add_dir(c, list, n);
    list += n + (list[n] == ':');
  }
  if (runs_from_build()) add_dir(c, built, sizeof built - 1);
  add_dir(c, installed, sizeof installed - 1);
  if (!runs_from_build()) add_dir(c, built, sizeof built - 1);
  c->path.dirs = (const char *const *)c->dirs.data; // may have moved
  checker_native_dirs(c->checker, (const char *const *)c->dirs.data + first, c->dirs.n - first);
}

// ---- making ----

Compiler *compiler_new(Sources *s, Interner *in, Diags *d) {
  Compiler *c = mem_alloc(sizeof *c);
  c->sources = s;
  c->in = in;
  c->d = d;
  c->a = arena_new();
  library_path(c);
  c->checker = checker_new(s, in, d, c->a, read_module, c);
  kernel_path(c);
  c->lowering = lowering_new(d, c->a);
  return c;
}

void compiler_free(Compiler *c) {
  if (!c) return;
  for (int k = 0; k < c->programs.n; k++) script_program_free(c->programs.data[k]);
  vec_free(&c->programs);
  vec_free(&c->settings);
  vec_free(&c->dirs);
  lowering_free(c->lowering);
  checker_free(c->checker);
  arena_free(c->a);
  mem_free(c);
}

const char *const *compiler_kernel_dirs(Compiler *c, int *n) {
  *n = c->dirs.n - c->first_kernel_dir;
  return (const char *const *)c->dirs.data + c->first_kernel_dir;
}

Checker *compiler_checker(Compiler *c) { return c->checker; }
Lowering *compiler_lowering(Compiler *c) { return c->lowering; }
Arena *compiler_arena(Compiler *c) { return c->a; }
const char *const *compiler_library(const Compiler *c, int *n) {
  *n = c->path.n;
  return c->path.dirs;
}
Node **compiler_files(Compiler *c, int *n) { return checker_files(c->checker, n); }

// ---- values given from outside ----

static const char *const SETTINGS[] = {"dt", "seed", "threads", "precision", "method", "semantics", "rtol", "atol"};
enum { NSETTINGS = sizeof SETTINGS / sizeof *SETTINGS };

static bool is_setting(const char *name) {
  for (int k = 0; k < NSETTINGS; k++)
    if (strcmp(name, SETTINGS[k]) == 0) return true;
  return false;
}

bool compiler_set(Compiler *c, const char *name, const char *value) {
  Str s = {0};
  int before = diags_errors(c->d);
  str_addf(&s, "let %s = %s\n", name, value);
  char *path = arena_printf(c->a, "<%s=%s>", name, value);
  Node *tree = parse_file(sources_add(c->sources, path, s.data, s.n), c->sources, c->in, c->d, c->a);
  str_free(&s);
  if (diags_errors(c->d) > before || tree->nlist != 1 || tree->list[0]->kind != N_LET) return false;
  vec_push(&c->settings, (Setting){.name = arena_strdup(name, c->a), .value = tree->list[0]->kid[0]});
  return true;
}

const char *compiler_unused_set(const Compiler *c) {
  for (int k = 0; k < c->settings.n; k++)
    if (!c->settings.data[k].used) return c->settings.data[k].name;
  return NULL;
}

const char *const *compiler_settable(Compiler *c, int *n) {
  Vec(const char *) names = {0};
  for (int k = 0; c->last && k < c->last->nlist; k++)
    if (c->last->list[k]->kind == N_LET && c->last->list[k]->name) vec_push(&names, c->last->list[k]->name->text);
  for (int k = 0; k < NSETTINGS; k++) vec_push(&names, SETTINGS[k]);
  *n = names.n;
  return vec_keep(&names, c->a);
}

static bool override_let(Node *tree, const Setting *s) {
  for (int k = 0; k < tree->nlist; k++) {
    Node *n = tree->list[k];
    if (n->kind != N_LET || !n->name || strcmp(n->name->text, s->name) != 0) continue;
    n->kid[0] = s->value;
    n->op = OP_NONE;
    return true;
  }
  return false;
}

static bool override_option(Node *tree, const Setting *s) {
  bool found = false;
  for (int k = 0; k < tree->nlist; k++) {
    Node *n = tree->list[k];
    for (int j = 0; n->kind == N_SET && j < n->nlist; j++) {
      Node *b = n->list[j];
      if (b->kid[2]->kind != N_NAME || strcmp(b->kid[2]->name->text, s->name) != 0) continue;
      b->kid[0] = s->value;
      b->op = OP_NONE;
      found = true;
    }
  }
  return found;
}

// set NAME = VALUE as the first statement.
static void prepend_option(Compiler *c, Node *tree, const Setting *s) {
  Node *set = node_new(N_SET, s->value->span, c->a), *bind = node_new(N_BIND, s->value->span, c->a);
  Node *name = node_new(N_NAME, s->value->span, c->a);
  Node **list = NEWN(c->a, Node *, tree->nlist + 1);
  name->name = intern_str(c->in, s->name);
  bind->kid[0] = s->value;
  bind->kid[2] = name;
  set->list = NEWN(c->a, Node *, 1);
  set->list[0] = bind;
  set->nlist = 1;
  list[0] = set;
  for (int k = 0; k < tree->nlist; k++) list[k + 1] = tree->list[k];
  tree->list = list;
  tree->nlist++;
}

// ---- statements one by one ----

// `let a = 1, b = 2` is two nodes of one statement: between them stand a comma, blanks and comments only.
static bool joined_by_comma(const Source *s, uint32_t lo, uint32_t hi) {
  while (s && lo < hi && lo < s->n) {
    char ch = s->text[lo];
    if (ch == ',') return true;
    if (ch == '#') {
      while (lo < hi && s->text[lo] != '\n') lo++;
    } else if (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r') {
      lo++;
    } else {
      return false;
    }
  }
  return false;
}

// ---- the passes ----

// True if no statement is missing from the tree for the errors reported: then the checker has something to say as well.
static bool tree_is_whole(const Diags *d) {
  for (int k = 0; k < diags_count(d); k++)
    if (diags_severity(d, k) == SEV_ERROR && diags_code(d, k) != E_STRING_FORMAT) return false;
  return true;
}

static bool pass_parse(Compiler *c, CompileJob *job) {
  int before = diags_errors(c->d);
  if (job->tree) { // parsed before
    c->last = job->tree;
    return true;
  }
  job->file = sources_add(c->sources, job->path, job->text, job->n);
  if (job->prompt) job->incomplete = parse_prompt(job->file, c->sources, c->in, c->d, c->a, &job->tree) == PARSE_INCOMPLETE;
  else job->tree = parse_file(job->file, c->sources, c->in, c->d, c->a);
  c->last = job->tree;
  if (!job->prompt && diags_errors(c->d) == before && job->tree->nlist == 0)
    diag(c->d, E_EMPTY_FILE, (Span){0}, "%s is empty: there is nothing to do", job->path);
  return !job->incomplete && (diags_errors(c->d) == before || tree_is_whole(c->d));
}

static bool pass_settings(Compiler *c, CompileJob *job) {
  for (int k = 0; k < c->settings.n; k++) {
    Setting *s = &c->settings.data[k];
    if (s->used) continue;
    s->used = override_let(job->tree, s) || override_option(job->tree, s);
    if (s->used || !is_setting(s->name)) continue;
    prepend_option(c, job->tree, s);
    s->used = true;
  }
  return true;
}

static bool pass_check(Compiler *c, CompileJob *job) { return check_file(c->checker, job->tree); }

static bool pass_script(Compiler *c, CompileJob *job) {
  ScriptInput in = {.sources = c->sources, .diags = c->d, .checker = c->checker, .lowering = c->lowering, .prompt = job->prompt};
  in.files = checker_files(c->checker, &in.nfiles);
  job->program = script_compile(&in);
  if (job->program) vec_push(&c->programs, job->program);
  return job->program != NULL;
}

typedef struct Pass {
  CompileUntil part_of;
  bool (*run)(Compiler *c, CompileJob *job);
} Pass;
static const Pass PASSES[] = {
    {COMPILE_PARSE, pass_parse},    // text -> tree
    {COMPILE_CHECK, pass_settings}, // values given from outside
    {COMPILE_CHECK, pass_check},    // names, types, units; modules of `use`
    {COMPILE_SCRIPT, pass_script},  // statements -> bytecode; bodies -> lane IR -> kernels of initial values
};                                  // the rest, equations and handlers -> kernels, is done when a run starts (link.c)

// The tree of a text with errors lacks statements: what the checker makes of the rest is of use, its messages are not.
static void check_rest(Compiler *c, CompileJob *job) {
  int n = diags_count(c->d);
  if (job->tree) check_file(c->checker, job->tree);
  diags_keep(c->d, n);
}

bool compile(Compiler *c, CompileJob *job) {
  int before = diags_errors(c->d);
  for (size_t k = 0; k < sizeof PASSES / sizeof *PASSES; k++) {
    if (PASSES[k].part_of > job->until) break;
    if (PASSES[k].part_of == COMPILE_SCRIPT && diags_errors(c->d) > before) return false;
    bool ok = PASSES[k].run(c, job);
    if (!ok && job->tolerant && PASSES[k].run == pass_parse) check_rest(c, job);
    if (!ok) return false;
  }
  return diags_errors(c->d) == before;
}

int compiler_split(Compiler *c, const CompileJob *job, Node ***parts) {
  Vec(Node *) out = {0};
  const Source *src = sources_get(c->sources, job->file);
  Node *tree = job->tree;
  for (int k = 0; k < tree->nlist;) {
    int from = k++;
    while (k < tree->nlist && joined_by_comma(src, tree->list[k - 1]->span.hi, tree->list[k]->span.lo)) k++;
    Node *part = node_new(N_FILE, span_join(tree->list[from]->span, tree->list[k - 1]->span), c->a);
    part->list = tree->list + from;
    part->nlist = k - from;
    vec_push(&out, part);
  }
  int n = out.n;
  *parts = vec_keep(&out, c->a);
  return n;
}
