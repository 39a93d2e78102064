// SPDX-License-Identifier: MIT
#include "vm/kernels.h"

#include <string.h>

typedef struct Kernels {
  NativeLib lib[KERNEL_LIBS];
  bool tried[KERNEL_LIBS];
  NativeFn fn[KERNEL_COUNT];
  NativeParam param[KERNEL_COUNT][8];
} Kernels;

static const char *const LIBRARY[KERNEL_LIBS] = {[KERNELS_linear] = "hebb_linear", [KERNELS_fft] = "hebb_fft"};

static const struct {
  KernelLib lib;
  const char *name, *params;
} LIST[KERNEL_COUNT] = {
#define KERNEL(lib, name, params) {KERNELS_##lib, #name, params},
  KERNELS(KERNEL)
#undef KERNEL
};

static void describe_kernel(Kernels *k, int i) {
  NativeLib *lib = &k->lib[LIST[i].lib];
  if (!lib->nfn++) lib->fn = &k->fn[i];
  k->fn[i] = (NativeFn){.name = LIST[i].name, .lib = lib, .kernel = true, .impure = true, .param = k->param[i], .nparams = (int)strlen(LIST[i].params), .scale = 1};
  for (int j = 0; j < k->fn[i].nparams; j++) {
    char c = LIST[i].params[j];
    k->param[i][j] = (NativeParam){.name = "", .type = c == 'n' ? NATIVE_COUNT : NATIVE_REAL, .dir = c == 'y' ? NATIVE_OUT : NATIVE_IN, .ndim = c != 'n', .scale = 1};
  }
}

static Kernels *describe(const Vm *vm) {
  Kernels *k = mem_alloc(sizeof *k);
  for (int i = 0; i < KERNEL_LIBS; i++) k->lib[i] = (NativeLib){.name = LIBRARY[i], .dirs = vm->kernel_dirs, .ndirs = vm->nkernel_dirs};
  for (int i = 0; i < KERNEL_COUNT; i++) describe_kernel(k, i);
  return k;
}

const NativeFn *kernels_find(Vm *vm, KernelId id) {
  if (!vm || !vm->nkernel_dirs) return NULL;
  if (!vm->kernels) vm->kernels = describe(vm);
  Kernels *k = vm->kernels;
  KernelLib lib = LIST[id].lib;
  if (!k->tried[lib]) native_open(&k->lib[lib], NULL);
  k->tried[lib] = true;
  return native_is_open(&k->lib[lib]) ? &k->fn[id] : NULL;
}

void kernels_free(Vm *vm) {
  Kernels *k = vm->kernels;
  for (int i = 0; k && i < KERNEL_LIBS; i++) native_close(&k->lib[i]);
  mem_free(k);
  vm->kernels = NULL;
}
