// SPDX-License-Identifier: MIT
// Elementary functions over vectors: exp, expm1, exprel, log ... with the same bits on every instruction set.
//
// exp:   x = n/16 ln 2 + r, |r| <= ln 2/32; e^r by a polynomial of degree 6 (minimax), 2^(frac) from 16 entries; 1.2 ulp.
// expm1: x = n ln 2 + r, |r| <= ln 2/2; degree 11; 2^n p + (2^n - 1); 2 ulp. The table form would lose up to 30 ulp.
// exprel (e^x - 1)/x and its reciprocal the Bernoulli function x/(e^x - 1), whole at 0, from expm1; 2.6 ulp.
// log:   x = 2^k m with m in [0.67, 1.34); m c = 1 + r for one of 16 c that were chosen such that -ln c has 11 zeros at
//        its end (Gal's accurate tables; 1 is one of them, so that log is exact near 1); degree 10 in r; 1 ulp.
// sin, cos: Cody-Waite in three parts with fused multiply-add up to 2^30, beyond it libm lane by lane; msun's polynomials;
// 1.5 ulp.
// Subnormal results are rounded once; overflow gives infinity, NaN goes through.
#ifndef HEBB_VMATH_LANES_H
#define HEBB_VMATH_LANES_H
#include "vm/kern.h"

static const double exp_table[16] = {
    1.0,                0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f09p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};

#define LN2_HI 0x1.62e42fefap-1
#define LN2_LO 0x1.cf79abc9e3b3ap-40
#define INV_LN2 0x1.71547652b82fep+0
#define MAGIC48 0x1.8p+48 // adding it rounds to a multiple of 1/16
#define MAGIC52 0x1.8p+52 // adding it rounds to a whole number

VI vd v_exp(vd x) {
  x = min_x(bc(710.0), max_x(bc(-746.0), x)); // in this order NaN stays
  vd t = fma_(x, bc(INV_LN2), bc(MAGIC48)), e = t - bc(MAGIC48);
  vd r = fma_(e, bc(-LN2_LO), fma_(e, bc(-LN2_HI), x)), r2 = r * r;
  vd a = fma_(bc(0x1.55555554dcca3p-3), r, bc(0.5));
  vd b = fma_(bc(0x1.11120b770fd56p-7), r, bc(0x1.55555554b77dfp-5));
  vd p = fma_(fma_(fma_(bc(0x1.6c1820eb6bf61p-10), r2, b), r2, a), r2, r);
  vd s = table16(exp_table, as_i(t));
  return scale16(fma_(s, p, s), e, t);
}

// e^r - 1 = r + r^2 q(r) for |r| <= ln 2/2, q of degree 9.
VI vd expm1_poly(vd r) {
  vd r2 = r * r, r4 = r2 * r2;
  vd a = fma_(bc(0.16666666666666674), r, bc(0.5)), b = fma_(bc(0.008333333333322162), r, bc(0.04166666666662399));
  vd c = fma_(bc(0.0001984126988673482), r, bc(0.00138888889172829)),
     d = fma_(bc(2.7557242169542244e-06), r, bc(2.4801521188599936e-05));
  vd f = fma_(bc(2.5110113922397016e-08), r, bc(2.7620139439009057e-07));
  vd hi = fma_(fma_(f, r4, fma_(d, r2, c)), r4, fma_(b, r2, a));
  return fma_(hi, r2, r);
}
VI vd expm1_core(vd x) { // loses bits only where x is below 2^-960
  vd y = min_x(bc(710.0), max_x(bc(-50.0), x));
  vd t = fma_(y, bc(INV_LN2), bc(MAGIC52)), n = t - bc(MAGIC52);
  vd r = fma_(n, bc(-LN2_LO), fma_(n, bc(-LN2_HI), y));
  vd h = as_d(shl(as_i(t) + ibc(1022), 52)); // 2^(n-1): half, so that n = 1024 does not overflow too early
  vd v = fma_(h, expm1_poly(r), h - bc(0.5));
  return v + v;
}
VI vd v_expm1(vd x) { return sel(lt(abs_(x), bc(0x1p-54)), x, expm1_core(x)); }
// x bounded, so that inf/inf does not arise.
VI vd v_exprel(vd x) {
  vd y = min_x(bc(1e300), max_x(bc(-1e300), x));
  return sel(lt(abs_(x), bc(0x1p-54)), bc(1), expm1_core(x) / y);
}
VI vd v_bern(vd x) {
  vd y = min_x(bc(1e300), max_x(bc(-1e300), x));
  return sel(lt(abs_(x), bc(0x1p-54)), bc(1), y / expm1_core(x));
}
VI vd v_sigmoid(vd x) { return bc(1) / (bc(1) + v_exp(neg(x))); }

