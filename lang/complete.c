// SPDX-License-Identifier: MIT
// See complete.h. The text up to the place, with a letter put behind it so that there is always a word being typed, is cut
// into tokens; the last is that word, those before it say where it stands.
#include "lang/complete.h"

#include "lang/doc.h"
#include "lang/parser.h"
#include "vm/builtin.h"

#include <dirent.h>
#include <string.h>

// What is open around the place.
typedef struct Around {
  int kind;   // ( [ {
  int at;     // its token
  int head;   // first token of the statement it stands in
  int commas; // since then
  int last_comma;
} Around;

typedef struct Spot {
  Analysis *an;
  Arena *a;
  Vec(Token) tokens; // without the word being typed
  Vec(Around) open;
  int head;      // kind of the first token of the statement; 0: the word is the first
  bool inside;   // in a string or comment
  const Node *statement; // of the tree, around the place or the last before it
  ChoiceFn f;
  void *ctx;
  Vec(const char *) seen;
} Spot;

// ---- reading the place ----

static void note_token(Spot *p, const Token *t) {
  if (t->kind == T_SEP || t->kind == '{' || t->kind == '}') p->head = 0;
  else if (!p->head) p->head = t->kind;
}

static void read_tokens(Spot *p, Lexer *lx, uint32_t end) {
  for (Token t = lexer_next(lx); t.kind != T_YYEOF; t = lexer_next(lx)) {
    if (t.tok.name && t.span.hi == end) {
      p->inside = false;
      return;
    }
    if (t.kind == '(' || t.kind == '[' || t.kind == '{')
      vec_push(&p->open, (Around){.kind = t.kind, .at = p->tokens.n, .head = p->head, .last_comma = p->tokens.n});
    bool closes = t.kind == ')' || t.kind == ']' || t.kind == '}';
    if (closes && p->open.n) (void)vec_pop(&p->open);
    if (t.kind == ',' && p->open.n) {
      vec_last(&p->open).commas++;
      vec_last(&p->open).last_comma = p->tokens.n;
    }
    note_token(p, &t);
    vec_push(&p->tokens, t);
  }
}

static void find_statement(Spot *p, uint32_t offset) {
  const Node *tree = p->an->tree;
  for (int k = 0; tree && k < tree->nlist; k++)
    if (tree->list[k]->span.lo <= offset) p->statement = tree->list[k];
}

static void spot_open(Spot *p, Analysis *an, uint32_t offset) {
  const Source *src = sources_get(an->sources, an->file);
  Str text = {0};
  *p = (Spot){.an = an, .a = arena_new(), .inside = true};
  if (offset > src->n) offset = (uint32_t)src->n;
  str_addn(&text, src->text, offset);
  str_addc(&text, '_');
  Sources *sources = sources_new();
  Diags *quiet = diags_new(sources);
  Lexer *lx = lexer_new(sources_add(sources, "", text.data, text.n), sources, an->in, quiet, p->a);
  read_tokens(p, lx, (uint32_t)text.n);
  find_statement(p, offset);
  lexer_free(lx);
  diags_free(quiet);
  sources_free(sources);
  str_free(&text);
}

static void spot_close(Spot *p) {
  vec_free(&p->tokens);
  vec_free(&p->open);
  vec_free(&p->seen);
  arena_free(p->a);
}

static int before(const Spot *p, int back) { return p->tokens.n > back ? p->tokens.data[p->tokens.n - 1 - back].kind : 0; }
static const char *text_of(const Token *t) { return t->tok.name ? t->tok.name->text : ""; }

// ---- offering ----

static void offer(Spot *p, const char *name, ChoiceKind kind, const char *detail, const char *text) {
  for (int k = 0; k < p->seen.n; k++)
    if (strcmp(p->seen.data[k], name) == 0) return;
  vec_push(&p->seen, name);
  p->f(p->ctx, &(Choice){name, kind, detail, text});
}

static ChoiceKind kind_of(const Sym *s) {
  switch ((SymKind)s->kind) {
  case SYM_NEURON: case SYM_SYNAPSE: case SYM_RULE: case SYM_NETWORK: return CHOICE_MODEL;
  case SYM_FUNC: case SYM_BUILTIN: case SYM_NATIVE: return CHOICE_FUNCTION;
  case SYM_PARAM: return CHOICE_PARAMETER;
  case SYM_STATE: case SYM_INPUT: case SYM_LET: case SYM_WEIGHT: case SYM_SIGNAL: return CHOICE_PROPERTY;
  default: return CHOICE_VARIABLE;
  }
}

