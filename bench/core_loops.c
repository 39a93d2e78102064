// SPDX-License-Identifier: MIT
// Compiled once per instruction set, as vm/kern.c is, with -DLOOPS=loops_base and so on.
#include "bench/core_loops.h"

#include "vm/vmath_lanes.h"

// Traub and Miles, true exponential Euler: 10 exponentials, 8 divisions. mV, ms.
VI vd relax(vd x, vd inf, vd s, vd k) { return fma_(x - inf, v_exp(s * k), inf); }
static void hh(HH c, int64_t n, double dt) {
  vd k = bc(-dt);
  for (int64_t i = 0; i < n; i += W) {
    vd V = ld(c.V + i), m = ld(c.m + i), h = ld(c.h + i), q = ld(c.n + i), v = V + bc(63);
    vd am = bc(0.32 * 4) * v_bern((bc(13) - v) * bc(0.25)), bm = bc(0.28 * 5) * v_bern((v - bc(40)) * bc(0.2));
    vd ah = bc(0.128) * v_exp((bc(17) - v) * bc(1.0 / 18)), bh = bc(4) / (bc(1) + v_exp((bc(40) - v) * bc(0.2)));
    vd an = bc(0.032 * 5) * v_bern((bc(15) - v) * bc(0.2)), bn = bc(0.5) * v_exp((bc(10) - v) * bc(0.025));
    vd sm = am + bm, sh = ah + bh, sn = an + bn;
    vd gna = bc(100) * (m * m * m * h), q2 = q * q, gk = bc(30) * (q2 * q2);
    vd s = bc(0.05) + gna + gk;
    vd drive = fma_(gna, bc(50), fma_(gk, bc(-90), ld(c.I + i) + bc(0.05 * -60)));
    vd x = relax(V, drive / s, s, k);
    vd bad = x - x;
    if (bits(ne(bad, bad))) return;
    st(c.V + i, x);
    st(c.m + i, relax(m, am / sm, sm, k));
    st(c.h + i, relax(h, ah / sh, sh, k));
    st(c.n + i, relax(q, an / sn, sn, k));
  }
}

// Brette and Gerstner 2005, forward steps of V and w with one exponential; spikes. mV, ms.
static int64_t adex(AdEx c, int64_t n, double t, double dt, int32_t *spikes) {
  int64_t ns = 0;
  vd free_since = bc(t - 2);
  for (int64_t i = 0; i < n; i += W) {
    vd V = ld(c.V + i), w = ld(c.w + i), last = ld(c.last + i);
    vd e = v_exp(fma_(min_x(bc(-30), V), bc(0.5), bc(50.4 / 2)));
    vd f = fma_(V, bc(-30), fma_(e, bc(60), ld(c.I + i) - w + bc(30 * -70.6)));
    vm held = lt(free_since, last);
    vd x = sel(held, V, fma_(f, bc(dt / 281), V));
    vd y = fma_(fma_(V + bc(70.6), bc(4), neg(w)), bc(dt / 144), w);
    vm spike = m_andnot(lt(bc(-40.4), x), held);
    vd bad = (x - x) + (y - y);
    if (bits(ne(bad, bad))) return -1;
    for (unsigned b = bits(spike); b; b &= b - 1) spikes[ns++] = (int32_t)i + __builtin_ctz(b);
    st(c.V + i, x);
    st(c.w + i, y);
  }
  return ns;
}

// Leaky integrator with an exponential synapse, integrated exactly; held while refractory. mV, ms.
static int64_t lif(LIF c, int64_t n, double t, double dt, int32_t *spikes) {
  int64_t ns = 0;
  double pv = lane(v_exp(bc(-dt / 20)), 0), ps = lane(v_exp(bc(-dt / 5)), 0), pvs = (pv - ps) * 5 / (20 - 5);
  vd free_since = bc(t - 5);
  for (int64_t i = 0; i < n; i += W) {
    vd V = ld(c.V + i), s = ld(c.s + i);
    vm held = lt(free_since, ld(c.last + i));
    vd x = sel(held, V, fma_(V, bc(pv), fma_(s, bc(pvs), bc((1 - pv) * -49))));
    vd y = s * bc(ps);
    vm spike = m_andnot(lt(bc(-50), x), held);
    vd bad = (x - x) + (y - y);
    if (bits(ne(bad, bad))) return -1;
    for (unsigned b = bits(spike); b; b &= b - 1) spikes[ns++] = (int32_t)i + __builtin_ctz(b);
    st(c.V + i, x);
    st(c.s + i, y);
  }
  return ns;
}

const Loops LOOPS = {hh, adex, lif};
