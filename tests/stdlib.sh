#!/bin/sh
# SPDX-License-Identifier: MIT
# The standard library: the tests it holds, and its models against independent solutions, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb stdlib tests/stdlib
