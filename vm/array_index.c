// SPDX-License-Identifier: MIT
// Indices. x[...] is first resolved to a Place: a list of loops over element offsets and the shape of the result. The
// same Place then reads, writes or lists the elements.
//
// Numbers take an axis away, ranges keep it, arrays of numbers (and masks, which are turned into them) go along
// together: their shapes are broadcast and stand where the first of them stood, so that x[[0, 1], [2, 3]] is two
// elements.
#include "vm/array.h"

#include "base/arena.h"
#include "vm/spikes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(StrObj *) == sizeof(double), "texts and numbers move through the same loops");
typedef uint64_t __attribute__((may_alias)) Word; // an element of either kind

typedef struct Loop {
  int64_t count, stride;
  int64_t *offset; // instead of the stride, where an array of indices goes along
} Loop;

typedef struct Place {
  int nloops;
  Loop loop[ARRAY_DIMS + 1];
  int64_t base, n; // offset of the first element; number of elements
  int ndim;
  int64_t shape[ARRAY_DIMS];
} Place;

// The arrays among the indices, while they are collected.
typedef struct Lists {
  int n, loop;      // loop: where their common loop stands, -1: none
  int ndim;         // broadcast shape
  int64_t shape[ARRAY_DIMS];
  struct {
    int64_t *offset;
    int ndim;
    int64_t shape[ARRAY_DIMS];
  } list[ARRAY_DIMS];
} Lists;

typedef struct Resolve {
  Diags *d;
  const int64_t *shape;
  int64_t stride[ARRAY_DIMS];
  int ndim, axis;
  Place *p;
  Lists lists;
  int64_t after[ARRAY_DIMS]; // shape of the result behind the lists
  int nafter;
} Resolve;

static void place_free(Place *p) {
  for (int k = 0; k < p->nloops; k++) mem_free(p->loop[k].offset);
}

static bool report_range(Resolve *r, Span span, double at) {
  int64_t n = r->shape[r->axis];
  char axis[40] = "";
  if (r->ndim > 1) snprintf(axis, sizeof axis, " along axis %d", r->axis);
  Diag *e = diag(r->d, E_INDEX, span, "index %.15g is out of range: there are %lld elements%s", at, (long long)n, axis);
  if (n) diag_note(e, "indices go from 0 to %lld, or from -1 (the last) back to -%lld", (long long)n - 1, (long long)n);
  return false;
}

// A whole number from 0 to n-1 (to n where it ends a range), counted from the end if negative.
static bool whole_index(Resolve *r, Span span, double at, bool end, int64_t *out) {
  int64_t n = r->shape[r->axis];
  if (at != floor(at) || isinf(at)) {
    diag(r->d, E_INDEX_KIND, span, "an index must be a whole number, found %.15g", at);
    return false;
  }
  double k = at < 0 ? at + (double)n : at;
  if (k < 0 || k > (double)n || (k == (double)n && !end)) return report_range(r, span, at);
  *out = (int64_t)k;
  return true;
}

static void add_axis(Resolve *r, int64_t count) {
  if (r->lists.loop >= 0) r->after[r->nafter++] = count;
  else r->p->shape[r->p->ndim++] = count;
}

static bool resolve_range(Resolve *r, const Index *ix) {
  int64_t lo = 0, hi = r->shape[r->axis];
  if (ix && ix->has_lo && !whole_index(r, ix->span, ix->lo, true, &lo)) return false;
  if (ix && ix->has_hi && !whole_index(r, ix->span, ix->hi, true, &hi)) return false;
  int64_t count = hi > lo ? hi - lo : 0;
  r->p->base += lo * r->stride[r->axis];
  r->p->loop[r->p->nloops++] = (Loop){.count = count, .stride = r->stride[r->axis]};
  add_axis(r, count);
  r->axis++;
  return true;
}

// Room for one more list; the loop of all lists stands at the first.
static int64_t *list_begin(Resolve *r, int64_t n, int ndim, const int64_t *shape) {
  Lists *l = &r->lists;
  if (l->loop < 0) {
    l->loop = r->p->nloops++;
    r->p->loop[l->loop] = (Loop){0};
  }
  int k = l->n++;
  l->list[k].ndim = ndim;
  memcpy(l->list[k].shape, shape, sizeof *shape * (size_t)ndim);
  return l->list[k].offset = mem_alloc((size_t)(n ? n : 1) * sizeof(int64_t));
}

