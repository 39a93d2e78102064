// SPDX-License-Identifier: MIT
// Random numbers over vectors: Threefry2x64 with 13 rounds (Salmon, Moraes, Dror and Shaw 2011) and what is drawn by
// vectors from it. Included where vm/kern.h is; the scalar forms in vm/rng.c are these with one lane, so both agree.
#ifndef HEBB_RNG_LANES_H
#define HEBB_RNG_LANES_H
#include "vm/rng.h"
#include "vm/vmath_lanes.h"

VI vi rotl(vi x, int n) { return shl(x, n) | shr(x, 64 - n); }

// (c0, c1) -> two words, in place.
VI void threefry(vi *c0, vi *c1, uint64_t k0, uint64_t k1) {
  static const int rot[8] = {16, 42, 12, 31, 16, 32, 24, 21};
  const uint64_t ks[3] = {k0, k1, 0x1BD11BDAA9FC1A22u ^ k0 ^ k1};
  vi x0 = *c0 + ibc((int64_t)k0), x1 = *c1 + ibc((int64_t)k1);
#pragma GCC unroll 13
  for (int i = 0; i < 13; i++) {
    x0 += x1;
    x1 = rotl(x1, rot[i & 7]) ^ x0;
    if ((i & 3) == 3) {
      unsigned s = (unsigned)(i + 1) / 4;
      x0 += ibc((int64_t)ks[s % 3]);
      x1 += ibc((int64_t)(ks[(s + 1) % 3] + s));
    }
  }
  *c0 = x0;
  *c1 = x1;
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
