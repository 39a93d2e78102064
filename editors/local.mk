# SPDX-License-Identifier: MIT
editor_files = \
	editors/README.md editors/words.sh \
	editors/emacs/README.md editors/emacs/hebb-mode.el editors/emacs/hebb-mode.el.in \
	editors/kate/README.md editors/kate/hebb.xml editors/kate/hebb.xml.in \
	editors/nano/README.md editors/nano/hebb.nanorc editors/nano/hebb.nanorc.in \
	editors/vim/README.md editors/vim/ftdetect/hebb.vim editors/vim/ftplugin/hebb.vim editors/vim/indent/hebb.vim \
	editors/vim/lsp/hebb.lua editors/vim/syntax/hebb.vim editors/vim/syntax/hebb.vim.in \
	editors/vscode/.vscodeignore editors/vscode/LICENSE editors/vscode/README.md editors/vscode/extension.js \
	editors/vscode/language-configuration.json editors/vscode/package.json editors/vscode/snippets/hebb.json \
	editors/vscode/syntaxes/hebb.tmLanguage.json editors/vscode/syntaxes/hebb.tmLanguage.json.in \
	editors/vscode/test/model.hebb
EXTRA_DIST += $(editor_files)
