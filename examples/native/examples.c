// SPDX-License-Identifier: MIT
// Kernels of the examples: a filter, a channel whose rates are looked up, a pole on a cart, a clock.
#include <hebb_kernel.h>

#include <math.h>
#include <time.h>

// ---- a filter ----
// One pole: y[k] = y[k-1] + a (x[k] - y[k-1]). y may hold the last value of an earlier piece in its first element.
HEBB_KERNEL int iir(HebbCount n, double *y, const double *x, double a) {
  if (!(a > 0 && a <= 1)) return hebb_fail("a is %g, but a filter of one pole needs 0 < a <= 1", a);
  double last = n ? y[0] : 0;
  for (HebbCount k = 0; k < n; k++) y[k] = last += a * (x[k] - last);
  return 0;
}

// ---- a channel ----
// Steady state and time constant of the potassium gate of the squid (Hodgkin and Huxley 1952, at 6.3 degrees), tabulated
// every 0.5 mV and interpolated: as measured curves would be.
enum { FIRST = -120, LAST = 80, PER_MV = 2, KNOTS = (LAST - FIRST) * PER_MV + 1 };
typedef struct Table {
  double inf[KNOTS], tau[KNOTS];
} Table;

static double alpha_n(double V) {
  double u = -(V + 55) / 10;
  return 0.1 * (fabs(u) < 1e-9 ? 1 : u / expm1(u));
}
static double beta_n(double V) { return 0.125 * exp(-(V + 65) / 80); }

// Made once, when the library is loaded: the functions below are pure, whoever calls them when.
static Table table;
__attribute__((constructor)) static void make_table(void) {
  for (int k = 0; k < KNOTS; k++) {
    double V = FIRST + (double)k / PER_MV, a = alpha_n(V), b = beta_n(V);
    table.inf[k] = a / (a + b);
    table.tau[k] = 1 / (a + b);
  }
}
static double look_up(const double *y, double V) {
  double x = (V - FIRST) * PER_MV;
  if (!(x > 0)) return y[0];
  if (x >= KNOTS - 1) return y[KNOTS - 1];
  int k = (int)x;
  return y[k] + (x - k) * (y[k + 1] - y[k]);
}
HEBB_KERNEL double n_inf(double V) { return look_up(table.inf, V); } // V in mV
HEBB_KERNEL double n_tau(double V) { return look_up(table.tau, V); } // in ms

// ---- a cart and its pole ----
// Barto, Sutton and Anderson, IEEE Trans. Syst. Man Cybern. 13 (1983) 834-846, without friction. state: position (m),
// velocity (m/s), angle (rad), angular velocity (rad/s); force in N, dt in s.
HEBB_KERNEL int cart_pole(HebbCount n, double *state, double force, double dt) {
  const double g = 9.8, m = 0.1, total = 1.1, half = 0.5;
  if (n != 4) return hebb_fail("the state of a cart has 4 numbers, not %lld", (long long)n);
  double s = sin(state[2]), c = cos(state[2]), push = (force + m * half * state[3] * state[3] * s) / total;
  double angular = (g * s - c * push) / (half * (4.0 / 3 - m * c * c / total));
  double linear = push - m * half * angular * c / total;
  state[1] += dt * linear;
  state[0] += dt * state[1];
  state[3] += dt * angular;
  state[2] += dt * state[3];
  if (fabs(state[2]) > 1.5) return hebb_fail("the pole fell at x = %.3g m", state[0]);
  return 0;
}

// ---- a clock ----
HEBB_KERNEL double processor_time(void) { return (double)clock() / CLOCKS_PER_SEC; } // of this process, in s
