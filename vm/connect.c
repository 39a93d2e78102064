// SPDX-License-Identifier: MIT
// Connections: pairs into rows. The sums and slices a script writes become one projection per pair of populations.
//
// Two passes over the same pairs (vm/connect_draw.c): the first counts the synapses of each row, the second writes the
// targets at their places; rows whose targets came in another order are sorted. Then the values of the synapses are
// computed in the order source, target, chunk by chunk (vm/connect_init.c), and delays are settled (vm/proj.c).
#include "vm/connect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- parts of the selections ----
static int64_t part_element(const SelPart *p, int64_t k) { return p->idx ? p->idx[k] : p->lo + k; }

static bool part_positions(Maker *m, const SelPart *p, int32_t **pos, Span span) {
  *pos = NULL;
  if (!p->idx) return true;
  int32_t *at = mem_alloc(sizeof *at * (size_t)p->pop->n);
  for (int64_t e = 0; e < p->pop->n; e++) at[e] = -1;
  *pos = at;
  for (int64_t k = 0; k < p->n; k++) {
    if (at[p->idx[k]] >= 0) {
      Diag *e = diag(m->vm->diags, E_TWICE, span, "neuron %d of %s is named twice in this selection", p->idx[k], p->pop->name);
      diag_hint(e, "name it once; several synapses between two neurons come from `from (...)` or a degree");
      return false;
    }
    at[p->idx[k]] = (int32_t)k;
  }
  return true;
}

static bool parts_of(Maker *m, const Sel *s, int64_t **begin, int32_t ***pos, Span span) {
  *begin = mem_alloc(sizeof **begin * (size_t)(s->nparts + 1));
  *pos = mem_alloc(sizeof **pos * (size_t)(s->nparts + 1));
  for (int k = 0; k < s->nparts; k++) {
    (*begin)[k + 1] = (*begin)[k] + s->part[k].n;
    if (!part_positions(m, &s->part[k], &(*pos)[k], span)) return false;
  }
  return true;
}

static int64_t position_in(const SelPart *p, const int32_t *pos, int64_t e) {
  if (pos) return pos[e];
  return e >= p->lo && e < p->lo + p->n ? e - p->lo : -1;
}

static void find_selfs(Maker *m) {
  m->self_of = mem_alloc(sizeof *m->self_of * (size_t)(m->nt + 1));
  for (int t = 0; t < m->dst->nparts; t++) {
    const SelPart *p = &m->dst->part[t];
    for (int64_t k = 0; k < p->n; k++) {
      int64_t *self = &m->self_of[m->j_begin[t] + k], e = part_element(p, k);
      *self = -1;
      for (int s = 0; s < m->src->nparts && *self < 0; s++) {
        if (m->src->part[s].pop != p->pop) continue;
        int64_t at = position_in(&m->src->part[s], m->i_pos[s], e);
        if (at >= 0) *self = m->i_begin[s] + at;
      }
    }
  }
}

// ---- pairs ----
// After a failure the answers are 0: no pair is taken, and the statement ends with the report.
bool connect_ask(Maker *m, Bound *b, int64_t n, int64_t element) {
  KernelCall call = call_now(m->vm, b->object);
  call.hi = n;
  call.elem_offset = element;
  call.idx[1] = m->pi;
  call.idx[2] = m->pj;
  if (!m->failed) m->failed = !bound_run(m->vm, b, &call, m->d->span);
  if (m->failed) memset(m->out, 0, sizeof *m->out * (size_t)n);
  return !m->failed;
}

static int part_of(const int64_t *begin, int64_t at) {
  int k = 0;
  while (at >= begin[k + 1]) k++;
  return k;
}

static inline void take_pair(Maker *m, int64_t i, int64_t j) {
  int s = m->src->nparts == 1 ? 0 : part_of(m->i_begin, i), t = m->dst->nparts == 1 ? 0 : part_of(m->j_begin, j);
  int q = s * m->dst->nparts + t;
  Store *st = proj_store(m->proj[q]);
  int64_t row = i - st->i0, k = j - st->j0;
  if (m->filling) st->target[m->cursor[q][row]++] = (int32_t)(st->dst_idx ? st->dst_idx[k] : st->dst_lo + k);
  else st->off[row + 1]++;
}

void connect_flush(Maker *m) {
  int64_t n = m->npair;
  m->npair = 0;
  if (!n) return;
  if (m->filter) connect_ask(m, &m->where, n, m->pairs_seen);
  m->pairs_seen += n;
  for (int64_t k = 0; k < n; k++) {
    if ((m->filter && m->out[k] == 0) || connect_self(m, m->pi[k], m->pj[k])) continue;
    if (m->rank && m->filling) m->rank[m->nrank++] = m->pk[k];
    take_pair(m, m->pi[k], m->pj[k]);
  }
}

