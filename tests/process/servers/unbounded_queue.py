"""An echo server that reads on from a client that does not: unbounded_queue.py PORT"""

from epoll_echo import EpollEcho, main


class UnboundedQueue(EpollEcho):
    most_queued = float("inf")


if __name__ == "__main__":
    main(UnboundedQueue)
