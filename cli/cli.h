// SPDX-License-Identifier: MIT
// The command: what its verbs share. Each verb is a function of its arguments (argv[0] is the verb) that returns the exit
// status of LANGUAGE section "The command": 0 done, 1 a failed expect or test, 2 an error in the model or its data,
// 3 bad usage, 70 an internal fault, 130 ended by the user.
#ifndef HEBB_CLI_H
#define HEBB_CLI_H
#include "lang/instance.h"
#include "base/str.h"
#include "base/vec.h"
#include "hebb.h"

#include <signal.h>

enum { EXIT_DONE = 0, EXIT_UNMET = 1, EXIT_MODEL = 2, EXIT_USAGE = 3, EXIT_INTERRUPTED = 130 };

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_dis(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_doc(int argc, char **argv);
int cmd_fmt(int argc, char **argv);
int cmd_repl(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_lsp(int argc, char **argv);

// "hebb run: ..." on standard error, and the status for bad usage.
int usage_error(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Prints what was collected to standard error (standard output first) and forgets it.
void show_diags(Hebb *h);
void print_diags(Diags *d);
// Reads and compiles a file; false after showing why not. job->text is owned by the caller (mem_free).
bool compile_path(Hebb *h, const char *path, CompileJob *job);
// Adds a file, or all .hebb files below a directory by name.
typedef Vec(char *) Paths;
void paths_add(Paths *p, const char *path);
void paths_free(Paths *p);
// Ctrl-C: 0, then 1, 2. The third ends the process.
volatile sig_atomic_t *catch_interrupts(void);
volatile sig_atomic_t *catch_prompt_interrupts(void); // Ctrl-C never ends the process
// Kernels of a population or projection as `hebb dis` prints them; nothing before they are linked.
void dis_population(const Sources *s, const struct Pop *p, struct Str *out);
void dis_projection(const Sources *s, const struct Proj *p, struct Str *out);
// Draws a figure on standard output, which is a terminal: as wide as the window. False after a report.
bool draw_in_terminal(Hebb *h, const Plot *p);
// Calls f with each population and connection statement of a tree.
void each_item(Node *tree, void (*f)(Node *item, void *ctx), void *ctx);
// Equations, methods and costs of all that the last text uses; false if there were errors.
bool explain_all(Hebb *h, struct Str *out);

#endif
