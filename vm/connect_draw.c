// SPDX-License-Identifier: MIT
// Patterns: which pairs are connected.
//
//   with probability p    row by row, jumping over the pairs that are not connected: the gap to the next one has a
//                         geometric distribution, floor(log(1 - u)/log(1 - p))
//   with indegree k       for each target k draws among its candidates, with replacement
//   with total n          n draws among all pairs, sorted
//   no multiple           draws are repeated until k different ones were found (of their complement where k is more than
//                         half of the candidates)
// With `where` the candidates of degrees and totals are listed first, which costs as much as there are pairs.
#include <math.h>
#include <string.h>

#include "vm/connect.h"

enum { STREAM_PAIRS = 0xC00001, STREAM_TOTAL = 0xC00002 };

// ---- checks ----
static bool bad_number(Maker *m, double x, const char *what, const char *must) {
  Diag *e = diag(m->vm->diags, E_PATTERN_NUMBER, m->d->number_span.file ? m->d->number_span : m->d->span, "%s of %g", what, x);
  diag_hint(e, "%s", must);
  return false;
}

static const char *const degree_must = "it must be a whole number, 0 or greater; round() makes one";

static bool check_degree(Maker *m, double x, const char *what) {
  return x >= 0 && x == floor(x) && x < 9e15 ? true : bad_number(m, x, what, degree_must);
}

static const char *pattern_word(PatternKind k) {
  return k == PATTERN_INDEGREE ? "an indegree" : k == PATTERN_OUTDEGREE ? "an outdegree" : "a total";
}

static bool check_pairs(Maker *m) {
  const Array *a[2];
  for (int k = 0; k < 2; k++) {
    if (m->nargs < 2 || m->args[k].kind != VAL_ARRAY) BUG("from without two arrays");
    a[k] = (const Array *)m->args[k].obj;
  }
  if (a[0]->n != a[1]->n) {
    Diag *e = diag(m->vm->diags, E_PATTERN_LENGTH, m->d->number_span, "%lld sources, but %lld targets", (long long)a[0]->n,
                   (long long)a[1]->n);
    diag_hint(e, "the lists name the source and the target of each synapse: they are equally long");
    return false;
  }
  for (int side = 0; side < 2; side++)
    for (int64_t k = 0; k < a[side]->n; k++) {
      double x = a[side]->data[k];
      int64_t n = side ? m->nt : m->ns;
      if (x >= 0 && x < (double)n && x == floor(x)) continue;
      Diag *e = diag(m->vm->diags, E_INDEX, m->d->number_span, "%s %g of synapse %lld, but there are %lld %s",
                     side ? "target" : "source", x, (long long)k, (long long)n, side ? "targets" : "sources");
      diag_hint(e, "they count from 0 to %lld", (long long)n - 1);
      return false;
    }
  return true;
}

static bool check_one_to_one(Maker *m) {
  if (m->ns == m->nt) return true;
  Diag *e = diag(m->vm->diags, E_PATTERN_LENGTH, m->d->span, "one to one between %lld sources and %lld targets",
                 (long long)m->ns, (long long)m->nt);
  diag_hint(e, "take as many of each: `A[0:%lld]`", (long long)(m->ns < m->nt ? m->ns : m->nt));
  return false;
}

// k of each target (indegree) or source (outdegree).
static bool degrees_of_each(Maker *m, bool in) {
  int64_t n = in ? m->nt : m->ns;
  m->number = mem_alloc(sizeof *m->number * (size_t)(n + 1));
  for (int64_t at = 0; at < n; at += PAIR_CHUNK) {
    int64_t c = n - at < PAIR_CHUNK ? n - at : PAIR_CHUNK;
    for (int64_t k = 0; k < c; k++) m->pi[k] = in ? 0 : (int32_t)(at + k), m->pj[k] = in ? (int32_t)(at + k) : 0;
    if (!connect_ask(m, &m->number_kernel, c, at)) return false;
    memcpy(m->number + at, m->out, sizeof *m->out * (size_t)c);
  }
  for (int64_t k = 0; k < n; k++)
    if (!check_degree(m, m->number[k], pattern_word(m->d->pattern))) return false;
  return true;
}

