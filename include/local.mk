# SPDX-License-Identifier: MIT
include_HEADERS += \
	include/hebb.h \
	include/hebb_kernel.h
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = include/hebb.pc
