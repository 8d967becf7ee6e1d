"""An echo server that forks when a client has reset its connection: forks_at_a_reset.py PORT"""

import os

from epoll_echo import EpollEcho, main


class ForksAtAReset(EpollEcho):
    def on_error(self, fd):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        self.close(fd)


if __name__ == "__main__":
    main(ForksAtAReset)
