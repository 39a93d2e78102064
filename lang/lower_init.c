// SPDX-License-Identifier: MIT
// One expression of a statement -> a kernel that stores its value for each lane.
//
// What is the same for all lanes is not read back from columns but computed again from its expression: whether a column
// holds one value or many is then of no concern here.
#include "lang/lower_impl.h"

#include <math.h>

typedef struct InitLow {
  const LaneContext *cx;
  int depth; // of values computed again
} InitLow;

static int item_of(const LaneContext *cx, const Sym *s) {
  for (int k = cx->nitems - 1; k >= 0; k--)
    if (cx->item[k].var == s) return k;
  return -1;
}

// A uniform value from its expression. 0: it has none, or differs from lane to lane.
static IrVal again(Env *e, View *v, InitLow *in, const InitItem *item) {
  if (!item || in->depth > 200) return 0;
  if (!item->expr) return ir_const(e->ir, 0);
  View *view = e->view;
  e->view = v;
  in->depth++;
  IrVal r = lower_expr(e, item->expr);
  in->depth--;
  e->view = view;
  return r;
}

static const InitItem *uniform_item(const LaneContext *cx, const Sym *s) {
  int k = item_of(cx, s);
  if (k >= 0) return cx->item_uniform && cx->item_uniform[k] ? &cx->item[k] : NULL;
  if (cx->what != LANE_CONN || !cx->conn) return NULL;
  const ConnInfo *ci = cx->conn;
  for (int p = 0; p < ci->nparams; p++)
    if (ci->params[p].var == s) return &ci->params[p];
  for (int r = 0; r < ci->nrules; r++)
    for (int p = 0; p < ci->rules[r].nparams; p++)
      if (ci->rules[r].params[p].var == s) return &ci->rules[r].params[p];
  return NULL;
}

// ---- the population under construction, or chosen elements of one ----
static IrVal load_lane(Env *e, int object, Access access, int column, const char *name) {
  e->varies = true;
  return ir_load(e->ir, slot_var(object, access, column, false, name));
}

static Access self_access(const View *v) {
  return ((const InitLow *)v->ctx)->cx->what == LANE_SELECT ? ACC_SELF : ACC_LANE;
}

static IrVal signal_early(Env *e, const Sym *s, const Node *at) {
  env_error(e, E_NOT_SUPPORTED, at, "the signal %s cannot be read by initial values", s->name->text);
  return 0;
}

static IrVal pop_read(Env *e, View *v, const Sym *s, const Node *at) {
  InitLow *in = v->ctx;
  if (s->kind == SYM_SIGNAL && in->cx->what == LANE_POP) return signal_early(e, s, at);
  if (s->kind == SYM_SIGNAL) return ir_load(e->ir, slot_var(OBJ_SELF, ACC_UNIFORM, s->index, false, s->name->text));
  IrVal r = again(e, v, in, uniform_item(in->cx, s));
  if (r) return r;
  if (s->kind == SYM_INPUT && in->cx->what == LANE_POP) return ir_const(e->ir, 0);
  return load_lane(e, OBJ_SELF, self_access(v), s->index, s->name->text);
}

static IrVal pop_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)at;
  const NeuronLow *n = neuron_low(describe_neuron(e->l, v->model));
  switch (which) {
  case SV_I: return lane_of(e);
  case SV_N: return ir_load(e->ir, slot_sys(SYS_N));
  case SV_POSX: case SV_POSY: case SV_POSZ:
    return load_lane(e, OBJ_SELF, self_access(v), VAR_POSX + (int)(which - SV_POSX), "pos");
  case SV_LAST_SPIKE:
    if (self_access(v) == ACC_LANE) return ir_const(e->ir, -INFINITY);
    return ir_op2(e->ir, IR_MUL, load_lane(e, OBJ_SELF, ACC_SELF, n->last_spike, "last_spike"), ir_load(e->ir, slot_sys(SYS_DT)));
  case SV_SPIKED: case SV_REFRACTORY: return ir_bool(e->ir, false);
  default: return 0;
  }
}

