// SPDX-License-Identifier: MIT
// Golub and Van Loan, Matrix Computations: 3.4 (elimination), 5.2 (Householder), 5.5 (complete orthogonal decomposition
// for least squares of deficient rank).
#include "vm/linear.h"

#include "base/arena.h"

#include <float.h>
#include <math.h>
#include <string.h>

void linear_product(const double *a, const double *b, double *c, int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; i++) {
    double *row = c + i * n;
    memset(row, 0, (size_t)n * sizeof *row);
    for (int64_t j = 0; j < k; j++) {
      double f = a[i * k + j];
      const double *from = b + j * n;
      for (int64_t l = 0; l < n; l++) row[l] += f * from[l];
    }
  }
}

double linear_dot(const double *x, const double *y, int64_t n) {
  if (n <= 64) {
    double s[4] = {0};
    int64_t k = 0;
    for (; k + 4 <= n; k += 4)
      for (int j = 0; j < 4; j++) s[j] += x[k + j] * y[k + j];
    for (; k < n; k++) s[0] += x[k] * y[k];
    return (s[0] + s[1]) + (s[2] + s[3]);
  }
  int64_t half = n / 2;
  return linear_dot(x, y, half) + linear_dot(x + half, y + half, n - half);
}

// ---- elimination ----

// Divides rows, then columns, by the power of two nearest to their largest element, so that units do not decide about
// pivots. False if a row or column is zero.
static bool balance(double *a, double *b, double *col, int64_t n, int64_t m) {
  for (int64_t i = 0; i < n; i++) {
    double most = 0;
    for (int64_t j = 0; j < n; j++) most = fmax(most, fabs(a[i * n + j]));
    if (!(most > 0) || isinf(most)) return false;
    double f = exp2(-floor(log2(most)));
    for (int64_t j = 0; j < n; j++) a[i * n + j] *= f;
    for (int64_t j = 0; j < m; j++) b[i * m + j] *= f;
  }
  for (int64_t j = 0; j < n; j++) {
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, fabs(a[i * n + j]));
    if (!(most > 0)) return false;
    col[j] = exp2(-floor(log2(most)));
    for (int64_t i = 0; i < n; i++) a[i * n + j] *= col[j];
  }
  return true;
}

static void swap_rows(double *a, int64_t n, int64_t i, int64_t j) {
  for (int64_t k = 0; i != j && k < n; k++) {
    double t = a[i * n + k];
    a[i * n + k] = a[j * n + k];
    a[j * n + k] = t;
  }
}

static bool eliminate(double *a, double *b, int64_t n, int64_t m) {
  for (int64_t k = 0; k < n; k++) {
    int64_t best = k;
    for (int64_t i = k + 1; i < n; i++)
      if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
    if (!(fabs(a[best * n + k]) > (double)n * DBL_EPSILON)) return false;
    swap_rows(a, n, k, best);
    swap_rows(b, m, k, best);
    for (int64_t i = k + 1; i < n; i++) {
      double f = a[i * n + k] / a[k * n + k];
      if (f == 0) continue;
      for (int64_t j = k; j < n; j++) a[i * n + j] -= f * a[k * n + j];
      for (int64_t j = 0; j < m; j++) b[i * m + j] -= f * b[k * m + j];
    }
  }
  return true;
}

static void substitute_back(const double *a, double *b, int64_t n, int64_t m) {
  for (int64_t i = n - 1; i >= 0; i--)
    for (int64_t j = 0; j < m; j++) {
      double s = b[i * m + j];
      for (int64_t k = i + 1; k < n; k++) s -= a[i * n + k] * b[k * m + j];
      b[i * m + j] = s / a[i * n + i];
    }
}

bool linear_eliminate(void *ctx, double *a, double *b, int64_t n, int64_t m) {
  (void)ctx;
  if (!eliminate(a, b, n, m)) return false;
  substitute_back(a, b, n, m);
  return true;
}

bool linear_solve(double *a, double *b, int64_t n, int64_t m, LinearSolver by, void *ctx) {
  double *col = mem_alloc((size_t)(n ? n : 1) * sizeof *col);
  bool ok = balance(a, b, col, n, m) && by(ctx, a, b, n, m);
  for (int64_t i = 0; ok && i < n; i++)
    for (int64_t j = 0; j < m; j++) b[i * m + j] *= col[i];
  mem_free(col);
  return ok;
}

// ---- least squares ----

// The sum of v[i] a[i, j] over rows lo..hi-1, pairwise: over thousands of observations a plain sum would lose digits.
static double column_sum(const double *v, const double *a, int64_t n, int64_t lo, int64_t hi, int64_t j) {
  if (hi - lo > 32) {
    int64_t half = lo + (hi - lo) / 2;
    return column_sum(v, a, n, lo, half, j) + column_sum(v, a, n, half, hi, j);
  }
  double s = 0;
  for (int64_t i = lo; i < hi; i++) s += v[i] * a[i * n + j];
  return s;
}

