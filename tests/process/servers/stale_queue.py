"""An echo server that gives a client what the last on that number left: stale_queue.py PORT"""

from epoll_echo import EpollEcho, main


class StaleQueue(EpollEcho):
    def close(self, fd):
        queue = self.queues[fd]
        super().close(fd)
        self.queues[fd] = queue


if __name__ == "__main__":
    main(StaleQueue)
