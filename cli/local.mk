# SPDX-License-Identifier: MIT
bin_PROGRAMS += hebb
hebb_SOURCES = \
	cli/cli.c cli/cli.h \
	cli/cmd_check.c \
	cli/cmd_dis.c \
	cli/cmd_explain.c \
	cli/cmd_fmt.c \
	cli/cmd_run.c \
	cli/cmd_test.c \
	cli/expected.c cli/expected.h \
	cli/main.c \
	cli/paths.c
hebb_LDADD = libcore.la