static double column_norm(const double *a, int64_t m, int64_t n, int64_t from, int64_t j) {
  double most = 0, s = 0;
  for (int64_t i = from; i < m; i++) most = fmax(most, fabs(a[i * n + j]));
  for (int64_t i = from; most > 0 && i < m; i++) s += a[i * n + j] / most * (a[i * n + j] / most);
  return most * sqrt(s);
}

// The reflection that brings column k of a[m, n], from row k on, to its first axis: v (v[k] = 1 scaled in) and beta.
static double reflector(double *a, int64_t m, int64_t n, int64_t k, double *v) {
  double norm = column_norm(a, m, n, k, k);
  if (norm == 0) return 0;
  double alpha = a[k * n + k] > 0 ? -norm : norm;
  for (int64_t i = k; i < m; i++) v[i] = a[i * n + k] / norm;
  v[k] -= alpha / norm;
  return 2 / column_sum(v, v, 1, k, m, 0);
}

static void reflect(double *a, int64_t n, int64_t from, int64_t m, int64_t k, const double *v, double beta) {
  for (int64_t j = from; j < n; j++) {
    double s = beta * column_sum(v, a, n, k, m, j);
    for (int64_t i = k; i < m; i++) a[i * n + j] -= s * v[i];
  }
}

// a[m, n] -> R with pivoted columns, b -> Q' b; the rank is returned.
static int64_t factor(double *a, double *b, int64_t *pivot, double *v, int64_t m, int64_t n, int64_t r) {
  int64_t steps = m < n ? m : n, rank = 0;
  double first = 0;
  for (int64_t j = 0; j < n; j++) pivot[j] = j;
  for (int64_t k = 0; k < steps; k++) {
    int64_t best = k;
    double most = -1;
    for (int64_t j = k; j < n; j++) {
      double norm = column_norm(a, m, n, k, j);
      if (norm > most) most = norm, best = j;
    }
    if (k == 0) first = most;
    if (!(most > first * DBL_EPSILON * (double)(m > n ? m : n))) break;
    for (int64_t i = 0; best != k && i < m; i++) {
      double t = a[i * n + k];
      a[i * n + k] = a[i * n + best];
      a[i * n + best] = t;
    }
    int64_t t = pivot[k];
    pivot[k] = pivot[best];
    pivot[best] = t;
    double beta = reflector(a, m, n, k, v);
    reflect(a, n, k, m, k, v, beta);
    reflect(b, r, 0, m, k, v, beta);
    rank++;
  }
  return rank;
}

// Rank rk < n: the shortest y with [R11 R12] y = c. With [R11 R12]' = Q [T; 0] it is Q [T'^-1 c; 0].
static void shortest_solution(const double *a, const double *c, double *y, int64_t n, int64_t rk, int64_t r) {
  double *t = mem_alloc((size_t)(n * rk) * sizeof *t), *v = mem_alloc((size_t)(n * rk) * sizeof *v);
  double *beta = mem_alloc((size_t)rk * sizeof *beta);
  for (int64_t i = 0; i < rk; i++)
    for (int64_t j = i; j < n; j++) t[j * rk + i] = a[i * n + j];
  for (int64_t k = 0; k < rk; k++) {
    beta[k] = reflector(t, n, rk, k, v + k * n);
    reflect(t, rk, k, n, k, v + k * n, beta[k]);
  }
  memset(y, 0, (size_t)(n * r) * sizeof *y);
  for (int64_t i = 0; i < rk; i++)
    for (int64_t j = 0; j < r; j++) {
      double s = c[i * r + j];
      for (int64_t k = 0; k < i; k++) s -= t[k * rk + i] * y[k * r + j];
      y[i * r + j] = s / t[i * rk + i];
    }
  for (int64_t k = rk - 1; k >= 0; k--) reflect(y, r, 0, n, k, v + k * n, beta[k]);
  mem_free(t);
  mem_free(v);
  mem_free(beta);
}

void linear_least_squares(double *a, double *b, double *x, int64_t m, int64_t n, int64_t r) {
  if (!n || !r) return;
  int64_t *pivot = mem_alloc((size_t)n * sizeof *pivot);
  double *v = mem_alloc((size_t)(m ? m : 1) * sizeof *v), *y = mem_alloc((size_t)(n * r) * sizeof *y);
  int64_t rank = factor(a, b, pivot, v, m, n, r);
  if (rank == n) {
    memcpy(y, b, (size_t)(n * r) * sizeof *y);
    substitute_back(a, y, n, r); // the first n rows of a are R
  } else if (rank) {
    shortest_solution(a, b, y, n, rank, r);
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < r; j++) x[pivot[i] * r + j] = y[i * r + j];
  mem_free(pivot);
  mem_free(v);
  mem_free(y);
}
