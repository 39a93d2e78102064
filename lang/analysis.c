// SPDX-License-Identifier: MIT
// See analysis.h.
#include "lang/analysis.h"

#include "base/str.h"
#include "base/vec.h"
#include "lang/lower.h"
#include "lang/parser.h"

#include <string.h>

// ---- making ----

// What `hebb check` finds while it explains: methods too can fail.
static void try_methods(Analysis *an, Node *n) {
  if (!n) return;
  Str unused = {0};
  Lowering *l = compiler_lowering(an->compiler);
  const PopInfo *pop = n->kind == N_POPULATION ? n->info : NULL;
  ConnInfo *conn = n->kind == N_CONNECT ? n->info : NULL;
  if (pop && pop->model) explain_neuron(l, pop->model, &unused);
  if (conn && conn->syn) explain_connection(l, conn, &unused);
  str_free(&unused);
  bool holds = n->kind == N_FILE || n->kind == N_BLOCK;
  for (int k = 0; holds && k < n->nlist; k++) try_methods(an, n->list[k]);
  bool control = n->kind == N_IF || n->kind == N_FOR || n->kind == N_WHILE || n->kind == N_TEST;
  for (int k = 1; control && k < 3; k++) try_methods(an, n->kid[k]);
}

Analysis *analysis_new(const char *path, const char *text, size_t n, ModuleReader modules, void *ctx) {
  Analysis *an = mem_alloc(sizeof *an);
  an->sources = sources_new();
  an->in = interner_new();
  an->diags = diags_new(an->sources);
  an->compiler = compiler_new(an->sources, an->in, an->diags);
  an->a = arena_new();
  compiler_modules(an->compiler, modules, ctx);
  CompileJob job = {.path = path, .text = text, .n = n, .until = COMPILE_SCRIPT, .tolerant = true};
  an->ok = compile(an->compiler, &job);
  an->tree = job.tree;
  an->file = job.file;
  an->index = index_new(compiler_checker(an->compiler), an->sources, an->a);
  if (an->ok) try_methods(an, an->tree);
  an->ok = diags_errors(an->diags) == 0;
  diags_sort(an->diags);
  return an;
}

void analysis_free(Analysis *an) {
  if (!an) return;
  arena_free(an->a);
  compiler_free(an->compiler);
  diags_free(an->diags);
  interner_free(an->in);
  sources_free(an->sources);
  mem_free(an);
}

// ---- looks ----

typedef struct Painter {
  Analysis *an;
  Vec(Looked) out;
  const char *text;
} Painter;

static void paint(Painter *p, uint32_t lo, uint32_t hi, Looked as) {
  while (lo < hi) { // a piece for each line
    const char *nl = memchr(p->text + lo, '\n', hi - lo);
    uint32_t end = nl ? (uint32_t)(nl - p->text) : hi, stop = end;
    if (stop > lo && p->text[stop - 1] == '\r') stop--;
    as.span = (Span){p->an->file, lo, stop};
    if (lo < stop) vec_push(&p->out, as);
    lo = end + (nl != NULL);
  }
}

static void paint_comments(Painter *p, uint32_t lo, uint32_t hi) {
  for (uint32_t k = lo; k < hi; k++) {
    if (p->text[k] != '#') continue;
    uint32_t end = k + (uint32_t)strcspn(p->text + k, "\n");
    if (end > hi) end = hi;
    bool doc = k + 1 < end && p->text[k + 1] == '#' && (k + 2 == end || p->text[k + 2] != '#');
    paint(p, k, end, (Looked){.look = doc ? LOOK_DOC : LOOK_COMMENT});
    k = end;
  }
}

static Look look_of_sym(const Sym *s) {
  switch ((SymKind)s->kind) {
  case SYM_PARAM: return LOOK_PARAMETER;
  case SYM_STATE: case SYM_INPUT: case SYM_LET: case SYM_WEIGHT: case SYM_SIGNAL: return s->model ? LOOK_PROPERTY : LOOK_VARIABLE;
  case SYM_FUNC: case SYM_BUILTIN: case SYM_NATIVE: return LOOK_FUNCTION;
  case SYM_NEURON: case SYM_SYNAPSE: case SYM_RULE: case SYM_NETWORK: return LOOK_MODEL;
  case SYM_MODULE: return LOOK_MODULE;
  default: return s->decl && s->decl->kind == N_FPARAM ? LOOK_PARAMETER : LOOK_VARIABLE;
  }
}

