// SPDX-License-Identifier: MIT
// Syntax trees as text: as source that parses back to the same tree, and as a dump for those who work on the compiler.
//
// The source is canonical: one declaration a line, two blanks of indentation, brackets where they were written or are
// needed. Comments are not in the tree and so not in the text; documentation is. Units of a checked tree print as names.
#ifndef HEBB_AST_PRINT_H
#define HEBB_AST_PRINT_H
#include "base/str.h"
#include "lang/ast.h"

void ast_print(const Node *n, Str *out);      // a file, a statement, a part or an expression
void ast_print_unit(const Node *n, Str *out); // UNIT UNITOP UNITONE LIKE
// (BINARY + (NAME a) (NUM 1)), one node a line; spans, annotations and written brackets are left out.
void ast_dump(const Node *n, Str *out);

#endif
