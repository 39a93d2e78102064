// SPDX-License-Identifier: MIT
// Scalar draws. Uniform, normal, exponential and small Poisson counts are the lane forms with one lane. Gamma: Marsaglia
// and Tsang (2000). Large Poisson and binomial counts: transformed rejection, PTRS and BTRS of Hoermann (1993). All of
// them use the project's own logarithm and log-factorial, so that they do not change with the C library.
#define KERN_SCALAR
#include "vm/rng.h"
#include "vm/rng_lanes.h"

void threefry2x64(const uint64_t counter[2], const uint64_t key[2], uint64_t out[2]) {
  vi a = (vi)counter[0], b = (vi)counter[1];
  threefry(&a, &b, key[0], key[1]);
  out[0] = (uint64_t)a;
  out[1] = (uint64_t)b;
}

uint64_t rng_bits(Rng *r) {
  vi a = (vi)r->c0++, b = (vi)r->c1;
  threefry(&a, &b, r->k0, r->k1);
  return (uint64_t)a;
}

static double unit_draw(Rng *r) { return draw_unit((vi)r->c0++, (vi)r->c1, r->k0, r->k1); }
static double normal_draw(Rng *r) { return draw_normal((vi)r->c0++, (vi)r->c1, r->k0, r->k1); }
static double exponential_draw(Rng *r) { return draw_exponential((vi)r->c0++, (vi)r->c1, r->k0, r->k1); }

double rng_uniform(Rng *r, double lo, double hi) { return fma_(hi - lo, unit_draw(r), lo); }

int64_t rng_below(Rng *r, int64_t n) { // Lemire (2019): multiply, and reject the few that would make a bias
  if (n <= 1) return 0;
  uint64_t m = (uint64_t)n, floor = -m % m;
  for (;;) {
    unsigned __int128 p = (unsigned __int128)rng_bits(r) * m;
    if ((uint64_t)p >= floor) return (int64_t)(p >> 64);
  }
}

double rng_normal(Rng *r, double mean, double sd) { return fma_(sd, normal_draw(r), mean); }
double rng_exponential(Rng *r, double mean) { return mean * exponential_draw(r); }
double rng_lognormal(Rng *r, double mean, double sd) {
  double mu, sigma;
  lognormal_parameters(mean, sd, &mu, &sigma);
  return v_exp(fma_(sigma, normal_draw(r), mu));
}

static double clamp(double x, double min, double max) { return x < min ? min : x > max ? max : x; }
#define WITHIN(expr)                                    \
  double x = (expr);                                    \
  for (int k = 1; k < RNG_REDRAWS && !(x >= min && x <= max) && x == x; k++) x = (expr); \
  return clamp(x, min, max)
double rng_normal_within(Rng *r, double mean, double sd, double min, double max) { WITHIN(rng_normal(r, mean, sd)); }
double rng_lognormal_within(Rng *r, double mean, double sd, double min, double max) {
  WITHIN(rng_lognormal(r, mean, sd));
}
double rng_exponential_within(Rng *r, double mean, double min, double max) { WITHIN(rng_exponential(r, mean)); }

double rng_gamma(Rng *r, double shape, double scale) {
  if (!(shape > 0)) return shape == 0 ? 0 : NAN;
  double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / (3 * sqrt_(d)), g = 0;
  for (int k = 0; k < RNG_REDRAWS; k++) {
    double x = normal_draw(r), v = fma_(c, x, 1), u = 1 - unit_draw(r);
    if (v <= 0) continue;
    v = v * v * v;
    g = d * v;
    if (v_log(u) < 0.5 * x * x + d - g + d * v_log(v)) break;
  }
  if (shape < 1) g *= v_exp(v_log(1 - unit_draw(r)) / shape);
  return g * scale;
}

// ln k! by Stirling's series, exact to rounding from 16 on; the product below.
static double log_factorial(double k) {
  if (k < 16) {
    double p = 1;
    for (double j = 2; j <= k; j++) p *= j;
    return v_log(p);
  }
  double i = 1 / k, i2 = i * i;
  double series = i * (1.0 / 12 - i2 * (1.0 / 360 - i2 * (1.0 / 1260 - i2 * (1.0 / 1680))));
  return (k + 0.5) * v_log(k) - k + 0.91893853320467274178 + series;
}

static double poisson_ptrs(Rng *r, double mean) {
  double b = 0.931 + 2.53 * sqrt_(mean), a = -0.059 + 0.02483 * b;
  double inv_alpha = 1.1239 + 1.1328 / (b - 3.4), vr = 0.9277 - 3.6224 / (b - 2), log_mean = v_log(mean);
  for (;;) {
    double u = unit_draw(r) - 0.5, v = 1 - unit_draw(r), us = 0.5 - abs_(u);
    if (us <= 0) continue;
    double k = floor_((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (v_log(v * inv_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k)) return k;
  }
}
double rng_poisson(Rng *r, double mean) {
  if (mean > 1e15) return mean < INFINITY ? floor_(rng_normal(r, mean, sqrt_(mean)) + 0.5) : NAN;
  if (mean > RNG_POISSON_INVERSION) return poisson_ptrs(r, mean);
  return poisson_inversion(unit_draw(r), mean);
}

static double binomial_inversion(double u, double n, double p) {
  double q = 1 - p, odds = p / q, f = v_exp(n * v_log1p(-p)), s = f, k = 0;
  while (s <= u && k < n && k < 200) {
    f *= odds * (n - k) / (k + 1);
    s += f;
    k++;
  }
  return k;
}
static double binomial_btrs(Rng *r, double n, double p) {
  double spq = sqrt_(n * p * (1 - p)), b = 1.15 + 2.53 * spq, a = -0.0873 + 0.0248 * b + 0.01 * p;
  double c = n * p + 0.5, vr = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spq, lpq = v_log(p / (1 - p));
  double m = floor_((n + 1) * p), h = log_factorial(m) + log_factorial(n - m);
  for (;;) {
    double u = unit_draw(r) - 0.5, v = 1 - unit_draw(r), us = 0.5 - abs_(u);
    if (us <= 0) continue;
    double k = floor_((2 * a / us + b) * u + c);
    if (k < 0 || k > n) continue;
    if (us >= 0.07 && v <= vr) return k;
    if (v_log(v * alpha / (a / (us * us) + b)) <= h - log_factorial(k) - log_factorial(n - k) + (k - m) * lpq) return k;
  }
}
double rng_binomial(Rng *r, double n, double p) {
  if (!(n >= 0 && n <= 1e15) || p != p) return NAN;
  n = floor_(n);
  if (p <= 0 || n == 0) return 0;
  if (p >= 1) return n;
  bool flip = p > 0.5;
  double q = flip ? 1 - p : p;
  double k = n * q < 10 ? binomial_inversion(unit_draw(r), n, q) : binomial_btrs(r, n, q);
  return flip ? n - k : k;
}
