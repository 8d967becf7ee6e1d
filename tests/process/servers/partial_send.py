"""An echo server that does not look at how much send has taken: partial_send.py PORT"""

from epoll_echo import EpollEcho, main


class PartialSend(EpollEcho):
    def write(self, fd):
        try:
            self.connections[fd].send(self.queues[fd])
            self.queues[fd].clear()
        except BlockingIOError:
            pass
        except OSError:
            self.on_error(fd)


if __name__ == "__main__":
    main(PartialSend)
