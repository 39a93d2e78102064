// SPDX-License-Identifier: MIT
// Statements that make the network, as the machine wants them: descriptors with kernels for every value.
#include "lang/link.h"

#include <string.h>

// ---- populations ----
static const char *message_of(Lowering *l, const Node *require) {
  const Node *m = require->kid[1];
  const Node *part = m && m->nlist ? m->list[0] : NULL;
  return part && part->text ? arena_strndup(part->text, part->textn, l->a) : "";
}

static bool lower_requires(Lowering *l, PopDesc *d, Model *m, CaptureList *caps) {
  d->require = NEWN(l->a, Kernel *, m->nrequires + 1);
  d->require_text = NEWN(l->a, const char *, m->nrequires + 1);
  d->require_span = NEWN(l->a, Span, m->nrequires + 1);
  LaneContext cx = {.what = LANE_POP, .model = m};
  bool ok = true, uniform, random;
  for (int k = 0; k < m->nrequires; k++) {
    Node *r = m->requires[k].node;
    d->require[k] = lower_init(l, &cx, r->kid[0], caps, &uniform, &random);
    d->require_text[k] = message_of(l, r);
    d->require_span[k] = r->span;
    ok &= d->require[k] != NULL;
    d->nrequire++;
  }
  return ok;
}

PopDesc *lower_population(Lowering *l, Node *population, CaptureList *caps) {
  PopInfo *info = population->info;
  PopDesc *d = NEW(l->a, PopDesc);
  LaneContext cx = {.what = LANE_POP, .model = info->model};
  d->lang = info;
  d->name = population->name->text;
  d->model = describe_neuron(l, info->model);
  d->span = population->name_span.file ? population->name_span : population->span;
  d->init = lower_init_items(l, &cx, info->init, info->ninit, caps);
  d->ninit = info->ninit;
  bool ok = lower_requires(l, d, info->model, caps) && link_check(l, info->model, NULL);
  return ok && d->init ? d : NULL;
}

// ---- connections ----
static Kernel *conn_kernel(Lowering *l, ConnInfo *ci, Node *expr, CaptureList *caps, bool *random) {
  bool uniform;
  LaneContext cx = {.what = LANE_CONN, .conn = ci, .rule = -1};
  return lower_init(l, &cx, expr, caps, &uniform, random);
}

static Node *both(Lowering *l, Node *a, Node *b) {
  if (!a || !b) return a ? a : b;
  Node *n = node_new(N_BINARY, span_join(a->span, b->span), l->a);
  n->op = OP_AND;
  n->kid[0] = a;
  n->kid[1] = b;
  n->type = type_of(TY_BOOL);
  return n;
}

static bool lower_pattern(Lowering *l, ConnDesc *d, ConnInfo *ci, Node *p, CaptureList *caps) {
  static const uint8_t kinds[] = {[PAT_ALL] = PATTERN_ALL, [PAT_ONE] = PATTERN_ONE, [PAT_PROB] = PATTERN_PROB,
                                  [PAT_INDEGREE] = PATTERN_INDEGREE, [PAT_OUTDEGREE] = PATTERN_OUTDEGREE,
                                  [PAT_TOTAL] = PATTERN_TOTAL, [PAT_WHERE] = PATTERN_WHERE, [PAT_FROM] = PATTERN_FROM};
  d->pattern = p ? (PatternKind)kinds[p->op] : PATTERN_ALL;
  if (!p) return true;
  d->no_self = p->flags & NF_NO_SELF;
  d->no_multiple = p->flags & NF_NO_MULTIPLE;
  if (p->kid[0]) d->number_span = p->kid[0]->span;
  Node *where = both(l, p->op == PAT_WHERE ? p->kid[0] : NULL, p->kid[1]);
  bool numbered = p->op == PAT_PROB || p->op == PAT_INDEGREE || p->op == PAT_OUTDEGREE || p->op == PAT_TOTAL, random;
  if (where && !(d->where = conn_kernel(l, ci, where, caps, &d->where_random))) return false;
  if (!numbered || !expr_varies(p->kid[0])) return true;
  return (d->number = conn_kernel(l, ci, p->kid[0], caps, &random)) != NULL;
}

static bool given(const ConnInfo *ci, const Sym *s) {
  for (int k = 0; k < ci->ninit; k++)
    if (ci->init[k].var == s) return true;
  return false;
}

static Model *model_part(const ConnInfo *ci, int r) { return r < 0 ? ci->syn : ci->rules[r].model; }

// Defaults of states that no entry gives (those that are not zero), of one part.
static int state_defaults(const ConnInfo *ci, int r, InitItem *items) {
  const Model *m = model_part(ci, r);
  int n = 0;
  for (int k = 0; k < m->nvars; k++) {
    Sym *s = m->vars[k];
    double x;
    if (s->kind != SYM_STATE || s->hidden || given(ci, s) || !s->decl->kid[0]) continue;
    if (expr_constant(s->decl->kid[0], &x) && x == 0) continue;
    items[n++] = (InitItem){s, s->decl->kid[0], false, NULL};
  }
  return n;
}

typedef Vec(InitCode) InitCodes;

static bool add_items(Lowering *l, LaneContext *cx, const InitItem *items, int n, CaptureList *caps, InitCodes *out) {
  InitCode *code = lower_init_items(l, cx, items, n, caps);
  for (int k = 0; code && k < n; k++) vec_push(out, code[k]);
  return code != NULL;
}

