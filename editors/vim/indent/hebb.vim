" SPDX-License-Identifier: MIT
" Two blanks for each bracket open at the end of a line, and for what goes on from the line above: as hebb fmt does.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1
setlocal indentexpr=HebbIndent() indentkeys=0{,0},0),0],!^F,o,O,e autoindent
let b:undo_indent = 'setl inde< indk< ai<'

if exists('*HebbIndent')
  finish
endif

" The line without strings and comments.
function! s:Code(lnum) abort
  return substitute(substitute(getline(a:lnum), '"\%(\\.\|[^"\\]\)*"', '""', 'g'), '#.*', '', '')
endfunction

function! s:Open(code) abort
  let open = 0
  for c in split(a:code, '\zs')
    if c =~# '[({[]'
      let open += 1
    elseif c =~# '[)}\]]' && open > 0
      let open -= 1
    endif
  endfor
  return open > 0
endfunction

" In round and square brackets, and among the values of a population or connection, a comma only parts.
function! s:InList(lnum) abort
  let view = winsaveview()
  call cursor(a:lnum, 1)
  let skip = 'synIDattr(synID(line("."), col("."), 0), "name") =~# "Comment\|Doc\|String"'
  let [line, column] = searchpairpos('[({[]', '', '[)}\]]', 'bnW', skip)
  call winrestview(view)
  if line < 1
    return 0
  endif
  return getline(line)[column - 1] !=# '{' || getline(line) =~# '^\s*\%(population\|connect\)\>'
endfunction

function! s:GoesOn(lnum) abort
  let before = prevnonblank(a:lnum - 1)
  if before < 1
    return 0
  endif
  let above = s:Code(before)
  if above =~# ',\s*$' && s:InList(a:lnum)
    return 0
  endif
  return above =~# '\%([-+*/^<>=~,]\|\<\%(and\|or\|not\|in\|then\|else\|via\|with\|learn\|where\|until\)\)\s*$' ||
        \ (s:Code(a:lnum) =~# '^\s*\%([+*/^<>.]\|->\|\%(via\|with\|learn\|where\|then\|and\|or\|in\)\>\)' && above !~# '[{]\s*$')
endfunction

function! HebbIndent() abort
  let before = prevnonblank(v:lnum - 1)
  if before < 1
    return 0
  endif
  let indent = indent(before)
  if s:Open(s:Code(before))
    let indent += shiftwidth()
  elseif s:GoesOn(v:lnum) && !s:GoesOn(before)
    let indent += shiftwidth()
  elseif s:GoesOn(before) && !s:GoesOn(v:lnum)
    let indent -= shiftwidth()
  endif
  if getline(v:lnum) =~# '^\s*[)}\]]'
    let indent -= shiftwidth()
  endif
  return indent < 0 ? 0 : indent
endfunction
