-- Drives the server through Neovim: nvim --headless --clean -l editors/neovim/test.lua
-- `plimsoll` must be on PATH. Ends with 0 where all is as it should be, with 1 and a message otherwise.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, "S").source:sub(2)))
vim.opt.runtimepath:append(here)
vim.cmd.filetype("on")
vim.cmd.runtime("plugin/plimsoll.lua")

local PATIENCE = 60000 -- milliseconds, for a busy machine

local function expect(what, condition)
  if not vim.wait(PATIENCE, condition, 50) then
    local seen = vim.inspect(vim.diagnostic.get(0)) .. "\n" .. vim.api.nvim_exec2("messages", { output = true }).output
    io.stderr:write(("not seen: %s\n%s\n"):format(what, seen))
    os.exit(1)
  end
end

local FILES = {
  ["web/Chart.yaml"] = "apiVersion: v2\nname: web\nversion: 1.0.0\n",
  ["web/values.yaml"] = "hostNetwork: false\n",
  ["web/templates/pod.yaml"] = table.concat({
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    "  name: {{ .Release.Name }}",
    "spec:",
    "  hostNetwork: {{ .Values.hostNetwork }}",
    "  containers:",
    "    - name: web",
    "      image: registry.example/web:1.0.0",
    "",
  }, "\n"),
  ["prod.yaml"] = "# of production\nhostNetwork: false\n",
  ["plimsoll.yaml"] = "preset: security\nreleases:\n  - {name: shop, chart: web, namespace: shop, values: [prod.yaml]}\n",
}

local root = vim.fn.tempname()
for name, text in pairs(FILES) do
  local path = vim.fs.joinpath(root, name)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(vim.split(text, "\n"), path, "b")
end

local function on_host_network()
  return vim.iter(vim.diagnostic.get(0)):find(function(diagnostic)
    return diagnostic.code == "host-network-forbidden"
  end)
end

vim.cmd.edit(vim.fs.joinpath(root, "prod.yaml"))
local buffer = vim.api.nvim_get_current_buf()
expect("the server is attached", function()
  return #vim.lsp.get_clients({ bufnr = buffer, name = "plimsoll" }) == 1
end)

vim.api.nvim_buf_set_lines(buffer, 1, 2, false, { "hostNetwork: true" })
expect("a finding at the line that was typed", function()
  local found = on_host_network()
  return found and found.lnum == 1
end)

vim.cmd.PlimsollRendered()
local line
expect("the rendered manifest", function()
  for number, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    line = text:find("hostNetwork: true", 1, true) and vim.bo.buftype == "nofile" and number or line
  end
  return line
end)
vim.api.nvim_win_set_cursor(0, { line, 0 })
vim.api.nvim_feedkeys(vim.keycode("<CR>"), "mx", false)
expect("<CR> goes to the values line", function()
  return vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_win_get_cursor(0)[1] == 2
end)

vim.api.nvim_buf_set_lines(buffer, 1, 2, false, { "hostNetwork: false" })
expect("the finding is gone with its cause", function()
  return not on_host_network()
end)

vim.fn.delete(root, "rf")
io.stdout:write("1 passed, 0 failed\n")
os.exit(0)
