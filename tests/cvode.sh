#!/bin/sh
# SPDX-License-Identifier: MIT
# Stiff systems by CVODE, as TAP; run where hebb is built with SUNDIALS.
. "${top_srcdir:-.}/tests/common.sh"
tap_hebb tests/cvode
