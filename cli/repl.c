// SPDX-License-Identifier: MIT
// hebb repl, and hebb alone: the loop of the prompt. See repl.h.
#include "cli/repl.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char PROMPT[] = "hebb> ", GO_ON[] = "  ... ";

static bool blank(const char *s) { return s[strspn(s, " \t\r\n")] == 0; }

// `?name`, `name?`: its documentation. `?` alone: help.
static bool asks_doc(Repl *r, const char *text) {
  size_t from = strspn(text, " \t"), n = strlen(text);
  while (n > from && strchr(" \t\r\n", text[n - 1])) n--;
  bool before = text[from] == '?', after = n > from && text[n - 1] == '?';
  if (!before && !after) return false;
  from += before;
  n -= after && n > from;
  while (from < n && text[from] == ' ') from++;
  while (n > from && text[n - 1] == ' ') n--;
  Str name = {0};
  str_addn(&name, text + from, n - from);
  if (!name.n) repl_command(r, "help");
  else repl_doc(r, name.data);
  str_free(&name);
  return true;
}

// A command or a question; false: statements.
static bool took_command(Repl *r, const char *text) {
  size_t from = strspn(text, " \t");
  bool took = text[from] == ':';
  if (took) repl_command(r, text + from + 1);
  else took = asks_doc(r, text);
  fflush(stdout);
  return took;
}

// What people type who know other prompts; not where it is a name of the session.
static bool took_word(Repl *r, const char *text) {
  static const char *const words[][2] = {{"help", "help"}, {"help()", "help"}, {"quit", "quit"}, {"quit()", "quit"},
                                         {"exit", "quit"}, {"exit()", "quit"}};
  size_t from = strspn(text, " \t"), n = strcspn(text + from, " \t\r\n;");
  if (text[from + n + strspn(text + from + n, " \t\r\n;")]) return false;
  for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
    if (strlen(words[k][0]) != n || strncmp(words[k][0], text + from, n) != 0) continue;
    size_t name = strcspn(words[k][0], "(");
    if (checker_find(compiler_checker(instance_of(r->h).compiler), words[k][0], name, name < n)) return false;
    repl_command(r, words[k][1]);
    return true;
  }
  return false;
}

// ---- brackets ----

// Behind a string that begins at p (after its quotation mark), or the end of the line.
static const char *behind_string(const char *p) {
  int inserted = 0; // braces of values in it
  for (; *p && *p != '\n'; p++) {
    if (*p == '\\' && p[1] && p[1] != '\n') p++;
    else if (*p == '{') inserted++;
    else if (*p == '}' && inserted) inserted--;
    else if (*p == '"' && inserted) p = behind_string(p + 1) - 1;
    else if (*p == '"') return p + 1;
  }
  return p;
}

// How many brackets a line opens more than it closes.
static int opens(const char *p) {
  int n = 0;
  while (*p) {
    if (*p == '"') {
      p = behind_string(p + 1);
      continue;
    }
    if (*p == '#') p += strcspn(p, "\n");
    n += *p && strchr("([{", *p);
    n -= *p && strchr(")]}", *p);
    p += *p != 0;
  }
  return n;
}

static void loop(Repl *r, LineReader *lines) {
  Str text = {0}, line = {0};
  int open = 0;
  while (!r->quit) {
    if (!text.n) open = 0;
    line.n = 0;
    LineEnd end = line_read(lines, text.n ? GO_ON : PROMPT, &line);
    if (end == LINE_END && !text.n) break;
    if (end == LINE_INTERRUPTED || end == LINE_END) {
      if (end == LINE_END && !r->terminal) { // what is left stands as it is
        repl_eval(r, "<prompt>", text.data, text.n, false);
        break;
      }
      text.n = 0;
      continue;
    }
    if (!text.n && blank(line.data)) continue;
    if (!text.n && end == LINE_TEXT && (took_command(r, line.data) || took_word(r, line.data))) {
      line_remember(lines, line.data);
      continue;
    }
    if (text.n) str_addc(&text, '\n');
    str_addn(&text, line.data, line.n);
    if (end == LINE_PASTE && text.data[text.n - 1] == '\n') text.data[--text.n] = 0;
    open += opens(line.data);
    if (open > 0 && (!r->terminal || line_waits(lines))) continue; // a block comes whole, faults and all
    EvalEnd was = repl_eval(r, "<prompt>", text.data, text.n, true);
    if (was == EVAL_INCOMPLETE) continue;
    line_remember(lines, text.data);
    text.n = 0;
  }
  str_free(&text);
  str_free(&line);
}

// Texts may hold any letter whatever the language of the system: the letters of the terminal are UTF-8.
static void use_utf8(void) {
  static const char *const names[] = {"", "C.UTF-8", "en_US.UTF-8", "UTF-8"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (setlocale(LC_CTYPE, names[k]) && MB_CUR_MAX > 1) return;
}

static int read_options(int argc, char **argv, const char **file) {
  static const struct option longs[] = {{NULL, 0, NULL, 0}};
  if (getopt_long(argc, argv, "", longs, NULL) != -1) return usage_error("repl", "see hebb --help");
  if (optind + 1 < argc) return usage_error("repl", "one file at a time, but there is also %s", argv[optind + 1]);
  *file = optind < argc ? argv[optind] : NULL;
  return EXIT_DONE;
}

static int end_status(const Repl *r) {
  int unmet = 0;
  script_expects(instance_of(r->h).script, &unmet);
  if (r->terminal) return EXIT_DONE;
  return r->failed ? EXIT_MODEL : unmet ? EXIT_UNMET : EXIT_DONE;
}

int cmd_repl(int argc, char **argv) {
  const char *file = NULL;
  int status = read_options(argc, argv, &file);
  if (status) return status;
  bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  Repl r = {.terminal = terminal, .color = terminal && isatty(STDERR_FILENO) && !getenv("NO_COLOR"), .interrupt = catch_prompt_interrupts()};
  use_utf8();
  repl_begin(&r);
  LineReader *lines = line_reader_new(&r);
  if (terminal) printf("hebb %s - models of neurons and networks.  :help for help, Tab completes, :quit ends.\n", hebb_version());
  if (file) repl_load(&r, file);
  loop(&r, lines);
  line_reader_free(lines);
  status = end_status(&r);
  repl_end(&r);
  return status;
}
