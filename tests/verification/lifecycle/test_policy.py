"""Deciding is a pure function, and nothing is approved by omission."""

import itertools

import pytest

from verification.customers.stages import Stage
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import CheckResult, DocumentResult, Outcome
from verification.lifecycle.policy import Policy, decide
from verification.lifecycle.reasons import REASONS

FOUR = tuple(DocType)


def result(*outcomes: Outcome, whole: Outcome | None = None, reasons: dict[DocType, tuple[str, ...]] | None = None) -> CheckResult:
    documents = tuple(DocumentResult(kind, outcome, (reasons or {}).get(kind, ())) for kind, outcome in zip(FOUR, outcomes, strict=False))
    return CheckResult(whole or Outcome.CLEAR, documents)


def test_all_clear_is_approved_and_verifies_every_document() -> None:
    decision = decide(result(*[Outcome.CLEAR] * 4), FOUR, Policy())

    assert decision.stage is Stage.APPROVED
    assert [document.doc_type for document in decision.documents] == list(FOUR)


def test_only_four_clear_documents_and_a_clear_whole_are_ever_approved() -> None:
    approved = [
        (whole, outcomes)
        for whole in Outcome
        for outcomes in itertools.product(Outcome, repeat=4)
        if decide(result(*outcomes, whole=whole), FOUR, Policy()).stage is Stage.APPROVED
    ]

    assert approved == [(Outcome.CLEAR, (Outcome.CLEAR,) * 4)]


def test_a_required_document_without_a_result_goes_to_a_person() -> None:
    decision = decide(result(*[Outcome.CLEAR] * 3), FOUR, Policy())

    assert (decision.stage, decision.because) == (Stage.IN_REVIEW, ("result_incomplete",))


def test_doubt_comes_before_rejection() -> None:
    decision = decide(result(Outcome.REJECTED, Outcome.UNSURE, Outcome.CLEAR, Outcome.CLEAR), FOUR, Policy())

    assert (decision.stage, decision.because) == (Stage.IN_REVIEW, ("provider_unsure",))


def test_suspicion_declines_and_calls_no_document_verified() -> None:
    decision = decide(result(Outcome.SUSPECT, *[Outcome.CLEAR] * 3), FOUR, Policy())

    assert decision.stage is Stage.DECLINED
    assert [document.doc_type for document in decision.documents] == [DocType.ID_FRONT]


def test_suspicion_goes_to_a_person_where_the_level_says_so() -> None:
    decision = decide(result(Outcome.SUSPECT, *[Outcome.CLEAR] * 3), FOUR, Policy(review_suspects=True))

    assert (decision.stage, decision.because) == (Stage.IN_REVIEW, ("fraud_suspected",))


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_rejection_asks_again_when_the_end_user_can_mend_it_and_goes_to_a_person_otherwise(code: str) -> None:
    rejected = result(*[Outcome.CLEAR] * 3, Outcome.REJECTED, whole=Outcome.REJECTED, reasons={DocType.SELFIE: (code,)})

    decision = decide(rejected, FOUR, Policy())
    expected = (Stage.RESUBMIT, ()) if REASONS[code].is_user_fixable else (Stage.IN_REVIEW, ("rejection_not_fixable",))
    assert (decision.stage, decision.because) == expected
