// SPDX-License-Identifier: MIT
// Integration by the machine (see stages.h): what belongs to it, and the methods with fixed stages.
#include "vm/stages.h"

#include <string.h>

// ---- opening: columns and buffers of a part ----
static double *carve(double **at, int64_t n) {
  double *p = *at;
  *at += (n + 7) & ~(int64_t)7;
  return p;
}

static int64_t room_of(const StagePart *r, int64_t n) {
  int64_t row = (n + 7) & ~(int64_t)7;
  int rows = 4 * r->neq + 1;
  if (r->code->method == STAGES_RK2 || r->code->method == STAGES_RK4) rows += r->neq;
  int64_t room = row * rows;
  if (r->code->method == STAGES_RK45) room += (int64_t)stages_rk45_room(r);
  return room;
}

static double *state_column(const StagePart *r, const StageEquation *eq) {
  if (r->proj) return r->proj->pre_cols[eq->var].p;
  return eq->block < 0 ? r->pop->cols[eq->var].p : r->pop->blocks[eq->block]->cols[eq->var].p;
}

static void lay_out(StagePart *r, Arena *a, double atol) {
  int n = r->neq;
  double *at = r->memory;
  r->x = NEWN(a, double *, n), r->begin = NEWN(a, double *, n), r->next = NEWN(a, double *, n);
  r->slope = NEWN(a, double *, n), r->limit = NEWN(a, double *, n), r->work = NEWN(a, double *, n);
  r->atol = NEWN(a, double, n);
  for (int i = 0; i < n; i++) {
    const StageEquation *eq = &r->code->eq[i];
    r->begin[i] = carve(&at, r->n), r->next[i] = carve(&at, r->n), r->slope[i] = carve(&at, r->n);
    double *limit = carve(&at, r->n);
    r->limit[i] = eq->limited ? limit : NULL;
    r->atol[i] = atol * eq->scale;
  }
  r->time = carve(&at, r->n);
  for (int i = 0; i < n; i++) r->work[i] = at, at += r->code->method == STAGES_RK45 ? 0 : (r->n + 7) & ~(int64_t)7;
}

StagePart *stage_part_open(Vm *vm, const StageCode *code, Pop *pop, Proj *proj, Arena *a) {
  if (!code->method || !code->n) return NULL;
  StagePart *r = NEW(a, StagePart);
  *r = (StagePart){.code = code, .pop = pop, .proj = proj, .n = pop->n, .neq = code->n};
  r->memory = mem_try_alloc(sizeof(double) * (size_t)room_of(r, r->n) + 64);
  if (r->memory) lay_out(r, a, vm->atol);
  return r;
}

void stage_part_close(StagePart *r) {
  if (!r) return;
  bound_close(&r->slopes);
  bound_close(&r->limits);
  mem_free(r->memory);
  r->memory = NULL;
}

// The memory of a slot of SPACE_STAGE.
double *stage_column(const StagePart *r, const Slot *t) {
  switch ((StageColumn)t->object) {
  case STAGE_NEXT: return r->next[t->index];
  case STAGE_SLOPE: return r->slope[t->index];
  case STAGE_LIMIT: return r->limit[t->index];
  default: return r->time;
  }
}

void stage_part_bind(StagePart *r, const Scope *s, uint32_t object) {
  bound_open(&r->slopes, r->code->slopes, s, object);
  bound_open(&r->limits, r->code->limits, s, object);
  for (int i = 0; i < r->neq; i++) r->x[i] = state_column(r, &r->code->eq[i]);
}

// ---- opening: all together ----
static int pop_number(const Vm *vm, const Pop *p) {
  int k = 0;
  while (vm->pops.data[k] != p) k++;
  return k;
}

// Which lets and couplings the stages need: those onto populations with stages, and what leads there.
static void find_needed(Vm *vm) {
  Net *net = vm_net(vm);
  Stages *st = &net->stages;
  bool *lets = mem_alloc(sizeof *lets * (size_t)(vm->pops.n + 1)), *onto = mem_alloc(sizeof *onto * (size_t)(vm->pops.n + 1));
  for (int k = 0; k < st->n; k++) {
    const StagePart *r = st->part[k];
    if (!r->code->joined) continue;
    if (r->proj) lets[pop_number(vm, r->pop)] = true; // pre states may read lets of their neurons
    else onto[pop_number(vm, r->pop)] = true;
  }
  st->needed = mem_realloc(st->needed, (size_t)net->norder + 1);
  for (int k = net->norder - 1; k >= 0; k--) {
    const Action *a = &net->order[k];
    int target = pop_number(vm, a->proj ? a->proj->post : a->pop);
    st->needed[k] = a->proj ? onto[target] || lets[target] : lets[target];
    if (a->proj && st->needed[k] && proj_run(a->proj)->code.reads_lets) lets[pop_number(vm, a->proj->pre)] = true;
  }
  for (int k = 0; k < net->norder; k++) // sums are zeroed as a whole: all that add to them come again
    if (net->order[k].proj && !st->needed[k]) {
      int target = pop_number(vm, net->order[k].proj->post);
      st->needed[k] = onto[target] || lets[target];
    }
  mem_free(lets);
  mem_free(onto);
}

