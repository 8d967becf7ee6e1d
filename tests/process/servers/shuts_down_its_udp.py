"""An echo server with a socket for name service, which it shuts down at its end: shuts_down_its_udp.py PORT

The processes that are forked of it for scenarios share the socket.
"""

import select
import socket
import sys

from epoll_echo import EpollEcho, main


class ShutsDownItsUdp(EpollEcho):
    def __init__(self, port):
        super().__init__(port)
        self.names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.names.bind(("127.0.0.1", 0))
        self.epoll.register(self.names, select.EPOLLIN)

    def asked_to_stop(self, *_):
        try:
            self.names.shutdown(socket.SHUT_RDWR)
        except OSError:  # not connected: done all the same
            pass
        sys.exit(0)


if __name__ == "__main__":
    main(ShutsDownItsUdp)
