"""How documents come in, and how a complete set is handed on."""

from datetime import datetime, timedelta

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict
from kyc_platform.storage import objects
from kyc_platform.storage.names import own_prefix
from verification import jobs
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import find_customer_by_pk, lock_customer
from verification.customers.stages import Stage
from verification.documents import records, vault
from verification.documents.inspection.uploads import inspect_upload
from verification.documents.models import DocumentSubmission
from verification.events.types import EventType
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.runs import newest_run
from verification.lifecycle.states import COMPLETE, TAKES_DOCUMENTS
from verification.workflow.announcing import announce
from verification.workflow.opening import begin_run

START_AGAIN_SECONDS = 15  # when the job that starts the check was lost, the sweep starts it
ORPHAN_HOURS = 24  # longer than any request takes between writing an object and writing its row


class BeingChecked(Conflict):
    """The documents are with the provider or with a reviewer."""

    code = "document_being_checked"
    title = "The documents are being checked"
    remedy = "Wait for the decision; a rejected document can be submitted again afterwards."


class NotCollecting(Conflict):
    """No verification of this customer asks for documents."""

    code = "not_collecting"
    title = "No documents are asked for"
    remedy = "Start a new run with `POST /customers/{customer_id}/verifications`."


def submit_document(*, customer_pk: int, doc_type: DocType, body: bytes, actor: Actor, at: datetime) -> DocumentSubmission:
    """Store one document and, when it is the last one missing, hand the verification to its provider.

    The bytes are sealed and uploaded before the transaction opens; an object whose transaction then fails has no row and is
    removed by the nightly sweep. Of two uploads of one document at once both are kept in the history and the later one counts. After
    a verification has run out, an upload begins a new run.

    Raises:
        UploadRefused: the bytes are not an acceptable document.
        DocumentNotRequired: the customer's level does not ask for it.
        BeingChecked, DocumentAlreadyVerified, NotCollecting: it is not wanted now.
        StorageUnavailable: nothing was stored; try again.
    """
    customer = find_customer_by_pk(customer_pk)
    require_wanted(customer, newest_run(customer), doc_type)  # refuse before storing anything
    upload = inspect_upload(body, doc_type)
    del body  # what is kept is the cleaned copy; three copies of ten megabytes at once would be one too many
    stored = vault.store_sealed(upload, customer_keyring(customer))
    with transaction.atomic():
        customer = lock_customer(customer_pk)
        verification = newest_run(customer)
        require_wanted(customer, verification, doc_type)  # the world may have changed during the upload
        if verification.stage == Stage.EXPIRED:
            verification = begin_run(customer, actor=actor, at=at)
        submission = records.attach_submission(verification, doc_type, upload=upload, stored=stored, actor=actor, at=at)
        data = {"doc_type": doc_type.value, "document_id": submission.uid}
        announce(EventType.DOCUMENT_SUBMITTED, customer, verification=verification, actor=actor, at=at, data=data)
        submit_if_complete(verification, actor=actor, at=at)
    return submission


def submit_if_complete(verification: Verification, *, actor: Actor, at: datetime) -> bool:
    """Hand a run that misses nothing to its provider, and tell whether it did. Part of a transaction under the customer's lock."""
    customer = verification.customer
    if records.missing_documents(records.required_documents(customer), records.documents_of(customer)):
        return False
    due_at = at + timedelta(seconds=START_AGAIN_SECONDS)
    verification.move_to(Stage.SUBMITTED, at=at, due_at=due_at)
    announce(EventType.VERIFICATION_SUBMITTED, customer, verification=verification, actor=actor, at=at)
    jobs.start_check(verification.pk)
    jobs.look_again(due_at)
    return True


def require_wanted(customer: Customer, verification: Verification, doc_type: DocType) -> None:
    """Raise the error that says why this document is not wanted now, if it is not."""
    stage = Stage(verification.stage)
    documents = records.documents_of(customer)
    records.check_wanted(doc_type, records.required_documents(customer), documents)
    if stage in COMPLETE:
        raise BeingChecked("Wait for the decision; a rejected document can be submitted again afterwards.")
    if stage not in TAKES_DOCUMENTS:
        raise NotCollecting(f"The verification is {stage.value}. Start a new one with POST …/verifications.")


def sweep_orphans(*, at: datetime) -> int:
    """Remove the current merchant's objects that no submission names and that are older than any request; return how many."""
    old = at - timedelta(hours=ORPHAN_HOURS)
    removed = 0
    for key, last_modified in objects.keys(f"{own_prefix()}{vault.PREFIX}/"):
        if last_modified < old and not DocumentSubmission.objects.filter(object_key=key).exists():
            objects.delete(key)
            removed += 1
    return removed
