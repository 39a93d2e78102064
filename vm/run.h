// SPDX-License-Identifier: MIT
// What the parts of the running network share: private to vm/. The structures of a run hang on Pop.run, Proj.run and
// Vm.net; they are made when a run starts (vm/attach.c), so that a step (vm/step.c) never allocates but to let a spike
// list grow.
#ifndef HEBB_RUN_H
#define HEBB_RUN_H
#include "vm/vm.h"

// Messages that fit no memory: true if so many bytes can be had now. Reports E_MEMORY where a caller asks it to.
bool memory_at_hand(double bytes);
void report_memory(Vm *vm, Span span, double bytes, const char *what);

// ---- kernels with their memory (vm/bind.c) ----
typedef struct Bound {
  const Kernel *k; // NULL: nothing to run
  KernelInstance *in;
  uint32_t object; // for random keys
  bool looks_pre, looks_post; // at the indices of sources, of targets: else they need not be filled
  double *nums;    // captured whole numbers and truths, as numbers
  double **copies; // columns as only this kernel sees them
  int ncopies;
} Bound;

// While a connection is made idx[1] and idx[2] count within the selections as written: columns of the neurons are then
// copies in that order, and columns of synapses are those of the chunk at hand.
typedef struct Gather {
  const Sel *src, *dst;
  Column *self;          // by variable number
  const double *params;  // uniform parameters computed so far; NULL: those of the block
} Gather;

// Whose memory the slots of a kernel name.
typedef struct Scope {
  Vm *vm;
  Pop *self;             // OBJ_SELF of neuron kernels; NULL in synapse kernels
  Proj *proj;            // OBJ_SELF, OBJ_PREBLOCK, OBJ_PARAMS, OBJ_BLOCK0 of synapse kernels
  Pop *pre, *post;       // OBJ_PRE, OBJ_POST
  const double *pre_n, *post_n, *self_n; // SYS_NPRE, SYS_NPOST, SYS_N
  const Value *captures;
  int ncaptures;
  double *out[3];        // SPACE_OUT
  int64_t nout;
  bool temporary;        // the kernel runs once: where it wants a full column of a uniform one it gets a copy
  Gather *gather;  // connections under construction: see there
  const struct StagePart *stage; // SPACE_STAGE
} Scope;

bool scope_prepare(const Scope *s, const Kernel *k); // makes the columns that k needs; false: no memory (reported)
void bound_open(Bound *b, const Kernel *k, const Scope *s, uint32_t object);
Column *scope_column(const Scope *s, const Slot *t, int64_t *n); // NULL for what is no column
void bound_close(Bound *b);
bool bound_setup(Vm *vm, Bound *b, int64_t n); // false after a report, as the next two: a native function failed
bool bound_once(Vm *vm, Bound *b, int64_t n, KernelCall *call, Span span); // setup and one run
bool bound_run(Vm *vm, Bound *b, KernelCall *call, Span span);
KernelCall call_now(const Vm *vm, uint32_t object);
// Lets kernels see the script's variables as they are now; notes in Net.constants if one changed.
void globals_refresh(Vm *vm);
void globals_forget(Vm *vm); // before kernels are closed

// ---- columns ----
bool column_alloc(Column *c, int64_t n, bool uniform); // false: no memory
void column_free(Column *c);
bool column_expand(Column *c, int64_t n);
void column_save(Column *initial, const Column *c, int64_t n); // remembers the value at creation, once
void column_restore(Column *c, Column *initial, int64_t n);

double *vm_iota(Vm *vm, int64_t n);  // 0, 1, 2 ... as numbers, shared
double *vm_zeros(Vm *vm, int64_t n); // shared, read only

// ---- spikes ----
typedef struct SpikeList {
  int32_t *i;     // ascending
  int32_t *count; // NULL where each counts one
  int64_t n, cap;
} SpikeList;

typedef struct SpikeLog { // what `record spikes` keeps
  bool on;
  int64_t begin;          // tick when recording began
  int64_t n, cap;
  int32_t *i;
  int64_t *tick;          // with the time the spike carries
  int nwith;
  int *with;              // variables
  double **values;
} SpikeLog;

