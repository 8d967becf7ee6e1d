// An echo server on node's net without an 'error' handler: echo_no_error_handler.js PORT.
const net = require('net');

net.createServer((socket) => socket.pipe(socket)).listen(Number(process.argv[2]), '127.0.0.1');
