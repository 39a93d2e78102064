// SPDX-License-Identifier: MIT
// Noises of a kernel in the making (see noise.h).
#include "lang/noise.h"

#include "lang/lower_impl.h"

enum { FIRST_NOISE = 0x800 }; // numbers of placeholders below are those of inputs

IrVal placeholder_new(Ir *ir, int number) {
  Slot slot = {.space = SPACE_CAPTURE, .access = ACC_LANE, .index = (uint16_t)(0xF000 + number), .name = "held"};
  return ir_load(ir, slot);
}

IrVal noise_of(NoiseList *l, Ir *ir, const Sym *xi, uint32_t number) {
  for (int k = 0; k < l->v.n; k++)
    if (l->v.data[k].xi == xi && l->v.data[k].number == number) return l->v.data[k].placeholder;
  IrVal args[2] = {ir_const(ir, 0), ir_const(ir, 1)};
  uint32_t stream = stream_hash(stream_hash(0x5eedu, number), (uint32_t)l->v.n);
  Noise n = {xi, number, placeholder_new(ir, FIRST_NOISE + l->v.n), ir_random(ir, DIST_NORMAL, 2, args, stream)};
  vec_push(&l->v, n);
  return n.placeholder;
}

bool noise_in(const NoiseList *l, const Ir *ir, IrVal v) {
  for (int k = 0; k < l->v.n; k++)
    if (ir_depends(ir, v, l->v.data[k].placeholder)) return true;
  return false;
}

void noise_give(const NoiseList *l, Solve *out, Arena *a) {
  out->nnoise = l->v.n;
  out->noise = NEWN(a, IrVal, l->v.n + 1), out->draw = NEWN(a, IrVal, l->v.n + 1);
  for (int k = 0; k < l->v.n; k++) out->noise[k] = l->v.data[k].placeholder, out->draw[k] = l->v.data[k].draw;
}

int noise_means(const NoiseList *l, Ir *ir, IrVal *from, IrVal *to) {
  IrVal root = l->v.n ? ir_op1(ir, IR_SQRT, ir_load(ir, slot_sys(SYS_DT))) : 0;
  for (int k = 0; k < l->v.n; k++) from[k] = l->v.data[k].placeholder, to[k] = ir_op2(ir, IR_DIV, l->v.data[k].draw, root);
  return l->v.n;
}

IrVal noise_settle(const NoiseList *l, Ir *ir, IrVal v, Arena *tmp) {
  IrVal *from = NEWN(tmp, IrVal, l->v.n + 1), *to = NEWN(tmp, IrVal, l->v.n + 1);
  int n = noise_means(l, ir, from, to);
  return n ? ir_substitute(ir, v, n, from, to) : v;
}

void noise_free(NoiseList *l) { vec_free(&l->v); }
