"""What the document says of the webhook endpoints."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from kyc_platform.outbound.errors import OutboundRefused
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE
from verification.api.documentation.fields import ENDPOINT_STATES, EVENT_TYPES, moment_field
from verification.api.documentation.operation import PAGING, Answer, operation
from verification.api.documentation.problems import Refusal
from verification.webhooks.endpoints import EndpointNotFound, TooManyEndpoints
from verification.webhooks.models import ENDPOINTS_MAX

TAG = "Webhooks"
SCOPE = "webhooks:manage"
PATH = "/api/v1/webhook-endpoints"
ENDPOINT_ID = "whe_mfzwizltoq4tmnrxha3dinzyge"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the example of the standard's own text
ID_PARAMETER = OpenApiParameter("endpoint_id", str, OpenApiParameter.PATH, description="the `id` of an endpoint")
URL_REMEDY = "the host must lead to public addresses only"
REFUSED_URL = Refusal(OutboundRefused, URL_REMEDY, (InvalidMember("/url", OutboundRefused.code, URL_REMEDY),))
UNKNOWN_TYPE = InvalidMember("/event_types/0", "unknown_event_type", "customer.approved is no event type. Event types: customer.created, …")
WARNING_CODES = [
    ("failing_for_an_hour", "it has only failed for an hour"),
    ("failing_for_a_day", "it has only failed for a day"),
    ("disabled_in_a_day", "it is disabled in a day, unless it receives something"),
    ("disabled", "it was disabled"),
]
DISABLED_BECAUSE = [("gone", "it answered 410"), ("failing", "it only failed for five days"), ("requested", "you disabled it")]

DELIVERIES = """
Each event is posted to the endpoint as [Standard Webhooks 1.0](https://www.standardwebhooks.com) describes; the section on webhooks shows
each body. Any 2xx within 15 seconds counts as received, redirects are not followed. Other answers are tried again after 5 seconds, 5 and
30 minutes, 2, 5, 10, 14, 20 and 24 hours, not earlier than a `Retry-After` asks for. 410 disables the endpoint, and so do five days
of nothing but failures, after warnings in `warnings` and by e-mail to its owners, admins and developers: after an hour, after a day, and a
day before. An event may arrive twice (`webhook-id` tells) and out of order (`data.sequence` tells).
"""

CHANGES = """
What is left out stays as it is. What is owed already goes to the new `url`. Disabling cancels what is owed; an endpoint that is enabled
again begins as if it had never failed, and is told of what happens from then on: ask for what it missed with
`POST /webhook-endpoints/{id}/recover`.
"""

ROTATION = """
From now on the new secret signs. Until the old one expires (after a day, unless said; 0 to 7 days), it signs too: `webhook-signature`
then has two signatures with a space between them, of which receivers need to know either. So: rotate, bring the new secret into your
receiver, and forget the old one. There are never more than two; rotating again forgets the older one at once. An attempt that is being made
when the old secret expires may still carry its signature.
"""


def _event_types(**more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.ChoiceField(choices=EVENT_TYPES), allow_null=True, min_length=1, **more)


class SecretRotationInputSerializer(serializers.Serializer[Any]):
    """How long the old secret is still to sign."""

    expires_in_seconds = serializers.IntegerField(
        min_value=0, max_value=7 * 24 * 3600, default=24 * 3600, help_text="how long the old secret signs too"
    )


class WebhookEndpointChangeInputSerializer(serializers.Serializer[Any]):
    """What is to change; what is left out stays as it is."""

    url = serializers.CharField(required=False, min_length=1, help_text="https, a public host, port 443 or 8443", max_length=2048)
    event_types = _event_types(required=False, help_text="null: every type, also those to come")
    state = serializers.ChoiceField(choices=ENDPOINT_STATES, required=False)


class WebhookEndpointInputSerializer(serializers.Serializer[Any]):
    """Where to post, and what."""

    url = serializers.CharField(min_length=1, help_text="https, a public host, port 443 or 8443", max_length=2048)
    event_types = _event_types(required=False, help_text="null or left out: every type, also those to come")


class WebhookEndpointWarningSerializer(serializers.Serializer[Any]):
    """One warning."""

    code = serializers.ChoiceField(choices=WARNING_CODES)
    warned_at = moment_field("when it was given")


class WebhookEndpointSerializer(serializers.Serializer[Any]):
    """An address that events are posted to."""

    id = serializers.CharField()
    url = serializers.CharField(help_text="in its normal form")
    event_types = _event_types(help_text="null: every type, also those to come")
    state = serializers.ChoiceField(choices=ENDPOINT_STATES)
    created_at = moment_field("when it was added")
    failing_since = moment_field("the first failure after the last success", allow_null=True)
    disabled_at = moment_field("since when nothing is posted", allow_null=True)
    disabled_because = serializers.ChoiceField(choices=DISABLED_BECAUSE, allow_null=True)
    warnings = WebhookEndpointWarningSerializer(
        many=True, help_text="those given since it has been failing; its members get them by e-mail too"
    )
    previous_secret_expires_at = moment_field("until when the secret before this one signs too; null when it does not", allow_null=True)
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class WebhookEndpointWithSecretSerializer(WebhookEndpointSerializer):
    """An endpoint, with the secret that it has just been given."""

    secret = serializers.CharField(help_text="verifies what is posted; shown in this answer only")


class WebhookEndpointPageSerializer(serializers.Serializer[Any]):
    """A page of endpoints."""

    data = WebhookEndpointSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


ENABLED: dict[str, Any] = {
    "id": ENDPOINT_ID,
    "url": "https://hooks.example.com/kyc",
    "event_types": ["verification.approved", "verification.declined"],
    "state": "enabled",
    "created_at": "2026-01-31T09:30:00Z",
    "failing_since": None,
    "disabled_at": None,
    "disabled_because": None,
    "warnings": [],
    "previous_secret_expires_at": None,
    "livemode": False,
}
FAILING = {
    **ENABLED,
    "failing_since": "2026-02-09T16:04:11Z",
    "warnings": [{"code": "failing_for_an_hour", "warned_at": "2026-02-09T17:04:12Z"}],
}
DISABLED = {**ENABLED, "state": "disabled", "disabled_at": "2026-02-14T16:04:11Z", "disabled_because": "gone"}

CREATE_WEBHOOK_ENDPOINT = operation(
    "create_webhook_endpoint",
    path=PATH,
    tag=TAG,
    summary="Add a webhook endpoint",
    description=f"At most {ENDPOINTS_MAX} endpoints in each mode.\n{DELIVERIES}",
    scope=SCOPE,
    body=WebhookEndpointInputSerializer,
    bodies={
        "Two event types": {"url": "https://hooks.example.com/kyc", "event_types": ["verification.approved", "verification.declined"]},
        "Every event type": {"url": "https://hooks.example.com/kyc"},
    },
    answers={201: Answer(WebhookEndpointWithSecretSerializer, "The new endpoint.", {"Created": {**ENABLED, "secret": SECRET}})},
    refused=(TooManyEndpoints, REFUSED_URL),
    invalid=(UNKNOWN_TYPE,),
)

LIST_WEBHOOK_ENDPOINTS = operation(
    "list_webhook_endpoints",
    path=PATH,
    tag=TAG,
    summary="List the webhook endpoints",
    description="The newest first; deleted ones are left out.",
    scope=SCOPE,
    parameters=PAGING,
    answers={200: Answer(WebhookEndpointPageSerializer, "A page of endpoints.", {"A page": like.page(ENABLED)})},
    invalid=(InvalidMember("/cursor", "invalid_cursor", "Give a next_cursor as it came, or leave it out for the first page."),),
)

READ_WEBHOOK_ENDPOINT = operation(
    "read_webhook_endpoint",
    path=f"{PATH}/{ENDPOINT_ID}",
    tag=TAG,
    summary="Read a webhook endpoint",
    scope=SCOPE,
    parameters=(ID_PARAMETER,),
    answers={
        200: Answer(
            WebhookEndpointSerializer, "The endpoint, without its secret.", {"Enabled": ENABLED, "Failing": FAILING, "Disabled": DISABLED}
        )
    },
    refused=(EndpointNotFound,),
)

UPDATE_WEBHOOK_ENDPOINT = operation(
    "update_webhook_endpoint",
    path=f"{PATH}/{ENDPOINT_ID}",
    tag=TAG,
    summary="Change, disable or enable a webhook endpoint",
    description=CHANGES,
    scope=SCOPE,
    body=WebhookEndpointChangeInputSerializer,
    bodies={
        "Enable": {"state": "enabled"},
        "Disable": {"state": "disabled"},
        "Another URL, and every event type": {"url": "https://hooks.example.com/kyc/v2", "event_types": None},
    },
    parameters=(ID_PARAMETER,),
    answers={
        200: Answer(
            WebhookEndpointSerializer,
            "The endpoint as it is now.",
            {"Enabled": ENABLED, "Disabled": {**DISABLED, "disabled_because": "requested"}},
        )
    },
    refused=(EndpointNotFound, REFUSED_URL),
    invalid=(UNKNOWN_TYPE, InvalidMember("/state", "invalid_choice", "Give one of enabled, disabled.")),
)

ROTATE_WEBHOOK_SECRET = operation(
    "rotate_webhook_secret",
    path=f"{PATH}/{ENDPOINT_ID}/rotate-secret",
    tag=TAG,
    summary="Give a webhook endpoint a new secret",
    description=ROTATION,
    scope=SCOPE,
    body=SecretRotationInputSerializer,
    bodies={"Both for a day": {}, "The old one no longer": {"expires_in_seconds": 0}},
    parameters=(ID_PARAMETER,),
    answers={
        200: Answer(
            WebhookEndpointWithSecretSerializer,
            "The endpoint with its new secret.",
            {"Rotated": {**ENABLED, "previous_secret_expires_at": "2026-02-01T09:30:00Z", "secret": SECRET}},
        )
    },
    refused=(EndpointNotFound,),
    invalid=(InvalidMember("/expires_in_seconds", "out_of_range", "Give a whole number of seconds from 0 to 604800."),),
)

DELETE_WEBHOOK_ENDPOINT = operation(
    "delete_webhook_endpoint",
    path=f"{PATH}/{ENDPOINT_ID}",
    tag=TAG,
    summary="Delete a webhook endpoint",
    description="What it is still owed is cancelled.",
    scope=SCOPE,
    parameters=(ID_PARAMETER,),
    answers={204: Answer(None, "It is deleted.", {})},
    refused=(EndpointNotFound,),
    is_unsafe=True,
)
