// SPDX-License-Identifier: MIT
// The machine: calls, the dispatch loop, globals, and the interface to the program around.
//
// Dispatch is one indirect call per instruction through a table made from script_ops.def. Script functions call exec
// anew, so that C and script calls nest alike (timed blocks, sampled expressions); the depth is bounded by SCRIPT_CALLS
// and the stack of values by SCRIPT_STACK.
#include "vm/script_machine.h"

#include "vm/script_file.h"

#include <string.h>

typedef bool (*OpFn)(Frame *f, ScriptIns in);
static const OpFn OP_FN[S_COUNT] = {
#define SOP(name, operands, pops, pushes, doc) script_op_##name,
#include "vm/script_ops.def"
#undef SOP
};

Script *script_new(Diags *d) {
  Script *m = mem_alloc(sizeof *m);
  m->diags = d;
  m->vm = vm_new(d);
  m->stack = m->top = mem_alloc(sizeof(Value) * SCRIPT_STACK);
  return m;
}

void script_free(Script *m) {
  if (!m) return;
  for (int k = 0; k < m->stored.n; k++) {
    snapshot_free(m->stored.data[k].snapshot);
    mem_free(m->stored.data[k].name);
  }
  vec_free(&m->stored);
  m->vm->globals = NULL;
  m->vm->nglobals = 0;
  for (int k = 0; k < m->nglobals; k++) value_drop(m->globals[k]); // before the objects of the Vm that they name
  mem_free(m->globals);
  vm_free(m->vm);
  record_files_close(m);
  mem_free(m->stack);
  mem_free(m->load_dir);
  mem_free(m->save_dir);
  mem_free(m);
}

void script_host(Script *m, ScriptHost host) {
  m->host = host;
  m->vm->progress = host.progress;
  m->vm->progress_ctx = host.ctx;
}

void script_linker(Script *m, Linker l) { m->vm->linker = l; }

static void set_text(char **place, const char *text) {
  mem_free(*place);
  size_t n = text ? strlen(text) : 0;
  *place = text ? memcpy(mem_alloc(n + 1), text, n) : NULL;
}

void script_dir(Script *m, const char *load_dir, const char *save_dir) {
  set_text(&m->load_dir, load_dir);
  set_text(&m->save_dir, save_dir);
}

void script_interrupt(Script *m, volatile sig_atomic_t *flag) {
  m->interrupt = flag;
  m->vm->interrupt = flag;
}

Vm *script_vm(Script *m) { return m->vm; }

int script_expects(const Script *m, int *failed) {
  if (failed) *failed = m->failed;
  return m->expects;
}

void script_link_only(Script *m) { m->link_only = true; }

bool script_interrupted(const Script *m) { return m->interrupted; }

// ---- globals ----

static void globals_grow(Script *m, int n) {
  if (n <= m->nglobals) return;
  m->globals = mem_realloc(m->globals, sizeof *m->globals * (size_t)n);
  for (int k = m->nglobals; k < n; k++) m->globals[k] = value_none();
  m->nglobals = n;
  m->vm->globals = m->globals;
  m->vm->nglobals = n;
}

const Value *script_global(const Script *m, int slot) {
  return slot >= 0 && slot < m->nglobals && m->globals[slot].kind != VAL_NONE ? &m->globals[slot] : NULL;
}

bool script_set_global(Script *m, int slot, Value v) {
  if (slot < 0 || slot >= m->nglobals) {
    value_drop(v);
    return false;
  }
  value_drop(m->globals[slot]);
  m->globals[slot] = v;
  return true;
}

// ---- calls ----

// False when the script must end.
static bool may_go_on(Script *m) {
  if (m->stopped) return false;
  if (!m->interrupt || *m->interrupt < (m->running ? 2 : 1)) return true;
  m->stopped = true;
  return false;
}

static bool frame_room(Frame *f, Span span) {
  Script *m = f->m;
  size_t need = (size_t)f->f->nslots + (size_t)f->f->depth + 8;
  if (m->calls < SCRIPT_CALLS && (size_t)(m->top - m->stack) + need < SCRIPT_STACK) return true;
  Diag *e = diag(m->diags, E_CALL_DEPTH, span, "function %s calls itself too deep (%d calls one in another)", f->f->name,
                 m->calls);
  diag_hint(e, "give the recursion an end that is reached, or use a loop");
  return false;
}

static bool frame_loop(Frame *f) {
  const ScriptIns *code = f->f->code;
  while (!f->done) {
    ScriptIns in = code[f->pc++];
    if (!OP_FN[in.op](f, in)) return false;
  }
  return true;
}

