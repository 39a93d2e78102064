# SPDX-License-Identifier: MIT
libcore_la_SOURCES += \
	vm/array.c vm/array.h \
	vm/array_index.c \
	vm/builtin.def vm/builtin.h \
	vm/expm.c vm/expm.h \
	vm/format.h \
	vm/io.h \
	vm/kern.h \
	vm/kern_arith.h \
	vm/kern_mem.h \
	vm/kern_random.h \
	vm/kernel.h \
	vm/net.h \
	vm/ops.c vm/ops.def vm/ops.h \
	vm/plot.h \
	vm/program.h \
	vm/rng.c vm/rng.h \
	vm/rng_lanes.h \
	vm/run.h \
	vm/value.c vm/value.h \
	vm/vm.h \
	vm/vmath.c vm/vmath.h \
	vm/vmath_lanes.h