void connect_pair(Maker *m, int64_t i, int64_t j) {
  m->pi[m->npair] = (int32_t)i;
  m->pj[m->npair] = (int32_t)j;
  m->pk[m->npair] = m->given;
  if (++m->npair == PAIR_CHUNK) connect_flush(m);
}

// ---- making of the projections ----
static int32_t *copy_idx(const int32_t *idx, int64_t n) {
  if (!idx) return NULL;
  int32_t *p = mem_alloc(sizeof *p * (size_t)(n + 1));
  memcpy(p, idx, sizeof *p * (size_t)n);
  return p;
}

static Proj *proj_new(Maker *m, int s, int t, int input) {
  const SelPart *a = &m->src->part[s], *b = &m->dst->part[t];
  Arena *arena = m->vm->arena;
  int nvars = m->d->syn->model.nvars;
  Proj *p = NEW(arena, Proj);
  *p = (Proj){.id = (int)m->vm->next_id++, .desc = m->d, .syn = m->d->syn, .pre = a->pop, .post = b->pop, .changed = true,
              .input = input >= 0 ? input : m->d->syn->input};
  p->pre_cols = NEWN(arena, Column, nvars + 1);
  p->cols = NEWN(arena, Column, nvars + 1);
  p->type = NEWN(arena, uint8_t, nvars + 1);
  Store *st = p->store = NEW(arena, Store);
  *st = (Store){.nsrc = a->n, .ndst = b->n, .src_lo = a->idx ? 0 : a->lo, .dst_lo = b->idx ? 0 : b->lo,
                .i0 = m->i_begin[s], .j0 = m->j_begin[t]};
  st->src_idx = copy_idx(a->idx, a->n);
  st->dst_idx = copy_idx(b->idx, b->n);
  st->src_pos = copy_idx(m->i_pos[s], a->pop->n);
  st->dst_pos = copy_idx(m->j_pos[t], b->pop->n);
  st->off = mem_alloc(sizeof *st->off * (size_t)(a->n + 1));
  ProjRun *r = p->run = NEW(arena, ProjRun);
  r->initial = NEWN(arena, Column, nvars + 1);
  r->pre_initial = NEWN(arena, Column, nvars + 1);
  r->changes = NEWN(arena, bool, nvars + 1);
  r->npre = (double)p->pre->n;
  r->npost = (double)p->post->n;
  r->fault.what = -1;
  return p;
}

static int nproj(const Maker *m) { return m->src->nparts * m->dst->nparts; }

static double columns_per_synapse(const Maker *m) { return 4 + (double)(m->d->ninit ? m->d->ninit : 1) * 4; }

// The synapses to be expected, so that what cannot be is refused before the work begins.
static double expected(const Maker *m) {
  double pairs = (double)m->ns * (double)m->nt, n = m->n;
  switch (m->d->pattern) {
  case PATTERN_ALL: return m->d->where ? 0 : pairs;
  case PATTERN_PROB: return m->d->number || m->d->where ? 0 : n * pairs;
  case PATTERN_INDEGREE: return m->number ? 0 : n * (double)m->nt;
  case PATTERN_OUTDEGREE: return m->number ? 0 : n * (double)m->ns;
  case PATTERN_TOTAL: return n;
  default: return 0;
  }
}

static bool too_many(Maker *m, double n) {
  Diag *e = diag(m->vm->diags, E_TOO_MANY, m->d->span, "this makes %.4g synapses; one connection can hold 2147483647", n);
  diag_hint(e, "connect fewer pairs, for instance `with probability 1%%`");
  return false;
}

static bool check_room(Maker *m, double n) {
  if (n > (double)INT32_MAX * nproj(m)) return too_many(m, n);
  double bytes = n * columns_per_synapse(m);
  if (memory_at_hand(bytes)) return true;
  report_memory(m->vm, m->d->span, bytes, "the connection");
  return false;
}

static bool rows_begin(Maker *m) {
  double all = 0;
  for (int q = 0; q < nproj(m); q++) {
    Proj *p = m->proj[q];
    Store *st = proj_store(p);
    for (int64_t r = 0; r < st->nsrc; r++) st->off[r + 1] += st->off[r];
    p->nsyn = st->off[st->nsrc];
    if (p->nsyn > INT32_MAX) return too_many(m, (double)p->nsyn);
    all += (double)p->nsyn;
  }
  if (!check_room(m, all)) return false;
  if (m->d->pattern == PATTERN_FROM) m->rank = mem_alloc(sizeof *m->rank * (size_t)(all + 1));
  for (int q = 0; q < nproj(m); q++) {
    Store *st = proj_store(m->proj[q]);
    st->target = mem_try_alloc(sizeof *st->target * (size_t)(m->proj[q]->nsyn + 8));
    m->cursor[q] = mem_alloc(sizeof **m->cursor * (size_t)(st->nsrc + 1));
    memcpy(m->cursor[q], st->off, sizeof **m->cursor * (size_t)st->nsrc);
    if (!st->target) return check_room(m, 1e15);
  }
  return true;
}

