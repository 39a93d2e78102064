// SPDX-License-Identifier: MIT
#include "vm/kernels.h"

#include <string.h>

typedef struct Kernels {
  NativeLib lib;
  NativeFn fn[KERNEL_COUNT];
  NativeParam param[KERNEL_COUNT][8];
  bool tried;
} Kernels;

static const struct {
  const char *name, *params;
} LIST[KERNEL_COUNT] = {
#define KERNEL(name, params) {#name, params},
  LINEAR_KERNELS(KERNEL)
#undef KERNEL
};

static Kernels *describe(const Vm *vm) {
  Kernels *k = mem_alloc(sizeof *k);
  k->lib = (NativeLib){.name = "hebb_linear", .dirs = vm->kernel_dirs, .ndirs = vm->nkernel_dirs, .fn = k->fn, .nfn = KERNEL_COUNT};
  for (int i = 0; i < KERNEL_COUNT; i++) {
    k->fn[i] = (NativeFn){.name = LIST[i].name, .lib = &k->lib, .kernel = true, .impure = true, .param = k->param[i], .nparams = (int)strlen(LIST[i].params), .scale = 1};
    for (int j = 0; j < k->fn[i].nparams; j++) {
      char c = LIST[i].params[j];
      k->param[i][j] = (NativeParam){.name = "", .type = c == 'n' ? NATIVE_COUNT : NATIVE_REAL, .dir = c == 'y' ? NATIVE_OUT : NATIVE_IN, .ndim = c != 'n', .scale = 1};
    }
  }
  return k;
}

const NativeFn *kernels_find(Vm *vm, KernelId id) {
  if (!vm || !vm->nkernel_dirs) return NULL;
  if (!vm->kernels) vm->kernels = describe(vm);
  Kernels *k = vm->kernels;
  if (!k->tried) native_open(&k->lib, NULL);
  k->tried = true;
  return native_is_open(&k->lib) ? &k->fn[id] : NULL;
}

void kernels_free(Vm *vm) {
  Kernels *k = vm->kernels;
  if (k) native_close(&k->lib);
  mem_free(k);
  vm->kernels = NULL;
}
