// SPDX-License-Identifier: MIT
// Projections: synapses by source row, each row sorted by delay, then target.
//
//   off      0        3              7     ...      rows of the sources
//   target   4 7 9 |  0 2 | 4 8 |    ...            elements of the target population, 4 bytes each
//   cols[w]  ...                                    the other columns in the same order, or one number for all
//   seg               {d=10, 0} {d=12, 2}           where in its row each delay begins; none where one delay serves all
// Synapses of one delay whose post_delays differ are sorted by these first.
//
// Where every source reaches all targets and no delays differ, all rows share one list of targets.
//
// Columns are double up to PROJ_SINGLE synapses, single precision beyond. Delays are kept as times, so that dt may still
// change; beyond DELAYS_KEPT synapses they are rounded to steps at once.
#include <math.h>
#include <string.h>

#include "vm/run.h"

// ---- columns ----
bool proj_is_uniform(const Proj *p, int var) { return p->cols[var].uniform; }
SlotType proj_slot_type(const Proj *p, int var) { return (SlotType)p->type[var]; }

double proj_get(const Proj *p, int var, int64_t syn) {
  const Column *c = &p->cols[var];
  if (c->uniform) return c->p[0];
  return p->type[var] == SLOT_F32 ? (double)((const float *)c->p)[syn] : c->p[syn];
}

void proj_set(Proj *p, int var, int64_t syn, double x) {
  Column *c = &p->cols[var];
  if (c->uniform) c->p[0] = x;
  else if (p->type[var] == SLOT_F32) ((float *)c->p)[syn] = (float)x;
  else c->p[syn] = x;
}

size_t proj_width(const Proj *p, int var) { return p->type[var] == SLOT_F32 ? sizeof(float) : sizeof(double); }

bool proj_expand(Proj *p, int var) {
  Column *c = &p->cols[var];
  if (c->p && !c->uniform) return true;
  double value = c->p ? c->p[0] : 0;
  size_t n = ((size_t)p->nsyn + 7) & ~(size_t)7, bytes = (n ? n : 8) * proj_width(p, var);
  void *full = memory_at_hand((double)bytes) ? mem_try_alloc(bytes) : NULL;
  if (!full) return false;
  column_free(c);
  *c = (Column){.p = full};
  for (int64_t k = 0; k < p->nsyn; k++) proj_set(p, var, k, value);
  return true;
}

// ---- sorting by delay ----
static bool row_sorted(const int32_t *steps, int64_t n) {
  for (int64_t k = 1; k < n; k++)
    if (steps[k] < steps[k - 1]) return false;
  return true;
}

// Where each synapse of a row comes from: a stable counting sort.
static void row_order(const int32_t *steps, int64_t n, int32_t lo, int32_t hi, int64_t *count, int32_t *from) {
  memset(count, 0, sizeof *count * (size_t)(hi - lo + 2));
  for (int64_t k = 0; k < n; k++) count[steps[k] - lo + 1]++;
  for (int32_t d = 1; d <= hi - lo + 1; d++) count[d] += count[d - 1];
  for (int64_t k = 0; k < n; k++) from[count[steps[k] - lo]++] = (int32_t)k;
}

static void permute(void *data, size_t width, const int32_t *from, int64_t n, void *scratch) {
  memcpy(scratch, data, width * (size_t)n);
  if (width == 4)
    for (int64_t k = 0; k < n; k++) ((uint32_t *)data)[k] = ((uint32_t *)scratch)[from[k]];
  else
    for (int64_t k = 0; k < n; k++) ((uint64_t *)data)[k] = ((uint64_t *)scratch)[from[k]];
}

static void permute_row(Proj *p, Store *s, int64_t begin, int64_t n, const int32_t *from, void *scratch) {
  permute(s->target + begin, 4, from, n, scratch);
  if (s->pre.steps) permute(s->pre.steps + begin, 4, from, n, scratch);
  if (s->pre.times) permute(s->pre.times + begin, 8, from, n, scratch);
  if (s->post.steps) permute(s->post.steps + begin, 4, from, n, scratch);
  if (s->post.times) permute(s->post.times + begin, 8, from, n, scratch);
  Column *initial = proj_run(p)->initial;
  for (int v = 0; v < p->syn->model.nvars; v++) {
    size_t width = proj_width(p, v);
    if (p->cols[v].p && !p->cols[v].uniform) permute((char *)p->cols[v].p + width * (size_t)begin, width, from, n, scratch);
    if (initial[v].p && !initial[v].uniform) permute((char *)initial[v].p + width * (size_t)begin, width, from, n, scratch);
  }
}

