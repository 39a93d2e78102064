# SPDX-License-Identifier: MIT
nobase_dist_pkgdata_DATA += \
	examples/adex_patterns.hebb \
	examples/brunel2000.hebb \
	examples/coba.hebb \
	examples/cobahh.hebb \
	examples/cuba.hebb \
	examples/izhikevich_patterns.hebb \
	examples/lif_fi.hebb \
	examples/logic_gates.hebb \
	examples/microcircuit.hebb \
	examples/siegert.hebb \
	examples/squid_axon.hebb
