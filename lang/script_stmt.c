// SPDX-License-Identifier: MIT
// Statements: control, time, output. A statement leaves the stack as it found it.
#include "lang/script_impl.h"

#include <string.h>

// ---- variables ----

static void emit_let(ScriptC *c, Node *n) {
  emit_expr(c, n->kid[0]);
  if (n->sym->type.kind == TY_INT && n->kid[0]->type.kind != TY_INT) emit(c, n->span, S_TOINT, 0, 0);
  if (n->kid[0]->type.kind == TY_REC) emit(c, n->span, S_COPY, 0, 0); // arrays are values
  emit_store(c, n->span, n->sym);
}

// ---- control ----

static void emit_if(ScriptC *c, Node *n) {
  emit_condition(c, n->kid[0]);
  int no = emit(c, n->kid[0]->span, S_JUMPF, 0, 0);
  emit_block(c, n->kid[1]);
  if (!n->kid[2]) {
    patch(c, no);
    return;
  }
  int end = emit(c, n->span, S_JUMP, 0, 0);
  patch(c, no);
  if (n->kid[2]->kind == N_IF) emit_if(c, n->kid[2]);
  else emit_block(c, n->kid[2]);
  patch(c, end);
}

static void block_body(ScriptC *c, void *block) { emit_block(c, block); }

static void emit_while(ScriptC *c, Node *n) {
  int again = here(c);
  emit_condition(c, n->kid[0]);
  int end = emit(c, n->kid[0]->span, S_JUMPF, 0, 0);
  emit_block(c, n->kid[2]);
  emit(c, n->span, S_JUMP, again, 0);
  patch(c, end);
}

static void emit_return(ScriptC *c, Node *n) {
  if (n->kid[0]) emit_expr(c, n->kid[0]);
  else emit(c, n->span, S_NONE, 0, 0);
  emit(c, n->span, S_RETURN, 0, 0);
}

static void emit_alone(ScriptC *c, Node *n) {
  emit_expr(c, n->kid[0]);
  bool shown = c->in->prompt && c->main_file && !c->code->outer && n->kid[0]->type.kind != TY_NONE;
  if (shown) emit(c, n->span, S_RESULT, pool_format(c, format_of(c, n->kid[0]->type)), 0);
  else emit(c, n->span, S_POP, 0, 0);
}

static void emit_test(ScriptC *c, Node *n) {
  if (!c->main_file) return; // the tests of a module are its own affair
  Code code;
  int func = func_reserve(c);
  code_begin(c, &code);
  emit_block(c, n->kid[2]);
  emit(c, n->span, S_NONE, 0, 0);
  emit(c, n->span, S_RETURN, 0, 0);
  code_end(c, func, "test");
  vec_push(&c->p->test, (ScriptTest){.name = keep_text(c, n->text ? n->text : ""), .func = func, .span = n->span});
}

// ---- time ----

// A condition asked in each step: the frame's variables it names go along as they are.
static void collect_frame(const Node *n, Sym **found, int *count, int most) {
  if (!n) return;
  if (n->kind == N_NAME && n->sym && n->sym->kind == SYM_FRAME) {
    for (int k = 0; k < *count; k++)
      if (found[k] == n->sym) return;
    if (*count < most) found[(*count)++] = n->sym;
    return;
  }
  for (int k = 0; k < 4; k++) collect_frame(n->kid[k], found, count, most);
  for (int k = 0; k < n->nlist; k++) collect_frame(n->list[k], found, count, most);
}

static bool known_here(const ScriptC *c, const Sym *sym) {
  for (int k = 0; k < c->code->vars.n; k++)
    if (c->code->vars.data[k].sym == sym) return true;
  return false;
}

static void emit_until(ScriptC *c, Node *n) {
  enum { MOST = 64 };
  Sym *names[MOST];
  int count = 0, func = func_reserve(c);
  Code code;
  collect_frame(n->kid[0], names, &count, MOST);
  for (int k = 0; k < count;) { // variables of a [.. for x in ..] inside of it are its own
    if (known_here(c, names[k])) emit_object(c, n->span, names[k++]);
    else names[k] = names[--count];
  }
  code_begin(c, &code);
  for (int k = 0; k < count; k++) frame_slot(c, names[k]);
  code.nparams = count;
  emit_condition(c, n->kid[0]);
  emit(c, n->kid[0]->span, S_RETURN, 0, 0);
  code_end(c, func, "until");
  emit(c, n->span, S_RUNUNTIL, func, 0);
}

