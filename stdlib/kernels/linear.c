// SPDX-License-Identifier: MIT
// hebb_linear: dense linear algebra for the language, called as any native kernel is. Products go through CBLAS and
// equations and decompositions through LAPACKE where configure found them; products have loops of their own where not, the
// others say that they are missing. Matrices stand row by row.
//
// BLAS is kept to one thread: what a product gives must not depend on how many there are.
#include "hebb_kernel.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#ifdef HEBB_CBLAS
#include <cblas.h>
#endif
#ifdef HEBB_LAPACKE
#include <lapacke.h>
#endif

static int one_thread(void) {
#if defined(HEBB_CBLAS) && defined(HEBB_OPENBLAS)
  openblas_set_num_threads(1);
#endif
  return 0;
}

HEBB_KERNEL const char *hebb_linear_made_with(void);
HEBB_KERNEL const char *hebb_linear_made_with(void) {
#if defined(HEBB_CBLAS) && defined(HEBB_LAPACKE)
  return "CBLAS and LAPACKE";
#elif defined(HEBB_CBLAS)
  return "CBLAS";
#elif defined(HEBB_LAPACKE)
  return "LAPACKE";
#else
  return "loops of its own";
#endif
}

// ---- products ----
#ifndef HEBB_CBLAS
enum { BLOCK = 64 };

static void product(HebbCount m, HebbCount k, HebbCount n, const double *A, const double *B, double *C) {
  memset(C, 0, sizeof *C * (size_t)(m * n));
  for (HebbCount jb = 0; jb < k; jb += BLOCK) // a block of B's rows stays in cache for all rows of A
    for (HebbCount i = 0; i < m; i++)
      for (HebbCount j = jb; j < k && j < jb + BLOCK; j++) {
        double f = A[i * k + j];
        for (HebbCount l = 0; l < n; l++) C[i * n + l] += f * B[j * n + l];
      }
}
#endif

// y = A x
HEBB_KERNEL int hebb_matvec(HebbCount m, HebbCount n, const double *A, const double *x, double *y);
HEBB_KERNEL int hebb_matvec(HebbCount m, HebbCount n, const double *A, const double *x, double *y) {
#ifdef HEBB_CBLAS
  one_thread();
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)m, (int)n, 1, A, (int)n, x, 1, 0, y, 1);
#else
  one_thread();
  for (HebbCount i = 0; i < m; i++) {
    double s[4] = {0};
    for (HebbCount j = 0; j < n; j++) s[j % 4] += A[i * n + j] * x[j];
    y[i] = (s[0] + s[1]) + (s[2] + s[3]);
  }
#endif
  return 0;
}

// C = A B
HEBB_KERNEL int hebb_matmul(HebbCount m, HebbCount k, HebbCount n, const double *A, const double *B, double *C);
HEBB_KERNEL int hebb_matmul(HebbCount m, HebbCount k, HebbCount n, const double *A, const double *B, double *C) {
  one_thread();
#ifdef HEBB_CBLAS
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, A, (int)k, B, (int)n, 0, C, (int)n);
#else
  product(m, k, n, A, B, C);
#endif
  return 0;
}

// ---- equations and decompositions ----
// A status other than 1 says what went wrong (vm/builtin_linear.c).
enum { SINGULAR = 2, MISSING = 3 };
#ifndef HEBB_LAPACKE
static int missing(void) { return hebb_fail("hebb was built without LAPACKE"), MISSING; }
#else
static int no_memory(void) { return hebb_fail("there is no memory for it"); }

static double *copy(const double *x, size_t n) {
  double *p = malloc(sizeof *p * (n + 1));
  return p ? memcpy(p, x, sizeof *p * n) : NULL;
}

// Eigenvectors come in columns, those of a complex pair as real and imaginary parts side by side: to rows.
static void eigenvectors(HebbCount n, const double *im, const double *v, double *re_rows, double *im_rows) {
  for (HebbCount k = 0; k < n; k++) {
    bool pair = im[k] != 0, second = pair && k > 0 && im[k] < 0;
    HebbCount re = second ? k - 1 : k, at = second ? k : k + 1;
    for (HebbCount i = 0; i < n; i++) {
      re_rows[k * n + i] = v[i * n + re];
      im_rows[k * n + i] = pair ? (second ? -1 : 1) * v[i * n + at] : 0;
    }
  }
}
#endif

