// SPDX-License-Identifier: MIT
// Random numbers by counter: Threefry2x64-13 keyed by seed, trial and object, counted by stream, element, step and draw.
//
// An Rng is a cursor: where it begins says which numbers it gives, whoever asks and in whatever order. Two cursors that
// differ in anything give independent numbers. Each draw moves the cursor on by at least one. The lane operations of
// kernels (vm/rng_lanes.h) give the same numbers as a fresh cursor at (stream, element, step).
//
//   counter word 0: step (44 bits) | stream >> 24 (8 bits) | draw (12 bits)
//   counter word 1: stream (24 bits) | element (40 bits)
//
// More than 4096 draws from one cursor run on into the field above, which only cursors of streams >= 2^24 share.
#ifndef HEBB_RNG_H
#define HEBB_RNG_H
#include "vm/program.h"

#define RNG_POISSON_INVERSION 10.0
#define RNG_REDRAWS 4000 // a bounded draw that still is outside then takes the nearer bound

typedef struct Rng {
  uint64_t k0, k1, c0, c1;
} Rng;

static inline uint64_t rng_word0(uint32_t stream, int64_t step, uint32_t draw) {
  return ((uint64_t)step << 20) | ((uint64_t)(stream >> 24) << 12) | draw;
}
static inline uint64_t rng_word1(uint32_t stream, int64_t element) {
  return ((uint64_t)stream << 40) | ((uint64_t)element & 0xffffffffffu);
}
static inline Rng rng_at(RngKey key, uint32_t stream, int64_t element, int64_t step) {
  return (Rng){key.seed, ((uint64_t)key.trial << 32) | key.object, rng_word0(stream, step, 0),
               rng_word1(stream, element)};
}

void threefry2x64(const uint64_t counter[2], const uint64_t key[2], uint64_t out[2]); // 13 rounds
uint64_t rng_bits(Rng *r);
double rng_uniform(Rng *r, double lo, double hi); // [lo, hi)
int64_t rng_below(Rng *r, int64_t n);             // 0..n-1, without bias
double rng_normal(Rng *r, double mean, double sd);
double rng_lognormal(Rng *r, double mean, double sd); // mean and sd of the variable itself
double rng_exponential(Rng *r, double mean);
double rng_gamma(Rng *r, double shape, double scale);
double rng_poisson(Rng *r, double mean);
double rng_binomial(Rng *r, double n, double p);
// Redrawn until inside [min, max].
double rng_normal_within(Rng *r, double mean, double sd, double min, double max);
double rng_lognormal_within(Rng *r, double mean, double sd, double min, double max);
double rng_exponential_within(Rng *r, double mean, double min, double max);

#endif