static void save_column(Stages *st, double *p, int64_t n) {
  for (int k = 0; k < st->nsaved; k++)
    if (st->saved[k].p == p) return;
  st->saved = mem_realloc(st->saved, sizeof *st->saved * (size_t)(st->nsaved + 1));
  st->saved[st->nsaved++] = (StageSaved){p, mem_alloc(sizeof *p * (size_t)n), n};
}

static void save_lets(Stages *st, Pop *p) {
  const Kernel *k = pop_run(p)->lets.k;
  for (int s = 0; k && s < kernel_nslots(k); s++) {
    const Slot *t = kernel_slot(k, s);
    if (t->stored && t->space == SPACE_VAR && t->object == OBJ_SELF) save_column(st, p->cols[t->index].p, p->n);
  }
}

static void find_saved(Vm *vm) {
  Net *net = vm_net(vm);
  Stages *st = &net->stages;
  for (int k = 0; k < net->norder; k++) {
    if (!st->needed[k]) continue;
    const Action *a = &net->order[k];
    if (a->pop) save_lets(st, a->pop);
    PopRun *r = a->proj ? pop_run(a->proj->post) : NULL;
    for (int z = 0; r && z < r->nzero; z++) save_column(st, r->zero[z], a->proj->post->n);
  }
}

static void add_part(Stages *st, StagePart *r) {
  if (!r) return;
  st->part = mem_realloc(st->part, sizeof(StagePart *) * 2 * (size_t)(st->n + 1)); // the other half: those of one method
  st->part[st->n++] = r;
  st->any_joined |= r->code->joined;
}

void stages_open(Vm *vm) {
  Stages *st = &vm_net(vm)->stages;
  for (int k = 0; k < vm->pops.n; k++) add_part(st, pop_run(vm->pops.data[k])->stage);
  for (int k = 0; k < vm->projs.n; k++)
    if (vm->projs.data[k]->nsyn) add_part(st, proj_run(vm->projs.data[k])->stage);
  if (!st->any_joined) return;
  find_needed(vm);
  find_saved(vm);
}

void stages_close(Vm *vm) {
  Stages *st = &vm_net(vm)->stages;
  cvode_close(vm);
  for (int k = 0; k < st->nsaved; k++) mem_free(st->saved[k].copy);
  mem_free(st->saved);
  mem_free(st->needed);
  mem_free(st->lanes);
  mem_free(st->part);
  *st = (Stages){0};
}

// ---- what all methods do ----
static void run_part(Vm *vm, const StagePart *r, Bound *b, KernelCall *call) {
  Stages *st = &vm_net(vm)->stages;
  if (!st->failed) st->failed = !bound_run(vm, b, call, r->proj ? r->proj->desc->span : r->pop->desc->span);
}

void stage_slopes(Vm *vm, StagePart *r, int64_t lo, int64_t hi) {
  if (r->proj) history_aim(vm, r->proj, &r->slopes, proj_store(r->proj)->pre.min, 0);
  KernelCall call = call_now(vm, r->slopes.object);
  call.lo = lo;
  call.hi = hi;
  run_part(vm, r, &r->slopes, &call);
}

bool stage_inputs(Vm *vm, double c) {
  Net *net = vm_net(vm);
  net->stages.c = c;
  net->stages.count++;
  return phase_inputs_again(vm, net->stages.needed);
}

bool report_step_size(Vm *vm, const StagePart *r, int64_t lane, const char *method) {
  Diag *e = diag(vm->diags, E_STEP_SIZE, r->pop->desc->span, "%s cannot keep its tolerance for %s[%lld] at t = %.10g ms", method,
                 r->pop->name, (long long)lane, 1e3 * vm_time(vm));
  diag_hint(e, "a stiff system needs `method cvode`; otherwise check the parameters, or allow more: `set rtol = %g`", 10 * vm->rtol);
  return false;
}

static void begin(Vm *vm, StagePart *r) {
  size_t bytes = sizeof(double) * (size_t)r->n;
  for (int i = 0; i < r->neq; i++) memcpy(r->begin[i], r->x[i], bytes);
  if (!r->limits.k) return;
  KernelCall call = call_now(vm, r->limits.object);
  call.hi = r->n;
  run_part(vm, r, &r->limits, &call);
}

