// SPDX-License-Identifier: MIT
// For tests of the front end: one text with its sources, atoms, messages and memory.
#ifndef HEBB_TEST_FRONT_HELPERS_H
#define HEBB_TEST_FRONT_HELPERS_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/str.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Front {
  Sources *sources;
  Interner *in;
  Diags *d;
  Arena *a;
  uint32_t file;
} Front;

__attribute__((unused)) static Front front_open(const char *text, size_t n) {
  Front f = {.sources = sources_new(), .in = interner_new(), .a = arena_new()};
  f.d = diags_new(f.sources);
  f.file = sources_add(f.sources, "t.hebb", text, n);
  return f;
}

__attribute__((unused)) static void front_close(Front *f) {
  diags_free(f->d);
  arena_free(f->a);
  interner_free(f->in);
  sources_free(f->sources);
}

// What diags_print writes; the caller frees it.
__attribute__((unused)) static char *printed(Diags *d, DiagStyle style) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  ck_assert_ptr_nonnull(out);
  diags_print(d, out, style);
  fclose(out);
  return text;
}

// `word` n times.
__attribute__((unused)) static void repeat(Str *s, const char *word, int n) {
  for (int k = 0; k < n; k++) str_add(s, word);
}

#define RUN_ALL(title, ...)                                                                                            \
  int main(void) {                                                                                                     \
    Suite *suite = suite_create(title);                                                                                \
    TCase *all = tcase_create(title);                                                                                  \
    const TTest *tests[] = {__VA_ARGS__};                                                                              \
    tcase_set_timeout(all, 120);                                                                                       \
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) tcase_add_test(all, tests[k]);                           \
    suite_add_tcase(suite, all);                                                                                       \
    SRunner *r = srunner_create(suite);                                                                                \
    srunner_set_tap(r, "-");                                                                                           \
    srunner_run_all(r, CK_SILENT);                                                                                     \
    int failed = srunner_ntests_failed(r);                                                                             \
    srunner_free(r);                                                                                                   \
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                                                       \
  }

#endif
