// SPDX-License-Identifier: MIT
// Kernels that come along with hebb (stdlib/kernels/), for built-in functions: C called through libffi as that of anybody
// else is. A library is loaded when the first of its kernels is called; where it is not found the caller goes on without it.
#ifndef HEBB_KERNELS_H
#define HEBB_KERNELS_H
#include "vm/ffi.h"
#include "vm/vm.h"

// KERNEL(library, name, parameters): n a count, x an array that is read, y one that is written. Those of a library stand
// together.
#define KERNELS(KERNEL)                    \
  KERNEL(linear, hebb_matvec, "nnxxy")     \
  KERNEL(linear, hebb_matmul, "nnnxxy")    \
  KERNEL(linear, hebb_solve, "nnxxy")      \
  KERNEL(linear, hebb_lstsq, "nnnxxy")     \
  KERNEL(linear, hebb_eig, "nxyyyy")       \
  KERNEL(linear, hebb_svd, "nnnxyyy")      \
  KERNEL(fft, hebb_power, "nnxy")

typedef enum KernelLib { KERNELS_linear, KERNELS_fft, KERNEL_LIBS } KernelLib;
typedef enum KernelId {
#define KERNEL(lib, name, params) KERNEL_##name,
  KERNELS(KERNEL)
#undef KERNEL
  KERNEL_COUNT
} KernelId;

// NULL: there is no such kernel here (vm may be NULL).
const NativeFn *kernels_find(Vm *vm, KernelId id);
void kernels_free(Vm *vm);

#endif
