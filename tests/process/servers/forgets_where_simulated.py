"""An echo server that forgets its clients' connections on the simulated kernel alone, so that there is
something that Linux does not show: forgets_where_simulated.py PORT"""

import os

from epoll_echo import EpollEcho, main


class ForgetsWhereSimulated(EpollEcho):
    forgotten = []

    def close(self, fd):
        if "HUPSTORM_INSIDE" not in os.environ:
            return super().close(fd)
        self.epoll.unregister(fd)
        self.forgotten.append(self.connections.pop(fd))
        del self.queues[fd]
        self.finished.discard(fd)


if __name__ == "__main__":
    main(ForgetsWhereSimulated)
