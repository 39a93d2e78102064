// SPDX-License-Identifier: MIT
// Lines from the terminal. With libedit: editing, history, completion; without it, or where the input is no terminal,
// plain lines.
//
// Bytes are read here and not by libedit, so that Ctrl-C and a window that changes its size are seen at once (pselect
// waits with those signals let through, and nowhere else), and so that a paste which the terminal marks (bracketed paste:
// ESC [ 200 ~ ... ESC [ 201 ~) is one input with all its lines.
#include "cli/repl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBEDIT
#include <histedit.h>
#include <sys/ioctl.h>
#include <wchar.h>
#endif

struct LineReader {
  Repl *r;
  char *plain; // getline's
  size_t plain_cap;
#ifdef HAVE_LIBEDIT
  EditLine *el; // NULL: plain
  History *history;
  char *history_path;
  const char *prompt;
  unsigned char buf[4096]; // read ahead
  size_t n, at;
  Str paste;   // several lines
  Str typed;   // a paste of one line: as if it were typed
  size_t typed_at;
  bool pasted, interrupted;
  bool ahead; // what is read now was typed before the prompt stood
  sigset_t outside; // signals that are let through while waiting
#endif
};

// ---- plain lines ----

static LineEnd plain_read(LineReader *l, const char *prompt, Str *out) {
  if (l->r->terminal) {
    fputs(prompt, stdout);
    fflush(stdout);
  }
  errno = 0;
  ssize_t n = getline(&l->plain, &l->plain_cap, stdin);
  if (n < 0) {
    bool again = errno == EINTR && !feof(stdin);
    clearerr(stdin);
    *l->r->interrupt = 0;
    if (l->r->terminal) putchar('\n');
    return again ? LINE_INTERRUPTED : LINE_END;
  }
  while (n && (l->plain[n - 1] == '\n' || l->plain[n - 1] == '\r')) n--;
  str_addn(out, l->plain, (size_t)n);
  return LINE_TEXT;
}

#ifdef HAVE_LIBEDIT

enum { HISTORY_MOST = 2000, REMEMBER_MOST = 8192, ECHO_MOST = 12, LIST_MOST = 24, LIST_ALL = 400, CTRL_D = 4 };

// ---- signals ----

static volatile sig_atomic_t window_changed; // set by a signal, which has no other way

static void on_window(int signal_number) {
  (void)signal_number;
  window_changed = 1;
}

static void catch_window(LineReader *l) {
  struct sigaction act = {.sa_handler = on_window};
  sigemptyset(&act.sa_mask);
  sigaction(SIGWINCH, &act, NULL);
  sigprocmask(SIG_BLOCK, NULL, &l->outside);
}

// Waits for input, at most `wait` (NULL: for ever). 1: there is some; 0: time is over; -1: Ctrl-C.
static int wait_input(LineReader *l, const struct timespec *wait) {
  sigset_t hold;
  sigemptyset(&hold);
  sigaddset(&hold, SIGINT);
  sigaddset(&hold, SIGWINCH);
  sigprocmask(SIG_BLOCK, &hold, NULL);
  int found = -2;
  while (found == -2) {
    if (*l->r->interrupt) found = -1;
    else if (window_changed) {
      window_changed = 0;
      el_resize(l->el);
      el_set(l->el, EL_REFRESH);
    } else {
      fd_set in;
      FD_ZERO(&in);
      FD_SET(STDIN_FILENO, &in);
      int n = pselect(STDIN_FILENO + 1, &in, NULL, NULL, wait, &l->outside);
      if (n >= 0 || errno != EINTR) found = n > 0;
    }
  }
  sigprocmask(SIG_SETMASK, &l->outside, NULL);
  return found;
}

// ---- bytes ----

static bool fill(LineReader *l) {
  if (l->at) memmove(l->buf, l->buf + l->at, l->n - l->at);
  l->n -= l->at;
  l->at = 0;
  ssize_t n = read(STDIN_FILENO, l->buf + l->n, sizeof l->buf - l->n);
  for (ssize_t k = 0; l->ahead && k < n; k++)
    if (!l->buf[l->n + (size_t)k]) l->buf[l->n + (size_t)k] = CTRL_D;
  if (n > 0) l->n += (size_t)n;
  return n > 0;
}

