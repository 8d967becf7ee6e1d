"""An echo server with a process for each client: process_per_client.py PORT

A process ends with what befalls its client: by SIGPIPE, or for want of descriptors.
"""

import os
import signal
import sys

from asyncio_echo import listen


def serve(connection):
    try:
        os.pipe()
    except OSError:
        os._exit(1)
    while data := connection.recv(65536):
        connection.sendall(data)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = listen(int(sys.argv[1]))
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            try:
                serve(connection)
            finally:
                os._exit(0)
        connection.close()
