// SPDX-License-Identifier: MIT
// A scripted client of `hebb lsp`, over the real protocol, as TAP: lsp_client HEBB EXAMPLES EDITS. It keeps texts of its
// own beside those of the server and checks that every place the server names lies in them.
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// ---- TAP ----

static int count, failed;

static bool check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool check(bool ok, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  failed += !ok;
  printf("%s %d - ", ok ? "ok" : "not ok", ++count);
  vprintf(fmt, ap);
  putchar('\n');
  fflush(stdout);
  va_end(ap);
  return ok;
}

static void note(const char *what, const json_t *j) {
  char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
  printf("# %s: %.1500s\n", what, text ? text : "nothing");
  free(text);
}

// ---- the server ----

static pid_t server;
static int to, from;
static bool deaf; // this client reads no more: the server may end
static json_int_t last_id;
static json_t *said; // uri -> params of the last publishDiagnostics

static void start(const char *hebb) {
  int in[2], out[2];
  if (pipe(in) || pipe(out)) exit(99);
  server = fork();
  if (server == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]), close(in[1]), close(out[0]), close(out[1]);
    execl(hebb, hebb, "lsp", "--stdio", (char *)NULL);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to = in[1];
  from = out[0];
  last_id = 0;
  said = json_object();
}

// Exit status, or -1 if it does not end within ten seconds.
static int ended(void) {
  int status;
  for (int k = 0; k < 1000; k++) {
    if (waitpid(server, &status, WNOHANG) == server) return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  kill(server, SIGKILL);
  waitpid(server, &status, 0);
  return -1;
}

static int stop(void) {
  close(to);
  close(from);
  json_decref(said);
  return ended();
}

static void lost(void) {
  printf("Bail out! the server ended\n");
  exit(1);
}

static void put_bytes(const char *text, size_t n) {
  while (n) {
    ssize_t k = write(to, text, n);
    if (k <= 0 && deaf) return;
    if (k <= 0) lost();
    text += k;
    n -= (size_t)k;
  }
}

static void put_text(const char *text) {
  char header[64];
  put_bytes(header, (size_t)snprintf(header, sizeof header, "Content-Length: %zu\r\n\r\n", strlen(text)));
  put_bytes(text, strlen(text));
}

static void put(json_t *message) {
  char *text = json_dumps(message, JSON_COMPACT);
  json_decref(message);
  put_text(text);
  free(text);
}

static json_t *get(void) {
  char line[256];
  size_t n = 0, length = 0;
  for (;;) {
    if (read(from, line + n, 1) != 1 || n > 200) lost();
    if (line[n++] != '\n') continue;
    line[n] = 0;
    if (n <= 2) break;
    if (!strncasecmp(line, "content-length:", 15)) length = strtoul(line + 15, NULL, 10);
    n = 0;
  }
  char *text = malloc(length + 1);
  for (size_t at = 0; at < length;) {
    ssize_t k = read(from, text + at, length - at);
    if (k <= 0) lost();
    at += (size_t)k;
  }
  json_t *j = json_loadb(text, length, 0, NULL);
  free(text);
  if (!j) {
    printf("Bail out! the server sent something that is no JSON\n");
    exit(1);
  }
  return j;
}

static void keep_said(const json_t *message) {
  const char *method = json_string_value(json_object_get(message, "method"));
  json_t *params = json_object_get(message, "params");
  if (method && !strcmp(method, "textDocument/publishDiagnostics"))
    json_object_set(said, json_string_value(json_object_get(params, "uri")), params);
}

// The reply to a request: its result, or the error if `error`. The caller's.
static json_t *reply(json_int_t id, bool error) {
  for (;;) {
    json_t *m = get();
    const json_t *its = json_object_get(m, "id");
    if (json_object_get(m, "method")) keep_said(m);
    else if (id ? json_integer_value(its) == id : json_is_null(its)) {
      json_t *r = json_incref(json_object_get(m, error ? "error" : "result"));
      if (!error && json_object_get(m, "error")) note("an error", json_object_get(m, "error"));
      json_decref(m);
      return r;
    }
    json_decref(m);
  }
}

static json_t *ask(const char *method, json_t *params) {
  put(json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", ++last_id, "method", method, "params", params));
  return reply(last_id, false);
}

static json_int_t refused(const char *method, json_t *params) {
  put(json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", ++last_id, "method", method, "params", params));
  json_t *e = reply(last_id, true);
  json_int_t code = json_integer_value(json_object_get(e, "code"));
  json_decref(e);
  return code;
}

static void tell(const char *method, json_t *params) {
  put(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params));
}

static void initialize(const char *root) {
  json_decref(ask("initialize", json_pack("{s:n, s:s?, s:{}}", "processId", "rootUri", root, "capabilities")));
  tell("initialized", json_object());
}

// ---- documents ----

typedef struct Doc {
  char uri[512];
  char *text;
  size_t n;
  json_int_t version;
} Doc;

static json_t *doc_id(const Doc *d) { return json_pack("{s:s}", "uri", d->uri); }

static void doc_text(Doc *d, const char *text, size_t n) {
  free(d->text);
  d->text = malloc(n + 1);
  memcpy(d->text, text, n);
  d->text[n] = 0;
  d->n = n;
}

static void doc_open(Doc *d) {
  tell("textDocument/didOpen", json_pack("{s:{s:s, s:s, s:I, s:s%}}", "textDocument", "uri", d->uri, "languageId", "hebb", "version",
                                         ++d->version, "text", d->text, d->n));
}

static void doc_close(Doc *d) { tell("textDocument/didClose", json_pack("{s:o}", "textDocument", doc_id(d))); }

static uint32_t char_bytes(const char *p) {
  unsigned char c = (unsigned char)*p;
  return c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
}

static json_t *position(const Doc *d, size_t offset) {
  int line = 0, column = 0;
  for (size_t k = 0; k < offset;) {
    uint32_t n = char_bytes(d->text + k);
    if (d->text[k] == '\n') line++, column = 0;
    else column += n == 4 ? 2 : 1;
    k += n;
  }
  return json_pack("{s:i, s:i}", "line", line, "character", column);
}

// The byte of a position; -1 if the text has no such place.
static long offset_of(const Doc *d, const json_t *p) {
  json_int_t line = json_integer_value(json_object_get(p, "line")), column = json_integer_value(json_object_get(p, "character"));
  size_t k = 0;
  if (line < 0 || column < 0 || !json_is_integer(json_object_get(p, "line"))) return -1;
  for (; line > 0; line--) {
    const char *nl = memchr(d->text + k, '\n', d->n - k);
    if (!nl) return -1;
    k = (size_t)(nl - d->text) + 1;
  }
  while (column > 0) {
    if (k >= d->n || d->text[k] == '\n') return -1;
    uint32_t n = char_bytes(d->text + k);
    column -= n == 4 ? 2 : 1;
    k += n;
  }
  return column < 0 ? -1 : (long)k;
}

static bool range_of(const Doc *d, const json_t *range, long *lo, long *hi) {
  *lo = offset_of(d, json_object_get(range, "start"));
  *hi = offset_of(d, json_object_get(range, "end"));
  return *lo >= 0 && *hi >= *lo;
}

static void doc_edit(Doc *d, size_t lo, size_t hi, const char *text, size_t n) {
  json_t *range = json_pack("{s:o, s:o}", "start", position(d, lo), "end", position(d, hi));
  tell("textDocument/didChange", json_pack("{s:{s:s, s:I}, s:[{s:o, s:s%}]}", "textDocument", "uri", d->uri, "version", ++d->version,
                                           "contentChanges", "range", range, "text", text, n));
  char *now = malloc(d->n - (hi - lo) + n + 1);
  memcpy(now, d->text, lo);
  memcpy(now + lo, text, n);
  memcpy(now + lo + n, d->text + hi, d->n - hi + 1);
  free(d->text);
  d->text = now;
  d->n = d->n - (hi - lo) + n;
}

// Waits for what is found in the newest text; borrowed.
static json_t *diagnostics(const Doc *d) {
  for (;;) {
    const json_t *p = json_object_get(said, d->uri);
    if (p && json_integer_value(json_object_get(p, "version")) == d->version) return json_object_get(p, "diagnostics");
    json_t *m = get();
    keep_said(m);
    json_decref(m);
  }
}

static json_t *at(const Doc *d, size_t offset) { return json_pack("{s:o, s:o}", "textDocument", doc_id(d), "position", position(d, offset)); }

static json_t *ask_doc(const char *method, const Doc *d) { return ask(method, json_pack("{s:o}", "textDocument", doc_id(d))); }

// ---- what must hold of every answer ----

static bool diagnostics_fit(const Doc *d, const json_t *list) {
  size_t k;
  json_t *one;
  long lo, hi;
  json_array_foreach(list, k, one) if (!range_of(d, json_object_get(one, "range"), &lo, &hi) ||
                                       !json_string_length(json_object_get(one, "message"))) return note("diagnostic", one), false;
  return true;
}

static bool tokens_fit(const Doc *d, const json_t *tokens) {
  const json_t *data = json_object_get(tokens, "data");
  json_int_t line = 0, column = 0, end = 0;
  if (!json_is_array(data) || json_array_size(data) % 5) return false;
  for (size_t k = 0; k < json_array_size(data); k += 5) {
    json_int_t v[5];
    for (size_t j = 0; j < 5; j++) v[j] = json_integer_value(json_array_get(data, k + j));
    line += v[0];
    column = v[0] ? v[1] : column + v[1];
    json_t *p = json_pack("{s:I, s:I}", "line", line, "character", column + v[2]);
    bool fits = v[0] >= 0 && v[1] >= 0 && v[2] > 0 && (v[0] > 0 || k == 0 || column >= end) && offset_of(d, p) >= 0;
    json_decref(p);
    if (!fits) return printf("# token %zu at %lld:%lld, %lld long\n", k / 5, (long long)line, (long long)column, (long long)v[2]), false;
    end = column + v[2];
  }
  return true;
}

static bool symbols_fit(const Doc *d, const json_t *list, long from_lo, long to_hi) {
  size_t k;
  json_t *s;
  json_array_foreach(list, k, s) {
    long lo, hi, slo, shi;
    if (!range_of(d, json_object_get(s, "range"), &lo, &hi) || !range_of(d, json_object_get(s, "selectionRange"), &slo, &shi) || slo < lo ||
        shi > hi || lo < from_lo || hi > to_hi || !json_string_length(json_object_get(s, "name")))
      return note("symbol", s), false;
    if (!symbols_fit(d, json_object_get(s, "children"), lo, hi)) return false;
  }
  return true;
}

static bool completion_fits(const json_t *r) {
  size_t k;
  json_t *item;
  json_array_foreach(json_object_get(r, "items"), k, item) if (!json_string_length(json_object_get(item, "label"))) return false;
  return json_is_array(json_object_get(r, "items"));
}

// One of each question at a place.
static bool questions_fit(const Doc *d, size_t offset) {
  json_t *hover = ask("textDocument/hover", at(d, offset)), *complete = ask("textDocument/completion", at(d, offset));
  json_t *go = ask("textDocument/definition", at(d, offset)), *sig = ask("textDocument/signatureHelp", at(d, offset));
  json_t *same = ask("textDocument/documentHighlight", at(d, offset));
  long lo, hi;
  size_t k;
  json_t *h;
  bool ok = completion_fits(complete);
  if (!json_is_null(hover)) ok &= range_of(d, json_object_get(hover, "range"), &lo, &hi) && lo <= (long)offset && (long)offset <= hi;
  const char *uri = json_string_value(json_object_get(go, "uri"));
  if (uri && !strcmp(uri, d->uri)) ok &= range_of(d, json_object_get(go, "range"), &lo, &hi) && hi > lo;
  json_array_foreach(same, k, h) ok &= range_of(d, json_object_get(h, "range"), &lo, &hi) && hi > lo;
  if (!ok) note("hover", hover), note("definition", go), note("highlights", same);
  json_decref(hover), json_decref(complete), json_decref(go), json_decref(sig), json_decref(same);
  return ok;
}

static bool texts_fit(const Doc *d) {
  json_t *tokens = ask_doc("textDocument/semanticTokens/full", d), *symbols = ask_doc("textDocument/documentSymbol", d),
         *folds = ask_doc("textDocument/foldingRange", d);
  bool ok = tokens_fit(d, tokens) & symbols_fit(d, symbols, 0, (long)d->n) & json_is_array(folds);
  json_decref(tokens), json_decref(symbols), json_decref(folds);
  return ok;
}

// ---- suites ----

static bool read_file(Doc *d, const char *dir, const char *name) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  char *real = realpath(path, NULL);
  FILE *f = real ? fopen(real, "rb") : NULL;
  if (!f) return false;
  fseek(f, 0, SEEK_END);
  long n = ftell(f);
  rewind(f);
  char *text = malloc((size_t)n + 1);
  bool ok = fread(text, 1, (size_t)n, f) == (size_t)n;
  doc_text(d, text, (size_t)n);
  snprintf(d->uri, sizeof d->uri, "file://%s", real);
  free(text);
  free(real);
  fclose(f);
  return ok;
}

static int is_model(const struct dirent *e) {
  size_t n = strlen(e->d_name);
  return n > 5 && !strcmp(e->d_name + n - 5, ".hebb");
}

// At every name of the text: what is declared in it is called the same there, and is among its own references.
static int bad_names(const Doc *d) {
  json_t *tokens = ask_doc("textDocument/semanticTokens/full", d), *data = json_object_get(tokens, "data");
  json_int_t line = 0, column = 0;
  int bad = 0;
  for (size_t k = 0; k < json_array_size(data); k += 5) {
    json_int_t dl = json_integer_value(json_array_get(data, k)), dc = json_integer_value(json_array_get(data, k + 1));
    line += dl;
    column = dl ? dc : column + dc;
    json_t *p = json_pack("{s:I, s:I}", "line", line, "character", column);
    size_t lo = (size_t)offset_of(d, p);
    json_decref(p);
    json_t *go = ask("textDocument/definition", at(d, lo));
    const char *uri = json_string_value(json_object_get(go, "uri"));
    long a, b;
    size_t name = strspn(d->text + lo, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    if (uri && !strcmp(uri, d->uri) && name && range_of(d, json_object_get(go, "range"), &a, &b)) {
      size_t n = (size_t)(b - a);
      bool same = n == name && !memcmp(d->text + a, d->text + lo, n);
      bool derivative = n + 1 == name && d->text[lo] == 'd' && !memcmp(d->text + a, d->text + lo + 1, n);
      if (!same && !derivative && ++bad) printf("# `%.*s` goes to `%.*s`\n", (int)name, d->text + lo, (int)n, d->text + a);
    }
    json_decref(go);
  }
  json_decref(tokens);
  return bad;
}

static void examples(const char *dir) {
  struct dirent **list;
  int n = scandir(dir, &list, is_model, alphasort);
  for (int k = 0; k < n; k++) {
    Doc d = {.version = 0};
    if (!read_file(&d, dir, list[k]->d_name)) exit(99);
    doc_open(&d);
    json_t *found = diagnostics(&d);
    if (!check(json_array_size(found) == 0, "%s: nothing to report", list[k]->d_name)) note("found", found);
    check(texts_fit(&d), "%s: symbols, colours, folding", list[k]->d_name);
    check(bad_names(&d) == 0, "%s: names lead to their declarations", list[k]->d_name);
    bool ok = true;
    for (size_t at_byte = 0; at_byte < d.n && ok; at_byte += 37) ok = questions_fit(&d, at_byte - at_byte % 1);
    check(ok, "%s: questions all over the text", list[k]->d_name);
    json_t *edits = ask("textDocument/formatting", json_pack("{s:o, s:{}}", "textDocument", doc_id(&d), "options"));
    check(json_is_array(edits), "%s: formatted", list[k]->d_name);
    json_decref(edits);
    doc_close(&d);
    free(d.text);
    free(list[k]);
  }
  check(n > 0, "examples in %s", dir);
  free(list);
}

static void protocol(const char *hebb) {
  start(hebb);
  check(refused("textDocument/hover", json_object()) == -32002, "a request before initialize");
  json_t *r = ask("initialize", json_pack("{s:n, s:n, s:{}}", "processId", "rootUri", "capabilities"));
  check(json_is_true(json_object_get(json_object_get(r, "capabilities"), "hoverProvider")), "initialize tells what it can do");
  json_decref(r);
  check(refused("initialize", json_object()) == -32600, "initialize twice");
  check(refused("no/suchMethod", json_object()) == -32601, "a method that is not known");
  tell("no/suchNotification", json_object());
  put_text("{\"jsonrpc\": \"2.0\", \"id\": 7, \"meth");
  json_t *e = reply(0, true);
  check(json_integer_value(json_object_get(e, "code")) == -32700, "a message that is no JSON");
  json_decref(e);
  static const char *const wrong[] = {"[1, 2]", "3", "null", "{}", "{\"id\": {\"a\": 1}, \"method\": \"shutdown\"}", "\"x\"", "[]"};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    put_text(wrong[k]);
    e = reply(0, true);
    check(json_integer_value(json_object_get(e, "code")) == -32600, "no request: %s", wrong[k]);
    json_decref(e);
  }
  put_bytes("Nonsense: 12\r\n\r\n", 16);
  e = reply(0, true);
  check(json_integer_value(json_object_get(e, "code")) == -32700, "a header without a length");
  json_decref(e);
  put_bytes("Content-Length: -5\r\n\r\n", 22);
  json_decref(reply(0, true));
  put_bytes("Content-Length: 99999999999\r\n\r\n", 31);
  json_decref(reply(0, true));
  check(refused("textDocument/hover", json_pack("{s:{s:s}, s:{s:i, s:i}}", "textDocument", "uri", "file:///none", "position", "line", 0, "character", 0)) == -32602, "a document that is not open");
  static const char *const asks[] = {"hover", "completion", "definition", "references", "signatureHelp", "rename", "prepareRename", "documentSymbol",
                                     "semanticTokens/full", "formatting", "foldingRange", "documentHighlight"};
  for (size_t k = 0; k < sizeof asks / sizeof *asks; k++) {
    char method[64];
    snprintf(method, sizeof method, "textDocument/%s", asks[k]);
    check(refused(method, json_null()) == -32602, "%s without parameters", asks[k]);
  }
  static const char *const tells[] = {"didOpen", "didChange", "didClose"};
  for (size_t k = 0; k < sizeof tells / sizeof *tells; k++) {
    char method[64];
    snprintf(method, sizeof method, "textDocument/%s", tells[k]);
    tell(method, json_null());
    tell(method, json_pack("{s:{s:s}, s:[{}, n, {s:n, s:i}]}", "textDocument", "uri", "file:///x", "contentChanges", "range", "text", 3));
  }
  json_decref(ask("shutdown", json_null()));
  check(refused("textDocument/hover", json_null()) == -32600, "a request after shutdown");
  tell("exit", json_null());
  check(stop() == 0, "exit after shutdown ends with 0");
  start(hebb);
  initialize(NULL);
  tell("exit", json_null());
  check(stop() == 1, "exit without shutdown ends with 1");
  start(hebb);
  initialize(NULL);
  check(stop() == 1, "a client that dies");
  start(hebb);
  initialize(NULL);
  Doc d = {.uri = "file:///tmp/dies.hebb"};
  doc_text(&d, "let a = \n", 9);
  deaf = true;
  close(from);
  for (int k = 0; k < 3; k++) doc_open(&d);
  close(to);
  json_decref(said);
  check(ended() >= 0, "a client that listens no more");
  deaf = false;
  free(d.text);
}

static size_t find(const Doc *d, const char *text) {
  const char *p = strstr(d->text, text);
  return p ? (size_t)(p - d->text) : 0;
}

static bool has_label(const json_t *r, const char *label) {
  size_t k;
  json_t *item;
  json_array_foreach(json_object_get(r, "items"), k, item) if (!strcmp(json_string_value(json_object_get(item, "label")), label)) return true;
  return false;
}

static void completes(const Doc *d, const char *before, const char *has, const char *has_not) {
  json_t *r = ask("textDocument/completion", at(d, find(d, before) + strlen(before)));
  bool ok = has_label(r, has) && !(has_not && has_label(r, has_not));
  check(ok, "behind `%.*s`: %s, not %s", (int)strcspn(before, "\n"), before, has, has_not ? has_not : "-");
  json_decref(r);
}

static void hovers(const Doc *d, const char *name, const char *says) {
  json_t *r = ask("textDocument/hover", at(d, find(d, name)));
  const char *text = json_string_value(json_object_get(json_object_get(r, "contents"), "value"));
  if (!check(text && strstr(text, says), "over `%s`: %s", name, says)) note("hover", r);
  json_decref(r);
}

static const char MODEL[] = "## Leaks.\n"
                            "neuron Leaky {\n"
                            "  param tau = 10 ms   ## how slowly\n"
                            "  state V: mV = 0\n"
                            "  input I: mV\n"
                            "  tau*dV/dt = -V + I\n"
                            "  spike when V > 5 mV { V = 0 mV }\n"
                            "}\n"
                            "synapse Kick { param d = 1 mV; weight w: mV; state c = 0; dc/dt = -c/(9 ms); on pre { c += 1; post.V += w*c } }\n"
                            "function twice(x, y: mV) = 2*x\n"
                            "let label = \"\xF0\x9F\xA7\xA0 \xCF\x84\"; let \xCF\x84 = 3 ms\n"
                            "population P = Leaky[10] { tau = \xCF\x84 }\n"
                            "connect C: P -> P via Kick(d = 2 mV) all to all { w = 1 mV }\n"
                            "let q = twice(1, 2 mV) + label2\n";

static void features(void) {
  Doc d = {.uri = "file:///tmp/features.hebb"};
  doc_text(&d, MODEL, sizeof MODEL - 1);
  doc_open(&d);
  json_t *found = diagnostics(&d), *one = json_array_get(found, 0);
  long lo, hi;
  bool right = json_array_size(found) == 1 && range_of(&d, json_object_get(one, "range"), &lo, &hi) && (size_t)lo == find(&d, "label2") &&
               !strcmp(json_string_value(json_object_get(one, "code")), "E0201");
  if (!check(right, "an error is where it is, with its code")) note("found", found);
  doc_edit(&d, find(&d, " + label2"), find(&d, " + label2") + 9, "", 0);
  if (!check(json_array_size(diagnostics(&d)) == 0, "an edit mends it")) note("found", diagnostics(&d));
  hovers(&d, "Leaky {", "Leaks.");
  hovers(&d, "tau*dV", "how slowly");
  hovers(&d, "dV/dt", "Method `exact`");
  hovers(&d, "dc/dt", "Method `exact`");
  hovers(&d, "c += 1", "when an event touches the synapse");
  hovers(&d, "V += w", "mV");
  hovers(&d, "twice(1", "function twice(x, y: mV)");
  hovers(&d, "spike when", "spike when V > V_th");
  hovers(&d, "ms   ##", "0.001 s");
  completes(&d, "post.", "V", "population");
  completes(&d, "state V: ", "mV", "Leaky");
  completes(&d, "P = ", "Leaky", "Kick");
  completes(&d, "via ", "Kick", "Leaky");
  completes(&d, "on pre { ", "post", "population");
  completes(&d, "## Leaks.\n", "neuron", "spike");
  completes(&d, "let q = ", "twice", "neuron");
  json_t *sig = ask("textDocument/signatureHelp", at(&d, find(&d, "2 mV) + label2") ? find(&d, "2 mV)") : find(&d, "1, 2 mV)") + 3));
  check(json_integer_value(json_object_get(sig, "activeParameter")) == 1, "the second parameter of a function");
  json_decref(sig);
  sig = ask("textDocument/signatureHelp", at(&d, find(&d, "Kick(d") + 5));
  check(strstr(json_string_value(json_object_get(json_array_get(json_object_get(sig, "signatures"), 0), "label")), "Kick(d = 1 mV)") != NULL, "the parameters of a synapse");
  json_decref(sig);
  json_t *go = ask("textDocument/definition", at(&d, find(&d, "tau = \xCF\x84 }") + 6));
  check(range_of(&d, json_object_get(go, "range"), &lo, &hi) && (size_t)lo == find(&d, "\xCF\x84 = 3 ms"), "places behind characters of two units");
  json_decref(go);
  json_t *edits = ask("textDocument/rename", json_pack("{s:o, s:o, s:s}", "textDocument", doc_id(&d), "position", position(&d, find(&d, "V: mV")), "newName", "U"));
  json_t *list = json_object_get(json_object_get(edits, "changes"), d.uri);
  if (!check(json_array_size(list) == 6, "V has six places, dV/dt and post.V among them")) note("edits", edits);
  json_decref(edits);
  check(refused("textDocument/rename", json_pack("{s:o, s:o, s:s}", "textDocument", doc_id(&d), "position", position(&d, find(&d, "V: mV")), "newName", "neuron")) == -32803, "no name is a reserved word");
  check(refused("textDocument/rename", json_pack("{s:o, s:o, s:s}", "textDocument", doc_id(&d), "position", position(&d, find(&d, "spike when")), "newName", "x")) == -32803, "a word of the language has no other name");
  static const json_int_t places[][2] = {{1000000, 0}, {0, 1000000}, {-1, -1}, {5, -3}, {INT32_MAX, INT32_MAX}, {13, 4000}};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    json_t *r = ask("textDocument/completion", json_pack("{s:o, s:{s:I, s:I}}", "textDocument", doc_id(&d), "position", "line", places[k][0], "character", places[k][1]));
    check(json_is_array(json_object_get(r, "items")), "a place %lld:%lld outside of the text", (long long)places[k][0], (long long)places[k][1]);
    json_decref(r);
  }
  doc_edit(&d, 0, d.n, "let a=1\n", 8);
  json_t *format = ask("textDocument/formatting", json_pack("{s:o, s:{}}", "textDocument", doc_id(&d), "options"));
  check(!strcmp(json_string_value(json_object_get(json_array_get(format, 0), "newText")), "let a = 1\n"), "formatting");
  json_decref(format);
  doc_close(&d);
  free(d.text);
}

