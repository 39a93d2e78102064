// SPDX-License-Identifier: MIT
// Descriptors and kernels of initial values, as the script compiler gets them from lowering, and how linking caches.
#include "lang/link.h"
#include "lang/parse.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4 };

typedef struct World {
  Sources *s;
  Interner *in;
  Diags *d;
  Arena *a;
  Checker *c;
  Node *tree;
  Lowering *l;
} World;

static World world(const char *text) {
  World w = {.s = sources_new(), .in = interner_new(), .a = arena_new()};
  w.d = diags_new(w.s);
  w.c = checker_new(w.s, w.in, w.d, w.a, NULL, NULL);
  w.tree = parse_file(sources_add(w.s, "test", text, strlen(text)), w.s, w.in, w.d, w.a);
  ck_assert_msg(check_file(w.c, w.tree), "%s", diags_count(w.d) ? diags_text(w.d, 0) : "?");
  w.l = lowering_new(w.d, w.a);
  return w;
}

static void world_free(World *w) {
  lowering_free(w->l);
  checker_free(w->c);
  diags_free(w->d);
  sources_free(w->s);
  interner_free(w->in);
  arena_free(w->a);
}

static Node *item(const World *w, NodeKind kind) {
  for (int k = 0; k < w->tree->nlist; k++)
    if (w->tree->list[k]->kind == kind) return w->tree->list[k];
  ck_abort_msg("no such item");
}

static int var_number(const ModelDesc *m, const char *name) {
  for (int k = 0; k < m->nvars; k++)
    if (strcmp(m->vars[k].name, name) == 0) return k;
  ck_abort_msg("no variable %s", name);
}

// What a kernel stores; captures are numbers or one array.
static void run_kernel(const Kernel *k, const double *captures, int ncaptures, double *out) {
  KernelInstance *in = instance_new(k);
  double n = LANES;
  for (int s = 0; s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (t->space == SPACE_OUT) instance_bind(in, s, (Bind){.p = out, .n = LANES});
    if (t->space == SPACE_CAPTURE && t->access == ACC_ARRAY) instance_bind(in, s, (Bind){.p = (void *)(uintptr_t)captures, .n = ncaptures});
    if (t->space == SPACE_CAPTURE && t->access == ACC_UNIFORM) instance_bind(in, s, (Bind){.p = (void *)(uintptr_t)&captures[t->index], .n = 1});
    if (t->space == SPACE_SYS) instance_bind(in, s, (Bind){.p = &n, .n = 1});
  }
  KernelCall call = {.hi = LANES, .dt = 1e-4, .fault = {.what = -1}};
  instance_setup(in, LANES, &call);
  ck_assert(instance_run(in, &call));
  instance_free(in);
}

static const InitCode *code_of(const PopDesc *d, const char *name) {
  for (int k = 0; k < d->ninit; k++)
    if (d->init[k].var >= 0 && strcmp(d->model->vars[d->init[k].var].name, name) == 0) return &d->init[k];
  ck_abort_msg("%s has no initial value", name);
}

#define NEURON                                                                                                         \
  "neuron N {\n  param tau = 20 ms, g = 1\n  input I: mV\n  state V: mV = 2*u\n  state u: mV = 3 mV*g\n"              \
  "  tau*dV/dt = -V + I\n  spike when V > 10 mV { V = 0 mV }\n  refractory 2 ms holding V\n}\n"

START_TEST(columns_of_a_neuron) {
  World w = world(NEURON "population P = N[4]\n");
  CaptureList caps = {0};
  const PopDesc *d = lower_population(w.l, item(&w, N_POPULATION), &caps);
  ck_assert_ptr_nonnull(d);
  const ModelDesc *m = d->model;
  ck_assert(m->spikes && m->vars[var_number(m, "V")].kind == VAR_STATE && m->vars[var_number(m, "tau")].kind == VAR_PARAM);
  ck_assert(m->vars[var_number(m, "V")].flags & VARF_HELD);
  ck_assert(!(m->vars[var_number(m, "u")].flags & VARF_HELD));
  ck_assert_str_eq(m->vars[var_number(m, "V")].unit, "mV");
  ck_assert(m->vars[m->last_spike].kind == VAR_HIDDEN && m->vars[m->last_spike].initial == -INFINITY);
  ck_assert(m->held_until >= 0 && m->vars[m->held_until].kind == VAR_HIDDEN);
  ck_assert_int_eq(m->t_exact, -1);
  ck_assert_ptr_eq(describe_neuron(w.l, m->lang), m);
  world_free(&w);
}
END_TEST