static bool resolve_list(Resolve *r, const Index *ix, const Array *a) {
  int64_t *offset = list_begin(r, a->n, a->ndim, a->shape);
  for (int64_t k = 0; k < a->n; k++) {
    if (!whole_index(r, ix->span, a->data[k], false, &offset[k])) return false;
    offset[k] *= r->stride[r->axis];
  }
  r->axis++;
  return true;
}

// A mask covers as many axes as it has; the places where it is true are offsets over all of them.
static bool resolve_mask(Resolve *r, const Index *ix, const Array *m) {
  if (memcmp(m->shape, r->shape + r->axis, sizeof *m->shape * (size_t)m->ndim)) {
    char a[128], b[128];
    diag(r->d, E_INDEX, ix->span, "a mask of shape %s does not fit elements of shape %s",
         shape_text(m->ndim, m->shape, a), shape_text(m->ndim, r->shape + r->axis, b));
    return false;
  }
  int64_t count = 0, step = r->stride[r->axis + m->ndim - 1];
  for (int64_t k = 0; k < m->n; k++) count += m->data[k] != 0;
  int64_t *offset = list_begin(r, count, 1, &count);
  for (int64_t k = 0; k < m->n; k++)
    if (m->data[k] != 0) *offset++ = k * step;
  r->axis += m->ndim;
  return true;
}

static int index_axes(const Index *ix) {
  if (ix->kind == INDEX_AT && ix->at.kind == VAL_ARRAY) {
    const Array *a = (const Array *)ix->at.obj;
    if (a->elem == VAL_BOOL && a->ndim > 0) return a->ndim;
  }
  return 1;
}

static bool resolve_one(Resolve *r, const Index *ix) {
  if (ix->kind == INDEX_RANGE) return resolve_range(r, ix);
  char text[160];
  switch (ix->at.kind) {
  case VAL_ARRAY: {
    const Array *a = (const Array *)ix->at.obj;
    if (a->strs) break;
    return a->elem == VAL_BOOL ? resolve_mask(r, ix, a) : resolve_list(r, ix, a);
  }
  case VAL_NUM:
  case VAL_INT: {
    int64_t k;
    if (!whole_index(r, ix->span, value_as_num(ix->at), false, &k)) return false;
    r->p->base += k * r->stride[r->axis++];
    return true;
  }
  default: break;
  }
  diag(r->d, E_INDEX_KIND, ix->span, "an index must be a whole number, a range or an array of them, found %s",
       value_text(ix->at, text));
  return false;
}

// Adds up the lists into the offsets of their common loop and puts their shape into the result.
static bool join_lists(Resolve *r, Span span) {
  Lists *l = &r->lists;
  for (int k = 0; k < l->n; k++) {
    int64_t joint[ARRAY_DIMS];
    int ndim;
    if (!array_broadcast(l->ndim, l->shape, l->list[k].ndim, l->list[k].shape, &ndim, joint)) {
      char a[128], b[128];
      diag(r->d, E_SHAPE, span, "the arrays of indices have different shapes: %s and %s",
           shape_text(l->ndim, l->shape, a), shape_text(l->list[k].ndim, l->list[k].shape, b));
      return false;
    }
    l->ndim = ndim;
    memcpy(l->shape, joint, sizeof joint);
  }
  int64_t n = 1;
  for (int k = 0; k < l->ndim; k++) n *= l->shape[k];
  int64_t *sum = mem_alloc((size_t)(n ? n : 1) * sizeof *sum);
  for (int k = 0; k < l->n; k++)
    for (int64_t j = 0; j < n; j++) {
      int64_t at = 0, step = 1, rest = j;
      for (int a = l->ndim - 1, b = l->list[k].ndim - 1; a >= 0; a--, b--) {
        int64_t c = rest % l->shape[a];
        rest /= l->shape[a];
        if (b < 0) continue;
        if (l->list[k].shape[b] != 1) at += c * step;
        step *= l->list[k].shape[b];
      }
      sum[j] += l->list[k].offset[at];
    }
  r->p->loop[l->loop] = (Loop){.count = n, .offset = sum};
  return true;
}

