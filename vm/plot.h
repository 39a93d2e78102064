// SPDX-License-Identifier: MIT
// Figures, drawn by gnuplot: traces, rasters, histograms and images as .svg, .png or .pdf; .gp writes the script itself.
//
// The script for gnuplot is built from numbers and from texts that are quoted, so that no title, label or file name can
// give a command. Data stand in the script as inline blocks.
#ifndef HEBB_PLOT_H
#define HEBB_PLOT_H
#include "base/diag.h"
#include "vm/value.h"

typedef enum PlotKind { PLOT_TRACE, PLOT_RASTER, PLOT_HISTOGRAM, PLOT_IMAGE } PlotKind;

// One item of `plot a against x, b, raster(P)`.
typedef struct PlotItem {
  PlotKind kind;
  Value y;             // TRACE: numbers [n] or [n, curves], or a recording; RASTER: population or spikes;
                       // HISTOGRAM: the numbers themselves; IMAGE: a matrix
  Value x;             // TRACE: `against`, VAL_NONE: time of a recording, else 0, 1, ...; HISTOGRAM: number of bins or
                       // edges (VAL_NONE: 30 bins)
  const char *y_label; // text of the expression ("E.V", "raster(E)")
  const char *y_unit;  // "" if none
  double y_scale;
  const char *x_label, *x_unit; // of `against`; time is labelled by itself
  double x_scale;
  Span span;
} PlotItem;

typedef struct Plot {
  PlotItem *items;
  int nitems;
  const char *title;   // NULL: none
  const char *file;    // NULL: a window, where there is a screen
  const char *dir;     // relative files start here; NULL or "": the current directory
  Span span;
} Plot;

// Whether a window can be opened here.
bool plot_has_screen(void);

struct Vm;
// Draws and waits until the file is complete. Reports and returns false on failure.
bool plot_draw(struct Vm *vm, Diags *d, const Plot *p);
// The gnuplot script of a figure, for tests and .gp files. False after a report.
struct Str;
bool plot_script(struct Vm *vm, Diags *d, const Plot *p, struct Str *out);

#endif