static void emit_run(ScriptC *c, Node *n) {
  if (n->op == RUN_UNTIL) {
    emit_until(c, n);
    return;
  }
  emit_expr(c, n->kid[0]);
  emit(c, n->span, n->op == RUN_FOR ? S_RUN : S_RUNSTEPS, 0, 0);
}

static void emit_timed(ScriptC *c, Node *n) {
  const ScriptScope *s = n->info;
  int func = func_reserve(c);
  Code code;
  emit_expr(c, n->kid[0]);
  for (int k = 0; k < s->ncaptures; k++) emit_object(c, n->span, s->captures[k]);
  code_begin(c, &code);
  for (int k = 0; k < s->ncaptures; k++) frame_slot(c, s->inner[k]);
  code.nparams = s->ncaptures;
  emit_block(c, n->kid[2]);
  emit(c, n->span, S_NONE, 0, 0);
  emit(c, n->span, S_RETURN, 0, 0);
  code_end(c, func, n->kind == N_AT ? "at" : "every");
  emit(c, n->span, n->kind == N_AT ? S_AT : S_EVERY, func, 0);
}

static void emit_stored(ScriptC *c, Node *n, ScriptOp op) {
  if (n->kid[0]) emit_text(c, n->kid[0]);
  else emit(c, n->span, S_CONST, pool_text(c, "", 0), 0);
  emit(c, n->span, op, 0, 0);
}

// ---- sweeps ----

static int sweep_row(ScriptC *c, const TableInfo *t) {
  const char **names = NEWN(c->a, const char *, t->n + 1);
  ScriptFormat *formats = NEWN(c->a, ScriptFormat, t->n + 1);
  for (int k = 0; k < t->n; k++) {
    names[k] = keep_text(c, t->names[k]->text);
    formats[k] = format_of(c, t->types[k]);
  }
  vec_push(&c->p->sweep, (ScriptSweep){.n = t->n, .names = names, .formats = formats});
  return c->p->sweep.n - 1;
}

void emit_sweep(ScriptC *c, Node *n) {
  const ScriptScope *s = n->info;
  emit_expr(c, n->kid[0]);
  emit(c, n->span, S_SWEEP, sweep_row(c, n->type.info), 0);
  int next = here(c);
  int end = emit(c, n->span, S_SWEEPNEXT, 0, 0);
  emit_store(c, n->span, n->sym);
  for (int k = 0; k < s->ncaptures; k++) { // each pass has the values of the surroundings anew
    emit_object(c, n->span, s->captures[k]);
    emit_store(c, n->span, s->inner[k]);
  }
  emit_block(c, n->kid[2]);
  emit(c, n->span, S_JUMP, next, 0);
  patch(c, end);
  emit(c, n->span, S_ENDSWEEP, 0, 0);
}

static void emit_collect(ScriptC *c, Node *n) {
  const char **names = NEWN(c->a, const char *, n->nlist + 1);
  for (int k = 0; k < n->nlist; k++) {
    Node *arg = n->list[k];
    names[k] = keep_text(c, arg->name ? arg->name->text : arg->kid[0]->name ? arg->kid[0]->name->text : "");
    emit_expr(c, arg->kid[0]);
  }
  vec_push(&c->p->collect, (ScriptCollect){.n = n->nlist, .names = names});
  emit(c, n->span, S_COLLECT, c->p->collect.n - 1, 0);
}

// ---- settings ----

static ScriptSetting setting_of(const char *name) {
  static const char *const names[] = {"dt", "seed", "threads", "precision", "method", "semantics", "rtol", "atol"};
  for (int k = 0; k < 8; k++)
    if (strcmp(names[k], name) == 0) return (ScriptSetting)k;
  BUG("a setting named %s", name);
}

static void emit_set(ScriptC *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    Node *b = n->list[k];
    ScriptSetting what = setting_of(b->kid[2]->name->text);
    bool word = what == SET_PRECISION || what == SET_METHOD || what == SET_SEMANTICS;
    if (word) emit(c, b->kid[0]->span, S_CONST, pool_text(c, b->kid[0]->name->text, b->kid[0]->name->n), 0);
    else emit_expr(c, b->kid[0]);
    if (what == SET_METHOD) lower_method_named(c->in->lowering, b->kid[0]->name->text); // for what is compiled next
    emit(c, b->span, S_SETTING, (int)what, 0);
  }
}

// ---- output ----

