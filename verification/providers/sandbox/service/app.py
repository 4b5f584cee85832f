"""The sandbox provider's HTTP API. `docs.py` describes it for those who call it."""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from verification.providers.sandbox.service.callbacks import Background, rfc3339
from verification.providers.sandbox.service.deciding import Step, plan
from verification.providers.sandbox.service.docs import page
from verification.providers.sandbox.service.reading import (
    BODY_BYTES_MAX,
    Refusal,
    http_url_member,
    idempotency_key,
    json_members,
    multipart_parts,
    read_scenario_member,
    text_member,
)
from verification.providers.sandbox.service.scenarios import BY_SIGHT, DOCUMENT_KINDS, read_scenario
from verification.providers.sandbox.service.seeing import look
from verification.providers.sandbox.service.store import Create, KeyReused, Store

logger = logging.getLogger(__name__)

LOOKS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Config:
    """What the provider is started with. `delay_seconds` is how long a decision takes; 0 decides at once."""

    api_key: str
    callback_secret: str
    state: Path
    delay_seconds: float = 1.0


CONFIG: Final = web.AppKey("config", Config)
STORE: Final = web.AppKey("store", Store)
BACKGROUND: Final = web.AppKey("background", Background)
EYES: Final = web.AppKey("eyes", asyncio.Semaphore)


def create_app(config: Config) -> web.Application:
    """Return the application; its store opens and its two loops run from start-up to clean-up."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard])
    app[CONFIG] = config
    app.cleanup_ctx.append(_live)
    app.add_routes(
        [
            web.get("/healthz", health),
            web.get("/docs", show_docs),
            web.post("/v1/applicants", create_applicant),
            web.get("/v1/applicants", find_applicant),
            web.delete("/v1/applicants/{applicant_id}", delete_applicant),
            web.put("/v1/applicants/{applicant_id}/scenario", put_scenario),
            web.post("/v1/applicants/{applicant_id}/documents", create_document),
            web.post("/v1/checks", create_check),
            web.get("/v1/checks", find_checks),
            web.get("/v1/checks/{check_id}", read_check),
            web.put("/v1/checks/{check_id}/scenario", put_check_scenario),
            web.post("/v1/checks/{check_id}/reopen", reopen_check),
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


async def create_applicant(request: web.Request) -> web.Response:
    """Register a person, or meet one again under the same reference. Name and date of birth are looked at and not kept."""
    members = await json_members(request)
    reference = text_member(members, "reference")
    text_member(members, "name")
    try:
        date.fromisoformat(text_member(members, "date_of_birth"))
    except ValueError:
        raise Refusal(422, "invalid_request", "date_of_birth: write YYYY-MM-DD") from None
    scenario = None if members.get("scenario") is None else read_scenario_member(members)
    store, at = request.app[STORE], time.time()

    def create() -> tuple[int, dict[str, Any], str]:
        known = store.applicant_of_reference(reference)
        if known is None:
            text = scenario or BY_SIGHT
            applicant_id = store.add_applicant(reference, text, _troubles(text), at=at)
        else:
            applicant_id = known["id"]
            if scenario is not None and scenario != known["scenario"] and not known["is_pinned"]:
                store.set_scenario(applicant_id, scenario, _troubles(scenario), is_pinned=False, at=at)
        return 201, {"id": applicant_id, "reference": reference}, applicant_id

    return _answer_once(request, reference, create)


async def find_applicant(request: web.Request) -> web.Response:
    """Find an applicant by the client's own reference."""
    row = request.app[STORE].applicant_of_reference(request.query.get("reference", ""))
    found = [] if row is None else [{"id": row["id"], "reference": row["reference"], "scenario": row["scenario"]}]
    return web.json_response({"applicants": found})


async def delete_applicant(request: web.Request) -> web.Response:
    """Forget an applicant, their documents and checks; what is still to be sent about them is not sent."""
    if not request.app[STORE].delete_applicant(request.match_info["applicant_id"]):
        raise Refusal(404, "not_found", "no such applicant")
    return web.Response(status=204)


async def put_scenario(request: web.Request) -> web.Response:
    """Choose what will happen to this applicant from now on, above whatever registering says."""
    applicant = _applicant(request, request.match_info["applicant_id"])
    scenario = read_scenario_member(await json_members(request))
    request.app[STORE].set_scenario(applicant["id"], scenario, _troubles(scenario), is_pinned=True, at=time.time())
    return web.json_response({"id": applicant["id"], "reference": applicant["reference"], "scenario": scenario})


async def create_document(request: web.Request) -> web.Response:
    """Take one document, look at it, and keep its hash and what was seen."""
    fields, body = await multipart_parts(request)
    applicant = _applicant(request, request.match_info["applicant_id"])
    kind, reference = text_member(fields, "kind"), fields.get("reference")
    if kind not in DOCUMENT_KINDS:
        raise Refusal(422, "invalid_request", f"kind: one of {', '.join(DOCUMENT_KINDS)}")
    if not body:
        raise Refusal(422, "invalid_request", "file: a part with the document's bytes is missing or empty")
    _meet_trouble(request, applicant["id"])
    async with request.app[EYES]:
        sight = await asyncio.to_thread(look, body, kind)
    store, at = request.app[STORE], time.time()

    def create() -> tuple[int, dict[str, Any], str]:
        _applicant(request, applicant["id"])  # they may have been deleted during the look
        document_id = store.add_document(applicant["id"], kind, reference, sight.sha256, sight.findings, at=at)
        return 201, {"id": document_id, "kind": kind, "sha256": sight.sha256}, applicant["id"]

    return _answer_once(request, json.dumps([kind, reference, sight.sha256]), create)


