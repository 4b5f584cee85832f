"""Every answer to a request that was counted says what is left of the quota."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tenants.limits.counting import quota_headers


class RateLimitHeadersMiddleware:
    """Puts `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` on answers, refusals included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        for name, value in quota_headers(request.META):
            response.headers[name] = value
        return response
