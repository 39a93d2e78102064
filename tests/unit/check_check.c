// SPDX-License-Identifier: MIT
// What lowering and the script compiler read: models, symbols, slots, frames, initial values, modules.
#include "lang/check.h"
#include "lang/parse.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct World {
  Sources *s;
  Interner *in;
  Diags *d;
  Arena *a;
  Checker *c;
  Node *tree;
} World;

// Modules of the tests: "units" declares a constant, "loop" uses itself.
static char *read_module(void *ctx, const char *name, bool is_file, const char *from, char **path, size_t *n,
                         const char **why) {
  const char *text = strcmp(name, "shared") == 0
                         ? "let E_L = -70 mV\nneuron Leaky { state V: mV = E_L; dV/dt = (E_L - V)/10 ms }\n"
                     : strcmp(name, "loop") == 0 ? "use loop\n"
                     : strcmp(name, "runs") == 0 ? "run 1 s\n"
                                                 : NULL;
  (void)ctx;
  (void)is_file;
  (void)from;
  *why = "no such module";
  if (!text) return NULL;
  *n = strlen(text);
  *path = mem_alloc(strlen(name) + 1);
  strcpy(*path, name);
  char *copy = mem_alloc(*n + 1);
  memcpy(copy, text, *n);
  return copy;
}

static World check_text(const char *text, bool good) {
  World w = {.s = sources_new(), .in = interner_new(), .a = arena_new()};
  w.d = diags_new(w.s);
  w.c = checker_new(w.s, w.in, w.d, w.a, read_module, NULL);
  w.tree = parse_file(sources_add(w.s, "test", text, strlen(text)), w.s, w.in, w.d, w.a);
  bool ok = check_file(w.c, w.tree);
  ck_assert_msg(ok == good, "%s: %s", text, diags_count(w.d) ? diags_text(w.d, 0) : "no error");
  return w;
}

static void world_free(World *w) {
  checker_free(w->c);
  diags_free(w->d);
  sources_free(w->s);
  interner_free(w->in);
  arena_free(w->a);
}

static Node *item(const World *w, NodeKind kind, int nth) {
  for (int k = 0; k < w->tree->nlist; k++)
    if (w->tree->list[k]->kind == kind && nth-- == 0) return w->tree->list[k];
  ck_abort_msg("no such item");
  return NULL;
}

static const char *const FIRST_LOOK =
    "neuron LIF {\n"
    "  param tau_m = 20 ms, E_L = -49 mV, V_th = -50 mV, V_reset = -60 mV, t_ref = 5 ms\n"
    "  input I: mV\n"
    "  state V: mV = E_L\n"
    "  tau_m * dV/dt = (E_L - V) + I\n"
    "  spike when V > V_th { V = V_reset }\n"
    "  refractory t_ref holding V\n"
    "}\n"
    "synapse ExpCurrent {\n"
    "  param tau = 5 ms\n"
    "  weight w\n"
    "  post state s like w = 0\n"
    "  ds/dt = -s/tau\n"
    "  on pre { s += w }\n"
    "  inject s\n"
    "}\n"
    "population E = LIF[32] { V ~ uniform(-60 mV, -50 mV) }\n"
    "population I = LIF[8]\n"
    "connect EI: E -> I via ExpCurrent(tau = 6 ms) with probability 2% { w = 1.62 mV, delay = 1 ms }\n"
    "connect I -> E via ExpCurrent with probability 2% { w = -9 mV }\n"
    "connect I -> I via ExpCurrent with probability 2% { w = -9 V }\n";

START_TEST(a_neuron) {
  World w = check_text(FIRST_LOOK, true);
  const PopInfo *pi = item(&w, N_POPULATION, 0)->info;
  const Model *m = pi->model;
  ck_assert_int_eq(m->nvars, 8); // and the hidden time of the last spike
  ck_assert(m->vars[7]->hidden && m->vars[7]->selfvar == SV_LAST_SPIKE);
  for (int k = 0; k < m->nvars; k++) ck_assert(m->vars[k]->index == k && m->vars[k]->model == m);
  ck_assert_int_eq(m->nequations, 1);
  ck_assert_str_eq(m->equations[0].x->name->text, "V");
  ck_assert_int_eq(m->equations[0].nfactors, 1);
  ck_assert_str_eq(m->equations[0].factors[0]->sym->name->text, "tau_m");
  ck_assert(!m->equations[0].divided[0]);
  ck_assert_ptr_nonnull(m->spike.node);
  ck_assert_str_eq(m->refractory.node->list[0]->sym->name->text, "V");
  ck_assert_int_eq(pi->ninit, 6); // five parameters, then V
  ck_assert_int_eq(pi->init[0].var->kind, SYM_PARAM);
  ck_assert_str_eq(pi->init[5].var->name->text, "V");
  ck_assert(pi->init[5].from_block && !pi->init[0].from_block);
  ck_assert_ptr_eq(((PopInfo *)item(&w, N_POPULATION, 1)->info)->model, m);
  world_free(&w);
}
END_TEST

