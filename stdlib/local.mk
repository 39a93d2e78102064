# SPDX-License-Identifier: MIT
nobase_dist_pkgdata_DATA += \
	stdlib/neurons.hebb \
	stdlib/rules.hebb \
	stdlib/synapses.hebb

