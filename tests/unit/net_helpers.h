// SPDX-License-Identifier: MIT
// A network without a language: one neuron and one synapse whose kernels are built from lane IR by hand.
//
// The neuron: V rises by a tenth of the way to E in a step, plus the s of every block of synapses on it, unless it is
// held; it spikes at V >= 1, is reset to 0 and held for `hold` steps. s halves in a step. The synapse adds w to s.
#ifndef HEBB_NET_HELPERS_H
#define HEBB_NET_HELPERS_H
#include <check.h>
#include <math.h>
#include <string.h>

#include "lang/ir.h"
#include "vm/run.h"

enum { N_E, N_V, N_LAST, N_HELD, N_VARS };
enum { S_TAU, S_W, S_S, S_X, S_Y, S_VARS };

// What arriving spikes do.
typedef enum Handler { ADD_TO_BLOCK, ADD_TO_V, KERNEL_TO_BLOCK, KERNEL_TRACES, KERNEL_PRE_V } Handler;

typedef struct Fix {
  Sources *sources;
  Diags *diags;
  Arena *a;
  Vm *vm;
  Handler handler;
  int hold;
  Kernel *kernels[64];
  int nkernels;
  VarDesc nvars[N_VARS], svars[S_VARS];
  ModelDesc neuron;
  SynDesc syn;
  InitCode pop_init[4];
  PopDesc pop;
} Fix;

static __attribute__((unused)) Slot fix_slot(int space, int object, int access, int index, bool constant, const char *name) {
  return (Slot){.space = (uint8_t)space, .access = (uint8_t)access, .type = SLOT_F64, .constant = constant,
                .object = (uint16_t)object, .index = (uint16_t)index, .name = name};
}
static __attribute__((unused)) Slot fix_var(int object, int access, int index, const char *name) {
  return fix_slot(SPACE_VAR, object, access, index, false, name);
}

static __attribute__((unused)) Kernel *fix_compile(Fix *f, Ir *ir, const char *name) {
  ck_assert_int_lt(f->nkernels, 64);
  return f->kernels[f->nkernels++] = ir_compile(ir, name);
}

static __attribute__((unused)) IrVal fix_tick(Ir *ir) { return ir_load(ir, fix_slot(SPACE_SYS, 0, ACC_UNIFORM, SYS_TICK, false, "tick")); }

static __attribute__((unused)) Kernel *fix_advance(Fix *f, const Pop *p) {
  Ir *ir = ir_new(f->a);
  IrVal v = ir_load(ir, fix_var(OBJ_SELF, ACC_LANE, N_V, "V"));
  bool same = p->cols[N_E].uniform;
  IrVal e = ir_load(ir, fix_slot(SPACE_VAR, OBJ_SELF, same ? ACC_UNIFORM : ACC_LANE, N_E, true, "E"));
  IrVal held = ir_op2(ir, IR_LT, fix_tick(ir), ir_load(ir, fix_var(OBJ_SELF, ACC_LANE, N_HELD, "held")));
  IrVal next = ir_op2(ir, IR_ADD, v, ir_op2(ir, IR_MUL, ir_op2(ir, IR_SUB, e, v), ir_const(ir, 0.1)));
  for (int k = 0; k < p->nblocks; k++) {
    Slot s = fix_var(OBJ_BLOCK0 + k, ACC_LANE, S_S, "s");
    IrVal x = ir_load(ir, s);
    next = ir_op2(ir, IR_ADD, next, x);
    ir_store(ir, s, ir_op2(ir, IR_MUL, x, ir_const(ir, 0.5)));
  }
  next = ir_select(ir, held, v, next);
  ir_finite(ir, next, 0);
  ir_store(ir, fix_var(OBJ_SELF, ACC_LANE, N_V, "V"), next);
  ir_emit(ir, ir_op2(ir, IR_AND, ir_op2(ir, IR_LE, ir_const(ir, 1), next), ir_op1(ir, IR_NOT, held)));
  return fix_compile(f, ir, "advance");
}

