// SPDX-License-Identifier: MIT
// rk45: steps chosen as they go, by the pair of Dormand and Prince (1980), within one step of dt.
//
// Lanes go side by side, each with its own time and step size; those that have arrived wait. Neurons that are not coupled
// are done block by block. Where they are coupled the greatest error of all decides, so that all times are the same.
// The last stage of a step is the first of the next.
#include "vm/stages.h"

#include <math.h>
#include <string.h>

#include "vm/vmath.h"

enum { STAGES = 7, BLOCK = VM_BLOCK, MAX_STEPS = 100000 };

static const double node[STAGES] = {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1};
static const double a[STAGES][STAGES - 1] = {
    {0},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};
static const double difference[STAGES] = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

// Lanes lo..lo+n-1 of a part on their way.
typedef struct Lanes {
  StagePart *r;
  int64_t lo, n, row;
  double *k, *y, *fifth; // [STAGES][neq][row], [neq][row], [neq][row]
  double *t, *h, *err;   // time since t_n, step, error of the last attempt; h 0: arrived
} Lanes;

static int64_t row_of(const StagePart *r) { return r->code->joined ? (r->n + 7) & ~(int64_t)7 : BLOCK; }

size_t stages_rk45_room(const StagePart *r) { return (size_t)row_of(r) * ((STAGES + 2) * (size_t)r->neq + 3); }

static Lanes lanes_of(StagePart *r, int64_t lo, int64_t n) {
  int64_t row = row_of(r), neq = r->neq;
  double *at = r->work[0];
  Lanes l = {.r = r, .lo = lo, .n = n, .row = row, .k = at};
  l.y = at + STAGES * neq * row;
  l.fifth = l.y + neq * row;
  l.t = l.fifth + neq * row;
  l.h = l.t + row;
  l.err = l.h + row;
  return l;
}

static double *slope_of(const Lanes *l, int stage, int i) { return l->k + (stage * (int64_t)l->r->neq + i) * l->row; }

static void start(Lanes *l, double dt) {
  for (int i = 0; i < l->r->neq; i++) memcpy(l->y + i * l->row, l->r->begin[i] + l->lo, sizeof(double) * (size_t)l->n);
  for (int64_t e = 0; e < l->n; e++) l->t[e] = 0, l->h[e] = dt;
}

// The states where stage s begins; the last is the solution of fifth order.
static void enter(const Lanes *l, int s, double t0) {
  for (int i = 0; i < l->r->neq; i++) {
    const double *y = l->y + i * l->row;
    double *x = l->r->x[i] + l->lo, *out = l->fifth + i * l->row;
    for (int64_t e = 0; e < l->n; e++) out[e] = 0;
    for (int j = 0; j < s; j++) {
      const double *k = slope_of(l, j, i);
      double c = a[s][j];
      for (int64_t e = 0; c != 0 && e < l->n; e++) out[e] += c * k[e];
    }
    for (int64_t e = 0; e < l->n; e++) out[e] = y[e] + l->h[e] * out[e];
    for (int64_t e = 0; e < l->n; e++) x[e] = stage_enter(l->r, i, l->lo + e, out[e]);
  }
  for (int64_t e = 0; e < l->n; e++) l->r->time[l->lo + e] = t0 + (l->t[e] + node[s] * l->h[e]);
}

static void keep_slopes(const Lanes *l, int s) {
  for (int i = 0; i < l->r->neq; i++) memcpy(slope_of(l, s, i), l->r->slope[i] + l->lo, sizeof(double) * (size_t)l->n);
}

static bool stage(Vm *vm, Lanes *l, int n, int s, bool joined) {
  double t0 = vm_time(vm);
  for (int k = 0; k < n; k++) enter(&l[k], s, t0);
  if (joined && !stage_inputs(vm, (l->t[0] + node[s] * l->h[0]) / vm->dt)) return false;
  for (int k = 0; k < n; k++) {
    stage_slopes(vm, l[k].r, l[k].lo, l[k].lo + l[k].n);
    keep_slopes(&l[k], s);
  }
  return !vm_net(vm)->stages.failed;
}

static void errors(const Vm *vm, const Lanes *l) {
  for (int64_t e = 0; e < l->n; e++) l->err[e] = 0;
  for (int i = 0; i < l->r->neq; i++) {
    const double *y = l->y + i * l->row, *y1 = l->fifth + i * l->row;
    for (int64_t e = 0; e < l->n; e++) {
      double d = 0, size = fabs(y[e]) > fabs(y1[e]) ? fabs(y[e]) : fabs(y1[e]);
      for (int j = 0; j < STAGES; j++) d += difference[j] * slope_of(l, j, i)[e];
      d = fabs(l->h[e] * d) / (l->r->atol[i] + vm->rtol * size);
      if (!(d <= l->err[e])) l->err[e] = d; // NaN too
    }
  }
}

