#!/bin/sh
# SPDX-License-Identifier: MIT
# The scripts in README.md and docs/*.md do what they say, as TAP. ```hebb is a script of its own, ```hebb more goes on with the one
# before it, ```hebb wrong gives an error, ```output is what the script before it prints last, ```message part of its error.
. "${top_srcdir:-.}/tests/common.sh"
work=tests/work/docs
rm -rf $work
mkdir -p $work && cd $work || exit 99

# NAME-K.hebb, and beside it .out (the end of what it prints) or .err (lines of its message).
for page in "$top_srcdir"/README.md "$top_srcdir"/docs/*.md; do
  awk -v name="$(basename "$page" .md)" '
    function begin(kind) { file = sprintf("%s-%02d.hebb", name, ++n); if (kind == "wrong") { print "" > (file ".wrong"); close(file ".wrong") } }
    /^```/ {
      if (to != "") { close(to); to = ""; next }
      if (inside) { inside = 0; next }
      if ($0 == "```hebb" || $0 == "```hebb wrong") { begin($2); text = ""; to = file }
      else if ($0 == "```hebb more") { begin(""); printf "%s", text > file; to = file }
      else if ($0 == "```output") to = file ".out"
      else if ($0 == "```message") to = file ".err"
      else inside = 1
      next
    }
    to != "" { print > to; if (to == file) text = text $0 "\n" }' "$page"
done

n=0
tell() { # RESULT FILE WHY
  n=$((n + 1))
  echo "$1 $n - docs $2$3"
}

# Whether the lines of the first file are the last of the second.
ends_with() { [ "$(tail -n "$(wc -l <"$1")" "$2")" = "$(cat "$1")" ]; }
# Whether each line of the first file stands in the second.
has_lines() { while IFS= read -r line; do grep -qF -e "$line" "$2" || return 1; done <"$1"; }

for f in *.hebb; do
  "$HEBB" run --quiet "$f" >"$f.stdout" 2>"$f.stderr" </dev/null
  status=$?
  want=0
  [ -f "$f.wrong" ] && want=2
  if [ $status -ne $want ]; then
    tell "not ok" "$f" ": status $status"
    sed 's/^/# /' "$f.stderr"
  elif [ -f "$f.out" ] && ! ends_with "$f.out" "$f.stdout"; then
    tell "not ok" "$f" ": it prints something else"
    sed 's/^/# /' "$f.stdout"
  elif [ -f "$f.err" ] && ! has_lines "$f.err" "$f.stderr"; then
    tell "not ok" "$f" ": its message is another"
    sed 's/^/# /' "$f.stderr"
  else
    tell ok "$f" ""
  fi
done
if sh "$top_srcdir/docs/tables.sh" --check; then tell ok "reference.md" ": tables"
else tell "not ok" "reference.md" ": its tables are out of date: sh docs/tables.sh"; fi
echo "1..$n"
