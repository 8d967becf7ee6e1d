# An echo server that serves five clients, and takes those who come later, but does not answer them.

import selectors
import socket
import sys

selector = selectors.DefaultSelector()
served = 0


def accept(listener):
    global served
    client, _ = listener.accept()
    served += 1
    selector.register(client, selectors.EVENT_READ, echo if served <= 5 else drop)


def drop(client):
    if not client.recv(65536):
        selector.unregister(client)
        client.close()


def echo(client):
    data = client.recv(65536)
    if data:
        client.sendall(data)
    else:
        selector.unregister(client)
        client.close()


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
selector.register(listener, selectors.EVENT_READ, accept)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
