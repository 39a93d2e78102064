# SPDX-License-Identifier: MIT
libcore_la_SOURCES += \
	lang/analysis.c lang/analysis.h \
	lang/ast.c lang/ast.def lang/ast.h \
	lang/ast_dump.c \
	lang/ast_print.c lang/ast_print.h \
	lang/check.c lang/check.h \
	lang/check_body.c \
	lang/check_builtin.c \
	lang/check_dump.c \
	lang/check_expr.c \
	lang/check_func.c \
	lang/check_impl.h \
	lang/check_model.c \
	lang/check_name.c \
	lang/check_native.c \
	lang/check_net.c \
	lang/check_network.c \
	lang/check_script.c \
	lang/check_signal.c \
	lang/check_units.c \
	lang/compile.c lang/compile.h \
	lang/complete.c lang/complete.h \
	lang/degree.c \
	lang/derive.c \
	lang/describe.c \
	lang/doc.c lang/doc.h lang/keyword_doc.def \
	lang/emit.c lang/emit.h \
	lang/explain.c \
	lang/fmt.c lang/fmt.h \
	lang/fold.c \
	lang/fuse.c \
	lang/hebb.c \
	lang/index.c lang/index.h \
	lang/instance.h \
	lang/ir.c lang/ir.h \
	lang/ir_node.h \
	lang/ir_prune.c \
	lang/keywords.c lang/keywords.def \
	lang/lexer.h \
	lang/link.c lang/link.h \
	lang/link_native.c \
	lang/link_pop.c \
	lang/link_stages.c \
	lang/link_syn.c \
	lang/lookup.c lang/lookup.h \
	lang/lower.c lang/lower.h \
	lang/lower_block.c \
	lang/lower_call.c \
	lang/lower_capture.c \
	lang/lower_expr.c \
	lang/lower_impl.h \
	lang/lower_init.c \
	lang/lower_net.c \
	lang/model.h \
	lang/module.c lang/module.h \
	lang/noise.c lang/noise.h \
	lang/parse.c lang/parse.h \
	lang/parse_error.c \
	lang/parse_nodes.c \
	lang/parse_state.h \
	lang/peephole.c \
	lang/rules.c lang/rules.h \
	lang/rules_body.c \
	lang/rules_native.c \
	lang/rules_net.c \
	lang/rules_units.c \
	lang/schedule.c \
	lang/slip.c \
	lang/slip.def \
	lang/slip.h \
	lang/scope.c lang/scope.h \
	lang/script.c lang/script.h \
	lang/script_assign.c \
	lang/script_emit.c \
	lang/script_expr.c \
	lang/script_impl.h \
	lang/script_index.c \
	lang/script_native.c \
	lang/script_net.c \
	lang/script_signal.c \
	lang/script_stmt.c \
	lang/solve.c lang/solve.h \
	lang/solve_euler.c \
	lang/solve_exact.c \
	lang/solve_exponential_euler.c \
	lang/solve_heun.c \
	lang/solve_linear.c \
	lang/solve_milstein.c \
	lang/solve_rk2.c \
	lang/solve_rk4.c \
	lang/syn_system.c lang/syn_system.h \
	lang/system.c lang/system.h \
	lang/type.c lang/type.h \
	lang/unit.c \
	lang/units.def

# Made by re2c and Bison in a checkout, shipped with a release.
lang_generated = lang/lexer.c lang/parser.c lang/parser.h
libcore_la_SOURCES += $(lang_generated)
BUILT_SOURCES += lang/parser.h
EXTRA_DIST += lang/lexer.re lang/parser.y
MAINTAINERCLEANFILES += $(lang_generated)

RE2C_FLAGS = -W -8 --no-generation-date
BISON_FLAGS = -Wall -Wno-yacc

lang/lexer.c: lang/lexer.re
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(RE2C) $(RE2C_FLAGS) -o $@.tmp $(srcdir)/lang/lexer.re && mv $@.tmp $@

# One command makes both files. A rule with two targets would run twice under -j, so the header hangs on the source and
# only recovers it if it was deleted.
lang/parser.c: lang/parser.y
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(BISON) $(BISON_FLAGS) --defines=$(@:.c=.h) -o $@ $(srcdir)/lang/parser.y \
	  && touch $(@:.c=.h)
lang/parser.h: lang/parser.c
	@if test -f $@; then touch $@; else rm -f lang/parser.c && $(MAKE) $(AM_MAKEFLAGS) lang/parser.c; fi

# BUILT_SOURCES does not help `make one.lo`: these see the header.
lang/libcore_la-keywords.lo lang/libcore_la-lexer.lo lang/libcore_la-parse.lo lang/libcore_la-parse_error.lo lang/libcore_la-parser.lo: lang/parser.h

# Where the library of models is: only this object is made again when a directory changes.
BUILT_SOURCES += lang/paths.h
CLEANFILES += lang/paths.h
lang/paths.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && { \
	  echo '#define HEBB_DATADIR "$(pkgdatadir)"'; \
	  echo '#define HEBB_KERNELDIR "$(pkglibdir)"'; \
	  echo '#define HEBB_SRCDIR "$(abs_top_srcdir)"'; \
	  echo '#define HEBB_BUILDDIR "$(abs_top_builddir)"'; } >$@.tmp && \
	  if cmp -s $@.tmp $@; then rm -f $@.tmp; touch $@; else mv $@.tmp $@; fi
# (Through a variable: automake would take a plain target for a rule of ours and drop its own.)
paths_objects = lang/libcore_la-compile.lo
$(paths_objects): lang/paths.h
