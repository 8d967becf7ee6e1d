-- An echo server on LuaSocket's select: echo.lua PORT.
local socket = require("socket")
local listener = assert(socket.bind("127.0.0.1", tonumber(arg[1]), 128))
listener:settimeout(0)
local clients, queues = { listener }, {}

local function drop(client)
  for i, other in ipairs(clients) do
    if other == client then table.remove(clients, i) break end
  end
  queues[client] = nil
  client:close()
end

while true do
  local waiting, read = {}, { listener }
  for i = 2, #clients do
    local client = clients[i]
    table.insert(queues[client] == "" and read or waiting, client)
  end
  local readable, writable = socket.select(read, waiting)
  for _, client in ipairs(readable) do
    if client == listener then
      local new = listener:accept()
      if new then
        new:settimeout(0)
        table.insert(clients, new)
        queues[new] = ""
      else
        socket.sleep(0.1)
      end
    else
      local data, err, part = client:receive(4096)
      local bytes = data or part or ""
      queues[client] = queues[client] .. bytes
      if bytes ~= "" then table.insert(writable, client) end
      if err == "closed" and bytes == "" then drop(client) end
    end
  end
  for _, client in ipairs(writable) do
    local queue = queues[client]
    if queue and queue ~= "" then
      local last, err, sent = client:send(queue)
      queues[client] = queue:sub((last or sent or 0) + 1)
      if err == "closed" then drop(client) end
    end
  end
end
