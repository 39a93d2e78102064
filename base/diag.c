// SPDX-License-Identifier: MIT
// Collecting, ordering and printing of messages.
//
//   model.hebb:12:11: error E0412: text                 place, code, text
//      12 |   dV/dt = (E_L - V) + tau                    the line, tabs as blanks, cut to a window if it is long
//         |           ^^^^^^^^^ this is mV               the span; the text of a label with the same span
//         |                       --- this is ms         other labels
//         = note: ...
//         = hint: ...
//
// What comes from a source is printed with control characters and marks of writing direction replaced, so that no text
// can disturb the terminal.
#include "base/diag.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 4, WINDOW = 110, LIMIT = 20 };

typedef struct Label {
  Span span;
  const char *text;
  bool primary;
} Label;

struct Diag {
  Arena *a;
  DiagCode code;
  Severity severity;
  Span span;
  const char *text;
  int order; // of reporting
  Vec(Label) labels;
  Vec(const char *) notes, hints;
};

struct Diags {
  Sources *sources;
  Arena *a;
  Vec(Diag *) list;
};

// ---- collecting ----

Diags *diags_new(Sources *sources) {
  Diags *d = mem_alloc(sizeof *d);
  d->sources = sources;
  d->a = arena_new();
  return d;
}

static void forget(Diag *e) {
  vec_free(&e->labels);
  vec_free(&e->notes);
  vec_free(&e->hints);
}

void diags_clear(Diags *d) {
  for (int k = 0; k < d->list.n; k++) forget(d->list.data[k]);
  d->list.n = 0;
  arena_free(d->a);
  d->a = arena_new();
}

void diags_free(Diags *d) {
  if (!d) return;
  diags_clear(d);
  vec_free(&d->list);
  arena_free(d->a);
  mem_free(d);
}

static Diag *add(Diags *d, Severity severity, DiagCode code, Span span, const char *fmt, va_list ap) {
  Diag *e = NEW(d->a, Diag);
  e->a = d->a;
  e->code = code;
  e->severity = severity;
  e->span = span;
  e->text = arena_vprintf(d->a, fmt, ap);
  e->order = d->list.n;
  vec_push(&d->list, e);
  return e;
}

Diag *diag(Diags *d, DiagCode code, Span span, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Diag *e = add(d, SEV_ERROR, code, span, fmt, ap);
  va_end(ap);
  return e;
}

Diag *diag_warning(Diags *d, DiagCode code, Span span, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Diag *e = add(d, SEV_WARNING, code, span, fmt, ap);
  va_end(ap);
  return e;
}

void diag_label(Diag *e, Span span, const char *fmt, ...) {
  if (!e) return;
  va_list ap;
  va_start(ap, fmt);
  Label l = {.span = span, .text = arena_vprintf(e->a, fmt, ap)};
  va_end(ap);
  vec_push(&e->labels, l);
}

void diag_note(Diag *e, const char *fmt, ...) {
  if (!e) return;
  va_list ap;
  va_start(ap, fmt);
  vec_push(&e->notes, arena_vprintf(e->a, fmt, ap));
  va_end(ap);
}

void diag_hint(Diag *e, const char *fmt, ...) {
  if (!e) return;
  va_list ap;
  va_start(ap, fmt);
  vec_push(&e->hints, arena_vprintf(e->a, fmt, ap));
  va_end(ap);
}

static int count(const Diags *d, Severity severity) {
  int n = 0;
  for (int k = 0; k < d->list.n; k++) n += d->list.data[k]->severity == severity;
  return n;
}

int diags_errors(const Diags *d) { return count(d, SEV_ERROR); }
int diags_count(const Diags *d) { return d->list.n; }

// ---- order ----

static int by_number(uint32_t a, uint32_t b) { return (a > b) - (a < b); }

static int same_or_before(const Diag *a, const Diag *b) {
  int c = by_number(a->span.file, b->span.file);
  if (!c) c = by_number(a->span.lo, b->span.lo);
  if (!c) c = by_number(a->span.hi, b->span.hi);
  if (!c) c = by_number((uint32_t)a->code, (uint32_t)b->code);
  return c ? c : strcmp(a->text, b->text);
}

