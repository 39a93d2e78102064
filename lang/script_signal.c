// SPDX-License-Identifier: MIT
// Signals: cells of one number. What one is given is compiled as a function, which runs once, or in each step where the
// value follows from the network or from time.
#include "lang/script_impl.h"

void emit_cell_of(ScriptC *c, Node *signal) {
  if (signal->kind == N_NAME) {
    emit_object(c, signal->span, signal->sym);
    return;
  }
  emit_expr(c, signal->kid[0]);
  emit_indices(c, signal);
  emit(c, signal->span, S_INDEX, add_index(c, signal), 0);
}

// The cell that a value stands for, on the stack.
static void emit_cell(ScriptC *c, Node *value, const ScriptScope *scope, Span at) {
  static const ScriptScope nothing;
  if (!value) {
    emit(c, at, S_CONST, pool_num(c, 0), 0);
    emit(c, at, S_NEWSIGNAL, 0, 0);
    return;
  }
  if (!scope) scope = &nothing;
  if (value->kind == N_NAME && sym_is_signal(value->sym)) { // that one itself
    emit_object(c, at, scope->ncaptures ? scope->captures[0] : value->sym);
    return;
  }
  if (!scope->ncaptures && node_is_signal(value)) {
    emit_cell_of(c, value);
    return;
  }
  unsigned how = signal_depends(value);
  int func = func_reserve(c);
  Code code;
  for (int k = 0; k < scope->ncaptures; k++) emit_object(c, at, scope->captures[k]);
  code_begin(c, &code);
  for (int k = 0; k < scope->ncaptures; k++) frame_slot(c, scope->inner[k]);
  code.nparams = scope->ncaptures;
  emit_expr(c, value);
  emit(c, value->span, S_RETURN, 0, 0);
  code_end(c, func, "signal");
  if (how) {
    emit(c, at, S_COMPUTED, func, how & SIGNAL_LATE ? 1 : 0);
  } else {
    emit(c, at, S_CALL, func, 0);
    emit(c, at, S_NEWSIGNAL, 0, 0);
  }
}

void emit_signal(ScriptC *c, Node *n) {
  if (!n->sym) return;
  emit_cell(c, n->kid[0], n->info, n->span);
  emit(c, n->span, S_STOREG, n->sym->slot, 0);
}

void emit_signals(ScriptC *c, const InitItem *items, int n, const SynDesc *syn, int rule, Span at, SignalList *out) {
  for (int k = 0; k < n; k++) {
    const Sym *v = items[k].var;
    if (v->kind != SYM_SIGNAL) continue;
    emit_cell(c, items[k].expr, items[k].scope, at);
    vec_push(out, syn ? describe_column(syn, v, rule) : v->index);
  }
}
