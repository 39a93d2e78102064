// SPDX-License-Identifier: MIT
// Analysis of spikes and recordings (docs: section 8 of the language). What has no spikes gives 0, 0 Hz, an empty array
// or nan.
//
// Bins begin at `from` (or where recording began); what is left of the window after the last whole bin is not counted.
// Spike times are multiples of dt and so are most bins, so a quotient that misses a whole number by rounding is put
// right (bin_number).
#include "base/arena.h"
#include "base/scale.h"
#include "vm/builtin_args.h"
#include "vm/builtin_stats.h"
#include "vm/kernels.h"
#include "vm/spectrum.h"
#include "vm/spikes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- spikes as values ----

typedef struct SpikeWindow {
  Recording r; // kind VAL_SPIKES, impl NULL
  double from, to;
} SpikeWindow;

static void window_free(Object *o) {
  SpikeWindow *w = (SpikeWindow *)o;
  if (w->r.sel) value_drop(value_obj(w->r.sel));
  mem_free(w);
}

Value spikes_value(Vm *vm, Sel *s, double from, double to) {
  SpikeWindow *w = object_new(VAL_SPIKES, sizeof *w, window_free);
  w->r.vm = vm;
  w->r.sel = (Sel *)value_keep(value_obj(s)).obj;
  w->from = from;
  w->to = to;
  return value_obj(w);
}

// Narrows from..to to the window of the value.
static void narrow(const Recording *r, double *from, double *to) {
  if (r->head.free != window_free) return;
  const SpikeWindow *w = (const SpikeWindow *)r;
  *from = fmax(*from, w->from);
  *to = fmin(*to, w->to);
  if (*to < *from) *to = *from;
}

static bool source_of(Vm *vm, Diags *d, Value v, double *from, double *to, Vm **of, const Sel **s, Span span) {
  char text[160];
  if (v.kind == VAL_SPIKES) {
    const Recording *r = (const Recording *)v.obj;
    narrow(r, from, to);
    *of = r->vm;
    *s = r->sel;
    return true;
  }
  *of = vm;
  *s = (const Sel *)v.obj;
  if (v.kind == VAL_SEL && vm) return true;
  diag(d, E_OPERAND, span, "a population or its spikes are needed here, found %s", value_text(v, text));
  return false;
}

bool spikes_of(Vm *vm, Diags *d, Value v, double from, double to, SpikeView *out, Span span) {
  const Sel *s;
  return source_of(vm, d, v, &from, &to, &vm, &s, span) && spikes_view(vm, s, from, to, out, span);
}

// How many there are, over how many neurons and how long; no times and indices.
static bool number_of(Vm *vm, Diags *d, Value v, double from, double to, SpikeView *out, Span span) {
  const Sel *s;
  return source_of(vm, d, v, &from, &to, &vm, &s, span) && spikes_number(vm, s, from, to, out, span);
}

int64_t spikes_len(Value v) {
  Recording *r = (Recording *)v.obj;
  SpikeView view;
  if (!r->sel || !spikes_recorded(r->sel)) return 0;
  return number_of(r->vm, r->vm->diags, v, -INFINITY, INFINITY, &view, (Span){0}) ? view.n : 0;
}

static Array *view_column(Diags *d, const SpikeView *s, bool times, Span span) {
  Array *a = array_make(d, span, times ? VAL_NUM : VAL_INT, 1, &s->n);
  for (int64_t k = 0; a && k < s->n; k++) a->data[k] = times ? s->t[k] : (double)s->i[k];
  return a;
}

bool spikes_member(Diags *d, Value v, const char *name, Value *out, Span span) {
  double from = -INFINITY, to = INFINITY;
  Vm *vm;
  const Sel *s;
  if (!source_of(NULL, d, v, &from, &to, &vm, &s, span)) return false;
  Array *a;
  if (strcmp(name, "t") == 0 || strcmp(name, "i") == 0) {
    SpikeView view;
    if (!spikes_view(vm, s, from, to, &view, span)) return false;
    a = view_column(d, &view, name[0] == 't', span);
    spikes_view_free(&view);
  } else {
    a = spikes_with(vm, s, name, from, to, span);
  }
  if (!a) return false;
  *out = value_obj(a);
  return true;
}

bool builtin_spikes(BuiltinCall *c) {
  double from, to;
  Vm *vm;
  const Sel *s;
  SpikeView view;
  if (!arg_window(c, 1, &from, &to)) return false;
  if (!source_of(c->vm, c->diags, c->args[0], &from, &to, &vm, &s, arg_span(c, 0))) return false;
  if (!spikes_view(vm, s, from, to, &view, arg_span(c, 0))) return false; // reports where nothing was recorded
  spikes_view_free(&view);
  return give(c, spikes_value(vm, (Sel *)s, from, to));
}

