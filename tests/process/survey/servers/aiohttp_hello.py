"""aiohttp's server: aiohttp_hello.py PORT."""
import sys

from aiohttp import web


async def hello(_request):
    return web.Response(text="hello\n")


app = web.Application()
app.add_routes([web.get("/", hello)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
