// SPDX-License-Identifier: MIT
// The items of a plot on a canvas of letters. Ranges are found first over all items, so that they share the frame.
#include "vm/plot_term.h"

#include "base/str.h"
#include "vm/array.h"
#include "vm/builtin_stats.h"
#include "vm/spikes.h"
#include "vm/term_canvas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURVES_MOST = 100, LEGEND_MOST = 10 };
static const int COLORS[] = {39, 208, 35, 175, 220, 81, 98, 245, 142, 15};
static const int VIRIDIS[] = {53, 54, 55, 61, 60, 67, 66, 73, 72, 78, 77, 114, 113, 149, 185, 221, 227};
enum { NCOLORS = sizeof COLORS / sizeof *COLORS, NVIRIDIS = sizeof VIRIDIS / sizeof *VIRIDIS };

typedef struct Curve {
  Array *y, *x; // own references; x NULL: 0, 1, 2 ...
  int64_t n, stride, at;
  double xs, ys;
  char *name;
} Curve;

typedef struct Picture {
  Vm *vm;
  Diags *diags;
  const Plot *plot;
  TermStyle style;
  Vec(Curve) curves;
  double x0, x1, y0, y1;
  double time_scale;
  Str x_label, y_label;
} Picture;

static bool refuse(Picture *p, Span span, const char *what) {
  diag(p->diags, E_PLOT, span.file ? span : p->plot->span, "%s", what);
  return false;
}

static void label(Str *s, const char *name, const char *unit) {
  if (s->n) return;
  str_add(s, name ? name : "");
  if (unit && *unit) str_addf(s, " (%s)", unit);
}

static double scale_of(double s) { return s > 0 ? s : 1; }

// ---- traces ----

static Array *array_of(Value v) {
  if (v.kind == VAL_REC) return recording_values((const Recording *)v.obj);
  if (v.kind != VAL_ARRAY || !((Array *)v.obj)->data) return NULL;
  return (Array *)value_keep(v).obj;
}

static void drop_array(Array *a) {
  if (a) value_drop(value_obj(a));
}

static double curve_x(const Curve *c, int64_t k) { return c->x ? c->x->data[k] / c->xs : (double)k; }
static double curve_y(const Curve *c, int64_t k) { return c->y->data[c->at + k * c->stride] / c->ys; }

static char *curve_name(const Picture *p, const PlotItem *item, int64_t curves, long long number) {
  Str s = {0};
  str_add(&s, "");
  if (curves > 1) str_addf(&s, "%s[%lld]", item->y_label ? item->y_label : "", number);
  else if (p->plot->nitems > 1) str_add(&s, item->y_label ? item->y_label : "");
  if (!s.data) str_addn(&s, "", 0);
  return s.data;
}

static bool add_curves(Picture *p, const PlotItem *item, Array *y, Array *x, const Array *i, double xs) {
  int64_t n = y->shape[0], curves = y->ndim > 1 && n ? y->n / n : 1;
  if (x && (x->ndim != 1 || x->n != n)) {
    diag(p->diags, E_PLOT, item->span, "y has %lld points, but x has %lld", (long long)n, (long long)x->n);
    return false;
  }
  if (curves > CURVES_MOST) return refuse(p, item->span, "more than 100 curves in one figure; choose some: v[:, 0:10]");
  for (int64_t c = 0; c < curves; c++) {
    Curve curve = {.n = n, .stride = curves, .at = c, .xs = xs, .ys = scale_of(item->y_scale)};
    curve.y = (Array *)value_keep(value_obj(y)).obj;
    curve.x = x ? (Array *)value_keep(value_obj(x)).obj : NULL;
    curve.name = curve_name(p, item, curves, i && i->n == curves ? (long long)i->data[c] : (long long)c);
    vec_push(&p->curves, curve);
  }
  return true;
}

