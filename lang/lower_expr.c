// SPDX-License-Identifier: MIT
// Expressions of bodies -> lane IR. Everything comes out in SI units, except inside `scaled` blocks, where every name is
// divided by the scale of its dimension and all numbers are plain.
#include "lang/lower_impl.h"

#include <math.h>

IrVal to_num(Env *e, IrVal v) { return ir_is_mask(e->ir, v) ? ir_op1(e->ir, IR_NUM, v) : v; }

IrVal to_mask(Env *e, IrVal v) {
  return ir_is_mask(e->ir, v) ? v : ir_op2(e->ir, IR_NE, v, ir_const(e->ir, 0));
}

IrVal lower_num(Env *e, const Node *n) { return to_num(e, lower_expr(e, n)); }
IrVal lower_mask(Env *e, const Node *n) { return to_mask(e, lower_expr(e, n)); }

IrVal lane_of(Env *e) {
  e->varies = true;
  return e->lane ? e->lane : ir_lane(e->ir);
}

IrVal element_of(Env *e) {
  e->varies = true;
  return e->element ? e->element : lane_of(e);
}

double scaled_of(Env *e, Dim d, const Node *at) {
  double scale = 1;
  if (e->scaled && !scaled_factor(e->scaled, d, &scale))
    env_error(e, E_NOT_SUPPORTED, at, "the units of this scaled block cannot express the variable");
  return scale;
}

// Scales a name's value to the plain number that it is in a scaled block.
static IrVal plain(Env *e, IrVal v, Type t, const Node *at) {
  if (!e->scaled || dim_is_none(t.dim) || ir_is_mask(e->ir, v)) return v;
  double scale = scaled_of(e, t.dim, at);
  return scale == 1 ? v : ir_op2(e->ir, IR_DIV, v, ir_const(e->ir, scale));
}

const Node *scaled_around(const Model *m, const Node *part) {
  if (!m || !m->decl) return NULL;
  for (int k = 0; k < m->decl->nlist; k++) {
    const Node *s = m->decl->list[k];
    for (int j = 0; s->kind == N_SCALED && j < s->nlist; j++)
      if (s->list[j] == part) return s;
  }
  return NULL;
}

// ---- variables ----
static IrVal compute_let(Env *e, View *v, const Sym *s, const Node *at) {
  if (v->busy[s->index]) {
    env_error(e, E_NOT_SUPPORTED, at, "%s depends on itself", s->name->text);
    return ir_const(e->ir, 0);
  }
  v->busy[s->index] = true;
  View *view = e->view;
  const Node *scaled = e->scaled;
  int scope = e->scope;
  e->view = v;
  e->scaled = s->scaled ? s->scaled : scaled_around(v->model, s->decl);
  e->scope = e->locals.n;
  IrVal r = lower_expr(e, s->decl->kid[0]);
  e->view = view;
  e->scaled = scaled;
  e->scope = scope;
  v->busy[s->index] = false;
  return r;
}

IrVal view_read(Env *e, View *v, const Sym *s, const Node *at) {
  if (s->kind == SYM_WEIGHT && v->host) return view_read(e, v->host, v->host->model->weight, at);
  if (!v->model) return v->ops->read(e, v, s, at); // neurons of several kinds: by name when it runs
  if (s->model != v->model) s = model_find(v->model, s->name);
  if (!s || s->index < 0 || s->index >= v->model->nvars) BUG("a variable of another model");
  if (v->value[s->index]) return v->value[s->index];
  bool let = s->kind == SYM_LET && !(v->ops->let_column && v->ops->let_column(e, v, s));
  IrVal r = let ? compute_let(e, v, s, at) : v->ops->read(e, v, s, at);
  if (!r) r = ir_const(e->ir, 0);
  return v->value[s->index] = r;
}

// The instance that a variable in an expression of e->view belongs to.
View *view_of(Env *e, const Node *n, const Sym *s) {
  View *v = e->view;
  if (!v) return NULL;
  Place place = n->kind == N_MEMBER ? (Place)n->place : PLACE_SELF;
  if (place == PLACE_PRE) return v->pre;
  if (place == PLACE_POST) return v->post;
  if (s->whose == OF_PRE && s->model != v->model) return v->pre;
  if (s->whose == OF_POST && s->model != v->model) return v->post;
  return v;
}

static IrVal read_variable(Env *e, const Node *n, const Sym *s) {
  View *v = view_of(e, n, s);
  if (!v) {
    env_error(e, E_NOT_SUPPORTED, n, "%s cannot be read here", s->name->text);
    return ir_const(e->ir, 0);
  }
  return plain(e, view_read(e, v, s, n), s->type, n);
}