// ---- counts and rates ----

// The spikes of argument 0 between the times in arguments k and k + 1.
static bool arg_spikes(BuiltinCall *c, int k, SpikeView *out) {
  double from, to;
  return arg_window(c, k, &from, &to) && spikes_of(c->vm, c->diags, c->args[0], from, to, out, arg_span(c, 0));
}

static double duration(const SpikeView *s) { return s->end > s->begin ? s->end - s->begin : 0; }

static bool arg_number(BuiltinCall *c, int k, SpikeView *out) {
  double from, to;
  return arg_window(c, k, &from, &to) && number_of(c->vm, c->diags, c->args[0], from, to, out, arg_span(c, 0));
}

bool builtin_count(BuiltinCall *c) {
  SpikeView s;
  return arg_number(c, 1, &s) && give(c, value_int(s.n));
}

static Array *count_each(BuiltinCall *c, const SpikeView *s, ValueKind elem) {
  Array *r = arg_make(c, elem, 1, &s->neurons);
  for (int64_t k = 0; r && k < s->n; k++) r->data[s->i[k]]++;
  return r;
}

bool builtin_counts(BuiltinCall *c) {
  SpikeView s;
  if (!arg_spikes(c, 1, &s)) return false;
  Array *r = count_each(c, &s, VAL_INT);
  spikes_view_free(&s);
  return r && give(c, value_obj(r));
}

bool builtin_rate(BuiltinCall *c) {
  SpikeView s;
  if (!arg_number(c, 1, &s)) return false;
  double time = duration(&s) * (double)s.neurons, rate = s.n && time > 0 ? (double)s.n / time : 0;
  return give(c, value_num(rate));
}

bool builtin_rates(BuiltinCall *c) {
  SpikeView s;
  if (!arg_spikes(c, 1, &s)) return false;
  Array *r = count_each(c, &s, VAL_NUM);
  double time = duration(&s);
  for (int64_t k = 0; r && k < r->n; k++) r->data[k] = time > 0 ? r->data[k] / time : 0;
  spikes_view_free(&s);
  return r && give(c, value_obj(r));
}

// ---- intervals ----

// Times neuron by neuron: those of neuron j are t[begin[j]] to t[begin[j + 1] - 1].
typedef struct Trains {
  double *t;
  int64_t *begin, n;
} Trains;

static bool trains_make(BuiltinCall *c, const SpikeView *s, Trains *out) {
  out->n = s->neurons;
  out->begin = mem_try_alloc((size_t)(s->neurons + 2) * sizeof *out->begin);
  out->t = mem_try_alloc((size_t)(s->n + 1) * sizeof *out->t);
  if (!out->begin || !out->t) {
    mem_free(out->begin);
    mem_free(out->t);
    return arg_error(c, -1, E_MEMORY, "there is not enough memory to sort %lld spikes by neuron", (long long)s->n);
  }
  int64_t *at = out->begin + 1; // counts, then beginnings: shifted by one while filling
  for (int64_t k = 0; k < s->n; k++) at[s->i[k] + 1]++;
  for (int64_t j = 1; j <= s->neurons; j++) at[j] += at[j - 1];
  for (int64_t k = 0; k < s->n; k++) out->t[at[s->i[k]]++] = s->t[k];
  return true;
}

static void trains_free(Trains *x) {
  mem_free(x->t);
  mem_free(x->begin);
}

// Spikes lie on steps: an interval is a whole number of them, without the dust of a difference.
static double interval(double from, double to, double dt) {
  return dt > 0 ? scale_to_si(rint((to - from) / dt), dt) : to - from;
}

bool builtin_isi(BuiltinCall *c) {
  SpikeView s;
  Trains x;
  double dt = c->vm ? c->vm->dt : 0;
  if (!arg_spikes(c, 1, &s)) return false;
  bool ok = trains_make(c, &s, &x);
  spikes_view_free(&s);
  if (!ok) return false;
  int64_t n = 0;
  for (int64_t j = 0; j < x.n; j++) n += x.begin[j + 1] > x.begin[j] ? x.begin[j + 1] - x.begin[j] - 1 : 0;
  Array *r = arg_make(c, VAL_NUM, 1, &n);
  double *p = r ? r->data : NULL;
  for (int64_t j = 0; r && j < x.n; j++)
    for (int64_t k = x.begin[j] + 1; k < x.begin[j + 1]; k++) *p++ = interval(x.t[k - 1], x.t[k], dt);
  trains_free(&x);
  return r && give(c, value_obj(r));
}

// cv of the intervals of n ascending times; d takes the n - 1 intervals.
static double train_cv(const double *t, int64_t n, double dt, double *d) {
  for (int64_t k = 1; k < n; k++) d[k - 1] = interval(t[k - 1], t[k], dt);
  return stats_sd(d, n - 1, 1) / stats_mean(d, n - 1, 1);
}

