// SPDX-License-Identifier: MIT
// Diagnostics: what hebb has to say about a model. This module is the only code that prints errors to the user.
//
// A Diags collects; diags_print sorts by place, drops doubles and prints each with its code, line, carets, notes and
// hints. Codes are permanent and stand in diag.def together with the page that `hebb explain` shows. Texts say what was
// found and what was expected in the user's words; a hint is an edit that works. One error per cause: a pass that meets
// something already reported (type TY_ERROR) stays silent.
#ifndef HEBB_DIAG_H
#define HEBB_DIAG_H
#include "base/source.h"

#include <stdbool.h>
#include <stdio.h>

typedef enum DiagCode {
#define DIAG(name, number, title, page, bad, good) name = number,
#include "base/diag.def"
#undef DIAG
} DiagCode;

typedef enum Severity { SEV_ERROR, SEV_WARNING, SEV_NOTE } Severity;

typedef struct Diag Diag;
typedef struct Diags Diags;

Diags *diags_new(Sources *sources);
void diags_free(Diags *d);

// Reports an error (code E....) and returns it for notes and hints; the text stands after "error E0412: ".
Diag *diag(Diags *d, DiagCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
Diag *diag_warning(Diags *d, DiagCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
// Labels, notes and hints; a NULL Diag (an error not reported) is passed over.
// A second place with its own caret line: "this is mV".
void diag_label(Diag *e, Span span, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_note(Diag *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_hint(Diag *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int diags_errors(const Diags *d); // number of errors collected
int diags_count(const Diags *d);  // errors and warnings
void diags_clear(Diags *d);
// Access for the test runner and editors, in order of place after diags_sort.
void diags_sort(Diags *d);
DiagCode diags_code(const Diags *d, int k);
Span diags_span(const Diags *d, int k);
Severity diags_severity(const Diags *d, int k);
const char *diags_text(const Diags *d, int k);
bool diags_label(const Diags *d, int k, int label, Span *span, const char **text); // false: there are no more
const char *diags_note(const Diags *d, int k, int note); // notes, then hints; NULL: no more
// Forgets all but the first n, in the order of reporting.
void diags_keep(Diags *d, int n);

typedef struct DiagStyle {
  bool color;
  bool json;
  int limit; // errors printed at most; 0: 20
} DiagStyle;
void diags_print(Diags *d, FILE *out, DiagStyle style);

// The page of a code for `hebb explain`: false if there is no such code. `code` is "E0412" or "412".
typedef struct DiagPage {
  const char *name, *title, *page, *bad, *good;
  int number;
} DiagPage;
bool diag_page(const char *code, DiagPage *out);
const DiagPage *diag_pages(int *n);

// The name nearest to `name` among n candidates (edit distance at most a third of its length), or NULL: "did you mean".
const char *nearest_name(const char *name, const char *const *candidates, int n);

// An internal fault: prints what and where, exits with status 70.
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
