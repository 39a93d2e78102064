// SPDX-License-Identifier: MIT
// hebb run: compile a script and run it, with progress on a terminal, and Ctrl-C ending the run but not the script.
#include "cli/cli.h"
#include "cli/progress.h"

#include "vm/profile.h"
#include "vm/vm.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct RunOptions {
  const char *file, *out_dir;
  bool quiet, verbose, profile;
} RunOptions;

typedef struct Run {
  Hebb *h;
  Progress progress;
} Run;

// ---- what is shown while it runs ----

static void on_print(void *ctx, const char *text, size_t n, Span span) {
  Run *r = ctx;
  (void)span;
  progress_clear(&r->progress);
  fwrite(text, 1, n, stdout);
  if (isatty(STDOUT_FILENO)) fflush(stdout);
}

static void on_notice(void *ctx) {
  Run *r = ctx;
  progress_clear(&r->progress);
  show_diags(r->h);
}

static void on_progress(void *ctx, int64_t done, int64_t steps) {
  Run *r = ctx;
  progress_show(&r->progress, done, steps);
}

static bool on_plot(void *ctx, const Plot *p) {
  Run *r = ctx;
  progress_clear(&r->progress);
  return draw_in_terminal(r->h, p);
}

// ---- what --verbose and --profile say ----

static void print_rules(Hebb *h) {
  const Vm *vm = script_vm(instance_of(h).script);
  fprintf(stderr, "# hebb %s, instruction set %s\n", hebb_version(), vm_isa());
  fprintf(stderr, "# dt = %g ms, seed = %llu, threads = %d, double precision\n", 1e3 * vm->dt, (unsigned long long)vm->seed, vm->threads);
  if (vm->semantics == SEMANTICS_NEST)
    fputs("# semantics = nest: events before thresholds; a refractory time of R steps holds R integrations; spikes carry t + dt\n", stderr);
  else
    fputs("# semantics = brian: thresholds before events; a refractory time of R steps holds R - 1 integrations; spikes carry t\n", stderr);
}

static void print_marked(const char *text) {
  for (const char *line = text; line && *line;) {
    size_t n = strcspn(line, "\n");
    fprintf(stderr, "# %.*s\n", (int)n, line);
    line += n + (line[n] == '\n');
  }
}

static void print_models(Hebb *h) {
  Str s = {0};
  explain_all(h, &s);
  print_marked(s.data);
  str_free(&s);
}

// What the network is and what its steps cost. (With --profile they cost more: counting looks at the clock.)
static void print_cost(Hebb *h, double compiled, double ran) {
  const Vm *vm = script_vm(instance_of(h).script);
  struct rusage use;
  int64_t neurons = 0, synapses = 0, events = 0;
  for (int k = 0; k < vm->pops.n; k++) neurons += vm->pops.data[k]->n;
  for (int k = 0; k < vm->projs.n; k++) {
    synapses += vm->projs.data[k]->nsyn;
    events += proj_arrived(vm->projs.data[k]);
  }
  double network = vm_time_of(vm, (double)vm->stepped);
  getrusage(RUSAGE_SELF, &use);
  fprintf(stderr, "# compiled in %.1f ms, ran for %.3f s; %lld steps, network time %g s\n", 1e3 * compiled, ran, (long long)vm->stepped, network);
  fprintf(stderr, "# %lld neurons, %lld synapses; at most %.1f MiB\n", (long long)neurons, (long long)synapses, (double)use.ru_maxrss / 1024);
  if (!vm->stepped || !neurons) return;
  fprintf(stderr, "# the steps took %.4f s, %.4f s of processor time: %.2f ns per neuron and step\n", vm->stepping, vm->stepping_cpu,
          1e9 * vm->stepping / (double)vm->stepped / (double)neurons);
  if (events)
    fprintf(stderr, "# %lld synaptic events: %.2f ns each; %.3f s for each second of the network\n", (long long)events,
            1e9 * vm->stepping / (double)events, vm->stepping / network);
}

