"""What the document says of the request log."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE
from verification.api.documentation.fields import moment_field
from verification.api.documentation.operation import PAGING, Answer, operation
from verification.api.documentation.problems import EXAMPLE_REQUEST_ID
from verification.request_log.records import KEPT_DAYS

DESCRIPTION = f"""
Every request that showed one of your keys and was let in as far as that, the newest first: which key, what it asked for, what came of it
and how long that took. Never a body, a query or an id: the route stands with its placeholders. A request is here a few seconds after its
answer, and for {KEPT_DAYS} days.
"""

STATUS_CLASS = {
    "title": "StatusClass",
    "type": "string",
    "enum": ["2xx", "3xx", "4xx", "5xx"],
    "x-enum-varnames": ["SUCCESS", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR"],
}


class ApiRequestSerializer(serializers.Serializer[Any]):
    """One request that a key made."""

    request_id = serializers.CharField(help_text="the header `Request-Id` of its answer")
    at = moment_field("when it was answered")
    key = serializers.CharField(help_text="the prefix of the key, up to its full stop")
    method = serializers.CharField()
    route = serializers.CharField(help_text="the path with its placeholders")
    status = serializers.IntegerField(min_value=100, max_value=599)
    duration_ms = serializers.FloatField(min_value=0)
    idempotency_key = serializers.CharField(allow_null=True, help_text="the header `Idempotency-Key`, when there was one")
    livemode = LIVEMODE


class ApiRequestPageSerializer(serializers.Serializer[Any]):
    """A page of the request log."""

    data = ApiRequestSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


A_REQUEST: dict[str, Any] = {
    "request_id": EXAMPLE_REQUEST_ID,
    "at": "2026-01-31T09:30:00.120000Z",
    "key": "kyc_test_ab12CD34ef56",
    "method": "POST",
    "route": "/api/v1/customers/{customer_id}/documents",
    "status": 201,
    "duration_ms": 48.3,
    "idempotency_key": "5f0c6c1e-7d4b-4b1c-9a0e-2f1d3c4b5a69",
    "livemode": False,
}

LIST_REQUESTS = operation(
    "list_requests",
    path="/api/v1/request-log",
    tag="Request log",
    summary="List what your keys have asked for",
    description=DESCRIPTION.strip(),
    scope="events:read",
    parameters=[
        OpenApiParameter("key", str, description="only requests of the key with this prefix"),
        OpenApiParameter("status", STATUS_CLASS, description="only answers of this class"),
        OpenApiParameter("from", OpenApiTypes.STR, description="answered at or after: a day (in UTC) or an RFC 3339 moment"),
        OpenApiParameter("to", OpenApiTypes.STR, description="answered before: a day (in UTC) or an RFC 3339 moment"),
        *PAGING,
    ],
    answers={200: Answer(ApiRequestPageSerializer, "A page of requests.", {"A page": like.page(A_REQUEST)})},
    invalid=[InvalidMember("/status", "invalid_choice", "Give one of 2xx, 3xx, 4xx, 5xx.")],
)
