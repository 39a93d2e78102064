// SPDX-License-Identifier: MIT
// Operations of scripts that say something: print, save, plot, expect.
#include "vm/format.h"
#include "vm/io.h"
#include "vm/plot.h"
#include "vm/script_file.h"
#include "vm/script_machine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- text ----

bool script_op_TEXT(Frame *f, ScriptIns in) {
  const ScriptFormat *u = &f->p->format.data[in.a];
  Str s = {0};
  str_addn(&s, "", 0);
  if (!format_value(&s, f->sp[-1], u->unit, u->scale, u->spec)) {
    const char *problem = u->spec ? format_problem(u->spec) : NULL;
    char buf[160];
    if (problem) diag(f->m->diags, E_FORMAT, frame_span(f), "the format :%s cannot be read: %s", u->spec, problem);
    else diag(f->m->diags, E_FORMAT, frame_span(f), "the format :%s does not fit %s", u->spec ? u->spec : "", value_text(f->sp[-1], buf));
    str_free(&s);
    return false;
  }
  Value out = str_value(s.data, (int64_t)s.n);
  str_free(&s);
  return give(f, 1, out);
}

static void join(Frame *f, int n, const char *between, Str *s) {
  str_addn(s, "", 0);
  for (int k = 0; k < n; k++) {
    Value v = f->sp[k - n];
    if (k) str_add(s, between);
    if (v.kind == VAL_STR) str_addn(s, ((const StrObj *)v.obj)->text, (size_t)((const StrObj *)v.obj)->n);
  }
}

bool script_op_JOIN(Frame *f, ScriptIns in) {
  Str s = {0};
  join(f, in.a, "", &s);
  Value out = str_value(s.data, (int64_t)s.n);
  str_free(&s);
  return give(f, in.a, out);
}

bool script_op_PRINT(Frame *f, ScriptIns in) {
  Script *m = f->m;
  Str s = {0};
  join(f, in.a, " ", &s);
  str_addc(&s, '\n');
  if (m->host.print) m->host.print(m->host.ctx, s.data, s.n, frame_span(f));
  else fwrite(s.data, 1, s.n, stdout);
  str_free(&s);
  drop(f, in.a);
  return true;
}

bool script_op_RESULT(Frame *f, ScriptIns in) {
  Value v = pop(f);
  if (f->m->host.result) f->m->host.result(f->m->host.ctx, v, &f->p->format.data[in.a]);
  value_drop(v);
  return true;
}

// ---- files and figures ----

bool script_op_SAVE(Frame *f, ScriptIns in) {
  const ScriptFormat *u = &f->p->format.data[in.a];
  Str made = {0};
  const char *file = peek_text(f, 0);
  if (strstr(file, ".npz") || strstr(file, ".h5") || strstr(file, ".hdf5")) provenance_text(f->m->vm, &made);
  bool ok = io_save_from(f->m->diags, frame_span(f), f->sp[-2], f->p->name.data[in.b], u->unit, u->scale, peek_text(f, 0),
                         f->m->save_dir, made.data);
  str_free(&made);
  if (!ok) return false;
  drop(f, 2);
  return true;
}

bool script_op_PLOT(Frame *f, ScriptIns in) {
  const ScriptPlot *s = &f->p->plot.data[in.a];
  PlotItem items[s->nitems + 1];
  Value *v = f->sp - s->npops;
  for (int k = 0; k < s->nitems; k++) {
    const ScriptPlotItem *it = &s->items[k];
    items[k] = (PlotItem){.kind = (PlotKind)it->kind, .y = *v++, .y_label = it->y_label, .y_unit = it->y.unit,
                          .y_scale = it->y.scale, .x = value_none(), .x_scale = 1, .x_unit = "", .span = it->span};
    if (!it->has_x) continue;
    items[k].x = *v++;
    items[k].x_label = it->x_label;
    items[k].x_unit = it->x.unit;
    items[k].x_scale = it->x.scale;
  }
  Plot p = {.items = items, .nitems = s->nitems, .dir = f->m->save_dir, .span = frame_span(f)};
  if (s->has_title) p.title = v->kind == VAL_STR ? ((const StrObj *)v->obj)->text : "", v++;
  if (s->has_file) p.file = v->kind == VAL_STR ? ((const StrObj *)v->obj)->text : "";
  const ScriptHost *host = &f->m->host;
  if (!(p.file || !host->plot ? plot_draw(f->m->vm, f->m->diags, &p) : host->plot(host->ctx, &p))) return false;
  drop(f, s->npops);
  return true;
}

// ---- expectations ----

// A value for a message: long ones are cut in the middle of nowhere, with dots.
static void show(Str *s, Value v, const ScriptFormat *u) {
  enum { LONGEST = 240 };
  size_t from = s->n;
  if (!format_value(s, v, u->unit, u->scale, NULL)) str_add(s, "?");
  if (s->n - from <= LONGEST) return;
  s->n = from + LONGEST;
  while (s->n > from && (s->data[s->n] & 0xC0) == 0x80) s->n--;
  s->data[s->n] = 0;
  str_add(s, " ...");
}

static bool expect_failed(Frame *f) {
  f->m->failed++;
  if (f->m->host.notice) f->m->host.notice(f->m->host.ctx);
  return true;
}

