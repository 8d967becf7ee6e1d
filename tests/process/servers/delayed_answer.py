"""A correct echo server that answers a millisecond later, by a timer, as one that batches. Takes the port."""
import asyncio
import sys


async def serve(reader, writer):
    try:
        while data := await reader.read(4096):
            await asyncio.sleep(0.001)
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