static IrVal pop_prev(Env *e, View *v, const Sym *s, const Node *at) {
  (void)at;
  const NeuronLow *n = neuron_low(describe_neuron(e->l, v->model));
  return n->prev[s->index] < 0 ? 0 : load_lane(e, OBJ_SELF, self_access(v), n->prev[s->index], s->name->text);
}

static const ViewOps pop_ops = {.read = pop_read, .self = pop_self, .prev = pop_prev};

// ---- connections: the synapse, the neuron before and the neuron after ----
static IrVal syn_read(Env *e, View *v, const Sym *s, const Node *at) {
  InitLow *in = v->ctx;
  if (s->kind == SYM_SIGNAL) return signal_early(e, s, at);
  IrVal r = again(e, v, in, uniform_item(in->cx, s));
  if (r) return r;
  const SynLow *low = syn_low(describe_synapse(e->l, in->cx->conn));
  int column = describe_column(&low->desc, s, v->model == in->cx->conn->syn ? -1 : in->cx->rule);
  if (s->kind == SYM_PARAM && item_of(in->cx, s) < 0) return ir_const(e->ir, 0);
  if (s->kind == SYM_STATE && s->place != PLACE_SELF) {
    env_error(e, E_NOT_SUPPORTED, at, "%s is not known yet when synapses are made", s->name->text);
    return 0;
  }
  return load_lane(e, OBJ_SELF, ACC_LANE, column, s->name->text);
}

static IrVal conn_index(Env *e, Access which) {
  e->varies = true;
  return ir_index(e->ir, which);
}

static IrVal distance(Env *e) {
  IrVal sum = 0;
  for (int k = 0; k < 3; k++) {
    IrVal d = ir_op2(e->ir, IR_SUB, load_lane(e, OBJ_PRE, ACC_PRE, VAR_POSX + k, "pre.pos"),
                     load_lane(e, OBJ_POST, ACC_POST, VAR_POSX + k, "post.pos"));
    IrVal square = ir_op2(e->ir, IR_MUL, d, d);
    sum = sum ? ir_op2(e->ir, IR_ADD, sum, square) : square;
  }
  return ir_op1(e->ir, IR_SQRT, sum);
}

static IrVal syn_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)v, (void)at;
  switch (which) {
  case SV_I: return conn_index(e, ACC_PRE);
  case SV_J: return conn_index(e, ACC_POST);
  case SV_DISTANCE: return distance(e);
  default: return 0;
  }
}

static IrVal side_load(Env *e, const View *v, int column, const char *name) {
  return v->number == 1 ? load_lane(e, OBJ_PRE, ACC_PRE, column, name) : load_lane(e, OBJ_POST, ACC_POST, column, name);
}

static IrVal side_read(Env *e, View *v, const Sym *s, const Node *at) {
  (void)at;
  return side_load(e, v, s->index, s->name->text);
}

static IrVal side_self(Env *e, View *v, SelfVar which, const Node *at) {
  (void)at;
  switch (which) {
  case SV_I: return side_load(e, v, VAR_NUMBER, "i");
  case SV_N: return ir_load(e->ir, slot_sys(v->number == 1 ? SYS_NPRE : SYS_NPOST));
  case SV_POSX: case SV_POSY: case SV_POSZ: return side_load(e, v, VAR_POSX + (int)(which - SV_POSX), "pos");
  default: return 0;
  }
}

static const ViewOps syn_ops = {.read = syn_read, .self = syn_self};
static const ViewOps side_ops = {.read = side_read, .self = side_self};

// ---- the kernel ----
static View *side_view(Lowering *l, Model *m, uint32_t number) {
  View *v = view_new(l, m, &side_ops, NULL);
  v->number = number;
  return v;
}

static View *conn_view(Lowering *l, const LaneContext *cx, InitLow *in) {
  View *v = view_new(l, cx->model ? cx->model : cx->conn->syn, &syn_ops, in);
  v->pre = side_view(l, cx->conn->pre, 1);
  v->post = side_view(l, cx->conn->post, 2);
  if (cx->model && cx->model != cx->conn->syn) {
    v->host = view_new(l, cx->conn->syn, &syn_ops, in);
    v->host->pre = v->pre, v->host->post = v->post;
  }
  return v;
}

