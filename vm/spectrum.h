// SPDX-License-Identifier: MIT
// Power spectral density by Welch's method: half-overlapping segments, Hann window, mean removed, one-sided.
#ifndef HEBB_SPECTRUM_H
#define HEBB_SPECTRUM_H
#include <stdbool.h>
#include <stdint.h>

// Length of a segment for n samples (a power of two): as long as eight of them fit, but 256 where there are so many.
int64_t spectrum_segment(int64_t n);
// |X[k]|^2, k = 0..n/2, of the transform X of n numbers. False: it cannot (then spectrum_welch does it itself).
typedef bool (*SpectrumPower)(void *ctx, const double *x, int64_t n, double *power);
// Density at the frequencies k/(segment*dt), k = 0..segment/2, in units^2 per hertz; samples are `stride` apart,
// results `out_stride`. `by` transforms; NULL: as it can be done here.
void spectrum_welch(const double *x, int64_t n, int64_t stride, double dt, int64_t segment, double *out, int64_t out_stride, SpectrumPower by,
                    void *ctx);

#endif
