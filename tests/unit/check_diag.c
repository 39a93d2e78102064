// SPDX-License-Identifier: MIT
// Messages: order, doubles, places, carets, JSON, limits; names that are alike.
#include "front_helpers.h"

#include <sys/wait.h>
#include <unistd.h>

static Span at(const Front *f, uint32_t lo, uint32_t hi) { return (Span){f->file, lo, hi}; }

static void expect_text(Front *f, DiagStyle style, const char *text) {
  char *got = printed(f->d, style);
  ck_assert_str_eq(got, text);
  free(got);
}

#define OPEN(text) Front f = front_open(text, sizeof(text) - 1)

START_TEST(one_message) {
  OPEN("let a = 1\nlet b = a + tau\n");
  Diag *e = diag(f.d, E_UNIT_MISMATCH, at(&f, 18, 25), "units of %s differ", "b");
  diag_label(e, at(&f, 18, 19), "this is %s", "mV");
  diag_label(e, at(&f, 22, 25), "this is ms");
  diag_note(e, "a note");
  diag_hint(e, "a hint");
  expect_text(&f, (DiagStyle){0}, "t.hebb:2:9: error E0412: units of b differ\n"
                                  "    2 | let b = a + tau\n"
                                  "      |         ^^^^^^^\n"
                                  "      |         - this is mV\n"
                                  "      |             --- this is ms\n"
                                  "      = note: a note\n"
                                  "      = hint: a hint\n");
  front_close(&f);
}
END_TEST

START_TEST(label_of_the_same_span) {
  OPEN("a + b\n");
  diag_label(diag_warning(f.d, E_UNIT_MISMATCH, at(&f, 0, 1), "w"), at(&f, 0, 1), "here");
  ck_assert_int_eq(diags_errors(f.d), 0);
  ck_assert_int_eq(diags_count(f.d), 1);
  expect_text(&f, (DiagStyle){0}, "t.hebb:1:1: warning E0412: w\n    1 | a + b\n      | ^ here\n");
  front_close(&f);
}
END_TEST

START_TEST(sorted_without_doubles) {
  OPEN("abc\ndef\n");
  diag(f.d, E_SYNTAX, at(&f, 4, 5), "second");
  diag(f.d, E_SYNTAX, at(&f, 0, 1), "first");
  diag(f.d, E_SYNTAX, at(&f, 4, 5), "second");
  diag(f.d, E_SYNTAX, (Span){0}, "nowhere");
  diags_sort(f.d);
  ck_assert_int_eq(diags_count(f.d), 3);
  ck_assert_str_eq(diags_text(f.d, 0), "nowhere");
  ck_assert_str_eq(diags_text(f.d, 1), "first");
  ck_assert_str_eq(diags_text(f.d, 2), "second");
  ck_assert_int_eq(diags_code(f.d, 1), E_SYNTAX);
  ck_assert_int_eq(diags_severity(f.d, 1), SEV_ERROR);
  ck_assert_uint_eq(diags_span(f.d, 2).lo, 4);
  char *got = printed(f.d, (DiagStyle){0});
  ck_assert(!strncmp(got, "hebb: error E0101: nowhere\n", 27));
  free(got);
  diags_clear(f.d);
  ck_assert_int_eq(diags_count(f.d), 0);
  front_close(&f);
}
END_TEST

START_TEST(tabs_and_wide_characters) {
  OPEN("\tparam\tτ = 漢字 + x\n");
  diag(f.d, E_SYNTAX, at(&f, 21, 22), "x"); // behind tabs, a Greek letter and two wide characters
  expect_text(&f, (DiagStyle){0}, "t.hebb:1:17: error E0101: x\n"
                                  "    1 |     param   τ = 漢字 + x\n"
                                  "      |                        ^\n");
  front_close(&f);
}
END_TEST

