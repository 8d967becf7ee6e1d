"""An echo server that takes its time before it accepts, with room for three clients until then: Linux
leaves the SYN of others unanswered, and they send it again after a second.
"""

import select
import socket
import sys
import threading
import time


def serve(client):
    with client:
        while block := client.recv(65536):
            client.sendall(block)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(2)
listener.setblocking(False)
while True:
    select.select([listener], [], [])
    time.sleep(0.25)
    try:
        while True:
            client, _ = listener.accept()
            client.setblocking(True)
            threading.Thread(target=serve, args=(client,), daemon=True).start()
    except BlockingIOError:
        pass
