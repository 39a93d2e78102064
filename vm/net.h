// SPDX-License-Identifier: MIT
// Networks at run time: models as the machine sees them, populations, projections, injections, recordings, and the step.
//
// The machine knows nothing of the language. `lang` hands it descriptors (ModelDesc, InitCode, ...) whose code is
// kernels, and registers Linker callbacks through which the machine asks, when a run starts and the network has changed,
// for the kernels of each population and projection (late linking: the post states of all projections onto a population
// join its own equations in one system).
//
// Lifetimes: descriptors belong to the program (they outlive the Vm's network); populations, projections and recordings
// belong to the Vm until vm_clear_network or vm_free; kernels stay the Linker's (it caches them) and must outlive both.
//
// Functions that make and read networks stand in vm/vm.h.
#ifndef HEBB_NET_H
#define HEBB_NET_H
#include "base/arena.h"
#include "base/diag.h"
#include "vm/program.h"
#include "vm/value.h"

struct Str;
typedef struct Vm Vm;
typedef struct Pop Pop;
typedef struct Proj Proj;

// ---- descriptors, made by lang ----
typedef enum VarKind { VAR_PARAM, VAR_STATE, VAR_INPUT, VAR_LET, VAR_WEIGHT, VAR_SIGNAL, VAR_HIDDEN } VarKind;
enum { VARF_INT = 1, VARF_HELD = 2 /* refractory holds it: arriving events do not move it */, VARF_PRE = 4, VARF_POST = 8,
       VARF_STEP = 16 /* hidden, of each synapse: a step (tick); begins with the one in which the synapse is made */,
       VARF_WIDE = 32 /* of each synapse: in double precision, however many there are */ };

// Slot.index of SPACE_VAR for what is no variable: positions (metres) and the element number within the population (in
// kernels of connections ir_index(ACC_PRE) is i, which counts within the sources as written; pre.i is this).
enum { VAR_POSX = 0xFFF0, VAR_POSY, VAR_POSZ, VAR_NUMBER };

typedef struct VarDesc {
  const char *name;
  uint8_t kind, flags;   // VARF_PRE / VARF_POST: a synapse's state that lives per source / target neuron
  double initial;        // of hidden variables (-inf for the last spike)
  const char *unit;      // display unit, "" if none
  double scale;          // SI value of one display unit
} VarDesc;

typedef struct ModelDesc {
  const char *name;
  VarDesc *vars;
  int nvars;
  bool spikes;
  int last_spike;   // hidden variable: the step (tick) of the last spike as a number, -inf before; -1: none
  // Hidden variable: the first step (tick) at which states with VARF_HELD move again, written by the spike kernel; -1:
  // none (also if it names no hidden variable). The machine then undoes what events did to held states of neurons with
  // held_until > tick or with a spike in this step: lang need not guard. For `refractory while` lang guards in kernels.
  int held_until;
  // Hidden variable: the interpolated time of the last threshold crossing (`crosses`), written by `advance`; -1: none.
  int t_exact;
  void *lang;       // lang's Model
  Span span;
} ModelDesc;

// The value of one variable when a population or projection is made. The kernel stores SPACE_OUT 0 for each lane;
// SPACE_CAPTURE n is captures[n] of the statement. Order of the items is the order of dependence.
// INIT_POS: the kernel stores x, y, z to SPACE_OUT 0, 1, 2; as an array [N, 1 to 3], or [shape..., 1 to 3].
// In a ConnDesc, items of VARF_PRE / VARF_POST states run over the lanes of the source / target population.
// `where`, `number` and per-synapse items are run with idx[1] = i and idx[2] = j as written; idx[0] is NULL and
// ir_lane is the number of the synapse in the order source, target (of the pair i*n_targets + j for `where`).
// number: with indegree lanes are targets (idx[2]), with outdegree sources (idx[1]), with probability pairs.
enum { INIT_DELAY = -1, INIT_POST_DELAY = -2, INIT_WHERE = -3, INIT_POS = -4, INIT_REQUIRE = -5 };
typedef struct InitCode {
  int var;          // column of the model, or INIT_*
  Kernel *kernel;   // NULL: zero
  bool uniform;     // does not differ from lane to lane: one lane is computed and stored once
  bool random;      // a draw per element
  int array;        // >= 0: instead of the kernel, captures[array] must be an array of one element per lane
  Span span;
} InitCode;

