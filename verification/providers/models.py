"""One question to one provider. The row is made before the question is asked, and is its idempotency key."""

from django.db import models
from django.db.models import Q

from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import Outcome


class CheckState(models.TextChoices):
    """Where a check stands."""

    RESERVED = "reserved"  # the row exists; the provider may or may not have heard of it
    SUBMITTED = "submitted"  # the provider has it
    ANSWERED = "answered"  # a final answer was applied
    FAILED = "failed"  # it will not be answered: refused, overdue, or out of attempts
    SUPERSEDED = "superseded"  # the data or the run it asked about has changed: a late answer changes nothing


RUNNING = (CheckState.RESERVED, CheckState.SUBMITTED)


class ProviderCheck(models.Model):
    """One question within a verification, and what came of it. At most one runs at a time for a verification."""

    uid = models.CharField(max_length=40, unique=True, help_text="the idempotency key that the provider gets")
    verification = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="checks")
    number = models.PositiveIntegerField(help_text="1, 2, … within the verification")
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=CheckState, default=CheckState.RESERVED)
    reference = models.CharField(max_length=200, blank=True, help_text="the provider's id of the check")
    progress = models.JSONField(default=dict, help_text="remote ids as soon as they are known")
    submission_ids = models.JSONField(help_text="which submissions were asked about")
    attempts = models.PositiveIntegerField(default=0, help_text="failed calls since the last that worked")
    last_error = models.CharField(max_length=24, blank=True, help_text="the class of the last error")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(help_text="without an answer by then, a person decides")
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    reasons = models.JSONField(default=list)
    result_version = models.PositiveIntegerField(default=0)
    raw_sealed = models.BinaryField(null=True, help_text="the provider's answer as it came, sealed with the customer's key")
    raw_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["verification", "number"], name="check_number_once"),
            models.UniqueConstraint(fields=["verification"], condition=Q(state__in=list(RUNNING)), name="check_one_running"),
            models.UniqueConstraint(fields=["provider", "reference"], condition=~Q(reference=""), name="check_reference_once"),
            models.CheckConstraint(name="check_state_known", condition=Q(state__in=CheckState.values)),
        ]

    def __str__(self) -> str:
        """Return the public id and the state."""
        return f"{self.uid} {self.state}"