static IrVal read_local(Env *e, const Node *n, const Sym *s) {
  for (int k = e->locals.n - 1; k >= e->scope; k--)
    if (e->locals.data[k].sym == s) {
      const LocalVar *x = &e->locals.data[k];
      if (!x->expr) return x->v;
      if (s->kind == SYM_LOCAL && s->decl && s->decl->kind == N_LET) {
        env_error(e, E_IMPURE_PLACE, n, "%s is computed for each synapse, since it calls something impure: what is done once for a neuron cannot read it",
                  s->name->text);
        return ir_const(e->ir, 0);
      }
      break;
    }
  env_error(e, E_NOT_SUPPORTED, n, "%s cannot be used like this in code of neurons", s->name->text);
  return ir_const(e->ir, 0);
}

static Slot script_slot(Env *e, const Node *n, Access access) {
  int k = e->given ? capture_find(e->given, n, 0) : -1;
  if (k >= 0 || e->caps) {
    Slot slot = slot_capture(k >= 0 ? e->capture0 + k : capture_add(e->l, e->caps, (Node *)n, 0), access);
    slot.constant = !node_is_signal(n);
    return slot;
  }
  return (Slot){.space = SPACE_GLOBAL, .access = (uint8_t)access, .constant = n->sym->kind != SYM_SIGNAL,
                .index = (uint16_t)n->sym->slot, .name = n->sym->name->text};
}

static bool is_array_type(Type t) { return t.kind == TY_ARRAY || t.kind == TY_REC; }

// A value of the script: the same for all lanes, or the lane's element of an array.
static IrVal read_script(Env *e, const Node *n) {
  if (is_array_type(n->type)) {
    Slot array = script_slot(e, n, ACC_ARRAY);
    if (e->caps && array.space == SPACE_CAPTURE) e->caps->item[array.index].lanes = true;
    return ir_lookup(e->ir, array, element_of(e));
  }
  IrVal v = ir_load(e->ir, script_slot(e, n, ACC_UNIFORM));
  if (n->type.kind == TY_BOOL) return to_mask(e, v);
  return n->kind == N_NAME ? plain(e, v, n->sym->type, n) : v;
}

static IrVal read_selfvar(Env *e, const Node *n, const Sym *s) {
  View *v = view_of(e, n, s);
  IrVal r;
  switch ((SelfVar)s->selfvar) {
  case SV_T: r = ir_load(e->ir, slot_sys(SYS_T)); break;
  case SV_DT: r = ir_load(e->ir, slot_sys(SYS_DT)); break;
  case SV_TICK: return ir_load(e->ir, slot_sys(SYS_TICK));
  case SV_XI:
    if (!e->xi) {
      env_error(e, E_NOT_SUPPORTED, n, "white noise (xi) cannot stand here");
      return ir_const(e->ir, 0);
    }
    r = e->xi(e, s, n);
    break;
  case SV_I:
    if (!v || !v->ops->self) return lane_of(e);
    r = v->ops->self(e, v, SV_I, n);
    break;
  case SV_N:
    if (!v || !v->ops->self) return ir_load(e->ir, slot_sys(SYS_N));
    r = v->ops->self(e, v, SV_N, n);
    break;
  default: r = v && v->ops->self ? v->ops->self(e, v, (SelfVar)s->selfvar, n) : 0;
  }
  if (!r) {
    env_error(e, E_NOT_SUPPORTED, n, "%s cannot be read here", s->name ? s->name->text : "this");
    r = ir_const(e->ir, 0);
  }
  return plain(e, r, s->type, n);
}

static IrVal lower_name(Env *e, const Node *n) {
  const Sym *s = n->sym;
  if (!s) BUG("a name without symbol: %s", n->name ? n->name->text : "?");
  switch ((SymKind)s->kind) {
  case SYM_PARAM: case SYM_STATE: case SYM_INPUT: case SYM_LET: case SYM_WEIGHT: case SYM_SIGNAL:
    return s->model ? read_variable(e, n, s) : read_script(e, n);
  case SYM_LOCAL: return read_local(e, n, s);
  case SYM_SELFVAR: return read_selfvar(e, n, s);
  case SYM_FRAME: return e->depth ? read_local(e, n, s) : read_script(e, n);
  case SYM_GLOBAL: return read_script(e, n);
  default:
    env_error(e, E_NOT_SUPPORTED, n, "%s cannot be used in code of neurons", s->name->text);
    return ir_const(e->ir, 0);
  }
}

