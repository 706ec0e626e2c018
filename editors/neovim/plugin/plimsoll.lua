-- :PlimsollRendered [RELEASE] shows, beside a values file or template, what a release is rendered to.
-- <CR> on a line of it goes to the values line or template line that made it.

vim.lsp.enable("plimsoll")

--- Shows a rendered manifest in a window of its own.
---@param client vim.lsp.Client
---@param rendered {release: string, text: string, lines: {location: lsp.Location?}[]}
local function show(client, rendered)
  local from = vim.api.nvim_get_current_win()
  vim.cmd.vnew()
  local buffer = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(rendered.text, "\n"))
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].syntax = "yaml"
  vim.api.nvim_buf_set_name(buffer, ("plimsoll://%s/%d"):format(rendered.release, buffer))
  vim.keymap.set("n", "<CR>", function()
    local line = rendered.lines[vim.api.nvim_win_get_cursor(0)[1]]
    -- What JSON has as null is no nil here.
    if not line or type(line.location) ~= "table" then
      return vim.notify("plimsoll does not know what made this line")
    end
    if vim.api.nvim_win_is_valid(from) then
      vim.api.nvim_set_current_win(from)
    end
    vim.lsp.util.show_document(line.location, client.offset_encoding, { focus = true })
  end, { buffer = buffer, desc = "Go to the line that made this" })
end

vim.api.nvim_create_user_command("PlimsollRendered", function(command)
  local client = vim.lsp.get_clients({ bufnr = 0, name = "plimsoll" })[1]
  if not client then
    return vim.notify("plimsoll's server does not run for this file", vim.log.levels.ERROR)
  end
  local function ask(release, done)
    local params = { uri = vim.uri_from_bufnr(0), release = release }
    client:request("plimsoll/rendered", params, function(error, result)
      if error or type(result) ~= "table" then
        return vim.notify(error and error.message or "nothing is rendered", vim.log.levels.ERROR)
      end
      done(result)
    end)
  end
  local function finish(rendered)
    show(client, rendered)
  end
  if command.args ~= "" then
    return ask(command.args, finish)
  end
  ask(nil, function(first)
    if #first.releases == 1 then
      return finish(first)
    end
    vim.ui.select(first.releases, { prompt = "Which release?" }, function(release)
      if release then
        ask(release, finish)
      end
    end)
  end)
end, { nargs = "?", desc = "Show what a release is rendered to" })
