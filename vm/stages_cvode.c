// SPDX-License-Identifier: MIT
// cvode: the backward differentiation formulas of variable order and step of SUNDIALS, for stiff systems.
// Hindmarsh AC et al. (2005) ACM Trans. Math. Softw. 31:363-396.
//
// The solver begins anew in each step of dt, because events and inputs may have changed anything in between; so one
// instance serves all neurons of a population that are not coupled. What is coupled is one system. Small systems are
// solved with a dense Jacobian by differences, large ones by GMRES without any.
#include "vm/stages.h"

#include <math.h>
#include <string.h>

#ifdef HAVE_SUNDIALS
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>

enum { DENSE_MOST = 400, MAX_STEPS = 100000 };
#define SHARE 0.01 // of the tolerance, which the solver applies to each of its many short steps

typedef struct Solver {
  Vm *vm;
  StagePart **part; // those of the last call
  int parts;
  StagePart *first; // by which it is found again
  int64_t lane;     // -1: all lanes of all parts are one system
  int64_t n;        // unknowns
  bool failed;      // an error was reported below
  SUNContext context;
  void *memory;
  N_Vector y, atol;
  SUNMatrix matrix;
  SUNLinearSolver linear;
} Solver;

// ---- vectors: part by part, equation by equation, lane by lane ----
static int64_t lanes(const Solver *s, const StagePart *r) { return s->lane < 0 ? r->n : 1; }
static int64_t first_lane(const Solver *s) { return s->lane < 0 ? 0 : s->lane; }

static void scatter(const Solver *s, const double *y) {
  int64_t lo = first_lane(s);
  for (int k = 0; k < s->parts; k++) {
    StagePart *r = s->part[k];
    for (int i = 0; i < r->neq; i++)
      for (int64_t e = lo; e < lo + lanes(s, r); e++) r->x[i][e] = stage_enter(r, i, e, *y++);
  }
}

static void copy_rows(const Solver *s, double **(*of)(const StagePart *r), double *y, bool to_vector) {
  int64_t lo = first_lane(s);
  for (int k = 0; k < s->parts; k++) {
    const StagePart *r = s->part[k];
    size_t bytes = sizeof(double) * (size_t)lanes(s, r);
    for (int i = 0; i < r->neq; i++, y += lanes(s, r)) {
      double *row = of(r)[i] + lo;
      if (to_vector) memcpy(y, row, bytes);
      else memcpy(row, y, bytes);
    }
  }
}

static double **slopes_of(const StagePart *r) { return r->slope; }
static double **begin_of(const StagePart *r) { return r->begin; }
static double **next_of(const StagePart *r) { return r->next; }

static int right_side(sunrealtype t, N_Vector y, N_Vector out, void *ctx) {
  Solver *s = ctx;
  double now = vm_time(s->vm) + t;
  scatter(s, N_VGetArrayPointer(y));
  if (s->lane < 0 && !stage_inputs(s->vm, t / s->vm->dt)) return s->failed = true, -1;
  for (int k = 0; k < s->parts; k++) {
    StagePart *r = s->part[k];
    int64_t lo = first_lane(s), hi = lo + lanes(s, r);
    for (int64_t e = lo; e < hi; e++) r->time[e] = now;
    stage_slopes(s->vm, r, lo, hi);
  }
  if (vm_net(s->vm)->stages.failed) return s->failed = true, -1;
  copy_rows(s, slopes_of, N_VGetArrayPointer(out), true);
  const double *f = N_VGetArrayPointer(out);
  for (int64_t k = 0; k < s->n; k++)
    if (!isfinite(f[k])) return 1; // a shorter step may do
  return 0;
}

// ---- instances ----
#if SUNDIALS_VERSION_MAJOR < 7
static void silent(int code, const char *module, const char *function, char *text, void *ctx) {
  (void)code, (void)module, (void)function, (void)text, (void)ctx;
}
#endif

static void quiet(Solver *s) {
#if SUNDIALS_VERSION_MAJOR < 7
  CVodeSetErrHandlerFn(s->memory, silent, NULL);
#else
  SUNContext_ClearErrHandlers(s->context);
#endif
}

static bool context_open(Solver *s) {
#if SUNDIALS_VERSION_MAJOR < 7
  return SUNContext_Create(NULL, &s->context) == 0;
#else
  return SUNContext_Create(SUN_COMM_NULL, &s->context) == 0;
#endif
}

static bool linear_open(Solver *s) {
  if (s->n <= DENSE_MOST) {
    s->matrix = SUNDenseMatrix(s->n, s->n, s->context);
    s->linear = s->matrix ? SUNLinSol_Dense(s->y, s->matrix, s->context) : NULL;
  } else s->linear = SUNLinSol_SPGMR(s->y, SUN_PREC_NONE, 0, s->context);
  return s->linear && CVodeSetLinearSolver(s->memory, s->linear, s->matrix) == 0;
}

