// SPDX-License-Identifier: MIT
// Part of vm/kern.c: operations lane by lane. In the expressions x, y, z are the operands in order.

#define OP_v_with(lanes, name, expr)         \
  DEFV(name##_v) {                           \
    double *d = NUM(0);                      \
    const double *p = NUM(1);                \
    lanes {                                  \
      vd x = ld(p + i);                      \
      st(d + i, expr);                       \
    }                                        \
    return a + 2;                            \
  }
#define OP_v(name, expr) OP_v_with(LANES, name, expr)
#define OP_f(name, expr) OP_v_with(LANES_BIG, name, expr)
#define OP_xx(name, variant, load_x, load_y, expr)        \
  DEFV(name##_##variant) {                                 \
    double *d = NUM(0);                                   \
    const double *p = NUM(1), *q = NUM(2);                \
    vd kx = bc(*p), ky = bc(*q);                          \
    LANES {                                               \
      vd x = load_x, y = load_y;                          \
      st(d + i, expr);                                    \
    }                                                     \
    (void)kx, (void)ky;                                   \
    return a + 3;                                         \
  }
#define OP_vv(name, expr) OP_xx(name, vv, ld(p + i), ld(q + i), expr)
#define OP_vk(name, expr) OP_xx(name, vk, ld(p + i), ky, expr)
#define OP_kv(name, expr) OP_xx(name, kv, kx, ld(q + i), expr)
#define OP_xxx(name, variant, load_x, load_y, load_z, expr)     \
  DEFV(name##_##variant) {                                       \
    double *d = NUM(0);                                         \
    const double *p = NUM(1), *q = NUM(2), *s = NUM(3);         \
    vd ky = bc(*q), kz = bc(*s);                                \
    LANES {                                                     \
      vd x = load_x, y = load_y, z = load_z;                    \
      st(d + i, expr);                                          \
    }                                                           \
    (void)ky, (void)kz;                                         \
    return a + 4;                                               \
  }
#define OP_vvv(name, expr) OP_xxx(name, vvv, ld(p + i), ld(q + i), ld(s + i), expr)
#define OP_vkv(name, expr) OP_xxx(name, vkv, ld(p + i), ky, ld(s + i), expr)
#define OP_vvk(name, expr) OP_xxx(name, vvk, ld(p + i), ld(q + i), kz, expr)
#define OP_vkk(name, expr) OP_xxx(name, vkk, ld(p + i), ky, kz, expr)

DEF(END_x) { return (void)f, a - 1; }

OP_v(COPY, x)
DEFV(COPY_k) {
  double *d = NUM(0);
  vd x = ONE(1);
  LANES st(d + i, x);
  return a + 2;
}
DEF(MCOPY_m) { return op_COPY_v(f, a); } // a mask is copied bit by bit like a number
DEF(MCOPY_q) { return op_COPY_k(f, a); }

OP_vv(ADD, x + y) OP_vk(ADD, x + y)
OP_vv(SUB, x - y) OP_vk(SUB, x - y) OP_kv(SUB, x - y)
OP_vv(MUL, x * y) OP_vk(MUL, x * y)
OP_vv(DIV, x / y) OP_vk(DIV, x / y) OP_kv(DIV, x / y)
OP_vv(MIN, v_min(x, y)) OP_vk(MIN, v_min(x, y))
OP_vv(MAX, v_max(x, y)) OP_vk(MAX, v_max(x, y))
OP_vvv(FMA, fma_(x, y, z)) OP_vkv(FMA, fma_(x, y, z)) OP_vvk(FMA, fma_(x, y, z)) OP_vkk(FMA, fma_(x, y, z))
OP_vvv(FMS, fma_(x, y, neg(z))) OP_vkv(FMS, fma_(x, y, neg(z)))
OP_vvv(FNMA, fma_(neg(x), y, z)) OP_vvk(FNMA, fma_(neg(x), y, z))

OP_v(NEG, neg(x))
OP_v(ABS, abs_(x))
OP_v(SIGN, v_sign(x))
OP_v(FLOOR, floor_(x))
OP_v(CEIL, ceil_(x))
OP_v(ROUND, v_round(x))
OP_v(TRUNC, trunc_(x))
OP_v(SQRT, sqrt_(x))
OP_f(EXP, v_exp(x))
OP_f(EXPM1, v_expm1(x))
OP_f(EXPREL, v_exprel(x))
OP_f(BERN, v_bern(x))
OP_f(LOG, v_log(x))
OP_f(LOG1P, v_log1p(x))
OP_f(SIGMOID, v_sigmoid(x))
OP_f(SOFTPLUS, v_softplus(x))
OP_f(TANH, v_tanh(x))
OP_f(SIN, v_sin(x))
OP_f(COS, v_cos(x))

// Those of the C library go lane by lane.
#define OP_libm(name, expr)                          \
  DEF(name##_v) {                                    \
    double *d = NUM(0);                              \
    const double *p = NUM(1);                        \
    for (int i = f->lo; i < f->hi; i++) {            \
      double x = p[i];                               \
      d[i] = expr;                                   \
    }                                                \
    return a + 2;                                    \
  }
