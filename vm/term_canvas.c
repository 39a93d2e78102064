// SPDX-License-Identifier: MIT
// Braille: the dots of a cell are bits of U+2800, in this order:
//
//   0 3
//   1 4      bit of column c (0, 1) and row r (0..3)
//   2 5
//   6 7
#include "vm/term_canvas.h"

#include "base/arena.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint8_t BIT[4][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}};

void canvas_open(TermCanvas *c, int w, int h) {
  *c = (TermCanvas){.w = w, .h = h, .cell = mem_alloc(sizeof(TermCell) * (size_t)w * (size_t)h), .x1 = 1, .y1 = 1};
  for (int k = 0; k < w * h; k++) c->cell[k].fg = c->cell[k].bg = -1;
}

void canvas_close(TermCanvas *c) { mem_free(c->cell); }

static void set_dot(TermCanvas *c, int px, int py, int color) {
  if (px < 0 || py < 0 || px >= 2 * c->w || py >= 4 * c->h) return;
  TermCell *cell = &c->cell[py / 4 * c->w + px / 2];
  cell->dots |= (uint8_t)(1u << BIT[py % 4][px % 2]);
  cell->fg = (int16_t)color;
}

// Dots of the two directions, as numbers: the edges of the frame are the middles of the outermost dots.
static double dot_x(const TermCanvas *c, double x) { return (x - c->x0) / (c->x1 - c->x0) * (2 * c->w - 1); }
static double dot_y(const TermCanvas *c, double y) { return (c->y1 - y) / (c->y1 - c->y0) * (4 * c->h - 1); }

void canvas_dot(TermCanvas *c, double x, double y, int color) {
  double px = rint(dot_x(c, x)), py = rint(dot_y(c, y));
  if (px >= 0 && py >= 0 && px < 2 * c->w && py < 4 * c->h) set_dot(c, (int)px, (int)py, color);
}

// Cuts the line to one side of the frame: keeps the part with k*(p - edge) >= 0. False: nothing is left.
static bool cut(double *ax, double *ay, double *bx, double *by, double edge, double k) {
  double da = k * (*ax - edge), db = k * (*bx - edge);
  if (da < 0 && db < 0) return false;
  if (da >= 0 && db >= 0) return true;
  double part = da / (da - db), x = *ax + part * (*bx - *ax), y = *ay + part * (*by - *ay);
  if (da < 0) *ax = x, *ay = y;
  else *bx = x, *by = y;
  return true;
}

void canvas_line(TermCanvas *c, double xa, double ya, double xb, double yb, int color) {
  double ax = dot_x(c, xa), ay = dot_y(c, ya), bx = dot_x(c, xb), by = dot_y(c, yb);
  if (!isfinite(ax) || !isfinite(ay) || !isfinite(bx) || !isfinite(by)) return;
  if (!cut(&ax, &ay, &bx, &by, -0.5, 1) || !cut(&ax, &ay, &bx, &by, 2 * c->w - 0.5, -1)) return;
  if (!cut(&ay, &ax, &by, &bx, -0.5, 1) || !cut(&ay, &ax, &by, &bx, 4 * c->h - 0.5, -1)) return;
  int n = (int)ceil(fmax(fabs(bx - ax), fabs(by - ay)));
  for (int k = 0; k <= n; k++) {
    double part = n ? (double)k / n : 0;
    set_dot(c, (int)rint(ax + part * (bx - ax)), (int)rint(ay + part * (by - ay)), color);
  }
}

void canvas_letter(TermCanvas *c, int column, int row, uint32_t letter, int fg, int bg) {
  if (column < 0 || row < 0 || column >= c->w || row >= c->h) return;
  c->cell[row * c->w + column] = (TermCell){.letter = letter, .fg = (int16_t)fg, .bg = (int16_t)bg};
}

double nice_step(double span, int most) {
  if (!(span > 0) || !isfinite(span)) return 1;
  double raw = span / most, power = pow(10, floor(log10(raw))), m = raw / power;
  return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

// ---- as text ----

void term_color(Str *out, int fg, int bg) {
  if (fg < 0 && bg < 0) {
    str_add(out, "\033[0m");
    return;
  }
  if (fg >= 0) str_addf(out, "\033[38;5;%dm", fg);
  if (bg >= 0) str_addf(out, "\033[48;5;%dm", bg);
}

static void add_letter(Str *s, uint32_t c) {
  if (c < 0x80) str_addc(s, (char)c);
  else if (c < 0x800) str_addf(s, "%c%c", (char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F)));
  else str_addf(s, "%c%c%c", (char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)), (char)(0x80 | (c & 0x3F)));
}

static int letters(const char *s) {
  int n = 0;
  for (; *s; s++) n += (*s & 0xC0) != 0x80;
  return n;
}

static void blanks(Str *s, int n) {
  while (n-- > 0) str_addc(s, ' ');
}

static void number(char out[static 32], double x, double step) {
  if (fabs(x) < 1e-9 * step) x = 0;
  snprintf(out, 32, "%.6g", x);
}

typedef struct Ticks {
  double first, step;
} Ticks;

static Ticks ticks_of(double lo, double hi, int most, bool integers) {
  double step = nice_step(hi - lo, most);
  if (integers && step < 1) step = 1;
  return (Ticks){ceil(lo / step - 1e-9) * step, step};
}

