// SPDX-License-Identifier: MIT
// Figures through gnuplot. A figure is one script: settings, the data as inline blocks $d0, $d1 ..., and one plot
// command. Texts stand in single quotes, where gnuplot neither substitutes commands nor reads escapes; only the quote
// itself is doubled and control characters become blanks.
//
// Long traces are thinned to the extremes of each of some thousand bins (what a screen can show anyway); rasters with
// very many spikes show every k-th of them.
#include "vm/plot.h"

#include "base/arena.h"
#include "base/str.h"
#include "vm/builtin_stats.h"
#include "vm/io.h"
#include "vm/spikes.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { TRACE_BINS = 2000, RASTER_MOST = 60000, LEGEND_MOST = 10, CURVES_MOST = 100 };

static const char *const PALETTE[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
                                      "#56b4e9", "#7f3c8d", "#666666", "#a5aa00", "#000000"};

typedef struct Figure {
  Vm *vm;
  Diags *diags;
  const Plot *plot;
  Str data;     // inline blocks
  Str command;  // what follows "plot"
  int blocks;   // number of $d blocks so far
  int curves;
  int64_t points; // that can be seen
  Str x_label, y_label;
  bool legend;
  bool image;
  bool dots;             // rasters are drawn as lines too short to be seen as such, with round ends
  double raster_base;    // rasters are stacked
  double time_scale;     // 1e-3 (ms) or 1 (s)
} Figure;

static void quote(Str *s, const char *text) {
  str_addc(s, '\'');
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    if (*p == '\'') str_add(s, "''");
    else str_addc(s, *p < 0x20 || *p == 0x7F ? ' ' : (char)*p);
  }
  str_addc(s, '\'');
}

static void label_text(Str *s, const char *name, const char *unit) {
  if (unit && *unit) str_addf(s, "%s (%s)", name ? name : "", unit);
  else str_add(s, name ? name : "");
}

static void once(Str *label, const char *name, const char *unit) {
  if (label->n == 0) label_text(label, name, unit);
}

// ---- curves ----

static void begin_block(Figure *f) { str_addf(&f->data, "$d%d << EOD\n", f->blocks); }
static int end_block(Figure *f) {
  str_add(&f->data, "EOD\n");
  return f->blocks++;
}

static void point(Figure *f, double x, double y) {
  if (isfinite(x) && isfinite(y)) {
    str_addf(&f->data, "%.9g %.9g\n", x, y);
    f->points++;
  } else {
    str_add(&f->data, "\n"); // a gap in the line
  }
}

static void add_curve(Figure *f, int block, const char *style, const char *title) {
  if (f->curves) str_add(&f->command, ", ");
  str_addf(&f->command, "$d%d %s lc rgb '%s' ", block, style,
           PALETTE[f->curves % (int)(sizeof PALETTE / sizeof *PALETTE)]);
  if (title && *title) {
    str_add(&f->command, "title ");
    quote(&f->command, title);
    f->legend = true;
  } else {
    str_add(&f->command, "notitle");
  }
  f->curves++;
}

typedef struct Strided {
  const double *p;
  int64_t stride;
} Strided;

static double at(Strided c, int64_t k) { return c.p[k * c.stride]; }

// Rising x only: thinning keeps the smallest and largest value of each bin, in their order.
static void thin(Figure *f, Strided x, Strided y, int64_t n, double xs, double ys) {
  int64_t per = n / TRACE_BINS + 1;
  for (int64_t lo = 0; lo < n; lo += per) {
    int64_t hi = lo + per < n ? lo + per : n, a = lo, b = lo;
    for (int64_t k = lo; k < hi; k++) {
      if (at(y, k) < at(y, a)) a = k;
      if (at(y, k) > at(y, b)) b = k;
    }
    int64_t first = a < b ? a : b, second = a < b ? b : a;
    point(f, at(x, first) / xs, at(y, first) / ys);
    if (second != first) point(f, at(x, second) / xs, at(y, second) / ys);
  }
}

