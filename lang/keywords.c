// SPDX-License-Identifier: MIT
// The words of the language, from keywords.def, found by halving.
#include "lang/lexer.h"
#include "lang/parser.h"

#include <string.h>

static const Keyword table[] = {
#define KEYWORD(text, token, class_) {text, T_##token, KW_##class_},
#include "lang/keywords.def"
#undef KEYWORD
};

const Keyword *keywords(int *n) {
  *n = (int)(sizeof table / sizeof *table);
  return table;
}

const Keyword *keyword_find(const char *text, size_t n) {
  size_t lo = 0, hi = sizeof table / sizeof *table;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    int c = strncmp(text, table[mid].text, n);
    if (!c && table[mid].text[n]) c = -1;
    if (!c) return &table[mid];
    if (c < 0) hi = mid;
    else lo = mid + 1;
  }
  return NULL;
}

bool keyword_is_reserved(const char *text, size_t n) {
  const Keyword *k = keyword_find(text, n);
  return k && k->class_ <= KW_CONSTANT;
}
