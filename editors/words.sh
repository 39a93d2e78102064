#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the word lists of the editors' files from the tables of the language: each FILE.in here becomes FILE.
#
#   sh editors/words.sh           write the files
#   sh editors/words.sh --check   only say which are not as they should be (status 1)
#
# In a FILE.in stands @CLASS:FORM@ for the words of a class, in one of these forms:
#   |  a|b|c     vim  a\|b\|c     sp  a b c     str  "a" "b" "c"     item  <item>a</item> ...
# Classes: decl statement reserved constant part on soft (lang/keywords.def), function (vm/builtin.def), unit plainunit
# (lang/units.def: those that take a prefix, those that do not).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=${TOP:-$here/..}
mode=${1-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^KEYWORD("\([^"]*\)", [A-Z_]*, \([A-Z]*\)).*/\2 \1/p' "$top/lang/keywords.def" | awk '{ print tolower($1), $2 }' >"$work/words"
sed -n 's/^BUILTIN(\([A-Za-z0-9_]*\),.*/function \1/p' "$top/vm/builtin.def" >>"$work/words"
sed -n 's/^UNIT("\([^"]*\)",.*, \([01]\)).*/\2 \1/p' "$top/lang/units.def" | awk '{ print ($1 == 1 ? "unit" : "plainunit"), $2 }' >>"$work/words"

fill() { # fill FILE.in: its text with the lists, on standard output
  LC_ALL=C awk '
    NR == FNR { list[$1, ++n[$1]] = $2; next }
    {
      while (match($0, /@[a-z]+:(\||vim|sp|str|item)@/)) {
        what = substr($0, RSTART + 1, RLENGTH - 2)
        split(what, part, ":")
        if (!n[part[1]]) { print FILENAME ": no words of the class " part[1] >"/dev/stderr"; exit 1 }
        text = ""
        for (k = 1; k <= n[part[1]]; k++) {
          w = list[part[1], k]
          if (part[2] == "|") text = text (k > 1 ? "|" : "") w
          else if (part[2] == "vim") text = text (k > 1 ? "\\|" : "") w
          else if (part[2] == "sp") text = text (k > 1 ? " " : "") w
          else if (part[2] == "str") text = text (k > 1 ? " " : "") "\"" w "\""
          else text = text (k > 1 ? "\n      " : "") "<item>" w "</item>"
        }
        $0 = substr($0, 1, RSTART - 1) text substr($0, RSTART + RLENGTH)
      }
      print
    }' "$work/words" "$1"
}

status=0
for in in $(cd "$here" && find . -name '*.in' ! -path '*/node_modules/*' | sort); do
  fill "$here/$in" >"$work/out"
  out=$here/${in%.in}
  if [ "$mode" = --check ]; then
    cmp -s "$work/out" "$out" || { echo "${in%.in}"; status=1; }
  else
    cmp -s "$work/out" "$out" 2>/dev/null || cp "$work/out" "$out"
  fi
done
exit $status
