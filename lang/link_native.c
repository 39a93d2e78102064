// SPDX-License-Identifier: MIT
// Kernels of shared libraries in handlers. A call cuts its handler in parts: what stands before it is lowered into the
// kernel that runs before (advance, or that of `on every`), what stands behind it into a kernel that runs after the call
// and finds states in their columns. Every argument that is no plain state has a kernel of its own that computes it.
#include "lang/link.h"

bool is_kernel_statement(const Node *n) {
  const NativeFn *f = n->kind == N_EXPRSTMT && n->kid[0]->kind == N_CALL ? native_of(n->kid[0]->sym) : NULL;
  return f && f->kernel;
}

static int calls_in(const Node *block) {
  int n = 0;
  for (int k = 0; k < block->nlist; k++) n += is_kernel_statement(block->list[k]);
  return n;
}

static bool of_handler(const Node *on, int which, const Node *every) {
  return on->kind == N_ON && on->op == which && (!every || on == every);
}

int native_calls(const Model *m, int on, const Node *every) {
  int n = 0;
  for (int j = 0; j < m->non; j++)
    if (of_handler(m->on[j].node, on, every)) n += calls_in(m->on[j].node->kid[2]);
  return n;
}

static const Node *call_number(const Model *m, int on, const Node *every, int number, const Node **block) {
  for (int j = 0; j < m->non; j++) {
    const Node *h = m->on[j].node;
    for (int k = 0; of_handler(h, on, every) && k < h->kid[2]->nlist; k++)
      if (is_kernel_statement(h->kid[2]->list[k]) && number-- == 0) return *block = h->kid[2], h->kid[2]->list[k]->kid[0];
  }
  BUG("a kernel call that is not there");
}

// ---- lets before a call, read behind it ----
static int local_column(const System *s, const Sym *sym) {
  const NeuronLow *n = s->shape->low;
  for (int k = 0; k < n->nlocals; k++)
    if (n->local[k].sym == sym) return n->local[k].column;
  return -1;
}

void locals_keep(System *s) {
  for (int k = s->e.scope; k < s->e.locals.n; k++) {
    const LocalVar *x = &s->e.locals.data[k];
    int column = local_column(s, x->sym);
    if (column >= 0) system_store_hidden(s, column, x->sym->name->text, to_num(&s->e, x->v));
  }
}

void locals_recall(System *s, const Node *n) {
  for (int k = 0; n->kind == N_SCALED && k < n->nlist; k++) locals_recall(s, n->list[k]);
  int column = n->kind == N_LET ? local_column(s, n->sym) : -1;
  if (column < 0) return;
  IrVal v = system_hidden(s, column, n->sym->name->text);
  vec_push(&s->e.locals, (LocalVar){.sym = n->sym, .v = n->sym->type.kind == TY_BOOL ? to_mask(&s->e, v) : v});
}

// Whether an expression is what it was before the call: made of numbers, parameters and constants of the script.
static bool is_changing(const Node *n, void *ctx) {
  (void)ctx;
  if (n->kind == N_PREV || n->kind == N_CALL) return true;
  const Sym *x = n->kind == N_NAME || n->kind == N_MEMBER ? n->sym : NULL;
  return x && x->kind != SYM_GLOBAL && (x->kind != SYM_PARAM || x->assigned);
}

// For an argument of a call: one number for all neurons must be seen to be one.
static void locals_for_argument(System *s, const Node *block, const Node *call) {
  for (int k = 0; k < block->nlist; k++) {
    const Node *n = block->list[k];
    if (n->kind == N_EXPRSTMT && n->kid[0] == call) return;
    bool same = n->kind == N_LET && !n->sym->assigned && !node_any(n->kid[0], is_changing, NULL);
    if (same) vec_push(&s->e.locals, (LocalVar){.sym = n->sym, .v = lower_expr(&s->e, n->kid[0])});
    else locals_recall(s, n);
  }
}

static const Node *value_of(const Node *arg) { return arg->kind == N_ARG ? arg->kid[0] : arg; }

// A kernel that stores the value to SPACE_OUT 0. NULL after an error.
static Kernel *value_kernel(Lowering *l, const PopShape *shape, const Node *block, const Node *n, const NativeFn *f, int k) {
  System s;
  system_open(&s, l, shape, ACC_LANE);
  s.stored_inputs = s.before_spikes = true;
  locals_for_argument(&s, block, n);
  IrVal v = lower_num(&s.e, value_of(n->list[k]));
  IrRate rate = ir_rate(s.ir, v);
  if (!s.e.failed && !f->param[k].ndim && (rate == RATE_LANE || rate == RATE_STEP_LANE)) {
    Diag *e = env_error(&s.e, E_NATIVE_PLACE, n->list[k], "`%s` of `%s` is one number for the whole population, but this differs from neuron to neuron",
                        f->param[k].name, f->name);
    diag_hint(e, "declare it as a column: %s: in real[n]", f->param[k].name);
  }
  Slot out = slot_out(0);
  ir_store(s.ir, out, v);
  Kernel *kernel = system_compile(&s, "argument");
  system_close(&s);
  return kernel;
}

static bool is_state_of(const Node *v, const Model *m) {
  return v->kind == N_NAME && v->sym && v->sym->model == m && (v->sym->kind == SYM_STATE || v->sym->kind == SYM_WEIGHT);
}

static bool make_arg(Lowering *l, const PopShape *shape, const Node *block, const Node *n, const NativeFn *f, int k, NativeArg *out) {
  *out = (NativeArg){.var = -1, .global = -1};
  if (f->param[k].type == NATIVE_COUNT) return true;
  const Node *v = value_of(n->list[k]);
  bool array = f->param[k].ndim > 0;
  out->span = n->list[k]->span;
  if (f->param[k].type == NATIVE_STRING) {
    out->text = v->nlist ? arena_strndup(v->list[0]->text, v->list[0]->textn, l->a) : "";
    return true;
  }
  if (array && v->kind == N_NAME && v->sym->kind == SYM_GLOBAL && v->type.kind == TY_ARRAY) return out->global = v->sym->slot, true;
  if (array && is_state_of(v, shape->low->model)) return out->var = v->sym->index, true;
  return (out->value = value_kernel(l, shape, block, n, f, k)) != NULL;
}

bool link_call(Lowering *l, const PopShape *shape, int on, const Node *every, int number, NativeStage *out) {
  const Node *block, *call = call_number(shape->low->model, on, every, number, &block);
  const NativeFn *f = native_of(call->sym);
  *out = (NativeStage){.fn = f, .span = call->span, .arg = NEWN(l->a, NativeArg, f->nparams + 1)};
  for (int k = 0; k < f->nparams; k++)
    if (!make_arg(l, shape, block, call, f, k, &out->arg[k])) return false;
  return true;
}
