"""An echo server of four processes that share one listener: prefork_echo.py PORT"""

import asyncio
import os
import signal
import sys

from asyncio_echo import listen, serve

WORKERS = 4


def work(listener):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    asyncio.run(serve(listener))
    os._exit(0)


def main(port):
    listener = listen(port)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    workers = []
    for _ in range(WORKERS):
        pid = os.fork()
        if pid == 0:
            work(listener)
        workers.append(pid)
    signal.sigwait({signal.SIGTERM})
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
