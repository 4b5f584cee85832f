"""A person of the merchant deciding what no provider could."""

from django.db import models
from django.db.models import Q

from verification.lifecycle.models import Verification


class ReviewDecision(models.TextChoices):
    """What a reviewer can decide."""

    APPROVE = "approve"
    DECLINE = "decline"
    RESUBMIT = "resubmit"


class Review(models.Model):
    """One case: why a person was asked, and what the person said. Open until `decided_at` or `closed_at` is set."""

    uid = models.CharField(max_length=40, unique=True)
    verification = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="reviews")
    opened_at = models.DateTimeField()
    because = models.JSONField(default=list, help_text="codes of the reasons why a person is asked")
    decision = models.CharField(max_length=16, choices=ReviewDecision, blank=True)
    reasons = models.JSONField(default=list, help_text="codes that the reviewer gave, by document or for the whole")
    decided_at = models.DateTimeField(null=True)
    decided_by_kind = models.CharField(max_length=16, blank=True)
    decided_by_id = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField(null=True, help_text="the case went away without a decision: cancelled, or data changed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["verification"], condition=Q(decided_at__isnull=True, closed_at__isnull=True), name="review_one_open"
            ),
            models.CheckConstraint(
                name="review_decided_iff_decision",
                condition=(Q(decision="") & Q(decided_at__isnull=True)) | (~Q(decision="") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="review_queue", condition=Q(decided_at__isnull=True, closed_at__isnull=True))]

    def __str__(self) -> str:
        """Return the public id."""
        return self.uid
