#!/bin/sh
# SPDX-License-Identifier: MIT
# Draws the pictures of README.md with the hebb just built: sh docs/pictures/make.sh [build/hebb]
set -eu
hebb=${1:-build/hebb}
case $hebb in /*) ;; *) hebb=$PWD/$hebb ;; esac
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The first model of README.md.
awk '/^```/ { if (on) exit; on = ($0 == "```hebb"); next } on' "$here/../../README.md" >"$work/first.hebb"
(cd "$work" && "$hebb" run --quiet first.hebb)
cp "$work/first.png" "$here/first.png"