static void emit_print(ScriptC *c, Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    Node *v = n->list[k];
    emit_expr(c, v);
    if (v->type.kind != TY_STR) emit(c, v->span, S_TEXT, pool_format(c, format_of(c, v->type)), 0);
  }
  emit(c, n->span, S_PRINT, n->nlist, 0);
}

static void emit_save(ScriptC *c, Node *n) {
  emit_expr(c, n->kid[0]);
  emit_text(c, n->kid[1]);
  emit(c, n->span, S_SAVE, pool_format(c, format_of(c, n->kid[0]->type)), pool_name(c, source_text(c, n->kid[0]->span)));
}

static int plot_kind(const Node *y) {
  if (y->kind != N_CALL || !y->sym || y->sym->kind != SYM_BUILTIN) return PLOT_TRACE;
  switch (y->sym->index) {
  case BUILTIN_raster: return PLOT_RASTER;
  case BUILTIN_image: return PLOT_IMAGE;
  case BUILTIN_histogram: return PLOT_HISTOGRAM;
  default: return PLOT_TRACE;
  }
}

static Node *arg_of(const Node *call, int k) { return k < call->nlist && call->list[k] ? call->list[k]->kid[0] : NULL; }

// raster(P, from, to) draws spikes(P, from, to).
static void emit_raster(ScriptC *c, Node *call) {
  if (!arg_of(call, 1) && !arg_of(call, 2)) {
    emit_expr(c, arg_of(call, 0));
    return;
  }
  Span *spans = NEWN(c->a, Span, call->nlist + 1);
  for (int k = 0; k < call->nlist; k++) {
    Node *v = arg_of(call, k);
    spans[k] = v ? v->span : call->span;
    if (v) emit_expr(c, v);
    else emit(c, call->span, S_NONE, 0, 0);
  }
  vec_push(&c->p->call, (ScriptCall){.builtin = BUILTIN_spikes, .nargs = call->nlist, .spans = spans});
  emit(c, call->span, S_BUILTIN, c->p->call.n - 1, 0);
}

static ScriptPlotItem plot_item(ScriptC *c, Node *item) {
  Node *y = item->kid[0], *x = item->kid[1];
  ScriptPlotItem it = {.kind = plot_kind(y), .span = item->span};
  Node *data = it.kind == PLOT_TRACE ? y : arg_of(y, 0);
  if (it.kind == PLOT_HISTOGRAM && !x) x = arg_of(y, 1);
  if (it.kind == PLOT_RASTER) emit_raster(c, y);
  else emit_expr(c, data);
  it.y_label = source_text(c, data->span);
  it.y = format_of(c, data->type);
  it.has_x = x != NULL;
  if (!x) return it;
  emit_expr(c, x);
  it.x_label = source_text(c, x->span);
  it.x = format_of(c, x->type);
  return it;
}

void emit_plot(ScriptC *c, Node *n) {
  ScriptPlotItem *items = NEWN(c->a, ScriptPlotItem, n->nlist + 1);
  ScriptPlot row = {.items = items, .nitems = n->nlist, .has_title = n->kid[0] != NULL, .has_file = n->kid[1] != NULL};
  for (int k = 0; k < n->nlist; k++) {
    items[k] = plot_item(c, n->list[k]);
    row.npops += 1 + items[k].has_x;
  }
  for (int k = 0; k < 2; k++)
    if (n->kid[k]) emit_text(c, n->kid[k]), row.npops++;
  vec_push(&c->p->plot, row);
  emit(c, n->span, S_PLOT, c->p->plot.n - 1, 0);
}

// ---- expectations ----

static bool comparison(const Node *n) { return n->kind == N_BINARY && n->op >= OP_LT && n->op <= OP_NE; }

static int expect_row(ScriptC *c, ScriptExpect row) {
  vec_push(&c->p->expect, row);
  return c->p->expect.n - 1;
}

// Both sides are shown in the unit of the one that has one.
static ScriptFormat format_of_sides(ScriptC *c, const Node *a, const Node *b) {
  ScriptFormat f = format_of(c, a->type);
  return a->type.unit || a->type.anydim ? (f.unit[0] ? f : format_of(c, b->type)) : format_of(c, b->type).unit[0] ? format_of(c, b->type) : f;
}

static void emit_near(ScriptC *c, Node *n) {
  Node *a = n->kid[0], *b = n->kid[1], *tolerance = n->kid[2];
  ScriptExpect row = {.sign = "near", .format = format_of_sides(c, a, b), .relative = true};
  emit_expr(c, a);
  emit_expr(c, b);
  if (tolerance) {
    bool bare = tolerance->type.kind != TY_NUM || dim_is_none(tolerance->type.dim);
    row.has_tolerance = true;
    row.relative = tolerance->flags & NF_PERCENT || (bare && row.format.unit[0] && !tolerance->type.anydim);
    row.tolerance = format_of(c, tolerance->type);
    emit_expr(c, tolerance);
  }
  emit(c, n->span, S_EXPECTNEAR, expect_row(c, row), 0);
}