typedef struct PopDesc {
  void *lang;            // lang's own
  const char *name;
  ModelDesc *model;
  InitCode *init;
  int ninit;
  Kernel **require; // each stores 0/1 to SPACE_OUT 0 per lane
  const char **require_text;
  Span *require_span;
  int nrequire;
  Span span;
} PopDesc;

typedef struct SynDesc {
  ModelDesc model;
  int weight;        // variable of w, -1 if none
  int input;         // variable of the target that it feeds, -1 if none
  bool mergeable;    // projections with equal parameters onto one target may share post states (linear, additive use)
  InitCode *params;  // uniform parameters of this use (one lane)
  int nparams;
  InitCode *require; // INIT_REQUIRE: 0 where a demand of the models does not hold; uniform ones once, others per synapse
  const char **require_text;
  int nrequire;
} SynDesc;

typedef enum PatternKind { PATTERN_ALL, PATTERN_ONE, PATTERN_PROB, PATTERN_INDEGREE, PATTERN_OUTDEGREE, PATTERN_TOTAL,
                           PATTERN_WHERE, PATTERN_FROM } PatternKind;
typedef struct ConnDesc {
  const char *label;     // "" if none
  SynDesc *syn;
  PatternKind pattern;
  Kernel *where;         // candidate pairs: OBJ_PRE/ACC_PRE, OBJ_POST/ACC_POST, ir_index(...) = i, j; NULL if none
  bool where_random;
  Kernel *number;        // p, k or n per pair/target/source where it is not one value for all; else NULL and a value on the stack
  bool no_self, no_multiple;
  InitCode *init;        // per synapse: w, delay, post_delay, states, params
  int ninit;
  Span span, number_span, source_span, target_span;
} ConnDesc;

// ---- the running network ----
typedef struct Column {
  double *p;      // n elements, or one if uniform (64-byte aligned, padded to 8 elements)
  bool uniform;
} Column;

// Post states of one or more projections onto a population (shared where SynDesc.mergeable and parameters are equal).
typedef struct Block {
  SynDesc *syn;
  double *params;   // values of syn->model's params, by variable number; those that differ per synapse are in Proj.cols
  Column *cols;     // by variable number; only VARF_POST states, hidden ones and materialised inputs have memory
  Column *initial;  // their values at creation; p NULL: 0
  Signal **signals; // by variable number, of VAR_SIGNAL; NULL: not bound, 0
  int input;        // variable of the population that its injects feed, -1
  bool is_new;
  bool own;         // a parameter was changed later: no other projection joins it
} Block;

typedef struct Injection {
  void *lang;       // lang's statement (typed expression)
  int input;        // variable it feeds
  SelPart where;    // elements
  Value *captures;
  int ncaptures;
  int64_t from, to; // steps; to = INT64_MAX: for ever
  double from_time, to_time; // the same in seconds
  int64_t i0;       // position of its first element within the selection as written
  Span span;
} Injection;

// A kernel of a shared library, called for all neurons at once, and what runs by lanes after it.
typedef struct NativeArg {
  Kernel *value;    // stores the value to SPACE_OUT 0: of each lane, or (a single value) of the first; NULL: one of these
  int var;          // a column of the neuron; -1
  int global;       // an array of the script; -1
  const char *text;
  Span span;
} NativeArg;
typedef struct NativeStage {
  const struct NativeFn *fn;
  NativeArg *arg;   // by parameter
  Kernel *after;    // NULL: nothing
  Span span;
} NativeStage;

typedef struct TimedKernel {
  NativeStage *call; // after the kernel
  int ncalls;
  Kernel *kernel;
  Kernel *period;   // stores the period to SPACE_OUT 0 (one lane)
} TimedKernel;