static __attribute__((unused)) Kernel *fix_spike(Fix *f) {
  Ir *ir = ir_new(f->a);
  ir_store(ir, fix_var(OBJ_SELF, ACC_SELF, N_V, "V"), ir_const(ir, 0));
  ir_store(ir, fix_var(OBJ_SELF, ACC_SELF, N_LAST, "last"), fix_tick(ir));
  ir_store(ir, fix_var(OBJ_SELF, ACC_SELF, N_HELD, "held"), ir_op2(ir, IR_ADD, fix_tick(ir), ir_const(ir, f->hold)));
  return fix_compile(f, ir, "spike");
}

static __attribute__((unused)) bool fix_link_pop(void *ctx, Vm *vm, Pop *p, PopCode *out, Arena *a) {
  static __attribute__((unused)) const char *names[] = {"V"};
  (void)vm, (void)a;
  out->advance = fix_advance(ctx, p);
  out->spike = fix_spike(ctx);
  out->fault_var = names;
  return true;
}

static __attribute__((unused)) IrVal fix_w(Ir *ir, const Proj *p, int access) {
  Slot w = fix_var(OBJ_SELF, proj_is_uniform(p, S_W) ? ACC_UNIFORM : access, S_W, "w");
  w.type = proj_is_uniform(p, S_W) ? SLOT_F64 : (uint8_t)proj_slot_type(p, S_W);
  return ir_load(ir, w);
}

// s += w, with the full way of a handler.
static __attribute__((unused)) Kernel *fix_on_pre(Fix *f, const Proj *p, bool traces, bool pre_v) {
  Ir *ir = ir_new(f->a);
  IrVal w = fix_w(ir, p, ACC_LANE);
  if (pre_v) w = ir_op2(ir, IR_MUL, w, ir_load(ir, fix_var(OBJ_PRE, ACC_PRE, N_V, "V")));
  ir_add_at(ir, fix_var(OBJ_BLOCK0, ACC_POST, S_S, "s"), w, 0);
  if (traces) { // w -= y of the target
    Slot slot = fix_var(OBJ_SELF, ACC_LANE, S_W, "w");
    slot.type = (uint8_t)proj_slot_type(p, S_W);
    ir_store(ir, slot, ir_op2(ir, IR_SUB, w, ir_load(ir, fix_var(OBJ_BLOCK0, ACC_POST, S_Y, "y"))));
  }
  return fix_compile(f, ir, "on pre");
}

// x += 1 for the source, y += 1 for the target
static __attribute__((unused)) Kernel *fix_once(Fix *f, bool post) {
  Ir *ir = ir_new(f->a);
  Slot slot = post ? fix_var(OBJ_BLOCK0, ACC_POST, S_Y, "y") : fix_var(OBJ_PREBLOCK, ACC_PRE, S_X, "x");
  ir_store(ir, slot, ir_op2(ir, IR_ADD, ir_load(ir, slot), ir_const(ir, 1)));
  return fix_compile(f, ir, "once");
}

static __attribute__((unused)) Kernel *fix_on_post(Fix *f, const Proj *p) { // w += x of the source
  Ir *ir = ir_new(f->a);
  Slot slot = fix_var(OBJ_SELF, ACC_SELF, S_W, "w");
  slot.type = (uint8_t)proj_slot_type(p, S_W);
  ir_store(ir, slot, ir_op2(ir, IR_ADD, ir_load(ir, slot), ir_load(ir, fix_var(OBJ_PREBLOCK, ACC_PRE, S_X, "x"))));
  return fix_compile(f, ir, "on post");
}

