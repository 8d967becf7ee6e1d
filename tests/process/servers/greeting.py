"""A server that greets whoever comes, reads on, and says no more: greeting.py PORT"""

import asyncio
import sys

from asyncio_echo import listen, serve


async def greet(reader, writer):
    writer.write(b"220 hello\r\n")
    try:
        while await reader.read(4096):
            pass
    except ConnectionError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(listen(int(sys.argv[1])), greet))
