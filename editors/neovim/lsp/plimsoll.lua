-- How Neovim (0.11 or newer) starts plimsoll's server: `vim.lsp.enable("plimsoll")`.
return {
  cmd = { "plimsoll", "lsp" },
  filetypes = { "yaml", "helm", "yaml.helm-values" },
  root_markers = { "plimsoll.yaml", ".plimsoll.yaml", ".git" },
  init_options = { inlayHints = false },
}
