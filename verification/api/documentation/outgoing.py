"""The `webhooks` section: what is posted to a merchant's endpoints today, one entry for each type of event."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiWebhook, extend_schema
from rest_framework import serializers

from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE, ReverificationSerializer
from verification.api.documentation.fields import constant_field, doc_type_field, moment_field, reason_code_field, stage_field, status_field
from verification.api.documentation.webhook_endpoints import DISABLED_BECAUSE, ENDPOINT_ID
from verification.events.types import EventType

HEADERS = [
    {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "the event's id, the same at every attempt: recognise a repetition by it",
        "schema": {"type": "string"},
    },
    {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "when this attempt was made, in seconds since 1970; refuse one that is more than five minutes off",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and the base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; several, with spaces between "
        "them, while two secrets are valid",
        "schema": {"type": "string"},
    },
]


class CustomerChangeSerializer(serializers.Serializer[Any]):
    """Where the customer stands after the change. Ids, states and codes only: fetch the details with your key."""

    customer_id = serializers.CharField()
    verification_id = serializers.CharField(allow_null=True)
    status = status_field()
    stage = stage_field()
    previous_status = status_field()
    final = serializers.BooleanField()
    sequence = serializers.IntegerField(min_value=1, help_text="the customer's own count of changes: order events by it")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class CustomerUpdateSerializer(CustomerChangeSerializer):
    """A replacement of the customer's data."""

    changed = serializers.ListField(child=serializers.CharField(), help_text="names of members, never their values")
    reverification = ReverificationSerializer()


class DocumentChangeSerializer(CustomerChangeSerializer):
    """A change of one document."""

    doc_type = doc_type_field()
    document_id = serializers.CharField(allow_null=True)


class DocumentDecisionSerializer(DocumentChangeSerializer):
    """What was found of one document."""

    reasons = serializers.ListField(child=reason_code_field())


class ReviewRequestSerializer(CustomerChangeSerializer):
    """Why a person is asked."""

    review_id = serializers.CharField()
    because = serializers.ListField(child=serializers.CharField())


class VerificationDecisionSerializer(CustomerChangeSerializer):
    """What was decided of the customer."""

    reasons = serializers.ListField(child=reason_code_field())


class EndpointDisabledSerializer(serializers.Serializer[Any]):
    """Which endpoint is not posted to any more, and why."""

    webhook_endpoint_id = serializers.CharField()
    because = serializers.ChoiceField(choices=DISABLED_BECAUSE)
    deliveries_cancelled = serializers.IntegerField(min_value=0, help_text="what it was still owed; recovery sends it")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class EndpointPingSerializer(serializers.Serializer[Any]):
    """Which endpoint is tested."""

    webhook_endpoint_id = serializers.CharField()
    livemode = serializers.BooleanField(help_text=LIVEMODE)


def _webhook(event_type: EventType, summary: str, shape: type[serializers.Serializer[Any]], **data: Any) -> OpenApiWebhook:
    """Return an entry of the section, with a component named after the event type."""
    name = "".join(word.capitalize() for word in event_type.replace(".", "_").split("_"))
    members = {"type": constant_field(event_type), "timestamp": moment_field("when it happened"), "data": shape(), "__doc__": f"{summary}."}
    body = type(f"{name}EventSerializer", (serializers.Serializer,), members)
    return OpenApiWebhook(
        name=event_type.value,
        decorator=extend_schema(
            operation_id=f"on_{event_type.value.replace('.', '_')}",
            summary=summary,
            tags=["Events"],
            request={"application/json": body},
            responses={
                "2XX": OpenApiResponse(description="Received: within 15 seconds. Everything else is tried again."),
                "410": OpenApiResponse(description="Gone: the endpoint is disabled, and nothing more is sent to it."),
            },
            examples=[OpenApiExample(summary, value=_example(event_type, data), request_only=False)],
        ),
    )


