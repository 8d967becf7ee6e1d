// An echo server in node, which handles the errors of its connections: node_echo.js PORT. Bug (--bug):
// it does not, and so the first reset ends the process.

const net = require('net');

const [port, bug] = process.argv.slice(2);
net.createServer({allowHalfOpen: true}, (socket) => {
  if (bug !== '--bug') socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(Number(port), '127.0.0.1');
