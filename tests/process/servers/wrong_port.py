"""An echo server that listens on a port of its own choice: wrong_port.py PORT"""

from epoll_echo import EpollEcho, main


class WrongPort(EpollEcho):
    def __init__(self, port):
        super().__init__(0)


if __name__ == "__main__":
    main(WrongPort)
