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
	examples/triplet_frequency.hebb
