# SPDX-License-Identifier: MIT
EXTRA_DIST += \
	docs/glossary.md \
	docs/pictures/first.png \
	docs/pictures/make.sh
