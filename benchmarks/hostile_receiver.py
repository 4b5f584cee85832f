"""A webhook receiver that does harm, each path in its own way: `python -m benchmarks.hostile_receiver PORT`.

`/seen` tells how many requests each path has had.
"""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from itertools import repeat

from aiohttp import web
from aiohttp.typedefs import Handler

from kyc_platform.embedded.state import HOST

SLOW_SECONDS = 14  # just within the sender's patience of 15
DRIP_SECONDS = 0.2
GIGABYTE = 1 << 30
PIECE = bytes(1 << 16)
SEEN = web.AppKey("seen", Counter[str])


@web.middleware
async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note the path, and read the request whole."""
    request.app[SEEN][request.path] += 1
    await request.read()
    return await handler(request)


async def slow(_: web.Request) -> web.Response:
    """Answer well, but late."""
    await asyncio.sleep(SLOW_SECONDS)
    return web.Response()


async def drip(request: web.Request) -> web.StreamResponse:
    """Begin an answer, and never end it."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    with suppress(ConnectionError):  # the client has had enough
        while True:
            await answer.write(b".")
            await asyncio.sleep(DRIP_SECONDS)
    return answer


async def gigabyte(request: web.Request) -> web.StreamResponse:
    """Answer more than anybody wants to read, as fast as it is taken."""
    answer = web.StreamResponse(headers={"Content-Length": str(GIGABYTE)})
    await answer.prepare(request)
    with suppress(ConnectionError):  # the client has had enough
        for piece in repeat(PIECE, GIGABYTE // len(PIECE)):
            await answer.write(piece)
    return answer


async def redirect(request: web.Request) -> web.Response:
    """Send the client to what only this machine may reach."""
    return web.Response(status=307, headers={"Location": str(request.url.with_path("/inside"))})


async def inside(_: web.Request) -> web.Response:
    """What nobody from outside may ever reach."""
    return web.Response()


async def seen(request: web.Request) -> web.Response:
    """Tell what has come."""
    return web.json_response(request.app[SEEN])


def application() -> web.Application:
    """Return the server."""
    app = web.Application(middlewares=[count])
    app[SEEN] = Counter()
    app.add_routes([web.post(f"/{handler.__name__}", handler) for handler in (slow, drip, gigabyte, redirect, inside)])
    app.add_routes([web.get("/seen", seen)])
    return app


if __name__ == "__main__":
    web.run_app(application(), host=HOST, port=int(sys.argv[1]), access_log=None, print=None)
