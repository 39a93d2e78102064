// SPDX-License-Identifier: MIT
// The checker's driver: contexts, symbols, files and the modules they use.
//
// What a file declares goes into a scope of its own, above those of earlier files (lines of the prompt). If it has
// errors that scope is dropped and what it changed in older symbols is undone. A module is read and checked once, in a
// scope of its own; a file that uses it sees what it declares below its own names, so that those win.
#include "lang/check_impl.h"

#include "lang/parse.h"
#include "vm/ffi.h"

#include <string.h>

// ---- contexts ----

void ctx_enter(Checker *c, Ctx *cx, CtxKind kind) {
  *cx = (Ctx){.outer = c->cx, .kind = kind, .on = -1};
  if (c->cx) {
    cx->scope = c->cx->scope;
    cx->frame = c->cx->frame;
    cx->func = c->cx->func;
    cx->in_block = c->cx->in_block;
    cx->in_network = c->cx->in_network;
  }
  c->cx = cx;
}

void ctx_again(Checker *c, Ctx *cx) {
  *cx = *c->cx;
  cx->outer = c->cx;
  c->cx = cx;
}

void ctx_leave(Checker *c) { c->cx = c->cx->outer; }

bool ctx_lane(const Checker *c) { return c->cx->kind != CX_SCRIPT; }

// ---- symbols ----

Sym *sym_new(Checker *c, SymKind kind, Atom name, Node *decl, Type type) {
  Sym *s = NEW(c->a, Sym);
  s->kind = (uint8_t)kind;
  s->name = name;
  s->decl = decl;
  s->type = type;
  s->slot = -1;
  return s;
}

Sym *sym_global(Checker *c, SymKind kind, Atom name, Node *decl, Type type) {
  Sym *s = sym_new(c, kind, name, decl, type);
  s->slot = c->globals.n;
  vec_push(&c->globals, s);
  return s;
}

Sym *sym_selfvar(Checker *c, Scope *scope, const char *name, SelfVar v, Type type) {
  Sym *s = sym_new(c, SYM_SELFVAR, atom(c, name), NULL, type);
  s->selfvar = (uint8_t)v;
  scope_add(scope, s, c->a);
  return s;
}

void declare(Checker *c, Sym *sym, Span span) {
  Sym *old = scope_here(c->cx->scope, sym->name, sym_is_function(sym));
  if (old)
    rule_name_twice(c, span, old);
  else
    scope_add(c->cx->scope, sym, c->a);
}

Sym *declare_var(Checker *c, Node *decl, Atom name, Span span, Type type) {
  bool lane = c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC;
  Sym *s;
  if (lane)
    s = sym_new(c, SYM_LOCAL, name, decl, type);
  else if (c->cx->frame) {
    s = sym_new(c, SYM_FRAME, name, decl, type);
    s->slot = c->cx->frame->scope->nslots++;
  } else
    s = sym_global(c, SYM_GLOBAL, name, decl, type);
  declare(c, s, span);
  return s;
}

void touch(Checker *c, Sym *sym) { vec_push(&c->undo, (Undo){sym, *sym}); }

// ---- reports ----

Diag *fault(Checker *c, DiagCode code, Span span, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  const char *text = arena_vprintf(c->a, fmt, ap);
  va_end(ap);
  Diag *e = diag(c->d, code, span, "%s", text);
  for (int k = c->uses.n - 1; k >= 0 && k >= c->uses.n - 4; k--) diag_label(e, c->uses.data[k].span, "%s", c->uses.data[k].text);
  return e;
}

// The one place that refuses what belongs to the language but cannot run yet: a line less where it is called, and it can.
void not_supported(Checker *c, Span span, const char *what) {
  fault(c, E_NOT_SUPPORTED, span, "%s cannot be used yet", what);
}

// ---- modules ----

static void check_items(Checker *c, Node *file);

static Module *find_module(Checker *c, const char *path) {
  for (Module *m = c->modules; m; m = m->next)
    if (strcmp(m->path, path) == 0) return m;
  return NULL;
}

static Scope *file_scope(Checker *c, Scope *parent) {
  Scope *imports = scope_new(parent, c->a);
  c->imports = imports;
  return scope_new(imports, c->a);
}

