// SPDX-License-Identifier: MIT
// hebb test: runs .hebb files as tests.
//
// A file is one test: its statements outside of `test` blocks, its `expect`s, and its expectations in comments
// (expected.h). Each `test` block is a test of its own, run in a fresh instance after the statements outside of tests.
// Files and figures are written to the current directory, so that sources stay as they are.
#include "cli/cli.h"
#include "cli/expected.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Printed {
  uint32_t from, to; // lines of the statement
  char *text;
} Printed;

typedef struct Tests {
  bool tap;
  int count, failed;
  bool ended; // by the user
  volatile sig_atomic_t *interrupt;
} Tests;

// One instance running one test.
typedef struct Trial {
  Hebb *h;
  Arena *a;
  CompileJob job;
  Expected expected;
  Vec(Printed) printed;
  Str why; // empty: passed
} Trial;

// ---- results ----

static void result(Tests *t, const char *path, const char *name, const Str *why) {
  bool ok = !why->n;
  t->count++;
  t->failed += !ok;
  if (t->tap) printf("%sok %d - %s%s%s\n", ok ? "" : "not ", t->count, path, name ? ": " : "", name ? name : "");
  else if (!ok) printf("FAILED %s%s%s\n", path, name ? ": " : "", name ? name : "");
  for (const char *line = why->data; !ok && *line;) {
    size_t n = strcspn(line, "\n");
    printf("%s %.*s\n", t->tap ? "#" : "   ", (int)n, line);
    line += n + (line[n] == '\n');
  }
  fflush(stdout);
}

// ---- one instance ----

static uint32_t line_of(const Trial *r, uint32_t offset) {
  uint32_t line, column;
  const Source *s = sources_get(instance_of(r->h).sources, r->job.file);
  if (!s) return 0;
  source_position(s, offset, &line, &column);
  return line;
}

static void on_print(void *ctx, const char *text, size_t n, Span span) {
  Trial *r = ctx;
  if (span.file != r->job.file) return;
  Printed p = {.from = line_of(r, span.lo), .to = line_of(r, span.hi > span.lo ? span.hi - 1 : span.hi)};
  if (n && text[n - 1] == '\n') n--;
  p.text = arena_strndup(text, n, r->a);
  vec_push(&r->printed, p);
}

static bool trial_open(Trial *r, const char *path, const Tests *t) {
  *r = (Trial){.h = hebb_new(), .a = arena_new()};
  size_t n;
  const char *why;
  char *text = file_read(path, &n, &why);
  if (!text) {
    str_addf(&r->why, "%s cannot be read: %s", path, why);
    return false;
  }
  r->job = (CompileJob){.path = path, .text = text, .n = n, .until = COMPILE_SCRIPT};
  expected_read(&r->expected, text, n, r->a);
  instance_host(r->h, (ScriptHost){.ctx = r, .print = on_print});
  instance_interrupt(r->h, t->interrupt);
  instance_save_dir(r->h, ".");
  return instance_compile(r->h, &r->job);
}

static void trial_close(Trial *r) {
  hebb_free(r->h);
  expected_free(&r->expected);
  vec_free(&r->printed);
  mem_free((char *)r->job.text);
  str_free(&r->why);
  arena_free(r->a);
}

// ---- verdicts ----

// Lines lo..hi of the file; `outside` turns it round.
typedef struct Part {
  uint32_t lo, hi;
  bool outside;
} Part;

static bool inside_any_test(const ScriptProgram *p, const Trial *r, uint32_t line) {
  for (int k = 0; p && k < p->test.n; k++)
    if (line >= line_of(r, p->test.data[k].span.lo) && line <= line_of(r, p->test.data[k].span.hi - 1)) return true;
  return false;
}

static bool belongs(const Trial *r, Part part, uint32_t line) {
  if (part.outside) return !inside_any_test(r->job.program, r, line);
  return line >= part.lo && line <= part.hi;
}

static void join_printed(const Trial *r, uint32_t line, Str *out) {
  bool first = true;
  str_addn(out, "", 0);
  for (int k = 0; k < r->printed.n; k++) {
    const Printed *p = &r->printed.data[k];
    if (line < p->from || line > p->to) continue;
    if (!first) str_add(out, " | ");
    first = false;
    for (const char *c = p->text; *c; c++)
      if (*c == '\n') str_add(out, " | ");
      else str_addc(out, *c);
  }
  if (first) str_add(out, "(nothing)");
}

static void judge_outputs(Trial *r, Part part) {
  for (int k = 0; k < r->expected.outputs.n; k++) {
    const ExpectedOutput *e = &r->expected.outputs.data[k];
    if (!belongs(r, part, e->line)) continue;
    Str got = {0};
    join_printed(r, e->line, &got);
    if (strcmp(got.data, e->text) != 0) str_addf(&r->why, "line %u: printed   %s\n         expected  %s\n", (unsigned)e->line, got.data, e->text);
    str_free(&got);
  }
}

