// An echo server on node's net, as its documentation writes it, with an error handler: echo.js PORT.
const net = require('net');

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.on('error', (error) => console.error(error));
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 128 });
