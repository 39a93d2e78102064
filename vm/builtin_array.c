// SPDX-License-Identifier: MIT
// Functions that make arrays: of numbers given, or of other arrays.
#include "base/arena.h"
#include "vm/builtin_args.h"
#include "vm/builtin_stats.h"
#include "vm/vm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- along the last axis ----

static int64_t last_axis(const ArrayView *x) { return x->ndim ? x->shape[x->ndim - 1] : 1; }

static Array *copy_view(BuiltinCall *c, const ArrayView *x) {
  Array *r = arg_make(c, x->elem == VAL_BOOL ? VAL_INT : (ValueKind)x->elem, x->ndim, x->shape);
  if (r && r->n) memcpy(r->data, x->data, (size_t)r->n * sizeof *r->data);
  return r;
}

bool builtin_sort(BuiltinCall *c) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  Array *r = copy_view(c, &x);
  int64_t n = last_axis(&x);
  for (int64_t k = 0; r && n && k < r->n; k += n) qsort(r->data + k, (size_t)n, sizeof *r->data, order_numbers);
  view_drop(&x);
  return r && give(c, array_value(r));
}

bool builtin_cumsum(BuiltinCall *c) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  Array *r = copy_view(c, &x);
  int64_t n = last_axis(&x);
  for (int64_t k = 0; r && n && k < r->n; k += n) {
    double sum = 0, lost = 0; // Neumaier: the last of the running sums is as good as sum(x)
    for (int64_t j = k; j < k + n; j++) {
      double v = r->data[j], s = sum + v;
      if (isfinite(s)) lost += fabs(sum) >= fabs(v) ? (sum - s) + v : (v - s) + sum;
      sum = s;
      r->data[j] = sum + lost;
    }
  }
  view_drop(&x);
  return r && give(c, array_value(r));
}

bool builtin_diff(BuiltinCall *c) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  int64_t shape[ARRAY_DIMS], n = last_axis(&x), m = n > 1 ? n - 1 : 0;
  Array *r = NULL;
  if (x.ndim == 0) {
    arg_error(c, 0, E_OPERAND, "diff needs an array, found one number");
  } else {
    memcpy(shape, x.shape, sizeof shape);
    shape[x.ndim - 1] = m;
    r = arg_make(c, x.elem == VAL_NUM ? VAL_NUM : VAL_INT, x.ndim, shape);
  }
  for (int64_t row = 0; r && m && row < r->n / m; row++)
    for (int64_t k = 0; k < m; k++) r->data[row * m + k] = x.data[row * n + k + 1] - x.data[row * n + k];
  view_drop(&x);
  return r && give(c, value_obj(r));
}

// ---- length and shape ----

bool builtin_len(BuiltinCall *c) {
  int64_t n = value_len(c->args[0]);
  char text[160];
  if (n < 0) return arg_error(c, 0, E_OPERAND, "%s has no length", value_text(c->args[0], text));
  return give(c, value_int(n));
}

static int shape_of(Value v, int64_t *shape) {
  ArrayView x;
  if (v.kind == VAL_ARRAY) {
    const Array *a = (const Array *)v.obj;
    memcpy(shape, a->shape, sizeof a->shape);
    return a->ndim;
  }
  if (v.kind == VAL_SEL) {
    const Sel *s = (const Sel *)v.obj;
    const Pop *p = s->nparts == 1 ? s->part[0].pop : NULL;
    if (p && p->ndim > 1 && s->n == p->n && !s->part[0].idx) {
      memcpy(shape, p->shape, sizeof *shape * (size_t)p->ndim);
      return p->ndim;
    }
  }
  if (v.kind == VAL_TABLE) {
    shape[0] = value_len(v);
    shape[1] = ((const Table *)v.obj)->ncols;
    return 2;
  }
  if (array_view(v, &x)) {
    int n = x.ndim;
    memcpy(shape, x.shape, sizeof x.shape);
    view_drop(&x);
    return n;
  }
  shape[0] = value_len(v);
  return shape[0] >= 0;
}

