#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes docs/pictures/prompt.svg: a session at the prompt, typed through a pseudo-terminal, as the terminal shows it.
#
#   sh docs/pictures/prompt.sh [BUILD-DIRECTORY]      after make and make check there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/session" <<'SESSION'
wait hebb> 
send use neurons\r
wait hebb> 
send set seed = 3\r
wait hebb> 
send population E = LIF[200] { V ~ uniform(-70 mV, -50 mV) }\r
wait hebb> 
send inject 17 mV + 6 mV*sin(2*pi*t/(60 ms)) + 8 mV*sqrt(2 ms)*xi into E.I\r
wait hebb> 
send record spikes of E\r
wait hebb> 
send run 300 ms\r
wait hebb> 
send rate(E)\r
wait Hz
wait hebb> 
send mean(E.V)\r
wait mV
wait hebb> 
send plot raster(E) title "200 neurons under an oscillating drive with noise"\r
wait t (ms)
wait hebb> 
keep screen
pause 200
send \x04
ends 0
SESSION
cd "$dir"
HOME=$dir PTYTALK_COLOR=1 HEBB_PATH=$here/../../stdlib "$build/tests/ptytalk" "$build/hebb" session >tap || { cat tap; exit 1; }
LC_ALL=C awk -f "$here/prompt.awk" screen >"$here/prompt.svg"
echo "docs/pictures/prompt.svg is made"