static void insert_sort(int32_t *x, int64_t n) {
  for (int64_t k = 1; k < n; k++) {
    int32_t y = x[k];
    int64_t at = k;
    for (; at > 0 && x[at - 1] > y; at--) x[at] = x[at - 1];
    x[at] = y;
  }
}

static void radix_sort(int32_t *x, int64_t n, int32_t largest, int32_t *y) { // a byte at a time
  for (int shift = 0; shift < 31 && largest >> shift; shift += 8) {
    int64_t count[257] = {0};
    for (int64_t k = 0; k < n; k++) count[(x[k] >> shift & 255) + 1]++;
    for (int d = 0; d < 256; d++) count[d + 1] += count[d];
    for (int64_t k = 0; k < n; k++) y[count[x[k] >> shift & 255]++] = x[k];
    memcpy(x, y, sizeof *x * (size_t)n);
  }
}

// By position among the targets as written.
static void sort_row(const Store *st, int32_t *t, int64_t n, int32_t *scratch) {
  bool sorted = true;
  for (int64_t k = 1; k < n && sorted; k++) sorted = store_position(st, t[k - 1]) <= store_position(st, t[k]);
  if (sorted) return;
  for (int64_t k = 0; k < n; k++) t[k] = (int32_t)store_position(st, t[k]);
  if (n < 64) insert_sort(t, n);
  else radix_sort(t, n, (int32_t)st->ndst, scratch);
  for (int64_t k = 0; k < n; k++) t[k] = st->dst_idx ? st->dst_idx[t[k]] : (int32_t)st->dst_lo + t[k];
}

static void sort_rows(const Store *st) {
  int64_t longest = 0;
  for (int64_t r = 0; r < st->nsrc; r++)
    if (st->off[r + 1] - st->off[r] > longest) longest = st->off[r + 1] - st->off[r];
  int32_t *scratch = mem_alloc(sizeof *scratch * (size_t)(longest + 1));
  for (int64_t r = 0; r < st->nsrc; r++) sort_row(st, st->target + st->off[r], st->off[r + 1] - st->off[r], scratch);
  mem_free(scratch);
}

static bool fill_rows(Maker *m) {
  if (!connect_offer(m) || !rows_begin(m)) return false;
  m->filling = true;
  if (!connect_offer(m)) return false;
  mem_free(m->codes); // before the values of the synapses take their room
  m->codes = NULL;
  for (int q = 0; q < nproj(m); q++) sort_rows(proj_store(m->proj[q]));
  return true;
}

// All pairs: one row of targets for all sources.
static bool share_rows(Maker *m) {
  for (int q = 0; q < nproj(m); q++) {
    Store *st = proj_store(m->proj[q]);
    if ((double)st->nsrc * (double)st->ndst > INT32_MAX) return too_many(m, (double)st->nsrc * (double)st->ndst);
    st->shared = true;
    st->target = mem_try_alloc(sizeof *st->target * (size_t)(st->ndst + 8));
    if (!st->target) return check_room(m, 1e15);
    for (int64_t k = 0; k < st->ndst; k++) st->target[k] = (int32_t)(st->dst_idx ? st->dst_idx[k] : st->dst_lo + k);
    for (int64_t r = 0; r < st->nsrc; r++) st->off[r + 1] = (r + 1) * st->ndst;
    m->proj[q]->nsyn = st->nsrc * st->ndst;
  }
  return true;
}

static bool any_self(const Maker *m) {
  for (int64_t j = 0; m->self_of && j < m->nt; j++)
    if (m->self_of[j] >= 0) return true;
  return false;
}

static bool make_rows(Maker *m) {
  if (!connect_check(m) || !check_room(m, expected(m))) return false;
  if (m->d->pattern == PATTERN_ALL && !m->d->where && !any_self(m)) return share_rows(m);
  return fill_rows(m);
}

