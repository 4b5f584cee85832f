"""The sandbox provider's HTTP API, put together. `docs.py` describes it for those who call it."""

import asyncio
import hmac
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiohttp import web

from verification.providers.sandbox.service import applicants, checks
from verification.providers.sandbox.service.callbacks import Background
from verification.providers.sandbox.service.docs import page
from verification.providers.sandbox.service.reading import BODY_BYTES_MAX, Refusal
from verification.providers.sandbox.service.serving import BACKGROUND, CONFIG, EYES, STORE, Config
from verification.providers.sandbox.service.store import Store

logger = logging.getLogger(__name__)

LOOKS_AT_ONCE: Final = 2


def create_app(config: Config) -> web.Application:
    """Return the application; its store opens and its two loops run from start-up to clean-up."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard])
    app[CONFIG] = config
    app.cleanup_ctx.append(_live)
    app.add_routes(
        [
            web.get("/healthz", health),
            web.get("/docs", show_docs),
            web.post("/v1/applicants", applicants.create_applicant),
            web.get("/v1/applicants", applicants.find_applicant),
            web.delete("/v1/applicants/{applicant_id}", applicants.delete_applicant),
            web.put("/v1/applicants/{applicant_id}/scenario", applicants.put_scenario),
            web.post("/v1/applicants/{applicant_id}/documents", applicants.create_document),
            web.post("/v1/checks", checks.create_check),
            web.get("/v1/checks", checks.find_checks),
            web.get("/v1/checks/{check_id}", checks.read_check),
            web.put("/v1/checks/{check_id}/scenario", checks.put_check_scenario),
            web.post("/v1/checks/{check_id}/reopen", checks.reopen_check),
        ]
    )
    return app


async def _live(app: web.Application) -> AsyncIterator[None]:
    store = Store(app[CONFIG].state)
    app[STORE], app[BACKGROUND] = store, Background(store, app[CONFIG].callback_secret)
    app[EYES] = asyncio.Semaphore(LOOKS_AT_ONCE)  # a decoded image is large: two at a time
    loops = [asyncio.create_task(app[BACKGROUND].decide()), asyncio.create_task(app[BACKGROUND].send())]
    for task in loops:
        task.add_done_callback(_end_with)
    yield
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    store.close()


def _end_with(task: asyncio.Task[None]) -> None:
    # A provider that takes checks and never decides is worse than one that is down: whoever supervises it starts it again, and
    # nothing is lost, because everything that is owed is in the store.
    if not task.cancelled():
        logger.critical("a loop of the sandbox provider ended", exc_info=task.exception())
        os._exit(1)


@web.middleware
async def _guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        if request.path.startswith("/v1/"):
            shown = request.headers.get("Authorization", "").encode(errors="surrogateescape")
            if not hmac.compare_digest(shown, f"Bearer {request.app[CONFIG].api_key}".encode()):
                raise Refusal(401, "unauthorized", "show the API key as Authorization: Bearer <key>")
        return await handler(request)
    except Refusal as refusal:
        return refusal.response


async def health(_request: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"status": "ok"})


async def show_docs(_request: web.Request) -> web.Response:
    """This API and the catalogue of scenarios, as Markdown."""
    return web.Response(text=page(), content_type="text/markdown", charset="utf-8")