static void unshare(Store *s, int64_t nsyn) {
  if (!s->shared) return;
  int32_t *t = mem_alloc(sizeof *t * (size_t)(nsyn + 8));
  for (int64_t r = 0; r < s->nsrc; r++) memcpy(t + s->off[r], s->target, sizeof *t * (size_t)s->ndst);
  mem_free(s->target);
  s->target = t;
  s->shared = false;
}

static void sort_rows(Proj *p, Store *s, const Delays *by) {
  const int32_t *steps = by->steps;
  int64_t longest = 0;
  for (int64_t r = 0; r < s->nsrc; r++)
    if (s->off[r + 1] - s->off[r] > longest) longest = s->off[r + 1] - s->off[r];
  int64_t *count = mem_alloc(sizeof *count * (size_t)(by->max - by->min + 2));
  int32_t *from = mem_alloc(sizeof *from * (size_t)(longest + 1));
  void *scratch = mem_alloc(8 * (size_t)(longest + 1));
  for (int64_t r = 0; r < s->nsrc; r++) {
    int64_t begin = s->off[r], n = s->off[r + 1] - begin;
    if (row_sorted(steps + begin, n)) continue;
    row_order(steps + begin, n, by->min, by->max, count, from);
    permute_row(p, s, begin, n, from, scratch);
  }
  mem_free(count);
  mem_free(from);
  mem_free(scratch);
}

static int64_t row_segments(const Store *s, int64_t row, Segment *out) {
  int64_t n = 0, begin = s->off[row];
  for (int64_t k = begin; k < s->off[row + 1]; k++)
    if (k == begin || s->pre.steps[k] != s->pre.steps[k - 1]) {
      if (out) out[n] = (Segment){s->pre.steps[k], (uint32_t)(k - begin)};
      n++;
    }
  return n;
}

static void make_segments(Store *s) {
  s->seg_row = mem_alloc(sizeof *s->seg_row * (size_t)(s->nsrc + 1));
  for (int64_t r = 0; r < s->nsrc; r++) s->seg_row[r + 1] = s->seg_row[r] + row_segments(s, r, NULL);
  s->seg = mem_alloc(sizeof *s->seg * (size_t)(s->seg_row[s->nsrc] + 1));
  for (int64_t r = 0; r < s->nsrc; r++) row_segments(s, r, s->seg + s->seg_row[r]);
}

// ---- delays ----
bool report_delay(Vm *vm, const Proj *p, double time, const char *what) {
  Diag *e = diag(vm->diags, E_DELAY, p->desc->span, "a %s of %g s; it must be 0 s or longer, and finite", what, time);
  diag_hint(e, "bound a distribution: `delay ~ normal(1.5 ms, 0.75 ms, min = 0.1 ms)`");
  return false;
}

// A delay in steps, -1 if it cannot be one.
int32_t delay_steps(const Vm *vm, double time) {
  double n = round(time / vm->dt);
  return n >= 0 && n < (1 << 24) ? (int32_t)n : -1;
}

static bool round_all(Vm *vm, Proj *p, Delays *d, const char *what) {
  if (!d->steps) d->steps = mem_alloc(sizeof *d->steps * (size_t)(p->nsyn + 8));
  for (int64_t k = 0; k < p->nsyn; k++)
    if ((d->steps[k] = delay_steps(vm, d->times[k])) < 0) return report_delay(vm, p, d->times[k], what);
  return true;
}

static bool settle_delays(Vm *vm, Proj *p, Delays *d, const char *what) {
  if (d->times && d->dt != vm->dt && !round_all(vm, p, d, what)) return false;
  d->dt = vm->dt;
  d->min = d->max = d->steps && p->nsyn ? d->steps[0] : delay_steps(vm, d->time);
  if (d->min < 0) return report_delay(vm, p, d->time, what);
  for (int64_t k = 0; d->steps && k < p->nsyn; k++) {
    if (d->steps[k] < d->min) d->min = d->steps[k];
    if (d->steps[k] > d->max) d->max = d->steps[k];
  }
  return true;
}

