# SPDX-License-Identifier: MIT
# For the runners of tests in the language, which `.` this file: where things are, and tap_hebb.
# `make check` sets the variables; by hand: HEBB=build/hebb sh tests/lang.sh
# shellcheck shell=sh
top_srcdir=$(cd "${top_srcdir:-.}" && pwd) || exit 99
HEBB=${HEBB:-$(pwd)/hebb}
case $HEBB in /*) ;; *) HEBB=$(pwd)/$HEBB ;; esac
HEBB_PATH=${HEBB_PATH:-$top_srcdir/stdlib}
export HEBB HEBB_PATH

# run_hebb_test FILE...: status 1 only says that a test failed, which its line said already; any other status (a crash, a
# leak) is one more failure.
run_hebb_test() {
  "$HEBB" test --tap "$@"
  status=$?
  [ $status -eq 1 ] && exit 0
  exit $status
}

# tap_hebb DIRECTORY...: all .hebb files below directories of the sources, run where they may write.
tap_hebb() {
  files=$(cd "$top_srcdir" && for d; do find "$d" -name '*.hebb'; done | sort | sed "s|^|$top_srcdir/|")
  if [ -z "$files" ]; then
    echo "1..0 # SKIP no tests in $*"
    exit 0
  fi
  work=tests/work/$(basename "$0" .sh)
  mkdir -p "$work" && cd "$work" || exit 99
  # Names in this tree hold no spaces.
  # shellcheck disable=SC2086
  run_hebb_test $files
}

# check STATUS NAME: one line of TAP; 0 is a pass. $n counts them, $bad those that failed.
n=0
bad=0
check() {
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $n - $2"
  else
    bad=$((bad + 1))
    echo "not ok $n - $2"
  fi
}
