// SPDX-License-Identifier: MIT
// The listing of a kernel. Registers are shown as what they hold: constants by value, columns by the slot's name, setup
// scalars c0.., prologue scalars s0.., derived columns d0.., block registers r0..; a slot stored to is shown as name'.
#include "base/str.h"
#include "vm/kernel.h"

#include <string.h>

static void print_register(const Kernel *k, int r, Str *out) {
  if (r < reg_setup(k)) str_addnum(out, k->constants[r]);
  else if (r < reg_prologue(k)) str_addf(out, "c%d", r - reg_setup(k));
  else if (r < reg_column(k)) str_addf(out, "s%d", r - reg_prologue(k));
  else if (r < reg_out(k)) str_add(out, k->slots[k->column[r - reg_column(k)]].name);
  else if (r < reg_derived(k)) str_addf(out, "%s'", k->slots[k->column[r - reg_column(k)]].name);
  else if (r < reg_block(k)) str_addf(out, "d%d", r - reg_derived(k));
  else str_addf(out, "r%d", r - reg_block(k));
}
static void print_slot(const Kernel *k, int s, Str *out) {
  static const char *const how[] = {"", "", "[self]", "[pre]", "[post]", "[]"};
  static const char *const type[] = {"", " f32", " i32"};
  str_addf(out, "%s%s%s", k->slots[s].name, how[k->slots[s].access], type[k->slots[s].type]);
}
static void print_expm(const Kernel *k, const uint16_t *a, Str *out) {
  int kk = a[0] * a[0];
  str_addf(out, "%d", a[0]);
  for (int i = 1; i <= 2 * kk; i++) {
    str_add(out, i == kk + 1 ? " -> " : i > 1 ? " " : ": ");
    if (a[i] == 0xffff) str_add(out, "-");
    else print_register(k, a[i], out);
  }
}
static void print_commit(const Kernel *k, const uint16_t *a, Str *out) {
  for (int i = 0; i < a[0]; i++) {
    str_add(out, i ? ", " : "");
    const uint16_t *p = a + 1 + 4 * i;
    print_register(k, p[0], out);
    str_add(out, " = ");
    print_register(k, p[1], out);
    if (p[2] == 0xffff) continue;
    str_add(out, " * ");
    print_register(k, p[2], out);
  }
}
static void print_native(const Kernel *k, const uint16_t *a, Str *out) {
  str_addf(out, "%s(", k->native[a[0]]->name);
  for (int i = 0; i < a[2]; i++) {
    str_add(out, i ? ", " : "");
    print_register(k, a[3 + i], out);
  }
  str_addc(out, ')');
  if (a[1] == 0xffff) return;
  str_add(out, " where ");
  print_register(k, a[1], out);
}
static void print_operand(const Kernel *k, const uint16_t *code, char kind, const uint16_t *a, Str *out) {
  switch (kind) {
  case 's': print_slot(k, *a, out); break;
  case 'w': str_addf(out, "stream %u", a[0] | (unsigned)a[1] << 16); break;
  case 'E': print_expm(k, a, out); break;
  case 'C': print_commit(k, a, out); break;
  case 'N': print_native(k, a, out); break;
  case 'i': str_addf(out, "%d", op_info(*code)->family == FAM_FINITE ? k->what[*a] : *a); break;
  default: print_register(k, *a, out);
  }
}
static void print_place(const Kernel *k, int offset, const Sources *src, Str *out) {
  for (int i = 0; i < k->nspans && src; i++) {
    const Source *s = k->spans[i].offset == (uint32_t)offset ? sources_get(src, k->spans[i].span.file) : NULL;
    if (!s) continue;
    uint32_t line, column;
    source_position(s, k->spans[i].span.lo, &line, &column);
    str_addf(out, "  # line %u", line);
    return;
  }
}
static void print_instruction(const Kernel *k, const uint16_t *code, const Sources *src, Str *out) {
  const OpInfo *op = op_info(*code);
  size_t begin = out->n;
  str_add(out, "  ");
  for (const char *p = op->family_name; *p; p++) str_addc(out, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
  if (strlen(op->variant) > 1) str_addf(out, ".%s", op->variant);
  while (out->n - begin < 18) str_addc(out, ' ');
  const uint16_t *a = code + 1;
  for (const char *p = op->operands; *p; p++) {
    str_add(out, p == op->operands ? "" : p == op->operands + 1 && strchr("do", p[-1]) ? " = " : ", ");
    print_operand(k, code, *p, a, out);
    a += *p == 'w' ? 2 : 1;
  }
  for (size_t n = out->n - begin; n < 56; n++) str_addc(out, ' ');
  print_place(k, (int)(code - k->code), src, out);
  while (out->n && out->data[out->n - 1] == ' ') out->data[--out->n] = 0;
  str_addc(out, '\n');
}

void kernel_print(const Kernel *k, const Sources *src, Str *out) {
  static const char *const title[] = {"setup, once", "setup, by lane", "each step, once", "each step, by lane"};
  str_addf(out, "kernel %s: %d block registers, %d constants, %d derived columns\n", k->name, k->nblock, k->nconstant,
           k->nderived);
  for (int s = 0; s < SECTION_COUNT; s++) {
    const uint16_t *p = k->code + k->section[s];
    if (*p == OP_END_x) continue;
    str_addf(out, " %s:\n", title[s]);
    for (; *p != OP_END_x; p += op_words(p)) print_instruction(k, p, src, out);
  }
}
