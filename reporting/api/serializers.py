"""The report's members for the OpenAPI document. The answer itself is made by `shapes`, and a test holds it to these."""

from typing import Any

from rest_framework import serializers

from verification.levels.doc_types import DocType


def _count(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text)


class ReportCustomersSerializer(serializers.Serializer[Any]):
    """The customers that were registered in the range, by the status they had at its end."""

    total = _count("registered in the range; the sum of the other three")
    verified = _count("verified at the end of the range")
    pending = _count("pending at the end of the range")
    rejected = _count("rejected at the end of the range")


class ReportDecisionsSerializer(serializers.Serializer[Any]):
    """The decisions that were made in the range, also on customers registered before it."""

    approved = _count("verification.approved events")
    declined = _count("verification.declined events")
    resubmission_requested = _count("verification.resubmission_requested events")
    automatic = _count("decided on the provider's answer alone")
    manual = _count("decided by a person, in the portal or through the API")
    median_seconds = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="from the submission (or reopening) to the decision; null when there was none"
    )
    p95_seconds = serializers.IntegerField(min_value=0, allow_null=True, help_text="19 of 20 decisions took at most this long")


class ReportDocumentsSerializer(serializers.Serializer[Any]):
    """What happened in the range to documents of one kind. All kinds are listed, those with zeros too."""

    doc_type = serializers.ChoiceField(choices=DocType.choices)
    submitted = _count("submissions, resubmissions included")
    verified = _count("document.verified events")
    rejected = _count("document.rejected events")


class ReportRejectionReasonSerializer(serializers.Serializer[Any]):
    """One reason, the most frequent first."""

    code = serializers.CharField(help_text="of the catalogue of reasons")
    count = _count("declines and requests for resubmission in the range that name it; each counts once")


class ReportDaySerializer(serializers.Serializer[Any]):
    """The customers registered on one day, by their status at the end of the range: the days add up to `customers`."""

    date = serializers.DateField()
    registered = _count("registered on this day")
    verified = _count("of these, verified at the end of the range")
    pending = _count("of these, pending at the end of the range")
    rejected = _count("of these, rejected at the end of the range")


class ReportSerializer(serializers.Serializer[Any]):
    """Figures of verification over whole days in the merchant's time zone. No personal data."""

    start = serializers.DateField()
    end = serializers.DateField()
    time_zone = serializers.CharField(help_text="the merchant's, which decides when a day begins")
    livemode = serializers.BooleanField()
    closed = serializers.BooleanField(help_text="true: the range is over, and its figures are the same whenever they are asked for again")
    customers = ReportCustomersSerializer()
    decisions = ReportDecisionsSerializer()
    documents = ReportDocumentsSerializer(many=True)
    rejection_reasons = ReportRejectionReasonSerializer(many=True)
    daily = ReportDaySerializer(many=True)