// While a statement runs the terminal reads for itself, line by line, and makes a NUL of a Ctrl-D that is typed then.
static void look_ahead(LineReader *l) {
  if (l->ahead && !line_waits(l)) l->ahead = false;
}

// The next byte: -1 at the end of the input, -2 after Ctrl-C.
static int next_byte(LineReader *l) {
  while (l->at == l->n) {
    look_ahead(l);
    if (wait_input(l, NULL) < 0) return -2;
    if (!fill(l)) return -1;
  }
  return l->buf[l->at++];
}

static const char PASTE_BEGINS[] = "[200~", PASTE_ENDS[] = "\033[201~";

// Whether the bytes behind an ESC open a paste. They may still be under way.
static bool paste_begins(LineReader *l) {
  size_t want = sizeof PASTE_BEGINS - 1;
  while (l->n - l->at < want) {
    if (memcmp(l->buf + l->at, PASTE_BEGINS, l->n - l->at) != 0) return false;
    struct timespec moment = {.tv_nsec = 30000000};
    if (wait_input(l, &moment) != 1 || !fill(l)) return false;
  }
  if (memcmp(l->buf + l->at, PASTE_BEGINS, want) != 0) return false;
  l->at += want;
  return true;
}

static bool ends_paste(const Str *s) {
  size_t n = sizeof PASTE_ENDS - 1;
  return s->n >= n && memcmp(s->data + s->n - n, PASTE_ENDS, n) == 0;
}

// Terminals send a carriage return for the end of a line.
static void tidy(Str *s) {
  size_t k = 0;
  for (size_t j = 0; j < s->n; j++) {
    char c = s->data[j];
    if (c == '\r') {
      if (j + 1 < s->n && s->data[j + 1] == '\n') continue;
      c = '\n';
    }
    s->data[k++] = c;
  }
  s->data[s->n = k] = 0;
}

static int read_paste(LineReader *l) {
  Str s = {0};
  int c = 0;
  while (!ends_paste(&s) && (c = next_byte(l)) >= 0) str_addc(&s, (char)c);
  if (c < 0) {
    str_free(&s);
    return c;
  }
  s.data[s.n -= sizeof PASTE_ENDS - 1] = 0;
  tidy(&s);
  if (strchr(s.data, '\n')) {
    l->paste = s;
    l->pasted = true;
    return '\n';
  }
  for (size_t k = 0; k < s.n; k++)
    if ((unsigned char)s.data[k] < ' ') s.data[k] = ' ';
  str_free(&l->typed);
  l->typed = s;
  l->typed_at = 0;
  return 0;
}

static int next_key_byte(LineReader *l) {
  for (;;) {
    if (l->typed_at < l->typed.n) return (unsigned char)l->typed.data[l->typed_at++];
    int c = next_byte(l);
    if (c != '\033' || !paste_begins(l)) return c;
    c = read_paste(l);
    if (c) return c;
  }
}

// A letter of one to four bytes; what is no UTF-8 becomes U+FFFD.
static wchar_t letter(LineReader *l, int first) {
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (!more) return first < 0x80 ? (wchar_t)first : (wchar_t)0xFFFD;
  unsigned long x = (unsigned long)first & (0x3FUL >> more);
  while (more-- > 0) {
    int c = next_key_byte(l);
    if (c < 0 || (c & 0xC0) != 0x80) return (wchar_t)0xFFFD;
    x = x << 6 | ((unsigned long)c & 0x3F);
  }
  return (wchar_t)x;
}

static int read_key(EditLine *el, wchar_t *out) {
  LineReader *l = NULL;
  el_get(el, EL_CLIENTDATA, &l);
  int c = next_key_byte(l);
  if (c == -1) return 0;
  if (c == -2) {
    l->interrupted = true;
    errno = EINTR;
    return -1;
  }
  *out = letter(l, c);
  return 1;
}

// ---- completion ----

