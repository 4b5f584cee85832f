"""What the document says of events."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE
from verification.api.documentation.fields import EVENT_TYPES, EventDataField, LongField, moment_field
from verification.api.documentation.operation import PAGING, Answer, operation
from verification.api.documentation.webhook_endpoints import ENDPOINT_ID
from verification.events.positions import EventNotFound
from verification.events.types import EventType
from verification.webhooks.endpoints import EndpointNotFound
from verification.workflow.recovering import EndpointDisabled

TAG = "Events"
SCOPE = "events:read"
PATH = "/api/v1/events"
EVENT_ID = "evt_mfzwizlgm5qwsylumuqgc3tpoq"
ID_PARAMETER = OpenApiParameter("event_id", str, OpenApiParameter.PATH, description="the `id` of an event, which is its `webhook-id`")
AFTER = OpenApiParameter(
    "after",
    {"type": "integer", "format": "int64", "minimum": 0, "default": 0},
    description="the `next_after` of the page before; leave it out to begin with the first event",
)
TYPE = OpenApiParameter("type", str, enum=[event_type.value for event_type in EventType], description="only events of this type")


class EventSerializer(serializers.Serializer[Any]):
    """Something that happened. The same as its webhook says, and where it stands among all events."""

    id = serializers.CharField(help_text="the `webhook-id` of its deliveries")
    position = LongField(
        min_value=1, allow_null=True, help_text="1, 2, 3, … without a gap in each mode; null for the moment until it has been given"
    )
    type = serializers.ChoiceField(choices=EVENT_TYPES)
    timestamp = moment_field("when it happened")
    data = EventDataField(help_text="the `data` of its webhook: see the section on webhooks for each type")  # type: ignore[assignment]  # the API's name
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class EventPageSerializer(serializers.Serializer[Any]):
    """A part of the events, in their order."""

    data = EventSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_after = LongField(min_value=0, help_text="`after` of the next page; keep it, also when there is nothing more")
    has_more = serializers.BooleanField(help_text="whether to ask again at once")


class EventResendInputSerializer(serializers.Serializer[Any]):
    """Where to."""

    webhook_endpoint_id = serializers.CharField(
        required=False, allow_null=True, help_text="null or left out: every enabled endpoint that wants events of this type"
    )


class EventResendSerializer(serializers.Serializer[Any]):
    """The event is on its way."""

    event_id = serializers.CharField()
    webhook_endpoint_ids = serializers.ListField(child=serializers.CharField(), help_text="where it goes; empty when none wants this type")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


_CHANGE = {
    "customer_id": like.CUSTOMER_ID,
    "verification_id": like.VERIFICATION_ID,
    "status": "pending",
    "stage": "submitted",
    "previous_status": "pending",
    "final": False,
    "sequence": 6,
    "livemode": True,
}
SUBMITTED = {
    "id": "evt_nbswy3dpeb3w64tmmqqgm33smq",
    "position": 41,
    "type": "verification.submitted",
    "timestamp": like.LAST_DOCUMENT,
    "data": _CHANGE,
    "livemode": True,
}
APPROVED = {
    "id": EVENT_ID,
    "position": 42,
    "type": "verification.approved",
    "timestamp": like.DECIDED,
    "data": {**_CHANGE, "status": "verified", "stage": "approved", "final": True, "sequence": 12, "reasons": []},
    "livemode": True,
}

LIST_EVENTS = operation(
    "list_events",
    path=PATH,
    tag=TAG,
    summary="List events in their order",
    description="Every event there was, the oldest first, each with its `position`: 1, 2, 3, … without a gap. What a page once showed "
    "never changes, and nothing is ever put in before it: whoever keeps `next_after` and asks from there has missed nothing, whatever "
    "became of webhooks. Events of one customer stand in the order of their `data.sequence`. With `type`, positions are left out.",
    scope=SCOPE,
    parameters=(AFTER, PAGING[0], TYPE),
    answers={
        200: Answer(
            EventPageSerializer,
            "The events after the position, ascending.",
            {
                "Two events": {"data": [SUBMITTED, APPROVED], "next_after": 42, "has_more": False},
                "Nothing new": {"data": [], "next_after": 42, "has_more": False},
            },
        )
    },
    invalid=(InvalidMember("/after", "invalid_position", "Give the next_after of the page before, or 0 for the first event."),),
)

READ_EVENT = operation(
    "read_event",
    path=f"{PATH}/{EVENT_ID}",
    tag=TAG,
    summary="Read an event",
    scope=SCOPE,
    parameters=(ID_PARAMETER,),
    answers={200: Answer(EventSerializer, "The event.", {"Approved": APPROVED})},
    refused=(EventNotFound,),
)

RESEND_EVENT = operation(
    "resend_event",
    path=f"{PATH}/{EVENT_ID}/resend",
    tag=TAG,
    summary="Send an event again",
    description="Posted at once under its own `webhook-id`, whatever became of it before, and tried again like a new one. To the endpoint "
    "that is named, whatever its `event_types`, or to every one that wants this type.",
    scope="webhooks:manage",
    parameters=(ID_PARAMETER,),
    body=EventResendInputSerializer,
    bodies={"To all that want it": {}, "To one": {"webhook_endpoint_id": ENDPOINT_ID}},
    answers={
        202: Answer(
            EventResendSerializer,
            "It is on its way.",
            {"Sent": {"event_id": EVENT_ID, "webhook_endpoint_ids": [ENDPOINT_ID], "livemode": True}},
        )
    },
    refused=(EventNotFound, EndpointNotFound, EndpointDisabled),
    invalid=(InvalidMember("/webhook_endpoint_id", "wrong_type", "Give the id of an endpoint, or leave it out."),),
)
