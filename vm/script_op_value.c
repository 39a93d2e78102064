// SPDX-License-Identifier: MIT
// Operations of scripts on values: operators, units, arrays, indices, fields, built-in functions.
// Two plain numbers take the short way; everything else is vm/array.h's affair.
#include "base/scale.h"
#include "vm/builtin.h"
#include "vm/io.h"
#include "vm/script_machine.h"
#include "vm/spikes.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

// ---- operators ----

static bool quick_binary(int op, double x, double y, Value *out) {
  switch (op) {
  case ARRAY_ADD: *out = value_num(x + y); return true;
  case ARRAY_SUB: *out = value_num(x - y); return true;
  case ARRAY_MUL: *out = value_num(x * y); return true;
  case ARRAY_DIV: *out = value_num(x / y); return true;
  case ARRAY_LT: *out = value_bool(x < y); return true;
  case ARRAY_LE: *out = value_bool(x <= y); return true;
  case ARRAY_GT: *out = value_bool(x > y); return true;
  case ARRAY_GE: *out = value_bool(x >= y); return true;
  case ARRAY_EQ: *out = value_bool(x == y); return true;
  case ARRAY_NE: *out = value_bool(x != y); return true;
  default: return false;
  }
}

// E + I
static bool sum_of_populations(Frame *f) {
  Sel *s = sel_sum((const Sel *)f->sp[-2].obj, (const Sel *)f->sp[-1].obj);
  return give(f, 2, value_obj(s));
}

bool script_op_SUM(Frame *f, ScriptIns in) {
  (void)in;
  const List *l = (const List *)f->sp[-1].obj;
  Sel *s = sel_sum((const Sel *)l->item[0].obj, NULL);
  for (int64_t k = 1; k < l->n; k++) {
    Sel *more = sel_sum(s, (const Sel *)l->item[k].obj);
    value_drop(value_obj(s));
    s = more;
  }
  return give(f, 1, value_obj(s));
}

bool script_op_BINARY(Frame *f, ScriptIns in) {
  Value a = f->sp[-2], b = f->sp[-1], out = value_none();
  if (a.kind == VAL_SEL && b.kind == VAL_SEL && in.a == ARRAY_ADD) return sum_of_populations(f);
  if (a.kind == VAL_NUM && b.kind == VAL_NUM && quick_binary(in.a, a.num, b.num, &out)) {
    f->sp--;
    f->sp[-1] = out;
    return true;
  }
  return array_binary(f->m->diags, frame_span(f), (ArrayOp)in.a, a, b, &out) && give(f, 2, out);
}

bool script_op_UNARY(Frame *f, ScriptIns in) {
  Value a = f->sp[-1], out = value_none();
  if (a.kind == VAL_NUM && in.a == ARRAY_NEG) {
    f->sp[-1].num = -a.num;
    return true;
  }
  return array_unary(f->m->diags, frame_span(f), (ArrayOp)in.a, a, &out) && give(f, 1, out);
}

bool script_op_SELECT(Frame *f, ScriptIns in) {
  (void)in;
  Value out = value_none();
  return array_select(f->m->diags, frame_span(f), f->sp[-3], f->sp[-2], f->sp[-1], &out) && give(f, 3, out);
}

static bool not_numbers(Frame *f, Value v) {
  char buf[160];
  diag(f->m->diags, E_OPERAND, frame_span(f), "numbers are needed here, but this is %s", value_text(v, buf));
  return false;
}

// Each element through `convert`; the result is one number where the value was one.
static bool convert_units(Frame *f, double (*convert)(double, double), double scale) {
  Value v = f->sp[-1];
  if (v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL) {
    f->sp[-1] = value_num(convert(value_as_num(v), scale));
    return true;
  }
  ArrayView x;
  if (!array_view(v, &x)) return not_numbers(f, v);
  Array *r = array_make(f->m->diags, frame_span(f), VAL_NUM, x.ndim, x.shape);
  if (r)
    for (int64_t k = 0; k < x.n; k++) r->data[k] = convert(x.data[k], scale);
  view_drop(&x);
  return r && give(f, 1, array_value(r));
}

