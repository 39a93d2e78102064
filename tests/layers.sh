#!/bin/sh
# SPDX-License-Identifier: MIT
# The house rules that a grep can check, as TAP: who may include whom, where memory is taken, where state may live, how
# long a function may be. Run by `make check`; by hand: srcdir=. sh tests/layers.sh
LC_ALL=C
export LC_ALL
builddir=$(pwd)
cd "${srcdir:-.}" || exit 99
count=0

# verdict NAME FILE: passes if FILE is empty, else shows it.
verdict() {
  count=$((count + 1))
  if [ -s "$2" ]; then
    echo "not ok $count - $1"
    sed 's/^/#   /' "$2"
  else
    echo "ok $count - $1"
  fi
}

# skip NAME WHY
skip() {
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

found=$(mktemp "${TMPDIR:-/tmp}/layers.XXXXXX") || exit 99
trap 'rm -f "$found"' EXIT
trap 'exit 99' HUP INT TERM

# The sources of some rooms; lexer.c and parser.c are made from others and do not count.
sources() {
  for room; do
    find "$room" \( -name '*.[ch]' -o -name '*.def' -o -name '*.re' -o -name '*.y' \) \
      ! -path lang/lexer.c ! -path lang/parser.c ! -path lang/parser.h | sort
  done
}

# includes ROOM ALLOWED: the lines of ROOM that include something of ours other than what ALLOWED (an extended regular
# expression) matches.
includes() {
  sources "$1" | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' | grep -vE "include[[:space:]]*\"($2)\"" >"$found"
}

includes base 'base/[^"]*'
verdict 'base includes nothing but base' "$found"
includes vm 'base/[^"]*|vm/[^"]*|hebb_kernel\.h|include/hebb_kernel\.h'
verdict 'vm includes nothing but base and vm' "$found"
includes lang 'base/[^"]*|lang/[^"]*|vm/(program|kernel|ops|ffi|builtin|net|value|vm|script|vmath|expm)\.(h|def)|hebb\.h|include/hebb\.h'
verdict 'lang sees of vm its contracts only' "$found"
includes cli 'base/[^"]*|lang/[^"]*|vm/[^"]*|cli/[^"]*|hebb\.h|include/hebb\.h'
verdict 'cli includes from the top' "$found"
includes include 'hebb_kernel\.h'
verdict 'installed headers stand alone' "$found"

sources base vm lang cli | grep -v '^base/arena\.c$' |
  xargs grep -nE '(^|[^_[:alnum:]])(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|strdup|strndup|v?asprintf)[[:space:]]*\(' |
  grep -vE '^[^:]*:[0-9]*:[[:space:]]*//' >"$found"
verdict 'memory is taken in base/arena.c alone' "$found"

for file in $(sources base vm lang cli include tests/unit tests/fuzz stdlib/kernels bench); do
  head -1 "$file" | grep -q '^// SPDX-License-Identifier: MIT$' || echo "$file"
done >"$found"
verdict 'every source begins with its licence' "$found"

# A function begins in the first column with a line that ends in an opening brace and ends with a brace in the first.
# Tables of rules for re2c and Bison are no functions.
# shellcheck disable=SC2016
sources base vm lang cli | grep '\.[ch]$' | xargs awk '
  FNR == 1 { name = "" }
  /^[A-Za-z_].*\)[[:space:]]*\{$/ { name = $0; from = FNR }
  /^}/ { if (name != "" && FNR - from - 1 > 80) printf "%s:%d: %d lines: %s\n", FILENAME, from, FNR - from - 1, name; name = "" }
' >"$found"
verdict 'no function is longer than 80 lines' "$found"

# State: objects that can be written outside of functions and of the structures they are given. The command may have its
# signal flag. Needs objdump and a build without sanitizers (they add variables of their own).
: >"$found"
archive=$builddir/.libs/libcore.a
if [ -f "$archive" ] && command -v objdump >/dev/null 2>&1 && ! nm "$archive" 2>/dev/null | grep -q __asan; then
  objdump -t "$archive" 2>/dev/null |
    awk '$0 ~ / O / && $0 ~ /[[:space:]]\.(t?data|t?bss)(\.[a-z_0-9.]+)?[[:space:]]/ && $0 !~ /\.data\.rel\.ro/ { print }' >"$found"
  verdict 'nothing outside of the command keeps state of its own' "$found"
else
  skip 'nothing outside of the command keeps state of its own' 'no objects to look at'
fi

# What programs that embed hebb can see.
library=$(find "$builddir/.libs" -name 'libhebb.so*' -type f 2>/dev/null | head -1)
if [ -n "$library" ] && command -v nm >/dev/null 2>&1; then
  nm -D --defined-only "$library" | awk '{ print $NF }' | grep -vE '^(hebb_|_init$|_fini$)' >"$found"
  verdict 'the library shows hebb_ names only' "$found"
else
  skip 'the library shows hebb_ names only' 'no shared library'
fi

echo "1..$count"
