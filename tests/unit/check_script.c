// SPDX-License-Identifier: MIT
// The script machine by itself: programs made by hand, the verifier, faults, closures, the listing.
#include "tests/unit/value_helpers.h"
#include "vm/script.h"

#include <stdio.h>

static const Span AT = {1, 0, 1};

typedef struct Heard {
  char text[256];
  size_t n;
} Heard;

static void hear(void *ctx, const char *text, size_t n, Span span) {
  Heard *h = ctx;
  (void)span;
  if (h->n + n < sizeof h->text) memcpy(h->text + h->n, text, n), h->n += n;
}

// A program of one function.
static ScriptProgram *program(const ScriptIns *code, int n, int nslots) {
  ScriptProgram *p = script_program_new();
  Span *spans = NEWN(p->arena, Span, n);
  for (int k = 0; k < n; k++) spans[k] = AT;
  vec_push(&p->constant, value_num(2));
  vec_push(&p->constant, value_num(3));
  vec_push(&p->constant, str_value("abc", 3));
  vec_push(&p->format, (ScriptFormat){.unit = "", .scale = 1});
  vec_push(&p->func, (ScriptFunc){.name = "script", .nslots = nslots, .code = arena_dup(code, sizeof *code * (size_t)n, p->arena),
                                  .spans = spans, .ncode = n});
  p->nglobals = 2;
  return p;
}
#define PROGRAM(nslots, ...)                                                                                           \
  program((ScriptIns[]){__VA_ARGS__}, (int)(sizeof((ScriptIns[]){__VA_ARGS__}) / sizeof(ScriptIns)), nslots)
#define END {S_NONE, 0, 0}, {S_RETURN, 0, 0}

static const char *verdict(ScriptProgram *p) {
  const char *wrong = script_verify(p);
  script_program_free(p);
  return wrong;
}

START_TEST(verifies_what_is_well_formed) {
  ck_assert_ptr_null(verdict(PROGRAM(0, END)));
  ck_assert_ptr_null(verdict(PROGRAM(1, {S_CONST, 0, 0}, {S_STOREL, 0, 0}, {S_LOADL, 0, 0}, {S_STOREG, 1, 0}, END)));
  ck_assert_ptr_null(verdict(PROGRAM(0, {S_JUMP, 0, 0}))); // for ever, but well formed
}
END_TEST

START_TEST(refuses_what_is_malformed) {
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_NONE, 0, 0})));               // runs over its end
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_RETURN, 0, 0})));             // nothing to return
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_CONST, 3, 0}, END)));         // no such constant
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_CONST, -1, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_LOADL, 0, 0}, END)));         // no such variable
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_LOADG, 2, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_JUMP, 7, 0})));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_POP, 0, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_CONST, 0, 0}, {S_STACK, 2, 0}, {S_POP, 0, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_COUNT, 0, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_CALL, 1, 0}, {S_POP, 0, 0}, END)));
  ck_assert_ptr_nonnull(verdict(PROGRAM(0, {S_CONST, 0, 0}, {S_JUMP, 0, 0}))); // the stack grows at each pass
}
END_TEST

static ScriptEnd run(ScriptProgram *p, Heard *heard, int *code) {
  Diags *d = diags_new(NULL);
  Script *m = script_new(d);
  script_host(m, (ScriptHost){.ctx = heard, .print = hear});
  ck_assert_ptr_null(script_verify(p));
  ScriptEnd end = script_run(m, p);
  *code = diags_errors(d) ? (int)diags_code(d, 0) : 0;
  script_free(m);
  script_program_free(p);
  diags_free(d);
  return end;
}

START_TEST(computes_and_prints) {
  Heard heard = {{0}, 0};
  int code;
  ScriptProgram *p = PROGRAM(0, {S_CONST, 0, 0}, {S_CONST, 1, 0}, {S_BINARY, ARRAY_MUL, 0}, {S_TEXT, 0, 0}, {S_CONST, 2, 0},
                             {S_PRINT, 2, 0}, END);
  ck_assert_int_eq(run(p, &heard, &code), SCRIPT_DONE);
  ck_assert_str_eq(heard.text, "6 abc\n");
  ck_assert_int_eq(code, 0);
}
END_TEST

