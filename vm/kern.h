// SPDX-License-Identifier: MIT
// The vectors of one instruction set: the few primitives from which all lane kernels are written.
//
// Included by a source that is compiled once per instruction set (vm/kern.c) or for plain doubles (KERN_SCALAR:
// vm/vmath.c, vm/rng.c). Types: vd W doubles, vi W unsigned 64-bit integers, vm a mask of W lanes. Every primitive gives the same
// bits on every instruction set; where one lacks the instruction (fused multiply-add, rounding, gather) it goes lane by
// lane. A mask in memory is one 64-bit word per lane, all ones or all zeros.
#ifndef HEBB_KERN_H
#define HEBB_KERN_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "the vector core must not be compiled with -ffast-math: NaN, infinity and rounding are part of its contract"
#endif

#if defined(KERN_SCALAR)
#define W 1
#elif defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>
#define KERN_AVX512 1
#define W 8
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define KERN_AVX2 1
#define W 4
#else
#define KERN_BASE 1
#define W 2
#endif

#define VI static inline __attribute__((always_inline, unused))

// ---- types, loads and stores ----
#if defined(KERN_SCALAR)
typedef double vd;
typedef uint64_t vi;
VI vd ld(const double *p) { return *p; }
VI void st(double *p, vd x) { *p = x; }
VI vd bc(double x) { return x; }
VI vi ibc(int64_t x) { return (vi)x; }
VI vi as_i(vd x) {
  vi r;
  memcpy(&r, &x, 8);
  return r;
}
VI vd as_d(vi x) {
  vd r;
  memcpy(&r, &x, 8);
  return r;
}
VI double lane(vd x, int i) { return (void)i, x; }
#define MAP1(r, x, e) \
  do {                \
    double X = (x);   \
    (r) = (e);        \
  } while (0)
#define MAP2(r, x, y, e)        \
  do {                          \
    double X = (x), Y = (y);    \
    (r) = (e);                  \
  } while (0)
#define MAP3(r, x, y, z, e)               \
  do {                                    \
    double X = (x), Y = (y), Z = (z);     \
    (r) = (e);                            \
  } while (0)
#else
typedef double vd __attribute__((vector_size(8 * W)));
typedef uint64_t vi __attribute__((vector_size(8 * W)));
typedef int32_t vi32 __attribute__((vector_size(8 * W)));
typedef double vd_mem __attribute__((vector_size(8 * W), aligned(8), may_alias));
typedef int64_t vm_mem __attribute__((vector_size(8 * W), aligned(8), may_alias));
VI vd ld(const double *p) { return *(const vd_mem *)p; }
VI void st(double *p, vd x) { *(vd_mem *)p = x; }
#if defined(KERN_AVX512)
VI vd bc(double x) { return (vd)_mm512_set1_pd(x); }
VI vi ibc(int64_t x) { return (vi)_mm512_set1_epi64(x); }
#elif defined(KERN_AVX2)
VI vd bc(double x) { return (vd)_mm256_set1_pd(x); }
VI vi ibc(int64_t x) { return (vi)_mm256_set1_epi64x(x); }
#else
VI vd bc(double x) { return (vd){x, x}; }
VI vi ibc(int64_t x) { return (vi){(uint64_t)x, (uint64_t)x}; }
#endif
VI vi as_i(vd x) { return (vi)x; }
VI vd as_d(vi x) { return (vd)x; }
VI double lane(vd x, int i) { return x[i]; }
// Lane by lane: X, Y, Z are the lane's values in the expression e.
#define MAP1(r, x, e)                 \
  do {                                \
    for (int q_ = 0; q_ < W; q_++) {  \
      double X = (x)[q_];             \
      (r)[q_] = (e);                  \
    }                                 \
  } while (0)
#define MAP2(r, x, y, e)                      \
  do {                                        \
    for (int q_ = 0; q_ < W; q_++) {          \
      double X = (x)[q_], Y = (y)[q_];        \
      (r)[q_] = (e);                          \
    }                                         \
  } while (0)
