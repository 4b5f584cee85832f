"""The endpoints of applicants and their documents."""

import asyncio
import json
import time
from datetime import date
from typing import Any

from aiohttp import web

from verification.providers.sandbox.service.reading import Refusal, json_members, multipart_parts, read_scenario_member, text_member
from verification.providers.sandbox.service.scenarios import BY_SIGHT, DOCUMENT_KINDS, read_scenario
from verification.providers.sandbox.service.seeing import look
from verification.providers.sandbox.service.serving import EYES, STORE, answer_once, meet_trouble, the_applicant


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

    return answer_once(request, reference, create)


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
    applicant = the_applicant(request, request.match_info["applicant_id"])
    scenario = read_scenario_member(await json_members(request))
    request.app[STORE].set_scenario(applicant["id"], scenario, _troubles(scenario), is_pinned=True, at=time.time())
    return web.json_response({"id": applicant["id"], "reference": applicant["reference"], "scenario": scenario})


async def create_document(request: web.Request) -> web.Response:
    """Take one document, look at it, and keep its hash and what was seen."""
    fields, body = await multipart_parts(request)
    applicant = the_applicant(request, request.match_info["applicant_id"])
    kind, reference = text_member(fields, "kind"), fields.get("reference")
    if kind not in DOCUMENT_KINDS:
        raise Refusal(422, "invalid_request", f"kind: one of {', '.join(DOCUMENT_KINDS)}")
    if not body:
        raise Refusal(422, "invalid_request", "file: a part with the document's bytes is missing or empty")
    meet_trouble(request, applicant["id"])
    async with request.app[EYES]:
        sight = await asyncio.to_thread(look, body, kind)
    store, at = request.app[STORE], time.time()

    def create() -> tuple[int, dict[str, Any], str]:
        the_applicant(request, applicant["id"])  # they may have been deleted during the look
        document_id = store.add_document(applicant["id"], kind, reference, sight.sha256, sight.findings, at=at)
        return 201, {"id": document_id, "kind": kind, "sha256": sight.sha256}, applicant["id"]

    return answer_once(request, json.dumps([kind, reference, sight.sha256]), create)


def _troubles(scenario: str) -> int:
    read = read_scenario(scenario)
    return read.number if read.name in ("server_errors", "throttled") else 0
