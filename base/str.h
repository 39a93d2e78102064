// SPDX-License-Identifier: MIT
// Str: a string being built. `s.data` is always NUL-terminated once anything was added; str_free gives it back.
#ifndef HEBB_STR_H
#define HEBB_STR_H
#include <stdarg.h>
#include <stddef.h>

typedef struct Str {
  char *data;
  size_t n, cap;
} Str;

void str_addn(Str *s, const char *text, size_t n);
void str_add(Str *s, const char *text);
void str_addc(Str *s, char c);
void str_addf(Str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_vaddf(Str *s, const char *fmt, va_list ap);
// The shortest decimal text that reads back as the same double ("0.1", "1e-05", "42", "inf", "nan").
void str_addnum(Str *s, double x);
// Text as a JSON string, with the quotes. Invalid UTF-8 becomes U+FFFD.
void str_addjson(Str *s, const char *text, size_t n);
void str_free(Str *s);

#endif