static View *make_view(Lowering *l, const LaneContext *cx, InitLow *in) {
  switch (cx->what) {
  case LANE_POP: case LANE_SELECT: return view_new(l, cx->model, &pop_ops, in);
  case LANE_CONN: return conn_view(l, cx, in);
  default: return NULL;
  }
}

// `outs` results: the same expression with draws of its own for each (coordinates of positions). `path` tells it from the
// other expressions of the object.
static Kernel *init_kernel(Lowering *l, const LaneContext *cx, Node *expr, CaptureList *caps, uint32_t path, int outs,
                           bool *uniform, bool *random) {
  Arena *tmp = l->tmp = arena_new();
  InitLow in = {.cx = cx};
  Env e;
  env_init(&e, l, ir_new(tmp));
  e.caps = caps;
  e.view = make_view(l, cx, &in);
  for (int k = 0; k < outs; k++) {
    e.path = k ? stream_hash(path, (uint32_t)k) : path;
    IrVal v = k && !e.drew ? ir_const(e.ir, 0) : lower_num(&e, expr);
    ir_store(e.ir, slot_out(k), v);
  }
  *uniform = !e.varies;
  *random = e.drew;
  Kernel *k = e.failed ? NULL : lowering_keep(l, ir_compile(e.ir, "value"));
  env_end(&e);
  l->tmp = NULL;
  arena_free(tmp);
  return k;
}

Kernel *lower_init(Lowering *l, const LaneContext *ctx, Node *expr, CaptureList *caps, bool *uniform, bool *random) {
  return init_kernel(l, ctx, expr, caps, 0, 1, uniform, random);
}

static int item_column(const LaneContext *cx, const SynDesc *s, const Sym *var) {
  if (!var->model) {
    const char *name = var->name->text;
    return name[0] == 'd' ? INIT_DELAY : name[1] == 'o' && name[3] == 'i' ? INIT_POS : INIT_POST_DELAY;
  }
  if (cx->what != LANE_CONN) return var->index;
  int own = describe_column(s, var, cx->rule); // a connection may have the same rule twice
  if (own >= 0) return own;
  for (int r = -1; r < cx->conn->nrules; r++) {
    int column = describe_column(s, var, r);
    if (column >= 0) return column;
  }
  return -1;
}

static bool lower_item(Lowering *l, LaneContext *cx, const InitItem *item, CaptureList *caps, InitCode *out) {
  const SynDesc *s = cx->what == LANE_CONN ? describe_synapse(l, cx->conn) : NULL;
  *out = (InitCode){.var = item_column(cx, s, item->var), .array = -1, .uniform = true};
  if (!item->expr || item->var->kind == SYM_SIGNAL) return true; // signals are bound by the statement
  out->span = item->expr->span;
  if (item->expr->type.kind == TY_ARRAY && lane_free(item->expr)) {
    out->uniform = false;
    out->array = capture_add(l, caps, item->expr, 0);
    return true;
  }
  uint32_t path = stream_hash(0x1217u, (uint32_t)out->var); // models and rules count their calls each by itself
  out->kernel = init_kernel(l, cx, item->expr, caps, path, out->var == INIT_POS ? 3 : 1, &out->uniform, &out->random);
  return out->kernel != NULL;
}

// A default stands in the synapse or rule that declares it.
static void enter_part(LaneContext *cx, const InitItem *item) {
  if (cx->what != LANE_CONN || item->from_block || !item->var->model) return;
  cx->model = item->var->model;
  cx->rule = -1;
  for (int r = 0; r < cx->conn->nrules; r++)
    if (cx->conn->rules[r].model == cx->model) cx->rule = r;
}

InitCode *lower_init_items(Lowering *l, LaneContext *ctx, const InitItem *items, int n, CaptureList *caps) {
  InitCode *code = NEWN(l->a, InitCode, n + 1);
  bool *uniform = NEWN(l->a, bool, n + 1), ok = true;
  for (int k = 0; k < n; k++) {
    enter_part(ctx, &items[k]);
    ctx->item = items;
    ctx->item_uniform = uniform;
    ctx->nitems = k;
    ok &= lower_item(l, ctx, &items[k], caps, &code[k]);
    uniform[k] = code[k].uniform && !code[k].random && code[k].array < 0;
  }
  return ok ? code : NULL;
}
