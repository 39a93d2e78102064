// SPDX-License-Identifier: MIT
// Checkpoints: the complete state of a network in a file, so that another process goes on where this one stood, to the
// bit.
//
//   "hebbstate" 0, then (all numbers in the byte order of the machine, which `order` tells)
//   order u32, format u32, total u64 (bytes of the file), hash u64 (of all behind it), version 32 bytes (of hebb)
//   ndesc u64, what the network is, a line each; nmore u64, the script's own numbers; the state (vm/snapshot.c)
//
// The file fits a network of the same description: populations, equations, stimuli, pairs of every connection,
// recordings. It is read and compared as a whole before anything is changed.
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "vm/io.h"
#include "vm/probe.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

enum { ORDER = 0x01020304, FORMAT = 1 };
static const char MAGIC[10] = "hebbstate";

typedef struct Header {
  char magic[10];
  uint16_t unused;
  uint32_t order, format;
  uint64_t total, hash;
  char version[32];
} Header;

// ---- hashing ----
uint64_t hash_bytes(uint64_t h, const void *data, size_t n) {
  const unsigned char *p = data;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t x;
    memcpy(&x, p, 8);
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  uint64_t x = 0;
  if (n) memcpy(&x, p, n);
  h = (h ^ x ^ (uint64_t)n << 56) * 0xbf58476d1ce4e5b9u;
  return h ^ h >> 32;
}

// ---- what the network is ----
static void add_hash(Str *out, uint64_t h) { str_addf(out, " #%016llx\n", (unsigned long long)h); }

// Documentation is no part of a model.
static uint64_t hash_text(const char *text, size_t n) {
  uint64_t h = 1;
  for (const char *p = text, *end = text + n; p < end;) {
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    if (!eol) eol = end;
    const char *word = p;
    while (word < eol && *word == ' ') word++;
    if (eol - word < 2 || word[0] != '#' || word[1] != '#') h = hash_bytes(h, p, (size_t)(eol - p));
    p = eol + 1;
  }
  return h;
}

static void add_text(const Vm *vm, Str *out, const Pop *p, const Proj *q) {
  Str text = {0};
  if (vm->linker.text) vm->linker.text(vm->linker.ctx, p, q, &text);
  add_hash(out, hash_text(text.data ? text.data : "", text.n));
  str_free(&text);
}

static uint64_t hash_delays(uint64_t h, const Delays *d, int64_t n) {
  h = hash_bytes(h, &d->time, sizeof d->time);
  if (d->times) h = hash_bytes(h, d->times, sizeof *d->times * (size_t)n);
  if (d->steps) h = hash_bytes(h, d->steps, sizeof *d->steps * (size_t)n);
  return h;
}

static uint64_t hash_pairs(const Proj *p) {
  const Store *s = proj_store(p);
  uint64_t h = hash_bytes(2, s->off, sizeof *s->off * (size_t)(s->nsrc + 1));
  int64_t ranges[4] = {s->src_lo, s->dst_lo, s->nsrc, s->ndst};
  h = hash_bytes(h, ranges, sizeof ranges);
  if (s->src_idx) h = hash_bytes(h, s->src_idx, sizeof *s->src_idx * (size_t)s->nsrc);
  h = hash_bytes(h, s->target, sizeof *s->target * (size_t)(s->shared ? s->ndst : p->nsyn));
  return hash_delays(hash_delays(h, &s->pre, p->nsyn), &s->post, p->nsyn);
}

static void describe_pop(const Vm *vm, const Pop *p, Str *out) {
  str_addf(out, "population %s of %lld %s\n", p->name, (long long)p->n, p->model->name);
  str_addf(out, "equations and stimuli of %s", p->name);
  add_text(vm, out, p, NULL);
  const SpikeLog *l = &pop_run(p)->log;
  if (l->on) str_addf(out, "recorded spikes of %s with %d variables\n", p->name, l->nwith);
}