static void save(Doc *d, const char *dir, const char *name, const char *text) {
  snprintf(d->uri, sizeof d->uri, "file://%s/%s", dir, name);
  FILE *f = fopen(d->uri + 7, "wb");
  if (!f || fputs(text, f) < 0 || fclose(f)) exit(99);
  doc_text(d, text, strlen(text));
}

static size_t changes_in(const json_t *edits, const char *uri) { return json_array_size(json_object_get(json_object_get(edits, "changes"), uri)); }

static void across_files(const char *hebb) {
  char dir[] = "lsp.XXXXXX", *real = mkdtemp(dir) ? realpath(dir, NULL) : NULL, root[512];
  Doc lib = {.version = 0}, a = {.version = 0}, b = {.version = 0};
  if (!real) exit(99);
  save(&lib, real, "lib.hebb", "## A gate.\nneuron Gate { input x; let y = 2*x }\nfunction half(x) = x/2\n");
  save(&a, real, "a.hebb", "use \"lib.hebb\"\npopulation P = Gate[half(4)]\n");
  save(&b, real, "b.hebb", "use \"lib.hebb\"\npopulation Q = Gate[1]\nlet h = half(2)\n");
  snprintf(root, sizeof root, "file://%s", real);
  start(hebb);
  initialize(root);
  doc_open(&a);
  if (!check(json_array_size(diagnostics(&a)) == 0, "a file that uses another")) note("found", diagnostics(&a));
  json_t *go = ask("textDocument/definition", at(&a, find(&a, "Gate[")));
  long lo, hi;
  check(!strcmp(json_string_value(json_object_get(go, "uri")), lib.uri) && range_of(&lib, json_object_get(go, "range"), &lo, &hi) && (size_t)lo == find(&lib, "Gate {"), "the declaration is in the other file");
  json_decref(go);
  go = ask("textDocument/definition", at(&a, 6));
  json_decref(go);
  json_t *edits = ask("textDocument/rename", json_pack("{s:o, s:o, s:s}", "textDocument", doc_id(&a), "position", position(&a, find(&a, "half")), "newName", "halve"));
  if (!check(changes_in(edits, a.uri) == 1 && changes_in(edits, b.uri) == 1 && changes_in(edits, lib.uri) == 1, "renamed in three files, one of them not open")) note("edits", edits);
  json_decref(edits);
  doc_open(&lib);
  json_t *refs = ask("textDocument/references", json_pack("{s:o, s:o, s:{s:b}}", "textDocument", doc_id(&lib), "position", position(&lib, find(&lib, "Gate")), "context", "includeDeclaration", 1));
  if (!check(json_array_size(refs) == 3, "references from where it is declared")) note("references", refs);
  json_decref(refs);
  doc_edit(&lib, find(&lib, "Gate"), find(&lib, "Gate") + 4, "Door", 4); // not saved
  diagnostics(&lib);
  json_t *sym = ask_doc("textDocument/documentSymbol", &a); // the server has read the change by now
  json_decref(sym);
  bool heard = false;
  for (int k = 0; k < 10 && !heard; k++) {
    heard = json_array_size(json_object_get(json_object_get(said, a.uri), "diagnostics")) > 0;
    if (!heard) json_decref(ask_doc("textDocument/documentSymbol", &a));
  }
  check(heard, "an unsaved change of a module is felt where it is used");
  json_decref(ask("shutdown", json_null()));
  tell("exit", json_null());
  check(stop() == 0, "and the end");
  unlink(lib.uri + 7), unlink(a.uri + 7), unlink(b.uri + 7), rmdir(real);
  free(lib.text), free(a.text), free(b.text), free(real);
}

