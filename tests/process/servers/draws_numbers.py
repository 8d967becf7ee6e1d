"""An echo server that logs numbers drawn from each of Linux's sources: draws_numbers.py PORT"""

import os

from epoll_echo import EpollEcho, main

urandom = os.open("/dev/urandom", os.O_RDONLY)


class DrawsNumbers(EpollEcho):
    def accept(self):
        super().accept()
        with open("/dev/urandom", "rb", buffering=0) as anew:
            drawn = os.read(urandom, 8), anew.read(8), os.getrandom(8), os.urandom(8)
        print(*(number.hex() for number in drawn), flush=True)


if __name__ == "__main__":
    main(DrawsNumbers)
