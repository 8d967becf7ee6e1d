"""An echo server that closes each connection after its first answer: cuts_off.py PORT"""

from epoll_echo import EpollEcho, main


class CutsOff(EpollEcho):
    def write(self, fd):
        super().write(fd)
        if fd in self.connections and not self.queues[fd]:
            self.close(fd)


if __name__ == "__main__":
    main(CutsOff)
