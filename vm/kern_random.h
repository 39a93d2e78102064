// SPDX-License-Identifier: MIT
// Part of vm/kern.c: draws per lane. The counter of a lane is made of stream, element, step and draw (vm/rng.h), so a
// draw does not depend on blocks, ranges or threads, and is the one a fresh Rng cursor gives.

typedef struct DrawKey {
  uint64_t k0, k1, word0, word1; // word1 without the element
} DrawKey;

static DrawKey draw_key(const Frame *f, const uint16_t *stream_words) {
  uint32_t stream = stream_words[0] | (uint32_t)stream_words[1] << 16;
  Rng r = rng_at(f->call->key, stream, 0, (int64_t)f->call->tick);
  return (DrawKey){r.k0, r.k1, r.c0, r.c1};
}
static Rng cursor(const Frame *f, const DrawKey *s, int i) {
  return (Rng){s->k0, s->k1, s->word0, s->word1 | rng_word1(0, element(f, i))};
}
VI vd iota(void) {
#if W == 8
  return (vd){0, 1, 2, 3, 4, 5, 6, 7};
#elif W == 4
  return (vd){0, 1, 2, 3};
#else
  return (vd){0, 1};
#endif
}
// Counter word 1 of the lanes from i on. Only the 40 low bits of an element count, and elements are not negative.
VI vi counters(const Frame *f, const DrawKey *s, int i) {
  const int32_t *self = f->call->idx[0];
  if (!self) { // i + 2^52 as a double has i in its low bits
    vi n = as_i(iota() + bc(0x1p52 + (double)i)) - ibc(0x4330000000000000);
    return n + ibc((int64_t)s->word1 + f->call->elem_offset + f->base);
  }
  vi c = ibc((int64_t)s->word1);
  for (int q = 0; q < W; q++)
    if (i + q >= f->lo && i + q < f->hi) c[q] += (uint64_t)self[f->base - f->call->lo + i + q];
  return c;
}
VI vm counted(const Frame *f, int i) { // which of the lanes from i on count
  vd n = iota() + bc(i);
  return m_and(le(bc(f->lo), n), lt(n, bc(f->hi)));
}

// A draw with one pass; `words`: operands before the stream. c0, c1 are the counter, s the source.
#define OP_draw(name, words, setup, expr)               \
  DEFV(name) {                                           \
    double *d = NUM(0);                                 \
    DrawKey s = draw_key(f, a + (words));                  \
    vi c0 = ibc((int64_t)s.word0);                      \
    setup;                                              \
    LANES_BIG {                                             \
      vi c1 = counters(f, &s, i);                       \
      st(d + i, expr);                                  \
    }                                                   \
    return a + (words) + 2;                             \
  }
#define PTR2 const double *p = NUM(1), *q = NUM(2)
#define KEYS c0, c1, s.k0, s.k1
OP_draw(RUNIFORM_vv, 3, PTR2, fma_(ld(q + i) - ld(p + i), draw_unit(KEYS), ld(p + i)))
OP_draw(RUNIFORM_kk, 3, vd lo = ONE(1); vd w = ONE(2) - lo, fma_(w, draw_unit(KEYS), lo))
OP_draw(RNORMAL_vv, 3, PTR2, fma_(ld(q + i), draw_normal(KEYS), ld(p + i)))
OP_draw(RNORMAL_kk, 3, vd mean = ONE(1); vd sd = ONE(2), fma_(sd, draw_normal(KEYS), mean))
OP_draw(REXPONENTIAL_v, 2, const double *p = NUM(1), ld(p + i) * draw_exponential(KEYS))
OP_draw(REXPONENTIAL_k, 2, vd mean = ONE(1), mean * draw_exponential(KEYS))
VI vd lognormal(vd mean, vd sd, vi c0, vi c1, uint64_t k0, uint64_t k1) {
  vd mu, sigma;
  lognormal_parameters(mean, sd, &mu, &sigma);
  return v_exp(fma_(sigma, draw_normal(c0, c1, k0, k1), mu));
}
OP_draw(RLOGNORMAL_vv, 3, PTR2, lognormal(ld(p + i), ld(q + i), KEYS))