START_TEST(values_of_a_population) {
  World w = world("let k = 5\nlet list = [1, 2, 3, 4] ms\nfunction twice(x) = 2*x\n" NEURON
                  "population P = N[4] { g = k + 1, tau = list, u = twice(i)*1 mV }\n");
  CaptureList caps = {0};
  double out[LANES], six[] = {6, 6};
  const PopDesc *d = lower_population(w.l, item(&w, N_POPULATION), &caps);
  const InitCode *g = code_of(d, "g"), *tau = code_of(d, "tau"), *u = code_of(d, "u"), *V = code_of(d, "V");
  ck_assert(g->uniform && !g->random && g->array < 0);
  ck_assert(tau->array >= 0 && !tau->kernel);
  ck_assert(!u->uniform && !u->random);
  ck_assert(!V->uniform);
  ck_assert_int_eq(caps.n, 2); // k + 1 as a whole; list
  run_kernel(g->kernel, six, 2, out);
  ck_assert_double_eq(out[0], 6);
  run_kernel(u->kernel, six, 2, out);
  for (int k = 0; k < LANES; k++) ck_assert_double_eq_tol(out[k], 2e-3 * k, 1e-18);
  world_free(&w);
}
END_TEST

START_TEST(defaults_depend_on_each_other) { // what is uniform is computed again, not read
  World w = world(NEURON "population P = N[4] { g = 2 }\n");
  CaptureList caps = {0};
  double out[LANES];
  const PopDesc *d = lower_population(w.l, item(&w, N_POPULATION), &caps);
  const InitCode *V = code_of(d, "V");
  ck_assert(V->uniform);
  run_kernel(V->kernel, NULL, 0, out);
  ck_assert_double_eq_tol(out[0], 12e-3, 1e-17);
  world_free(&w);
}
END_TEST

START_TEST(draws) {
  World w = world(NEURON "population P = N[4] { V ~ uniform(-60 mV, -50 mV), g ~ normal(1, 0.1) }\n");
  CaptureList caps = {0};
  double out[LANES];
  const PopDesc *d = lower_population(w.l, item(&w, N_POPULATION), &caps);
  const InitCode *V = code_of(d, "V"), *u = code_of(d, "u");
  ck_assert(V->random && !V->uniform);
  ck_assert(!u->random && !u->uniform); // reads g, which differs
  run_kernel(V->kernel, NULL, 0, out);
  for (int k = 0; k < LANES; k++) ck_assert(out[k] >= -60e-3 && out[k] < -50e-3 && out[k] != out[(k + 1) % LANES]);
  world_free(&w);
}
END_TEST

// ---- synapses ----
#define CONN(body) "synapse S {\n  param tau = 5 ms, a = 2\n  weight w: mV\n" body "}\n" NEURON "population P = N[4]\n"      \
                   "connect P -> P via S all to all { w = 1 mV }\n"

static const SynDesc *connection(World *w, ConnInfo **ci) {
  CaptureList caps = {0};
  Node *n = item(w, N_CONNECT);
  ConnDesc *d = lower_connection(w->l, n, &caps);
  ck_assert_ptr_nonnull(d);
  *ci = n->info;
  return d->syn;
}

static bool merges(const char *text) {
  World w = world(text);
  ConnInfo *ci;
  bool yes = connection(&w, &ci)->mergeable;
  world_free(&w);
  return yes;
}

START_TEST(what_may_be_shared) {
  ck_assert(merges(CONN("  post state s: mV = 0\n  ds/dt = -s/tau\n  on pre { s += w }\n  inject s\n")));
  ck_assert(merges(CONN("  post state x: mV = 0, s: mV = 0\n  dx/dt = -x/tau\n  ds/dt = (x - s)/tau\n  on pre { x += a*w }\n  inject s\n")));
  ck_assert(!merges(CONN("  post state s: mV = 0\n  ds/dt = -s/tau - s^2/(1 mV*ms)\n  on pre { s += w }\n  inject s\n")));
  ck_assert(!merges(CONN("  post state s: mV = 0\n  ds/dt = (1 mV - s)/tau\n  on pre { s += w }\n  inject s\n")));
  ck_assert(!merges(CONN("  post state s: mV = 1 mV\n  ds/dt = -s/tau\n  on pre { s += w }\n  inject s\n")));
  ck_assert(!merges(CONN("  post state s: mV = 0\n  ds/dt = -s/tau\n  on pre { s += w }\n  inject max(s, 0 mV)\n")));
  ck_assert(!merges(CONN("  post state s: mV = 0\n  ds/dt = -s/tau\n  on pre { s += w - s/10 }\n  inject s\n")));
}
END_TEST

