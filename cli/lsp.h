// SPDX-License-Identifier: MIT
// The language server: `hebb lsp` speaks the Language Server Protocol 3.17 over standard input and output.
//
//   lsp.c         the loop: messages in and out, which function answers which request
//   lsp_docs.c    open documents: their text, edits, analyses; places as editors count them; messages about a text
//   lsp_names.c   definition, references, highlights, rename
//   lsp_help.c    hover, completion, signatures
//   lsp_text.c    symbols, colours, formatting
//
// An open document keeps its newest text; what is known of it (lang/analysis.h) is made when it is asked for, and again
// when it or an open file that it uses has changed. Messages about a text are sent when no input waits. Places that lie
// outside of a text are taken as its nearest place; whatever a client sends, the server answers or stays silent, and ends
// when its input ends or its output is closed.
#ifndef HEBB_LSP_H
#define HEBB_LSP_H
#include "base/str.h"
#include "base/vec.h"
#include "lang/analysis.h"

#include <jansson.h>

typedef struct LspDoc {
  char *uri, *path;
  Str text;
  json_int_t version;
  Analysis *an;   // of this text, or NULL
  bool unsaid;    // what was found in this text was not sent yet
} LspDoc;

typedef struct Lsp {
  Vec(LspDoc *) docs;
  Vec(char *) roots; // directories of the workspace
  bool initialized, shut_down, ended;
  int status;        // of the process
  int error;         // of the request at hand: code and text
  Str why;
} Lsp;

enum { LSP_PARSE_ERROR = -32700, LSP_BAD_REQUEST = -32600, LSP_NO_METHOD = -32601, LSP_BAD_PARAMS = -32602,
       LSP_NOT_INITIALIZED = -32002, LSP_FAILED = -32803 };

// ---- lsp.c ----
int lsp_run(void);
void lsp_notify(Lsp *l, const char *method, json_t *params); // takes params
json_t *lsp_refuse(Lsp *l, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4))); // NULL

// ---- lsp_docs.c ----
void lsp_open(Lsp *l, const json_t *params);
void lsp_change(Lsp *l, const json_t *params);
void lsp_close(Lsp *l, const json_t *params);
void lsp_forget(Lsp *l);     // all documents
bool lsp_say(Lsp *l);        // sends what is unsaid of one document; false if there was none
LspDoc *lsp_doc(Lsp *l, const json_t *params); // that of params.textDocument, or NULL
Analysis *lsp_analysis(Lsp *l, LspDoc *d);
Analysis *lsp_analysis_of(Lsp *l, const char *path, const char *text, size_t n); // of a file that is not open; the caller's
const Source *lsp_source(const Analysis *an);
// The document and the byte that params.position means; false (refused) without.
bool lsp_place(Lsp *l, const json_t *params, LspDoc **d, uint32_t *offset);
json_t *lsp_position(const Source *src, uint32_t offset);
json_t *lsp_range(const Source *src, Span span);
char *lsp_uri(const char *path); // mem_free
json_t *lsp_location(const Analysis *an, Span span);
char *lsp_path(const char *uri);
char *lsp_real_path(const char *path);

// ---- answers ----
json_t *lsp_hover(Lsp *l, const json_t *params);
json_t *lsp_completion(Lsp *l, const json_t *params);
json_t *lsp_signature_help(Lsp *l, const json_t *params);
json_t *lsp_definition(Lsp *l, const json_t *params);
json_t *lsp_references(Lsp *l, const json_t *params);
json_t *lsp_highlights(Lsp *l, const json_t *params);
json_t *lsp_prepare_rename(Lsp *l, const json_t *params);
json_t *lsp_rename(Lsp *l, const json_t *params);
json_t *lsp_symbols(Lsp *l, const json_t *params);
json_t *lsp_tokens(Lsp *l, const json_t *params);
json_t *lsp_token_legend(void);
json_t *lsp_formatting(Lsp *l, const json_t *params);
json_t *lsp_folding(Lsp *l, const json_t *params);

#endif