bool script_op_INUNIT(Frame *f, ScriptIns in) {
  return convert_units(f, scale_from_si, f->p->format.data[in.a].scale);
}

bool script_op_OFUNIT(Frame *f, ScriptIns in) {
  return convert_units(f, scale_to_si, f->p->format.data[in.a].scale);
}

bool script_op_TOINT(Frame *f, ScriptIns in) {
  (void)in;
  Value v = f->sp[-1];
  double x = value_as_num(v);
  if (v.kind == VAL_INT) return true;
  if (v.kind == VAL_ARRAY && ((Array *)v.obj)->n != 1) return true; // arrays keep numbers
  if (x == rint(x) && fabs(x) <= 0x1p53) return give(f, 1, value_int((int64_t)x));
  Str s = {0};
  str_addnum(&s, x);
  diag(f->m->diags, E_OPERAND, frame_span(f), "a whole number is needed here, but this is %s", s.data);
  str_free(&s);
  return false;
}

// What a file gave turns out to be one value, or not, only here.
bool script_op_SINGLE(Frame *f, ScriptIns in) {
  (void)in;
  Value v = f->sp[-1];
  if (v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL) return true;
  const Array *x = v.kind == VAL_ARRAY ? (Array *)v.obj : NULL;
  if (x && x->n == 1 && x->data) return give(f, 1, x->elem == VAL_BOOL ? value_bool(x->data[0] != 0) : value_num(x->data[0]));
  char buf[160];
  Diag *e = diag(f->m->diags, E_OPERAND, frame_span(f), "here one number is needed, but this is %s", value_text(v, buf));
  if (x && x->ndim == 1) diag_hint(e, "take one of its elements: [k] behind it");
  if (x && x->ndim == 2) diag_hint(e, "take one of its elements: [row, column] behind it");
  return false;
}

bool script_op_AXES(Frame *f, ScriptIns in) {
  Value v = f->sp[-1];
  int ndim = v.kind == VAL_ARRAY ? ((Array *)v.obj)->ndim : v.kind == VAL_REC ? in.a : 0;
  if (ndim == in.a) return give(f, 1, value_int(in.a));
  char buf[160];
  Diag *e = diag(f->m->diags, E_INDEX, frame_span(f), "this is %s, but it is read with %d %s", value_text(v, buf), in.a,
                 in.a == 1 ? "index" : "indices");
  if (ndim == 1) diag_hint(e, "write one index: [i]");
  if (ndim == 2) diag_hint(e, "write two indices: [i, j], the row and the column");
  return false;
}

// ---- arrays ----

bool script_op_STACK(Frame *f, ScriptIns in) {
  Value out = value_none();
  return array_stack(f->m->diags, frame_span(f), f->sp - in.a, in.a, &out) && give(f, in.a, out);
}

bool script_op_RANGE(Frame *f, ScriptIns in) {
  (void)in;
  Value out = value_none();
  double lo = value_as_num(f->sp[-2]), hi = value_as_num(f->sp[-1]);
  if (lo != rint(lo) || hi != rint(hi) || fabs(lo) > 0x1p53 || fabs(hi) > 0x1p53) {
    diag(f->m->diags, E_INDEX_KIND, frame_span(f), "a range goes from one whole number to another");
    return false;
  }
  return array_range(f->m->diags, frame_span(f), (int64_t)lo, (int64_t)hi, &out) && give(f, 2, out);
}

bool script_op_LIST(Frame *f, ScriptIns in) {
  (void)in;
  push(f, value_obj(list_new(0)));
  return true;
}

// The list has one owner, the stack: it may move. Its room is the power of two above its length.
bool script_op_ADDTO(Frame *f, ScriptIns in) {
  (void)in;
  List *l = (List *)f->sp[-2].obj;
  if ((l->n & (l->n - 1)) == 0) {
    size_t room = l->n ? 2 * (size_t)l->n : 1;
    l = mem_realloc(l, sizeof *l + sizeof *l->item * room);
    f->sp[-2] = value_obj(l);
  }
  l->item[l->n++] = pop(f);
  return true;
}

