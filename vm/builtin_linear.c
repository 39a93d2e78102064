// SPDX-License-Identifier: MIT
// Vectors and matrices: products, covariances, linear equations.
#include "base/arena.h"
#include "vm/builtin_args.h"
#include "vm/builtin_stats.h"
#include "vm/kernels.h"
#include "vm/linear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef bool (*OfTwo)(BuiltinCall *c, const ArrayView *x, const ArrayView *y);

static bool with_two(BuiltinCall *c, OfTwo f) {
  ArrayView x, y;
  if (!arg_view(c, 0, &x)) return false;
  bool ok = arg_view(c, 1, &y);
  if (ok) {
    ok = f(c, &x, &y);
    view_drop(&y);
  }
  view_drop(&x);
  return ok;
}

static bool shapes_differ(BuiltinCall *c, const ArrayView *x, const ArrayView *y, const char *what) {
  char a[128], b[128];
  return arg_error(c, -1, E_SHAPE, "%s: shapes %s and %s do not go together", what, shape_text(x->ndim, x->shape, a),
                   shape_text(y->ndim, y->shape, b));
}

// ---- products ----

// From here on, in multiplications, work is worth a call of BLAS or LAPACK. Below it results are the same on every machine;
// above it they are as near as rounding leaves them.
enum { LARGE = 1 << 15 };

static bool is_large(int64_t m, int64_t k, int64_t n) {
  return m <= INT32_MAX && k <= INT32_MAX && n <= INT32_MAX && (double)m * (double)k * (double)n >= LARGE;
}

static bool blas_product(BuiltinCall *c, const ArrayView *x, const ArrayView *y, double *out, int64_t m, int64_t k, int64_t n) {
  if (!is_large(m, k, n)) return false;
  const NativeFn *f = kernels_find(c->vm, n == 1 ? KERNEL_hebb_matvec : KERNEL_hebb_matmul);
  if (!f) return false;
  NativeCell args[6] = {{.i = m}, {.i = k}, {.i = n}, {.p = x->data}, {.p = y->data}, {.p = out}}, result;
  if (n == 1)
    for (int j = 2; j < 5; j++) args[j] = args[j + 1];
  native_call(f, args, &result);
  return true;
}

// A vector counts as a row on the left and as a column on the right.
static bool dot(BuiltinCall *c, const ArrayView *x, const ArrayView *y) {
  if (x->ndim < 1 || x->ndim > 2 || y->ndim < 1 || y->ndim > 2 || x->shape[x->ndim - 1] != y->shape[0])
    return shapes_differ(c, x, y, "dot multiplies vectors and matrices");
  int64_t k = y->shape[0], m = x->ndim == 2 ? x->shape[0] : 1, n = y->ndim == 2 ? y->shape[1] : 1, shape[2];
  int ndim = 0;
  if (x->ndim == 2) shape[ndim++] = m;
  if (y->ndim == 2) shape[ndim++] = n;
  Array *r = arg_make(c, VAL_NUM, ndim, shape);
  if (!r) return false;
  if (blas_product(c, x, y, r->data, m, k, n)) return give(c, array_value(r));
  if (n == 1)
    for (int64_t i = 0; i < m; i++) r->data[i] = linear_dot(x->data + i * k, y->data, k);
  else linear_product(x->data, y->data, r->data, m, k, n);
  return give(c, array_value(r));
}
bool builtin_dot(BuiltinCall *c) { return with_two(c, dot); }

static bool outer(BuiltinCall *c, const ArrayView *x, const ArrayView *y) {
  int64_t shape[2] = {x->n, y->n};
  Array *r = arg_make(c, VAL_NUM, 2, shape);
  if (!r) return false;
  for (int64_t i = 0; i < x->n; i++)
    for (int64_t j = 0; j < y->n; j++) r->data[i * y->n + j] = x->data[i] * y->data[j];
  return give(c, value_obj(r));
}
bool builtin_outer(BuiltinCall *c) { return with_two(c, outer); }

