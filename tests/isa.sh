#!/bin/sh
# SPDX-License-Identifier: MIT
# The same bytes from every instruction set that this machine has, from one and two threads, and from blocks of any length, as
# TAP. The networks of tests/isa are chaotic: one wrong bit anywhere changes their later spikes.
. "${top_srcdir:-.}/tests/common.sh"
mkdir -p tests/work/isa && cd tests/work/isa || exit 99
count=0
for file in "$top_srcdir"/tests/isa/*.hebb; do
  name=$(basename "$file" .hebb)
  first=
  for isa in base avx2 avx512; do
    for how in "1 threads" "2 threads" "8 lanes" "72 lanes"; do
      number=${how% *}
      out=$name.$isa.${how#* }.$number
      case $how in
      *threads) HEBB_ISA=$isa "$HEBB" run --quiet --threads "$number" "$file" >"$out" 2>"$out.err" ;;
      *) HEBB_ISA=$isa HEBB_BLOCK=$number "$HEBB" run --quiet "$file" >"$out" 2>"$out.err" ;;
      esac
      status=$?
      count=$((count + 1))
      test="$name: $isa, $how"
      if [ $status -ne 0 ]; then
        echo "not ok $count - $test"
        sed 's/^/#   /' "$out.err"
      elif [ -z "$first" ]; then
        first=$out
        echo "ok $count - $test: $(wc -l <"$out") lines"
      elif cmp -s "$first" "$out"; then
        echo "ok $count - $test"
      else
        echo "not ok $count - $test"
        diff "$first" "$out" | head -4 | cut -c1-160 | sed 's/^/#   /'
      fi
    done
  done
done
echo "1..$count"
