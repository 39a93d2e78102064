#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples run and meet their own expectations, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
HEBB_KERNEL_PATH=$(pwd)/examples/native/.libs
export HEBB_KERNEL_PATH
tap_hebb examples