typedef struct Forced { // stimuli that make neurons spike, by step
  int64_t n, cap, next; // next: the first not yet due
  double *time;           // seconds
  int64_t *tick;          // valid while sorted, for dt and the semantics below
  int32_t *i;
  double dt;
  bool sorted, nest;
} Forced;

typedef struct NativeRun NativeRun; // ffi_step.c
bool scope_prepare_slot(const Scope *s, const Slot *t);
bool calls_prepare(const Scope *s, const NativeStage *call, int n);
NativeRun *calls_open(const Scope *s, const NativeStage *call, int n, uint32_t object);
void calls_close(NativeRun *run, int n);
void calls_setup(Vm *vm, const Pop *p, NativeRun *run, int n);
bool calls_run(Vm *vm, Pop *p, NativeRun *run, int n); // false after a report
bool report_native(Vm *vm, const Fault *f, Span whose); // false: it is no failure of a native function
void report_state(Vm *vm, const Pop *p, int var, int64_t element, double bad, const char *by);

typedef struct PopRun {
  PopCode code;
  Arena *arena;
  bool linked;
  Bound advance, threshold, spike, start, lets, lets_before, *every, *event, *event_block;
  struct StagePart *stage; // NULL: `advance` integrates
  NativeRun *call, **every_call;
  int64_t *period;      // of every, in steps
  double n;             // SYS_N
  int32_t *emit, *emit_count; // room for one step
  SpikeList *ring;      // spikes of the last `depth` steps: ring[tick % depth]; then as much for each other event
  int depth, nring;     // nring: 1 + number of other events
  int64_t ahead;        // free running: the step that this population has reached
  int32_t *held;        // neurons with held_until > tick
  int64_t nheld;
  int nguard;           // held states that events write to
  double **guard;       // columns
  double *guard_save;   // nguard rows of guard_cap values
  int64_t guard_cap;
  int nzero;            // columns that couplings add to: zeroed at each step
  double **zero;
  bool lets_after;      // events read lets: they are computed again after integration
  bool started;         // on start has run
  SpikeLog log;
  Forced forced;
  Column *initial;      // values at creation of columns that changed since; p NULL: unchanged
  bool free_running;    // nothing comes in, nothing goes out: may be advanced many steps at a time
} PopRun;

static inline PopRun *pop_run(const Pop *p) { return p->run; }
void pop_free(Pop *p);
void pop_run_free(Pop *p);
bool part_read(Vm *vm, const SelPart *part, const char *var, double *out, Span span);
void pop_quiet(Pop *p);        // no spikes under way, nobody held
void proj_quiet(Proj *p);      // as if it had not begun
void pop_save(Pop *p);         // what a run may change, as it was at creation
void block_reset(Block *b, int64_t n);
int64_t pop_column_n(const Pop *p, int var);
bool model_var_hidden(const ModelDesc *m, int var); // names a hidden variable
void block_free(Block *b, int64_t n);

// ---- synapses (vm/proj.c) ----
typedef struct Segment {
  int32_t delay;  // steps
  uint32_t start; // from the beginning of the row
} Segment;

typedef struct Delays { // delay, or post_delay
  double time;       // of all, where times is NULL
  double *times;     // seconds, in storage order; NULL: uniform, or rounded already
  int32_t *steps;    // of each synapse; NULL: uniform
  double dt;         // with which steps were made
  int32_t min, max;
} Delays;

typedef struct Store {
  int64_t nsrc, ndst;           // rows; candidates for targets
  int64_t src_lo, dst_lo;       // ranges of elements ...
  int32_t *src_idx, *dst_idx;   // ... or elements by position (NULL: a range)
  int32_t *src_pos, *dst_pos;   // position by element, -1: not among them (NULL: a range)
  int64_t i0, j0;               // position of the first within the selections as written
  int64_t *off;                 // nsrc + 1: where rows begin
  int32_t *target;              // elements; of each synapse, or one row for all (shared)
  bool shared;                  // every row is target[0..ndst-1]
  Delays pre, post;
  int64_t *seg_row;             // nsrc + 1, into seg; NULL where the delay is uniform
  Segment *seg;
  uint32_t *seg_table;          // pull: start of each delay min..max+1 in each row
  // The way back, where a target's spikes need it: by target position, ndst + 1, where its synapses begin in back_syn.
  // Of shared rows it is arithmetic: back_sources alone, the elements of the rows.
  int64_t *back;
  int32_t *back_syn;            // synapses of a target in the order of storage, that is by source
  int32_t *back_row;            // a row not after that of synapse k << back_shift, and near it
  int back_shift;
  int32_t *back_sources;
} Store;

