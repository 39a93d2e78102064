// SPDX-License-Identifier: MIT
// The Linker: asked by the machine when a run starts and the network has changed. Kernels are cached by what decides their
// form; numbers (parameters, what statements captured, when and where stimuli act) are read when they run, so networks of
// equal structure share them.
#include "lang/link.h"

#include "base/str.h"
#include "lang/ast_print.h"
#include "vm/vm.h"

// ---- a population's shape ----
// Whether a coupling sums anything that may change within a step: quantities of neurons that have equations, or states
// that the sources share. States of single synapses stand still.
bool link_moving(const SynLow *s, bool source_moves) {
  for (int k = 0; k < s->ci->syn->ninjects; k++) {
    if (s->sum[k] < 0) continue;
    unsigned deps = expr_depends(s->ci, s->ci->syn->injects[k].node->kid[0]);
    if ((deps & DEP_PRE_STATE) || ((deps & DEP_PRE) && source_moves)) return true;
  }
  return false;
}

static bool reads_time(const Node *n, void *ctx) {
  (void)ctx;
  const Sym *x = n->kind == N_NAME ? n->sym : NULL;
  return x && x->kind == SYM_SELFVAR && (x->selfvar == SV_T || x->selfvar == SV_TICK);
}

bool link_model_moves(const Model *m) { return m->nequations > 0 || model_mentions(m, reads_time, NULL); }

// What neurons show changes within a step if they have equations, or if what they are given does.
static bool pop_moves(const Vm *vm, const Pop *p, int depth) {
  if (link_model_moves(neuron_low(p->model)->model)) return true;
  for (int k = 0; k < p->ninjections; k++)
    if (node_any(((const InjectLow *)p->injections[k]->lang)->expr, reads_time, NULL)) return true;
  for (int k = 0; depth < vm->pops.n && k < vm->projs.n; k++) {
    const Proj *q = vm->projs.data[k];
    if (q->post == p && q->nsyn && pop_moves(vm, q->pre, depth + 1)) return true;
  }
  return false;
}

// Whether a population has equations, or what it shows is read by one that has.
static bool leads_to_equations(const Vm *vm, const Pop *p, int depth) {
  if (neuron_low(p->model)->model->nequations) return true;
  for (int k = 0; depth < vm->pops.n && k < vm->projs.n; k++) {
    const Proj *q = vm->projs.data[k];
    if (q->pre == p && q->nsyn && leads_to_equations(vm, q->post, depth + 1)) return true;
  }
  return false;
}

static void shape_blocks(PopShape *sh, const Vm *vm, const Pop *p, Arena *a) {
  struct BlockShape *b = NEWN(a, struct BlockShape, p->nblocks + 1);
  for (int k = 0; k < p->nblocks; k++) b[k] = (struct BlockShape){.low = syn_low(p->blocks[k]->syn), .input = p->blocks[k]->input};
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *q = vm->projs.data[k];
    if (!q->nsyn || (q->post != p && q->pre != p) || !link_moving(syn_low(q->syn), pop_moves(vm, q->pre, 0))) continue;
    if (q->pre == p && leads_to_equations(vm, q->post, 0)) sh->feeds = true;
    if (q->post != p) continue;
    sh->coupled = b[q->block].moving = true;
  }
  sh->block = b;
  sh->nblocks = p->nblocks;
}

static bool acts_always(const Injection *in) { return in->to == INT64_MAX; }

static void shape_drives(PopShape *sh, const Pop *p, Arena *a) {
  int c = 0;
  sh->drive = NEWN(a, Drive, p->ninjections + 1);
  sh->ndrives = p->ninjections;
  for (int k = 0; k < p->ninjections; k++) {
    const Injection *in = p->injections[k];
    bool picked = in->where.idx != NULL;
    sh->drive[k] = (Drive){.low = in->lang, .input = in->input, .picked = picked, .from = in->from > 0, .to = !acts_always(in),
                           .all = !picked && in->where.lo == 0 && in->where.hi == p->n, .capture0 = c};
    c += 5 + picked + in->ncaptures;
  }
}

// Whether something done in each step for synapses changes variables of the population, before spikes are tested.
typedef struct Changes {
  Place place;
} Changes;

static bool changes_neuron(const Node *n, void *ctx) {
  const Changes *c = ctx;
  return n->kind == N_ASSIGN && n->kid[0]->kind == N_MEMBER && n->kid[0]->place == c->place;
}

static bool steps_change(const ConnInfo *ci, Place place) {
  Changes c = {place};
  for (int r = -1; r < ci->nrules; r++) {
    const Model *m = r < 0 ? ci->syn : ci->rules[r].model;
    for (int k = 0; k < m->non; k++) {
      const Node *on = m->on[k].node;
      if (on->kind == N_ON && (on->op == ON_STEP || on->op == ON_EVERY) && node_any(on->kid[2], changes_neuron, &c)) return true;
    }
  }
  return false;
}

