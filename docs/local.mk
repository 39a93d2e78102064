# SPDX-License-Identifier: MIT
EXTRA_DIST += docs/glossary.md docs/pictures/make.sh docs/pictures/first.png
