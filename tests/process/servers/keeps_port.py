"""An echo server whose child keeps the port when it has stopped itself: keeps_port.py PORT"""

import os
import signal

from epoll_echo import EpollEcho, main


class KeepsPort(EpollEcho):
    def serve(self):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.alarm(120)  # not for ever, should nobody end it
            while True:
                signal.pause()
        super().serve()


if __name__ == "__main__":
    main(KeepsPort)