static const char *kept(Spot *p, Str *s) {
  const char *text = s->n ? arena_strndup(s->data, s->n, p->a) : NULL;
  str_free(s);
  return text;
}

static void offer_symbol(Spot *p, const Sym *s) {
  if (s->hidden || !s->name) return;
  Str detail = {0};
  const char *doc = s->doc ? s->doc : s->decl ? s->decl->doc : NULL;
  if (s->decl) doc_heading(s->decl, p->an->sources, &detail);
  if (!detail.n) str_add(&detail, sym_word(s));
  offer(p, s->name->text, kind_of(s), kept(p, &detail), doc);
}

static void offer_node(Spot *p, const Node *n, ChoiceKind kind) {
  if (!n->name) return;
  Str detail = {0};
  doc_heading(n, p->an->sources, &detail);
  offer(p, n->name->text, kind, kept(p, &detail), n->doc);
}

// Those of the top level of one kind, or (kind < 0) all.
static void offer_seen(Spot *p, int kind) {
  int n;
  Sym **all = checker_seen(compiler_checker(p->an->compiler), &n);
  for (int k = n - 1; k >= 0; k--)
    if (kind < 0 || all[k]->kind == kind) offer_symbol(p, all[k]);
}

static const Sym *seen_symbol(const Spot *p, const char *name) {
  int n;
  Sym **all = checker_seen(compiler_checker(p->an->compiler), &n);
  for (int k = n - 1; k >= 0; k--)
    if (strcmp(all[k]->name->text, name) == 0) return all[k];
  return NULL;
}

static bool is_variable(const Node *n) {
  return n->kind == N_PARAM || n->kind == N_STATE || n->kind == N_INPUT || n->kind == N_LET || n->kind == N_WEIGHT || n->kind == N_SIGNAL;
}

static void offer_parts(Spot *p, const Node *decl, int depth) {
  for (int k = 0; k < decl->nlist; k++) {
    const Node *n = decl->list[k];
    if (n->kind == N_SCALED) offer_parts(p, n, depth);
    if (is_variable(n)) offer_node(p, n, n->kind == N_PARAM ? CHOICE_PARAMETER : CHOICE_PROPERTY);
  }
  const Sym *base = decl->name2 && depth < 8 ? seen_symbol(p, decl->name2->text) : NULL;
  if (base && base->decl && base->decl != decl) offer_parts(p, base->decl, depth + 1);
}

static bool is_closed(const Node *n) {
  return n && (n->kind == N_NEURON || n->kind == N_SYNAPSE || n->kind == N_RULE || n->kind == N_FUNCTION || n->kind == N_NETWORK);
}

// What is declared in the statement around: parts, locals, parameters.
static void offer_around(Spot *p) {
  const Node *s = p->statement;
  if (!s || (!p->open.n && is_closed(s))) return;
  const Word *w = index_from(p->an->index, p->an->file, s->span.lo);
  const Word *end = p->an->index->words + p->an->index->n;
  for (; w && w < end && w->span.file == p->an->file && w->inside == s; w++) {
    if (!w->declares || w->node == s) continue;
    bool part = is_variable(w->node) && w->node->kind != N_LET;
    offer_node(p, w->node, part ? CHOICE_PROPERTY : CHOICE_VARIABLE);
  }
  if (is_closed(s)) offer_parts(p, s, 0);
}

static void offer_list(Spot *p, const char *const *names, ChoiceKind kind) {
  for (; *names; names++) {
    Doc d = {0};
    const char *detail = NULL, *text = NULL;
    if (kind == CHOICE_KEYWORD ? doc_keyword(*names, strlen(*names), &d) : doc_variable(*names, &d)) {
      detail = kept(p, &d.code);
      text = kept(p, &d.text);
    }
    doc_free(&d);
    offer(p, *names, kind, detail, text);
  }
}

static void offer_functions(Spot *p) {
  for (int k = 0; k < BUILTIN_COUNT; k++)
    offer(p, BUILTINS[k].name, CHOICE_FUNCTION, arena_printf(p->a, "%s%s", BUILTINS[k].name, BUILTINS[k].signature), BUILTINS[k].doc);
}

static void offer_keywords(Spot *p, unsigned classes) {
  int n;
  const Keyword *k = keywords(&n);
  for (int j = 0; j < n; j++)
    if (classes >> k[j].class_ & 1) offer_list(p, (const char *const[]){k[j].text, NULL}, CHOICE_KEYWORD);
}

