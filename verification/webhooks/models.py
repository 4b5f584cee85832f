"""What merchants are told: endpoint → delivery → attempt (Standard Webhooks 1.0)."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from verification.events.models import Event


class EndpointState(models.TextChoices):
    """Whether an endpoint is served."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


ENDPOINTS_MAX = 16


class WebhookEndpoint(models.Model):
    """An address of the merchant's that events are posted to, with the secret that signs them (sealed with the merchant's key).

    A deleted one stays as the history of its deliveries, without its secret. Each other one holds one of ENDPOINTS_MAX places.
    """

    uid = models.CharField(max_length=40, unique=True)
    place = models.PositiveSmallIntegerField(null=True, unique=True)
    url = models.CharField(max_length=2048)
    event_types = models.JSONField(default=list, help_text="empty: every type")
    secret_sealed = models.BinaryField()
    previous_secret_sealed = models.BinaryField(null=True, help_text="signs too, until previous_secret_until")
    previous_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, choices=EndpointState, default=EndpointState.ENABLED)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=24, blank=True)
    failing_since = models.DateTimeField(null=True, help_text="the first failure after the last success")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="endpoint_previous_secret_iff_until",
                condition=Q(previous_secret_sealed__isnull=True, previous_secret_until__isnull=True)
                | Q(previous_secret_sealed__isnull=False, previous_secret_until__isnull=False),
            ),
            models.CheckConstraint(name="endpoint_state_known", condition=Q(state__in=EndpointState.values)),
            models.CheckConstraint(
                name="endpoint_place_iff_not_deleted",
                condition=Q(state=EndpointState.DELETED, place__isnull=True)
                | (~Q(state=EndpointState.DELETED) & Q(place__gte=1, place__lte=ENDPOINTS_MAX)),
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="endpoint_page")]

    def __str__(self) -> str:
        """Return the public id."""
        return self.uid

    def disable(self, because: str, *, at: datetime) -> None:
        """Stop serving it and save. The caller holds the row's lock and cancels what it is owed."""
        self.state, self.disabled_at, self.disabled_because = EndpointState.DISABLED, at, because
        self.save(update_fields=["state", "disabled_at", "disabled_because"])

    def enable(self) -> None:
        """Serve it again, as one that has not failed yet, and save. The caller holds the row's lock."""
        self.state, self.disabled_at, self.disabled_because, self.failing_since = EndpointState.ENABLED, None, "", None
        self.save(update_fields=["state", "disabled_at", "disabled_because", "failing_since"])

    def change(self, *, url: str | None, event_types: list[str] | None) -> None:
        """Change what is not None, and save; another address has not failed yet. The caller holds the row's lock."""
        if url not in (None, self.url):
            self.url, self.failing_since = url, None
        if event_types is not None:
            self.event_types = event_types
        self.save(update_fields=["url", "event_types", "failing_since"])

    def delete_softly(self) -> None:
        """Give up its place and its secrets and save. The caller holds the row's lock and cancels what it is owed."""
        self.state, self.place, self.secret_sealed = EndpointState.DELETED, None, b""
        self.previous_secret_sealed, self.previous_secret_until = None, None
        self.save(update_fields=["state", "place", "secret_sealed", "previous_secret_sealed", "previous_secret_until"])


class WarningCode(models.TextChoices):
    """What a merchant is warned of. The values are shown in the API."""

    FAILING_FOR_AN_HOUR = "failing_for_an_hour"
    FAILING_FOR_A_DAY = "failing_for_a_day"
    DISABLED_IN_A_DAY = "disabled_in_a_day"
    DISABLED = "disabled"


class EndpointWarning(models.Model):
    """One warning about an endpoint: planned when it begins to fail, gone when it succeeds or is enabled anew."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="warnings")
    code = models.CharField(max_length=24, choices=WarningCode)
    due_at = models.DateTimeField(null=True, help_text="when it is to be given, or mailed again; null once it was mailed")
    warned_at = models.DateTimeField(null=True, help_text="since when the API shows it")
    mail_count = models.PositiveSmallIntegerField(default=0, help_text="how often it was tried to mail it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "code"], name="warning_once"),
            models.CheckConstraint(name="warning_code_known", condition=Q(code__in=WarningCode.values)),
            models.CheckConstraint(name="warning_due_or_given", condition=Q(due_at__isnull=False) | Q(warned_at__isnull=False)),
        ]
        indexes = [models.Index(fields=["due_at"], name="warning_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        """Return what it says."""
        return str(self.code)


class DeliveryState(models.TextChoices):
    """What has become of a delivery."""

    OWED = "owed"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"  # every retry failed; kept for recovery
    CANCELLED = "cancelled"  # its endpoint is gone


class WebhookDelivery(models.Model):
    """One event owed to one endpoint. Written with the event, sent later, at least once, always under the event's own id.

    Each delivery writes its row three times, so an index here is paid for three times: none begins as another does.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)  # delivery_page
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False)  # delivery_once
    state = models.CharField(max_length=16, choices=DeliveryState, default=DeliveryState.OWED)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="also the lease: a sender moves it ahead while it posts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once"),
            models.CheckConstraint(
                name="delivery_due_iff_owed", condition=Q(state="owed", due_at__isnull=False) | (~Q(state="owed") & Q(due_at__isnull=True))
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["endpoint", "due_at"], name="delivery_due_of_endpoint", condition=Q(due_at__isnull=False)),
            models.Index(fields=["endpoint", "created_at", "id"], name="delivery_page"),
        ]

    def __str__(self) -> str:
        """Return the state and how often it was tried."""
        return f"{self.state} after {self.attempt_count}"


class WebhookAttempt(models.Model):
    """One POST: when, how it ended, how long it took, and the first 2 KB of the answer."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True, help_text="null: no answer came")
    failure = models.CharField(max_length=24, blank=True, help_text="timeout, dns, refused_address, connection, tls, protocol, status")
    duration_ms = models.PositiveIntegerField()
    answer_start = models.BinaryField(default=b"")

    class Meta:
        indexes = [models.Index(fields=["delivery", "number"], name="attempt_of_delivery")]

    def __str__(self) -> str:
        """Return the number and the status."""
        return f"attempt {self.number}: {self.status_code or self.failure}"
