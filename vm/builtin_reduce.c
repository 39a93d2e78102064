// SPDX-License-Identifier: MIT
// Functions that make one number of many: of a whole array, along an axis, or by groups.
//
// Sums are compensated (array_sum), variances take two passes, so that a long recording far from zero loses nothing.
// Along an axis an array is seen as [outer, n, inner]: n numbers, `inner` apart.
#include "base/arena.h"
#include "vm/builtin_args.h"
#include "vm/builtin_stats.h"
#include "vm/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double (*Reduction)(const double *p, int64_t n, int64_t stride);

// ---- reductions ----

// The quotient is put right by its remainder, so that the mean of equal numbers is that number and their variance 0, and
// the mean of whole numbers is rounded once.
double stats_mean(const double *p, int64_t n, int64_t stride) {
  if (!n) return NAN;
  double low, s = array_sum_in_two(p, n, stride, &low), m = s / (double)n;
  return isfinite(m) ? m + (fma(-m, (double)n, s) + low) / (double)n : m;
}

// Of the differences from m, pairwise.
static double sum_of_squares(const double *p, int64_t n, int64_t stride, double m) {
  if (n <= 32) {
    double s = 0;
    for (int64_t k = 0; k < n; k++) {
      double x = p[k * stride] - m;
      s += x * x;
    }
    return s;
  }
  return sum_of_squares(p, n / 2, stride, m) + sum_of_squares(p + n / 2 * stride, n - n / 2, stride, m);
}

double stats_var(const double *p, int64_t n, int64_t stride) {
  return n ? sum_of_squares(p, n, stride, stats_mean(p, n, stride)) / (double)n : NAN;
}

double stats_sd(const double *p, int64_t n, int64_t stride) { return sqrt(stats_var(p, n, stride)); }

static double smallest(const double *p, int64_t n, int64_t stride) {
  double x = p[0];
  for (int64_t k = 1; k < n; k++) x = vm_min(x, p[k * stride]);
  return x;
}

static double greatest(const double *p, int64_t n, int64_t stride) {
  double x = p[0];
  for (int64_t k = 1; k < n; k++) x = vm_max(x, p[k * stride]);
  return x;
}

static double any_true(const double *p, int64_t n, int64_t stride) {
  for (int64_t k = 0; k < n; k++)
    if (p[k * stride] != 0) return 1;
  return 0;
}

static double all_true(const double *p, int64_t n, int64_t stride) {
  for (int64_t k = 0; k < n; k++)
    if (p[k * stride] == 0) return 0;
  return 1;
}

int order_numbers(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
  return (x > y) - (x < y);
}

// The value at fraction q of n ascending numbers, between two of them in proportion.
double stats_quantile(const double *sorted, int64_t n, double q) {
  if (!n || isnan(sorted[n - 1])) return NAN; // nan is sorted last
  double at = q * (double)(n - 1);
  int64_t k = (int64_t)floor(at);
  if (k >= n - 1) return sorted[n - 1];
  double part = at - (double)k;
  if (part == 0) return sorted[k];
  return sorted[k] + part * (sorted[k + 1] - sorted[k]);
}

static double *sorted_copy(const double *p, int64_t n, int64_t stride) {
  double *copy = mem_alloc((size_t)(n ? n : 1) * sizeof *copy);
  for (int64_t k = 0; k < n; k++) copy[k] = p[k * stride];
  if (n) qsort(copy, (size_t)n, sizeof *copy, order_numbers);
  return copy;
}

static double median(const double *p, int64_t n, int64_t stride) {
  double *copy = sorted_copy(p, n, stride);
  double m = stats_quantile(copy, n, 0.5);
  mem_free(copy);
  return m;
}

// ---- of the whole array or along an axis ----

static Value number_of(double x, ValueKind elem) {
  return elem == VAL_BOOL                      ? value_bool(x != 0)
         : elem == VAL_INT && fabs(x) < 0x1p63 ? value_int((int64_t)x)
                                               : value_num(x);
}