static bool exec(Script *m, const ScriptProgram *p, int func, Value *args, int nargs, Value *out, Span span) {
  Frame f = {.m = m, .p = p, .f = &p->func.data[func], .slots = m->top};
  if (!frame_room(&f, span)) {
    while (nargs > 0) value_drop(args[--nargs]);
    return false;
  }
  for (int k = 0; k < f.f->nslots; k++) f.slots[k] = k < nargs ? args[k] : value_none();
  f.sp = f.slots + f.f->nslots;
  m->top = f.sp + f.f->depth + 1;
  m->calls++;
  bool ok = frame_loop(&f);
  m->calls--;
  while (f.sp > f.slots) value_drop(*--f.sp);
  m->top = f.slots;
  if (ok) *out = f.result;
  else value_drop(f.result);
  return ok;
}

bool script_exec(Script *m, const ScriptProgram *p, int func, Value *args, int nargs, Value *out) {
  *out = value_none();
  const ScriptFunc *f = &p->func.data[func];
  return exec(m, p, func, args, nargs, out, f->spans[0]);
}

ScriptEnd script_call(Script *m, const ScriptProgram *p, int func) {
  if (!p->verified) BUG("a script program that was not verified");
  globals_grow(m, p->nglobals);
  m->global_names = p->globals;
  Value out;
  bool ok = script_exec(m, p, func, NULL, 0, &out);
  if (ok) value_drop(out);
  return ok ? SCRIPT_DONE : m->stopped ? SCRIPT_STOPPED : SCRIPT_ERROR;
}

ScriptEnd script_run(Script *m, const ScriptProgram *p) { return script_call(m, p, 0); }

ScriptEnd script_run_for(Script *m, double seconds) {
  int64_t steps;
  Span nowhere = {0};
  if (!vm_steps(m->vm, seconds, &steps, nowhere)) return SCRIPT_ERROR;
  return script_run_steps(m, steps, NULL, nowhere) ? SCRIPT_DONE : m->stopped ? SCRIPT_STOPPED : SCRIPT_ERROR;
}

// ---- closures ----

Closure *closure_new(Frame *f, int func) {
  int n = f->p->func.data[func].nparams;
  Closure *c = mem_alloc(sizeof *c + sizeof(Value) * (size_t)n);
  *c = (Closure){.m = f->m, .p = f->p, .func = func, .n = n};
  for (int k = n; k-- > 0;) c->values[k] = pop(f);
  return c;
}

bool closure_call(Closure *c, Value *out) {
  Value args[c->n + 1];
  for (int k = 0; k < c->n; k++) args[k] = value_keep(c->values[k]);
  return script_exec(c->m, c->p, c->func, args, c->n, out);
}

void closure_drop(void *closure) {
  Closure *c = closure;
  if (!c) return;
  for (int k = 0; k < c->n; k++) value_drop(c->values[k]);
  mem_free(c);
}

// ---- what several operations need ----

const char *peek_text(const Frame *f, int n) {
  Value v = f->sp[-1 - n];
  return v.kind == VAL_STR ? ((const StrObj *)v.obj)->text : "";
}

bool pop_num(Frame *f, double *x) {
  Value v = f->sp[-1];
  bool ok = v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL ||
            (v.kind == VAL_ARRAY && ((Array *)v.obj)->n == 1 && ((Array *)v.obj)->data);
  if (ok) *x = value_as_num(v);
  else {
    char buf[160];
    diag(f->m->diags, E_OPERAND, frame_span(f), "here one number is needed, but this is %s", value_text(v, buf));
  }
  drop(f, 1);
  return ok;
}

// ---- control ----

bool script_op_JUMP(Frame *f, ScriptIns in) {
  f->pc = in.a;
  return may_go_on(f->m);
}

static bool as_bool(Frame *f, Value v, bool *out) {
  if (v.kind == VAL_BOOL) *out = v.b;
  else if (v.kind == VAL_NUM || v.kind == VAL_INT || (v.kind == VAL_ARRAY && ((Array *)v.obj)->n == 1 && ((Array *)v.obj)->data))
    *out = value_as_num(v) != 0;
  else {
    char buf[160];
    Diag *e = diag(f->m->diags, E_OPERAND, frame_span(f), "here true or false is needed, but this is %s", value_text(v, buf));
    if (v.kind == VAL_ARRAY) diag_hint(e, "write all(...) or any(...) around it");
    return false;
  }
  return true;
}

bool script_op_BOOL(Frame *f, ScriptIns in) {
  (void)in;
  bool b;
  return as_bool(f, f->sp[-1], &b) && give(f, 1, value_bool(b));
}

bool script_op_JUMPF(Frame *f, ScriptIns in) {
  bool b;
  if (!as_bool(f, f->sp[-1], &b)) return false;
  drop(f, 1);
  if (!b) f->pc = in.a;
  return true;
}

bool script_op_ELSEF(Frame *f, ScriptIns in) {
  if (!f->sp[-1].b) f->pc = in.a;
  return true;
}

bool script_op_ELSET(Frame *f, ScriptIns in) {
  if (f->sp[-1].b) f->pc = in.a;
  return true;
}