static __attribute__((unused)) bool fix_link_proj(void *ctx, Vm *vm, Proj *p, SynCode *out, Arena *a) {
  Fix *f = ctx;
  (void)vm;
  if (f->handler == ADD_TO_BLOCK || f->handler == ADD_TO_V) {
    out->fast = NEW(a, FastAdd);
    out->nfast = 1;
    out->fast[0] = (FastAdd){.to_pop = f->handler == ADD_TO_V, .var = f->handler == ADD_TO_V ? N_V : S_S, .sign = 1, .param = -1,
                             .weighted = true};
    return true;
  }
  bool traces = f->handler == KERNEL_TRACES;
  out->on_pre = fix_on_pre(f, p, traces, f->handler == KERNEL_PRE_V);
  if (!traces) return true;
  out->once_pre = fix_once(f, false);
  out->once_post = fix_once(f, true);
  out->on_post = fix_on_post(f, p);
  return true;
}

static __attribute__((unused)) void fix_open(Fix *f) {
  memset(f, 0, sizeof *f);
  f->sources = sources_new();
  f->diags = diags_new(f->sources);
  f->a = arena_new();
  f->vm = vm_new(f->diags);
  f->hold = 3;
  f->vm->seed = 7;
  f->vm->linker = (Linker){.ctx = f, .pop = fix_link_pop, .proj = fix_link_proj};
  f->nvars[N_E] = (VarDesc){.name = "E", .kind = VAR_PARAM, .unit = "", .scale = 1};
  f->nvars[N_V] = (VarDesc){.name = "V", .kind = VAR_STATE, .flags = VARF_HELD, .unit = "", .scale = 1};
  f->nvars[N_LAST] = (VarDesc){.name = "last spike", .kind = VAR_HIDDEN, .initial = -INFINITY, .unit = "", .scale = 1};
  f->nvars[N_HELD] = (VarDesc){.name = "held until", .kind = VAR_HIDDEN, .initial = -INFINITY, .unit = "", .scale = 1};
  f->neuron = (ModelDesc){.name = "Unit", .vars = f->nvars, .nvars = N_VARS, .spikes = true, .last_spike = N_LAST,
                          .held_until = N_HELD, .t_exact = -1};
  f->svars[S_TAU] = (VarDesc){.name = "tau", .kind = VAR_PARAM, .unit = "", .scale = 1};
  f->svars[S_W] = (VarDesc){.name = "w", .kind = VAR_WEIGHT, .unit = "", .scale = 1};
  f->svars[S_S] = (VarDesc){.name = "s", .kind = VAR_STATE, .flags = VARF_POST, .unit = "", .scale = 1};
  f->svars[S_X] = (VarDesc){.name = "x", .kind = VAR_STATE, .flags = VARF_PRE, .unit = "", .scale = 1};
  f->svars[S_Y] = (VarDesc){.name = "y", .kind = VAR_STATE, .flags = VARF_POST, .unit = "", .scale = 1};
  f->syn = (SynDesc){.model = {.name = "Add", .vars = f->svars, .nvars = S_VARS, .last_spike = -1, .held_until = -1,
                               .t_exact = -1, .lang = f},
                     .weight = S_W, .input = -1};
  f->pop = (PopDesc){.name = "P", .model = &f->neuron, .init = f->pop_init};
}

static __attribute__((unused)) void fix_close(Fix *f) {
  vm_free(f->vm);
  for (int k = 0; k < f->nkernels; k++) kernel_free(f->kernels[k]);
  arena_free(f->a);
  diags_free(f->diags);
  sources_free(f->sources);
}

static __attribute__((unused)) Pop *fix_pop(Fix *f, int64_t n) {
  Pop *p;
  ck_assert(pop_make(f->vm, &f->pop, 1, &n, NULL, 0, &p));
  return p;
}

// A kernel that stores a constant, or a draw between lo and hi.
static __attribute__((unused)) Kernel *fix_value(Fix *f, double lo, double hi, uint32_t stream) {
  Ir *ir = ir_new(f->a);
  IrVal args[2] = {ir_const(ir, lo), ir_const(ir, hi)};
  IrVal v = hi > lo ? ir_random(ir, DIST_UNIFORM, 2, args, stream) : args[0];
  ir_store(ir, fix_slot(SPACE_OUT, 0, ACC_LANE, 0, false, "out"), v);
  return fix_compile(f, ir, "value");
}

