#!/bin/sh
# SPDX-License-Identifier: MIT
# Checkpoints: a run that is cut, and goes on in another process, gives the same bytes as one that was not; a damaged or
# foreign file is refused. As TAP.
. "${top_srcdir:-.}/tests/common.sh"
work=tests/work/resume
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 99

# resumed NAME: each phase of tests/resume/NAME.hebb in a process of its own, then every file of phase 0 against phase 2.
resumed() {
  for phase in 0 1 2; do
    if ! "$HEBB" run --quiet --set phase=$phase -o . "$top_srcdir/tests/resume/$1.hebb" >"$1.out" 2>&1; then
      check 1 "$1: phase $phase"
      sed 's/^/# /' "$1.out"
      return
    fi
  done
  for whole in *0.csv *0.npy; do
    [ -e "$whole" ] || continue
    base=${whole%0.*}
    cut=${base}2.${whole##*.}
    cmp "$whole" "$cut" >&2
    check $? "$1: $base"
  done
  rm -f ./*0.csv ./*0.npy ./*2.csv ./*2.npy
}

# refused FILE WORDS: phase 2 with this file says the words, and ends with status 2.
refused() {
  cp "$1" "$3.state"
  "$HEBB" run --quiet --set phase=2 -o . "$top_srcdir/tests/resume/$3.hebb" >refused.out 2>&1
  [ $? -eq 2 ] && grep -q "E0825.*$2" refused.out
  check $? "refused: $2"
}

resumed plastic
resumed nest
resumed rate
cp plastic.state good
size=$(wc -c <good)
head -c $((size - 1)) good >cut
{ head -c $((size / 2)) good; printf 'X'; tail -c +$((size / 2 + 2)) good; } >damaged
{ head -c 40 good; printf '9.9'; tail -c +44 good; } >version
echo "nothing of the kind" >foreign
refused cut 'not complete' plastic
refused damaged 'damaged' plastic
refused version 'written by hebb 9.9' plastic
refused foreign 'no checkpoint' plastic
refused nest.state 'another network' plastic
ls ./*.part* >/dev/null 2>&1
[ $? -ne 0 ]
check $? "no file is left under way"
echo "1..$n"
