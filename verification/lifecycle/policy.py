"""Deciding: a pure function of a provider's result and the merchant's policy. No clock, no table, no network."""

from collections.abc import Iterable
from dataclasses import dataclass

from verification.customers.stages import Stage
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import CheckResult, DocumentResult, Outcome
from verification.lifecycle.reasons import reason

REVIEW_UNSURE = "provider_unsure"
REVIEW_SUSPECT = "fraud_suspected"
REVIEW_INCOMPLETE = "result_incomplete"
REVIEW_NOT_FIXABLE = "rejection_not_fixable"


@dataclass(frozen=True)
class Policy:
    """What a merchant's level says about deciding."""

    review_suspects: bool = False


@dataclass(frozen=True)
class Decision:
    """Where a verification goes, what becomes of each document, and the codes of the reasons that belong to no single document.

    `because` tells a reviewer why a person is asked; it is empty unless the stage is `in_review`.
    """

    stage: Stage
    documents: tuple[DocumentResult, ...]
    reasons: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def decide(result: CheckResult, required: Iterable[DocType], policy: Policy) -> Decision:
    """Return what a result means for a verification.

    Suspicion comes first, then doubt, then rejection, then approval, so that nothing is ever approved by omission. To a person go:
    a required document without a result, a rejection that another photo does not mend, and a whole that says otherwise than its
    parts. A declined customer's other documents are not called verified: all verified means that the customer is.
    """
    by_type = {document.doc_type: document for document in result.documents}
    outcomes = {result.outcome, *(document.outcome for document in result.documents)}
    rejected = [document for document in result.documents if document.outcome is Outcome.REJECTED]
    if Outcome.SUSPECT in outcomes:
        if policy.review_suspects:
            return Decision(Stage.IN_REVIEW, (), result.reasons, (REVIEW_SUSPECT,))
        against = tuple(document for document in result.documents if document.outcome in (Outcome.SUSPECT, Outcome.REJECTED))
        return Decision(Stage.DECLINED, against, result.reasons)
    if any(doc_type not in by_type for doc_type in required):
        return Decision(Stage.IN_REVIEW, (), result.reasons, (REVIEW_INCOMPLETE,))
    if Outcome.UNSURE in outcomes:
        return Decision(Stage.IN_REVIEW, (), result.reasons, (REVIEW_UNSURE,))
    if rejected and not all(_is_fixable(document) for document in rejected):
        return Decision(Stage.IN_REVIEW, (), result.reasons, (REVIEW_NOT_FIXABLE,))
    if rejected:
        return Decision(Stage.RESUBMIT, result.documents, result.reasons)
    if outcomes == {Outcome.CLEAR}:
        return Decision(Stage.APPROVED, result.documents, result.reasons)
    return Decision(Stage.IN_REVIEW, (), result.reasons, (REVIEW_INCOMPLETE,))


def _is_fixable(document: DocumentResult) -> bool:
    return all(reason(code).is_user_fixable for code in document.reasons)
