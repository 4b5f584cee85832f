"""Each request that showed a key is put into its merchant's request log once it is answered."""

import re
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kyc_platform.requests.request_id import request_id_of
from tenants.api_keys.cache import VerifiedKey
from verification.request_log.lines import Line, outbox

IDEMPOTENCY_KEY_CHARACTERS = 255
METHOD_CHARACTERS = 10
PLACEHOLDER = re.compile(r"<str:(\w+)>")


class RequestLogMiddleware:
    """Notes key, method, route, status, duration and Idempotency-Key; no query, no body, no id. Waits for nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        started = time.perf_counter()
        response = self.get_response(request)
        key, match = getattr(request, "auth", None), request.resolver_match
        if isinstance(key, VerifiedKey) and match is not None:
            line = Line(
                request_id=request_id_of(request),
                at=time.time(),
                key=key.prefix,
                method=(request.method or "")[:METHOD_CHARACTERS],
                route=shown_route(match.route),
                status=response.status_code,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
                idempotency_key=printable(request.headers.get("Idempotency-Key", ""))[:IDEMPOTENCY_KEY_CHARACTERS],
            )
            outbox().put(key.context.schema, line)
        return response


def shown_route(route: str) -> str:
    """Return a route as the OpenAPI document writes it, with `{customer_id}` for an id."""
    return "/" + PLACEHOLDER.sub(r"{\1}", route)


def printable(text: str) -> str:
    """Return a header's text as it was sent, but for characters that no key may have and no database takes."""
    return "".join(character for character in text if character.isascii() and character.isprintable())
