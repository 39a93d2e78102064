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
# refuses NAME TIME: the model on standard input, whose `refuse` is given 3 or some more, ends with status 2 and an error that
# points at its call and tells the time.
refuses() {
  { echo 'native "libhebbtest" { refuse(x: real) -> real; impure next_number(x: real) -> real }; set dt = 0.1 ms'; cat; } >model.hebb
  "$HEBB" run model.hebb >said 2>&1
  ok=$?
  [ $ok = 2 ] && ok=0
  place=$(sed -n 's/^model.hebb:\([0-9]*\):\([0-9]*\): error E0853: function refuse failed: x = [0-9.]* is too much'"$2"'$/\1 \2/p' said)
  awk -v place="$place" 'BEGIN { split(place, at, " ") } NR == at[1] { found = substr($0, at[2], 7) == "refuse(" } END { exit !found }' model.hebb || ok=1
  [ "$(grep -c ' error E' said)" = 1 ] || ok=1
  verdict $ok "refused: $1"
}
refuses 'a constant let' ' at t = 0 ms' <<'END'
neuron A { state x = 0; let y = refuse(3); dx/dt = y/(1 ms) }
population P = A[2]
run 1 ms
END
refuses 'a let that is recorded' ' at t = 0 ms' <<'END'
neuron A { state x = 0; let y = refuse(x + 3) }
population P = A[2]
record y = P.y
run 1 ms
END
refuses 'a let of a parameter that is set later' ' at t = 1 ms' <<'END'
neuron A { param a = 1; let b = refuse(a); state x = 0; dx/dt = b/(1 ms) }
population P = A[3]
run 1 ms
P.a = 5
run 1 ms
END
refuses 'a requirement' ' at t = 0 ms' <<'END'
neuron A { param a = 0; require refuse(a) < 4, "a is too large"; state x = 0 }
population P = A[4] { a = i }
END
for method in euler rk2 rk4 rk45 cvode; do
  printf 'neuron A { state x = 1; dx/dt = -x/(1 ms); method %s }\npopulation P = A[1]\nrun 1 ms\n' $method >model.hebb
  if "$HEBB" run model.hebb 2>&1 | grep -q 'built without SUNDIALS'; then
    skip "refused: an equation, $method" 'built without SUNDIALS'
    continue
  fi
  refuses "an equation, $method" ' at t = [0-9.]* ms' <<END
