"""How a person decides what no provider could."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict, InvalidMember, InvalidRequest
from verification.customers.models import Customer
from verification.customers.records import find_customer, lock_customer
from verification.customers.stages import Stage
from verification.documents import records
from verification.documents.models import Document, DocumentState
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import DocumentResult, Outcome
from verification.lifecycle.policy import Decision
from verification.lifecycle.reasons import REASONS
from verification.lifecycle.runs import find_run
from verification.reviews.cases import note_decision, open_review_of
from verification.reviews.models import ReviewDecision
from verification.workflow.deciding import all_verified, carry_out


class NotInReview(Conflict):
    """Nobody is asked to decide this verification, or somebody has decided it already."""

    code = "not_in_review"
    title = "The verification is not waiting for a reviewer"
    remedy = "Read where the verification stands; somebody may have decided it already."


@dataclass(frozen=True)
class Verdict:
    """What a reviewer says. `rejected` names the documents that will not do, each with its reason codes; for `resubmit` at least one."""

    decision: ReviewDecision
    reasons: Sequence[str] = ()
    rejected: Mapping[DocType, Sequence[str]] = field(default_factory=dict)


def decide_review(customer_id: str, verification_uid: str, verdict: Verdict, *, actor: Actor, at: datetime) -> Verification:
    """Decide a verification that is in review. Of two who decide at once one wins, and the other meets NotInReview.

    Raises CustomerNotFound, VerificationNotFound, InvalidRequest (unknown reasons, or a resubmission that asks for nothing) or
    NotInReview; nothing is stored then.
    """
    _check_reasons(verdict)
    customer = find_customer(customer_id)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        verification = find_run(customer, verification_uid)
        review = open_review_of(verification)
        if verification.stage != Stage.IN_REVIEW or review is None:
            raise NotInReview(f"The verification is {verification.stage}.")
        results = _results(customer, verdict)
        submissions = [row.submission for row in records.documents_of(customer).values() if row.submission is not None]
        records.note_outcomes(submissions, results, at=at)
        codes = sorted({*verdict.reasons, *(code for codes in verdict.rejected.values() for code in codes)})
        note_decision(review, verdict.decision, reasons=codes, actor=actor, at=at)
        stage = {ReviewDecision.APPROVE: Stage.APPROVED, ReviewDecision.DECLINE: Stage.DECLINED, ReviewDecision.RESUBMIT: Stage.RESUBMIT}
        carry_out(verification, Decision(stage[verdict.decision], results, tuple(verdict.reasons)), actor=actor, at=at)
    return verification


def _results(customer: Customer, verdict: Verdict) -> tuple[DocumentResult, ...]:
    """Return what the verdict means for each document: a resubmission verifies those it does not ask for again."""
    documents = records.documents_of(customer)
    required = records.required_documents(customer)
    _check_documents(verdict, required, documents)
    rejected = tuple(DocumentResult(doc_type, Outcome.REJECTED, tuple(codes)) for doc_type, codes in verdict.rejected.items())
    if verdict.decision is ReviewDecision.APPROVE:
        return all_verified(required)
    if verdict.decision is ReviewDecision.RESUBMIT:
        return rejected + all_verified(doc_type for doc_type in required if doc_type not in verdict.rejected)
    return rejected


def _check_documents(verdict: Verdict, required: Sequence[DocType], documents: Mapping[DocType, Document]) -> None:
    errors = [
        InvalidMember(
            f"/documents/{number}/doc_type", "document_not_submitted", "The level asks for no such document, or none was submitted."
        )
        for number, doc_type in enumerate(verdict.rejected)
        if doc_type not in required or doc_type not in documents or documents[doc_type].state == DocumentState.MISSING
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _check_reasons(verdict: Verdict) -> None:
    errors = []
    if verdict.decision is ReviewDecision.RESUBMIT and not verdict.rejected:
        errors.append(InvalidMember("/documents", "required", "Name at least one document to submit again, with its reasons."))
    if verdict.decision is ReviewDecision.APPROVE and verdict.rejected:
        errors.append(InvalidMember("/documents", "not_allowed", "An approval rejects no document."))
    if verdict.decision is ReviewDecision.DECLINE and not (verdict.reasons or verdict.rejected):
        errors.append(InvalidMember("/reasons", "required", "Say why: give at least one reason code."))
    pointers = [("/reasons", verdict.reasons)]
    pointers += [(f"/documents/{number}/reasons", codes) for number, codes in enumerate(verdict.rejected.values())]
    for pointer, codes in pointers:
        for position, code in enumerate(codes):
            if code not in REASONS:
                errors.append(InvalidMember(f"{pointer}/{position}", "unknown_reason", f"Known reasons: {', '.join(sorted(REASONS))}."))
        if not codes and pointer != "/reasons":
            errors.append(InvalidMember(pointer, "required", "Give at least one reason code."))
    if errors:
        raise InvalidRequest(errors=errors)
