"""A correct TCP proxy on asyncio: async_proxy.py PORT BACKEND_PORT."""

import asyncio
import sys


async def pump(reader, writer):
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()


async def serve(reader, writer):
    try:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(pump(reader, back_writer), pump(back_reader, writer))
    back_writer.close()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
