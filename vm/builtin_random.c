// SPDX-License-Identifier: MIT
// Random numbers of scripts. A call takes one number of the running count of draws, and each of its elements a place
// of its own under that number: what a call gives depends on seed, trial and how many calls came before it, on nothing
// else.
#include "base/arena.h"
#include "vm/builtin_args.h"
#include "vm/rng.h"

#include <math.h>
#include <string.h>

// What is drawn: up to four parameters, min and max among them.
typedef struct Draw {
  double (*f)(Rng *r, const double *p);
  const char *wrong;                       // said where `fits` is false
  bool (*fits)(const double *p);
  int arg[4];                              // which argument each parameter is; -1: `otherwise`
  double otherwise[4];
  int nparams, n_arg;
} Draw;

typedef struct Drawing {
  BuiltinCall *c;
  const Draw *d;
  ArrayView p[4];
  int64_t step;
} Drawing;

// Shape of the result: [n], or that of the parameters together.
static bool draw_shape(Drawing *g, int *ndim, int64_t *shape) {
  BuiltinCall *c = g->c;
  int64_t joint[ARRAY_DIMS];
  *ndim = 0;
  for (int k = 0; k < g->d->nparams; k++) {
    if (!array_broadcast(*ndim, shape, g->p[k].ndim, g->p[k].shape, ndim, joint))
      return arg_error(c, g->d->arg[k], E_SHAPE, "the parameters are arrays of different shapes");
    memcpy(shape, joint, sizeof joint);
  }
  if (!arg_given(c, g->d->n_arg)) return true;
  int64_t n;
  if (!arg_count(c, g->d->n_arg, 0, &n)) return false;
  if (*ndim && (*ndim > 1 || (shape[0] != n && shape[0] != 1))) {
    char text[128];
    return arg_error(c, g->d->n_arg, E_SHAPE, "n = %lld does not fit parameters of shape %s", (long long)n,
                     shape_text(*ndim, shape, text));
  }
  *ndim = 1;
  shape[0] = n;
  return true;
}

// Element k of parameter j, where the result has that shape.
static double param_at(const ArrayView *p, int ndim, const int64_t *shape, int64_t k) {
  if (p->n == 1) return p->data[0];
  int64_t at = 0, step = 1;
  for (int a = ndim - 1, b = p->ndim - 1; b >= 0; a--, b--) {
    int64_t i = k % shape[a];
    k /= shape[a];
    if (p->shape[b] != 1) at += i * step;
    step *= p->shape[b];
  }
  return p->data[at];
}

static bool draw_all(Drawing *g) {
  BuiltinCall *c = g->c;
  int64_t shape[ARRAY_DIMS] = {0};
  int ndim;
  if (!draw_shape(g, &ndim, shape)) return false;
  Array *r = arg_make(c, VAL_NUM, ndim, shape);
  if (!r) return false;
  for (int64_t k = 0; k < r->n; k++) {
    double p[4] = {0};
    for (int j = 0; j < g->d->nparams; j++) p[j] = param_at(&g->p[j], ndim, shape, k);
    if (g->d->fits && !g->d->fits(p)) {
      value_drop(value_obj(r));
      return arg_error(c, -1, E_ARG_VALUE, "%s; found %.15g and %.15g", g->d->wrong, p[0], p[1]);
    }
    Rng rng = rng_at(c->key, 0, k, g->step);
    r->data[k] = g->d->f(&rng, p);
  }
  return give(c, array_value(r));
}

static int64_t next_step(BuiltinCall *c) { return c->draws ? (int64_t)((*c->draws)++ & 0xfffffffffff) : 0; }

static bool draw(BuiltinCall *c, const Draw *d) {
  Drawing g = {.c = c, .d = d, .step = next_step(c)};
  int made = 0;
  bool ok = true;
  for (int k = 0; ok && k < d->nparams; k++) {
    if (d->arg[k] >= 0 && arg_given(c, d->arg[k])) ok = arg_view(c, d->arg[k], &g.p[k]);
    else array_view(value_num(d->otherwise[k]), &g.p[k]);
    if (ok) made++;
  }
  ok = ok && draw_all(&g);
  for (int k = 0; k < made; k++) view_drop(&g.p[k]);
  return ok;
}

// ---- distributions ----

static double draw_uniform(Rng *r, const double *p) { return rng_uniform(r, p[0], p[1]); }
static double draw_normal(Rng *r, const double *p) {
  if (p[2] == -INFINITY && p[3] == INFINITY) return rng_normal(r, p[0], p[1]);
  return rng_normal_within(r, p[0], p[1], p[2], p[3]);
}
static double draw_lognormal(Rng *r, const double *p) {
  if (p[2] == -INFINITY && p[3] == INFINITY) return rng_lognormal(r, p[0], p[1]);
  return rng_lognormal_within(r, p[0], p[1], p[2], p[3]);
}
static double draw_exponential(Rng *r, const double *p) {
  if (p[1] == -INFINITY && p[2] == INFINITY) return rng_exponential(r, p[0]);
  return rng_exponential_within(r, p[0], p[1], p[2]);
}
static double draw_gamma(Rng *r, const double *p) { return rng_gamma(r, p[0], p[1]); }
static double draw_poisson(Rng *r, const double *p) { return rng_poisson(r, p[0]); }
static double draw_binomial(Rng *r, const double *p) { return rng_binomial(r, p[0], p[1]); }