static bool finish_shape(Resolve *r, Span span) {
  Place *p = r->p;
  if (p->ndim + r->lists.ndim + r->nafter > ARRAY_DIMS) {
    diag(r->d, E_INDEX_KIND, span, "the result would have more than %d axes", ARRAY_DIMS);
    return false;
  }
  for (int k = 0; k < r->lists.ndim; k++) p->shape[p->ndim++] = r->lists.shape[k];
  for (int k = 0; k < r->nafter; k++) p->shape[p->ndim++] = r->after[k];
  p->n = 1;
  for (int k = 0; k < p->nloops; k++) p->n *= p->loop[k].count;
  return true;
}

static bool resolve(Diags *d, Span span, int ndim, const int64_t *shape, const Index *ix, int nix, Place *p) {
  *p = (Place){0};
  Resolve r = {.d = d, .shape = shape, .ndim = ndim, .p = p};
  r.lists.loop = -1;
  int64_t step = 1;
  for (int k = ndim - 1; k >= 0; k--) {
    r.stride[k] = step;
    step *= shape[k];
  }
  int axes = 0;
  for (int k = 0; k < nix; k++) axes += index_axes(&ix[k]);
  if (axes > ndim) {
    diag(d, E_INDEX_KIND, span, "%d indices for an array with %d %s", axes, ndim, ndim == 1 ? "axis" : "axes");
    return false;
  }
  bool ok = true;
  for (int k = 0; ok && k < nix; k++) ok = resolve_one(&r, &ix[k]);
  while (ok && r.axis < ndim) resolve_range(&r, NULL);
  if (ok && r.lists.n) ok = join_lists(&r, span);
  for (int k = 0; k < r.lists.n; k++) mem_free(r.lists.list[k].offset);
  ok = ok && finish_shape(&r, span);
  if (!ok) place_free(p);
  return ok;
}

// ---- moving elements ----

static inline int64_t loop_offset(const Loop *l, int64_t k) { return l->offset ? l->offset[k] : k * l->stride; }

// Copies the elements of the place to *flat, which moves on.
static void place_read(const Place *p, int loop, const Word *at, Word **flat) {
  if (loop == p->nloops) {
    *(*flat)++ = *at;
    return;
  }
  const Loop *l = &p->loop[loop];
  if (loop == p->nloops - 1 && !l->offset) {
    for (int64_t k = 0; k < l->count; k++) (*flat)[k] = at[k * l->stride];
    *flat += l->count;
    return;
  }
  for (int64_t k = 0; k < l->count; k++) place_read(p, loop + 1, at + loop_offset(l, k), flat);
}

static void place_write(const Place *p, int loop, Word *at, const Word **flat) {
  if (loop == p->nloops) {
    *at = *(*flat)++;
    return;
  }
  const Loop *l = &p->loop[loop];
  for (int64_t k = 0; k < l->count; k++) place_write(p, loop + 1, at + loop_offset(l, k), flat);
}

static void place_list(const Place *p, int loop, int64_t at, double **flat) {
  if (loop == p->nloops) {
    *(*flat)++ = (double)at;
    return;
  }
  const Loop *l = &p->loop[loop];
  for (int64_t k = 0; k < l->count; k++) place_list(p, loop + 1, at + loop_offset(l, k), flat);
}

static Word *words(const Array *a) { return a->strs ? (Word *)a->strs : (Word *)a->data; }

static void keep_texts(const Array *a) {
  for (int64_t k = 0; a->strs && k < a->n; k++) value_keep(value_obj(a->strs[k]));
}

static bool read_array(Diags *d, Span span, const Array *x, const Index *ix, int nix, Value *out) {
  Place p;
  if (!resolve(d, span, x->ndim, x->shape, ix, nix, &p)) return false;
  Array *r = array_make(d, span, x->elem, p.ndim, p.shape);
  if (r) {
    Word *flat = words(r);
    if (p.n) place_read(&p, 0, words(x) + p.base, &flat);
    keep_texts(r);
    *out = array_value(r);
  }
  place_free(&p);
  return r != NULL;
}