static const bool yes[64] = {true};
static const bool no[64];
static const uint8_t f64[64];

static SynShape shape_of(World *w, const SynDesc *d, const ConnInfo *ci) {
  return (SynShape){.low = syn_low(d), .pre = neuron_low(describe_neuron(w->l, ci->pre)), .post = neuron_low(describe_neuron(w->l, ci->post)),
                    .pre_uniform = no, .post_uniform = no, .uniform = no, .type = f64};
}

static SynCode code_for(World *w, const char *text) {
  ConnInfo *ci;
  *w = world(text);
  const SynDesc *d = connection(w, &ci);
  SynShape sh = shape_of(w, d, ci);
  double params[16] = {0};
  params[var_number(&d->model, "tau")] = 5e-3;
  params[var_number(&d->model, "a")] = 2;
  SynCode code;
  ck_assert(link_projection(w->l, &sh, params, &code));
  return code;
}

START_TEST(plain_adding) {
  World w;
  SynCode c = code_for(&w, CONN("  post state s: mV = 0\n  let k = exp(-tau/(5 ms))\n  on pre { s += a*w*k; post.V -= w }\n  inject s\n"));
  ck_assert(!c.on_pre && c.nfast == 2);
  ck_assert(!c.fast[0].to_pop && c.fast[0].weighted);
  ck_assert_double_eq_tol(c.fast[0].sign, 2 * exp(-1), 1e-15);
  ck_assert(c.fast[1].to_pop && c.fast[1].sign == -1);
  world_free(&w);
  c = code_for(&w, CONN("  post state s: mV = 0\n  on pre { s += w + 1 mV }\n  inject s\n"));
  ck_assert(!c.on_pre && c.nfast == 2 && c.fast[0].weighted && !c.fast[1].weighted);
  ck_assert_double_eq(c.fast[1].sign, 1e-3);
  world_free(&w);
}
END_TEST

START_TEST(handlers_that_need_a_kernel) {
  World w;
  SynCode c = code_for(&w, CONN("  post state s: mV = 0\n  on pre { s += w*(1 - s/(1 mV)) }\n  inject s\n"));
  ck_assert(c.on_pre && !c.nfast);
  world_free(&w);
  c = code_for(&w, CONN("  post state s: mV = 0\n  on pre { if post.V < 0 mV { s += w } }\n  inject s\n"));
  ck_assert(c.on_pre && !c.nfast);
  world_free(&w);
}
END_TEST

START_TEST(couplings) { // what differs from synapse to synapse is summed; the rest stands in the target's equations
  World w;
  SynCode c = code_for(&w, CONN("  inject w*(pre.V - post.V)/(1 mV)\n"));
  ck_assert(c.coupling && !c.on_pre && !c.reads_lets);
  world_free(&w);
  c = code_for(&w, CONN("  inject post.V*a\n"));
  ck_assert(!c.coupling);
  world_free(&w);
}
END_TEST

START_TEST(populations_of_equal_shape) {
  World w = world(NEURON "population P = N[4]\n");
  CaptureList caps = {0};
  PopDesc *d = lower_population(w.l, item(&w, N_POPULATION), &caps);
  PopShape sh = {.low = neuron_low(d->model), .uniform = yes};
  PopCode code;
  ck_assert(link_population(w.l, &sh, &code));
  ck_assert(code.advance && code.spike && !code.lets && !code.threshold && code.nevery == 0);
  sh.nest = true;
  ck_assert(link_population(w.l, &sh, &code));
  ck_assert_ptr_nonnull(code.threshold);
  world_free(&w);
}
END_TEST

int main(void) {
  Suite *s = suite_create("lower");
  TCase *c = tcase_create("lower");
  tcase_add_test(c, columns_of_a_neuron);
  tcase_add_test(c, values_of_a_population);
  tcase_add_test(c, defaults_depend_on_each_other);
  tcase_add_test(c, draws);
  tcase_add_test(c, what_may_be_shared);
  tcase_add_test(c, plain_adding);
  tcase_add_test(c, handlers_that_need_a_kernel);
  tcase_add_test(c, couplings);
  tcase_add_test(c, populations_of_equal_shape);
  suite_add_tcase(s, c);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed != 0;
}
