# SPDX-License-Identifier: MIT
nobase_dist_pkgdata_DATA += \
	examples/decision.hebb \
	examples/hopfield.hebb \
	examples/ring_attractor.hebb \
	examples/wilson_cowan.hebb
nobase_dist_pkgdata_DATA += \
	examples/adex_patterns.hebb \
	examples/assemblies.hebb \
	examples/bcm.hebb \
	examples/brunel2000.hebb \
	examples/coba.hebb \
	examples/cobahh.hebb \
	examples/cuba.hebb \
	examples/data/README.md \
	examples/data/digits.csv \
	examples/data/iris.csv \
	examples/digits.hebb \
	examples/distal_reward.hebb \
	examples/inhibitory_plasticity.hebb \
	examples/iris.hebb \
	examples/izhikevich_patterns.hebb \
	examples/lif_fi.hebb \
	examples/logic_gates.hebb \
	examples/microcircuit.hebb \
	examples/oja.hebb \
	examples/short_term_plasticity.hebb \
	examples/siegert.hebb \
	examples/song_abbott.hebb \
	examples/squid_axon.hebb \
	examples/stdp_window.hebb \
	examples/synfire_chain.hebb \
	examples/triplet_frequency.hebb \
	examples/native/Makefile \
	examples/native/cart_pole.hebb \
	examples/native/channel_table.hebb \
	examples/native/dense_rates.hebb \
	examples/native/examples.c \
	examples/native/iir_stimulus.hebb

# What examples/native/Makefile makes for users, for the tests.
check_LTLIBRARIES += examples/native/libexamples.la
examples_native_libexamples_la_SOURCES = examples/native/examples.c
examples_native_libexamples_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
examples_native_libexamples_la_LIBADD =
tests/examples.log: examples/native/libexamples.la stdlib/kernels/hebb_linear.la