bool script_op_ENDLIST(Frame *f, ScriptIns in) {
  (void)in;
  Value out = value_none();
  List *l = (List *)f->sp[-1].obj;
  return array_stack(f->m->diags, frame_span(f), l->item, l->n, &out) && give(f, 1, out);
}

// Indices from the values on the stack, the first at `v`.
static bool make_indices(Frame *f, const ScriptIndex *s, const Value *v, Index *ix) {
  for (int k = 0; k < s->n; k++) {
    const ScriptAxis *a = &s->axis[k];
    ix[k] = (Index){.kind = a->range ? INDEX_RANGE : INDEX_AT, .has_lo = a->has_lo, .has_hi = a->has_hi, .span = a->span};
    if (!a->range) {
      ix[k].at = *v++;
      continue;
    }
    for (int end = 0; end < 2; end++) {
      if (!(end ? a->has_hi : a->has_lo)) continue;
      if (v->kind != VAL_NUM && v->kind != VAL_INT && v->kind != VAL_BOOL) {
        char buf[160];
        diag(f->m->diags, E_INDEX_KIND, a->span, "a range goes from one whole number to another, but here is %s",
             value_text(*v, buf));
        return false;
      }
      *(end ? &ix[k].hi : &ix[k].lo) = value_as_num(*v++);
    }
  }
  return true;
}

// ---- parts of populations ----

// E[3], E[a:b] within bounds need no list of positions.
static Sel *plain_part(const Sel *s, const Index *ix, int nix) {
  if (nix != 1) return NULL;
  double n = (double)s->n, lo, hi;
  if (ix->kind == INDEX_RANGE) {
    lo = ix->has_lo ? ix->lo < 0 ? ix->lo + n : ix->lo : 0;
    hi = ix->has_hi ? ix->hi < 0 ? ix->hi + n : ix->hi : n;
  } else {
    if (ix->at.kind != VAL_NUM && ix->at.kind != VAL_INT) return NULL;
    lo = value_as_num(ix->at);
    if (lo < 0) lo += n;
    hi = lo + 1;
  }
  if (lo != rint(lo) || hi != rint(hi) || !(lo >= 0 && lo <= hi && hi <= n)) return NULL;
  return sel_slice(s, (int64_t)lo, (int64_t)hi);
}

// Positions 0, 1, ... in the shape of the population.
static Array *positions_of(Frame *f, const Sel *s) {
  const Pop *p = s->nparts == 1 ? s->part[0].pop : NULL;
  bool sheet = p && p->ndim > 1 && !s->part[0].idx && s->n == p->n;
  Array *a = array_make(f->m->diags, frame_span(f), VAL_INT, sheet ? p->ndim : 1, sheet ? p->shape : &s->n);
  if (a)
    for (int64_t k = 0; k < a->n; k++) a->data[k] = (double)k;
  return a;
}

static Sel *picked(Frame *f, const Sel *s, Value at) {
  Sel *out = NULL;
  if (at.kind != VAL_ARRAY) return sel_slice(s, (int64_t)value_as_num(at), (int64_t)value_as_num(at) + 1);
  return sel_pick(f->m->vm, s, (const Array *)at.obj, &out, frame_span(f)) ? out : NULL;
}

// A sheet P[20, 20] indexed by one number or range counts row by row, as its selections do.
static bool index_population(Frame *f, const Sel *s, const Index *ix, int nix, Value *out) {
  Value at = value_none();
  Sel *part = plain_part(s, ix, nix);
  if (!part) {
    Array *all = positions_of(f, s);
    if (!all) return false;
    if (nix == 1 && all->ndim > 1) {
      all->ndim = 1;
      all->shape[0] = all->n;
    }
    if (array_index(f->m->diags, frame_span(f), value_obj(all), ix, nix, &at)) part = picked(f, s, at);
    value_drop(value_obj(all));
    value_drop(at);
  }
  if (part) *out = value_obj(part);
  return part != NULL;
}

