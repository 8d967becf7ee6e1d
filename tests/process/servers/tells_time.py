"""An echo server that writes its clock at each connection, and when it is asked to stop: tells_time.py PORT"""

import time

from epoll_echo import EpollEcho, main


class TellsTime(EpollEcho):
    def accept(self):
        super().accept()
        print("clock", time.monotonic(), flush=True)

    def asked_to_stop(self, *_):
        print("asked to stop", flush=True)
        super().asked_to_stop()


if __name__ == "__main__":
    main(TellsTime)
