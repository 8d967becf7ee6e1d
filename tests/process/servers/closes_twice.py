"""An echo server that closes the number of a connection twice: closes_twice.py PORT"""

import os

from epoll_echo import EpollEcho, main


class ClosesTwice(EpollEcho):
    def close(self, fd):
        super().close(fd)
        try:
            os.close(fd)
        except OSError:
            pass


if __name__ == "__main__":
    main(ClosesTwice)
