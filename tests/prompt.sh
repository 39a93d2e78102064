#!/bin/sh
# SPDX-License-Identifier: MIT
# The prompt, in two ways. tests/prompt/NAME.session is a transcript: what stands behind "hebb> " and "  ... " is given to
# the prompt as lines of a file, and what it says must be the lines between. tests/prompt/NAME.talk is a talk through a
# pseudo-terminal (tests/ptytalk.c), with keys pressed and a window that changes its size. Prints TAP.
. "$(dirname "$0")/common.sh"
build=$(pwd)
work=tests/work/prompt
rm -rf "$work" && mkdir -p "$work/home" && cd "$work" || exit 99
HOME=$(pwd)/home
export HOME
unset XDG_STATE_HOME
n=0

# The lines to type: behind each input a question nobody can answer, whose answer marks the place.
inputs() {
  awk '
    BEGIN { count = 0 }
    function mark() { if (open) print ":doc @" count++; open = 0 }
    /^hebb> / { mark(); print substr($0, 7); open = 1; next }
    /^  \.\.\. / { print substr($0, 7); next }
    END { mark() }' "$1"
}

# The transcript as it would be with what hebb said.
transcript() {
  awk -v said="$2" '
    BEGIN { count = 0 }
    function answers(line) {
      while ((getline line < said) > 0) {
        if (line == "nothing is known of @" count) { count++; break }
        print line
      }
    }
    /^#/ && !started { print; next }
    /^hebb> / { if (started) answers(); started = 1; print; next }
    /^  \.\.\. / { print }
    END { answers() }' "$1"
}

