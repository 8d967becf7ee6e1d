"""An echo server that aborts at an error of recv or send: reset_aborts.py PORT

It says why on standard error, and shows what it reads on standard output.
"""

import os
import sys

from epoll_echo import EpollEcho, main


class ResetAborts(EpollEcho):
    def read(self, fd):
        super().read(fd)
        if fd in self.queues:
            print("read", bytes(self.queues[fd]), flush=True)

    def on_error(self, fd):
        print("a connection was reset", file=sys.stderr, flush=True)
        os.abort()


if __name__ == "__main__":
    main(ResetAborts)
