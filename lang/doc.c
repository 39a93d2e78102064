// SPDX-License-Identifier: MIT
// See doc.h.
#include "lang/doc.h"

#include "lang/lookup.h"
#include "vm/builtin.h"

#include <string.h>

void doc_free(Doc *d) {
  str_free(&d->code);
  str_free(&d->about);
  str_free(&d->text);
}

// ---- words ----

const char *sym_word(const Sym *s) {
  static const char *const parts[] = {"param", "state", "input", "let", "weight", "signal"};
  switch ((SymKind)s->kind) {
  case SYM_NEURON: return "neuron";
  case SYM_SYNAPSE: return "synapse";
  case SYM_RULE: return "rule";
  case SYM_NETWORK: return "network";
  case SYM_FUNC: case SYM_BUILTIN: return "function";
  case SYM_NATIVE: return "native function";
  case SYM_POP: return "population";
  case SYM_PROJ: return "connection";
  case SYM_REC: return "recording";
  case SYM_MODULE: return "module";
  case SYM_SELFVAR: return "known everywhere";
  default: break;
  }
  if (s->kind <= SYM_SIGNAL) return parts[s->kind];
  return s->decl && s->decl->kind == N_FPARAM ? "parameter" : "variable";
}

static const char *model_word(const Model *m) {
  return m->kind == MODEL_NEURON ? "neuron" : m->kind == MODEL_SYNAPSE ? "synapse" : "rule";
}

// ---- declarations ----

// The first line of a text, or all of it up to a brace, with blanks put together.
static void add_text(Str *out, const char *text, size_t n, bool to_brace) {
  bool blank = false;
  for (size_t k = 0; k < n; k++) {
    char c = text[k];
    if (to_brace && c == '{') break;
    if (c == '#') k += strcspn(text + k, "\n");
    if (c == '#' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      blank = out->n > 0;
      continue;
    }
    if (blank && out->data[out->n - 1] != ' ') str_addc(out, ' ');
    blank = false;
    str_addc(out, c);
  }
}

static void add_span(Str *out, const Sources *s, Span span, bool to_brace) {
  const Source *src = sources_get(s, span.file);
  if (src && span.lo <= span.hi && span.hi <= src->n) add_text(out, src->text + span.lo, span.hi - span.lo, to_brace);
}

static const char *part_word(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_PARAM: return "param ";
  case N_INPUT: return "input ";
  case N_STATE: return n->place == PLACE_PRE ? "pre state " : n->place == PLACE_POST ? "post state " : "state ";
  case N_WEIGHT: return "weight ";
  case N_SIGNAL: return "signal ";
  case N_LET: return n->flags & NF_CONST ? "const " : "let ";
  default: return "";
  }
}

void doc_heading(const Node *n, const Sources *s, Str *out) {
  bool body = n->kind == N_FUNCTION ? n->kid[1] != NULL : n->kind != N_LET && n->kind != N_PARAM && n->kind != N_STATE;
  str_add(out, part_word(n));
  Span span = n->span;
  if (n->kind == N_FOR || n->kind == N_SWEEP || n->kind == N_COMP) body = true;
  add_span(out, s, span, body);
}

bool doc_shows_variable(const Node *n) {
  return n->kind == N_PARAM || n->kind == N_INPUT || n->kind == N_STATE || n->kind == N_WEIGHT || n->kind == N_SIGNAL ||
         n->kind == N_EVENT || (n->kind == N_LET && n->doc);
}

bool doc_shows_equation(const Node *n) {
  return n->kind == N_EQUATION || n->kind == N_SPIKEWHEN || n->kind == N_SPIKECROSS || n->kind == N_SPIKECOUNT || n->kind == N_INJECTS;
}

const Node *doc_part(const Node *decl, const char *name) {
  for (int k = 0; k < decl->nlist; k++) {
    const Node *n = decl->list[k];
    const Node *inner = n->kind == N_SCALED ? doc_part(n, name) : NULL;
    if (inner) return inner;
    if (n->name && strcmp(n->name->text, name) == 0) return n;
  }
  return NULL;
}

