// SPDX-License-Identifier: MIT
// Programs of scripts: making, verifying, listing.
//
// The verifier walks each function along all paths, from instruction 0, with the depth of the stack at each instruction;
// two paths that meet must agree. A program that passed it never reads outside of a pool, a frame or its stack.
#include "vm/script.h"

#include "base/str.h"
#include "vm/builtin.h"

#include <string.h>

ScriptProgram *script_program_new(void) {
  ScriptProgram *p = mem_alloc(sizeof *p);
  p->arena = arena_new();
  return p;
}

void script_program_free(ScriptProgram *p) {
  if (!p) return;
  for (int k = 0; k < p->constant.n; k++) value_drop(p->constant.data[k]);
  vec_free(&p->constant);
#define X(field, type, letter) vec_free(&p->field);
  SCRIPT_POOLS(X)
#undef X
  vec_free(&p->test);
  arena_free(p->arena);
  mem_free(p);
}

typedef struct OpInfo {
  const char *name, *operands, *doc;
} OpInfo;
static const OpInfo OPS[S_COUNT] = {
#define SOP(name, operands, pops, pushes, doc) {#name, operands, doc},
#include "vm/script_ops.def"
#undef SOP
};

bool script_resets(const ScriptProgram *p) {
  for (int f = 0; f < p->func.n; f++)
    for (int k = 0; k < p->func.data[f].ncode; k++)
      if (p->func.data[f].code[k].op == S_RESET) return true;
  return false;
}

const char *script_op_name(int op) { return op >= 0 && op < S_COUNT ? OPS[op].name : "?"; }

// ---- verifying ----

// Numbers below this are possible for an operand; INT32_MAX: any number that is not negative.
static int operand_limit(const ScriptProgram *p, const ScriptFunc *f, char letter) {
  switch (letter) {
  case '-': return INT32_MAX;
  case 'n': return 1 << 24;
  case 'c': return p->constant.n;
  case 'g': return p->nglobals;
  case 'l': return f->nslots;
  case 'j': return f->ncode;
#define X(field, type, sign)                                                                                           \
  case sign: return p->field.n;
    SCRIPT_POOLS(X)
#undef X
  default: return 0;
  }
}

static bool operands_fit(const ScriptProgram *p, const ScriptFunc *f, ScriptIns in) {
  const char *letters = OPS[in.op].operands;
  return in.a >= 0 && in.a < operand_limit(p, f, letters[0]) && in.b >= 0 && in.b < operand_limit(p, f, letters[1]);
}

// What an instruction takes from and gives to the stack. Operands were checked before.
static void effect(const ScriptProgram *P, ScriptIns in, int *pops, int *pushes) {
  const int A = in.a;
  (void)A;
  (void)P;
  switch (in.op) {
#define SOP(name, operands, takes, gives, doc)                                                                         \
  case S_##name:                                                                                                       \
    *pops = (takes);                                                                                                   \
    *pushes = (gives);                                                                                                 \
    break;
#include "vm/script_ops.def"
#undef SOP
  default: *pops = *pushes = 0;
  }
}

typedef struct Walk {
  const ScriptProgram *p;
  const ScriptFunc *f;
  int *depth;   // at each instruction, -1: not reached yet
  int *todo;    // instructions to go on from
  int ntodo, deepest;
} Walk;

static const char *arrive(Walk *w, int pc, int depth) {
  if (pc >= w->f->ncode) return "code that runs over its end";
  if (w->depth[pc] < 0) {
    w->depth[pc] = depth;
    w->todo[w->ntodo++] = pc;
  } else if (w->depth[pc] != depth) {
    return "two ways to one place with different stacks";
  }
  return NULL;
}

// Depth at the target of a jump that is taken.
static int depth_taken(ScriptIns in, int before, int after) {
  switch (in.op) {
  case S_NEXTRANGE:
  case S_NEXTEACH: return before - 2;
  case S_SWEEPNEXT: return before;
  default: return after;
  }
}

static const char *walk_one(Walk *w, int pc) {
  ScriptIns in = w->f->code[pc];
  int pops, pushes, before = w->depth[pc];
  effect(w->p, in, &pops, &pushes);
  if (pops < 0 || pops > before) return "an instruction that takes more than there is";
  int after = before - pops + pushes;
  if (after > w->deepest) w->deepest = after;
  if (OPS[in.op].operands[0] == 'j') {
    const char *wrong = arrive(w, in.a, depth_taken(in, before, after));
    if (wrong) return wrong;
  }
  if (in.op == S_JUMP || in.op == S_RETURN) return NULL;
  return arrive(w, pc + 1, after);
}