bool array_positions(Diags *d, Span span, int ndim, const int64_t *shape, const Index *ix, int nix, Value *out) {
  int64_t n = 1;
  for (int k = 0; k < ndim; k++) n *= shape[k];
  if (nix == 1 && index_axes(ix) == 1) {
    ndim = 1;
    shape = &n;
  }
  Place p;
  if (!resolve(d, span, ndim, shape, ix, nix, &p)) return false;
  Array *r = array_make(d, span, VAL_INT, 1, &p.n);
  if (r) {
    double *flat = r->data;
    if (p.n) place_list(&p, 0, p.base, &flat);
    *out = value_obj(r);
  }
  place_free(&p);
  return r != NULL;
}

// ---- other things with indices ----

static bool read_list(Diags *d, Span span, const List *l, const Index *ix, int nix, Value *out) {
  Value at;
  if (!array_positions(d, span, 1, &l->n, ix, nix, &at)) return false;
  const Array *a = (const Array *)at.obj;
  bool one = nix == 1 && ix->kind == INDEX_AT && ix->at.kind != VAL_ARRAY;
  if (one) {
    *out = value_keep(l->item[(int64_t)a->data[0]]);
  } else {
    List *r = list_new(a->n);
    for (int64_t k = 0; k < a->n; k++) r->item[k] = value_keep(l->item[(int64_t)a->data[k]]);
    *out = value_obj(r);
  }
  value_drop(at);
  return true;
}

static bool read_table(Diags *d, Span span, const Table *t, const Index *ix, int nix, Value *out) {
  Table *r = table_new(t->ncols);
  for (int k = 0; k < t->ncols; k++) {
    Value col;
    if (nix != 1 || t->cols[k].kind != VAL_ARRAY || !array_index(d, span, t->cols[k], ix, nix, &col)) {
      if (nix != 1)
        diag(d, E_INDEX_KIND, span, "a table has one index: its rows (a column is named: T.%s)", t->names[k]);
      value_drop(value_obj(r));
      return false;
    }
    table_set(r, k, t->names[k], t->units[k], t->scale[k], col);
  }
  *out = value_obj(r);
  return true;
}

// Byte offsets of the characters of a UTF-8 text; offset[n] is its length.
static int64_t text_chars(const StrObj *s, int64_t *offset) {
  int64_t n = 0;
  for (int64_t k = 0; k < s->n; k++)
    if ((s->text[k] & 0xC0) != 0x80) {
      if (offset) offset[n] = k;
      n++;
    }
  if (offset) offset[n] = s->n;
  return n;
}

static bool read_text(Diags *d, Span span, const StrObj *s, const Index *ix, int nix, Value *out) {
  int64_t n = text_chars(s, NULL), *offset = mem_alloc((size_t)(n + 1) * sizeof *offset);
  text_chars(s, offset);
  Value at;
  bool ok = array_positions(d, span, 1, &n, ix, nix, &at);
  if (ok) {
    const Array *a = (const Array *)at.obj;
    StrObj *r = object_new(VAL_STR, sizeof *r + (size_t)a->n * 4 + 1, NULL);
    for (int64_t k = 0; k < a->n; k++) {
      int64_t c = (int64_t)a->data[k], bytes = offset[c + 1] - offset[c];
      if (bytes > 4) bytes = 4;
      memcpy(r->text + r->n, s->text + offset[c], (size_t)bytes);
      r->n += bytes;
    }
    *out = value_obj(r);
    value_drop(at);
  }
  mem_free(offset);
  return ok;
}

static bool read_recording(Diags *d, Span span, Value x, const Index *ix, int nix, Value *out) {
  Array *a = recording_values((Recording *)x.obj);
  if (!a) {
    diag(d, E_MEMORY, span, "there is not enough memory for the values of this recording");
    return false;
  }
  bool ok = read_array(d, span, a, ix, nix, out);
  value_drop(value_obj(a));
  return ok;
}