// All axes in reverse order.
static void transpose(const ArrayView *x, Array *r) {
  int64_t at[ARRAY_DIMS] = {0}, step[ARRAY_DIMS]; // step of x's axis k in r
  int64_t s = 1;
  for (int k = 0; k < x->ndim; k++) {
    step[k] = s;
    s *= x->shape[k];
  }
  int64_t to = 0;
  for (int64_t j = 0; j < x->n; j++) {
    r->data[to] = x->data[j];
    for (int k = x->ndim - 1; k >= 0; k--) {
      to += step[k];
      if (++at[k] < x->shape[k]) break;
      to -= step[k] * x->shape[k];
      at[k] = 0;
    }
  }
}

bool builtin_transpose(BuiltinCall *c) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  int64_t shape[ARRAY_DIMS] = {0};
  for (int k = 0; k < x.ndim; k++) shape[k] = x.shape[x.ndim - 1 - k];
  Array *r = arg_make(c, x.elem, x.ndim, shape);
  if (r) transpose(&x, r);
  view_drop(&x);
  return r && give(c, array_value(r));
}

// ---- covariance ----

static double product_sum(const double *x, int64_t sx, const double *y, int64_t sy, int64_t n, double mx, double my) {
  if (n <= 32) {
    double s = 0;
    for (int64_t k = 0; k < n; k++) s += (x[k * sx] - mx) * (y[k * sy] - my);
    return s;
  }
  int64_t h = n / 2;
  return product_sum(x, sx, y, sy, h, mx, my) + product_sum(x + h * sx, sx, y + h * sy, sy, n - h, mx, my);
}

double stats_cov(const double *x, int64_t sx, const double *y, int64_t sy, int64_t n) {
  if (!n) return NAN;
  return product_sum(x, sx, y, sy, n, stats_mean(x, n, sx), stats_mean(y, n, sy)) / (double)n;
}

static double correlation(const double *x, int64_t sx, const double *y, int64_t sy, int64_t n) {
  double r = stats_cov(x, sx, y, sy, n) / (stats_sd(x, n, sx) * stats_sd(y, n, sy));
  return r > 1 ? 1 : r < -1 ? -1 : r; // rounding alone brings it out of its range
}

typedef double (*Comoment)(const double *x, int64_t sx, const double *y, int64_t sy, int64_t n);

static bool of_columns(BuiltinCall *c, Comoment f) {
  ArrayView x;
  if (!arg_view(c, 0, &x)) return false;
  if (x.ndim > 2 || x.ndim < 1) {
    view_drop(&x);
    return arg_error(c, 0, E_OPERAND, "a matrix of observations (rows) and variables (columns) is needed here");
  }
  int64_t n = x.shape[0], m = x.ndim == 2 ? x.shape[1] : 1, shape[2] = {m, m};
  Array *r = arg_make(c, VAL_NUM, 2, shape);
  for (int64_t i = 0; r && i < m; i++)
    for (int64_t j = 0; j <= i; j++) r->data[i * m + j] = r->data[j * m + i] = f(x.data + i, m, x.data + j, m, n);
  view_drop(&x);
  return r && give(c, value_obj(r));
}

static bool of_pair(BuiltinCall *c, const ArrayView *x, const ArrayView *y, Comoment f) {
  if (x->n != y->n) return shapes_differ(c, x, y, "x and y are observed together");
  return give(c, value_num(f(x->data, 1, y->data, 1, x->n)));
}
static bool cov_pair(BuiltinCall *c, const ArrayView *x, const ArrayView *y) { return of_pair(c, x, y, stats_cov); }
static bool corr_pair(BuiltinCall *c, const ArrayView *x, const ArrayView *y) { return of_pair(c, x, y, correlation); }

bool builtin_cov(BuiltinCall *c) { return arg_given(c, 1) ? with_two(c, cov_pair) : of_columns(c, stats_cov); }
bool builtin_corr(BuiltinCall *c) { return arg_given(c, 1) ? with_two(c, corr_pair) : of_columns(c, correlation); }

// ---- LAPACK ----

typedef enum LapackEnd { LAPACK_DONE, LAPACK_SINGULAR, LAPACK_FAILED, LAPACK_MISSING } LapackEnd;
enum { STATUS_SINGULAR = 2, STATUS_MISSING = 3 }; // of the kernels in stdlib/kernels/linear.c

