#!/bin/sh
# SPDX-License-Identifier: MIT
# Native functions and kernels, as TAP: those of tests/native/testlib.c from the language, and what is said when a library
# cannot be used. tests/native/*.hebb find the library by HEBB_KERNEL_PATH.
build=$(pwd)
. "${top_srcdir:-.}/tests/common.sh"
HEBB_KERNEL_PATH=$build/tests/native/.libs
export HEBB_KERNEL_PATH
work=$build/tests/work/native
mkdir -p "$work" && cd "$work" || exit 99

# Names in this tree hold no spaces.
# shellcheck disable=SC2046
"$HEBB" test --tap $(find "$top_srcdir/tests/native" -name '*.hebb' | sort) >tests.tap
status=$?
grep -v '^1\.\.' tests.tap
count=$(grep -cE '^(not )?ok ' tests.tap)
[ $status -le 1 ] || { count=$((count + 1)); echo "not ok $count - the tests of tests/native end with status $status"; }

verdict() { # verdict STATUS NAME
  count=$((count + 1))
  if [ "$1" = 0 ]; then echo "ok $count - $2"; else
    echo "not ok $count - $2"
    sed 's/^/# /' said
  fi
}
skip() {
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}
# says NAME TEXT...: the model on standard input ends with status 2 and says all of the texts.
says() {
  name=$1
  shift
  cat >model.hebb
  "$HEBB" run model.hebb >said 2>&1
  ok=$?
  [ $ok = 2 ] && ok=0
  for text; do grep -qF -- "$text" said || ok=1; done
  verdict $ok "$name"
}
"$HEBB" test --tap "$top_srcdir/tests/lapack" >said 2>&1
lapack=$?
if grep -q E0854 said; then skip 'eigenvalues and singular values' 'built without LAPACK'; else verdict $lapack 'eigenvalues and singular values'; fi

says 'a library that is not there' 'E0850' 'there is no library "./nowhere.so"' 'looked for it in ./nowhere.so' <<'END'
native "./nowhere.so" { f(x: real) -> real }
END
says 'a library that nobody has' 'E0850' 'there is no library "libnowhere"' "$HEBB_KERNEL_PATH/libnowhere" 'HEBB_KERNEL_PATH lists further' <<'END'
native "libnowhere" { f(x: real) -> real }
END
says 'a function that the library does not have' 'E0851' 'has no function `add_rael`' 'did you mean `add_real`?' <<'END'
native "libhebbtest" { add_rael(x: real, y: real) -> real }
END
echo 'no library' >text.so
says 'a file that is no library' 'E0850' 'the library "./text.so" cannot be loaded' 'the loader says: ' <<'END'
native "./text.so" { f(x: real) -> real }
END
says 'a failing kernel says its name, time and text' 'kernel speak failed with status 1: the end of the world at t = 0.2 ms' 'population P' <<'END'
native "libhebbtest" { kernel status_of(n: count, x: in real[n], status: int); kernel speak(n: count, x: in real[n], text: string) }
neuron A { state x = 0; on step { x += 1; status_of(x, 0) } on every 0.2 ms { speak(x, "the end of the world") } }
population P = A[2]
run 1 ms
END
cat >model.hebb <<'END'
native "./nowhere.so" { f(x: mV) -> 1/ms; kernel g(n: count, x: inout real[n]) }
neuron A { state V = 1 mV, x = 0; dV/dt = -V*f(V); on step { g(x) } }
population P = A[2]
run 1 ms
END
"$HEBB" check --explain model.hebb >said 2>&1
verdict $? 'check loads nothing'

# Libraries made here: one that lacks another, and one of another machine.
if [ "$(uname -s)" = Linux ] && echo 'int gone(void) { return 1; }' >gone.c && ${CC:-cc} -shared -fPIC -o libgone.so gone.c 2>/dev/null; then
  echo 'int gone(void); double f(double x) { return x + gone(); }' >needs.c
  ${CC:-cc} -shared -fPIC -o libneeds.so needs.c -L. -lgone && rm libgone.so
  says 'a library that lacks another' 'E0850' '"./libneeds.so" needs libgone.so, which is not found' 'the loader says: ' <<'END'
native "./libneeds.so" { f(x: real) -> real }
END
  case $(uname -m) in x86_64) machine='\267' name=AArch64 ;; *) machine='\076' name=x86-64 ;; esac
  printf "$machine" | dd of=libneeds.so bs=1 seek=18 conv=notrunc 2>/dev/null
  says 'a library of another machine' 'E0850' "library of another machine: it is made for $name" <<'END'
native "./libneeds" { f(x: real) -> real }
END
else
  skip 'a library that lacks another' 'no C compiler'
  skip 'a library of another machine' 'no C compiler'
fi
echo "1..$count"