static int by_place(const void *pa, const void *pb) {
  const Diag *a = *(Diag *const *)pa, *b = *(Diag *const *)pb;
  int c = same_or_before(a, b);
  return c ? c : a->order - b->order;
}

void diags_sort(Diags *d) {
  if (!d->list.n) return;
  qsort(d->list.data, (size_t)d->list.n, sizeof *d->list.data, by_place);
  int n = 1;
  for (int k = 1; k < d->list.n; k++) {
    Diag *e = d->list.data[k];
    if (same_or_before(d->list.data[n - 1], e)) d->list.data[n++] = e;
    else forget(e);
  }
  d->list.n = n;
}

DiagCode diags_code(const Diags *d, int k) { return d->list.data[k]->code; }
Span diags_span(const Diags *d, int k) { return d->list.data[k]->span; }
Severity diags_severity(const Diags *d, int k) { return d->list.data[k]->severity; }
const char *diags_text(const Diags *d, int k) { return d->list.data[k]->text; }


bool diags_label(const Diags *d, int k, int label, Span *span, const char **text) {
  const Diag *e = d->list.data[k];
  if (label >= e->labels.n) return false;
  *span = e->labels.data[label].span;
  *text = e->labels.data[label].text;
  return true;
}

const char *diags_note(const Diags *d, int k, int note) {
  const Diag *e = d->list.data[k];
  if (note < e->notes.n) return e->notes.data[note];
  note -= e->notes.n;
  return note < e->hints.n ? e->hints.data[note] : NULL;
}

void diags_keep(Diags *d, int n) {
  while (d->list.n > n) forget(vec_pop(&d->list));
}

// ---- characters and their width on a terminal ----

// One character of a text of n bytes; a byte that begins none is U+FFFD. Returns its length in bytes.
static size_t read_char(const char *text, size_t n, uint32_t *c) {
  const unsigned char *s = (const unsigned char *)text;
  size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC2 ? 2 : 0;
  *c = 0xFFFD;
  if (!len || len > n || s[0] > 0xF4) return 1;
  uint32_t v = len == 1 ? s[0] : s[0] & (0xFFu >> (len + 1));
  for (size_t k = 1; k < len; k++) {
    if ((s[k] & 0xC0) != 0x80) return 1;
    v = v << 6 | (s[k] & 0x3F);
  }
  *c = v;
  return len;
}

static bool disturbs(uint32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static int char_width(uint32_t c) {
  if ((c >= 0x300 && c < 0x370) || (c >= 0x1AB0 && c < 0x1B00) || (c >= 0x20D0 && c < 0x2100) ||
      (c >= 0x200B && c <= 0x200D) || (c >= 0xFE00 && c < 0xFE10))
    return 0;
  bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) || (c >= 0xAC00 && c < 0xD7A4) ||
              (c >= 0xF900 && c < 0xFB00) || (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) ||
              (c >= 0xFFE0 && c < 0xFFE7) || (c >= 0x1F300 && c < 0x1F650) || (c >= 0x1F900 && c < 0x1FA00) ||
              (c >= 0x20000 && c < 0x3FFFE);
  return wide ? 2 : 1;
}

// Text for the terminal: what disturbs becomes a question mark.
static void add_safe(Str *s, const char *text, size_t n) {
  for (size_t k = 0; k < n;) {
    uint32_t c;
    size_t len = read_char(text + k, n - k, &c);
    if (c == '\n') str_addc(s, '\n');
    else if (disturbs(c) || (c == 0xFFFD && len == 1)) str_addc(s, '?');
    else str_addn(s, text + k, len);
    k += len;
  }
}

// ---- printing ----

typedef struct Printer {
  FILE *out;
  bool color;
  const Diags *d;
  int gutter; // width of line numbers
} Printer;