#define MAP3(r, x, y, z, e)                            \
  do {                                                 \
    for (int q_ = 0; q_ < W; q_++) {                   \
      double X = (x)[q_], Y = (y)[q_], Z = (z)[q_];    \
      (r)[q_] = (e);                                   \
    }                                                  \
  } while (0)
#endif

// ---- masks ----
#if defined(KERN_AVX512)
typedef __mmask8 vm;
VI vm lt(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ); }
VI vm le(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LE_OQ); }
VI vm eq(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ); }
VI vm ne(vd a, vd b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NEQ_UQ); }
VI vm m_and(vm a, vm b) { return a & b; }
VI vm m_or(vm a, vm b) { return a | b; }
VI vm m_not(vm a) { return (vm)~a; }
VI vm m_andnot(vm a, vm b) { return (vm)(a & ~b); } // a and not b
VI vd sel(vm m, vd yes, vd no) { return (vd)_mm512_mask_blend_pd(m, (__m512d)no, (__m512d)yes); }
VI vm ldm(const double *p) { return _mm512_movepi64_mask(_mm512_loadu_si512(p)); }
VI void stm(double *p, vm m) { _mm512_storeu_si512(p, _mm512_movm_epi64(m)); }
VI unsigned bits(vm m) { return m; }
VI vm i_eq(vi a, vi b) { return _mm512_cmpeq_epi64_mask((__m512i)a, (__m512i)b); }
VI vm i_above(vi a, vi b) { return _mm512_cmpgt_epu64_mask((__m512i)a, (__m512i)b); }
#elif defined(KERN_SCALAR)
typedef int64_t vm;
VI vm lt(vd a, vd b) { return -(vm)(a < b); }
VI vm le(vd a, vd b) { return -(vm)(a <= b); }
VI vm eq(vd a, vd b) { return -(vm)(a == b); }
VI vm ne(vd a, vd b) { return -(vm)(a != b); }
VI vm m_and(vm a, vm b) { return a & b; }
VI vm m_or(vm a, vm b) { return a | b; }
VI vm m_not(vm a) { return ~a; }
VI vm m_andnot(vm a, vm b) { return a & ~b; }
VI vd sel(vm m, vd yes, vd no) { return m ? yes : no; }
VI unsigned bits(vm m) { return (unsigned)m & 1; }
VI vm i_eq(vi a, vi b) { return -(vm)(a == b); }
VI vm i_above(vi a, vi b) { return -(vm)(a > b); }
#else
typedef int64_t vm __attribute__((vector_size(8 * W)));
VI vm lt(vd a, vd b) { return a < b; }
VI vm le(vd a, vd b) { return a <= b; }
VI vm eq(vd a, vd b) { return a == b; }
VI vm ne(vd a, vd b) { return a != b; }
VI vm m_and(vm a, vm b) { return a & b; }
VI vm m_or(vm a, vm b) { return a | b; }
VI vm m_not(vm a) { return ~a; }
VI vm m_andnot(vm a, vm b) { return a & ~b; }
VI vm ldm(const double *p) { return *(const vm_mem *)p; }
VI void stm(double *p, vm m) { *(vm_mem *)p = m; }
VI vm i_eq(vi a, vi b) { return a == b; }
VI vm i_above(vi a, vi b) { return a > b; }
#if defined(KERN_AVX2)
VI vd sel(vm m, vd yes, vd no) { return (vd)_mm256_blendv_pd((__m256d)no, (__m256d)yes, (__m256d)m); }
VI unsigned bits(vm m) { return (unsigned)_mm256_movemask_pd((__m256d)m); }
#else
VI vd sel(vm m, vd yes, vd no) { return as_d((as_i(yes) & (vi)m) | (as_i(no) & ~(vi)m)); }
VI unsigned bits(vm m) { return (unsigned)(m[0] & 1) | (unsigned)(m[1] & 2); }
#endif
#endif
VI vm m_none(void) { return lt(bc(0), bc(0)); }

