"""A correct echo server that holds so many bytes for a client, and no more: queue_limit.py BYTES PORT"""

import sys

from epoll_echo import EpollEcho


class QueueLimit(EpollEcho):
    most_queued = int(sys.argv[1])


if __name__ == "__main__":
    QueueLimit(int(sys.argv[2])).serve()
