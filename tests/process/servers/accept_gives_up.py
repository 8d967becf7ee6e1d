"""An echo server that gives its listener up at an error of accept: accept_gives_up.py PORT"""

from epoll_echo import EpollEcho, main


class AcceptGivesUp(EpollEcho):
    def on_accept_error(self):
        self.epoll.unregister(self.listener)


if __name__ == "__main__":
    main(AcceptGivesUp)