static const char RED[] = "\033[1;31m", YELLOW[] = "\033[1;33m", BLUE[] = "\033[1;34m", GREEN[] = "\033[1;32m",
                  BOLD[] = "\033[1m", PLAIN[] = "\033[0m";

static const char *paint(const Printer *p, const char *color) { return p->color ? color : ""; }

static const char *severity_text(Severity s) { return s == SEV_ERROR ? "error" : s == SEV_WARNING ? "warning" : "note"; }
static const char *severity_color(Severity s) { return s == SEV_ERROR ? RED : s == SEV_WARNING ? YELLOW : BLUE; }

static void put_safe(const Printer *p, const char *text) {
  Str s = {0};
  add_safe(&s, text, strlen(text));
  if (s.n) fwrite(s.data, 1, s.n, p->out);
  str_free(&s);
}

// A line as it is shown: text with tabs and disturbing characters replaced, and for each byte the column it begins at.
typedef struct Shown {
  Str text;
  int from, to; // columns: the window that is shown
  const char *line;
  size_t n;
} Shown;

// The column where byte `at` of the line begins.
static int column_of(const char *line, size_t n, size_t at) {
  int col = 0;
  for (size_t k = 0; k < n && k < at;) {
    uint32_t c;
    size_t len = read_char(line + k, n - k, &c);
    col += c == '\t' ? TAB - col % TAB : disturbs(c) ? 1 : char_width(c);
    k += len;
  }
  return at > n ? col + 1 : col;
}

// Fills s->text with the columns from..to of the line.
static void show_window(Shown *s) {
  int col = 0;
  for (size_t k = 0; k < s->n && col < s->to;) {
    uint32_t c;
    size_t len = read_char(s->line + k, s->n - k, &c);
    int w = c == '\t' ? TAB - col % TAB : disturbs(c) ? 1 : char_width(c);
    bool inside = col >= s->from && col + w <= s->to;
    if (inside && c == '\t') str_addn(&s->text, "    ", (size_t)w);
    else if (inside) add_safe(&s->text, s->line + k, len);
    else if (col + w > s->from && w == 2) str_addc(&s->text, ' '); // half of a wide character
    col += w;
    k += len;
  }
}

static void put_gutter(const Printer *p, uint32_t line) {
  fputs(paint(p, BLUE), p->out);
  if (line) fprintf(p->out, " %*u | ", p->gutter, line);
  else fprintf(p->out, " %*s | ", p->gutter, "");
  fputs(paint(p, PLAIN), p->out);
}

// The part of a span that lies in a line, as columns; false if none does.
static bool span_in_line(const Source *src, uint32_t number, Span span, int *lo, int *hi) {
  size_t n;
  const char *line = source_line(src, number, &n);
  uint32_t begin = (uint32_t)(line - src->text), end = begin + (uint32_t)n;
  uint32_t from = span.lo, to = span.hi > span.lo ? span.hi : span.lo + 1;
  if (from > end || to < begin) return false;
  if (from < begin) { // goes on from a line above: leave its indentation out
    from = begin;
    while (from < end && isspace((unsigned char)src->text[from])) from++;
  }
  if (to > end) to = from == end ? end + 1 : end;
  if (to <= from) return false;
  *lo = column_of(line, n, from - begin);
  *hi = column_of(line, n, to - begin);
  if (*hi <= *lo) *hi = *lo + 1;
  return true;
}

static void put_marks(const Printer *p, const Shown *s, const Label *l, int lo, int hi, Severity severity) {
  int cut = s->from ? 4 : 0; // "... "
  if (lo < s->from) lo = s->from;
  if (hi > s->to) hi = s->to;
  if (hi <= lo) hi = lo + 1;
  put_gutter(p, 0);
  fprintf(p->out, "%*s%s", lo - s->from + cut, "", paint(p, l->primary ? severity_color(severity) : BLUE));
  for (int k = lo; k < hi; k++) fputc(l->primary ? '^' : '-', p->out);
  if (l->text && *l->text) {
    fputc(' ', p->out);
    put_safe(p, l->text);
  }
  fprintf(p->out, "%s\n", paint(p, PLAIN));
}

