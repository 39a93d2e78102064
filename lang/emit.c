// SPDX-License-Identifier: MIT
// Registers and code. Scalars have a register each. Block registers are given by a linear scan over the order of a lane
// section: a value's register is free again after its last use, and the one freed last is taken next.
#include "base/arena.h"
#include "base/diag.h"
#include "base/vec.h"
#include "lang/emit.h"

#include <string.h>

enum { NO_REGISTER = -1, EXPM_RESULTS = 256 };

typedef struct Emit {
  Ir *ir;
  Plan plan;
  Kernel *k;
  int section;
  bool lanes;  // in a lane section
  int *scalar; // register of each node's scalar, derived column or column
  int *block;  // block register of a node in this section
  int *uses;   // left in this section
  int *out;    // out register of an effect
  Vec(int) free;
  Vec(uint16_t) code;
  Vec(InsnSpan) spans;
  Vec(int) what;
  Vec(double) constants;
  Vec(uint16_t) columns;
} Emit;

// ---- writing instructions ----
typedef struct Insn {
  int fam, nargs, dest;
  IrVal arg[IR_ARGS];
  int imm;
  Span span;
} Insn;

static int take_block(Emit *e) {
  if (e->free.n) return vec_pop(&e->free);
  return reg_block(e->k) + e->k->nblock++;
}
static void put_word(Emit *e, int w) { vec_push(&e->code, (uint16_t)w); }

static bool lanes_of(const Emit *e, IrVal v) { return e->lanes && !ir_uniform(e->ir, v); }
static int register_of(const Emit *e, IrVal v) {
  int r = lanes_of(e, v) && e->block[v] != NO_REGISTER ? e->block[v] : e->scalar[v];
  if (r == NO_REGISTER) BUG("value %d of %s has no register", v, e->k->name);
  return r;
}
static char kind_of(const Emit *e, IrVal v) {
  if (!e->lanes || lanes_of(e, v)) return ir_is_mask(e->ir, v) ? 'm' : 'v';
  return ir_is_mask(e->ir, v) ? 'q' : 'k';
}
// A scalar spread over a block register, for an operation that has no form for it.
static int spread(Emit *e, IrVal v) {
  int r = take_block(e);
  put_word(e, ir_is_mask(e->ir, v) ? OP_MCOPY_q : OP_COPY_k);
  put_word(e, r);
  put_word(e, register_of(e, v));
  return r;
}

static bool swappable(int fam) {
  return fam == FAM_ADD || fam == FAM_MUL || fam == FAM_EQ || fam == FAM_NE || fam == FAM_AND || fam == FAM_OR ||
         fam == FAM_FMA || fam == FAM_FMS || fam == FAM_FNMA || fam == FAM_MIN || fam == FAM_MAX;
}
// The opcode whose form needs the fewest scalars spread; `spread_set` has a bit for each of those.
static int choose_form(const Emit *e, const Insn *in, unsigned *spread_set) {
  char kinds[IR_ARGS + 1] = "", all[IR_ARGS + 1];
  unsigned scalars = 0;
  for (int i = 0; i < in->nargs; i++) {
    kinds[i] = kind_of(e, in->arg[i]);
    scalars |= (unsigned)(kinds[i] == 'k' || kinds[i] == 'q') << i;
  }
  kinds[in->nargs] = 0;
  int best = -1, best_count = IR_ARGS + 1;
  for (unsigned set = scalars;; set = (set - 1) & scalars) { // all subsets
    memcpy(all, kinds, sizeof all);
    for (int i = 0; i < in->nargs; i++)
      if (set >> i & 1) all[i] = kinds[i] == 'q' ? 'm' : 'v';
    int op = op_variant(in->fam, in->nargs ? all : "x");
    int count = __builtin_popcount(set);
    if (op >= 0 && count < best_count) best = op, best_count = count, *spread_set = set;
    if (!set) break;
  }
  return best;
}
static int form(Emit *e, Insn *in, unsigned *spread_set) {
  int op = choose_form(e, in, spread_set);
  if (!swappable(in->fam) || (op >= 0 && !*spread_set)) return op;
  Insn other = *in;
  other.arg[0] = in->arg[1];
  other.arg[1] = in->arg[0];
  unsigned set = 0;
  int second = choose_form(e, &other, &set);
  if (second < 0 || (op >= 0 && __builtin_popcount(set) >= __builtin_popcount(*spread_set))) return op;
  *in = other;
  *spread_set = set;
  return second;
}

