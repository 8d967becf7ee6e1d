"""An echo server that forgets a connection after a reset, unclosed: descriptor_leak.py PORT"""

from epoll_echo import EpollEcho, main


class DescriptorLeak(EpollEcho):
    forgotten = []

    def on_error(self, fd):
        self.epoll.unregister(fd)
        self.forgotten.append(self.connections.pop(fd))
        del self.queues[fd]
        self.finished.discard(fd)


if __name__ == "__main__":
    main(DescriptorLeak)