// One a line.
static void add_parts(Str *out, const Node *decl, const Sources *s, bool (*shows)(const Node *n)) {
  for (int k = 0; k < decl->nlist; k++) {
    const Node *p = decl->list[k];
    if (p->kind == N_SCALED) add_parts(out, p, s, shows);
    if (!shows(p)) continue;
    str_add(out, "\n  ");
    Str line = {0};
    doc_heading(p, s, &line);
    str_addn(out, line.data, line.n);
    str_free(&line);
    if (p->doc) str_addf(out, "  # %.*s", (int)strcspn(p->doc, "\n"), p->doc);
  }
}

static const char *doc_of(const Sym *s) { return s->doc ? s->doc : s->decl ? s->decl->doc : NULL; }

static bool is_model(const Sym *s) { return s->kind == SYM_NEURON || s->kind == SYM_SYNAPSE || s->kind == SYM_RULE; }

// ---- how a state is integrated ----

typedef struct Seek {
  const DocFrom *from;
  const Sym *state;
  const char **method, **why;
} Seek;

// The state in the model of this use: a synapse is one model for each kind of connection it is used in, and one besides
// that was checked where it is declared.
static const Sym *state_in(const Model *m, const Sym *state) {
  if (!m || !m->decl || m->decl->sym != state->model->decl->sym) return NULL;
  for (int k = 0; k < m->nvars; k++)
    if (m->vars[k]->kind == SYM_STATE && m->vars[k]->name == state->name) return m->vars[k];
  return NULL;
}

static const Sym *state_of(const ConnInfo *ci, const Sym *state) {
  const Sym *s = state_in(ci->syn, state);
  for (int k = 0; k < ci->nrules && !s; k++) s = state_in(ci->rules[k].model, state);
  return s;
}

static bool seek_connection(const Seek *s, Node *n) {
  if (!n) return false;
  ConnInfo *ci = n->kind == N_CONNECT ? n->info : NULL;
  const Sym *state = ci && ci->syn && ci->pre && ci->post ? state_of(ci, s->state) : NULL;
  if (state && explain_method(compiler_lowering(s->from->compiler), ci->post, ci, state, s->from->a, s->method, s->why)) return true;
  for (int k = 0; k < n->nlist; k++)
    if ((n->kind == N_FILE || n->kind == N_BLOCK) && seek_connection(s, n->list[k])) return true;
  bool control = n->kind == N_IF || n->kind == N_FOR || n->kind == N_TEST;
  return control && (seek_connection(s, n->kid[1]) || seek_connection(s, n->kid[2]));
}

static void add_method(const DocFrom *from, const Sym *state, Doc *out) {
  Model *m = state->model;
  const Equation *eq = NULL;
  const char *method = NULL, *why = NULL;
  for (int k = 0; m && k < m->nequations; k++)
    if (m->equations[k].x == state) eq = &m->equations[k];
  if (!eq) return;
  Str text = {0};
  add_span(&text, from->sources, eq->node->span, false);
  str_addf(&out->code, "\n%s", text.data ? text.data : "");
  str_free(&text);
  if (!from->methods) return;
  if (m->kind == MODEL_NEURON) explain_method(compiler_lowering(from->compiler), m, NULL, state, from->a, &method, &why);
  for (int k = 0; k < from->ntrees && !method && m->kind != MODEL_NEURON; k++)
    seek_connection(&(Seek){from, state, &method, &why}, from->tree[k]);
  if (method) str_addf(&out->text, "%sMethod `%s`: %s.", out->text.n ? "\n\n" : "", method, why);
}

// ---- symbols ----

DocFrom doc_from(const Analysis *an) {
  return (DocFrom){.compiler = an->compiler, .sources = an->sources, .a = an->a, .tree = &an->tree, .ntrees = an->tree ? 1 : 0, .methods = an->ok};
}