static bool lower_values(Lowering *l, ConnDesc *d, ConnInfo *ci, CaptureList *caps) {
  InitCodes out = {0};
  LaneContext cx = {.what = LANE_CONN, .conn = ci, .rule = -1, .model = ci->syn};
  bool ok = add_items(l, &cx, ci->init, ci->ninit, caps, &out);
  for (int r = -1; r < ci->nrules; r++) {
    Model *m = model_part(ci, r);
    InitItem *items = NEWN(l->a, InitItem, m->nvars + 1);
    cx.rule = r;
    cx.model = m;
    int n = state_defaults(ci, r, items);
    ok &= add_items(l, &cx, items, n, caps, &out);
  }
  d->ninit = out.n;
  d->init = vec_keep(&out, l->a);
  return ok;
}

// Uniform parameters of synapse and rules; those that differ from synapse to synapse are among the values.
static bool lower_params(Lowering *l, SynDesc *s, ConnInfo *ci, CaptureList *caps) {
  InitCodes out = {0};
  bool ok = true;
  for (int r = -1; r < ci->nrules; r++) {
    const InitItem *items = r < 0 ? ci->params : ci->rules[r].params;
    int n = r < 0 ? ci->nparams : ci->rules[r].nparams, kept = 0;
    InitItem *uniform = NEWN(l->a, InitItem, n + 1);
    for (int k = 0; k < n; k++)
      if (items[k].var->kind == SYM_PARAM && items[k].expr && !param_per_synapse(ci, items[k].var)) uniform[kept++] = items[k];
    LaneContext cx = {.what = LANE_CONN, .conn = ci, .rule = r, .model = model_part(ci, r)};
    ok &= add_items(l, &cx, uniform, kept, caps, &out);
  }
  s->nparams = out.n;
  s->params = vec_keep(&out, l->a);
  return ok;
}

// What synapse and rules demand of their values.
static bool lower_demands(Lowering *l, SynDesc *s, ConnInfo *ci, CaptureList *caps) {
  int n = 0;
  for (int r = -1; r < ci->nrules; r++) n += model_part(ci, r)->nrequires;
  s->require = NEWN(l->a, InitCode, n + 1);
  s->require_text = NEWN(l->a, const char *, n + 1);
  bool ok = true;
  for (int r = -1; r < ci->nrules; r++) {
    LaneContext cx = {.what = LANE_CONN, .conn = ci, .rule = r, .model = model_part(ci, r)};
    for (int k = 0; k < cx.model->nrequires; k++) {
      Node *demand = cx.model->requires[k].node;
      InitCode *c = &s->require[s->nrequire];
      *c = (InitCode){.var = INIT_REQUIRE, .array = -1, .span = demand->span};
      c->kernel = lower_init(l, &cx, demand->kid[0], caps, &c->uniform, &c->random);
      s->require_text[s->nrequire++] = message_of(l, demand);
      ok &= c->kernel != NULL;
    }
  }
  return ok;
}

ConnDesc *lower_connection(Lowering *l, Node *connect, CaptureList *caps) {
  ConnInfo *ci = connect->info;
  ConnDesc *d = NEW(l->a, ConnDesc);
  d->label = connect->name ? connect->name->text : "";
  d->syn = describe_synapse(l, ci);
  d->span = connect->span;
  if (connect->nlist3 && connect->kid[2]) syn_low(d->syn)->learn_first = connect->list3[0]->span.lo < connect->kid[2]->span.lo;
  d->source_span = connect->kid[0]->span;
  d->target_span = connect->kid[1]->span;
  bool ok = lower_params(l, d->syn, ci, caps);
  ok &= lower_pattern(l, d, ci, connect->kid[3], caps);
  ok &= lower_values(l, d, ci, caps);
  ok &= lower_demands(l, d->syn, ci, caps);
  ok = ok && (!ci->post || link_check(l, ci->post, ci));
  return ok ? d : NULL;
}

// ---- stimuli and selections ----
static IrVal any_noise(Env *e, const Sym *xi, const Node *at) {
  (void)xi, (void)at;
  return ir_const(e->ir, 1);
}

static int only_input(const Model *m) {
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_INPUT) return k;
  return -1;
}

void *lower_injection(Lowering *l, Node *inject, CaptureList *caps, int *input) {
  InjectLow *low = NEW(l->a, InjectLow);
  const Node *target = inject->kid[1];
  low->node = inject;
  low->expr = inject->kid[0];
  bool named = target->kind == N_MEMBER && target->sym && target->sym->kind == SYM_INPUT;
  *input = named ? target->sym->index : target->type.info ? only_input(target->type.info) : -1;
  // Lowered once to find what it captures; the kernels of the population lower it again with theirs.
  Arena *tmp = l->tmp = arena_new();
  Env e;
  env_init(&e, l, ir_new(tmp));
  e.caps = caps;
  e.xi = any_noise;
  lower_num(&e, low->expr);
  bool ok = !e.failed;
  env_end(&e);
  l->tmp = NULL;
  arena_free(tmp);
  low->caps = *caps;
  return ok ? low : NULL;
}

Kernel *lower_where(Lowering *l, Model *m, Node *condition, CaptureList *caps) {
  LaneContext cx = {.what = LANE_SELECT, .model = m};
  bool uniform, random;
  if (m) return lower_init(l, &cx, condition, caps, &uniform, &random);
  diag(l->d, E_NOT_SUPPORTED, condition->span, "elements can be selected by a condition only where all neurons are of one kind");
  return NULL;
}
