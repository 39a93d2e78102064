# SPDX-License-Identifier: MIT
# Every C test and every test in the language is one line of TAP. Tests write below tests/work in the build directory.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
TEST_EXTENSIONS = .sh

AM_TESTS_ENVIRONMENT = \
	LC_ALL=C; export LC_ALL; \
	HOME=$(abs_top_builddir)/tests/work/home; export HOME; \
	TMPDIR=$(abs_top_builddir)/tests/work; export TMPDIR; \
	HEBB=$(abs_top_builddir)/hebb; export HEBB; \
	HAVE_LIBEDIT=$(have_libedit); export HAVE_LIBEDIT; \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT; \
	HEBB_PATH=$(abs_top_srcdir)/stdlib; export HEBB_PATH; \
	CC='$(CC)'; export CC; \
	top_srcdir=$(abs_top_srcdir); export top_srcdir; \
	SANITIZERS='$(SAN_CFLAGS)'; export SANITIZERS; \
	ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1; export UBSAN_OPTIONS; \
	$(MKDIR_P) "$$HOME";

# C where C is the interface. tests/unit/check_MODULE.c tests MODULE.
unit_tests = \
	tests/unit/check_array \
	tests/unit/check_builtin \
	tests/unit/check_check \
	tests/unit/check_diag \
	tests/unit/check_event \
	tests/unit/check_expm \
	tests/unit/check_format \
	tests/unit/check_hebb \
	tests/unit/check_io \
	tests/unit/check_ir \
	tests/unit/check_lexer \
	tests/unit/check_lower \
	tests/unit/check_pages \
	tests/unit/check_parser \
	tests/unit/check_probe \
	tests/unit/check_program \
	tests/unit/check_proj \
	tests/unit/check_rng \
	tests/unit/check_script \
	tests/unit/check_solve \
	tests/unit/check_step \
	tests/unit/check_types \
	tests/unit/check_units \
	tests/unit/check_value \
	tests/unit/check_vmath
if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
check_PROGRAMS += tests/ptytalk
tests_ptytalk_LDADD = $(PTY_LIBS)
AM_DEFAULT_SOURCE_EXT = .c
LDADD = libcore.la $(CHECK_LIBS)

TESTS += tests/editors.sh tests/doc.sh
tests/doc.log: hebb$(EXEEXT)
EXTRA_DIST += tests/editors.sh tests/doc.sh

# The client of the language server shares nothing with it but the protocol.
TESTS += tests/lsp.sh
tests/lsp.log: hebb$(EXEEXT)
EXTRA_DIST += tests/lsp.sh tests/lsp_client.c
if HAVE_JANSSON
check_PROGRAMS += tests/lsp_client
tests_lsp_client_SOURCES = tests/lsp_client.c
tests_lsp_client_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_lsp_client_LDADD = $(JANSSON_LIBS)
endif

# In the language: one file, one behaviour.
language_tests = \
	tests/docs.sh \
	tests/examples.sh \
	tests/isa.sh \
	tests/lang.sh \
	tests/memory.sh \
	tests/native.sh \
	tests/refs.sh \
	tests/resume.sh \
	tests/stdlib.sh \
	tests/stream.sh
house_tests = tests/layers.sh tests/robust.sh tests/fmt.sh
TESTS += $(language_tests) $(house_tests)
if HAVE_SUNDIALS
TESTS += tests/cvode.sh
endif
tests/cvode.log: hebb$(EXEEXT)
EXTRA_DIST += $(language_tests) $(house_tests) tests/cvode.sh tests/cvode tests/common.sh tests/lang tests/unit tests/refs tests/resume tests/stdlib tests/isa tests/golden tests/long tests/native tests/lapack

# A library of functions and kernels that tests/native calls. (libtool makes a shared one only where it has a place to be
# installed.)
check_LTLIBRARIES += tests/native/libhebbtest.la
tests_native_libhebbtest_la_SOURCES = tests/native/testlib.c
tests_native_libhebbtest_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_native_libhebbtest_la_LIBADD =
tests/native.log: tests/native/libhebbtest.la stdlib/kernels/hebb_linear.la

# Directories that are named like the scripts that run them: make must not take one for what is made of its script.
tests/cvode tests/isa tests/lang tests/native tests/prompt tests/refs tests/resume tests/stdlib:
	@:

$(language_tests:.sh=.log): hebb$(EXEEXT)
tests/robust.log tests/fmt.log: hebb$(EXEEXT)
tests/layers.log: libcore.la

clean-local: clean-tests
clean-tests:
	-rm -rf tests/work
.PHONY: clean-tests

# The prompt: transcripts, and talks through a pseudo-terminal.
TESTS += tests/prompt.sh
EXTRA_DIST += tests/prompt.sh tests/prompt
tests/prompt.log: hebb$(EXEEXT) tests/ptytalk$(EXEEXT)
