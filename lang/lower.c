// SPDX-License-Identifier: MIT
// Lowering itself: what it keeps, views, slots, the cache of linked plans.
#include "lang/lower_impl.h"
#include "lang/solve.h"

#include <stdarg.h>
#include <string.h>

Lowering *lowering_new(Diags *d, Arena *a) {
  Lowering *l = NEW(a, Lowering);
  l->a = a;
  l->d = d;
  return l;
}

void lowering_free(Lowering *l) {
  if (!l) return;
  for (int k = 0; k < l->kernels.n; k++) kernel_free(l->kernels.data[k]);
  vec_free(&l->kernels);
  vec_free(&l->neurons);
  vec_free(&l->synapses);
}

void lower_method(Lowering *l, MethodKind method) { l->method = method; }

bool lower_method_named(Lowering *l, const char *name) {
  for (int m = METHOD_AUTO; m <= METHOD_CVODE; m++)
    if (strcmp(method_name((MethodKind)m), name) == 0) return lower_method(l, (MethodKind)m), true;
  return false;
}

Kernel *lowering_keep(Lowering *l, Kernel *k) {
  if (k) vec_push(&l->kernels, k);
  return k;
}

View *view_new(Lowering *l, Model *m, const ViewOps *ops, void *ctx) {
  View *v = NEW(l->tmp, View);
  v->model = m;
  v->ops = ops;
  v->ctx = ctx;
  if (m && m->kind == MODEL_NEURON) v->post = v; // in the parts of a rule on the population
  int n = m ? m->nvars : 0;
  v->value = NEWN(l->tmp, IrVal, n + 1);
  v->dirty = NEWN(l->tmp, bool, n + 1);
  v->busy = NEWN(l->tmp, bool, n + 1);
  return v;
}

void env_init(Env *e, Lowering *l, Ir *ir) { *e = (Env){.l = l, .ir = ir}; }
void env_end(Env *e) { vec_free(&e->locals); }

void env_forget_lets(Env *e) {
  for (int k = 0; k < e->nviews; k++) {
    View *v = e->views[k];
    for (int s = 0; v && v->model && s < v->model->nvars; s++)
      if (v->model->vars[s]->kind == SYM_LET) v->value[s] = 0;
  }
}

Diag *env_error(Env *e, DiagCode code, const Node *at, const char *fmt, ...) {
  e->failed = true;
  va_list ap;
  va_start(ap, fmt);
  char *text = arena_vprintf(e->l->a, fmt, ap);
  va_end(ap);
  return diag(e->l->d, code, at ? at->span : (Span){0}, "%s", text);
}

// Mixes x into h (the finaliser of MurmurHash3 by Austin Appleby, in the public domain).
uint32_t stream_hash(uint32_t h, uint32_t x) {
  h ^= x + 0x9e3779b9u + (h << 6) + (h >> 2);
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ h >> 16;
}

static unsigned bucket_of(const char *key, size_t n) {
  uint32_t h = 0;
  for (size_t k = 0; k < n; k++) h = h * 31 + (unsigned char)key[k];
  return h % CACHE_BUCKETS;
}

Cached *cache_find(Lowering *l, const char *key, size_t n) {
  Cached *c = l->cache[bucket_of(key, n)];
  while (c && (c->n != n || memcmp(c->key, key, n))) c = c->next;
  return c;
}

void cache_add(Lowering *l, const char *key, size_t n, void *plan) {
  unsigned b = bucket_of(key, n);
  Cached *c = NEW(l->a, Cached);
  *c = (Cached){arena_dup(key, n, l->a), n, plan, l->cache[b]};
  l->cache[b] = c;
}

Slot slot_var(int object, Access access, int index, bool constant, const char *name) {
  return (Slot){.space = SPACE_VAR, .access = (uint8_t)access, .type = SLOT_F64, .constant = constant,
                .object = (uint16_t)object, .index = (uint16_t)index, .name = name};
}

Slot slot_sys(SysVar v) {
  static const char *const names[SYS_COUNT] = {[SYS_T] = "t", [SYS_DT] = "dt", [SYS_TICK] = "tick", [SYS_N] = "N",
                                               [SYS_NPRE] = "N", [SYS_NPOST] = "N"};
  return (Slot){.space = SPACE_SYS, .access = ACC_UNIFORM, .constant = v != SYS_T && v != SYS_TICK,
                .index = (uint16_t)v, .name = names[v]};
}

Slot slot_out(int index) {
  return (Slot){.space = SPACE_OUT, .access = ACC_LANE, .index = (uint16_t)index, .name = "out"};
}

Slot slot_stage(StageColumn which, int equation) {
  static const char *const names[STAGE_COLUMNS] = {"next", "slope", "limit", "time"};
  return (Slot){.space = SPACE_STAGE, .access = ACC_LANE, .object = (uint16_t)which, .index = (uint16_t)equation, .name = names[which]};
}

Slot slot_capture(int index, Access access) {
  return (Slot){.space = SPACE_CAPTURE, .access = (uint8_t)access, .constant = true, .index = (uint16_t)index,
                .name = "captured"};
}
