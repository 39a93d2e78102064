#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests inside the standard library, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb stdlib
