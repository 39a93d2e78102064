// SPDX-License-Identifier: MIT
// hebb: the command. `hebb FILE` is `hebb run FILE`.
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Verb {
  const char *name;
  int (*run)(int argc, char **argv);
} Verb;
static const Verb VERBS[] = {
    {"run", cmd_run},         {"check", cmd_check}, {"test", cmd_test}, {"dis", cmd_dis},
    {"explain", cmd_explain}, {"repl", cmd_repl},   {"new", cmd_new},   {"fmt", cmd_fmt},
    {"doc", cmd_doc},         {"lsp", cmd_lsp},
};

static const char HELP[] =
    "hebb: a language for neurons, networks and learning rules\n"
    "\n"
    "  hebb FILE                run a model (the same as hebb run FILE); - is standard input\n"
    "  hebb, hebb repl [FILE]   the prompt: statements one by one, after those of FILE\n"
    "  hebb run [options] FILE\n"
    "    --set NAME=VALUE       another value for a top-level `let`, or for dt, seed, threads, semantics, method\n"
    "    --seed N  --threads N  the same as --set seed=N and --set threads=N\n"
    "    --quiet                no progress and no warnings\n"
    "    --verbose              say which rules and methods are in force, and what the steps took\n"
    "    --profile              say where the time went\n"
    "    --jit=auto|on|off      compile kernels to machine code (this version always interprets them)\n"
    "    -o DIR                 write files and figures to DIR instead of beside the script\n"
    "  hebb new NAME            write NAME.hebb, a small commented model with its test\n"
    "  hebb check [--explain] [--json] FILE...\n"
    "                           find errors without running; --explain: methods of integration, and costs\n"
    "  hebb test [--tap] FILE|DIRECTORY...\n"
    "                           run tests written in the language\n"
    "  hebb dis FILE            show the bytecode of a script and of its models\n"
    "  hebb explain E0412       explain a message\n"
    "  hebb fmt [--check] FILE|DIRECTORY...\n"
    "                           lay files out as they should be; --check: only say which are not; - is standard input\n"
    "  hebb doc [--html] [NAME|FILE]\n"
    "                           what is known of a name, of a file, or of the library\n"
    "  hebb lsp                 the language server, for editors\n"
    "  hebb --version, hebb --help\n"
    "\n"
    "Exit status: 0 done, 1 a failed expect or test, 2 an error in the model or its data, 3 bad usage,\n"
    "70 an internal fault, 130 ended by Ctrl-C.\n";

// A word that names no file is taken as a command of another name: `hebb runn model.hebb`, `hebb models`.
static int no_command(const char *word) {
  const char *names[sizeof VERBS / sizeof *VERBS];
  int n = 0;
  for (size_t k = 0; k < sizeof VERBS / sizeof *VERBS; k++) names[n++] = VERBS[k].name;
  const char *near = nearest_name(word, names, n);
  Str file = {0};
  str_addf(&file, "%s.hebb", word);
  bool there = access(file.data, R_OK) == 0;
  fprintf(stderr, "hebb: there is no file and no command `%s`; %s%s%s\n", word, there || near ? "did you mean " : "see hebb --help",
          there ? file.data : near ? near : "", there || near ? "?" : "");
  str_free(&file);
  return EXIT_USAGE;
}

static bool is_word(const char *s) {
  while (*s >= 'a' && *s <= 'z') s++;
  return !*s;
}

int main(int argc, char **argv) {
  if (argc < 2) return cmd_repl(argc, argv);
  const char *first = argv[1];
  if (strcmp(first, "--version") == 0) {
    printf("hebb %s\n", hebb_version());
    return EXIT_DONE;
  }
  if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
    fputs(HELP, stdout);
    return EXIT_DONE;
  }
  for (size_t k = 0; k < sizeof VERBS / sizeof *VERBS; k++) {
    if (strcmp(first, VERBS[k].name) != 0) continue;
    return VERBS[k].run(argc - 1, argv + 1);
  }
  if (is_word(first) && access(first, F_OK) != 0) return no_command(first);
  return cmd_run(argc, argv);
}
