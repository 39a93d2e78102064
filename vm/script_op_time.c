// SPDX-License-Identifier: MIT
// Operations of scripts on time: runs, timed blocks, computed signals, stored states, sweeps.
//
// A run ended by the user (Ctrl-C) counts as done: the script goes on with what was recorded, later runs do nothing.
#include "vm/io.h"
#include "vm/script_file.h"
#include "vm/script_machine.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static bool not_in_run(Frame *f, const char *what) {
  if (!f->m->running) return true;
  Diag *e = diag(f->m->diags, E_RUN_NESTED, frame_span(f), "%s cannot stand in a block that runs during a run", what);
  diag_hint(e, "`at` and `every` may change values; put the statement after `run`");
  return false;
}

// ---- runs ----

static int until_holds(void *closure) {
  Value v = value_none();
  if (!closure_call(closure, &v)) return -1;
  bool holds = value_as_num(v) != 0;
  value_drop(v);
  return holds;
}

bool script_run_steps(Script *m, int64_t steps, Closure *until, Span span) {
  if (m->interrupted) return true;
  if (m->link_only) {
    m->stopped = vm_link(m->vm);
    return false;
  }
  if (!m->vm->ran) {
    m->draws_begin = m->draws;
    m->fills_begin = m->fills;
  }
  m->running = true;
  RunEnd end = vm_run(m->vm, steps, until ? until_holds : NULL, until, span);
  m->running = false;
  if (m->stopped || (m->interrupt && *m->interrupt >= 2)) {
    m->stopped = true;
    return false;
  }
  if (end == RUN_INTERRUPTED) {
    m->interrupted = true;
    if (m->interrupt) *m->interrupt = 0;
  }
  if (end == RUN_ERROR) m->run_failed = true;
  return end != RUN_ERROR;
}

bool script_op_RUN(Frame *f, ScriptIns in) {
  (void)in;
  double seconds;
  int64_t steps;
  return not_in_run(f, "run") && pop_num(f, &seconds) && vm_steps(f->m->vm, seconds, &steps, frame_span(f)) &&
         script_run_steps(f->m, steps, NULL, frame_span(f));
}

bool script_op_RUNSTEPS(Frame *f, ScriptIns in) {
  (void)in;
  double steps;
  if (!not_in_run(f, "run") || !pop_num(f, &steps)) return false;
  if (steps != rint(steps) || steps < 0 || steps > 0x1p53) {
    diag(f->m->diags, E_DURATION, frame_span(f), "a run takes a whole number of steps, 0 or more, but this is %.15g", steps);
    return false;
  }
  return script_run_steps(f->m, (int64_t)steps, NULL, frame_span(f));
}

bool script_op_RUNUNTIL(Frame *f, ScriptIns in) {
  if (!not_in_run(f, "run")) return false;
  Closure *c = closure_new(f, in.a);
  bool ok = script_run_steps(f->m, INT64_MAX, c, frame_span(f));
  closure_drop(c);
  return ok;
}

bool script_op_RESET(Frame *f, ScriptIns in) {
  if (!not_in_run(f, "reset")) return false;
  vm_reset(f->m->vm, in.a != 0);
  if (in.a) {
    f->m->draws = f->m->draws_begin;
    f->m->fills = f->m->fills_begin;
  }
  return true;
}

// ---- timed blocks ----

static bool run_block(void *closure) {
  Value v = value_none();
  if (!closure_call(closure, &v)) return false;
  value_drop(v);
  return true;
}

static bool timed(Frame *f, int func, bool periodic) {
  Closure *c = closure_new(f, func);
  double time;
  if (!pop_num(f, &time)) {
    closure_drop(c);
    return false;
  }
  Vm *vm = f->m->vm;
  return periodic ? vm_every(vm, time, run_block, c, closure_drop, frame_span(f))
                  : vm_at(vm, time, run_block, c, closure_drop, frame_span(f));
}

bool script_op_AT(Frame *f, ScriptIns in) { return timed(f, in.a, false); }

bool script_op_EVERY(Frame *f, ScriptIns in) { return timed(f, in.a, true); }

// ---- signals ----

bool script_op_NEWSIGNAL(Frame *f, ScriptIns in) {
  (void)in;
  double x;
  if (!not_in_run(f, "signal") || !pop_num(f, &x)) return false;
  push(f, value_obj(signal_make(f->m->vm, x)));
  return true;
}

static bool compute_signal(void *closure, double *x) {
  Value v = value_none();
  if (!closure_call(closure, &v)) return false;
  *x = value_as_num(v);
  value_drop(v);
  return true;
}

bool script_op_COMPUTED(Frame *f, ScriptIns in) {
  if (!not_in_run(f, "signal")) return false;
  Closure *c = closure_new(f, in.a);
  Signal *s = signal_make(f->m->vm, 0);
  if (!signal_compute(f->m->vm, s, in.b != 0, compute_signal, c, closure_drop)) return false;
  push(f, value_obj(s));
  return true;
}