static bool truth(Value v, bool *out) {
  ArrayView x;
  if (!array_view(v, &x)) return false;
  *out = true;
  for (int64_t k = 0; k < x.n; k++)
    if (!(x.data[k] != 0)) *out = false;
  view_drop(&x);
  return true;
}

static bool no_truth(Frame *f, Value v) {
  char buf[160];
  diag(f->m->diags, E_OPERAND, frame_span(f), "`expect` wants true or false, but this is %s", value_text(v, buf));
  return false;
}

bool script_op_EXPECT(Frame *f, ScriptIns in) {
  (void)in;
  bool holds;
  if (!truth(f->sp[-1], &holds)) return no_truth(f, f->sp[-1]);
  drop(f, 1);
  if (f->m->interrupted) return true;
  f->m->expects++;
  if (holds) return true;
  diag(f->m->diags, E_EXPECT, frame_span(f), "this does not hold");
  return expect_failed(f);
}

bool script_op_EXPECTCMP(Frame *f, ScriptIns in) {
  const ScriptExpect *s = &f->p->expect.data[in.a];
  Value out = value_none();
  bool holds;
  if (!array_binary(f->m->diags, frame_span(f), (ArrayOp)s->op, f->sp[-2], f->sp[-1], &out)) return false;
  bool known = truth(out, &holds);
  value_drop(out);
  if (!known) return no_truth(f, f->sp[-2]);
  if (f->m->interrupted) holds = true;
  else f->m->expects++;
  if (holds) {
    drop(f, 2);
    return true;
  }
  Str t = {0};
  show(&t, f->sp[-2], &s->format);
  str_addf(&t, " %s ", s->sign);
  show(&t, f->sp[-1], &s->format);
  drop(f, 2);
  diag(f->m->diags, E_EXPECT, frame_span(f), "this does not hold: %s", t.data);
  str_free(&t);
  return expect_failed(f);
}

// The greatest distance of a from b in units of what is allowed (at most 1 holds); false if the shapes do not agree.
static bool near_worst(const ArrayView *a, const ArrayView *b, double tolerance, bool relative, double *worst, int64_t *at) {
  int n;
  int64_t shape[ARRAY_DIMS], count = 1;
  if (!array_broadcast(a->ndim, a->shape, b->ndim, b->shape, &n, shape)) return false;
  for (int k = 0; k < n; k++) count *= shape[k];
  if (a->n != count && a->n != 1) return false;
  if (b->n != count && b->n != 1) return false;
  *worst = 0;
  *at = 0;
  for (int64_t k = 0; k < count; k++) {
    double x = a->data[a->n == 1 ? 0 : k], y = b->data[b->n == 1 ? 0 : k];
    double allowed = relative ? tolerance * fabs(y) : tolerance;
    double off = x == y ? 0 : allowed > 0 ? fabs(x - y) / allowed : INFINITY;
    if (isnan(off)) off = INFINITY;
    if (off > *worst) {
      *worst = off;
      *at = k;
    }
  }
  return true;
}

static void near_message(Frame *f, const ScriptExpect *s, Value a, Value b, double tolerance, double worst, int64_t at) {
  Str t = {0};
  show(&t, a, &s->format);
  str_addf(&t, " is not within ");
  if (s->relative) {
    str_addnum(&t, 100 * tolerance);
    str_addc(&t, '%');
  } else {
    show(&t, value_num(tolerance), &s->tolerance);
  }
  str_add(&t, " of ");
  show(&t, b, &s->format);
  Diag *e = diag(f->m->diags, E_EXPECT, frame_span(f), "%s", t.data);
  str_free(&t);
  bool arrays = a.kind >= VAL_STR || b.kind >= VAL_STR;
  if (arrays) diag_note(e, "the element that is farthest off is number %lld", (long long)at);
  if (isfinite(worst)) diag_note(e, "it is off by %.3g times what is allowed", worst);
}

bool script_op_EXPECTNEAR(Frame *f, ScriptIns in) {
  const ScriptExpect *s = &f->p->expect.data[in.a];
  double tolerance = 1e-6, worst = 0;
  int64_t at = 0;
  if (s->has_tolerance && !pop_num(f, &tolerance)) return false;
  Value va = f->sp[-2], vb = f->sp[-1];
  ArrayView a, b;
  if (!array_view(va, &a)) return no_truth(f, va);
  if (!array_view(vb, &b)) {
    view_drop(&a);
    return no_truth(f, vb);
  }
  bool fits = near_worst(&a, &b, tolerance, s->relative, &worst, &at);
  if (!fits) {
    char x[128], y[128];
    diag(f->m->diags, E_SHAPE, frame_span(f), "arrays %s and %s cannot be compared element by element",
         shape_text(a.ndim, a.shape, x), shape_text(b.ndim, b.shape, y));
  }
  view_drop(&a);
  view_drop(&b);
  if (!fits) return false;
  bool failed = worst > 1 && !f->m->interrupted;
  f->m->expects += !f->m->interrupted;
  if (failed) near_message(f, s, va, vb, tolerance, worst, at);
  drop(f, 2);
  return failed ? expect_failed(f) : true;
}