static void share_error(Lanes *l, int n) {
  double most = 0;
  for (int k = 0; k < n; k++)
    for (int64_t e = 0; e < l[k].n; e++)
      if (!(l[k].err[e] <= most)) most = isnan(l[k].err[e]) ? INFINITY : l[k].err[e];
  for (int k = 0; k < n; k++)
    for (int64_t e = 0; e < l[k].n; e++) l[k].err[e] = most;
}

static double factor_of(double err) {
  if (err == 0) return 5;
  if (!(err < INFINITY)) return 0.2;
  double f = 0.9 * vm_exp(-0.2 * vm_log(err));
  return f > 5 ? 5 : f < 0.2 ? 0.2 : f;
}

static void accept(const Lanes *l, int64_t e, double dt) {
  bool last = l->t[e] + l->h[e] >= dt * (1 - 1e-12);
  for (int i = 0; i < l->r->neq; i++) {
    l->y[i * l->row + e] = l->fifth[i * l->row + e];
    slope_of(l, 0, i)[e] = slope_of(l, STAGES - 1, i)[e];
  }
  l->t[e] = last ? dt : l->t[e] + l->h[e];
}

// New step sizes; false if a lane gets nowhere. *left: lanes that have not arrived.
static bool judge(Vm *vm, const Lanes *l, int64_t *left) {
  double dt = vm->dt;
  for (int64_t e = 0; e < l->n; e++) {
    if (l->h[e] == 0) continue;
    double factor = factor_of(l->err[e]);
    if (l->err[e] <= 1) accept(l, e, dt);
    else if (factor > 0.9) factor = 0.9;
    double h = l->h[e] * factor;
    if (l->t[e] + h > dt * (1 - 1e-12)) h = dt - l->t[e];
    l->h[e] = h;
    *left += h > 0;
    if (h > 0 && h < 1e-13 * dt) return report_step_size(vm, l->r, l->lo + e, "rk45");
  }
  return true;
}

// A right side that is not a number at t_n is left to the test of states, which names the state.
static bool give_up(const Lanes *l, int n) {
  bool bad = false;
  for (int k = 0; k < n; k++)
    for (int i = 0; i < l[k].r->neq; i++)
      for (int64_t e = 0; e < l[k].n; e++) {
        if (isfinite(slope_of(&l[k], 0, i)[e])) continue;
        bad = true;
        l[k].y[i * l[k].row + e] = slope_of(&l[k], 0, i)[e];
      }
  return bad;
}

static bool integrate(Vm *vm, Lanes *l, int n, bool joined) {
  for (int k = 0; k < n; k++) start(&l[k], vm->dt);
  if (!stage(vm, l, n, 0, joined)) return false;
  int64_t left = give_up(l, n) ? 0 : 1;
  for (int tries = 0; left; tries++) {
    for (int s = 1; s < STAGES; s++)
      if (!stage(vm, l, n, s, joined)) return false;
    left = 0;
    for (int k = 0; k < n; k++) errors(vm, &l[k]);
    if (joined) share_error(l, n);
    for (int k = 0; k < n; k++)
      if (!judge(vm, &l[k], &left)) return false;
    if (left && tries > MAX_STEPS) return report_step_size(vm, l->r, l->lo, "rk45");
  }
  for (int k = 0; k < n; k++)
    for (int i = 0; i < l[k].r->neq; i++)
      memcpy(l[k].r->next[i] + l[k].lo, l[k].y + i * l[k].row, sizeof(double) * (size_t)l[k].n);
  return true;
}

bool stages_rk45(Vm *vm, StagePart **part, int parts, bool joined) {
  Lanes *l = vm_net(vm)->stages.lanes;
  if (joined) {
    if (!l) l = vm_net(vm)->stages.lanes = mem_alloc(sizeof *l * (size_t)parts);
    for (int k = 0; k < parts; k++) l[k] = lanes_of(part[k], 0, part[k]->n);
    return integrate(vm, l, parts, true);
  }
  StagePart *r = part[0];
  for (int64_t lo = 0; lo < r->n; lo += BLOCK) {
    Lanes one = lanes_of(r, lo, r->n - lo < BLOCK ? r->n - lo : BLOCK);
    if (!integrate(vm, &one, 1, false)) return false;
  }
  return true;
}
