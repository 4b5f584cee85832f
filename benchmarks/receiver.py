"""A webhook receiver that does nothing but read and answer 200, as an ASGI application: it must not be what is measured."""

from collections.abc import Awaitable, Callable
from typing import Any

ANSWER = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
END = {"type": "http.response.body", "body": b""}


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Read one request whole and answer it."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send(ANSWER)
        await send(END)
