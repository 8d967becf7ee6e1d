# An echo server with a thread a client: threads.rb PORT.
require 'socket'

server = TCPServer.new('127.0.0.1', ARGV[0].to_i)
server.listen(128)
loop do
  begin
    client = server.accept
  rescue SystemCallError
    sleep 0.1 # short of descriptors, say
    next
  end
  Thread.new do
    while (bytes = client.readpartial(4096))
      client.write(bytes)
    end
  rescue SystemCallError, IOError
    nil # it has gone
  ensure
    client.close
  end
end
