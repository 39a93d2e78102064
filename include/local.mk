# SPDX-License-Identifier: MIT
include_HEADERS += \
	include/hebb.h
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = include/hebb.pc