static Module *read_module(Checker *c, Node *use, const char *path, char *text, size_t n) {
  Module *m = NEW(c->a, Module);
  m->path = arena_strdup(path, c->a);
  m->next = c->modules;
  c->modules = m;
  int before = diags_errors(c->d);
  Node *tree = parse_file(sources_add(c->sources, path, text, n), c->sources, c->in, c->d, c->a);
  Scope *imports = c->imports;
  const char *from = c->path;
  bool was = c->in_module;
  Ctx cx;
  (void)use;
  ctx_enter(c, &cx, CX_SCRIPT);
  cx.frame = NULL;
  cx.scope = file_scope(c, c->base);
  c->path = m->path;
  c->in_module = true;
  if (diags_errors(c->d) == before) check_items(c, tree);
  m->scope = cx.scope;
  ctx_leave(c);
  c->in_module = was;
  c->path = from;
  c->imports = imports;
  vec_push(&c->files, tree);
  return m;
}

static void check_use(Checker *c, Node *n) {
  char *path = NULL;
  size_t size = 0;
  const char *why = "there is no way to read modules here";
  const char *name = n->name ? n->name->text : n->text;
  char *text = c->reader ? c->reader(c->reader_ctx, name, n->name == NULL, c->path, &path, &size, &why) : NULL;
  if (!text) {
    rule_use(c, n, name, why);
    return;
  }
  Module *m = find_module(c, path);
  if (m && !m->scope) rule_use_cycle(c, n, name);
  if (!m) m = read_module(c, n, path, text, size);
  n->info = (void *)m->path;
  mem_free(text);
  mem_free(path);
  for (int k = 0; m->scope && k < m->scope->norder; k++) scope_add(c->imports, m->scope->order[k], c->a);
}

// ---- files ----

static void check_item(Checker *c, Node *n) {
  if (c->in_module && !node_is(n, NODE_MODULE)) {
    rule_module_statement(c, n);
    return;
  }
  switch ((NodeKind)n->kind) {
  case N_NEURON:
  case N_SYNAPSE:
  case N_RULE: declare_model(c, n); break;
  case N_FUNCTION: declare_function(c, n); break;
  case N_USE: check_use(c, n); break;
  case N_NETWORK: declare_network(c, n); break;
  case N_NATIVE: declare_native(c, n); break;
  default: check_statement(c, n);
  }
}

static void check_items(Checker *c, Node *file) {
  for (int k = 0; k < file->nlist; k++) check_item(c, file->list[k]);
}

// Uses with errors are silent while the file that has them is checked; a later one must hear of them again.
static void forget_failed_uses(Checker *c) {
  for (DeclInfo *d = c->decls; d; d = d->next) {
    int kept = 0;
    for (int k = 0; k < d->uses.n; k++)
      if (d->uses.data[k].model) d->uses.data[kept++] = d->uses.data[k];
    d->uses.n = kept;
    kept = 0;
    for (int k = 0; k < d->funcs.n; k++)
      if (!d->funcs.data[k].bad) d->funcs.data[kept++] = d->funcs.data[k];
    d->funcs.n = kept;
  }
}

static void roll_back(Checker *c, int nglobals, int nrecorded, Module *modules) {
  while (c->undo.n) {
    Undo u = vec_pop(&c->undo);
    *u.sym = u.was;
  }
  forget_failed_uses(c);
  c->globals.n = nglobals;
  c->recorded.n = nrecorded;
  c->modules = modules;
}

bool check_file(Checker *c, Node *file) {
  int before = diags_errors(c->d);
  c->before = (struct Before){c->top, c->globals.n, c->recorded.n, c->modules, true};
  Ctx cx;
  const Source *src = sources_get(c->sources, file->span.file);
  c->bodies.n = c->files.n = c->undo.n = c->asked.n = c->uses.n = 0;
  c->path = src ? src->path : NULL;
  c->in_module = false;
  c->cx = NULL;
  ctx_enter(c, &cx, CX_SCRIPT);
  cx.scope = file_scope(c, c->top);
  check_items(c, file);
  check_asked(c);
  c->last = cx.scope;
  ctx_leave(c);
  vec_push(&c->files, file);
  bool ok = diags_errors(c->d) == before;
  if (!ok) checker_take_back(c);
  else if (cx.scope->norder || c->imports->norder) c->top = cx.scope; // a chain of empty scopes would only be long
  return ok;
}

