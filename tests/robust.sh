#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input from outside the language: each must give exactly one clear message and exit status 2, within seconds and
# without a crash. Prints TAP. Usage: robust.sh HEBB
hebb=${1:-${HEBB:-./hebb}}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
bad=0

# refuse NAME PATTERN FILE [ARGS]: hebb must refuse FILE with one error whose text matches PATTERN
refuse() {
  name=$1 pattern=$2
  shift 2
  n=$((n + 1))
  timeout 60 "$hebb" run "$@" >"$dir/out" 2>"$dir/err" </dev/null
  status=$?
  errors=$(grep -c 'error E[0-9]' "$dir/err")
  if [ "$status" -eq 2 ] && [ "$errors" -eq 1 ] && grep -Eq "$pattern" "$dir/err"; then
    echo "ok $n - $name"
  else
    bad=$((bad + 1))
    echo "not ok $n - $name"
    echo "# exit status $status, $errors errors; expected 2, 1 and /$pattern/"
    head -n 12 "$dir/err" | cut -c 1-200 | sed 's/^/# /'
  fi
}

model() { printf '%s\n' "$1" >"$dir/m.hebb"; }
lif='neuron A { state V: mV = 0; param tau = 10 ms; tau*dV/dt = -V; spike when V > 1 mV { V = 0 mV } }
synapse S { weight w: mV; on pre { post.V += w } }
'

: >"$dir/empty.hebb"
refuse "an empty file" 'empty|nothing' "$dir/empty.hebb"
printf '# only a comment\n\n' >"$dir/comment.hebb"
refuse "a file of comments" 'empty|nothing' "$dir/comment.hebb"
refuse "a file that is not there" 'no such file' "$dir/missing.hebb"
refuse "a directory" 'directory' "$dir"
head -c 4096 /dev/urandom >"$dir/random.hebb"
refuse "random bytes" 'error E' "$dir/random.hebb"
head -c 100 /dev/zero >"$dir/zeros.hebb"
refuse "zero bytes" 'error E' "$dir/zeros.hebb"
awk 'BEGIN { printf "let a = 1"; for (k = 0; k < 2500000; k++) printf " + 1"; printf "\n" }' >"$dir/long.hebb"
refuse "a line of 10 MB" 'deep|long' "$dir/long.hebb"
awk 'BEGIN { printf "let a = "; for (k = 0; k < 100000; k++) printf "("; printf "1\n" }' >"$dir/nested.hebb"
refuse "100,000 nested brackets" 'deep' "$dir/nested.hebb"
awk 'BEGIN { for (k = 0; k < 100000; k++) printf "if true { "; printf "\n" }' >"$dir/blocks.hebb"
refuse "100,000 nested blocks" 'deep' "$dir/blocks.hebb"
printf 'let s = "never closed\n' >"$dir/string.hebb"
refuse "a string that is not closed" 'closed' "$dir/string.hebb"
model "neuron A { state V: mV = 0"
refuse "a missing brace" 'error E' "$dir/m.hebb"
model "${lif}population P = A[10] { tau = 10 mV }"
refuse "a wrong unit" 'mV' "$dir/m.hebb"
model "${lif}population P = A[0]"
refuse "a population of 0" '0' "$dir/m.hebb"
model "${lif}population P = A[1e12]"
refuse "a population of 10^12" 'neurons|memory|large' "$dir/m.hebb"
model "${lif}let n = 2000*1000*1000
population P = A[n]
run 1 ms"
refuse "a population beyond the memory" 'memory|neurons' "$dir/m.hebb"
model "${lif}population P = A[10]
connect P -> P via S all to all { w = 1 mV, delay = -1 ms }
run 1 ms"
refuse "a negative delay" 'delay|negative' "$dir/m.hebb"
model "${lif}population P = A[10]
connect P -> P via S with probability 2 { w = 1 mV }
run 1 ms"
refuse "a probability of 2" 'probability' "$dir/m.hebb"
model "${lif}population P = A[10]
let p = 2*len(P)
connect P -> P via S with indegree -3 { w = 1 mV }
run 1 ms"
refuse "a negative degree" 'indegree|negative|-3' "$dir/m.hebb"
model "${lif}population P = A[10] { V = nan mV }
run 1 ms"
refuse "a state that is not a number" 'nan|not a number|finite' "$dir/m.hebb"
model 'neuron B { state x: 1 = 1; 1 ms*dx/dt = x^2 }
population P = B[3]
run 100 ms'
refuse "a state that grows without bound" 'infinite|not a number|nan|finite' "$dir/m.hebb"
model 'let a = load("nowhere.csv")'
refuse "data that are not there" 'no such file' "$dir/m.hebb"
model 'let a = [1, 2, 3]
print a[3]'
refuse "an index out of range" '3' "$dir/m.hebb"
model 'function f(x) { return f(x + 1) }
print f(1)'
refuse "a function that never ends" 'error E' "$dir/m.hebb"
model 'use nosuchmodule'
refuse "a module that is not there" 'nosuchmodule' "$dir/m.hebb"
model 'run -1 ms'
refuse "a negative duration" 'negative|-1' "$dir/m.hebb"
model 'set dt = 0 ms
run 1 ms'
refuse "a step of no length" 'dt|step' "$dir/m.hebb"
model 'let a = zeros(1e15)'
refuse "an array beyond the memory" 'memory|large' "$dir/m.hebb"
model 'save [1, 2] to "/nonexistent-directory/a.csv"'
refuse "a place that cannot be written" 'directory' "$dir/m.hebb"
echo "1..$n"
[ "$bad" -eq 0 ]
