"""An echo server with a thread for each connection: threaded_echo.py PORT"""

import signal
import socketserver
import sys
import time


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except ConnectionError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def get_request(self):
        try:
            return super().get_request()
        except OSError:
            # Without descriptors the listener stays readable: the loop would not sleep.
            time.sleep(0.1)
            raise


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