// Drawn again, in the lanes that are outside, until within lo..hi; then the nearer bound.
#define OP_bounded(name, words, setup, get, min, max, expr)                                       \
  DEFV(name) {                                                                                     \
    double *d = NUM(0);                                                                           \
    DrawKey s = draw_key(f, a + (words));                                                            \
    setup;                                                                                        \
    LANES_BIG {                                                                                       \
      vi c0 = ibc((int64_t)s.word0), c1 = counters(f, &s, i);                                     \
      get;                                                                                        \
      vd x = expr;                                                                                \
      vm out = m_and(counted(f, i), m_or(lt(x, min), lt(max, x)));                                \
      for (int tries = 1; bits(out) && tries < RNG_REDRAWS; tries++) {                            \
        c0 += ibc(1);                                                                             \
        x = sel(out, expr, x);                                                                    \
        out = m_and(out, m_or(lt(x, min), lt(max, x)));                                           \
      }                                                                                           \
      st(d + i, sel(lt(x, min), min, sel(lt(max, x), max, x)));                                   \
    }                                                                                             \
    return a + (words) + 2;                                                                       \
  }
#define PTR4 const double *p = NUM(1), *q = NUM(2), *g = NUM(3), *h = NUM(4)
#define GET4 vd mean = ld(p + i), sd = ld(q + i), min = ld(g + i), max = ld(h + i)
OP_bounded(RNORMALB_vvvv, 5, PTR4, GET4, min, max, fma_(sd, draw_normal(KEYS), mean))
OP_bounded(RNORMALB_kkkk, 5, vd mean = ONE(1); vd sd = ONE(2); vd min = ONE(3); vd max = ONE(4), (void)0, min, max,
           fma_(sd, draw_normal(KEYS), mean))
OP_bounded(RLOGNORMALB_vvvv, 5, PTR4, GET4, min, max, lognormal(mean, sd, KEYS))
OP_bounded(REXPONENTIALB_vvv, 4, PTR2; const double *g = NUM(3),
           vd mean = ld(p + i); vd min = ld(q + i); vd max = ld(g + i), min, max, mean * draw_exponential(KEYS))