static IrVal lower_member(Env *e, const Node *n) {
  if (n->sym) return lower_name(e, n);
  env_error(e, E_NOT_SUPPORTED, n, ".%s cannot be read in code of neurons", n->name ? n->name->text : "");
  return ir_const(e->ir, 0);
}

// ---- operators ----
static IrVal number(Env *e, const Node *n) {
  double scale = unit_scale(n->kid[0]);
  static const double consts[] = {[C_INF] = INFINITY, [C_NAN] = NAN, [C_PI] = M_PI};
  if (n->kind == N_NUM) return ir_const(e->ir, n->kid[0] ? n->num * scale : n->num);
  if (n->op == C_TRUE || n->op == C_FALSE) return ir_bool(e->ir, n->op == C_TRUE);
  return ir_const(e->ir, n->kid[0] ? consts[n->op] * scale : consts[n->op]);
}

static IrVal lower_logic(Env *e, const Node *n) {
  IrOp op = n->op == OP_AND ? IR_AND : IR_OR;
  IrVal a = lower_mask(e, n->kid[0]);
  return ir_op2(e->ir, op, a, lower_mask(e, n->kid[1]));
}

static IrVal lower_binary(Env *e, const Node *n) {
  static const uint8_t ops[] = {[OP_ADD] = IR_ADD, [OP_SUB] = IR_SUB, [OP_MUL] = IR_MUL, [OP_DIV] = IR_DIV,
                                [OP_POW] = IR_POW, [OP_LT] = IR_LT, [OP_LE] = IR_LE, [OP_GT] = IR_LT, [OP_GE] = IR_LE,
                                [OP_EQ] = IR_EQ, [OP_NE] = IR_NE};
  if (n->op == OP_AND || n->op == OP_OR) return lower_logic(e, n);
  IrVal a = lower_num(e, n->kid[0]), b = lower_num(e, n->kid[1]);
  bool swap = n->op == OP_GT || n->op == OP_GE;
  return swap ? ir_op2(e->ir, (IrOp)ops[n->op], b, a) : ir_op2(e->ir, (IrOp)ops[n->op], a, b);
}

// Under a mask, which only impure calls ask for.
static IrVal lower_branch(Env *e, const Node *n, IrVal mask) {
  IrVal active = e->active;
  e->active = active ? ir_op2(e->ir, IR_AND, active, mask) : mask;
  IrVal v = lower_expr(e, n);
  e->active = active;
  return v;
}

static IrVal lower_ifx(Env *e, const Node *n) {
  IrVal c = lower_mask(e, n->kid[0]), a = lower_branch(e, n->kid[1], c);
  IrVal b = lower_branch(e, n->kid[2], ir_op1(e->ir, IR_NOT, c));
  if (ir_is_mask(e->ir, a) != ir_is_mask(e->ir, b)) a = to_num(e, a), b = to_num(e, b);
  return ir_select(e->ir, c, a, b);
}

static IrVal lower_in(Env *e, const Node *n) {
  IrVal v = lower_num(e, n->kid[0]);
  double scale = unit_scale(n->kid[1]);
  return scale == 1 ? v : ir_op2(e->ir, IR_DIV, v, ir_const(e->ir, scale));
}

static IrVal lower_prev(Env *e, const Node *n) {
  const Node *k = n->kid[0];
  const Sym *of = n->sym && n->sym->of ? n->sym->of : k->sym;
  View *v = of && of->model ? view_of(e, k, of) : NULL;
  IrVal r = v && v->ops->prev ? v->ops->prev(e, v, of, n) : 0;
  if (r) return plain(e, r, of->type, n);
  env_error(e, E_NOT_SUPPORTED, n, "the value before (prev) of %s is not kept here", k->name ? k->name->text : "this");
  return ir_const(e->ir, 0);
}

// ---- arrays of the script ----
bool lower_array(Env *e, const Node *n, Slot *out) {
  if (n->kind == N_NAME && n->sym && (n->sym->kind == SYM_LOCAL || (n->sym->kind == SYM_FRAME && e->depth))) {
    for (int k = e->locals.n - 1; k >= 0; k--)
      if (e->locals.data[k].sym == n->sym && e->locals.data[k].expr) return lower_array(e, e->locals.data[k].expr, out);
    return false;
  }
  bool name = n->kind == N_NAME && n->sym && (n->sym->kind == SYM_GLOBAL || n->sym->kind == SYM_FRAME);
  if (e->given && capture_find(e->given, n, 0) >= 0) name = true;
  if (!name && !(e->caps && !e->depth && lane_free(n))) return false;
  *out = script_slot(e, n, ACC_ARRAY);
  return true;
}