static void describe_proj(const Vm *vm, const Proj *p, Str *out) {
  char name[160];
  if (*p->desc->label) snprintf(name, sizeof name, "%.150s", p->desc->label);
  else snprintf(name, sizeof name, "%.70s -> %.70s", p->pre->name, p->post->name);
  str_addf(out, "connection %s of %lld %s\n", name, (long long)p->nsyn, p->syn->model.name);
  str_addf(out, "pairs and delays of %s", name);
  add_hash(out, hash_pairs(p));
  str_addf(out, "synapses and rules of %s", name);
  add_text(vm, out, NULL, p);
}

static void describe(Vm *vm, Str *out) {
  const Net *net = vm_net(vm);
  str_addf(out, "a time step of %.17g s\n", vm->dt);
  str_addf(out, "semantics %s\n", vm->semantics == SEMANTICS_NEST ? "nest" : "brian");
  for (int k = 0; k < vm->pops.n; k++) describe_pop(vm, vm->pops.data[k], out);
  for (int k = 0; k < vm->projs.n; k++) describe_proj(vm, vm->projs.data[k], out);
  str_addf(out, "%d signals\n", net->signals.n);
  for (int k = 0; k < vm->recordings.n; k++) {
    const Recording *r = vm->recordings.data[k];
    const Probe *p = r->impl;
    if (r->head.kind == VAL_SPIKES) continue;
    str_addf(out, "a recording of %s, %lld values every %lld steps\n", p->var ? p->var : "an expression",
             (long long)(r->sel ? r->sel->n : 0), (long long)p->steps);
  }
}

// A name for the network and its equations: the same in every run of one model.
uint64_t vm_model_hash(Vm *vm) {
  Str s = {0};
  describe(vm, &s);
  uint64_t h = hash_bytes(3, s.data, s.n);
  str_free(&s);
  return h;
}

// ---- writing ----
bool vm_checkpoint(Vm *vm, const char *path, const void *more, size_t nmore, Span span) {
  Str desc = {0};
  Bytes b = {0};
  Header h = {.order = ORDER, .format = FORMAT, .version = PACKAGE_VERSION};
  memcpy(h.magic, MAGIC, sizeof MAGIC);
  if (!vm_link(vm)) return false;
  record_prepare(vm);
  describe(vm, &desc);
  uint64_t sizes[2] = {desc.n, nmore};
  bytes_add(&b, &h, sizeof h);
  bytes_add(&b, &sizes[0], sizeof sizes[0]);
  bytes_add(&b, desc.data, desc.n);
  bytes_add(&b, &sizes[1], sizeof sizes[1]);
  bytes_add(&b, more, nmore);
  state_write(vm, &b);
  h.total = b.n;
  h.hash = hash_bytes(4, b.data + sizeof h, b.n - sizeof h);
  memcpy(b.data, &h, sizeof h);
  const char *why = io_write(path, (const char *)b.data, b.n);
  if (why) diag(vm->diags, E_FILE_WRITE, span, "cannot write \"%s\": %s", path, why);
  mem_free(b.data);
  str_free(&desc);
  return !why;
}

// ---- reading ----
typedef struct Reading {
  Vm *vm;
  const char *path;
  Span span;
  const unsigned char *at, *end;
} Reading;

static bool refuse(Reading *r, const char *what, const char *hint) {
  Diag *e = diag(r->vm->diags, E_CHECKPOINT, r->span, "\"%s\" %s", r->path, what);
  if (hint) diag_hint(e, "%s", hint);
  return false;
}

static bool check_header(Reading *r, size_t n) {
  Header h;
  char what[160];
  if (n < sizeof h || memcmp(r->at, MAGIC, sizeof MAGIC) != 0) return refuse(r, "is no checkpoint", "`checkpoint` writes them");
  memcpy(&h, r->at, sizeof h);
  h.version[sizeof h.version - 1] = 0;
  if (h.order != ORDER) return refuse(r, "was written on a machine with another byte order", NULL);
  if (h.format != FORMAT || strcmp(h.version, PACKAGE_VERSION) != 0) {
    snprintf(what, sizeof what, "was written by hebb %s, and this is hebb %s", h.version, PACKAGE_VERSION);
    return refuse(r, what, "a checkpoint fits the version that wrote it: run from the beginning");
  }
  if (h.total > n) return refuse(r, "is not complete: its end is missing", NULL);
  if (h.total < n || h.hash != hash_bytes(4, r->at + sizeof h, n - sizeof h)) return refuse(r, "is damaged", NULL);
  r->at += sizeof h;
  return true;
}