static void put_instruction(Emit *e, Insn in) {
  unsigned set = 0;
  int regs[IR_ARGS], spreads[IR_ARGS], nspread = 0, op = form(e, &in, &set);
  if (op < 0) BUG("no form of %s for its operands", family_info(in.fam)->name);
  for (int i = 0; i < in.nargs; i++) {
    regs[i] = set >> i & 1 ? spread(e, in.arg[i]) : register_of(e, in.arg[i]);
    if (set >> i & 1) spreads[nspread++] = regs[i];
  }
  if (in.span.file) vec_push(&e->spans, (InsnSpan){(uint32_t)e->code.n, in.span});
  put_word(e, op);
  int next = 0;
  for (const char *p = op_info(op)->operands; *p; p++) switch (*p) {
    case 'd': case 'o': put_word(e, in.dest); break;
    case 's': case 'i': put_word(e, in.imm); break;
    case 'w': put_word(e, in.imm & 0xffff), put_word(e, (int)((unsigned)in.imm >> 16)); break;
    default: put_word(e, regs[next++]);
    }
  for (int i = 0; i < nspread; i++) vec_push(&e->free, spreads[i]);
}

// ---- nodes ----
static Insn insn_of(const IrNode *n, int dest) {
  Insn in = {.fam = n->fam, .nargs = n->nargs, .dest = dest, .imm = n->imm, .span = n->span};
  memcpy(in.arg, n->arg, sizeof in.arg);
  return in;
}
static void put_expm(Emit *e, IrVal v, const int *result) { // result[i]: register of element i or 0xffff
  const IrNode *n = ir_at(e->ir, v);
  int kk = n->imm * n->imm;
  int *reg = NEWN(e->ir->arena, int, kk);
  for (int i = 0; i < kk; i++) {
    IrVal m = n->matrix[i];
    reg[i] = !m ? 0xffff : e->lanes && !lanes_of(e, m) ? spread(e, m) : register_of(e, m);
  }
  put_word(e, OP_EXPM_x);
  put_word(e, n->imm);
  for (int i = 0; i < kk; i++) put_word(e, reg[i]);
  for (int i = 0; i < kk; i++) put_word(e, result[i]);
  for (int i = 0; i < kk; i++)
    if (n->matrix[i] && e->lanes && !lanes_of(e, n->matrix[i])) vec_push(&e->free, reg[i]);
}
// The results of an EXPM: `registers` gives a needed one its place. All are made at once.
static void emit_expm(Emit *e, IrVal v, int (*place)(Emit *, IrVal)) {
  int *result = NEWN(e->ir->arena, int, EXPM_RESULTS);
  for (int i = 0; i < EXPM_RESULTS; i++) result[i] = 0xffff;
  for (IrVal p = v + 1; p < e->ir->n; p++) {
    const IrNode *n = ir_at(e->ir, p);
    if (n->fam == N_PICK && n->arg[0] == v && e->plan.need[p]) result[n->imm] = place(e, p);
  }
  put_expm(e, v, result);
}

// The mask (a number where there is none) and the call before are the last two operands of an impure function.
static void put_native(Emit *e, IrVal v, int dest) {
  const IrNode *n = ir_at(e->ir, v);
  const NativeFn *f = e->ir->native[n->imm];
  int mask = 0xffff;
  if (f->impure && ir_is_mask(e->ir, n->arg[f->nparams])) {
    IrVal m = n->arg[f->nparams];
    mask = lanes_of(e, m) ? register_of(e, m) : spread(e, m);
    if (!lanes_of(e, m)) vec_push(&e->free, mask);
  }
  if (n->span.file) vec_push(&e->spans, (InsnSpan){(uint32_t)e->code.n, n->span});
  put_word(e, OP_NATIVE_x);
  put_word(e, dest);
  put_word(e, n->imm);
  put_word(e, mask);
  put_word(e, f->nparams);
  for (int k = 0; k < f->nparams; k++) put_word(e, register_of(e, n->arg[k]));
}