static void offer_units(Spot *p) {
  static const char *const units[] = {
#define UNIT(name, ...) name,
#include "lang/units.def"
#undef UNIT
  };
  static const char *const prefixes[] = {"", "m", "u", "n", "p", "k", "M", "G", "c", "f"};
  for (size_t j = 0; j < sizeof prefixes / sizeof *prefixes; j++)
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
      const char *name = arena_printf(p->a, "%s%s", prefixes[j], units[k]);
      Unit u;
      Doc d = {0};
      if (!unit_lookup(name, strlen(name), &u)) continue;
      doc_unit(name, strlen(name), &d);
      offer(p, name, CHOICE_UNIT, kept(p, &d.code), NULL);
      doc_free(&d);
    }
}

static void offer_modules(Spot *p) {
  int n;
  const char *const *dirs = compiler_library(p->an->compiler, &n);
  for (int k = 0; k < n; k++) {
    DIR *d = opendir(dirs[k]);
    for (struct dirent *e; d && (e = readdir(d));) {
      size_t len = strlen(e->d_name);
      if (len > 5 && e->d_name[0] != '.' && strcmp(e->d_name + len - 5, ".hebb") == 0)
        offer(p, arena_strndup(e->d_name, len - 5, p->a), CHOICE_MODULE, NULL, NULL);
    }
    if (d) closedir(d);
  }
}

// ---- members ----

static void offer_model(Spot *p, const Model *m) {
  for (int k = 0; m && k < m->nvars; k++) offer_symbol(p, m->vars[k]);
}

static const char *const OF_NEURONS[] = {"N", "i", "last_spike", "pos", NULL};
static const char *const OF_SYNAPSES[] = {"i", "j", "delay", "post_delay", "pre", "post", NULL};
static const char *const OF_RECORDINGS[] = {"t", "i", "f", NULL};
static const char *const OF_SPIKES[] = {"t", "i", "t_exact", NULL};
static const char *const OF_POSITIONS[] = {"x", "y", "z", NULL};

static void offer_connection(Spot *p, const ConnInfo *ci) {
  if (!ci) return;
  offer_model(p, ci->syn);
  for (int k = 0; k < ci->nrules; k++)
    if (ci->rules[k].model) offer(p, ci->rules[k].model->name->text, CHOICE_MODEL, "learning rule", NULL);
  offer_list(p, OF_SYNAPSES, CHOICE_PROPERTY);
}

// A population whose check failed: the parts of its neuron.
static void offer_neuron_of(Spot *p, const Node *population) {
  const Node *name = population->kid[0];
  const Sym *s = name && name->kind == N_NAME ? seen_symbol(p, name->name->text) : NULL;
  if (s && s->decl && s->kind == SYM_NEURON) offer_parts(p, s->decl, 0);
}

static void offer_members_of(Spot *p, const Sym *s) {
  const Node *decl = s->decl;
  switch ((TypeKind)s->type.kind) {
  case TY_PROJ: case TY_PROJS: offer_connection(p, s->type.info); return;
  case TY_REC: offer_list(p, OF_RECORDINGS, CHOICE_PROPERTY); return;
  case TY_SPIKES:
    offer_list(p, OF_SPIKES, CHOICE_PROPERTY);
    offer_model(p, s->type.info);
    return;
  case TY_TABLE: {
    const TableInfo *t = s->type.info;
    for (int k = 0; t && k < t->n; k++) offer(p, t->names[k]->text, CHOICE_PROPERTY, type_text(t->types[k], p->a), NULL);
    return;
  }
  case TY_POP: case TY_POPS: offer_model(p, s->type.info); break;
  default:
    if (!decl || decl->kind != N_POPULATION) return;
    offer_neuron_of(p, decl);
  }
  offer_list(p, OF_NEURONS, CHOICE_PROPERTY);
}

// pre. and post. in a synapse or rule: the variables of the neurons it is used with, or of all there are.
static void offer_side(Spot *p, bool pre) {
  int n, used = 0;
  Sym **all = checker_seen(compiler_checker(p->an->compiler), &n);
  const Atom name = p->statement ? p->statement->name : NULL;
  for (int k = 0; k < n; k++) {
    const ConnInfo *ci = all[k]->type.kind == TY_PROJ ? all[k]->type.info : NULL;
    bool uses = ci && ci->syn && ci->syn->name == name;
    for (int j = 0; ci && j < ci->nrules; j++) uses |= ci->rules[j].model && ci->rules[j].model->name == name;
    const Model *m = !uses ? NULL : pre ? ci->pre : ci->post;
    offer_model(p, m);
    used += m != NULL;
  }
  for (int k = n - 1; k >= 0 && !used; k--)
    if (all[k]->kind == SYM_NEURON && all[k]->decl) offer_parts(p, all[k]->decl, 0);
  offer_list(p, OF_NEURONS, CHOICE_PROPERTY);
}