// ---- random edits ----

static uint64_t seed = 20240607;
static uint32_t any(uint32_t n) { // xorshift64*
  seed ^= seed >> 12, seed ^= seed << 25, seed ^= seed >> 27;
  return (uint32_t)((seed * 2685821657736338717u) >> 33) % n;
}

static size_t any_place(const Doc *d) {
  size_t k = any((uint32_t)d->n + 1);
  while (k && ((unsigned char)d->text[k] & 0xC0) == 0x80) k--;
  return k;
}

static const char *const PIECES[] = {
    "{", "}", "(", ")", "[", "]", "\"", "\n", "\n\n", " ", "#", "## doc", "\\", "{a:.3f}", ";", ",", ".", "..", "=", "~", "->", "-", "^", "/dt", "dV/dt = -V/tau",
    "neuron A {", "neuron B extends A {", "synapse S { weight w; on pre { post.V += w } }", "rule R {", "param x = 1 ms", "state V: mV = x", "spike when V > 1 mV { V = 0 mV }",
    "population P = A[10]", "population L[k in 0:3] = A[k]", "connect P -> P via S all to all { w = 1 mV } learn R()", "record v = P.V", "run 10 ms", "print \"{1 + 2}\"",
    "for k in 0:3 {", "if true {", "} else {", "function f(x) = f(x)", "let y = ", "use synapses\n", "use \"other.hebb\"\n", "1e999", "2%", "20 ms", "mV", "in mS/cm^2", "1 uF/cm^2",
    "\xCF\x84_m", "\xF0\x9F\xA7\xA0", "\xE2\x84\xA6", "\t", "\r\n", "prev V", "xi", "pre.", "post.V", "E.V[where ", "x[1:2, :]", "sweep g in [1, 2] { collect r = g }",
    "scaled in mV, ms {", "test \"t\" {", "expect 1 near 2 within 3", "plot raster(P) as \"a.svg\"", "network N(a = 1) {", "build c = N()", "native \"libm.so.6\" { cos(x: real) -> real }"};