START_TEST(loops_over_ranges) {
  Heard heard = {{0}, 0};
  int code;
  ScriptProgram *p = PROGRAM(1, {S_CONST, 0, 0}, {S_CONST, 1, 0}, {S_FORRANGE, 0, 0}, {S_NEXTRANGE, 8, 0}, {S_STOREL, 0, 0},
                             {S_LOADL, 0, 0}, {S_TEXT, 0, 0}, {S_JUMP, 10, 0}, END, {S_PRINT, 1, 0}, {S_JUMP, 3, 0});
  ck_assert_int_eq(run(p, &heard, &code), SCRIPT_DONE);
  ck_assert_str_eq(heard.text, "2\n");
}
END_TEST

static int fault_of(ScriptProgram *p) {
  Heard heard = {{0}, 0};
  int code;
  ck_assert_int_eq(run(p, &heard, &code), SCRIPT_ERROR);
  return code;
}

// Kinds are looked at when an operation runs: no program that was verified can crash the machine.
START_TEST(faults_are_reported) {
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_LOADG, 0, 0}, {S_POP, 0, 0}, END)), E_NO_VALUE);
  ck_assert_int_eq(fault_of(PROGRAM(1, {S_LOADL, 0, 0}, {S_POP, 0, 0}, END)), E_NO_VALUE);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CONST, 2, 0}, {S_CONST, 0, 0}, {S_BINARY, ARRAY_MUL, 0}, {S_POP, 0, 0}, END)), E_OPERAND);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CONST, 2, 0}, {S_JUMPF, 0, 0}, END)), E_OPERAND);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CONST, 2, 0}, {S_RUN, 0, 0}, END)), E_OPERAND);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CONST, 0, 0}, {S_FOREACH, 0, 0}, {S_POP, 0, 0}, {S_POP, 0, 0}, END)), E_OPERAND);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CALL, 0, 0}, {S_POP, 0, 0}, END)), E_CALL_DEPTH);
  ck_assert_int_eq(fault_of(PROGRAM(0, {S_CONST, 2, 0}, {S_RESTORE, 0, 0}, END)), E_STORE_NAME);
}
END_TEST

START_TEST(an_interrupt_ends_a_loop) {
  Diags *d = diags_new(NULL);
  Script *m = script_new(d);
  volatile sig_atomic_t flag = 1;
  ScriptProgram *p = PROGRAM(0, {S_JUMP, 0, 0});
  script_interrupt(m, &flag);
  ck_assert_ptr_null(script_verify(p));
  ck_assert_int_eq(script_run(m, p), SCRIPT_STOPPED);
  ck_assert_int_eq(diags_count(d), 0);
  script_free(m);
  script_program_free(p);
  diags_free(d);
}
END_TEST

START_TEST(globals_live_as_long_as_the_machine) {
  Diags *d = diags_new(NULL);
  Script *m = script_new(d);
  ScriptProgram *p = PROGRAM(0, {S_CONST, 2, 0}, {S_STOREG, 1, 0}, END), *q = PROGRAM(0, {S_LOADG, 1, 0}, {S_STOREG, 0, 0}, END);
  ck_assert_ptr_null(script_verify(p));
  ck_assert_ptr_null(script_verify(q));
  ck_assert_int_eq(script_run(m, p), SCRIPT_DONE);
  ck_assert_int_eq(script_run(m, q), SCRIPT_DONE);
  ck_assert_int_eq(script_global(m, 0)->kind, VAL_STR);
  ck_assert_ptr_null(script_global(m, 2));
  ck_assert(!script_set_global(m, 5, value_num(1)));
  ck_assert(script_set_global(m, 0, value_num(1)));
  ck_assert(script_global(m, 0)->num == 1);
  script_free(m);
  script_program_free(p);
  script_program_free(q);
  diags_free(d);
}
END_TEST

START_TEST(lists_its_code) {
  Str out = {0};
  ScriptProgram *p = PROGRAM(1, {S_CONST, 2, 0}, {S_STOREL, 0, 0}, END);
  ck_assert_ptr_null(script_verify(p));
  script_print(p, NULL, &out);
  ck_assert_ptr_nonnull(strstr(out.data, "CONST       \"abc\""));
  ck_assert_ptr_nonnull(strstr(out.data, "STOREL      $0"));
  ck_assert_str_eq(script_op_name(S_COUNT), "?");
  str_free(&out);
  script_program_free(p);
}
END_TEST

TEST_MAIN("script", verifies_what_is_well_formed, refuses_what_is_malformed, computes_and_prints, loops_over_ranges,
          faults_are_reported, an_interrupt_ends_a_loop, globals_live_as_long_as_the_machine, lists_its_code)