static inline Store *proj_store(const Proj *p) { return p->store; }
static inline const int32_t *store_targets(const Store *s, int64_t row) {
  return s->shared ? s->target : s->target + s->off[row];
}
static inline int64_t store_row(const Store *s, int32_t element) { // -1: not a source
  if (s->src_pos) return s->src_pos[element];
  int64_t r = element - s->src_lo;
  return r >= 0 && r < s->nsrc ? r : -1;
}
static inline int32_t store_source(const Store *s, int64_t row) {
  return s->src_idx ? s->src_idx[row] : (int32_t)(s->src_lo + row);
}
static inline int64_t store_position(const Store *s, int32_t target) {
  return s->dst_pos ? s->dst_pos[target] : target - s->dst_lo;
}
static inline int64_t target_position(const Store *s, int32_t element) { // -1: not a target
  if (s->dst_pos) return s->dst_pos[element];
  int64_t j = element - s->dst_lo;
  return j >= 0 && j < s->ndst ? j : -1;
}
// Rounds delays to steps of dt, sorts rows by delay, then target, and makes the segment tables.
bool proj_settle(Vm *vm, Proj *p);
bool proj_way_back(Proj *p); // false: no memory
static inline bool store_has_way_back(const Store *s) { return s->back || s->back_sources; }
static inline int64_t store_back_count(const Store *s, int64_t target) {
  return s->shared ? s->nsrc : s->back[target + 1] - s->back[target];
}
// The synapses of a target (by position), and their sources: in `syn` and `src`, which have room for store_back_count, or
// where they stand already.
const int32_t *store_back_synapses(const Store *s, int64_t target, int32_t *syn);
const int32_t *store_back_sources(const Store *s, int64_t target, int32_t *src);
void proj_segment_table(Proj *p);
void proj_free(Proj *p);
void proj_run_free(Proj *p);
bool proj_own_block(Vm *vm, Proj *p); // out of a shared block into one of its own, states at 0; false: no memory
// For `reset`: what a run may change, or one column before something else sets it. Both false after a report: no memory.
bool proj_save(Vm *vm, Proj *p);
bool proj_save_var(Vm *vm, Proj *p, int var);
size_t proj_width(const Proj *p, int var);
int32_t delay_steps(const Vm *vm, double time);
void proj_reset(Proj *p);
bool proj_delays_kept(const Proj *p); // as times: dt may change
bool report_delay(Vm *vm, const Proj *p, double time, const char *what); // false
// As proj_write; rank: element k of v belongs to synapse k of `from`'s pairs (NULL: in the order source, target).
bool proj_write_ranked(Vm *vm, ProjGroup *g, const char *var, Value v, const int64_t *rank, Span span);
bool proj_expand(Proj *p, int var);   // a uniform column becomes a full one
double proj_get(const Proj *p, int var, int64_t syn);
void proj_set(Proj *p, int var, int64_t syn, double x);

// present.c: states that only events advance, at the beginning of the step that comes next.
typedef struct PresentColumn {
  Proj *proj;
  int var;
  void *copy;
} PresentColumn;
typedef struct Present {
  Vec(PresentColumn) kept; // what stood in the columns before
} Present;
bool present_open(Vm *vm, const ProjGroup *g, int var, Present *out); // to read var; then present_close puts all back
void present_close(Present *p);
bool present_for_good(Vm *vm, ProjGroup *g); // before something is set; both false: no memory or an error was reported

