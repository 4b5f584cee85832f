"""The endpoints of checks."""

import json
import time
from typing import Any

from aiohttp import web

from verification.providers.sandbox.service.callbacks import rfc3339
from verification.providers.sandbox.service.deciding import Step, plan
from verification.providers.sandbox.service.reading import (
    Refusal,
    http_url_member,
    idempotency_key,
    json_members,
    read_scenario_member,
    text_member,
)
from verification.providers.sandbox.service.scenarios import read_scenario
from verification.providers.sandbox.service.serving import BACKGROUND, CONFIG, STORE, answer_once, meet_trouble, the_applicant
from verification.providers.sandbox.service.store import Store


async def create_check(request: web.Request) -> web.Response:
    """Take a check and answer at once; the verdict comes later, by callback and under `GET /v1/checks/{id}`."""
    members = await json_members(request)
    store, at = request.app[STORE], time.time()
    applicant = the_applicant(request, text_member(members, "applicant"))
    documents = members.get("documents")
    if not isinstance(documents, list) or not documents or not all(isinstance(each, str) for each in documents):
        raise Refusal(422, "invalid_request", "documents: a list of ids, one at least")
    if not store.has_documents(applicant["id"], documents):
        raise Refusal(422, "invalid_request", "documents: each must be one of this applicant's")
    url = http_url_member(members, "callback_url")
    meet_trouble(request, applicant["id"])
    key = idempotency_key(request)

    def create() -> tuple[int, dict[str, Any], str]:
        steps = plan(read_scenario(applicant["scenario"]), request.app[CONFIG].delay_seconds)
        check_id = store.add_check(applicant, documents, key, url, steps, at=at)
        return 201, _shown(store, check_id), applicant["id"]

    # The callback URL is left out of the comparison: a client that moved asks the same question.
    response = answer_once(request, json.dumps([applicant["id"], documents]), create)
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

    response = answer_once(request, check["id"], reopen)
    request.app[BACKGROUND].wake()
    return response


async def read_check(request: web.Request) -> web.Response:
    """Return the authoritative state of a check."""
    store = request.app[STORE]
    row = _check(request)
    meet_trouble(request, row["applicant_id"])
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


def _check(request: web.Request) -> Any:
    row = request.app[STORE].check(request.match_info["check_id"])
    if row is None:
        raise Refusal(404, "not_found", "no such check")
    return row
