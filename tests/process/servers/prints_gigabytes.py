"""An echo server that writes to its standard output without end: prints_gigabytes.py PORT"""

import os
import threading

from epoll_echo import EpollEcho, main

BLOCK = b"All work and no play makes Jack a dull boy.\n" * 1024


def print_for_ever():
    while True:
        os.write(1, BLOCK)


if __name__ == "__main__":
    threading.Thread(target=print_for_ever, daemon=True).start()
    main(EpollEcho)
