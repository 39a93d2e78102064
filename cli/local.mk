# SPDX-License-Identifier: MIT
bin_PROGRAMS += hebb
hebb_SOURCES = \
	cli/cli.c cli/cli.h \
	cli/cmd_check.c \
	cli/cmd_dis.c \
	cli/cmd_doc.c \
	cli/cmd_explain.c \
	cli/cmd_fmt.c \
	cli/cmd_lsp.c \
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
hebb_CFLAGS = $(AM_CFLAGS) $(LIBEDIT_CFLAGS) $(JANSSON_CFLAGS)
hebb_LDADD = libcore.la $(LIBEDIT_LIBS)

# A model to start from; manual pages, of which hebb(7) takes its tables from those of the language.
hebb_SOURCES += cli/cmd_new.c
dist_man_MANS = cli/man/hebb.1
nodist_man_MANS = cli/man/hebb.7
CLEANFILES += cli/man/hebb.7
EXTRA_DIST += cli/man/hebb.7.in cli/man/man.awk docs/pictures/prompt.awk docs/pictures/prompt.sh docs/pictures/prompt.svg
cli/man/hebb.7: cli/man/hebb.7.in cli/man/man.awk cli/help.def vm/builtin.def
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(AWK) -f $(srcdir)/cli/man/man.awk $(srcdir)/cli/man/hebb.7.in $(srcdir)/cli/help.def $(srcdir)/vm/builtin.def >$@.tmp && mv $@.tmp $@

# The language server, where there is jansson.
lsp_sources = \
	cli/lsp.c cli/lsp.h \
	cli/lsp_docs.c \
	cli/lsp_help.c \
	cli/lsp_names.c \
	cli/lsp_text.c
if HAVE_JANSSON
hebb_SOURCES += $(lsp_sources)
hebb_LDADD += $(JANSSON_LIBS)
endif
EXTRA_DIST += $(lsp_sources)
