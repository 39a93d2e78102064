// SPDX-License-Identifier: MIT
// Vm: one network and its run. The interface of scripts (vm/script.c) and embedders to populations, projections,
// injections, recordings and time.
//
// A Vm owns its populations, projections, recordings and selections of them; descriptors and kernels belong to the
// program and must outlive them. Not for use by two threads at once. Functions that return bool report a failure to
// vm->diags at the span given, and return false; the network is then as it was before.
//
// Variables are named as the user names them: "V", "w", "pre.V", "i", "pos.x", "delay", "STDP.A_plus". What a name means
// is looked up at run time, so that sums of different neurons (E + I).V work.
#ifndef HEBB_VM_H
#define HEBB_VM_H
#include "base/vec.h"
#include "vm/net.h"

#include <math.h>
#include <signal.h>

typedef enum Semantics { SEMANTICS_BRIAN, SEMANTICS_NEST } Semantics;
typedef enum RunEnd { RUN_DONE, RUN_MET, RUN_INTERRUPTED, RUN_ERROR } RunEnd;
typedef struct Recording Recording;
typedef struct TimedBlock TimedBlock;

// Settings stand in the open; change them only through the vm_set_ functions.
struct Vm {
  Diags *diags;
  Arena *arena;          // of the network: until vm_clear_network
  Linker linker;
  double dt;             // seconds
  double rtol, atol;     // of methods that choose their steps; atol in units of each state
  uint64_t seed;
  uint32_t trial;
  Semantics semantics;
  bool learning;         // false: rules run but leave w unchanged (lang looks here when it links)
  bool keeps_creation;   // false: vm_reset will not be called, so that columns of synapses need not be kept twice
  int threads;
  int64_t tick;          // number of the step that comes next; t = tick*dt
  bool ran;              // a step was taken since creation or reset
  int64_t stepped;       // steps taken so far, over all resets: for profiles
  double stepping, stepping_cpu; // seconds that steps took so far, by the clock and of all processors: for profiles
  struct Profile *profile; // NULL, or where times of phases and kernels are counted (vm/profile.h)
  const Value *globals;  // script variables, for SPACE_GLOBAL; read at the start of a run and after timed blocks
  int nglobals;
  uint32_t next_id;      // of objects, for random keys
  const volatile sig_atomic_t *interrupt; // NULL, or set to nonzero to end a run at the next step
  // NULL, or called about 20 times a second during a run; steps is INT64_MAX where the end is not known.
  void (*progress)(void *ctx, int64_t done, int64_t steps);
  void *progress_ctx;
  Vec(Pop *) pops;
  Vec(Proj *) projs;
  Vec(Recording *) recordings;
  const char *const *kernel_dirs; // where the kernels that come along are (vm/kernels.h)
  int nkernel_dirs;
  void *kernels;         // private to vm/kernels.c
  void *net;             // private to vm/
};

Vm *vm_new(Diags *diags);
void vm_free(Vm *vm);
void vm_clear_network(Vm *vm); // everything made since vm_new; settings stay
bool vm_set_dt(Vm *vm, double dt, Span span);
void vm_set_tolerance(Vm *vm, double rtol, double atol); // of methods that choose their steps
bool vm_set_semantics(Vm *vm, Semantics s, Span span);
void vm_set_seed(Vm *vm, uint64_t seed);
void vm_set_learning(Vm *vm, bool on); // links rules again at the next run
// A duration in steps, rounded; an error where it is negative, nan or beyond 2^53 steps.
bool vm_steps(Vm *vm, double seconds, int64_t *steps, Span span);
// The time at which step `tick` begins. Where a second holds a whole number of steps it is divided by that number, so that
// step 90 of 0.1 ms begins at 9 ms exactly, which no product with dt gives.
static inline double vm_time_of(const Vm *vm, double tick) {
  double per_second = nearbyint(1 / vm->dt);
  return per_second >= 1 && 1 / per_second == vm->dt ? tick / per_second : tick * vm->dt;
}
static inline double vm_time(const Vm *vm) { return vm_time_of(vm, (double)vm->tick); }

