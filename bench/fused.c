// SPDX-License-Identifier: MIT
// The yardstick: three neuron models as one fused vector loop each, as somebody who writes for this machine alone would
// write them. `bench/run` divides hebb's time per neuron and step by these.
//
//   fused MODEL NEURONS STEPS      MODEL is hh, adex or lif; prints spikes and nanoseconds per neuron and step
//
// The vectors are GCC's, as wide as the instruction set this file is compiled for (-march=native). The arithmetic is that
// of the methods hebb chooses: exponential Euler with the exact relaxation (hh), fourth-order Runge-Kutta with the
// upstroke held at the threshold within a step (adex), the exact propagator (lif). exp is a table of 16 powers with a
// polynomial of degree 6 on AVX-512, a polynomial of degree 11 elsewhere: both within 1.5 units in the last place.
// SI units, except that the hh loop counts in mV and ms as published.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define W 8
#elif defined(__AVX2__)
#include <immintrin.h>
#define W 4
#else
#define W 2
#endif

typedef double vd __attribute__((vector_size(8 * W)));
typedef int64_t vi __attribute__((vector_size(8 * W)));
#define IN static inline __attribute__((always_inline))

IN vd ld(const double *p) { return *(const vd *)p; }
IN void st(double *p, vd x) { *(vd *)p = x; }
IN vd sel(vi m, vd yes, vd no) { return (vd)(((vi)yes & m) | ((vi)no & ~m)); }
IN vd all(double x) { return x - (vd){0}; }
IN int any(vi m) {
#if W == 8
  return _mm512_movepi64_mask((__m512i)m) != 0;
#elif W == 4
  return _mm256_movemask_pd((__m256d)m) != 0;
#else
  return (m[0] | m[1]) != 0;
#endif
}

// exp for arguments that neither overflow nor underflow: |x| < 700, which the callers see to.
#if W == 8
static const double powers[16] __attribute__((aligned(64))) = { // 2^(k/16)
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};
IN vd vexp(vd x) {
  const vd shift = all(0x1.8p52);
  vd z = x * 23.083120654223414 + shift; // 16/log 2, rounded to a whole number in the low bits
  vd n = z - shift;
  vd r = x - n * 0x1.62e42fefa0000p-5 - n * 0x1.cf79abc9e3b3ap-44;
  vd r2 = r * r;
  vd p = (1.0 + r * 0.5) + r2 * ((1 / 6.0 + r * (1 / 24.0)) + r2 * (1 / 120.0 + r * (1 / 720.0)));
  vd t = (vd)_mm512_permutex2var_pd(_mm512_load_pd(powers), (__m512i)z, _mm512_load_pd(powers + 8));
  return (vd)_mm512_scalef_pd((__m512d)(t + t * (r * p)), (__m512d)(n * 0.0625));
}
#else
IN vd vexp(vd x) {
  const vd shift = all(0x1.8p52);
  vd z = x * 1.4426950408889634 + shift;
  vd n = z - shift;
  vd r = x - n * 0x1.62e42fefa3800p-1 - n * 0x1.ef35793c76730p-45;
  vd r2 = r * r, r4 = r2 * r2;
  vd a = (1.0 + r) + r2 * (1 / 2.0 + r * (1 / 6.0));
  vd b = (1 / 24.0 + r * (1 / 120.0)) + r2 * (1 / 720.0 + r * (1 / 5040.0));
  vd c = (1 / 40320.0 + r * (1 / 362880.0)) + r2 * (1 / 3628800.0 + r * (1 / 39916800.0));
  vd p = a + r4 * (b + r4 * c);
  return (vd)((vi)p + ((vi)z << 52));
}
#endif

// x/(exp(x) - 1), which is 1 at 0.
IN vd bernoulli(vd x) {
  vd small = 1.0 - x * (0.5 - x * (1 / 12.0));
  vi near = (x < 1e-3) & (x > -1e-3);
  return sel(near, small, x / (vexp(x) - 1.0));
}

typedef struct Run {
  int64_t n, steps, spikes;
  double *x[8]; // columns of n, padded to whole vectors
} Run;

static double *column(Run *r, double value) {
  size_t n = (size_t)(r->n + W) / W * W;
  double *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);
  if (!p) exit(1);
  for (size_t k = 0; k < n; k++) p[k] = value;
  return p;
}

// A spike is counted, and none after it before `next`.
IN void spikes(Run *r, vi fired, double *next, double until) {
  for (int k = 0; k < W; k++)
    if (fired[k]) {
      r->spikes++;
      next[k] = until;
    }
}

// One relaxation x = inf + (x - inf)*exp(-dt*(a + b)) of a gate.
IN vd gate(vd x, vd a, vd b, double dt) {
  vd s = a + b, inf = a / s;
  return inf + (x - inf) * vexp(s * -dt);
}