static void curve_data(Figure *f, Strided x, Strided y, int64_t n, double xs, double ys) {
  bool rising = true;
  for (int64_t k = 1; k < n && rising; k++) rising = at(x, k) >= at(x, k - 1);
  begin_block(f);
  if (rising && n > 4 * TRACE_BINS) thin(f, x, y, n, xs, ys);
  else
    for (int64_t k = 0; k < n; k++) point(f, at(x, k) / xs, at(y, k) / ys);
}

static bool refuse(Figure *f, Span span, const char *what) {
  diag(f->diags, E_PLOT, span.file ? span : f->plot->span, "%s", what);
  return false;
}

static void choose_time(Figure *f, const Array *t) {
  if (f->time_scale == 0) f->time_scale = t->n && t->data[t->n - 1] > 10 ? 1 : 1e-3;
}

static bool curves_of(Figure *f, const PlotItem *item, const Array *y, const Array *x, const Array *names, double xs,
                      double ys) {
  int64_t n = y->shape[0], curves = y->ndim > 1 ? y->n / (n ? n : 1) : 1;
  if (x && (x->ndim != 1 || x->n != n)) {
    diag(f->diags, E_PLOT, item->span, "y has %lld points, but x has %lld", (long long)n, (long long)x->n);
    return false;
  }
  if (curves > CURVES_MOST) return refuse(f, item->span, "more than 100 curves in one figure; choose some: v[:, 0:10]");
  double *count = NULL;
  if (!x) {
    count = mem_alloc(sizeof *count * (size_t)(n ? n : 1));
    for (int64_t k = 0; k < n; k++) count[k] = (double)k;
  }
  Strided xc = {x ? x->data : count, 1};
  for (int64_t c = 0; c < curves; c++) {
    curve_data(f, xc, (Strided){y->data + c, curves}, n, xs, ys);
    Str title = {0};
    long long number = (long long)(names && names->n == curves ? names->data[c] : (double)c);
    if (curves > 1 && curves <= LEGEND_MOST) str_addf(&title, "%s[%lld]", item->y_label ? item->y_label : "", number);
    else if (curves == 1 && f->plot->nitems > 1) str_add(&title, item->y_label ? item->y_label : "");
    add_curve(f, end_block(f), n == 1 ? "with points pt 7" : "with lines lw 1.2", title.data);
    str_free(&title);
  }
  mem_free(count);
  return true;
}

static bool trace_of_recording(Figure *f, const PlotItem *item, const Recording *r) {
  Array *y = recording_values(r), *t = recording_t(r), *i = recording_i(r);
  bool ok = y && t;
  if (ok) {
    choose_time(f, t);
    once(&f->x_label, "t", f->time_scale == 1 ? "s" : "ms");
    ok = curves_of(f, item, y, t, i, f->time_scale, item->y_scale ? item->y_scale : 1);
  } else {
    diag(f->diags, E_MEMORY, item->span, "there is not enough memory for the values of this recording");
  }
  if (y) value_drop(value_obj(y));
  if (t) value_drop(value_obj(t));
  if (i) value_drop(value_obj(i));
  return ok;
}

static bool add_trace(Figure *f, const PlotItem *item) {
  once(&f->y_label, f->plot->nitems == 1 || (item->y_unit && *item->y_unit) ? item->y_label : "", item->y_unit);
  if (item->y.kind == VAL_REC && item->x.kind == VAL_NONE)
    return trace_of_recording(f, item, (const Recording *)item->y.obj);
  Array *own_y = item->y.kind == VAL_REC ? recording_values((const Recording *)item->y.obj) : NULL;
  Array *own_x = item->x.kind == VAL_REC ? recording_values((const Recording *)item->x.obj) : NULL;
  const Array *y = own_y ? own_y : item->y.kind == VAL_ARRAY ? (const Array *)item->y.obj : NULL;
  const Array *x = own_x ? own_x : item->x.kind == VAL_ARRAY ? (const Array *)item->x.obj : NULL;
  bool ok = false;
  if (!y || y->elem == VAL_STR || y->ndim > 2)
    refuse(f, item->span, "a trace is drawn of an array of numbers with one or two dimensions");
  else if (item->x.kind != VAL_NONE && (!x || x->elem == VAL_STR))
    refuse(f, item->span, "what stands after `against` must be an array of numbers");
  else {
    if (x) once(&f->x_label, item->x_label, item->x_unit);
    ok = curves_of(f, item, y, x, NULL, item->x_scale ? item->x_scale : 1, item->y_scale ? item->y_scale : 1);
  }
  if (own_y) value_drop(value_obj(own_y));
  if (own_x) value_drop(value_obj(own_x));
  return ok;
}