bool array_index(Diags *d, Span span, Value x, const Index *ix, int nix, Value *out) {
  switch (x.kind) {
  case VAL_ARRAY: {
    const Array *a = (const Array *)x.obj;
    if (nix == 1 && a->ndim == 1 && ix->kind == INDEX_AT && ix->at.kind == VAL_INT && a->elem == VAL_NUM &&
        ix->at.i >= 0 && ix->at.i < a->n) { // the common case
      *out = value_num(a->data[ix->at.i]);
      return true;
    }
    return read_array(d, span, a, ix, nix, out);
  }
  case VAL_REC: return read_recording(d, span, x, ix, nix, out);
  case VAL_LIST: return read_list(d, span, (const List *)x.obj, ix, nix, out);
  case VAL_TABLE: return read_table(d, span, (const Table *)x.obj, ix, nix, out);
  case VAL_STR: return read_text(d, span, (const StrObj *)x.obj, ix, nix, out);
  default: {
    char text[160];
    diag(d, E_OPERAND, span, "%s has no elements to index", value_text(x, text));
    return false;
  }
  }
}

// ---- assignment ----

// v brought to the shape of the place: a new array whose elements are in its order.
static Array *spread(Diags *d, Span span, const Place *p, Value v) {
  int ndim;
  int64_t shape[ARRAY_DIMS];
  ArrayView view;
  char a[128], b[160];
  if (!array_view(v, &view)) {
    diag(d, E_OPERAND, span, "%s cannot become elements of an array of numbers", value_text(v, b));
    return NULL;
  }
  Array *r = NULL;
  bool fits = array_broadcast(p->ndim, p->shape, view.ndim, view.shape, &ndim, shape);
  for (int k = 0; fits && k < ndim; k++) {
    int j = k - (ndim - p->ndim);
    fits = shape[k] == (j >= 0 ? p->shape[j] : 1);
  }
  if (!fits) {
    diag(d, E_SHAPE, span, "%s does not fit the %lld elements of shape %s that it is assigned to", value_text(v, b),
         (long long)p->n, shape_text(p->ndim, p->shape, a));
  } else if ((r = array_make(d, span, view.elem, p->ndim, p->shape)) != NULL) {
    Value zeros = value_obj(r), sum;
    if (view.n == r->n) {
      if (r->n) memcpy(r->data, view.data, sizeof *r->data * (size_t)r->n);
    } else if (view.n == 1) {
      for (int64_t k = 0; k < r->n; k++) r->data[k] = view.data[0];
    } else { // adding zeros does the broadcasting (-0 becomes 0, which compares equal)
      bool ok = array_binary(d, span, ARRAY_ADD, zeros, v, &sum);
      ValueKind elem = r->elem;
      value_drop(zeros);
      r = ok ? (Array *)sum.obj : NULL;
      if (r) r->elem = (uint8_t)elem;
    }
  }
  view_drop(&view);
  return r;
}

// The elements that come to stand in the place: v, or old op v.
static Array *new_elements(Diags *d, Span span, const Array *x, const Place *p, ArrayOp op, Value v) {
  Array *r = spread(d, span, p, v);
  if (!r || op == ARRAY_SET) return r;
  Array *old = array_make(d, span, x->elem, p->ndim, p->shape);
  Value sum = value_none();
  bool ok = old != NULL;
  if (ok) {
    Word *flat = words(old);
    if (p->n) place_read(p, 0, words(x) + p->base, &flat);
    ok = array_binary(d, span, op, value_obj(old), value_obj(r), &sum);
    value_drop(value_obj(old));
  }
  value_drop(value_obj(r));
  if (!ok) return NULL;
  if (sum.kind == VAL_ARRAY) return (Array *)sum.obj;
  Array *one = array_make(d, span, sum.kind, 0, NULL); // a place of one element gave a plain number
  if (one) one->data[0] = value_as_num(sum);
  return one;
}

static bool write_texts(Diags *d, Span span, Array *x, const Place *p, Value v) {
  char text[160];
  bool one = v.kind == VAL_STR;
  const Array *a = v.kind == VAL_ARRAY ? (const Array *)v.obj : NULL;
  if (!one && !(a && a->strs && a->n == p->n)) {
    diag(d, a && a->strs ? E_SHAPE : E_OPERAND, span, "%s does not fit %lld elements that are texts",
         value_text(v, text), (long long)p->n);
    return false;
  }
  Word *flat = mem_alloc((size_t)(p->n + 1) * sizeof *flat), *at = flat;
  const Word *from = flat;
  if (p->n) place_read(p, 0, words(x) + p->base, &at);
  for (int64_t k = 0; k < p->n; k++) {
    StrObj *old, *new = one ? (StrObj *)v.obj : a->strs[k];
    memcpy(&old, &flat[k], sizeof old);
    value_keep(value_obj(new));
    if (old) value_drop(value_obj(old));
    memcpy(&flat[k], &new, sizeof new);
  }
  if (p->n) place_write(p, 0, words(x) + p->base, &from);
  mem_free(flat);
  return true;
}