// ---- populations and selections (vm/pop.c, vm/sel.c) ----
bool pop_make(Vm *vm, const PopDesc *d, int ndim, const int64_t *shape, const Value *captures, int ncaptures, Pop **out);
int pop_var(const Pop *p, const char *name); // number of a variable, -1
// Selections are Values of kind VAL_SEL, counted as in value.h; they end with the network.
Sel *sel_of_pop(Pop *p);
Sel *sel_slice(const Sel *s, int64_t lo, int64_t hi);                         // 0 <= lo <= hi <= s->n
bool sel_pick(Vm *vm, const Sel *s, const Array *index, Sel **out, Span span); // indices (negative: from the end) or mask
Sel *sel_sum(const Sel *a, const Sel *b); // b NULL: a copy
// E[where COND]: the kernel of lower_where.
bool sel_where(Vm *vm, const Sel *s, Kernel *cond, const Value *captures, int ncaptures, Sel **out, Span span);
// A variable of the elements now: states, params, lets, inputs, weights; "i", "pos.x", "last_spike" (a time).
// An array of s->n numbers; NULL after an error.
Array *sel_read(Vm *vm, const Sel *s, const char *var, Span span);
// A number, or an array of s->n.
bool sel_write(Vm *vm, const Sel *s, const char *var, Value v, Span span);

// ---- projections (vm/connect.c, vm/proj.c) ----
// args: p, k or n (a number) where desc->number is NULL; for `from`: two arrays, sources and targets, counted within the
// selections. input: the variable of the target, -1: desc->syn->input.
bool proj_make(Vm *vm, const ConnDesc *d, const Sel *src, const Sel *dst, int input, const Value *args, int nargs,
               const Value *captures, int ncaptures, ProjGroup **out);
int64_t proj_count(const ProjGroup *g);
int64_t proj_arrived(const Proj *p); // synaptic events so far: synapses that spikes reached (some ways count those on their way)
// "w" "i" "j" "delay" "post_delay" "pre.x" "post.x" "x": an array in the order source, target; a uniform parameter: a
// number. pre states: one per source neuron, post states: one per target neuron.
bool proj_read(Vm *vm, const ProjGroup *g, const char *var, Value *out, Span span);
bool proj_write(Vm *vm, ProjGroup *g, const char *var, Value v, Span span);
// C.w[i, j]: every synapse from i to j as written; an error if there is none.
bool proj_read_at(Vm *vm, const ProjGroup *g, const char *var, int64_t i, int64_t j, double *out, Span span);
bool proj_write_at(Vm *vm, ProjGroup *g, const char *var, int64_t i, int64_t j, double x, Span span);
// matrix(C.w): [sources, targets], 0 where there is none, parallel synapses added.
bool proj_matrix(Vm *vm, const ProjGroup *g, const char *var, Value *out, Span span);
// What kernels must declare of a per-synapse column: whether it is one value for all, and SLOT_F64 or SLOT_F32.
// A lane slot (or a store) bound to a uniform column makes it a full one.
bool proj_is_uniform(const Proj *p, int var);
SlotType proj_slot_type(const Proj *p, int var);

// ---- signals (vm/signal.c) ----
Signal *signal_make(Vm *vm, double x); // the Vm's until the network is cleared; `reset` makes it x again
// Computed from now on in each step, before the lets or after them. False after an error was reported; the Signal owns
// data and gives it to `drop`.
bool signal_compute(Vm *vm, Signal *s, bool after_lets, bool (*fn)(void *data, double *x), void *data, void (*drop)(void *data));
// What a `signal` of the neuron (variable var), or of the synapse and rules of a connection, is bound to.
void pop_signal(Vm *vm, Pop *p, int var, Signal *s);
void proj_signal(Vm *vm, ProjGroup *g, int var, Signal *s);

// ---- stimuli (vm/inject.c) ----
// `inject expr into s.input [from to]` in seconds; to = INFINITY: for ever. `lang` is the typed expression.
bool inject_add(Vm *vm, const Sel *s, int input, void *lang, double from, double to, const Value *captures,
                int ncaptures, Span span);
// Makes neurons spike in the steps of these times. index: NULL (every element at every time) or one per time.
bool inject_spikes(Vm *vm, const Sel *s, const Array *index, const Array *times, Span span);

// ---- recordings (vm/probe.c) ----
// Records spikes of the populations of s (of every neuron) with the named variables, as they are before the reset.
bool record_spikes(Vm *vm, const Sel *s, int nwith, const char *const *with, Recording **out, Span span);
// A variable every so many seconds (0: each step). single: named by a plain index, so that the result is [samples].
bool record_var(Vm *vm, const Sel *s, const char *var, double every, bool single, Recording **out, Span span);
bool record_proj(Vm *vm, ProjGroup *g, const char *var, double every, Recording **out, Span span);
// Any expression: `sample` returns a number or an array of always the same length; VAL_NONE after an error. Called in
// the phase of recordings, with t and tick of the step. The recording owns data and gives it to `drop`.
bool record_expr(Vm *vm, Value (*sample)(void *data), void *data, void (*drop)(void *data), double every,
                 Recording **out, Span span);
