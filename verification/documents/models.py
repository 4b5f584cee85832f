"""The documents of a customer: one row for where each stands, and one for every submission there ever was."""

from django.db import models
from django.db.models import Q

from verification.customers.models import Customer
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import Outcome


class DocumentState(models.TextChoices):
    """Where a document stands."""

    MISSING = "missing"  # never submitted, or asked for again
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REJECTED = "rejected"


class DocumentSubmission(models.Model):
    """One upload, kept for good: where its sealed bytes lie, what they hash to, and what became of it."""

    uid = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="submissions")
    verification = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="submissions")
    doc_type = models.CharField(max_length=24, choices=DocType)
    object_key = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64, help_text="of the opened bytes, as they are handed on")
    size_bytes = models.PositiveIntegerField()
    media_type = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    submitted_by_kind = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, help_text="blank until somebody has decided")
    reasons = models.JSONField(default=list)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="submission_doc_type_known", condition=Q(doc_type__in=DocType.values)),
            models.CheckConstraint(name="submission_outcome_known", condition=Q(outcome__in=["", *Outcome.values])),
        ]
        indexes = [models.Index(fields=["customer", "created_at", "id"], name="submission_history")]

    def __str__(self) -> str:
        """Return the public id and the type."""
        return f"{self.uid} {self.doc_type}"


class Document(models.Model):
    """The current state of one kind of document of one customer (the first seed's `user_kyc_doc_status`)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="documents")
    doc_type = models.CharField(max_length=24, choices=DocType)
    state = models.CharField(max_length=16, choices=DocumentState, default=DocumentState.MISSING)
    submission = models.OneToOneField(DocumentSubmission, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "doc_type"], name="document_once_per_customer"),
            models.CheckConstraint(name="document_doc_type_known", condition=Q(doc_type__in=DocType.values)),
            models.CheckConstraint(
                name="document_has_submission_unless_missing",
                condition=Q(state=DocumentState.MISSING, submission__isnull=True)
                | (Q(state__in=[s for s in DocumentState.values if s != "missing"]) & Q(submission__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        """Return the type and the state."""
        return f"{self.doc_type} {self.state}"
