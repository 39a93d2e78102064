#!/bin/sh
# SPDX-License-Identifier: MIT
# What is in editors/, tried by the editors themselves where they are installed, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
work=$(pwd)/tests/work/editors
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
