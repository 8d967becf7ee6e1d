"""An echo server that ends at an error of recv or send, and says nothing of it: dies_wordless.py PORT

What it says at its start has nothing to do with that.
"""

import os
import sys

from epoll_echo import EpollEcho, main


class DiesWordless(EpollEcho):
    def on_error(self, fd):
        os._exit(3)


if __name__ == "__main__":
    print("warning: no limit is set", file=sys.stderr, flush=True)
    main(DiesWordless)
