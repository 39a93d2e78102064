// SPDX-License-Identifier: MIT
// hebb fmt: lays files out in place, or only says which are not laid out so.
#include "cli/cli.h"
#include "lang/fmt.h"
#include "vm/io.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// The status of a file that could be read and parsed.
static int settle(const char *path, const char *text, size_t n, const Str *laid, bool check, Diags *d) {
  const char *data = laid->data ? laid->data : "";
  bool same = laid->n == n && memcmp(data, text, n) == 0;
  if (check) {
    if (!same) printf("%s\n", path);
    return same ? EXIT_DONE : EXIT_UNMET;
  }
  if (strcmp(path, "-") == 0) {
    fwrite(data, 1, laid->n, stdout);
    return EXIT_DONE;
  }
  if (same) return EXIT_DONE;
  char *real = realpath(path, NULL); // what a link points to is changed, not the link
  struct stat st;
  bool known = stat(path, &st) == 0;
  const char *why = io_write(real ? real : path, data, laid->n);
  if (why) diag(d, E_FILE_WRITE, (Span){0}, "%s cannot be written: %s", path, why);
  else if (known) chmod(path, st.st_mode & 07777);
  free(real);
  return why ? EXIT_MODEL : EXIT_DONE;
}

static int fmt_one(const char *path, bool check) {
  Sources *sources = sources_new();
  Diags *d = diags_new(sources);
  Interner *in = interner_new();
  Str laid = {0};
  size_t n;
  const char *why;
  int status = EXIT_MODEL;
  char *text = file_read(path, &n, &why);
  if (!text) diag(d, E_FILE_READ, (Span){0}, "%s cannot be read: %s", path, why);
  else if (fmt_file(sources_add(sources, strcmp(path, "-") ? path : "<stdin>", text, n), sources, in, d, &laid))
    status = settle(path, text, n, &laid, check, d);
  print_diags(d);
  str_free(&laid);
  mem_free(text);
  interner_free(in);
  diags_free(d);
  sources_free(sources);
  return status;
}

int cmd_fmt(int argc, char **argv) {
  static const struct option longs[] = {{"check", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
  Paths paths = {0};
  bool check = false;
  int opt, status = EXIT_DONE;
  while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    if (opt != 'c') return usage_error("fmt", "see hebb --help");
    check = true;
  }
  if (optind >= argc) return usage_error("fmt", "which files? see hebb --help");
  for (int k = optind; k < argc; k++) paths_add(&paths, argv[k]);
  for (int k = 0; k < paths.n; k++) {
    int s = fmt_one(paths.data[k], check);
    if (s > status) status = s;
  }
  paths_free(&paths);
  return status;
}