neuron A { state x = 0; dx/dt = refuse(x)/(1 ms) + 1/(1 ms); method $method }
population P = A[2]
run 10 ms
END
done
refuses 'equations of coupled neurons' ' at t = [0-9.]* ms' <<'END'
neuron A { input I; state x = 0; dx/dt = refuse(x)/(1 ms) + (1 + I)/(1 ms) }
synapse G { weight w; inject w*(pre.x - post.x) }
population P = A[2]
connect P -> P via G all to all { w = 0.1 }
run 10 ms
END
refuses 'the block of a spike' ' at t = 2.[0-9]* ms' <<'END'
neuron A { state x = 0, y = 0; dx/dt = 1/(1 ms); spike when x > 2.5 { y = refuse(x) } }
population P = A[2]
run 10 ms
END
refuses 'the block of a spike of neurons that stand alone' ' at t = [0-9.]* ms' <<'END'
neuron A { state x = 0, y = 0; dx/dt = 1/(1 ms); spike when x > 2.5 { y = refuse(x) } }
population P = A[20000]
run 10 ms
END
refuses 'a test for spikes' ' at t = [12][0-9.]* ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms); spike when refuse(x) > 7 { x = 0 } }
population P = A[2]
run 10 ms
END
refuses 'a number of spikes' ' at t = 2.1 ms' <<'END'
neuron A { spike count refuse(t/(1 ms)) }
population P = A[2]
run 10 ms
END
refuses 'a refractory time' ' at t = 0 ms' <<'END'
neuron A { param a = 3; state x = 0; dx/dt = 1/(1 ms); spike when x > 1 { x = 0 }; refractory refuse(a)*1 ms }
population P = A[2]
run 10 ms
END
refuses 'an event' ' at t = [12][0-9.]* ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms); event large when refuse(x) > 7 { x = 0 } }
population P = A[2]
run 10 ms
END
refuses 'on step' ' at t = 0 ms' <<'END'
neuron A { state x = 0; on step { x = refuse(x + i + 2) } }
population P = A[2]
run 10 ms
END
refuses 'on start' ' at t = 0 ms' <<'END'
neuron A { state x = 0; on start { x = refuse(i + 2) } }
population P = A[2]
run 10 ms
END
refuses 'on pre' ' at t = 2.[0-9]* ms' <<'END'
neuron A { state x = 0, y = 0; dx/dt = 1/(1 ms); spike when x > 2.5 { x = 0 } }
synapse S { weight w; on pre { post.y += refuse(w + post.x) } }
population P = A[2]
connect P -> P via S all to all { w = 3 }
run 10 ms
END
refuses 'on post' ' at t = 0 ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms); spike when x > 2.5 { x = 0 } }
synapse S { weight w; post state y = 0; on post { y = refuse(3) } }
population P = A[2]
connect P -> P via S all to all { w = 3 }
run 10 ms
END
refuses 'on every of synapses' ' at t = 4 ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms) }
synapse S { weight w; on every 2 ms { w = refuse(w + 1) } }
population P = A[2]
connect P -> P via S all to all { w = 1 }
run 10 ms
END
refuses 'a rule' ' at t = [12][0-9.]* ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms); spike when x > 1 { x = 0 } }
synapse S { weight w; on pre { post.x += 0*w } }
rule R { on pre { w += refuse(w + 1) } }
population P = A[2]
connect P -> P via S all to all { w = 1 } learn R()
run 10 ms
END
refuses 'an equation of synapses' ' at t = [0-9.]* ms' <<'END'
neuron A { state x = 0; dx/dt = 1/(1 ms) }
synapse S { weight w; state s = 0; ds/dt = refuse(s + 1)/(1 ms) }
population P = A[2]
connect P -> P via S all to all { w = 1 }
run 10 ms
END
refuses 'an injection by sources' ' at t = 0 ms' <<'END'
neuron A { input I; state x = 1; dx/dt = I/(1 ms) }
synapse S { weight w; inject refuse(pre.x + 2)*w }
population P = A[2]
connect P -> P via S all to all { w = 1 }
run 1 ms
END
refuses 'an injection by synapses' ' at t = 0 ms' <<'END'
neuron A { input I; state x = 1; dx/dt = I/(1 ms) }
synapse S { weight w; inject refuse(pre.x + w)*w }
population P = A[2]
connect P -> P via S all to all { w = 2 }
run 1 ms
END
refuses 'an initial value of synapses' ' at t = 0 ms' <<'END'
neuron A { state x = 1 }
synapse S { weight w; state s = refuse(w) }
population P = A[2]
connect P -> P via S all to all { w = i + 2 }
END
says 'a kernel that fails in a timed block tells the time' 'kernel speak failed with status 1: oho at t = 2 ms' <<'END'
native "libhebbtest" { kernel speak(n: count, x: in real[n], text: string) }
neuron A { state x = 0 }
population P = A[2]
every 1 ms { if t > 1.5 ms { speak(P.x, "oho") } }
run 4 ms
END

"$HEBB" test --tap "$top_srcdir/tests/lapack" >said 2>&1
lapack=$?
if grep -q E0854 said; then skip 'eigenvalues, singular values, large equations' 'built without LAPACK'; else verdict $lapack 'eigenvalues, singular values, large equations'; fi
# A library of that name without functions hides the one that comes along: what goes on without it gives the same.
if mkdir -p without && echo 'int nothing;' >nothing.c && ${CC:-cc} -shared -fPIC -o without/hebb_linear.so nothing.c 2>/dev/null && cp without/hebb_linear.so without/hebb_fft.so; then
  HEBB_KERNEL_PATH=$work/without "$HEBB" test --tap "$top_srcdir/tests/lapack/equations.hebb" "$top_srcdir/tests/lapack/spectrum.hebb" >said 2>&1
  verdict $? 'large equations and long spectra without libraries'
  echo 'print eig([[1]]).re' >model.hebb
  HEBB_KERNEL_PATH=$work/without "$HEBB" run model.hebb >said 2>&1
  [ $? = 2 ] && grep -q 'E0854: `eig` needs LAPACK' said
  verdict $? 'eigenvalues without LAPACK'
else
  skip 'large equations and long spectra without libraries' 'no C compiler'
  skip 'eigenvalues without LAPACK' 'no C compiler'
fi

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
native "libhebbtest" { kernel shift(n: count, x: inout real[n]) }
neuron A { state x = 0; on step { x += 1; shift(x) } }
population P = A[20000]
run 20 ms
END
"$HEBB" run --profile model.hebb >said 2>&1
grep -q 'P, native shift  *200 calls' said
verdict $? 'run --profile tells the time in kernels'
cat >model.hebb <<'END'
native "./nowhere.so" { f(x: mV) -> 1/ms; kernel g(n: count, x: inout real[n]) }
neuron A { state V = 1 mV, x = 0; dV/dt = -V*f(V); on step { g(x) } }
population P = A[2]
run 1 ms
END
"$HEBB" check --explain model.hebb >said 2>&1
verdict $? 'check loads nothing'

