// SPDX-License-Identifier: MIT
// Facts about kernels, and the verifier: one walk over the code that knows, for each register, whether it was written
// and as what (number or mask).
#include "vm/program.h"

#include "base/arena.h"
#include "vm/expm.h"
#include "vm/kernel.h"

#include <string.h>

int kernel_nslots(const Kernel *k) { return k->nslots; }
const Slot *kernel_slot(const Kernel *k, int s) { return &k->slots[s]; }
bool kernel_is_impure(const Kernel *k) {
  for (int i = 0; k && i < k->nnative; i++)
    if (k->native[i]->impure) return true;
  return false;
}
bool kernel_is_random(const Kernel *k) { return k->random; }
bool kernel_uses_index(const Kernel *k, Access a) {
  for (int i = 0; i < k->nslots; i++)
    if (k->slots[i].access == a) return true;
  for (int section = 0; section < SECTION_COUNT; section++)
    for (const uint16_t *p = k->code + k->section[section]; *p != OP_END_x; p += op_words(p))
      if (*p == OP_INDEX_x && p[2] == a - ACC_SELF) return true;
  return false;
}

void kernel_free(Kernel *k) {
  if (!k) return;
  for (int i = 0; i < k->nslots; i++) mem_free((char *)k->slots[i].name);
  mem_free(k->name);
  mem_free(k->slots);
  mem_free(k->code);
  mem_free(k->constants);
  mem_free(k->column);
  mem_free(k->what);
  mem_free(k->native);
  mem_free(k->spans);
  mem_free(k);
}

size_t kernel_bytes(const Kernel *k) {
  return sizeof *k + sizeof(Slot) * (size_t)k->nslots + 2 * (size_t)k->ncode + 8 * (size_t)k->nconstant +
         2 * (size_t)(k->ncolumn + k->nout) + sizeof(InsnSpan) * (size_t)k->nspans + sizeof(int) * (size_t)k->nwhat;
}

// ---- verifying ----
enum { NOT_WRITTEN, IS_NUMBER, IS_MASK };

typedef struct Verify {
  const Kernel *k;
  uint8_t *state; // of each register
  int section;
} Verify;

static bool is_scalar(const Kernel *k, int r) { return r < reg_column(k); }
static bool lanes_section(int section) { return section == SECTION_LANES || section == SECTION_BODY; }

static const char *check_read(const Verify *v, int r, char kind) {
  if (r >= reg_count(v->k)) return "operand out of range";
  bool scalar = is_scalar(v->k, r), want_scalar = kind == 'k' || kind == 'q' || !lanes_section(v->section);
  if (scalar != want_scalar && !(kind == 'x' && scalar)) return scalar ? "scalar read as lanes" : "lanes read as a scalar";
  if (v->state[r] == NOT_WRITTEN) return "register read before it is written";
  bool mask = kind == 'm' || kind == 'q';
  if (v->state[r] != (mask ? IS_MASK : IS_NUMBER)) return mask ? "number read as a mask" : "mask read as a number";
  return NULL;
}
// Which registers a section may write.
static bool writable(const Kernel *k, int section, int r) {
  switch (section) {
  case SECTION_SETUP: return r >= reg_setup(k) && r < reg_prologue(k);
  case SECTION_PROLOGUE: return r >= reg_prologue(k) && r < reg_column(k);
  case SECTION_LANES: return r >= reg_derived(k) && r < reg_count(k);
  default: return (r >= reg_out(k) && r < reg_derived(k)) || (r >= reg_block(k) && r < reg_count(k));
  }
}
static const char *check_write(Verify *v, int r, char kind) {
  if (r >= reg_count(v->k)) return "result out of range";
  if (!writable(v->k, v->section, r)) return "result where the section may not write";
  v->state[r] = kind == 'o' ? IS_MASK : IS_NUMBER;
  return NULL;
}
static const char *check_expm(Verify *v, const uint16_t *at, const uint16_t *end) {
  int k = at[0], kk = k * k;
  if (k < 1 || k > EXPM_MAX) return "matrix too large";
  if (end - at < 1 + 2 * kk) return "code ends within an instruction";
  const char *wrong = NULL;
  for (int i = 1; i <= kk && !wrong; i++)
    if (at[i] != 0xffff) wrong = check_read(v, at[i], 'v');
  for (int i = kk + 1; i <= 2 * kk && !wrong; i++)
    if (at[i] != 0xffff) wrong = check_write(v, at[i], 'd');
  return wrong;
}
static const char *check_commit(Verify *v, const uint16_t *at, const uint16_t *end, bool results) {
  if (end - at < 1 + 4 * at[0]) return "code ends within an instruction";
  const char *wrong = NULL;
  for (int i = 0; i < at[0] && !wrong; i++) {
    const uint16_t *p = at + 1 + 4 * i;
    if (p[0] < reg_out(v->k) || p[0] >= reg_derived(v->k)) wrong = "result that is no column";
    else if (p[3] >= v->k->nwhat) wrong = "check without a name";
    else if (results) wrong = check_write(v, p[0], 'd');
    else if (!(wrong = check_read(v, p[1], 'v')) && p[2] != 0xffff) wrong = check_read(v, p[2], 'k');
  }
  return wrong;
}
static const char *check_native(const Verify *v, const uint16_t *at, const uint16_t *end) {
  if (end - at < 3 || end - at < 3 + at[2]) return "code ends within an instruction";
  if (at[0] >= v->k->nnative) return "no such native function";
  if (at[2] != v->k->native[at[0]]->nparams) return "a native function with another number of arguments";
  const char *wrong = at[1] == 0xffff ? NULL : check_read(v, at[1], 'm');
  for (int i = 0; i < at[2] && !wrong; i++) wrong = check_read(v, at[3 + i], 'x');
  return wrong;
}
static bool slot_fits(const Slot *s, int family) {
  if (s->type > SLOT_I32) return false;
  bool indexed = s->access >= ACC_SELF && s->access <= ACC_POST;
  switch (family) {
  case FAM_LOADU: case FAM_STOREU: return s->access == ACC_UNIFORM;
  case FAM_LOAD: case FAM_STORE: return s->access == ACC_LANE;
  case FAM_GATHER: case FAM_SCATTER: return indexed;
  case FAM_LOOKUP: case FAM_SERIES: return s->access == ACC_ARRAY;
  default: return s->access != ACC_ARRAY;
  }
}
static const char *check_slot(const Verify *v, int s, const OpInfo *op) {
  if (s >= v->k->nslots) return "slot out of range";
  if (!slot_fits(&v->k->slots[s], op->family)) return "operation does not fit the access of its slot";
  if ((op->flags & EFFECT) && !v->k->slots[s].stored) return "store to a slot that is not marked as stored";
  return NULL;
}
static const char *check_immediate(const Verify *v, int i, const OpInfo *op) {
  if (op->family == FAM_INDEX && i > 2) return "no such index";
  if (op->family == FAM_FINITE && i >= v->k->nwhat) return "check without a name";
  return NULL;
}

