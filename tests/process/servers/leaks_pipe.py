"""An echo server that makes a pipe for each client, and closes one end of it: leaks_pipe.py PORT"""

import os

from epoll_echo import EpollEcho, main


class LeaksPipe(EpollEcho):
    def close(self, fd):
        os.close(os.pipe()[1])
        super().close(fd)


if __name__ == "__main__":
    main(LeaksPipe)