bool connect_check(Maker *m) {
  PatternKind k = m->d->pattern;
  if (k == PATTERN_FROM) return check_pairs(m);
  if (k == PATTERN_ONE) return check_one_to_one(m);
  if (k == PATTERN_ALL || k == PATTERN_WHERE) return true;
  if (m->d->number) return k == PATTERN_PROB || degrees_of_each(m, k == PATTERN_INDEGREE);
  if (m->nargs < 1) BUG("a pattern without its number");
  m->n = value_as_num(m->args[0]);
  if (k != PATTERN_PROB) return check_degree(m, m->n, pattern_word(k));
  return m->n >= 0 && m->n <= 1 ? true : bad_number(m, m->n, "a probability", "it must lie between 0 and 1");
}

// ---- pair by pair ----
static void offer_all(Maker *m) {
  for (int64_t i = 0; i < m->ns; i++)
    for (int64_t j = 0; j < m->nt; j++) connect_pair(m, i, j);
}

// The pairs in the order source, target; equal ones as they were given.
static void order_pairs(Maker *m, const double *i, const double *j, int64_t n) {
  m->ncodes = n;
  m->codes = mem_alloc(sizeof *m->codes * (size_t)(n + 1));
  int64_t *row = mem_alloc(sizeof *row * (size_t)(m->ns + m->nt + 2)), *by_target = mem_alloc(sizeof *row * (size_t)(n + 1));
  for (int64_t k = 0; k < n; k++) row[(int64_t)j[k] + 1]++;
  for (int64_t k = 1; k <= m->nt; k++) row[k] += row[k - 1];
  for (int64_t k = 0; k < n; k++) by_target[row[(int64_t)j[k]]++] = k;
  memset(row, 0, sizeof *row * (size_t)(m->ns + 1));
  for (int64_t k = 0; k < n; k++) row[(int64_t)i[k] + 1]++;
  for (int64_t k = 1; k <= m->ns; k++) row[k] += row[k - 1];
  for (int64_t k = 0; k < n; k++) m->codes[row[(int64_t)i[by_target[k]]]++] = by_target[k];
  mem_free(row);
  mem_free(by_target);
}

static void offer_from(Maker *m) {
  const Array *i = (const Array *)m->args[0].obj, *j = (const Array *)m->args[1].obj;
  if (!m->codes) order_pairs(m, i->data, j->data, i->n);
  for (int64_t k = 0; k < m->ncodes; k++) {
    m->given = m->codes[k];
    connect_pair(m, (int64_t)i->data[m->given], (int64_t)j->data[m->given]);
  }
}

static void offer_prob(Maker *m) {
  if (m->n <= 0) return;
  if (m->n >= 1) {
    offer_all(m);
    return;
  }
  double scale = 1 / log1p(-m->n), limit = (double)m->nt;
  for (int64_t i = 0; i < m->ns; i++) {
    Rng r = rng_at(m->key, STREAM_PAIRS, i, 0);
    for (double j = -1;;) {
      j += 1 + floor(log1p(-rng_uniform(&r, 0, 1)) * scale);
      if (!(j < limit)) break;
      connect_pair(m, i, (int64_t)j);
    }
  }
}