bool builtin_shape(BuiltinCall *c) {
  int64_t shape[ARRAY_DIMS];
  int64_t n = shape_of(c->args[0], shape);
  Array *r = arg_make(c, VAL_INT, 1, &n);
  for (int64_t k = 0; r && k < n; k++) r->data[k] = (double)shape[k];
  return r && give(c, value_obj(r));
}

// ---- from nothing ----

static Array *shaped(BuiltinCall *c) {
  int64_t shape[ARRAY_DIMS];
  if (c->nargs > ARRAY_DIMS) {
    arg_error(c, ARRAY_DIMS, E_ARG_VALUE, "an array has at most %d axes", ARRAY_DIMS);
    return NULL;
  }
  for (int k = 0; k < c->nargs; k++)
    if (!arg_count(c, k, 0, &shape[k])) return NULL;
  return arg_make(c, VAL_NUM, c->nargs, shape);
}

bool builtin_zeros(BuiltinCall *c) {
  Array *r = shaped(c);
  return r && give(c, value_obj(r));
}

bool builtin_ones(BuiltinCall *c) {
  Array *r = shaped(c);
  for (int64_t k = 0; r && k < r->n; k++) r->data[k] = 1;
  return r && give(c, value_obj(r));
}

bool builtin_eye(BuiltinCall *c) {
  int64_t shape[2];
  if (!arg_count(c, 0, 0, &shape[0])) return false;
  shape[1] = shape[0];
  Array *r = arg_make(c, VAL_NUM, 2, shape);
  for (int64_t k = 0; r && k < shape[0]; k++) r->data[k * shape[0] + k] = 1;
  return r && give(c, value_obj(r));
}

bool builtin_onehot(BuiltinCall *c) {
  ArrayView k;
  int64_t n, shape[ARRAY_DIMS + 1] = {0};
  if (!arg_count(c, 1, 0, &n) || !arg_view(c, 0, &k)) return false;
  memcpy(shape, k.shape, sizeof k.shape);
  shape[k.ndim] = n;
  bool ok = true;
  for (int64_t j = 0; ok && j < k.n; j++)
    if (!(k.data[j] >= 0 && k.data[j] < (double)n && k.data[j] == floor(k.data[j])))
      ok = arg_error(c, 0, E_INDEX, "index %.15g is out of range: there are %lld places", k.data[j], (long long)n);
  Array *r = ok ? arg_make(c, VAL_NUM, k.ndim + 1, shape) : NULL;
  for (int64_t j = 0; r && j < k.n; j++) r->data[j * n + (int64_t)k.data[j]] = 1;
  view_drop(&k);
  return r && give(c, value_obj(r));
}

// ---- scales ----

// A number computed to within a rounding, as the neighbour with the shortest decimal: -0.060000000000000005 is -0.06, as
// the user would write it.
static double plain_decimal(double x) {
  char buf[40];
  snprintf(buf, sizeof buf, "%.15g", x);
  double near = strtod(buf, NULL);
  return near == nextafter(x, near) ? near : x;
}

enum { READ_POINTS = 10000 }; // of more points nobody reads the digits, and the way over text takes time

// from + (to - from) k/m, exact at both ends.
static double between(double from, double to, int64_t k, int64_t m) {
  if (k == m) return to;
  double x = (from * (double)(m - k) + to * (double)k) / (double)m;
  if (!isfinite(x)) x = from * ((double)(m - k) / (double)m) + to * ((double)k / (double)m);
  return k && m <= READ_POINTS ? plain_decimal(x) : x;
}

static Array *scale_args(BuiltinCall *c, double *from, double *to) {
  int64_t n;
  if (!arg_num(c, 0, from) || !arg_num(c, 1, to) || !arg_count(c, 2, 0, &n)) return NULL;
  return arg_make(c, VAL_NUM, 1, &n);
}

