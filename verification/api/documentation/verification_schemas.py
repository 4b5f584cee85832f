"""The shapes of documents, runs, checks, reviews and tokens."""

from typing import Any

from rest_framework import serializers

from verification.api.documentation.customer_schemas import LIVEMODE, DocumentStandingSerializer
from verification.api.documentation.fields import (
    ACTOR_KINDS,
    ERROR_CLASSES,
    MEDIA_TYPES,
    BinaryField,
    LongField,
    doc_type_field,
    moment_field,
    outcome_field,
    reason_code_field,
    stage_field,
)
from verification.customers.access_tokens import SECONDS_MIN
from verification.providers.models import CheckState
from verification.reviews.models import ReviewDecision


class DocumentInputSerializer(serializers.Serializer[Any]):
    """A document as base64 in JSON."""

    doc_type = doc_type_field()
    doc_body = serializers.CharField(min_length=1, help_text="the file as base64, or as a base64 data URL; at most 10 MB decoded")


class DocumentUploadSerializer(serializers.Serializer[Any]):
    """A document as a file."""

    doc_type = doc_type_field()
    file = BinaryField(help_text="at most 10 MB, with a file name; the bytes decide the type, never the name")


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a document or a customer was not accepted, in words for the merchant's people."""

    code = reason_code_field()
    message = serializers.CharField(help_text="words for a reviewer: what was found")
    user_fixable = serializers.BooleanField(help_text="whether another photo or document can help")


class DocumentSubmissionSerializer(serializers.Serializer[Any]):
    """One submission. It stays in the history for good."""

    id = serializers.CharField()
    doc_type = doc_type_field()
    media_type = serializers.ChoiceField(choices=MEDIA_TYPES, help_text="what the bytes are")
    size_bytes = serializers.IntegerField(min_value=1, help_text="of the file as it is kept, without metadata")
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="of the file as it is kept")
    created_at = moment_field("when it came in")
    current = serializers.BooleanField(help_text="whether it is the one that counts")
    outcome = outcome_field(help_text="null until somebody has decided")
    reasons = ReasonSerializer(many=True)
    decided_at = moment_field("when somebody decided", allow_null=True)
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class CurrentDocumentSerializer(DocumentStandingSerializer):
    """Where one document stands, with the submission that counts."""

    id = serializers.CharField(allow_null=True, help_text="the current submission; null when a new one is asked for")


class DocumentPageSerializer(serializers.Serializer[Any]):
    """The current documents, and a page of every submission, the newest first."""

    current = CurrentDocumentSerializer(many=True, help_text="at most four, whatever the page")
    data = DocumentSubmissionSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


class ProviderCheckSerializer(serializers.Serializer[Any]):
    """One question to one provider."""

    id = serializers.CharField()
    provider = serializers.CharField()
    state = serializers.ChoiceField(choices=CheckState.choices)
    outcome = outcome_field(help_text="null until it is answered")
    reasons = ReasonSerializer(many=True)
    error = serializers.ChoiceField(choices=ERROR_CLASSES, allow_null=True, help_text="the class of the last error, if there was one")
    created_at = moment_field("when the question was decided on")
    submitted_at = moment_field("when the provider had all of it", allow_null=True)
    answered_at = moment_field("when its final answer was applied", allow_null=True)


class DecidedBySerializer(serializers.Serializer[Any]):
    """Who decided."""

    kind = serializers.ChoiceField(choices=ACTOR_KINDS)
    id = serializers.CharField(help_text="a member's id, or the prefix of an API key")


class ReviewSerializer(serializers.Serializer[Any]):
    """One case for a person, with what the person said."""

    id = serializers.CharField()
    opened_at = moment_field("when a person was asked")
    because = serializers.ListField(child=serializers.CharField(), help_text="codes of why a person is asked")
    decision = serializers.ChoiceField(choices=ReviewDecision.choices, allow_null=True, help_text="null while it is open")
    reasons = ReasonSerializer(many=True)
    decided_at = moment_field("when it was decided", allow_null=True)
    decided_by = DecidedBySerializer(allow_null=True)
    closed_at = moment_field("when the case went away without a decision", allow_null=True)


class VerificationSerializer(serializers.Serializer[Any]):
    """One run of a customer through a level."""

    id = serializers.CharField()
    customer_id = serializers.CharField()
    level = serializers.CharField()
    stage = stage_field()
    reasons = ReasonSerializer(many=True, help_text="those of no single document")
    created_at = moment_field("when the run began")
    submitted_at = moment_field("when the last document was in", allow_null=True)
    decided_at = moment_field("when it was approved or declined", allow_null=True)
    decided_by = serializers.ChoiceField(choices=ACTOR_KINDS, allow_null=True, help_text="what kind of somebody decided last")
    checks = ProviderCheckSerializer(many=True)
    reviews = ReviewSerializer(many=True)
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class VerificationPageSerializer(serializers.Serializer[Any]):
    """A page of runs, the newest first."""

    data = VerificationSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


class VerificationInputSerializer(serializers.Serializer[Any]):
    """At what level to verify; left out, the customer's own."""

    level = serializers.CharField(required=False, allow_null=True)


class RejectedDocumentInputSerializer(serializers.Serializer[Any]):
    """A document that will not do."""

    doc_type = doc_type_field()
    reasons = serializers.ListField(child=reason_code_field(), min_length=1)


class DecisionInputSerializer(serializers.Serializer[Any]):
    """What a reviewer decides."""

    decision = serializers.ChoiceField(choices=ReviewDecision.choices)
    reasons = serializers.ListField(
        child=reason_code_field(), required=False, help_text="of the whole; a decline needs a reason here or below"
    )
    documents = RejectedDocumentInputSerializer(many=True, required=False, help_text="rejected ones; a resubmission names at least one")


class AccessTokenInputSerializer(serializers.Serializer[Any]):
    """How long the token shall live."""

    expires_in_seconds = serializers.IntegerField(required=False, min_value=SECONDS_MIN, max_value=86_400, default=3600)


class AccessTokenSerializer(serializers.Serializer[Any]):
    """A token for the end user's app."""

    token = serializers.CharField(help_text="send it as `Authorization: JWT <token>`; it is not shown again")
    expires_at = moment_field("when it ends")
    user_id = LongField(help_text="the customer's long id")
