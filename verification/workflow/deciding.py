"""How a provider's answer becomes a decision. One page, because everything that is wrong here is wrong for a person."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor, ActorKind
from verification import jobs
from verification.customers.keys import customer_keyring, merchant_binding
from verification.customers.records import lock_customer
from verification.customers.stages import Stage
from verification.documents import records
from verification.documents.models import DocumentState, DocumentSubmission
from verification.events.types import EventType
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import CheckResult, DocumentResult, Outcome
from verification.lifecycle.policy import Decision, Policy, decide
from verification.lifecycle.runs import newest_run
from verification.providers import checks
from verification.providers.interface import RawResult
from verification.providers.models import CheckState, ProviderCheck
from verification.reviews.cases import open_review
from verification.workflow.announcing import announce
from verification.workflow.expiring import runs_out_at

EVENT_OF_STAGE = {
    Stage.APPROVED: EventType.VERIFICATION_APPROVED,
    Stage.DECLINED: EventType.VERIFICATION_DECLINED,
    Stage.RESUBMIT: EventType.VERIFICATION_RESUBMISSION_REQUESTED,
    Stage.IN_REVIEW: EventType.VERIFICATION_IN_REVIEW,
}


def apply_answer(check_pk: int, *, result: CheckResult | None, raw: RawResult, at: datetime) -> None:
    """Apply what the provider says of a check, if it still matters. `result` is None while the answer is not final.

    Safe to run twice and out of order: an answer for a superseded or failed check, for a run that is over, or no newer than the one
    that was applied, changes nothing.
    """
    with transaction.atomic():
        check = ProviderCheck.objects.select_related("verification").get(pk=check_pk)
        customer = lock_customer(check.verification.customer_id)
        check.refresh_from_db()
        verification = newest_run(customer)
        newest = checks.newest_check(verification)
        if newest is None or newest.pk != check.pk or check.state in (CheckState.SUPERSEDED, CheckState.FAILED):
            return  # the answer is about documents or data that no longer count; whoever superseded it has asked anew
        provider = Actor(ActorKind.PROVIDER, check.provider)
        if check.state == CheckState.ANSWERED and not _is_reopening(verification, check, result):
            return  # a repetition, or an answer older than the one that was applied
        if verification.stage == Stage.APPROVED:
            _reopen(verification, check, actor=provider, at=at)
        if result is None or verification.stage != Stage.CHECKING:
            return  # still thinking: the poll or the next callback brings the rest; or a person has it now
        _keep(check, result, raw, at=at)
        policy = Policy(review_suspects=verification.level.review_suspects)
        decision = decide(result, records.required_documents(customer), policy)
        submissions = DocumentSubmission.objects.filter(pk__in=check.submission_ids)
        records.note_outcomes(submissions, result.documents, at=at)
        carry_out(verification, decision, actor=provider, at=at)


def carry_out(verification: Verification, decision: Decision, *, actor: Actor, at: datetime) -> None:
    """Move a run to its decision and say everything that follows from it. Part of a transaction under the customer's lock."""
    if decision.stage is Stage.IN_REVIEW:
        verification.reasons = list(decision.reasons)
        verification.save(update_fields=["reasons"])
        send_to_review(verification, because=decision.because, actor=actor, at=at)
        return
    customer = verification.customer
    documents = records.documents_of(customer)
    changed = records.apply_results(documents, decision.documents, at=at)
    verification.reasons, verification.decided_by_kind = list(decision.reasons), actor.kind.value
    verification.save(update_fields=["reasons", "decided_by_kind"])
    ends_at = runs_out_at(verification, approved_at=at) if decision.stage is Stage.APPROVED else None
    verification.move_to(decision.stage, at=at, due_at=ends_at)
    if ends_at is not None:
        jobs.look_again(ends_at)
    for document in changed:
        is_verified = document.state == DocumentState.VERIFIED
        event_type = EventType.DOCUMENT_VERIFIED if is_verified else EventType.DOCUMENT_REJECTED
        data = {"doc_type": document.doc_type, "document_id": document.submission.uid if document.submission else None}
        announce(event_type, customer, verification=verification, actor=actor, at=at, data={**data, "reasons": document.reasons})
    announce(
        EVENT_OF_STAGE[decision.stage],
        customer,
        verification=verification,
        actor=actor,
        at=at,
        data={"reasons": _all_reasons(decision.reasons, decision.documents)},
    )


def send_to_review(verification: Verification, *, because: Sequence[str], actor: Actor, at: datetime) -> None:
    """Ask a person of the merchant. Part of a transaction under the customer's lock."""
    verification.move_to(Stage.IN_REVIEW, at=at)
    review = open_review(verification, because=because, at=at)
    announce(
        EventType.VERIFICATION_IN_REVIEW,
        verification.customer,
        verification=verification,
        actor=actor,
        at=at,
        data={"review_id": review.uid, "because": list(because)},
    )


def all_verified(doc_types: Iterable[DocType]) -> tuple[DocumentResult, ...]:
    """Return results that verify every one of these documents."""
    return tuple(DocumentResult(doc_type, Outcome.CLEAR) for doc_type in doc_types)


def _is_reopening(verification: Verification, check: ProviderCheck, result: CheckResult | None) -> bool:
    """Tell whether an answer takes an approval back: the same check, no longer final or with a newer version."""
    return verification.stage == Stage.APPROVED and (result is None or result.version > check.result_version)


def _reopen(verification: Verification, check: ProviderCheck, *, actor: Actor, at: datetime) -> None:
    """Take an approval back. Its documents count as unchecked until there is a new answer: all verified means verified, and only that."""
    checks.note_reopened(check, hours=verification.level.check_hours_max, at=at)
    records.uncheck(records.documents_of(verification.customer).values())
    verification.move_to(Stage.CHECKING, at=at, due_at=at)
    announce(EventType.VERIFICATION_REOPENED, verification.customer, verification=verification, actor=actor, at=at)


def _keep(check: ProviderCheck, result: CheckResult, raw: RawResult, *, at: datetime) -> None:
    keyring = customer_keyring(check.verification.customer)
    sealed = keyring.seal(raw.body, merchant_binding("provider_check", "raw", check.uid))
    checks.note_answer(check, result, raw_sealed=sealed, raw_sha256=hashlib.sha256(raw.body).hexdigest(), at=at)


def _all_reasons(reasons: Sequence[str], documents: Iterable[DocumentResult]) -> list[str]:
    return sorted({*reasons, *(code for document in documents for code in document.reasons)})
