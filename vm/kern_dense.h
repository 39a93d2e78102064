// SPDX-License-Identifier: MIT
// to[j] += x[0]*w[0][j], then + x[1]*w[1][j] ...: up to four rows of a matrix, whose beginnings lie `stride` apart. Each
// product and each sum is rounded, in this order, so that all instruction sets agree.
#define DENSE_ADD(name, type)                                                                                          \
  static void name(double *restrict to, const type *restrict w, int64_t stride, int rows, const double *x, int64_t n) { \
    const type *a = w, *b = w + stride, *c = b + stride, *d = c + stride;                                               \
    double p = x[0], q = x[1], r = x[2], s = x[3];                                                                      \
    if (rows == 4) {                                                                                                    \
      for (int64_t j = 0; j < n; j++)                                                                                   \
        to[j] = (((to[j] + (double)a[j] * p) + (double)b[j] * q) + (double)c[j] * r) + (double)d[j] * s;                \
      return;                                                                                                           \
    }                                                                                                                   \
    for (int k = 0; k < rows; k++)                                                                                      \
      for (int64_t j = 0; j < n; j++) to[j] += (double)w[k * stride + j] * x[k];                                        \
  }
DENSE_ADD(dense_add_f64, double)
DENSE_ADD(dense_add_f32, float)
#undef DENSE_ADD