bool doc_symbol(const DocFrom *from, const Sym *s, Type type, Doc *out) {
  if (s->of && !s->decl) s = s->of;
  if (s->kind == SYM_BUILTIN) return doc_function(s->name->text, s->name->n, out);
  if (s->kind == SYM_SELFVAR) return doc_variable(s->name->text, out);
  if (type.kind == TY_NONE) type = s->type;
  if (s->decl) doc_heading(s->decl, from->sources, &out->code);
  else str_addf(&out->code, "%s", s->name->text);
  if (is_model(s) && s->decl) {
    add_parts(&out->code, s->decl, from->sources, doc_shows_variable);
    add_parts(&out->code, s->decl, from->sources, doc_shows_equation);
  }
  str_add(&out->about, sym_word(s));
  if (s->model) str_addf(&out->about, " of the %s %s", model_word(s->model), s->model->name->text);
  bool typed = type.kind != TY_NONE && type.kind != TY_ERROR && type.kind != TY_ANY && type.kind < TY_FUNC;
  if (typed) str_addf(&out->about, ": %s", type_text(type, from->a));
  if (doc_of(s)) str_add(&out->text, doc_of(s));
  if (s->kind == SYM_STATE) add_method(from, s, out);
  return true;
}

// A part of a declaration that nothing may use yet.
static bool declared_part(const DocFrom *from, const Sym *of, const char *name, Doc *out) {
  const Node *part = of->decl && is_model(of) ? doc_part(of->decl, name) : NULL;
  if (!part) return false;
  doc_heading(part, from->sources, &out->code);
  str_addf(&out->about, "of the %s %s", sym_word(of), of->name->text);
  if (part->doc) str_add(&out->text, part->doc);
  return true;
}

static bool member(const DocFrom *from, const Sym *of, const char *name, Doc *out) {
  const char *line;
  const Sym *v = lookup_member(of, name, &line);
  if (v) return doc_symbol(from, v, type_of(TY_NONE), out);
  if (!line) return declared_part(from, of, name, out);
  str_add(&out->code, name);
  str_addf(&out->about, "of every %s", sym_word(of));
  str_add(&out->text, line);
  return true;
}

bool doc_path(const DocFrom *from, const char *path, Doc *out) {
  size_t head = lookup_head(path), n = strlen(path), point = strcspn(path, ".");
  const Sym *s = lookup_symbol(from->compiler, path, head);
  if (s && path[point] == '.') return member(from, s, path + point + 1, out);
  if (s && head == n) return doc_symbol(from, s, type_of(TY_NONE), out);
  return doc_function(path, n, out) || doc_keyword(path, n, out) || doc_unit(path, n, out) || doc_variable(path, out);
}

static bool doc_module(Analysis *an, const Word *w, Doc *out) {
  str_addf(&out->code, "use %s", w->name->text);
  str_addf(&out->about, "module%s%s", w->node->info ? " " : "", w->node->info ? (const char *)w->node->info : "");
  (void)an;
  return true;
}

bool doc_word(Analysis *an, const Word *w, Doc *out) {
  if (w->node->kind == N_USE) return doc_module(an, w, out);
  if (w->sym) {
    bool value = w->type.kind != TY_NONE && w->type.kind < TY_FUNC && w->sym->kind > SYM_SIGNAL;
    DocFrom from = doc_from(an);
    return doc_symbol(&from, w->sym, value ? w->type : w->sym->type, out);
  }
  const Word *d = index_declaration(an->index, w->decl);
  if (d) {
    doc_heading(d->node, an->sources, &out->code);
    if (d->node->doc) str_add(&out->text, d->node->doc);
    return true;
  }
  return doc_variable(w->name->text, out);
}

// ---- tables ----

