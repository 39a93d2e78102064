// SPDX-License-Identifier: MIT
// Statements that make the network. Descriptors and kernels come from lowering; what they capture is compiled here, in
// the order of the list, and lies on top of the operands of the instruction.
#include "lang/script_impl.h"

#include <string.h>

// The length of an axis: shape(x)[axis - 1].
static void emit_axis(ScriptC *c, Node *x, int axis) {
  Span *span = NEW(c->a, Span);
  *span = x->span;
  emit_expr(c, x);
  vec_push(&c->p->call, (ScriptCall){.builtin = BUILTIN_shape, .nargs = 1, .spans = span});
  emit(c, x->span, S_BUILTIN, c->p->call.n - 1, 0);
  emit(c, x->span, S_CONST, pool_int(c, axis - 1), 0);
  ScriptIndex row = {.n = 1, .nvalues = 1};
  row.axis[0].span = x->span;
  vec_push(&c->p->index, row);
  emit(c, x->span, S_INDEX, c->p->index.n - 1, 0);
}

// Tests that as many indices were written as x has axes.
static void emit_axes_test(ScriptC *c, Node *x, int nindex) {
  emit_expr(c, x);
  emit(c, x->span, S_AXES, nindex, 0);
}

void emit_captures(ScriptC *c, const CaptureList *caps) {
  for (int k = 0; k < caps->n; k++) {
    const Node *x = caps->item[k].expr;
    if (node_is_signal(x)) emit_cell_of(c, (Node *)x);
    else if (caps->item[k].axis == 0) emit_expr(c, caps->item[k].expr);
    else if (caps->item[k].axis < 0) emit_axes_test(c, caps->item[k].expr, -caps->item[k].axis);
    else emit_axis(c, caps->item[k].expr, caps->item[k].axis);
  }
}

static bool lowered(ScriptC *c, const void *result) {
  if (!result) c->failed = true;
  return result != NULL;
}

// ---- populations ----

typedef struct PopLoop {
  Node *n;
  int row, list;
  const CaptureList *caps;
  SignalList *signals;
} PopLoop;

static void one_population(ScriptC *c, PopLoop *s) {
  const PopInfo *info = s->n->info;
  for (int k = 0; k < s->n->nlist2; k++) emit_expr(c, s->n->list2[k]);
  emit_signals(c, info->init, info->ninit, NULL, -1, s->n->span, s->signals);
  emit_captures(c, s->caps);
  emit(c, s->n->span, S_POPULATION, s->row, 0);
}

static void population_body(ScriptC *c, void *ctx) {
  PopLoop *s = ctx;
  const PopInfo *info = s->n->info;
  emit(c, s->n->span, S_MOVEL, s->list, 0);
  emit_load(c, s->n->span, info->index);
  one_population(c, s);
  emit(c, s->n->span, S_ADDTO, 0, 0);
  emit(c, s->n->span, S_STOREL, s->list, 0);
}

void emit_population(ScriptC *c, Node *n) {
  CaptureList caps = {0};
  SignalList signals = {0};
  PopLoop s = {.n = n, .caps = &caps, .signals = &signals};
  PopDesc *d = lower_population(c->in->lowering, n, &caps);
  if (!lowered(c, d)) return;
  const PopInfo *info = n->info;
  vec_push(&c->p->pop, (ScriptPop){.desc = d, .nsizes = n->nlist2, .ncaptures = caps.n, .numbered = info->index != NULL});
  s.row = c->p->pop.n - 1;
  if (!info->index) {
    one_population(c, &s);
  } else {
    s.list = temp_slot(c);
    emit(c, n->span, S_LIST, 0, 0);
    emit(c, n->span, S_STOREL, s.list, 0);
    emit_loop(c, n->kid[1], info->index, n->span, population_body, &s);
    emit(c, n->span, S_MOVEL, s.list, 0);
    emit(c, n->span, S_ENDLIST, 0, 0);
  }
  c->p->pop.data[s.row].nsignals = signals.n;
  c->p->pop.data[s.row].signal = vec_keep(&signals, c->a);
  emit_store(c, n->span, n->sym);
}

// ---- networks ----

static void build_one(ScriptC *c, Node *n) {
  const BuildInfo *b = n->info;
  for (int k = 0; k < b->nparams; k++) {
    if (!b->value[k]) continue;
    emit_expr(c, b->value[k]);
    if (b->param[k]->type.kind == TY_INT && b->value[k]->type.kind != TY_INT) emit(c, n->span, S_TOINT, 0, 0);
    emit_store(c, n->span, b->param[k]);
  }
  for (int k = 0; k < b->nitems; k++) emit_statement(c, b->item[k]);
}

typedef struct BuildLoop {
  Node *n;
  int *list; // a frame variable for each part
} BuildLoop;

static void build_body(ScriptC *c, void *ctx) {
  BuildLoop *s = ctx;
  const BuildInfo *b = s->n->info;
  build_one(c, s->n);
  for (int k = 0; k < b->nparts; k++) {
    emit(c, s->n->span, S_MOVEL, s->list[k], 0);
    emit_object(c, s->n->span, b->part[k]);
    emit(c, s->n->span, S_ADDTO, 0, 0);
    emit(c, s->n->span, S_STOREL, s->list[k], 0);
  }
}