static void random_edit(Doc *d) {
  size_t lo = any_place(d), hi = lo;
  const char *text = PIECES[any(sizeof PIECES / sizeof *PIECES)];
  size_t n = strlen(text);
  uint32_t what = any(10);
  if (what < 3) { // something is taken out
    hi = lo + any(what == 0 ? 200 : 12);
    if (hi > d->n) hi = d->n;
    while (hi < d->n && ((unsigned char)d->text[hi] & 0xC0) == 0x80) hi++;
    n = 0;
  } else if (what < 5) { // a piece of the text itself is copied
    size_t from_byte = any_place(d), to_byte = from_byte + any(60);
    if (to_byte > d->n) to_byte = d->n;
    while (to_byte < d->n && ((unsigned char)d->text[to_byte] & 0xC0) == 0x80) to_byte++;
    n = to_byte - from_byte;
    char *copy = malloc(n + 1);
    memcpy(copy, d->text + from_byte, n);
    copy[n] = 0;
    doc_edit(d, lo, hi, copy, n);
    free(copy);
    return;
  }
  doc_edit(d, lo, hi, text, n);
}

// A second document of the same text, opened at once, must be seen as the one that was edited.
static bool as_if_new(const Doc *d) {
  Doc copy = {.version = 0};
  snprintf(copy.uri, sizeof copy.uri, "%.400s.copy", d->uri);
  doc_text(&copy, d->text, d->n);
  doc_open(&copy);
  json_t *was = json_deep_copy(diagnostics(d)), *is = json_deep_copy(diagnostics(&copy));
  json_t *t = ask_doc("textDocument/semanticTokens/full", d), *u = ask_doc("textDocument/semanticTokens/full", &copy);
  size_t k;
  json_t *one;
  json_array_foreach(was, k, one) json_object_del(one, "relatedInformation");
  json_array_foreach(is, k, one) json_object_del(one, "relatedInformation");
  bool ok = json_equal(was, is) && json_equal(t, u);
  if (!ok) note("edited", was), note("opened", is);
  json_decref(was), json_decref(is), json_decref(t), json_decref(u);
  doc_close(&copy);
  json_object_del(said, copy.uri);
  free(copy.text);
  return ok;
}

