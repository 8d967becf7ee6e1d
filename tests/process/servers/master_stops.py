"""An echo server that is stopped by way of its master: master_stops.py PORT

The master listens nowhere. Its worker does, and leaves SIGTERM to the master, which then ends both.
"""

import os
import signal
import sys

from epoll_echo import EpollEcho


class Worker(EpollEcho):
    def asked_to_stop(self, *_):
        pass


def main(port):
    worker = os.fork()
    if worker == 0:
        Worker(port).serve()
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    while not stopped:
        signal.pause()
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
