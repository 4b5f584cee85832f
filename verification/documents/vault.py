"""Documents at rest: sealed with the customer's key, bound to their submission, one S3 object each.

An object is written before its row. When the row is not written after all, the object is an orphan that opens nothing and shows
nothing; `collecting.sweep_orphans` removes it.
"""

import hashlib
from dataclasses import dataclass

from kyc_platform.crypto.sealing import Binding, Keyring
from kyc_platform.errors import DomainError
from kyc_platform.ids import new_id
from kyc_platform.storage import objects
from kyc_platform.storage.names import object_key
from verification.customers.keys import merchant_binding
from verification.documents.inspection.types import Upload
from verification.documents.models import DocumentSubmission

PREFIX = "documents"


class DocumentDamaged(DomainError):
    """The stored object opens, but is not what was stored. It is never handed on."""

    code = "document_damaged"
    title = "The stored document does not match its hash"
    http_status = 500
    remedy = "Tell us the `request_id`, and ask for a new document."


@dataclass(frozen=True)
class StoredObject:
    """Where the sealed bytes of a submission that has no row yet lie, and the public id that they are bound to."""

    submission_uid: str
    object_key: str


def store_sealed(upload: Upload, keyring: Keyring) -> StoredObject:
    """Seal the cleaned bytes and put them into S3. Network: no transaction may be open. Raises StorageUnavailable."""
    uid = new_id("doc")
    key = object_key(PREFIX, uid)
    objects.put(key, keyring.seal(upload.body, object_binding(uid)))
    return StoredObject(uid, key)


def open_submission(submission: DocumentSubmission, keyring: Keyring) -> bytes:
    """Return the bytes of a submission, the same that were hashed at intake. Network: no transaction may be open.

    Raises StorageUnavailable, ObjectMissing, CannotOpen (moved or changed) or DocumentDamaged.
    """
    body = keyring.open(objects.get(submission.object_key), object_binding(submission.uid))
    if hashlib.sha256(body).hexdigest() != submission.sha256:
        raise DocumentDamaged
    return body


def object_binding(uid: str) -> Binding:
    """Return the place that the object of a submission is sealed for."""
    return merchant_binding("document_submission", "object", uid)
