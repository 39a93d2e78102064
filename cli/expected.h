// SPDX-License-Identifier: MIT
// Expectations in comments, for `hebb test`:
//
//   print 1 mV + 1 mV           #! 2 mV
//   for k in 0:3 { print k }    #! 0 | 1 | 2          all lines that the statement printed, joined; or one on each line:
//   print "a\nb"                #! a
//                               #! b
//   let x = 1 mV + 1 ms         #! error E0412 "1 mV + 1 ms"     anywhere in the file; the text underlined may be left out;
//                                                                \" in it is a quotation mark
//   #! warning E0601
#ifndef HEBB_EXPECTED_H
#define HEBB_EXPECTED_H
#include "base/diag.h"
#include "base/vec.h"

typedef struct ExpectedOutput {
  uint32_t line;    // of the statement (its last line)
  const char *text; // lines joined by " | "
  bool seen;
} ExpectedOutput;

typedef struct ExpectedDiag {
  uint32_t line;
  Severity severity;
  int code;
  const char *under; // text that is underlined; NULL: any
  bool seen;
} ExpectedDiag;

typedef struct Expected {
  Vec(ExpectedOutput) outputs;
  Vec(ExpectedDiag) diags;
  uint32_t bad_line; // of a comment that cannot be read; 0: none
} Expected;

void expected_read(Expected *e, const char *text, size_t n, Arena *a);
void expected_free(Expected *e);

#endif
