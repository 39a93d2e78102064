// SPDX-License-Identifier: MIT
#include "cli/cli.h"

#include "vm/plot_term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

int usage_error(const char *verb, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  fprintf(stderr, "hebb%s%s: ", *verb ? " " : "", verb);
  vfprintf(stderr, fmt, ap);
  fputc('\n', stderr);
  va_end(ap);
  return EXIT_USAGE;
}

void show_diags(Hebb *h) { print_diags(instance_of(h).diags); }

void print_diags(Diags *d) {
  if (!diags_count(d)) return;
  bool color = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
  fflush(stdout);
  diags_print(d, stderr, (DiagStyle){.color = color});
  diags_clear(d);
}

bool compile_path(Hebb *h, const char *path, CompileJob *job) {
  size_t n;
  const char *why;
  char *text = file_read(path, &n, &why);
  if (!text) {
    diag(instance_of(h).diags, E_FILE_READ, (Span){0}, "%s cannot be read: %s", path, why);
    show_diags(h);
    return false;
  }
  job->path = strcmp(path, "-") == 0 ? "<stdin>" : path;
  job->text = text;
  job->n = n;
  return instance_compile(h, job);
}

// ---- interrupts ----

// The command's only variables: a signal handler has no other way.
static volatile sig_atomic_t interrupts;
static volatile sig_atomic_t interrupted_at = -1000; // tenths of a second

static sig_atomic_t tenths(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (sig_atomic_t)((t.tv_sec % 1000000) * 10 + t.tv_nsec / 100000000);
}

// A signal that comes twice at once (to the process and to its group) counts once.
static void on_interrupt(int signal_number) {
  sig_atomic_t now = tenths();
  if (now - interrupted_at < 3 && now >= interrupted_at) return;
  interrupted_at = now;
  if (interrupts >= 1) signal(signal_number, SIG_DFL);
  interrupts = interrupts + 1;
}

volatile sig_atomic_t *catch_interrupts(void) {
  struct sigaction act = {.sa_handler = on_interrupt};
  sigemptyset(&act.sa_mask);
  sigaction(SIGINT, &act, NULL);
  sigaction(SIGTERM, &act, NULL);
  return &interrupts;
}

// At a prompt no number of interrupts ends the process.
static void on_prompt_interrupt(int signal_number) {
  (void)signal_number;
  if (interrupts < 2) interrupts = interrupts + 1;
}

volatile sig_atomic_t *catch_prompt_interrupts(void) {
  struct sigaction act = {.sa_handler = on_prompt_interrupt};
  sigemptyset(&act.sa_mask);
  sigaction(SIGINT, &act, NULL);
  return &interrupts;
}

// ---- figures ----

// A locale that names another encoding, or a terminal whose letters are few. Where the locale is C nothing is known.
static bool ascii_only(const char *term) {
  static const char *const few[] = {"linux", "vt100", "vt102", "vt220", "cons25"};
  const char *names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")}, *locale = "";
  for (int k = 0; k < 3 && !*locale; k++) locale = names[k] ? names[k] : "";
  bool plain = !*locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
  bool utf8 = strstr(locale, "UTF-8") || strstr(locale, "utf8") || strstr(locale, "UTF8") || strstr(locale, "utf-8");
  for (size_t k = 0; term && k < sizeof few / sizeof *few; k++)
    if (strcmp(term, few[k]) == 0) return true;
  return !plain && !utf8;
}

static TermStyle terminal_style(void) {
  struct winsize w;
  TermStyle s = {.columns = 80, .rows = 24};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 && w.ws_row > 0) s.columns = w.ws_col, s.rows = w.ws_row;
  if (s.columns > 100) s.columns = 100;
  if (s.rows > 26) s.rows = 26;
  const char *term = getenv("TERM");
  s.ascii = ascii_only(term);
  s.color = term && strcmp(term, "dumb") != 0 && !getenv("NO_COLOR") && isatty(STDOUT_FILENO);
  return s;
}

bool draw_in_terminal(Hebb *h, const Plot *p) {
  Instance in = instance_of(h);
  Str s = {0};
  bool ok = plot_term(script_vm(in.script), in.diags, p, terminal_style(), &s);
  if (ok && s.n) fwrite(s.data, 1, s.n, stdout);
  str_free(&s);
  return ok;
}

// ---- what a file uses ----

void each_item(Node *n, void (*f)(Node *item, void *ctx), void *ctx) {
  if (!n) return;
  if (n->kind == N_POPULATION || n->kind == N_CONNECT) f(n, ctx);
  if (n->kind == N_BUILD && n->info) {
    const BuildInfo *b = n->info;
    for (int k = 0; k < b->nitems; k++) each_item(b->item[k], f, ctx);
  }
  bool holds = n->kind == N_FILE || n->kind == N_BLOCK;
  for (int k = 0; holds && k < n->nlist; k++) each_item(n->list[k], f, ctx);
  bool control = n->kind == N_IF || n->kind == N_FOR || n->kind == N_WHILE || n->kind == N_TEST;
  for (int k = 1; control && k < 3; k++) each_item(n->kid[k], f, ctx);
}

typedef struct Explaining {
  Hebb *h;
  Str *out;
  Vec(const void *) seen;
} Explaining;

static bool seen(Explaining *e, const void *what) {
  for (int k = 0; k < e->seen.n; k++)
    if (e->seen.data[k] == what) return true;
  vec_push(&e->seen, what);
  return false;
}

static void explain_item(Node *item, void *ctx) {
  Explaining *e = ctx;
  Lowering *l = compiler_lowering(instance_of(e->h).compiler);
  if (item->kind == N_POPULATION) {
    PopInfo *info = item->info;
    if (info && info->model && !seen(e, info->model)) explain_neuron(l, info->model, e->out);
  } else {
    ConnInfo *info = item->info;
    if (info && info->syn && !seen(e, info)) explain_connection(l, info, e->out);
  }
}

bool explain_all(Hebb *h, Str *out) {
  Explaining e = {.h = h, .out = out};
  Instance in = instance_of(h);
  int n, before = diags_errors(in.diags);
  Node **files = compiler_files(in.compiler, &n);
  for (int k = 0; k < n; k++) each_item(files[k], explain_item, &e);
  vec_free(&e.seen);
  return diags_errors(in.diags) == before;
}
