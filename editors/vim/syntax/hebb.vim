" SPDX-License-Identifier: MIT
" Words come from the tables of the language: editors/words.sh writes hebb.vim from hebb.vim.in.
if exists('b:current_syntax')
  finish
endif
syntax case match
syntax iskeyword @,48-57,_,192-255

syntax keyword hebbDeclaration function native network neuron rule synapse use nextgroup=hebbName skipwhite
syntax keyword hebbStatement at build checkpoint collect connect const every expect for if inject learning let plot population print record reset restore resume return run save set signal store sweep test train while
syntax keyword hebbWord and else in learn not or then until via where with
syntax keyword hebbConstant false inf nan pi true
syntax match hebbName /\<\K\k*\>/ contained
syntax match hebbPart /\<\%(event\|input\|method\|on\|param\|post\|pre\|refractory\|require\|scaled\|spike\|state\|weight\)\>\ze\s\+[[:alpha:]_0-9([{"-]/
syntax match hebbWord /\<\%(against\|all\|as\|batch\|crosses\|derivative\|detached\|each\|epochs\|extends\|from\|holding\|impure\|indegree\|inout\|into\|kernel\|like\|minimize\|multiple\|near\|no\|of\|off\|one\|out\|outdegree\|over\|present\|prev\|probability\|same\|self\|sharing\|spikes\|step\|steps\|surrogate\|title\|to\|total\|transposed\|trial\|when\|within\|count\|start\|update\)\>\ze\s\+[[:alpha:]0-9([{"-]/
syntax match hebbFunction /\<\%(exp\|expm1\|log\|log1p\|log10\|sqrt\|cbrt\|abs\|sign\|floor\|ceil\|round\|mod\|min\|max\|clip\|sin\|cos\|tan\|asin\|acos\|atan\|atan2\|sinh\|cosh\|tanh\|erf\|erfc\|gamma\|lgamma\|exprel\|heaviside\|sigmoid\|relu\|softplus\|isnan\|int\|degC\|sum\|mean\|sd\|var\|median\|quantile\|amin\|amax\|argmin\|argmax\|any\|all\|sort\|cumsum\|diff\|dot\|outer\|transpose\|cov\|corr\|histogram\|len\|shape\|zeros\|ones\|eye\|onehot\|linspace\|arange\|logspace\|geomspace\|append\|concat\|solve\|eig\|svd\|lstsq\|random\|uniform\|normal\|lognormal\|exponential\|gamma_dist\|poisson\|binomial\|choice\|shuffle\|series\|load\|table\|matrix\|grid\|count\|counts\|rate\|rates\|spikes\|isi\|cv\|fano\|psth\|synchrony\|spectrum\|raster\|image\)\ze(/
syntax match hebbMember /\.\s*\K\k*/ms=s+1
syntax match hebbUnit /\<\%([fpnuµmckMG]\=\%(m\|g\|s\|A\|K\|mol\|cd\|Hz\|V\|ohm\|Ohm\|Ω\|Ω\|S\|F\|C\|J\|W\|N\|Pa\|T\|Wb\|H\|L\|M\|rad\)\|deg\|min\|hour\)\>\%(\^-\=\d\+\)\=\%([*\/]\%([fpnuµmckMG]\=\%(m\|g\|s\|A\|K\|mol\|cd\|Hz\|V\|ohm\|Ohm\|Ω\|Ω\|S\|F\|C\|J\|W\|N\|Pa\|T\|Wb\|H\|L\|M\|rad\)\|deg\|min\|hour\)\>\%(\^-\=\d\+\)\=\)*/ contained
syntax match hebbNumber /\<\d[0-9_]*\%(\.\d[0-9_]*\)\=\%([eE][+-]\=\d\+\)\=%\=/ nextgroup=hebbUnit skipwhite
syntax match hebbColon /:/ nextgroup=hebbUnit skipwhite
syntax match hebbIn /\<in\>/ nextgroup=hebbUnit skipwhite
syntax match hebbOperator /->\|[-+*\/]=\|[<>=!]=\|[-+*\/^<>=~]/
syntax match hebbDerivative /\<d\K\k*\s*\/\s*dt\>/

syntax match hebbEscape /\\[nt"\\{}]\|\\u{\x\+}/ contained
syntax region hebbInsert matchgroup=hebbBrace start=/{/ end=/\%(:[^}"]*\)\=}/ contained oneline contains=hebbNumber,hebbFunction,hebbMember,hebbIn,hebbOperator
syntax region hebbString start=/"/ end=/"/ oneline contains=hebbEscape,hebbInsert
syntax match hebbComment /#.*/ contains=hebbTodo,@Spell
syntax match hebbDoc /##\%([^#].*\)\=$/ contains=@Spell
syntax keyword hebbTodo TODO FIXME XXX contained

highlight default link hebbDeclaration Structure
highlight default link hebbName Identifier
highlight default link hebbStatement Statement
highlight default link hebbPart StorageClass
highlight default link hebbWord Keyword
highlight default link hebbIn Keyword
highlight default link hebbConstant Constant
highlight default link hebbFunction Function
highlight default link hebbMember Normal
highlight default link hebbUnit Type
highlight default link hebbNumber Number
highlight default link hebbOperator Operator
highlight default link hebbDerivative Special
highlight default link hebbString String
highlight default link hebbEscape SpecialChar
highlight default link hebbBrace Delimiter
highlight default link hebbComment Comment
highlight default link hebbDoc SpecialComment
highlight default link hebbTodo Todo
let b:current_syntax = 'hebb'
