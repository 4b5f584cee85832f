"""The status read before Django: a remembered key, one round trip to Redis, and the bytes that the ordinary view stored.

Merchants poll this endpoint more than all others together. Whatever is not at hand (the key, the host, the cached body) or not
quite usual (another method, a query, another scheme) goes to Django, which answers the same and puts it at hand.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import redis
from django.http.request import split_domain_port

from kyc_platform.errors import DomainError
from kyc_platform.redis_client import execute
from kyc_platform.requests.client_ip import client_ip_of
from kyc_platform.requests.request_id import HEADER, new_request_id
from tenants.api_keys.cache import SCHEME, VerifiedKey, forget_key, remembered_key
from tenants.merchants.revocation import revocation_key
from tenants.routing.entry import is_remembered_host_of
from verification.customers.status_floor import body_of, key_of

logger = logging.getLogger("kyc_platform.requests")

SCOPE = "customers:read"
ROUTE = "api/v1/customers/<str:customer_id>/kyc-status"
PATH = re.compile(r"(?:/api/v1)?/customers/([A-Za-z0-9._~:@-]{1,128})/kyc-status")
FIXED_HEADERS = [
    ("Content-Type", "application/json"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
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
        body, merchant = found
        request_id = new_request_id()
        start_response("200 OK", [*FIXED_HEADERS, ("Content-Length", str(len(body))), (HEADER, request_id)])
        duration_ms = round((time.perf_counter() - started) * 1000, 1)
        told = {**merchant, "request_id": request_id, "method": "GET", "route": ROUTE, "status": 200, "duration_ms": duration_ms}
        logger.info("answered", extra=told)
        return [body]


def status_at_hand(environ: Environ) -> tuple[bytes, dict[str, str]] | None:
    """Return the body for a status read and whose it is, when everything about it is at hand.

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
    body = _cached_body(key, header, path[1])
    return None if body is None else (body, {"schema": key.context.schema, "merchant": key.context.public_id})


def _cached_body(key: VerifiedKey, header: str, customer_id: str) -> bytes | None:
    schema = key.context.schema
    try:
        value, version = execute("MGET", key_of(schema, customer_id), revocation_key(schema))
    except redis.RedisError:
        return None  # the view answers from the database
    if (version or b"") != key.revocation_version:
        forget_key(header)
        return None
    return body_of(value)