// text: what went wrong.
static LapackEnd lapack(BuiltinCall *c, KernelId id, NativeCell *args, char text[static 600]) {
  const NativeFn *f = kernels_find(c->vm, id);
  NativeCell result;
  snprintf(text, 600, "its library hebb_linear is not found");
  if (!f) return LAPACK_MISSING;
  native_call(f, args, &result);
  if (!native_failed(f, &result, text)) return LAPACK_DONE;
  switch ((int)result.word) {
  case STATUS_SINGULAR: return LAPACK_SINGULAR;
  case STATUS_MISSING: return snprintf(text, 600, "hebb was built without it"), LAPACK_MISSING;
  default: return LAPACK_FAILED;
  }
}

// ---- equations ----

static double *copy_numbers(const ArrayView *v) {
  double *p = mem_alloc((size_t)(v->n ? v->n : 1) * sizeof *p);
  if (v->n) memcpy(p, v->data, (size_t)v->n * sizeof *p);
  return p;
}

static bool check_finite(BuiltinCall *c, int k, const ArrayView *v) {
  for (int64_t j = 0; j < v->n; j++)
    if (!isfinite(v->data[j]))
      return arg_error(c, k, E_ARG_VALUE, "element %lld is %s", (long long)j, isnan(v->data[j]) ? "nan" : "infinite");
  return true;
}

static bool equation_shapes(BuiltinCall *c, const ArrayView *a, const ArrayView *b, bool square) {
  if (a->ndim != 2 || b->ndim < 1 || b->ndim > 2 || b->shape[0] != a->shape[0] ||
      (square && a->shape[0] != a->shape[1]))
    return shapes_differ(c, a, b, square ? "solve needs a square matrix and as many right sides as it has rows"
                                         : "lstsq needs a matrix and as many right sides as it has rows");
  return check_finite(c, 0, a) && check_finite(c, 1, b);
}

// Large ones by LAPACK where it is there; what it cannot do, for lack of memory, elimination can.
static bool solve_balanced(void *ctx, double *a, double *b, int64_t n, int64_t m) {
  char text[600];
  NativeCell args[] = {{.i = n}, {.i = m}, {.p = a}, {.p = b}, {.p = b}};
  LapackEnd end = is_large(n, n, n > m ? n : m) ? lapack(ctx, KERNEL_hebb_solve, args, text) : LAPACK_MISSING;
  return end == LAPACK_DONE || (end != LAPACK_SINGULAR && linear_eliminate(NULL, a, b, n, m));
}

static bool solve(BuiltinCall *c, const ArrayView *a, const ArrayView *b) {
  if (!equation_shapes(c, a, b, true)) return false;
  Array *r = arg_make(c, VAL_NUM, b->ndim, b->shape);
  if (!r) return false;
  double *m = copy_numbers(a);
  if (r->n) memcpy(r->data, b->data, (size_t)r->n * sizeof *r->data);
  bool ok = linear_solve(m, r->data, a->shape[0], b->ndim == 2 ? b->shape[1] : 1, solve_balanced, c);
  mem_free(m);
  if (ok) return give(c, value_obj(r));
  value_drop(value_obj(r));
  Diag *e = diag(c->diags, E_SINGULAR, c->span, "the matrix is singular: these equations have no single solution");
  diag_hint(e, "lstsq(A, b) gives the shortest of the nearest solutions");
  return false;
}
bool builtin_solve(BuiltinCall *c) { return with_two(c, solve); }

static bool lapack_lstsq(BuiltinCall *c, const ArrayView *a, const ArrayView *b, double *x, int64_t r) {
  int64_t m = a->shape[0], n = a->shape[1];
  char text[600];
  NativeCell args[] = {{.i = m}, {.i = n}, {.i = r}, {.p = a->data}, {.p = b->data}, {.p = x}};
  return is_large(m, n, m < n ? m : n) && r <= INT32_MAX && lapack(c, KERNEL_hebb_lstsq, args, text) == LAPACK_DONE;
}

