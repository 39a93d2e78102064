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
	cli/help.def \
	cli/main.c \
	cli/paths.c \
	cli/progress.c cli/progress.h \
	cli/repl.c cli/repl.h \
	cli/repl_command.c \
	cli/repl_complete.c \
	cli/repl_line.c \
	cli/repl_save.c \
	cli/repl_session.c \
	cli/repl_show.c cli/repl_show.h
hebb_CFLAGS = $(AM_CFLAGS) $(LIBEDIT_CFLAGS)
hebb_LDADD = libcore.la $(LIBEDIT_LIBS)
