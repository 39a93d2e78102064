# SPDX-License-Identifier: MIT
nobase_dist_pkgdata_DATA += \
	stdlib/neurons.hebb \
	stdlib/rules.hebb \
	stdlib/synapses.hebb


# Kernels that the language calls through libffi like anybody's. Modules of their own, so that hebb itself needs neither BLAS
# nor LAPACK to start.
pkglib_LTLIBRARIES += stdlib/kernels/hebb_linear.la
stdlib_kernels_hebb_linear_la_SOURCES = stdlib/kernels/linear.c
stdlib_kernels_hebb_linear_la_CPPFLAGS = $(AM_CPPFLAGS) $(LINEAR_CPPFLAGS)
stdlib_kernels_hebb_linear_la_CFLAGS = $(AM_CFLAGS) $(KERNEL_CFLAGS)
stdlib_kernels_hebb_linear_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
stdlib_kernels_hebb_linear_la_LIBADD = $(LINEAR_LIBS)

# Of C++, whose run-time library hebb itself does not need either.
if HAVE_KISSFFT
pkglib_LTLIBRARIES += stdlib/kernels/hebb_fft.la
stdlib_kernels_hebb_fft_la_SOURCES = stdlib/kernels/fft.cc
stdlib_kernels_hebb_fft_la_CXXFLAGS = $(AM_CXXFLAGS) -Wall -Wextra $(SAN_CFLAGS)
stdlib_kernels_hebb_fft_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
endif