bool script_op_INDEX(Frame *f, ScriptIns in) {
  const ScriptIndex *s = &f->p->index.data[in.a];
  Index ix[ARRAY_DIMS];
  Value out = value_none(), x = f->sp[-1 - s->nvalues];
  if (!make_indices(f, s, f->sp - s->nvalues, ix)) return false;
  bool ok = x.kind == VAL_SEL ? index_population(f, (const Sel *)x.obj, ix, s->n, &out)
                              : array_index(f->m->diags, frame_span(f), x, ix, s->n, &out);
  return ok && give(f, 1 + s->nvalues, out);
}

// [op, indices, v] applied to *x; the three are left on the stack.
static bool set_index(Frame *f, int index, Value *x) {
  const ScriptIndex *s = &f->p->index.data[index];
  Index ix[ARRAY_DIMS];
  Value *indices = f->sp - 1 - s->nvalues;
  if (x->kind == VAL_NONE) {
    diag(f->m->diags, E_NO_VALUE, frame_span(f), "this has no value yet here");
    return false;
  }
  return make_indices(f, s, indices, ix) &&
         array_assign(f->m->diags, frame_span(f), x, ix, s->n, (ArrayOp)indices[-1].i, f->sp[-1]);
}

bool script_op_SETINDEXG(Frame *f, ScriptIns in) {
  if (!set_index(f, in.a, &f->m->globals[in.b])) return false;
  drop(f, 2 + f->p->index.data[in.a].nvalues);
  return true;
}

bool script_op_SETINDEXL(Frame *f, ScriptIns in) {
  if (!set_index(f, in.a, &f->slots[in.b])) return false;
  drop(f, 2 + f->p->index.data[in.a].nvalues);
  return true;
}

bool script_op_SETINDEX(Frame *f, ScriptIns in) {
  int n = 2 + f->p->index.data[in.a].nvalues;
  if (!set_index(f, in.a, &f->sp[-1 - n])) return false;
  drop(f, n);
  return true;
}

bool script_op_FIRST(Frame *f, ScriptIns in) {
  (void)in;
  Value v = f->sp[-1];
  if (v.kind != VAL_ARRAY) return true;
  const Array *a = (const Array *)v.obj;
  if (a->n < 1) return not_numbers(f, v);
  Value out = a->strs ? value_keep(value_obj(a->strs[0])) : a->elem == VAL_INT ? value_int((int64_t)a->data[0])
              : a->elem == VAL_BOOL ? value_bool(a->data[0] != 0) : value_num(a->data[0]);
  return give(f, 1, out);
}

// series(t): values[k] from k*dt to (k + 1)*dt, the first before and the last after. A hair is added so that a time that
// is a whole multiple of dt but for rounding counts as it.
bool script_op_SAMPLE(Frame *f, ScriptIns in) {
  (void)in;
  if (f->sp[-2].kind != VAL_SERIES) return not_numbers(f, f->sp[-2]);
  const Series *s = (const Series *)f->sp[-2].obj;
  ArrayView t;
  if (!array_view(f->sp[-1], &t)) return not_numbers(f, f->sp[-1]);
  Array *r = s->values->n ? array_make(f->m->diags, frame_span(f), VAL_NUM, t.ndim, t.shape) : NULL;
  if (r) {
    for (int64_t k = 0; k < t.n; k++) {
      double at = floor(t.data[k] / s->dt * (1 + 1e-12));
      int64_t last = s->values->n - 1;
      r->data[k] = isnan(at) ? NAN : s->values->data[at < 0 ? 0 : at > (double)last ? last : (int64_t)at];
    }
  }
  view_drop(&t);
  return r && give(f, 2, array_value(r));
}

// ---- fields ----

static bool no_field(Script *m, Value x, const char *name, Span span) {
  char buf[160];
  diag(m->diags, E_NO_VARIABLE, span, "%s has no .%s", value_text(x, buf), name);
  return false;
}

