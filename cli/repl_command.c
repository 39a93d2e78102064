// SPDX-License-Identifier: MIT
// Commands of the prompt: what begins with a colon, and questions.
#include "cli/repl.h"

#include "cli/repl_show.h"
#include "lang/doc.h"
#include "lang/lookup.h"
#include "vm/step_list.h"
#include "vm/vm.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void say(const Str *s) {
  if (s->n) fwrite(s->data, 1, s->n, stdout);
  if (s->n && s->data[s->n - 1] != '\n') putchar('\n');
}

static Compiler *compiler_of(Repl *r) { return instance_of(r->h).compiler; }
static Vm *vm_of(Repl *r) { return script_vm(instance_of(r->h).script); }

static bool wants(const char *argument, const char *what) {
  if (*argument) return true;
  fprintf(stderr, "%s\n", what);
  return false;
}

// ---- help ----

typedef struct Topic {
  const char *name, *title, *text;
} Topic;
static const Topic TOPICS[] = {
#define HELP(name, title, text) {name, title, text},
#include "cli/help.def"
#undef HELP
};
enum { NTOPICS = sizeof TOPICS / sizeof *TOPICS };

static void help_all(void) {
  int n;
  const ReplCommand *c = repl_commands(&n);
  puts("Type statements of the language; an expression alone shows its value. A name followed by ? shows what is known of it.\n");
  for (int k = 0; k < n; k++) {
    char head[64];
    snprintf(head, sizeof head, ":%s %s", c[k].name, c[k].argument);
    printf("  %-18s %s\n", head, c[k].line);
  }
  fputs("\nTopics of :help:", stdout);
  for (int k = 0; k < NTOPICS; k++) printf(" %s", TOPICS[k].name);
  putchar('\n');
}

static void run_help(Repl *r, const char *topic) {
  if (!*topic) {
    help_all();
    return;
  }
  int n;
  const ReplCommand *c = repl_commands(&n);
  for (int k = 0; k < NTOPICS; k++)
    if (strcmp(TOPICS[k].name, topic) == 0) {
      printf("%s\n\n%s", TOPICS[k].title, TOPICS[k].text);
      return;
    }
  for (int k = 0; k < n; k++)
    if (strcmp(c[k].name, topic + (*topic == ':')) == 0) {
      printf(":%s %s\n%s\n", c[k].name, c[k].argument, c[k].line);
      return;
    }
  DiagPage page;
  if (toupper((unsigned char)*topic) == 'E' && diag_page(topic, &page)) printf("E%04d: %s\n\n%s\n", page.number, page.title, page.page);
  else repl_doc(r, topic);
}

typedef struct Near {
  Vec(char *) names;
} Near;

static void near_name(void *ctx, const char *name, const char *line) {
  Near *n = ctx;
  (void)line;
  Str s = {0};
  str_add(&s, name);
  vec_push(&n->names, s.data);
}

