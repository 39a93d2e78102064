// SPDX-License-Identifier: MIT
// Operators on arrays. An operator runs as a loop over the last axis with a stride of 0 or 1 for each side; the axes
// before it are counted like an odometer, so that broadcasting costs nothing inside.
#include "vm/array.h"

#include "base/arena.h"
#include "vm/vm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- views ----

bool array_view(Value v, ArrayView *out) {
  *out = (ArrayView){.n = 1, .elem = v.kind};
  Array *a = NULL;
  switch (v.kind) {
  case VAL_NUM:
  case VAL_INT:
  case VAL_BOOL:
    out->one = value_as_num(v);
    out->data = &out->one;
    return true;
  case VAL_ARRAY: a = (Array *)v.obj; break;
  case VAL_REC: a = out->hold = recording_values((Recording *)v.obj); break;
  default: return false;
  }
  if (!a || !a->data) {
    view_drop(out);
    return false;
  }
  out->data = a->data;
  out->n = a->n;
  out->ndim = a->ndim;
  out->elem = a->elem;
  memcpy(out->shape, a->shape, sizeof out->shape);
  return true;
}

void view_drop(ArrayView *v) {
  if (v->hold) value_drop(value_obj(v->hold));
  v->hold = NULL;
}

bool array_broadcast(int na, const int64_t *a, int nb, const int64_t *b, int *n, int64_t *out) {
  *n = na > nb ? na : nb;
  for (int k = 0; k < *n; k++) { // from the last axis
    int64_t x = k < na ? a[na - 1 - k] : 1, y = k < nb ? b[nb - 1 - k] : 1;
    if (x != y && x != 1 && y != 1) return false;
    out[*n - 1 - k] = x == 1 ? y : x;
  }
  return true;
}

const char *shape_text(int ndim, const int64_t *shape, char buf[static 128]) {
  int at = snprintf(buf, 128, "[");
  for (int k = 0; k < ndim && at < 110; k++)
    at += snprintf(buf + at, 128 - (size_t)at, k ? ", %lld" : "%lld", (long long)shape[k]);
  snprintf(buf + at, 128 - (size_t)at, "]");
  return buf;
}

const char *value_text(Value v, char buf[static 160]) {
  static const char *const names[] = {
      [VAL_NONE] = "nothing",         [VAL_NUM] = "a number",      [VAL_INT] = "a whole number",
      [VAL_BOOL] = "true or false",   [VAL_STR] = "a text",        [VAL_SEL] = "a population",
      [VAL_PROJ] = "a projection",    [VAL_REC] = "a recording",   [VAL_SPIKES] = "a recording of spikes",
      [VAL_SERIES] = "a time series", [VAL_TABLE] = "a table",     [VAL_LIST] = "a list",
      [VAL_GRID] = "a grid of positions"};
  if (v.kind == VAL_ARRAY) {
    const Array *a = (const Array *)v.obj;
    char shape[128];
    snprintf(buf, 160, "an array%s of shape %s",
             a->strs               ? " of texts"
             : a->elem == VAL_BOOL ? " of true and false"
                                   : "",
             shape_text(a->ndim, a->shape, shape));
  } else {
    snprintf(buf, 160, "%s", names[v.kind]);
  }
  return buf;
}

Array *array_make(Diags *d, Span span, ValueKind elem, int ndim, const int64_t *shape) {
  char text[128];
  if (ndim > ARRAY_DIMS) {
    diag(d, E_ARG_VALUE, span, "an array of %d axes: there can be at most %d", ndim, ARRAY_DIMS);
    return NULL;
  }
  Array *a = array_new(elem, ndim, shape);
  if (a) return a;
  double bytes = sizeof(double);
  for (int k = 0; k < ndim; k++) bytes *= (double)shape[k];
  diag(d, E_MEMORY, span, "there is not enough memory for an array of shape %s (%.3g GB)",
       shape_text(ndim, shape, text), bytes / 1e9);
  return NULL;
}

Value array_value(Array *a) {
  if (a->ndim) return value_obj(a);
  Value v = value_none();
  if (a->strs) v = value_keep(value_obj(a->strs[0]));
  else if (a->elem == VAL_INT) v = value_int((int64_t)a->data[0]);
  else if (a->elem == VAL_BOOL) v = value_bool(a->data[0] != 0);
  else v = value_num(a->data[0]);
  value_drop(value_obj(a));
  return v;
}

