// SPDX-License-Identifier: MIT
// Calls of the functions of vm/builtin.def. Signatures are read once; a call binds the dimension variables a, b, c from
// its arguments in order and yields the result's type. Functions whose result follows another rule stand at the end.
#include "lang/check_impl.h"

#include "vm/builtin.h"

#include <stdlib.h>
#include <string.h>

typedef enum ArgKind {
  AK_NONE,
  AK_NUM,
  AK_ARRAY,
  AK_MATRIX,
  AK_INT,
  AK_INTS,
  AK_BOOL,
  AK_BOOLS,
  AK_STR,
  AK_ANYARRAY,
  AK_ANY,
  AK_POP,
  AK_PROJ,
  AK_REC,
  AK_SPIKES,
  AK_SERIES,
  AK_TABLE
} ArgKind;

enum { DIM_VARS = 3, SIG_PARAMS = 8 };
typedef struct SigType {
  uint8_t kind;
  int8_t power[DIM_VARS]; // of a, b, c in twelfths
  Dim dim;                // fixed part
} SigType;
typedef struct SigParam {
  Atom name;
  SigType alt[2];
  int nalt;
  bool optional;
} SigParam;
typedef struct Sig {
  SigParam param[SIG_PARAMS];
  int n;
  bool rest;
  SigType result[2];
  int nresult;
} Sig;

// ---- reading signatures ----

static void skip(const char **p) {
  while (**p == ' ') ++*p;
}

static size_t word(const char *p) {
  size_t n = 0;
  while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') || p[n] == '_') n++;
  return n;
}

static int read_power(const char **p) {
  if (**p != '^') return 12;
  ++*p;
  long num = strtol(*p, (char **)p, 10), den = 1;
  if (**p == '/' && (*p)[1] >= '0' && (*p)[1] <= '9') {
    ++*p;
    den = strtol(*p, (char **)p, 10);
  }
  return (int)(12 * num / den);
}

static void read_factor(const char **p, SigType *t, int sign) {
  if (**p == '1') {
    ++*p;
    return;
  }
  size_t n = word(*p);
  const char *name = *p;
  *p += n;
  int power = sign * read_power(p);
  if (n == 1 && name[0] >= 'a' && name[0] < 'a' + DIM_VARS) {
    t->power[name[0] - 'a'] = (int8_t)(t->power[name[0] - 'a'] + power);
    return;
  }
  Unit u;
  Dim d;
  if (!unit_lookup(name, n, &u) || !dim_pow(u.dim, power, 12, &d)) BUG("builtin.def: unknown unit in '%s'", name);
  t->dim = dim_mul(t->dim, d);
}

static void read_dim(const char **p, SigType *t) {
  read_factor(p, t, 1);
  while (**p == '*' || **p == '/') {
    int sign = **p == '*' ? 1 : -1;
    ++*p;
    read_factor(p, t, sign);
  }
}

static const struct {
  const char *name;
  ArgKind kind, array;
} KINDS[] = {{"int", AK_INT, AK_INTS},        {"bool", AK_BOOL, AK_BOOLS},  {"str", AK_STR, AK_ANYARRAY},
             {"array", AK_ANYARRAY, AK_NONE}, {"any", AK_ANY, AK_ANYARRAY}, {"pop", AK_POP, AK_NONE},
             {"proj", AK_PROJ, AK_NONE},      {"rec", AK_REC, AK_NONE},     {"spikes", AK_SPIKES, AK_NONE},
             {"series", AK_SERIES, AK_NONE},  {"table", AK_TABLE, AK_NONE}};

static SigType read_type(const char **p) {
  SigType t = {.kind = AK_NUM};
  int nest = 0;
  for (; **p == '['; ++*p) nest++;
  size_t n = word(*p);
  for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++)
    if (strlen(KINDS[k].name) == n && memcmp(KINDS[k].name, *p, n) == 0) {
      t.kind = nest ? KINDS[k].array : KINDS[k].kind;
      *p += n + (size_t)nest;
      return t;
    }
  read_dim(p, &t);
  t.kind = nest == 2 ? AK_MATRIX : nest == 1 ? AK_ARRAY : AK_NUM;
  *p += nest;
  return t;
}

