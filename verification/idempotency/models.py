"""One row for each request that came with an Idempotency-Key, kept for a day."""

from django.db import models


class IdempotentRequest(models.Model):
    """A request under its key: running until `answered_at` is set, and repeated from here afterwards.

    `effect` is written in the transaction of what the request does, so that a process which dies between commit and answer leaves behind
    that, and what, happened. The answer is sealed with the merchant's key: it may hold personal data.
    """

    key = models.CharField(max_length=255, unique=True)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and members")
    owner = models.CharField(max_length=40, help_text="the attempt that may take effect; who takes over replaces it")
    leased_until = models.DateTimeField(help_text="until then the attempt is believed to be running")
    effect = models.CharField(max_length=40, blank=True, help_text="the uid of the event that the request led to")
    answered_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=80, blank=True)
    body_sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Return the fingerprint's beginning; the key is the merchant's own text."""
        return self.fingerprint[:12]