// Four sums side by side, each with what its additions lost (Knuth's two-sum), brought together at the end.
double array_sum_in_two(const double *p, int64_t n, int64_t stride, double *low) {
  double s[4] = {0}, lost[4] = {0}, total = 0, rest = 0;
  for (int64_t k = 0; k < n; k += 4)
    for (int j = 0; j < 4 && k + j < n; j++) {
      double x = p[(k + j) * stride], sum = s[j] + x, y = sum - s[j];
      lost[j] += (s[j] - (sum - y)) + (x - y);
      s[j] = sum;
    }
  for (int j = 0; j < 4; j++) {
    double sum = total + s[j], y = sum - total;
    rest += (total - (sum - y)) + (s[j] - y) + lost[j];
    total = sum;
  }
  *low = isfinite(rest) ? rest : 0; // infinities have lost nothing
  return total;
}

double array_sum(const double *p, int64_t n, int64_t stride) {
  double low, sum = array_sum_in_two(p, n, stride, &low);
  return sum + low;
}

// ---- operators of two ----

#define LOOP(expr)                                                                                                     \
  for (int64_t k = 0; k < n; k++) {                                                                                    \
    double x = a[k * sa], y = b[k * sb];                                                                               \
    out[k] = expr;                                                                                                     \
  }                                                                                                                    \
  break

// What is done with each pair: an operator, or a function of two numbers.
typedef struct Pairwise {
  ArrayOp op;
  double (*f)(double, double); // instead of the operator, if not NULL
  ValueKind elem;              // of the result, with f
} Pairwise;

static void run_binary(Pairwise w, double *out, const double *a, int64_t sa, const double *b, int64_t sb, int64_t n) {
  if (w.f) {
    for (int64_t k = 0; k < n; k++) out[k] = w.f(a[k * sa], b[k * sb]);
    return;
  }
  switch (w.op) {
  case ARRAY_ADD: LOOP(x + y);
  case ARRAY_SUB: LOOP(x - y);
  case ARRAY_MUL: LOOP(x * y);
  case ARRAY_DIV: LOOP(x / y);
  case ARRAY_POW: LOOP(pow(x, y));
  case ARRAY_LT: LOOP(x < y);
  case ARRAY_LE: LOOP(x <= y);
  case ARRAY_GT: LOOP(x > y);
  case ARRAY_GE: LOOP(x >= y);
  case ARRAY_EQ: LOOP(x == y);
  case ARRAY_NE: LOOP(x != y);
  case ARRAY_AND: LOOP(x != 0 && y != 0);
  case ARRAY_OR: LOOP(x != 0 || y != 0);
  default: BUG("operator %d of two arrays", (int)w.op);
  }
}

static ValueKind result_elem(Pairwise w, uint8_t a, uint8_t b) {
  ArrayOp op = w.op;
  if (w.f) return w.elem;
  if (op >= ARRAY_LT && op <= ARRAY_OR) return VAL_BOOL;
  if (op == ARRAY_DIV || op == ARRAY_POW || a == VAL_NUM || b == VAL_NUM) return VAL_NUM;
  return VAL_INT;
}

// Strides (in elements) with which an operand follows the axes of the result: 0 where it is broadcast.
static void broadcast_strides(int ndim, const int64_t *shape, int na, const int64_t *a, int64_t *stride) {
  int64_t step = 1;
  for (int k = ndim - 1; k >= 0; k--) {
    int j = k - (ndim - na);
    stride[k] = j >= 0 && a[j] == shape[k] && shape[k] != 1 ? step : 0;
    if (j >= 0) step *= a[j];
  }
}

typedef struct Odometer {
  int ndim;
  const int64_t *shape;
  int64_t at[ARRAY_DIMS];
} Odometer;

// Counts the axes before the last one up; moves the offsets along. False after the last row.
static bool odometer_next(Odometer *o, int nop, int64_t *const *stride, int64_t *offset) {
  for (int k = o->ndim - 2; k >= 0; k--) {
    if (++o->at[k] < o->shape[k]) {
      for (int j = 0; j < nop; j++) offset[j] += stride[j][k];
      return true;
    }
    for (int j = 0; j < nop; j++) offset[j] -= stride[j][k] * (o->shape[k] - 1);
    o->at[k] = 0;
  }
  return false;
}