static const Model *part_of(const ConnInfo *ci, const char *name) {
  if (!ci) return NULL;
  if (strcmp(name, "pre") == 0) return ci->pre;
  if (strcmp(name, "post") == 0) return ci->post;
  for (int k = 0; k < ci->nrules; k++)
    if (ci->rules[k].model && strcmp(ci->rules[k].model->name->text, name) == 0) return ci->rules[k].model;
  return NULL;
}

// The name before token k, over an index.
static int name_before(const Spot *p, int k) {
  int depth = 0;
  for (k--; k >= 0; k--) {
    int kind = p->tokens.data[k].kind;
    if (kind == ']' || kind == ')') depth++;
    else if (kind == '[' || kind == '(') depth--;
    else if (!depth) return p->tokens.data[k].tok.name ? k : -1;
    if (depth < 0) return -1;
  }
  return -1;
}

static void offer_members(Spot *p) {
  int at = name_before(p, p->tokens.n - 1);
  if (at < 0) return;
  const char *name = text_of(&p->tokens.data[at]);
  bool first = !(at > 0 && p->tokens.data[at - 1].kind == '.');
  if (strcmp(name, "pos") == 0) return offer_list(p, OF_POSITIONS, CHOICE_PROPERTY);
  if (!first) {
    int owner = name_before(p, at - 1);
    const Sym *s = owner >= 0 ? seen_symbol(p, text_of(&p->tokens.data[owner])) : NULL;
    if (s && (s->type.kind == TY_PROJ || s->type.kind == TY_PROJS)) offer_model(p, part_of(s->type.info, name));
    return;
  }
  bool pair = p->statement && (p->statement->kind == N_SYNAPSE || p->statement->kind == N_RULE || p->statement->kind == N_CONNECT);
  if (pair && (strcmp(name, "pre") == 0 || strcmp(name, "post") == 0)) return offer_side(p, name[1] == 'r');
  const Sym *s = seen_symbol(p, name);
  if (s) offer_members_of(p, s);
}

// ---- the place ----

enum { ALL_DECL = 1 << KW_DECL, ALL_STATEMENT = 1 << KW_STATEMENT, ALL_RESERVED = 1 << KW_RESERVED, ALL_CONSTANT = 1 << KW_CONSTANT, ALL_PART = 1 << KW_PART };

static const Around *block_around(const Spot *p) {
  for (int k = p->open.n - 1; k >= 0; k--)
    if (p->open.data[k].kind == '{') return &p->open.data[k];
  return NULL;
}

static bool in_model(const Spot *p) {
  for (int k = 0; k < p->open.n; k++) {
    int h = p->open.data[k].head;
    if (h == T_NEURON || h == T_SYNAPSE || h == T_RULE) return true;
  }
  return false;
}

static void offer_values(Spot *p) {
  static const char *const body[] = {"i", "N", "pos", "xi", "last_spike", "spiked", "refractory", "pre", "post", NULL};
  static const char *const pair[] = {"i", "j", "N", "pos", "distance", "delay", "post_delay", "pre", "post", NULL};
  static const char *const everywhere[] = {"t", "dt", "tick", NULL};
  const Around *b = block_around(p);
  offer_around(p);
  offer_seen(p, -1);
  if (in_model(p)) offer_list(p, body, CHOICE_VARIABLE);
  else if (p->head == T_CONNECT || (b && (b->head == T_CONNECT || b->head == T_POPULATION))) offer_list(p, pair, CHOICE_VARIABLE);
  offer_list(p, everywhere, CHOICE_VARIABLE);
  offer_functions(p);
}

