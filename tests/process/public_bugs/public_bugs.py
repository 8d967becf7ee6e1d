"""The same in Python, on selectors: public_bugs.py PORT [--bug NAME] [--loop NAME] [--threads N].

--bug is one of those of worker.cc, as far as Python's servers have been reported for them.
"""

import argparse
import errno
import os
import selectors
import socket
import threading
import time

MOST_QUEUED = 64 * 1024
LOOPS = {"epoll": selectors.EpollSelector, "poll": selectors.PollSelector,
         "select": selectors.SelectSelector}


class Worker:
    """One thread's clients."""

    def __init__(self, options, listener):
        self.bug = options.bug
        self.listener = listener
        self.selector = LOOPS[options.loop]()
        self.queues = {}
        self.ended = set()
        self.shut = set()  # by the bug of the same name
        self.accepts_at = None

    def run(self):
        self.selector.register(self.listener, selectors.EVENT_READ)
        while True:
            wait = None if self.accepts_at is None else max(0, self.accepts_at - time.monotonic())
            for key, events in self.selector.select(wait):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj in self.queues:
                    self.serve(key.fileobj, events)
            if self.accepts_at is not None and self.accepts_at <= time.monotonic():
                self.accepts_at = None
                self.selector.register(self.listener, selectors.EVENT_READ)

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self.on_shortage(error)
            return
        client.setblocking(False)
        if self.bug == "silent-blocks":
            client.setblocking(True)
            client.recv(1, socket.MSG_PEEK)  # who is it?
            client.setblocking(False)
        self.queues[client] = bytearray()
        try:
            self.selector.register(client, selectors.EVENT_READ)
        except (OSError, ValueError):
            self.close(client)

    def on_shortage(self, error):
        if error.errno == errno.EMFILE:
            if self.bug == "emfile-spins":
                return
            if self.bug == "emfile-ends":
                print(error, flush=True)
                os._exit(1)
        self.selector.unregister(self.listener)
        if error.errno == errno.EMFILE and self.bug == "emfile-never-again":
            return
        self.accepts_at = time.monotonic() + 0.1

    def serve(self, client, events):
        queue = self.queues[client]
        try:
            if events & selectors.EVENT_WRITE:
                del queue[:client.send(queue)]
            if events & selectors.EVENT_READ:
                block = client.recv(4096)
                queue += block
                if not block and not self.on_end(client):
                    return
                if queue:
                    del queue[:client.send(queue)]
        except BlockingIOError:
            pass
        except OSError:
            if self.bug == "pause-forgets" and len(queue) >= MOST_QUEUED:
                self.selector.unregister(client)  # the next read will tell
                return
            self.close(client)
            return
        self.settle(client)

    def on_end(self, client):
        """False if the connection is gone."""
        if self.bug == "half-close-loses":
            self.close(client)
            return False
        if self.bug == "shut-wr-spins":
            if client not in self.shut:
                client.shutdown(socket.SHUT_WR)
                self.shut.add(client)
            return True
        self.ended.add(client)
        return True

    def settle(self, client):
        queue = self.queues[client]
        if client in self.ended and not queue:
            self.close(client)
            return
        reads = client not in self.ended and len(queue) < MOST_QUEUED
        events = (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if queue else 0)
        self.selector.modify(client, events)

    def close(self, client):
        try:
            self.selector.unregister(client)
        except (KeyError, ValueError):
            pass  # it was not to be watched
        del self.queues[client]
        self.ended.discard(client)
        self.shut.discard(client)
        client.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--bug", default="")
    parser.add_argument("--loop", default="epoll", choices=LOOPS)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    listener.setblocking(options.bug == "blocking-accept")
    for _ in range(1, options.threads):
        threading.Thread(target=Worker(options, listener).run, daemon=True).start()
    Worker(options, listener).run()


main()