static void say_unknown(Repl *r, const char *name) {
  Near n = {0};
  lookup_names(compiler_of(r), LOOKUP_DECLARED | LOOKUP_FUNCTIONS, "", 0, near_name, &n);
  const char *near = nearest_name(name, (const char *const *)n.names.data, n.names.n);
  fprintf(stderr, "nothing is known of %s%s%s%s\n", name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
  for (int k = 0; k < n.names.n; k++) mem_free(n.names.data[k]);
  vec_free(&n.names);
}

// As `hebb doc` and editors say it.
static bool name_doc(Repl *r, const char *name, Str *out) {
  Vec(Node *) trees = {0};
  Doc d = {0};
  for (int k = 0; k < r->said.n; k++) vec_push(&trees, r->said.data[k].tree);
  DocFrom from = {.compiler = compiler_of(r), .sources = instance_of(r->h).sources, .a = compiler_arena(compiler_of(r)), .tree = trees.data, .ntrees = trees.n, .methods = true};
  bool known = doc_path(&from, name, &d);
  if (known) str_addf(out, "%s\n", d.code.data ? d.code.data : "");
  if (known && d.about.n) str_addf(out, "%s\n", d.about.data);
  if (known && d.text.n) str_addf(out, "\n%s\n", d.text.data);
  doc_free(&d);
  vec_free(&trees);
  return known;
}

bool repl_doc(Repl *r, const char *name) {
  Str s = {0};
  bool known = name_doc(r, name, &s);
  for (int k = 0; !known && k < NTOPICS; k++)
    if (strcmp(TOPICS[k].name, name) == 0) known = true, str_addf(&s, "%s\n\n%s", TOPICS[k].title, TOPICS[k].text);
  if (known) say(&s);
  else say_unknown(r, name);
  str_free(&s);
  return known;
}

static void run_doc(Repl *r, const char *name) {
  if (wants(name, "of what? for instance :doc rate")) repl_doc(r, name);
}

// ---- what the compiler knows ----

// The type of an expression, which is checked and forgotten. NULL after errors.
static Node *checked(Repl *r, const char *text) {
  CompileJob job = {.path = "<prompt>", .text = text, .n = strlen(text), .prompt = true, .until = COMPILE_CHECK};
  bool ok = instance_compile(r->h, &job);
  if (job.incomplete) fprintf(stderr, "something is missing after %s\n", text);
  show_diags(r->h);
  return ok && job.tree->nlist == 1 ? job.tree->list[0] : NULL;
}

static void forget(Repl *r) { checker_take_back(compiler_checker(compiler_of(r))); }

static void run_type(Repl *r, const char *text) {
  if (!wants(text, "of which expression? for instance :type mean(E.V)")) return;
  Node *n = checked(r, text);
  if (!n) return;
  if (n->kind != N_EXPRSTMT) fprintf(stderr, "%s is a statement; only expressions have a type\n", text);
  else puts(type_text(n->kid[0]->type, compiler_arena(compiler_of(r))));
  forget(r);
}

// ---- explain ----

static void where_in_pop(Str *s, const Pop *p) {
  str_addf(s, "memory of %s (%lld neurons)\n", p->name, (long long)p->n);
  for (int v = 0; v < p->model->nvars; v++) {
    const VarDesc *d = &p->model->vars[v];
    if (d->kind == VAR_HIDDEN) continue;
    const char *where = !p->cols[v].p ? "computed where it is needed" : p->cols[v].uniform ? "one number for all" : "one number per neuron";
    str_addf(s, "  %-10s %s\n", d->name, where);
  }
  for (int b = 0; b < p->nblocks; b++) {
    const ModelDesc *m = &p->blocks[b]->syn->model;
    for (int v = 0; v < m->nvars; v++)
      if (m->vars[v].flags & VARF_POST && m->vars[v].kind == VAR_STATE)
        str_addf(s, "  %-10s of %s, one number per neuron, shared by its synapses\n", m->vars[v].name, m->name);
  }
}

static const char *where_of(const Proj *p, int v) {
  const VarDesc *d = &p->syn->model.vars[v];
  if (d->flags & VARF_PRE) return "one number per source";
  if (d->flags & VARF_POST) return "one number per target";
  if (!p->cols[v].p) return d->kind == VAR_PARAM ? "one number for all" : "computed where it is needed";
  if (p->cols[v].uniform) return "one number for all";
  return p->type[v] == SLOT_F32 ? "one number per synapse, single precision" : "one number per synapse";
}

static void where_in_proj(Str *s, const Proj *p) {
  str_addf(s, "memory of %s -> %s (%lld synapses)\n", p->pre->name, p->post->name, (long long)p->nsyn);
  for (int v = 0; v < p->syn->model.nvars; v++)
    if (p->syn->model.vars[v].kind != VAR_HIDDEN) str_addf(s, "  %-10s %s\n", p->syn->model.vars[v].name, where_of(p, v));
}

static void explain_value(Repl *r, const Sym *sym, Str *s) {
  Lowering *l = compiler_lowering(compiler_of(r));
  const Value *v = script_global(instance_of(r->h).script, sym->slot);
  if (sym->type.kind == TY_POP && sym->type.info) explain_neuron(l, sym->type.info, s);
  if (sym->type.kind == TY_PROJ && sym->type.info) explain_connection(l, sym->type.info, s);
  if (!v) return;
  if (v->kind == VAL_SEL)
    for (int k = 0; k < ((const Sel *)v->obj)->nparts; k++) where_in_pop(s, ((const Sel *)v->obj)->part[k].pop);
  if (v->kind == VAL_PROJ)
    for (int k = 0; k < ((const ProjGroup *)v->obj)->nproj; k++) where_in_proj(s, ((const ProjGroup *)v->obj)->proj[k]);
}

// A declaration nothing uses yet is explained as a single neuron of it would be.
static void explain_declared(Repl *r, const Sym *sym, Str *s) {
  Str text = {0};
  str_addf(&text, "population hebb_explained = %s[1]", sym->name->text);
  Node *n = checked(r, text.data);
  if (n && n->info && ((PopInfo *)n->info)->model) explain_neuron(compiler_lowering(compiler_of(r)), ((PopInfo *)n->info)->model, s);
  if (n) forget(r);
  str_free(&text);
}

static void run_explain(Repl *r, const char *name) {
  if (!wants(name, "what? for instance :explain E")) return;
  const Sym *sym = lookup_symbol(compiler_of(r), name, strlen(name));
  Str s = {0};
  if (!sym) say_unknown(r, name);
  else if (sym->kind == SYM_NEURON) explain_declared(r, sym, &s);
  else if (sym->type.kind == TY_POP || sym->type.kind == TY_PROJ) explain_value(r, sym, &s);
  else fprintf(stderr, "%s is neither a population nor a connection nor a neuron: there is nothing to explain; :doc %s says what it is\n", name, name);
  say(&s);
  show_diags(r->h);
  str_free(&s);
}

static void run_schedule(Repl *r, const char *unused) {
  (void)unused;
  Str s = {0};
  if (step_list(vm_of(r), &s)) say(&s);
  show_diags(r->h);
  str_free(&s);
}

static void run_dis(Repl *r, const char *name) {
  if (!wants(name, "of what? for instance :dis E")) return;
  const Sym *sym = lookup_symbol(compiler_of(r), name, strlen(name));
  const Value *v = sym ? script_global(instance_of(r->h).script, sym->slot) : NULL;
  Str s = {0};
  bool linked = v && vm_link(vm_of(r));
  if (!sym) say_unknown(r, name);
  else if (!v || (v->kind != VAL_SEL && v->kind != VAL_PROJ)) fprintf(stderr, "%s is neither a population nor a connection\n", name);
  else if (linked && v->kind == VAL_SEL)
    for (int k = 0; k < ((const Sel *)v->obj)->nparts; k++) dis_population(instance_of(r->h).sources, ((const Sel *)v->obj)->part[k].pop, &s);
  else if (linked)
    for (int k = 0; k < ((const ProjGroup *)v->obj)->nproj; k++) dis_projection(instance_of(r->h).sources, ((const ProjGroup *)v->obj)->proj[k], &s);
  say(&s);
  show_diags(r->h);
  str_free(&s);
}

// ---- the session ----

static double processor_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_time(Repl *r, const char *text) {
  if (!wants(text, "which statement? for instance :time run 100 ms")) return;
  double wall = wall_seconds(), cpu = processor_seconds();
  int64_t tick = vm_of(r)->tick;
  double stepping = vm_of(r)->stepping;
  EvalEnd end = repl_eval(r, "<prompt>", text, strlen(text), true);
  wall = wall_seconds() - wall;
  cpu = processor_seconds() - cpu;
  if (end == EVAL_INCOMPLETE) fprintf(stderr, "something is missing after %s\n", text);
  if (end != EVAL_DONE) return;
  printf("%.4g ms, %.4g ms of processor time", 1e3 * wall, 1e3 * cpu);
  int64_t steps = vm_of(r)->tick - tick;
  if (steps > 0) printf("; %lld steps, %.4g us each", (long long)steps, 1e6 * (vm_of(r)->stepping - stepping) / (double)steps);
  putchar('\n');
}

static const ScriptFormat *format_for(Repl *r, const Sym *s, ScriptFormat *f) {
  Type t = s->type;
  const Unit *u = t.unit && *t.unit->text ? t.unit : dim_is_none(t.dim) ? NULL : dim_unit(t.dim, compiler_arena(compiler_of(r)));
  bool number = t.kind == TY_NUM || ((t.kind == TY_ARRAY || t.kind == TY_REC || t.kind == TY_SERIES) && t.elem == TY_NUM);
  *f = (ScriptFormat){.unit = number && u ? u->text : "", .scale = number && u ? u->scale : 1};
  return f;
}

static bool is_variable(const Sym *s) {
  return s->kind == SYM_GLOBAL || s->kind == SYM_POP || s->kind == SYM_PROJ || s->kind == SYM_REC || s->kind == SYM_SIGNAL;
}

static void run_vars(Repl *r, const char *unused) {
  (void)unused;
  int n, width = 0, count = 0;
  Sym **all = checker_declared(compiler_checker(compiler_of(r)), &n);
  Str line = {0};
  for (int k = 0; k < n; k++)
    if (is_variable(all[k]) && (int)all[k]->name->n > width) width = (int)all[k]->name->n;
  for (int k = n; k-- > 0;) {
    const Sym *s = all[k];
    const Value *v = is_variable(s) ? script_global(instance_of(r->h).script, s->slot) : NULL;
    ScriptFormat f;
    if (!v) continue;
    line.n = 0;
    show_line(&line, vm_of(r), *v, format_for(r, s, &f));
    printf("  %-*s  %s\n", width, s->name->text, line.data ? line.data : "");
    count++;
  }
  if (!count) puts("no variables yet");
  str_free(&line);
}

static void run_load(Repl *r, const char *path) {
  if (wants(path, "which file? for instance :load model.hebb")) repl_load(r, path);
}

static void run_save(Repl *r, const char *path) {
  if (wants(path, "into which file? for instance :save model.hebb")) repl_save(r, path);
}

static void run_reset(Repl *r, const char *unused) {
  (void)unused;
  repl_end(r);
  repl_begin(r);
  puts("a new session: nothing is declared");
}

static void run_quit(Repl *r, const char *unused) {
  (void)unused;
  r->quit = true;
}

// ---- the table ----

static const ReplCommand COMMANDS[] = {
    {"help", "[TOPIC]", "these lines, or a topic, a function, a message such as E0401", run_help},
    {"doc", "NAME", "what is known of a name, a member such as E.V, a function, a unit; also NAME? and ?NAME", run_doc},
    {"type", "EXPR", "the type and unit of an expression, without computing it", run_type},
    {"explain", "NAME", "the equations of a population, neuron or connection, how they are integrated and why, where variables live", run_explain},
    {"schedule", "", "what a step does, in order, for the network as it is now", run_schedule},
    {"dis", "NAME", "the kernels of a population or connection", run_dis},
    {"time", "STATEMENT", "run a statement and say how long it took", run_time},
    {"vars", "", "the variables of the session", run_vars},
    {"load", "FILE", "run the statements of a file here", run_load},
    {"save", "FILE", "write the session as a script that runs", run_save},
    {"reset", "", "forget everything and begin anew (`reset` alone sets the network back to t = 0)", run_reset},
    {"quit", "", "end; also Ctrl-D", run_quit},
};

const ReplCommand *repl_commands(int *n) {
  *n = sizeof COMMANDS / sizeof *COMMANDS;
  return COMMANDS;
}

static const ReplCommand *find_command(const char *name, size_t n, bool *many) {
  const ReplCommand *found = NULL;
  *many = false;
  for (size_t k = 0; k < sizeof COMMANDS / sizeof *COMMANDS; k++) {
    if (strncmp(COMMANDS[k].name, name, n) != 0) continue;
    if (strlen(COMMANDS[k].name) == n) return &COMMANDS[k];
    *many = found != NULL;
    found = &COMMANDS[k];
  }
  return found;
}

// A file may stand in quotes.
static void unquote(Str *s) {
  if (s->n < 2 || s->data[0] != '"' || s->data[s->n - 1] != '"') return;
  memmove(s->data, s->data + 1, s->n - 2);
  s->data[s->n -= 2] = 0;
}

void repl_command(Repl *r, const char *text) {
  size_t n = strcspn(text, " \t\r\n");
  const char *rest = text + n;
  bool many;
  const ReplCommand *c = n ? find_command(text, n, &many) : NULL;
  if (!c || many) {
    fprintf(stderr, c ? ":%.*s may be several commands; :help lists them\n" : "there is no command :%.*s; :help lists them\n", (int)n, text);
    return;
  }
  Str argument = {0};
  rest += strspn(rest, " \t");
  str_add(&argument, rest);
  while (argument.n && strchr(" \t\r\n", argument.data[argument.n - 1])) argument.data[--argument.n] = 0;
  if (strcmp(c->argument, "FILE") == 0) unquote(&argument);
  c->run(r, argument.data ? argument.data : "");
  fflush(stdout);
  str_free(&argument);
}