// A probability of its own for each pair.
static bool offer_prob_each(Maker *m) {
  int32_t pi[PAIR_CHUNK], pj[PAIR_CHUNK];
  for (int64_t i = 0; i < m->ns; i++)
    for (int64_t at = 0; at < m->nt; at += PAIR_CHUNK) {
      int64_t c = m->nt - at < PAIR_CHUNK ? m->nt - at : PAIR_CHUNK;
      connect_flush(m);
      for (int64_t k = 0; k < c; k++) pi[k] = m->pi[k] = (int32_t)i, pj[k] = m->pj[k] = (int32_t)(at + k);
      connect_ask(m, &m->number_kernel, c, i * m->nt + at);
      uint8_t yes[PAIR_CHUNK];
      for (int64_t k = 0; k < c; k++) {
        if (isnan(m->out[k])) return bad_number(m, m->out[k], "a probability", "it must be a number for every pair");
        Rng r = rng_at(m->key, STREAM_PAIRS, i * m->nt + at + k, 0);
        yes[k] = m->out[k] > 0 && rng_uniform(&r, 0, 1) < m->out[k];
      }
      for (int64_t k = 0; k < c; k++)
        if (yes[k]) connect_pair(m, pi[k], pj[k]);
    }
  return true;
}

// ---- candidates of one neuron ----
typedef struct Candidates {
  int64_t n;
  int32_t *list; // NULL: 0 .. but self
  int64_t self;  // -1: none is left out
} Candidates;

static int64_t candidate(const Candidates *c, int64_t k) { return c->list ? c->list[k] : k + (c->self >= 0 && k >= c->self); }

// The sources that target `fixed` may have (in), or the targets that source `fixed` may have.
static void find_candidates(Maker *m, Candidates *c, bool in, int64_t fixed) {
  int64_t all = in ? m->ns : m->nt;
  c->self = -1;
  if (in) c->self = m->self_of ? m->self_of[fixed] : -1;
  if (m->d->where || (!in && m->self_of)) {
    if (!c->list) c->list = mem_alloc(sizeof *c->list * (size_t)(all + 1));
    c->n = 0;
    for (int64_t at = 0; at < all; at += PAIR_CHUNK) {
      int64_t n = all - at < PAIR_CHUNK ? all - at : PAIR_CHUNK;
      for (int64_t k = 0; k < n; k++) {
        m->pi[k] = (int32_t)(in ? at + k : fixed);
        m->pj[k] = (int32_t)(in ? fixed : at + k);
        m->out[k] = 1;
      }
      if (m->d->where) connect_ask(m, &m->where, n, fixed * all + at);
      for (int64_t k = 0; k < n; k++)
        if (m->out[k] != 0 && !connect_self(m, m->pi[k], m->pj[k])) c->list[c->n++] = (int32_t)(at + k);
    }
    return;
  }
  c->n = all - (c->self >= 0);
}

static bool too_few(Maker *m, double k, int64_t have) {
  Diag *e = diag(m->vm->diags, E_DEGREE, m->d->number_span.file ? m->d->number_span : m->d->span,
                 "%s of %g, but there %s only %lld candidate%s", pattern_word(m->d->pattern), k, have == 1 ? "is" : "are",
                 (long long)have, have == 1 ? "" : "s");
  diag_hint(e, have ? "leave out `no multiple`, or ask for fewer" : "the condition or `no self` leaves nobody to draw from");
  return false;
}

// Different numbers of 0..n-1: bits that are set. With k > n/2 the others are drawn.
static void draw_different(Rng *r, int64_t n, int64_t k, uint64_t *bits) {
  bool others = k > n / 2;
  int64_t draws = others ? n - k : k;
  memset(bits, others ? 0xff : 0, sizeof *bits * (size_t)(n / 64 + 1));
  while (draws > 0) {
    int64_t x = rng_below(r, n);
    uint64_t bit = (uint64_t)1 << (x & 63);
    bool set = bits[x >> 6] & bit;
    if (set != others) continue;
    bits[x >> 6] ^= bit;
    draws--;
  }
}