// ---- rasters, histograms, images ----

static const char *ending(const char *file) {
  const char *dot = file ? strrchr(file, '.') : NULL;
  return dot ? dot + 1 : "";
}

// In an .svg a point takes 104 bytes and a line, of which one path holds many, 28.
enum { DOTS_ACROSS = 6000 }; // lengths of such a line from one side of the figure to the other: a ninth of a pixel
static const double DOT_WIDTH = 10.8; // in line widths, of a point of size 1

static double raster_end(const SpikeView *v) { return v->end > v->begin ? v->end : v->begin + 1e-3; }

static void raster_points(Figure *f, const SpikeView *v) {
  int64_t every = v->n / RASTER_MOST + 1;
  double dot = (raster_end(v) - v->begin) / DOTS_ACROSS;
  for (int64_t k = 0; k < v->n; k += every) {
    double y = (double)v->i[k] + f->raster_base;
    point(f, v->t[k] / f->time_scale, y);
    if (f->dots) str_addf(&f->data, "%.9g %.9g\n\n", (v->t[k] + dot) / f->time_scale, y);
  }
  if (v->n == 0) str_add(&f->data, "NaN NaN\n");
}

static bool add_raster(Figure *f, const PlotItem *item) {
  if (item->y.kind != VAL_SEL && item->y.kind != VAL_SPIKES)
    return refuse(f, item->span, "a raster is drawn of a population whose spikes are recorded");
  SpikeView v;
  if (!spikes_of(f->vm, f->diags, item->y, -INFINITY, INFINITY, &v, item->span)) return false;
  if (f->time_scale == 0) f->time_scale = v.end - v.begin > 10 ? 1 : 1e-3;
  begin_block(f);
  raster_points(f, &v);
  double size = v.neurons > 400 ? 0.18 : v.neurons > 50 ? 0.3 : 0.5;
  char style[64];
  if (f->dots) snprintf(style, sizeof style, "with lines lw %.2f", DOT_WIDTH * size);
  else snprintf(style, sizeof style, "with points pt 7 ps %.2f", size);
  add_curve(f, end_block(f), style, f->plot->nitems > 1 ? item->y_label : NULL);
  str_addf(&f->data, "set yrange [%g:%g]\nset xrange [%.9g:%.9g]\n", -0.5, f->raster_base + (double)v.neurons - 0.5,
           v.begin / f->time_scale, raster_end(&v) / f->time_scale);
  f->raster_base += (double)v.neurons;
  once(&f->x_label, "t", f->time_scale == 1 ? "s" : "ms");
  once(&f->y_label, "neuron", "");
  spikes_view_free(&v);
  return true;
}

// Counts between the edges; one box each.
static void histogram_boxes(Figure *f, const PlotItem *item, const Array *y, const double *edge, int64_t bins) {
  double *count = mem_alloc(sizeof *count * (size_t)bins), ys = item->y_scale ? item->y_scale : 1;
  stats_histogram(y->data, y->n, edge, bins + 1, count);
  begin_block(f);
  for (int64_t b = 0; b < bins; b++)
    str_addf(&f->data, "%.9g %.9g %.9g\n", 0.5 * (edge[b] + edge[b + 1]) / ys, count[b], (edge[b + 1] - edge[b]) / ys);
  f->points += bins;
  str_add(&f->data, "set yrange [0:*]\n"); // counts, whatever the smallest
  add_curve(f, end_block(f), "using 1:2:3 with boxes fs solid 0.6 noborder",
            f->plot->nitems > 1 ? item->y_label : NULL);
  once(&f->x_label, item->y_label, item->y_unit);
  once(&f->y_label, "count", "");
  mem_free(count);
}

