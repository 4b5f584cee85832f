"""Answers hold personal data: no browser, proxy or app keeps one, unless it says itself that it may be kept."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

NO_STORE = ("Cache-Control", "no-store")


class NoStoreMiddleware:
    """Forbid keeping every answer that has neither a Cache-Control nor an ETag of its own (RFC 9111, 5.2.2.5)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        if "ETag" not in response.headers:
            response.headers.setdefault(*NO_STORE)
        return response
