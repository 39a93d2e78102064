# SPDX-License-Identifier: MIT
EXTRA_DIST += \
	docs/brian2.md \
	docs/glossary.md \
	docs/native.md \
	docs/nest.md \
	docs/nmodl.md \
	docs/reference.md \
	docs/tables.sh \
	docs/tutorial.md \
	docs/pictures/first.png \
	docs/pictures/make.sh \
	docs/pictures/tutorial_adex.png \
	docs/pictures/tutorial_fi.png \
	docs/pictures/tutorial_lif.png \
	docs/pictures/tutorial_network.png \
	docs/pictures/tutorial_noise.png \
	docs/pictures/tutorial_psp.png \
	docs/pictures/tutorial_weights.png
