// SPDX-License-Identifier: MIT
// hebb check: everything that can be found without running; with --explain also how it will be run and what it costs.
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { OPT_EXPLAIN = 256, OPT_JSON };

typedef struct CheckOptions {
  bool explain, json;
} CheckOptions;

static void report(Hebb *h, const CheckOptions *o) {
  if (!o->json) {
    show_diags(h);
    return;
  }
  Diags *d = instance_of(h).diags;
  diags_print(d, stdout, (DiagStyle){.json = true, .limit = 1000});
  diags_clear(d);
}

static int check_one(const char *path, const CheckOptions *o) {
  Hebb *h = hebb_new();
  CompileJob job = {.until = COMPILE_SCRIPT};
  Str text = {0};
  bool ok = compile_path(h, path, &job) && explain_all(h, &text); // methods are chosen for the explanation: they too can fail
  report(h, o);
  if (ok && o->explain && text.n) fwrite(text.data, 1, text.n, stdout);
  str_free(&text);
  mem_free((char *)job.text);
  hebb_free(h);
  return ok ? EXIT_DONE : EXIT_MODEL;
}

int cmd_check(int argc, char **argv) {
  static const struct option longs[] = {{"explain", no_argument, NULL, OPT_EXPLAIN}, {"json", no_argument, NULL, OPT_JSON}, {NULL, 0, NULL, 0}};
  CheckOptions o = {0};
  int opt, status = EXIT_DONE;
  while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    if (opt == OPT_EXPLAIN) o.explain = true;
    else if (opt == OPT_JSON) o.json = true;
    else return usage_error("check", "see hebb --help");
  }
  if (optind >= argc) return usage_error("check", "which file? see hebb --help");
  for (int k = optind; k < argc; k++) {
    int s = check_one(argv[k], &o);
    if (s > status) status = s;
  }
  return status;
}
