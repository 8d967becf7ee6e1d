"""An echo server of two processes; the one that serves crashes on a word: crashing_worker.py PORT"""

import os
import select
import signal
import sys

from epoll_echo import EpollEcho, main


class CrashingWorker(EpollEcho):
    def serve(self):
        self.worker = os.fork()
        if self.worker == 0:
            self.epoll = select.epoll()
            self.watch_listener()
            super().serve()
        signal.signal(signal.SIGTERM, self.both_asked_to_stop)
        while True:
            signal.pause()

    def both_asked_to_stop(self, *_):
        os.kill(self.worker, signal.SIGTERM)
        os.waitpid(self.worker, 0)
        sys.exit(0)

    def write(self, fd):
        if self.queues[fd].startswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        super().write(fd)


if __name__ == "__main__":
    main(CrashingWorker)
