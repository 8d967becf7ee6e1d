"""A correct server that greets whoever comes, reads on, and says no more. Takes the port."""
import asyncio
import sys


async def serve(reader, writer):
    try:
        writer.write(b"220 hello\r\n")
        while await reader.read(4096):
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