// A source line and below it the marks of all labels that touch it. A long line is cut around the first of them.
static void put_line(const Printer *p, const Source *src, uint32_t number, const Label *labels, int n, Severity severity) {
  Shown s = {.to = WINDOW};
  s.line = source_line(src, number, &s.n);
  int lo = 0, hi = 0, width = column_of(s.line, s.n, s.n);
  for (int k = 0; k < n; k++)
    if (span_in_line(src, number, labels[k].span, &lo, &hi)) break;
  if (lo > WINDOW * 3 / 4) s.from = lo - WINDOW / 3;
  s.to = s.from + WINDOW;
  show_window(&s);
  put_gutter(p, number);
  fprintf(p->out, "%s%s%s\n", s.from ? "... " : "", s.text.data ? s.text.data : "", width > s.to ? " ..." : "");
  for (int k = 0; k < n; k++)
    if (span_in_line(src, number, labels[k].span, &lo, &hi) && (k == 0 || lo < s.to))
      put_marks(p, &s, &labels[k], lo, hi, severity);
  str_free(&s.text);
}

static uint32_t line_of(const Source *src, uint32_t offset) {
  uint32_t line, column;
  source_position(src, offset, &line, &column);
  return line;
}

typedef Vec(uint32_t) Lines;

static int by_line(const void *a, const void *b) { return by_number(*(const uint32_t *)a, *(const uint32_t *)b); }

// The lines worth showing: where each label begins and ends.
static Lines lines_of(const Source *src, uint32_t file, const Label *labels, int n) {
  Lines lines = {0};
  for (int k = 0; k < n; k++) {
    if (labels[k].span.file != file) continue;
    vec_push(&lines, line_of(src, labels[k].span.lo));
    if (labels[k].span.hi > labels[k].span.lo + 1) vec_push(&lines, line_of(src, labels[k].span.hi - 1));
  }
  if (lines.n) qsort(lines.data, (size_t)lines.n, sizeof *lines.data, by_line);
  return lines;
}

static void put_source(const Printer *p, uint32_t file, const Label *labels, int n, Severity severity) {
  const Source *src = sources_get(p->d->sources, file);
  if (!src) return;
  Vec(Label) here = {0};
  for (int k = 0; k < n; k++)
    if (labels[k].span.file == file) vec_push(&here, labels[k]);
  Lines lines = lines_of(src, file, labels, n);
  uint32_t last = 0;
  for (int k = 0; k < lines.n; k++) {
    if (lines.data[k] == last) continue;
    if (last && lines.data[k] > last + 1) fprintf(p->out, "%s %*s ...%s\n", paint(p, BLUE), p->gutter, "", paint(p, PLAIN));
    last = lines.data[k];
    put_line(p, src, last, here.data, here.n, severity);
  }
  vec_free(&lines);
  vec_free(&here);
}

// The span of the error itself and the labels; a label with the same span gives its text to the error's carets.
static Label *all_labels(const Diag *e, int *n) {
  Label *all = mem_alloc(sizeof *all * (size_t)(e->labels.n + 1));
  all[0] = (Label){.span = e->span, .primary = true};
  *n = 1;
  for (int k = 0; k < e->labels.n; k++) {
    Label l = e->labels.data[k];
    bool same = l.span.file == e->span.file && l.span.lo == e->span.lo && l.span.hi == e->span.hi;
    if (same && !all[0].text) all[0].text = l.text;
    else all[(*n)++] = l;
  }
  return all;
}

static void put_place(const Printer *p, Span span) {
  const Source *src = sources_get(p->d->sources, span.file);
  if (!src) {
    fputs("hebb", p->out);
    return;
  }
  uint32_t line, column;
  source_position(src, span.lo, &line, &column);
  put_safe(p, src->path);
  fprintf(p->out, ":%u:%u", line, column);
}

