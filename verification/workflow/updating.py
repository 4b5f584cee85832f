"""How a customer's data is replaced, and what has to be verified again because of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from kyc_platform.actor import SYSTEM, Actor
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import find_customer, lock_customer
from verification.customers.sealed import open_data, seal_into
from verification.customers.stages import Stage
from verification.customers.validation.changes import changed_members
from verification.customers.validation.identity_documents import require_valid
from verification.customers.validation.types import CustomerData
from verification.documents import records
from verification.documents.models import DocumentState
from verification.events.types import AuditType, EventType
from verification.levels.doc_types import DocType
from verification.levels.lookup import level_named
from verification.lifecycle.models import Verification
from verification.lifecycle.runs import newest_run
from verification.lifecycle.states import COLLECTS, COMPLETE, OPEN
from verification.providers import checks
from verification.providers.models import CheckState
from verification.reviews.cases import close_review
from verification.workflow.announcing import announce, record
from verification.workflow.collecting import submit_if_complete
from verification.workflow.opening import begin_run

CHECKED_AGAIN = frozenset({"name", "date_of_birth", "identity_document"})  # compared with every document on file
ASKED_AGAIN = frozenset({"address"})  # proved by a document that shows the old one
NEW_DEMANDS = frozenset({"level"})


@dataclass(frozen=True)
class Reverification:
    """What a replacement sets in motion: whether anything, because of which members, and which documents are asked for again."""

    is_required: bool
    because: tuple[str, ...] = ()
    documents: tuple[DocType, ...] = ()


def replace_customer(data: CustomerData, *, actor: Actor, at: datetime) -> tuple[Customer, Reverification]:
    """Replace everything that the merchant told of a customer, and verify again what that touches.

    Name, date of birth or identity document: the documents on file are checked again. Address: the proof of address no longer
    counts. Level: its demands hold from now on; left out, it stays as it is. A running check is superseded, so that its late result
    changes nothing. A declined customer stays declined. Raises CustomerNotFound, or InvalidRequest (unknown level, another identity
    document that has expired).
    """
    customer = find_customer(data.customer_id)
    level = level_named(data.level or customer.level.name)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        keyring = customer_keyring(customer)
        data = replace(data, level=level.name)
        changed = changed_members(open_data(customer, keyring), data)
        if "identity_document" in changed:  # one that ran out since it was named may stay while the rest is replaced
            require_valid(data.identity_document, on=at.date())
        seal_into(customer, data, keyring)
        customer.level, customer.updated_at = level, at
        customer.save()
        reverification = _verify_again(customer, changed, actor=actor, at=at)
        run = newest_run(customer)
        told = {
            "changed": sorted(changed),
            "reverification": {
                "required": reverification.is_required,
                "because": list(reverification.because),
                "documents": [doc_type.value for doc_type in reverification.documents],
            },
        }
        announce(EventType.CUSTOMER_UPDATED, customer, verification=run, actor=actor, at=at, data=told)
    return customer, reverification


def _verify_again(customer: Customer, changed: frozenset[str], *, actor: Actor, at: datetime) -> Reverification:
    because = changed & (CHECKED_AGAIN | ASKED_AGAIN | NEW_DEMANDS)
    run = newest_run(customer)
    stage = Stage(run.stage)
    if not because or stage is Stage.DECLINED:
        return Reverification(is_required=False)
    documents = records.documents_of(customer)
    if because & CHECKED_AGAIN:
        records.uncheck(documents.values())
    proof = documents.get(DocType.PROOF_OF_ADDRESS)
    if because & ASKED_AGAIN and proof is not None and proof.state != DocumentState.MISSING:
        records.ask_again(proof)
    if stage in COMPLETE or (stage in OPEN and because & NEW_DEMANDS):
        _cancel(run, actor=actor, at=at)
        run = begin_run(customer, actor=actor, at=at)
    elif stage not in OPEN:
        run = begin_run(customer, actor=actor, at=at)  # the run that is over stays in the history as it was decided
    if run.stage in COLLECTS:
        submit_if_complete(run, actor=actor, at=at)
    missing = records.missing_documents(records.required_documents(customer), records.documents_of(customer))
    return Reverification(is_required=True, because=tuple(sorted(because)), documents=tuple(missing))


def _cancel(run: Verification, *, actor: Actor, at: datetime) -> None:
    """End an open run without a decision: the check that runs in it is superseded, the person who was asked need not answer."""
    check = checks.running_check(run)
    if check is not None:
        checks.close_check(check, CheckState.SUPERSEDED)
        data = {"check_id": check.uid, "provider": check.provider}
        record(AuditType.CHECK_SUPERSEDED, customer=run.customer, actor=SYSTEM, at=at, data=data)
    close_review(run, at=at)
    run.move_to(Stage.CANCELLED, at=at)
    record(AuditType.VERIFICATION_CANCELLED, customer=run.customer, actor=actor, at=at, data={"verification_id": run.uid})
