"""The paths beside the API: health, and where providers call. They are plain views, which drf-spectacular does not read."""

from typing import Any

from kyc_platform.errors import DomainError, NotFound
from kyc_platform.requests.json import BodyTooBig
from kyc_platform.requests.problems import MEDIA_TYPE, problem_document
from tenants.merchants.states import MerchantClosed, MerchantNotOpen
from verification.api.documentation.problems import EXAMPLE_REQUEST_ID
from verification.providers.interface import BadSignature, UnreadableCallback

REQUEST_ID_HEADER = {"Request-Id": {"required": True, "schema": {"type": "string"}, "description": "names this request in our logs"}}
HEALTH = {"title": "Liveness", "type": "object", "required": ["status"], "properties": {"status": {"type": "string", "const": "ok"}}}
DEPENDENCY = {"title": "DependencyState", "type": "string", "enum": ["ok", "unreachable"]}
READINESS = {
    "title": "Readiness",
    "type": "object",
    "required": ["status", "dependencies", "background"],
    "properties": {
        "status": {"title": "ReadinessState", "type": "string", "enum": ["ready", "not_ready"]},
        "dependencies": {"title": "Dependencies", "type": "object", "additionalProperties": DEPENDENCY},
        "background": {
            "title": "Background",
            "type": ["object", "null"],
            "description": "For a monitor: what the programs behind the API are doing. Null while Redis, which knows it, is away.",
            "required": ["seconds_since_life", "overdue_seconds", "overdue_merchants"],
            "properties": {
                "seconds_since_life": {
                    "title": "SecondsSinceLife",
                    "type": "object",
                    "additionalProperties": {"type": ["number", "null"]},
                    "description": "How long ago each kind of program last showed life: a few seconds. Null: never.",
                },
                "overdue_seconds": {"type": "number", "description": "For how long the oldest work has been due: a second or two."},
                "overdue_merchants": {"type": "integer", "description": "How many merchants have work that is due now."},
            },
        },
    },
}
READY = {
    "status": "ready",
    "dependencies": {"database": "ok", "redis": "ok", "storage": "ok"},
    "background": {
        "seconds_since_life": {"worker": 2.4, "sender": 1.1, "scheduler": 4.0},
        "overdue_seconds": 0.3,
        "overdue_merchants": 1,
    },
}
NOT_READY = {"status": "not_ready", "dependencies": {"database": "ok", "redis": "unreachable", "storage": "ok"}, "background": None}
RECEIVED = {
    "title": "CallbackReceipt",
    "type": "object",
    "required": ["received"],
    "properties": {"received": {"type": "boolean", "const": True}},
}
CALLBACK_PATH = "/callbacks/{provider}/{route_token}"


def _json(description: str, schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "examples": {"Answer": {"value": example}}}}
    return {"description": description, "headers": REQUEST_ID_HEADER, "content": content}


def _problems(*errors: type[DomainError]) -> dict[str, Any]:
    shown = {error.code: {"value": problem_document(error(), instance=CALLBACK_PATH, request_id=EXAMPLE_REQUEST_ID)} for error in errors}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}}
    words = "\n".join(f"- `{error.code}`: {error.title}." for error in errors)
    return {"description": words, "headers": REQUEST_ID_HEADER, "content": content}


def _text(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


PLATFORM_PATHS: dict[str, Any] = {
    "/healthz": {
        "get": {
            "operationId": "read_liveness",
            "summary": "Whether the process lives",
            "description": "Asks no dependency.",
            "tags": ["Health"],
            "security": [],
            "responses": {"200": _json("It takes requests.", HEALTH, {"status": "ok"})},
        }
    },
    "/readyz": {
        "get": {
            "operationId": "read_readiness",
            "summary": "Whether the process can work",
            "description": "Each dependency with its state.",
            "tags": ["Health"],
            "security": [],
            "responses": {
                "200": _json("Every dependency can be reached.", READINESS, READY),
                "503": _json("At least one cannot.", READINESS, NOT_READY),
            },
        }
    },
    CALLBACK_PATH: {
        "post": {
            "operationId": "receive_provider_callback",
            "summary": "Where a provider reports",
            "description": "The signature is verified before anything else, as the provider's own documentation "
            "describes it; the event is stored once, answered, and handled afterwards. A repeated event is answered alike and changes "
            "nothing.",
            "tags": ["Provider callbacks"],
            "security": [],
            "parameters": [
                _text("provider", "the provider's name"),
                _text("route_token", "whose callback it is; it stands in the URL that the provider was given"),
            ],
            "requestBody": {"content": {"application/json": {"schema": {}, "examples": {"Whatever the provider signs": {"value": {}}}}}},
            "responses": {
                "200": _json("Stored, now or before.", RECEIVED, {"received": True}),
                "400": _problems(BadSignature, UnreadableCallback),
                "403": _problems(MerchantNotOpen, MerchantClosed),
                "404": _problems(NotFound),
                "413": _problems(BodyTooBig),
            },
        }
    },
}