static bool trace(Picture *p, const PlotItem *item) {
  bool recorded = item->y.kind == VAL_REC && item->x.kind == VAL_NONE;
  Array *y = array_of(item->y), *x = NULL, *i = NULL;
  double xs = scale_of(item->x_scale);
  bool ok = false;
  label(&p->y_label, p->plot->nitems == 1 || (item->y_unit && *item->y_unit) ? item->y_label : "", item->y_unit);
  if (recorded) {
    x = recording_t((const Recording *)item->y.obj);
    i = recording_i((const Recording *)item->y.obj);
    if (x && p->time_scale == 0) p->time_scale = x->n && x->data[x->n - 1] > 10 ? 1 : 1e-3;
    xs = p->time_scale;
    label(&p->x_label, "t", p->time_scale == 1 ? "s" : "ms");
  } else if (item->x.kind != VAL_NONE) {
    x = array_of(item->x);
    label(&p->x_label, item->x_label, item->x_unit);
  }
  if (!y || y->ndim > 2) refuse(p, item->span, "a trace is drawn of an array of numbers with one or two dimensions");
  else if (item->x.kind != VAL_NONE && !x) refuse(p, item->span, "what stands after `against` must be an array of numbers");
  else ok = add_curves(p, item, y, x, i, xs);
  drop_array(y);
  drop_array(x);
  drop_array(i);
  return ok;
}

static void widen(double *lo, double *hi, double v) {
  if (!isfinite(v)) return;
  if (v < *lo) *lo = v;
  if (v > *hi) *hi = v;
}

static void open_range(Picture *p) {
  p->x0 = p->y0 = INFINITY;
  p->x1 = p->y1 = -INFINITY;
}

// An empty or flat range gets some room.
static void settle_range(double *lo, double *hi) {
  if (!(*lo <= *hi)) *lo = 0, *hi = 1;
  if (*lo < *hi) return;
  double room = *lo != 0 ? 0.1 * fabs(*lo) : 1;
  *lo -= room;
  *hi += room;
}

// Up to the next marks of the axis.
static void round_out(double *lo, double *hi, int rows) {
  double step = nice_step(*hi - *lo, rows / 3 > 2 ? rows / 3 : 2);
  *lo = floor(*lo / step + 1e-9) * step;
  *hi = ceil(*hi / step - 1e-9) * step;
}

static void canvas_for(Picture *p, TermCanvas *c) {
  int w = (p->style.columns < 40 ? 40 : p->style.columns) - 12, h = (p->style.rows < 10 ? 10 : p->style.rows) - 5;
  canvas_open(c, w, h);
  c->x0 = p->x0, c->x1 = p->x1, c->y0 = p->y0, c->y1 = p->y1;
}

static void draw_curve(TermCanvas *c, const Curve *v, int color) {
  for (int64_t k = 0; k < v->n; k++) {
    double x = curve_x(v, k), y = curve_y(v, k);
    if (!isfinite(x) || !isfinite(y)) continue;
    if (k && isfinite(curve_y(v, k - 1))) canvas_line(c, curve_x(v, k - 1), curve_y(v, k - 1), x, y, color);
    else canvas_dot(c, x, y, color);
  }
}

static void legend(const Picture *p, Str *out) {
  int n = p->curves.n;
  if (n < 2 || n > LEGEND_MOST) return;
  for (int k = 0; k < n; k++) {
    str_add(out, k ? "   " : "  ");
    if (p->style.color) term_color(out, COLORS[k % NCOLORS], -1);
    str_add(out, p->style.color ? "━━ " : "- ");
    str_add(out, p->curves.data[k].name);
    if (p->style.color) term_color(out, -1, -1);
  }
  str_addc(out, '\n');
}

static void print_frame(Picture *p, const TermCanvas *c, bool integers_x, bool integers_y, Str *out) {
  TermFrame f = {.title = p->plot->title ? p->plot->title : "", .x_label = p->x_label.data ? p->x_label.data : "",
                 .y_label = p->y_label.data ? p->y_label.data : "", .color = p->style.color, .integers_x = integers_x, .integers_y = integers_y};
  Str title = {0}; // a title may hold anything; on a terminal control characters would act
  for (const char *t = f.title; *t; t++) str_addc(&title, (unsigned char)*t < ' ' || *t == 0x7F ? ' ' : *t);
  if (title.n) f.title = title.data;
  canvas_print(c, &f, out);
  str_free(&title);
}

