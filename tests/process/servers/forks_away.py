"""Serves as a daemon, in a session of its own: forks_away.py PORT"""

import os
import signal

from epoll_echo import EpollEcho, main


def fork_and_end():
    if os.fork() != 0:
        os._exit(0)


if __name__ == "__main__":
    fork_and_end()
    os.setsid()
    fork_and_end()
    signal.alarm(120)  # not for ever, should nobody end it
    main(EpollEcho)
