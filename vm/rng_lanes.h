// SPDX-License-Identifier: MIT
// Random numbers over vectors: Threefry2x64 with 13 rounds (Salmon, Moraes, Dror and Shaw 2011) and what is drawn by
// vectors from it. Included where vm/kern.h is; the scalar forms in vm/rng.c are these with one lane, so both agree.
#ifndef HEBB_RNG_LANES_H
#define HEBB_RNG_LANES_H
#include "vm/rng.h"
#include "vm/vmath_lanes.h"

#if defined(KERN_AVX512)
#define ROTL(x, n) ((vi)_mm512_rol_epi64((__m512i)(x), n))
#else
#define ROTL(x, n) (shl(x, n) | shr(x, 64 - (n)))
#endif

// (c0, c1) -> two words, in place: rounds of adding, rotating and mixing, the key added after every fourth.
VI void threefry(vi *c0, vi *c1, uint64_t k0, uint64_t k1) {
  const vi a = ibc((int64_t)k0), b = ibc((int64_t)k1), c = ibc((int64_t)(0x1BD11BDAA9FC1A22u ^ k0 ^ k1));
  vi x = *c0 + a, y = *c1 + b;
#define ROUND(n) x += y, y = ROTL(y, n) ^ x
  ROUND(16), ROUND(42), ROUND(12), ROUND(31);
  x += b, y += c + ibc(1);
  ROUND(16), ROUND(32), ROUND(24), ROUND(21);
  x += c, y += a + ibc(2);
  ROUND(16), ROUND(42), ROUND(12), ROUND(31);
  x += a, y += b + ibc(3);
  ROUND(16);
#undef ROUND
  *c0 = x;
  *c1 = y;
}
// A word as a number in [1, 2) with 52 random bits.
VI vd unit(vi x) { return as_d(shr(x, 12) | ibc(0x3ff0000000000000)); }

// One uniform in [0, 1).
VI vd draw_unit(vi c0, vi c1, uint64_t k0, uint64_t k1) {
  threefry(&c0, &c1, k0, k1);
  return unit(c0) - bc(1);
}
// One standard normal (Box and Muller 1958; the cosine only, so that a lane's number depends on nothing but its counter).
VI vd draw_normal(vi c0, vi c1, uint64_t k0, uint64_t k1) {
  threefry(&c0, &c1, k0, k1);
  vd r = sqrt_(bc(-2) * v_log(bc(2) - unit(c0)));
  return r * v_cos2pi(unit(c1) - bc(1));
}
// One standard exponential.
VI vd draw_exponential(vi c0, vi c1, uint64_t k0, uint64_t k1) {
  threefry(&c0, &c1, k0, k1);
  return neg(v_log(bc(2) - unit(c0)));
}
// The Poisson count that belongs to the uniform u, by inversion; for means up to RNG_POISSON_INVERSION. A mean that is
// not positive gives 0, NaN gives NaN.
VI vd poisson_inversion(vd u, vd mean) {
  vd p = v_exp(neg(mean)), s = p, k = bc(0), n = bc(0);
  vm more = m_and(le(s, u), lt(bc(0), mean));
  while (bits(more) && lane(n, 0) < 120) {
    n += bc(1);
    k = sel(more, n, k);
    p *= mean / n;
    s += p;
    more = m_and(more, le(s, u));
  }
  return sel(ne(mean, mean), mean, k);
}
VI void lognormal_parameters(vd mean, vd sd, vd *mu, vd *sigma) {
  vd q = sd / mean, s2 = v_log1p(q * q);
  *mu = v_log(mean) - bc(0.5) * s2;
  *sigma = sqrt_(s2);
}

#endif
