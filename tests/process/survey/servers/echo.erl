%% An echo server on gen_tcp, a process a client: escript echo.erl PORT.
main([Port]) ->
  {ok, Listener} = gen_tcp:listen(list_to_integer(Port),
      [binary, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true}, {backlog, 128}]),
  accept(Listener).

accept(Listener) ->
  case gen_tcp:accept(Listener) of
    {ok, Socket} ->
      Pid = spawn(fun() -> receive go -> serve(Socket) end end),
      ok = gen_tcp:controlling_process(Socket, Pid),
      Pid ! go;
    {error, _} -> timer:sleep(100)
  end,
  accept(Listener).

serve(Socket) ->
  case gen_tcp:recv(Socket, 0) of
    {ok, Bytes} ->
      case gen_tcp:send(Socket, Bytes) of
        ok -> serve(Socket);
        {error, _} -> gen_tcp:close(Socket)
      end;
    {error, _} -> gen_tcp:close(Socket)
  end.