bool script_op_SIGGET(Frame *f, ScriptIns in) {
  (void)in;
  return give(f, 1, value_num(value_as_num(f->sp[-1])));
}

bool script_op_SIGSET(Frame *f, ScriptIns in) {
  (void)in;
  double x;
  Value v = f->sp[-2];
  if (!pop_num(f, &x)) return false;
  if (v.kind == VAL_SIGNAL) ((Signal *)v.obj)->x = x;
  drop(f, 1);
  return true;
}

// ---- stored states ----

static Stored *stored_find(Script *m, const char *name) {
  for (int k = 0; k < m->stored.n; k++)
    if (strcmp(m->stored.data[k].name, name) == 0) return &m->stored.data[k];
  return NULL;
}

bool script_op_STORE(Frame *f, ScriptIns in) {
  (void)in;
  Script *m = f->m;
  if (!not_in_run(f, "store")) return false;
  const char *name = peek_text(f, 0);
  Stored *s = stored_find(m, name);
  if (!s) {
    size_t n = strlen(name) + 1;
    vec_push(&m->stored, (Stored){.name = memcpy(mem_alloc(n), name, n)});
    s = &vec_last(&m->stored);
  }
  snapshot_free(s->snapshot);
  s->snapshot = vm_store(m->vm);
  drop(f, 1);
  return s->snapshot != NULL;
}

bool script_op_RESTORE(Frame *f, ScriptIns in) {
  (void)in;
  if (!not_in_run(f, "restore")) return false;
  const char *name = peek_text(f, 0);
  Stored *s = stored_find(f->m, name);
  if (!s || !s->snapshot) {
    Diag *e = diag(f->m->diags, E_STORE_NAME, frame_span(f), *name ? "no state \"%s\" was stored" : "no state was stored%s", name);
    diag_hint(e, *name ? "write `store \"%s\"` where the state is as wanted" : "write `store` where the state is as wanted%s", name);
    return false;
  }
  if (!vm_restore(f->m->vm, s->snapshot, frame_span(f))) return false;
  drop(f, 1);
  return true;
}

// What of the script belongs to the state: how many random numbers it drew.
typedef struct Draws {
  uint64_t draws, draws_begin, fills, fills_begin;
} Draws;

bool script_op_CHECKPOINT(Frame *f, ScriptIns in) {
  (void)in;
  Script *m = f->m;
  if (!not_in_run(f, "checkpoint")) return false;
  Draws d = {m->draws, m->draws_begin, m->fills, m->fills_begin};
  Str path = {0}, more = {0};
  io_path(&path, peek_text(f, 0), m->save_dir);
  str_addn(&more, (const char *)&d, sizeof d);
  record_files_describe(m, &more);
  bool ok = vm_checkpoint(m->vm, path.data, more.data, more.n, frame_span(f));
  str_free(&path);
  str_free(&more);
  if (ok) drop(f, 1);
  return ok;
}

typedef struct Resume {
  Script *m;
  Span span;
  const char *path;
  Draws d;
  FileMarks *files;
} Resume;

static bool take_script_state(void *ctx, const void *bytes, size_t n) {
  Resume *r = ctx;
  if (n < sizeof r->d) {
    diag(r->m->diags, E_CHECKPOINT, r->span, "\"%s\" is damaged", r->path);
    return false;
  }
  memcpy(&r->d, bytes, sizeof r->d);
  r->files = record_files_find(r->m, (const char *)bytes + sizeof r->d, n - sizeof r->d, r->span);
  return r->files != NULL;
}

bool script_op_RESUME(Frame *f, ScriptIns in) {
  (void)in;
  Script *m = f->m;
  if (!not_in_run(f, "resume")) return false;
  Str path = {0};
  io_path(&path, peek_text(f, 0), m->save_dir); // where `checkpoint` writes, or else beside the script
  if (access(path.data, R_OK) != 0) {
    path.n = 0;
    io_path(&path, peek_text(f, 0), m->load_dir);
  }
  Resume r = {.m = m, .span = frame_span(f), .path = path.data};
  bool ok = vm_resume(m->vm, path.data, take_script_state, &r, frame_span(f));
  str_free(&path);
  ok = record_files_continue(m, r.files, ok) && ok;
  if (!ok) return m->run_failed = true, false; // the files at hand are not whole
  m->draws = r.d.draws, m->draws_begin = r.d.draws_begin;
  m->fills = (uint32_t)r.d.fills, m->fills_begin = (uint32_t)r.d.fills_begin;
  drop(f, 1);
  return true;
}

// ---- sweeps ----