static int window_width(void) {
  struct winsize w;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

static int letters(const char *s) {
  int n = 0;
  for (; *s; s++) n += (*s & 0xC0) != 0x80;
  return n;
}

static int widest(const Choices *c) {
  int width = 0;
  for (int k = 0; k < c->list.n; k++)
    if (letters(c->list.data[k].name) > width) width = letters(c->list.data[k].name);
  return width;
}

static void print_cut(const char *text, int room) {
  int n = 0;
  for (; *text && n < room; text++) {
    n += (text[1] & 0xC0) != 0x80;
    putchar(*text);
  }
  if (*text) fputs("...", stdout);
}

static void print_choices(const Choices *c) {
  int width = widest(c), window = window_width(), columns = window / (width + 2) > 0 ? window / (width + 2) : 1;
  bool lines = c->list.n <= LIST_MOST;
  putchar('\n');
  for (int k = 0; k < c->list.n && k < LIST_ALL; k++) {
    const Choice *x = &c->list.data[k];
    fputs(x->name, stdout);
    if (lines || k % columns < columns - 1) printf("%*s", width - letters(x->name) + 2, "");
    if (lines && *x->line) print_cut(x->line, window - width - 6);
    if (lines || k % columns == columns - 1) putchar('\n');
  }
  if (!lines && (c->list.n % columns || c->list.n > LIST_ALL)) putchar('\n');
  if (c->list.n > LIST_ALL) printf("... and %d more\n", c->list.n - LIST_ALL);
  fflush(stdout);
}

static size_t common(const Choices *c) {
  size_t n = strlen(c->list.data[0].name);
  for (int k = 1; k < c->list.n; k++) {
    size_t j = 0;
    while (j < n && c->list.data[k].name[j] == c->list.data[0].name[j]) j++;
    n = j;
  }
  while (n && (c->list.data[0].name[n] & 0xC0) == 0x80) n--;
  return n;
}

static unsigned char take_choice(EditLine *el, const Choices *c, size_t typed) {
  size_t n = common(c);
  const char *name = c->list.data[0].name;
  Str more = {0};
  if (n > typed) str_addn(&more, name + typed, n - typed);
  bool whole = c->list.n == 1 && n && name[n - 1] != '/';
  if (whole && c->file) str_addc(&more, '"');
  if (more.n) el_insertstr(el, more.data);
  else if (c->list.n > 1) print_choices(c);
  unsigned char what = more.n ? CC_REFRESH : c->list.n > 1 ? CC_REDISPLAY : CC_NORM;
  str_free(&more);
  return what;
}

static unsigned char complete_here(EditLine *el, int key) {
  LineReader *l = NULL;
  (void)key;
  el_get(el, EL_CLIENTDATA, &l);
  const LineInfo *li = el_line(el);
  Str text = {0};
  str_addn(&text, li->buffer, (size_t)(li->lastchar - li->buffer));
  size_t cursor = (size_t)(li->cursor - li->buffer);
  if (strspn(text.data, " \t") >= cursor) { // nothing before it: an indentation
    str_free(&text);
    el_insertstr(el, "  ");
    return CC_REFRESH;
  }
  Choices c = {0};
  repl_complete(l->r, text.data, cursor, &c);
  bool quoted = text.data[0] != ':';
  c.file = c.file && quoted;
  unsigned char what = c.list.n ? take_choice(el, &c, cursor - c.from) : CC_REFRESH_BEEP;
  choices_free(&c);
  str_free(&text);
  return what;
}

// ---- history ----

static void make_dirs(char *path) {
  for (char *p = path + 1; (p = strchr(p, '/')); p++) {
    *p = 0;
    mkdir(path, 0700);
    *p = '/';
  }
}

static void open_history(LineReader *l) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  HistEvent ev;
  Str path = {0};
  l->history = history_init();
  history(l->history, &ev, H_SETSIZE, HISTORY_MOST);
  history(l->history, &ev, H_SETUNIQUE, 1);
  if (state && *state == '/') str_addf(&path, "%s/hebb/history", state);
  else if (home && *home == '/') str_addf(&path, "%s/.local/state/hebb/history", home);
  l->history_path = path.data;
  if (path.data) history(l->history, &ev, H_LOAD, path.data);
  el_set(l->el, EL_HIST, history, l->history);
}

static void save_history(LineReader *l) {
  HistEvent ev;
  if (!l->history_path) return;
  make_dirs(l->history_path);
  history(l->history, &ev, H_SAVE, l->history_path);
}

// ---- libedit ----

static char *prompt_text(EditLine *el) {
  LineReader *l = NULL;
  el_get(el, EL_CLIENTDATA, &l);
  return (char *)l->prompt;
}