typedef enum DeliverWay { DELIVER_NONE, DELIVER_PULL, DELIVER_PUSH, DELIVER_KERNEL } DeliverWay;

typedef struct Arrival { // a segment of a row, at its time
  int64_t row, tick;     // tick: when the spike was
  int32_t begin, end, count;
} Arrival;
typedef struct ArrivalList {
  Arrival *data;
  int64_t n, cap;
} ArrivalList;

// A column of the sources or targets, as it was in the last steps, for synapses that see it through a delay.
typedef enum HistoryPhase {
  HISTORY_INPUTS, // at the beginning of each step: couplings, integration
  HISTORY_EVENT,  // before the events of each step
  HISTORY_BEFORE, // pre states before each spike of the step, for what its arrival does, and ...
  HISTORY_DRAWN,  // ... after it, where a draw changed them
  HISTORY_AFTER   // pre and post states after all spikes of the step
} HistoryPhase;
typedef struct History {
  HistoryPhase phase;
  bool post;       // of the targets, through post_delay
  const double *col;
  double *ring;    // depth rows of n
  double **again;  // nagain more such rings: of the second, third ... spike of one source in one step
  int nagain;
  int64_t n;
  int depth;
  bool begun;
  int64_t first;   // step of the first row
  double *between; // depth rows at the stage at hand, by age; made when first wanted
  uint64_t *made;  // at which stage each row was
  Bound *b;        // the kernel that sees it, at this slot
  int slot;
} History;

typedef struct FastRun {
  double *col;
  double factor;
  bool weighted;
  struct AddRing *ring; // push
} FastRun;

typedef struct UpdateRun { // of a SynUpdate
  Bound each, pre, post;
} UpdateRun;

typedef struct ProjRun {
  SynCode code;
  Arena *arena;
  bool linked;
  double *shown[3];        // what `source` stores
  Bound on_pre, once_pre, on_post, once_post, coupling, source, integrate, integrate_pre, sync;
  UpdateRun step, start, past, *every;
  struct StagePart *stage;
  int64_t *period;         // of every, in steps
  Fault fault;             // the first of this step's events
  Bound *event_each, *event_once; // of code.event
  int64_t arrived;         // synaptic events so far: synapses reached by a spike
  DeliverWay way, forced_way; // forced_way: instead of the choice (tests, bench); DELIVER_NONE: choose
  FastRun *fast;
  double npre, npost;
  int32_t *fill;           // an index repeated, as long as the longest row segment or chunk
  int32_t *fill_target;
  int64_t nfill;
  int32_t *back_synapses, *back_sources; // of one target: room for nback
  int64_t nback;
  int32_t *group_syn;      // a target's synapses and sources, grouped by delay
  int64_t ngroup, *group;
  int pass;                // which spike of its source in one step the arrival at hand is
  History *history;        // what kernels see of the sources as it was
  int nhistory;
  ArrivalList *calendar;   // DELIVER_KERNEL: by step % depth; then as much for each of code.event
  int depth, ncalendar;
  bool started;            // on start has run
  bool past_known;         // what `past` keeps is there
  Column *initial, *pre_initial;
  bool *changes;           // by variable: some kernel stores to the per-synapse column
} ProjRun;
static inline ProjRun *proj_run(const Proj *p) { return p->run; }

// Sums on their way: slot (tick % depth) is added to the column when its step comes.
typedef struct AddRing {
  double *col, *slots;
  int64_t n;
  int depth;
  bool *used;     // anything in the slot
} AddRing;

// A step of phase 2: the lets of a population, or the coupling of a projection.
typedef struct Action {
  Pop *pop;
  Proj *proj;
} Action;

typedef struct ArrayBind {
  KernelInstance *in;
  int slot, global, access;
  bool constant;
  const void *seen;
} ArrayBind;

// Integration by the machine: see stages.h.
typedef struct StagePart StagePart;
typedef struct StageSaved {
  double *p, *copy;
  int64_t n;
} StageSaved;
typedef struct Stages {
  StagePart **part; // all n; behind them room for those of one method
  int n;
  bool any_joined;
  bool *needed;     // of Net.order: evaluated at each stage
  StageSaved *saved;// sums and lets that the stages change
  int nsaved;
  double c;         // the stage at hand is at t_n + c*dt
  bool failed;      // a native function did in this step: reported
  uint64_t count;   // of stages
  void *lanes;      // of rk45
  void *solvers;    // of cvode
  int nsolvers;
} Stages;