// ---- scalars ----
static int scalar_place(Emit *e, IrVal v) { return e->scalar[v]; }
static void emit_constant_mask(Emit *e, IrVal v) { // 0 == 0 or 0 != 0
  put_word(e, ir_at(e->ir, v)->imm ? OP_EQ_vv : OP_NE_vv);
  put_word(e, e->scalar[v]);
  put_word(e, 0);
  put_word(e, 0);
}
static void emit_scalars(Emit *e, bool steps) {
  for (IrVal v = 1; v < e->ir->n; v++) {
    const IrNode *n = ir_at(e->ir, v);
    if (!(e->plan.need[v] & NEED_SCALAR) || rate_by_step(n->rate) != steps) continue;
    if (n->fam == N_CONST) {
      if (n->mask) emit_constant_mask(e, v);
    } else if (n->fam == FAM_EXPM) emit_expm(e, v, scalar_place);
    else if (n->fam == FAM_NATIVE) put_native(e, v, e->scalar[v]);
    else if (n->fam != N_PICK) put_instruction(e, insn_of(n, e->scalar[v]));
  }
}
static int name_check(Emit *e, int effect) {
  vec_push(&e->what, e->ir->effect[effect].what);
  return e->what.n - 1;
}
static void emit_effect(Emit *e, int i) {
  const IrEffect *f = &e->ir->effect[i];
  Insn in = {.fam = f->fam, .nargs = f->nargs, .imm = f->slot >= 0 ? f->slot : f->what, .span = f->span};
  memcpy(in.arg, f->arg, sizeof f->arg);
  if (f->fam == FAM_FINITE) in.imm = name_check(e, i);
  put_instruction(e, in);
}
static void emit_commit(Emit *e) {
  const Plan *p = &e->plan;
  const IrEffect *first = &e->ir->effect[p->commit[0].store];
  if (first->span.file) vec_push(&e->spans, (InsnSpan){(uint32_t)e->code.n, first->span});
  put_word(e, OP_COMMIT_x);
  put_word(e, p->ncommit);
  for (int i = 0; i < p->ncommit; i++) {
    const Commit *c = &p->commit[i];
    put_word(e, e->out[c->store]);
    put_word(e, register_of(e, c->v));
    put_word(e, c->factor ? register_of(e, c->factor) : 0xffff);
    put_word(e, name_check(e, c->check));
  }
}

// ---- lanes ----
static int block_place(Emit *e, IrVal v) {
  if (e->plan.need[v] & DERIVED && e->section == SECTION_LANES) return e->scalar[v];
  if (!e->uses[v]) return 0xffff;
  return e->block[v] = take_block(e);
}
static void use(Emit *e, IrVal v) {
  if (!lanes_of(e, v) || --e->uses[v] || e->block[v] == NO_REGISTER) return;
  vec_push(&e->free, e->block[v]);
}
static void count_use(Emit *e, IrVal v, int by) {
  if (lanes_of(e, v)) e->uses[v] += by;
}
// Operands, each as often as it stands there.
static void each_operand(Emit *e, const Step *s, void (*visit)(Emit *, IrVal)) {
  if (!s->node && s->effect == STEP_COMMIT) {
    for (int i = 0; i < e->plan.ncommit; i++) visit(e, e->plan.commit[i].v);
    return;
  }
  if (!s->node) {
    const IrEffect *f = &e->ir->effect[s->effect];
    for (int k = 0; k < f->nargs; k++) visit(e, f->arg[k]);
    return;
  }
  const IrNode *n = ir_at(e->ir, s->node);
  for (int i = 0; i < n->nargs && n->fam != N_PICK; i++) visit(e, n->arg[i]);
  for (int i = 0; n->matrix && i < n->imm * n->imm; i++)
    if (n->matrix[i]) visit(e, n->matrix[i]);
}
static void add_use(Emit *e, IrVal v) { count_use(e, v, 1); }