bool builtin_linspace(BuiltinCall *c) {
  double from, to;
  Array *r = scale_args(c, &from, &to);
  if (!r) return false;
  for (int64_t k = 0; k < r->n; k++) r->data[k] = r->n == 1 ? from : between(from, to, k, r->n - 1);
  return give(c, value_obj(r));
}

bool builtin_logspace(BuiltinCall *c) {
  double from, to;
  Array *r = scale_args(c, &from, &to);
  if (!r) return false;
  for (int64_t k = 0; k < r->n; k++) r->data[k] = pow(10, r->n == 1 ? from : between(from, to, k, r->n - 1));
  return give(c, value_obj(r));
}

bool builtin_geomspace(BuiltinCall *c) {
  double from, to;
  if (!arg_num(c, 0, &from) || !arg_num(c, 1, &to)) return false;
  if (!(from * to > 0) && !(from != 0 && to != 0 && signbit(from) == signbit(to)))
    return arg_error(c, 1, E_ARG_VALUE,
                     "from %.15g to %.15g there is no constant ratio: both must have the same sign and not be 0", from,
                     to);
  Array *r = scale_args(c, &from, &to);
  if (!r) return false;
  int64_t m = r->n - 1;
  for (int64_t k = 0; k < r->n; k++)
    r->data[k] = k == 0 ? from : k == m ? to : from * pow(to / from, (double)k / (double)m);
  return give(c, value_obj(r));
}

// The number of steps that fit below `to`; the dust of a division does not add one more.
static double step_count(double from, double to, double step) {
  double q = (to - from) / step, near = nearbyint(q);
  double n = fabs(q - near) <= 1e-9 * fmax(1, fabs(q)) ? near : ceil(q);
  return n > 0 ? n : 0;
}

bool builtin_arange(BuiltinCall *c) {
  double from, to, step;
  if (!arg_num(c, 0, &from) || !arg_num_or(c, 1, from, &to) || !arg_num_or(c, 2, 1, &step)) return false;
  if (!arg_given(c, 1)) from = 0;
  bool whole = true;
  for (int k = 0; k < c->nargs; k++)
    if (c->args[k].kind != VAL_INT && c->args[k].kind != VAL_NONE) whole = false;
  if (!(fabs(step) > 0) || !isfinite(from) || !isfinite(to) || !isfinite(step))
    return arg_error(c, arg_given(c, 2) ? 2 : 0, E_ARG_VALUE, "from %.15g to %.15g in steps of %.15g cannot be counted",
                     from, to, step);
  double count = step_count(from, to, step);
  int64_t n = count < 0x1p60 ? (int64_t)count : INT64_MAX;
  Array *r = arg_make(c, whole ? VAL_INT : VAL_NUM, 1, &n);
  for (int64_t k = 0; r && k < n; k++) {
    double x = from + (double)k * step;
    r->data[k] = k && n <= 100000 ? plain_decimal(x) : x;
  }
  return r && give(c, value_obj(r));
}

// ---- joining ----

static bool texts(Value v) { return v.kind == VAL_STR || (v.kind == VAL_ARRAY && ((const Array *)v.obj)->strs); }

// A row of v's: numbers become arrays of one element, so that a part is always [rows, rest].
typedef struct Part {
  const Array *a;  // texts
  StrObj *one;     // one text
  ArrayView view;  // numbers
  int64_t rows;
} Part;

static bool part_of(BuiltinCall *c, int k, Value v, bool as_row, Part *p) {
  *p = (Part){.rows = 1};
  if (v.kind == VAL_STR) {
    p->one = (StrObj *)v.obj;
    return true;
  }
  if (texts(v) && !as_row) {
    p->a = (const Array *)v.obj;
    p->rows = p->a->shape[0];
    return true;
  }
  if (!array_view(v, &p->view)) {
    char text[160];
    return arg_error(c, k, E_OPERAND, "%s cannot become part of an array", value_text(v, text));
  }
  if (!as_row && p->view.ndim) p->rows = p->view.shape[0];
  return true;
}