// ---- the statement ----
static void open_kernels(Maker *m, const Value *captures, int ncaptures) {
  static const double no_number = 0;
  Scope s = {.vm = m->vm, .proj = m->proj[0], .pre = m->src->part[0].pop, .post = m->dst->part[0].pop,
             .pre_n = &proj_run(m->proj[0])->npre, .post_n = &proj_run(m->proj[0])->npost, .self_n = &no_number,
             .captures = captures, .ncaptures = ncaptures, .out = {m->out}, .nout = PAIR_CHUNK, .gather = &m->gather};
  m->gather = (Gather){.src = m->src, .dst = m->dst, .self = m->proj[0]->cols};
  bound_open(&m->where, m->d->where, &s, m->key.object);
  bound_open(&m->number_kernel, m->d->number, &s, m->key.object);
  m->failed = !bound_setup(m->vm, &m->where, PAIR_CHUNK) || !bound_setup(m->vm, &m->number_kernel, PAIR_CHUNK);
}

static void maker_free(Maker *m) {
  bound_close(&m->where);
  bound_close(&m->number_kernel);
  for (int k = 0; m->i_pos && k < m->src->nparts; k++) mem_free(m->i_pos[k]);
  for (int k = 0; m->j_pos && k < m->dst->nparts; k++) mem_free(m->j_pos[k]);
  for (int k = 0; m->cursor && k < nproj(m); k++) mem_free(m->cursor[k]);
  mem_free(m->i_begin);
  mem_free(m->j_begin);
  mem_free(m->i_pos);
  mem_free(m->j_pos);
  mem_free(m->self_of);
  mem_free(m->number);
  mem_free(m->codes);
  mem_free(m->rank);
  mem_free(m->cursor);
  mem_free(m->proj);
  mem_free(m);
}

static void make_projs(Maker *m, int input) {
  m->proj = mem_alloc(sizeof *m->proj * (size_t)nproj(m));
  m->cursor = mem_alloc(sizeof *m->cursor * (size_t)nproj(m));
  for (int s = 0; s < m->src->nparts; s++)
    for (int t = 0; t < m->dst->nparts; t++) m->proj[s * m->dst->nparts + t] = proj_new(m, s, t, input);
}

static ProjGroup *group_new(Maker *m) {
  ProjGroup *g = mem_alloc(sizeof *g + sizeof *g->proj * (size_t)nproj(m));
  g->head = (Object){.refs = 1, .kind = VAL_PROJ};
  g->desc = m->d;
  g->nproj = nproj(m);
  g->nsrc = m->src->nparts;
  g->ndst = m->dst->nparts;
  memcpy(g->proj, m->proj, sizeof *g->proj * (size_t)g->nproj);
  return g;
}

static bool settle_all(Maker *m) {
  for (int q = 0; q < nproj(m); q++)
    if (!proj_settle(m->vm, m->proj[q])) return false;
  return true;
}

static bool maker_run(Maker *m, int input, const Value *captures, int ncaptures, ProjGroup **out) {
  Vm *vm = m->vm;
  if (!parts_of(m, m->src, &m->i_begin, &m->i_pos, m->d->source_span) ||
      !parts_of(m, m->dst, &m->j_begin, &m->j_pos, m->d->target_span))
    return false;
  if (m->d->no_self) find_selfs(m);
  m->key = (RngKey){vm->seed, vm->trial, vm->next_id++};
  make_projs(m, input);
  open_kernels(m, captures, ncaptures);
  ProjGroup *g = NULL;
  bool ok = !m->failed && make_rows(m) && !m->failed;
  if (ok) {
    g = group_new(m);
    ok = connect_values(m, g, captures, ncaptures) && settle_all(m);
  }
  for (int q = 0; ok && q < nproj(m); q++) ok = connect_block(m, m->proj[q], captures, ncaptures);
  if (!ok) {
    for (int q = 0; q < nproj(m); q++) proj_free(m->proj[q]);
    mem_free(g);
    return false;
  }
  for (int q = 0; q < nproj(m); q++) vec_push(&vm->projs, m->proj[q]);
  vec_push(&vm_net(vm)->groups, g);
  vm_net(vm)->attached = false;
  *out = g;
  return true;
}

bool proj_make(Vm *vm, const ConnDesc *d, const Sel *src, const Sel *dst, int input, const Value *args, int nargs,
               const Value *captures, int ncaptures, ProjGroup **out) {
  globals_refresh(vm);
  Maker *m = mem_alloc(sizeof *m);
  *m = (Maker){.vm = vm, .d = d, .src = src, .dst = dst, .ns = src->n, .nt = dst->n, .args = args, .nargs = nargs};
  uint32_t id = vm->next_id;
  bool ok = maker_run(m, input, captures, ncaptures, out);
  if (!ok) vm->next_id = id;
  maker_free(m);
  return ok;
}
