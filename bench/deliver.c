// SPDX-License-Identifier: MIT
// What a synaptic event costs, in ns: pull against push, for networks that fit the cache and that do not.
//
//   bench/deliver [NEURONS SYNAPSES_PER_NEURON DELAYS]     default: a table of cases
//
// Neurons do nothing but spike when told to, at random, 8 times a second each as in a cortical network; the time of the
// same run without spikes is taken off. `range` delays are spread evenly over 1 to DELAYS steps.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vm/rng.h"
#include "vm/run.h"

enum { W, S, NVARS };

typedef struct Case {
  int64_t n, k;
  int delays;
  bool weights; // one for each synapse, single precision where there are many
  DeliverWay way;
} Case;

static bool link_pop(void *ctx, Vm *vm, Pop *p, PopCode *out, Arena *a) { return (void)ctx, (void)vm, (void)p, (void)out, (void)a, true; }

static bool link_proj(void *ctx, Vm *vm, Proj *p, SynCode *out, Arena *a) {
  (void)ctx, (void)vm, (void)p;
  out->fast = NEW(a, FastAdd);
  out->nfast = 1;
  *out->fast = (FastAdd){.var = S, .sign = 1, .param = -1, .weighted = true};
  return true;
}

static double seconds(void) {
  struct timespec ts;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void fail(Vm *vm) {
  diags_print(vm->diags, stderr, (DiagStyle){0});
  exit(1);
}

static void give_values(Vm *vm, ProjGroup *g, const Case *c) {
  int64_t n = proj_count(g);
  Array *x = array_new1(VAL_NUM, n);
  if (!x) exit(1);
  Rng r = rng_at((RngKey){1, 0, 0}, 1, 0, 0);
  if (c->weights) {
    for (int64_t k = 0; k < n; k++) x->data[k] = rng_uniform(&r, 0, 1);
    if (!proj_write(vm, g, "w", value_obj(x), (Span){0})) fail(vm);
  }
  if (c->delays > 1) {
    for (int64_t k = 0; k < n; k++) x->data[k] = vm->dt * (double)(1 + rng_below(&r, c->delays));
    if (!proj_write(vm, g, "delay", value_obj(x), (Span){0})) fail(vm);
  }
  value_drop(value_obj(x));
}

static int64_t give_spikes(Vm *vm, const Sel *s, int64_t n, int64_t steps) {
  int64_t spikes = (int64_t)(8 * vm->dt * (double)(n * steps));
  Array *i = array_new1(VAL_NUM, spikes), *t = array_new1(VAL_NUM, spikes);
  Rng r = rng_at((RngKey){2, 0, 0}, 1, 0, 0);
  for (int64_t k = 0; k < spikes; k++) {
    i->data[k] = (double)rng_below(&r, n);
    t->data[k] = vm->dt * (double)(vm->tick + 1 + rng_below(&r, steps));
  }
  if (!inject_spikes(vm, s, i, t, (Span){0})) fail(vm);
  value_drop(value_obj(i));
  value_drop(value_obj(t));
  return spikes;
}

static double timed_run(Vm *vm, int64_t steps) {
  double begin = seconds();
  if (vm_run(vm, steps, NULL, NULL, (Span){0}) != RUN_DONE) fail(vm);
  return seconds() - begin;
}

static const char *way_name(DeliverWay w) { return w == DELIVER_PULL ? "pull" : "push"; }

static void measure(const Case *c) {
  VarDesc svars[NVARS] = {{.name = "w", .kind = VAR_WEIGHT, .unit = "", .scale = 1},
                          {.name = "s", .kind = VAR_STATE, .flags = VARF_POST, .unit = "", .scale = 1}};
  ModelDesc neuron = {.name = "Unit", .last_spike = -1, .held_until = -1, .t_exact = -1};
  SynDesc syn = {.model = {.name = "Add", .vars = svars, .nvars = NVARS, .last_spike = -1, .held_until = -1, .t_exact = -1},
                 .weight = W, .input = -1};
  PopDesc pop = {.name = "P", .model = &neuron};
  ConnDesc conn = {.label = "", .syn = &syn, .pattern = PATTERN_OUTDEGREE};
  Sources *sources = sources_new();
  Vm *vm = vm_new(diags_new(sources));
  vm->linker = (Linker){.pop = link_pop, .proj = link_proj};
  Pop *p;
  if (!pop_make(vm, &pop, 1, &c->n, NULL, 0, &p)) fail(vm);
  Sel *s = sel_of_pop(p);
  ProjGroup *g;
  Value k = value_num((double)c->k);
  if (!proj_make(vm, &conn, s, s, -1, &k, 1, NULL, 0, &g)) fail(vm);
  give_values(vm, g, c);
  proj_run(g->proj[0])->forced_way = c->way;
  int64_t steps = c->n * c->k > 10000000 ? 400 : 20000;
  double idle = timed_run(vm, steps);
  int64_t spikes = give_spikes(vm, s, c->n, steps);
  timed_run(vm, 1); // sorts the spikes
  double busy = timed_run(vm, steps);
  double events = (double)spikes * (double)c->k; // but for a few under way at the end
  printf("%8lld x %-5lld %3d delays  %-8s %s  %6.2f ns\n", (long long)c->n, (long long)c->k, c->delays,
         c->weights ? "weights" : "uniform", way_name(proj_run(g->proj[0])->way), 1e9 * (busy - idle) / events);
  fflush(stdout);
  value_drop(value_obj(s));
  Diags *d = vm->diags;
  vm_free(vm);
  diags_free(d);
  sources_free(sources);
}

static void both(int64_t n, int64_t k, int delays) {
  for (int weights = 0; weights < 2; weights++) {
    measure(&(Case){n, k, delays, weights, DELIVER_PULL});
    if (delays > 1) measure(&(Case){n, k, delays, weights, DELIVER_PUSH});
  }
}

int main(int argc, char **argv) {
  if (argc == 4) {
    both(atoll(argv[1]), atoll(argv[2]), atoi(argv[3]));
    return 0;
  }
  both(4000, 80, 1);
  both(4000, 80, 15);
  both(10000, 1000, 1);
  both(10000, 1000, 15);
  both(10000, 1000, 60);
  both(77169, 500, 40);
  both(77169, 1500, 40);
  return 0;
}