static int read_types(const char **p, SigType out[2]) {
  int n = 0;
  out[n++] = read_type(p);
  if (**p == '|') {
    ++*p;
    out[n++] = read_type(p);
  }
  return n;
}

static void read_param(Checker *c, const char **p, Sig *s) {
  if (strncmp(*p, "...", 3) == 0) {
    s->rest = true;
    *p += 3;
    return;
  }
  SigParam *q = &s->param[s->n++];
  q->optional = **p == '?';
  if (q->optional) ++*p;
  size_t n = word(*p);
  q->name = intern(c->in, *p, n);
  *p += n + 1; // ':'
  skip(p);
  q->nalt = read_types(p, q->alt);
  skip(p);
  if (**p == '=')
    while (**p && **p != ',' && **p != ')') ++*p;
}

static void read_signature(Checker *c, const char *p, Sig *s) {
  for (p++; *p && *p != ')';) {
    read_param(c, &p, s);
    skip(&p);
    if (*p == ',') p++;
    skip(&p);
  }
  p += strlen(")");
  skip(&p);
  p += strlen("->");
  skip(&p);
  s->nresult = read_types(&p, s->result);
}

enum { ELEM = BUILTIN_ELEM, LANE = BUILTIN_LANE, PURE = BUILTIN_PURE, RAND = BUILTIN_RAND, PLOT = BUILTIN_PLOT };
static const struct {
  const char *name, *signature;
  unsigned flags;
} ROWS[] = {
#define BUILTIN(name, signature, flags, doc, example) {#name, signature, flags},
#include "vm/builtin.def"
#undef BUILTIN
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

const Sig *signatures_new(Checker *c) {
  Sig *sigs = NEWN(c->a, Sig, ROW_COUNT);
  for (int k = 0; k < ROW_COUNT; k++) {
    read_signature(c, ROWS[k].signature, &sigs[k]);
    Sym *f = sym_new(c, SYM_BUILTIN, atom(c, ROWS[k].name), NULL, type_of(TY_FUNC));
    f->index = k;
    scope_add(c->base, f, c->a);
  }
  return sigs;
}

unsigned builtin_flags(const Sym *f) { return ROWS[f->index].flags; }
bool builtin_is_random(const Sym *f) { return ROWS[f->index].flags & RAND; }
bool builtin_by_elements(const Sym *f) { return ROWS[f->index].flags & ELEM; }

// ---- arguments in the order of the signature ----

static int param_number(const Sig *s, Atom name) {
  for (int k = 0; k < s->n; k++)
    if (s->param[k].name == name) return k;
  return -1;
}

static bool place_args(Checker *c, Node *call, const Sig *s, Node **out, int n) {
  int next = 0;
  for (int k = 0; k < call->nlist; k++) {
    Node *arg = call->list[k];
    int at = arg->name ? param_number(s, arg->name) : next++;
    if (at < 0) {
      Vec(const char *) names = {0};
      for (int j = 0; j < s->n; j++) vec_push(&names, s->param[j].name->text);
      rule_unknown_argument(c, arg, call, names.data, names.n);
      vec_free(&names);
      return false;
    }
    if (!arg->name && s->rest && at >= n) BUG("too many places");
    if (at >= n) return rule_argument_count(c, call, s->n, s->n), false;
    if (out[at]) return rule_argument_twice(c, arg), false;
    out[at] = arg;
  }
  for (int k = 0; k < s->n; k++)
    if (!out[k] && !s->param[k].optional) return rule_argument_missing(c, call, s->param[k].name->text), false;
  return true;
}

// ---- matching ----

typedef struct Bound {
  bool known[DIM_VARS];
  Dim dim[DIM_VARS];
  const Unit *unit[DIM_VARS];
  Node *from[DIM_VARS];
  Type type[DIM_VARS];
  bool only_ints, unknown, failed, anydim;
  int ndim; // of the broadcast over arguments; 0 scalar
  bool array;
  bool second; // an array stood where a number would do
} Bound;

// Whether a value of type t may stand where `k` is asked for, dimension aside.
static bool kind_fits(Type t, ArgKind k, bool elementwise) {
  if (!type_known(t)) return true;
  switch (k) {
  case AK_NUM: return type_is_number(t) || (elementwise && type_numeric(t));
  case AK_ARRAY: return type_is_array(t) && type_numeric(t);
  case AK_MATRIX: return type_is_array(t) && type_numeric(t) && (t.kind == TY_TABLE || t.ndim < 0 || t.ndim >= 2);
  case AK_INT: return t.kind == TY_INT || (t.kind == TY_NUM && dim_is_none(t.dim));
  case AK_INTS: return type_is_array(t) && type_numeric(t) && dim_is_none(t.dim);
  case AK_BOOL: return t.kind == TY_BOOL;
  case AK_BOOLS: return type_is_array(t) && type_elem(t) == TY_BOOL;
  case AK_STR: return t.kind == TY_STR;
  case AK_ANYARRAY: return type_is_array(t);
  case AK_ANY: return t.kind != TY_NONE;
  case AK_POP: return t.kind == TY_POP || t.kind == TY_POPS;
  case AK_PROJ: return t.kind == TY_PROJ;
  case AK_REC: return t.kind == TY_REC;
  case AK_SPIKES: return t.kind == TY_SPIKES;
  case AK_SERIES: return t.kind == TY_SERIES;
  case AK_TABLE: return t.kind == TY_TABLE;
  case AK_NONE: return false;
  }
  return false;
}

static bool may_become(const Checker *c, Type t, ArgKind k) {
  if (!shape_open(c, t)) return false;
  return k == AK_ARRAY || k == AK_MATRIX || k == AK_INTS || k == AK_ANYARRAY || (k == AK_BOOLS && t.kind == TY_BOOL);
}

static const char *kind_words(ArgKind k) {
  switch (k) {
  case AK_NUM: return "a number";
  case AK_ARRAY: return "an array of numbers";
  case AK_MATRIX: return "a matrix";
  case AK_INT: return "a whole number";
  case AK_INTS: return "an array of whole numbers";
  case AK_BOOL: return "true or false";
  case AK_BOOLS: return "an array of true and false";
  case AK_STR: return "a text";
  case AK_ANYARRAY: return "an array";
  case AK_POP: return "a population";
  case AK_PROJ: return "a projection";
  case AK_REC: return "a recording";
  case AK_SPIKES: return "recorded spikes";
  case AK_SERIES: return "a series";
  case AK_TABLE: return "a table";
  default: return "a value";
  }
}

// The one variable of a type such as `a`; -1 if its dimension is fixed.
static int dim_variable(const SigType *t) {
  for (int k = 0; k < DIM_VARS; k++)
    if (t->power[k]) return k;
  return -1;
}

static void match_dim(Checker *c, Node *call, const SigType *want, const char *param, Node *arg, Type t, Bound *b) {
  int v = dim_variable(want);
  if (t.anydim) return;
  b->anydim = false;
  if (v < 0) {
    if (dim_equal(t.dim, want->dim)) return;
    b->failed = true;
    if (dim_is_none(want->dim))
      rule_plain_argument(c, call, arg, t);
    else
      rule_argument_unit(c, call, arg, param, t, type_num(want->dim, NULL));
    return;
  }
  if (!b->known[v]) {
    b->known[v] = true;
    b->dim[v] = t.dim;
    b->unit[v] = t.unit;
    b->from[v] = arg;
    b->type[v] = t;
    return;
  }
  if (!b->unit[v]) b->unit[v] = t.unit;
  if (dim_equal(t.dim, b->dim[v])) return;
  b->failed = true;
  same_dimension(c, call, b->from[v], b->type[v], arg, t, "these arguments need one dimension");
}

static void note_shape(Type t, ArgKind k, Bound *b) {
  if (k != AK_NUM || !type_is_array(t)) return;
  int nd = t.kind == TY_TABLE ? -1 : t.ndim;
  b->ndim = b->array && (b->ndim < 0 || nd < 0) ? -1 : b->array && b->ndim > nd ? b->ndim : nd;
  b->array = true;
}

// Where every alternative is one value, an argument whose axes only the run knows is taken as one.
static bool wants_one(const SigParam *p, bool elementwise) {
  for (int k = 0; k < p->nalt; k++) {
    ArgKind kind = p->alt[k].kind;
    if (kind != AK_INT && kind != AK_BOOL && (kind != AK_NUM || elementwise)) return false;
  }
  return true;
}

static void match_arg(Checker *c, Node *call, const SigParam *p, Node *arg, bool elementwise, Bound *b) {
  Type t = wants_one(p, elementwise) ? settle(arg) : arg->type;
  if (t.kind == TY_ERROR) {
    b->failed = true;
    return;
  }
  for (int k = 0; k < p->nalt; k++) {
    ArgKind kind = p->alt[k].kind;
    if (!kind_fits(t, kind, elementwise) && !may_become(c, t, kind)) continue;
    if (k > 0) b->second = true;
    if (t.kind == TY_ANY && kind != AK_ANY) b->unknown = true;
    if (kind == AK_NUM || kind == AK_ARRAY || kind == AK_MATRIX) {
      if (type_known(t)) match_dim(c, call, &p->alt[k], p->name->text, arg, t, b);
      if (type_elem(t) != TY_INT) b->only_ints = false;
      note_shape(t, kind, b);
    }
    return;
  }
  b->failed = true;
  const char *want = kind_words(p->alt[0].kind);
  if (p->nalt > 1) want = arena_printf(c->a, "%s or %s", want, kind_words(p->alt[1].kind));
  rule_argument_kind(c, call, arg, p->name->text, t, want);
}

// ---- results ----

static Dim result_dim(const SigType *t, const Bound *b) {
  Dim d = t->dim, p;
  for (int k = 0; k < DIM_VARS; k++)
    if (t->power[k] && b->known[k] && dim_pow(b->dim[k], t->power[k], 12, &p)) d = dim_mul(d, p);
  return d;
}

static bool result_dim_exists(const SigType *t, const Bound *b) {
  Dim p;
  for (int k = 0; k < DIM_VARS; k++)
    if (t->power[k] && b->known[k] && !dim_pow(b->dim[k], t->power[k], 12, &p)) return false;
  return true;
}

static const Unit *result_unit(const SigType *t, const Bound *b) {
  int v = dim_variable(t);
  if (v < 0 || t->power[v] != 12 || !dim_is_none(t->dim)) return NULL;
  for (int k = v + 1; k < DIM_VARS; k++)
    if (t->power[k]) return NULL;
  return b->unit[v];
}

static Type result_type(const SigType *t, const Bound *b) {
  switch ((ArgKind)t->kind) {
  case AK_NUM: {
    Type r = type_num(result_dim(t, b), result_unit(t, b));
    r.anydim = b->anydim && dim_variable(t) >= 0 && !b->known[dim_variable(t)];
    return r;
  }
  case AK_ARRAY: return type_array(TY_NUM, 1, result_dim(t, b), result_unit(t, b));
  case AK_MATRIX: return type_array(TY_NUM, 2, result_dim(t, b), result_unit(t, b));
  case AK_INT: return type_of(TY_INT);
  case AK_INTS: return type_array(TY_INT, 1, DIM_NONE, NULL);
  case AK_BOOL: return type_of(TY_BOOL);
  case AK_BOOLS: return type_array(TY_BOOL, 1, DIM_NONE, NULL);
  case AK_SPIKES: return type_of(TY_SPIKES);
  case AK_SERIES: return type_of(TY_SERIES);
  case AK_TABLE: return type_of(TY_TABLE);
  default: return type_of(TY_ANY);
  }
}

static Node *arg_of(const Sig *s, Node **args, const char *name) {
  for (int k = 0; k < s->n; k++)
    if (named(s->param[k].name, name)) return args[k];
  return NULL;
}

static bool array_asked(const Sig *s, Node **args, const Bound *b) {
  return b->second || arg_of(s, args, "n") || arg_of(s, args, "by") || arg_of(s, args, "axis");
}

static bool keeps_ints(const char *f) {
  return strcmp(f, "min") == 0 || strcmp(f, "max") == 0 || strcmp(f, "abs") == 0 || strcmp(f, "clip") == 0 ||
         strcmp(f, "mod") == 0 || strcmp(f, "amin") == 0 || strcmp(f, "amax") == 0 || strcmp(f, "sort") == 0 ||
         strcmp(f, "sum") == 0 || strcmp(f, "cumsum") == 0 || strcmp(f, "diff") == 0;
}

// `axis` leaves one dimension less than the first argument has.
static Type along_axis(Type r, Type x) {
  int nd = x.kind == TY_TABLE ? -1 : x.ndim;
  if (nd < 0)
    r.ndim = -1;
  else if (nd > 1)
    r.ndim = (int8_t)(nd - 1);
  else
    return element_type(r);
  return r;
}

static Type plain_result(const Sig *s, Node **args, const Bound *b) {
  bool second = s->nresult > 1 && array_asked(s, args, b);
  Type r = result_type(&s->result[second ? 1 : 0], b);
  if (second && arg_of(s, args, "axis") && args[0]) return along_axis(r, args[0]->type);
  if (!second && b->array && type_is_number(r)) {
    Type a = type_array((TypeKind)r.kind, b->ndim, r.dim, r.unit);
    a.anydim = r.anydim;
    return a;
  }
  return r;
}

// sort, cumsum, diff, transpose: an array as the first argument is.
static Type shaped_as(Type r, Type x) {
  if (type_is_array(r) && type_is_array(x)) r.ndim = x.kind == TY_TABLE ? -1 : x.ndim;
  return r;
}

static int rank(Node *arg) {
  Type t = arg->type;
  return t.kind == TY_TABLE || !type_known(t) ? -1 : type_is_array(t) ? t.ndim : 0;
}

static Type with_rank(Type r, int nd) {
  if (nd == 0) return element_type(r);
  if (!type_is_array(r)) r = type_array((TypeKind)r.kind, nd, r.dim, r.unit);
  r.ndim = (int8_t)(nd < 0 ? -1 : nd);
  return r;
}

static Type dot_type(Node **args, Type r) {
  int x = rank(args[0]), y = rank(args[1]);
  return with_rank(r, x < 0 || y < 0 ? -1 : x + y - 2);
}

// cov(m), corr(m): the matrix of the columns.
static Type covariance_type(Checker *c, Node *call, Node **args, Type r, const char *f) {
  if (args[1]) return element_type(r);
  int x = rank(args[0]);
  if (x == 1) return rule_argument_kind(c, call, args[0], "x", args[0]->type, "a matrix, or two arrays"), type_error();
  Dim d = DIM_NONE;
  if (f[2] == 'v') dim_pow(args[0]->type.dim, 2, 1, &d);
  return type_array(TY_NUM, 2, d, NULL);
}

static Type same_elements(Type t) {
  if (!type_is_array(t)) return t;
  Type r = type_array(type_elem(t), t.kind == TY_TABLE ? -1 : t.ndim, t.dim, t.unit);
  r.anydim = t.anydim;
  return r;
}

// append and concat: every argument adds elements of the first one's dimension.
static Type joined_type(Checker *c, Node *call, int n) {
  Type t = same_elements(call->list[0]->type);
  bool empty = t.anydim && call->list[0]->kind == N_ARG && call->list[0]->kid[0]->kind == N_ARRAY;
  for (int k = 1; k < n; k++) {
    Type u = call->list[k]->type;
    if (!type_known(u) || !type_known(t)) continue;
    if (t.anydim && (type_elem(u) == TY_STR || empty)) {
      Type e = element_type(u);
      t = type_array((TypeKind)e.kind, type_is_array(u) ? u.ndim : 1, e.dim, e.unit);
      t.anydim = e.anydim;
      continue;
    }
    if ((type_elem(t) == TY_STR) != (type_elem(u) == TY_STR)) {
      rule_element(c, call->list[k], u, element_type(t));
      return type_error();
    }
    if (!same_dimension(c, call, call->list[0], t, call->list[k], u, "the elements of an array need one dimension"))
      return type_error();
    int nd = t.ndim;
    t = merge_numbers(t, u);
    if (type_is_array(t)) t.ndim = (int8_t)nd;
  }
  return t;
}

static Type table_type(Checker *c, Node *call) {
  TableInfo *t = NEW(c->a, TableInfo);
  t->n = call->nlist;
  t->names = NEWN(c->a, Atom, call->nlist);
  t->types = NEWN(c->a, Type, call->nlist);
  for (int k = 0; k < call->nlist; k++) {
    Node *arg = call->list[k], *v = arg->kid[0];
    t->names[k] = arg->name ? arg->name : v->kind == N_NAME || v->kind == N_MEMBER ? v->name : NULL;
    if (!t->names[k]) return rule_column_name(c, arg), type_error();
    t->types[k] = same_elements(arg->type);
    for (int j = 0; j < k; j++)
      if (t->names[j] == t->names[k]) return rule_argument_twice(c, arg), type_error();
  }
  Type r = type_of(TY_TABLE);
  r.info = t;
  return r;
}

static Type spectrum_type(Checker *c, Node *call, Node **args, Type r) {
  Type v = args[0]->type;
  if (v.kind != TY_REC && v.kind != TY_ANY && !args[1]) {
    rule_argument_missing(c, call, "dt");
    return type_error();
  }
  r.kind = TY_REC;
  r.ndim = (int8_t)(rank(args[0]) > 1 ? 2 : 1);
  return r;
}

// A table of columns; the first `values` have the dimension of the matrix, the others hold vectors of length 1 in rows.
static Type vectors_table(Checker *c, Type matrix, int n, int values, const char *const *names) {
  TableInfo *t = NEW(c->a, TableInfo);
  t->n = n;
  t->names = NEWN(c->a, Atom, n);
  t->types = NEWN(c->a, Type, n);
  for (int k = 0; k < n; k++) {
    t->names[k] = atom(c, names[k]);
    t->types[k] = k < values ? type_array(TY_NUM, 1, matrix.dim, matrix.unit) : type_array(TY_NUM, 2, DIM_NONE, NULL);
  }
  Type r = type_of(TY_TABLE);
  r.info = t;
  return r;
}

static Type special_result(Checker *c, Node *call, const Sig *s, Node **args, const char *f, Type r) {
  if (strcmp(f, "dot") == 0) return dot_type(args, r);
  if (strcmp(f, "cov") == 0 || strcmp(f, "corr") == 0) return covariance_type(c, call, args, r, f);
  if (strcmp(f, "zeros") == 0 || strcmp(f, "ones") == 0) {
    r.ndim = (int8_t)call->nlist;
    r.anydim = f[0] == 'z';
    return r;
  }
  if (strcmp(f, "onehot") == 0) return with_rank(r, type_is_array(args[0]->type) ? 2 : 1);
  if (strcmp(f, "sort") == 0 || strcmp(f, "cumsum") == 0 || strcmp(f, "diff") == 0) return shaped_as(r, args[0]->type);
  static const char *const eig[] = {"re", "im", "vectors_re", "vectors_im"}, *const svd[] = {"s", "u", "v"};
  if (strcmp(f, "eig") == 0) return vectors_table(c, args[0]->type, 4, 2, eig);
  if (strcmp(f, "svd") == 0) return vectors_table(c, args[0]->type, 3, 1, svd);
  if (strcmp(f, "solve") == 0 || strcmp(f, "lstsq") == 0) return with_rank(r, rank(args[1]));
  if (strcmp(f, "choice") == 0)
    return args[1] ? with_rank(same_elements(args[0]->type), 1) : element_type(args[0]->type);
  if (strcmp(f, "shuffle") == 0) return same_elements(args[0]->type);
  if (strcmp(f, "append") == 0 || strcmp(f, "concat") == 0) return joined_type(c, call, call->nlist);
  if (strcmp(f, "spectrum") == 0) return spectrum_type(c, call, args, r);
  if (strcmp(f, "spikes") == 0) r.info = args[0]->type.info;
  if (strcmp(f, "series") == 0) {
    r.dim = args[0]->type.dim;
    r.unit = args[0]->type.unit;
    r.elem = TY_NUM;
  }
  (void)s;
  return r;
}

// ---- calls ----

static void check_args(Checker *c, Node *call) {
  for (int k = 0; k < call->nlist; k++) call->list[k]->type = check_value(c, call->list[k]->kid[0]);
}

static Sym *builtin_sym(Checker *c, const char *name) { return scope_here(c->base, atom(c, name), true); }

// min and max of one array.
static Sym *of_one_array(Checker *c, Node *call, Sym *f) {
  bool min = named(f->name, "min"), max = named(f->name, "max");
  if ((!min && !max) || call->nlist < 1) return f;
  Type t = call->list[0]->type;
  if (!type_is_array(t) && t.kind != TY_ANY && !shape_open(c, t)) return f;
  bool one = call->nlist == 1 || (call->nlist == 2 && named(call->list[1]->name, "axis"));
  return one ? builtin_sym(c, min ? "amin" : "amax") : f;
}

// floor, ceil and round of a quantity become floor(x in u)*(1 u), in the unit u that x is shown in.
static bool rounds_quantity(const Node *call, const Sym *f) {
  bool rounds = named(f->name, "floor") || named(f->name, "ceil") || named(f->name, "round");
  if (!rounds || call->nlist != 1 || call->list[0]->name) return false;
  Type t = call->list[0]->type;
  return type_known(t) && type_numeric(t) && !t.anydim && !dim_is_none(t.dim) && t.unit;
}

static Type round_in_unit(Checker *c, Node *call, Sym *f) {
  Node *arg = call->list[0];
  const Unit *u = arg->type.unit;
  Node *by = node_new(N_NUM, arg->span, c->a), *inner = node_new(N_CALL, call->span, c->a),
       *q = node_new(N_BINARY, arg->kid[0]->span, c->a);
  by->num = u->scale;
  by->type = type_num(u->dim, u);
  q->op = OP_DIV;
  q->kid[0] = arg->kid[0];
  q->kid[1] = by;
  q->type = array_like(arg->type, type_num(DIM_NONE, NULL));
  arg->kid[0] = q;
  arg->type = q->type;
  inner->kid[0] = call->kid[0];
  inner->list = call->list;
  inner->nlist = 1;
  inner->sym = f;
  inner->type = q->type;
  call->kind = N_BINARY;
  call->op = OP_MUL;
  call->kid[0] = inner;
  call->kid[1] = by;
  call->list = NULL;
  call->nlist = 0;
  return array_like(arg->type, type_num(u->dim, u));
}

static bool allowed_here(Checker *c, Node *call, const Sym *f) {
  unsigned flags = builtin_flags(f);
  bool body = c->cx->kind == CX_BODY || c->cx->kind == CX_FUNC;
  if (flags & RAND && c->cx->func) c->cx->func->random = c->cx->func->varies = true;
  if (flags & RAND && c->cx->no_random) return rule_random_place(c, call, c->cx->no_random), false;
  if (body && !(flags & (ELEM | LANE))) return rule_body_function(c, call, f), false;
  return true;
}

// In blocks and connections a function that works on arrays is evaluated once, before.
static bool script_only(Checker *c, Node *call, const Sym *f) {
  if (!ctx_lane(c) || builtin_flags(f) & ELEM) return true;
  for (int k = 0; k < call->nlist; k++)
    if (expr_varies(call->list[k])) return rule_lane_function(c, call, f), false;
  return true;
}

static void reorder(Checker *c, Node *call, Node **args, int n) {
  (void)c;
  call->list = args;
  call->nlist = n;
}

Type check_builtin(Checker *c, Node *call, Sym *f) {
  check_args(c, call);
  f = of_one_array(c, call, f);
  call->sym = call->kid[0]->sym = f;
  const Sig *s = &c->sigs[f->index];
  if (!allowed_here(c, call, f) || !script_only(c, call, f)) return type_error();
  if (named(f->name, "table")) return table_type(c, call);
  if (rounds_quantity(call, f)) return round_in_unit(c, call, f);
  int n = s->rest && call->nlist > s->n ? call->nlist : s->n;
  Node **args = NEWN(c->a, Node *, n);
  if (!place_args(c, call, s, args, n)) return type_error();
  Bound b = {.only_ints = true, .anydim = true};
  bool elementwise = builtin_flags(f) & ELEM;
  for (int k = 0; k < n; k++)
    if (args[k]) match_arg(c, call, &s->param[k < s->n ? k : s->n - 1], args[k], elementwise, &b);
  if (b.failed) return type_error();
  if (!result_dim_exists(&s->result[0], &b)) return rule_exponent(c, args[0], call->span), type_error();
  Type r = plain_result(s, args, &b);
  int given = call->nlist;
  bool rest = s->rest;
  if (!rest) reorder(c, call, args, n);
  r = special_result(c, call, s, args, f->name->text, r);
  if (rest && given) reorder(c, call, args, n);
  if (b.only_ints && !b.unknown && keeps_ints(f->name->text) && type_known(r) && type_numeric(r)) {
    if (type_is_array(r))
      r.elem = TY_INT;
    else
      r.kind = TY_INT;
  }
  for (int k = 0; k < n; k++) {
    bool wanted = k < s->n && args[k] && s->param[k].alt[0].kind == AK_POP;
    if (wanted) sum_populations(c, args[k]->kid[0]);
    if (wanted && args[k]->kid[0]->type.kind == TY_POP) ask_spikes(c, args[k]->kid[0]);
  }
  if (b.unknown && r.kind == TY_NUM) {
    bool fixed = dim_variable(&s->result[0]) < 0;
    return fixed ? r : type_of(TY_ANY);
  }
  return r;
}

// A call: of a function, or of a series at a time.
static Type call_series(Checker *c, Node *call, Type t) {
  check_args(c, call);
  if (call->nlist != 1 || call->list[0]->name) return rule_argument_count(c, call, 1, 1), type_error();
  Unit s;
  unit_lookup("s", 1, &s);
  Type at = call->list[0]->type;
  if (!type_known(at)) return at;
  if (!type_numeric(at) || !dims_agree(at, type_num(s.dim, NULL)))
    return rule_argument_unit(c, call, call->list[0], "time", at, type_num(s.dim, NULL)), type_error();
  return array_like(at, type_num(t.dim, t.unit));
}

Type check_call(Checker *c, Node *n) {
  Node *f = n->kid[0];
  if (f->kind == N_NAME) {
    Sym *sym = scope_find(c->cx->scope, f->name, true, NULL);
    if (sym && sym->kind == SYM_BUILTIN) return check_builtin(c, n, sym);
    if (sym && sym->kind == SYM_FUNC) return check_function_call(c, n, sym);
    if (sym && sym->kind == SYM_NATIVE) return check_native_call(c, n, sym);
    if (!scope_find(c->cx->scope, f->name, false, NULL)) {
      check_args(c, n);
      rule_unknown_function(c, n);
      return type_error();
    }
  }
  Type t = check_expr(c, f);
  if (t.kind == TY_SERIES) return call_series(c, n, t);
  check_args(c, n);
  if (type_known(t)) rule_not_function(c, n, t);
  return t.kind == TY_ANY ? t : type_error();
}