def _example(event_type: EventType, data: Mapping[str, Any]) -> dict[str, Any]:
    change = {
        "customer_id": like.CUSTOMER_ID,
        "verification_id": like.VERIFICATION_ID,
        "status": "pending",
        "stage": "collecting",
        "previous_status": "pending",
        "final": False,
        "sequence": 1,
        "livemode": True,
    }
    of_customer = {} if "webhook_endpoint_id" in data else change
    return {"type": event_type.value, "timestamp": like.DECIDED, "data": {"livemode": True, **of_customer, **data}}


_SELFIE = {"doc_type": "SELFIE", "document_id": like.DOCUMENT_ID}
_VERIFIED = {"status": "verified", "stage": "approved", "final": True}

CUSTOMER_CREATED = _webhook(EventType.CUSTOMER_CREATED, "A customer was registered", CustomerChangeSerializer)
CUSTOMER_UPDATED = _webhook(
    EventType.CUSTOMER_UPDATED,
    "A customer's data was replaced",
    CustomerUpdateSerializer,
    changed=["name"],
    reverification={"required": True, "because": ["name"], "documents": []},
    sequence=14,
    stage="submitted",
    previous_status="verified",
)
DOCUMENT_SUBMITTED = _webhook(EventType.DOCUMENT_SUBMITTED, "A document came in", DocumentChangeSerializer, **_SELFIE, sequence=5)
DOCUMENT_VERIFIED = _webhook(
    EventType.DOCUMENT_VERIFIED, "A document was verified", DocumentDecisionSerializer, **_SELFIE, **_VERIFIED, reasons=[], sequence=11
)
DOCUMENT_REJECTED = _webhook(
    EventType.DOCUMENT_REJECTED,
    "A document was rejected",
    DocumentDecisionSerializer,
    **_SELFIE,
    reasons=["image_blurred"],
    status="rejected",
    stage="resubmit",
    sequence=11,
)
VERIFICATION_SUBMITTED = _webhook(
    EventType.VERIFICATION_SUBMITTED, "The last required document came in", CustomerChangeSerializer, stage="submitted", sequence=6
)
VERIFICATION_IN_REVIEW = _webhook(
    EventType.VERIFICATION_IN_REVIEW,
    "A person is asked to decide",
    ReviewRequestSerializer,
    review_id=like.REVIEW_ID,
    because=["provider_unsure"],
    stage="in_review",
    sequence=8,
)
VERIFICATION_APPROVED = _webhook(
    EventType.VERIFICATION_APPROVED, "A customer was verified", VerificationDecisionSerializer, **_VERIFIED, reasons=[], sequence=12
)
VERIFICATION_DECLINED = _webhook(
    EventType.VERIFICATION_DECLINED,
    "A customer was declined",
    VerificationDecisionSerializer,
    status="rejected",
    stage="declined",
    final=True,
    reasons=["document_forged"],
    sequence=9,
)
VERIFICATION_RESUBMISSION_REQUESTED = _webhook(
    EventType.VERIFICATION_RESUBMISSION_REQUESTED,
    "Documents are asked for again",
    VerificationDecisionSerializer,
    status="rejected",
    stage="resubmit",
    reasons=["image_blurred"],
    sequence=12,
)
VERIFICATION_EXPIRED = _webhook(
    EventType.VERIFICATION_EXPIRED,
    "A verification has run out",
    VerificationDecisionSerializer,
    stage="expired",
    previous_status="verified",
    reasons=["verification_expired"],
    sequence=13,
)
VERIFICATION_REOPENED = _webhook(
    EventType.VERIFICATION_REOPENED, "A customer is verified again", CustomerChangeSerializer, previous_status="verified", sequence=13
)
WEBHOOK_ENDPOINT_DISABLED = _webhook(
    EventType.WEBHOOK_ENDPOINT_DISABLED,
    "Another of your endpoints was disabled",
    EndpointDisabledSerializer,
    webhook_endpoint_id=ENDPOINT_ID,
    because="gone",
    deliveries_cancelled=12,
)
TEST_PING = _webhook(EventType.TEST_PING, "You asked for a test", EndpointPingSerializer, webhook_endpoint_id=ENDPOINT_ID)