static bool take_piece(Reading *r, const unsigned char **piece, size_t *n) {
  uint64_t size;
  if ((size_t)(r->end - r->at) < sizeof size) return refuse(r, "is damaged", NULL);
  memcpy(&size, r->at, sizeof size);
  r->at += sizeof size;
  if (size > (uint64_t)(r->end - r->at)) return refuse(r, "is damaged", NULL);
  *piece = r->at;
  *n = (size_t)size;
  r->at += size;
  return true;
}

static size_t line_length(const char *s, size_t n) {
  const char *eol = memchr(s, '\n', n);
  return eol ? (size_t)(eol - s) : n;
}

static size_t without_hash(const char *s, size_t n) {
  const char *mark = memchr(s, '#', n);
  return mark && mark > s ? (size_t)(mark - s) - 1 : n;
}

// Says where the network of the file and the one at hand part.
static bool other_network(Reading *r, const char *theirs, size_t n, const char *ours, size_t m) {
  char what[512];
  size_t a = 0, b = 0;
  for (;;) {
    a = line_length(theirs, n);
    b = line_length(ours, m);
    if (!n || !m || a != b || memcmp(theirs, ours, a) != 0) break;
    size_t step = a < n ? a + 1 : a, mine = b < m ? b + 1 : b;
    theirs += step, n -= step;
    ours += mine, m -= mine;
  }
  size_t x = without_hash(theirs, a), y = without_hash(ours, b);
  if (x < a && x == y && memcmp(theirs, ours, x) == 0) {
    snprintf(what, sizeof what, "is of another network: the %.*s differ", (int)x, theirs);
  } else if (!n || !m) {
    snprintf(what, sizeof what, "is of another network: %s has %.*s", n ? "it" : "here one", n ? (int)x : (int)y, n ? theirs : ours);
  } else {
    snprintf(what, sizeof what, "is of another network: it has %.*s, here is %.*s", (int)x, theirs, (int)y, ours);
  }
  return refuse(r, what, "build the network as the script did that wrote it, and then `resume`");
}

static bool check_network(Reading *r) {
  const unsigned char *theirs;
  size_t n;
  Str ours = {0};
  if (!take_piece(r, &theirs, &n)) return false;
  describe(r->vm, &ours);
  bool same = n == ours.n && memcmp(theirs, ours.data, n) == 0;
  if (!same) other_network(r, (const char *)theirs, n, ours.data, ours.n);
  str_free(&ours);
  return same;
}

typedef bool (*TakeMore)(void *ctx, const void *bytes, size_t n);

static bool resume_state(Reading *r, TakeMore more, void *ctx) {
  const unsigned char *piece;
  size_t n;
  if (!vm_link(r->vm)) return false;
  record_prepare(r->vm);
  if (!check_network(r) || !take_piece(r, &piece, &n)) return false;
  if (more && !more(ctx, piece, n)) return false;
  if (!creation_remember(r->vm)) return false;
  Snapshot *before = vm_store(r->vm);
  bool ok = state_read(r->vm, r->at, (size_t)(r->end - r->at));
  if (!ok) {
    vm_restore(r->vm, before, r->span);
    refuse(r, "does not fit this network", NULL);
  }
  snapshot_free(before);
  return ok;
}

bool vm_resume(Vm *vm, const char *path, TakeMore more, void *ctx, Span span) {
  size_t n = 0;
  const char *why = NULL;
  char *bytes = file_read(path, &n, &why);
  if (!bytes) {
    diag(vm->diags, E_FILE_READ, span, "cannot read \"%s\": %s", path, why);
    return false;
  }
  Reading r = {.vm = vm, .path = path, .span = span, .at = (const unsigned char *)bytes, .end = (const unsigned char *)bytes + n};
  bool ok = check_header(&r, n) && resume_state(&r, more, ctx);
  mem_free(bytes);
  return ok;
}
