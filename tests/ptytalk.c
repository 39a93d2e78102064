// SPDX-License-Identifier: MIT
// Talks to a program through a pseudo-terminal, as a person at a keyboard would, and looks at what appears.
//
//   ptytalk PROGRAM FILE...     each FILE is one test, a line of TAP
//
// A file holds one order a line; TEXT knows \n \r \t \e \\ \xHH; # begins a comment:
//
//   send TEXT         types it
//   wait TEXT         until it appears, behind what was waited for last; at most 20 s
//   never TEXT        it has not appeared since the last `never` or the beginning
//   lines N TEXT      types TEXT N times; %d in it is the number
//   size COLUMNS ROWS of the window (and tells the program)
//   pause MS
//   again             the program is started anew (the same home)
//   ends N            the program ends, with this status
//   keep FILE         everything that appeared so far, as it came
//
// With PTYTALK_COLOR in the environment the program may use colours.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

enum { PATIENCE = 20000 };

typedef struct Talk {
  const char *program;
  pid_t pid;
  int fd;
  char *seen; // everything that appeared
  size_t n, cap, waited, never;
  char why[512];
} Talk;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static bool fail(Talk *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(Talk *t, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(t->why, sizeof t->why, fmt, ap);
  va_end(ap);
  return false;
}

static void start(Talk *t) {
  struct winsize w = {.ws_col = 80, .ws_row = 24};
  t->pid = forkpty(&t->fd, NULL, NULL, &w);
  if (t->pid < 0) perror("forkpty"), exit(99);
  if (t->pid == 0) {
    setenv("TERM", "xterm", 1);
    if (!getenv("PTYTALK_COLOR")) setenv("NO_COLOR", "1", 1);
    unsetenv("DISPLAY");
    unsetenv("XDG_STATE_HOME");
    execl(t->program, "hebb", (char *)NULL);
    _exit(127);
  }
  fcntl(t->fd, F_SETFL, O_NONBLOCK);
}

// Takes what has appeared; waits for it at most ms. False: the other side is closed.
static bool look(Talk *t, int ms) {
  struct pollfd p = {.fd = t->fd, .events = POLLIN};
  if (poll(&p, 1, ms) <= 0) return true;
  if (t->n + 65536 > t->cap) {
    t->cap = 2 * t->cap + 65536 * 2;
    t->seen = realloc(t->seen, t->cap);
    if (!t->seen) exit(99);
  }
  ssize_t n = read(t->fd, t->seen + t->n, 65535);
  if (n > 0) t->n += (size_t)n;
  t->seen[t->n] = 0;
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static const char *find(const char *in, size_t n, const char *what, size_t m) {
  for (size_t k = 0; k + m <= n; k++)
    if (memcmp(in + k, what, m) == 0) return in + k;
  return NULL;
}

static bool type(Talk *t, const char *text, size_t n) {
  double end = now_ms() + PATIENCE;
  while (n) {
    ssize_t k = write(t->fd, text, n > 512 ? 512 : n);
    if (k > 0) text += k, n -= (size_t)k;
    else if (errno != EAGAIN && errno != EINTR) return fail(t, "cannot type: %s", strerror(errno));
    look(t, k > 0 ? 0 : 20); // what appears must be taken, or the other side waits
    if (now_ms() > end) return fail(t, "nobody reads what is typed");
  }
  return true;
}

static bool wait_for(Talk *t, const char *text, size_t n) {
  double end = now_ms() + PATIENCE;
  bool open = true;
  for (;;) {
    const char *at = t->seen ? find(t->seen + t->waited, t->n - t->waited, text, n) : NULL;
    if (at) {
      t->waited = (size_t)(at - t->seen) + n;
      return true;
    }
    if (!open || now_ms() > end) break;
    open = look(t, 50);
  }
  size_t from = t->n - t->waited > 240 ? t->n - 240 : t->waited;
  return fail(t, "\"%.*s\" did not appear; the last was: %s", (int)n, text, t->seen ? t->seen + from : "nothing");
}

static bool never(Talk *t, const char *text, size_t n) {
  bool there = t->seen && find(t->seen + t->never, t->n - t->never, text, n);
  t->never = t->n;
  return there ? fail(t, "\"%.*s\" appeared", (int)n, text) : true;
}

static bool ends(Talk *t, int want) {
  double end = now_ms() + PATIENCE;
  int status;
  while (look(t, 20) && now_ms() < end) {}
  while (waitpid(t->pid, &status, WNOHANG) == 0) {
    if (now_ms() > end) return fail(t, "the program does not end");
    poll(NULL, 0, 10);
  }
  t->pid = 0;
  close(t->fd);
  int got = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return got == want ? true : fail(t, "the program ended with %d", got);
}

// ---- orders ----

static int hex(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static size_t unescape(char *s) {
  char *out = s;
  char *begin = s;
  for (; *s; s++) {
    if (*s != '\\') {
      *out++ = *s;
      continue;
    }
    s++;
    switch (*s) {
    case 'n': *out++ = '\n'; break;
    case 'r': *out++ = '\r'; break;
    case 't': *out++ = '\t'; break;
    case 'e': *out++ = '\033'; break;
    case 'x': *out++ = (char)(hex(s[1]) << 4 | hex(s[2])), s += 2; break;
    default: *out++ = *s;
    }
  }
  *out = 0;
  return (size_t)(out - begin);
}

static bool type_lines(Talk *t, const char *rest) {
  char line[512];
  char *text;
  long count = strtol(rest, &text, 10);
  while (*text == ' ') text++;
  for (long k = 0; k < count; k++) {
    const char *place = strstr(text, "%d");
    int n = place ? snprintf(line, sizeof line, "%.*s%ld%s", (int)(place - text), text, k, place + 2) : snprintf(line, sizeof line, "%s", text);
    if (!type(t, line, (size_t)n)) return false;
  }
  return true;
}

static bool resize(Talk *t, const char *rest) {
  struct winsize w = {0};
  char *end;
  w.ws_col = (unsigned short)strtol(rest, &end, 10);
  w.ws_row = (unsigned short)strtol(end, NULL, 10);
  return ioctl(t->fd, TIOCSWINSZ, &w) == 0 ? true : fail(t, "the window cannot be resized");
}

static bool pause_for(Talk *t, int ms) {
  double end = now_ms() + ms;
  while (now_ms() < end && look(t, 10)) {}
  return true;
}

static bool keep(Talk *t, const char *path) {
  FILE *f = fopen(path, "w");
  bool ok = f && fwrite(t->seen, 1, t->n, f) == t->n;
  if (f) fclose(f);
  return ok ? true : fail(t, "%s cannot be written", path);
}

static bool order(Talk *t, char *line) {
  size_t word = strcspn(line, " ");
  char *rest = line + word + (line[word] == ' ');
  line[word] = 0;
  size_t n = unescape(rest);
  if (strcmp(line, "send") == 0) return type(t, rest, n);
  if (strcmp(line, "wait") == 0) return wait_for(t, rest, n);
  if (strcmp(line, "never") == 0) return never(t, rest, n);
  if (strcmp(line, "lines") == 0) return type_lines(t, rest);
  if (strcmp(line, "size") == 0) return resize(t, rest);
  if (strcmp(line, "pause") == 0) return pause_for(t, atoi(rest));
  if (strcmp(line, "ends") == 0) return ends(t, atoi(rest));
  if (strcmp(line, "keep") == 0) return keep(t, rest);
  if (strcmp(line, "again") == 0) return start(t), true;
  return fail(t, "an unknown order: %s", line);
}

static bool run_file(Talk *t, const char *path) {
  FILE *f = fopen(path, "r");
  char line[4096];
  int number = 0;
  bool ok = f || fail(t, "it cannot be read");
  start(t);
  while (ok && fgets(line, sizeof line, f)) {
    number++;
    line[strcspn(line, "\n")] = 0;
    if (!*line || *line == '#') continue;
    char said[sizeof line];
    memcpy(said, line, sizeof line);
    ok = order(t, line);
    if (!ok) printf("# %s:%d: %s\n", path, number, said);
  }
  if (f) fclose(f);
  if (t->pid > 0) {
    kill(t->pid, SIGKILL);
    waitpid(t->pid, NULL, 0);
    close(t->fd);
  }
  return ok;
}

static void print_why(const char *why) {
  for (const char *p = why; *p; p++) {
    if (p == why || p[-1] == '\n') fputs("# ", stdout);
    if (*p == '\033') fputs("\\e", stdout);
    else if (*p != '\r') putchar(*p);
  }
  putchar('\n');
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int k = 2; k < argc; k++) {
    Talk t = {.program = argv[1]};
    bool ok = run_file(&t, argv[k]);
    if (!ok) print_why(t.why);
    const char *name = strrchr(argv[k], '/');
    printf("%sok %d - %s\n", ok ? "" : "not ", k - 1, name ? name + 1 : argv[k]);
    fflush(stdout);
    failed += !ok;
    free(t.seen);
  }
  return failed != 0;
}
