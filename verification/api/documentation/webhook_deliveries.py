"""What the document says of deliveries: their log, a test event, recovery."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE
from verification.api.documentation.fields import DELIVERY_STATES, EVENT_TYPES, FAILURES, constant_field, moment_field
from verification.api.documentation.operation import PAGING, Answer, operation
from verification.api.documentation.webhook_endpoints import ENDPOINT_ID, ID_PARAMETER, PATH, SCOPE, TAG
from verification.events.types import EventType
from verification.webhooks.endpoints import EndpointNotFound
from verification.workflow.recovering import RECOVERED_MAX, EndpointDisabled

EVENT_ID = "evt_mfzwizlgm5qwsylumuqgc3tpoq"
STATE = OpenApiParameter("state", str, enum=[state for state, _ in DELIVERY_STATES], description="only those in this state")

RECOVERY = f"""
Owes the endpoint, at once and under their own ids, the events since that moment which are of its types and were not delivered to it:
those whose attempts all failed, those that were cancelled when it was disabled, and those that happened while it was disabled or not
there yet. What is owed already keeps its time. At most {RECOVERED_MAX:,} events in one call, the oldest first; when `has_more`, call again
with the same `since`. A receiver that had one of them all the same knows it by its `webhook-id`.
"""


class WebhookAttemptSerializer(serializers.Serializer[Any]):
    """One POST."""

    number = serializers.IntegerField(min_value=1, help_text="from 1, and from 1 again after a recovery")
    at = moment_field("when it began")
    status = serializers.IntegerField(allow_null=True, help_text="the HTTP status; null when no answer came")
    failure = serializers.ChoiceField(choices=FAILURES, allow_null=True, help_text="null: received")
    duration_ms = serializers.IntegerField(min_value=0)
    answer_start = serializers.CharField(allow_blank=True, help_text="the first 2 KB of the answer's body, as far as they are text")


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    """One event owed to one endpoint."""

    event_id = serializers.CharField(help_text="what `webhook-id` says at every attempt")
    event_type = serializers.ChoiceField(choices=EVENT_TYPES)
    state = serializers.ChoiceField(choices=DELIVERY_STATES)
    created_at = moment_field("since when it is owed")
    delivered_at = moment_field("when it was received", allow_null=True)
    next_attempt_at = moment_field("null when there is none to come; while one is made, when it would be repeated", allow_null=True)
    attempts = WebhookAttemptSerializer(many=True, help_text="the first one first")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class WebhookDeliveryPageSerializer(serializers.Serializer[Any]):
    """A page of deliveries."""

    data = WebhookDeliverySerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


class SentTestEventSerializer(serializers.Serializer[Any]):
    """The event that is on its way."""

    event_id = serializers.CharField()
    type = constant_field(EventType.TEST_PING)
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class WebhookRecoveryInputSerializer(serializers.Serializer[Any]):
    """Since when."""

    since = moment_field("events that happened then or later, RFC 3339")


class WebhookRecoverySerializer(serializers.Serializer[Any]):
    """What is owed again."""

    recovered = serializers.IntegerField(min_value=0, max_value=RECOVERED_MAX, help_text="how many events")
    has_more = serializers.BooleanField(help_text="true: call again with the same `since`")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


FAILED = {
    "number": 1,
    "at": "2026-01-31T09:30:00.120000Z",
    "status": 503,
    "failure": "status",
    "duration_ms": 84,
    "answer_start": "upstream unavailable",
}
DELIVERY: dict[str, Any] = {
    "event_id": EVENT_ID,
    "event_type": "verification.approved",
    "state": "delivered",
    "created_at": "2026-01-31T09:30:00Z",
    "delivered_at": "2026-01-31T09:30:05.410000Z",
    "next_attempt_at": None,
    "attempts": [
        FAILED,
        {
            **FAILED,
            "number": 2,
            "at": "2026-01-31T09:30:05.350000Z",
            "status": 200,
            "failure": None,
            "duration_ms": 41,
            "answer_start": "ok",
        },
    ],
    "livemode": False,
}

LIST_WEBHOOK_DELIVERIES = operation(
    "list_webhook_deliveries",
    path=f"{PATH}/{ENDPOINT_ID}/deliveries",
    tag=TAG,
    summary="List what was posted to a webhook endpoint",
    description="The newest first, each with every attempt. In a sandbox all moments are those of its clock.",
    scope=SCOPE,
    parameters=(ID_PARAMETER, STATE, *PAGING),
    answers={200: Answer(WebhookDeliveryPageSerializer, "A page of deliveries.", {"A page": like.page(DELIVERY)})},
    refused=(EndpointNotFound,),
    invalid=(InvalidMember("/state", "invalid_choice", "Give one of owed, delivered, exhausted, cancelled."),),
)

SEND_TEST_EVENT = operation(
    "send_test_event",
    path=f"{PATH}/{ENDPOINT_ID}/test",
    tag=TAG,
    summary="Send a test event to a webhook endpoint",
    description="A `test.ping`, posted at once, to this endpoint alone, whatever its `event_types`. The delivery log tells how it ended.",
    scope=SCOPE,
    parameters=(ID_PARAMETER,),
    answers={
        202: Answer(SentTestEventSerializer, "It is on its way.", {"Sent": {"event_id": EVENT_ID, "type": "test.ping", "livemode": False}})
    },
    refused=(EndpointNotFound, EndpointDisabled),
    is_unsafe=True,
)

RECOVER_WEBHOOK_EVENTS = operation(
    "recover_webhook_events",
    path=f"{PATH}/{ENDPOINT_ID}/recover",
    tag=TAG,
    summary="Send a webhook endpoint what it has missed",
    description=RECOVERY,
    scope=SCOPE,
    body=WebhookRecoveryInputSerializer,
    bodies={"Since a moment": {"since": "2026-01-31T09:30:00Z"}},
    parameters=(ID_PARAMETER,),
    answers={
        202: Answer(WebhookRecoverySerializer, "They are on their way.", {"All": {"recovered": 131, "has_more": False, "livemode": False}})
    },
    refused=(EndpointNotFound, EndpointDisabled),
    invalid=(InvalidMember("/since", "invalid_moment", "Give an RFC 3339 moment with its offset, like 2026-01-31T09:30:00Z."),),
)
