"""One row for each request that showed a key."""

from django.db import models


class ApiRequest(models.Model):
    """A request as its merchant may look it up: which key asked for what, and what came of it.

    The route stands with its placeholders, never with ids; the Idempotency-Key is the merchant's own text. Append-only; deleted by age.
    """

    request_id = models.CharField(max_length=40, unique=True, help_text="the header Request-Id of its answer")
    at = models.DateTimeField(help_text="when it was answered")
    key = models.CharField(max_length=32, help_text="the prefix of the API key")
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    duration_ms = models.FloatField()
    idempotency_key = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes = [
            models.Index(name="api_request_newest_first", fields=["-at", "-id"]),
            models.Index(name="api_request_of_a_key", fields=["key", "-at", "-id"]),
        ]

    def __str__(self) -> str:
        """Return its id."""
        return str(self.request_id)