static bool stepped(const Vm *vm, const Pop *p) {
  for (int k = 0; k < vm->projs.n; k++) {
    const Proj *q = vm->projs.data[k];
    if (q->pre == p && steps_change(syn_low(q->syn)->ci, PLACE_PRE)) return true;
    if (q->post == p && steps_change(syn_low(q->syn)->ci, PLACE_POST)) return true;
  }
  return false;
}

static PopShape shape_of(const Vm *vm, const Pop *p, Arena *a) {
  bool *uniform = NEWN(a, bool, p->model->nvars + 1);
  for (int k = 0; k < p->model->nvars; k++) uniform[k] = p->cols[k].uniform;
  PopShape sh = {.low = neuron_low(p->model), .uniform = uniform, .nest = vm->semantics == SEMANTICS_NEST,
                 .learning_off = neuron_low(p->model)->model->weight && !vm->learning, .stepped = stepped(vm, p)};
  shape_blocks(&sh, vm, p, a);
  shape_drives(&sh, p, a);
  return sh;
}

static void key_add(Str *s, const void *p, size_t n) { str_addn(s, p, n); }
#define KEY(s, x) key_add((s), &(x), sizeof(x))

static void shape_key(const Lowering *l, const PopShape *sh, Str *s) {
  str_addc(s, 'P');
  KEY(s, sh->low);
  KEY(s, l->method);
  KEY(s, sh->nest);
  KEY(s, sh->coupled);
  KEY(s, sh->feeds);
  KEY(s, sh->stepped);
  KEY(s, sh->learning_off);
  key_add(s, sh->uniform, (size_t)sh->low->desc.nvars);
  key_add(s, sh->low->shared, (size_t)sh->low->model->nvars);
  for (int k = 0; k < sh->nblocks; k++) {
    KEY(s, sh->block[k].low);
    KEY(s, sh->block[k].input);
    KEY(s, sh->block[k].moving);
  }
  for (int k = 0; k < sh->ndrives; k++) {
    const Drive *d = &sh->drive[k];
    bool form[4] = {d->all, d->picked, d->from, d->to};
    KEY(s, d->low);
    KEY(s, d->input);
    KEY(s, form);
  }
}

// ---- captures: borrowed from the injections, or in the arena of the machine's link ----
// The place of each element in a list, counted from 1; 0: not in it.
static Value places(const Pop *p, const SelPart *part, Arena *a) {
  Array *x = NEW(a, Array);
  *x = (Array){.head = {.refs = 1, .kind = VAL_ARRAY}, .elem = VAL_NUM, .ndim = 1, .shape = {p->n}, .n = p->n};
  x->data = NEWN(a, double, p->n);
  for (int64_t k = 0; k < part->n; k++) x->data[part->idx[k]] = (double)k + 1;
  return value_obj(x);
}

static bool check_lengths(Vm *vm, const Injection *in) {
  const CaptureList *caps = &((const InjectLow *)in->lang)->caps;
  for (int k = 0; k < in->ncaptures && k < caps->n; k++) {
    const Array *a = in->captures[k].kind == VAL_ARRAY ? (const Array *)in->captures[k].obj : NULL;
    if (!caps->item[k].lanes || !a || a->n >= in->i0 + in->where.n) continue;
    Diag *e = diag(vm->diags, E_LENGTH, caps->item[k].expr->span, "%lld values for %lld neurons", (long long)a->n,
                   (long long)(in->i0 + in->where.n));
    diag_hint(e, "give one value for all, an expression of i, or one value for each neuron");
    return false;
  }
  return true;
}

static bool pop_captures(Vm *vm, const Pop *p, PopCode *out, Arena *a) {
  int n = 0;
  for (int k = 0; k < p->ninjections; k++) n += 6 + p->injections[k]->ncaptures;
  Value *v = out->captures = NEWN(a, Value, n + 1);
  out->ncaptures = 0;
  for (int k = 0; k < p->ninjections; k++) {
    const Injection *in = p->injections[k];
    if (!check_lengths(vm, in)) return false;
    const double numbers[5] = {(double)in->where.lo, (double)in->where.hi, (double)in->from, (double)in->to, (double)in->i0};
    for (int j = 0; j < 5; j++) v[out->ncaptures++] = value_num(numbers[j]);
    if (in->where.idx) v[out->ncaptures++] = places(p, &in->where, a);
    for (int j = 0; j < in->ncaptures; j++) v[out->ncaptures++] = in->captures[j];
  }
  return true;
}

