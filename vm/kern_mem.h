// SPDX-License-Identifier: MIT
// Part of vm/kern.c: loads, stores, arrays, checks and emissions. Slots are touched in the lanes that count only, so
// that nothing is read or written beyond their ends.

#define SLOT(i) (&f->k->slots[a[i]])
#define BOUND(i) (&f->bind[a[i]])

// The index of each lane of the block for an access, so that index[i] belongs to lane i.
static const int32_t *lane_index(const Frame *f, Access access) {
  return f->call->idx[access - ACC_SELF] + (f->base - f->call->lo);
}
static int64_t element(const Frame *f, int i) {
  const int32_t *self = f->call->idx[0];
  return self ? self[f->base + i - f->call->lo] : f->call->elem_offset + f->base + i;
}
VI double read_number(const void *p, int type, int64_t i) {
  if (type == SLOT_F64) return ((const double *)p)[i];
  if (type == SLOT_F32) return (double)((const float *)p)[i];
  return (double)((const int32_t *)p)[i];
}
// Whole numbers are rounded to the nearest and kept within their range.
VI void write_number(void *p, int type, int64_t i, double x) {
  if (type == SLOT_F64) ((double *)p)[i] = x;
  else if (type == SLOT_F32) ((float *)p)[i] = (float)x;
  else ((int32_t *)p)[i] = x >= 2147483647.0 ? INT32_MAX : x > -2147483648.0 ? (int32_t)rint(x) : INT32_MIN;
}

