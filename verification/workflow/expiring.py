"""How a verification runs out: a document does, or the time for which the level believes it."""

from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from verification.customers.records import find_customer, lock_customer
from verification.customers.stages import Stage
from verification.documents import records
from verification.documents.models import Document
from verification.events.types import EventType
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import DocumentResult, Outcome
from verification.lifecycle.runs import newest_run
from verification.workflow.announcing import announce

DOCUMENT_EXPIRED, VERIFICATION_EXPIRED = "document_expired", "verification_expired"


def expire_verification(customer_id: str, *, doc_type: DocType | None = None, actor: Actor, at: datetime) -> Verification:
    """Let an approved verification run out, because of one document, or as a whole when none is named, and say so.

    The one document is rejected with its reason; as a whole, every document is asked for again. A new upload or
    `start_verification` begins a new run. Raises CustomerNotFound, DocumentNotRequired, or IllegalTransition when it is not approved.
    """
    customer = find_customer(customer_id)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        verification = newest_run(customer)
        documents = records.documents_of(customer)
        verification.move_to(Stage.EXPIRED, at=at)
        if doc_type is not None:
            records.check_required(doc_type, [*documents])
            _expire_document(documents[doc_type], verification, actor=actor, at=at)
        else:
            verification.reasons = [VERIFICATION_EXPIRED]
            verification.save(update_fields=["reasons"])
            for document in documents.values():
                records.ask_again(document)
        told = {"reasons": [VERIFICATION_EXPIRED if doc_type is None else DOCUMENT_EXPIRED]}
        announce(EventType.VERIFICATION_EXPIRED, customer, verification=verification, actor=actor, at=at, data=told)
    return verification


def _expire_document(document: Document, verification: Verification, *, actor: Actor, at: datetime) -> None:
    doc_type = DocType(document.doc_type)
    result = DocumentResult(doc_type, Outcome.REJECTED, (DOCUMENT_EXPIRED,))
    records.apply_results({doc_type: document}, (result,), at=at)
    data = {"doc_type": doc_type, "document_id": document.submission.uid if document.submission else None, "reasons": [DOCUMENT_EXPIRED]}
    announce(EventType.DOCUMENT_REJECTED, verification.customer, verification=verification, actor=actor, at=at, data=data)
