// SPDX-License-Identifier: MIT
// Values for the eye. See repl_show.h.
#include "cli/repl_show.h"

#include "base/scale.h"
#include "vm/array.h"
#include "vm/builtin_stats.h"
#include "vm/format.h"
#include "vm/spikes.h"

#include <math.h>
#include <string.h>

enum { ALL_MOST = 8, ENDS = 3, ROWS = 20 };
static const ScriptFormat PLAIN = {.unit = "", .scale = 1};

static void add_num(Str *s, double x, double scale) {
  if (!isfinite(x)) str_add(s, isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
  else {
    double shown = scale > 0 && scale != 1 ? scale_from_si(x, scale) : x;
    bool whole = fabs(shown) < 1e15 && shown == floor(shown);
    str_addf(s, whole ? "%.15g" : "%.6g", shown);
  }
}

static void add_unit(Str *s, const char *unit) {
  if (unit && *unit) str_addf(s, " %s", unit);
}

void show_time(Str *out, double t) {
  bool in_ms = fabs(t) < 1;
  str_addf(out, "%.6g %s", in_ms ? scale_from_si(t, 1e-3) : t, in_ms ? "ms" : "s");
}

static double scale_of(int prefix) {
  static const double scales[] = {1e-3, 1e-6, 1e-9, 1e-12};
  return scales[prefix];
}

// What nobody gave a unit is shown in its dimension's own; volts of 0.003 are read better as 3 mV.
static ScriptFormat readable(const ScriptFormat *f, double magnitude) {
  static const struct {
    const char *unit, *scaled[4]; // m, u, n, p
  } small[] = {{"s", {"ms", "us", "ns", "ps"}}, {"V", {"mV", "uV", "nV", "pV"}}, {"A", {"mA", "uA", "nA", "pA"}},
               {"S", {"mS", "uS", "nS", "pS"}}, {"F", {"mF", "uF", "nF", "pF"}}, {"m", {"mm", "um", "nm", "pm"}}};
  ScriptFormat out = *f;
  if (f->scale != 1 || !f->unit || !(magnitude > 0) || magnitude >= 1) return out;
  for (size_t k = 0; k < sizeof small / sizeof *small; k++) {
    if (strcmp(f->unit, small[k].unit) != 0) continue;
    for (int p = 0; p < 4; p++) {
      out = (ScriptFormat){.unit = small[k].scaled[p], .scale = scale_of(p)};
      if (magnitude >= scale_of(p)) break;
    }
  }
  return out;
}

static double magnitude_of(const double *x, int64_t n) {
  double most = 0;
  for (int64_t k = 0; k < n; k++)
    if (isfinite(x[k]) && fabs(x[k]) > most) most = fabs(x[k]);
  return most;
}

static void add_count(Str *s, int64_t n, const char *what) { str_addf(s, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s"); }

// ---- ranges ----

typedef struct Range {
  double lo, hi, mean;
  int64_t bad; // nan or infinite
} Range;

static Range range_of(const double *x, int64_t n) {
  Range r = {.lo = INFINITY, .hi = -INFINITY};
  int64_t good = 0;
  for (int64_t k = 0; k < n; k++) {
    if (!isfinite(x[k])) {
      r.bad++;
      continue;
    }
    good++;
    if (x[k] < r.lo) r.lo = x[k];
    if (x[k] > r.hi) r.hi = x[k];
    r.mean += (x[k] - r.mean) / (double)good;
  }
  return r;
}

// "-60 to -50 mV, mean -55.1 mV"; one number where all are equal.
static void add_range(Str *s, const double *x, int64_t n, const ScriptFormat *f) {
  Range r = range_of(x, n);
  if (r.bad == n) {
    add_num(s, n ? x[0] : NAN, f->scale);
    return;
  }
  add_num(s, r.lo, f->scale);
  if (r.hi != r.lo) {
    str_add(s, " to ");
    add_num(s, r.hi, f->scale);
  }
  add_unit(s, f->unit);
  if (r.hi != r.lo) {
    str_add(s, ", mean ");
    add_num(s, r.mean, f->scale);
  }
  if (r.bad) str_addf(s, ", %lld not finite", (long long)r.bad);
}

// ---- arrays ----

static void add_cell(Str *s, const Array *a, int64_t k, double scale) {
  if (a->strs) str_addf(s, "\"%s\"", a->strs[k]->text);
  else if (a->elem == VAL_BOOL) str_add(s, a->data[k] != 0 ? "true" : "false");
  else add_num(s, a->data[k], scale);
}

static void add_row(Str *s, const Array *a, int64_t from, int64_t n, double scale) {
  str_addc(s, '[');
  for (int64_t k = 0; k < n; k++) {
    if (n > ALL_MOST && k == ENDS) {
      str_add(s, ", ...");
      k = n - ENDS;
    }
    if (k) str_add(s, ", ");
    add_cell(s, a, from + k, scale);
  }
  str_addc(s, ']');
}

static void add_shape(Str *s, const Array *a) {
  for (int k = 0; k < a->ndim; k++) str_addf(s, "%s%lld", k ? " x " : "", (long long)a->shape[k]);
}

static void add_size(Str *s, const Array *a) {
  add_shape(s, a);
  if (a->ndim == 1) str_add(s, a->n == 1 ? " value" : " values");
}

static void add_summary(Str *s, const Array *a, const ScriptFormat *f) {
  int64_t yes = 0;
  str_add(s, "  (");
  add_size(s, a);
  if (a->elem == VAL_BOOL) {
    for (int64_t k = 0; k < a->n; k++) yes += a->data[k] != 0;
    str_addf(s, ", %lld true", (long long)yes);
  } else if (!a->strs && a->n) {
    str_add(s, ": ");
    add_range(s, a->data, a->n, f);
  }
  str_addc(s, ')');
}

static void array_line(Str *s, const Array *a, const ScriptFormat *f) {
  bool numbers = !a->strs && a->elem != VAL_BOOL;
  add_row(s, a, 0, a->n, f->scale);
  if (numbers) add_unit(s, f->unit);
  if (a->n > ALL_MOST) add_summary(s, a, f);
}

static void matrix_lines(Str *s, const Array *a, const ScriptFormat *f) {
  int64_t rows = a->shape[0], width = rows ? a->n / rows : 0;
  str_addc(s, '[');
  for (int64_t r = 0; r < rows; r++) {
    if (rows > ALL_MOST && r == ENDS) {
      str_add(s, ",\n ...");
      r = rows - ENDS;
    }
    if (r) str_add(s, ",\n ");
    add_row(s, a, r * width, width, f->scale);
  }
  str_addc(s, ']');
  if (!a->strs && a->elem != VAL_BOOL) add_unit(s, f->unit);
  if (rows > ALL_MOST || width > ALL_MOST) add_summary(s, a, f);
}

static void show_array(Str *s, const Array *a, const ScriptFormat *format, bool line) {
  ScriptFormat own = a->strs || !a->data ? *format : readable(format, magnitude_of(a->data, a->n)), *f = &own;
  if (a->ndim <= 1) {
    array_line(s, a, f);
  } else if (line) {
    str_add(s, "an array of ");
    add_shape(s, a);
    if (!a->strs && a->n && a->elem != VAL_BOOL) {
      str_add(s, ": ");
      add_range(s, a->data, a->n, f);
    }
  } else {
    matrix_lines(s, a, f);
  }
}

// ---- populations and projections ----

static const char *const KINDS[] = {"param", "state", "input", "let", "weight", "signal", ""};

static int name_width(const ModelDesc *m) {
  int width = 0;
  for (int v = 0; v < m->nvars; v++)
    if (m->vars[v].kind != VAR_HIDDEN && (int)strlen(m->vars[v].name) > width) width = (int)strlen(m->vars[v].name);
  return width;
}

static void var_head(Str *s, const VarDesc *d, int width) { str_addf(s, "\n  %-6s %-*s  ", KINDS[d->kind], width, d->name); }

// Values of lets and inputs are computed by kernels, which wants a linked network: here only their units.
static void show_pop_var(Str *s, Vm *vm, const Sel *sel, const VarDesc *d, int width) {
  Span nowhere = {0};
  ScriptFormat f = {.unit = d->unit, .scale = d->scale};
  var_head(s, d, width);
  if (d->kind == VAR_LET || d->kind == VAR_INPUT || d->kind == VAR_SIGNAL) {
    str_add(s, d->unit && *d->unit ? d->unit : "1");
    return;
  }
  Array *a = sel_read(vm, sel, d->name, nowhere);
  if (!a) return;
  add_range(s, a->data, a->n, &f);
  value_drop(value_obj(a));
}

static void sel_title(Str *s, const Sel *sel) {
  const Pop *p = sel->nparts == 1 ? sel->part[0].pop : NULL;
  if (!p) {
    format_summary(s, value_obj((void *)sel));
    for (int k = 0; k < sel->nparts; k++) str_addf(s, "%s%s", k ? " + " : ": ", sel->part[k].pop->name);
    return;
  }
  str_addf(s, "%lld %s neuron%s", (long long)sel->n, p->model->name, sel->n == 1 ? "" : "s");
  if (sel->n != p->n) str_addf(s, " of the %lld of %s", (long long)p->n, p->name);
  else if (p->ndim > 1) {
    str_add(s, ", a sheet of ");
    for (int k = 0; k < p->ndim; k++) str_addf(s, "%s%lld", k ? " x " : "", (long long)p->shape[k]);
  }
}

static void show_sel(Str *s, Vm *vm, const Sel *sel, bool line) {
  sel_title(s, sel);
  if (line || sel->nparts != 1) return;
  const ModelDesc *m = sel->part[0].pop->model;
  int width = name_width(m);
  for (int v = 0; v < m->nvars; v++)
    if (m->vars[v].kind != VAR_HIDDEN) show_pop_var(s, vm, sel, &m->vars[v], width);
}

static void show_proj_var(Str *s, Vm *vm, const ProjGroup *g, const char *name, const VarDesc *d, int width) {
  Span nowhere = {0};
  Value v = value_none();
  ScriptFormat f = {.unit = d->unit, .scale = d->scale};
  ArrayView a;
  if (!proj_read(vm, g, name, &v, nowhere)) return;
  if (array_view(v, &a)) {
    str_addf(s, "\n  %-6s %-*s  ", KINDS[d->kind], width, name);
    add_range(s, a.data, a.n, &f);
    if (d->kind == VAR_STATE) str_add(s, d->flags & VARF_PRE ? "  (one per source)" : d->flags & VARF_POST ? "  (one per target)" : "");
    view_drop(&a);
  }
  value_drop(v);
}

static void proj_title(Str *s, const ProjGroup *g) {
  add_count(s, proj_count(g), "synapse");
  if (!g->nproj) return;
  str_add(s, " from ");
  for (int k = 0; k < g->nsrc; k++) str_addf(s, "%s%s", k ? " + " : "", g->proj[k * g->ndst]->pre->name);
  str_add(s, " to ");
  for (int k = 0; k < g->ndst; k++) str_addf(s, "%s%s", k ? " + " : "", g->proj[k]->post->name);
  str_addf(s, " via %s", g->desc->syn->model.name);
}

static void show_proj(Str *s, Vm *vm, const ProjGroup *g, bool line) {
  proj_title(s, g);
  if (line) return;
  const ModelDesc *m = &g->desc->syn->model;
  int width = name_width(m) > 5 ? name_width(m) : 5;
  for (int v = 0; v < m->nvars; v++) {
    const VarDesc *d = &m->vars[v];
    bool shown = d->kind == VAR_PARAM || d->kind == VAR_STATE || d->kind == VAR_WEIGHT;
    if (shown) show_proj_var(s, vm, g, d->name, d, width);
  }
  VarDesc delay = {.name = "delay", .kind = VAR_PARAM, .unit = "ms", .scale = 1e-3};
  show_proj_var(s, vm, g, "delay", &delay, width);
}

// ---- recordings, tables, lists ----

static void show_recording(Str *s, const Recording *r, const ScriptFormat *f) {
  add_count(s, recording_samples(r), "sample");
  Array *t = recording_t(r), *a = recording_values(r);
  if (a && a->ndim > 1) str_addf(s, " of %lld elements", (long long)a->shape[1]);
  if (t && t->n) {
    str_add(s, ", ");
    show_time(s, t->data[0]);
    str_add(s, " to ");
    show_time(s, t->data[t->n - 1]);
  }
  if (a && a->n) {
    str_add(s, ": ");
    add_range(s, a->data, a->n, f);
  }
  if (t) value_drop(value_obj(t));
  if (a) value_drop(value_obj(a));
}

static void show_spikes(Str *s, Vm *vm, Value v) {
  SpikeView sv;
  Span nowhere = {0};
  if (!spikes_of(vm, vm->diags, v, -INFINITY, INFINITY, &sv, nowhere)) return;
  add_count(s, sv.n, "spike");
  str_add(s, " of ");
  add_count(s, sv.neurons, "neuron");
  if (sv.n) {
    str_add(s, ", ");
    show_time(s, sv.t[0]);
    str_add(s, " to ");
    show_time(s, sv.t[sv.n - 1]);
  }
  spikes_view_free(&sv);
}

// The first lines of a table.
static void show_table(Str *s, Value v) {
  Str all = {0};
  const char *p;
  int rows = 0;
  format_value(&all, v, "", 1, "g");
  for (p = all.data ? all.data : ""; *p && rows <= ROWS; rows++) {
    size_t n = strcspn(p, "\n");
    if (rows) str_addc(s, '\n');
    str_addn(s, p, n);
    p += n + (p[n] == '\n');
  }
  if (*p) {
    str_add(s, "\n...  (");
    format_summary(s, v);
    str_addc(s, ')');
  }
  str_free(&all);
}

static void show_list(Str *s, Vm *vm, const List *l, bool line) {
  str_addf(s, "[%lld]", (long long)l->n);
  for (int64_t k = 0; !line && k < l->n && k < ROWS; k++) {
    str_addf(s, "\n  [%lld] ", (long long)k);
    show_line(s, vm, l->item[k], &PLAIN);
  }
  if (!line && l->n > ROWS) str_add(s, "\n  ...");
}

static void show(Str *out, Vm *vm, Value v, const ScriptFormat *f, bool line) {
  switch (v.kind) {
  case VAL_NUM: {
    ScriptFormat own = readable(f, fabs(v.num));
    add_num(out, v.num, own.scale);
    add_unit(out, own.unit);
    break;
  }
  case VAL_STR: str_addf(out, line ? "\"%.60s\"" : "\"%s\"", ((const StrObj *)v.obj)->text); break;
  case VAL_ARRAY: show_array(out, (const Array *)v.obj, f, line); break;
  case VAL_SEL: show_sel(out, vm, (const Sel *)v.obj, line); break;
  case VAL_PROJ: show_proj(out, vm, (const ProjGroup *)v.obj, line); break;
  case VAL_REC: show_recording(out, (const Recording *)v.obj, f); break;
  case VAL_SPIKES: show_spikes(out, vm, v); break;
  case VAL_TABLE:
    if (line) format_summary(out, v);
    else show_table(out, v);
    break;
  case VAL_LIST: show_list(out, vm, (const List *)v.obj, line); break;
  case VAL_SERIES: format_summary(out, v); break;
  case VAL_NONE: break;
  default: format_value(out, v, f->unit, f->scale, NULL);
  }
}

void show_value(Str *out, Vm *vm, Value v, const ScriptFormat *format) { show(out, vm, v, format ? format : &PLAIN, false); }

void show_line(Str *out, Vm *vm, Value v, const ScriptFormat *format) { show(out, vm, v, format ? format : &PLAIN, true); }
