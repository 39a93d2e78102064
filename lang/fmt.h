// SPDX-License-Identifier: MIT
// The canonical layout of a text (`hebb fmt`, formatting in editors). Works on tokens, not on the tree, so that comments,
// blank lines and the author's line breaks stay; the tree only says what a sign means where the token does not.
//
// What it settles: indentation (two blanks a block, two for what goes on from the line above, or under the first element
// where the author had it there), one blank between tokens or none, `{` at the end of its line, a block over several
// lines with its braces on lines of their own, no `;` at the end of a line, one blank line at most, one newline at the
// end. Columns that the author aligned in neighbouring lines stay aligned, as narrow as they can be; so do comments behind
// code. Around * / and the colon of a range the author chooses. No line is broken or joined otherwise.
//
// Formatted text parses to the same tree, and formatted twice it is the same text.
#ifndef HEBB_FMT_H
#define HEBB_FMT_H
#include "base/diag.h"
#include "base/intern.h"
#include "base/str.h"

// Appends the laid-out text of the file. False after errors of syntax (in d): then nothing is appended.
bool fmt_file(uint32_t file, Sources *s, Interner *in, Diags *d, Str *out);

#endif
