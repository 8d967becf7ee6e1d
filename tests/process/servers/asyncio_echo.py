"""An echo server on asyncio's streams: asyncio_echo.py PORT"""

import asyncio
import signal
import socket
import sys


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(listener, handle=echo):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await asyncio.start_server(handle, sock=listener)
    await stop.wait()


def listen(port):
    return socket.create_server(("127.0.0.1", port), backlog=128)


if __name__ == "__main__":
    asyncio.run(serve(listen(int(sys.argv[1]))))