void emit_expect(ScriptC *c, Node *n) {
  static const ArrayOp ops[] = {[OP_LT] = ARRAY_LT, [OP_LE] = ARRAY_LE, [OP_GT] = ARRAY_GT,
                                [OP_GE] = ARRAY_GE, [OP_EQ] = ARRAY_EQ, [OP_NE] = ARRAY_NE};
  Node *cond = n->kid[0];
  if (n->kid[1]) {
    emit_near(c, n);
    return;
  }
  emit_expr(c, comparison(cond) ? cond->kid[0] : cond);
  if (!comparison(cond)) {
    emit(c, n->span, S_EXPECT, expect_row(c, (ScriptExpect){.sign = "", .format = {.unit = "", .scale = 1}}), 0);
    return;
  }
  emit_expr(c, cond->kid[1]);
  ScriptExpect row = {.op = ops[cond->op], .sign = op_text((Op)cond->op), .format = format_of_sides(c, cond->kid[0], cond->kid[1])};
  emit(c, n->span, S_EXPECTCMP, expect_row(c, row), 0);
}

// ---- all together ----

void emit_block(ScriptC *c, Node *block) {
  for (int k = 0; k < block->nlist; k++) emit_statement(c, block->list[k]);
}

static bool emit_network_item(ScriptC *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_POPULATION: emit_population(c, n); return true;
  case N_BUILD: emit_build(c, n); return true;
  case N_CONNECT: emit_connect(c, n); return true;
  case N_INJECT: emit_inject(c, n); return true;
  case N_INJSPIKES: emit_inject_spikes(c, n); return true;
  case N_RECORD: emit_record(c, n); return true;
  case N_RECSPIKES: emit_record_spikes(c, n); return true;
  default: return false;
  }
}

static bool emit_time_item(ScriptC *c, Node *n) {
  switch ((NodeKind)n->kind) {
  case N_RUN: emit_run(c, n); return true;
  case N_RESET: emit(c, n->span, S_RESET, n->op, 0); return true;
  case N_STORE: emit_stored(c, n, S_STORE); return true;
  case N_RESTORE: emit_stored(c, n, S_RESTORE); return true;
  case N_CHECKPOINT: emit_stored(c, n, S_CHECKPOINT); return true;
  case N_RESUME: emit_stored(c, n, S_RESUME); return true;
  case N_LEARNING: emit(c, n->span, S_LEARNING, n->op, 0); return true;
  case N_AT:
  case N_EVERY: emit_timed(c, n); return true;
  case N_SWEEP:
    emit_sweep(c, n);
    emit(c, n->span, S_POP, 0, 0);
    return true;
  case N_COLLECT: emit_collect(c, n); return true;
  case N_SIGNAL: emit_signal(c, n); return true;
  default: return false;
  }
}

// Declarations leave no code.
static bool is_declaration(const Node *n) {
  return n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE || n->kind == N_NETWORK || n->kind == N_FUNCTION ||
         n->kind == N_USE;
}

void emit_statement(ScriptC *c, Node *n) {
  if (is_declaration(n) || emit_network_item(c, n) || emit_time_item(c, n)) return;
  switch ((NodeKind)n->kind) {
  case N_LET: emit_let(c, n); break;
  case N_ASSIGN: emit_assign(c, n); break;
  case N_IF: emit_if(c, n); break;
  case N_FOR: emit_loop(c, n->kid[0], n->sym, n->span, block_body, n->kid[2]); break;
  case N_WHILE: emit_while(c, n); break;
  case N_RETURN: emit_return(c, n); break;
  case N_NATIVE: emit_native_library(c, n); break;
  case N_EXPRSTMT: emit_alone(c, n); break;
  case N_TEST: emit_test(c, n); break;
  case N_SET: emit_set(c, n); break;
  case N_PRINT: emit_print(c, n); break;
  case N_SAVE: emit_save(c, n); break;
  case N_PLOT: emit_plot(c, n); break;
  case N_EXPECT: emit_expect(c, n); break;
  case N_BLOCK: emit_block(c, n); break;
  default: BUG("a statement of kind %s in a script", node_kind_name((NodeKind)n->kind));
  }
}