// Laid out, the text is laid out.
static bool formats_once(Doc *d) {
  json_t *edits = ask("textDocument/formatting", json_pack("{s:o, s:{}}", "textDocument", doc_id(d), "options"));
  json_t *first = json_array_get(edits, 0), *text = json_object_get(first, "newText");
  bool ok = true;
  long lo, hi;
  if (first) {
    ok = range_of(d, json_object_get(first, "range"), &lo, &hi) && lo == 0 && hi == (long)d->n;
    doc_edit(d, 0, d->n, json_string_value(text), json_string_length(text));
    json_t *again = ask("textDocument/formatting", json_pack("{s:o, s:{}}", "textDocument", doc_id(d), "options"));
    ok = ok && json_is_array(again) && !json_array_size(again);
    json_decref(again);
  }
  json_decref(edits);
  return ok;
}

static void show_text(const Doc *d) {
  printf("# %s, version %lld:\n", d->uri, (long long)d->version);
  for (const char *p = d->text; *p;) {
    size_t n = strcspn(p, "\n");
    printf("#| %.*s\n", (int)n, p);
    p += n + (p[n] == '\n');
  }
}

static void random_edits(const char *dir, int edits) {
  struct dirent **list;
  int n = scandir(dir, &list, is_model, alphasort), done = 0;
  enum { EACH = 40 };
  for (int round = 0; done < edits; round++) {
    Doc d = {.version = 0};
    const char *name = list[round % n]->d_name;
    if (!read_file(&d, dir, name)) exit(99);
    doc_open(&d);
    bool ok = true;
    for (int k = 0; k < EACH && done < edits && ok; k++, done++) {
      random_edit(&d);
      ok = diagnostics_fit(&d, diagnostics(&d)) && texts_fit(&d) && questions_fit(&d, any_place(&d));
      if (ok && k % 10 == 9) ok = as_if_new(&d);
      if (ok && k % 4 == 0) ok = formats_once(&d);
    }
    if (!check(ok, "%s: random edits %d to %d", name, done - done % EACH, done)) show_text(&d);
    if (!ok) done += EACH;
    doc_close(&d);
    free(d.text);
  }
  for (int k = 0; k < n; k++) free(list[k]);
  free(list);
}

int main(int argc, char **argv) {
  if (argc != 4) return 99;
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  protocol(argv[1]);
  across_files(argv[1]);
  start(argv[1]);
  initialize(NULL);
  features();
  examples(argv[2]);
  random_edits(argv[2], atoi(argv[3]));
  json_decref(ask("shutdown", json_null()));
  tell("exit", json_null());
  check(stop() == 0, "the server ends as it should");
  printf("1..%d\n", count);
  return failed != 0;
}