// All of a sheet reads in its shape.
static void sheet_shape(const Sel *s, Array *a) {
  const Pop *p = s->nparts == 1 ? s->part[0].pop : NULL;
  if (!p || p->ndim < 2 || s->part[0].idx || s->n != p->n) return;
  a->ndim = p->ndim;
  for (int k = 0; k < p->ndim; k++) a->shape[k] = p->shape[k];
}

static bool sel_field(Script *m, Value x, const char *name, Value *out, Span span) {
  if (strcmp(name, "N") == 0) {
    *out = value_int(((const Sel *)x.obj)->n);
    return true;
  }
  Array *a = sel_read(m->vm, (const Sel *)x.obj, name, span);
  if (!a) return false;
  sheet_shape((const Sel *)x.obj, a);
  *out = value_obj(a);
  return true;
}

static bool recording_field(Script *m, Value x, const char *name, Value *out, Span span) {
  const Recording *r = (const Recording *)x.obj;
  bool t = strcmp(name, "t") == 0;
  if (!t && strcmp(name, "i") != 0) return no_field(m, x, name, span);
  Array *a = t ? recording_t(r) : recording_i(r);
  if (a) *out = value_obj(a);
  else diag(m->diags, E_MEMORY, span, "not enough memory for this recording");
  return a != NULL;
}

static bool table_field(Script *m, Value x, const char *name, Value *out, Span span) {
  const Table *t = (const Table *)x.obj;
  int k = table_find(t, name);
  if (k >= 0) {
    *out = value_keep(t->cols[k]);
    return true;
  }
  Diag *e = diag(m->diags, E_NO_VARIABLE, span, "the table has no column %s", name);
  Str s = {0};
  for (int c = 0; c < t->ncols; c++) str_addf(&s, "%s%s", c ? ", " : "", t->names[c]);
  diag_note(e, "its columns are: %s", t->ncols ? s.data : "none");
  str_free(&s);
  return false;
}

bool script_field(Script *m, Value x, const char *name, Value *out, Span span) {
  switch (x.kind) {
  case VAL_SEL: return sel_field(m, x, name, out, span);
  case VAL_PROJ: return proj_read(m->vm, (const ProjGroup *)x.obj, name, out, span);
  case VAL_REC: return recording_field(m, x, name, out, span);
  case VAL_SPIKES: return spikes_member(m->diags, x, name, out, span);
  case VAL_TABLE: return table_field(m, x, name, out, span);
  case VAL_ARRAY:
    if (!((Array *)x.obj)->axis) return no_field(m, x, name, span);
    *out = value_keep(value_obj(((Array *)x.obj)->axis));
    return true;
  default: return no_field(m, x, name, span);
  }
}

// Values of a sheet are given row by row.
static Value flat(Value v) {
  if (v.kind != VAL_ARRAY || ((Array *)v.obj)->ndim < 2) return v;
  Array *a = array_own(&v);
  if (!a) return v;
  a->ndim = 1;
  a->shape[0] = a->n;
  return v;
}

bool script_set_field(Script *m, Value x, const char *name, Value v, Span span) {
  if (x.kind == VAL_PROJ) return proj_write(m->vm, (ProjGroup *)x.obj, name, v, span);
  if (x.kind != VAL_SEL) return no_field(m, x, name, span);
  Value one = flat(value_keep(v));
  bool ok = sel_write(m->vm, (const Sel *)x.obj, name, one, span);
  value_drop(one);
  return ok;
}

bool script_op_FIELD(Frame *f, ScriptIns in) {
  Value out = value_none();
  return script_field(f->m, f->sp[-1], f->p->name.data[in.a], &out, frame_span(f)) && give(f, 1, out);
}

bool script_op_SETFIELD(Frame *f, ScriptIns in) {
  if (!script_set_field(f->m, f->sp[-2], f->p->name.data[in.a], f->sp[-1], frame_span(f))) return false;
  drop(f, 2);
  return true;
}

