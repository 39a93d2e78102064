# SPDX-License-Identifier: MIT
EXTRA_DIST += bench/README.md bench/run bench/memory bench/native bench/native_kernels.c bench/agree.py bench/fused.c bench/brian bench/hebb

# The vector core by itself, not part of anything: make bench/core
EXTRA_DIST += bench/deliver.c bench/core.c bench/core_loops.c bench/core_loops.h
if HAVE_AVX512
EXTRA_PROGRAMS += bench/core
EXTRA_LTLIBRARIES += libloops_base.la libloops_avx2.la libloops_avx512.la
bench_core_SOURCES = bench/core.c bench/core_loops.h
bench_core_CFLAGS = $(kern_cflags)
bench_core_LDADD = libloops_base.la libloops_avx2.la libloops_avx512.la libcore.la
libloops_base_la_SOURCES = bench/core_loops.c
libloops_base_la_CPPFLAGS = $(AM_CPPFLAGS) -DLOOPS=loops_base
libloops_base_la_CFLAGS = $(kern_cflags)
libloops_avx2_la_SOURCES = bench/core_loops.c
libloops_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DLOOPS=loops_avx2
libloops_avx2_la_CFLAGS = $(kern_cflags) $(AVX2_CFLAGS)
libloops_avx512_la_SOURCES = bench/core_loops.c
libloops_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -DLOOPS=loops_avx512
libloops_avx512_la_CFLAGS = $(kern_cflags) $(AVX512_CFLAGS)
endif
CLEANFILES += $(EXTRA_PROGRAMS) $(EXTRA_LTLIBRARIES)