typedef struct Net Net;
struct Net {
  double sys[SYS_COUNT]; // T, DT, TICK of the step
  double step_time, timed_dt; // the time of step timed_tick, where dt is timed_dt
  int64_t timed_tick;
  double *global;        // numbers of globals as kernels see them
  bool *global_const;    // some kernel counts on it not to change
  int nglobal;
  bool attached;         // kernels are bound; false after any change of structure
  bool weights;          // a column of synapses was written: factors of delivery are computed again
  bool constants;        // a parameter changed: derived values must be set up again
  Vec(AddRing *) rings;
  Vec(ArrayBind) arrays; // globals that are arrays: bound again when the value changes
  Action *order;         // of lets and couplings (phase 2)
  int norder;
  Vec(TimedBlock *) timed;
  int64_t next_timed;
  int64_t next_record;
  Vec(ProjGroup *) groups;
  Vec(Signal *) signals;
  int computed[2];       // signals computed before the lets of each step, and after them
  bool inputs_taken;     // lets and inputs of this step are known: computed signals read them
  double *iota, *zeros;
  int64_t niota, nzeros;
  Vec(double *) old;     // iotas and zeros that kernels may still be bound to
  bool running;
  bool broken;           // a native function failed while values were derived from parameters: reported
  int64_t ahead;         // the farthest step that a free population has reached
  int64_t fired;         // spikes so far, for statistics
  Vec(Value) kept;       // captures of injections: dropped with the network
  Stages stages;
  uint32_t generation;   // counts detachments: what was bound before is stale
};
static inline Net *vm_net(const Vm *vm) { return vm->net; }

// Calls fn for every kernel of a projection, with its binding and lanes (attach.c).
typedef void (*KernelFn)(void *ctx, Proj *p, const Kernel *k, Bound *b, int64_t lanes);
void proj_each_kernel(Proj *p, KernelFn fn, void *ctx);

