// SPDX-License-Identifier: MIT
// White noise in the equations of one kernel in the making: for each `xi` a placeholder, which the schemes of integration
// recognise, and a normal draw of variance 1 for each lane and step. Where no scheme comes, noise_settle puts in what xi is
// on the mean of a step: the draw over the root of dt.
#ifndef HEBB_NOISE_H
#define HEBB_NOISE_H
#include "base/vec.h"
#include "lang/solve.h"

typedef struct Noise {
  const Sym *xi;
  uint32_t number; // of the view it belongs to
  IrVal placeholder, draw;
} Noise;

typedef struct NoiseList {
  Vec(Noise) v;
} NoiseList;

// The placeholder of `xi` as the view of this number reads it: one noise wherever it reads it.
IrVal noise_of(NoiseList *l, Ir *ir, const Sym *xi, uint32_t number);
bool noise_in(const NoiseList *l, const Ir *ir, IrVal v);
void noise_give(const NoiseList *l, Solve *out, Arena *a);
// Adds the placeholders to `from` and what they are on the mean of this step to `to`; how many.
int noise_means(const NoiseList *l, Ir *ir, IrVal *from, IrVal *to);
IrVal noise_settle(const NoiseList *l, Ir *ir, IrVal v, Arena *tmp);
void noise_free(NoiseList *l);
// A load of a slot that no kernel has: stands for a value until something is put in its place.
IrVal placeholder_new(Ir *ir, int number);

#endif