static const double log_inverse[16] = {
    0x1.7454f2f4d8a2cp+0, 0x1.642cf4a1045cfp+0, 0x1.555ce9afa4dd5p+0, 0x1.47b050c921555p+0,
    0x1.3b17f11133c63p+0, 0x1.2f665c5247597p+0, 0x1.2492bfbb2b22fp+0, 0x1.1a7767a07a46cp+0,
    0x1.1110b62835d31p+0, 0x1.083ee972bfd04p+0, 1.0,                  0x1.e1e919b3ee195p-1,
    0x1.c7153a09bef3dp-1, 0x1.af21893fddebep-1, 0x1.999e7910a449cp-1, 0x1.86180be374976p-1};
static const double log_minus_log[16] = {
    -0x1.7f993fa02ap-2, -0x1.522c1fc245p-2, -0x1.26acdde19cp-2, -0x1.f99fbfa818p-3,
    -0x1.a95a7288dp-3,  -0x1.5be6f5d5fap-3, -0x1.117c264004p-3, -0x1.92f943f9ap-4,
    -0x1.085437b428p-4, -0x1.03b41cee7p-5,  0.0,                0x1.f02857f988p-5,
    0x1.e2b16d0ed8p-4,  0x1.6013bb5df4p-3,  0x1.c8e71f4b8ep-3,  0x1.1676ab85c1p-2};

VI vd v_log(vd x) {
  vm tiny = lt(x, bc(0x1p-1022));
  vi b = as_i(sel(tiny, x * bc(0x1p54), x)), v = b + ibc(0x3ff0000000000000 - 0x3fe5800000000000);
  vd k = as_d(shr(v, 52) | ibc(0x4330000000000000)) - sel(tiny, bc(0x1p52 + 1023 + 54), bc(0x1p52 + 1023));
  vd m = as_d(b - ((v & ibc((int64_t)0xfff0000000000000)) - ibc(0x3ff0000000000000)));
  vi j = shr(v, 48);
  vd r = fma_(m, table16(log_inverse, j), bc(-1)), r2 = r * r, r4 = r2 * r2;
  vd w = fma_(k, bc(LN2_HI), table16(log_minus_log, j)), hi = w + r; // w is exact
  vd lo = fma_(k, bc(LN2_LO), (w - hi) + r);
  vd p0 = fma_(bc(-0.2499999999999952), r, bc(0.3333333333333327));
  vd p1 = fma_(bc(-0.16666666672062844), r, bc(0.20000000002140622));
  vd p2 = fma_(bc(-0.1249998298002797), r, bc(0.14285703362425065));
  vd p3 = fma_(bc(-0.10020433060218052), r, bc(0.11128944188674235));
  vd p = fma_(fma_(p3, r2, p2), r4, fma_(p1, r2, p0));
  vd y = hi + fma_(r * r2, p, fma_(bc(-0.5), r2, lo));
  y = sel(eq(x, bc(0)), bc(-INFINITY), y);
  y = sel(lt(x, bc(0)), bc(NAN), y);
  return sel(lt(x, bc(INFINITY)), y, x); // inf and NaN stay
}
VI vd v_log1p(vd x) {
  vd u = bc(1) + x;
  vd r = v_log(u) + (x - (u - bc(1))) / u;
  r = sel(eq(u, bc(0)), bc(-INFINITY), r);
  r = sel(lt(abs_(x), bc(0x1p-54)), x, r); // keeps -0 and subnormals
  return sel(lt(x, bc(INFINITY)), r, x);
}
VI vd v_softplus(vd x) { return max_x(x, bc(0)) + v_log1p(v_exp(neg(abs_(x)))); }
VI vd v_tanh(vd x) {
  vd e = v_expm1(bc(-2) * abs_(x));
  return copysign_(neg(e) / (e + bc(2)), x);
}