static void set_atol(Solver *s, double rtol) {
  double *a = N_VGetArrayPointer(s->atol);
  for (int k = 0; k < s->parts; k++)
    for (int i = 0; i < s->part[k]->neq; i++)
      for (int64_t e = 0; e < lanes(s, s->part[k]); e++) *a++ = SHARE * s->part[k]->atol[i];
  CVodeSVtolerances(s->memory, SHARE * rtol, s->atol);
}

static bool solver_open(Solver *s) {
  for (int k = 0; k < s->parts; k++) s->n += s->part[k]->neq * lanes(s, s->part[k]);
  if (!context_open(s)) return false;
  s->y = N_VNew_Serial(s->n, s->context);
  s->atol = N_VNew_Serial(s->n, s->context);
  s->memory = CVodeCreate(CV_BDF, s->context);
  if (!s->y || !s->atol || !s->memory) return false;
  quiet(s);
  memset(N_VGetArrayPointer(s->y), 0, sizeof(double) * (size_t)s->n);
  if (CVodeInit(s->memory, right_side, 0, s->y)) return false;
  set_atol(s, s->vm->rtol);
  CVodeSetUserData(s->memory, s);
  CVodeSetMaxNumSteps(s->memory, MAX_STEPS);
  return linear_open(s);
}

static void solver_close(Solver *s) {
  if (s->memory) CVodeFree(&s->memory);
  if (s->linear) SUNLinSolFree(s->linear);
  if (s->matrix) SUNMatDestroy(s->matrix);
  if (s->y) N_VDestroy(s->y);
  if (s->atol) N_VDestroy(s->atol);
  if (s->context) SUNContext_Free(&s->context);
  mem_free(s);
}

void cvode_close(Vm *vm) {
  Stages *st = &vm_net(vm)->stages;
  for (int k = 0; k < st->nsolvers; k++) solver_close(((Solver **)st->solvers)[k]);
  mem_free(st->solvers);
  st->solvers = NULL;
  st->nsolvers = 0;
}

static Solver *solver_of(Vm *vm, StagePart **part, int parts, bool joined) {
  Stages *st = &vm_net(vm)->stages;
  for (int k = 0; k < st->nsolvers; k++) {
    Solver *s = ((Solver **)st->solvers)[k];
    if (s->first == part[0]) return s;
  }
  Solver *s = mem_alloc(sizeof *s);
  *s = (Solver){.vm = vm, .part = part, .parts = parts, .first = part[0], .lane = joined ? -1 : 0};
  st->solvers = mem_realloc(st->solvers, sizeof s * (size_t)(st->nsolvers + 1));
  ((Solver **)st->solvers)[st->nsolvers++] = s;
  if (solver_open(s)) return s;
  report_memory(vm, part[0]->pop->desc->span, 8.0 * (double)s->n * (double)(s->n <= DENSE_MOST ? s->n : 20), "the solver CVODE");
  return NULL;
}

// ---- a step of dt ----
static bool advance(Solver *s) {
  double *y = N_VGetArrayPointer(s->y);
  sunrealtype reached;
  copy_rows(s, begin_of, y, true);
  s->failed = false;
  CVodeReInit(s->memory, 0, s->y);
  CVodeSetStopTime(s->memory, s->vm->dt);
  int flag = CVode(s->memory, s->vm->dt, s->y, &reached, CV_NORMAL);
  if (s->failed) return false;
  if (flag < 0 && flag != CV_FIRST_RHSFUNC_ERR && flag != CV_REPTD_RHSFUNC_ERR && flag != CV_UNREC_RHSFUNC_ERR)
    return report_step_size(s->vm, s->part[0], first_lane(s), "cvode");
  for (int64_t k = 0; flag < 0 && k < s->n; k++) y[k] = NAN; // the test of states names the state
  copy_rows(s, next_of, y, false);
  return true;
}

bool stages_cvode(Vm *vm, StagePart **part, int parts, bool joined) {
  Solver *s = solver_of(vm, part, parts, joined);
  if (!s) return false;
  s->part = part;
  s->parts = parts;
  if (joined) return advance(s);
  for (int64_t e = 0; e < part[0]->n; e++) {
    s->lane = e;
    if (!advance(s)) return false;
  }
  return true;
}

#else
void cvode_close(Vm *vm) { (void)vm; }

bool stages_cvode(Vm *vm, StagePart **part, int parts, bool joined) {
  (void)parts, (void)joined;
  Diag *e = diag(vm->diags, E_CVODE, part[0]->pop->desc->span, "%s is to be integrated by cvode, but this hebb was built without SUNDIALS",
                 part[0]->pop->name);
  diag_hint(e, "install SUNDIALS and build again (../configure --with-sundials), or use `method rk45`");
  return false;
}
#endif