static bool diag_matches(const Trial *r, const Diags *d, int k, const ExpectedDiag *e) {
  if ((int)diags_code(d, k) != e->code || diags_severity(d, k) != e->severity) return false;
  if (!e->under) return true;
  Span s = diags_span(d, k);
  const Source *src = sources_get(instance_of(r->h).sources, s.file);
  return src && s.hi <= src->n && s.hi - s.lo == strlen(e->under) && memcmp(src->text + s.lo, e->under, s.hi - s.lo) == 0;
}

static void show_unexpected(Trial *r) {
  char *text = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  if (!f) return;
  diags_print(instance_of(r->h).diags, f, (DiagStyle){.limit = 10});
  fclose(f);
  str_addn(&r->why, text, n);
  mem_free(text);
}

// Every message must be expected, every expected message must come.
static void judge_diags(Trial *r, Part part) {
  Diags *d = instance_of(r->h).diags;
  diags_sort(d);
  bool unexpected = false;
  for (int k = 0; k < diags_count(d); k++) {
    bool found = false;
    for (int j = 0; j < r->expected.diags.n; j++) {
      ExpectedDiag *e = &r->expected.diags.data[j];
      if (!diag_matches(r, d, k, e)) continue;
      e->seen = found = true;
    }
    unexpected |= !found;
  }
  for (int j = 0; j < r->expected.diags.n; j++) {
    const ExpectedDiag *e = &r->expected.diags.data[j];
    if (e->seen || !belongs(r, part, e->line)) continue;
    str_addf(&r->why, "line %u: %s E%04d%s%s%s was expected and did not come\n", (unsigned)e->line,
             e->severity == SEV_WARNING ? "warning" : "error", e->code, e->under ? " \"" : "", e->under ? e->under : "", e->under ? "\"" : "");
    unexpected |= diags_count(d) > 0;
  }
  if (unexpected) show_unexpected(r);
}

static void judge(Trial *r, Part part, bool ran) {
  if (r->expected.bad_line)
    str_addf(&r->why, "line %u: an expectation is written  #! error E0412 \"underlined text\"\n", (unsigned)r->expected.bad_line);
  judge_diags(r, part);
  if (ran) judge_outputs(r, part);
}

static void ended(Tests *t, Trial *r) {
  if (!script_interrupted(instance_of(r->h).script) && !*t->interrupt) return;
  t->ended = true;
  str_add(&r->why, "ended by the user\n");
}

// ---- files ----

static void run_block(Tests *t, const char *path, int number) {
  Trial r;
  if (trial_open(&r, path, t)) {
    const ScriptTest *test = &r.job.program->test.data[number];
    Script *s = instance_of(r.h).script;
    Part part = {.lo = line_of(&r, test->span.lo), .hi = line_of(&r, test->span.hi - 1)};
    if (instance_script(r.h, r.job.program) == SCRIPT_DONE) {
      diags_clear(instance_of(r.h).diags); // what the statements outside say counts for the file
      script_call(s, r.job.program, test->func);
    }
    judge(&r, part, true);
    ended(t, &r);
    result(t, path, test->name, &r.why);
  }
  trial_close(&r);
}

static void run_test_file(Tests *t, const char *path) {
  Trial r;
  int blocks = 0;
  bool compiled = trial_open(&r, path, t), alone = true;
  if (compiled) {
    instance_script(r.h, r.job.program);
    blocks = r.job.program->test.n;
    bool silent = !script_expects(instance_of(r.h).script, NULL) && !r.expected.outputs.n && !r.expected.diags.n;
    alone = !(blocks && silent && !diags_count(instance_of(r.h).diags));
  }
  if (r.job.text) judge(&r, (Part){.outside = true}, compiled);
  ended(t, &r);
  if (alone) result(t, path, NULL, &r.why);
  trial_close(&r);
  for (int k = 0; k < blocks && !t->ended; k++) run_block(t, path, k);
}

int cmd_test(int argc, char **argv) {
  static const struct option longs[] = {{"tap", no_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
  Tests t = {.interrupt = catch_interrupts()};
  Paths paths = {0};
  int opt;
  while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    if (opt != 't') return usage_error("test", "see hebb --help");
    t.tap = true;
  }
  if (optind >= argc) return usage_error("test", "which files? see hebb --help");
  for (int k = optind; k < argc; k++) paths_add(&paths, argv[k]);
  for (int k = 0; k < paths.n && !t.ended; k++) run_test_file(&t, paths.data[k]);
  if (t.tap) printf("1..%d\n", t.count);
  else printf("%d passed, %d failed\n", t.count - t.failed, t.failed);
  paths_free(&paths);
  return t.ended ? EXIT_INTERRUPTED : t.failed ? EXIT_UNMET : EXIT_DONE;
}
