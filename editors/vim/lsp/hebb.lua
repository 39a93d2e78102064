-- SPDX-License-Identifier: MIT
-- Neovim 0.11 and later: vim.lsp.enable('hebb')
return {
  cmd = { 'hebb', 'lsp' },
  filetypes = { 'hebb' },
  root_markers = { '.git' },
}
