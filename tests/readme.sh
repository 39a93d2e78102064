#!/bin/sh
# SPDX-License-Identifier: MIT
# The scripts in README.md do what they say, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
mkdir -p tests/work/readme && cd tests/work/readme || exit 99
rm -f snippet*.hebb
awk '/^```/ { on = ($0 == "```hebb"); if (on) file = sprintf("snippet%d.hebb", ++n); next } on { print > file }' "$top_srcdir/README.md"
run_hebb_test snippet*.hebb
