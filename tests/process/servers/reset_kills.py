"""An echo server in which nothing handles an error of recv or send: reset_kills.py PORT"""

from epoll_echo import EpollEcho, main


class ResetKills(EpollEcho):
    def on_error(self, fd):
        raise


if __name__ == "__main__":
    main(ResetKills)
