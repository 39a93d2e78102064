// SPDX-License-Identifier: MIT
// Statements of a session, one after the other. Each is compiled and run alone; one that fails is taken back with all
// it did, and those behind it in the same text do not run.
#include "cli/repl.h"

#include "cli/repl_show.h"
#include "vm/script_undo.h"
#include "vm/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The state of larger networks is not kept for the case that a statement fails: the copy would take a moment, and room.
#define STATE_MOST (256.0 * 1024 * 1024)

// ---- what is shown ----

static void note(Repl *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(Repl *r, const char *fmt, ...) {
  va_list ap;
  progress_clear(&r->progress);
  fflush(stdout);
  fputs(r->color ? "\033[2m" : "", stderr);
  va_start(ap, fmt);
  vfprintf(stderr, fmt, ap);
  va_end(ap);
  fputs(r->color ? "\033[0m\n" : "\n", stderr);
}

static void on_print(void *ctx, const char *text, size_t n, Span span) {
  Repl *r = ctx;
  (void)span;
  progress_clear(&r->progress);
  fwrite(text, 1, n, stdout);
  if (r->terminal) fflush(stdout);
}

static void on_notice(void *ctx) {
  Repl *r = ctx;
  progress_clear(&r->progress);
  show_diags(r->h);
}

static void on_result(void *ctx, Value v, const ScriptFormat *format) {
  Repl *r = ctx;
  Str s = {0};
  show_value(&s, script_vm(instance_of(r->h).script), v, format);
  if (s.n) printf("%s\n", s.data);
  str_free(&s);
}

static void on_progress(void *ctx, int64_t done, int64_t steps) {
  Repl *r = ctx;
  progress_show(&r->progress, done, steps);
}

// Also where the output goes to a file: a picture in letters can be read there too.
static bool on_plot(void *ctx, const Plot *p) {
  Repl *r = ctx;
  progress_clear(&r->progress);
  return draw_in_terminal(r->h, p);
}

void repl_begin(Repl *r) {
  r->h = hebb_new();
  r->progress = (Progress){.vm = script_vm(instance_of(r->h).script)};
  instance_host(r->h, (ScriptHost){.ctx = r, .print = on_print, .notice = on_notice, .result = on_result, .plot = on_plot,
                                   .progress = r->terminal ? on_progress : NULL});
  if (r->interrupt) instance_interrupt(r->h, r->interrupt);
}

void repl_end(Repl *r) {
  for (int k = 0; k < r->said.n; k++) mem_free(r->said.data[k].text);
  vec_free(&r->said);
  hebb_free(r->h);
  r->h = NULL;
}

// ---- what stays of an earlier declaration ----

static void add_name(Str *s, const char *name) { str_addf(s, "%s%s", s->n ? ", " : "", name); }

static void old_neuron(Repl *r, const Sym *old) {
  const Vm *vm = script_vm(instance_of(r->h).script);
  const char *name = old->name->text;
  Str users = {0};
  for (int k = 0; k < vm->pops.n; k++)
    if (strcmp(vm->pops.data[k]->model->name, name) == 0) add_name(&users, vm->pops.data[k]->name);
  if (users.n) note(r, "note: %s still use%s the %s defined before; make %s again for the new one", users.data, strchr(users.data, ',') ? "" : "s", name, strchr(users.data, ',') ? "them" : "it");
  str_free(&users);
}

// Variables of a rule stand in the projection under "RULE.variable".
static bool uses_rule(const Proj *p, const char *name) {
  size_t n = strlen(name);
  for (int v = 0; v < p->syn->model.nvars; v++) {
    const char *var = p->syn->model.vars[v].name;
    if (strncmp(var, name, n) == 0 && var[n] == '.') return true;
  }
  return false;
}

static void old_synapse(Repl *r, const Sym *old) {
  const Vm *vm = script_vm(instance_of(r->h).script);
  const char *name = old->name->text;
  Str users = {0}, one = {0};
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *p = vm->projs.data[k];
    bool uses = old->kind == SYM_RULE ? uses_rule(p, name) : strcmp(p->syn->model.name, name) == 0;
    if (!uses) continue;
    one.n = 0;
    str_addf(&one, "%s -> %s", p->pre->name, p->post->name);
    add_name(&users, one.data);
  }
  if (users.n) note(r, "note: %s still use%s the %s defined before; connect again to use the new one", users.data, strchr(users.data, ',') ? "" : "s", name);
  str_free(&users);
  str_free(&one);
}

static void old_heirs(Repl *r, const Sym *old) {
  int n;
  Sym **all = checker_declared(compiler_checker(instance_of(r->h).compiler), &n);
  Str heirs = {0};
  for (int k = 0; k < n; k++)
    if (all[k]->decl && all[k]->kind == old->kind && all[k]->decl->name2 == old->name) add_name(&heirs, all[k]->name->text);
  if (heirs.n) note(r, "note: %s still extend%s the %s defined before", heirs.data, strchr(heirs.data, ',') ? "" : "s", old->name->text);
  str_free(&heirs);
}

static void say_what_stays(Repl *r, const Sym *old) {
  switch ((SymKind)old->kind) {
  case SYM_NEURON:
    old_neuron(r, old);
    old_heirs(r, old);
    break;
  case SYM_SYNAPSE:
  case SYM_RULE:
    old_synapse(r, old);
    old_heirs(r, old);
    break;
  case SYM_POP: note(r, "note: the population %s made before stays in the network with its connections; :reset begins anew", old->name->text); break;
  case SYM_PROJ: note(r, "note: the connection %s made before stays in the network; :reset begins anew", old->name->text); break;
  default: break;
  }
}

