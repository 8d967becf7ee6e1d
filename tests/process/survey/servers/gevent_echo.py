"""An echo server on gevent's StreamServer: gevent_echo.py PORT."""
import sys

from gevent.server import StreamServer


def serve(client, _address):
    try:
        while data := client.recv(4096):
            client.sendall(data)
    except OSError:
        pass


StreamServer(("127.0.0.1", int(sys.argv[1])), serve).serve_forever()