// Equations that the machine integrates (vm/stages.c) because their stages reach over populations, or because their
// steps are chosen as they go. Lanes are neurons.
typedef enum StageMethod { STAGES_NONE, STAGES_RK2, STAGES_RK4, STAGES_RK45, STAGES_CVODE } StageMethod;
typedef struct StageEquation {
  int block;        // its state is a column of this block, -1: of the population (of a projection: its pre states)
  int var;
  bool limited;     // STAGE_LIMIT bounds it in the stages
  double scale;     // SI value of one display unit
} StageEquation;
typedef struct StageCode {
  StageMethod method;
  bool joined;      // couplings are evaluated at its stages, together with all others of the method
  StageEquation *eq;
  int n;
  Kernel *slopes;   // right sides at the states as they stand, to STAGE_SLOPE; rk45 and cvode: at the times STAGE_TIME
  Kernel *limits;   // the limits of this step, from the states at its beginning; NULL: none is limited
} StageCode;

// What lang makes of a population and all that acts on it.
typedef struct PopCode {
  Kernel *advance;       // integration, on step, threshold -> spikes. Lanes 0..n-1
  Kernel *threshold;     // NULL: in advance. Else the test for spikes alone, where something comes between integration and
                         // test: arriving events under semantics nest, otherwise the `on step` of synapses, and kernels of
                         // shared libraries
  Kernel *spike;         // over the spike list (ACC_SELF): spike block and last_spike; NULL if it cannot spike
  Kernel *start;         // on start, NULL
  NativeStage *call;     // after advance; then threshold is a kernel of its own
  int ncalls;
  TimedKernel *every;    // on every T, after advance of the steps that begin at T, 2T, ...
  int nevery;
  Kernel *lets;          // stores lets and inputs that others read (phase 2); NULL if none are needed
  StageCode stage;       // equations whose next values `advance` finds in STAGE_NEXT
  Kernel *lets_before;   // the same without stimuli: what they were before t = 0; NULL: as `lets`
  bool lets_need_input;  // what `lets` stores depends on inputs: it must come after the couplings onto this population
  Kernel **event;        // further events (`event NAME when`), where spikes are tested: emits the elements
  Kernel **event_block;  // what they do, over the list of elements (ACC_SELF), after the spike block; it or elements NULL: nothing
  int nevent;
  Value *captures;       // SPACE_CAPTURE of all these kernels; borrowed (of the injections, or in the arena): never dropped
  int ncaptures;
  const char **fault_var;// names for ir_finite numbers
} PopCode;

// target[j] += factor * w for each arriving spike: the fast way of delivery.
typedef struct FastAdd {
  bool to_pop;      // column of the target population, else of the projection's block
  int var;
  double sign;      // +1, -1 or a constant
  int param;        // uniform param of the synapse that multiplies, -1 if none
  bool weighted;    // times w
} FastAdd;

// Kernels of synapses. Lanes of per-synapse kernels are synapses in storage order; OBJ_SELF ACC_LANE are their columns,
// except in on_post, where the synapses of a target lie apart: there OBJ_SELF is ACC_SELF. Once-kernels run over lists of
// neurons: OBJ_PRE and OBJ_PREBLOCK ACC_PRE (once_pre), OBJ_POST and OBJ_BLOCK0 ACC_POST (once_post).
// Post states are advanced by PopCode.advance of the target.
typedef struct SynEvent { // on pre.NAME / on post.NAME
  int event;        // number in PopCode.event of that population
  bool post;        // of the target
  Kernel *once, *each;
  bool once_first;  // as SynCode.once_pre_first
} SynEvent;

typedef struct SourceSum { // w (or 1) times what SynCode.source stores, summed over the synapses of a target
  int var;          // column of the block
  bool weighted;
} SourceSum;

// A block that runs for all synapses at once: what it does to each, then what it does to the states of sources and of
// targets, one lane per neuron. The first computes the new values of those states for itself where it reads them; where
// they are drawn it cannot, and runs last (once_first).
typedef struct SynUpdate {
  Kernel *each, *pre, *post; // NULL: nothing
  bool once_first;
} SynUpdate;
typedef struct SynTimed {
  SynUpdate update;
  Kernel *period;   // as TimedKernel
} SynTimed;