for session in "$top_srcdir"/tests/prompt/*.session; do
  n=$((n + 1))
  name=$(basename "$session")
  inputs "$session" >"$name.in"
  timeout 100 "$HEBB" repl <"$name.in" >"$name.said" 2>&1
  transcript "$session" "$name.said" >"$name"
  if cmp -s "$session" "$name"; then
    echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    diff "$session" "$name" | head -40 | sed 's/^/# /'
  fi
done

# ok NAME COMMAND...: one more test, by the status of a command.
ok() {
  n=$((n + 1))
  name=$1
  shift
  if "$@" >ok.out 2>&1; then
    echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    head -20 ok.out | sed 's/^/# /'
  fi
}

new_model() { "$HEBB" new mine && "$HEBB" test mine.hebb && "$HEBB" run --set drive="0.3 nA" mine.hebb | grep 'spikes, 6[0-9][.]'; }
not_again() { "$HEBB" new mine; [ $? -eq 3 ]; }
# A word that is neither a command nor a file.
no_such_word() {
  "$HEBB" runn mine.hebb 2>word.out
  [ $? -eq 3 ] && grep -q 'did you mean run?' word.out || return 1
  "$HEBB" mine 2>word.out
  [ $? -eq 3 ] && grep -q 'did you mean mine.hebb?' word.out
}
# What is typed statement by statement draws the random numbers of the file.
same_numbers() {
  cat >drawn.hebb <<'HEBB'
use neurons
use synapses
use rules
set seed = 3
population source = Poisson[40] { rate = 50 Hz }
population cell = LIF[3] { V ~ uniform(-60 mV, -50 mV) }
print mean([1, 2])
connect S: source -> cell via ExpCurrent with probability 50% { w ~ uniform(0 mV, 3 mV) } learn STDP(w_max = 3 mV)
record spikes of cell
run 300 ms
print cell.V, S.w[0:5], spikes(cell).t, normal(0, 1)
HEBB
  "$HEBB" run drawn.hebb >drawn.file && "$HEBB" repl <drawn.hebb >drawn.typed && diff drawn.file drawn.typed || return 1
  sed '/^print mean/d' drawn.hebb >without.hebb # nor does a statement above change them
  sed 1d drawn.file >without.want && "$HEBB" run without.hebb | diff - without.want
}
# No title, label or file name of a figure can give a command to gnuplot.
gp_script() {
  rm -f hacked
  cat >gp.hebb <<'HEBB'
plot [1, 2] title "a'`touch hacked`\n!touch hacked\nsystem('touch hacked')" as "it's $(touch hacked) `touch hacked`.gp"
HEBB
  "$HEBB" run gp.hebb || return 1
  [ -f "it's \$(touch hacked) \`touch hacked\`.gp" ] || return 1
  if command -v gnuplot >/dev/null 2>&1; then
    { echo "set terminal dumb"; cat ./*hacked*.gp; } >run.gp && gnuplot run.gp >/dev/null || return 1
  fi
  [ ! -e hacked ]
}
# Figures in letters that every terminal has.
ascii_figures() {
  cat >ascii.in <<'HEBB'
plot [0, 1, 4, 9, 16] uV title "a"
plot histogram([1, 2, 2, 3, 3, 3])
plot image([[1, 2], [3, 4]])
HEBB
  LC_ALL=de_DE.ISO-8859-1 "$HEBB" repl <ascii.in >latin.out && TERM=linux "$HEBB" repl <ascii.in >linux.out && cmp latin.out linux.out || return 1
  cat latin.out
  [ "$(LC_ALL=C tr -d '\000-\177' <latin.out | wc -c)" -eq 0 ] && grep -q '(uV)' latin.out && grep -q '#' latin.out && grep -q '[.:]' latin.out
}
# A raster in an .svg: some 30 bytes a spike.
raster_size() {
  command -v gnuplot >/dev/null 2>&1 || return 0
  printf 'use neurons\npopulation P = Poisson[500] { rate = 20 Hz }\nrecord spikes of P\nrun 1 s\nplot raster(P) as "raster.svg"\nprint count(P)\n' >raster.hebb
  spikes=$("$HEBB" run raster.hebb) && bytes=$(wc -c <raster.svg) && grep -q 'stroke-linecap="round"' raster.svg || return 1
  echo "$spikes spikes, $bytes bytes"
  [ "$bytes" -lt $((40 * spikes + 20000)) ] && [ "$bytes" -gt $((20 * spikes)) ]
}
# A figure for a window where there is none: what to add is said.
no_screen() { echo 'plot [1, 2]' >window.hebb && (unset DISPLAY WAYLAND_DISPLAY; "$HEBB" run window.hebb) 2>&1 | grep 'as "figure.svg"'; }
manual() { grep -q '\.SH BUILT-IN FUNCTIONS' "$build/cli/man/hebb.7" && grep -q "$(printf 'rate(P')" "$build/cli/man/hebb.7"; }
options_in_manual() {
  for o in $("$HEBB" --help | grep -o -e '--[a-z]*' | sort -u); do
    case $o in --version | --help | --check) continue ;; esac
    grep -q -e "$(echo "$o" | sed 's/-/\\\\-/g')" "$top_srcdir/cli/man/hebb.1" || { echo "hebb(1) does not speak of $o"; return 1; }
  done
}
profile() {
  "$HEBB" run --profile mine.hebb 2>profile.txt || return 1
  cat profile.txt
  grep -q 'thresholds and events' profile.txt && grep -q 'P, advance .* calls .* mine.hebb:[0-9]' profile.txt
}
ok "hebb new makes a model that runs and passes its test" new_model
ok "run --profile: by phase, by kernel with its lines" profile
ok "neither a command nor a file" no_such_word
ok "hebb new overwrites nothing" not_again
ok "typed at the prompt a script draws the numbers it draws as a file" same_numbers
ok "figures give no commands to gnuplot" gp_script
ok "figures without Unicode" ascii_figures
ok "a raster in an .svg is small" raster_size
ok "without a screen plot says what to add" no_screen
ok "hebb(7) has the functions of the table" manual
ok "hebb(1) has all options" options_in_manual

n=$((n + 1))
if [ "${HAVE_LIBEDIT-no}" = yes ] && [ -x "$build/tests/ptytalk" ]; then
  # Names in this tree hold no spaces.
  # shellcheck disable=SC2046
  timeout 300 "$build/tests/ptytalk" "$HEBB" "$top_srcdir"/tests/prompt/*.talk >talk.tap 2>&1
  status=$?
  awk -v n=$n '/^(not )?ok / { sub(/ok [0-9]+/, "ok " n++) } { print } END { print "1.." n - 1 }' talk.tap
  [ $status -le 1 ] || echo "Bail out! ptytalk ended with $status"
else
  echo "ok $n # SKIP talks at a terminal need libedit, which is not here"
  echo "1..$n"
fi