DEF(LOADU_x) {
  const Slot *s = SLOT(1);
  const Bind *b = BOUND(1);
  double x = b->p ? read_number(b->p, s->type, 0) : s->space == SPACE_SYS ? frame_sysvar(f, s->index) : 0;
  double *d = NUM(0);
  for (int i = 0; i < 8; i++) d[i] = x;
  return a + 2;
}
DEF(LOAD_x) {
  double *d = NUM(0);
  const char *p = BOUND(1)->p;
  int i = f->lo, hi = f->hi;
  switch (SLOT(1)->type) {
  case SLOT_F64: memcpy(d + i, (const double *)p + f->base + i, sizeof *d * (size_t)(hi - i)); break;
  case SLOT_F32: {
    const float *q = (const float *)p + f->base;
#if defined(KERN_AVX512)
    for (; i + 8 <= hi; i += 8) _mm512_storeu_pd(d + i, _mm512_cvtps_pd(_mm256_loadu_ps(q + i)));
#elif defined(KERN_AVX2)
    for (; i + 4 <= hi; i += 4) _mm256_storeu_pd(d + i, _mm256_cvtps_pd(_mm_loadu_ps(q + i)));
#endif
    for (; i < hi; i++) d[i] = (double)q[i];
    break;
  }
  default:
    for (; i < hi; i++) d[i] = ((const int32_t *)p)[f->base + i];
  }
  return a + 2;
}
// Whether the next eight indices follow each other, as those of targets in a row between all and all do: loads and stores
// of neighbours are far cheaper than a gather.
VI bool consecutive(const int32_t *index) {
#if defined(KERN_AVX512) || defined(KERN_AVX2)
  __m256i at = _mm256_loadu_si256((const void *)index), run = _mm256_add_epi32(_mm256_set1_epi32(*index), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  return _mm256_movemask_epi8(_mm256_cmpeq_epi32(at, run)) == -1;
#else
  return (void)index, false;
#endif
}
VI void load_eight_singles(double *d, const float *q) {
#if defined(KERN_AVX512)
  _mm512_storeu_pd(d, _mm512_cvtps_pd(_mm256_loadu_ps(q)));
#else
  for (int k = 0; k < 8; k++) d[k] = (double)q[k];
#endif
}
VI void gather_eight(double *d, const double *p, const int32_t *index) {
  if (consecutive(index)) {
    for (int k = 0; k < 8; k += W) st(d + k, ld(p + *index + k));
    return;
  }
#if defined(KERN_AVX512)
  _mm512_storeu_pd(d, _mm512_i32gather_pd(_mm256_loadu_si256((const void *)index), p, 8));
#else
  for (int k = 0; k < 8; k++) d[k] = p[index[k]];
#endif
}
VI void gather_eight_singles(double *d, const float *p, const int32_t *index) {
  if (consecutive(index)) {
    load_eight_singles(d, p + *index);
    return;
  }
#if defined(KERN_AVX512)
  _mm512_storeu_pd(d, _mm512_cvtps_pd(_mm256_i32gather_ps(p, _mm256_loadu_si256((const void *)index), 4)));
#else
  for (int k = 0; k < 8; k++) d[k] = (double)p[index[k]];
#endif
}
DEF(GATHER_x) {
  double *d = NUM(0);
  const void *p = BOUND(1)->p;
  int i = f->lo, hi = f->hi, type = SLOT(1)->type;
  if (f->gathered && f->gathered[a[1]]) {
    memcpy(d + i, f->gathered[a[1]] + (f->base + i - f->call->lo), sizeof *d * (size_t)(hi - i));
    return a + 2;
  }
  const int32_t *index = lane_index(f, SLOT(1)->access);
  if (type == SLOT_F64)
    for (; i + 8 <= hi; i += 8) gather_eight(d + i, p, index + i);
  else if (type == SLOT_F32)
    for (; i + 8 <= hi; i += 8) gather_eight_singles(d + i, p, index + i);
  if (type == SLOT_F64)
    for (; i < hi; i++) d[i] = ((const double *)p)[index[i]];
  else if (type == SLOT_F32)
    for (; i < hi; i++) d[i] = (double)((const float *)p)[index[i]];
  else
    for (; i < hi; i++) d[i] = read_number(p, type, index[i]);
  return a + 2;
}
DEF(LANE_x) {
  double *d = NUM(0);
  if (f->call->idx[0]) {
    for (int i = f->lo; i < f->hi; i++) d[i] = (double)element(f, i);
  } else { // conversion from int is a vector instruction everywhere, from 64 bits it is not
    double first = (double)element(f, 0);
    for (int i = f->lo; i < f->hi; i++) d[i] = first + i;
  }
  return a + 1;
}
DEF(INDEX_x) {
  double *d = NUM(0);
  const int32_t *index = f->call->idx[a[1]] + (f->base - f->call->lo);
  for (int i = f->lo; i < f->hi; i++) d[i] = index[i];
  return a + 2;
}

// ---- arrays ----
static int64_t clip_index(double x, int64_t n) { return x >= 1 ? (x < (double)n ? (int64_t)x : n - 1) : 0; }
DEF(LOOKUP_v) {
  double *d = NUM(0);
  const double *x = NUM(2);
  const Bind *b = BOUND(1);
  int type = SLOT(1)->type;
  for (int i = f->lo; i < f->hi; i++)
    d[i] = b->n > 0 && x[i] == x[i] ? read_number(b->p, type, clip_index(x[i], b->n)) : NAN;
  return a + 3;
}
// A time that lies on a sample's beginning up to rounding belongs to that sample.
static double sample_number(double t, double h) {
  double q = t / h, r = rint(q);
  return fabs(q - r) < 1e-6 ? r : floor(q);
}
static void series(Frame *f, const uint16_t *a, int step) {
  double *d = NUM(0);
  const double *t = NUM(2), *h = NUM(3);
  const Bind *b = BOUND(1);
  int type = SLOT(1)->type;
  for (int i = f->lo; i < f->hi; i++) {
    double q = sample_number(t[i], h[i * step]);
    d[i] = b->n > 0 && q == q ? read_number(b->p, type, clip_index(q, b->n)) : NAN;
  }
}
DEF(SERIES_vv) {
  series(f, a, 1);
  return a + 4;
}
DEF(SERIES_vk) {
  series(f, a, 0);
  return a + 4;
}
DEF(EXPM_x) {
  int k = a[0], kk = k * k;
  const uint16_t *in = a + 1, *out = in + kk;
  double m[EXPM_MAX * EXPM_MAX], r[EXPM_MAX * EXPM_MAX];
  for (int i = f->lo; i < f->hi; i++) {
    for (int j = 0; j < kk; j++) m[j] = in[j] == 0xffff ? 0 : ((const double *)f->r[in[j]])[i];
    expm(k, m, r);
    for (int j = 0; j < kk; j++)
      if (out[j] != 0xffff) ((double *)f->r[out[j]])[i] = r[j];
  }
  return out + kk;
}

// ---- functions of shared libraries ----
DEF(NATIVE_x) {
  const NativeFn *fn = f->k->native[a[1]];
  const double *arg[NATIVE_LANE_PARAMS] = {NULL};
  uint8_t step[NATIVE_LANE_PARAMS] = {0};
  for (int i = 0; i < a[3]; i++) {
    arg[i] = NUM(4 + i);
    step[i] = a[4 + i] >= f->scalars;
  }
  const int64_t *mask = a[2] == 0xffff ? NULL : f->r[a[2]];
  if (native_lanes(fn, NUM(0), mask, arg, step, f->lo, f->hi)) return a + 4 + a[3];
  f->call->fault = (Fault){.lane = element(f, f->lo), .native = fn, .span = kernel_span(f->k, a - 1)};
  return f->halt;
}
DEF(KEEP_v) { return (void)f, a + 1; }

// ---- checks ----
// 0 * x is 0 for a finite x, NaN otherwise, and a sum keeps NaN. Lanes that do not count may hold anything: only when the
// sum is NaN are those that count looked at.
static __attribute__((noinline)) bool find_fault(Frame *f, const double *p, int from, double factor, int what) {
  for (int i = from > f->lo ? from : f->lo; i < f->hi; i++) {
    double x = p[i] * factor;
    if (x - x == 0) continue;
    f->call->fault = (Fault){.what = f->k->what[what], .lane = element(f, i), .value = x};
    return true;
  }
  return false;
}
VI vd add_zero_times(vd x, vd sum) {
#ifdef KERN_BASE
  return x * bc(0) + sum;
#else
  return fma_(x, bc(0), sum);
#endif
}
VI bool all_finite(Frame *f, const double *p, const int n, int what) {
  vd even = bc(0), odd = bc(0); // two sums, so that one does not wait for the other
  int i = 0;
  _Pragma("GCC unroll 8") for (; i < n - W; i += W) {
    even = add_zero_times(ld(p + i), even);
    i += W;
    odd = add_zero_times(ld(p + i), odd);
  }
  if (i < n) even = add_zero_times(ld(p + i), even);
  even += odd;
  return !bits(ne(even, even)) || !find_fault(f, p, 0, 1, what);
}
DEFV(FINITE_v) { return all_finite(f, NUM(0), n, a[1]) ? a + 2 : f->halt; }
// Stores `value` in d, some lanes at a time, and stops before the first of them of which a number is not finite: they
// stay in registers from their test to their store. As many lanes whatever the width of a vector, so that what is stored
// before a fault is the same everywhere.
#define COMMIT_BY(lanes, d, value, halt)                                                  \
  for (; i + (lanes) <= n; i += (lanes)) {                                                \
    vd x[(lanes) / W], sum[2] = {bc(0), bc(0)};                                          \
    _Pragma("GCC unroll 16") for (int j = 0; j < (lanes) / W; j++) {                     \
      x[j] = value(i + j * W);                                                           \
      sum[j % 2] = add_zero_times(x[j], sum[j % 2]);                                     \
    }                                                                                    \
    sum[0] += sum[1];                                                                    \
    if (bits(ne(sum[0], sum[0])) && (halt)) return false;                                \
    _Pragma("GCC unroll 16") for (int j = 0; j < (lanes) / W; j++) st((d) + i + j * W, x[j]); \
  }
#define COMMIT(d, value, halt)        \
  int i = 0;                          \
  COMMIT_BY(32, d, value, halt)       \
  COMMIT_BY(8, d, value, halt)
VI bool commit(Frame *f, double *d, const double *p, const int n, int what) {
#define VALUE(at) ld(p + (at))
  COMMIT(d, VALUE, find_fault(f, p, i, 1, what))
#undef VALUE
  return true;
}
VI bool commit_scaled(Frame *f, double *d, const double *p, const double factor, const int n, int what) {
  const vd k = bc(factor);
#define VALUE(at) (ld(p + (at)) * k)
  COMMIT(d, VALUE, find_fault(f, p, i, factor, what))
#undef VALUE
  return true;
}
DEFV(COMMIT_x) {
  const uint16_t *next = a + 1 + 4 * a[0];
  for (const uint16_t *p = a + 1; p < next; p += 4) {
    double *d = f->r[p[0]];
    const double *x = f->r[p[1]];
    if (!(p[2] == 0xffff ? commit(f, d, x, n, p[3]) : commit_scaled(f, d, x, *(const double *)f->r[p[2]], n, p[3]))) return f->halt;
  }
  return next;
}

// ---- emissions ----
// The bits of a mask, W lanes a byte. Most blocks have no spike: one test for all lanes.
typedef struct Hits {
  uint8_t of[VM_BLOCK / W] __attribute__((aligned(16)));
} Hits;
#define HITS(h, mask) LANES_FEW (h)->of[i / W] = (uint8_t)bits(mask)
VI bool any_hit(const Hits *h, const int n) {
  uint64_t any = 0, w;
  for (int i = 0; i < n / W; i += 8) {
    memcpy(&w, h->of + i, 8);
    any |= w;
  }
  return any != 0;
}
// Appends the elements that were hit, of the lanes that count.
static __attribute__((noinline)) void append(Frame *f, const Hits *h) {
  KernelCall *c = f->call;
  const int32_t *self = c->idx[0] ? c->idx[0] + (f->base - c->lo) : NULL;
  int32_t *out = c->spikes + c->nspikes;
  for (int i = 0; i < f->n / W; i++)
    for (unsigned w = h->of[i]; w; w &= w - 1) {
      int lane = i * W + __builtin_ctz(w);
      if (lane < f->lo || lane >= f->hi) continue;
      *out++ = self ? self[lane] : (int32_t)(c->elem_offset + f->base + lane);
    }
  c->nspikes = out - c->spikes;
}
#define EMIT_HITS(next)              \
  if (any_hit(&h, n)) append(f, &h); \
  return next
#define NO_HITS(h) \
  Hits h;          \
  if (n % (8 * W)) memset(&h, 0, sizeof h)
DEFV(EMIT_m) {
  const double *p = NUM(0);
  NO_HITS(h);
  HITS(&h, ldm(p + i));
  EMIT_HITS(a + 1);
}
// Comparison as the low two bits of `how` say: 0 <, 1 <=, 2 not <, 3 not <=. It and the kinds of operands are constants
// in the loops.
VI vm compare(vd x, vd y, const int how) {
  vm m = how & 1 ? le(x, y) : lt(x, y);
  return how & 2 ? m_not(m) : m;
}
#define CASE(how, mask) \
  case how: HITS(&h, mask); break;
#define EMISSION1(A, B)                                     \
  DEFV(EMITC_##A##B) {                                      \
    NO_HITS(h);                                             \
    OPERAND(x, 0);                                          \
    OPERAND(y, 1);                                          \
    switch (a[2] & 3) {                                     \
      CASE(0, compare(AS_##A(x), AS_##B(y), 0))             \
      CASE(1, compare(AS_##A(x), AS_##B(y), 1))             \
      CASE(2, compare(AS_##A(x), AS_##B(y), 2))             \
      CASE(3, compare(AS_##A(x), AS_##B(y), 3))             \
    }                                                       \
    EMIT_HITS(a + 3);                                       \
  }
EMISSION1(k, v)
EMISSION1(v, k)
EMISSION1(v, v)
#define BOTH(A, B, C, D, h, g) m_and(compare(AS_##A(x), AS_##B(y), h), compare(AS_##C(u), AS_##D(v), g))
#define EMISSION2(A, B, C, D)                               \
  DEFV(EMITCC_##A##B##C##D) {                               \
    NO_HITS(h);                                             \
    OPERAND(x, 0);                                          \
    OPERAND(y, 1);                                          \
    OPERAND(u, 2);                                          \
    OPERAND(v, 3);                                          \
    switch (a[4] & 13) {                                    \
      CASE(0, BOTH(A, B, C, D, 0, 0))                       \
      CASE(1, BOTH(A, B, C, D, 1, 0))                       \
      CASE(4, BOTH(A, B, C, D, 0, 1))                       \
      CASE(5, BOTH(A, B, C, D, 1, 1))                       \
      CASE(8, BOTH(A, B, C, D, 0, 2))                       \
      CASE(9, BOTH(A, B, C, D, 1, 2))                       \
      CASE(12, BOTH(A, B, C, D, 0, 3))                      \
      CASE(13, BOTH(A, B, C, D, 1, 3))                      \
    }                                                       \
    EMIT_HITS(a + 5);                                       \
  }
EMISSION2(k, v, k, v)
EMISSION2(v, v, k, v)
EMISSION2(k, v, v, k)
EMISSION2(v, v, v, k)
// The mask of 64 lanes from lane `from` on, without those that do not count.
VI uint64_t counting_lanes(const Frame *f, int from, uint64_t w) {
  if (f->lo > from) w &= f->lo - from < 64 ? ~(uint64_t)0 << (f->lo - from) : 0;
  if (f->hi < from + 64) w &= f->hi > from ? ~(uint64_t)0 >> (64 - (f->hi - from)) : 0;
  return w;
}
VI uint64_t mask_word(const Frame *f, const double *p, int from) {
  uint64_t w = 0;
  int n = f->n - from < 64 ? f->n - from : 64;
  for (int i = 0; i < n; i += W) w |= (uint64_t)bits(ldm(p + from + i)) << i;
  return counting_lanes(f, from, w);
}
// Those of them whose count is 1 or more.
VI uint64_t count_word(const Frame *f, const double *count, const double *p, int from) {
  uint64_t w = 0;
  int n = f->n - from < 64 ? f->n - from : 64;
  for (int i = 0; i < n; i += W) w |= (uint64_t)bits(m_and(le(bc(1), ld(count + from + i)), ldm(p + from + i))) << i;
  return counting_lanes(f, from, w);
}
DEF(EMITN_vm) {
  const double *count = NUM(0), *p = NUM(1);
  KernelCall *c = f->call;
  for (int from = 0; from < f->n; from += 64)
    for (uint64_t w = count_word(f, count, p, from); w; w &= w - 1) {
      int i = from + __builtin_ctzll(w);
      if (c->counts) c->counts[c->nspikes] = count[i] < 2147483647.0 ? (int32_t)count[i] : INT32_MAX;
      c->spikes[c->nspikes++] = (int32_t)element(f, i);
    }
  return a + 2;
}

// ---- stores ----
DEF(STOREU_v) {
  write_number(BOUND(1)->p, SLOT(1)->type, 0, NUM(0)[f->hi - 1]);
  return a + 2;
}
DEF(STORE_v) {
  const double *d = NUM(0);
  char *p = BOUND(1)->p;
  int i = f->lo, hi = f->hi, type = SLOT(1)->type;
  if (type == SLOT_F64) {
    double *q = (double *)p + f->base;
    if (i == 0)
      for (; i + W <= hi; i += W) st(q + i, ld(d + i));
    for (; i < hi; i++) q[i] = d[i];
    return a + 2;
  }
#if defined(KERN_AVX512)
  if (type == SLOT_F32)
    for (; i + 8 <= hi; i += 8)
      _mm256_storeu_ps((float *)p + f->base + i, _mm512_cvtpd_ps(_mm512_loadu_pd(d + i)));
#endif
  for (; i < hi; i++) write_number(p, type, f->base + i, d[i]);
  return a + 2;
}
// `step` is 0 where one number is stored to all.
VI void scatter(const Frame *f, const uint16_t *a, const int step) {
  const double *d = NUM(0);
  const int32_t *index = lane_index(f, SLOT(1)->access);
  void *p = BOUND(1)->p;
  int type = SLOT(1)->type;
  if (type == SLOT_F64)
    for (int i = f->lo; i < f->hi; i++) ((double *)p)[index[i]] = d[i * step];
  else if (type == SLOT_F32)
    for (int i = f->lo; i < f->hi; i++) ((float *)p)[index[i]] = (float)d[i * step];
  else
    for (int i = f->lo; i < f->hi; i++) write_number(p, type, index[i], d[i * step]);
}
DEF(SCATTER_v) {
  scatter(f, a, 1);
  return a + 2;
}
DEF(SCATTER_k) {
  scatter(f, a, 0);
  return a + 2;
}
static int64_t target(const Frame *f, const Slot *s, int i) {
  if (s->access == ACC_LANE) return f->base + i;
  return s->access == ACC_UNIFORM ? 0 : lane_index(f, s->access)[i];
}
VI void add_at(const Frame *f, const uint16_t *a, const int step) {
  const double *d = NUM(0);
  const Slot *s = SLOT(1);
  void *p = BOUND(1)->p;
  if (s->type == SLOT_F64 && s->access >= ACC_SELF) {
    const int32_t *index = lane_index(f, s->access);
    double *q = p;
    int i = f->lo;
    for (; i + 8 <= f->hi; i += 8)
      if (consecutive(index + i))
        for (int k = i; k < i + 8; k += W) st(q + index[k], ld(q + index[k]) + (step ? ld(d + k) : bc(*d)));
      else
        for (int k = i; k < i + 8; k++) q[index[k]] += d[k * step];
    for (; i < f->hi; i++) q[index[i]] += d[i * step];
    return;
  }
  for (int i = f->lo; i < f->hi; i++) {
    int64_t j = target(f, s, i);
    write_number(p, s->type, j, read_number(p, s->type, j) + d[i * step]);
  }
}
DEF(ADDAT_v) {
  add_at(f, a, 1);
  return a + 2;
}
DEF(ADDAT_k) {
  add_at(f, a, 0);
  return a + 2;
}
DEF(ADDATM_vm) {
  const double *d = NUM(0), *m = NUM(1);
  const Slot *s = SLOT(2);
  void *p = BOUND(2)->p;
  for (int from = 0; from < f->n; from += 64)
    for (uint64_t w = mask_word(f, m, from); w; w &= w - 1) {
      int i = from + __builtin_ctzll(w);
      int64_t j = target(f, s, i);
      write_number(p, s->type, j, read_number(p, s->type, j) + d[i]);
    }
  return a + 3;
}
