// SPDX-License-Identifier: MIT
// Signals: numbers shared by all that change in time. A signal of the script is set by it, or computed in each step where
// its value follows from the network or from time; a signal of a neuron, synapse or rule is bound to one where it is used.
//
// The value of a signal is evaluated later and again and again, in a frame of its own: what it takes from loops around it
// is copied in.
#include "lang/check_impl.h"

enum { NESTED_FUNCTIONS = 40 };

bool node_is_signal(const Node *n) {
  if (n->kind == N_NAME) return n->sym && sym_is_signal(n->sym);
  return n->kind == N_INDEX && n->kid[0]->type.kind == TY_LIST && type_is_number(type_one(n->kid[0]->type));
}

static unsigned depends(const Node *n, int depth);

static unsigned member_depends(const Node *n) {
  if (n->kid[0]->type.kind != TY_POP || !n->sym) return 0;
  return n->sym->kind == SYM_LET || n->sym->kind == SYM_INPUT ? SIGNAL_COMPUTED | SIGNAL_LATE : SIGNAL_COMPUTED;
}

static unsigned call_depends(const Node *n, int depth) {
  if (node_draws(n)) return SIGNAL_COMPUTED;
  const Node *f = n->sym && n->sym->kind == SYM_FUNC ? n->sym->decl : NULL;
  if (!f || depth > NESTED_FUNCTIONS) return 0;
  return depends(f->kid[0], depth + 1) | depends(f->kid[1], depth + 1);
}

static unsigned depends(const Node *n, int depth) {
  if (!n) return 0;
  unsigned d = 0;
  const Sym *s = n->sym;
  if (n->kind == N_NAME && s && s->kind == SYM_SELFVAR && s->selfvar != SV_DT) d |= SIGNAL_COMPUTED;
  if (n->kind == N_NAME && s && sym_is_signal(s)) d |= SIGNAL_COMPUTED | ((s->of ? s->of : s)->signal & SIGNAL_LATE);
  if (n->kind == N_INDEX && node_is_signal(n)) d |= SIGNAL_COMPUTED;
  if (n->type.kind == TY_POP || n->type.kind == TY_POPS || n->type.kind == TY_PROJ || n->type.kind == TY_PROJS ||
      n->type.kind == TY_SPIKES || n->type.kind == TY_REC)
    d |= SIGNAL_COMPUTED;
  if (n->kind == N_MEMBER) d |= member_depends(n);
  if (n->kind == N_CALL) d |= call_depends(n, depth);
  for (int k = 0; k < 4; k++) d |= depends(n->kid[k], depth);
  for (int k = 0; k < n->nlist; k++) d |= depends(n->list[k], depth);
  return d;
}

unsigned signal_depends(const Node *value) { return depends(value, 0); }

Type check_signal_value(Checker *c, Node *value, Type want, const char *name, ScriptScope **scope) {
  Frame f;
  Ctx cx;
  frame_enter(c, &cx, &f);
  Type t = want;
  if (want.kind == TY_BOOL) check_condition(c, value, name);
  else if (want.kind == TY_NONE) t = check_scalar(c, value, name);
  else t = check_quantity(c, value, want, name, false);
  ctx_leave(c);
  frame_leave(c, &f);
  *scope = f.scope;
  return t;
}

void check_signal(Checker *c, Node *n) {
  require_place(c, n, "a signal");
  Type t = n->kid[1] ? type_of_unit(c, n->kid[1]) : type_of(TY_NONE);
  ScriptScope *scope = NEW(c->a, ScriptScope);
  if (n->kid[1] && type_known(t) && t.kind != TY_NUM) {
    rule_wrong_kind(c, n->kid[1], t, "the unit of a number");
    t = type_error();
  }
  if (n->kid[0]) {
    Type v = check_signal_value(c, n->kid[0], t, n->name->text, &scope);
    check_draw(c, n, n->kid[0]);
    if (!n->kid[1]) t = v.kind == TY_NUM ? v : v.kind == TY_ERROR ? v : type_num(DIM_NONE, NULL);
  } else if (!n->kid[1])
    t = type_num(DIM_NONE, NULL);
  t.anydim = false;
  n->type = t;
  n->info = scope;
  n->sym = sym_global(c, SYM_SIGNAL, n->name, n, t);
  n->sym->doc = n->doc;
  n->sym->signal = (uint8_t)(n->kid[0] && t.kind != TY_ERROR ? signal_depends(n->kid[0]) : 0);
  declare(c, n->sym, n->name_span);
}