static bool draw_traces(Picture *p, Str *out) {
  for (int k = 0; k < p->plot->nitems; k++)
    if (!trace(p, &p->plot->items[k])) return false;
  open_range(p);
  for (int k = 0; k < p->curves.n; k++)
    for (int64_t j = 0; j < p->curves.data[k].n; j++) {
      widen(&p->x0, &p->x1, curve_x(&p->curves.data[k], j));
      widen(&p->y0, &p->y1, curve_y(&p->curves.data[k], j));
    }
  settle_range(&p->x0, &p->x1);
  settle_range(&p->y0, &p->y1);
  round_out(&p->y0, &p->y1, p->style.rows);
  TermCanvas c;
  canvas_for(p, &c);
  for (int k = 0; k < p->curves.n; k++) draw_curve(&c, &p->curves.data[k], COLORS[k % NCOLORS]);
  print_frame(p, &c, false, false, out);
  legend(p, out);
  canvas_close(&c);
  return true;
}

// ---- rasters ----

static bool raster_views(Picture *p, SpikeView *v) {
  double begin = INFINITY, end = -INFINITY, neurons = 0;
  for (int k = 0; k < p->plot->nitems; k++) {
    const PlotItem *item = &p->plot->items[k];
    if (item->kind != PLOT_RASTER) return refuse(p, item->span, "a raster stands with other rasters only");
    if (item->y.kind != VAL_SEL && item->y.kind != VAL_SPIKES) return refuse(p, item->span, "a raster is drawn of a population whose spikes are recorded");
    if (!spikes_of(p->vm, p->diags, item->y, -INFINITY, INFINITY, &v[k], item->span)) return false;
    begin = fmin(begin, v[k].begin);
    end = fmax(end, v[k].end);
    neurons += (double)v[k].neurons;
  }
  p->time_scale = end - begin > 10 ? 1 : 1e-3;
  p->x0 = begin / p->time_scale;
  p->x1 = (end > begin ? end : begin + 1e-3) / p->time_scale;
  p->y0 = -0.5;
  p->y1 = neurons - 0.5;
  return true;
}

static bool draw_rasters(Picture *p, Str *out) {
  int n = p->plot->nitems;
  SpikeView *v = mem_alloc(sizeof *v * (size_t)(n + 1));
  bool ok = raster_views(p, v);
  if (ok) {
    TermCanvas c;
    double base = 0;
    canvas_for(p, &c);
    for (int k = 0; k < n; base += (double)v[k++].neurons)
      for (int64_t j = 0; j < v[k].n; j++) canvas_dot(&c, v[k].t[j] / p->time_scale, (double)v[k].i[j] + base, COLORS[k % NCOLORS]);
    label(&p->x_label, "t", p->time_scale == 1 ? "s" : "ms");
    label(&p->y_label, "neuron", "");
    print_frame(p, &c, false, true, out);
    canvas_close(&c);
  }
  for (int k = 0; k < n; k++)
    if (v[k].t || v[k].i) spikes_view_free(&v[k]);
  mem_free(v);
  return ok;
}

// ---- histograms ----

static void draw_bars(TermCanvas *c, const double *edge, const double *count, int64_t bins) {
  for (int col = 0; col < c->w; col++) {
    double x = c->x0 + (col + 0.5) / c->w * (c->x1 - c->x0), top = 0;
    for (int64_t b = 0; b < bins; b++)
      if (x >= edge[b] && x < edge[b + 1]) top = count[b];
    double eighths = rint(top / c->y1 * 8 * c->h);
    if (top > 0 && eighths < 1) eighths = 1;
    for (int row = c->h - 1; eighths > 0; row--, eighths -= 8)
      canvas_letter(c, col, row, 0x2580u + (uint32_t)(eighths < 8 ? eighths : 8), COLORS[0], -1);
  }
}

