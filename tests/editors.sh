#!/bin/sh
# SPDX-License-Identifier: MIT
# What is in editors/, tried by the editors themselves where they are installed, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
build=$(pwd)
work=$build/tests/work/editors
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 99
editors=$top_srcdir/editors
skip() { # skip NAME WHY
  n=$((n + 1))
  echo "ok $n - $1 # SKIP $2"
}

TOP=$top_srcdir sh "$editors/words.sh" --check >stale
check $? "the lists of words are those of the language"
sed 's|^|# sh editors/words.sh: stale: |' stale

cat >model.hebb <<'MODEL'
## What it is.
neuron Cell {
  param tau_m = 20 ms, g = 35.4 mS/cm^2
  state V: mV = 0
  tau_m*dV/dt = -V
  spike when V > 5 mV {
    V = 0 mV
  }
}
let W = [
  1, 2,
  3
]
population P = Cell[10] {
  tau_m = 10 ms,
  V ~ uniform(0 mV, 5 mV)
}
run 1 s # the end
MODEL

if command -v vim >/dev/null 2>&1; then
  # look LINE COLUMN GROUP: what stands there is highlighted so
  cat >try.vim <<VIM
set nocompatible encoding=utf-8
set runtimepath^=$editors/vim
filetype plugin indent on
syntax on
edit model.hebb
let report = []
function! Look(line, column, group)
  let name = synIDattr(synID(a:line, a:column, 1), 'name')
  call add(g:report, (name ==# a:group ? 'ok ' : 'not ok ') . a:group . ' at ' . a:line . ':' . a:column . ', found ' . name)
endfunction
call add(report, (&filetype ==# 'hebb' ? 'ok ' : 'not ok ') . 'file type')
call Look(1, 1, 'hebbDoc')
call Look(2, 1, 'hebbDeclaration')
call Look(2, 8, 'hebbName')
call Look(3, 3, 'hebbPart')
call Look(3, 17, 'hebbNumber')
call Look(3, 20, 'hebbUnit')
call Look(3, 35, 'hebbUnit')
call Look(4, 12, 'hebbUnit')
call Look(5, 9, 'hebbDerivative')
call Look(18, 1, 'hebbStatement')
call Look(16, 7, 'hebbFunction')
call Look(18, 9, 'hebbComment')
normal! gg=G
write! indented.hebb
call writefile(report, 'vim.report')
qall!
VIM
  timeout 60 vim -Nu NONE -es -S try.vim </dev/null >vim.out 2>&1
  [ -s vim.report ] && ! grep -v '^ok' vim.report >vim.bad
  check $? "vim: file type and syntax"
  [ -s vim.bad ] && sed 's/^/# /' vim.bad
  cmp -s model.hebb indented.hebb
  check $? "vim: indentation"
else
  skip "vim: file type, syntax, indentation" "vim is not installed"
fi

if command -v emacs >/dev/null 2>&1; then
  cp "$editors/emacs/hebb-mode.el" .
  cat >try.el <<'EL'
(require 'imenu)
(load (expand-file-name "hebb-mode.el") nil t)
(find-file "model.hebb")
(unless (eq major-mode 'hebb-mode) (message "BAD mode %s" major-mode))
(font-lock-ensure)
(dolist (want '((1 1 font-lock-comment-face) (2 1 font-lock-keyword-face) (2 8 font-lock-type-face) (3 3 font-lock-builtin-face)
                (3 17 font-lock-constant-face) (3 20 font-lock-type-face) (4 12 font-lock-type-face) (5 9 font-lock-variable-name-face)
                (16 7 font-lock-function-name-face) (18 1 font-lock-keyword-face)))
  (goto-char (point-min))
  (forward-line (1- (car want)))
  (let ((face (get-text-property (+ (point) (1- (cadr want))) 'face)))
    (unless (or (eq face (nth 2 want)) (memq (nth 2 want) '(font-lock-comment-face)))
      (message "BAD %s, found %s" want face))))
(let ((before (buffer-string)))
  (indent-region (point-min) (point-max))
  (unless (string= before (buffer-string)) (message "BAD indentation\n%s" (buffer-string))))
(unless (assoc "Cell" (cdr (assoc "Neurons" (funcall imenu-create-index-function)))) (message "BAD imenu"))
(message "DONE")
EL
  timeout 120 emacs -Q --batch -l try.el >emacs.out 2>&1
  grep -q DONE emacs.out && ! grep BAD emacs.out >emacs.bad
  check $? "emacs: mode, colours, indentation, imenu"
  grep BAD emacs.out | sed 's/^/# /'
  timeout 120 emacs -Q --batch --eval '(setq byte-compile-error-on-warn t)' -f batch-byte-compile hebb-mode.el >compile.out 2>&1
  check $? "emacs: compiles without a warning"
else
  skip "emacs: mode" "emacs is not installed"
fi

# ---- the language server, from editors that have a client of their own ----
mkdir -p home bin && ln -sf "$HEBB" bin/hebb
server=no
[ -x "$build/tests/lsp_client" ] && server=yes # built with jansson
cat >wrong.hebb <<'MODEL'
neuron Cell {
  param tau_m = 20 ms
  state V: mV = 0
  tau_m*dV/dt = -V + 5 ms
}
MODEL

# What stands in the README between ```lua and ``` is what people put into init.lua.
if [ $server = no ]; then
  skip "neovim: file type, syntax, language server" "this hebb was built without jansson"
elif command -v nvim >/dev/null 2>&1; then
  mkdir -p home/.local/share/nvim/site/pack/hebb/start home/.config/nvim
  cp -r "$editors/vim" home/.local/share/nvim/site/pack/hebb/start/hebb
  sed -n '/^```lua/,/^```$/{/^```/d;p;}' "$editors/vim/README.md" >home/.config/nvim/init.lua
  cat >probe.lua <<'LUA'
local out = io.open('nvim.report', 'w')
local name = function(l, c) return vim.fn.synIDattr(vim.fn.synID(l, c, 1), 'name') end
out:write(vim.bo.filetype, ' ', name(1, 1), ' ', name(2, 18), '\n')
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 50)
for _, d in ipairs(vim.diagnostic.get(0)) do out:write('line ', d.lnum + 1, ': ', d.message, '\n') end
out:close()
vim.cmd('qall!')
LUA
  (unset XDG_CONFIG_HOME XDG_DATA_HOME && HOME=$(pwd)/home PATH=$(pwd)/bin:$PATH exec timeout 90 nvim --headless wrong.hebb -c 'luafile probe.lua' </dev/null) >nvim.out 2>&1
  grep -q '^hebb hebbDeclaration hebbNumber$' nvim.report && grep -q '^line 4: cannot add these: mV and ms' nvim.report
  check $? "neovim: file type, syntax, language server"
  [ -s nvim.out ] && sed 's/^/# /' nvim.out | head -20
else
  skip "neovim: file type, syntax, language server" "nvim is not installed"
fi

# Debian keeps eglot for older emacs in a place that -Q does not look at.
if [ $server = yes ] && command -v emacs >/dev/null 2>&1 && HOME=$(pwd)/home emacs -q --batch --eval "(require 'eglot)" >/dev/null 2>&1; then
  cat >eglot.el <<'EL'
(require 'eglot)
(load (expand-file-name "hebb-mode.el") nil t)
(find-file "wrong.hebb")
(apply #'eglot--connect (eglot--guess-contact))
(let ((tries 0))
  (while (and (< tries 200) (null (flymake-diagnostics)))
    (accept-process-output nil 0.1)
    (setq tries (1+ tries))))
(dolist (d (flymake-diagnostics))
  (message "line %d: %s" (line-number-at-pos (flymake-diagnostic-beg d)) (flymake-diagnostic-text d)))
(goto-char (point-min))
(search-forward "state ")
(message "hover %S" (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover (eglot--TextDocumentPositionParams)))
(eglot-shutdown (eglot--current-server-or-lose))
EL
  HOME=$(pwd)/home PATH=$(pwd)/bin:$PATH timeout 90 emacs -q --batch -l eglot.el </dev/null >eglot.out 2>&1
  grep -q 'line 4: .*cannot add these: mV and ms' eglot.out && grep -q 'state V: mV' eglot.out
  check $? "emacs: eglot talks to the language server"
  [ $? -eq 0 ] || sed 's/^/# /' eglot.out | head -20
else
  skip "emacs: eglot talks to the language server" "eglot or the language server is not installed"
fi

# ---- editors that only colour ----
cat >look.hebb <<'MODEL'
neuron Cell {
  param tau = 20 ms   # how slow
  state V: mV = 0
}
MODEL
kate=$(command -v ksyntaxhighlighter6 || command -v kate-syntax-highlighter || true)
if [ -n "$kate" ]; then
  mkdir -p home/.local/share/org.kde.syntax-highlighting/syntax
  cp "$editors/kate/hebb.xml" home/.local/share/org.kde.syntax-highlighting/syntax/
  HOME=$(pwd)/home XDG_DATA_HOME=$(pwd)/home/.local/share QT_QPA_PLATFORM=offscreen timeout 60 "$kate" --syntax-trace format -f ansi look.hebb >kate.out 2>&1
  sed 's/.\[[0-9;]*m//g' kate.out >kate.text
  head -3 kate.text | grep -q '^Declaration' && grep -q 'Number  Comment' kate.text && grep -q 'Unit' kate.text
  check $? "kate: what is a declaration, a unit, a number, a comment"
else
  skip "kate: what is a declaration, a unit, a number, a comment" "kate-syntax-highlighter is not installed"
fi

if command -v nano >/dev/null 2>&1 && [ -x "$build/tests/ptytalk" ]; then
  # nano takes the home of root from the list of users
  printf '#!/bin/sh\nexec nano --rcfile="%s" look.hebb\n' "$editors/nano/hebb.nanorc" >nano.sh
  printf 'wait neuron\nwait state\npause 200\nkeep nano.seen\nsend \\x18\nends 0\n' >nano.talk
  chmod +x nano.sh
  LC_ALL=C.UTF-8 PTYTALK_COLOR=1 timeout 60 "$build/tests/ptytalk" ./nano.sh nano.talk >nano.out 2>&1
  esc=$(printf '\033')
  # blue, cyan, red, yellow, before the words that are so
  grep -q "$esc\[34mneuron" nano.seen && grep -q "$esc\[36m  param" nano.seen && grep -q "$esc\[31m20" nano.seen && grep -q "$esc\[33m[^m]* ms" nano.seen
  check $? "nano: colours of a declaration, a part, a number, a unit"
  sed 's/^/# /' nano.out
else
  skip "nano: colours of a declaration, a part, a number, a unit" "nano is not installed"
fi

# npm install in editors/vscode brings the programs; NODE_BIN names another directory that has them.
bin=${NODE_BIN:-$editors/vscode/node_modules/.bin}
if [ -x "$bin/vscode-tmgrammar-test" ]; then
  (cd "$editors/vscode" && timeout 120 "$bin/vscode-tmgrammar-test" 'test/*.hebb') >grammar.out 2>&1
  check $? "the TextMate grammar"
  grep -v '^$' grammar.out | head -40 | sed 's/^/# /'
else
  skip "the TextMate grammar" "vscode-tmgrammar-test is not installed"
fi
if command -v node >/dev/null 2>&1; then
  for f in package.json language-configuration.json snippets/hebb.json syntaxes/hebb.tmLanguage.json; do
    node -e 'JSON.parse(require("fs").readFileSync(process.argv[1]))' "$editors/vscode/$f"
    check $? "vscode: $f is JSON"
  done
  node --check "$editors/vscode/extension.js"
  check $? "vscode: extension.js is JavaScript"
else
  skip "vscode: the files are well formed" "node is not installed"
fi
if command -v xmllint >/dev/null 2>&1; then
  xmllint --noout "$editors/kate/hebb.xml"
  check $? "kate: hebb.xml is XML"
else
  skip "kate: hebb.xml is XML" "xmllint is not installed"
fi
echo "1..$n"
[ "$bad" -eq 0 ]