void emit_build(ScriptC *c, Node *n) {
  const BuildInfo *b = n->info;
  if (!b->index) {
    build_one(c, n);
    return;
  }
  BuildLoop s = {.n = n, .list = NEWN(c->a, int, b->nparts + 1)};
  for (int k = 0; k < b->nparts; k++) {
    s.list[k] = temp_slot(c);
    emit(c, n->span, S_LIST, 0, 0);
    emit(c, n->span, S_STOREL, s.list[k], 0);
  }
  emit_loop(c, n->kid[1], b->index, n->span, build_body, &s);
  for (int k = 0; k < b->nparts; k++) {
    emit(c, n->span, S_MOVEL, s.list[k], 0);
    if (b->list[k]->type.kind != TY_LIST) emit(c, n->span, S_ENDLIST, 0, 0); // recordings and signals stay what they are
    emit_store(c, n->span, b->list[k]);
  }
}

// ---- connections ----

static bool names_input(const Node *target) { return target->kind == N_MEMBER && target->sym && target->sym->kind == SYM_INPUT; }

static int pattern_args(ScriptC *c, const ConnDesc *d, Node *pattern) {
  if (!pattern) return 0;
  switch (pattern->op) {
  case PAT_PROB:
  case PAT_INDEGREE:
  case PAT_OUTDEGREE:
  case PAT_TOTAL:
    if (d->number) return 0;
    emit_expr(c, pattern->kid[0]);
    return 1;
  case PAT_FROM:
    emit_expr(c, pattern->kid[0]->list[0]);
    emit_expr(c, pattern->kid[0]->list[1]);
    return 2;
  default: return 0;
  }
}

static void bind_signals(ScriptC *c, Node *n, const ConnDesc *d, ScriptConn *row) {
  const ConnInfo *ci = n->info;
  SignalList signals = {0};
  emit_signals(c, ci->params, ci->nparams, d->syn, -1, n->span, &signals);
  for (int r = 0; r < ci->nrules; r++) emit_signals(c, ci->rules[r].params, ci->rules[r].nparams, d->syn, r, n->span, &signals);
  row->nsignals = signals.n;
  row->signal = vec_keep(&signals, c->a);
}

void emit_connect(ScriptC *c, Node *n) {
  CaptureList caps = {0};
  ConnDesc *d = lower_connection(c->in->lowering, n, &caps);
  if (!lowered(c, d)) return;
  Node *target = n->kid[1];
  ScriptConn row = {.desc = d, .ncaptures = caps.n, .input = names_input(target) ? target->sym->index : -1};
  emit_expr(c, n->kid[0]);
  emit_expr(c, names_input(target) ? target->kid[0] : target);
  bind_signals(c, n, d, &row);
  row.nargs = pattern_args(c, d, n->kid[3]);
  emit_captures(c, &caps);
  vec_push(&c->p->conn, row);
  emit(c, n->span, S_CONNECT, c->p->conn.n - 1, 0);
  if (n->sym) emit_store(c, n->span, n->sym);
  else emit(c, n->span, S_POP, 0, 0);
}

// ---- stimuli ----

void emit_inject(ScriptC *c, Node *n) {
  CaptureList caps = {0};
  ScriptInject row = {.has_from = n->kid[2] != NULL, .has_to = n->kid[3] != NULL};
  row.lang = lower_injection(c->in->lowering, n, &caps, &row.input);
  if (!lowered(c, row.lang)) return;
  row.ncaptures = caps.n;
  emit_expr(c, names_input(n->kid[1]) ? n->kid[1]->kid[0] : n->kid[1]);
  for (int k = 2; k < 4; k++)
    if (n->kid[k]) emit_expr(c, n->kid[k]);
  emit_captures(c, &caps);
  vec_push(&c->p->inject, row);
  emit(c, n->span, S_INJECT, c->p->inject.n - 1, 0);
}

void emit_inject_spikes(ScriptC *c, Node *n) {
  emit_expr(c, n->kid[1]);
  if (n->kid[2]) emit_expr(c, n->kid[2]);
  emit_expr(c, n->kid[0]);
  emit(c, n->span, S_INJSPIKES, n->kid[2] != NULL, 0);
}

// ---- recordings ----

static void finish_record(ScriptC *c, Node *n, ScriptRecord row, Node *file) {
  if (file) emit_text(c, file);
  row.has_file = file != NULL;
  row.npops += row.has_every + row.has_file;
  row.name = n->name ? keep_text(c, n->name->text) : "";
  vec_push(&c->p->record, row);
  emit(c, n->span, S_RECORD, c->p->record.n - 1, 0);
  if (n->sym) emit_store(c, n->span, n->sym);
  else emit(c, n->span, S_POP, 0, 0);
}

