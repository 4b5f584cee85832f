"""The kinds of documents a customer can be asked for (the first seed's four)."""

from django.db.models import TextChoices


class DocType(TextChoices):
    """What a submission claims to show. The stored values are those of the HTTP contract."""

    ID_FRONT = "ID_FRONT"
    ID_BACK = "ID_BACK"
    PROOF_OF_ADDRESS = "PROOF_OF_ADDRESS"
    SELFIE = "SELFIE"
