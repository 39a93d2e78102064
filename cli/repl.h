// SPDX-License-Identifier: MIT
// The prompt: hebb typed line by line. What its files share.
//
//   repl.c           the loop: lines to statements and commands
//   repl_session.c   statements: one after the other, undone where they fail, kept for :save
//   repl_save.c      the session as a script
//   repl_show.c      values for the eye
//   repl_command.c   :help and its like
//   repl_complete.c  names, members, units, files and commands that may stand at the cursor
//   repl_line.c      lines from a terminal (libedit) or from anywhere (plain)
//
// A session is one instance of hebb. Each statement is compiled and run as a program of its own; before it runs, what it
// may change is marked (vm/script_undo.h), and a statement that fails is taken back with all it declared.
#ifndef HEBB_REPL_H
#define HEBB_REPL_H
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/progress.h"

typedef struct Said { // a statement that ran
  Node *tree;         // N_FILE of one statement
  char *text;         // as written, with the comments before it
  bool look;          // an expression alone: its value was shown
} Said;

typedef struct Repl {
  Hebb *h;
  Progress progress;
  bool terminal;  // somebody sits there: prompts, progress, colours, pictures as wide as the window
  bool color;
  bool quit;
  int failed;     // statements that failed
  bool stopped;   // the user ended the last statement
  volatile sig_atomic_t *interrupt;
  Vec(Said) said;
} Repl;

typedef enum EvalEnd { EVAL_DONE, EVAL_FAILED, EVAL_INCOMPLETE } EvalEnd;

void repl_begin(Repl *r);  // a new instance
void repl_end(Repl *r);
// Statements of a text. prompt: expressions alone show their value, and an incomplete text is no error.
EvalEnd repl_eval(Repl *r, const char *path, const char *text, size_t n, bool prompt);
// The same for a file, with paths in it relative to it.
EvalEnd repl_load(Repl *r, const char *path);
bool repl_save(Repl *r, const char *path);
// The session as a script; what :save writes.
void repl_script(Repl *r, Str *out);
// ":help plot" without the colon.
void repl_command(Repl *r, const char *text);
// "E.V", "plot": its documentation on standard output; false after saying that there is none.
bool repl_doc(Repl *r, const char *name);

// What may stand before the cursor: byte `from` of the text begins what `names` complete.
typedef struct Choice {
  char *name, *line;
} Choice;
typedef struct Choices {
  size_t from;
  Vec(Choice) list;
  bool file; // names of files: a directory goes on
} Choices;
void repl_complete(Repl *r, const char *text, size_t cursor, Choices *out);
void choices_free(Choices *c);
// Names of commands with one line each, NULL at the end.
typedef struct ReplCommand {
  const char *name, *argument, *line;
  void (*run)(Repl *r, const char *argument);
} ReplCommand;
const ReplCommand *repl_commands(int *n);

// ---- lines ----
typedef struct LineReader LineReader;
typedef enum LineEnd {
  LINE_TEXT,        // one line, without its end
  LINE_PASTE,       // several lines at once
  LINE_INTERRUPTED, // Ctrl-C
  LINE_END          // end of the input
} LineEnd;
LineReader *line_reader_new(Repl *r);
void line_reader_free(LineReader *l);
LineEnd line_read(LineReader *l, const char *prompt, Str *out);
bool line_waits(const LineReader *l); // whether more was typed already
void line_remember(LineReader *l, const char *text); // in the history

#endif
