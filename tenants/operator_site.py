"""Django admin as our operators have it: their logins are counted, and refused while they cannot be counted."""

import logging
from typing import Any

import redis
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_ratelimit.core import get_usage

from kyc_platform.actor import Actor, ActorKind
from kyc_platform.requests.client_ip import client_ip

logger = logging.getLogger(__name__)

LOGINS_PER_IP = "20/5m"
LOGINS_PER_ACCOUNT = "5/5m"
UNCOUNTED_RETRY_SECONDS = 30


def ip_of(_group: str, request: HttpRequest) -> str:
    """Return what logins are counted by: the client's address, or one name for all whose address is not known."""
    return str(client_ip(request))


def account_of(_group: str, request: HttpRequest) -> str:
    """Return what logins are counted by: the address that was typed. django-ratelimit keeps its hash only."""
    return request.POST.get("username", "").strip().lower()


class OperatorSite(AdminSite):
    """The admin site, behind a login that counts its attempts per address and per account."""

    site_header = site_title = "KYC platform, operators"
    index_title = "Merchants, keys and people"
    site_url = None  # there is no page at the platform's root to go back to

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:  # type: ignore[override]
        """Show or handle the login: 429 after too many attempts, 503 while Redis, which counts them, is away."""
        try:
            usages = [
                get_usage(request, group="operator-login", key=ip_of, rate=LOGINS_PER_IP, method="POST", increment=True),
                get_usage(request, group="operator-login", key=account_of, rate=LOGINS_PER_ACCOUNT, method="POST", increment=True),
            ]
        except redis.RedisError:
            logger.warning("operator login refused: attempts cannot be counted")
            return refusal(503, "Logins are closed for a moment. Try again later.", UNCOUNTED_RETRY_SECONDS)
        waits = [usage["time_left"] for usage in usages if usage is not None and usage["should_limit"]]
        if waits:
            logger.warning("operator login refused: too many attempts")
            return refusal(429, "Too many attempts. Try again later.", max(1, *waits))
        return super().login(request, extra_context)


def refusal(status: int, text: str, retry_after_seconds: int) -> HttpResponse:
    """Return a plain answer that says when to try again."""
    return HttpResponse(text, status=status, content_type="text/plain", headers={"Retry-After": str(retry_after_seconds)})


def operator_of(request: HttpRequest) -> Actor:
    """Return the operator who is logged in as an actor."""
    return Actor(ActorKind.OPERATOR, str(request.user.pk))
