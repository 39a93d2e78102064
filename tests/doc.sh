#!/bin/sh
# SPDX-License-Identifier: MIT
# hebb doc, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
work=$(pwd)/tests/work/doc
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 99
says() { # says TEXT ARGUMENTS: hebb doc of them holds the text
  text=$1
  shift
  "$HEBB" doc "$@" >out 2>&1 && grep -qF -- "$text" out
  check $? "hebb doc $*: $text"
}

says 'membrane time constant' LIF
says 'param tau_m = 20 ms' LIF.tau_m
says 'use neurons' LIF
says 'neuron TraubMiles' neurons
says 'e to the power x' exp
says 'sigmoid(x: 1) -> 1' sigmoid
says 'spike when V > V_th' spike
says '1 mV = 0.001 V' mV
says 'white noise' xi
says 'neuron AdEx'
says 'synapse ExpCurrent'
says 'logspace(from: 1, to: 1, n: int) -> [1]'
"$HEBB" doc SpikeSorce >out 2>&1
[ $? -eq 3 ] && grep -q 'did you mean SpikeSource' out
check $? "a name like another"
"$HEBB" doc nowhere.hebb >out 2>&1
[ $? -eq 2 ] && grep -q 'no such file' out
check $? "a file that is not there"

cat >model.hebb <<'MODEL'
## A file with <tags> & such.

## Leaks.
neuron Leaky {
  param tau = 10 ms   ## how slowly
  state V: mV = 0
  tau*dV/dt = -V
}
## Half of `x`.
function half(x) = x/2
let hidden = 3
MODEL
says 'A file with <tags> & such.' model.hebb
says 'how slowly' model.hebb
says 'tau*dV/dt = -V' model.hebb
says 'function half(x) = x/2' model.hebb
says '&lt;tags&gt; &amp; such' --html model.hebb
says 'Half of <code>x</code>.' --html model.hebb
says '<h3 id="Leaky">neuron Leaky</h3>' --html model.hebb
"$HEBB" doc model.hebb | grep -q hidden
[ $? -eq 1 ]
check $? "what has no documentation is not shown"

# Every word of the language has its row, in the order of the table.
sed -n 's/^KEYWORD("\([^"]*\)".*/\1/p' "$top_srcdir/lang/keywords.def" >words
sed -n 's/^KEYWORD_DOC("\([^"]*\)".*/\1/p' "$top_srcdir/lang/keyword_doc.def" >documented
cmp -s words documented
check $? "every word of the language has documentation"
diff words documented | sed 's/^/# /'
if command -v xmllint >/dev/null 2>&1; then
  "$HEBB" doc --html >all.html && xmllint --html --noout all.html 2>html.err
  [ $? -eq 0 ] && ! grep -v 'Tag .* invalid' html.err | grep -q 'error'
  check $? "the page of the library is HTML"
else
  n=$((n + 1))
  echo "ok $n - the page of the library is HTML # SKIP xmllint is not installed"
fi
echo "1..$n"
[ "$bad" -eq 0 ]
