"""Servers that are no echo servers: other_protocol.py KIND PORT

With a bug of an echo server: dies (at the first byte), cuts (the last byte off), shifts (by two bytes).
Of another kind: once (a word, and the connection's end), http, tls (as far as its handshake's first answer), greets, answers (a word to each line), ipv6 (an
echo server that listens at ::1 alone), udp, admin (an echo server that listens on another port too, first).
"""

import os
import socket
import sys

from epoll_echo import EpollEcho


def answer(port, respond, greeting=b"", once=False):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.sendall(greeting)
                while data := connection.recv(65536):
                    response = respond(data)
                    if response is None:
                        break
                    connection.sendall(response)
                    if once:
                        break
            except OSError:
                pass


def tls(data):
    if data[:2] != b"\x16\x03":
        return None
    return b"\x15\x03\x03\x00\x02\x02\x28"  # an alert: handshake_failure


def http(_):
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class Ipv6(EpollEcho):
    def __init__(self, port):
        super().__init__(0)
        self.epoll.unregister(self.listener)
        self.listener.close()
        self.listener = socket.create_server(("::1", port), family=socket.AF_INET6, backlog=128)
        self.listener.setblocking(False)
        self.watch_listener()


class Admin(EpollEcho):
    def __init__(self, port):
        self.admin = socket.create_server(("127.0.0.1", 0))
        super().__init__(port)


def main(kind, port):
    if kind == "udp":
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        while True:
            udp.recv(65536)
    if kind in ("ipv6", "admin"):
        {"ipv6": Ipv6, "admin": Admin}[kind](port).serve()
    if kind == "greets":
        answer(port, lambda data: b"ok\n", b"220 hello\r\n")
    if kind == "once":
        answer(port, lambda data: b"+PONG\r\n", once=True)
    answers = {
        "tls": tls,
        "http": http,
        "answers": lambda data: b"-ERR unknown\r\n",
        "dies": lambda data: os.abort(),
        "cuts": lambda data: data[:-1],
        "shifts": lambda data: data[2:],
    }
    answer(port, answers[kind])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
