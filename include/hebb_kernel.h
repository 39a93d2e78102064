// SPDX-License-Identifier: MIT
// hebb_kernel.h: functions and kernels in C or C++ that models call. Nothing of hebb is linked; a kernel library is a
// shared library like any other.
//
//   // mine.c                                          // model.hebb
//   #include <hebb_kernel.h>                           native "./libmine.so" {
//                                                        square(x: real) -> real
//   HEBB_KERNEL double square(double x) {                kernel leak(n: count, V: inout mV[n], f: real)
//     return x * x;                                    }
//   }                                                  neuron Leaky {
//   HEBB_KERNEL int leak(HebbCount n, double *V,         state V: mV = -60 mV
//                        double f) {                     on step { leak(V, 0.99) }
//     if (f > 1) return hebb_fail("f = %g", f);        }
//     for (HebbCount k = 0; k < n; k++) V[k] *= f;
//     return 0;
//   }
//
//   cc -shared -fPIC -O2 $(pkg-config --cflags hebb) -o libmine.so mine.c
//
// Types, as the declaration names them:
//
//   real, a unit   double             count    HebbCount (int64_t)
//   real32         float              string   const char *, valid during the call
//   int            int64_t            x: T[n], x: T[m, n]      pointer to the first element, row by row;
//   int32          int32_t                                     const for `in`
//   bool           bool               x: out T, x: inout T     pointer to one value
//
// A function `f(x: mV) -> nA` gets and gives plain numbers in those units. It is called for one element after the other.
// It is taken to be pure: what it gives depends on its arguments alone, so that it may be called less often than written.
// If it is not so, declare it `impure`.
//
// A kernel is called once with whole columns and returns an int: 0, or a status that stops the run. Counts are filled in
// from the lengths of the arrays: leak(V, 0.99) passes n. A kernel declared with a result, `kernel norm(n: count,
// x: in real[n]) -> real`, returns that instead of a status. Arrays do not overlap. Memory belongs to hebb and is valid
// during the call; columns of a population begin at a multiple of 64 bytes.
//
// Failing: `return hebb_fail("the pole fell at %g m", x);` stops the run with that text; hebb_fail gives 1. In a function
// it may be called too, the value is then not used. Numbers that are not finite stop the run when they reach a state.
//
// Threads: hebb may call a function or kernel from more than one thread at a time, each with columns of its own.
#ifndef HEBB_KERNEL_API
#define HEBB_KERNEL_API 1
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef int64_t HebbCount;

#define HEBB_KERNEL_TEXT 512 // bytes of a message

#ifdef __cplusplus
#define HEBB_KERNEL_C extern "C"
#else
#define HEBB_KERNEL_C
#endif
#if defined(__cplusplus) && __cplusplus >= 201103L
#define HEBB_KERNEL_LOCAL thread_local
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define HEBB_KERNEL_LOCAL _Thread_local
#else // C99, C++98
#define HEBB_KERNEL_LOCAL __thread
#endif
#define HEBB_KERNEL HEBB_KERNEL_C __attribute__((visibility("default")))

// The message of this thread, "" if there is none: hebb looks here. Several files of one library share it.
HEBB_KERNEL_C __attribute__((weak, visibility("default"))) char *hebb_kernel_message(void);
HEBB_KERNEL_C __attribute__((weak, visibility("default"))) char *hebb_kernel_message(void) {
  static HEBB_KERNEL_LOCAL char text[HEBB_KERNEL_TEXT];
  return text;
}

__attribute__((unused, format(printf, 1, 2))) static inline int hebb_fail(const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  vsnprintf(hebb_kernel_message(), HEBB_KERNEL_TEXT, format, ap);
  va_end(ap);
  return 1;
}

#endif
