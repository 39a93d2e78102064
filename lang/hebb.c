// SPDX-License-Identifier: MIT
// libhebb: instances, and what embedding programs ask of them.
//
// hebb_get compiles its expression as if it were typed at a prompt; the programs are kept by their text, so that asking
// the same again and again costs no compilation.
#include "hebb.h"

#include "base/str.h"
#include "lang/instance.h"
#include "vm/vm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

typedef struct Asked {
  char *text;
  const ScriptProgram *program;
} Asked;

struct Hebb {
  Sources *sources;
  Interner *in;
  Diags *diags;
  Compiler *compiler;
  Script *script;
  ScriptHost host;
  Linker linker;
  char *dir, *save_dir;
  void (*print)(void *ctx, const char *text, size_t n);
  void *print_ctx;
  volatile sig_atomic_t interrupted;
  Vec(const ScriptProgram *) waiting; // loaded, not run yet
  Vec(Asked) asked;
  Value answer; // of hebb_get
  char *errors;
};

const char *hebb_version(void) { return PACKAGE_VERSION; }

// ---- what the machine tells us ----

static void on_print(void *ctx, const char *text, size_t n, Span span) {
  Hebb *h = ctx;
  if (h->print) h->print(h->print_ctx, text, n);
  else if (h->host.print) h->host.print(h->host.ctx, text, n, span);
  else fwrite(text, 1, n, stdout);
}

static void on_notice(void *ctx) {
  Hebb *h = ctx;
  if (h->host.notice) h->host.notice(h->host.ctx);
}

static void on_result(void *ctx, Value v, const ScriptFormat *format) {
  Hebb *h = ctx;
  if (h->host.result) {
    h->host.result(h->host.ctx, v, format);
    return;
  }
  value_drop(h->answer);
  h->answer = value_keep(v);
}

static void on_progress(void *ctx, int64_t done, int64_t steps) {
  Hebb *h = ctx;
  if (h->host.progress) h->host.progress(h->host.ctx, done, steps);
}

static bool on_plot(void *ctx, const Plot *p) {
  Hebb *h = ctx;
  return h->host.plot(h->host.ctx, p);
}

static bool on_method(void *ctx, const char *name) {
  static const char *const names[] = {"auto", "exact", "exponential_euler", "euler", "rk2", "rk4", "heun", "milstein", "rk45", "cvode"};
  Hebb *h = ctx;
  for (int k = 0; k < (int)(sizeof names / sizeof *names); k++) {
    if (strcmp(names[k], name) != 0) continue;
    lower_method(compiler_lowering(h->compiler), (MethodKind)k);
    return true;
  }
  return false;
}

static void set_host(Hebb *h) {
  script_host(h->script, (ScriptHost){.ctx = h, .print = on_print, .notice = on_notice, .result = on_result,
                                      .progress = h->host.progress ? on_progress : NULL, .plot = h->host.plot ? on_plot : NULL, .set_method = on_method});
}

// ---- instances ----

Hebb *hebb_new(void) {
  Hebb *h = mem_alloc(sizeof *h);
  h->sources = sources_new();
  h->in = interner_new();
  h->diags = diags_new(h->sources);
  h->compiler = compiler_new(h->sources, h->in, h->diags);
  h->script = script_new(h->diags);
  set_host(h);
  Vm *vm = script_vm(h->script);
  vm->kernel_dirs = compiler_kernel_dirs(h->compiler, &vm->nkernel_dirs);
  script_linker(h->script, lower_linker(compiler_lowering(h->compiler)));
  script_interrupt(h->script, &h->interrupted);
  return h;
}

void hebb_free(Hebb *h) {
  if (!h) return;
  value_drop(h->answer);
  script_free(h->script);
  compiler_free(h->compiler);
  diags_free(h->diags);
  interner_free(h->in);
  sources_free(h->sources);
  for (int k = 0; k < h->asked.n; k++) mem_free(h->asked.data[k].text);
  vec_free(&h->asked);
  vec_free(&h->waiting);
  mem_free(h->dir);
  mem_free(h->save_dir);
  mem_free(h->errors);
  mem_free(h);
}

Instance instance_of(Hebb *h) { return (Instance){h->sources, h->diags, h->compiler, h->script}; }

void instance_host(Hebb *h, ScriptHost host) {
  h->host = host;
  set_host(h);
}

static char *copy_text(const char *text, size_t n) {
  char *p = mem_alloc(n + 1);
  if (n) memcpy(p, text, n);
  return p;
}

static void set_dirs(Hebb *h) { script_dir(h->script, h->dir, h->save_dir ? h->save_dir : h->dir); }