static bool bars(Picture *p, const PlotItem *item, const Array *y, const double *edges, int64_t bins, Str *out) {
  double *count = mem_alloc(sizeof *count * (size_t)bins), *edge = mem_alloc(sizeof *edge * (size_t)(bins + 1)), most = 0;
  stats_histogram(y->data, y->n, edges, bins + 1, count);
  for (int64_t b = 0; b < bins; b++) most = fmax(most, count[b]);
  for (int64_t b = 0; b <= bins; b++) edge[b] = edges[b] / scale_of(item->y_scale);
  p->x0 = edge[0];
  p->x1 = edge[bins];
  p->y0 = 0;
  p->y1 = most > 0 ? most : 1;
  round_out(&p->y0, &p->y1, p->style.rows);
  TermCanvas c;
  canvas_for(p, &c);
  draw_bars(&c, edge, count, bins);
  label(&p->x_label, item->y_label, item->y_unit);
  label(&p->y_label, "count", "");
  print_frame(p, &c, false, true, out);
  canvas_close(&c);
  mem_free(count);
  mem_free(edge);
  return true;
}

static bool histogram_of(Picture *p, const PlotItem *item, const Array *y, Str *out) {
  const Array *e = item->x.kind == VAL_ARRAY ? (const Array *)item->x.obj : NULL;
  for (int64_t k = 1; e && k < e->n; k++)
    if (!e->data || !(e->data[k] > e->data[k - 1])) return refuse(p, item->span, "the edges of a histogram must ascend");
  double number = e ? (double)e->n - 1 : item->x.kind == VAL_NONE ? 30 : value_as_num(item->x);
  if (!(number >= 1 && number <= 100000)) return refuse(p, item->span, "a histogram needs 1 to 100000 bins");
  int64_t bins = (int64_t)number;
  double *edge = mem_alloc(sizeof *edge * (size_t)(bins + 1));
  if (e) memcpy(edge, e->data, sizeof *edge * (size_t)(bins + 1));
  else stats_edges(y->data, y->n, bins, edge);
  bool ok = bars(p, item, y, edge, bins, out);
  mem_free(edge);
  return ok;
}

static bool draw_histogram(Picture *p, Str *out) {
  const PlotItem *item = &p->plot->items[0];
  if (p->plot->nitems > 1) return refuse(p, item->span, "in the terminal a histogram stands alone; several in one figure: as \"figure.svg\"");
  Array *y = array_of(item->y);
  bool ok = y ? histogram_of(p, item, y, out) : refuse(p, item->span, "a histogram is drawn of an array of numbers");
  drop_array(y);
  return ok;
}

// ---- matrices ----

// The mean of the part of the matrix that falls into one half cell.
static double part_mean(const Array *m, double r0, double r1, double c0, double c1) {
  double sum = 0, n = 0;
  for (int64_t r = (int64_t)r0; r < m->shape[0] && (double)r < fmax(r1, floor(r0) + 1); r++)
    for (int64_t c = (int64_t)c0; c < m->shape[1] && (double)c < fmax(c1, floor(c0) + 1); c++)
      if (isfinite(m->data[r * m->shape[1] + c])) sum += m->data[r * m->shape[1] + c], n++;
  return n > 0 ? sum / n : NAN;
}

static int shade(double v, double lo, double hi, int levels) {
  if (!isfinite(v)) return -1;
  int k = hi > lo ? (int)((v - lo) / (hi - lo) * levels) : 0;
  return k < 0 ? 0 : k >= levels ? levels - 1 : k;
}