static bool join_texts(BuiltinCall *c, const Part *part, int n, int64_t rows) {
  Array *r = arg_make(c, VAL_STR, 1, &rows);
  if (!r) return false;
  int64_t at = 0;
  for (int k = 0; k < n; k++)
    for (int64_t j = 0; j < part[k].rows; j++) {
      StrObj *s = part[k].one ? part[k].one : part[k].a ? part[k].a->strs[j] : NULL;
      if (!s) {
        value_drop(value_obj(r));
        return arg_error(c, k, E_OPERAND, "an array holds either texts or numbers: these are numbers among texts");
      }
      r->strs[at++] = (StrObj *)value_keep(value_obj(s)).obj;
    }
  return give(c, value_obj(r));
}

// Shape of a row of a part: without its first axis, unless it is a row itself.
static int row_shape(const ArrayView *v, bool is_row, const int64_t **shape) {
  *shape = is_row || !v->ndim ? v->shape : v->shape + 1;
  return is_row || !v->ndim ? v->ndim : v->ndim - 1;
}

static bool join_numbers(BuiltinCall *c, const Part *part, int n, int64_t rows, bool last_is_row) {
  const int64_t *row;
  int axes = row_shape(&part[0].view, false, &row);
  int64_t shape[ARRAY_DIMS + 1] = {rows};
  memcpy(shape + 1, row, sizeof *row * (size_t)axes);
  uint8_t elem = VAL_BOOL;
  bool empty_first = part[0].view.n == 0 && part[0].view.ndim == 1; // [] takes rows of any shape
  for (int k = 0; k < n; k++) {
    const int64_t *other;
    const ArrayView *v = &part[k].view;
    if (part[k].one || part[k].a)
      return arg_error(c, k, E_OPERAND, "an array holds either texts or numbers: this is text among numbers");
    int m = row_shape(v, last_is_row && k == n - 1, &other);
    if (empty_first && k == 1) {
      axes = m;
      memcpy(shape + 1, other, sizeof *other * (size_t)m);
    } else if (k && (m != axes || memcmp(shape + 1, other, sizeof *other * (size_t)m))) {
      char a[128], b[128];
      return arg_error(c, k, E_SHAPE, "rows of shape %s cannot follow rows of shape %s", shape_text(m, other, b),
                       shape_text(axes, shape + 1, a));
    }
    if (v->n && v->elem < elem) elem = v->elem;
  }
  Array *r = arg_make(c, rows ? elem : part[0].view.elem, axes + 1, shape);
  if (!r) return false;
  double *p = r->data;
  for (int k = 0; k < n; k++) {
    if (part[k].view.n) memcpy(p, part[k].view.data, sizeof *p * (size_t)part[k].view.n);
    p += part[k].view.n;
  }
  return give(c, value_obj(r));
}

static bool join_lists(BuiltinCall *c, bool last_is_row) {
  int64_t n = 0, at = 0;
  for (int k = 0; k < c->nargs; k++) {
    bool list = c->args[k].kind == VAL_LIST && !(last_is_row && k == c->nargs - 1);
    n += list ? ((const List *)c->args[k].obj)->n : 1;
  }
  List *r = list_new(n);
  for (int k = 0; k < c->nargs; k++) {
    if (c->args[k].kind != VAL_LIST || (last_is_row && k == c->nargs - 1)) {
      r->item[at++] = value_keep(c->args[k]);
      continue;
    }
    const List *l = (const List *)c->args[k].obj;
    for (int64_t j = 0; j < l->n; j++) r->item[at++] = value_keep(l->item[j]);
  }
  return give(c, value_obj(r));
}