static void emit_step(Emit *e, const Step *s) {
  if (!s->node) {
    if (s->effect == STEP_COMMIT) emit_commit(e);
    else emit_effect(e, s->effect);
    each_operand(e, s, use);
    return;
  }
  const IrNode *n = ir_at(e->ir, s->node);
  if (n->fam == N_PICK || plan_is_column(e->ir, s->node)) return;
  if (n->fam == FAM_EXPM) {
    emit_expm(e, s->node, block_place);
    each_operand(e, s, use);
    return;
  }
  if (n->fam == FAM_NATIVE) {
    put_native(e, s->node, s->out >= 0 ? e->out[s->out] : block_place(e, s->node));
    each_operand(e, s, use);
    return;
  }
  Insn in = insn_of(n, 0);
  // Operands keep their registers until the form is written; a result may take the place of one that ends here, since
  // every operation reads a lane before it writes it. Scalars that must be spread need other registers: written before.
  unsigned set = 0;
  form(e, &in, &set);
  if (!set) each_operand(e, s, use);
  in.dest = s->out >= 0 ? e->out[s->out] : block_place(e, s->node);
  put_instruction(e, in);
  if (set) each_operand(e, s, use);
}
static void emit_lanes(Emit *e, int section, const Step *steps, int n) {
  e->section = section;
  e->lanes = true;
  e->free.n = 0;
  for (int i = e->k->nblock - 1; i >= 0; i--) vec_push(&e->free, reg_block(e->k) + i);
  for (IrVal v = 0; v < e->ir->n; v++) e->block[v] = NO_REGISTER, e->uses[v] = 0;
  for (int i = 0; i < n; i++) each_operand(e, &steps[i], add_use);
  for (int i = 0; i < n; i++) emit_step(e, &steps[i]);
  e->lanes = false;
}

// ---- the kernel ----
static void number_scalars(Emit *e) {
  Ir *ir = e->ir;
  Kernel *k = e->k;
  vec_push(&e->constants, 0); // register 0 is the number 0
  for (IrVal v = 0; v < ir->n; v++) e->scalar[v] = NO_REGISTER;
  for (IrVal v = 1; v < ir->n; v++)
    if (e->plan.need[v] & NEED_SCALAR && ir_is(ir, v, N_CONST) && !ir_is_mask(ir, v)) {
      e->scalar[v] = e->constants.n;
      vec_push(&e->constants, ir_at(ir, v)->x);
    }
  k->nconstant = e->constants.n;
  for (IrVal v = 1; v < ir->n; v++)
    if (e->plan.need[v] & NEED_SCALAR && e->scalar[v] == NO_REGISTER && !ir_is(ir, v, FAM_EXPM) &&
        !rate_by_step(ir_at(ir, v)->rate))
      e->scalar[v] = reg_setup(k) + k->nsetup++;
  for (IrVal v = 1; v < ir->n; v++)
    if (e->plan.need[v] & NEED_SCALAR && !ir_is(ir, v, FAM_EXPM) && rate_by_step(ir_at(ir, v)->rate))
      e->scalar[v] = reg_prologue(k) + k->nprologue++;
}
static void number_out(Emit *e, int effect) {
  e->out[effect] = reg_out(e->k) + e->k->nout++;
  vec_push(&e->columns, (uint16_t)e->ir->effect[effect].slot);
}
static void number_columns(Emit *e) {
  Ir *ir = e->ir;
  Kernel *k = e->k;
  for (IrVal v = 1; v < ir->n; v++)
    if (e->plan.need[v] && plan_is_column(ir, v)) {
      e->scalar[v] = reg_column(k) + k->ncolumn++;
      vec_push(&e->columns, (uint16_t)ir_at(ir, v)->imm);
    }
  for (int i = 0; i < e->plan.ncommit; i++) number_out(e, e->plan.commit[i].store);
  for (int i = 0; i < e->plan.nbody; i++)
    if (e->plan.body[i].out >= 0) number_out(e, e->plan.body[i].out);
  for (IrVal v = 1; v < ir->n; v++)
    if (e->plan.need[v] & DERIVED && !ir_is(ir, v, FAM_EXPM)) e->scalar[v] = reg_derived(k) + k->nderived++;
}

