// SPDX-License-Identifier: MIT
// Part of vm/kern.c: several operations in one pass. Each computes exactly what the single operations do, rounding by
// rounding: lang/fuse.c chooses them freely.

#define AFFINE(name, function)                                     \
  DEFV(name##_vkkk) {                                              \
    double *d = NUM(0);                                            \
    const double *p = NUM(1);                                      \
    vd b = ONE(2), c = ONE(3), k = ONE(4);                         \
    LANES_FEW st(d + i, function(fma_(ld(p + i), b, c)) * k);      \
    return a + 5;                                                  \
  }
AFFINE(EXPA, v_exp)
AFFINE(BERNA, v_bern)
AFFINE(SIGA, v_sigmoid)

#define RELAXATION(name, target, rate)                                        \
  DEFV(name##_vxxk) {                                                         \
    double *d = NUM(0);                                                       \
    const double *p = NUM(1);                                                 \
    vd k = ONE(4);                                                            \
    Any ys = ANY(2), zs = ANY(3);                                             \
    LANES_FEW {                                                               \
      vd x = ld(p + i), y = lda(ys, i), z = lda(zs, i), r = rate, q = target;   \
      st(d + i, fma_(x - q, v_exp(r * k), q));                                \
    }                                                                         \
    return a + 5;                                                             \
  }
RELAXATION(RELAX, y, z)
RELAXATION(RELAXQ, y / r, z)
RELAXATION(GATE, y / r, y + z)

DEFV(LIN2_vkvkx) {
  double *d = NUM(0);
  const double *p = NUM(1), *q = NUM(3);
  vd k = ONE(2), l = ONE(4);
  Any z = ANY(5);
  LANES st(d + i, fma_(ld(p + i), k, fma_(ld(q + i), l, lda(z, i))));
  return a + 6;
}
DEFV(LIN3_vkvkvkx) {
  double *d = NUM(0);
  const double *p = NUM(1), *q = NUM(3), *s = NUM(5);
  vd k = ONE(2), l = ONE(4), m = ONE(6);
  Any z = ANY(7);
  LANES st(d + i, fma_(ld(p + i), k, fma_(ld(q + i), l, fma_(ld(s + i), m, lda(z, i)))));
  return a + 8;
}
DEFV(PROD3_vvx) {
  double *d = NUM(0);
  const double *p = NUM(1), *q = NUM(2);
  Any z = ANY(3);
  LANES st(d + i, ld(p + i) * ld(q + i) * lda(z, i));
  return a + 4;
}
DEFV(SELLT_xxxx) {
  double *d = NUM(0);
  Any x = ANY(1), y = ANY(2), u = ANY(3), v = ANY(4);
  LANES st(d + i, sel(lt(lda(x, i), lda(y, i)), lda(u, i), lda(v, i)));
  return a + 5;
}
DEFV(SELLE_xxxx) {
  double *d = NUM(0);
  Any x = ANY(1), y = ANY(2), u = ANY(3), v = ANY(4);
  LANES st(d + i, sel(le(lda(x, i), lda(y, i)), lda(u, i), lda(v, i)));
  return a + 5;
}