static bool along_axis(BuiltinCall *c, const ArrayView *x, int64_t axis, Reduction f, ValueKind elem) {
  int64_t shape[ARRAY_DIMS] = {0}, outer = 1, inner = 1, n = x->shape[axis];
  int ndim = 0;
  for (int k = 0; k < x->ndim; k++) {
    if (k < axis) outer *= x->shape[k];
    if (k > axis) inner *= x->shape[k];
    if (k != axis) shape[ndim++] = x->shape[k];
  }
  Array *r = arg_make(c, elem, ndim, shape);
  if (!r) return false;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) r->data[o * inner + i] = f(x->data + o * n * inner + i, n, inner);
  return give(c, array_value(r));
}

static bool get_axis(BuiltinCall *c, int k, int ndim, int64_t *axis) {
  if (!arg_count(c, k, -ndim, axis)) return false;
  if (*axis >= ndim) return arg_error(c, k, E_ARG_VALUE, "axis %lld of an array with %d", (long long)*axis, ndim);
  if (*axis < 0) *axis += ndim;
  return true;
}

// needs_one: an empty array has no such element.
static bool reduce(BuiltinCall *c, int axis_arg, Reduction f, bool whole, bool needs_one) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  ValueKind elem = whole && x.elem != VAL_NUM ? VAL_INT : VAL_NUM;
  int64_t axis = 0;
  bool ok = true, has_axis = arg_given(c, axis_arg);
  if (has_axis) ok = get_axis(c, axis_arg, x.ndim, &axis);
  if (ok && needs_one && (has_axis ? x.shape[axis] : x.n) == 0)
    ok = arg_error(c, 0, E_EMPTY, "%s of an empty array: there is no element", f == smallest ? "min" : "max");
  if (ok && has_axis) ok = along_axis(c, &x, axis, f, elem);
  else if (ok) *c->result = number_of(f(x.data, x.n, 1), elem);
  view_drop(&x);
  return ok;
}

static bool reduce_bool(BuiltinCall *c, Reduction f) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  int64_t axis = 0;
  bool ok;
  if (arg_given(c, 1)) ok = get_axis(c, 1, x.ndim, &axis) && along_axis(c, &x, axis, f, VAL_BOOL);
  else ok = give(c, value_bool(f(x.data, x.n, 1) != 0));
  view_drop(&x);
  return ok;
}

// ---- by groups ----

// Sums rows of x into groups; with compensation (Neumaier), since the order is that of the rows.
static void add_groups(double *sum, double *lost, const ArrayView *x, const ArrayView *g, int64_t row) {
  for (int64_t k = 0; k < g->n; k++)
    for (int64_t j = 0; j < row; j++) {
      int64_t at = (int64_t)g->data[k] * row + j;
      double v = x->data[k * row + j], s = sum[at] + v;
      if (isfinite(s)) lost[at] += fabs(sum[at]) >= fabs(v) ? (sum[at] - s) + v : (v - s) + sum[at];
      sum[at] = s;
    }
}

static bool group_views(BuiltinCall *c, const ArrayView *x, const ArrayView *g, bool mean) {
  int64_t shape[ARRAY_DIMS], groups = 0;
  if (g->ndim != 1 || x->ndim < 1 || g->n != x->shape[0])
    return arg_error(c, 1, E_SHAPE, "`by` needs one group number for each of the %lld elements, found %lld",
                     (long long)(x->ndim ? x->shape[0] : 1), (long long)g->n);
  for (int64_t k = 0; k < g->n; k++) {
    double v = g->data[k];
    if (v != floor(v) || v < 0 || v > 0x1p40)
      return arg_error(c, 1, E_ARG_VALUE, "groups are numbered 0, 1, 2 ...: %.15g is no group", v);
    if ((int64_t)v >= groups) groups = (int64_t)v + 1;
  }
  memcpy(shape, x->shape, sizeof shape);
  shape[0] = groups;
  Array *r = arg_make(c, !mean && x->elem != VAL_NUM ? VAL_INT : VAL_NUM, x->ndim, shape);
  Array *lost = r ? arg_make(c, VAL_NUM, x->ndim, shape) : NULL, *size = lost ? arg_make(c, VAL_NUM, 1, &groups) : NULL;
  if (size) {
    int64_t row = g->n ? x->n / g->n : 0;
    add_groups(r->data, lost->data, x, g, row);
    for (int64_t k = 0; k < g->n; k++) size->data[(int64_t)g->data[k]]++;
    for (int64_t k = 0; k < r->n; k++) {
      r->data[k] += lost->data[k];
      if (mean) r->data[k] /= size->data[k / row];
    }
  }
  if (lost) value_drop(value_obj(lost));
  if (!size) {
    if (r) value_drop(value_obj(r));
    return false;
  }
  value_drop(value_obj(size));
  return give(c, value_obj(r));
}