START_TEST(a_connection) {
  World w = check_text(FIRST_LOOK, true);
  const ConnInfo *a = item(&w, N_CONNECT, 0)->info, *b = item(&w, N_CONNECT, 1)->info,
                 *c = item(&w, N_CONNECT, 2)->info;
  ck_assert_ptr_eq(a->syn, b->syn); // the same unit of w and the same neurons
  ck_assert_ptr_ne(a->syn, c->syn); // V instead of mV
  ck_assert_str_eq(a->input->name->text, "I");
  ck_assert_str_eq(a->syn->weight->type.unit->text, "mV");
  ck_assert_str_eq(a->syn->weight->name->text, "w");
  ck_assert_ptr_eq(a->pre, a->post);
  ck_assert_int_eq(a->nparams, 1);
  ck_assert(a->params[0].from_block && !b->params[0].from_block);
  ck_assert_int_eq(a->ninit, 2); // w and delay
  ck_assert_int_eq(b->ninit, 1);
  ck_assert_int_eq(a->syn->ninjects, 1);
  ck_assert_int_eq(item(&w, N_CONNECT, 0)->sym->kind, SYM_PROJ);
  ck_assert_ptr_null(item(&w, N_CONNECT, 1)->sym);
  world_free(&w);
}
END_TEST

START_TEST(order_of_initial_values) {
  World w = check_text("neuron N {\n  state a: 1 = 2*l\n  let l = b + p\n  state b: 1 = p\n  param q = p, p = 3\n}\n"
                       "population P = N[2] { p = q0 }\n",
                       false); // q0
  world_free(&w);
  w = check_text("neuron N {\n  state a: 1 = 2*l\n  let l = b + p\n  state b: 1 = p\n  param q = p, p = "
                 "3\n}\npopulation P = N[2]\n",
                 true);
  const PopInfo *pi = item(&w, N_POPULATION, 0)->info;
  static const char *const order[] = {"p", "q", "b", "a"};
  ck_assert_int_eq(pi->ninit, 4);
  for (int k = 0; k < 4; k++) ck_assert_str_eq(pi->init[k].var->name->text, order[k]);
  world_free(&w);
}
END_TEST

START_TEST(frames_and_captures) {
  World w = check_text(
      "let g = 1\nfor k in 0:2 {\n  let a = k\n  at 1 ms {\n    let b = a + g\n    print b, k, g\n  }\n}\n", true);
  const Node *loop = item(&w, N_FOR, 0), *at = loop->kid[2]->list[1];
  const ScriptScope *f = at->info;
  ck_assert_int_eq(loop->sym->kind, SYM_GLOBAL);
  ck_assert_int_eq(f->ncaptures, 2); // a and k, but not g
  ck_assert_int_eq(f->nslots, 3);
  ck_assert_str_eq(f->captures[0]->name->text, "a");
  ck_assert_int_eq(f->captures[0]->kind, SYM_GLOBAL);
  ck_assert_int_eq(f->inner[0]->kind, SYM_FRAME);
  const Node *print = at->kid[2]->list[1];
  ck_assert_int_eq(print->list[0]->sym->kind, SYM_FRAME);
  ck_assert_ptr_eq(print->list[1]->sym, f->inner[1]);
  ck_assert_int_eq(print->list[2]->sym->kind, SYM_GLOBAL);
  world_free(&w);
}
END_TEST

START_TEST(functions_are_cloned) {
  World w = check_text(
      "function f(x) = 2*x\nlet a = f(1 mV), b = f(2 mV), c = f(1 ms)\nneuron N { state V: mV = 0; let y = f(V) }\n",
      true);
  const Sym *a = item(&w, N_LET, 0)->kid[0]->sym, *b = item(&w, N_LET, 1)->kid[0]->sym,
            *c = item(&w, N_LET, 2)->kid[0]->sym;
  ck_assert_ptr_eq(a, b);
  ck_assert_ptr_ne(a, c);
  const FuncInfo *fi = a->decl->info;
  ck_assert(!fi->lane && !fi->random && fi->nparams == 1);
  ck_assert_int_eq(fi->params[0]->kind, SYM_FRAME);
  ck_assert_int_eq(fi->params[0]->slot, 0);
  const Model *m = item(&w, N_NEURON, 0)->info;
  const Sym *in_body = m->vars[1]->decl->kid[0]->sym;
  ck_assert(((FuncInfo *)in_body->decl->info)->lane);
  ck_assert_int_eq(((FuncInfo *)in_body->decl->info)->params[0]->kind, SYM_LOCAL);
  world_free(&w);
}
END_TEST