static bool offer_degrees(Maker *m, bool in) {
  int64_t lanes = in ? m->nt : m->ns, all = in ? m->ns : m->nt;
  Candidates c = {0};
  uint64_t *bits = m->d->no_multiple ? mem_alloc(sizeof *bits * (size_t)(all / 64 + 1)) : NULL;
  bool ok = true;
  for (int64_t a = 0; ok && a < lanes; a++) {
    double degree = m->number ? m->number[a] : m->n;
    connect_flush(m);
    find_candidates(m, &c, in, a);
    if (m->failed) break;
    ok = degree == 0 || (c.n > 0 && (!bits || degree <= (double)c.n)) || too_few(m, degree, c.n);
    Rng r = rng_at(m->key, STREAM_PAIRS, a, 0);
    if (ok && bits && degree > 0) {
      draw_different(&r, c.n, (int64_t)degree, bits);
      for (int64_t k = 0; k < c.n; k++)
        if (bits[k >> 6] >> (k & 63) & 1) connect_pair(m, in ? candidate(&c, k) : a, in ? a : candidate(&c, k));
    } else if (ok) {
      for (int64_t k = 0; k < (int64_t)degree; k++) {
        int64_t x = candidate(&c, rng_below(&r, c.n));
        connect_pair(m, in ? x : a, in ? a : x);
      }
    }
  }
  mem_free(c.list);
  mem_free(bits);
  return ok;
}

// ---- a total ----
// In place, by the byte at `shift` and then by those below it (American flag sort; McIlroy, Bostic and McIlroy 1993).
static void sort_codes(int64_t *x, int64_t n, int shift) {
  if (n < 32) {
    for (int64_t k = 1; k < n; k++)
      for (int64_t at = k; at > 0 && x[at - 1] > x[at]; at--) {
        int64_t y = x[at];
        x[at] = x[at - 1];
        x[at - 1] = y;
      }
    return;
  }
  int64_t next[256] = {0}, end[256], at = 0;
  for (int64_t k = 0; k < n; k++) next[x[k] >> shift & 255]++;
  for (int d = 0; d < 256; d++) {
    int64_t count = next[d];
    next[d] = at;
    end[d] = at += count;
  }
  for (int d = 0; d < 256; d++)
    while (next[d] < end[d]) {
      int64_t y = x[next[d]];
      for (int to; (to = (int)(y >> shift & 255)) != d;) { // around the circle until one comes that stays here
        int64_t z = x[next[to]];
        x[next[to]++] = y;
        y = z;
      }
      x[next[d]++] = y;
    }
  for (int d = 0; d < 256 && shift >= 8; d++) sort_codes(x + (d ? end[d - 1] : 0), end[d] - (d ? end[d - 1] : 0), shift - 8);
}

static int top_byte(int64_t largest) {
  int shift = 0;
  while (largest >> shift > 255) shift += 8;
  return shift;
}

static int64_t drop_equal(int64_t *x, int64_t n) { // of sorted ones
  int64_t kept = 0;
  for (int64_t k = 0; k < n; k++)
    if (!k || x[k] != x[k - 1]) x[kept++] = x[k];
  return kept;
}

static bool contains(const int64_t *x, int64_t n, int64_t code) {
  int64_t lo = 0;
  while (n > 1) {
    int64_t half = n / 2;
    if (x[lo + half] <= code) lo += half, n -= half;
    else n = half;
  }
  return n && x[lo] == code;
}

static void list_candidates(Maker *m, int64_t **list, int64_t *n) {
  int64_t cap = 0;
  *list = NULL;
  *n = 0;
  for (int64_t i = 0; i < m->ns; i++) {
    Candidates c = {0};
    find_candidates(m, &c, false, i);
    if (*n + c.n > cap) *list = mem_realloc(*list, sizeof **list * (size_t)(cap = 2 * (*n + c.n)));
    for (int64_t k = 0; k < c.n; k++) (*list)[(*n)++] = i * m->nt + candidate(&c, k);
    mem_free(c.list);
  }
}

static int64_t selfs(const Maker *m) {
  int64_t n = 0;
  for (int64_t j = 0; m->self_of && j < m->nt; j++) n += m->self_of[j] >= 0;
  return n;
}