// The length of an axis of a captured array (k = 1 the first).
static IrVal axis_length(Env *e, const Node *array, int axis) {
  int k = -1;
  if (e->given && capture_find(e->given, array, axis) >= 0) k = e->capture0 + capture_find(e->given, array, axis);
  else if (e->caps) k = capture_add(e->l, e->caps, (Node *)array, axis);
  return k < 0 ? 0 : ir_load(e->ir, slot_capture(k, ACC_UNIFORM));
}

// How many axes the array has is known when the statement runs: the script tests then that each has its index.
static bool axes_tested(Env *e, const Node *n) {
  if (e->given || e->depth || !e->caps) {
    if (e->given && capture_find(e->given, n->kid[0], -n->nlist) >= 0) return true;
    Diag *d = env_error(e, E_NOT_SUPPORTED, n, "how many axes this has is known only when the script runs, too late for code of neurons");
    diag_hint(d, "give the values to the neurons: `param x = 0` in the neuron, `{ x = values[i] }` behind the population");
    return false;
  }
  capture_add(e->l, e->caps, n->kid[0], -n->nlist);
  return true;
}

// x[i]: negative counts from the end where that is written as a number. x[i, j]: row by row.
static IrVal lower_index(Env *e, const Node *n) {
  Slot array;
  IrVal at = 0;
  bool plain_index = true;
  for (int k = 0; k < n->nlist; k++) plain_index &= n->list[k]->kind != N_RANGE && n->list[k]->kind != N_WHERE;
  if (!plain_index || !n->nlist || !lower_array(e, n->kid[0], &array)) {
    Diag *d = env_error(e, E_NOT_SUPPORTED, n, "in code of neurons only an element of a constant array of the script can be taken");
    diag_hint(d, "write let table = ... above and table[index] here");
    return ir_const(e->ir, 0);
  }
  if (n->flags & NF_SINGLE && !axes_tested(e, n)) return ir_const(e->ir, 0);
  for (int k = 0; k < n->nlist; k++) {
    IrVal i = lower_num(e, n->list[k]), len = k ? axis_length(e, n->kid[0], k + 1) : 0;
    if (k && !len) {
      env_error(e, E_NOT_SUPPORTED, n, "matrices cannot be indexed in bodies of models");
      return ir_const(e->ir, 0);
    }
    at = k ? ir_op2(e->ir, IR_ADD, ir_op2(e->ir, IR_MUL, at, len), i) : i;
  }
  IrVal v = ir_lookup(e->ir, array, at);
  if (n->type.kind == TY_BOOL) return to_mask(e, v);
  return n->kid[0]->kind == N_NAME ? plain(e, v, n->kid[0]->sym->type, n) : v;
}

// Parts that the script computes when the statement runs. In bodies nothing is: a body is the same for all statements.
static bool captured_whole(Env *e, const Node *n) {
  if (e->depth || n->kind == N_NAME) return false;
  if (e->given) return capture_find(e->given, n, 0) >= 0;
  return e->caps && !e->scaled && lane_free(n) && !expr_literal(n);
}

IrVal lower_expr(Env *e, const Node *n) {
  if ((n->kind == N_INDEX && node_is_signal(n)) || captured_whole(e, n)) return read_script(e, n);
  ir_span(e->ir, n->span);
  switch ((NodeKind)n->kind) {
  case N_NUM: case N_CONST: return number(e, n);
  case N_UNIT: return ir_const(e->ir, n->num);
  case N_UNITONE: return ir_const(e->ir, 1);
  case N_UNITOP: return ir_const(e->ir, unit_scale(n));
  case N_NAME: return lower_name(e, n);
  case N_MEMBER: return lower_member(e, n);
  case N_UNARY:
    if (n->op == OP_NOT) return ir_op1(e->ir, IR_NOT, lower_mask(e, n->kid[0]));
    return ir_op1(e->ir, IR_NEG, lower_num(e, n->kid[0]));
  case N_BINARY: return lower_binary(e, n);
  case N_IN: return lower_in(e, n);
  case N_IFX: return lower_ifx(e, n);
  case N_CALL: return lower_call(e, n);
  case N_PREV: return lower_prev(e, n);
  case N_INDEX: return lower_index(e, n);
  case N_ARG: return lower_expr(e, n->kid[0]);
  default: {
    Diag *d = env_error(e, E_NOT_SUPPORTED, n, "this cannot be computed neuron by neuron");
    diag_hint(d, "compute it in a let of the script above and use its name here");
    return ir_const(e->ir, 0);
  }
  }
}
