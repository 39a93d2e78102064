#!/bin/sh
# SPDX-License-Identifier: MIT
# The tables of docs/reference.md, made from those of the compiler: sh docs/tables.sh [--check]
# --check says whether the page is as it would be made, and changes nothing.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
page=$top/docs/reference.md

functions() {
  awk '
    /^\/\/ ---- / { sub(/^\/\/ ---- /, ""); sub(/ ----$/, ""); sub(/;.*/, ""); printf "\n**%s**\n\n| function | | |\n|---|---|---|\n", $0; next }
    /^BUILTIN\(/ {
      name = $0; sub(/^BUILTIN\(/, "", name); sub(/,.*/, "", name)
      n = split($0, part, /", |, "/) # name, signature, flags, doc, example
      flags = part[3]; doc = part[4]; gsub(/\\"/, "\"", doc); gsub(/\|/, "\\|", doc)
      sig = part[2]; gsub(/\|/, "\\|", sig)
      printf "| `%s%s` | %s | %s |\n", name, sig, flags ~ /ELEM|LANE/ ? "•" : "", doc
    }' "$top/vm/builtin.def"
}

units() {
  echo "| unit | with prefixes f p n u µ m c k M G |"
  echo "|---|---|"
  awk -F'"' '/^UNIT\(/ { split($3, f, /[,)]/); gsub(/ /, "", f[10]); print "| `" $2 "` | " (f[10] == "1" ? "yes" : "no") " |" }' "$top/lang/units.def" | grep -v Ohm
}

words() {
  for class in DECL:"begin a declaration" STATEMENT:"begin a statement" RESERVED:"stand inside of statements" \
    CONSTANT:"values" PART:"begin a part of a neuron, synapse or rule; free elsewhere" \
    ON:"after \`on\` or \`spike\`; free elsewhere" SOFT:"mean something in one place; free elsewhere"; do
    awk -F'"' -v class="${class%%:*}" -v text="${class#*:}" '
      /^KEYWORD\(/ { split($3, f, /[, )]+/); if (f[3] == class) list = list " `" $2 "`" }
      END { print "- " text ":" list }' "$top/lang/keywords.def"
  done
}

# The first line of the documentation above each model.
library() {
  # shellcheck disable=SC2016
  for module in "$top"/stdlib/*.hebb; do
    printf '\n**`use %s`**\n\n| | |\n|---|---|\n' "$(basename "$module" .hebb)"
    awk '
      /^## / { if (doc == "") doc = substr($0, 4); else if (!whole) doc = doc " " substr($0, 4); if (doc ~ /\.$/) whole = 1; next }
      /^(neuron|synapse|rule|network|function|signal) / { name = $2; sub(/\(.*/, "", name); if (doc != "") { first = doc; sub(/\. .*/, ".", first); gsub(/\|/, "\\|", first); print "| " $1 " `" name "` | " first " |" } }
      { doc = ""; whole = 0 }' "$module"
  done
}

messages() {
  echo "| code | |"
  echo "|---|---|"
  awk -F', ' '/^DIAG\(/ { title = $0; sub(/^[^"]*"/, "", title); sub(/", ".*/, "", title); gsub(/\\"/, "\"", title); gsub(/\|/, "\\|", title); printf "| E%04d | %s |\n", $2, title }' "$top/base/diag.def" | sort
}

made=$(mktemp)
trap 'rm -f "$made"' EXIT
skip=no
while IFS= read -r line; do
  case $line in
  "<!-- end -->") skip=no ;;
  esac
  [ $skip = yes ] || printf '%s\n' "$line"
  case $line in
  "<!-- made by docs/tables.sh: "*)
    skip=yes
    table=${line#*: }
    ${table%% *}
    ;;
  esac
done <"$page" >"$made"
if [ "${1-}" = --check ]; then
  cmp -s "$made" "$page"
else
  cat "$made" >"$page"
fi