static void draw_all_but(Maker *m, const int64_t *list, int64_t n) {
  uint64_t *bits = mem_alloc(sizeof *bits * (size_t)(n / 64 + 1));
  Rng r = rng_at(m->key, STREAM_TOTAL, 0, 0);
  draw_different(&r, n, (int64_t)m->n, bits);
  int64_t at = 0;
  for (int64_t k = 0; k < n; k++)
    if (bits[k >> 6] >> (k & 63) & 1) m->codes[at++] = list[k];
  mem_free(bits);
}

static bool draw_total(Maker *m) {
  int64_t pairs = m->ns * m->nt, n = (int64_t)m->n, *list = NULL, nlist = pairs - selfs(m);
  bool crowded = m->d->no_multiple && m->n > 0.5 * (double)nlist;
  if (m->d->where || crowded) list_candidates(m, &list, &nlist);
  if (n > 0 && (nlist == 0 || (m->d->no_multiple && n > nlist))) {
    mem_free(list);
    return too_few(m, m->n, nlist);
  }
  m->ncodes = n;
  m->codes = mem_alloc(sizeof *m->codes * (size_t)(n + 1));
  if (crowded) {
    draw_all_but(m, list, nlist);
    mem_free(list);
    return true;
  }
  // Without repetition: the first n different ones of the sequence. What is drawn twice is found by sorting, and as many
  // are drawn again, until none is missing.
  Rng r = rng_at(m->key, STREAM_TOTAL, 0, 0);
  for (int64_t have = 0, k = 0; have < n;) {
    while (k < n) {
      int64_t code = list ? list[rng_below(&r, nlist)] : rng_below(&r, pairs);
      if (connect_self(m, code / m->nt, code % m->nt) || (have && contains(m->codes, have, code))) continue;
      m->codes[k++] = code;
    }
    sort_codes(m->codes, n, top_byte(pairs));
    have = k = m->d->no_multiple ? drop_equal(m->codes, n) : n;
  }
  mem_free(list);
  return true;
}

static int64_t draw_pair(const Maker *m, Rng *r) {
  for (;;) {
    int64_t code = rng_below(r, m->ns * m->nt);
    if (!connect_self(m, code / m->nt, code % m->nt)) return code;
  }
}

// With repetition nothing must be remembered: the pairs are drawn once more to fill the rows, which are sorted then.
static bool offer_total(Maker *m) {
  if (!m->d->where && !m->d->no_multiple && m->n > 0) {
    if (m->ns * m->nt - selfs(m) <= 0) return too_few(m, m->n, 0);
    Rng r = rng_at(m->key, STREAM_TOTAL, 0, 0);
    for (int64_t k = 0; k < (int64_t)m->n; k++) {
      int64_t code = draw_pair(m, &r);
      connect_pair(m, code / m->nt, code % m->nt);
    }
    return true;
  }
  if (!m->codes && !draw_total(m)) return false;
  for (int64_t k = 0; k < m->ncodes; k++) connect_pair(m, m->codes[k] / m->nt, m->codes[k] % m->nt);
  return true;
}

bool connect_offer(Maker *m) {
  PatternKind k = m->d->pattern;
  bool ok = true, drawn = k == PATTERN_INDEGREE || k == PATTERN_OUTDEGREE || k == PATTERN_TOTAL;
  m->filter = m->d->where && !drawn;
  m->npair = m->pairs_seen = 0;
  if (k == PATTERN_ALL || k == PATTERN_WHERE) offer_all(m);
  else if (k == PATTERN_FROM) offer_from(m);
  else if (k == PATTERN_ONE)
    for (int64_t i = 0; i < m->ns; i++) connect_pair(m, i, i);
  else if (k == PATTERN_PROB && !m->d->number) offer_prob(m);
  else if (k == PATTERN_PROB) ok = offer_prob_each(m);
  else if (k == PATTERN_TOTAL) ok = offer_total(m);
  else ok = offer_degrees(m, k == PATTERN_INDEGREE);
  connect_flush(m);
  return ok;
}
