"""An echo server on Tornado's TCPServer, as its documentation writes it: tornado_echo.py PORT."""
import asyncio
import sys

from tornado.iostream import StreamClosedError
from tornado.tcpserver import TCPServer


class Echo(TCPServer):
    async def handle_stream(self, stream, address):
        while True:
            try:
                await stream.write(await stream.read_bytes(4096, partial=True))
            except StreamClosedError:
                break


async def main():
    Echo().listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
