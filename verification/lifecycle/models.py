"""One run of a customer through a level, and the one writer of its stage."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from verification.customers.models import Customer
from verification.customers.stages import Stage, status_of
from verification.levels.models import Level
from verification.lifecycle.states import DECIDED, OPEN, check_transition


class Verification(models.Model):
    """One run of a customer through a level, from the first document to the decision.

    Lives in the merchant's own schema and points nowhere outside it, so the schema can move to another node.
    `due_at` is when somebody must look at it again if nothing happens before: the sweep finds it through its index.
    """

    uid = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="verifications")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.COLLECTING)
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_kind = models.CharField(max_length=16, blank=True)
    reasons = models.JSONField(default=list, help_text="codes of the reasons that belong to no single document")
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="verification_stage_known", condition=Q(stage__in=Stage.values)),
            models.CheckConstraint(
                name="verification_decided_at_iff_decided",
                condition=(
                    Q(stage__in=sorted(DECIDED), decided_at__isnull=False)
                    | Q(stage=Stage.EXPIRED)
                    | (~Q(stage__in=sorted([*DECIDED, Stage.EXPIRED])) & Q(decided_at__isnull=True))
                ),
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(stage__in=sorted(OPEN)), name="verification_one_open_per_customer"),
        ]
        indexes = [models.Index(fields=["due_at"], name="verification_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        """Return the public id and the stage."""
        return f"{self.uid} {self.stage}"

    def move_to(self, new: Stage, *, at: datetime, due_at: datetime | None = None) -> None:
        """Change the stage, and with it the customer's stage and status, and save both.

        The caller holds the customer's row lock, and `self.customer` is the locked row. `due_at` is when the sweep looks at it again.
        Raises IllegalTransition.
        """
        check_transition(Stage(self.stage), new)
        self.stage = new
        self.decided_at = at if new in DECIDED else (self.decided_at if new is Stage.EXPIRED else None)
        self.due_at = due_at
        if new is Stage.SUBMITTED:
            self.submitted_at = at
        self.save(update_fields=["stage", "decided_at", "submitted_at", "due_at"])
        self.show_on_customer(at=at)

    def show_on_customer(self, *, at: datetime) -> None:
        """Copy the stage to the customer, whose newest run this is. Called by `move_to`, and when a run is opened."""
        self.customer.stage = self.stage
        self.customer.status = status_of(Stage(self.stage))
        self.customer.updated_at = at
        self.customer.save(update_fields=["stage", "status", "updated_at"])