static void offer_statement(Spot *p) {
  static const char *const handler[] = {"let", "if", NULL};
  const Around *b = block_around(p);
  int head = b ? b->head : 0;
  if (head == T_NEURON || head == T_SYNAPSE || head == T_RULE || (head == T_P_SCALED && in_model(p))) {
    offer_keywords(p, ALL_PART);
    offer_list(p, (const char *const[]){"let", "signal", "inject", NULL}, CHOICE_KEYWORD);
  } else if (in_model(p)) {
    offer_list(p, handler, CHOICE_KEYWORD);
  } else if (head == T_POPULATION || head == T_CONNECT) {
    // entries: the variables of the neuron or synapse
  } else {
    offer_keywords(p, ALL_STATEMENT | (b ? 0 : ALL_DECL));
  }
  offer_values(p);
}

// The entries of the block of a population or connection.
static void offer_entries(Spot *p) {
  const Node *s = p->statement;
  if (!s) return;
  if (s->kind == N_POPULATION) {
    offer_neuron_of(p, s);
    offer_list(p, (const char *const[]){"positions", NULL}, CHOICE_PROPERTY);
  } else if (s->kind == N_CONNECT) {
    offer_connection(p, s->info);
  }
}

static bool offer_after_word(Spot *p, int kind) {
  static const char *const methods[] = {"exact", "exponential_euler", "euler", "rk2", "rk4", "heun", "milstein", NULL};
  static const char *const patterns[] = {"probability", "indegree", "outdegree", "total", NULL};
  static const char *const settings[] = {"dt", "seed", "threads", "precision", "method", "semantics", NULL};
  static const char *const events[] = {"pre", "post", "step", "every", "start", "update", NULL};
  switch (kind) {
  case T_P_METHOD: offer_list(p, methods, CHOICE_METHOD); return true;
  case T_USE: offer_modules(p); return true;
  case T_VIA: offer_seen(p, SYM_SYNAPSE); return true;
  case T_LEARN: offer_seen(p, SYM_RULE); return true;
  case T_WITH: offer_list(p, patterns, CHOICE_KEYWORD); return true;
  case T_SET: offer_list(p, settings, CHOICE_VARIABLE); return true;
  case T_P_ON: offer_list(p, events, CHOICE_KEYWORD); return true;
  case T_P_SPIKE: offer_list(p, (const char *const[]){"when", "count", NULL}, CHOICE_KEYWORD); return true;
  case T_RUN: offer_list(p, (const char *const[]){"until", NULL}, CHOICE_KEYWORD); return false;
  case T_RECORD: offer_list(p, (const char *const[]){"spikes", NULL}, CHOICE_KEYWORD); return true;
  case T_NUMBER: case T_UNIT: offer_units(p); return false;
  case T_IN: offer_units(p); return false;
  case T_EXTENDS: offer_seen(p, p->head == T_NEURON ? SYM_NEURON : p->head == T_SYNAPSE ? SYM_SYNAPSE : SYM_RULE); return true;
  case T_OF: case T_INTO: offer_seen(p, SYM_POP); return true;
  default: return false;
  }
}

// The words that may go on a statement after a value.
static void offer_clauses(Spot *p) {
  static const char *const connect[] = {"via", "with", "where", "all", "one", "learn", "no", "from", NULL};
  static const char *const others[] = {"every", "to", "from", "into", "at", "steps", "near", "within", "as", "title", "against",
                                       "holding", "crosses", "with", "learn", NULL};
  offer_list(p, p->head == T_CONNECT ? connect : others, CHOICE_KEYWORD);
  offer_keywords(p, ALL_RESERVED | ALL_CONSTANT);
}

static bool value_before(int kind) {
  return kind == T_IDENT || kind == T_NUMBER || kind == T_UNIT || kind == ')' || kind == ']' || kind == T_STREND;
}

void complete_at(Analysis *an, uint32_t offset, ChoiceFn f, void *ctx) {
  Spot p;
  spot_open(&p, an, offset);
  p.f = f;
  p.ctx = ctx;
  int kind = before(&p, 0);
  const Around *in = p.open.n ? &vec_last(&p.open) : NULL;
  bool entries = in && in->kind == '{' && (in->head == T_POPULATION || in->head == T_CONNECT);
  if (p.inside) {
  } else if (kind == '.') {
    offer_members(&p);
  } else if (kind == ':' && !(in && in->kind == '[')) {
    offer_units(&p);
    offer_list(&p, (const char *const[]){"int", "bool", NULL}, CHOICE_KEYWORD);
  } else if (kind == '=' && p.head == T_POPULATION && !entries) {
    offer_seen(&p, SYM_NEURON);
  } else if (!offer_after_word(&p, kind)) {
    if (entries && (kind == '{' || kind == ',' || kind == T_SEP)) offer_entries(&p);
    if (!kind || kind == T_SEP || kind == '{' || kind == '}') offer_statement(&p);
    else if (value_before(kind)) offer_clauses(&p);
    else {
      offer_values(&p);
      offer_list(&p, (const char *const[]){"if", "not", "true", "false", "inf", "nan", "pi", "prev", "spikes", NULL}, CHOICE_KEYWORD);
    }
  }
  spot_close(&p);
}