static void hh(Run *r) {
  enum { V, M, H, N, NEXT, I };
  const double dt = 0.1, C = 200, gl = 10, gna = 20e3, gk = 6e3, El = -60, ENa = 50, Ek = -90, VT = -63;
  const double start[] = {El, 0, 1, 0, 0};
  for (int k = 0; k < 5; k++) r->x[k] = column(r, start[k]);
  r->x[I] = column(r, 0);
  for (int64_t k = 0; k < r->n; k++) r->x[I][k] = 1000.0 * (double)k / (double)r->n;
  for (int64_t step = 0; step < r->steps; step++)
    for (int64_t k = 0; k < r->n; k += W) {
      vd v = ld(r->x[V] + k), m = ld(r->x[M] + k), h = ld(r->x[H] + k), n = ld(r->x[N] + k);
      vd u = v - VT;
      vd am = 1.28 * bernoulli((13 - u) * 0.25), bm = 1.4 * bernoulli((u - 40) * 0.2);
      vd ah = 0.128 * vexp((17 - u) * (1 / 18.0)), bh = 4 / (1 + vexp((40 - u) * 0.2));
      vd an = 0.16 * bernoulli((15 - u) * 0.2), bn = 0.5 * vexp((10 - u) * (1 / 40.0));
      vd n2 = n * n, na = gna * (m * m * m) * h, ka = gk * (n2 * n2);
      vd g = gl + na + ka, inf = (gl * El + na * ENa + ka * Ek + ld(r->x[I] + k)) / g;
      v = inf + (v - inf) * vexp(g * (-dt / C));
      st(r->x[V] + k, v);
      st(r->x[M] + k, gate(m, am, bm, dt));
      st(r->x[H] + k, gate(h, ah, bh, dt));
      st(r->x[N] + k, gate(n, an, bn, dt));
      vi fired = (v > -20.0) & (ld(r->x[NEXT] + k) <= (double)step);
      if (any(fired)) spikes(r, fired, r->x[NEXT] + k, (double)(step + 30));
    }
}

static void adex(Run *r) {
  enum { V, U, I };
  const double dt = 1e-4, C = 281e-12, gl = 30e-9, El = -70.6e-3, VT = -50.4e-3, D = 2e-3, tau = 0.144, a = 4e-9, b = 80.5e-12,
               peak = 20e-3;
  r->x[V] = column(r, El);
  r->x[U] = column(r, 0);
  r->x[I] = column(r, 0);
  for (int64_t k = 0; k < r->n; k++) r->x[I][k] = 2e-9 * (double)k / (double)r->n;
#define DV(v, w) (gl * (El - (v)) + gl * D * vexp(((v) - VT) * (1 / D)) - (w) + drive) * (1 / C)
#define DU(v, w) (a * ((v) - El) - (w)) * (1 / tau)
#define CAP(v) sel((v) < peak, (v), all(peak))
  for (int64_t step = 0; step < r->steps; step++)
    for (int64_t k = 0; k < r->n; k += W) {
      vd v = ld(r->x[V] + k), w = ld(r->x[U] + k), drive = ld(r->x[I] + k);
      vd k1 = DV(v, w), l1 = DU(v, w);
      vd v2 = CAP(v + k1 * (dt / 2)), w2 = w + l1 * (dt / 2), k2 = DV(v2, w2), l2 = DU(v2, w2);
      vd v3 = CAP(v + k2 * (dt / 2)), w3 = w + l2 * (dt / 2), k3 = DV(v3, w3), l3 = DU(v3, w3);
      vd v4 = CAP(v + k3 * dt), w4 = w + l3 * dt, k4 = DV(v4, w4), l4 = DU(v4, w4);
      v += (dt / 6) * (k1 + 2 * (k2 + k3) + k4);
      w += (dt / 6) * (l1 + 2 * (l2 + l3) + l4);
      vi fired = v > peak;
      if (any(fired)) {
        for (int q = 0; q < W; q++) r->spikes += fired[q] != 0;
        v = sel(fired, all(El), v);
        w = sel(fired, w + b, w);
      }
      st(r->x[V] + k, v);
      st(r->x[U] + k, w);
    }
}

static void lif(Run *r) {
  enum { V, NEXT, I };
  const double dt = 1e-4, tau = 20e-3, El = -70e-3, Vt = -50e-3, Vr = -60e-3, p = exp(-dt / tau);
  r->x[V] = column(r, El);
  r->x[NEXT] = column(r, 0);
  r->x[I] = column(r, 0);
  for (int64_t k = 0; k < r->n; k++) r->x[I][k] = 40e-3 * (double)k / (double)r->n;
  for (int64_t step = 0; step < r->steps; step++)
    for (int64_t k = 0; k < r->n; k += W) {
      vd v = ld(r->x[V] + k);
      vi free = ld(r->x[NEXT] + k) <= (double)step;
      v = sel(free, v * p + (El + ld(r->x[I] + k)) * (1 - p), v);
      vi fired = (v > Vt) & free;
      if (any(fired)) {
        v = sel(fired, all(Vr), v);
        spikes(r, fired, r->x[NEXT] + k, (double)(step + 50));
      }
      st(r->x[V] + k, v);
    }
}

static double seconds(void) { // of processor time
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  static const struct { const char *name; void (*run)(Run *); } models[] = {{"hh", hh}, {"adex", adex}, {"lif", lif}};
  if (argc == 4)
    for (size_t k = 0; k < sizeof models / sizeof *models; k++)
      if (strcmp(argv[1], models[k].name) == 0) {
        Run r = {.n = atoll(argv[2]), .steps = atoll(argv[3])};
        if (r.n < 1 || r.steps < 1) break;
        double from = seconds();
        models[k].run(&r);
        double ns = 1e9 * (seconds() - from) / ((double)r.n * (double)r.steps);
        printf("spikes %lld\nns %.4g\n", (long long)r.spikes, ns);
        return 0;
      }
  fprintf(stderr, "usage: fused hh|adex|lif NEURONS STEPS\n");
  return 3;
}
