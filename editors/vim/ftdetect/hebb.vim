" SPDX-License-Identifier: MIT
autocmd BufNewFile,BufRead *.hebb setfiletype hebb
