"""An echo server that logs numbers drawn from each of Linux's sources: draws_numbers.py PORT"""

import ctypes
import os

from epoll_echo import EpollEcho, main

AT_RANDOM = 25
urandom = os.open("/dev/urandom", os.O_RDONLY)
libc = ctypes.CDLL(None)
libc.getauxval.restype = ctypes.c_void_p
of_kernel = ctypes.string_at(libc.getauxval(ctypes.c_ulong(AT_RANDOM)), 16)


class DrawsNumbers(EpollEcho):
    def accept(self):
        super().accept()
        with open("/dev/urandom", "rb", buffering=0) as anew:
            drawn = os.read(urandom, 8), anew.read(8), os.getrandom(8), os.urandom(8), of_kernel
        print(*(number.hex() for number in drawn), flush=True)


if __name__ == "__main__":
    main(DrawsNumbers)
