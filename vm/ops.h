// SPDX-License-Identifier: MIT
// Opcodes and their facts, derived from vm/ops.def.
#ifndef HEBB_OPS_H
#define HEBB_OPS_H
#include <stdint.h>

typedef enum OpCode {
#define FAMILY(name, args, text)
#define OP(family, variant, operands, flags, text) OP_##family##_##variant,
#include "vm/ops.def"
#undef FAMILY
#undef OP
  OP_COUNT
} OpCode;

typedef enum OpFamily {
#define FAMILY(name, args, text) FAM_##name,
#define OP(family, variant, operands, flags, text)
#include "vm/ops.def"
#undef FAMILY
#undef OP
  FAM_COUNT
} OpFamily;

enum { PURE = 1, WEAK = 2, FUSED = 4, EFFECT = 8, RANDOM = 16 };

typedef struct OpInfo {
  const char *family_name, *variant, *operands, *text;
  uint8_t family, flags;
} OpInfo;

typedef struct FamilyInfo {
  const char *name, *args, *text;
  uint16_t first; // its opcodes: from here to the first of the next family
} FamilyInfo;

const OpInfo *op_info(int opcode);
const FamilyInfo *family_info(int family);
// The opcode of a family with these kinds of value operands ("vk"; "" is its first), or -1.
int op_variant(int family, const char *kinds);
// The number of words of the instruction at `code`, opcode included.
int op_words(const uint16_t *code);

#endif