// Symbols that the statement is about to hide.
static int hidden_by(Repl *r, const Node *tree, Sym **old, int room) {
  Checker *c = compiler_checker(instance_of(r->h).compiler);
  int n = 0;
  for (int k = 0; k < tree->nlist && n < room; k++) {
    const Node *d = tree->list[k];
    Sym *s = d->name && node_is(d, NODE_DECLARES | NODE_PART) ? checker_find(c, d->name->text, d->name->n, d->kind == N_FUNCTION) : NULL;
    if (s) old[n++] = s;
  }
  return n;
}

// ---- running ----

static void say_stopped(Repl *r) {
  const Vm *vm = script_vm(instance_of(r->h).script);
  Str at = {0};
  show_time(&at, vm_time(vm));
  note(r, "stopped by you at t = %s; what was recorded is kept, and `run` goes on from there", at.data);
  str_free(&at);
}

static bool take_back(Repl *r, ScriptMark *mark) {
  Instance in = instance_of(r->h);
  bool whole = script_rewind(in.script, mark);
  diags_clear(in.diags);
  checker_take_back(compiler_checker(in.compiler));
  if (!whole) note(r, "note: the network stands as the statement left it, at t = %g s: it is too large, or was changed too much, to be taken back", vm_time(script_vm(in.script)));
  return false;
}

static bool run_program(Repl *r, const ScriptProgram *p) {
  Instance in = instance_of(r->h);
  script_resume(in.script);
  ScriptMark *mark = script_mark(in.script, p, STATE_MOST);
  diags_clear(in.diags); // what marking found out, running finds out again
  ScriptEnd end = instance_script(r->h, p);
  progress_clear(&r->progress);
  show_diags(r->h);
  fflush(stdout);
  bool ok = end == SCRIPT_DONE, ended = script_interrupted(in.script);
  script_resume(in.script);
  if (ended) say_stopped(r);
  else if (end == SCRIPT_STOPPED) note(r, "stopped by you; the session is as before");
  r->stopped = ended || end == SCRIPT_STOPPED;
  if (!ok) take_back(r, mark);
  script_mark_free(mark);
  return ok;
}

static bool run_tree(Repl *r, Node *tree, bool prompt) {
  CompileJob job = {.tree = tree, .until = COMPILE_SCRIPT, .prompt = prompt};
  Sym *old[16];
  int nold = hidden_by(r, tree, old, 16);
  bool ok = instance_compile(r->h, &job);
  show_diags(r->h);
  ok = ok && run_program(r, job.program);
  for (int k = 0; ok && k < nold; k++) say_what_stays(r, old[k]);
  if (!ok) r->failed++;
  return ok;
}

// ---- texts ----

static bool is_look(const Node *tree) {
  return tree->nlist == 1 && tree->list[0]->kind == N_EXPRSTMT && tree->list[0]->kid[0]->type.kind != TY_NONE;
}

// The end of a statement with a comment behind it on its line.
static uint32_t end_of_line(const Source *s, uint32_t at) {
  uint32_t k = at;
  while (k < s->n && (s->text[k] == ' ' || s->text[k] == '\t' || s->text[k] == ';')) k++;
  if (k < s->n && s->text[k] == '#')
    while (k < s->n && s->text[k] != '\n') k++;
  return k >= s->n || s->text[k] == '\n' ? k : at;
}

static void remember(Repl *r, const Source *s, Node *tree, uint32_t from) {
  uint32_t to = end_of_line(s, tree->span.hi);
  while (from < to && strchr(" \t\r\n;", s->text[from])) from++;
  Str text = {0};
  str_addn(&text, s->text + from, to - from);
  while (text.n && strchr(" \t\r;", text.data[text.n - 1])) text.data[--text.n] = 0;
  vec_push(&r->said, (Said){.tree = tree, .text = text.data, .look = is_look(tree)});
}

static EvalEnd run_parts(Repl *r, const CompileJob *job, bool prompt) {
  Instance in = instance_of(r->h);
  Node **part;
  int n = compiler_split(in.compiler, job, &part);
  uint32_t from = 0;
  r->stopped = false;
  for (int k = 0; k < n; k++) {
    const Source *s = sources_get(in.sources, job->file);
    bool ok = run_tree(r, part[k], prompt);
    if (ok) remember(r, sources_get(in.sources, job->file), part[k], from);
    from = end_of_line(s, part[k]->span.hi);
    int left = n - k - 1;
    if ((!ok || r->stopped) && left) note(r, "note: %d statement%s after it did not run", left, left == 1 ? "" : "s");
    if (!ok) return EVAL_FAILED;
    if (r->stopped) break;
  }
  return EVAL_DONE;
}

EvalEnd repl_eval(Repl *r, const char *path, const char *text, size_t n, bool prompt) {
  CompileJob job = {.path = path, .text = text, .n = n, .until = COMPILE_PARSE, .prompt = prompt};
  bool ok = instance_compile(r->h, &job);
  if (job.incomplete) {
    diags_clear(instance_of(r->h).diags);
    return EVAL_INCOMPLETE;
  }
  show_diags(r->h);
  if (!ok) {
    r->failed++;
    return EVAL_FAILED;
  }
  return run_parts(r, &job, prompt);
}

EvalEnd repl_load(Repl *r, const char *path) {
  size_t n;
  const char *why;
  char *text = file_read(path, &n, &why);
  if (!text) {
    fprintf(stderr, "%s cannot be read: %s\n", path, why);
    r->failed++;
    return EVAL_FAILED;
  }
  EvalEnd end = repl_eval(r, path, text, n, false);
  instance_dir(r->h, NULL);
  mem_free(text);
  return end;
}