void instance_save_dir(Hebb *h, const char *dir) {
  mem_free(h->save_dir);
  h->save_dir = dir ? copy_text(dir, strlen(dir)) : NULL;
  set_dirs(h);
}

void instance_interrupt(Hebb *h, volatile sig_atomic_t *flag) { script_interrupt(h->script, flag); }

void instance_dir(Hebb *h, const char *path) {
  const char *slash = path ? strrchr(path, '/') : NULL;
  mem_free(h->dir);
  h->dir = slash ? copy_text(path, (size_t)(slash - path) + 1) : NULL;
  set_dirs(h);
}

bool instance_compile(Hebb *h, CompileJob *job) {
  if (!job->prompt && job->path && strcmp(job->path, "-") != 0 && job->path[0] != '<') instance_dir(h, job->path);
  return compile(h->compiler, job);
}

ScriptEnd instance_script(Hebb *h, const ScriptProgram *program) { return script_run(h->script, program); }

// ---- embedding ----

static void begin(Hebb *h) { diags_clear(h->diags); }

const char *hebb_errors(Hebb *h) {
  char *text = NULL;
  size_t n = 0;
  mem_free(h->errors);
  h->errors = NULL;
  if (!diags_count(h->diags)) return "";
  FILE *f = open_memstream(&text, &n);
  if (!f) return "not enough memory to say what went wrong\n";
  diags_print(h->diags, f, (DiagStyle){.limit = 0});
  fclose(f);
  h->errors = text;
  return h->errors ? h->errors : "";
}

void hebb_on_print(Hebb *h, void (*print)(void *ctx, const char *text, size_t n), void *ctx) {
  h->print = print;
  h->print_ctx = ctx;
}

HebbStatus hebb_option(Hebb *h, const char *name, const char *value) {
  begin(h);
  return compiler_set(h->compiler, name, value) ? HEBB_OK : HEBB_ERROR;
}

static HebbStatus load(Hebb *h, const char *path, const char *text, size_t n) {
  CompileJob job = {.path = path, .text = text, .n = n, .until = COMPILE_SCRIPT};
  if (!instance_compile(h, &job)) return HEBB_ERROR;
  vec_push(&h->waiting, job.program);
  return HEBB_OK;
}

HebbStatus hebb_load_file(Hebb *h, const char *path) {
  size_t n;
  const char *why;
  begin(h);
  char *text = file_read(path, &n, &why);
  if (!text) {
    diag(h->diags, E_FILE_READ, (Span){0}, "%s cannot be read: %s", path, why);
    return HEBB_ERROR;
  }
  HebbStatus s = load(h, path, text, n);
  mem_free(text);
  return s;
}

HebbStatus hebb_load_string(Hebb *h, const char *text) {
  begin(h);
  return load(h, "<string>", text, strlen(text));
}

static HebbStatus status_of(Hebb *h, ScriptEnd end) {
  int failed = 0;
  script_expects(h->script, &failed);
  return end == SCRIPT_ERROR ? HEBB_ERROR : end == SCRIPT_STOPPED || script_interrupted(h->script) ? HEBB_STOPPED : failed ? HEBB_UNMET : HEBB_OK;
}

HebbStatus hebb_run(Hebb *h) {
  ScriptEnd end = SCRIPT_DONE;
  begin(h);
  for (int k = 0; k < h->waiting.n && end == SCRIPT_DONE; k++) end = script_run(h->script, h->waiting.data[k]);
  h->waiting.n = 0;
  return status_of(h, end);
}

HebbStatus hebb_run_for(Hebb *h, double seconds) {
  begin(h);
  return status_of(h, script_run_for(h->script, seconds));
}

void hebb_interrupt(Hebb *h) {
  if (h->interrupted < 2) h->interrupted = h->interrupted + 1;
}

// ---- values ----

static const ScriptProgram *program_of(Hebb *h, const char *text) {
  for (int k = 0; k < h->asked.n; k++)
    if (strcmp(h->asked.data[k].text, text) == 0) return h->asked.data[k].program;
  CompileJob job = {.path = "<expression>", .text = text, .n = strlen(text), .prompt = true, .until = COMPILE_SCRIPT};
  if (!instance_compile(h, &job)) {
    if (job.incomplete) diag(h->diags, E_SYNTAX, (Span){0}, "the expression is not complete: %s", text);
    return NULL;
  }
  vec_push(&h->asked, (Asked){copy_text(text, strlen(text)), job.program});
  return job.program;
}

