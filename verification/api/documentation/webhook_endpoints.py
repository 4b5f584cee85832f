"""What the OpenAPI document says of the webhook endpoints: the keyword arguments of `extend_schema`."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from kyc_platform.requests.paging import LIMIT_DEFAULT, LIMIT_MAX
from kyc_platform.requests.problems import MEDIA_TYPE as PROBLEM
from verification.webhooks.endpoints import EVENT_TYPES
from verification.webhooks.models import ENDPOINTS_MAX, EndpointState

MOMENT = {"type": "string", "format": "date-time"}
MOMENT_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
EVENT_TYPE_LIST = {"type": ["array", "null"], "minItems": 1, "items": {"type": "string", "enum": list(EVENT_TYPES)}}
MEMBERS: dict[str, Any] = {
    "id": {"type": "string"},
    "url": {"type": "string", "format": "uri"},
    "event_types": {**EVENT_TYPE_LIST, "description": "null: every type, also those to come"},
    "state": {"type": "string", "enum": [EndpointState.ENABLED.value, EndpointState.DISABLED.value]},
    "created_at": MOMENT,
    "failing_since": {**MOMENT_OR_NULL, "description": "the first failure after the last success"},
    "disabled_at": MOMENT_OR_NULL,
    "disabled_because": {"type": ["string", "null"], "description": "`gone`: it answered 410; `failing`: it failed for five days"},
    "livemode": {"type": "boolean"},
}
SECRET: dict[str, Any] = {
    "type": "string",
    "description": "`whsec_…`, shown in this answer only: it verifies what is posted to the endpoint",
}
ENDPOINT_SCHEMA: dict[str, Any] = {"type": "object", "properties": MEMBERS, "required": list(MEMBERS)}
CREATED_SCHEMA: dict[str, Any] = {"type": "object", "properties": {**MEMBERS, "secret": SECRET}, "required": [*MEMBERS, "secret"]}
PAGE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": ENDPOINT_SCHEMA},
        "next_cursor": {"type": ["string", "null"]},
        "has_more": {"type": "boolean"},
    },
    "required": ["data", "next_cursor", "has_more"],
}
NEW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"url": {"type": "string", "maxLength": 2048}, "event_types": EVENT_TYPE_LIST},
    "required": ["url"],
    "additionalProperties": False,
}
PROBLEM_SCHEMA = {"type": "object", "additionalProperties": True, "required": ["type", "title", "status", "detail", "code", "request_id"]}

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "id": "whe_mfzwizltoq4tmnrxha3dinzyge",
    "url": "https://hooks.example.com/kyc",
    "event_types": ["verification.approved", "verification.declined"],
    "state": "enabled",
    "created_at": "2026-01-31T09:30:00Z",
    "failing_since": None,
    "disabled_at": None,
    "disabled_because": None,
    "livemode": False,
}
DISABLED_EXAMPLE = {**ENDPOINT_EXAMPLE, "state": "disabled", "disabled_at": "2026-02-14T16:04:11Z", "disabled_because": "gone"}
NEW_EXAMPLE = {"url": "https://hooks.example.com/kyc", "event_types": ["verification.approved", "verification.declined"]}
CREATED_EXAMPLE = {**ENDPOINT_EXAMPLE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

DELIVERIES = """
Each event is posted to the endpoint as Standard Webhooks 1.0 describes: `webhook-id` (the same at every attempt: use it to recognise a
repetition), `webhook-timestamp`, `webhook-signature`, and the body `{"type", "timestamp", "data"}`. Any 2xx within 15 seconds counts as
received; redirects are not followed. Other answers are tried again after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, not
earlier than a `Retry-After` asks for. 410 disables the endpoint. Events may arrive twice and out of order: `data.sequence` orders them.
"""


def _answer(name: str, status: int, value: object) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


def _problem(name: str, status: int, code: str, title: str, detail: str, *, path: str = "", **more: object) -> OpenApiExample:
    value = {"type": f"/api/v1/docs/errors#{code}", "title": title, "status": status, "detail": detail}
    value |= {"instance": f"/api/v1/webhook-endpoints{path}", "code": code, "request_id": "req_mfzwizltoq4tmnrxha3dinzyge", **more}
    return OpenApiExample(name, value=value, media_type=PROBLEM, response_only=True, status_codes=[str(status)])


NOT_FOUND = _problem(
    "No such endpoint",
    404,
    "webhook_endpoint_not_found",
    "There is no such webhook endpoint",
    "No webhook endpoint has this id here. List them with GET /webhook-endpoints.",
    path="/whe_none",
)

CREATE_WEBHOOK_ENDPOINT: dict[str, Any] = {
    "operation_id": "create_webhook_endpoint",
    "summary": "Add a webhook endpoint",
    "description": f"Needs the scope `webhooks:manage`. At most {ENDPOINTS_MAX} endpoints.\n{DELIVERIES}".strip(),
    "tags": ["Webhooks"],
    "request": {"application/json": NEW_SCHEMA},
    "responses": {
        (201, "application/json"): CREATED_SCHEMA,
        (409, PROBLEM): PROBLEM_SCHEMA,
        (422, PROBLEM): PROBLEM_SCHEMA,
    },
    "examples": [
        OpenApiExample("Two event types", value=NEW_EXAMPLE, request_only=True),
        OpenApiExample("Every event type", value={"url": "https://hooks.example.com/kyc"}, request_only=True),
        _answer("Created", 201, CREATED_EXAMPLE),
        _problem(
            "Too many",
            409,
            "too_many_webhook_endpoints",
            f"There are {ENDPOINTS_MAX} webhook endpoints already",
            "Delete one that is no longer used with DELETE /webhook-endpoints/{id}.",
        ),
        _problem(
            "The URL leads inside",
            422,
            "url_not_allowed",
            "The URL is not allowed",
            "the host must lead to public addresses only",
            errors=[{"pointer": "/url", "code": "url_not_allowed", "detail": "the host must lead to public addresses only"}],
        ),
        _problem(
            "Unknown event type",
            422,
            "invalid_request",
            "The request has invalid members",
            "The request has invalid members",
            errors=[
                {
                    "pointer": "/event_types/0",
                    "code": "unknown_event_type",
                    "detail": f"customer.approved is no event type. Event types: {', '.join(EVENT_TYPES)}.",
                }
            ],
        ),
    ],
}
LIST_WEBHOOK_ENDPOINTS: dict[str, Any] = {
    "operation_id": "list_webhook_endpoints",
    "summary": "List the webhook endpoints, newest first",
    "description": "Needs the scope `webhooks:manage`. Deleted endpoints are left out.",
    "tags": ["Webhooks"],
    "request": None,
    "parameters": [
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}),
        OpenApiParameter("cursor", str, description="the `next_cursor` of the page before"),
    ],
    "responses": {(200, "application/json"): PAGE_SCHEMA, (422, PROBLEM): PROBLEM_SCHEMA},
    "examples": [
        _answer("A page", 200, {"data": [ENDPOINT_EXAMPLE], "next_cursor": None, "has_more": False}),
        _problem(
            "Wrong limit",
            422,
            "invalid_request",
            "The request has invalid members",
            "The request has invalid members",
            errors=[{"pointer": "/limit", "code": "invalid_limit", "detail": f"Give a whole number from 1 to {LIMIT_MAX}."}],
        ),
    ],
}
READ_WEBHOOK_ENDPOINT: dict[str, Any] = {
    "operation_id": "read_webhook_endpoint",
    "summary": "Read a webhook endpoint",
    "description": "Needs the scope `webhooks:manage`. The secret is never shown again.",
    "tags": ["Webhooks"],
    "request": None,
    "responses": {(200, "application/json"): ENDPOINT_SCHEMA, (404, PROBLEM): PROBLEM_SCHEMA},
    "examples": [_answer("Enabled", 200, ENDPOINT_EXAMPLE), _answer("Disabled", 200, DISABLED_EXAMPLE), NOT_FOUND],
}
DELETE_WEBHOOK_ENDPOINT: dict[str, Any] = {
    "operation_id": "delete_webhook_endpoint",
    "summary": "Delete a webhook endpoint",
    "description": "Needs the scope `webhooks:manage`. Deliveries that it is owed are cancelled.",
    "tags": ["Webhooks"],
    "request": None,
    "responses": {204: None, (404, PROBLEM): PROBLEM_SCHEMA},
    "examples": [NOT_FOUND],
}
