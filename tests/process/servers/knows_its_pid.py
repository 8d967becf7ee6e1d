"""An echo server that asks for what is known of its own process: knows_its_pid.py PORT

It aborts if that is not what its number and "self" say alike.
"""

import os
import resource
import signal

from epoll_echo import EpollEcho, main


def look():
    pid = os.getpid()
    os.kill(pid, 0)
    os.sched_getaffinity(pid)
    os.sched_getscheduler(pid)
    assert os.getpgid(pid) == os.getpgid(0)
    assert os.getsid(pid) == os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)
    for limit in resource.RLIMIT_NOFILE, resource.RLIMIT_CORE:
        assert resource.prlimit(pid, limit) == resource.getrlimit(limit)
    with open(f"/proc/{pid}/comm") as by_number, open("/proc/self/comm") as itself:
        assert by_number.read() == itself.read()
    assert os.listdir(f"/proc/{pid}/task")


class KnowsItsPid(EpollEcho):
    def read(self, fd):
        self.signals = 0
        signal.signal(signal.SIGUSR1, self.count)
        try:
            look()
            os.kill(os.getpid(), signal.SIGUSR1)
            signal.raise_signal(signal.SIGUSR1)
        except Exception as error:
            print(error, flush=True)
            os.abort()
        super().read(fd)

    def count(self, *_):
        self.signals += 1

    def write(self, fd):
        if self.signals != 2:
            os.abort()
        super().write(fd)


if __name__ == "__main__":
    look()
    main(KnowsItsPid)
