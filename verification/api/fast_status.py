"""The status read before Django: a remembered key, the bytes that the view stored, and at most one round trip to Redis, which counts too.

Merchants poll this endpoint more than all others together. Whatever is not at hand (the key, the host, the cached body) or not
quite usual (another method, a query, another scheme) goes to Django, which answers the same and puts it at hand.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.http.request import split_domain_port

from kyc_platform.errors import DomainError
from kyc_platform.observability.logs import write_line
from kyc_platform.observability.metrics import count_request
from kyc_platform.requests.caching import NO_STORE
from kyc_platform.requests.client_ip import client_ip_of
from kyc_platform.requests.request_id import HEADER, new_request_id
from tenants.api_keys.cache import SCHEME, VerifiedKey, forget_key, remembered_key
from tenants.limits.counting import COUNTED, count, quota_headers
from tenants.limits.quotas import buckets_of_key
from tenants.merchants.revocation import revocation_key
from tenants.routing.entry import is_remembered_host_of
from verification.api.request_logging import shown_route
from verification.customers.status_floor import body_of, key_of
from verification.request_log.lines import Line, outbox

logger = logging.getLogger("kyc_platform.requests")

SCOPE = "customers:read"
ROUTE = "api/v1/customers/<str:customer_id>/kyc-status"
LOGGED_ROUTE = shown_route(ROUTE)
PATH = re.compile(r"(?:/api/v1)?/customers/([A-Za-z0-9._~:@-]{1,128})/kyc-status")
FIXED_HEADERS = [
    ("Content-Type", "application/json"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    NO_STORE,
]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class FastStatus:
    """A WSGI application around another: answers what it can and passes on the rest. It never touches the database."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        started = time.perf_counter()
        found = status_at_hand(environ)
        if found is None:
            return self.application(environ, start_response)
        body, key = found
        request_id = new_request_id()
        length = ("Content-Length", str(len(body)))
        start_response("200 OK", [*FIXED_HEADERS, length, (HEADER, request_id), *quota_headers(environ)])
        duration_ms = round((time.perf_counter() - started) * 1000, 1)
        whose = {"schema": key.context.schema, "merchant": key.context.public_id}
        write_line(logger, "answered", **whose, request_id=request_id, method="GET", route=ROUTE, status=200, duration_ms=duration_ms)
        outbox().put(key.context.schema, Line(request_id, time.time(), key.prefix, "GET", LOGGED_ROUTE, 200, duration_ms, ""))
        count_request("GET", ROUTE, 200)
        return [body]


def status_at_hand(environ: Environ) -> tuple[bytes, VerifiedKey] | None:
    """Return the body for a status read and the key that asks, when everything about it is at hand.

    None leaves the request, and every error, to Django.
    """
    path = PATH.fullmatch(environ["PATH_INFO"])
    header = environ.get("HTTP_AUTHORIZATION", "")
    if path is None or environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING") or header[:8].lower() != f"{SCHEME} ":
        return None
    try:
        key = remembered_key(header, client_ip_of(environ), datetime.now(UTC))
    except DomainError:
        return None  # the view refuses it with the right answer
    if key is None or SCOPE not in key.scopes:
        return None
    if not is_remembered_host_of(split_domain_port(environ.get("HTTP_HOST", ""))[0], key.context):
        return None
    body = _cached_body(environ, key, header, path[1])
    return None if body is None else (body, key)


def _cached_body(environ: Environ, key: VerifiedKey, header: str, customer_id: str) -> bytes | None:
    """Count the request and read its answer in one step. What is handed on to Django is counted already."""
    schema = key.context.schema
    found = count(environ, buckets_of_key(key.context, key.prefix), read=(key_of(schema, customer_id), revocation_key(schema)))
    if found is None or environ[COUNTED].refused:
        return None  # the view answers from the database, or refuses
    value, version = found
    if (version or b"") != key.revocation_version:
        forget_key(header)
        return None
    return body_of(value)
