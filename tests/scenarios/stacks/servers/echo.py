"""An echo server in Python. See echo.cc."""

import select
import socket
import sys


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))  # @listen
        self.clients = []

    def take(self):
        client, _ = self.listener.accept()  # @accept4
        self.clients.append(client)

    def echo(self, client):
        data = client.recv(64)  # @recv
        if data:
            client.sendall(data)  # @send
            return
        client.shutdown(socket.SHUT_WR)  # @shutdown
        self.clients.remove(client)
        client.close()  # @close

    def serve(self):
        while True:
            ready, _, _ = select.select([self.listener, *self.clients], [], [])  # @select
            for stream in ready:
                if stream is self.listener:
                    self.take()
                else:
                    try:
                        self.echo(stream)
                    except OSError:
                        self.clients.remove(stream)


Server(int(sys.argv[1])).serve()