static void forget_layout(Store *s) {
  mem_free(s->seg_row);
  mem_free(s->seg);
  mem_free(s->seg_table);
  mem_free(s->back);
  mem_free(s->back_syn);
  mem_free(s->back_row);
  mem_free(s->back_sources);
  s->seg_row = NULL;
  s->seg = NULL;
  s->seg_table = NULL;
  s->back = NULL;
  s->back_syn = s->back_row = s->back_sources = NULL;
}

bool proj_settle(Vm *vm, Proj *p) {
  Store *s = proj_store(p);
  if (!settle_delays(vm, p, &s->pre, "delay") || !settle_delays(vm, p, &s->post, "post_delay")) return false;
  forget_layout(s);
  bool apart = s->pre.min != s->pre.max, post_apart = s->post.min != s->post.max;
  if (apart || post_apart) unshare(s, p->nsyn);
  if (post_apart) sort_rows(p, s, &s->post); // within those of one delay: what a kernel sees of the targets is one run
  if (apart) sort_rows(p, s, &s->pre);
  if (apart) make_segments(s);
  return true;
}

bool proj_delays_kept(const Proj *p) {
  const Store *s = proj_store(p);
  return (!s->pre.steps || s->pre.times) && (!s->post.steps || s->post.times);
}

// ---- tables made where a run needs them ----
void proj_segment_table(Proj *p) {
  Store *s = proj_store(p);
  if (s->seg_table || !s->seg_row) return;
  int64_t nd = s->pre.max - s->pre.min + 1;
  s->seg_table = mem_alloc(sizeof *s->seg_table * (size_t)(s->nsrc * (nd + 1)));
  for (int64_t r = 0; r < s->nsrc; r++) {
    uint32_t *t = s->seg_table + r * (nd + 1), length = (uint32_t)(s->off[r + 1] - s->off[r]);
    int64_t g = s->seg_row[r];
    for (int64_t d = 0; d <= nd; d++) {
      while (g < s->seg_row[r + 1] && s->seg[g].delay < s->pre.min + d) g++;
      t[d] = g < s->seg_row[r + 1] && d < nd ? s->seg[g].start : length;
    }
  }
}

// ---- the way back ----
// A synapse's row is found from its number: the table knows a row near it, and the beginnings of rows lead on from there.
// One entry for about a quarter of a row, so that mostly no step is needed; it takes little beside the synapses.
static void table_of_rows(Store *s, int64_t nsyn) {
  s->back_shift = 4;
  while (s->back_shift < 20 && (s->nsrc << (s->back_shift + 3)) < nsyn) s->back_shift++;
  int64_t n = (nsyn >> s->back_shift) + 1, row = 0;
  s->back_row = mem_alloc(sizeof *s->back_row * (size_t)n);
  for (int64_t k = 0; k < n; k++) {
    while (row < s->nsrc - 1 && s->off[row + 1] <= k << s->back_shift) row++;
    s->back_row[k] = (int32_t)row;
  }
}

static void fill_way_back(Store *s) {
  int64_t *at = s->back + 1; // at[j + 1] counts target j; after the sums at[j] is where its next synapse goes
  for (int64_t r = 0; r < s->nsrc; r++)
    for (int64_t k = 0, n = s->off[r + 1] - s->off[r]; k < n; k++)
      if (store_position(s, store_targets(s, r)[k]) < s->ndst - 1) at[store_position(s, store_targets(s, r)[k]) + 1]++;
  for (int64_t j = 1; j < s->ndst; j++) at[j] += at[j - 1];
  for (int64_t r = 0; r < s->nsrc; r++)
    for (int64_t k = 0, n = s->off[r + 1] - s->off[r]; k < n; k++) {
      int64_t to = at[store_position(s, store_targets(s, r)[k])]++;
      s->back_syn[to] = (int32_t)(s->off[r] + k);
    }
}

// Counting sort of the synapses by target; within a target they stay in the order of storage, that is by source.
bool proj_way_back(Proj *p) {
  Store *s = proj_store(p);
  if (store_has_way_back(s)) return true;
  if (s->shared) {
    s->back_sources = mem_alloc(sizeof *s->back_sources * (size_t)(s->nsrc + 8));
    for (int64_t r = 0; r < s->nsrc; r++) s->back_sources[r] = store_source(s, r);
    return true;
  }
  size_t bytes = sizeof *s->back_syn * (size_t)(p->nsyn + 8);
  s->back_syn = memory_at_hand((double)bytes) ? mem_try_alloc(bytes) : NULL;
  if (!s->back_syn) return false;
  s->back = mem_alloc(sizeof *s->back * (size_t)(s->ndst + 2));
  fill_way_back(s);
  table_of_rows(s, p->nsyn);
  return true;
}