static bool edges_ascend(const Array *e) {
  for (int64_t k = 1; k < e->n; k++)
    if (!(e->data[k] > e->data[k - 1])) return false;
  return true;
}

static bool histogram_of(Figure *f, const PlotItem *item, const Array *y) {
  const Array *e = item->x.kind == VAL_ARRAY ? (const Array *)item->x.obj : NULL;
  if (e && (!e->data || !edges_ascend(e))) return refuse(f, item->span, "the edges of a histogram must ascend");
  double number = e ? (double)e->n - 1 : item->x.kind == VAL_NONE ? 30 : value_as_num(item->x);
  if (!(number >= 1 && number <= 100000)) return refuse(f, item->span, "a histogram needs 1 to 100000 bins");
  int64_t bins = (int64_t)number;
  double *edge = mem_alloc(sizeof *edge * (size_t)(bins + 1));
  if (e) memcpy(edge, e->data, sizeof *edge * (size_t)(bins + 1));
  else stats_edges(y->data, y->n, bins, edge);
  histogram_boxes(f, item, y, edge, bins);
  mem_free(edge);
  return true;
}

static bool add_histogram(Figure *f, const PlotItem *item) {
  Array *own = item->y.kind == VAL_REC ? recording_values((const Recording *)item->y.obj) : NULL;
  const Array *y = own ? own : item->y.kind == VAL_ARRAY ? (const Array *)item->y.obj : NULL;
  bool ok =
      y && y->data ? histogram_of(f, item, y) : refuse(f, item->span, "a histogram is drawn of an array of numbers");
  if (own) value_drop(value_obj(own));
  return ok;
}

static bool add_image(Figure *f, const PlotItem *item) {
  const Array *m = item->y.kind == VAL_ARRAY ? (const Array *)item->y.obj : NULL;
  if (!m || m->elem == VAL_STR || m->ndim != 2 || m->n == 0)
    return refuse(f, item->span, "an image is drawn of a matrix of numbers");
  if (f->plot->nitems > 1) return refuse(f, item->span, "an image stands alone in its figure");
  begin_block(f);
  for (int64_t r = 0; r < m->shape[0]; r++) {
    for (int64_t c = 0; c < m->shape[1]; c++)
      str_addf(&f->data, "%s%.9g", c ? " " : "", m->data[r * m->shape[1] + c] / (item->y_scale ? item->y_scale : 1));
    str_addc(&f->data, '\n');
  }
  str_addf(&f->command, "$d%d matrix with image notitle", end_block(f));
  f->points += m->n;
  double rows = (double)m->shape[0], columns = (double)m->shape[1];
  str_addf(&f->data, "set xrange [-0.5:%.1f]\nset yrange [%.1f:-0.5]\nunset grid\n", columns - 0.5, rows - 0.5);
  if (rows < 4 * columns && columns < 4 * rows) str_add(&f->data, "set size ratio -1\n");
  str_add(&f->data, "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')\n");
  str_add(&f->data, "set cblabel offset 1 noenhanced ");
  Str label = {0};
  label_text(&label, item->y_label, item->y_unit);
  quote(&f->data, label.data ? label.data : "");
  str_addc(&f->data, '\n');
  str_free(&label);
  f->image = true;
  return true;
}

// ---- the script ----

