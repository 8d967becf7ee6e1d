"""An echo server that opens its log at each warning, and never closes it: leaks_log.py PORT"""

import os

from epoll_echo import EpollEcho, main


class LeaksLog(EpollEcho):
    def on_error(self, fd):
        log = os.open(os.devnull, os.O_WRONLY)
        os.write(log, b"a connection was reset\n")
        super().on_error(fd)


if __name__ == "__main__":
    main(LeaksLog)