static void put_back(StagePart *r) {
  for (int i = 0; i < r->neq; i++) memcpy(r->x[i], r->begin[i], sizeof(double) * (size_t)r->n);
}

// ---- methods with fixed stages ----
// The states at begin + h*slope, where the stage at c = h/dt begins.
static void enter(StagePart *r, double h) {
  for (int i = 0; i < r->neq; i++) {
    double *x = r->x[i];
    const double *x0 = r->begin[i], *k = r->slope[i], *limit = r->limit[i];
    for (int64_t e = 0; e < r->n; e++) x[e] = x0[e] + h * k[e];
    for (int64_t e = 0; limit && e < r->n; e++) x[e] = x[e] > limit[e] ? limit[e] : x[e];
  }
}

// sum = (first ? 0 : sum) + weight*slope
static void gather(StagePart *r, double weight, bool first) {
  for (int i = 0; i < r->neq; i++) {
    double *sum = r->work[i];
    const double *k = r->slope[i];
    if (first)
      for (int64_t e = 0; e < r->n; e++) sum[e] = weight * k[e];
    else
      for (int64_t e = 0; e < r->n; e++) sum[e] += weight * k[e];
  }
}

static void finish(StagePart *r, double h) {
  for (int i = 0; i < r->neq; i++)
    for (int64_t e = 0; e < r->n; e++) r->next[i][e] = r->begin[i][e] + h * r->work[i][e];
}

typedef struct Tableau { // each stage is reached with the slope of the one before
  int stages;
  double c[4], weight[4];
} Tableau;

static bool fixed_stages(Vm *vm, StagePart **part, int parts, const Tableau *t) {
  for (int s = 0; s < t->stages; s++) {
    for (int k = 0; s > 0 && k < parts; k++) enter(part[k], t->c[s] * vm->dt);
    if (s > 0 && !stage_inputs(vm, t->c[s])) return false;
    for (int k = 0; k < parts; k++) stage_slopes(vm, part[k], 0, part[k]->n);
    for (int k = 0; k < parts; k++) gather(part[k], t->weight[s], s == 0);
  }
  for (int k = 0; k < parts; k++) finish(part[k], vm->dt);
  return true;
}

static bool take_by(Vm *vm, StagePart **part, int parts, StageMethod m, bool joined) {
  static const Tableau midpoint = {2, {0, 0.5}, {0, 1}}, kutta = {4, {0, 0.5, 0.5, 1}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}};
  switch (m) {
  case STAGES_RK2: return fixed_stages(vm, part, parts, &midpoint);
  case STAGES_RK4: return fixed_stages(vm, part, parts, &kutta);
  case STAGES_RK45: return stages_rk45(vm, part, parts, joined);
  case STAGES_CVODE: return stages_cvode(vm, part, parts, joined);
  default: return true;
  }
}

// A failure of a native function shows in no value: it is noted where it happens.
static bool take(Vm *vm, StagePart **part, int parts, StageMethod m, bool joined) {
  return take_by(vm, part, parts, m, joined) && !vm_net(vm)->stages.failed;
}

// ---- the step ----
static void save(Stages *st) {
  for (int k = 0; k < st->nsaved; k++) memcpy(st->saved[k].copy, st->saved[k].p, sizeof(double) * (size_t)st->saved[k].n);
}

static void restore(Stages *st) {
  for (int k = 0; k < st->nsaved; k++) memcpy(st->saved[k].p, st->saved[k].copy, sizeof(double) * (size_t)st->saved[k].n);
  st->c = 0;
}

static bool take_joined(Vm *vm, StageMethod m) {
  Stages *st = &vm_net(vm)->stages;
  StagePart **part = st->part + st->n;
  int parts = 0;
  for (int k = 0; k < st->n; k++)
    if (st->part[k]->code->joined && st->part[k]->code->method == m) part[parts++] = st->part[k];
  if (!parts) return true;
  bool ok = take(vm, part, parts, m, true);
  for (int k = 0; k < parts; k++) put_back(part[k]);
  restore(st);
  return ok;
}

bool stages_take(Vm *vm) {
  Stages *st = &vm_net(vm)->stages;
  if (!st->n) return true;
  st->failed = false;
  for (int k = 0; k < st->n; k++) begin(vm, st->part[k]);
  for (int k = 0; k < st->n; k++) {
    StagePart *r = st->part[k];
    if (r->code->joined) continue;
    bool ok = take(vm, &r, 1, r->code->method, false);
    put_back(r);
    if (!ok) return false;
  }
  if (!st->any_joined) return true;
  save(st);
  for (int m = STAGES_RK2; m <= STAGES_CVODE; m++)
    if (!take_joined(vm, (StageMethod)m)) return false;
  return true;
}
