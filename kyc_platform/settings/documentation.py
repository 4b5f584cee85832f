"""What stands at the head of the OpenAPI document, and how drf-spectacular makes it."""

from typing import Any

DESCRIPTION = """
Know your customer, as a service. Your server registers a customer, documents come in, a provider checks them, and you are told the
decision.

## Authentication

Servers send `Authorization: Api-Key kyc_live_…` (live data) or `Api-Key kyc_test_…` (the sandbox). A key has **scopes**; each operation
names the one it needs, and a refusal (`missing_scope`) names it too. Without `pii:read` the personal members of a customer are left
out.

The end user's app sends `Authorization: JWT <token>` (or `Bearer <token>`) with a short-lived token that your server gets from `POST
/api/v1/customers/{customer_id}/access-tokens`. It reaches this one customer and nothing else.

## Modes

A test key reaches the sandbox only, a live key live data only; every object says which by `livemode`. An id of the other mode, an id of
another merchant and an id that never existed are the same `404`.

## Paths

Everything stands under `/api/v1`, without a slash at the end. `/customers…` and `/report` answer without that prefix as well, by the
same code.

## Errors

Errors of the merchant API are problem documents (RFC 9457, `application/problem+json`). Switch on `code`, which is frozen; show
`detail` to a person; `errors` points at each wrong member by JSON Pointer; `type` leads to the [catalogue of
errors](/api/v1/docs/errors). A member of a body that an operation does not know is refused, and so is a query parameter that a list or
a report does not know. Nothing is stored from a refused request. A path that does not exist, a method that is not there (405) and a
content type that is not read (415) are problem documents too, and so is the rare 500. Errors of the end-user API keep their envelope of
`is_success`, `err_code` and `err_message`, with the right HTTP status.

## Requests and answers

JSON in UTF-8, both ways, whatever `Accept` says. Every answer carries `Request-Id`: keep it, it finds the request in our logs. Moments
are RFC 3339 in UTC, dates `YYYY-MM-DD`. Answers may gain members, and choices values:
bear those that you do not know.

## Idempotency

Send `Idempotency-Key` with every call that changes something, and the same key again when its answer was lost: it has one effect, and
the first answer comes back, marked `Idempotent-Replayed: true`. The same key with another request is 422, and 409 while the first one
runs. Keys are kept for 24 hours. A request that failed before it took effect does not use its key up.

## Quotas

Every key, every merchant and every end user has a quota of requests a minute, which the merchant's plan sets; it refills evenly.
`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` on each answer tell of the one that has least left. A request beyond it is
429 with `Retry-After`, has no effect and is not counted. Wrong keys and tokens are counted by the address that they come from.

## Lists

`?limit=` (1 to 100, 25 unless said) and `?cursor=` give `{"data": […], "next_cursor": …, "has_more": …}`, the newest first. Send
`next_cursor` back as it came. Rows added meanwhile shift nothing.

## Events

See *Webhooks*: what we post to your endpoints, signed as [Standard Webhooks 1.0](https://www.standardwebhooks.com) describes. The
same events stand in `GET /events`, each at a `position`: 1, 2, 3, … without a gap, and never changed. Keep `next_after`, and ask from
there: you have missed nothing then, whatever became of a webhook.
""".strip()

TAGS = [
    {"name": "Customers", "description": "The people whom you have verified, and where they stand."},
    {"name": "Documents", "description": "What they show, and every submission there was."},
    {
        "name": "Verifications",
        "description": "Runs from the first document to the decision, and your own decisions.",
    },
    {"name": "End users", "description": "What the customer's own app does, with a token instead of a key."},
    {"name": "Reports", "description": "Figures, without personal data."},
    {"name": "Webhooks", "description": "Where we post events."},
    {"name": "Events", "description": "What has happened: what we post, and all of it in order to read again."},
    {"name": "Sandbox", "description": "Driving your sandbox: what takes days happens while you watch. Refused with a live key."},
    {"name": "Request log", "description": "What your keys have asked for."},
    {"name": "Health", "description": "Whether the platform works."},
    {"name": "Provider callbacks", "description": "Where providers report. Not for merchants."},
]

