# SPDX-License-Identifier: MIT
libcore_la_SOURCES += \
	base/arena.c base/arena.h \
	base/diag.c base/diag.def base/diag.h \
	base/intern.c base/intern.h \
	base/scale.h \
	base/source.c base/source.h \
	base/str.c base/str.h \
	base/vec.h