static void image_cell(TermCanvas *c, int col, int row, double upper, double lower, double lo, double hi, bool color) {
  static const uint32_t SHADES[] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};
  if (!color) {
    int k = shade(isfinite(upper) ? isfinite(lower) ? 0.5 * (upper + lower) : upper : lower, lo, hi, 5);
    canvas_letter(c, col, row, SHADES[k < 0 ? 0 : k], -1, -1);
    return;
  }
  int a = shade(upper, lo, hi, NVIRIDIS), b = shade(lower, lo, hi, NVIRIDIS);
  canvas_letter(c, col, row, 0x2580, a < 0 ? -1 : VIRIDIS[a], b < 0 ? -1 : VIRIDIS[b]);
}

static void image_scale(Picture *p, const PlotItem *item, double lo, double hi, Str *out) {
  static const char *const shades[] = {" ", "░", "▒", "▓", "█"};
  str_addf(out, "  %.4g ", lo / scale_of(item->y_scale));
  for (int k = 0; k < (p->style.color ? NVIRIDIS : 5); k++) {
    if (p->style.color) term_color(out, VIRIDIS[k], -1);
    str_add(out, p->style.color ? "█" : shades[k]);
  }
  if (p->style.color) term_color(out, -1, -1);
  str_addf(out, " %.4g", hi / scale_of(item->y_scale));
  if (item->y_unit && *item->y_unit) str_addf(out, " %s", item->y_unit);
  str_addc(out, '\n');
}

static bool image_of(Picture *p, const PlotItem *item, const Array *m, Str *out) {
  double lo = INFINITY, hi = -INFINITY, rows = (double)m->shape[0], columns = (double)m->shape[1];
  for (int64_t k = 0; k < m->n; k++) widen(&lo, &hi, m->data[k]);
  if (!(lo <= hi)) lo = hi = 0;
  p->x0 = -0.5, p->x1 = columns - 0.5;
  p->y0 = rows - 0.5, p->y1 = -0.5; // the first row at the top
  TermCanvas c;
  canvas_for(p, &c);
  for (int row = 0; row < c.h; row++)
    for (int col = 0; col < c.w; col++) {
      double c0 = columns * col / c.w, c1 = columns * (col + 1) / c.w, r0 = rows * row / c.h, r1 = rows * (row + 0.5) / c.h, r2 = rows * (row + 1) / c.h;
      image_cell(&c, col, row, part_mean(m, r0, r1, c0, c1), part_mean(m, r1, r2, c0, c1), lo, hi, p->style.color);
    }
  label(&p->y_label, item->y_label, item->y_unit);
  print_frame(p, &c, true, true, out);
  image_scale(p, item, lo, hi, out);
  canvas_close(&c);
  return true;
}

static bool draw_image(Picture *p, Str *out) {
  const PlotItem *item = &p->plot->items[0];
  if (p->plot->nitems > 1) return refuse(p, item->span, "an image stands alone in its figure");
  Array *m = array_of(item->y);
  bool ok = m && m->ndim == 2 && m->n ? image_of(p, item, m, out) : refuse(p, item->span, "an image is drawn of a matrix of numbers");
  drop_array(m);
  return ok;
}

bool plot_term(Vm *vm, Diags *d, const Plot *plot, TermStyle style, Str *out) {
  Picture p = {.vm = vm, .diags = d, .plot = plot, .style = style};
  bool ok = true;
  size_t from = out->n;
  p.style.color &= !style.ascii || (plot->nitems && plot->items[0].kind != PLOT_IMAGE); // of two shades in a cell one is left
  switch (plot->nitems ? plot->items[0].kind : PLOT_TRACE) {
  case PLOT_TRACE: ok = draw_traces(&p, out); break;
  case PLOT_RASTER: ok = draw_rasters(&p, out); break;
  case PLOT_HISTOGRAM: ok = draw_histogram(&p, out); break;
  case PLOT_IMAGE: ok = draw_image(&p, out); break;
  }
  if (style.ascii) canvas_ascii(out, from);
  for (int k = 0; k < p.curves.n; k++) {
    drop_array(p.curves.data[k].y);
    drop_array(p.curves.data[k].x);
    mem_free(p.curves.data[k].name);
  }
  vec_free(&p.curves);
  str_free(&p.x_label);
  str_free(&p.y_label);
  return ok;
}
