// SPDX-License-Identifier: MIT
// Couplings whose terms are w times something of the source alone: what the sources show is computed once for each of them
// and then multiplied by rows of weights, as a product of a vector and a matrix that is dense, sparse, or one number.
//
//   one number, all to all   a single sum, added to every target
//   all to all               four rows at a time, over stretches of targets that stay in the first-level cache
//   otherwise                row by row, by the targets of each; where delays differ, delay by delay
//
// Each target's sum is taken in the order of delays, then of sources.
#include "vm/run.h"

#include "vm/kernel.h"

static bool run_source(Vm *vm, Proj *p, int64_t age, Fault *fault) {
  ProjRun *r = proj_run(p);
  KernelCall call = call_now(vm, r->source.object);
  call.hi = p->pre->n;
  if (r->nhistory) history_aim(vm, p, &r->source, age, 0);
  if (instance_run(r->source.in, &call)) return true;
  *fault = call.fault;
  return false;
}

typedef struct Sum { // of one inject
  const Proj *p;
  const double *shown; // by source element
  double *to;          // by target element
  const void *w;       // NULL: one weight for all
  bool single;         // w is f32
  double one;          // that weight
} Sum;

static Sum sum_of(const Proj *p, int k) {
  const ProjRun *r = proj_run(p);
  const SourceSum *s = &r->code.sum[k];
  Sum m = {.p = p, .shown = r->shown[k], .to = p->post->blocks[p->block]->cols[s->var].p, .one = 1};
  if (!s->weighted) return m;
  const Column *w = &p->cols[p->syn->weight];
  if (w->uniform) m.one = w->p[0];
  else m.w = w->p, m.single = proj_width(p, p->syn->weight) == sizeof(float);
  return m;
}

static void add_row(const Sum *m, const int32_t *target, int64_t at, int64_t n, double x) {
  if (!m->w) {
    x *= m->one;
    for (int64_t k = 0; k < n; k++) m->to[target[k]] += x;
  } else if (m->single) {
    const float *w = (const float *)m->w + at;
    for (int64_t k = 0; k < n; k++) m->to[target[k]] += (double)w[k] * x;
  } else {
    const double *w = (const double *)m->w + at;
    for (int64_t k = 0; k < n; k++) m->to[target[k]] += w[k] * x;
  }
}

static void add_rows(const Sum *m) {
  const Store *s = proj_store(m->p);
  for (int64_t row = 0; row < s->nsrc; row++)
    add_row(m, store_targets(s, row), s->off[row], s->off[row + 1] - s->off[row], m->shown[store_source(s, row)]);
}

static void add_delayed_rows(const Sum *m, int32_t delay) {
  const Store *s = proj_store(m->p);
  int64_t nd = s->pre.max - s->pre.min + 1, d = delay - s->pre.min;
  for (int64_t row = 0; row < s->nsrc; row++) {
    const uint32_t *table = s->seg_table + row * (nd + 1) + d;
    int64_t at = s->off[row] + table[0];
    if (table[0] != table[1]) add_row(m, s->target + at, at, table[1] - table[0], m->shown[store_source(s, row)]);
  }
}

static void add_one_sum(const Sum *m) {
  const Store *s = proj_store(m->p);
  double sum = 0;
  for (int64_t row = 0; row < s->nsrc; row++) sum += m->shown[store_source(s, row)];
  sum *= m->one;
  for (int64_t j = 0; j < s->ndst; j++) m->to[s->dst_lo + j] += sum;
}

// Rows of weights, four by four, by stretches of targets.
static void add_matrix(const Sum *m) {
  enum { STRETCH = 1024 };
  const Store *s = proj_store(m->p);
  const DenseFns *dense = vm_dense();
  for (int64_t lo = 0; lo < s->ndst; lo += STRETCH) {
    int64_t n = s->ndst - lo < STRETCH ? s->ndst - lo : STRETCH;
    double *to = m->to + s->dst_lo + lo;
    for (int64_t row = 0; row < s->nsrc; row += 4) {
      int rows = s->nsrc - row < 4 ? (int)(s->nsrc - row) : 4;
      double x[4] = {0};
      for (int q = 0; q < rows; q++) x[q] = m->shown[store_source(s, row + q)];
      int64_t at = row * s->ndst + lo;
      if (m->single) dense->add_f32(to, (const float *)m->w + at, s->ndst, rows, x, n);
      else dense->add_f64(to, (const double *)m->w + at, s->ndst, rows, x, n);
    }
  }
}

static void add_all(const Sum *m) {
  const Store *s = proj_store(m->p);
  if (!s->shared || s->dst_idx) add_rows(m);
  else if (m->w) add_matrix(m);
  else add_one_sum(m);
}

static bool couple_by_delay(Vm *vm, Proj *p, Fault *fault) {
  const Store *s = proj_store(p);
  proj_segment_table(p); // made once
  for (int32_t d = s->pre.min; d <= s->pre.max; d++) {
    if (!run_source(vm, p, d, fault)) return false;
    for (int k = 0; k < proj_run(p)->code.nsum; k++) {
      Sum m = sum_of(p, k);
      add_delayed_rows(&m, d);
    }
  }
  return true;
}

bool couple(Vm *vm, Proj *p, Fault *fault) {
  ProjRun *r = proj_run(p);
  if (!r->source.k) return synapses_run(vm, p, &r->coupling, fault);
  if (proj_store(p)->seg_row) return couple_by_delay(vm, p, fault);
  if (!run_source(vm, p, proj_store(p)->pre.min, fault)) return false;
  for (int k = 0; k < r->code.nsum; k++) {
    Sum m = sum_of(p, k);
    add_all(&m);
  }
  return true;
}
