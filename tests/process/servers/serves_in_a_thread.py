"""A correct echo server whose first thread waits for another, which serves: serves_in_a_thread.py PORT"""

import os
import signal
import threading

from epoll_echo import EpollEcho, main


class ServesInAThread(EpollEcho):
    def serve(self):
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        server = threading.Thread(target=self.loop)
        server.start()
        server.join()


if __name__ == "__main__":
    main(ServesInAThread)