static bool write_place(Diags *d, Span span, Value *x, const Place *p, ArrayOp op, Value v) {
  Array *a = array_own(x);
  if (!a) {
    diag(d, E_MEMORY, span, "there is not enough memory for a copy of this array");
    return false;
  }
  if (a->strs) {
    if (op == ARRAY_SET) return write_texts(d, span, a, p, v);
    diag(d, E_OPERAND, span, "elements that are texts can only be replaced");
    return false;
  }
  Array *r = new_elements(d, span, a, p, op, v);
  if (!r) return false;
  if (r->elem < a->elem) a->elem = r->elem; // bool -> int -> number, as needed
  const Word *flat = words(r);
  if (p->n) place_write(p, 0, words(a) + p->base, &flat);
  value_drop(value_obj(r));
  return true;
}

bool array_assign(Diags *d, Span span, Value *x, const Index *ix, int nix, ArrayOp op, Value v) {
  char text[160];
  if (x->kind != VAL_ARRAY) {
    diag(d, E_OPERAND, span, "elements of %s cannot be assigned", value_text(*x, text));
    return false;
  }
  const Array *a = (const Array *)x->obj;
  if (nix == 1 && a->ndim == 1 && a->head.refs == 1 && a->elem == VAL_NUM && op == ARRAY_SET && v.kind == VAL_NUM &&
      ix->kind == INDEX_AT && ix->at.kind == VAL_INT && ix->at.i >= 0 && ix->at.i < a->n) { // the common case
    a->data[ix->at.i] = v.num;
    return true;
  }
  Place p;
  if (!resolve(d, span, a->ndim, a->shape, ix, nix, &p)) return false;
  value_keep(v); // v may be *x itself
  bool ok = write_place(d, span, x, &p, op, v);
  value_drop(v);
  place_free(&p);
  return ok;
}

// ---- rows, lengths ----

Value array_row(Value x, int64_t k) {
  switch (x.kind) {
  case VAL_ARRAY: {
    const Array *a = (const Array *)x.obj;
    if (a->ndim < 1) return value_keep(x);
    if (a->ndim == 1 && a->elem == VAL_NUM) return value_num(a->data[k]);
    Array *r = array_new(a->elem, a->ndim - 1, a->shape + 1);
    if (!r) return value_none();
    if (r->n) memcpy(words(r), words(a) + k * r->n, (size_t)r->n * sizeof(Word));
    keep_texts(r);
    return array_value(r);
  }
  case VAL_REC: {
    Array *a = recording_values((Recording *)x.obj);
    if (!a) return value_none();
    Value row = array_row(value_obj(a), k);
    value_drop(value_obj(a));
    return row;
  }
  case VAL_LIST: return value_keep(((List *)x.obj)->item[k]);
  case VAL_TABLE: {
    const Table *t = (const Table *)x.obj;
    Table *r = table_new(t->ncols);
    for (int c = 0; c < t->ncols; c++) table_set(r, c, t->names[c], t->units[c], t->scale[c], array_row(t->cols[c], k));
    return value_obj(r);
  }
  case VAL_STR: {
    const StrObj *s = (const StrObj *)x.obj;
    int64_t *offset = mem_alloc((size_t)(text_chars(s, NULL) + 1) * sizeof *offset);
    text_chars(s, offset);
    Value c = str_value(s->text + offset[k], offset[k + 1] - offset[k]);
    mem_free(offset);
    return c;
  }
  default: return value_none();
  }
}