// sin and cos of r + q pi/2 for |r| <= pi/4.
VI vd sin_poly(vd r) {
  vd z = r * r;
  vd p = fma_(z, fma_(z, bc(1.58969099521155010221e-10), bc(-2.50507602534068634195e-08)), bc(2.75573137070700676789e-06));
  p = fma_(z, fma_(z, p, bc(-1.98412698298579493134e-04)), bc(8.33333333332248946124e-03));
  return fma_(r * z, fma_(z, p, bc(-1.66666666666666324348e-01)), r);
}
VI vd cos_poly(vd r) {
  vd z = r * r;
  vd p = fma_(z, fma_(z, bc(-1.13596475577881948265e-11), bc(2.08757232129817482790e-09)), bc(-2.75573143513906633035e-07));
  p = fma_(z, fma_(z, p, bc(2.48015872894767294178e-05)), bc(-1.38888888888741095749e-03));
  p = fma_(z, p, bc(4.16666666666666019037e-02));
  vd h = bc(0.5) * z, w = bc(1) - h;
  return w + fma_(z * z, p, (bc(1) - w) - h);
}
// t = q + MAGIC52: bit 0 of q swaps sine and cosine, bit 1 is the sign.
VI vd quadrant(vd r, vd t, int cosine) {
  vi q = as_i(t) + ibc(cosine);
  vm odd = i_eq(q & ibc(1), ibc(1));
  vd y = sel(odd, cos_poly(r), sin_poly(r));
  return as_d(as_i(y) ^ shl(q & ibc(2), 62));
}
VI vd trig(vd x, int cosine) {
  vd t = fma_(x, bc(0.6366197723675814), bc(MAGIC52)), n = t - bc(MAGIC52);
  vd r = fma_(n, bc(-0x1.921fb54442d18p+0), x);
  r = fma_(n, bc(-0x1.1a62633145c07p-54), r);
  r = fma_(n, bc(0x1.f1976b7ed8fbcp-110), r);
  vd y = quadrant(r, t, cosine);
  if (!cosine) y = sel(eq(x, bc(0)), x, y); // sin(-0)
  if (bits(lt(abs_(x), bc(0x1p30))) == (1u << W) - 1) return y;
  vd far = bc(0);
  if (cosine) MAP1(far, x, __builtin_cos(X));
  else MAP1(far, x, __builtin_sin(X));
  return sel(lt(abs_(x), bc(0x1p30)), y, far);
}
VI vd v_sin(vd x) { return trig(x, 0); }
VI vd v_cos(vd x) { return trig(x, 1); }
// cos(2 pi u) for u in [0, 1]: sin(2 pi y) with y = |u - 1/2| - 1/4, an odd polynomial of degree 17 (minimax).
VI vd v_cos2pi(vd u) {
  vd y = abs_(u - bc(0.5)) - bc(0.25), z = y * y, z2 = z * z;
  vd a = fma_(bc(-41.341702240399755), z, bc(6.283185307179586)), b = fma_(bc(-76.70585975282526), z, bc(81.60524927607362));
  vd c = fma_(bc(-15.094641676841352), z, bc(42.05869392544987)), d = fma_(bc(-0.7177339268957268), z, bc(3.8199281079102283));
  vd p = fma_(fma_(fma_(fma_(bc(0.10089749413390975), z2, d), z2, c), z2, b), z2, a);
  return y * p;
}

VI vd v_min(vd a, vd b) { return sel(ne(a, a), a, min_x(a, b)); } // NaN if either is
VI vd v_max(vd a, vd b) { return sel(ne(a, a), a, max_x(a, b)); }
VI vd v_round(vd x) { // halves away from zero
  vd t = trunc_(x);
  return sel(le(bc(0.5), abs_(x - t)), t + copysign_(bc(1), x), t);
}
// x - floor(x/y) y, with the sign of y. The rounded quotient is right or one too large; with fused multiply-add the
// difference is exact in both cases. Where the quotient has no fraction, or is none, the long division of fmod.
VI vd v_mod(vd x, vd y) {
  vd q = floor_(x / y), r = fma_(bc(0) - q, y, x);
  vm near = m_and(lt(abs_(q), bc(0x1p52)), lt(abs_(y), bc(INFINITY)));
  if (bits(near) != (1u << W) - 1) {
    vd far = bc(0);
    MAP2(far, x, y, __builtin_fmod(X, Y));
    r = sel(near, r, far);
  }
  vm turn = m_and(ne(r, bc(0)), ne(copysign_(bc(1), r), copysign_(bc(1), y)));
  return sel(turn, r + y, r);
}
VI vd v_sign(vd x) { return sel(lt(bc(0), x), bc(1), sel(lt(x, bc(0)), bc(-1), x)); } // NaN and 0 stay

#endif
