"""The shapes of the first seed."""

from typing import Any

from rest_framework import serializers

from verification.api.documentation.fields import USER_STATUSES, LongField, doc_type_field

DOCUMENT_STATUSES = [("VERIFIED", "verified"), ("UNVERIFIED", "not verified, or not yet")]
SUBMISSION_STATUSES = [("SUBMITTED", "every required document is in"), ("NOT_SUBMITTED", "at least one is missing")]


class EndUserDocumentSerializer(serializers.Serializer[Any]):
    """Where one of the user's documents stands."""

    doc_type = doc_type_field()
    doc_status = serializers.ChoiceField(choices=DOCUMENT_STATUSES)
    can_resubmit = serializers.BooleanField(help_text="whether a new one is accepted now")
    reasons = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="when it was rejected: why, in words for the user"
    )


class EndUserKycStatusSerializer(serializers.Serializer[Any]):
    """Where the user stands."""

    user_id = LongField()
    status = serializers.ChoiceField(choices=USER_STATUSES)
    submission_status = serializers.ChoiceField(choices=SUBMISSION_STATUSES)
    doc_status = EndUserDocumentSerializer(many=True, required=False, help_text="left out until something was submitted")


class EndUserAnswerSerializer(serializers.Serializer[Any]):
    """The first seed's envelope of success and error."""

    is_success = serializers.BooleanField()
    err_code = serializers.RegexField(r"^Err[0-9]{4}$", help_text="`Err0000` is success; switch on this")
    err_message = serializers.CharField()


class EndUserSubmissionSerializer(serializers.Serializer[Any]):
    """One document."""

    doc_type = doc_type_field()
    doc_body = serializers.CharField(min_length=1, help_text="base64 of the image, or a base64 data URL; at most 10 MB decoded")
