"""An echo server that takes an empty read for "nothing yet": fin_ignored.py PORT"""

from epoll_echo import EpollEcho, main


class FinIgnored(EpollEcho):
    def on_end(self, fd):
        pass


if __name__ == "__main__":
    main(FinIgnored)
