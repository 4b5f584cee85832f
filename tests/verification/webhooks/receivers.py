"""Real HTTP receivers on loopback, each a server in a thread of its own, that answer as a test says and remember what came."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

Answer = Callable[["Arrived"], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass(frozen=True)
class Arrived:
    """One request: its headers by lower-case name, and its body."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


def is_genuine(arrived: Arrived, secret: str) -> bool:
    """Tell what the standard's own library says of a request."""
    try:
        Webhook(secret).verify(arrived.body, arrived.headers)
    except WebhookVerificationError:
        return False
    return True


@dataclass
class Receiver:
    """What came to a server, and the peers that it came from."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)

    @property
    def ids(self) -> list[str]:
        return [one.webhook_id for one in self.arrived]


def answering(status: int, **headers: str) -> Answer:
    """Return the behaviour of always giving this status; underscores in the headers' names stand for hyphens."""
    return lambda _: web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, text="said")


WELL = answering(200)


@contextmanager
def receiving(answer: Answer = WELL) -> Iterator[Receiver]:
    """Serve until the block ends."""
    receiver = Receiver()
    loop = asyncio.new_event_loop()
    is_up, is_over = threading.Event(), asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        arrived = Arrived({name.lower(): value for name, value in request.headers.items()}, await request.read(), request.path)
        receiver.arrived.append(arrived)
        receiver.peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        response = answer(arrived)
        return response if isinstance(response, web.StreamResponse) else await response

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"http://127.0.0.1:{port}/hook"
        is_up.set()
        await is_over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_up.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.close()
