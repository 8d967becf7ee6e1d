"""An echo server that answers a millisecond later, by a timer, as one that batches: delayed_answer.py PORT"""

import asyncio
import sys

from asyncio_echo import listen, serve


async def answer_late(reader, writer):
    try:
        while data := await reader.read(4096):
            await asyncio.sleep(0.001)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(listen(int(sys.argv[1])), answer_late))