int64_t value_len(Value v) {
  switch (v.kind) {
  case VAL_STR: return text_chars((const StrObj *)v.obj, NULL);
  case VAL_ARRAY: {
    const Array *a = (const Array *)v.obj;
    return a->ndim ? a->shape[0] : -1;
  }
  case VAL_SEL: return ((const Sel *)v.obj)->n;
  case VAL_PROJ: return proj_count((const ProjGroup *)v.obj);
  case VAL_REC: return recording_samples((const Recording *)v.obj);
  case VAL_SPIKES: return spikes_len(v);
  case VAL_SERIES: return ((const Series *)v.obj)->values->shape[0];
  case VAL_TABLE: {
    const Table *t = (const Table *)v.obj;
    return t->ncols ? value_len(t->cols[0]) : 0;
  }
  case VAL_LIST: return ((const List *)v.obj)->n;
  default: return -1;
  }
}

// ---- making arrays of elements ----

static bool stack_list(const Value *items, int64_t n, Value *out) {
  List *l = list_new(n);
  for (int64_t k = 0; k < n; k++) l->item[k] = value_keep(items[k]);
  *out = value_obj(l);
  return true;
}

static bool stack_texts(Diags *d, Span span, const Value *items, int64_t n, Value *out) {
  Array *r = array_make(d, span, VAL_STR, 1, &n);
  if (!r) return false;
  for (int64_t k = 0; k < n; k++) {
    if (items[k].kind != VAL_STR) {
      char text[160];
      diag(d, E_OPERAND, span, "an array holds either texts or numbers: element 0 is a text, element %lld %s",
           (long long)k, value_text(items[k], text));
      value_drop(value_obj(r));
      return false;
    }
    r->strs[k] = (StrObj *)value_keep(items[k]).obj;
  }
  *out = value_obj(r);
  return true;
}

// Shape and kind that all items share; reports which differs.
static bool common_shape(Diags *d, Span span, const Value *items, int64_t n, int *ndim, int64_t *shape, uint8_t *elem) {
  for (int64_t k = 0; k < n; k++) {
    ArrayView v;
    char text[160], first[128];
    if (!array_view(items[k], &v)) {
      diag(d, E_OPERAND, span, "element %lld of the array is %s, where a number was expected", (long long)k,
           value_text(items[k], text));
      return false;
    }
    if (k == 0) {
      *ndim = v.ndim;
      *elem = v.elem;
      memcpy(shape, v.shape, sizeof v.shape);
    }
    bool same = *ndim == v.ndim && !memcmp(shape, v.shape, sizeof *shape * (size_t)v.ndim);
    if (v.elem < *elem) *elem = v.elem;
    view_drop(&v);
    if (!same) {
      diag(d, E_SHAPE, span, "the rows of an array must have the same shape: row 0 has %s, row %lld is %s",
           *ndim ? shape_text(*ndim, shape, first) : "no axes", (long long)k, value_text(items[k], text));
      return false;
    }
  }
  return true;
}

bool array_stack(Diags *d, Span span, const Value *items, int64_t n, Value *out) {
  int64_t shape[ARRAY_DIMS + 1] = {n};
  int ndim = 0;
  uint8_t elem = VAL_NUM;
  if (n && items[0].kind == VAL_STR) return stack_texts(d, span, items, n, out);
  if (n && (items[0].kind == VAL_SEL || items[0].kind == VAL_PROJ || items[0].kind == VAL_LIST ||
            items[0].kind == VAL_TABLE || items[0].kind == VAL_SERIES || items[0].kind == VAL_SPIKES))
    return stack_list(items, n, out);
  if (!common_shape(d, span, items, n, &ndim, shape + 1, &elem)) return false;
  Array *r = array_make(d, span, elem, ndim + 1, shape);
  if (!r) return false;
  double *p = r->data;
  for (int64_t k = 0; k < n; k++) {
    ArrayView v;
    array_view(items[k], &v);
    if (v.n) memcpy(p, v.data, sizeof *p * (size_t)v.n);
    p += v.n;
    view_drop(&v);
  }
  *out = value_obj(r);
  return true;
}

bool array_range(Diags *d, Span span, int64_t lo, int64_t hi, Value *out) {
  int64_t n = 0;
  if (hi > lo && __builtin_sub_overflow(hi, lo, &n)) n = INT64_MAX;
  Array *r = array_make(d, span, VAL_INT, 1, &n);
  if (!r) return false;
  for (int64_t k = 0; k < n; k++) r->data[k] = (double)(lo + k);
  *out = value_obj(r);
  return true;
}
