"""An echo server whose sends wait for the client: blocking_send.py PORT"""

from epoll_echo import EpollEcho, main


class BlockingSend(EpollEcho):
    def write(self, fd):
        try:
            self.connections[fd].setblocking(True)
            self.connections[fd].sendall(self.queues[fd])
            self.queues[fd].clear()
            self.connections[fd].setblocking(False)
        except OSError:
            self.on_error(fd)


if __name__ == "__main__":
    main(BlockingSend)
