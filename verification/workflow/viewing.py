"""How somebody looks at a document: opened for them, and kept on record."""

from datetime import datetime

from kyc_platform.actor import Actor
from verification.customers.keys import customer_keyring
from verification.documents.models import DocumentSubmission
from verification.documents.vault import open_submission
from verification.events.types import AuditType
from verification.workflow.announcing import record


def open_document(submission: DocumentSubmission, *, actor: Actor, at: datetime) -> bytes:
    """Return the bytes of a submission after the look has been recorded, so that no look goes unrecorded.

    Raises StorageUnavailable, ObjectMissing, CustomerErased, CannotOpen or DocumentDamaged.
    """
    customer = submission.customer
    data = {"document_id": submission.uid, "doc_type": submission.doc_type}
    record(AuditType.DOCUMENT_VIEWED, customer=customer, actor=actor, at=at, data=data)
    return open_submission(submission, customer_keyring(customer))