static void binary_broadcast(Pairwise op, Array *r, const ArrayView *a, const ArrayView *b) {
  int64_t sa[ARRAY_DIMS], sb[ARRAY_DIMS], offset[2] = {0, 0}, row = r->ndim ? r->shape[r->ndim - 1] : 1;
  broadcast_strides(r->ndim, r->shape, a->ndim, a->shape, sa);
  broadcast_strides(r->ndim, r->shape, b->ndim, b->shape, sb);
  int64_t *const stride[2] = {sa, sb};
  Odometer o = {.ndim = r->ndim, .shape = r->shape};
  int64_t last_a = r->ndim ? sa[r->ndim - 1] : 0, last_b = r->ndim ? sb[r->ndim - 1] : 0;
  if (!r->n) return;
  double *out = r->data;
  do {
    run_binary(op, out, a->data + offset[0], last_a, b->data + offset[1], last_b, row);
    out += row;
  } while (odometer_next(&o, 2, stride, offset));
}

static void report_shapes(Diags *d, Span span, int na, const int64_t *a, int nb, const int64_t *b) {
  char ta[128], tb[128];
  diag(d, E_SHAPE, span, "an array of shape %s and one of shape %s do not go together element by element",
       shape_text(na, a, ta), shape_text(nb, b, tb));
}

static bool binary_views(Diags *d, Span span, Pairwise op, const ArrayView *a, const ArrayView *b, Value *out) {
  int ndim;
  int64_t shape[ARRAY_DIMS];
  if (!array_broadcast(a->ndim, a->shape, b->ndim, b->shape, &ndim, shape)) {
    report_shapes(d, span, a->ndim, a->shape, b->ndim, b->shape);
    return false;
  }
  Array *r = array_make(d, span, result_elem(op, a->elem, b->elem), ndim, shape);
  if (!r) return false;
  if (a->n == r->n && b->n == r->n) run_binary(op, r->data, a->data, 1, b->data, 1, r->n);
  else if (a->n == 1 && b->n == r->n) run_binary(op, r->data, a->data, 0, b->data, 1, r->n);
  else if (b->n == 1 && a->n == r->n) run_binary(op, r->data, a->data, 1, b->data, 0, r->n);
  else binary_broadcast(op, r, a, b);
  *out = array_value(r);
  return true;
}

static bool int_binary(ArrayOp op, int64_t a, int64_t b, Value *out) {
  int64_t r;
  switch (op) {
  case ARRAY_ADD:
    if (__builtin_add_overflow(a, b, &r)) return false;
    break;
  case ARRAY_SUB:
    if (__builtin_sub_overflow(a, b, &r)) return false;
    break;
  case ARRAY_MUL:
    if (__builtin_mul_overflow(a, b, &r)) return false;
    break;
  default: return false;
  }
  *out = value_int(r);
  return true;
}

static bool is_scalar(Value v) { return v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL; }

static Value scalar_binary(ArrayOp op, Value a, Value b) {
  Value out;
  if (a.kind == VAL_INT && b.kind == VAL_INT && int_binary(op, a.i, b.i, &out)) return out;
  double x = value_as_num(a), y = value_as_num(b), r;
  Pairwise w = {.op = op};
  run_binary(w, &r, &x, 0, &y, 0, 1);
  switch (result_elem(w, a.kind, b.kind)) {
  case VAL_BOOL: return value_bool(r != 0);
  case VAL_INT: // what does not fit into an int goes on as a number
    if (fabs(r) < 0x1p63) return value_int((int64_t)r);
    return value_num(r);
  default: return value_num(r);
  }
}

// ---- texts ----

static bool compare_holds(ArrayOp op, int order) {
  switch (op) {
  case ARRAY_LT: return order < 0;
  case ARRAY_LE: return order <= 0;
  case ARRAY_GT: return order > 0;
  case ARRAY_GE: return order >= 0;
  case ARRAY_EQ: return order == 0;
  default: return order != 0;
  }
}

static int text_order(const StrObj *a, const StrObj *b) {
  int64_t n = a->n < b->n ? a->n : b->n;
  int order = n ? memcmp(a->text, b->text, (size_t)n) : 0;
  return order ? order : (a->n > b->n) - (a->n < b->n);
}

