"""Reading requests: each function returns what it found, or raises the Refusal that says what would be right."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import BodyPartReader, web
from yarl import URL

from verification.providers.sandbox.service.scenarios import UnknownScenario, read_scenario

TEXT_CHARACTERS_MAX: Final = 2000
BODY_BYTES_MAX: Final = 20 * 1024 * 1024


class Refusal(Exception):
    """An answer that is an error: `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.response = web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


def read_scenario_member(members: dict[str, Any]) -> str:
    """Return the member `scenario` as it is written."""
    text = text_member(members, "scenario")
    try:
        read_scenario(text)
    except UnknownScenario as unknown:
        raise Refusal(422, "unknown_scenario", f"scenario: {unknown}; see /docs") from None
    return text.strip()


def text_member(members: Mapping[str, Any], name: str) -> str:
    """Return a member that must be a text."""
    value = members.get(name)
    # Lone surrogates can be written in JSON and nowhere else.
    if not isinstance(value, str) or not 1 <= len(value) <= TEXT_CHARACTERS_MAX or value.encode(errors="ignore").decode() != value:
        raise Refusal(422, "invalid_request", f"{name}: a text of 1 to {TEXT_CHARACTERS_MAX} characters")
    return value


async def json_members(request: web.Request) -> dict[str, Any]:
    """Return the members of a JSON object."""
    try:
        members = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        members = None
    if not isinstance(members, dict):
        raise Refusal(400, "invalid_json", "send a JSON object")
    return members


def http_url_member(members: Mapping[str, Any], name: str) -> str:
    """Return a member that must be an absolute http or https URL."""
    text = text_member(members, name)
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise Refusal(422, "invalid_request", f"{name}: write http(s)://host/path")
    return text


def idempotency_key(request: web.Request) -> str:
    """Return the key that every POST carries."""
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 200 or not key.isascii():
        raise Refusal(400, "idempotency_key_missing", "send an Idempotency-Key of 1 to 200 ASCII characters")
    return key


async def multipart_parts(request: web.Request) -> tuple[dict[str, str], bytes]:
    """Return the text parts by name and the bytes of the part `file`."""
    # Not `request.post()`: that writes a file part to disk, and nothing of a document may get there.
    if request.content_type != "multipart/form-data":
        raise Refusal(415, "multipart_expected", "send multipart/form-data with kind, reference and file")
    fields: dict[str, str] = {}
    body = b""
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                body = await _capped(part)
            elif isinstance(part, BodyPartReader) and part.name:
                fields[part.name] = (await _capped(part)).decode()[:TEXT_CHARACTERS_MAX]
    except (ValueError, AssertionError):
        raise Refusal(400, "invalid_multipart", "the multipart body cannot be read") from None
    return fields, body


async def _capped(part: BodyPartReader) -> bytes:
    body = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refusal(413, "too_large", f"a document has at most {BODY_BYTES_MAX} bytes")
    return bytes(body)
