#!/bin/sh
# SPDX-License-Identifier: MIT
# Draws the pictures of README.md and of the tutorial with the hebb just built: sh docs/pictures/make.sh [build/hebb]
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
# The figures that the tutorial's scripts write.
(cd "$work" && HEBB=$hebb top_srcdir=$here/../.. sh "$here/../../tests/docs.sh" >tests.log) || { cat "$work/tests.log" >&2; exit 1; }
for picture in $(sed -n 's|.*](pictures/\(tutorial_[a-z]*\.png\)).*|\1|p' "$here/../tutorial.md"); do
  cp "$work/tests/work/docs/$picture" "$here/$picture"
done
