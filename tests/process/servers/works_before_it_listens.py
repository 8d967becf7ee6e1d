"""A correct echo server whose threads wake each other hundreds of times before it listens:
works_before_it_listens.py PORT"""

import asyncio
import os
import select
import socket
import sys
import threading

from asyncio_echo import serve


def answer(requests, answers):
    while byte := os.read(requests, 1):
        os.write(answers, byte)


if __name__ == "__main__":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    requests, to_thread = os.pipe()
    from_thread, answers = os.pipe()
    threading.Thread(target=answer, args=(requests, answers), daemon=True).start()
    for _ in range(500):
        os.write(to_thread, b"!")
        select.select([from_thread], [], [])
        os.read(from_thread, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(128)
    asyncio.run(serve(listener))