WEBHOOKS = (
    "CUSTOMER_CREATED",
    "CUSTOMER_UPDATED",
    "DOCUMENT_SUBMITTED",
    "DOCUMENT_VERIFIED",
    "DOCUMENT_REJECTED",
    "VERIFICATION_SUBMITTED",
    "VERIFICATION_IN_REVIEW",
    "VERIFICATION_APPROVED",
    "VERIFICATION_DECLINED",
    "VERIFICATION_RESUBMISSION_REQUESTED",
    "VERIFICATION_EXPIRED",
    "VERIFICATION_REOPENED",
    "WEBHOOK_ENDPOINT_DISABLED",
    "TEST_PING",
)

# Choices that stand in more than one shape have one name each in generated clients.
ENUM_NAMES = {
    "DocType": "verification.levels.doc_types.DocType",
    "CustomerStatus": "verification.customers.stages.Status",
    "CustomerStage": "verification.customers.stages.Stage",
    "DocumentState": "verification.documents.models.DocumentState",
    "CheckOutcome": "verification.lifecycle.outcomes.Outcome",
    "ProviderCheckState": "verification.providers.models.CheckState",
    "ReviewDecision": "verification.reviews.models.ReviewDecision",
    "EndUserStatus": "verification.api.documentation.fields.USER_STATUSES",
    "DisabledBecause": "verification.api.documentation.webhook_endpoints.DISABLED_BECAUSE",
    "WebhookEndpointState": "verification.api.documentation.fields.ENDPOINT_STATES",
    "WebhookEndpointWarningCode": "verification.api.documentation.webhook_endpoints.WARNING_CODES",
    "WebhookFailure": "verification.api.documentation.fields.FAILURES",
    "EndUserDocumentStatus": "verification.api.documentation.end_user_schemas.DOCUMENT_STATUSES",
    "EndUserSubmissionStatus": "verification.api.documentation.end_user_schemas.SUBMISSION_STATUSES",
    "EventType": "verification.api.documentation.fields.EVENT_TYPES",
    "ReasonCode": "verification.api.documentation.fields.REASON_CODES",
    "ActorKind": "verification.api.documentation.fields.ACTOR_KINDS",
    "MediaType": "verification.api.documentation.fields.MEDIA_TYPES",
    "ProviderErrorClass": "verification.api.documentation.fields.ERROR_CLASSES",
    "SimulationAction": "verification.api.documentation.sandbox.SIMULATION_ACTIONS",
    "IntegrationCheckState": "verification.api.documentation.integration_check.CHECK_STATES",
    "IntegrationCaseName": "verification.api.documentation.integration_check.CASE_NAMES",
    "WebhookFault": "verification.api.documentation.sandbox.FAULTS",
    "SimulationReason": "verification.api.documentation.sandbox.SIMULATION_REASONS",
    "SimulationEffect": "verification.api.documentation.sandbox.SIMULATION_EFFECTS",
    "IdentityDocumentType": "verification.api.documentation.fields.IDENTITY_DOCUMENT_TYPES",
}


def spectacular_settings(public_base_url: str) -> dict[str, Any]:
    """Return SPECTACULAR_SETTINGS."""
    return {
        "TITLE": "KYC platform",
        "VERSION": "1.0.0",
        "DESCRIPTION": DESCRIPTION,
        "OAS_VERSION": "3.1.1",
        "SERVERS": [{"url": "/", "description": "where this document came from"}, {"url": public_base_url, "description": "this platform"}],
        "TAGS": TAGS,
        "WEBHOOKS": [f"verification.api.documentation.outgoing.{name}" for name in WEBHOOKS],
        "PREPROCESSING_HOOKS": ["verification.api.documentation.hooks.canonical_paths"],
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "verification.api.documentation.hooks.finish",
        ],
        "ENUM_NAME_OVERRIDES": ENUM_NAMES,
        "ENUM_SUFFIX": "",
        "SCHEMA_PATH_PREFIX": "/api/v1",
        "SORT_OPERATION_PARAMETERS": False,
        "SERVE_INCLUDE_SCHEMA": False,
    }
