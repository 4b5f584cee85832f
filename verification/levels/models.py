"""What a merchant demands of a customer."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from verification.levels.doc_types import DocType


class Level(models.Model):
    """A named set of demands. Every merchant begins with `basic`, `standard` and `enhanced` (first migration)."""

    name = models.CharField(max_length=40, unique=True)
    required_documents = models.JSONField(help_text="doc_types, in the order in which they are asked for")
    passport_needs_back = models.BooleanField(default=True, help_text="false: a customer who holds a passport is not asked for ID_BACK")
    provider = models.CharField(max_length=40, default="sandbox")
    minimum_age = models.PositiveSmallIntegerField(default=18, validators=[MinValueValidator(0), MaxValueValidator(120)])
    review_suspects = models.BooleanField(default=False, help_text="true: a person decides on suspected fraud; false: it is declined")
    valid_days = models.PositiveIntegerField(
        null=True, help_text="how long an approval is believed; null: until the identity document expires"
    )
    check_hours_max = models.PositiveSmallIntegerField(default=24, help_text="a check without an answer by then becomes a review")

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def documents_required_of(self, identity_document_type: str | None) -> list[DocType]:
        """Return the documents that a customer with this kind of identity document must submit, in order."""
        required = [DocType(name) for name in self.required_documents]
        if identity_document_type == "passport" and not self.passport_needs_back:
            return [doc_type for doc_type in required if doc_type is not DocType.ID_BACK]
        return required