void emit_record_spikes(ScriptC *c, Node *n) {
  const char **with = NEWN(c->a, const char *, n->nlist + 1);
  for (int k = 0; k < n->nlist; k++) with[k] = keep_text(c, n->list[k]->name->text);
  emit_expr(c, n->kid[0]);
  finish_record(c, n, (ScriptRecord){.kind = RECORD_SPIKES, .with = with, .nwith = n->nlist, .npops = 1, .format = {.unit = "", .scale = 1}}, n->kid[2]);
}

// record w = C.w[3, 4]: projection and indices are captured now, the rest is evaluated for each sample.
static int sample_function(ScriptC *c, Node *index) {
  Node *member = index->kid[0];
  Code code;
  int func = func_reserve(c), row = add_index(c, index), n = c->p->index.data[row].nvalues, name = pool_name(c, member_path(c, member));
  bool pair = index->nlist == 2;
  code_begin(c, &code);
  code.nparams = code.nslots = 1 + n;
  emit(c, index->span, S_LOADL, 0, 0);
  if (pair && n == 2 && !c->p->index.data[row].axis[0].range && !c->p->index.data[row].axis[1].range) {
    for (int k = 0; k < n; k++) emit(c, index->span, S_LOADL, 1 + k, 0);
    emit(c, index->span, S_PAIR, name, 0);
  } else {
    emit(c, index->span, pair ? S_MATRIX : S_FIELD, name, 0);
    for (int k = 0; k < n; k++) emit(c, index->span, S_LOADL, 1 + k, 0);
    emit(c, index->span, S_INDEX, row, 0);
  }
  emit(c, index->span, S_RETURN, 0, 0);
  code_end(c, func, "record");
  return func;
}

static void record_part(ScriptC *c, Node *index, ScriptRecord *row) {
  emit_expr(c, member_object(index->kid[0]));
  emit_indices(c, index);
  row->kind = RECORD_EXPR;
  row->func = sample_function(c, index);
  row->npops = c->p->func.data[row->func].nparams;
}

static void record_signal(ScriptC *c, Node *name, ScriptRecord *row) {
  Code code;
  row->kind = RECORD_EXPR;
  row->func = func_reserve(c);
  emit_cell_of(c, name);
  code_begin(c, &code);
  code.nparams = code.nslots = 1;
  emit(c, name->span, S_LOADL, 0, 0);
  emit(c, name->span, S_SIGGET, 0, 0);
  emit(c, name->span, S_RETURN, 0, 0);
  code_end(c, row->func, "record");
}

static bool single_number(Type t) { return t.kind == TY_NUM || t.kind == TY_INT || t.kind == TY_BOOL; }

void emit_record(ScriptC *c, Node *n) {
  Node *what = n->kid[0], *member = what->kind == N_INDEX ? what->kid[0] : what;
  ScriptRecord row = {.kind = RECORD_VAR, .has_every = n->kid[1] != NULL, .npops = 1, .single = single_number(what->type),
                      .format = format_of(c, what->type)};
  if (node_is_signal(what)) {
    record_signal(c, what, &row);
    if (n->kid[1]) emit_expr(c, n->kid[1]);
    finish_record(c, n, row, n->kid[2]);
    return;
  }
  if (member->kind != N_MEMBER) BUG("a recording of %s", node_kind_name((NodeKind)what->kind));
  Node *object = member_object(member);
  row.var = keep_text(c, member_path(c, member));
  if (object->type.kind == TY_PROJ) row.kind = RECORD_PROJ;
  if (object->type.kind == TY_PROJ && what->kind == N_INDEX) {
    record_part(c, what, &row);
  } else {
    emit_expr(c, object);
    if (what->kind == N_INDEX) emit_population_index(c, what); // P.V[0:5] is P[0:5].V
  }
  if (n->kid[1]) emit_expr(c, n->kid[1]);
  finish_record(c, n, row, n->kid[2]);
}

// ---- selections and draws ----

static int kernel_row(ScriptC *c, Kernel *k, int ncaptures) {
  vec_push(&c->p->kernel, (ScriptKernel){.kernel = k, .ncaptures = ncaptures});
  return c->p->kernel.n - 1;
}

void emit_where(ScriptC *c, Node *n) {
  CaptureList caps = {0};
  Kernel *k = lower_where(c->in->lowering, n->kid[0]->type.info, n->list[0]->kid[0], &caps);
  if (!lowered(c, k)) return;
  emit_captures(c, &caps);
  emit(c, n->span, S_WHERE, kernel_row(c, k, caps.n), 0);
}

void emit_draw(ScriptC *c, Node *expr) {
  CaptureList caps = {0};
  LaneContext lane = {.what = LANE_SCRIPT};
  bool uniform, random;
  Kernel *k = lower_init(c->in->lowering, &lane, expr, &caps, &uniform, &random);
  if (!lowered(c, k)) {
    emit(c, expr->span, S_NONE, 0, 0);
    return;
  }
  emit_captures(c, &caps);
  emit(c, expr->span, S_DRAW, kernel_row(c, k, caps.n), 0);
}