const int32_t *store_back_synapses(const Store *s, int64_t target, int32_t *syn) {
  if (!s->shared) return s->back_syn + s->back[target];
  uint32_t step = (uint32_t)s->ndst, at = (uint32_t)target, ahead[8];
  for (uint32_t k = 0; k < 8; k++) ahead[k] = k * step;
  int64_t r = 0;
  for (; r + 8 <= s->nsrc; r += 8, at += 8 * step) // eight at a time, by vectors
    for (int k = 0; k < 8; k++) syn[r + k] = (int32_t)(at + ahead[k]);
  for (; r < s->nsrc; r++, at += step) syn[r] = (int32_t)at;
  return syn;
}

const int32_t *store_back_sources(const Store *s, int64_t target, int32_t *src) {
  if (s->shared) return s->back_sources;
  const int32_t *syn = s->back_syn + s->back[target];
  for (int64_t k = 0, n = s->back[target + 1] - s->back[target]; k < n; k++) {
    int64_t row = s->back_row[syn[k] >> s->back_shift];
    while (s->off[row + 1] <= syn[k]) row++;
    src[k] = store_source(s, row);
  }
  return src;
}

int64_t proj_arrived(const Proj *p) { return proj_run(p)->arrived; }

// ---- end, reset ----
static void delays_free(Delays *d) {
  mem_free(d->times);
  mem_free(d->steps);
}

void proj_free(Proj *p) {
  Store *s = proj_store(p);
  for (int v = 0; v < p->syn->model.nvars; v++) {
    column_free(&p->cols[v]);
    column_free(&p->pre_cols[v]);
    column_free(&proj_run(p)->initial[v]);
    column_free(&proj_run(p)->pre_initial[v]);
  }
  forget_layout(s);
  delays_free(&s->pre);
  delays_free(&s->post);
  mem_free(s->src_idx);
  mem_free(s->dst_idx);
  mem_free(s->src_pos);
  mem_free(s->dst_pos);
  mem_free(s->off);
  mem_free(s->target);
  proj_run_free(p);
}

bool proj_save_var(Vm *vm, Proj *p, int v) {
  Column *initial = &proj_run(p)->initial[v];
  const Column *c = &p->cols[v];
  if (!vm->keeps_creation || initial->p || !c->p) return true;
  size_t bytes = c->uniform ? sizeof(double) : proj_width(p, v) * (size_t)p->nsyn;
  void *copy = memory_at_hand((double)bytes) ? mem_try_alloc(bytes) : NULL;
  if (!copy) {
    report_memory(vm, p->desc->span, (double)bytes, "what `reset` goes back to");
    return false;
  }
  memcpy(copy, c->p, bytes);
  *initial = (Column){copy, c->uniform};
  return true;
}

// What a run may change: remembered for reset before the first step.
bool proj_save(Vm *vm, Proj *p) {
  const ModelDesc *m = &p->syn->model;
  bool ok = true;
  for (int v = 0; v < m->nvars && ok; v++) {
    column_save(&proj_run(p)->pre_initial[v], &p->pre_cols[v], p->pre->n);
    if (m->vars[v].kind != VAR_PARAM && proj_run(p)->changes[v]) ok = proj_save_var(vm, p, v);
  }
  return ok;
}

void proj_reset(Proj *p) {
  ProjRun *r = proj_run(p);
  for (int v = 0; v < p->syn->model.nvars; v++) {
    column_restore(&p->pre_cols[v], &r->pre_initial[v], p->pre->n);
    Column *c = &p->cols[v], *initial = &r->initial[v];
    if (!initial->p) continue;
    if (initial->uniform)
      for (int64_t k = 0; k < (c->uniform ? 1 : p->nsyn); k++) proj_set(p, v, k, initial->p[0]);
    else memcpy(c->p, initial->p, proj_width(p, v) * (size_t)p->nsyn);
    for (int64_t k = 0; p->syn->model.vars[v].flags & VARF_STEP && k < (c->uniform ? 1 : p->nsyn); k++) proj_set(p, v, k, 0);
  }
}
