// SPDX-License-Identifier: MIT
// What tests/native calls: functions of every type, kernels of every type and direction, and some that fail.
#include "hebb_kernel.h"

#include <math.h>

// ---- functions ----
HEBB_KERNEL double add_real(double x, double y) { return x + y; }
HEBB_KERNEL float half_real32(float x) { return x / 2; }
HEBB_KERNEL int64_t twice_int(int64_t k) { return 2 * k; }
HEBB_KERNEL int32_t negate_int32(int32_t k) { return -k; }
HEBB_KERNEL bool is_not(bool b) { return !b; }
HEBB_KERNEL const char *greet(const char *who) {
  static _Thread_local char text[64];
  snprintf(text, sizeof text, "hello, %s", who);
  return text;
}
HEBB_KERNEL double constant(void) { return 42; }
HEBB_KERNEL double five(double a, double b, double c, double d, double e) { return a + 10 * b + 100 * c + 1000 * d + 10000 * e; }
HEBB_KERNEL double mixed(double x, int64_t k, bool b) { return b ? x * (double)k : -1; }
HEBB_KERNEL double numbers_of(double V) { return V; }

// A gate's rate as in the language.
HEBB_KERNEL double alpha_n(double V) { return 0.01 * (V + 55) / (1 - exp(-(V + 55) / 10)); }

// ---- impure ones ----
static double calls;
HEBB_KERNEL double next_number(double x) { return (void)x, ++calls; }
HEBB_KERNEL void reset_numbers(void) { calls = 0; }
static double sequence;
HEBB_KERNEL double note(double digit) { return sequence = 10 * sequence + digit; }
HEBB_KERNEL void forget_notes(double unused) { (void)unused, sequence = 0; }

// ---- failing ones ----
HEBB_KERNEL double refuse(double x) {
  if (x > 2) hebb_fail("x = %g is too much", x);
  return x;
}
HEBB_KERNEL int status_of(HebbCount n, const double *x, int64_t status) { return (void)n, (void)x, (int)status; }
HEBB_KERNEL int speak(HebbCount n, const double *x, const char *text) { return (void)n, (void)x, hebb_fail("%s", text); }
HEBB_KERNEL int write_nan(HebbCount n, double *x, double from, double t) {
  if (t >= from && n > 1) x[1] = NAN;
  return 0;
}

// ---- kernels ----
#define SCALE_BY(name, type)                                                   \
  HEBB_KERNEL int name(HebbCount n, const type *x, type *y, type *z, type f) { \
    for (HebbCount k = 0; k < n; k++) {                                        \
      y[k] = (type)(f * x[k]);                                                 \
      z[k] = (type)(z[k] + x[k]);                                              \
    }                                                                          \
    return 0;                                                                  \
  }
SCALE_BY(scale_real, double)
SCALE_BY(scale_real32, float)
SCALE_BY(scale_int, int64_t)
SCALE_BY(scale_int32, int32_t)

HEBB_KERNEL int flip(HebbCount n, bool *x) {
  for (HebbCount k = 0; k < n; k++) x[k] = !x[k];
  return 0;
}
HEBB_KERNEL int single(HebbCount n, const double *x, double *sum, int64_t *most, bool *any, float *half, int32_t *count) {
  *sum = 0;
  for (HebbCount k = 0; k < n; k++) {
    *sum += x[k];
    if (x[k] > (double)*most) *most = (int64_t)x[k];
    *any = *any || x[k] > 0;
  }
  *half /= 2;
  *count = (int32_t)n;
  return 0;
}
static double column_calls;
HEBB_KERNEL int count_calls(HebbCount n, double *x) {
  column_calls++;
  for (HebbCount k = 0; k < n; k++) x[k] = column_calls;
  return 0;
}
HEBB_KERNEL double norm(HebbCount n, const double *x) {
  double s = 0;
  for (HebbCount k = 0; k < n; k++) s += x[k] * x[k];
  return sqrt(s);
}
HEBB_KERNEL int product(HebbCount m, HebbCount n, const double *A, const double *x, double *y) {
  for (HebbCount i = 0; i < m; i++) {
    y[i] = 0;
    for (HebbCount j = 0; j < n; j++) y[i] += A[i * n + j] * x[j];
  }
  return 0;
}
HEBB_KERNEL int rotate(HebbCount n, double *x, const double *by) {
  for (HebbCount k = 0; k < n; k++) {
    double *p = x + 2 * k, c = cos(by[0]), s = sin(by[0]), a = p[0];
    p[0] = c * a - s * p[1];
    p[1] = s * a + c * p[1];
  }
  return 0;
}
// Its own copy shifted by one: what a column holds depends on the whole of it, so it must be called once.
HEBB_KERNEL int shift(HebbCount n, double *x) {
  double last = n ? x[n - 1] : 0;
  for (HebbCount k = n - 1; k > 0; k--) x[k] = x[k - 1];
  if (n) x[0] = last;
  return 0;
}
