// SPDX-License-Identifier: MIT
// Counters by kernel and object in a table with open addressing; few hundred at most, doubled when half full.
#include "vm/profile.h"

#include "base/arena.h"
#include "base/str.h"
#include "vm/kernel.h"
#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINES_MOST = 30 };

typedef struct Counter {
  bool used;
  const Kernel *kernel; // both NULL: delivery
  const NativeFn *native;
  uint32_t object;
  int64_t calls, lanes;
  double seconds;
} Counter;

struct Profile {
  Counter *table;
  int width, n;
  double phase[PHASE_COUNT], mark; // mark: when the present phase began
  double kernels;                  // seconds of all kernels so far
  double deliver_from, deliver_kernels;
};

double profile_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

Profile *profile_new(void) {
  Profile *p = mem_alloc(sizeof *p);
  p->width = 64;
  p->table = mem_alloc(sizeof *p->table * (size_t)p->width);
  return p;
}

void profile_free(Profile *p) {
  if (!p) return;
  mem_free(p->table);
  mem_free(p);
}

static Counter *place(Counter *table, int width, const Kernel *k, const NativeFn *f, uint32_t object) {
  uint32_t at = ((uint32_t)(((uintptr_t)k ^ (uintptr_t)f) >> 4) * 2654435761u ^ object * 40503u) & (uint32_t)(width - 1);
  while (table[at].used && (table[at].kernel != k || table[at].native != f || table[at].object != object)) at = (at + 1) & (uint32_t)(width - 1);
  return &table[at];
}

static void grow(Profile *p) {
  Counter *old = p->table;
  int width = p->width;
  p->width *= 2;
  p->table = mem_alloc(sizeof *p->table * (size_t)p->width);
  for (int k = 0; k < width; k++)
    if (old[k].used) *place(p->table, p->width, old[k].kernel, old[k].native, old[k].object) = old[k];
  mem_free(old);
}

static Counter *counter(Profile *p, const Kernel *k, const NativeFn *f, uint32_t object) {
  if (2 * (p->n + 1) > p->width) grow(p);
  Counter *c = place(p->table, p->width, k, f, object);
  if (!c->used) {
    *c = (Counter){.used = true, .kernel = k, .native = f, .object = object};
    p->n++;
  }
  return c;
}

static void count(Counter *c, int64_t lanes, double seconds) {
  c->calls++;
  c->lanes += lanes;
  c->seconds += seconds;
}

void profile_kernel(Profile *p, const Kernel *k, uint32_t object, int64_t lanes, double from) {
  double seconds = profile_clock() - from;
  p->kernels += seconds;
  count(counter(p, k, NULL, object), lanes, seconds);
}

void profile_native(Profile *p, const NativeFn *f, uint32_t object, int64_t lanes, double from) {
  count(counter(p, NULL, f, object), lanes, profile_clock() - from);
}

void profile_deliver_begin(Profile *p) {
  p->deliver_from = profile_clock();
  p->deliver_kernels = p->kernels;
}

void profile_deliver_end(Profile *p, uint32_t object) {
  double own = profile_clock() - p->deliver_from - (p->kernels - p->deliver_kernels);
  count(counter(p, NULL, NULL, object), 0, own > 0 ? own : 0);
}

void profile_step(Profile *p) { p->mark = profile_clock(); }

void profile_phase(Profile *p, ProfilePhase phase) {
  double now = profile_clock();
  p->phase[phase] += now - p->mark;
  p->mark = now;
}

// ---- the table ----

static int by_seconds(const void *a, const void *b) {
  double x = (*(const Counter *const *)a)->seconds, y = (*(const Counter *const *)b)->seconds;
  return (x < y) - (x > y);
}

static void add_object(const Vm *vm, uint32_t object, Str *out) {
  for (int k = 0; k < vm->pops.n; k++)
    if ((uint32_t)vm->pops.data[k]->id == object) {
      str_add(out, vm->pops.data[k]->name);
      return;
    }
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *q = vm->projs.data[k];
    if ((uint32_t)q->id != object) continue;
    if (q->desc->label && *q->desc->label) str_addf(out, "%s: ", q->desc->label);
    str_addf(out, "%s -> %s", q->pre->name, q->post->name);
    return;
  }
  str_add(out, "?");
}

// "lif.hebb:5-9": the lines the instructions of the kernel come from, of the file most of them come from.
static void add_lines(const Kernel *k, const Sources *src, Str *out) {
  uint32_t file = 0, lo = UINT32_MAX, hi = 0, line, column;
  for (int i = 0; k && i < k->nspans; i++) {
    const Source *s = sources_get(src, k->spans[i].span.file);
    if (!s || (file && k->spans[i].span.file != file)) continue;
    file = k->spans[i].span.file;
    source_position(s, k->spans[i].span.lo, &line, &column);
    if (line < lo) lo = line;
    if (line > hi) hi = line;
  }
  if (!file) return;
  const char *path = sources_get(src, file)->path, *slash = strrchr(path, '/');
  str_addf(out, "  %s:%u", slash ? slash + 1 : path, lo);
  if (hi > lo) str_addf(out, "-%u", hi);
}

static void add_counter(const Counter *c, double total, const Vm *vm, const Sources *src, Str *out) {
  Str what = {0};
  add_object(vm, c->object, &what);
  str_addf(&what, ", %s%s", c->native ? "native " : "", c->kernel ? c->kernel->name : c->native ? c->native->name : "delivery");
  str_addf(out, "%8.2f ms %5.1f%%  %-36s %9lld call%s", 1e3 * c->seconds, total > 0 ? 100 * c->seconds / total : 0, what.data,
           (long long)c->calls, c->calls == 1 ? " " : "s");
  if (c->lanes) str_addf(out, " %7.2f ns a lane", 1e9 * c->seconds / (double)c->lanes);
  if (c->kernel) add_lines(c->kernel, src, out);
  str_addc(out, '\n');
  str_free(&what);
}

void profile_print(const Profile *p, const Vm *vm, const Sources *src, Str *out) {
  static const char *const names[PHASE_COUNT] = {"blocks of at and every", "inputs, lets, recordings", "states", "thresholds and events", "spike blocks"};
  Vec(const Counter *) all = {0};
  double total = 0, rest;
  for (int k = 0; k < PHASE_COUNT; k++) total += p->phase[k];
  rest = total;
  str_add(out, "by phase of the step\n");
  for (int k = 0; k < PHASE_COUNT; k++)
    str_addf(out, "%8.2f ms %5.1f%%  %s\n", 1e3 * p->phase[k], total > 0 ? 100 * p->phase[k] / total : 0, names[k]);
  for (int k = 0; k < p->width; k++)
    if (p->table[k].used) vec_push(&all, &p->table[k]);
  if (all.n) qsort(all.data, (size_t)all.n, sizeof *all.data, by_seconds);
  str_add(out, "by kernel and projection\n");
  for (int k = 0; k < all.n; k++) {
    if (k >= LINES_MOST || all.data[k]->seconds < 5e-4 * total) break;
    add_counter(all.data[k], total, vm, src, out);
    rest -= all.data[k]->seconds;
  }
  if (rest > 0) str_addf(out, "%8.2f ms %5.1f%%  everything else, and counting itself\n", 1e3 * rest, total > 0 ? 100 * rest / total : 0);
  vec_free(&all);
}
