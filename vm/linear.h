// SPDX-License-Identifier: MIT
// Small dense linear algebra: matrices row by row, of the size of a regression, not of a network.
#ifndef HEBB_LINEAR_H
#define HEBB_LINEAR_H
#include <stdbool.h>
#include <stdint.h>

// C[m, n] = A[m, k] B[k, n].
void linear_product(const double *a, const double *b, double *c, int64_t m, int64_t k, int64_t n);
double linear_dot(const double *x, const double *y, int64_t n); // pairwise
// X[n, m] with A[n, n] X = B[n, m]: the matrix is balanced and handed to `by`. A is destroyed, B becomes X. False if A is
// singular to working precision.
typedef bool (*LinearSolver)(void *ctx, double *a, double *b, int64_t n, int64_t m);
bool linear_solve(double *a, double *b, int64_t n, int64_t m, LinearSolver by, void *ctx);
// Such a solver: elimination with partial pivoting.
bool linear_eliminate(void *ctx, double *a, double *b, int64_t n, int64_t m);
// The shortest X[n, r] that brings A[m, n] X nearest to B[m, r], by orthogonal decomposition with column pivoting. A and
// B are destroyed.
void linear_least_squares(double *a, double *b, double *x, int64_t m, int64_t n, int64_t r);

#endif