static void put_remarks(const Printer *p, const char *kind, const char *color, const char *const *texts, int n) {
  for (int k = 0; k < n; k++) {
    fprintf(p->out, " %*s %s= %s%s: ", p->gutter, "", paint(p, color), kind, paint(p, PLAIN));
    put_safe(p, texts[k]);
    fputc('\n', p->out);
  }
}

static int digits_of(uint32_t x) {
  int n = 1;
  while (x >= 10) x /= 10, n++;
  return n < 4 ? 4 : n;
}

static void put_diag(Printer *p, const Diag *e) {
  int n;
  Label *labels = all_labels(e, &n);
  p->gutter = 4;
  for (int k = 0; k < n; k++) {
    const Source *src = sources_get(p->d->sources, labels[k].span.file);
    int width = src ? digits_of(line_of(src, labels[k].span.hi)) : 0;
    if (width > p->gutter) p->gutter = width;
  }
  fputs(paint(p, BOLD), p->out);
  put_place(p, e->span);
  fprintf(p->out, ": %s%s E%04d%s%s: ", paint(p, severity_color(e->severity)), severity_text(e->severity), (int)e->code,
          paint(p, PLAIN), paint(p, BOLD));
  put_safe(p, e->text);
  fprintf(p->out, "%s\n", paint(p, PLAIN));
  put_source(p, e->span.file, labels, n, e->severity);
  for (int k = 1; k < n; k++) {
    uint32_t file = labels[k].span.file;
    bool shown = file == e->span.file;
    for (int j = 1; j < k; j++) shown |= labels[j].span.file == file;
    if (shown || !sources_get(p->d->sources, file)) continue;
    fprintf(p->out, " %*s %s-->%s ", p->gutter, "", paint(p, BLUE), paint(p, PLAIN));
    put_place(p, labels[k].span);
    fputc('\n', p->out);
    put_source(p, file, labels, n, e->severity);
  }
  mem_free(labels);
  put_remarks(p, "note", BLUE, e->notes.data, e->notes.n);
  put_remarks(p, "hint", GREEN, e->hints.data, e->hints.n);
}

// ---- JSON ----

static void json_point(Str *s, const Source *src, uint32_t offset) {
  uint32_t line = 1, column = 1;
  if (src) source_position(src, offset, &line, &column);
  str_addf(s, "{\"line\":%u,\"column\":%u,\"offset\":%u}", line, column, offset);
}

static void json_place(Str *s, const Diags *d, Span span) {
  const Source *src = sources_get(d->sources, span.file);
  if (!src) {
    str_add(s, "\"file\":null,\"range\":null");
    return;
  }
  str_add(s, "\"file\":");
  str_addjson(s, src->path, strlen(src->path));
  str_add(s, ",\"range\":{\"start\":");
  json_point(s, src, span.lo);
  str_add(s, ",\"end\":");
  json_point(s, src, span.hi);
  str_addc(s, '}');
}

static void json_list(Str *s, const char *name, const char *const *texts, int n) {
  str_addf(s, ",\"%s\":[", name);
  for (int k = 0; k < n; k++) {
    if (k) str_addc(s, ',');
    str_addjson(s, texts[k], strlen(texts[k]));
  }
  str_addc(s, ']');
}

static void json_diag(Str *s, const Diags *d, const Diag *e) {
  str_addf(s, "{\"code\":\"E%04d\",\"severity\":\"%s\",", (int)e->code, severity_text(e->severity));
  json_place(s, d, e->span);
  str_add(s, ",\"message\":");
  str_addjson(s, e->text, strlen(e->text));
  str_add(s, ",\"labels\":[");
  for (int k = 0; k < e->labels.n; k++) {
    str_add(s, k ? ",{" : "{");
    json_place(s, d, e->labels.data[k].span);
    str_add(s, ",\"message\":");
    str_addjson(s, e->labels.data[k].text, strlen(e->labels.data[k].text));
    str_addc(s, '}');
  }
  str_addc(s, ']');
  json_list(s, "notes", e->notes.data, e->notes.n);
  json_list(s, "hints", e->hints.data, e->hints.n);
  str_addc(s, '}');
}