// ---- signatures ----

void signature_free(SignatureHelp *s) {
  str_free(&s->label);
  str_free(&s->text);
  vec_free(&s->param);
}

static bool separates(char c, int depth) { return depth == 1 && (c == ',' || c == ')'); }

// Notes the parameters in the brackets of the label.
static void note_params(SignatureHelp *s) {
  int depth = 0;
  uint32_t lo = 0;
  for (uint32_t k = 0; k < s->label.n; k++) {
    char c = s->label.data[k];
    if (separates(c, depth)) {
      while (s->label.data[lo] == ' ') lo++;
      if (lo < k) vec_push(&s->param, (Span){0, lo, k});
      lo = k + 1;
      if (c == ')') return;
    }
    if (c == '(' || c == '[') depth++;
    if (c == '(' && depth == 1) lo = k + 1;
    if (c == ')' || c == ']') depth--;
  }
}

static void params_of_model(const Spot *p, const Node *decl, SignatureHelp *s, bool *first) {
  for (int k = 0; k < decl->nlist; k++) {
    if (decl->list[k]->kind != N_PARAM && decl->list[k]->kind != N_SIGNAL) continue;
    const Source *src = sources_get(p->an->sources, decl->list[k]->span.file);
    Span span = decl->list[k]->span;
    str_addf(&s->label, "%s%.*s", *first ? "" : ", ", (int)(span.hi - span.lo), src->text + span.lo);
    *first = false;
  }
}

static bool find_signature(const Spot *p, const char *name, SignatureHelp *s) {
  const Sym *sym = seen_symbol(p, name);
  if (sym && (sym->kind == SYM_SYNAPSE || sym->kind == SYM_RULE || sym->kind == SYM_NETWORK) && sym->decl) {
    bool first = true;
    str_addf(&s->label, "%s(", name);
    params_of_model(p, sym->decl, s, &first);
    str_addc(&s->label, ')');
    if (sym->doc) str_add(&s->text, sym->doc);
    return true;
  }
  if (sym && sym->kind == SYM_FUNC && sym->decl) {
    doc_heading(sym->decl, p->an->sources, &s->label);
    if (sym->decl->doc) str_add(&s->text, sym->decl->doc);
    return true;
  }
  int k = builtin_find(name, strlen(name));
  if (k < 0) return false;
  str_addf(&s->label, "%s%s", BUILTINS[k].name, BUILTINS[k].signature);
  str_add(&s->text, BUILTINS[k].doc);
  return true;
}

// The parameter that `name =` behind the last comma names.
static int named_param(const Spot *p, const Around *call, const SignatureHelp *s) {
  int at = call->last_comma + 1;
  if (at + 1 >= p->tokens.n || !p->tokens.data[at].tok.name || p->tokens.data[at + 1].kind != '=') return -1;
  const char *name = text_of(&p->tokens.data[at]);
  size_t n = strlen(name);
  for (int k = 0; k < s->param.n; k++) {
    const char *text = s->label.data + s->param.data[k].lo;
    if (*text == '?') text++;
    if (strncmp(text, name, n) == 0 && strchr(" :=,)", text[n])) return k;
  }
  return -1;
}

bool signature_at(Analysis *an, uint32_t offset, SignatureHelp *out) {
  Spot p;
  bool found = false;
  *out = (SignatureHelp){.active = -1};
  spot_open(&p, an, offset);
  for (int k = p.open.n - 1; k >= 0 && !found && !p.inside; k--) {
    const Around *o = &p.open.data[k];
    if (o->kind == '{') break;
    const Token *name = o->kind == '(' && o->at > 0 ? &p.tokens.data[o->at - 1] : NULL;
    if (!name || !name->tok.name || !find_signature(&p, text_of(name), out)) continue;
    found = true;
    note_params(out);
    int by_name = named_param(&p, o, out);
    out->active = by_name >= 0 ? by_name : o->commas < out->param.n ? o->commas : out->param.n - 1;
  }
  spot_close(&p);
  if (!found) signature_free(out);
  return found;
}
