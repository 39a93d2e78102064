" SPDX-License-Identifier: MIT
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:##,:# commentstring=#\ %s formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=2 softtabstop=2 suffixesadd=.hebb
setlocal include=^\\s*use define=^\\s*\\(neuron\\\|synapse\\\|rule\\\|network\\\|function\\)
setlocal errorformat=%f:%l:%c:\ %trror\ E%n:\ %m,%f:%l:%c:\ %tarning\ E%n:\ %m,%-G%.%#
let &l:makeprg = 'hebb check %:S'
let &l:formatprg = 'hebb fmt -'
if exists('&keywordprg')
  setlocal keywordprg=hebb\ doc
endif
let b:undo_ftplugin = 'setl com< cms< fo< et< sw< sts< sua< inc< def< efm< mp< fp< kp<'
