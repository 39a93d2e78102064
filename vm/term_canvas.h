// SPDX-License-Identifier: MIT
// What terminal figures are drawn on: cells of 2 x 4 braille dots with a colour each, or of any one letter, in a frame
// with ticks.
#ifndef HEBB_TERM_CANVAS_H
#define HEBB_TERM_CANVAS_H
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct TermCell {
  uint32_t letter; // 0: its dots
  uint8_t dots;
  int16_t fg, bg;  // of 256 colours; -1: the terminal's own
} TermCell;

typedef struct TermCanvas {
  int w, h; // cells
  TermCell *cell;
  double x0, x1, y0, y1; // what the frame spans, y1 at the top
} TermCanvas;

void canvas_open(TermCanvas *c, int w, int h);
void canvas_close(TermCanvas *c);
// Points of the data; outside of the frame nothing is drawn.
void canvas_dot(TermCanvas *c, double x, double y, int color);
void canvas_line(TermCanvas *c, double xa, double ya, double xb, double yb, int color);
void canvas_letter(TermCanvas *c, int column, int row, uint32_t letter, int fg, int bg);

// A step of 1, 2 or 5 times a power of ten, so that about `most` of them make the span.
double nice_step(double span, int most);

typedef struct TermFrame {
  const char *title, *x_label, *y_label; // "": none
  bool color, integers_x, integers_y;
} TermFrame;
// The whole figure as lines.
void canvas_print(const TermCanvas *c, const TermFrame *f, Str *out);
void canvas_ascii(Str *out, size_t from); // puts signs of ASCII for all others behind `from`
void term_color(Str *out, int fg, int bg); // -1, -1: back to the terminal's own

#endif