static void print_profile(Hebb *h) {
  Str s = {0};
  profile_print(script_vm(instance_of(h).script)->profile, script_vm(instance_of(h).script), instance_of(h).sources, &s);
  print_marked(s.data);
  str_free(&s);
}

// ---- options ----

static int set_option(Hebb *h, const char *name, const char *value) {
  if (compiler_set(instance_of(h).compiler, name, value)) return EXIT_DONE;
  show_diags(h);
  return usage_error("run", "%s is no value for %s", value, name);
}

static bool is_name(const char *text, size_t n) {
  if (!n || (text[0] >= '0' && text[0] <= '9')) return false;
  for (size_t k = 0; k < n; k++) {
    unsigned char c = (unsigned char)text[k];
    if (!(c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
  }
  return true;
}

static int set_pair(Hebb *h, const char *pair) {
  size_t n = strcspn(pair, "=");
  if (!pair[n] || !is_name(pair, n)) return usage_error("run", "--set wants NAME=VALUE, but this is %s", pair);
  Str name = {0};
  str_addn(&name, pair, n);
  int status = set_option(h, name.data, pair + n + 1);
  str_free(&name);
  return status;
}

static int whole_option(Hebb *h, const char *name, const char *value, int least) {
  char *end;
  errno = 0;
  long long x = strtoll(value, &end, 10);
  if (*end || end == value || errno || x < least) return usage_error("run", "--%s wants a whole number of at least %d, but this is %s", name, least, value);
  return set_option(h, name, value);
}

static int jit_option(const char *value) {
  if (!value || strcmp(value, "auto") == 0 || strcmp(value, "off") == 0) return EXIT_DONE;
  if (strcmp(value, "on") != 0) return usage_error("run", "--jit is auto, on or off, but this is %s", value);
  return usage_error("run", "--jit=on: this version always interprets kernels");
}

enum { OPT_SET = 256, OPT_SEED, OPT_THREADS, OPT_JIT, OPT_QUIET, OPT_VERBOSE, OPT_PROFILE };

static int one_option(Hebb *h, RunOptions *o, int opt, const char *arg) {
  switch (opt) {
  case OPT_SET: return set_pair(h, arg);
  case OPT_SEED: return whole_option(h, "seed", arg, 0);
  case OPT_THREADS: return whole_option(h, "threads", arg, 1);
  case OPT_JIT: return jit_option(arg);
  case OPT_QUIET: o->quiet = true; return EXIT_DONE;
  case OPT_VERBOSE: o->verbose = true; return EXIT_DONE;
  case OPT_PROFILE: o->profile = true; return EXIT_DONE;
  case 'o': o->out_dir = arg; return EXIT_DONE;
  default: return usage_error("run", "see hebb --help");
  }
}

static int read_options(Hebb *h, RunOptions *o, int argc, char **argv) {
  static const struct option longs[] = {{"set", required_argument, NULL, OPT_SET},
                                        {"seed", required_argument, NULL, OPT_SEED},
                                        {"threads", required_argument, NULL, OPT_THREADS},
                                        {"jit", required_argument, NULL, OPT_JIT},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"verbose", no_argument, NULL, OPT_VERBOSE},
                                        {"profile", no_argument, NULL, OPT_PROFILE},
                                        {NULL, 0, NULL, 0}};
  int opt;
  while ((opt = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
    int status = one_option(h, o, opt, optarg);
    if (status) return status;
  }
  if (optind >= argc) return usage_error("run", "which file? see hebb --help");
  if (optind + 1 < argc) return usage_error("run", "one file at a time, but there is also %s", argv[optind + 1]);
  if (o->quiet && o->verbose) return usage_error("run", "--quiet and --verbose at once");
  o->file = argv[optind];
  return EXIT_DONE;
}

// DIR and the directories above it.
static int make_directory(const char *dir) {
  Str path = {0};
  for (const char *p = dir; *p;) {
    size_t n = strcspn(p, "/");
    str_addn(&path, p, n + (p[n] == '/'));
    p += n + (p[n] == '/');
    if (mkdir(path.data, 0777) != 0 && errno != EEXIST && errno != EISDIR) {
      int status = usage_error("run", "%s cannot be made: %s", path.data, strerror(errno));
      str_free(&path);
      return status;
    }
  }
  str_free(&path);
  return EXIT_DONE;
}

// ---- running ----

static int unused_set(Hebb *h) {
  Compiler *c = instance_of(h).compiler;
  const char *name = compiler_unused_set(c);
  if (!name) return EXIT_DONE;
  int n;
  const char *const *names = compiler_settable(c, &n);
  const char *near = nearest_name(name, names, n);
  return usage_error("run", "--set %s: the script has no top-level `let` of this name%s%s%s", name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int end_status(Hebb *h, ScriptEnd end) {
  int failed = 0;
  Script *s = instance_of(h).script;
  script_expects(s, &failed);
  if (end == SCRIPT_ERROR) return EXIT_MODEL;
  if (end == SCRIPT_STOPPED) {
    fputs("hebb: ended by the user\n", stderr);
    return EXIT_INTERRUPTED;
  }
  if (script_interrupted(s)) {
    fprintf(stderr, "hebb: the run was ended by the user at t = %g s; what was recorded until then is kept\n", vm_time(script_vm(s)));
    return EXIT_INTERRUPTED;
  }
  return failed ? EXIT_UNMET : EXIT_DONE;
}

static int run_compiled(Hebb *h, const RunOptions *o, const CompileJob *job, double compiled) {
  Run r = {.h = h, .progress = {.vm = script_vm(instance_of(h).script)}};
  bool terminal = isatty(STDERR_FILENO) && !o->quiet;
  if (o->quiet) diags_clear(instance_of(h).diags); // warnings
  show_diags(h);
  if (o->verbose) print_models(h);
  bool draws = isatty(STDOUT_FILENO) && !plot_has_screen();
  instance_host(h, (ScriptHost){.ctx = &r, .print = on_print, .notice = on_notice, .progress = terminal ? on_progress : NULL,
                                .plot = draws ? on_plot : NULL});
  instance_interrupt(h, catch_interrupts());
  double began = wall_seconds();
  Vm *vm = script_vm(instance_of(h).script);
  if (o->profile) vm->profile = profile_new();
  vm->keeps_creation = script_resets(job->program); // no other program will run on this machine
  ScriptEnd end = instance_script(h, job->program);
  progress_clear(&r.progress);
  if (o->quiet && end == SCRIPT_DONE) diags_clear(instance_of(h).diags);
  show_diags(h);
  fflush(stdout);
  if (o->verbose) print_rules(h);
  if (o->verbose || o->profile) print_cost(h, compiled, wall_seconds() - began);
  if (o->profile) print_profile(h);
  profile_free(vm->profile);
  vm->profile = NULL;
  return end_status(h, end);
}

static int run_file(Hebb *h, const RunOptions *o) {
  CompileJob job = {.until = COMPILE_SCRIPT};
  double began = wall_seconds();
  bool ok = compile_path(h, o->file, &job);
  int status = EXIT_MODEL;
  if (job.text && job.tree) {
    int unused = unused_set(h);
    if (unused) ok = false, status = unused;
  }
  if (ok) status = run_compiled(h, o, &job, wall_seconds() - began);
  else show_diags(h);
  mem_free((char *)job.text);
  return status;
}

int cmd_run(int argc, char **argv) {
  RunOptions o = {0};
  Hebb *h = hebb_new();
  int status = read_options(h, &o, argc, argv);
  if (!status && o.out_dir) status = make_directory(o.out_dir);
  if (!status) {
    if (o.out_dir) instance_save_dir(h, o.out_dir);
    status = run_file(h, &o);
  }
  if (fflush(stdout) != 0 && !status) status = usage_error("run", "standard output cannot be written: %s", strerror(errno));
  hebb_free(h);
  return status;
}