static bool terminal(Figure *f, Str *out) {
  const char *end = ending(f->plot->file);
  for (int k = 0; k < f->plot->nitems; k++) f->dots |= f->plot->items[k].kind == PLOT_RASTER && strcmp(end, "svg") == 0;
  if (!f->plot->file || strcmp(end, "gp") == 0) return true;
  if (strcmp(end, "svg") == 0)
    str_addf(out, "set terminal svg size 800,500 font 'Helvetica,13' background 'white' noenhanced%s\n", f->dots ? " rounded" : "");
  else if (strcmp(end, "png") == 0)
    str_add(out, "set terminal pngcairo size 1200,750 font 'Helvetica,15' noenhanced\n");
  else if (strcmp(end, "pdf") == 0)
    str_add(out, "set terminal pdfcairo size 16cm,10cm font 'Helvetica,11' noenhanced\n");
  else {
    Diag *e = diag(f->diags, E_FILE_KIND, f->plot->span, "a figure cannot be written as \"%s\"", f->plot->file);
    diag_hint(e, "choose a name that ends in .svg, .png, .pdf or .gp");
    return false;
  }
  return true;
}

static void settings(Figure *f, Str *out) {
  str_add(
      out,
      "set encoding utf8\nset border 3 lc rgb '#444444'\nset tics nomirror out\nset grid back lt 1 lw 0.7 lc rgb '#e6e6e6'\n");
  str_add(out, f->legend ? "set key noenhanced outside right top\n" : "unset key\n");
  if (!f->image) str_add(out, f->legend ? "set autoscale xfix\n" : "set autoscale xfix\nset rmargin 4\n");
  if (!f->points) str_add(out, "set xrange [0:1]\nset yrange [0:1]\n"); // an empty figure, not an error
  if (f->plot->title) {
    str_add(out, "set title ");
    quote(out, f->plot->title);
    str_add(out, " noenhanced\n");
  }
  if (f->x_label.n) {
    str_add(out, "set xlabel ");
    quote(out, f->x_label.data);
    str_add(out, " noenhanced\n");
  }
  if (f->y_label.n) {
    str_add(out, "set ylabel ");
    quote(out, f->y_label.data);
    str_add(out, " noenhanced\n");
  }
}

static bool add_item(Figure *f, const PlotItem *item) {
  switch (item->kind) {
  case PLOT_TRACE: return add_trace(f, item);
  case PLOT_RASTER: return add_raster(f, item);
  case PLOT_HISTOGRAM: return add_histogram(f, item);
  case PLOT_IMAGE: return add_image(f, item);
  }
  return false;
}

bool plot_script(Vm *vm, Diags *d, const Plot *p, Str *out) {
  Figure f = {.vm = vm, .diags = d, .plot = p};
  bool ok = terminal(&f, out);
  for (int k = 0; ok && k < p->nitems; k++) ok = add_item(&f, &p->items[k]);
  if (ok) {
    settings(&f, out);
    if (f.data.n) str_addn(out, f.data.data, f.data.n);
    str_addf(out, "plot %s\n", f.command.data ? f.command.data : "NaN notitle");
  }
  str_free(&f.data);
  str_free(&f.command);
  str_free(&f.x_label);
  str_free(&f.y_label);
  return ok;
}

// ---- running gnuplot ----

// Starts gnuplot on a script file; what it says goes to `errors`. Its exit status, or -1 if it could not be started.
static int run_gnuplot(const char *script, const char *errors, bool stay) {
  posix_spawn_file_actions_t fa;
  posix_spawn_file_actions_init(&fa);
  posix_spawn_file_actions_addopen(&fa, 2, errors, O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
  char *argv_stay[] = {"gnuplot", "-persist", (char *)script, NULL}, *argv[] = {"gnuplot", (char *)script, NULL};
  pid_t pid;
  int started = posix_spawnp(&pid, "gnuplot", &fa, NULL, stay ? argv_stay : argv, environ);
  posix_spawn_file_actions_destroy(&fa);
  if (started != 0) return -1;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status) : 1;
}