START_TEST(arguments_in_order) {
  World w = check_text("let a = normal(sd = 2, mean = 1, max = 3)\n", true);
  const Node *call = item(&w, N_LET, 0)->kid[0];
  ck_assert_int_eq(call->nlist, 5); // mean, sd, n, min, max
  ck_assert_double_eq(call->list[0]->kid[0]->num, 1);
  ck_assert_double_eq(call->list[1]->kid[0]->num, 2);
  ck_assert_ptr_null(call->list[2]);
  ck_assert_ptr_null(call->list[3]);
  ck_assert_double_eq(call->list[4]->kid[0]->num, 3);
  ck_assert(expr_varies(call));
  world_free(&w);
}
END_TEST

START_TEST(scaled_units) {
  World w = check_text("neuron N {\n  state v: mV = 0\n  scaled in mV, ms, pA { dv/dt = v }\n}\n", true);
  const Model *m = item(&w, N_NEURON, 0)->info;
  const Node *scaled = m->equations[0].scaled;
  Unit V, s, S;
  double scale;
  unit_lookup("V", 1, &V);
  unit_lookup("s", 1, &s);
  unit_lookup("S", 1, &S);
  ck_assert(scaled_factor(scaled, V.dim, &scale));
  ck_assert_double_eq_tol(scale, 1e-3, 1e-18);
  ck_assert(scaled_factor(scaled, dim_div(V.dim, s.dim), &scale));
  ck_assert_double_eq_tol(scale, 1, 1e-15); // mV/ms
  ck_assert(scaled_factor(scaled, S.dim, &scale));
  ck_assert_double_eq_tol(scale, 1e-9, 1e-24); // pA/mV
  Unit K;
  unit_lookup("K", 1, &K);
  ck_assert(!scaled_factor(scaled, K.dim, &scale));
  world_free(&w);
}
END_TEST

START_TEST(modules) {
  World w = check_text("use shared\nuse shared\npopulation P = Leaky[3]\nprint E_L + 1 mV, P.V\n", true);
  int n;
  Node **files = checker_files(w.c, &n);
  ck_assert_int_eq(n, 2);
  ck_assert_ptr_eq(files[1], w.tree);
  world_free(&w);
  w = check_text("use shared\nneuron Leaky { state x = 0 }\npopulation P = Leaky[3]\nprint P.x\n",
                 true); // the file's own name wins
  world_free(&w);
  w = check_text("use loop\n", false);
  ck_assert_int_eq(diags_code(w.d, 0), E_USE_CYCLE);
  world_free(&w);
  w = check_text("use runs\n", false);
  ck_assert_int_eq(diags_code(w.d, 0), E_MODULE_STATEMENT);
  world_free(&w);
  w = check_text("use nothing\n", false);
  ck_assert_int_eq(diags_code(w.d, 0), E_USE);
  world_free(&w);
}
END_TEST

START_TEST(weights_find_their_unit) {
  // nothing gives w a unit but the input it ends in
  World w = check_text("neuron N { input I: pA; state x = 0 }\nsynapse S { weight w = 0; post state s like w = 0; on "
                       "pre { s += w }; inject s }\n"
                       "population P = N[2]\nconnect P -> P via S all to all\n",
                       true);
  ck_assert_str_eq(((ConnInfo *)item(&w, N_CONNECT, 0)->info)->syn->weight->type.unit->text, "pA");
  world_free(&w);
}
END_TEST

int main(void) {
  Suite *s = suite_create("check");
  TCase *t = tcase_create("check");
  tcase_add_test(t, a_neuron);
  tcase_add_test(t, a_connection);
  tcase_add_test(t, order_of_initial_values);
  tcase_add_test(t, frames_and_captures);
  tcase_add_test(t, functions_are_cloned);
  tcase_add_test(t, arguments_in_order);
  tcase_add_test(t, scaled_units);
  tcase_add_test(t, modules);
  tcase_add_test(t, weights_find_their_unit);
  suite_add_tcase(s, t);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