// A X = B, with A of n rows and columns; refined. X may be B.
HEBB_KERNEL int hebb_solve(HebbCount n, HebbCount m, const double *A, const double *B, double *X);
HEBB_KERNEL int hebb_solve(HebbCount n, HebbCount m, const double *A, const double *B, double *X) {
#ifdef HEBB_LAPACKE
  size_t nn = (size_t)(n * n), nm = (size_t)(n * m);
  double *a = copy(A, nn), *b = copy(B, nm), *room = malloc(sizeof *room * (nn + 2 * (size_t)(n + m) + 1));
  int *pivot = malloc(sizeof *pivot * (size_t)(n + 1)), status = -1;
  if (a && b && room && pivot) {
    double *row = room + nn, *column = row + n, *forward = column + n, *backward = forward + m, condition, growth;
    char equed = 'N';
    one_thread();
    status = LAPACKE_dgesvx(LAPACK_ROW_MAJOR, 'N', 'N', (int)n, (int)m, a, (int)n, room, (int)n, pivot, &equed, row, column, b, (int)m, X,
                            (int)m, &condition, forward, backward, &growth);
  }
  free(a);
  free(b);
  free(room);
  free(pivot);
  if (status > 0) return hebb_fail("the matrix is singular"), SINGULAR;
  return status ? no_memory() : 0;
#else
  return (void)n, (void)m, (void)A, (void)B, (void)X, missing();
#endif
}

// The shortest X of n rows and r columns that brings A X nearest to B of m rows, by singular values.
HEBB_KERNEL int hebb_lstsq(HebbCount m, HebbCount n, HebbCount r, const double *A, const double *B, double *X);
HEBB_KERNEL int hebb_lstsq(HebbCount m, HebbCount n, HebbCount r, const double *A, const double *B, double *X) {
#ifdef HEBB_LAPACKE
  HebbCount rows = m > n ? m : n, least = m < n ? m : n;
  double *a = copy(A, (size_t)(m * n)), *b = malloc(sizeof *b * (size_t)(rows * r + 1)), *s = malloc(sizeof *s * (size_t)(least + 1));
  int status = -1, rank;
  if (a && b && s) {
    memcpy(b, B, sizeof *b * (size_t)(m * r));
    one_thread();
    status = LAPACKE_dgelsd(LAPACK_ROW_MAJOR, (int)m, (int)n, (int)r, a, (int)n, b, (int)r, s, DBL_EPSILON * (double)rows, &rank);
    if (status == 0) memcpy(X, b, sizeof *X * (size_t)(n * r));
  }
  free(a);
  free(b);
  free(s);
  return status ? hebb_fail("the singular values were not found") : 0;
#else
  return (void)m, (void)n, (void)r, (void)A, (void)B, (void)X, missing();
#endif
}

// Eigenvalues re + i im of A, and in the rows of vre + i vim the eigenvectors of length 1.
HEBB_KERNEL int hebb_eig(HebbCount n, const double *A, double *re, double *im, double *vre, double *vim);
HEBB_KERNEL int hebb_eig(HebbCount n, const double *A, double *re, double *im, double *vre, double *vim) {
#ifdef HEBB_LAPACKE
  size_t nn = (size_t)(n * n);
  double *a = copy(A, nn), *v = malloc(sizeof *v * (nn + 1));
  one_thread();
  int status = a && v ? LAPACKE_dgeev(LAPACK_ROW_MAJOR, 'N', 'V', (int)n, a, (int)n, re, im, NULL, (int)n, v, (int)n) : -1;
  if (status == 0) eigenvectors(n, im, v, vre, vim);
  free(a);
  free(v);
  return status ? hebb_fail("the eigenvalues were not found") : 0;
#else
  return (void)n, (void)A, (void)re, (void)im, (void)vre, (void)vim, missing();
#endif
}

// A = sum over k of s[k] U[k]' V[k]: k = the smaller of m and n rows of length m and n.
HEBB_KERNEL int hebb_svd(HebbCount m, HebbCount n, HebbCount k, const double *A, double *s, double *U, double *V);
HEBB_KERNEL int hebb_svd(HebbCount m, HebbCount n, HebbCount k, const double *A, double *s, double *U, double *V) {
#ifdef HEBB_LAPACKE
  double *a = copy(A, (size_t)(m * n)), *u = malloc(sizeof *u * (size_t)(m * k + 1));
  one_thread();
  int status = a && u ? LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'S', (int)m, (int)n, a, (int)n, s, u, (int)k, V, (int)n) : -1;
  for (HebbCount i = 0; status == 0 && i < m; i++)
    for (HebbCount j = 0; j < k; j++) U[j * m + i] = u[i * k + j];
  free(a);
  free(u);
  return status ? hebb_fail("the singular values were not found") : 0;
#else
  return (void)m, (void)n, (void)k, (void)A, (void)s, (void)U, (void)V, missing();
#endif
}
