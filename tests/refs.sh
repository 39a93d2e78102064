#!/bin/sh
# SPDX-License-Identifier: MIT
# Models against published or independently computed numbers, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb tests/refs
