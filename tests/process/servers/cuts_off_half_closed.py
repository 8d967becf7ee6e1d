"""An echo server that closes at end of input with output left: cuts_off_half_closed.py PORT"""

from epoll_echo import EpollEcho, main


class CutsOffHalfClosed(EpollEcho):
    def on_end(self, fd):
        self.close(fd)


if __name__ == "__main__":
    main(CutsOffHalfClosed)