bool builtin_cv(BuiltinCall *c) {
  SpikeView s;
  Trains x;
  int64_t min_spikes = 3;
  double dt = c->vm ? c->vm->dt : 0;
  if (arg_given(c, 1) && !arg_count(c, 1, 2, &min_spikes)) return false;
  if (!arg_spikes(c, 2, &s)) return false;
  bool ok = trains_make(c, &s, &x);
  double *d = mem_alloc((size_t)(s.n + 1) * sizeof *d), *cv = mem_alloc((size_t)(s.neurons + 1) * sizeof *cv);
  spikes_view_free(&s);
  int64_t n = 0;
  for (int64_t j = 0; ok && j < x.n; j++) {
    int64_t spikes = x.begin[j + 1] - x.begin[j];
    if (spikes < min_spikes) continue;
    double v = train_cv(x.t + x.begin[j], spikes, dt, d);
    if (!isnan(v)) cv[n++] = v; // several spikes in one step and no others have no mean interval
  }
  double mean = stats_mean(cv, n, 1);
  mem_free(d);
  mem_free(cv);
  if (!ok) return false;
  trains_free(&x);
  return give(c, value_num(mean));
}

// ---- bins ----

static int64_t bin_number(double t, double from, double bin) {
  double q = (t - from) / bin, near = nearbyint(q);
  return (int64_t)(fabs(q - near) < 1e-6 ? near : floor(q));
}

// Width and number of the whole bins of a view.
static bool arg_bins(BuiltinCall *c, int k, double otherwise, const SpikeView *s, double *bin, int64_t *n) {
  if (!arg_num_or(c, k, otherwise, bin)) return false;
  if (!(*bin > 0) || isinf(*bin))
    return arg_error(c, k, E_ARG_VALUE, "a bin must be longer than 0, found %.15g s", *bin);
  double count = duration(s) / *bin;
  if (count > 0x1p40) return arg_error(c, k, E_ARG_VALUE, "%.3g bins are too many", count);
  *n = bin_number(duration(s), 0, *bin);
  return true;
}

// Spikes of all neurons in each bin.
static Array *binned(BuiltinCall *c, const SpikeView *s, double bin, int64_t n) {
  Array *r = arg_make(c, VAL_NUM, 1, &n);
  for (int64_t k = 0; r && k < s->n; k++) {
    int64_t b = bin_number(s->t[k], s->begin, bin);
    if (b >= 0 && b < n) r->data[b]++;
  }
  return r;
}

bool builtin_fano(BuiltinCall *c) {
  SpikeView s;
  double bin;
  int64_t n;
  if (!arg_spikes(c, 2, &s)) return false;
  Array *r = arg_bins(c, 1, NAN, &s, &bin, &n) ? binned(c, &s, bin, n) : NULL;
  spikes_view_free(&s);
  if (!r) return false;
  double mean = stats_mean(r->data, n, 1), fano = mean > 0 ? stats_var(r->data, n, 1) / mean : NAN;
  value_drop(value_obj(r));
  return give(c, value_num(fano));
}

bool builtin_psth(BuiltinCall *c) {
  SpikeView s;
  double bin;
  int64_t n;
  if (!arg_spikes(c, 2, &s)) return false;
  Array *r = arg_bins(c, 1, NAN, &s, &bin, &n) ? binned(c, &s, bin, n) : NULL;
  double per = bin * (double)(s.neurons ? s.neurons : 1);
  for (int64_t k = 0; r && k < n; k++) r->data[k] /= per;
  spikes_view_free(&s);
  return r && give(c, value_obj(r));
}

// Golomb and Rinzel: chi^2 = Var_t(mean_i x_i) / mean_i Var_t(x_i). Of x_i only the sum over bins and of squares are
// kept, so that no matrix of neurons and bins is needed: within a bin a neuron's count goes from m to m + 1, its square
// grows by 2m + 1.
static double chi(const SpikeView *s, double bin, int64_t bins, double *total) {
  double *now = mem_alloc((size_t)s->neurons * sizeof *now), *sum = mem_alloc((size_t)s->neurons * sizeof *sum);
  double squares = 0, of_sums = 0, n = (double)bins, cells = (double)s->neurons;
  int64_t first = 0;
  for (int64_t k = 0; k < s->n; k++) {
    int64_t b = bin_number(s->t[k], s->begin, bin);
    if (b < 0 || b >= bins) continue;
    if (k > first && bin_number(s->t[k - 1], s->begin, bin) != b) {
      for (int64_t j = first; j < k; j++) now[s->i[j]] = 0;
      first = k;
    }
    squares += 2 * now[s->i[k]] + 1;
    now[s->i[k]]++;
    sum[s->i[k]]++;
    total[b]++;
  }
  for (int64_t j = 0; j < s->neurons; j++) of_sums += sum[j] * sum[j];
  mem_free(now);
  mem_free(sum);
  double single = (squares / n - of_sums / (n * n)) / cells;
  double mean = stats_var(total, bins, 1) / (cells * cells);
  return single > 0 ? sqrt(mean / single) : NAN;
}

