// SPDX-License-Identifier: MIT
// Every page of `hebb explain` keeps its word: its bad example gives exactly that error, its good one none.
#include "base/diag.h"
#include "include/hebb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void silent(void *ctx, const char *text, size_t n) {
  (void)ctx;
  (void)text;
  (void)n;
}

// Loads and runs a text; returns what was reported (a copy).
static char *errors_of(const char *text) {
  Hebb *h = hebb_new();
  hebb_on_print(h, silent, NULL);
  if (hebb_load_string(h, text) == HEBB_OK) hebb_run(h);
  char *said = strdup(hebb_errors(h));
  hebb_free(h);
  return said;
}

// Every "error E...." of a report carries this code.
static bool only_code(const char *said, int number) {
  char code[16];
  snprintf(code, sizeof code, "E%04d", number);
  const char *p = strstr(said, "error E");
  if (!p) return false;
  for (; p; p = strstr(p + 1, "error E"))
    if (strncmp(p + 6, code, 5) != 0) return false;
  return true;
}

START_TEST(page_keeps_its_word) {
  int n;
  const DiagPage *pages = diag_pages(&n);
  const DiagPage *p = &pages[_i];
  ck_assert_msg(*p->title && *p->page, "%s has no page", p->name);
  if (*p->bad) {
    char *said = errors_of(p->bad);
    ck_assert_msg(only_code(said, p->number), "the bad example of E%04d gives:\n%s", p->number, said);
    free(said);
  }
  if (*p->good) {
    char *said = errors_of(p->good);
    ck_assert_msg(!strstr(said, "error E"), "the good example of E%04d gives:\n%s", p->number, said);
    free(said);
  }
}
END_TEST

START_TEST(numbers_are_unique) {
  int n;
  const DiagPage *pages = diag_pages(&n);
  for (int a = 0; a < n; a++)
    for (int b = a + 1; b < n; b++) ck_assert_int_ne(pages[a].number, pages[b].number);
}
END_TEST

int main(void) {
  const char *tmp = getenv("TMPDIR"); // what the examples write stays there
  if (tmp && *tmp && chdir(tmp)) return EXIT_FAILURE;
  int n;
  diag_pages(&n);
  Suite *s = suite_create("pages");
  TCase *t = tcase_create("pages");
  tcase_set_timeout(t, 60);
  tcase_add_loop_test(t, page_keeps_its_word, 0, n);
  tcase_add_test(t, numbers_are_unique);
  suite_add_tcase(s, t);
  SRunner *r = srunner_create(s);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