static void print_json(const Diags *d, FILE *out) {
  fputs("{\"diagnostics\":[", out);
  for (int k = 0; k < d->list.n; k++) {
    Str s = {0};
    str_add(&s, k ? ",\n" : "\n");
    json_diag(&s, d, d->list.data[k]);
    fwrite(s.data, 1, s.n, out);
    str_free(&s);
  }
  fprintf(out, "%s],\"errors\":%d,\"warnings\":%d}\n", d->list.n ? "\n" : "", count(d, SEV_ERROR), count(d, SEV_WARNING));
}

void diags_print(Diags *d, FILE *out, DiagStyle style) {
  diags_sort(d);
  if (style.json) {
    print_json(d, out);
    return;
  }
  Printer p = {.out = out, .color = style.color, .d = d};
  int limit = style.limit > 0 ? style.limit : LIMIT, errors = 0;
  for (int k = 0; k < d->list.n; k++) {
    const Diag *e = d->list.data[k];
    if (e->severity == SEV_ERROR && ++errors > limit) continue;
    put_diag(&p, e);
  }
  if (errors > limit) fprintf(out, "and %d more error%s\n", errors - limit, errors - limit == 1 ? "" : "s");
}

// ---- pages ----

static const DiagPage pages[] = {
#define DIAG(name, number, title, page, bad, good) {#name, title, page, bad, good, number},
#include "base/diag.def"
#undef DIAG
};

const DiagPage *diag_pages(int *n) {
  *n = (int)(sizeof pages / sizeof *pages);
  return pages;
}

bool diag_page(const char *code, DiagPage *out) {
  if (*code == 'E' || *code == 'e') code++;
  char *end;
  long number = strtol(code, &end, 10);
  if (end == code || *end || !isdigit((unsigned char)*code)) return false;
  for (size_t k = 0; k < sizeof pages / sizeof *pages; k++)
    if (pages[k].number == number) {
      *out = pages[k];
      return true;
    }
  return false;
}

// ---- names that are alike ----

enum { NAME_MAX_BYTES = 64 };

static bool equal_but_case(const char *a, const char *b) {
  for (; *a && tolower((unsigned char)*a) == tolower((unsigned char)*b); a++, b++) {}
  return !*a && !*b;
}

static int min3(int a, int b, int c) {
  int m = a < b ? a : b;
  return m < c ? m : c;
}

// Damerau and Levenshtein's distance (insert, delete, replace, swap neighbours), or a large number for long names.
static int distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b);
  if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES) return NAME_MAX_BYTES;
  int row[3][NAME_MAX_BYTES + 1];
  for (size_t j = 0; j <= m; j++) row[0][j] = (int)j;
  for (size_t i = 1; i <= n; i++) {
    int *now = row[i % 3], *up = row[(i - 1) % 3], *up2 = row[(i + 1) % 3];
    now[0] = (int)i;
    for (size_t j = 1; j <= m; j++) {
      now[j] = min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && up2[j - 2] + 1 < now[j]) now[j] = up2[j - 2] + 1;
    }
  }
  return row[n % 3][m];
}

const char *nearest_name(const char *name, const char *const *candidates, int n) {
  const char *best = NULL;
  int best_distance = (int)(strlen(name) / 3) + 1;
  for (int k = 0; k < n; k++) {
    if (equal_but_case(name, candidates[k]) && strcmp(name, candidates[k])) return candidates[k];
    int dist = distance(name, candidates[k]);
    if (dist && dist < best_distance) {
      best = candidates[k];
      best_distance = dist;
    }
  }
  return best;
}

// ---- internal faults ----

void bug_at(const char *file, int line, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  fprintf(stderr, "hebb: internal fault at %s:%d: ", file, line);
  vfprintf(stderr, fmt, ap);
  fputs("\nThis is a fault of hebb, not of the model. Please report it together with the model.\n", stderr);
  va_end(ap);
  exit(70);
}