// ---- parts of a step ----
bool run_attach(Vm *vm);            // attach.c: links and binds what changed
void run_detach(Vm *vm);
void advance_free(Vm *vm, Pop *p, int64_t until, Fault *fault); // free.c: a population alone, many steps at a time
bool free_can(const Vm *vm, const Pop *p);
void run_setup(Vm *vm);             // values derived from parameters, factors of delivery
bool order_inputs(Vm *vm);          // order.c: Net.order; reports a circle
bool phase_inputs(Vm *vm);          // step.c: lets and couplings at t
bool signals_take(Vm *vm, bool after_lets); // signal.c: computes those that are due before or after the lets
void signals_reset(Vm *vm);
void signals_cut(Vm *vm, int n); // drops those behind the first n, which nothing may name any more
void signals_clear(Vm *vm);
bool phase_inputs_again(Vm *vm, const bool *needed); // those of Net.order that are needed, at a stage
// stages.c: parts are opened after linking and before binding
StagePart *stage_part_open(Vm *vm, const StageCode *code, Pop *pop, Proj *proj, Arena *a); // memory NULL: not to be had
void stage_part_bind(StagePart *r, const Scope *s, uint32_t object);
void stage_part_close(StagePart *r);
double *stage_column(const StagePart *r, const Slot *t);
void stages_open(Vm *vm);           // all are bound, the order of inputs is known
void stages_close(Vm *vm);
bool stages_take(Vm *vm);           // fills the columns STAGE_NEXT
// event.c
// What goes wrong in a handler is left in ProjRun.fault.
void emit_spikes(Vm *vm, Proj *p);   // this step's spikes set out
void fetch_rows(const Vm *vm, const Proj *p, bool near);
void deliver_pre(Vm *vm, Proj *p);   // those that arrive in this step
void deliver_rings(Vm *vm);
void deliver_post(Vm *vm, Proj *p);
void guard_open(Vm *vm, Pop *p);    // remembers held states; with the spikes of this step except under nest
void guard_close(Vm *vm, Pop *p);   // puts them back
void guard_rebuild(Vm *vm, Pop *p); // who is held, from the column
void guard_add(Pop *p, const SpikeList *l);
SpikeList *spikes_of_step(const Pop *p, int64_t tick);
SpikeList *events_of_step(const Pop *p, int event, int64_t tick);
void spike_ring_grow(Vm *vm, Pop *p, int depth); // keeps what is in it
void calendar_grow(Vm *vm, Proj *p, int depth, int ncalendar);
AddRing *add_ring(Vm *vm, double *col, int64_t n, int depth);
void rings_quiet(Vm *vm);           // forgets sums and events on their way
void rings_free(Vm *vm);
bool history_open(Vm *vm, Proj *p); // history.c: after binding; false: no memory
void history_close(Proj *p);
double *history_ring(History *h, int pass); // made where it is not there yet
void history_take(Vm *vm, Proj *p, HistoryPhase phase);
// HISTORY_BEFORE or HISTORY_DRAWN of one handler of arrivals: for spike number `pass` of a source in this step.
void history_spike(Vm *vm, Proj *p, const Bound *b, HistoryPhase phase, int pass);
// Lets b see its sources as they were `pre` and its targets as they were `post` steps ago.
void history_aim(Vm *vm, Proj *p, Bound *b, int64_t pre, int64_t post);
bool history_of(const Proj *p, const Bound *b, bool post); // whether b sees any past of that side
// A kernel over call's synapses: contiguous in storage, of one delay; those of one target.
bool history_run(Vm *vm, Proj *p, Bound *b, KernelCall *call, int64_t pre);
bool history_run_back(Vm *vm, Proj *p, Bound *b, KernelCall *call, int64_t post);
bool couple(Vm *vm, Proj *p, Fault *fault); // couple.c: a coupling of phase 2
bool synapses_run(Vm *vm, Proj *p, Bound *b, Fault *fault); // a kernel over all synapses, in chunks
enum { SYNAPSE_CHUNK = 4096 };
bool record_due(Vm *vm);            // probe.c: recordings of variables due now
void record_prepare(Vm *vm);        // periods in steps
void log_spikes(Vm *vm, Pop *p, const SpikeList *l);
void recordings_reset(Vm *vm);
void recordings_cut(Vm *vm, int n); // drops those behind the first n; the rest is found due again by record_prepare
void recordings_clear(Vm *vm);
void recordings_unbind(Vm *vm);     // by run_detach, which also counts Net.generation up
void spike_log_free(SpikeLog *l);   // probe_spikes.c
bool timed_due(Vm *vm);             // timed.c
void timed_clear(Vm *vm);
void timed_prepare(Vm *vm);
int timed_count(const Vm *vm);
bool *timed_done(const Vm *vm, int k); // whether block k of `at` has run
void timed_cut(Vm *vm, int n);         // drops the blocks behind the first n
bool timed_past(const Vm *vm, int k);  // an `at` whose time is over
// snapshot.c, checkpoint.c
typedef struct Bytes {
  unsigned char *data;
  size_t n, cap;
} Bytes;
void bytes_add(Bytes *b, const void *data, size_t n);
void state_write(Vm *vm, Bytes *out); // everything, with what was recorded
bool state_read(Vm *vm, const unsigned char *data, size_t n); // false: it does not fit, and the network is spoilt
bool creation_remember(Vm *vm);       // step.c: what `reset` goes back to, once; false after a report: no memory
uint64_t hash_bytes(uint64_t h, const void *data, size_t n);
void spikes_push(SpikeList *l, const int32_t *i, const int32_t *count, int64_t n);
void injections_round(Vm *vm);      // inject.c: their times in steps of dt
void forced_free(Forced *f);
void forced_due(Vm *vm, Pop *p, SpikeList *l); // inject.c: merges the neurons that must spike in this step
void report_pop_fault(Vm *vm, const Pop *p, const Fault *f);
#define NEVER INT64_MAX

#endif
