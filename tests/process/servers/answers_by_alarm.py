"""An echo server that answers once its alarm goes off, a minute after the first block that it owes:
answers_by_alarm.py PORT
"""

import select
import signal
import socket
import sys


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
    gone_off, told = socket.socketpair()
    gone_off.setblocking(False)
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno())
    signal.signal(signal.SIGALRM, lambda *_: None)
    clients, owed = set(), []
    while True:
        for ready in select.select([listener, gone_off, *clients], [], [])[0]:
            if ready is listener:
                clients.add(listener.accept()[0])
            elif ready is gone_off:
                gone_off.recv(64)
                for client, block in owed:
                    if block:
                        client.sendall(block)
                    else:
                        client.close()
                owed.clear()
                continue
            else:
                block = ready.recv(65536)
                owed.append((ready, block))
                if not block:
                    clients.remove(ready)
            if owed and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
                signal.alarm(60)


main()
