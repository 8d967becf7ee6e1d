# WEBrick: hello_webrick.rb PORT.
require 'webrick'

log = WEBrick::Log.new(File::NULL)
server = WEBrick::HTTPServer.new(Port: ARGV[0].to_i, BindAddress: '127.0.0.1', Logger: log,
                                 AccessLog: [])
server.mount_proc('/') { |_request, response| response.body = "hello\n" }
trap('TERM') { server.shutdown }
server.start
