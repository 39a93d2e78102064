#!/bin/sh
# SPDX-License-Identifier: MIT
# The language's own tests, as TAP: tests/lang/AREA/NAME.hebb, one behaviour each.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb tests/lang
