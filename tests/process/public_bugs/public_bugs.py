"""The same in Python, on selectors: public_bugs.py PORT [--bug NAME] [--loop NAME] [--threads N]
[--processes N] [--lines] [--proxy].

--bug is one of those of worker.cc; but none that spins on a hang-up which was not asked for:
selectors do not wait for nothing.
"""

import argparse
import ctypes
import errno
import os
import selectors
import signal
import socket
import threading
import time

MOST_QUEUED = 64 * 1024
FD_SETSIZE = 1024
PR_SET_PDEATHSIG = 1
LOOPS = {"epoll": selectors.EpollSelector, "poll": selectors.PollSelector,
         "select": selectors.SelectSelector}


class Connection:
    """One of a client, or of a proxy to its upstream."""

    def __init__(self, sock):
        self.sock = sock
        self.peer = self  # gets what comes here: an echo server's is the connection itself
        self.queue = []  # pieces to be sent here
        self.ended = False  # nothing more comes
        self.shut = False  # nothing more is sent
        self.line = b""  # begun, not ended

    def queued(self):
        return sum(len(piece) for piece in self.queue)


class Worker:
    """One thread's clients."""

    def __init__(self, options, listener, upstream=None):
        self.bug = options.bug
        self.loop = options.loop
        self.lines = options.lines
        self.listener = listener
        self.upstream = upstream
        self.selector = LOOPS[options.loop]()
        self.connections = {}
        self.accepts_at = None

    def run(self):
        self.selector.register(self.listener, selectors.EVENT_READ)
        while True:
            wait = None if self.accepts_at is None else max(0, self.accepts_at - time.monotonic())
            for key, events in self.selector.select(wait):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj in self.connections:
                    self.serve(self.connections[key.fileobj], events)
            if self.accepts_at is not None and self.accepts_at <= time.monotonic():
                self.accepts_at = None
                self.watch(self.listener, selectors.EVENT_READ)

    def watch(self, sock, events):
        """Waits for these from now on, for nothing if 0. OSError or ValueError if it cannot."""
        if self.loop == "select" and self.bug != "fd-setsize" and sock.fileno() >= FD_SETSIZE:
            raise ValueError("select has no room for it")
        try:
            known = self.selector.get_key(sock).events
        except KeyError:
            known = 0
        if known == events:
            return
        if known == 0:
            self.selector.register(sock, events)
        elif events == 0:
            self.selector.unregister(sock)
        else:
            self.selector.modify(sock, events)

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self.on_shortage(error)
            return
        if self.bug == "silent-blocks":
            client.setblocking(True)
            client.recv(1, socket.MSG_PEEK)  # who is it?
        connection = self.add(client)
        try:
            if self.upstream is not None:
                other = self.add(socket.socket())
                connection.peer, other.peer = other, connection
                other.sock.connect_ex(("127.0.0.1", self.upstream))
                self.watch(other.sock, selectors.EVENT_READ)
            self.watch(client, selectors.EVENT_READ)
        except (OSError, ValueError):
            self.fail(connection)

    def add(self, sock):
        sock.setblocking(False)
        self.connections[sock] = Connection(sock)
        return self.connections[sock]

    def on_shortage(self, error):
        if error.errno == errno.EMFILE:
            if self.bug == "emfile-spins":
                return
            if self.bug == "emfile-ends":
                print(error, flush=True)
                os._exit(1)
        self.watch(self.listener, 0)
        if error.errno == errno.EMFILE and self.bug == "emfile-never-again":
            return
        self.accepts_at = time.monotonic() + 0.1

    def serve(self, connection, events):
        try:
            if events & selectors.EVENT_WRITE:
                self.flush(connection)
            if events & selectors.EVENT_READ and connection.peer.queued() < MOST_QUEUED:
                block = connection.sock.recv(4096)
                if block:
                    self.take(connection, block)
                elif not self.on_end(connection):
                    return
                self.flush(connection.peer)
            self.settle(connection)
            if connection.peer is not connection:
                self.settle(connection.peer)
        except BlockingIOError:
            pass
        except (OSError, ValueError):
            if self.bug == "pause-forgets" and connection.queued() >= MOST_QUEUED:
                self.watch(connection.sock, 0)  # the next read will tell
                return
            self.fail(connection)

    def take(self, connection, block):
        peer = connection.peer
        if not self.lines:
            peer.queue.append(block)
            return
        *lines, connection.line = (connection.line[:1] + block).split(b"\n")
        peer.queue += [b"+PONG", b"\r\n"] * len(lines)  # in two pieces, as head and body are

    def flush(self, connection):
        """Until there is no room."""
        while connection.queue:
            try:
                sent = connection.sock.sendmsg(connection.queue[:16])
            except BlockingIOError:
                return
            self.consume(connection.queue, sent)

    def consume(self, queue, sent):
        left = sent
        while queue and left >= len(queue[0]):
            left -= len(queue.pop(0))
        if not queue:
            return
        if self.bug == "writev-offset" and left < sent:  # as if the first were the one cut short
            left = min(sent, len(queue[0]) - 1)
        queue[0] = queue[0][left:]

    def on_end(self, connection):
        """False if the connection is gone."""
        if self.bug in ("half-close-loses", "fin-ends-both"):
            self.fail(connection)
            return False
        if self.bug == "fin-in-request" and connection.line:
            self.watch(connection.sock, 0)  # for the rest of it, which does not come
            return False
        connection.ended = True
        return True

    def settle(self, connection):
        """Ends what is to be ended, and waits for what is to be waited for."""
        peer = connection.peer
        if connection.sock not in self.connections:
            return
        if connection.ended and not peer.queue and not peer.shut:
            peer.shut = True
            if peer is not connection or self.bug == "shut-wr-spins":
                peer.sock.shutdown(socket.SHUT_WR)
        spins = self.bug == "shut-wr-spins"
        if not spins and all(one.ended and one.shut for one in (connection, peer)):
            self.close(connection)
            if peer is not connection:
                self.close(peer)
            return
        reads = (spins or not connection.ended) and peer.queued() < MOST_QUEUED
        self.watch(connection.sock, (selectors.EVENT_READ if reads else 0) |
                   (selectors.EVENT_WRITE if connection.queue else 0))

    def fail(self, connection):
        """An error, or an end that nothing follows."""
        peer = connection.peer
        if peer is not connection and self.bug == "answers-itself":
            peer.peer = peer  # which echoes to an echo
        elif peer is not connection and self.bug == "forgets-peer":
            self.watch(peer.sock, 0)
        elif peer is not connection:
            self.close(peer)
        self.close(connection)

    def close(self, connection):
        try:
            self.selector.unregister(connection.sock)
        except (KeyError, ValueError):
            pass  # it was not to be watched
        self.connections.pop(connection.sock, None)
        connection.sock.close()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--bug", default="")
    parser.add_argument("--loop", default="epoll", choices=LOOPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("--proxy", action="store_true")
    options = parser.parse_args()
    upstream = None
    if options.proxy:
        echo = socket.create_server(("127.0.0.1", 0), backlog=128)
        upstream = echo.getsockname()[1]
        if os.fork() == 0:
            die_with_parent()
            echo.setblocking(False)
            Worker(parser.parse_args([str(upstream)]), echo).run()
        echo.close()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    listener.setblocking(options.bug == "blocking-accept")
    for _ in range(1, options.processes):
        if os.fork() == 0:
            die_with_parent()
            break
    for _ in range(1, options.threads):
        threading.Thread(target=Worker(options, listener, upstream).run, daemon=True).start()
    Worker(options, listener, upstream).run()


main()