void checker_take_back(Checker *c) {
  if (!c->before.valid) return;
  c->top = c->before.top;
  roll_back(c, c->before.nglobals, c->before.nrecorded, c->before.modules);
  c->before.valid = false;
}

// ---- making and asking ----

static void base_names(Checker *c) {
  Unit s;
  unit_lookup("s", 1, &s);
  sym_selfvar(c, c->base, "t", SV_T, type_num(s.dim, NULL));
  sym_selfvar(c, c->base, "dt", SV_DT, type_num(s.dim, NULL));
  sym_selfvar(c, c->base, "tick", SV_TICK, type_of(TY_INT));
}

Checker *checker_new(Sources *s, Interner *in, Diags *d, Arena *a, ModuleReader reader, void *ctx) {
  Checker *c = mem_alloc(sizeof *c);
  c->sources = s;
  c->in = in;
  c->d = d;
  c->a = a;
  c->reader = reader;
  c->reader_ctx = ctx;
  c->base = scope_new(NULL, a);
  base_names(c);
  c->sigs = signatures_new(c);
  c->top = c->base;
  return c;
}

void checker_native_dirs(Checker *c, const char *const *dirs, int n) {
  c->native_dirs = dirs;
  c->nnative_dirs = n;
}

void checker_free(Checker *c) {
  if (!c) return;
  for (DeclInfo *d = c->decls, *next; d; d = next) {
    next = d->next;
    vec_free(&d->uses);
    vec_free(&d->funcs);
    mem_free(d);
  }
  vec_free(&c->globals);
  vec_free(&c->files);
  vec_free(&c->bodies);
  vec_free(&c->undo);
  vec_free(&c->asked);
  vec_free(&c->recorded);
  vec_free(&c->uses);
  vec_free(&c->resolving);
  for (int k = 0; k < c->natives.n; k++) native_close(c->natives.data[k]);
  vec_free(&c->natives);
  mem_free(c);
}

Node **checker_files(Checker *c, int *n) {
  *n = c->files.n;
  return c->files.data;
}

Node **checker_bodies(Checker *c, int *n) {
  *n = c->bodies.n;
  return c->bodies.data;
}

Sym **checker_seen(Checker *c, int *n) {
  Vec(Sym *) found = {0};
  for (Scope *s = c->last; s; s = s->parent)
    for (int k = 0; k < s->norder; k++) vec_push(&found, s->order[k]);
  *n = found.n;
  for (int k = 0; k < found.n / 2; k++) {
    Sym *first = found.data[k];
    found.data[k] = found.data[found.n - 1 - k];
    found.data[found.n - 1 - k] = first;
  }
  return vec_keep(&found, c->a);
}

int checker_nglobals(const Checker *c) { return c->globals.n; }

// Programs keep pointing to the array of their time: it grows into a larger one and is never moved.
const char *const *checker_global_names(Checker *c) {
  int n = c->globals.n;
  if (n > c->nnames) {
    c->nnames = 2 * n + 32;
    c->names = NEWN(c->a, const char *, c->nnames);
    c->named = 0;
  }
  if (c->named > c->before.nglobals) c->named = c->before.nglobals; // taken back since
  for (; c->named < n; c->named++) {
    const Sym *s = c->globals.data[c->named];
    c->names[c->named] = s && s->name ? s->name->text : "?";
  }
  return c->names;
}

Sym *checker_global(const Checker *c, int slot) {
  return slot >= 0 && slot < c->globals.n ? c->globals.data[slot] : NULL;
}

Sym *checker_find(Checker *c, const char *name, size_t n, bool function) {
  return scope_find(c->top, intern(c->in, name, n), function, NULL);
}

// Every name of the top level that is not hidden by a later one of the same name.
Sym **checker_declared(Checker *c, int *n) {
  Vec(Sym *) found = {0};
  for (Scope *s = c->top; s && s != c->base; s = s->parent)
    for (int k = 0; k < s->norder; k++)
      if (scope_find(c->top, s->order[k]->name, sym_is_function(s->order[k]), NULL) == s->order[k])
        vec_push(&found, s->order[k]);
  *n = found.n;
  return vec_keep(&found, c->a);
}
