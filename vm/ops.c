// SPDX-License-Identifier: MIT
#include "vm/ops.h"

#include <stdbool.h>

static const OpInfo ops[] = {
#define FAMILY(name, args, text)
#define OP(family, variant, operands, flags, text) {#family, #variant, operands, text, FAM_##family, flags},
#include "vm/ops.def"
#undef FAMILY
#undef OP
};

// The first opcode of a family is the number of OP rows above its FAMILY row: a marker enumerator there takes the value
// that the next opcode has, and hands it on.
enum {
  MARK_BEGIN = -1,
#define FAMILY(name, args, text) FIRST_##name, FIRST_BACK_##name = FIRST_##name - 1,
#define OP(family, variant, operands, flags, text) MARK_##family##_##variant,
#include "vm/ops.def"
#undef FAMILY
#undef OP
  FIRST_END_OF_ALL
};

static const FamilyInfo families[] = {
#define FAMILY(name, args, text) {#name, args, text, FIRST_##name},
#define OP(family, variant, operands, flags, text)
#include "vm/ops.def"
#undef FAMILY
#undef OP
    {"", "", "", FIRST_END_OF_ALL},
};

const OpInfo *op_info(int opcode) { return &ops[opcode]; }
const FamilyInfo *family_info(int family) { return &families[family]; }

static bool kinds_match(const char *variant, const char *kinds) {
  for (; *variant && *kinds; variant++, kinds++)
    if (*variant != *kinds && !(*variant == 'x' && (*kinds == 'v' || *kinds == 'k'))) return false;
  return *variant == *kinds;
}
int op_variant(int family, const char *kinds) {
  if (!*kinds) return families[family].first;
  for (int op = families[family].first; op < families[family + 1].first; op++)
    if (kinds_match(ops[op].variant, kinds)) return op;
  return -1;
}

int op_words(const uint16_t *code) {
  int n = 1;
  for (const char *p = ops[code[0]].operands; *p; p++)
    n += *p == 'w' ? 2 : *p == 'E' ? 1 + 2 * code[n] * code[n] : *p == 'C' ? 1 + 4 * code[n] : *p == 'N' ? 3 + code[n + 2] : 1;
  return n;
}
