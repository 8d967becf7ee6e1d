# An echo server on EventMachine: echo_em.rb PORT.
require 'eventmachine'

module Echo
  def receive_data(bytes)
    send_data(bytes)
  end
end

EventMachine.run { EventMachine.start_server('127.0.0.1', ARGV[0].to_i, Echo) }
