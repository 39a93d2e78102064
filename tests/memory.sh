#!/bin/sh
# SPDX-License-Identifier: MIT
# What a synapse takes, as TAP: the most memory of a whole run with 2 million of them, less that of the run without. What
# each kind must keep is said in bench/memory. Half a byte of each is left for pages of 4 KiB, the tables of rows and
# targets (0.03 bytes a synapse here) and what the allocator keeps: 1 MB of 2 million synapses.
# Usage: memory.sh [HEBB]
. "${top_srcdir:-.}/tests/common.sh"
if [ -n "$SANITIZERS" ]; then
  echo "1..0 # SKIP sanitizers take memory of their own"
  exit 0
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
synapses=2000000

model='use neurons
neuron Target { input g: 1; state V: 1 = 0; dV/dt = (g - V)/(10 ms); spike when V > 1 { V = 0 } }
synapse Jump { weight w: 1; post state s = 0; ds/dt = -s/(5 ms); on pre { s += w }; inject s }
rule STDP {
  pre state x = 0
  post state y = 0
  dx/dt = -x/(20 ms)
  dy/dt = -y/(20 ms)
  on pre { x += 1; w = clip(w - 1e-4*y, 0, 0.01) }
  on post { y += 1; w = clip(w + 1e-4*x, 0, 0.01) }
}
set dt = 0.1 ms, seed = 1
population I = Poisson[2000] { rate = 15 Hz }
population P = Target[2000]'

# peak CONNECT: KiB that the run held at most
peak() {
  printf '%s\n' "$model" "$1" 'run 10 ms' >"$dir/m.hebb"
  "$HEBB" run --profile "$dir/m.hebb" 2>&1 >/dev/null | awk '/ at most / { for (k = 1; k < NF; k++) if ($k == "most") print $(k + 1) * 1024 }'
}
without=$(peak '')

# bytes LIMIT NAME CONNECT
bytes() {
  with=$(peak "$3")
  used=$(awk -v with="$with" -v without="$without" -v n=$synapses 'BEGIN { printf "%.2f", (with - without) * 1024 / n }')
  awk -v used="$used" -v limit="$1" 'BEGIN { exit !(used > 0 && used < limit) }'
  check $? "$2: $used bytes a synapse, at most $1"
}

bytes 4.5 "one weight for all" 'connect I -> P via Jump with indegree 1000 { w = 0.001 }'
bytes 8.5 "a weight of its own" 'connect I -> P via Jump with indegree 1000 { w ~ uniform(0, 0.01) }'
bytes 12.5 "plastic, with the way back" 'connect I -> P via Jump with indegree 1000 { w ~ uniform(0, 0.01) } learn STDP()'
bytes 12.5 "the same, with a total" 'connect I -> P via Jump with total 2000000, no multiple { w ~ uniform(0, 0.01) } learn STDP()'
bytes 4.5 "plastic, all to all" 'connect I[0:1000] -> P via Jump all to all { w ~ uniform(0, 0.01) } learn STDP()'
bytes 16.5 "plastic, and a reset to come" 'connect I -> P via Jump with indegree 1000 { w ~ uniform(0, 0.01) } learn STDP()
run 0 ms
reset'
echo "1..$n"
[ "$bad" -eq 0 ]
