// SPDX-License-Identifier: MIT
// What bench/native calls.
#include "hebb_kernel.h"

#include <math.h>

HEBB_KERNEL int nothing(HebbCount n, double *x) { return (void)n, (void)x, 0; }

static double exprel(double x) { return fabs(x) < 1e-9 ? 1 : expm1(x) / x; }
HEBB_KERNEL double alpha_m(double V) { return 1 / exprel(-(V + 40) / 10); }
HEBB_KERNEL double beta_m(double V) { return 4 * exp(-(V + 65) / 18); }
HEBB_KERNEL double alpha_h(double V) { return 0.07 * exp(-(V + 65) / 20); }
HEBB_KERNEL double beta_h(double V) { return 1 / (1 + exp(-(V + 35) / 10)); }
HEBB_KERNEL double alpha_n(double V) { return 0.1 / exprel(-(V + 55) / 10); }
HEBB_KERNEL double beta_n(double V) { return 0.125 * exp(-(V + 65) / 80); }
// The same with an argument that is no double: these go through libffi.
#define THROUGH(f) \
  HEBB_KERNEL double f##_ffi(double V, int64_t unused) { return (void)unused, f(V); }
THROUGH(alpha_m)
THROUGH(beta_m)
THROUGH(alpha_h)
THROUGH(beta_h)
THROUGH(alpha_n)
THROUGH(beta_n)
