// SPDX-License-Identifier: MIT
// The driver of the script compiler: the program's own function, and functions of the script.
#include "lang/script.h"

#include "lang/script_impl.h"

static int compiled_before(const ScriptC *c, const Node *decl) {
  for (int k = 0; k < c->done.n; k++)
    if (c->done.data[k].decl == decl) return c->done.data[k].func;
  return -1;
}

// A parameter declared `: int` may be given a number that is whole.
static void whole_params(ScriptC *c, const Node *decl, const FuncInfo *info) {
  for (int k = 0; k < info->nparams; k++) {
    if (info->params[k]->type.kind != TY_INT) continue;
    emit(c, decl->list2[k]->span, S_LOADL, k, 0);
    emit(c, decl->list2[k]->span, S_TOINT, 0, 0);
    emit(c, decl->list2[k]->span, S_STOREL, k, 0);
  }
}

int compile_function(ScriptC *c, Node *decl) {
  int func = compiled_before(c, decl);
  if (func >= 0) return func;
  const FuncInfo *info = decl->info;
  Code code;
  func = func_reserve(c);
  vec_push(&c->done, (Compiled){decl, func});
  code_begin(c, &code);
  code.nparams = info->nparams;
  for (int k = 0; k < info->nparams; k++) frame_slot(c, info->params[k]);
  whole_params(c, decl, info);
  if (decl->kid[0]) {
    emit_expr(c, decl->kid[0]);
  } else {
    emit_block(c, decl->kid[1]);
    emit(c, decl->span, S_NONE, 0, 0);
  }
  emit(c, decl->span, S_RETURN, 0, 0);
  code_end(c, func, decl->name ? decl->name->text : "");
  return func;
}

static void compile_files(ScriptC *c) {
  Code code;
  int func = func_reserve(c);
  code_begin(c, &code);
  Span end = {0};
  for (int k = 0; k < c->in->nfiles; k++) {
    Node *file = c->in->files[k];
    c->main_file = k == c->in->nfiles - 1;
    for (int j = 0; j < file->nlist; j++) emit_statement(c, file->list[j]);
    end = file->span;
  }
  emit(c, end, S_NONE, 0, 0);
  emit(c, end, S_RETURN, 0, 0);
  code_end(c, func, "script");
}

ScriptProgram *script_compile(const ScriptInput *in) {
  ScriptC c = {.in = in, .p = script_program_new()};
  int errors = diags_errors(in->diags);
  c.a = c.p->arena;
  c.p->nglobals = checker_nglobals(in->checker);
  c.p->globals = checker_global_names(in->checker);
  compile_files(&c);
  vec_free(&c.done);
  if (c.failed || diags_errors(in->diags) > errors) {
    if (diags_errors(in->diags) == errors) BUG("a script could not be compiled, and nobody said why");
    script_program_free(c.p);
    return NULL;
  }
  const char *wrong = script_verify(c.p);
  if (wrong) BUG("a script compiled to %s", wrong);
  return c.p;
}
