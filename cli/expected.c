// SPDX-License-Identifier: MIT
// Finds `#!` comments line by line. A `#` within quotation marks is no comment.
#include "cli/expected.h"

#include <stdlib.h>
#include <string.h>

typedef struct Line {
  const char *text;
  size_t n;       // of the code before the comment, without blanks at its end
  const char *mark; // what stands after "#!", or NULL
  size_t nmark;
} Line;

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static const char *comment(const char *p, const char *end) {
  bool quoted = false;
  for (; p < end; p++) {
    if (*p == '\\' && quoted) p++;
    else if (*p == '"') quoted = !quoted;
    else if (*p == '#' && !quoted) return p;
  }
  return NULL;
}

static Line read_line(const char *p, const char *end) {
  const char *c = comment(p, end), *code_end = c ? c : end;
  while (code_end > p && blank(code_end[-1])) code_end--;
  Line l = {.text = p, .n = (size_t)(code_end - p)};
  if (!c || c + 1 >= end || c[1] != '!') return l;
  c += 2;
  while (c < end && blank(*c)) c++;
  while (end > c && blank(end[-1])) end--;
  l.mark = c;
  l.nmark = (size_t)(end - c);
  return l;
}

static bool word(const char **p, size_t *n, const char *w) {
  size_t k = strlen(w);
  if (*n < k || memcmp(*p, w, k) != 0 || (*n > k && !blank((*p)[k]))) return false;
  *p += k;
  *n -= k;
  while (*n && blank(**p)) ++*p, --*n;
  return true;
}

static const char *unquoted(const char *p, size_t n, Arena *a) {
  char *text = arena_alloc(a, n + 1), *q = text;
  for (size_t k = 0; k < n; k++) {
    if (p[k] == '\\' && k + 1 < n && (p[k + 1] == '"' || p[k + 1] == '\\')) k++;
    *q++ = p[k];
  }
  return text;
}

// error E0412 "v + tau". False if it begins so but cannot be read.
static bool read_diag(const char *p, size_t n, ExpectedDiag *out, Arena *a) {
  size_t digits = 0;
  if (n < 2 || *p != 'E') return false;
  out->code = (int)strtol(arena_strndup(p + 1, n - 1, a), NULL, 10);
  while (1 + digits < n && p[1 + digits] >= '0' && p[1 + digits] <= '9') digits++;
  p += 1 + digits;
  n -= 1 + digits;
  while (n && blank(*p)) p++, n--;
  if (n == 0) return digits > 0;
  if (n < 2 || *p != '"' || p[n - 1] != '"') return false;
  out->under = unquoted(p + 1, n - 2, a);
  return digits > 0;
}

static void add_output(Expected *e, const Line *l, uint32_t number, uint32_t code_line, Arena *a) {
  const char *text = arena_strndup(l->mark, l->nmark, a);
  bool more = !l->n && e->outputs.n && vec_last(&e->outputs).line == code_line;
  if (!more) {
    vec_push(&e->outputs, (ExpectedOutput){.line = l->n ? number : code_line, .text = text});
    return;
  }
  ExpectedOutput *o = &vec_last(&e->outputs);
  o->text = arena_printf(a, "%s | %s", o->text, text);
}

// error E0412 "a" #! error E0309 "b": several may stand in one line.
static void add_diags(Expected *e, const Line *l, uint32_t line, uint32_t number, Arena *a) {
  const char *p = l->mark, *end = l->mark + l->nmark;
  while (p < end) {
    const char *next = comment(p, end);
    const char *rest = p;
    size_t left = (size_t)((next ? next : end) - p);
    while (left && blank(rest[left - 1])) left--;
    bool warning = word(&rest, &left, "warning");
    ExpectedDiag d = {.line = line, .severity = warning ? SEV_WARNING : SEV_ERROR};
    if ((warning || word(&rest, &left, "error")) && read_diag(rest, left, &d, a)) vec_push(&e->diags, d);
    else if (!e->bad_line) e->bad_line = number;
    if (!next) return;
    for (p = next + 2; p < end && blank(*p);) p++;
  }
}

void expected_read(Expected *e, const char *text, size_t n, Arena *a) {
  uint32_t number = 0, code_line = 0;
  for (const char *p = text, *end = text + n; p < end;) {
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    if (!stop) stop = end;
    Line l = read_line(p, stop);
    number++;
    p = stop + 1;
    if (l.n) code_line = number;
    if (!l.mark || (number == 1 && l.nmark && l.mark[0] == '/')) continue; // "#!/usr/bin/env hebb"
    const char *rest = l.mark;
    size_t left = l.nmark;
    bool error = word(&rest, &left, "error"), warning = !error && word(&rest, &left, "warning");
    if (error || warning) add_diags(e, &l, l.n ? number : code_line, number, a);
    else add_output(e, &l, number, code_line, a);
  }
}

void expected_free(Expected *e) {
  vec_free(&e->outputs);
  vec_free(&e->diags);
}
