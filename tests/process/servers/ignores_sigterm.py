"""An echo server that does not end when it is asked to: ignores_sigterm.py PORT"""

from epoll_echo import EpollEcho, main


class IgnoresSigterm(EpollEcho):
    def asked_to_stop(self, *_):
        pass


if __name__ == "__main__":
    main(IgnoresSigterm)
