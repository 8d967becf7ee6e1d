"""A correct echo server that makes some things late, once, and keeps them: makes_once.py PORT

A log that it opens at its first warning, a pool of pipes that is as large as its most clients, and a
connection to a database, which it plays itself.
"""

import os
import socket
import sys
import tempfile

from epoll_echo import EpollEcho


class Once(EpollEcho):
    log = database = None
    pool = []

    def accept(self):
        before = set(self.connections)
        super().accept()
        if self.connections.keys() - before and len(self.pool) < len(self.connections):
            self.pool.append(os.pipe())
            self.query()

    def on_error(self, fd):
        if self.log is None:
            self.log = tempfile.TemporaryFile("w")
        self.log.write("a connection was reset\n")
        super().on_error(fd)

    def query(self):
        if self.database is None:
            listener = socket.create_server(("127.0.0.1", 0))
            here = socket.create_connection(listener.getsockname())
            self.database = listener, here, listener.accept()


if __name__ == "__main__":
    Once(int(sys.argv[1])).serve()
