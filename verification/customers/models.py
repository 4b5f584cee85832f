"""The person who is verified, and the keys that this person's data is sealed with."""

from django.db import models
from django.db.models import Q

from verification.customers.stages import Stage, Status
from verification.levels.models import Level


class Customer(models.Model):
    """A merchant's end user: ids and states in the clear, everything personal sealed.

    Loading a row does no cryptography; `customers/sealed.py` opens it on request. `status`, `stage` and `sequence` are written by
    `lifecycle` and `events` under this row's lock, which is the one lock that everything about a customer is done under.
    """

    uid = models.CharField(max_length=40, unique=True, help_text="opaque; binds sealed values, names the person to providers")
    customer_id = models.CharField(max_length=128, unique=True, help_text="the merchant's own id")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    identity_document_type = models.CharField(max_length=24, blank=True, help_text="decides whether a back is needed")
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.COLLECTING)
    sequence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    tokens_valid_from = models.DateTimeField(help_text="end-user tokens issued before this moment are revoked")

    name_sealed = models.BinaryField()
    email_sealed = models.BinaryField()
    phone_number_sealed = models.BinaryField()
    date_of_birth_sealed = models.BinaryField()
    address_sealed = models.BinaryField()
    identity_document_sealed = models.BinaryField()
    metadata_sealed = models.BinaryField()
    email_index = models.BinaryField(null=True)
    phone_number_index = models.BinaryField(null=True)
    document_number_index = models.BinaryField(null=True)

    status_before: str = ""  # not a column: the status when the row was locked, which the events of the change are told with

    class Meta:
        constraints = [
            models.CheckConstraint(name="customer_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="customer_stage_known", condition=Q(stage__in=Stage.values)),
            models.CheckConstraint(name="customer_sequence_not_negative", condition=Q(sequence__gte=0)),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="customer_page"),
            models.Index(fields=["status", "created_at", "id"], name="customer_status_page"),
            models.Index(fields=["email_index"], name="customer_email"),
            models.Index(fields=["phone_number_index"], name="customer_phone"),
            models.Index(fields=["document_number_index"], name="customer_document_number"),
        ]

    def __str__(self) -> str:
        """Return the opaque id."""
        return self.uid


class CustomerKey(models.Model):
    """A customer's data key, wrapped by the merchant's. Destroying every row of a customer erases what was sealed with it.

    In a table of its own, so that it can be backed up apart from the data and only in its newest copy.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="keys")
    key_number = models.PositiveSmallIntegerField(help_text="stands in each ciphertext; the highest one seals")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "key_number"], name="customer_key_once")]

    def __str__(self) -> str:
        """Return whose key it is, never the key."""
        return f"key {self.key_number} of {self.customer_id}"