async def create_check(request: web.Request) -> web.Response:
    """Take a check and answer at once; the verdict comes later, by callback and under `GET /v1/checks/{id}`."""
    members = await json_members(request)
    store, at = request.app[STORE], time.time()
    applicant = _applicant(request, text_member(members, "applicant"))
    documents = members.get("documents")
    if not isinstance(documents, list) or not documents or not all(isinstance(each, str) for each in documents):
        raise Refusal(422, "invalid_request", "documents: a list of ids, one at least")
    if not store.has_documents(applicant["id"], documents):
        raise Refusal(422, "invalid_request", "documents: each must be one of this applicant's")
    url = http_url_member(members, "callback_url")
    _meet_trouble(request, applicant["id"])
    key = idempotency_key(request)

    def create() -> tuple[int, dict[str, Any], str]:
        steps = plan(read_scenario(applicant["scenario"]), request.app[CONFIG].delay_seconds)
        check_id = store.add_check(applicant, documents, key, url, steps, at=at)
        return 201, _shown(store, check_id), applicant["id"]

    # The callback URL is left out of the comparison: a client that moved asks the same question.
    response = _answer_once(request, json.dumps([applicant["id"], documents]), create)
    request.app[BACKGROUND].wake()
    return response


async def find_checks(request: web.Request) -> web.Response:
    """Find the check that was asked for under an idempotency key: for a client that does not know whether it was heard."""
    row = request.app[STORE].check_of_key(request.query.get("idempotency_key", ""))
    return web.json_response({"checks": [] if row is None else [_shown(request.app[STORE], row["id"])]})


async def put_check_scenario(request: web.Request) -> web.Response:
    """Have a check answered by this scenario, without delay: what was to happen to it will not. One that was answered is answered anew."""
    scenario = read_scenario_member(await json_members(request))
    store = request.app[STORE]
    check = _check(request)
    store.replan(check["id"], scenario, plan(read_scenario(scenario), 0.0), at=time.time())
    request.app[BACKGROUND].wake()
    return web.json_response(_shown(store, check["id"]))


async def reopen_check(request: web.Request) -> web.Response:
    """Take the answer of a check back. Nothing more happens to it until it is given a scenario."""
    store = request.app[STORE]
    check = _check(request)

    def reopen() -> tuple[int, dict[str, Any], str]:
        if check["status"] != "complete":
            raise Refusal(409, "not_complete", "only a check that was answered can be reopened")
        store.replan(check["id"], check["scenario"], (Step(0.0, "reopen"),), at=time.time())
        return 200, _shown(store, check["id"]), check["applicant_id"]

    response = _answer_once(request, check["id"], reopen)
    request.app[BACKGROUND].wake()
    return response


async def read_check(request: web.Request) -> web.Response:
    """Return the authoritative state of a check."""
    store = request.app[STORE]
    row = _check(request)
    _meet_trouble(request, row["applicant_id"])
    return web.json_response(_shown(store, row["id"]))


def _shown(store: Store, check_id: str) -> dict[str, Any]:
    row = store.check(check_id)
    assert row is not None  # the callers hold it
    answered = {"verdict": None, "documents": [], "findings": []} if row["answer"] is None else json.loads(row["answer"])
    return {
        "id": row["id"],
        "applicant": row["applicant_id"],
        "status": row["status"],
        "version": row["version"],
        **answered,
        "sandbox": True,
        "created_at": rfc3339(row["created_at"]),
        "completed_at": rfc3339(row["completed_at"]),
    }


def _answer_once(request: web.Request, fingerprint: str, create: Create) -> web.Response:
    digest = hashlib.sha256(fingerprint.encode()).hexdigest()
    try:
        status, text, is_replay = request.app[STORE].answer_once(request.path, idempotency_key(request), digest, create)
    except KeyReused:
        raise Refusal(422, "idempotency_key_reused", "this Idempotency-Key was used for another request") from None
    return web.Response(
        text=text, status=status, content_type="application/json", headers={"Idempotent-Replayed": "true"} if is_replay else {}
    )


def _applicant(request: web.Request, applicant_id: str) -> Any:
    row = request.app[STORE].applicant(applicant_id)
    if row is None:
        raise Refusal(404, "not_found", "no such applicant")
    return row


def _check(request: web.Request) -> Any:
    row = request.app[STORE].check(request.match_info["check_id"])
    if row is None:
        raise Refusal(404, "not_found", "no such check")
    return row


def _troubles(scenario: str) -> int:
    read = read_scenario(scenario)
    return read.number if read.name in ("server_errors", "throttled") else 0


def _meet_trouble(request: web.Request, applicant_id: str) -> None:
    store = request.app[STORE]
    row = _applicant(request, applicant_id)
    scenario = read_scenario(row["scenario"])
    if scenario.name == "outage" and time.time() < row["scenario_set_at"] + scenario.number:
        raise Refusal(503, "outage", "not available, as the scenario wants")
    if store.take_trouble(applicant_id):
        if scenario.name == "throttled":
            raise Refusal(429, "too_many_requests", "slow down, as the scenario wants", headers={"Retry-After": "1"})
        raise Refusal(500, "internal_error", "something broke, as the scenario wants")