static Look look_of_node(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NEURON: case N_SYNAPSE: case N_RULE: case N_NETWORK: return LOOK_MODEL;
  case N_FUNCTION: case N_NATIVEFN: return LOOK_FUNCTION;
  case N_PARAM: case N_FPARAM: case N_ARG: return LOOK_PARAMETER;
  case N_STATE: case N_INPUT: case N_WEIGHT: case N_MEMBER: return LOOK_PROPERTY;
  case N_EVENT: case N_ON: return LOOK_EVENT;
  case N_USE: return LOOK_MODULE;
  default: return LOOK_VARIABLE;
  }
}

static Looked look_of_word(const Painter *p, const Token *t) {
  const Word *w = index_at(p->an->index, p->an->file, t->span.lo);
  Looked as = {.look = LOOK_VARIABLE};
  Unit u;
  if (!w || w->span.lo != t->span.lo) {
    if (unit_lookup(t->tok.name->text, t->tok.name->n, &u)) as.look = LOOK_UNIT;
    return as;
  }
  as.look = w->sym ? look_of_sym(w->sym) : look_of_node(w->node);
  as.declares = w->declares;
  as.builtin = w->sym && (w->sym->kind == SYM_BUILTIN || w->sym->kind == SYM_SELFVAR);
  return as;
}

static bool soft(int kind) { return kind >= T_AGAINST && kind <= T_WITHIN; }
static bool is_named(const Painter *p, const Token *t) {
  const Word *w = index_at(p->an->index, p->an->file, t->span.lo);
  return w && w->span.lo == t->span.lo && w->span.hi == t->span.hi;
}

static void paint_token(Painter *p, const Token *t, int before) {
  Looked as = {.look = LOOK_OPERATOR};
  switch (t->kind) {
  case T_SEP: case T_YYerror: case '(': case ')': case '[': case ']': case '{': case '}': case ',': case '.': case ':':
  case ';': return;
  case T_NUMBER: as.look = LOOK_NUMBER; break;
  case T_UNIT: as.look = LOOK_UNIT; break;
  case T_STRBEGIN: case T_STRTEXT: case T_STREND: case T_INTERPOPEN: case T_INTERPCLOSE: as.look = LOOK_STRING; break;
  case T_IDENT: as = look_of_word(p, t); break;
  default:
    if (!t->tok.name) break;
    if (soft(t->kind) && is_named(p, t)) as = look_of_word(p, t);
    else as.look = LOOK_KEYWORD;
  }
  if (before == T_P_METHOD) as = (Looked){.look = LOOK_METHOD};
  paint(p, t->span.lo, t->span.hi, as);
}

Looked *analysis_looks(Analysis *an, int *n) {
  const Source *src = sources_get(an->sources, an->file);
  Painter p = {.an = an, .text = src->text};
  Diags *quiet = diags_new(an->sources);
  Lexer *lx = lexer_new(an->file, an->sources, an->in, quiet, an->a);
  uint32_t at = 0;
  int before = 0;
  for (Token t = lexer_next(lx); t.kind != T_YYEOF; t = lexer_next(lx)) {
    if (t.span.lo >= t.span.hi || t.span.lo < at) continue;
    bool in_string = t.kind == T_STRTEXT || t.kind == T_STREND || t.kind == T_INTERPOPEN;
    if (!in_string) paint_comments(&p, at, t.span.lo);
    paint_token(&p, &t, before);
    before = t.kind;
    at = t.span.hi;
  }
  if (!lexer_stopped(lx)) paint_comments(&p, at, (uint32_t)src->n);
  lexer_free(lx);
  diags_free(quiet);
  *n = p.out.n;
  return vec_keep(&p.out, an->a);
}
