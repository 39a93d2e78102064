// SPDX-License-Identifier: MIT
#include "base/str.h"

#include "base/arena.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void str_room(Str *s, size_t more) {
  if (s->n + more + 1 <= s->cap) return;
  size_t cap = s->cap ? s->cap : 64;
  while (cap < s->n + more + 1) cap *= 2;
  s->data = mem_realloc(s->data, cap);
  s->cap = cap;
}

void str_addn(Str *s, const char *text, size_t n) {
  str_room(s, n);
  if (n) memcpy(s->data + s->n, text, n);
  s->n += n;
  s->data[s->n] = 0;
}

void str_add(Str *s, const char *text) { str_addn(s, text, strlen(text)); }
void str_addc(Str *s, char c) { str_addn(s, &c, 1); }

void str_vaddf(Str *s, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  if (n < 0) return;
  str_room(s, (size_t)n);
  vsnprintf(s->data + s->n, (size_t)n + 1, fmt, ap);
  s->n += (size_t)n;
}

void str_addf(Str *s, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  str_vaddf(s, fmt, ap);
  va_end(ap);
}

void str_addnum(Str *s, double x) {
  if (isnan(x)) {
    str_add(s, "nan");
    return;
  }
  if (isinf(x)) {
    str_add(s, x < 0 ? "-inf" : "inf");
    return;
  }
  char buf[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(buf, sizeof buf, "%.*g", digits, x);
    if (strtod(buf, NULL) == x) break;
  }
  str_add(s, buf);
}

// Length of the valid UTF-8 sequence at p (n bytes left), or 0.
static size_t utf8_len(const unsigned char *p, size_t n) {
  if (p[0] < 0x80) return 1;
  size_t len = p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;
  if (p[0] >= 0xF5 || !len || len > n) return 0;
  for (size_t k = 1; k < len; k++)
    if ((p[k] & 0xC0) != 0x80) return 0;
  if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
  if (p[0] == 0xED && p[1] > 0x9F) return 0;
  if (p[0] == 0xF0 && p[1] < 0x90) return 0;
  if (p[0] == 0xF4 && p[1] > 0x8F) return 0;
  return len;
}

void str_addjson(Str *s, const char *text, size_t n) {
  str_addc(s, '"');
  for (size_t k = 0; k < n;) {
    unsigned char c = (unsigned char)text[k];
    size_t len = utf8_len((const unsigned char *)text + k, n - k);
    if (!len) {
      str_add(s, "\\ufffd");
      k++;
      continue;
    }
    if (len > 1) str_addn(s, text + k, len);
    else if (c == '"' || c == '\\') str_addf(s, "\\%c", c);
    else if (c == '\n') str_add(s, "\\n");
    else if (c == '\t') str_add(s, "\\t");
    else if (c < 0x20 || c == 0x7F) str_addf(s, "\\u%04x", c);
    else str_addc(s, (char)c);
    k += len;
  }
  str_addc(s, '"');
}

void str_free(Str *s) {
  mem_free(s->data);
  *s = (Str){0};
}