static bool fits_uniform(const double *p) { return isfinite(p[0]) && isfinite(p[1]) && p[0] <= p[1]; }
static bool fits_normal(const double *p) { return isfinite(p[0]) && p[1] >= 0 && isfinite(p[1]) && p[2] <= p[3]; }
static bool fits_lognormal(const double *p) { return p[0] > 0 && fits_normal(p) && p[3] > 0; }
static bool fits_exponential(const double *p) { return p[0] >= 0 && isfinite(p[0]) && p[1] <= p[2] && p[2] >= 0; }
static bool fits_gamma(const double *p) { return p[0] > 0 && p[1] >= 0 && isfinite(p[0]) && isfinite(p[1]); }
static bool fits_poisson(const double *p) { return p[0] >= 0 && p[0] < 0x1p53; }
static bool fits_binomial(const double *p) {
  return p[0] >= 0 && p[0] == floor(p[0]) && p[0] < 0x1p53 && p[1] >= 0 && p[1] <= 1;
}

bool builtin_random(BuiltinCall *c) {
  static const Draw d = {.f = draw_uniform, .arg = {-1, -1}, .otherwise = {0, 1}, .nparams = 2, .n_arg = 0};
  return draw(c, &d);
}
bool builtin_uniform(BuiltinCall *c) {
  static const Draw d = {.f = draw_uniform, .fits = fits_uniform, .arg = {0, 1}, .nparams = 2, .n_arg = 2,
                         .wrong = "uniform(lo, hi) needs lo at most hi"};
  return draw(c, &d);
}
bool builtin_normal(BuiltinCall *c) {
  static const Draw d = {.f = draw_normal, .fits = fits_normal, .arg = {0, 1, 3, 4}, .nparams = 4, .n_arg = 2,
                         .otherwise = {0, 1, -INFINITY, INFINITY},
                         .wrong = "normal(mean, sd) needs an sd of at least 0, and min at most max"};
  return draw(c, &d);
}
bool builtin_lognormal(BuiltinCall *c) {
  static const Draw d = {.f = draw_lognormal, .fits = fits_lognormal, .arg = {0, 1, 3, 4}, .nparams = 4, .n_arg = 2,
                         .otherwise = {1, 1, -INFINITY, INFINITY},
                         .wrong = "lognormal(mean, sd) needs a mean above 0, an sd of at least 0, and min at most max"};
  return draw(c, &d);
}
bool builtin_exponential(BuiltinCall *c) {
  static const Draw d = {.f = draw_exponential, .fits = fits_exponential, .arg = {0, 2, 3}, .nparams = 3, .n_arg = 1,
                         .otherwise = {1, -INFINITY, INFINITY},
                         .wrong = "exponential(mean) needs a mean of at least 0, and min at most max"};
  return draw(c, &d);
}
bool builtin_gamma_dist(BuiltinCall *c) {
  static const Draw d = {.f = draw_gamma, .fits = fits_gamma, .arg = {0, 1}, .nparams = 2, .n_arg = 2,
                         .wrong = "gamma_dist(shape, scale) needs a shape above 0 and a scale of at least 0"};
  return draw(c, &d);
}
bool builtin_poisson(BuiltinCall *c) {
  static const Draw d = {.f = draw_poisson, .fits = fits_poisson, .arg = {0}, .nparams = 1, .n_arg = 1,
                         .wrong = "poisson(mean) needs a mean of at least 0"};
  return draw(c, &d);
}
bool builtin_binomial(BuiltinCall *c) {
  static const Draw d = {.f = draw_binomial, .fits = fits_binomial, .arg = {0, 1}, .nparams = 2, .n_arg = 2,
                         .wrong = "binomial(n, p) needs a whole number n and a probability p from 0 to 1"};
  return draw(c, &d);
}

// ---- choices ----

bool builtin_choice(BuiltinCall *c) {
  int64_t len = value_len(c->args[0]), n = 1, step = next_step(c);
  char text[160];
  if (c->args[0].kind != VAL_ARRAY && c->args[0].kind != VAL_REC && c->args[0].kind != VAL_LIST)
    return arg_error(c, 0, E_OPERAND, "an array to choose from is needed here, found %s", value_text(c->args[0], text));
  if (len <= 0) return arg_error(c, 0, E_EMPTY, "there is nothing to choose from");
  if (arg_given(c, 1) && !arg_count(c, 1, 0, &n)) return false;
  Array *which = arg_make(c, VAL_INT, 1, &n);
  if (!which) return false;
  for (int64_t k = 0; k < n; k++) {
    Rng rng = rng_at(c->key, 0, k, step);
    which->data[k] = (double)rng_below(&rng, len);
  }
  Index ix = {.kind = INDEX_AT, .at = value_obj(which), .span = c->span};
  if (!arg_given(c, 1)) ix.at = value_int((int64_t)which->data[0]);
  bool ok = array_index(c->diags, c->span, c->args[0], &ix, 1, c->result);
  value_drop(value_obj(which));
  return ok;
}

// Fisher and Yates, from the end.
bool builtin_shuffle(BuiltinCall *c) {
  int64_t n = value_len(c->args[0]), step = next_step(c);
  char text[160];
  if (c->args[0].kind != VAL_ARRAY && c->args[0].kind != VAL_REC && c->args[0].kind != VAL_LIST)
    return arg_error(c, 0, E_OPERAND, "an array to shuffle is needed here, found %s", value_text(c->args[0], text));
  Value order;
  if (!array_range(c->diags, c->span, 0, n, &order)) return false;
  double *at = ((Array *)order.obj)->data;
  for (int64_t k = n - 1; k > 0; k--) {
    Rng rng = rng_at(c->key, 0, k, step);
    int64_t j = rng_below(&rng, k + 1);
    double t = at[k];
    at[k] = at[j];
    at[j] = t;
  }
  Index ix = {.kind = INDEX_AT, .at = order, .span = c->span};
  bool ok = array_index(c->diags, c->span, c->args[0], &ix, 1, c->result);
  value_drop(order);
  return ok;
}
