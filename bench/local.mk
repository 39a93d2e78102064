# SPDX-License-Identifier: MIT
EXTRA_DIST += bench/run bench/agree.py bench/fused.c bench/brian bench/hebb
