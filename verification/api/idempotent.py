"""Idempotency-Key on every unsafe call of the merchant API: the same key and request have one effect and one answer.

A request that fails before it takes effect does not burn its key. After a crash between commit and answer the repetition finds the
event that the first attempt led to, and the view answers from that (`answer_again`).
"""

import hashlib
import re
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from verification.api.decoding import Base64Text
from verification.events.models import Event
from verification.events.types import EventType
from verification.idempotency import records
from verification.idempotency.records import Attempt, StoredAnswer

REPLAYED = "Idempotent-Replayed"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
PREFIX = "/api/v1"
KEY = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e][\x20-\x7e]{0,254})')  # quoted (RFC 8941) or bare
LONG_TEXT = 4096


class AnsweredBefore(Exception):
    """Ends a request whose answer is known. Caught by the view's own handling of exceptions."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__("answered before")
        self.answer = answer


class TookEffectBefore(Exception):
    """Ends a request that had taken effect when its process died, with what it is answered now."""

    def __init__(self, response: Response) -> None:
        super().__init__("took effect before")
        response.headers[REPLAYED] = "true"
        self.response = response


def claim_of(request: Request, *, at: Any) -> Attempt | None:
    """Return the attempt that a request's key gives it; None for a request without a key or without effect.

    Raises AnsweredBefore, KeyInUse, KeyReused, or InvalidRequest for a header that is no key.
    """
    header = request.headers.get("Idempotency-Key")
    if header is None or request.method not in UNSAFE:
        return None
    shape = KEY.fullmatch(header.strip())
    if shape is None:
        remedy = "Give 1 to 255 printable ASCII characters, a UUID say."
        raise InvalidRequest(errors=[InvalidMember("/Idempotency-Key", "invalid_idempotency_key", remedy)])
    found = records.claim(shape[1] or shape[2], fingerprint(request), at=at)
    if isinstance(found, StoredAnswer):
        raise AnsweredBefore(found)
    return found


def fingerprint(request: Request) -> str:
    """Return the SHA-256 of what is asked: method, canonical path and members, not their spelling or a multipart boundary.

    Raises InvalidRequest for a body nested so deeply (254 levels) that no request of this API can be meant.
    """
    path = request.path.removeprefix(PREFIX)
    if (request.content_type or "").startswith("multipart/"):
        members: Any = {name: request.POST.getlist(name) for name in request.POST}
        members |= {f"file {name}": [_digest_of(file) for file in request.FILES.getlist(name)] for name in request.FILES}
    else:
        members = request.data
    asked = [request.method, path, request.META.get("QUERY_STRING", ""), _digested(members)]
    try:
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except orjson.JSONEncodeError:
        raise InvalidRequest(errors=[InvalidMember("", "nested_too_deeply", "Send the members that the documentation names.")]) from None


def replayed(answer: StoredAnswer) -> HttpResponse:
    """Return the first answer again, marked as such."""
    response = HttpResponse(answer.body, status=answer.status_code, headers={REPLAYED: "true"})
    if answer.content_type:
        response.headers["Content-Type"] = answer.content_type
    else:
        del response.headers["Content-Type"]
    return response


def event_of(attempt: Attempt) -> Event | None:
    """Return the event that an attempt which died had led to, if it had taken effect."""
    return Event.objects.get(uid=attempt.effect) if attempt.effect else None


def event_beside(event: Event, event_type: EventType) -> Event:
    """Return the event of another type that was written in the same transaction about the same customer."""
    return Event.objects.filter(customer_pk=event.customer_pk, at=event.at, type=event_type.value).latest("sequence")


def keep(attempt: Attempt, response: HttpResponse, *, at: Any) -> None:
    """Keep a success for repetitions; give the key back after a failure that had no effect."""
    if response.status_code < 300:
        if isinstance(response, Response):
            response.render()
        records.keep_answer(attempt, StoredAnswer(response.status_code, response.headers.get("Content-Type", ""), response.content), at=at)
    else:
        records.give_back(attempt)


def _digest_of(file: "UploadedFile[Any]") -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _digested(members: Any) -> Any:
    """Return members with long texts replaced by their digests, so that a document is not copied to be compared."""
    if not isinstance(members, dict):
        return members
    digested = {}
    for name, member in members.items():
        text = member.text if isinstance(member, Base64Text) else member.encode() if isinstance(member, str) else b""
        is_long = isinstance(member, Base64Text) or len(text) > LONG_TEXT
        digested[name] = ["sha256", hashlib.sha256(text).hexdigest()] if is_long else member
    return digested
