// SPDX-License-Identifier: MIT
// Code under construction: instructions with their spans, pools, variables.
#include "lang/script_impl.h"

#include <string.h>

// ---- code ----

int emit(ScriptC *c, Span at, ScriptOp op, int a, int b) {
  vec_push(&c->code->ins, (ScriptIns){.op = (uint16_t)op, .a = a, .b = b});
  vec_push(&c->code->spans, at);
  return c->code->ins.n - 1;
}

int here(const ScriptC *c) { return c->code->ins.n; }

void patch(ScriptC *c, int at) { c->code->ins.data[at].a = here(c); }

void code_begin(ScriptC *c, Code *code) {
  *code = (Code){.outer = c->code};
  c->code = code;
}

int func_reserve(ScriptC *c) {
  vec_push(&c->p->func, (ScriptFunc){.name = ""});
  return c->p->func.n - 1;
}

void code_end(ScriptC *c, int func, const char *name) {
  Code *code = c->code;
  ScriptFunc *f = &c->p->func.data[func];
  f->name = keep_text(c, name);
  f->nparams = code->nparams;
  f->nslots = code->nslots;
  f->ncode = code->ins.n;
  f->code = vec_keep(&code->ins, c->a);
  f->spans = vec_keep(&code->spans, c->a);
  vec_free(&code->vars);
  c->code = code->outer;
}

// ---- pools ----

int pool_value(ScriptC *c, Value v) {
  vec_push(&c->p->constant, v);
  return c->p->constant.n - 1;
}

int pool_num(ScriptC *c, double x) {
  for (int k = c->p->constant.n; k-- > 0 && k > c->p->constant.n - 16;) {
    const Value *v = &c->p->constant.data[k];
    if (v->kind == VAL_NUM && memcmp(&v->num, &x, sizeof x) == 0) return k;
  }
  return pool_value(c, value_num(x));
}

int pool_int(ScriptC *c, int64_t x) { return pool_value(c, value_int(x)); }
int pool_bool(ScriptC *c, bool x) { return pool_value(c, value_bool(x)); }
int pool_text(ScriptC *c, const char *text, size_t n) { return pool_value(c, str_value(text, (int64_t)n)); }

const char *keep_text(ScriptC *c, const char *text) { return arena_strdup(text, c->a); }

int pool_name(ScriptC *c, const char *name) {
  for (int k = 0; k < c->p->name.n; k++)
    if (strcmp(c->p->name.data[k], name) == 0) return k;
  vec_push(&c->p->name, keep_text(c, name));
  return c->p->name.n - 1;
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

int pool_format(ScriptC *c, ScriptFormat f) {
  for (int k = 0; k < c->p->format.n; k++) {
    const ScriptFormat *g = &c->p->format.data[k];
    if (g->scale == f.scale && same_text(g->unit, f.unit) && same_text(g->spec, f.spec)) return k;
  }
  vec_push(&c->p->format, f);
  return c->p->format.n - 1;
}

ScriptFormat format_of(ScriptC *c, Type t) {
  bool array = t.kind == TY_ARRAY || t.kind == TY_REC || t.kind == TY_SERIES;
  bool number = t.kind == TY_NUM || (array && t.elem == TY_NUM);
  if (!number || dim_is_none(t.dim)) return (ScriptFormat){.unit = "", .scale = 1};
  const Unit *u = t.unit && *t.unit->text ? t.unit : dim_unit(t.dim, c->a);
  return (ScriptFormat){.unit = keep_text(c, u->text), .scale = u->scale};
}

const char *source_text(ScriptC *c, Span span) {
  enum { LONGEST = 60 };
  const Source *s = sources_get(c->in->sources, span.file);
  if (!s || span.hi > s->n || span.lo > span.hi) return "";
  size_t n = span.hi - span.lo;
  char *text = arena_strndup(s->text + span.lo, n, c->a);
  for (size_t k = 0; k < n; k++)
    if (text[k] == '\n' || text[k] == '\t' || text[k] == '\r') text[k] = ' ';
  if (n <= LONGEST) return text;
  n = LONGEST;
  while (n && (text[n] & 0xC0) == 0x80) n--;
  return arena_printf(c->a, "%.*s...", (int)n, text);
}

// ---- variables ----

static const Slotted *find_var(const Code *code, const Sym *sym) {
  for (int k = code->vars.n; k-- > 0;)
    if (code->vars.data[k].sym == sym) return &code->vars.data[k];
  return NULL;
}

int frame_slot(ScriptC *c, const Sym *sym) {
  const Slotted *v = find_var(c->code, sym);
  if (v) return v->slot;
  vec_push(&c->code->vars, (Slotted){sym, c->code->nslots});
  return c->code->nslots++;
}

int temp_slot(ScriptC *c) { return c->code->nslots++; }

void emit_load(ScriptC *c, Span at, const Sym *sym) {
  emit_object(c, at, sym);
  if (sym_is_signal(sym)) emit(c, at, S_SIGGET, 0, 0);
}

void emit_object(ScriptC *c, Span at, const Sym *sym) {
  if (sym->kind == SYM_FRAME) emit(c, at, S_LOADL, frame_slot(c, sym), 0);
  else if (sym->kind == SYM_SELFVAR)
    emit(c, at, S_SYS, sym->selfvar == SV_T ? 0 : sym->selfvar == SV_DT ? 1 : 2, 0);
  else if (sym->slot >= 0) emit(c, at, S_LOADG, sym->slot, 0);
  else BUG("the name %s stands for nothing a script can read", sym->name ? sym->name->text : "?");
}

void emit_store(ScriptC *c, Span at, const Sym *sym) {
  if (sym->kind == SYM_FRAME) emit(c, at, S_STOREL, frame_slot(c, sym), 0);
  else if (sym->slot >= 0) emit(c, at, S_STOREG, sym->slot, 0);
  else BUG("the name %s stands for nothing a script can change", sym->name ? sym->name->text : "?");
}
