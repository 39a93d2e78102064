# SPDX-License-Identifier: MIT
libcore_la_SOURCES += \
	vm/array.c vm/array.h \
	vm/array_index.c \
	vm/attach.c \
	vm/bind.c \
	vm/builtin.c vm/builtin.def vm/builtin.h \
	vm/builtin_args.h \
	vm/builtin_array.c \
	vm/builtin_data.c \
	vm/builtin_linear.c \
	vm/builtin_math.c \
	vm/builtin_random.c \
	vm/builtin_reduce.c \
	vm/builtin_spikes.c \
	vm/builtin_stats.h \
	vm/checkpoint.c \
	vm/connect.c vm/connect.h \
	vm/connect_draw.c \
	vm/connect_init.c \
	vm/couple.c \
	vm/disasm.c \
	vm/event.c \
	vm/expm.c vm/expm.h \
	vm/ffi.c vm/ffi.h \
	vm/ffi_file.c \
	vm/ffi_script.c \
	vm/ffi_step.c \
	vm/format.c vm/format.h \
	vm/free.c \
	vm/history.c \
	vm/inject.c \
	vm/interp.c \
	vm/io.c vm/io.h \
	vm/io_columns.c \
	vm/io_csv.c \
	vm/io_format.h \
	vm/io_h5.c \
	vm/io_npy.c \
	vm/io_npz.c \
	vm/kernels.c vm/kernels.h \
	vm/kern.h \
	vm/kern_arith.h \
	vm/kern_fused.h \
	vm/kern_dense.h \
	vm/kern_mem.h \
	vm/kern_random.h \
	vm/kernel.h \
	vm/linear.c vm/linear.h \
	vm/net.h \
	vm/ops.c vm/ops.def vm/ops.h \
	vm/order.c \
	vm/plot.c vm/plot.h \
	vm/pop.c vm/present.c \
	vm/probe.c vm/probe.h \
	vm/probe_spikes.c \
	vm/program.c vm/program.h \
	vm/proj.c \
	vm/proj_read.c \
	vm/rng.c vm/rng.h \
	vm/rng_lanes.h \
	vm/run.h \
	vm/script.c vm/script.h \
	vm/script_file.c vm/script_file.h \
	vm/script_file_impl.h \
	vm/script_file_resume.c \
	vm/script_machine.h \
	vm/script_op_native.c \
	vm/script_op_net.c \
	vm/script_op_out.c \
	vm/script_op_time.c \
	vm/script_op_value.c \
	vm/script_ops.def \
	vm/script_run.c \
	vm/sel.c \
	vm/signal.c \
	vm/snapshot.c \
	vm/spectrum.c vm/spectrum.h \
	vm/spikes.h \
	vm/stages.c vm/stages.h \
	vm/stages_adaptive.c \
	vm/stages_cvode.c \
	vm/step.c \
	vm/timed.c \
	vm/value.c vm/value.h \
	vm/vm.c vm/vm.h \
	vm/vmath.c vm/vmath.h \
	vm/vmath_lanes.h

libcore_la_LIBADD += $(SUNDIALS_LIBS) $(HDF5_LIBS)
AM_CPPFLAGS += $(HDF5_CFLAGS)

# The vector core, once per instruction set: objects of their own, since each has its own options. The choice is made
# when hebb starts (vm_isa). The options stand singly because a user's CFLAGS=-O2 comes after them.
kern_sources = vm/kern.c
kern_cflags = $(AM_CFLAGS) $(KERNEL_CFLAGS)
noinst_LTLIBRARIES += libkern_base.la
libkern_base_la_SOURCES = $(kern_sources)
libkern_base_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERN_TABLE=kern_base
libkern_base_la_CFLAGS = $(kern_cflags)
libcore_la_LIBADD += libkern_base.la
if HAVE_AVX2
noinst_LTLIBRARIES += libkern_avx2.la
libkern_avx2_la_SOURCES = $(kern_sources)
libkern_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERN_TABLE=kern_avx2
libkern_avx2_la_CFLAGS = $(kern_cflags) $(AVX2_CFLAGS)
libcore_la_LIBADD += libkern_avx2.la
AM_CPPFLAGS += -DHEBB_AVX2
endif
if HAVE_AVX512
noinst_LTLIBRARIES += libkern_avx512.la
libkern_avx512_la_SOURCES = $(kern_sources)
libkern_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERN_TABLE=kern_avx512
libkern_avx512_la_CFLAGS = $(kern_cflags) $(AVX512_CFLAGS)
libcore_la_LIBADD += libkern_avx512.la
AM_CPPFLAGS += -DHEBB_AVX512
endif

# The prompt: statements taken back, figures in letters, the step in words.
libcore_la_SOURCES += \
	vm/plot_term.c vm/plot_term.h \
	vm/profile.c vm/profile.h \
	vm/script_undo.c vm/script_undo.h \
	vm/step_list.c vm/step_list.h \
	vm/term_canvas.c vm/term_canvas.h \
	vm/undo.c vm/undo.h