static bool join(BuiltinCall *c, bool last_is_row) {
  if (c->args[0].kind == VAL_LIST) return join_lists(c, last_is_row);
  int n = c->nargs, made = 0;
  Part *part = mem_alloc((size_t)n * sizeof *part);
  int64_t rows = 0;
  bool ok = true, text = false;
  for (int k = 0; ok && k < n; k++) {
    ok = part_of(c, k, c->args[k], last_is_row && k == n - 1, &part[k]);
    made = ok ? k + 1 : k;
    rows += part[k].rows;
    text = text || part[k].one || part[k].a;
  }
  bool text_first = ok && (part[0].one || (part[0].a && part[0].a->n) || (text && part[0].rows == 0));
  if (ok) ok = text_first ? join_texts(c, part, n, rows) : join_numbers(c, part, n, rows, last_is_row);
  for (int k = 0; k < made; k++) view_drop(&part[k].view);
  mem_free(part);
  return ok;
}

bool builtin_append(BuiltinCall *c) { return join(c, true); }
bool builtin_concat(BuiltinCall *c) { return join(c, false); }

// ---- histogram ----

void stats_edges(const double *x, int64_t n, int64_t bins, double *edges) {
  double lo = INFINITY, hi = -INFINITY;
  for (int64_t k = 0; k < n; k++) {
    if (!isfinite(x[k])) continue;
    lo = fmin(lo, x[k]);
    hi = fmax(hi, x[k]);
  }
  if (lo > hi) lo = 0, hi = 1; // nothing to count
  if (lo == hi) {              // one value: a bin around it
    double half = fabs(lo) > 0 ? fabs(lo) / 2 : 0.5;
    lo -= half;
    hi += half;
  }
  for (int64_t k = 0; k <= bins; k++) edges[k] = between(lo, hi, k, bins);
}

void stats_histogram(const double *x, int64_t n, const double *edges, int64_t nedges, double *counts) {
  for (int64_t k = 0; k < n; k++) {
    if (!(x[k] >= edges[0] && x[k] <= edges[nedges - 1])) continue;
    int64_t lo = 0, hi = nedges - 1; // edges[lo] <= x < edges[hi], or x is the last edge
    while (hi - lo > 1) {
      int64_t mid = lo + (hi - lo) / 2;
      if (x[k] >= edges[mid]) lo = mid;
      else hi = mid;
    }
    counts[lo]++;
  }
}

static bool check_edges(BuiltinCall *c, const ArrayView *e) {
  if (e->n < 2)
    return arg_error(c, 1, E_ARG_VALUE, "a histogram needs at least two edges, found %lld", (long long)e->n);
  for (int64_t k = 1; k < e->n; k++)
    if (!(e->data[k] > e->data[k - 1]))
      return arg_error(c, 1, E_ARG_VALUE, "the edges of a histogram must ascend: edge %lld does not", (long long)k);
  return true;
}

static bool histogram_views(BuiltinCall *c, const ArrayView *x, const ArrayView *edges) {
  int64_t n = edges->n - 1;
  Array *r = arg_make(c, VAL_INT, 1, &n);
  if (!r) return false;
  stats_histogram(x->data, x->n, edges->data, edges->n, r->data);
  return give(c, value_obj(r));
}

bool builtin_histogram(BuiltinCall *c) {
  ArrayView x, edges;
  Array *own = NULL;
  if (!arg_view(c, 0, &x)) return false;
  bool ok;
  if (arg_given(c, 1) && (c->args[1].kind == VAL_ARRAY || c->args[1].kind == VAL_REC)) {
    ok = arg_view(c, 1, &edges);
    if (ok) {
      ok = check_edges(c, &edges) && histogram_views(c, &x, &edges);
      view_drop(&edges);
    }
  } else {
    int64_t bins = 10;
    ok = !arg_given(c, 1) || arg_count(c, 1, 1, &bins);
    int64_t n = bins + 1;
    if (ok) own = arg_make(c, VAL_NUM, 1, &n);
    ok = own != NULL;
    if (ok) {
      stats_edges(x.data, x.n, bins, own->data);
      ok = array_view(value_obj(own), &edges) && histogram_views(c, &x, &edges);
    }
  }
  if (own) value_drop(value_obj(own));
  view_drop(&x);
  return ok;
}
