#!/bin/sh
# SPDX-License-Identifier: MIT
# hebb fmt, as TAP. Every file in the language of this tree: laid out it means the same (hebb fmt itself ends with an
# internal fault, status 70, where it does not), and laid out twice it is what it was after once.
. "${top_srcdir:-.}/tests/common.sh"
work=tests/work/fmt
rm -rf "$work" && mkdir -p "$work" || exit 99

"$HEBB" fmt - <"$top_srcdir/tests/golden/layout_in.hebb" >"$work/layout.hebb"
cmp -s "$work/layout.hebb" "$top_srcdir/tests/golden/layout_out.hebb"
check $? "a text with everything in disorder"

for file in $(cd "$top_srcdir" && find examples stdlib tests bench docs -name '*.hebb' | sort); do
  cp "$top_srcdir/$file" "$work/f.hebb" && chmod u+w "$work/f.hebb"
  "$HEBB" fmt "$work/f.hebb" 2>"$work/err"
  status=$?
  if [ $status -eq 2 ]; then # errors of syntax: nothing is changed
    cmp -s "$top_srcdir/$file" "$work/f.hebb" && grep -q 'error E' "$work/err"
    check $? "$file is left alone"
    continue
  fi
  cp "$work/f.hebb" "$work/once.hebb"
  [ $status -eq 0 ] && "$HEBB" fmt "$work/f.hebb" && cmp -s "$work/f.hebb" "$work/once.hebb"
  check $? "$file"
done

# What people learn from is laid out as it should be. To mend it: hebb fmt examples stdlib
"$HEBB" fmt --check "$top_srcdir/examples" "$top_srcdir/stdlib" >"$work/list"
check $? "examples and library"
sed 's/^/# hebb fmt /' "$work/list"

printf 'let a=1\n' >"$work/a.hebb"
ln -sf a.hebb "$work/link.hebb"
chmod 640 "$work/a.hebb"
"$HEBB" fmt --check "$work/a.hebb" >"$work/list"
[ $? -eq 1 ] && [ "$(cat "$work/list")" = "$work/a.hebb" ]
check $? "--check names the file and ends with 1"
"$HEBB" fmt "$work/link.hebb" && [ -h "$work/link.hebb" ] && [ "$(cat "$work/a.hebb")" = "let a = 1" ] &&
  [ -n "$(find "$work/a.hebb" -perm 640)" ]
check $? "a link stays a link, and the mode stays"
printf 'let a = 1\r\n  # c \r\n\r\n\r\nlet b =\t2' | "$HEBB" fmt - >"$work/out"
[ "$(od -c <"$work/out")" = "$(printf 'let a = 1\n# c\n\nlet b = 2\n' | od -c)" ]
check $? "line ends of other systems, tabs, no newline at the end"
echo "1..$n"
[ "$bad" -eq 0 ]