static void begin(Emit *e, int section) {
  e->section = section;
  e->k->section[section] = e->code.n;
}
static void emit_sections(Emit *e) {
  begin(e, SECTION_SETUP);
  emit_scalars(e, false);
  put_word(e, OP_END_x);
  begin(e, SECTION_LANES);
  emit_lanes(e, SECTION_LANES, e->plan.lanes, e->plan.nlanes);
  put_word(e, OP_END_x);
  begin(e, SECTION_PROLOGUE);
  emit_scalars(e, true);
  for (int store = 0; store < 2; store++)
    for (int i = 0; i < e->ir->neffects; i++)
      if (plan_in_prologue(e->ir, &e->ir->effect[i]) && (e->ir->effect[i].fam == FAM_STOREU) == store)
        emit_effect(e, i);
  put_word(e, OP_END_x);
  begin(e, SECTION_BODY);
  emit_lanes(e, SECTION_BODY, e->plan.body, e->plan.nbody);
  put_word(e, OP_END_x);
}

static char *heap_copy(const char *s) {
  size_t n = s ? strlen(s) : 0;
  char *p = mem_alloc(n + 1);
  if (n) memcpy(p, s, n);
  return p;
}
static void give_tables(Emit *e) {
  Kernel *k = e->k;
  k->code = e->code.data, k->ncode = e->code.n;
  k->spans = e->spans.data, k->nspans = e->spans.n;
  k->what = e->what.data, k->nwhat = e->what.n;
  k->native = mem_alloc(sizeof *k->native * (size_t)(e->ir->nnative + 1));
  for (int i = 0; i < e->ir->nnative; i++) k->native[i] = e->ir->native[i];
  k->nnative = e->ir->nnative;
  k->constants = e->constants.data;
  k->column = e->columns.data;
  k->nslots = e->ir->nslots;
  k->slots = mem_alloc(sizeof(Slot) * (size_t)(k->nslots + 1));
  for (int i = 0; i < k->nslots; i++) {
    k->slots[i] = e->ir->slot[i];
    k->slots[i].name = heap_copy(e->ir->slot[i].name);
  }
  for (IrVal v = 1; v < e->ir->n; v++) {
    const IrNode *n = ir_at(e->ir, v);
    if (e->plan.need[v] && n->fam < FAM_COUNT && op_info(family_info(n->fam)->first)->flags & RANDOM) k->random = true;
  }
  for (int i = 0; i < e->ir->neffects; i++)
    if (op_info(family_info(e->ir->effect[i].fam)->first)->flags & RANDOM) k->random = true;
}

Kernel *ir_compile(Ir *ir, const char *name) {
  ir_rewrite(ir);
  ir_fuse(ir);
  Emit e = {.ir = ir, .plan = ir_plan(ir), .k = mem_alloc(sizeof(Kernel))};
  e.k->name = heap_copy(name);
  e.scalar = NEWN(ir->arena, int, ir->n);
  e.block = NEWN(ir->arena, int, ir->n);
  e.uses = NEWN(ir->arena, int, ir->n);
  e.out = NEWN(ir->arena, int, ir->neffects + 1);
  number_scalars(&e);
  number_columns(&e);
  emit_sections(&e);
  give_tables(&e);
  vec_free(&e.free);
  const char *wrong = kernel_verify(e.k);
  if (wrong) BUG("kernel %s: %s", name, wrong);
  return e.k;
}
