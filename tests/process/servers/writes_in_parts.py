"""Answers each request with a header and a body by one writev, and closes: writes_in_parts.py PORT

After a short write within the header it goes on where the last one ended, counted from the header's
start, and takes the header to be as long as before.
"""

import os
import select
import socket
import sys

BODY = b"b" * 60000
HEADER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.request = b""
        self.header, self.body = HEADER, memoryview(BODY)
        self.sent = 0

    def read(self):
        data = self.connection.recv(65536)
        self.request += data
        return bool(data)

    def write(self):
        """True once all is sent, as far as it knows."""
        count = os.writev(self.connection.fileno(), [self.header, self.body])
        self.sent += count
        if count >= len(self.header):
            self.body = self.body[count - len(self.header):]
            self.header = self.header[:0]
        else:  # the mistake
            self.header = (HEADER + bytes(count))[count:]
        return self.sent >= len(HEADER) + len(BODY)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
    listener.setblocking(False)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    clients = {}

    def close(fd):
        poll.unregister(fd)
        clients.pop(fd).connection.close()

    while True:
        for fd, events in poll.poll():
            if fd == listener.fileno():
                try:
                    connection = listener.accept()[0]
                except OSError:
                    continue
                connection.setblocking(False)
                clients[connection.fileno()] = Client(connection)
                poll.register(connection, select.POLLIN)
                continue
            client = clients[fd]
            try:
                if events & select.POLLIN:
                    if not client.read():
                        close(fd)
                    elif b"\r\n\r\n" in client.request:
                        poll.modify(fd, select.POLLOUT)
                elif client.write():
                    close(fd)
            except BlockingIOError:
                pass
            except OSError:
                close(fd)


main()