// ---- synapses by source and target ----

static bool pair_of(Frame *f, int at, int64_t *i, int64_t *j) {
  if (f->sp[at].kind != VAL_PROJ) {
    char buf[160];
    diag(f->m->diags, E_OPERAND, frame_span(f), "[i, j] picks synapses of a projection, but this is %s",
         value_text(f->sp[at], buf));
    return false;
  }
  double x = value_as_num(f->sp[at + 1]), y = value_as_num(f->sp[at + 2]);
  if (x != rint(x) || y != rint(y) || fabs(x) > 0x1p53 || fabs(y) > 0x1p53) {
    diag(f->m->diags, E_INDEX_KIND, frame_span(f), "source and target are picked by one whole number each");
    return false;
  }
  *i = (int64_t)x;
  *j = (int64_t)y;
  return true;
}

bool script_op_PAIR(Frame *f, ScriptIns in) {
  int64_t i, j;
  double x;
  return pair_of(f, -3, &i, &j) &&
         proj_read_at(f->m->vm, (const ProjGroup *)f->sp[-3].obj, f->p->name.data[in.a], i, j, &x, frame_span(f)) &&
         give(f, 3, value_num(x));
}

bool script_op_SETPAIR(Frame *f, ScriptIns in) {
  int64_t i, j;
  Value v = f->sp[-1];
  if (v.kind != VAL_NUM && v.kind != VAL_INT && v.kind != VAL_BOOL) return not_numbers(f, v);
  if (!pair_of(f, -4, &i, &j) || !proj_write_at(f->m->vm, (ProjGroup *)f->sp[-4].obj, f->p->name.data[in.a], i, j,
                                                value_as_num(v), frame_span(f)))
    return false;
  drop(f, 4);
  return true;
}

bool script_op_MATRIX(Frame *f, ScriptIns in) {
  Value out = value_none();
  if (f->sp[-1].kind != VAL_PROJ) return not_numbers(f, f->sp[-1]);
  return proj_matrix(f->m->vm, (const ProjGroup *)f->sp[-1].obj, f->p->name.data[in.a], &out, frame_span(f)) &&
         give(f, 1, out);
}

// ---- built-in functions ----

enum { SCRIPT_RANDOM_OBJECT = 0xFFFFFFFF };

// What the script saved it finds again, although data lie beside the script and results may go elsewhere.
static const char *load_from(const Script *m, const ScriptCall *s, const Value *args) {
  if (s->builtin != BUILTIN_load || !m->save_dir || args[0].kind != VAL_STR) return m->load_dir;
  Str path = {0};
  io_path(&path, ((const StrObj *)args[0].obj)->text, m->save_dir);
  bool saved = access(path.data, R_OK) == 0;
  str_free(&path);
  return saved ? m->save_dir : m->load_dir;
}

bool script_op_BUILTIN(Frame *f, ScriptIns in) {
  Script *m = f->m;
  const ScriptCall *s = &f->p->call.data[in.a];
  Value out = value_none();
  const char *units[s->formats ? s->nargs + 1 : 1];
  double scales[s->formats ? s->nargs + 1 : 1];
  for (int k = 0; s->formats && k < s->nargs; k++) {
    units[k] = s->formats[k].unit;
    scales[k] = s->formats[k].scale;
  }
  BuiltinCall c = {.vm = m->vm, .diags = m->diags, .args = f->sp - s->nargs, .nargs = s->nargs, .result = &out,
                   .span = frame_span(f), .arg_spans = s->spans, .arg_names = s->names,
                   .arg_units = s->formats ? units : NULL, .arg_scales = s->formats ? scales : NULL,
                   .key = {.seed = m->vm->seed, .trial = m->vm->trial, .object = SCRIPT_RANDOM_OBJECT},
                   .draws = &m->draws, .dir = load_from(m, s, f->sp - s->nargs)};
  return BUILTINS[s->builtin].fn(&c) && give(f, s->nargs, out);
}
