// SPDX-License-Identifier: MIT
// Figures in a terminal: traces, rasters, histograms and matrices in Unicode (braille dots, block elements), in colour
// where the terminal has it, with axes and units. In ASCII a cell shows two dots in place of eight.
#ifndef HEBB_PLOT_TERM_H
#define HEBB_PLOT_TERM_H
#include "vm/plot.h"

typedef struct TermStyle {
  int columns, rows; // room for the whole figure; at least 40 x 10 is used
  bool color;        // 256 colours (ANSI)
  bool ascii;        // the terminal shows no more letters than ASCII has
} TermStyle;

struct Str;
// Appends the lines of the figure. False after a report.
bool plot_term(struct Vm *vm, Diags *d, const Plot *p, TermStyle style, struct Str *out);

#endif
