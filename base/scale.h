// SPDX-License-Identifier: MIT
// From units to SI numbers and back, rounded once: 0.3 ms is the double nearest to 0.0003, and prints as 0.3 ms again.
#ifndef HEBB_SCALE_H
#define HEBB_SCALE_H
#include <math.h>

// The whole number whose inverse the scale is, so that 0.3 ms is 0.3/1000 and not 0.3*0.001; 0 if it is none.
static inline double scale_inverse(double scale) {
  if (!(scale > 0 && scale < 1)) return 0;
  double r = rint(1 / scale);
  return fabs(r * scale - 1) < 1e-12 ? r : 0;
}
static inline double scale_to_si(double x, double scale) {
  double r = scale_inverse(scale);
  return r != 0 ? x / r : x * scale;
}
// The number of units; of those that give x again the one with few decimals: 1.001 V are 1001 mV, not 1000.9999999999999.
static inline double scale_from_si(double x, double scale) {
  double r = scale_inverse(scale), q = r != 0 ? x * r : x / scale;
  for (double p = 1; p < 1e10 && fabs(q * p) < 0x1p53; p *= 1000) {
    double c = rint(q * p) / p;
    if (c == q || scale_to_si(c, scale) == x) return c;
  }
  return q;
}

#endif
