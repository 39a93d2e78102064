// SPDX-License-Identifier: MIT
// The hand-fused loops that bench/core.c measures the vector core against: what a C programmer with vectors would write
// for one model, everything in registers between the loads and the stores of the state.
#ifndef HEBB_BENCH_CORE_LOOPS_H
#define HEBB_BENCH_CORE_LOOPS_H
#include <stdint.h>

typedef struct HH {
  double *V, *m, *h, *n, *I;
} HH;
typedef struct AdEx {
  double *V, *w, *last, *I;
} AdEx;
typedef struct LIF {
  double *V, *s, *last;
} LIF;

typedef struct Loops {
  void (*hh)(HH c, int64_t n, double dt);
  int64_t (*adex)(AdEx c, int64_t n, double t, double dt, int32_t *spikes);
  int64_t (*lif)(LIF c, int64_t n, double t, double dt, int32_t *spikes);
} Loops;

extern const Loops loops_base, loops_avx2, loops_avx512;

#endif
