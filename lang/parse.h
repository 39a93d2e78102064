// SPDX-License-Identifier: MIT
// The entry to the front end: text -> syntax tree.
//
// Every tree it returns is at most AST_DEPTH deep (parse_state.h), so later passes may recurse. Errors are in `d`; after
// an error the parser goes on at the end of the statement, so that one run reports all independent errors; statements
// with errors are left out of the tree.
#ifndef HEBB_PARSE_H
#define HEBB_PARSE_H
#include "base/arena.h"
#include "base/diag.h"
#include "lang/ast.h"

// An N_FILE, never NULL.
Node *parse_file(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a);

typedef enum ParseState { PARSE_OK, PARSE_ERROR, PARSE_INCOMPLETE } ParseState;
// The same for what was typed so far at a prompt. PARSE_INCOMPLETE: an open bracket, block or expression wants another
// line; nothing is reported then. *out is an N_FILE in any case.
ParseState parse_prompt(uint32_t file, const Sources *s, Interner *in, Diags *d, Arena *a, Node **out);

#endif
