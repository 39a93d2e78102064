// SPDX-License-Identifier: MIT
// Units: the table units.def with every prefix written out, and the arithmetic of dimensions.
// To show a dimension nobody named a unit for, the named unit that is nearest is taken and the rest is written in SI
// base units: "V/s", "S/m^2".
#include "base/scale.h"
#include "base/str.h"
#include "lang/type.h"

#include <math.h>
#include <string.h>

typedef struct UnitRow {
  const char *name;
  int8_t e[DIM_COUNT];
  bool prefixed;
  double scale;
} UnitRow;

#define ROW(prefix, name, factor, m, kg, s, A, K, mol, cd, scale)                                                      \
  {prefix name, {m, kg, s, A, K, mol, cd}, sizeof prefix > 1, (factor) * (scale)},
#define ROWS_0(...) ROW("", __VA_ARGS__)
#define PREFIX(p, name, factor, ...) ROW(p, name, factor, __VA_ARGS__)
#define ROWS_1(name, ...)                                                                                              \
  PREFIX("f", name, 1e-15, __VA_ARGS__)                                                                                \
  PREFIX("p", name, 1e-12, __VA_ARGS__)                                                                                \
  PREFIX("n", name, 1e-9, __VA_ARGS__)                                                                                 \
  PREFIX("u", name, 1e-6, __VA_ARGS__)                                                                                 \
  PREFIX("µ", name, 1e-6, __VA_ARGS__) /* U+00B5 */                                                                    \
  PREFIX("μ", name, 1e-6, __VA_ARGS__) /* U+03BC */                                                                    \
  PREFIX("m", name, 1e-3, __VA_ARGS__)                                                                                 \
  PREFIX("c", name, 1e-2, __VA_ARGS__)                                                                                 \
  PREFIX("k", name, 1e3, __VA_ARGS__)                                                                                  \
  PREFIX("M", name, 1e6, __VA_ARGS__)                                                                                  \
  PREFIX("G", name, 1e9, __VA_ARGS__)

static const UnitRow UNITS[] = {
#define PREFIXED_0(...)
#define PREFIXED_1(...) ROWS_1(__VA_ARGS__)
#define UNIT(name, m, kg, s, A, K, mol, cd, scale, prefixes) ROW("", name, 1, m, kg, s, A, K, mol, cd, scale)
#include "lang/units.def"
#undef UNIT
#define UNIT(name, m, kg, s, A, K, mol, cd, scale, prefixes) PREFIXED_##prefixes(name, m, kg, s, A, K, mol, cd, scale)
#include "lang/units.def"
#undef UNIT
};
enum { UNIT_ROWS = sizeof UNITS / sizeof *UNITS };

const Dim DIM_NONE = {{0}};

static Dim row_dim(const UnitRow *r) {
  Dim d;
  for (int k = 0; k < DIM_COUNT; k++) d.e[k] = (int16_t)(r->e[k] * 12);
  return d;
}

bool unit_lookup(const char *name, size_t n, Unit *out) {
  for (int k = 0; k < UNIT_ROWS; k++)
    if (strlen(UNITS[k].name) == n && memcmp(UNITS[k].name, name, n) == 0) {
      *out = (Unit){UNITS[k].name, row_dim(&UNITS[k]), UNITS[k].scale};
      return true;
    }
  return false;
}

bool dim_equal(Dim a, Dim b) { return memcmp(&a, &b, sizeof a) == 0; }
bool dim_is_none(Dim a) { return dim_equal(a, DIM_NONE); }

Dim dim_mul(Dim a, Dim b) {
  for (int k = 0; k < DIM_COUNT; k++) a.e[k] = (int16_t)(a.e[k] + b.e[k]);
  return a;
}

Dim dim_div(Dim a, Dim b) {
  for (int k = 0; k < DIM_COUNT; k++) a.e[k] = (int16_t)(a.e[k] - b.e[k]);
  return a;
}

bool dim_pow(Dim a, int num, int den, Dim *out) {
  for (int k = 0; k < DIM_COUNT; k++) {
    int64_t e = (int64_t)a.e[k] * num;
    if (den == 0 || e % den || e / den > 1200 || e / den < -1200) return false;
    out->e[k] = (int16_t)(e / den);
  }
  return true;
}

double unit_to_si(double x, double scale) { return scale_to_si(x, scale); }

double unit_from_si(double x, double scale) { return scale_from_si(x, scale); }

// ---- showing dimensions ----

