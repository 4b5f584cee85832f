"""The merchant of a request, looked up and entered on each."""

from collections.abc import Callable
from typing import Any

from django.db import connection as django_connection
from django.http import HttpRequest, HttpResponse

from tenants.api_keys.models import MerchantApiKey

connection: Any = django_connection  # django-tenants adds the schema to it, and is untyped


class TenantOfKeyMiddleware:
    """Enters the schema of the key's merchant; without a key it stays in `public`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        connection.set_schema_to_public()
        text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        if text:
            key: Any = MerchantApiKey.objects.get_from_key(text)
            connection.set_tenant(key.merchant)
        return self.get_response(request)
