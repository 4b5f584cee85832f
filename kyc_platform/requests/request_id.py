"""A name for every request: in the answer, in every log line written meanwhile, and in errors.

A caller's own `X-Request-Id` is not believed: it could be used to confuse logs.
"""

import logging
import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kyc_platform.observability.logs import bind, unbind_all
from kyc_platform.observability.metrics import count_request

logger = logging.getLogger("kyc_platform.requests")

HEADER = "Request-Id"


def new_request_id() -> str:
    """Return `req_` and 128 random bits in hexadecimal."""
    return "req_" + os.urandom(16).hex()


def request_id_of(request: HttpRequest) -> str:
    """Return the id that RequestIdMiddleware gave this request."""
    return str(getattr(request, "request_id", ""))


class RequestIdMiddleware:
    """Give each request its id, and write one line when it is answered: for whom, method, route, status and duration, no query, no body.

    Whoever enters a merchant for the request adds its `schema` and `merchant` to `request.acted_for`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request. The route is logged with its placeholders, because ids in paths are the merchant's own."""
        request_id = new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]  # the one place that sets it
        request.acted_for = {}  # type: ignore[attr-defined]
        unbind_all()
        bind(request_id=request_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers[HEADER] = request_id
            match = request.resolver_match
            count_request(request.method or "", match.route if match else None, response.status_code)
            logger.info(
                "answered",
                extra={
                    **request.acted_for,  # type: ignore[attr-defined]
                    "method": request.method,
                    "route": match.route if match else None,
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return response
        finally:
            unbind_all()


def with_request_id(response: HttpResponse, request_id: str) -> HttpResponse:
    """Put the id on an answer that did not pass the middleware."""
    response.headers[HEADER] = request_id
    return response
