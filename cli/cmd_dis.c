// SPDX-License-Identifier: MIT
// hebb dis: the bytecode of a script, and the kernels of its network. The kernels are known when a run starts: the script
// is executed up to its first `run`, without what it prints.
#include "cli/cli.h"

#include "vm/vm.h"

#include <stdio.h>

static void no_print(void *ctx, const char *text, size_t n, Span span) { (void)ctx, (void)text, (void)n, (void)span; }

typedef struct Listing {
  const Sources *sources;
  Str *out;
} Listing;

static void kernel(const Listing *l, const char *of, const char *part, const Kernel *k) {
  if (!k) return;
  str_addf(l->out, "\n%s, %s\n", of, part);
  kernel_print(k, l->sources, l->out);
}

static void timed(const Listing *l, const char *of, const TimedKernel *t, int n) {
  for (int k = 0; k < n; k++) kernel(l, of, "on every", t[k].kernel);
}

static void list_pop(const Listing *l, const Pop *p) {
  const PopCode *c = pop_code(p);
  if (!c) return;
  kernel(l, p->name, "lets", c->lets);
  kernel(l, p->name, "advance", c->advance);
  kernel(l, p->name, "spike", c->spike);
  kernel(l, p->name, "on start", c->start);
  timed(l, p->name, c->every, c->nevery);
}

static void update(const Listing *l, const char *of, const char *what, const SynUpdate *u) {
  Str s = {0};
  kernel(l, of, what, u->each);
  str_addf(&s, "%s, pre states", what);
  kernel(l, of, s.data, u->pre);
  str_free(&s);
  str_addf(&s, "%s, post states", what);
  kernel(l, of, s.data, u->post);
  str_free(&s);
}

static void list_proj(const Listing *l, const Proj *p) {
  const SynCode *c = proj_code(p);
  Str name = {0};
  if (!c) return;
  str_addf(&name, "%s -> %s via %s", p->pre->name, p->post->name, p->desc->syn->model.name);
  for (int k = 0; k < c->nfast; k++) str_addf(l->out, "\n%s: spikes are delivered by adding alone\n", name.data);
  kernel(l, name.data, "on pre, once per spike", c->once_pre);
  kernel(l, name.data, "on pre", c->on_pre);
  kernel(l, name.data, "on post, once per spike", c->once_post);
  kernel(l, name.data, "on post", c->on_post);
  kernel(l, name.data, "coupling", c->coupling);
  kernel(l, name.data, "integration of synapses", c->integrate);
  kernel(l, name.data, "integration of pre states", c->integrate_pre);
  update(l, name.data, "on step", &c->step);
  update(l, name.data, "on start", &c->start);
  for (int k = 0; k < c->nevery; k++) update(l, name.data, "on every", &c->every[k].update);
  str_free(&name);
}

void dis_population(const Sources *s, const Pop *p, Str *out) {
  Listing l = {s, out};
  list_pop(&l, p);
}

void dis_projection(const Sources *s, const Proj *p, Str *out) {
  Listing l = {s, out};
  list_proj(&l, p);
}

static bool list_network(Hebb *h, const ScriptProgram *p, Str *out) {
  Instance in = instance_of(h);
  Listing l = {in.sources, out};
  instance_host(h, (ScriptHost){.print = no_print});
  script_link_only(in.script);
  if (instance_script(h, p) == SCRIPT_ERROR) return false;
  const Vm *vm = script_vm(in.script);
  for (int k = 0; k < vm->pops.n; k++) list_pop(&l, vm->pops.data[k]);
  for (int k = 0; k < vm->projs.n; k++) list_proj(&l, vm->projs.data[k]);
  return true;
}

int cmd_dis(int argc, char **argv) {
  if (argc != 2) return usage_error("dis", "which file? see hebb --help");
  Hebb *h = hebb_new();
  CompileJob job = {.until = COMPILE_SCRIPT};
  Str out = {0};
  bool ok = compile_path(h, argv[1], &job);
  if (ok) {
    script_print(job.program, instance_of(h).sources, &out);
    ok = list_network(h, job.program, &out);
  }
  if (out.n) fwrite(out.data, 1, out.n, stdout);
  str_free(&out);
  show_diags(h);
  mem_free((char *)job.text);
  hebb_free(h);
  return ok ? EXIT_DONE : EXIT_MODEL;
}
