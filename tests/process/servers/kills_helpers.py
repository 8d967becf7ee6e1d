"""An echo server that keeps a helper process for each client and kills it in the end: kills_helpers.py PORT

A helper has the connections of all clients, as any child has that was forked.
"""

import os
import signal
import socket

from epoll_echo import EpollEcho, main


class KillsHelpers(EpollEcho):
    def __init__(self, port):
        super().__init__(port)
        self.helpers = {}

    def accept(self):
        known = set(self.connections)
        super().accept()
        for fd in set(self.connections) - known:
            self.helpers[fd] = self.start_helper(self.connections[fd])

    def start_helper(self, connection):
        ready, tells = os.pipe()
        pid = os.fork()
        if pid == 0:
            connection.getsockname()
            os.close(tells)
            while True:
                signal.pause()
        os.close(tells)
        os.read(ready, 1)
        os.close(ready)
        return pid

    def close(self, fd):
        self.epoll.unregister(fd)  # the helpers still have it open
        try:
            self.connections[fd].shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        super().close(fd)
        if helper := self.helpers.pop(fd, None):
            os.kill(helper, signal.SIGKILL)
            os.waitpid(helper, 0)


if __name__ == "__main__":
    main(KillsHelpers)
