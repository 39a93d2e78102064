// SPDX-License-Identifier: MIT
// See lsp.h. A message is a header with its length and a JSON-RPC object. What is no message is answered with an error
// and skipped up to the next header.
#include "cli/lsp.h"

#include "hebb.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LONGEST = 256 * 1024 * 1024, HEADER = 16 * 1024 };

// ---- out ----

static void write_all(Lsp *l, const char *text, size_t n) {
  while (n && !l->ended) {
    ssize_t k = write(STDOUT_FILENO, text, n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) { // the client is gone
      l->ended = true;
      return;
    }
    text += k;
    n -= (size_t)k;
  }
}

static void send_message(Lsp *l, json_t *message) {
  char *text = json_dumps(message, JSON_COMPACT);
  json_decref(message);
  if (!text) BUG("a message that is no JSON");
  char header[64];
  size_t n = strlen(text);
  write_all(l, header, (size_t)snprintf(header, sizeof header, "Content-Length: %zu\r\n\r\n", n));
  write_all(l, text, n);
  free(text);
}

void lsp_notify(Lsp *l, const char *method, json_t *params) {
  send_message(l, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params));
}

static void send_error(Lsp *l, json_t *id, int code, const char *text) {
  json_t *error = json_pack("{s:i, s:s}", "code", code, "message", text);
  send_message(l, json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", id, "error", error));
}

json_t *lsp_refuse(Lsp *l, int code, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  l->error = code;
  l->why.n = 0;
  str_vaddf(&l->why, fmt, ap);
  va_end(ap);
  return NULL;
}

// ---- what is answered ----

static void add_root(Lsp *l, const char *uri) {
  char *path = uri ? lsp_path(uri) : NULL;
  const char *home = getenv("HOME");
  bool whole = path && (!strcmp(path, "/") || (home && !strcmp(path, home))); // nobody means all of it
  if (path && !whole) vec_push(&l->roots, path);
  else mem_free(path);
}

static json_t *initialize(Lsp *l, const json_t *params) {
  const json_t *folders = json_object_get(params, "workspaceFolders");
  size_t k;
  json_t *f;
  json_array_foreach(folders, k, f) add_root(l, json_string_value(json_object_get(f, "uri")));
  if (!l->roots.n) add_root(l, json_string_value(json_object_get(params, "rootUri")));
  l->initialized = true;
  json_t *can = json_pack(
      "{s:{s:b, s:i, s:{s:b}}, s:b, s:{s:[s]}, s:{s:[s, s], s:[s]}, s:b, s:b, s:b, s:{s:b}, s:b, s:b, s:b}",
      "textDocumentSync", "openClose", 1, "change", 2, "save", "includeText", 0,
      "hoverProvider", 1,
      "completionProvider", "triggerCharacters", ".",
      "signatureHelpProvider", "triggerCharacters", "(", ",", "retriggerCharacters", ",",
      "definitionProvider", 1, "referencesProvider", 1, "documentHighlightProvider", 1,
      "renameProvider", "prepareProvider", 1,
      "documentSymbolProvider", 1, "documentFormattingProvider", 1, "foldingRangeProvider", 1);
  json_object_set_new(can, "semanticTokensProvider", json_pack("{s:o, s:b}", "legend", lsp_token_legend(), "full", 1));
  json_object_set_new(can, "positionEncoding", json_string("utf-16"));
  return json_pack("{s:o, s:{s:s, s:s}}", "capabilities", can, "serverInfo", "name", "hebb", "version", hebb_version());
}

static json_t *shut_down(Lsp *l, const json_t *params) {
  (void)params;
  l->shut_down = true;
  return NULL;
}

static void leave(Lsp *l, const json_t *params) {
  (void)params;
  l->ended = true;
  l->status = !l->shut_down;
}

static const struct {
  const char *method;
  json_t *(*answer)(Lsp *l, const json_t *params);
} REQUESTS[] = {
    {"initialize", initialize},
    {"shutdown", shut_down},
    {"textDocument/hover", lsp_hover},
    {"textDocument/completion", lsp_completion},
    {"textDocument/signatureHelp", lsp_signature_help},
    {"textDocument/definition", lsp_definition},
    {"textDocument/references", lsp_references},
    {"textDocument/documentHighlight", lsp_highlights},
    {"textDocument/prepareRename", lsp_prepare_rename},
    {"textDocument/rename", lsp_rename},
    {"textDocument/documentSymbol", lsp_symbols},
    {"textDocument/semanticTokens/full", lsp_tokens},
    {"textDocument/formatting", lsp_formatting},
    {"textDocument/foldingRange", lsp_folding},
};

static const struct {
  const char *method;
  void (*take)(Lsp *l, const json_t *params);
} NOTIFICATIONS[] = {
    {"exit", leave},
    {"textDocument/didOpen", lsp_open},
    {"textDocument/didChange", lsp_change},
    {"textDocument/didClose", lsp_close},
};

static void answer(Lsp *l, const char *method, json_t *id, const json_t *params) {
  l->error = 0;
  for (size_t k = 0; k < sizeof REQUESTS / sizeof *REQUESTS; k++) {
    if (strcmp(REQUESTS[k].method, method) != 0) continue;
    bool first = REQUESTS[k].answer == initialize;
    if (!first && !l->initialized) return send_error(l, id, LSP_NOT_INITIALIZED, "the first request is initialize");
    if (l->shut_down || (first && l->initialized)) return send_error(l, id, LSP_BAD_REQUEST, "this request comes too late");
    json_t *result = REQUESTS[k].answer(l, params);
    if (l->error) send_error(l, id, l->error, l->why.data);
    else send_message(l, json_pack("{s:s, s:O?, s:o?}", "jsonrpc", "2.0", "id", id, "result", result));
    return;
  }
  send_error(l, id, LSP_NO_METHOD, "there is no such request");
}

static void notice(Lsp *l, const char *method, const json_t *params) {
  l->error = 0;
  for (size_t k = 0; k < sizeof NOTIFICATIONS / sizeof *NOTIFICATIONS; k++)
    if (strcmp(NOTIFICATIONS[k].method, method) == 0 && (l->initialized || NOTIFICATIONS[k].take == leave))
      NOTIFICATIONS[k].take(l, params);
}

static void take(Lsp *l, const char *text, size_t n) {
  json_error_t error;
  json_t *message = json_loadb(text, n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
  if (!message) return send_error(l, NULL, LSP_PARSE_ERROR, error.text);
  const char *method = json_string_value(json_object_get(message, "method"));
  json_t *id = json_object_get(message, "id");
  bool valid_id = !id || json_is_string(id) || json_is_integer(id);
  bool reply = !method && (json_object_get(message, "result") || json_object_get(message, "error"));
  if (!json_is_object(message) || (!method && !reply) || !valid_id)
    send_error(l, NULL, LSP_BAD_REQUEST, "this is no request of JSON-RPC 2.0");
  else if (method && id) answer(l, method, id, json_object_get(message, "params"));
  else if (method) notice(l, method, json_object_get(message, "params"));
  json_decref(message);
}

// ---- in ----

static bool waits(void) {
  struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&p, 1, 0) > 0;
}

// The length in a header of n bytes; -1: it has none, or an absurd one.
static long body_length(const char *header, size_t n) {
  static const char name[] = "Content-Length:";
  for (size_t k = 0; k < n;) {
    size_t line = 0;
    while (k + line < n && header[k + line] != '\n') line++;
    if (line > sizeof name - 1 && strncasecmp(header + k, name, sizeof name - 1) == 0) {
      char *end;
      long length = strtol(header + k + sizeof name - 1, &end, 10);
      return length >= 0 && length <= LONGEST && (*end == '\r' || *end == '\n' || *end == ' ') ? length : -1;
    }
    k += line + 1;
  }
  return -1;
}

static void drop(Str *in, size_t n) {
  memmove(in->data, in->data + n, in->n - n + 1);
  in->n -= n;
}

// The end of the header: behind an empty line; 0 if it is not there yet.
static size_t header_end(const Str *in) {
  for (size_t k = 0; k + 1 < in->n; k++) {
    if (in->data[k] != '\n') continue;
    if (in->data[k + 1] == '\n') return k + 2;
    if (k + 2 < in->n && in->data[k + 1] == '\r' && in->data[k + 2] == '\n') return k + 3;
  }
  return 0;
}

// Takes one message from the input; false if it is not complete.
static bool next_message(Lsp *l, Str *in) {
  size_t header = in->n ? header_end(in) : 0;
  if (!header && in->n > HEADER) { // no header is so long
    send_error(l, NULL, LSP_PARSE_ERROR, "this is no header");
    drop(in, in->n);
  }
  if (!header) return false;
  long length = body_length(in->data, header);
  if (length < 0) {
    send_error(l, NULL, LSP_PARSE_ERROR, "a header without Content-Length");
    drop(in, header);
    return true;
  }
  if (in->n - header < (size_t)length) return false;
  take(l, in->data + header, (size_t)length);
  drop(in, header + (size_t)length);
  return true;
}

static bool read_more(Str *in) {
  char buffer[65536];
  ssize_t n;
  do n = read(STDIN_FILENO, buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);
  if (n > 0) str_addn(in, buffer, (size_t)n);
  return n > 0;
}

int lsp_run(void) {
  Lsp l = {.status = 0};
  Str in = {0};
  signal(SIGPIPE, SIG_IGN);
  while (!l.ended) {
    while (!l.ended && next_message(&l, &in)) continue;
    while (!l.ended && !waits() && lsp_say(&l)) continue;
    if (!l.ended && !read_more(&in)) {
      l.ended = true;
      l.status = !l.shut_down;
    }
  }
  lsp_forget(&l);
  for (int k = 0; k < l.roots.n; k++) mem_free(l.roots.data[k]);
  vec_free(&l.roots);
  vec_free(&l.docs);
  str_free(&l.why);
  str_free(&in);
  return l.status;
}