static bool report_gnuplot(Diags *d, const Plot *p, int status, const char *errors) {
  if (status < 0) {
    Diag *e = diag(d, E_GNUPLOT, p->span, "the figure needs the program gnuplot, which is not installed");
    diag_hint(
        e,
        "install it (Debian, Ubuntu: apt-get install gnuplot-nox; Fedora: dnf install gnuplot; macOS: brew install gnuplot), or write the script for it: as \"figure.gp\"");
    return false;
  }
  size_t n = 0;
  const char *why;
  char *said = file_read(errors, &n, &why);
  Diag *e = diag(d, E_GNUPLOT, p->span, "gnuplot could not draw this figure");
  if (said && n) diag_note(e, "gnuplot said: %.*s", (int)(n < 300 ? n : 300), said);
  mem_free(said);
  return false;
}

static bool write_failed(Diags *d, const Plot *p, const char *path, const char *why) {
  diag(d, E_FILE_WRITE, p->span, "cannot write \"%s\": %s", path, why);
  return false;
}

// Draws into a file beside the final one and renames it when gnuplot was content.
static bool draw_file(Diags *d, const Plot *p, const Str *script, const char *path) {
  Str part = {0}, gp = {0}, err = {0}, whole = {0};
  str_addf(&part, "%s.part%ld", path, (long)getpid());
  str_addf(&gp, "%s.gp", part.data);
  str_addf(&err, "%s.err", part.data);
  str_add(&whole, "set output ");
  quote(&whole, part.data);
  str_addf(&whole, "\n%s", script->data);
  const char *why = io_write(gp.data, whole.data, whole.n);
  bool ok = !why;
  if (why) write_failed(d, p, path, why);
  else {
    int status = run_gnuplot(gp.data, err.data, false);
    ok = status == 0 || report_gnuplot(d, p, status, err.data);
    if (ok && rename(part.data, path) != 0) ok = write_failed(d, p, path, strerror(errno));
  }
  unlink(gp.data);
  unlink(err.data);
  if (!ok) unlink(part.data);
  str_free(&part);
  str_free(&gp);
  str_free(&err);
  str_free(&whole);
  return ok;
}

bool plot_has_screen(void) {
#ifdef __APPLE__
  return true;
#else
  return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
#endif
}

static bool draw_window(Diags *d, const Plot *p, const Str *script) {
  if (!plot_has_screen()) { // no reason to end a script that may have run for hours
    Diag *e = diag_warning(d, E_GNUPLOT, p->span, "the figure is not shown: there is no screen here");
    diag_hint(e, "write it to a file: plot ... as \"figure.svg\"");
    return true;
  }
  char gp[] = "/tmp/hebb-plot-XXXXXX", err[] = "/tmp/hebb-plot-err-XXXXXX";
  int fd = mkstemp(gp), fe = mkstemp(err);
  bool ok = fd >= 0 && fe >= 0 && write(fd, script->data, script->n) == (ssize_t)script->n;
  if (fd >= 0) close(fd);
  if (fe >= 0) close(fe);
  if (!ok) write_failed(d, p, gp, strerror(errno));
  else {
    int status = run_gnuplot(gp, err, true);
    ok = status == 0 || report_gnuplot(d, p, status, err);
  }
  if (fd >= 0) unlink(gp);
  if (fe >= 0) unlink(err);
  return ok;
}

static const char GP_HEAD[] =
    "# A figure by hebb, to change by hand: gnuplot -persist FILE shows it. For a file take the marks away from these lines:\n"
    "# set terminal svg size 800,500 font 'Helvetica,13' background 'white' noenhanced\n"
    "# set output 'figure.svg'\n";

bool plot_draw(Vm *vm, Diags *d, const Plot *p) {
  Str script = {0}, path = {0};
  bool ok = plot_script(vm, d, p, &script);
  if (ok && !p->file) ok = draw_window(d, p, &script);
  else if (ok) {
    io_path(&path, p->file, p->dir);
    if (strcmp(ending(p->file), "gp") == 0) {
      Str whole = {0};
      str_addf(&whole, "%s%s", GP_HEAD, script.data);
      const char *why = io_write(path.data, whole.data, whole.n);
      str_free(&whole);
      if (why) ok = write_failed(d, p, path.data, why);
    } else {
      ok = draw_file(d, p, &script, path.data);
    }
  }
  str_free(&script);
  str_free(&path);
  return ok;
}
