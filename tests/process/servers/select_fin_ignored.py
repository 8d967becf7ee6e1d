"""An echo server on select that takes the end of input for nothing yet: select_fin_ignored.py PORT"""

import select
import socket
import sys


def serve(listener):
    connections = []
    while True:
        ready, _, _ = select.select([listener, *connections], [], [])
        for one in ready:
            if one is listener:
                connections.append(listener.accept()[0])
            else:
                one.sendall(one.recv(4096))


if __name__ == "__main__":
    serve(socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128))