START_TEST(spans_of_many_lines) {
  OPEN("neuron A {\n  state x\n  state y\n  }\n");
  diag(f.d, E_SYNTAX, at(&f, 7, 34), "long");
  expect_text(&f, (DiagStyle){0}, "t.hebb:1:8: error E0101: long\n"
                                  "    1 | neuron A {\n"
                                  "      |        ^^^\n"
                                  "      ...\n"
                                  "    4 |   }\n"
                                  "      |   ^\n");
  front_close(&f);
}
END_TEST

START_TEST(ends_of_lines_and_files) {
  OPEN("ab\ncd");
  diag(f.d, E_SYNTAX, at(&f, 2, 2), "end of line");
  diag(f.d, E_SYNTAX, at(&f, 5, 5), "end of file");
  diag(f.d, E_SYNTAX, at(&f, 900, 901), "beyond");
  expect_text(&f, (DiagStyle){0}, "t.hebb:1:3: error E0101: end of line\n    1 | ab\n      |   ^\n"
                                  "t.hebb:2:3: error E0101: end of file\n    2 | cd\n      |   ^\n"
                                  "t.hebb:2:3: error E0101: beyond\n    2 | cd\n");
  front_close(&f);
}
END_TEST

START_TEST(long_lines_are_cut) {
  Str s = {0};
  repeat(&s, "0123456789", 1000);
  str_add(&s, "X");
  repeat(&s, "0123456789", 1000);
  Front f = front_open(s.data, s.n);
  diag(f.d, E_SYNTAX, at(&f, 10000, 10001), "x");
  char *got = printed(f.d, (DiagStyle){0});
  ck_assert_uint_lt(strlen(got), 400);
  const char *mark = strrchr(got, '^'), *line = strchr(got, '\n') + 1, *second = strchr(line, '\n') + 1;
  ck_assert_int_eq(line[mark - second], 'X');
  ck_assert_ptr_nonnull(strstr(got, " | ... "));
  free(got);
  str_free(&s);
  front_close(&f);
}
END_TEST

// No text of a model may reach the terminal as a command.
START_TEST(control_characters_are_replaced) {
  OPEN("a\033[31mb\302\233c\342\200\256d\377\n");
  diag(f.d, E_SYNTAX, at(&f, 0, 1), "found \033]0;title\a");
  char *got = printed(f.d, (DiagStyle){0});
  ck_assert_ptr_null(strchr(got, '\033'));
  ck_assert_ptr_null(strchr(got, '\a'));
  ck_assert_ptr_null(strstr(got, "\302\233"));
  ck_assert_ptr_null(strstr(got, "\342\200\256"));
  ck_assert_ptr_null(strchr(got, '\377'));
  free(got);
  got = printed(f.d, (DiagStyle){.color = true});
  ck_assert_ptr_nonnull(strstr(got, "\033[1;31merror"));
  free(got);
  front_close(&f);
}
END_TEST

START_TEST(other_files) {
  OPEN("let a = 1\n");
  uint32_t other = sources_add(f.sources, "u.hebb", "let a = 2\n", 10);
  diag_label(diag(f.d, E_SYNTAX, at(&f, 4, 5), "twice"), (Span){other, 4, 5}, "first here");
  expect_text(&f, (DiagStyle){0}, "t.hebb:1:5: error E0101: twice\n    1 | let a = 1\n      |     ^\n"
                                  "      --> u.hebb:1:5\n    1 | let a = 2\n      |     - first here\n");
  front_close(&f);
}
END_TEST

START_TEST(limit) {
  OPEN("abcdefghijklmnopqrstuvwxyz\n");
  for (uint32_t k = 0; k < 26; k++) diag(f.d, E_SYNTAX, at(&f, k, k + 1), "no");
  char *got = printed(f.d, (DiagStyle){0});
  ck_assert_ptr_nonnull(strstr(got, "and 6 more errors\n"));
  free(got);
  got = printed(f.d, (DiagStyle){.limit = 25});
  ck_assert_ptr_nonnull(strstr(got, "and 1 more error\n"));
  free(got);
  got = printed(f.d, (DiagStyle){.limit = 26});
  ck_assert_ptr_null(strstr(got, "more error"));
  free(got);
  front_close(&f);
}
END_TEST