// "^2", "^(1/2)", nothing for 1, as the language reads it.
static void add_exponent(Str *s, int twelfths) {
  if (twelfths == 12) return;
  int den = 12;
  while (den > 1 && (den % 2 == 0 && twelfths % 2 == 0)) den /= 2, twelfths /= 2;
  if (den % 3 == 0 && twelfths % 3 == 0) den /= 3, twelfths /= 3;
  if (den == 1)
    str_addf(s, "^%d", twelfths);
  else
    str_addf(s, "^(%d/%d)", twelfths, den);
}

static void add_power(Str *s, const char *name, int twelfths) {
  if (s->n) str_addc(s, '*');
  str_add(s, name);
  add_exponent(s, twelfths);
}

// The rest of a dimension in base units: first the positive powers, then "/" each negative one.
static void add_base(Str *s, Dim d) {
  static const char *const base[DIM_COUNT] = {"m", "kg", "s", "A", "K", "mol", "cd"};
  for (int k = 0; k < DIM_COUNT; k++)
    if (d.e[k] > 0) add_power(s, base[k], d.e[k]);
  if (!s->n) str_addc(s, '1');
  for (int k = 0; k < DIM_COUNT; k++)
    if (d.e[k] < 0) {
      str_addc(s, '/');
      str_add(s, base[k]);
      add_exponent(s, -d.e[k]);
    }
}

// How long the rest of a dimension is when written out.
static int base_cost(Dim d) {
  int cost = 0;
  for (int k = 0; k < DIM_COUNT; k++)
    if (d.e[k]) cost += 2 + (d.e[k] < 0 ? -d.e[k] : d.e[k]) / 12 + (d.e[k] % 12 ? 2 : 0);
  return cost;
}

// The first row of each dimension with scale 1 and no prefix is used for showing.
static bool row_shows(int k) {
  static const char *const shown[] = {"V", "A", "S", "F", "ohm", "C", "J", "W", "N", "mol"};
  for (size_t j = 0; j < sizeof shown / sizeof *shown; j++)
    if (strcmp(UNITS[k].name, shown[j]) == 0) return true;
  return false;
}

static const char *dim_text(Dim d, Arena *a) {
  int best = base_cost(d), row = -1;
  Dim rest = d;
  int power = 1;
  for (int k = 0; k < UNIT_ROWS && !UNITS[k].prefixed; k++) {
    if (!row_shows(k)) continue;
    for (int p = 2; p >= -2; p--) {
      Dim u = DIM_NONE;
      if (p == 0 || !dim_pow(row_dim(&UNITS[k]), p, 1, &u)) continue;
      int cost = base_cost(dim_div(d, u)) + 3 + (p > 0 ? p - 1 : 1 - p);
      if (cost < best) best = cost, row = k, rest = dim_div(d, u), power = p;
    }
  }
  Str s = {0};
  if (row >= 0 && power > 0) add_power(&s, UNITS[row].name, 12 * power);
  add_base(&s, rest);
  if (row >= 0 && power < 0) str_addf(&s, power < -1 ? "/%s^%d" : "/%s", UNITS[row].name, -power);
  char *text = arena_strndup(s.data, s.n, a);
  str_free(&s);
  return text;
}

const Unit *dim_unit(Dim d, Arena *a) {
  Unit *u = NEW(a, Unit);
  *u = (Unit){"", d, 1};
  if (dim_is_none(d)) return u;
  for (int k = 0; k < UNIT_ROWS && !UNITS[k].prefixed; k++)
    if (UNITS[k].scale == 1 && dim_equal(row_dim(&UNITS[k]), d)) {
      u->text = UNITS[k].name;
      return u;
    }
  Dim molar = dim_div(DIM_NONE, DIM_NONE);
  molar.e[DIM_M] = -36;
  molar.e[DIM_MOL] = 12;
  if (dim_equal(d, molar))
    u->text = "mM"; // exactly 1 mol/m^3
  else
    u->text = dim_text(d, a);
  return u;
}

void unit_add_exponent(struct Str *s, double exponent) { add_exponent(s, (int)rint(exponent * 12)); }

// A named unit, perhaps with a prefix, of exactly this dimension and scale; NULL if there is none.
const Unit *unit_named(Dim d, double scale, Arena *a) {
  for (int k = 0; k < UNIT_ROWS; k++) {
    const UnitRow *r = &UNITS[k];
    if (r->name[0] == 'c' || !dim_equal(row_dim(r), d) || fabs(r->scale / scale - 1) > 1e-9) continue;
    Unit *u = NEW(a, Unit);
    *u = (Unit){r->name, d, r->scale};
    return u;
  }
  return NULL;
}