bool doc_function(const char *name, size_t n, Doc *out) {
  int k = builtin_find(name, n);
  if (k < 0) return false;
  const Builtin *b = &BUILTINS[k];
  str_addf(&out->code, "%s%s", b->name, b->signature);
  str_add(&out->about, b->flags & BUILTIN_RAND ? "function, random" : "function");
  str_add(&out->text, b->doc);
  if (b->example && *b->example) str_addf(&out->text, "\n\nFor instance `%s`", b->example);
  return true;
}

typedef struct KeywordDoc {
  const char *text, *how, *doc;
} KeywordDoc;

static const KeywordDoc KEYWORD_DOCS[] = {
#define KEYWORD_DOC(text, how, doc) {text, how, doc},
#include "lang/keyword_doc.def"
#undef KEYWORD_DOC
};

bool doc_keyword(const char *name, size_t n, Doc *out) {
  for (size_t k = 0; k < sizeof KEYWORD_DOCS / sizeof *KEYWORD_DOCS; k++) {
    const KeywordDoc *d = &KEYWORD_DOCS[k];
    if (strncmp(d->text, name, n) != 0 || d->text[n]) continue;
    str_add(&out->code, d->how);
    str_add(&out->about, "word of the language");
    str_add(&out->text, d->doc);
    return true;
  }
  return false;
}

bool doc_unit(const char *name, size_t n, Doc *out) {
  Unit u;
  if (!unit_lookup(name, n, &u)) return false;
  Arena *a = arena_new();
  const Unit *base = dim_unit(u.dim, a);
  str_addf(&out->code, "1 %.*s", (int)n, name);
  str_add(&out->about, "unit");
  bool itself = base && strlen(base->text) == n && memcmp(base->text, name, n) == 0;
  if (base && !itself) {
    str_add(&out->code, " = ");
    str_addnum(&out->code, u.scale / base->scale);
    if (*base->text) str_addf(&out->code, " %s", base->text);
  }
  arena_free(a);
  return true;
}

bool doc_variable(const char *name, Doc *out) {
  static const char *const vars[][3] = {
      {"t", "t: s", "the time of this step"},
      {"dt", "dt: s", "the length of a step"},
      {"tick", "tick: int", "the number of this step"},
      {"i", "i: int", "the index of the neuron; in connections that of the source"},
      {"j", "j: int", "in connections: the index of the target"},
      {"N", "N: int", "the size of the population"},
      {"pos", "pos.x: m, pos.y: m, pos.z: m", "the position of the neuron"},
      {"xi", "xi: s^(-1/2)", "white noise; xi.a and xi.b are independent of each other"},
      {"last_spike", "last_spike: s", "the time of the last spike, -inf before the first"},
      {"spiked", "spiked: bool", "whether the neuron spiked in this step"},
      {"refractory", "refractory: bool", "whether the neuron is refractory"},
      {"distance", "distance: m", "in connections: the distance of the two neurons"},
      {"delay", "delay: s", "the time from the spike of a source to its arrival"},
      {"post_delay", "post_delay: s", "the time from the spike of a target to its arrival at the synapse"},
      {"pre", "pre.V", "in synapses, rules and connections: a variable of the source"},
      {"post", "post.V", "in synapses, rules and connections: a variable of the target"},
      {"self", "self.V", "in the block of a population: another value of the neuron"},
      {"positions", "positions = grid(spacing = 10 um)", "in the block of a population: where the neurons are"},
      {"seed", "set seed = 42", "a setting: what the random numbers begin with"},
      {"threads", "set threads = 2", "a setting: how many threads work"},
      {"semantics", "set semantics = nest", "a setting: the order of a step, `brian` or `nest`"},
      {"precision", "set precision = double", "a setting: the kind of number"},
  };
  for (size_t k = 0; k < sizeof vars / sizeof *vars; k++) {
    if (strcmp(vars[k][0], name) != 0) continue;
    str_add(&out->code, vars[k][1]);
    str_add(&out->text, vars[k][2]);
    return true;
  }
  return false;
}
