"""A correct echo server on epoll: epoll_echo.py PORT. Those with a defect change one thing of it."""

import select
import signal
import socket
import sys


class EpollEcho:
    most_queued = 64 * 1024
    chunk = 64 * 1024
    first_interest = select.EPOLLIN

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.watch_listener()
        self.connections, self.queues, self.finished = {}, {}, set()

    def watch_listener(self):
        self.watching = True
        self.epoll.register(self.listener, select.EPOLLIN)

    def serve(self):
        signal.signal(signal.SIGTERM, self.asked_to_stop)
        self.loop()

    def loop(self):
        while True:
            events = self.epoll.poll(None if self.watching else 0.1)
            if not self.watching:
                self.watch_listener()
            for fd, _ in events:
                if fd == self.listener.fileno():
                    self.accept()
                elif fd in self.connections:
                    self.turn(fd)

    def asked_to_stop(self, *_):
        sys.exit(0)

    def turn(self, fd):
        if fd not in self.finished and len(self.queues[fd]) < self.most_queued:
            self.read(fd)
        if fd in self.connections and self.queues[fd]:
            self.write(fd)
        if fd in self.finished and not self.queues[fd]:
            self.close(fd)
        if fd in self.connections:
            self.watch(fd)

    def accept(self):
        try:
            connection, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            return self.on_accept_error()
        connection.setblocking(False)
        fd = connection.fileno()
        try:
            self.epoll.register(fd, self.first_interest)
        except OSError:  # no memory to watch it: turns it away
            return connection.close()
        self.connections[fd] = connection
        self.queues.setdefault(fd, bytearray())

    def on_accept_error(self):  # no descriptor is free: looks again in 0.1 s
        self.watching = False
        self.epoll.unregister(self.listener)

    def watch(self, fd):
        wants = select.EPOLLOUT if self.queues[fd] else 0
        if fd not in self.finished and len(self.queues[fd]) < self.most_queued:
            wants |= select.EPOLLIN
        self.epoll.modify(fd, wants)

    def read(self, fd):
        try:
            data = self.connections[fd].recv(self.chunk)
        except BlockingIOError:
            return
        except OSError:
            return self.on_error(fd)
        if data:
            self.queues[fd] += data
        else:
            self.on_end(fd)

    def write(self, fd):
        try:
            part = self.queues[fd][: self.chunk]
            del self.queues[fd][: self.connections[fd].send(part)]
        except BlockingIOError:
            pass
        except OSError:
            self.on_error(fd)

    def on_end(self, fd):
        self.finished.add(fd)

    def on_error(self, fd):
        self.close(fd)

    def close(self, fd):
        self.connections.pop(fd).close()
        del self.queues[fd]
        self.finished.discard(fd)


def main(server):
    server(int(sys.argv[1])).serve()


if __name__ == "__main__":
    main(EpollEcho)