// One operand; results are checked after all that is read (`results`: which pass).
static const char *check_operand(Verify *v, const OpInfo *op, char kind, const uint16_t *at, const uint16_t *end,
                                 bool results) {
  if (kind == 'C') return check_commit(v, at, end, results);
  if (kind == 'E') return results ? NULL : check_expm(v, at, end);
  if (kind == 'N') return results ? NULL : check_native(v, at, end);
  if (kind == 'd' || kind == 'o') return results ? check_write(v, *at, kind) : NULL;
  if (results) return NULL;
  if (kind == 's') return check_slot(v, *at, op);
  if (kind == 'i') return check_immediate(v, *at, op);
  return kind == 'w' ? NULL : check_read(v, *at, kind);
}
static const char *check_instruction(Verify *v, const uint16_t *at, const uint16_t *end) {
  if (*at >= OP_COUNT) return "no such operation";
  const OpInfo *op = op_info(*at);
  if (end - at < 1 + (ptrdiff_t)strlen(op->operands) + (strchr(op->operands, 'w') != NULL))
    return "code ends within an instruction";
  const char *wrong = NULL;
  for (int pass = 0; pass < 2; pass++) {
    const uint16_t *p = at + 1;
    for (const char *o = op->operands; *o && !wrong; p += *o == 'w' ? 2 : 1, o++)
      wrong = check_operand(v, op, *o, p, end, pass == 1);
  }
  return wrong;
}
static const char *check_section(Verify *v) {
  const Kernel *k = v->k;
  if (k->section[v->section] < 0 || k->section[v->section] >= k->ncode) return "section outside the code";
  const uint16_t *at = k->code + k->section[v->section], *end = k->code + k->ncode;
  for (int i = reg_block(k); i < reg_count(k); i++) v->state[i] = NOT_WRITTEN;
  while (at < end && *at != OP_END_x) {
    const char *wrong = check_instruction(v, at, end);
    if (wrong) return wrong;
    at += op_words(at);
  }
  return at < end ? NULL : "section without an end";
}
static const char *check_tables(const Kernel *k) {
  if (reg_count(k) > 0xffff) return "too many registers";
  if (k->ncode < 1 || k->code[k->ncode - 1] != OP_END_x) return "code without an end";
  for (int i = 0; i < k->ncolumn + k->nout; i++) {
    if (k->column[i] >= k->nslots) return "column of no slot";
    const Slot *s = &k->slots[k->column[i]];
    if (s->access != ACC_LANE || s->type != SLOT_F64) return "column that cannot be used in place";
    if (i >= k->ncolumn && !s->stored) return "store to a slot that is not marked as stored";
  }
  return NULL;
}

const char *kernel_verify(const Kernel *k) {
  const char *wrong = check_tables(k);
  if (wrong) return wrong;
  Verify v = {.k = k, .state = mem_alloc((size_t)reg_count(k) + 1)};
  memset(v.state, IS_NUMBER, (size_t)k->nconstant);
  memset(v.state + reg_column(k), IS_NUMBER, (size_t)k->ncolumn);
  for (v.section = 0; v.section < SECTION_COUNT && !wrong; v.section++) wrong = check_section(&v);
  mem_free(v.state);
  return wrong;
}