static Value text_join(const StrObj *a, const StrObj *b) {
  StrObj *s = object_new(VAL_STR, sizeof *s + (size_t)(a->n + b->n) + 1, NULL);
  s->n = a->n + b->n;
  memcpy(s->text, a->text, (size_t)a->n);
  memcpy(s->text + a->n, b->text, (size_t)b->n);
  return value_obj(s);
}

static bool is_texts(Value v) { return v.kind == VAL_STR || (v.kind == VAL_ARRAY && ((Array *)v.obj)->strs); }

static const StrObj *text_at(Value v, int64_t k) {
  return v.kind == VAL_STR ? (const StrObj *)v.obj : ((const Array *)v.obj)->strs[k];
}

// Comparisons of texts: one with one, one with many, or many with as many.
static bool text_binary(Diags *d, Span span, ArrayOp op, Value a, Value b, Value *out) {
  if (a.kind == VAL_STR && b.kind == VAL_STR) {
    const StrObj *x = (const StrObj *)a.obj, *y = (const StrObj *)b.obj;
    *out = op == ARRAY_ADD ? text_join(x, y) : value_bool(compare_holds(op, text_order(x, y)));
    return true;
  }
  const Array *xa = a.kind == VAL_ARRAY ? (const Array *)a.obj : NULL,
              *xb = b.kind == VAL_ARRAY ? (const Array *)b.obj : NULL;
  if (xa && xb && (xa->ndim != xb->ndim || memcmp(xa->shape, xb->shape, sizeof *xa->shape * (size_t)xa->ndim))) {
    report_shapes(d, span, xa->ndim, xa->shape, xb->ndim, xb->shape);
    return false;
  }
  const Array *like = xa ? xa : xb;
  Array *r = array_make(d, span, VAL_BOOL, like->ndim, like->shape);
  if (!r) return false;
  for (int64_t k = 0; k < r->n; k++)
    r->data[k] = compare_holds(op, text_order(text_at(a, xa ? k : 0), text_at(b, xb ? k : 0)));
  *out = value_obj(r);
  return true;
}

static const char *const OP_TEXT[] = {[ARRAY_ADD] = "+", [ARRAY_SUB] = "-", [ARRAY_MUL] = "*",   [ARRAY_DIV] = "/",
                                      [ARRAY_POW] = "^", [ARRAY_LT] = "<",  [ARRAY_LE] = "<=",   [ARRAY_GT] = ">",
                                      [ARRAY_GE] = ">=", [ARRAY_EQ] = "==", [ARRAY_NE] = "!=",   [ARRAY_AND] = "and",
                                      [ARRAY_OR] = "or", [ARRAY_NEG] = "-", [ARRAY_NOT] = "not", [ARRAY_SET] = "="};

static bool report_operands(Diags *d, Span span, ArrayOp op, Value a, Value b) {
  char ta[160], tb[160];
  diag(d, E_OPERAND, span, "`%s` cannot be done with %s and %s", OP_TEXT[op], value_text(a, ta), value_text(b, tb));
  return false;
}

bool array_binary(Diags *d, Span span, ArrayOp op, Value a, Value b, Value *out) {
  if (is_scalar(a) && is_scalar(b)) {
    *out = scalar_binary(op, a, b);
    return true;
  }
  if (is_texts(a) && is_texts(b)) {
    bool both = a.kind == VAL_STR && b.kind == VAL_STR;
    if ((op == ARRAY_ADD && both) || (op >= ARRAY_LT && op <= ARRAY_NE)) return text_binary(d, span, op, a, b, out);
    return report_operands(d, span, op, a, b);
  }
  ArrayView va, vb;
  if (!array_view(a, &va)) return report_operands(d, span, op, a, b);
  bool ok;
  if (!array_view(b, &vb)) {
    ok = report_operands(d, span, op, a, b);
  } else {
    ok = binary_views(d, span, (Pairwise){.op = op}, &va, &vb, out);
    view_drop(&vb);
  }
  view_drop(&va);
  return ok;
}

bool array_map2(Diags *d, Span span, double (*f)(double, double), ValueKind elem, Value a, Value b, Value *out) {
  ArrayView va, vb;
  char text[160];
  if (elem == VAL_NUM && is_scalar(a) && is_scalar(b)) {
    *out = value_num(f(value_as_num(a), value_as_num(b)));
    return true;
  }
  if (!array_view(a, &va)) {
    diag(d, E_OPERAND, span, "numbers are needed here, found %s", value_text(a, text));
    return false;
  }
  bool ok = array_view(b, &vb);
  if (ok) {
    ok = binary_views(d, span, (Pairwise){.f = f, .elem = elem}, &va, &vb, out);
    view_drop(&vb);
  } else {
    diag(d, E_OPERAND, span, "numbers are needed here, found %s", value_text(b, text));
  }
  view_drop(&va);
  return ok;
}