// ---- callbacks ----
static bool link_pop(void *ctx, Vm *vm, Pop *p, PopCode *out, Arena *a) {
  Lowering *l = ctx;
  Arena *tmp = arena_new();
  PopShape sh = shape_of(vm, p, tmp);
  Str key = {0};
  shape_key(l, &sh, &key);
  Cached *c = cache_find(l, key.data, key.n);
  bool ok = true;
  if (!c) {
    PopCode *plan = NEW(l->a, PopCode);
    ok = link_population(l, &sh, plan);
    if (ok) cache_add(l, key.data, key.n, plan);
    *out = *plan;
  } else *out = *(PopCode *)c->plan;
  ok = ok && pop_captures(vm, p, out, a);
  str_free(&key);
  arena_free(tmp);
  return ok;
}

static Kernel *link_read(void *ctx, Vm *vm, Pop *p, int var, PopCode *captures, Arena *a) {
  Lowering *l = ctx;
  Arena *tmp = arena_new();
  PopShape sh = shape_of(vm, p, tmp);
  Str key = {0};
  str_addf(&key, "R%d;", var);
  shape_key(l, &sh, &key);
  Cached *c = cache_find(l, key.data, key.n);
  Kernel *k = c ? c->plan : link_reader(l, &sh, var);
  if (!c && k) cache_add(l, key.data, key.n, k);
  if (k && !pop_captures(vm, p, captures, a)) k = NULL;
  str_free(&key);
  arena_free(tmp);
  return k;
}

// ---- projections ----
static bool *uniform_columns(const Column *cols, int n, Arena *a) {
  bool *u = NEWN(a, bool, n + 1);
  for (int k = 0; k < n; k++) u[k] = cols[k].uniform;
  return u;
}

static SynShape syn_shape(const Vm *vm, const Proj *p, Arena *a) {
  int n = p->syn->model.nvars;
  bool *uniform = NEWN(a, bool, n + 1);
  for (int k = 0; k < n; k++) uniform[k] = p->cols[k].p && proj_is_uniform(p, k);
  return (SynShape){.low = syn_low(p->syn), .pre = neuron_low(p->pre->model), .post = neuron_low(p->post->model),
                    .pre_uniform = uniform_columns(p->pre->cols, p->pre->model->nvars, a),
                    .post_uniform = uniform_columns(p->post->cols, p->post->model->nvars, a), .uniform = uniform,
                    .type = p->type, .input = p->input, .nest = vm->semantics == SEMANTICS_NEST, .learning_off = !vm->learning};
}

static void syn_key(const SynShape *s, const double *params, Str *key) {
  int n = s->low->desc.model.nvars;
  str_addc(key, 'S');
  KEY(key, s->low);
  KEY(key, s->pre);
  KEY(key, s->post);
  key_add(key, s->pre_uniform, (size_t)s->pre->desc.nvars);
  key_add(key, s->post_uniform, (size_t)s->post->desc.nvars);
  key_add(key, s->uniform, (size_t)n);
  key_add(key, s->type, (size_t)n);
  KEY(key, s->nest);
  KEY(key, s->learning_off);
  key_add(key, params, sizeof *params * (size_t)n); // FastAdd holds products of them
}

static bool link_proj(void *ctx, Vm *vm, Proj *p, SynCode *out, Arena *a) {
  (void)a;
  Lowering *l = ctx;
  Arena *tmp = arena_new();
  const double *params = p->post->blocks[p->block]->params;
  SynShape sh = syn_shape(vm, p, tmp);
  Str key = {0};
  syn_key(&sh, params, &key);
  Cached *c = cache_find(l, key.data, key.n);
  bool ok = true;
  if (!c) {
    SynCode *plan = NEW(l->a, SynCode);
    ok = link_projection(l, &sh, params, plan);
    if (ok) cache_add(l, key.data, key.n, plan);
    *out = *plan;
  } else *out = *(SynCode *)c->plan;
  str_free(&key);
  arena_free(tmp);
  return ok;
}

static void link_text(void *ctx, const Pop *p, const Proj *q, Str *out) {
  (void)ctx;
  if (p) ast_print(((const Model *)p->model->lang)->decl, out);
  for (int k = 0; p && k < p->ninjections; k++) ast_print(((const InjectLow *)p->injections[k]->lang)->node, out);
  if (!q) return;
  const ConnInfo *ci = syn_low(q->syn)->ci;
  ast_print(ci->syn->decl, out);
  for (int r = 0; r < ci->nrules; r++) ast_print(ci->rules[r].model->decl, out);
}

Linker lower_linker(Lowering *l) {
  return (Linker){.ctx = l, .pop = link_pop, .proj = link_proj, .reader = link_read, .text = link_text};
}
