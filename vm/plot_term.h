// SPDX-License-Identifier: MIT
// Figures in a terminal: traces, rasters, histograms and matrices in Unicode (braille dots, block elements), in colour
// where the terminal has it, with axes and units.
#ifndef HEBB_PLOT_TERM_H
#define HEBB_PLOT_TERM_H
#include "vm/plot.h"

typedef struct TermStyle {
  int columns, rows; // room for the whole figure; at least 40 x 10 is used
  bool color;        // 256 colours (ANSI)
} TermStyle;

struct Str;
// Appends the lines of the figure. False after a report.
bool plot_term(struct Vm *vm, Diags *d, const Plot *p, TermStyle style, struct Str *out);

#endif