// Called when a run ends and whenever about 8 MiB were recorded; what was taken is dropped from memory (`to "file"`).
typedef bool (*RecordSink)(void *ctx, const Recording *r, const double *t, const double *values, int64_t samples);
void recording_sink(Recording *r, RecordSink sink, void *ctx);
void recordings_flush(Vm *vm); // all that is recorded goes to the sinks
void recording_resumed(Recording *r); // what was recorded up to now is with the sink
int64_t recording_samples(const Recording *r);
Recording *recording_copy(const Recording *r);   // as it stands: what is recorded later is not in it
const char *recording_with(const Recording *r, int k); // of spikes: the name of column 1 + k; NULL
bool recording_flat(const Recording *r);         // named by a plain index: [samples]
int64_t recording_width(const Recording *r);     // elements of a sample; of spikes 1 (i) and what is recorded with them
Array *recording_values(const Recording *r); // [samples, elements], or [samples]
Array *recording_t(const Recording *r);
Array *recording_i(const Recording *r);      // the elements as written
struct Recording {                           // a Value of kind VAL_REC, or VAL_SPIKES
  Object head;
  Vm *vm;
  Sel *sel;              // NULL for expressions and projections
  void *impl;            // private to vm/probe.c
};

// Spikes of a selection, in the order of time, then of population and index. from, to in seconds (-INFINITY, INFINITY:
// the whole recording). False with an error if they were not recorded.
typedef struct SpikeView {
  int64_t n;
  double *t;             // seconds, ascending
  int64_t *i;            // element as written
  int64_t neurons;       // of the selection
  double begin, end;     // window in seconds: what was recorded of from..to
} SpikeView;
bool spikes_view(Vm *vm, const Sel *s, double from, double to, SpikeView *out, Span span); // free with spike_view_free
// n, neurons, begin and end of the same, without times and indices: nothing to free.
bool spikes_number(Vm *vm, const Sel *s, double from, double to, SpikeView *out, Span span);
void spikes_view_free(SpikeView *v);
// A variable recorded with the spikes, one per spike of the view ("t_exact" too); NULL after an error.
Array *spikes_with(Vm *vm, const Sel *s, const char *var, double from, double to, Span span);
bool spikes_recorded(const Sel *s);

// ---- time (vm/step.c, vm/timed.c) ----
// until: NULL, or asked at the beginning of each step: 1 stop, 0 go on, -1 an error was reported.
RunEnd vm_run(Vm *vm, int64_t steps, int (*until)(void *ctx), void *ctx, Span span);
// Links everything that changed; vm_run does it by itself. For `check --explain` and the disassembler.
bool vm_link(Vm *vm);
const PopCode *pop_code(const Pop *p);   // after linking; NULL before
const SynCode *proj_code(const Proj *p);
// A block at a time or every period (period > 0: at 0, period, ...; from the next such time on). fn returns false after
// an error was reported. The Vm owns data until reset, and gives it to `drop`.
bool vm_at(Vm *vm, double time, bool (*fn)(void *data), void *data, void (*drop)(void *data), Span span);
bool vm_every(Vm *vm, double period, bool (*fn)(void *data), void *data, void (*drop)(void *data), Span span);
// Back to t = 0 and the values at creation; same: with the same random numbers, else another trial.
void vm_reset(Vm *vm, bool same);

// ---- snapshots (vm/snapshot.c): the complete state, recordings included ----
typedef struct Snapshot Snapshot;
Snapshot *vm_store(Vm *vm);
bool vm_restore(Vm *vm, const Snapshot *s, Span span); // an error if the network was changed since
void snapshot_free(Snapshot *s);
// The same in a file (vm/checkpoint.c), with `more`, numbers of the caller's. A file that is damaged or does not fit is
// refused, and nothing changed.
bool vm_checkpoint(Vm *vm, const char *path, const void *more, size_t nmore, Span span);
// `more` is shown what was written behind the network before anything is changed: false refuses, after a report.
bool vm_resume(Vm *vm, const char *path, bool (*more)(void *ctx, const void *bytes, size_t n), void *ctx, Span span);
uint64_t vm_model_hash(Vm *vm);                        // of populations, equations, stimuli, connections, recordings

#endif
