// SPDX-License-Identifier: MIT
// The exponential of a small square matrix, row by row: Pade approximants with scaling and squaring (Higham 2005).
// `r` may not overlap `a`. A matrix with NaN or infinity gives NaN in every element.
#ifndef HEBB_EXPM_H
#define HEBB_EXPM_H

#define EXPM_MAX 16

void expm(int n, const double *a, double *r);

#endif
