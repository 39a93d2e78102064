# SPDX-License-Identifier: MIT
nobase_dist_pkgdata_DATA += \
	stdlib/neurons.hebb \
	stdlib/synapses.hebb