static bool by_groups(BuiltinCall *c, bool mean) {
  ArrayView x, g;
  if (arg_given(c, 2)) return arg_error(c, 2, E_ARG_VALUE, "either `by` or `axis` can be given, not both");
  if (!arg_view(c, 0, &x)) return false;
  bool ok = arg_view(c, 1, &g);
  if (ok) {
    ok = group_views(c, &x, &g, mean);
    view_drop(&g);
  }
  view_drop(&x);
  return ok;
}

bool builtin_sum(BuiltinCall *c) {
  return arg_given(c, 1) ? by_groups(c, false) : reduce(c, 2, array_sum, true, false);
}
bool builtin_mean(BuiltinCall *c) {
  return arg_given(c, 1) ? by_groups(c, true) : reduce(c, 2, stats_mean, false, false);
}
bool builtin_sd(BuiltinCall *c) { return reduce(c, 1, stats_sd, false, false); }
bool builtin_var(BuiltinCall *c) { return reduce(c, 1, stats_var, false, false); }
bool builtin_median(BuiltinCall *c) { return reduce(c, 1, median, false, false); }
bool builtin_amin(BuiltinCall *c) { return reduce(c, 1, smallest, true, true); }
bool builtin_amax(BuiltinCall *c) { return reduce(c, 1, greatest, true, true); }
bool builtin_any(BuiltinCall *c) { return reduce_bool(c, any_true); }
bool builtin_all(BuiltinCall *c) { return reduce_bool(c, all_true); }

// ---- others ----

static bool quantile_views(BuiltinCall *c, const ArrayView *x, const ArrayView *q) {
  for (int64_t k = 0; k < q->n; k++)
    if (!(q->data[k] >= 0 && q->data[k] <= 1))
      return arg_error(c, 1, E_ARG_VALUE, "a fraction from 0 to 1 is needed here, found %.15g", q->data[k]);
  Array *r = arg_make(c, VAL_NUM, q->ndim, q->shape);
  if (!r) return false;
  double *sorted = sorted_copy(x->data, x->n, 1);
  for (int64_t k = 0; k < q->n; k++) r->data[k] = stats_quantile(sorted, x->n, q->data[k]);
  mem_free(sorted);
  return give(c, array_value(r));
}

bool builtin_quantile(BuiltinCall *c) {
  ArrayView x, q;
  if (!arg_view(c, 0, &x)) return false;
  bool ok = arg_view(c, 1, &q);
  if (ok) {
    ok = quantile_views(c, &x, &q);
    view_drop(&q);
  }
  view_drop(&x);
  return ok;
}

// Index of the first element for which no other comes before it; the first nan where there is one, as in NumPy.
static bool arg_best(BuiltinCall *c, bool greatest_one) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  bool ok = x.n > 0 ||
            arg_error(c, 0, E_EMPTY, "%s of an empty array: there is no element", greatest_one ? "argmax" : "argmin");
  int64_t best = 0;
  for (int64_t k = 0; k < x.n; k++) {
    if (isnan(x.data[best])) break;
    if (isnan(x.data[k]) || (greatest_one ? x.data[k] > x.data[best] : x.data[k] < x.data[best])) best = k;
  }
  view_drop(&x);
  return ok && give(c, value_int(best));
}

bool builtin_argmin(BuiltinCall *c) { return arg_best(c, false); }
bool builtin_argmax(BuiltinCall *c) { return arg_best(c, true); }
