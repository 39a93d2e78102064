// SPDX-License-Identifier: MIT
// Part of vm/kern.c: several operations in one pass. Each computes exactly what the single operations do, rounding by
// rounding: lang/fuse.c chooses them freely.

#define AFFINE(name, function)                                     \
  DEFV(name##_vkkk) {                                              \
    double *d = NUM(0);                                            \
    const double *p = NUM(1);                                      \
    vd b = ONE(2), c = ONE(3), k = ONE(4);                         \
    LANES_BIG st(d + i, function(fma_(ld(p + i), b, c)) * k);      \
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
    LANES_BIG {                                                               \
      vd x = ld(p + i), y = lda(ys, i), z = lda(zs, i), r = rate, q = target;   \
      st(d + i, fma_(x - q, v_exp(r * k), q));                                \
    }                                                                         \
    return a + 5;                                                             \
  }
RELAXATION(RELAX, y, z)
RELAXATION(RELAXQ, y / r, z)
RELAXATION(GATE, y / r, y + z)

#define LINEAR2(variant, load)                                                   \
  DEFV(LIN2_##variant) {                                                         \
    double *d = NUM(0);                                                          \
    const double *p = NUM(1), *q = NUM(3), *s = NUM(5);                          \
    vd k = ONE(2), l = ONE(4), z = bc(*s);                                       \
    LANES st(d + i, fma_(ld(p + i), k, fma_(ld(q + i), l, load)));               \
    (void)z;                                                                     \
    return a + 6;                                                                \
  }
LINEAR2(vkvkk, z)
LINEAR2(vkvkv, ld(s + i))
DEFV(LIN3_vkvkvkx) {
  double *d = NUM(0);
  const double *p = NUM(1), *q = NUM(3), *s = NUM(5);
  vd k = ONE(2), l = ONE(4), m = ONE(6);
  Any z = ANY(7);
  LANES st(d + i, fma_(ld(p + i), k, fma_(ld(q + i), l, fma_(ld(s + i), m, lda(z, i)))));
  return a + 8;
}
OP_vvv(PROD3, x * y * z) OP_vvk(PROD3, x * y * z)
OP_vvv(ADD3, (x + y) + z)
OP_vvv(SUBADD, (x - y) + z)

// An operand named x of a kind: its pointer xp and, where it is one for all, its vector xk.
#define OPERAND(x, i)                \
  const double *x##p = NUM(i);       \
  vd x##k = bc(*x##p);               \
  (void)x##k, (void)x##p
#define CHOICE(family, compare, A, B, C, D)                                                     \
  DEFV(family##_##A##B##C##D) {                                                                    \
    double *d = NUM(0);                                                                            \
    OPERAND(x, 1);                                                                                 \
    OPERAND(y, 2);                                                                                 \
    OPERAND(u, 3);                                                                                 \
    OPERAND(v, 4);                                                                                 \
    LANES st(d + i, sel(compare(AS_##A(x), AS_##B(y)), AS_##C(u), AS_##D(v)));                     \
    return a + 5;                                                                                  \
  }
#define AS_v(x) ld(x##p + i)
#define AS_k(x) x##k
#define CHOICES(family, compare)                                                                \
  CHOICE(family, compare, v, v, v, v) CHOICE(family, compare, v, v, v, k)                    \
  CHOICE(family, compare, v, v, k, v) CHOICE(family, compare, v, v, k, k)                    \
  CHOICE(family, compare, v, k, v, v) CHOICE(family, compare, v, k, v, k)                    \
  CHOICE(family, compare, v, k, k, v) CHOICE(family, compare, v, k, k, k)                    \
  CHOICE(family, compare, k, v, v, v) CHOICE(family, compare, k, v, v, k)                    \
  CHOICE(family, compare, k, v, k, v) CHOICE(family, compare, k, v, k, k)
CHOICES(SELLT, lt)
CHOICES(SELLE, le)

#define HOLDING2(variant, Z)                                                                       \
  DEFV(HOLD2_##variant) {                                                                          \
    double *d = NUM(0);                                                                            \
    const double *last = NUM(2), *held = NUM(3), *p = NUM(4), *q = NUM(6);                         \
    vd t = ONE(1), k = ONE(5), l = ONE(7);                                                         \
    OPERAND(z, 8);                                                                                 \
    LANES {                                                                                        \
      vd x = fma_(ld(p + i), k, fma_(ld(q + i), l, AS_##Z(z)));                                    \
      st(d + i, sel(lt(t, ld(last + i)), ld(held + i), x));                                        \
    }                                                                                              \
    return a + 9;                                                                                  \
  }
HOLDING2(kvvvkvkk, k)
HOLDING2(kvvvkvkv, v)
#define HOLDING1(variant, Z)                                                                       \
  DEFV(HOLD1_##variant) {                                                                          \
    double *d = NUM(0);                                                                            \
    const double *last = NUM(2), *held = NUM(3), *p = NUM(4);                                      \
    vd t = ONE(1), k = ONE(5);                                                                     \
    OPERAND(z, 6);                                                                                 \
    LANES {                                                                                        \
      vd x = fma_(ld(p + i), k, AS_##Z(z));                                                        \
      st(d + i, sel(lt(t, ld(last + i)), ld(held + i), x));                                        \
    }                                                                                              \
    return a + 7;                                                                                  \
  }
HOLDING1(kvvvkk, k)
HOLDING1(kvvvkv, v)