// The object of a sweep stands on the stack while it goes on, so that it ends with its frame whatever happens.
struct Sweep {
  Object head;
  Script *m;
  const ScriptSweep *how;
  Value values;
  int64_t next, n;
  Value current;
  Snapshot *start;
  uint32_t trial;
  Sweep *outer;
  bool row_open;       // the last row may still take cells
  int64_t nrows, cap;
  Value *cell;         // nrows of how->n
};

static void sweep_free(Object *o) {
  Sweep *s = (Sweep *)o;
  if (s->m->sweep == s) s->m->sweep = s->outer;
  for (int64_t k = 0; k < s->nrows * s->how->n; k++) value_drop(s->cell[k]);
  value_drop(s->values);
  value_drop(s->current);
  snapshot_free(s->start);
  mem_free(s->cell);
  mem_free(s);
}

bool script_op_SWEEP(Frame *f, ScriptIns in) {
  Script *m = f->m;
  if (!not_in_run(f, "sweep")) return false;
  int64_t n = value_len(f->sp[-1]);
  if (n < 0) {
    char buf[160];
    diag(m->diags, E_OPERAND, frame_span(f), "a sweep goes through an array of values, but this is %s", value_text(f->sp[-1], buf));
    return false;
  }
  Snapshot *start = vm_store(m->vm);
  if (!start) return false;
  Sweep *s = object_new(VAL_LIST, sizeof *s, sweep_free);
  s->m = m;
  s->how = &f->p->sweep.data[in.a];
  s->values = pop(f);
  s->n = n;
  s->start = start;
  s->trial = m->vm->trial;
  s->outer = m->sweep;
  m->sweep = s;
  push(f, value_obj(s));
  return true;
}

// Each pass begins with the network as it stood, as a trial of its own.
bool script_op_SWEEPNEXT(Frame *f, ScriptIns in) {
  Sweep *s = (Sweep *)f->sp[-1].obj;
  Vm *vm = s->m->vm;
  if (s->next > 0 && !vm_restore(vm, s->start, frame_span(f))) return false;
  s->row_open = false;
  if (s->next >= s->n || s->m->interrupted) {
    vm->trial = s->trial + (uint32_t)s->next;
    f->pc = in.a;
    return true;
  }
  vm->trial = s->trial + 1 + (uint32_t)s->next;
  value_drop(s->current);
  s->current = array_row(s->values, s->next++);
  push(f, value_keep(s->current));
  return !s->m->stopped;
}

static int sweep_column(const Sweep *s, const char *name) {
  for (int k = 1; k < s->how->n; k++)
    if (strcmp(s->how->names[k], name) == 0) return k;
  return -1;
}

static Value *sweep_row(Sweep *s) {
  int n = s->how->n;
  if (s->nrows == s->cap) {
    s->cap = s->cap ? 2 * s->cap : 16;
    s->cell = mem_realloc(s->cell, sizeof *s->cell * (size_t)(s->cap * n));
  }
  Value *row = &s->cell[s->nrows++ * n];
  row[0] = value_keep(s->current);
  for (int k = 1; k < n; k++) row[k] = value_none();
  s->row_open = true;
  return row;
}

// Values go into the row of this pass; a name that is in it already begins another.
bool script_op_COLLECT(Frame *f, ScriptIns in) {
  const ScriptCollect *c = &f->p->collect.data[in.a];
  Sweep *s = f->m->sweep;
  if (!s) {
    diag(f->m->diags, E_OPERAND, frame_span(f), "collect stands in a sweep, but no sweep is going on here");
    return false;
  }
  Value *row = s->row_open ? &s->cell[(s->nrows - 1) * s->how->n] : sweep_row(s);
  for (int k = 0; k < c->n; k++) {
    int col = sweep_column(s, c->names[k]);
    if (col < 0) continue;
    if (row[col].kind != VAL_NONE) row = sweep_row(s);
    row[col] = value_keep(f->sp[k - c->n]);
  }
  drop(f, c->n);
  return true;
}

static bool sweep_table_column(Frame *f, Sweep *s, Table *t, int col) {
  Value *v = mem_alloc(sizeof *v * (size_t)(s->nrows + 1)), out = value_none();
  for (int64_t r = 0; r < s->nrows; r++) {
    v[r] = s->cell[r * s->how->n + col];
    if (v[r].kind == VAL_NONE) v[r] = value_num(NAN);
  }
  bool ok = array_stack(f->m->diags, frame_span(f), v, s->nrows, &out);
  mem_free(v);
  if (ok) table_set(t, col, s->how->names[col], s->how->formats[col].unit, s->how->formats[col].scale, out);
  return ok;
}

bool script_op_ENDSWEEP(Frame *f, ScriptIns in) {
  (void)in;
  Sweep *s = (Sweep *)f->sp[-1].obj;
  Table *t = table_new(s->how->n);
  for (int k = 0; k < s->how->n; k++)
    if (!sweep_table_column(f, s, t, k)) {
      value_drop(value_obj(t));
      return false;
    }
  return give(f, 1, value_obj(t));
}
