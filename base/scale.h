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
static inline double scale_from_si(double x, double scale) {
  double r = scale_inverse(scale);
  return r != 0 ? x * r : x / scale;
}

#endif