START_TEST(json) {
  OPEN("let τ = \"x\"\n");
  Diag *e = diag(f.d, E_SYNTAX, at(&f, 9, 12), "say \"x\"\n");
  diag_label(e, at(&f, 4, 6), "τ");
  diag_hint(e, "h");
  diag(f.d, E_CHAR, (Span){0}, "nowhere");
  expect_text(&f, (DiagStyle){.json = true},
              "{\"diagnostics\":[\n"
              "{\"code\":\"E0102\",\"severity\":\"error\",\"file\":null,\"range\":null,\"message\":\"nowhere\",\"labels\":[],"
              "\"notes\":[],\"hints\":[]},\n"
              "{\"code\":\"E0101\",\"severity\":\"error\",\"file\":\"t.hebb\",\"range\":{\"start\":{\"line\":1,\"column\":9,"
              "\"offset\":9},\"end\":{\"line\":1,\"column\":12,\"offset\":12}},\"message\":\"say \\\"x\\\"\\n\",\"labels\":[{"
              "\"file\":\"t.hebb\",\"range\":{\"start\":{\"line\":1,\"column\":5,\"offset\":4},\"end\":{\"line\":1,\"column\":6,"
              "\"offset\":6}},\"message\":\"τ\"}],\"notes\":[],\"hints\":[\"h\"]}\n"
              "],\"errors\":2,\"warnings\":0}\n");
  diags_clear(f.d);
  expect_text(&f, (DiagStyle){.json = true}, "{\"diagnostics\":[],\"errors\":0,\"warnings\":0}\n");
  front_close(&f);
}
END_TEST

START_TEST(nothing_to_add_to) {
  diag_label(NULL, (Span){0}, "x");
  diag_note(NULL, "x");
  diag_hint(NULL, "x");
}
END_TEST

START_TEST(pages) {
  DiagPage p;
  ck_assert(diag_page("E0412", &p));
  ck_assert_int_eq(p.number, 412);
  ck_assert_str_eq(p.name, "E_UNIT_MISMATCH");
  ck_assert(diag_page("412", &p));
  ck_assert(diag_page("e412", &p));
  ck_assert(!diag_page("E9999", &p));
  ck_assert(!diag_page("", &p));
  ck_assert(!diag_page("E", &p));
  ck_assert(!diag_page("412x", &p));
  ck_assert(!diag_page("-412", &p));
}
END_TEST

START_TEST(names_that_are_alike) {
  const char *names[] = {"tau_m", "V", "V_reset", "spike", "population", "I"};
#define NEAR(name) nearest_name(name, names, 6)
  ck_assert_str_eq(NEAR("tau_n"), "tau_m");
  ck_assert_str_eq(NEAR("v"), "V");
  ck_assert_str_eq(NEAR("v_RESET"), "V_reset");
  ck_assert_str_eq(NEAR("V_rseet"), "V_reset");
  ck_assert_str_eq(NEAR("popluation"), "population");
  ck_assert_ptr_null(NEAR("x"));
  ck_assert_ptr_null(NEAR("tau_m"));
  ck_assert_ptr_null(NEAR("weight"));
  ck_assert_ptr_null(NEAR(""));
  ck_assert_ptr_null(nearest_name("a", NULL, 0));
}
END_TEST

START_TEST(bug_ends_with_70) {
  pid_t child = fork();
  if (!child) {
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    BUG("%d", 3);
  }
  int status;
  waitpid(child, &status, 0);
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 70);
}
END_TEST

RUN_ALL("diag", one_message, label_of_the_same_span, sorted_without_doubles, tabs_and_wide_characters,
        spans_of_many_lines, ends_of_lines_and_files, long_lines_are_cut, control_characters_are_replaced, other_files,
        limit, json, nothing_to_add_to, pages, names_that_are_alike, bug_ends_with_70)
