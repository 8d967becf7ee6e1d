"""One client at a time: a master that only sleeps, and a worker that serves one connection after
another with blocking calls: one_worker.py PORT [SECONDS]

With SECONDS the master ends a worker that has not served anybody for as long, and forks another.
"""

import os
import select
import signal
import socket
import sys


def work(listener, alive):
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                while data := connection.recv(65536):
                    os.write(alive, b".")
                    connection.sendall(data)
            except OSError:
                pass
        os.write(alive, b".")


def main(port, patience=None):
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    while True:
        news, alive = os.pipe()
        worker = os.fork()
        if worker == 0:
            work(listener, alive)
        os.close(alive)
        while select.select([news], [], [], patience)[0]:
            if not os.read(news, 4096):
                break
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        os.close(news)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    os.setpgid(0, 0)
    main(int(sys.argv[1]), *map(float, sys.argv[2:]))
