"""Fields that JSON Schema can describe more exactly than a serializer does."""

from typing import Any, cast

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, extend_schema_field
from rest_framework import serializers

from kyc_platform.actor import ActorKind
from kyc_platform.outbound.errors import FailureKind
from verification.customers.stages import Stage, Status
from verification.customers.validation.metadata import INTEGER_MAX, KEY_CHARACTERS_MAX, KEYS_MAX, VALUE_CHARACTERS_MAX
from verification.customers.validation.types import IdentityDocumentType
from verification.documents.inspection.types import MediaType
from verification.documents.models import DocumentState
from verification.events.types import EventType
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import Outcome
from verification.lifecycle.reasons import REASONS
from verification.providers.interface import ErrorClass

REASON_CODES = [(entry.code, entry.for_reviewer) for entry in REASONS.values()]
ACTOR_KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in ActorKind]
MEDIA_TYPES = [(media_type.value, media_type.name) for media_type in MediaType]
ERROR_CLASSES = [(error.value, error.value.replace("_", " ")) for error in ErrorClass]
IDENTITY_DOCUMENT_TYPES = [(kind.value, kind.value.replace("_", " ")) for kind in IdentityDocumentType]
EVENT_TYPES = [(event_type.value, event_type.value) for event_type in EventType]
USER_STATUSES = [("verified", "every required document is verified"), ("unverified", "not, or not yet")]
DELIVERY_STATES = [
    ("owed", "to be posted at `next_attempt_at`"),
    ("delivered", "answered with 2xx"),
    ("exhausted", "every attempt failed; kept for recovery"),
    ("cancelled", "its endpoint was disabled or deleted; kept for recovery"),
]
FAILURES = [(kind.value, kind.value.replace("_", " ")) for kind in FailureKind] + [
    ("status", "an answer other than 2xx"),
    ("dropped", "not posted: the sandbox was told to"),
]
ENDPOINT_STATES = [("enabled", "events are posted to it"), ("disabled", "nothing is posted to it any more")]


@extend_schema_field(OpenApiTypes.INT64)
class LongField(serializers.IntegerField):
    """The long of the first seed's tables."""


@extend_schema_field(OpenApiTypes.BINARY)
class BinaryField(serializers.FileField):
    """A part that is a file; drf-spectacular would take it for the URL at which Django keeps one."""


@extend_schema_field({"type": "object", "additionalProperties": True}, component_name="EventData")
class EventDataField(serializers.JSONField):
    """The `data` of an event of any type."""


@extend_schema_field(
    {
        "type": "object",
        "description": "Your own notes: a flat object.",
        "maxProperties": KEYS_MAX,
        "propertyNames": {"minLength": 1, "maxLength": KEY_CHARACTERS_MAX},
        "additionalProperties": {
            "anyOf": [
                {"type": "string", "maxLength": VALUE_CHARACTERS_MAX},
                {"type": "number", "minimum": -INTEGER_MAX, "maximum": INTEGER_MAX},
                {"type": "boolean"},
            ]
        },
    },
    component_name="Metadata",
)
class MetadataField(serializers.JSONField):
    """The merchant's own notes: a flat object."""


class EitherField(serializers.JSONField):
    """An object of one shape, or something simpler."""

    shape: type[serializers.Serializer[Any]]
    simpler: dict[str, Any]


class EitherFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers it on definition
    """How the document shows an EitherField: the shape is a component of its own."""

    target_class = EitherField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        """Return both possibilities."""
        return {"oneOf": [auto_schema.resolve_serializer(self.target.shape, direction).ref, self.target.simpler]}


def constant_field(value: str) -> serializers.CharField:
    """Return a field that has only one value."""
    kind = type("ConstantField", (serializers.CharField,), {})
    return cast(serializers.CharField, extend_schema_field({"type": "string", "const": value})(kind)())


def doc_type_field(**more: Any) -> serializers.ChoiceField:
    """Return a field for one of the four kinds of documents."""
    return serializers.ChoiceField(choices=DocType.choices, **more)


def document_state_field() -> serializers.ChoiceField:
    """Return a field for where a document stands."""
    return serializers.ChoiceField(choices=DocumentState.choices)


def status_field() -> serializers.ChoiceField:
    """Return a field for the second seed's three values."""
    return serializers.ChoiceField(choices=Status.choices)


def stage_field() -> serializers.ChoiceField:
    """Return a field for where in the process a verification stands."""
    return serializers.ChoiceField(choices=Stage.choices)


def outcome_field(**more: Any) -> serializers.ChoiceField:
    """Return a field for what came of a check; null until somebody has decided."""
    return serializers.ChoiceField(choices=Outcome.choices, allow_null=True, **more)


def reason_code_field() -> serializers.ChoiceField:
    """Return a field for a code of the catalogue of reasons."""
    return serializers.ChoiceField(choices=REASON_CODES)


def moment_field(help_text: str, **more: Any) -> serializers.DateTimeField:
    """Return a field for a moment, RFC 3339 in UTC."""
    return serializers.DateTimeField(help_text=help_text, **more)