// Small means by inversion in vectors; the lanes with large ones from their own cursor.
VI vd poisson(const Frame *f, const DrawKey *s, vd mean, int i) {
  vm small = le(mean, bc(RNG_POISSON_INVERSION));
  vm large = m_and(counted(f, i), lt(bc(RNG_POISSON_INVERSION), mean));
  vd m = sel(small, mean, bc(0));
  vd k = poisson_inversion(draw_unit(ibc((int64_t)s->word0), counters(f, s, i), s->k0, s->k1), m);
  k = sel(ne(mean, mean), mean, k);
  for (unsigned w = bits(large); w; w &= w - 1) {
    int q = __builtin_ctz(w);
    Rng r = cursor(f, s, i + q);
    k[q] = rng_poisson(&r, mean[q]);
  }
  return k;
}
OP_draw(RPOISSON_v, 2, const double *p = NUM(1); (void)c0, ((void)c1, poisson(f, &s, ld(p + i), i)))
// One mean for all, of those drawn by inversion: the count is how many of the sums p(0), p(0) + p(1) ... the uniform reaches.
// They are kept as words, so that random words are compared as they come: a uniform is the word's upper 52 bits m times
// 2^-52, and below a sum s if m < T, the number not below 2^52 s, that is if the word is below 2^12 T.
enum { POISSON_MOST = 120 };
typedef struct PoissonSums {
  double mean, p, s;
  int n; // so many are known
  uint64_t below[POISSON_MOST]; // the largest word below each
} PoissonSums;
static void next_sum(PoissonSums *t) {
  if (t->n) t->p *= t->mean / t->n;
  else t->p = lane(v_exp(bc(-t->mean)), 0);
  t->s += t->p;
  t->below[t->n++] = ((uint64_t)ceil((t->s < 1 ? t->s : 1) * 0x1p52) << 12) - 1; // all words where it is 1
}
VI vd count_of(PoissonSums *t, vi word) {
  vd k = bc(0);
  for (int j = 0; j < POISSON_MOST; j++) {
    if (j == t->n) next_sum(t);
    vm more = i_above(word, ibc((int64_t)t->below[j]));
    if (!bits(more)) break;
    k = sel(more, k + bc(1), k);
  }
  return k;
}
VI vi draw_word(const DrawKey *s, vi c1) {
  vi c0 = ibc((int64_t)s->word0);
  threefry(&c0, &c1, s->k0, s->k1);
  return c0;
}
// Runs `each` with the counts of some lanes from `at` on, ascending, at least where one is not 0. Mostly all are where the mean
// is small, and nothing is to be done. Several vectors at a time, since their rounds need not wait for each other.
#define EACH_COUNT(m, key, at, count, each)                                                                              \
  do {                                                                                                                   \
    enum { MANY = 4 };                                                                                                   \
    int from = 0;                                                                                                        \
    if ((m) <= RNG_POISSON_INVERSION && !f->call->idx[0]) {                                                              \
      PoissonSums sums;                                                                                                  \
      sums.mean = (m), sums.s = 0, sums.n = 0;                                                                           \
      next_sum(&sums);                                                                                                   \
      vi none = ibc((int64_t)sums.below[0]), c1 = counters(f, key, 0), word[MANY];                                       \
      for (; from + MANY * W <= f->n; from += MANY * W, c1 += ibc(MANY * W)) {                                           \
        unsigned some = 0;                                                                                               \
        _Pragma("GCC unroll 4") for (int j = 0; j < MANY; j++) {                                                         \
          word[j] = draw_word(key, c1 + ibc(j * W));                                                                     \
          some |= (unsigned)(bits(i_above(word[j], none)) != 0) << j;                                                    \
        }                                                                                                                \
        for (; some; some &= some - 1) {                                                                                 \
          int j = __builtin_ctz(some), at = from + j * W;                                                                \
          vd count = count_of(&sums, word[j]);                                                                           \
          each;                                                                                                          \
        }                                                                                                                \
      }                                                                                                                  \
    }                                                                                                                    \
    for (int at = from; at < f->n; at += W) {                                                                            \
      vd count = poisson(f, key, bc(m), at);                                                                             \
      each;                                                                                                              \
    }                                                                                                                    \
  } while (0)
DEF(RPOISSON_k) {
  double *d = NUM(0), mean = *(const double *)f->r[a[1]];
  DrawKey s = draw_key(f, a + 2);
  memset(d, 0, sizeof *d * (size_t)f->n);
  EACH_COUNT(mean, &s, at, count, st(d + at, count));
  return a + 4;
}
// The counts of the lanes from i on that are 1 or more.
static __attribute__((noinline)) void append_counts(Frame *f, vd count, int i) {
  KernelCall *c = f->call;
  for (unsigned w = bits(m_and(le(bc(1), count), counted(f, i))); w; w &= w - 1) {
    int q = __builtin_ctz(w);
    if (c->counts) c->counts[c->nspikes] = count[q] < 2147483647.0 ? (int32_t)count[q] : INT32_MAX;
    c->spikes[c->nspikes++] = (int32_t)element(f, i + q);
  }
}
DEF(EMITP_k) {
  double mean = *(const double *)f->r[a[0]];
  DrawKey s = draw_key(f, a + 1);
  EACH_COUNT(mean, &s, at, count, append_counts(f, count, at));
  return a + 3;
}

#define OP_cursor(name, draw)                           \
  DEF(name) {                                           \
    double *d = NUM(0);                                 \
    PTR2;                                               \
    DrawKey s = draw_key(f, a + 3);                        \
    for (int i = f->lo; i < f->hi; i++) {               \
      Rng r = cursor(f, &s, i);                         \
      d[i] = draw(&r, p[i], q[i]);                      \
    }                                                   \
    return a + 5;                                       \
  }
OP_cursor(RGAMMA_vv, rng_gamma)
OP_cursor(RBINOMIAL_vv, rng_binomial)
