// SPDX-License-Identifier: MIT
// Native libraries and calls of a script. A kernel leaves its value and the new values of what it changes, which are then
// assigned as if each stood alone.
#include "lang/script_impl.h"

#include <string.h>

void emit_native_library(ScriptC *c, Node *n) {
  vec_push(&c->p->native, (ScriptNative){.lib = n->info});
  emit(c, n->span, S_NATIVE, c->p->native.n - 1, 0);
}

static Node *value_of(Node *arg) { return arg->kind == N_ARG ? arg->kid[0] : arg; }

// place = the value in a variable of the frame.
static void assign_from(ScriptC *c, Node *place, Sym *from, Span at) {
  Node name = {.kind = N_NAME, .span = at, .sym = from, .name = from->name, .type = place->type};
  Node assign = {.kind = N_ASSIGN, .op = OP_NONE, .span = at, .kid = {place, &name}};
  emit_assign(c, &assign);
}

static int call_row(ScriptC *c, const Node *n, const NativeFn *f) {
  Span *spans = NEWN(c->a, Span, f->nparams + 1);
  for (int k = 0; k < f->nparams; k++) spans[k] = n->list[k] ? n->list[k]->span : n->span;
  vec_push(&c->p->native, (ScriptNative){.lib = f->lib, .fn = f, .nargs = f->nparams, .nouts = native_outs(f), .spans = spans});
  return c->p->native.n - 1;
}

void emit_native_call(ScriptC *c, Node *n, const NativeFn *f) {
  for (int k = 0; k < f->nparams; k++) {
    if (n->list[k]) emit_expr(c, value_of(n->list[k]));
    else emit(c, n->span, S_NONE, 0, 0);
  }
  emit(c, n->span, S_NATIVECALL, call_row(c, n, f), 0);
  Sym *held[NATIVE_PARAMS] = {NULL};
  for (int k = f->nparams; k-- > 0;) {
    if (f->param[k].dir == NATIVE_IN) continue;
    held[k] = NEW(c->a, Sym);
    held[k]->kind = SYM_FRAME;
    emit(c, n->span, S_STOREL, frame_slot(c, held[k]), 0);
  }
  for (int k = 0; k < f->nparams; k++)
    if (held[k]) assign_from(c, value_of(n->list[k]), held[k], n->list[k]->span);
}
