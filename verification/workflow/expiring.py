"""How a verification runs out: a document does, or the time for which the level believes it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from kyc_platform.actor import SYSTEM, Actor
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import find_customer, lock_customer
from verification.customers.sealed import open_data
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
IDENTITY_DOCUMENTS = (DocType.ID_FRONT, DocType.ID_BACK)


def runs_out_at(verification: Verification, *, approved_at: datetime) -> datetime | None:
    """Return when an approval that was given at a moment runs out; None when nothing ends it.

    The identity document counts until the end of its last day (UTC), the level's `valid_days` from the approval on; whichever is first.
    """
    days, last_day = verification.level.valid_days, _last_day(verification.customer)
    ends = [] if days is None else [approved_at + timedelta(days=days)]
    if last_day is not None and last_day < date.max:  # whose next day has no name
        ends.append(datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=UTC))
    return min(ends, default=None)


def expire_due(verification_pk: int, *, at: datetime) -> None:
    """Let an approval run out whose time has come, because of the identity document or as a whole. Safe to run twice, late and early."""
    customer_pk = Verification.objects.values_list("customer_id", flat=True).get(pk=verification_pk)
    with transaction.atomic():
        customer = lock_customer(customer_pk)
        verification = newest_run(customer)
        if verification.pk != verification_pk:  # a newer run tells where the customer stands; this one is history
            Verification.objects.filter(pk=verification_pk).update(due_at=None)
            return
        if verification.stage != Stage.APPROVED or verification.decided_at is None:
            return  # somebody was faster: it was reopened, or has run out
        ends_at = runs_out_at(verification, approved_at=verification.decided_at)
        if ends_at is None or ends_at > at:  # approved anew meanwhile, or the level believes it longer than it did
            Verification.objects.filter(pk=verification_pk).update(due_at=ends_at)
            return
        last_day = _last_day(customer)
        has_expired = last_day is not None and last_day < at.date()
        shown = [doc_type for doc_type in records.required_documents(customer) if doc_type in IDENTITY_DOCUMENTS]
        _expire(verification, shown if has_expired else [], actor=SYSTEM, at=at)


def expire_verification(customer_id: str, *, doc_types: Sequence[DocType] = (), actor: Actor, at: datetime) -> Verification:
    """Let an approved verification run out, because of some documents, or as a whole when none is named, and say so.

    The documents are rejected with their reason; as a whole, every document is asked for again. A new upload or
    `start_verification` begins a new run. Raises CustomerNotFound, DocumentNotRequired, or IllegalTransition when it is not approved.
    """
    customer = find_customer(customer_id)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        verification = newest_run(customer)
        _expire(verification, doc_types, actor=actor, at=at)
    return verification


def _expire(verification: Verification, doc_types: Sequence[DocType], *, actor: Actor, at: datetime) -> None:
    documents = records.documents_of(verification.customer)
    verification.move_to(Stage.EXPIRED, at=at)
    for doc_type in doc_types:
        records.check_required(doc_type, [*documents])
        _expire_document(documents[doc_type], verification, actor=actor, at=at)
    if not doc_types:
        verification.reasons = [VERIFICATION_EXPIRED]
        verification.save(update_fields=["reasons"])
        for document in documents.values():
            records.ask_again(document)
    told = {"reasons": [DOCUMENT_EXPIRED if doc_types else VERIFICATION_EXPIRED]}
    announce(EventType.VERIFICATION_EXPIRED, verification.customer, verification=verification, actor=actor, at=at, data=told)


def _last_day(customer: Customer) -> date | None:
    return open_data(customer, customer_keyring(customer)).identity_document.expiry_date


def _expire_document(document: Document, verification: Verification, *, actor: Actor, at: datetime) -> None:
    doc_type = DocType(document.doc_type)
    result = DocumentResult(doc_type, Outcome.REJECTED, (DOCUMENT_EXPIRED,))
    records.apply_results({doc_type: document}, (result,), at=at)
    data = {"doc_type": doc_type, "document_id": document.submission.uid if document.submission else None, "reasons": [DOCUMENT_EXPIRED]}
    announce(EventType.DOCUMENT_REJECTED, verification.customer, verification=verification, actor=actor, at=at, data=data)
