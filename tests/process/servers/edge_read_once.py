"""An edge-triggered echo server that reads once an event: edge_read_once.py PORT"""

import select

from epoll_echo import EpollEcho, main


class EdgeReadOnce(EpollEcho):
    chunk = 1024
    first_interest = select.EPOLLIN | select.EPOLLOUT | select.EPOLLET

    def watch(self, fd):
        pass


if __name__ == "__main__":
    main(EdgeReadOnce)