// ---- arithmetic that needs an instruction ----
VI vd fma_(vd a, vd b, vd c) {
#if defined(KERN_AVX512)
  return (vd)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(KERN_AVX2)
  return (vd)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  vd r = bc(0);
  MAP3(r, a, b, c, __builtin_fma(X, Y, Z));
  return r;
#endif
}
VI vd sqrt_(vd x) {
#if defined(KERN_AVX512)
  return (vd)_mm512_sqrt_pd((__m512d)x);
#elif defined(KERN_AVX2)
  return (vd)_mm256_sqrt_pd((__m256d)x);
#else
  vd r = bc(0);
  MAP1(r, x, __builtin_sqrt(X));
  return r;
#endif
}
#if defined(KERN_AVX512)
VI vd floor_(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 9); }
VI vd ceil_(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 10); }
VI vd trunc_(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, 11); }
#elif defined(KERN_AVX2)
VI vd floor_(vd x) { return (vd)_mm256_round_pd((__m256d)x, 9); }
VI vd ceil_(vd x) { return (vd)_mm256_round_pd((__m256d)x, 10); }
VI vd trunc_(vd x) { return (vd)_mm256_round_pd((__m256d)x, 11); }
#else
VI vd floor_(vd x) {
  vd r = bc(0);
  MAP1(r, x, __builtin_floor(X));
  return r;
}
VI vd ceil_(vd x) {
  vd r = bc(0);
  MAP1(r, x, __builtin_ceil(X));
  return r;
}
VI vd trunc_(vd x) {
  vd r = bc(0);
  MAP1(r, x, __builtin_trunc(X));
  return r;
}
#endif
// min_x(a, b) is b where either is NaN (the machine's minimum).
#if defined(KERN_AVX512)
VI vd min_x(vd a, vd b) { return (vd)_mm512_min_pd((__m512d)a, (__m512d)b); }
VI vd max_x(vd a, vd b) { return (vd)_mm512_max_pd((__m512d)a, (__m512d)b); }
#elif defined(KERN_AVX2)
VI vd min_x(vd a, vd b) { return (vd)_mm256_min_pd((__m256d)a, (__m256d)b); }
VI vd max_x(vd a, vd b) { return (vd)_mm256_max_pd((__m256d)a, (__m256d)b); }
#else
VI vd min_x(vd a, vd b) { return sel(lt(a, b), a, b); }
VI vd max_x(vd a, vd b) { return sel(lt(b, a), a, b); }
#endif
VI vd neg(vd x) { return as_d(as_i(x) ^ ibc(INT64_MIN)); }
VI vd abs_(vd x) { return as_d(as_i(x) & ibc(INT64_MAX)); }
VI vd copysign_(vd x, vd s) { return as_d((as_i(x) & ibc(INT64_MAX)) | (as_i(s) & ibc(INT64_MIN))); }
VI vi shr(vi x, int n) { return x >> n; }
VI vi shl(vi x, int n) { return x << n; }

// y * 2^floor(e) with one rounding, for y in [1/2, 4) and t = e + 1.5*2^48 (so that the low bits of t are 16 e).
VI vd scale16(vd y, vd e, vd t) {
#if defined(KERN_AVX512)
  (void)t;
  return (vd)_mm512_scalef_pd((__m512d)y, (__m512d)e);
#elif defined(KERN_SCALAR)
  (void)e;
  int32_t m = (int32_t)as_i(t) >> 4, h = m >> 1;
  return y * as_d(shl((vi)(h + 1023), 52)) * as_d(shl((vi)(m - h + 1023), 52));
#else
  (void)e;
  vi32 m = (vi32)t >> 4, h = m >> 1; // only the low half of each lane counts
  return y * as_d(shl((vi)(h + 1023), 52)) * as_d(shl((vi)(m - h + 1023), 52));
#endif
}
// table[16] at the low four bits of x.
VI vd table16(const double *table, vi x) {
#if defined(KERN_AVX512)
  return (vd)_mm512_permutex2var_pd(_mm512_loadu_pd(table), (__m512i)x, _mm512_loadu_pd(table + 8));
#elif defined(KERN_AVX2)
  return (vd)_mm256_i64gather_pd(table, (__m256i)(x & ibc(15)), 8);
#elif defined(KERN_SCALAR)
  return table[x & 15];
#else
  vi j = x & ibc(15);
  return (vd){table[j[0]], table[j[1]]};
#endif
}

#endif