// The value of an expression in h->answer; false after a report.
static bool answer(Hebb *h, const char *expression) {
  const ScriptProgram *p = program_of(h, expression);
  value_drop(h->answer);
  h->answer = value_none();
  if (!p || script_run(h->script, p) != SCRIPT_DONE) return false;
  if (h->answer.kind != VAL_NONE) return true;
  diag(h->diags, E_OPERAND, (Span){0}, "`%s` has no value", expression);
  return false;
}

size_t hebb_get(Hebb *h, const char *expression, double *out, size_t room) {
  ArrayView v;
  begin(h);
  if (!answer(h, expression)) return HEBB_NONE;
  if (!array_view(h->answer, &v)) {
    char buf[160];
    diag(h->diags, E_OPERAND, (Span){0}, "`%s` is %s, not a number or array of numbers", expression, value_text(h->answer, buf));
    return HEBB_NONE;
  }
  size_t n = (size_t)v.n;
  if (n && room) memcpy(out, v.data, sizeof *out * (n < room ? n : room));
  view_drop(&v);
  return n;
}

static Sym *global_named(Hebb *h, const char *name, size_t n) {
  int count;
  Sym **all = checker_declared(compiler_checker(h->compiler), &count);
  for (int k = 0; k < count; k++)
    if (all[k]->name->n == n && memcmp(all[k]->name->text, name, n) == 0 && all[k]->slot >= 0) return all[k];
  diag(h->diags, E_NAME_UNKNOWN, (Span){0}, "there is no variable named %.*s", (int)n, name);
  return NULL;
}

static Value value_of(Hebb *h, const double *values, size_t n) {
  if (n == 1) return value_num(values[0]);
  Array *a = array_new1(VAL_NUM, (int64_t)n);
  if (!a) {
    diag(h->diags, E_MEMORY, (Span){0}, "not enough memory for %zu numbers", n);
    return value_none();
  }
  if (n) memcpy(a->data, values, n * sizeof *values);
  return value_obj(a);
}

static bool set_variable(Hebb *h, const Sym *sym, Value v) {
  const Value *now = script_global(h->script, sym->slot);
  bool number = sym->type.kind == TY_NUM || sym->type.kind == TY_INT || sym->type.kind == TY_BOOL;
  bool fits = sym->kind == SYM_GLOBAL || sym->kind == SYM_SIGNAL;
  if (number) fits = fits && v.kind == VAL_NUM;
  else fits = fits && sym->type.kind == TY_ARRAY && now && now->kind == VAL_ARRAY;
  if (!fits) {
    diag(h->diags, E_OPERAND, (Span){0}, "%s cannot be set to %s", sym->name->text, v.kind == VAL_NUM ? "one number" : "an array of numbers");
    value_drop(v);
    return false;
  }
  if (now && now->kind == VAL_SIGNAL) {
    ((Signal *)now->obj)->x = v.num;
    return true;
  }
  if (sym->type.kind == TY_INT && v.num == rint(v.num)) v = value_int((int64_t)v.num);
  if (sym->type.kind == TY_BOOL) v = value_bool(v.num != 0);
  return script_set_global(h->script, sym->slot, v);
}

HebbStatus hebb_set(Hebb *h, const char *place, const double *values, size_t n) {
  begin(h);
  size_t base = strcspn(place, ".");
  Sym *sym = global_named(h, place, base);
  if (!sym) return HEBB_ERROR;
  Value v = value_of(h, values, n);
  if (v.kind == VAL_NONE) return HEBB_ERROR;
  if (!place[base]) return set_variable(h, sym, v) ? HEBB_OK : HEBB_ERROR;
  const Value *x = script_global(h->script, sym->slot);
  bool ok = x && script_set_field(h->script, *x, place + base + 1, v, (Span){0});
  if (!x) diag(h->diags, E_NO_VALUE, (Span){0}, "%.*s has no value yet", (int)base, place);
  value_drop(v);
  return ok ? HEBB_OK : HEBB_ERROR;
}

size_t hebb_spikes(Hebb *h, const char *population, double *t, int64_t *i, size_t room) {
  SpikeView v;
  begin(h);
  if (!answer(h, population)) return HEBB_NONE;
  if (h->answer.kind != VAL_SEL) {
    diag(h->diags, E_OPERAND, (Span){0}, "`%s` is no population", population);
    return HEBB_NONE;
  }
  if (!spikes_view(script_vm(h->script), (const Sel *)h->answer.obj, -INFINITY, INFINITY, &v, (Span){0})) return HEBB_NONE;
  size_t n = (size_t)v.n, some = n < room ? n : room;
  for (size_t k = 0; k < some; k++) {
    if (t) t[k] = v.t[k];
    if (i) i[k] = v.i[k];
  }
  spikes_view_free(&v);
  return n;
}