// The tick that falls into row `row`, as text; false if none does.
static bool y_tick(const TermCanvas *c, const Ticks *t, int row, char text[static 32]) {
  for (double y = t->first; y <= fmax(c->y0, c->y1) + 1e-9 * t->step; y += t->step)
    if ((int)floor(dot_y(c, y) / 4 + 1e-6) == row || (row == c->h - 1 && dot_y(c, y) >= 4 * c->h - 1)) {
      number(text, y, t->step);
      return true;
    }
  return false;
}

static int y_width(const TermCanvas *c, const Ticks *t) {
  char text[32];
  int width = 1;
  for (int row = 0; row < c->h; row++)
    if (y_tick(c, t, row, text) && (int)strlen(text) > width) width = (int)strlen(text);
  return width;
}

static bool is_blank(const TermCell *cell) { return (cell->letter == ' ' || !cell->letter) && !cell->dots && cell->bg < 0; }

static void add_cells(const TermCanvas *c, int row, bool color, Str *out) {
  int fg = -1, bg = -1, end = c->w;
  while (end && is_blank(&c->cell[row * c->w + end - 1])) end--;
  for (int k = 0; k < end; k++) {
    const TermCell *cell = &c->cell[row * c->w + k];
    uint32_t letter = cell->letter ? cell->letter : cell->dots ? 0x2800u + cell->dots : ' ';
    if (color && (cell->fg != fg || cell->bg != bg)) {
      if (fg >= 0 || bg >= 0) term_color(out, -1, -1);
      if (cell->fg >= 0 || cell->bg >= 0) term_color(out, cell->fg, cell->bg);
      fg = cell->fg;
      bg = cell->bg;
    }
    add_letter(out, letter);
  }
  if (color && (fg >= 0 || bg >= 0)) term_color(out, -1, -1);
}

// ---- without Unicode ----

static char ascii_of(uint32_t c) {
  static const char levels[] = "__.-=+##", shades[] = ".:%";
  if (c >= 0x2800 && c <= 0x28FF) {
    bool upper = c & 0x1B, lower = c & 0xE4;
    return upper && lower ? ':' : upper ? '\'' : lower ? '.' : ' ';
  }
  if (c >= 0x2581 && c <= 0x2588) return levels[c - 0x2581];
  if (c >= 0x2591 && c <= 0x2593) return shades[c - 0x2591];
  switch (c) {
  case 0x2500: case 0x2501: return '-';
  case 0x2502: return '|';
  case 0x2514: case 0x2524: case 0x252C: return '+';
  case 0xB5: case 0x3BC: return 'u';
  default: return '?';
  }
}

void canvas_ascii(Str *out, size_t from) {
  size_t to = from;
  for (size_t k = from; k < out->n;) {
    unsigned char c = (unsigned char)out->data[k];
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    uint32_t letter = more ? c & (0x3Fu >> more) : c;
    for (k++; more && k < out->n; more--, k++) letter = letter << 6 | ((unsigned char)out->data[k] & 0x3Fu);
    out->data[to++] = letter < 0x80 ? (char)letter : ascii_of(letter);
  }
  out->n = to;
  if (out->data) out->data[to] = 0;
}

// The line below the cells, with its ticks, and the numbers below it.
static void add_x_axis(const TermCanvas *c, int left, bool integers, Str *out) {
  Ticks t = ticks_of(c->x0, c->x1, c->w / 10 > 2 ? c->w / 10 : 2, integers);
  Str numbers = {0};
  blanks(out, left);
  str_add(out, "└");
  for (int k = 0, at = -1; k < c->w; k++) {
    double x = t.first;
    while (x <= c->x1 + 1e-9 * t.step && (int)floor(dot_x(c, x) / 2 + 1e-6) < k) x += t.step;
    bool tick = x <= c->x1 + 1e-9 * t.step && (int)floor(dot_x(c, x) / 2 + 1e-6) == k;
    str_add(out, tick ? "┬" : "─");
    char text[32];
    if (!tick) continue;
    number(text, x, t.step);
    int begin = left + 1 + k - (int)strlen(text) / 2;
    if (begin <= at || begin + (int)strlen(text) > left + c->w + 2) continue;
    blanks(&numbers, begin - letters(numbers.data ? numbers.data : ""));
    str_add(&numbers, text);
    at = begin + (int)strlen(text);
  }
  str_addf(out, "\n%s\n", numbers.data ? numbers.data : "");
  str_free(&numbers);
}

void canvas_print(const TermCanvas *c, const TermFrame *f, Str *out) {
  Ticks t = ticks_of(fmin(c->y0, c->y1), fmax(c->y0, c->y1), c->h / 3 > 2 ? c->h / 3 : 2, f->integers_y);
  int left = y_width(c, &t) + 1;
  if (*f->title) {
    blanks(out, left + 1 + (c->w - letters(f->title)) / 2);
    str_addf(out, f->color ? "\033[1m%s\033[0m\n" : "%s\n", f->title);
  }
  if (*f->y_label) str_addf(out, "%s\n", f->y_label);
  for (int row = 0; row < c->h; row++) {
    char text[32];
    bool tick = y_tick(c, &t, row, text);
    str_addf(out, "%*s %s", left - 1, tick ? text : "", tick ? "┤" : "│");
    add_cells(c, row, f->color, out);
    str_addc(out, '\n');
  }
  add_x_axis(c, left, f->integers_x, out);
  if (*f->x_label) {
    blanks(out, left + 1 + (c->w - letters(f->x_label)) / 2);
    str_addf(out, "%s\n", f->x_label);
  }
}