// ---- operators of one, and the choice ----

bool array_unary(Diags *d, Span span, ArrayOp op, Value a, Value *out) {
  if (a.kind == VAL_INT && op == ARRAY_NEG && a.i != INT64_MIN) {
    *out = value_int(-a.i);
    return true;
  }
  ArrayView v;
  char text[160];
  if (!array_view(a, &v)) {
    diag(d, E_OPERAND, span, "`%s` cannot be done with %s", OP_TEXT[op], value_text(a, text));
    return false;
  }
  ValueKind elem = op == ARRAY_NOT ? VAL_BOOL : v.elem == VAL_NUM ? VAL_NUM : VAL_INT;
  Array *r = array_make(d, span, elem, v.ndim, v.shape);
  if (r) {
    for (int64_t k = 0; k < v.n; k++) r->data[k] = op == ARRAY_NOT ? v.data[k] == 0 : -v.data[k];
    *out = array_value(r);
  }
  view_drop(&v);
  return r != NULL;
}

static bool select_views(Diags *d, Span span, const ArrayView *c, const ArrayView *a, const ArrayView *b, Value *out) {
  int n1, ndim;
  int64_t s1[ARRAY_DIMS], shape[ARRAY_DIMS];
  if (!array_broadcast(a->ndim, a->shape, b->ndim, b->shape, &n1, s1)) {
    report_shapes(d, span, a->ndim, a->shape, b->ndim, b->shape);
    return false;
  }
  if (!array_broadcast(c->ndim, c->shape, n1, s1, &ndim, shape)) {
    report_shapes(d, span, c->ndim, c->shape, n1, s1);
    return false;
  }
  ValueKind elem = a->elem == b->elem                         ? (ValueKind)a->elem
                   : a->elem == VAL_NUM || b->elem == VAL_NUM ? VAL_NUM
                                                              : VAL_INT;
  Array *r = array_make(d, span, elem, ndim, shape);
  if (!r) return false;
  int64_t sc[ARRAY_DIMS], sa[ARRAY_DIMS], sb[ARRAY_DIMS], at[3] = {0, 0, 0}, row = ndim ? shape[ndim - 1] : 1;
  broadcast_strides(ndim, shape, c->ndim, c->shape, sc);
  broadcast_strides(ndim, shape, a->ndim, a->shape, sa);
  broadcast_strides(ndim, shape, b->ndim, b->shape, sb);
  int64_t *const stride[3] = {sc, sa, sb};
  Odometer o = {.ndim = ndim, .shape = r->shape};
  int64_t dc = ndim ? sc[ndim - 1] : 0, da = ndim ? sa[ndim - 1] : 0, db = ndim ? sb[ndim - 1] : 0;
  double *p = r->data;
  if (r->n) do {
      for (int64_t k = 0; k < row; k++)
        *p++ = c->data[at[0] + k * dc] != 0 ? a->data[at[1] + k * da] : b->data[at[2] + k * db];
    } while (odometer_next(&o, 3, stride, at));
  *out = array_value(r);
  return true;
}

bool array_select(Diags *d, Span span, Value cond, Value a, Value b, Value *out) {
  if (is_scalar(cond)) {
    *out = value_keep(value_as_num(cond) != 0 ? a : b);
    return true;
  }
  ArrayView c, x = {0}, y = {0};
  if (!array_view(cond, &c)) {
    char text[160];
    diag(d, E_OPERAND, span, "`if` needs true or false, found %s", value_text(cond, text));
    return false;
  }
  bool ok = false;
  if (!array_view(a, &x) || !array_view(b, &y)) {
    char ta[160], tb[160];
    diag(d, E_OPERAND, span, "`then` and `else` of an array of conditions need numbers, found %s and %s",
         value_text(a, ta), value_text(b, tb));
  } else {
    ok = select_views(d, span, &c, &x, &y, out);
  }
  view_drop(&c);
  view_drop(&x);
  view_drop(&y);
  return ok;
}