bool builtin_synchrony(BuiltinCall *c) {
  SpikeView s;
  double bin;
  int64_t n;
  if (!arg_spikes(c, 2, &s)) return false;
  Array *total = arg_bins(c, 1, 0.001, &s, &bin, &n) ? arg_make(c, VAL_NUM, 1, &n) : NULL;
  double x = total && s.n && n ? chi(&s, bin, n, total->data) : NAN;
  spikes_view_free(&s);
  if (!total) return false;
  value_drop(value_obj(total));
  return give(c, value_num(x));
}

// ---- spectra ----

// Time of the first sample and the step of the samples in argument 0.
static bool sampling(BuiltinCall *c, double *begin, double *dt) {
  *begin = 0;
  if (arg_given(c, 1)) {
    if (!arg_num(c, 1, dt)) return false;
    return (*dt > 0 && isfinite(*dt)) ||
           arg_error(c, 1, E_ARG_VALUE, "the sampling step must be above 0, found %.15g s", *dt);
  }
  if (c->args[0].kind != VAL_REC)
    return arg_error(c, 0, E_ARG_VALUE, "the sampling step of this array is not known: spectrum(v, dt = 1 ms)");
  Array *t = recording_t((const Recording *)c->args[0].obj);
  bool ok = t && t->n >= 2;
  if (ok) {
    *begin = t->data[0];
    *dt = (t->data[t->n - 1] - t->data[0]) / (double)(t->n - 1);
  }
  if (t) value_drop(value_obj(t));
  return ok || arg_error(c, 0, E_EMPTY, "a spectrum needs at least two samples");
}

// Samples lo..hi-1 lie in from..to.
static void sample_window(double begin, double dt, double from, double to, int64_t n, int64_t *lo, int64_t *hi) {
  double a = (from - begin) / dt, b = (to - begin) / dt, end = (double)n;
  a = fmin(fmax(ceil(a - 1e-6), 0), end);
  b = fmin(fmax(ceil(b - 1e-6), a), end);
  *lo = (int64_t)a;
  *hi = (int64_t)b;
}

// Segments of this length and more are transformed by KissFFT, where it is there; shorter ones are the same on every machine.
enum { LONG_SEGMENT = 1024 };

static bool power_by_kernel(void *ctx, const double *x, int64_t n, double *power) {
  BuiltinCall *c = ctx;
  const NativeFn *f = n >= LONG_SEGMENT ? kernels_find(c->vm, KERNEL_hebb_power) : NULL;
  NativeCell args[] = {{.i = n}, {.i = n / 2 + 1}, {.p = x}, {.p = power}}, result;
  char text[600];
  if (!f) return false;
  native_call(f, args, &result);
  return !native_failed(f, &result, text);
}

static bool spectrum_view(BuiltinCall *c, const ArrayView *v, double begin, double dt) {
  double from, to;
  if (!arg_window(c, 2, &from, &to)) return false;
  if (v->ndim < 1 || v->ndim > 2)
    return arg_error(c, 0, E_OPERAND, "a spectrum is taken of samples, or of samples and elements");
  int64_t lo, hi, columns = v->ndim == 2 ? v->shape[1] : 1;
  sample_window(begin, dt, from, to, v->shape[0], &lo, &hi);
  if (hi - lo < 2)
    return arg_error(c, 0, E_EMPTY, "a spectrum needs at least two samples, found %lld", (long long)(hi - lo));
  int64_t segment = spectrum_segment(hi - lo), shape[2] = {segment / 2 + 1, columns};
  Array *r = arg_make(c, VAL_NUM, v->ndim, shape);
  if (!r) return false;
  r->axis = arg_make(c, VAL_NUM, 1, shape);
  if (!r->axis) {
    value_drop(value_obj(r));
    return false;
  }
  for (int64_t k = 0; k < shape[0]; k++) r->axis->data[k] = (double)k / ((double)segment * dt);
  for (int64_t j = 0; j < columns; j++)
    spectrum_welch(v->data + lo * columns + j, hi - lo, columns, dt, segment, r->data + j, columns, power_by_kernel, c);
  return give(c, value_obj(r));
}

bool builtin_spectrum(BuiltinCall *c) {
  double begin, dt;
  ArrayView v;
  if (!sampling(c, &begin, &dt) || !arg_view(c, 0, &v)) return false;
  bool ok = spectrum_view(c, &v, begin, dt);
  view_drop(&v);
  return ok;
}