static bool as_whole(Frame *f, Value v, int64_t *out) {
  double x = v.kind == VAL_NUM || v.kind == VAL_INT || v.kind == VAL_BOOL || v.kind == VAL_ARRAY ? value_as_num(v) : 0.5;
  if (x == (double)(int64_t)x && x >= -9e15 && x <= 9e15) {
    *out = (int64_t)x;
    return true;
  }
  char buf[160];
  Str s = {0};
  if (v.kind == VAL_NUM) str_addnum(&s, x);
  diag(f->m->diags, E_OPERAND, frame_span(f), "here a whole number is needed, but this is %s",
       v.kind == VAL_NUM ? s.data : value_text(v, buf));
  str_free(&s);
  return false;
}

bool script_op_FORRANGE(Frame *f, ScriptIns in) {
  (void)in;
  int64_t lo, hi;
  if (!as_whole(f, f->sp[-2], &lo) || !as_whole(f, f->sp[-1], &hi)) return false;
  drop(f, 2);
  push(f, value_int(lo));
  push(f, value_int(hi));
  return true;
}

bool script_op_NEXTRANGE(Frame *f, ScriptIns in) {
  int64_t next = f->sp[-2].i;
  if (next >= f->sp[-1].i) {
    drop(f, 2);
    f->pc = in.a;
    return true;
  }
  f->sp[-2].i++;
  push(f, value_int(next));
  return may_go_on(f->m);
}

bool script_op_FOREACH(Frame *f, ScriptIns in) {
  (void)in;
  if (value_len(f->sp[-1]) < 0) {
    char buf[160];
    diag(f->m->diags, E_OPERAND, frame_span(f), "`for` goes through arrays and ranges a:b, but this is %s",
         value_text(f->sp[-1], buf));
    return false;
  }
  push(f, value_int(0));
  return true;
}

bool script_op_NEXTEACH(Frame *f, ScriptIns in) {
  int64_t k = f->sp[-1].i;
  if (k >= value_len(f->sp[-2])) {
    drop(f, 2);
    f->pc = in.a;
    return true;
  }
  f->sp[-1].i++;
  push(f, array_row(f->sp[-2], k));
  return may_go_on(f->m);
}

bool script_op_CALL(Frame *f, ScriptIns in) {
  int n = f->p->func.data[in.a].nparams;
  Value args[n + 1], out = value_none();
  for (int k = n; k-- > 0;) args[k] = pop(f);
  if (!may_go_on(f->m)) {
    for (int k = 0; k < n; k++) value_drop(args[k]);
    return false;
  }
  if (!exec(f->m, f->p, in.a, args, n, &out, frame_span(f))) return false;
  push(f, out);
  return true;
}

bool script_op_RETURN(Frame *f, ScriptIns in) {
  (void)in;
  f->result = pop(f);
  f->done = true;
  return true;
}

// ---- variables ----

static bool no_value(Frame *f, const char *name) {
  Diag *e = diag(f->m->diags, E_NO_VALUE, frame_span(f), "%s has no value yet here", name);
  diag_hint(e, "the statement that gives it one has not run");
  return false;
}

bool script_op_CONST(Frame *f, ScriptIns in) {
  push(f, value_keep(f->p->constant.data[in.a]));
  return true;
}

bool script_op_NONE(Frame *f, ScriptIns in) {
  (void)in;
  push(f, value_none());
  return true;
}

bool script_op_LOADG(Frame *f, ScriptIns in) {
  Value v = f->m->globals[in.a];
  if (v.kind == VAL_NONE) return no_value(f, f->p->globals && f->p->globals[in.a] ? f->p->globals[in.a] : "this");
  push(f, value_keep(v));
  return true;
}

bool script_op_STOREG(Frame *f, ScriptIns in) {
  value_drop(f->m->globals[in.a]);
  f->m->globals[in.a] = pop(f);
  return true;
}

bool script_op_LOADL(Frame *f, ScriptIns in) {
  if (f->slots[in.a].kind == VAL_NONE) return no_value(f, "this");
  push(f, value_keep(f->slots[in.a]));
  return true;
}

bool script_op_STOREL(Frame *f, ScriptIns in) {
  value_drop(f->slots[in.a]);
  f->slots[in.a] = pop(f);
  return true;
}

bool script_op_MOVEL(Frame *f, ScriptIns in) {
  push(f, f->slots[in.a]);
  f->slots[in.a] = value_none();
  return true;
}

bool script_op_COPY(Frame *f, ScriptIns in) {
  (void)in;
  Value v = f->sp[-1];
  return v.kind != VAL_REC || give(f, 1, value_obj(recording_copy((const Recording *)v.obj)));
}

bool script_op_DUP(Frame *f, ScriptIns in) {
  (void)in;
  push(f, value_keep(f->sp[-1]));
  return true;
}

bool script_op_POP(Frame *f, ScriptIns in) {
  (void)in;
  drop(f, 1);
  return true;
}

bool script_op_SYS(Frame *f, ScriptIns in) {
  Vm *vm = f->m->vm;
  push(f, in.a == 0 ? value_num(vm_time(vm)) : in.a == 1 ? value_num(vm->dt) : value_int(vm->tick));
  return true;
}