static bool can_edit(void) {
  const char *term = getenv("TERM");
  return term && *term && strcmp(term, "dumb") != 0;
}

static void open_editor(LineReader *l) {
  l->el = el_init("hebb", stdin, stdout, stderr);
  if (!l->el) return;
  catch_window(l);
  el_set(l->el, EL_CLIENTDATA, l);
  el_set(l->el, EL_PROMPT, prompt_text);
  el_set(l->el, EL_EDITOR, "emacs");
  el_set(l->el, EL_SIGNAL, 0);
  el_wset(l->el, EL_ADDFN, L"hebb-complete", L"complete what stands before the cursor", complete_here); // el_set would leak
  el_set(l->el, EL_BIND, "^I", "hebb-complete", NULL);
  el_set(l->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(l->el, EL_BIND, "^W", "ed-delete-prev-word", NULL);
  el_set(l->el, EL_BIND, "\033[1;5C", "em-next-word", NULL);
  el_set(l->el, EL_BIND, "\033[1;5D", "ed-prev-word", NULL);
  el_wset(l->el, EL_GETCFN, read_key);
  open_history(l);
  el_source(l->el, NULL);
}

static void echo_paste(const Str *text) {
  int lines = 0, more = 0;
  for (const char *p = text->data; *p;) {
    size_t n = strcspn(p, "\n");
    if (lines++ < ECHO_MOST) printf("%s%.*s\n", lines > 1 ? "  ... " : "", (int)n, p);
    else more++;
    p += n + (p[n] == '\n');
  }
  if (more) printf("  ... (%d lines more)\n", more);
}

static LineEnd edit_read(LineReader *l, const char *prompt, Str *out) {
  int n = 0;
  l->prompt = prompt;
  l->pasted = l->interrupted = false;
  l->ahead = true;
  *l->r->interrupt = 0;
  fflush(stderr);
  fputs("\033[?2004h", stdout);
  fflush(stdout);
  const char *line = el_gets(l->el, &n);
  fputs("\033[?2004l", stdout);
  fflush(stdout);
  if (l->interrupted || (!line && n < 0)) {
    puts("^C");
    *l->r->interrupt = 0;
    return LINE_INTERRUPTED;
  }
  if (!line || n <= 0) {
    putchar('\n');
    return LINE_END;
  }
  str_addn(out, line, (size_t)n);
  while (out->n && out->data[out->n - 1] == '\n') out->data[--out->n] = 0;
  if (!l->pasted) return LINE_TEXT;
  echo_paste(&l->paste);
  str_addn(out, l->paste.data, l->paste.n);
  str_free(&l->paste);
  return LINE_PASTE;
}
#endif

// ---- both ----

LineReader *line_reader_new(Repl *r) {
  LineReader *l = mem_alloc(sizeof *l);
  l->r = r;
#ifdef HAVE_LIBEDIT
  if (r->terminal && can_edit()) open_editor(l);
#endif
  return l;
}

void line_reader_free(LineReader *l) {
#ifdef HAVE_LIBEDIT
  if (l->el) {
    save_history(l);
    history_end(l->history);
    el_end(l->el);
  }
  mem_free(l->history_path);
  str_free(&l->paste);
  str_free(&l->typed);
#endif
  free(l->plain); // getline's
  mem_free(l);
}

bool line_waits(const LineReader *l) {
#ifdef HAVE_LIBEDIT
  if (l->at < l->n || l->typed_at < l->typed.n) return true;
#else
  (void)l;
#endif
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&in, 1, 0) > 0;
}

LineEnd line_read(LineReader *l, const char *prompt, Str *out) {
  str_addn(out, "", 0);
#ifdef HAVE_LIBEDIT
  if (l->el) return edit_read(l, prompt, out);
#endif
  return plain_read(l, prompt, out);
}

// The file is written where a moment is left: not between the lines of a paste.
void line_remember(LineReader *l, const char *text) {
#ifdef HAVE_LIBEDIT
  HistEvent ev;
  size_t n = strlen(text);
  if (!l->el || !n || n > REMEMBER_MOST) return;
  history(l->history, &ev, H_ENTER, text);
  if (l->at == l->n) save_history(l);
#else
  (void)l, (void)text;
#endif
}
