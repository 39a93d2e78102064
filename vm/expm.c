// SPDX-License-Identifier: MIT
// Higham, The scaling and squaring method for the matrix exponential revisited (SIAM J. Matrix Anal. Appl. 26, 2005):
// the approximant of degree 13 after halving until the 1-norm is at most theta_13. Sums and products are fused, so that the result is the same on every machine.
#include "vm/expm.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef double Mat[EXPM_MAX * EXPM_MAX];

static void mat_mul(int n, const double *a, const double *b, double *r) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double s = 0;
      for (int k = 0; k < n; k++) s = fma(a[i * n + k], b[k * n + j], s);
      r[i * n + j] = s;
    }
}
static double norm1(int n, const double *a) {
  double most = 0;
  for (int j = 0; j < n; j++) {
    double s = 0;
    for (int i = 0; i < n; i++) s += fabs(a[i * n + j]);
    if (!(s <= most)) most = s;
  }
  return most;
}
// Solves p x = q in place (q becomes x) by elimination with partial pivoting.
static void solve(int n, double *p, double *q) {
  for (int c = 0; c < n; c++) {
    int best = c;
    for (int i = c + 1; i < n; i++)
      if (fabs(p[i * n + c]) > fabs(p[best * n + c])) best = i;
    for (int j = 0; j < n && best != c; j++) {
      double t = p[c * n + j], u = q[c * n + j];
      p[c * n + j] = p[best * n + j], p[best * n + j] = t;
      q[c * n + j] = q[best * n + j], q[best * n + j] = u;
    }
    for (int i = c + 1; i < n; i++) {
      double m = p[i * n + c] / p[c * n + c];
      if (m == 0) continue;
      for (int j = c; j < n; j++) p[i * n + j] = fma(-m, p[c * n + j], p[i * n + j]);
      for (int j = 0; j < n; j++) q[i * n + j] = fma(-m, q[c * n + j], q[i * n + j]);
    }
  }
  for (int i = n - 1; i >= 0; i--)
    for (int j = 0; j < n; j++) {
      double s = q[i * n + j];
      for (int k = i + 1; k < n; k++) s = fma(-p[i * n + k], q[k * n + j], s);
      q[i * n + j] = s / p[i * n + i];
    }
}

static const double pade13[14] = {64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800,
                                  129060195264000,   10559470521600,    670442572800,     33522128640,
                                  1323241920,        40840800,          960960,           16380,
                                  182,               1};

// r = the approximant of degree 13 at a.
static void pade(int n, const double *a, double *r) {
  Mat a2, a4, a6, u, v, w = {0};
  const double *b = pade13;
  mat_mul(n, a, a, a2);
  mat_mul(n, a2, a2, a4);
  mat_mul(n, a4, a2, a6);
  int nn = n * n;
  for (int i = 0; i < nn; i++) w[i] = fma(b[13], a6[i], fma(b[11], a4[i], b[9] * a2[i]));
  mat_mul(n, a6, w, v);
  for (int i = 0; i < nn; i++) v[i] += fma(b[7], a6[i], fma(b[5], a4[i], b[3] * a2[i])) + (i % (n + 1) ? 0 : b[1]);
  mat_mul(n, a, v, u);
  for (int i = 0; i < nn; i++) w[i] = fma(b[12], a6[i], fma(b[10], a4[i], b[8] * a2[i]));
  mat_mul(n, a6, w, v);
  for (int i = 0; i < nn; i++) v[i] += fma(b[6], a6[i], fma(b[4], a4[i], b[2] * a2[i])) + (i % (n + 1) ? 0 : b[0]);
  for (int i = 0; i < nn; i++) {
    r[i] = v[i] + u[i];
    w[i] = v[i] - u[i];
  }
  solve(n, w, r);
}

void expm(int n, const double *a, double *r) {
  double norm = norm1(n, a);
  if (!(norm < 1e300)) {
    for (int i = 0; i < n * n; i++) r[i] = NAN;
    return;
  }
  int s = 0; // halvings: the power of two at or above norm / theta_13
  if (norm > 5.371920351148152) frexp(norm / 5.371920351148152, &s);
  Mat scaled = {0}, t;
  for (int i = 0; i < n * n; i++) scaled[i] = ldexp(a[i], -s);
  pade(n, scaled, r);
  for (; s > 0; s--) {
    memcpy(t, r, sizeof(double) * (size_t)(n * n));
    mat_mul(n, t, t, r);
  }
}