OP_libm(LOG10, log10(x))
OP_libm(TAN, tan(x))
OP_libm(ASIN, asin(x))
OP_libm(ACOS, acos(x))
OP_libm(ATAN, atan(x))
OP_libm(SINH, sinh(x))
OP_libm(COSH, cosh(x))
OP_libm(CBRT, cbrt(x))
OP_libm(ERF, erf(x))
OP_libm(ERFC, erfc(x))
OP_libm(GAMMA, tgamma(x))
static double log_gamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
OP_libm(LGAMMA, log_gamma(x))

#define OP_libm2(name, variant, step_x, step_y, expr)        \
  DEF(name##_##variant) {                                    \
    double *d = NUM(0);                                      \
    const double *p = NUM(1), *q = NUM(2);                   \
    for (int i = f->lo; i < f->hi; i++) {                    \
      double x = p[i * (step_x)], y = q[i * (step_y)];       \
      d[i] = expr;                                           \
    }                                                        \
    return a + 3;                                            \
  }
OP_libm2(POW, vv, 1, 1, pow(x, y)) OP_libm2(POW, vk, 1, 0, pow(x, y)) OP_libm2(POW, kv, 0, 1, pow(x, y))
OP_libm2(ATAN2, vv, 1, 1, atan2(x, y))
OP_vv(MOD, v_mod(x, y)) OP_vk(MOD, v_mod(x, y))

// ---- masks ----
#define OP_cmp(name, variant, load_x, load_y, expr)       \
  DEFV(name##_##variant) {                                 \
    double *d = NUM(0);                                   \
    const double *p = NUM(1), *q = NUM(2);                \
    vd kx = bc(*p), ky = bc(*q);                          \
    LANES {                                               \
      vd x = load_x, y = load_y;                          \
      stm(d + i, expr);                                   \
    }                                                     \
    (void)kx, (void)ky;                                   \
    return a + 3;                                         \
  }
#define OP_cmp_vv(name, expr) OP_cmp(name, vv, ld(p + i), ld(q + i), expr)
#define OP_cmp_vk(name, expr) OP_cmp(name, vk, ld(p + i), ky, expr)
#define OP_cmp_kv(name, expr) OP_cmp(name, kv, kx, ld(q + i), expr)
OP_cmp_vv(LT, lt(x, y)) OP_cmp_vk(LT, lt(x, y)) OP_cmp_kv(LT, lt(x, y))
OP_cmp_vv(LE, le(x, y)) OP_cmp_vk(LE, le(x, y)) OP_cmp_kv(LE, le(x, y))
OP_cmp_vv(EQ, eq(x, y)) OP_cmp_vk(EQ, eq(x, y))
OP_cmp_vv(NE, ne(x, y)) OP_cmp_vk(NE, ne(x, y))
DEFV(ISNAN_v) {
  double *d = NUM(0);
  const double *p = NUM(1);
  LANES {
    vd x = ld(p + i);
    stm(d + i, ne(x, x));
  }
  return a + 2;
}
#define OP_mm(name, expr)                          \
  DEFV(name##_mm) {                                 \
    double *d = NUM(0);                            \
    const double *p = NUM(1), *q = NUM(2);         \
    LANES {                                        \
      vm x = ldm(p + i), y = ldm(q + i);           \
      stm(d + i, expr);                            \
    }                                              \
    return a + 3;                                  \
  }
OP_mm(AND, m_and(x, y))
OP_mm(ANDNOT, m_andnot(x, y))
OP_mm(OR, m_or(x, y))
DEFV(NOT_m) {
  double *d = NUM(0);
  const double *p = NUM(1);
  LANES stm(d + i, m_not(ldm(p + i)));
  return a + 2;
}
DEFV(NUM_m) {
  double *d = NUM(0);
  const double *p = NUM(1);
  LANES st(d + i, sel(ldm(p + i), bc(1), bc(0)));
  return a + 2;
}
#define OP_select(variant, load_y, load_z)                        \
  DEFV(SELECT_##variant) {                                         \
    double *d = NUM(0);                                           \
    const double *m = NUM(1), *q = NUM(2), *s = NUM(3);           \
    vd ky = bc(*q), kz = bc(*s);                                  \
    LANES st(d + i, sel(ldm(m + i), load_y, load_z));             \
    (void)ky, (void)kz;                                           \
    return a + 4;                                                 \
  }
OP_select(mvv, ld(q + i), ld(s + i))
OP_select(mvk, ld(q + i), kz)
OP_select(mkv, ky, ld(s + i))
OP_select(mkk, ky, kz)
DEFV(SELECT_qvv) {
  int64_t m;
  memcpy(&m, f->r[a[1]], sizeof m);
  double *d = NUM(0);
  const double *p = m ? NUM(2) : NUM(3);
  LANES st(d + i, ld(p + i));
  return a + 4;
}
