// SPDX-License-Identifier: MIT
// P. D. Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70-73. The transform is the iterative radix-2 one of Cooley
// and Tukey with twiddle factors from a table.
#include "vm/spectrum.h"

#include "base/arena.h"
#include "vm/vmath.h"

#include <math.h>

#define PI 3.14159265358979323846

typedef struct Complex {
  double re, im;
} Complex;

int64_t spectrum_segment(int64_t n) {
  int64_t at_most = 2 * n / 9, least = n < 256 ? n : 256, segment = 1;
  if (at_most < least) at_most = least;
  while (2 * segment <= at_most) segment *= 2;
  return segment;
}

// z[n] in bit-reversed order.
static void reverse_bits(Complex *z, int64_t n) {
  for (int64_t i = 1, j = 0; i < n; i++) {
    int64_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    Complex t = z[i];
    z[i] = z[j];
    z[j] = t;
  }
}

static inline Complex times(Complex x, Complex y) {
  return (Complex){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

// w[k] = exp(-2 pi i k/n), k < n/2.
static void transform(Complex *z, int64_t n, const Complex *w) {
  reverse_bits(z, n);
  for (int64_t len = 2; len <= n; len *= 2)
    for (int64_t start = 0; start < n; start += len)
      for (int64_t k = 0; k < len / 2; k++) {
        Complex a = z[start + k], b = times(z[start + k + len / 2], w[k * (n / len)]);
        z[start + k] = (Complex){a.re + b.re, a.im + b.im};
        z[start + k + len / 2] = (Complex){a.re - b.re, a.im - b.im};
      }
}

static double segment_mean(const double *x, int64_t n, int64_t stride) {
  double sum = 0;
  for (int64_t k = 0; k < n; k++) sum += x[k * stride];
  return sum / (double)n;
}

// Hann's window; the sum of its squares.
static double hann(double *window, int64_t n) {
  double power = 0;
  for (int64_t k = 0; k < n; k++) {
    window[k] = n > 1 ? 0.5 - 0.5 * vm_cos(2 * PI * (double)k / (double)n) : 1;
    power += window[k] * window[k];
  }
  return power;
}

static void twiddles(Complex *w, int64_t n) {
  for (int64_t k = 0; k < n / 2; k++) {
    double angle = -2 * PI * (double)k / (double)n;
    w[k] = (Complex){vm_cos(angle), vm_sin(angle)};
  }
}

static void own_power(const double *x, int64_t n, Complex *z, const Complex *w, double *power) {
  for (int64_t k = 0; k < n; k++) z[k] = (Complex){x[k], 0};
  transform(z, n, w);
  for (int64_t k = 0; k <= n / 2; k++) power[k] = z[k].re * z[k].re + z[k].im * z[k].im;
}

void spectrum_welch(const double *x, int64_t n, int64_t stride, double dt, int64_t segment, double *out, int64_t out_stride, SpectrumPower by,
                    void *ctx) {
  int64_t half = segment / 2, step = half ? half : 1, count = n >= segment ? (n - segment) / step + 1 : 0;
  Complex *z = mem_alloc((size_t)segment * sizeof *z), *w = mem_alloc((size_t)(half + 1) * sizeof *w);
  double *window = mem_alloc((size_t)(3 * segment + 1) * sizeof *window), *part = window + segment, *power = part + segment;
  double sum = hann(window, segment);
  twiddles(w, segment);
  for (int64_t k = 0; k <= half; k++) out[k * out_stride] = 0;
  for (int64_t s = 0; s < count; s++) {
    const double *p = x + s * step * stride;
    double mean = segment_mean(p, segment, stride);
    for (int64_t k = 0; k < segment; k++) part[k] = (p[k * stride] - mean) * window[k];
    if (!by || !by(ctx, part, segment, power)) own_power(part, segment, z, w, power);
    for (int64_t k = 0; k <= half; k++) {
      double sides = k == 0 || k == half ? 1 : 2;
      out[k * out_stride] += sides * power[k] * dt / sum / (double)count;
    }
  }
  mem_free(z);
  mem_free(w);
  mem_free(window);
}
