// SPDX-License-Identifier: MIT
// Kernels that come along with hebb (stdlib/kernels/), for built-in functions: C called through libffi as that of anybody
// else is. The library is loaded when the first of them is called; where it is not found the caller goes on without it.
#ifndef HEBB_KERNELS_H
#define HEBB_KERNELS_H
#include "vm/ffi.h"
#include "vm/vm.h"

// KERNEL(name, parameters): n a count, x an array that is read, y one that is written.
#define LINEAR_KERNELS(KERNEL)    \
  KERNEL(hebb_matvec, "nnxxy")    \
  KERNEL(hebb_matmul, "nnnxxy")   \
  KERNEL(hebb_solve, "nnxxy")     \
  KERNEL(hebb_lstsq, "nnnxxy")    \
  KERNEL(hebb_eig, "nxyyyy")      \
  KERNEL(hebb_svd, "nnnxyyy")

typedef enum KernelId {
#define KERNEL(name, params) KERNEL_##name,
  LINEAR_KERNELS(KERNEL)
#undef KERNEL
  KERNEL_COUNT
} KernelId;

// NULL: there is no such kernel here (vm may be NULL).
const NativeFn *kernels_find(Vm *vm, KernelId id);
void kernels_free(Vm *vm);

#endif