cat >model.hebb <<'END'
native "libhebbtest" { add_real(x: real, y: real) -> real }
print add_real(1, 2)
END
"$HEBB" check model.hebb >said 2>&1
for what in '"$HEBB" check --explain model.hebb' '"$HEBB" doc model.hebb' '"$HEBB" fmt --check model.hebb'; do
  LD_DEBUG=files eval "$what" 2>&1 | grep 'libhebbtest' >said && break
done
[ ! -s said ]
verdict $? 'the loader is not asked by check, doc, fmt'

# hebb_kernel.h in every dialect it is meant for, without a word from the compiler; and a library of C++ that is called.
cat >own.c <<'END'
#include <hebb_kernel.h>
HEBB_KERNEL double square(double x);
HEBB_KERNEL double square(double x) { return x > 100 ? hebb_fail("%g is too much", x) : x * x; }
HEBB_KERNEL int leak(HebbCount n, double *V, double f);
HEBB_KERNEL int leak(HebbCount n, double *V, double f) {
  for (HebbCount k = 0; k < n; k++) V[k] *= f;
  return f > 1 ? hebb_fail("f = %g", f) : 0;
}
END
cp own.c own.cc
echo 'int empty;' >empty.c
cp empty.c empty.cc
kernel_header() { # kernel_header COMPILER DIALECT SOURCE
  if ! $1 $2 -fPIC -shared -o own.so "empty.${3#own.}" 2>/dev/null; then
    skip "hebb_kernel.h, $1 $2" 'no such compiler'
    return
  fi
  $1 $2 -pedantic -Wall -Wextra -Wshadow -Werror -fPIC -shared -I "$top_srcdir/include" -o own.so "$3" >said 2>&1
  verdict $? "hebb_kernel.h, $1 $2"
}
for dialect in -std=c99 -std=gnu99 -std=c11 -std=c17; do kernel_header "${CC:-cc}" $dialect own.c; done
rm -f own.so
for dialect in -std=c++98 -std=c++11 -std=c++17; do kernel_header "${CXX:-g++}" $dialect own.cc; done
if [ -s own.so ]; then
  cat >model.hebb <<'END'
native "./own" { square(x: real) -> real; kernel leak(n: count, V: inout mV[n], f: real) }
neuron A { state V = -60 mV; on step { leak(V, 0.5) } }
population P = A[2]
run 2 steps
expect square(3) == 9 and min(P.V) == -15 mV and max(P.V) == -15 mV
END
  "$HEBB" run model.hebb >said 2>&1
  verdict $? 'a library of C++'
  says 'a failure of C++' 'function square failed: 101 is too much' <<'END'
native "./own" { square(x: real) -> real }
print square(101)
END
  echo 'double square(double x) { return x * x; }' >own.cc
  ${CXX:-g++} -fPIC -shared -o own.so own.cc
  says 'a function of C++ without HEBB_KERNEL' 'has no function `square`' 'there is one of C++' 'extern "C"' <<'END'
native "./own" { square(x: real) -> real }
END
else
  skip 'a library of C++' 'no compiler of C++'
  skip 'a failure of C++' 'no compiler of C++'
  skip 'a function of C++ without HEBB_KERNEL' 'no compiler of C++'
fi

# A library that is made anew while a prompt holds it.
if [ "$(uname -s)" = Linux ] && echo 'double version(void) { return 1; }' >version.c && ${CC:-cc} -shared -fPIC -o version.so version.c 2>/dev/null; then
  for k in 2 3; do
    echo "double version(void) { return $k; }" >version.c
    ${CC:-cc} -shared -fPIC -o version$k.so version.c
  done
  "$HEBB" repl >said 2>&1 <<'END'
native "libc.so.6" { impure system(command: string) -> int }
native "./version" { version() -> real }
function first() = version()
let done = system("mv version2.so version.so")
print version()
native "./version" { version() -> real }
print version(), first()
done = system("mv version3.so version.so")
native "./version" { version() -> real }
print version(), first()
native "./version" { version() -> real; verion() -> real }
END
  [ "$(head -3 said | tr '\n' ' ')" = '1 2 1 3 1 ' ] && grep -q 'did you mean `version`' said
  verdict $? 'a library that is made anew is loaded anew at the prompt'
else
  skip 'a library that is made anew is loaded anew at the prompt' 'no C compiler, or not Linux'
fi

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
