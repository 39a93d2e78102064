// SPDX-License-Identifier: MIT
// Marks of the script machine. Values are counted, so that keeping a variable costs a reference: a program that then
// changes the array behind it makes a copy of its own.
#include "vm/script_undo.h"

#include "vm/script_file.h"
#include "vm/script_machine.h"
#include "vm/undo.h"

typedef struct Kept {
  int slot;
  Value was;
} Kept;

struct ScriptMark {
  VmMark *vm;
  Snapshot *state;
  bool moves; // the program may change the state
  Vec(Kept) kept;
  int nfiles, expects, failed;
  RecordFileMark *files;
  bool run_failed;
  uint64_t draws, draws_begin;
  uint32_t fills, fills_begin;
};

// ---- what a program does ----

typedef struct Effects {
  bool runs, writes; // the network
  int nwrites;
} Effects;

static void effect_of(ScriptIns in, Effects *e) {
  switch (in.op) {
  case S_RUN:
  case S_RUNSTEPS:
  case S_RUNUNTIL:
  case S_RESET:
  case S_RESTORE:
  case S_RESUME:
  case S_SWEEP: e->runs = true; break;
  case S_SETFIELD:
  case S_SETPAIR:
  case S_SETINDEX:
  case S_SIGSET: e->nwrites++; break;
  case S_JUMP:
  case S_JUMPF:
  case S_CALL: e->nwrites += e->nwrites > 0; break; // more may come after the first
  default: break;
  }
}

static Effects effects_of(const ScriptProgram *p) {
  Effects e = {0};
  for (int f = 0; f < p->func.n; f++)
    for (int k = 0; k < p->func.data[f].ncode; k++) effect_of(p->func.data[f].code[k], &e);
  e.writes = e.nwrites > 1; // one alone does all or nothing
  return e;
}

static bool is_kept(const ScriptMark *k, int slot) {
  for (int j = 0; j < k->kept.n; j++)
    if (k->kept.data[j].slot == slot) return true;
  return false;
}

static void keep(const Script *m, ScriptMark *k, int slot) {
  if (slot >= m->nglobals || is_kept(k, slot)) return;
  vec_push(&k->kept, (Kept){slot, value_keep(m->globals[slot])});
}

static void keep_stored(const Script *m, ScriptMark *k, const ScriptProgram *p) {
  for (int f = 0; f < p->func.n; f++)
    for (int j = 0; j < p->func.data[f].ncode; j++) {
      ScriptIns in = p->func.data[f].code[j];
      if (in.op == S_STOREG) keep(m, k, in.a);
      else if (in.op == S_SETINDEXG) keep(m, k, in.b);
    }
}

// A run calls blocks of earlier programs.
static void keep_all(const Script *m, ScriptMark *k) {
  for (int slot = 0; slot < m->nglobals; slot++) vec_push(&k->kept, (Kept){slot, value_keep(m->globals[slot])});
}

ScriptMark *script_mark(Script *m, const ScriptProgram *p, double most) {
  ScriptMark *k = mem_alloc(sizeof *k);
  Effects e = effects_of(p);
  k->vm = vm_mark(m->vm);
  k->nfiles = m->files.n;
  k->files = record_files_mark(m);
  k->run_failed = m->run_failed;
  k->expects = m->expects;
  k->failed = m->failed;
  k->draws = m->draws;
  k->draws_begin = m->draws_begin;
  k->fills = m->fills;
  k->fills_begin = m->fills_begin;
  k->moves = (e.runs || e.writes) && m->vm->pops.n;
  if (e.runs) keep_all(m, k);
  else keep_stored(m, k, p);
  if (k->moves && !vm_link(m->vm)) k->moves = false; // then nothing will move
  if (k->moves && vm_snapshot_bytes(m->vm) <= most) k->state = vm_store(m->vm);
  return k;
}

// ---- going back ----

static void rewind_globals(Script *m, ScriptMark *k) {
  for (int j = 0; j < k->kept.n; j++) {
    Kept *v = &k->kept.data[j];
    value_drop(m->globals[v->slot]);
    m->globals[v->slot] = v->was;
    v->was = value_none();
  }
}

bool script_rewind(Script *m, ScriptMark *k) {
  Span nowhere = {0};
  rewind_globals(m, k);
  vm_rewind(m->vm, k->vm);
  record_files_cut(m, k->nfiles);
  m->expects = k->expects;
  m->failed = k->failed;
  m->draws = k->draws;
  m->draws_begin = k->draws_begin;
  m->fills = k->fills;
  m->fills_begin = k->fills_begin;
  m->run_failed = k->run_failed;
  if (!k->moves) return true;
  if (!k->state || !vm_link(m->vm) || !vm_restore(m->vm, k->state, nowhere)) return false;
  record_files_back(m, k->files, k->nfiles);
  return true;
}

void script_mark_free(ScriptMark *k) {
  if (!k) return;
  for (int j = 0; j < k->kept.n; j++) value_drop(k->kept.data[j].was);
  vec_free(&k->kept);
  mem_free(k->files);
  snapshot_free(k->state);
  vm_mark_free(k->vm);
  mem_free(k);
}

void script_resume(Script *m) {
  m->interrupted = m->stopped = m->running = false;
  if (m->interrupt) *m->interrupt = 0;
}