static bool lstsq(BuiltinCall *c, const ArrayView *a, const ArrayView *b) {
  if (!equation_shapes(c, a, b, false)) return false;
  int64_t shape[2] = {a->shape[1], b->ndim == 2 ? b->shape[1] : 1};
  Array *r = arg_make(c, VAL_NUM, b->ndim, shape);
  if (!r) return false;
  if (lapack_lstsq(c, a, b, r->data, shape[1])) return give(c, value_obj(r));
  double *m = copy_numbers(a), *v = copy_numbers(b);
  linear_least_squares(m, v, r->data, a->shape[0], a->shape[1], shape[1]);
  mem_free(m);
  mem_free(v);
  return give(c, value_obj(r));
}
bool builtin_lstsq(BuiltinCall *c) { return with_two(c, lstsq); }

// ---- decompositions ----

static bool no_lapack(BuiltinCall *c, const char *name, const char *why) {
  Diag *e = diag(c->diags, E_NO_LAPACK, c->span, "`%s` needs LAPACK: %s", name, why);
  diag_hint(e, "install liblapacke-dev (Debian) or lapack-devel (Fedora), and build hebb again");
  return false;
}

static bool call_lapack(BuiltinCall *c, KernelId id, const char *name, NativeCell *args) {
  char text[600];
  LapackEnd end = lapack(c, id, args, text);
  if (end == LAPACK_MISSING) return no_lapack(c, name, text);
  return end == LAPACK_DONE || arg_error(c, 0, E_SINGULAR, "%s", text);
}

// A table of new arrays, n rows each; columns that are matrices have `widths` columns.
static Table *result_table(BuiltinCall *c, int n, const char *const *names, int64_t rows, const int64_t *widths, Array **column) {
  Table *t = table_new(n);
  for (int k = 0; k < n; k++) {
    int64_t shape[2] = {rows, widths[k]};
    column[k] = arg_make(c, VAL_NUM, widths[k] ? 2 : 1, shape);
    if (!column[k]) return value_drop(value_obj(t)), NULL;
    table_set(t, k, names[k], "", 1, value_obj(column[k]));
  }
  return t;
}

static bool finite_matrix(BuiltinCall *c, ArrayView *a) {
  if (!arg_view(c, 0, a)) return false;
  bool ok = a->ndim == 2 ? check_finite(c, 0, a) : arg_error(c, 0, E_SHAPE, "a matrix is needed here");
  if (!ok) view_drop(a);
  return ok;
}

static bool eig(BuiltinCall *c, const ArrayView *a) {
  static const char *const names[] = {"re", "im", "vectors_re", "vectors_im"};
  int64_t n = a->shape[0], widths[] = {0, 0, n, n};
  Array *out[4];
  if (n != a->shape[1]) return arg_error(c, 0, E_SHAPE, "eigenvalues need a square matrix, this has %lld rows and %lld columns", (long long)n, (long long)a->shape[1]);
  Table *t = result_table(c, 4, names, n, widths, out);
  if (!t) return false;
  NativeCell args[] = {{.i = n}, {.p = a->data}, {.p = out[0]->data}, {.p = out[1]->data}, {.p = out[2]->data}, {.p = out[3]->data}};
  if (call_lapack(c, KERNEL_hebb_eig, "eig", args)) return give(c, value_obj(t));
  value_drop(value_obj(t));
  return false;
}

static bool svd(BuiltinCall *c, const ArrayView *a) {
  static const char *const names[] = {"s", "u", "v"};
  int64_t m = a->shape[0], n = a->shape[1], k = m < n ? m : n, widths[] = {0, m, n};
  Array *out[3];
  Table *t = result_table(c, 3, names, k, widths, out);
  if (!t) return false;
  NativeCell args[] = {{.i = m}, {.i = n}, {.i = k}, {.p = a->data}, {.p = out[0]->data}, {.p = out[1]->data}, {.p = out[2]->data}};
  if (call_lapack(c, KERNEL_hebb_svd, "svd", args)) return give(c, value_obj(t));
  value_drop(value_obj(t));
  return false;
}

static bool of_matrix(BuiltinCall *c, bool (*f)(BuiltinCall *c, const ArrayView *a)) {
  ArrayView a;
  if (!finite_matrix(c, &a)) return false;
  bool ok = f(c, &a);
  view_drop(&a);
  return ok;
}
bool builtin_eig(BuiltinCall *c) { return of_matrix(c, eig); }
bool builtin_svd(BuiltinCall *c) { return of_matrix(c, svd); }