static const char *verify_func(ScriptProgram *p, ScriptFunc *f) {
  if (f->ncode < 1 || f->nparams < 0 || f->nslots < f->nparams) return "a function without code or frame";
  for (int k = 0; k < f->ncode; k++) {
    if (f->code[k].op >= S_COUNT) return "an unknown instruction";
    if (!operands_fit(p, f, f->code[k])) return "an operand out of range";
  }
  Walk w = {.p = p, .f = f, .depth = mem_alloc(sizeof(int) * (size_t)f->ncode),
            .todo = mem_alloc(sizeof(int) * (size_t)f->ncode)};
  for (int k = 0; k < f->ncode; k++) w.depth[k] = -1;
  const char *wrong = arrive(&w, 0, 0);
  while (!wrong && w.ntodo) wrong = walk_one(&w, w.todo[--w.ntodo]);
  f->depth = w.deepest;
  mem_free(w.depth);
  mem_free(w.todo);
  return wrong;
}

static const char *verify_pools(const ScriptProgram *p) {
  for (int k = 0; k < p->call.n; k++)
    if (p->call.data[k].builtin < 0 || p->call.data[k].builtin >= BUILTIN_COUNT) return "an unknown built-in function";
  for (int k = 0; k < p->record.n; k++)
    if (p->record.data[k].kind == RECORD_EXPR && (p->record.data[k].func < 0 || p->record.data[k].func >= p->func.n))
      return "a recording without its function";
  for (int k = 0; k < p->index.n; k++)
    if (p->index.data[k].n > ARRAY_DIMS) return "too many indices";
  for (int k = 0; k < p->test.n; k++)
    if (p->test.data[k].func < 0 || p->test.data[k].func >= p->func.n) return "a test without its function";
  return NULL;
}

const char *script_verify(ScriptProgram *p) {
  if (!p->func.n) return "a program without code";
  const char *wrong = verify_pools(p);
  for (int k = 0; !wrong && k < p->func.n; k++) wrong = verify_func(p, &p->func.data[k]);
  p->verified = !wrong;
  return wrong;
}

// ---- listing ----

static void print_constant(Str *out, Value v) {
  if (v.kind == VAL_STR) {
    str_addc(out, ' ');
    str_addjson(out, ((StrObj *)v.obj)->text, (size_t)((StrObj *)v.obj)->n);
  } else if (v.kind == VAL_ARRAY) {
    str_addf(out, " an array of %lld", (long long)((Array *)v.obj)->n);
  } else if (v.kind == VAL_BOOL) {
    str_add(out, v.b ? " true" : " false");
  } else {
    str_addc(out, ' ');
    str_addnum(out, value_as_num(v));
  }
}

static void print_format(Str *out, const ScriptFormat *u) {
  str_addf(out, " %s", *u->unit ? u->unit : "1");
  if (u->spec) str_addf(out, " :%s", u->spec);
}

static void print_operand(Str *out, const ScriptProgram *p, char letter, int x) {
  switch (letter) {
  case '-': return;
  case 'c': print_constant(out, p->constant.data[x]); return;
  case 'g': str_addf(out, " %s", p->globals && p->globals[x] ? p->globals[x] : "?"); return;
  case 'l': str_addf(out, " $%d", x); return;
  case 'j': str_addf(out, " -> %d", x); return;
  case 'f': str_addf(out, " function %d (%s)", x, p->func.data[x].name); return;
  case 'u': print_format(out, &p->format.data[x]); return;
  case 'k': str_addf(out, " %s/%d", BUILTINS[p->call.data[x].builtin].name, p->call.data[x].nargs); return;
  case 's': str_addf(out, " %s", p->name.data[x]); return;
  case 'p': str_addf(out, " %s", p->pop.data[x].desc->name); return;
  case 'x': str_addf(out, " %s", p->conn.data[x].desc->syn ? p->conn.data[x].desc->syn->model.name : "?"); return;
  case 'y': str_addf(out, " %s", p->native.data[x].fn ? p->native.data[x].fn->name : p->native.data[x].lib->name); return;
  case 'e': str_addf(out, " %s", p->expect.data[x].sign); return;
  default: str_addf(out, " %d", x);
  }
}

static void print_ins(Str *out, const ScriptProgram *p, const ScriptFunc *f, int k, const Sources *src) {
  ScriptIns in = f->code[k];
  const Source *s = src ? sources_get(src, f->spans[k].file) : NULL;
  uint32_t line = 0, column = 0;
  if (s) source_position(s, f->spans[k].lo, &line, &column);
  str_addf(out, "  %4d  line %-4u %-11s", k, (unsigned)line, OPS[in.op].name);
  print_operand(out, p, OPS[in.op].operands[0], in.a);
  print_operand(out, p, OPS[in.op].operands[1], in.b);
  while (out->n && out->data[out->n - 1] == ' ') out->data[--out->n] = 0;
  str_addc(out, '\n');
}

void script_print(const ScriptProgram *p, const Sources *src, Str *out) {
  for (int k = 0; k < p->func.n; k++) {
    const ScriptFunc *f = &p->func.data[k];
    str_addf(out, "function %d (%s): %d arguments, %d variables, stack %d\n", k, f->name, f->nparams, f->nslots, f->depth);
    for (int j = 0; j < f->ncode; j++) print_ins(out, p, f, j, src);
  }
}
