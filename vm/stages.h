// SPDX-License-Identifier: MIT
// Integration by the machine: private to vm/.
//
// Where couplings are evaluated at the stages of a method, or where steps are chosen as they go, a kernel cannot take the
// whole step. It then computes right sides alone, and the machine forms the stages: in the state columns themselves, which
// is where couplings, lets and right sides find them; the values at t_n are put back before `advance` takes the result from
// its columns STAGE_NEXT. What couplings and lets were at t_n is put back likewise.
//
// Methods. rk2: midpoint rule. rk4: Kutta (1901). rk45: Dormand JR, Prince PJ (1980) J. Comput. Appl. Math. 6:19-26, of
// fifth order with the embedded fourth for its error. Each step of dt begins anew with one step of dt and shortens it until
// the error of every state is below atol + rtol*|x|, atol in the state's own unit: nothing is remembered from step to step.
// A neuron without continuous couplings has a step size of its own; neurons that are coupled share one. cvode: the same
// division of labour, one instance of the solver for a neuron or for the whole of what is coupled.
//
// All populations of one method whose neurons are coupled go through the stages together; those of other methods stand
// still at t_n meanwhile. Delayed couplings see a polynomial through stored steps (vm/history.c).
#ifndef HEBB_STAGES_H
#define HEBB_STAGES_H
#include "vm/run.h"

// Equations of one population, or the pre states of one projection.
struct StagePart {
  const StageCode *code;
  Pop *pop;
  Proj *proj;               // whose pre states these are; NULL: of the population
  int64_t n;                // lanes
  int neq;
  double **x;               // state columns
  double **begin;           // their values at t_n
  double **next, **slope, **limit; // limit[i] NULL: free
  double *time;
  double *atol;             // by equation
  double **work;            // rk2, rk4: one row per equation; rk45: see stages_adaptive.c
  double *memory;
  Bound slopes, limits;
};

// The right sides of a part at the states as they stand, c*dt after t_n (c 0: t_n).
void stage_slopes(Vm *vm, StagePart *r, int64_t lo, int64_t hi);
// Couplings and lets as they are at t_n + c*dt, for the states as they stand.
bool stage_inputs(Vm *vm, double c);
// x[lane] of equation i enters a stage.
static inline double stage_enter(const StagePart *r, int i, int64_t lane, double x) {
  return r->limit[i] && x > r->limit[i][lane] ? r->limit[i][lane] : x;
}
bool report_step_size(Vm *vm, const StagePart *r, int64_t lane, const char *method); // false
// Parts of one method: `parts` of them, all coupled (joined) or one by itself.
bool stages_rk45(Vm *vm, StagePart **part, int parts, bool joined);
bool stages_cvode(Vm *vm, StagePart **part, int parts, bool joined);
size_t stages_rk45_room(const StagePart *r); // doubles
void cvode_close(Vm *vm);

#endif