typedef struct SynCode {
  FastAdd *fast;    // if nfast > 0 and on_pre is NULL, delivery is by adding alone
  int nfast;
  Kernel *on_pre;   // per synapse of a row segment: OBJ_SELF ACC_LANE, OBJ_PRE/PREBLOCK ACC_PRE, OBJ_POST/BLOCK0 ACC_POST
  Kernel *once_pre; // per spiking source: pre states; after on_pre, which computes new values it reads by itself
  Kernel *on_post, *once_post; // likewise for post events (rules)
  bool once_pre_first, once_post_first; // once_ draws random numbers: it runs before, and its values are read
  Kernel *coupling; // inject that reads pre or per-synapse values: adds to the block's hidden input column by row
  Kernel *source;   // where each term is w times something of the source, instead of `coupling`: that something, one lane
                    // per source neuron, to SPACE_OUT k for sum k; else NULL
  SourceSum *sum;
  int nsum;         // at most 3
  bool reads_lets;  // the coupling reads algebraic quantities of the source: order of evaluation matters
  StageCode stage;      // of pre states, lanes as in integrate_pre, which finds their next values in STAGE_NEXT
  Kernel *integrate;     // phase 3, before the populations: per-synapse states, from what all states were at t
  Kernel *integrate_pre; // phase 3, after that: pre states, one lane per source neuron (OBJ_PREBLOCK, OBJ_PRE ACC_LANE)
  SynUpdate step;        // phase 3, after the populations: on step
  SynTimed *every;       // on every T of synapse and rules
  int nevery;
  SynUpdate start;       // on start
  SynUpdate past;        // at the end of a step, and before the first: what `prev` of a let will read
  Kernel *sync;         // per synapse: brings states that only events advance to the beginning of step `tick`; to be run
                        // over all synapses before anybody outside reads or sets them; NULL: none
  SynEvent *event;
  int nevent;
  const char **fault_var; // names for ir_finite numbers
  Value *captures;
  int ncaptures;
} SynCode;

typedef struct Linker {
  void *ctx;
  // Each returns false after reporting to vm_diags (with the place in the model).
  bool (*pop)(void *ctx, Vm *vm, Pop *p, PopCode *out, Arena *a);
  bool (*proj)(void *ctx, Vm *vm, Proj *p, SynCode *out, Arena *a);
  // A kernel that computes variable var of the selected elements (ACC_SELF) into SPACE_OUT 0: lets, inputs.
  Kernel *(*reader)(void *ctx, Vm *vm, Pop *p, int var, PopCode *captures, Arena *a);
  // The model as text: the neuron and stimuli of a population, or the synapse and rules of a projection. May be NULL.
  void (*text)(void *ctx, const Pop *p, const Proj *q, struct Str *out);
} Linker;

struct Pop {
  int id;                // number, for random keys
  char *name;
  const PopDesc *desc;
  ModelDesc *model;
  int64_t n;
  int ndim;
  int64_t shape[ARRAY_DIMS];
  double *pos;           // 3 columns of n, NULL without positions
  Column *cols;          // by variable number; lets and inputs have memory only when materialised
  Signal **signals;      // by variable number, of VAR_SIGNAL; NULL: not bound, 0
  Block **blocks;
  int nblocks;
  Injection **injections;
  int ninjections;
  bool changed;          // must be linked again before the next run
  void *run;             // private to vm/step.c
};

struct Proj {            // one source population, one target population
  int id;
  const ConnDesc *desc;
  SynDesc *syn;          // desc->syn
  Pop *pre, *post;
  int input;             // variable of post that the synapse's injects feed, -1
  int block;             // in post->blocks
  Column *pre_cols;      // by variable number: pre states, one per source neuron
  Column *cols;          // by variable number: w, states and params that differ from synapse to synapse; n = nsyn
  uint8_t *type;         // SlotType of each of cols: f32 where nsyn > PROJ_SINGLE
  int64_t nsyn;
  bool changed;
  int order;             // scratch number within a group
  void *store;           // rows, targets, delays: private to vm/proj.c
  void *run;             // private to vm/
};

// Per-synapse columns of larger projections are single precision.
#define PROJ_SINGLE 65536

typedef struct ProjGroup { // what a script calls a projection: one Proj per pair of populations of sums
  Object head;
  const ConnDesc *desc;
  int nproj, nsrc, ndst;   // nproj = nsrc*ndst parts of the sources and targets
  Proj *proj[];            // [source part*ndst + target part]
} ProjGroup;

#endif
