// SPDX-License-Identifier: MIT
// hebb_fft: Fourier transforms for the language, by KissFFT in double precision (its library is of single precision in
// Debian, its header for C++ is a template). Where configure does not find it `spectrum` goes on with a transform of its own.
#include "hebb_kernel.h"

#include <complex>
#include <kissfft/kissfft.hh>
#include <memory>
#include <new>
#include <vector>

namespace {
struct Plan { // of real numbers: a transform of half the length
  explicit Plan(HebbCount length) : n(length), half(static_cast<std::size_t>(length / 2), false), out(static_cast<std::size_t>(length / 2)) {}
  HebbCount n;
  kissfft<double> half;
  std::vector<std::complex<double>> out;
};

Plan &plan_for(HebbCount n) {
  static thread_local std::unique_ptr<Plan> plan;
  if (!plan || plan->n != n) plan.reset(new Plan(n));
  return *plan;
}
} // namespace

// P[k] = |sum over j of x[j] exp(-2 pi i j k/n)|^2 for k = 0 .. n/2; n is even, P has m = n/2 + 1 elements.
HEBB_KERNEL int hebb_power(HebbCount n, HebbCount m, const double *x, double *P);
HEBB_KERNEL int hebb_power(HebbCount n, HebbCount m, const double *x, double *P) {
  if (n < 2 || n % 2 || m != n / 2 + 1) return hebb_fail("a transform of %lld numbers has no %lld powers", (long long)n, (long long)m);
  try {
    Plan &plan = plan_for(n);
    plan.half.transform_real(x, plan.out.data());
    P[0] = plan.out[0].real() * plan.out[0].real(); // the first holds both ends, which are real
    P[n / 2] = plan.out[0].imag() * plan.out[0].imag();
    for (HebbCount k = 1; k < n / 2; k++) P[k] = std::norm(plan.out[static_cast<std::size_t>(k)]);
  } catch (const std::bad_alloc &) {
    return hebb_fail("there is no memory for a transform of %lld numbers", (long long)n);
  }
  return 0;
}
