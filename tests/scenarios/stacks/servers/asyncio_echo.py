"""An echo server on asyncio. See echo.cc."""

import asyncio
import sys


async def echo(reader, writer):
    try:
        while data := await reader.read(64):
            writer.write(data)  # @send
        writer.close()
    except OSError:
        pass


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
