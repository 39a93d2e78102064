#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples run and meet their own expectations, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb examples