static __attribute__((unused)) InitCode fix_init(Fix *f, int var, double lo, double hi) {
  return (InitCode){.var = var, .kernel = fix_value(f, lo, hi, (uint32_t)(100 + var)), .uniform = hi <= lo, .random = hi > lo, .array = -1};
}

// Descriptors of connections last as long as the fixture.
static __attribute__((unused)) ConnDesc *fix_conn(Fix *f, PatternKind pattern, double wlo, double whi, double dlo, double dhi) {
  ConnDesc *d = NEW(f->a, ConnDesc);
  InitCode *init = NEWN(f->a, InitCode, 2);
  init[0] = fix_init(f, S_W, wlo, whi);
  init[1] = fix_init(f, INIT_DELAY, dlo, dhi);
  *d = (ConnDesc){.label = "", .syn = &f->syn, .pattern = pattern, .init = init, .ninit = 2};
  return d;
}

static __attribute__((unused)) ProjGroup *fix_connect(Fix *f, const ConnDesc *d, Sel *src, Sel *dst, double number) {
  Value arg = value_num(number);
  ProjGroup *g = NULL;
  bool ok = proj_make(f->vm, d, src, dst, -1, &arg, 1, NULL, 0, &g);
  if (!ok) diags_print(f->diags, stderr, (DiagStyle){0});
  ck_assert(ok);
  value_drop(value_obj(src));
  value_drop(value_obj(dst));
  return g;
}

static __attribute__((unused)) Array *fix_read(Fix *f, const ProjGroup *g, const char *name) {
  Value v;
  ck_assert(proj_read(f->vm, g, name, &v, (Span){0}));
  ck_assert_int_eq(v.kind, VAL_ARRAY);
  return (Array *)v.obj;
}

static __attribute__((unused)) void fix_drop(Array *a) { value_drop(value_obj(a)); }

static __attribute__((unused)) void fix_spike_at(Fix *f, Pop *p, int n, const int *index, const int *step) {
  Array *i = array_new1(VAL_INT, n), *t = array_new1(VAL_NUM, n);
  for (int k = 0; k < n; k++) i->data[k] = index[k], t->data[k] = step[k] * f->vm->dt;
  Sel *s = sel_of_pop(p);
  ck_assert(inject_spikes(f->vm, s, i, t, (Span){0}));
  value_drop(value_obj(s));
  fix_drop(i);
  fix_drop(t);
}

static __attribute__((unused)) void fix_run(Fix *f, int64_t steps) {
  RunEnd end = vm_run(f->vm, steps, NULL, NULL, (Span){0});
  if (end != RUN_DONE) diags_print(f->diags, stderr, (DiagStyle){0});
  ck_assert_int_eq(end, RUN_DONE);
}

static __attribute__((unused)) const double *fix_s(const ProjGroup *g) { return g->proj[0]->post->blocks[g->proj[0]->block]->cols[S_S].p; }

static __attribute__((unused)) void fix_no_errors(Fix *f) { ck_assert_int_eq(diags_errors(f->diags), 0); }
static __attribute__((unused)) void fix_one_error(Fix *f, DiagCode code) {
  ck_assert_int_eq(diags_errors(f->diags), 1);
  ck_assert_int_eq(diags_code(f->diags, 0), code);
  diags_clear(f->diags);
}

// A test program: fix_main(name, n, tests).
typedef struct FixTest {
  const char *name;
  const TTest *test;
} FixTest;
static __attribute__((unused)) int fix_main(const char *suite, size_t n, const FixTest *tests, void (*setup)(void), void (*teardown)(void)) {
  Suite *s = suite_create(suite);
  for (size_t k = 0; k < n; k++) {
    TCase *c = tcase_create(tests[k].name);
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, tests[k].test);
    suite_add_tcase(s, c);
  }
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed != 0;
}

#endif
