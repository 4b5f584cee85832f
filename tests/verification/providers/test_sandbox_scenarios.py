"""Each scenario of the sandbox provider, from the adapter's submission to the callback and the authoritative answer."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fixtures.sandbox_provider import Listener, SandboxProcess
from tests.verification.providers.cases import sandbox_case
from tests.verification.providers.contract import ProviderCase, a_submission, final_answer, submit
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import CheckResult, DocumentResult, Outcome
from verification.lifecycle.reasons import REASONS
from verification.providers.interface import BadSignature, ErrorClass, ProviderError, Submission
from verification.providers.sandbox.service.scenarios import DECLINE_FAULTS, DOCUMENT_FAULTS, UNSURE_FAULTS


@pytest.fixture
def case(sandbox_provider: SandboxProcess, callback_listener: Listener) -> ProviderCase:
    """The sandbox provider only."""
    return sandbox_case(sandbox_provider, callback_listener)


def with_scenario(case: ProviderCase, scenario: str) -> Submission:
    """Return a question about a new person whose metadata chooses this scenario."""
    return a_submission(case, sandbox_scenario=scenario, tier="gold")


def result_of(case: ProviderCase, scenario: str) -> CheckResult:
    """Return what the provider finds for a new person of this scenario."""
    return case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, with_scenario(case, scenario))))


def version_of(listener: Listener, number: int) -> tuple[str, int]:
    """Return kind and version of the callback that came as this number."""
    body = json.loads(listener.heard[number].body)
    return body["type"], body["check"]["version"]


def test_a_callback_comes_signed_once_with_the_check_and_nothing_of_the_person(case: ProviderCase, callback_listener: Listener) -> None:
    check = submit(case.adapter, a_submission(case))

    (heard,) = callback_listener.wait_for(1)
    (event,) = case.adapter.receive(heard.body, heard.headers, now=datetime.now(UTC))

    assert heard.path == "/callbacks/sandbox/token"
    assert (event.check_reference, event.kind) == (check, "check.completed")
    assert b"Eriksson" not in heard.body
    time.sleep(1.2)
    assert len(callback_listener.heard) == 1


def test_approve_passes_whatever_is_shown(case: ProviderCase) -> None:
    submission = with_scenario(case, "approve")
    blank = tuple(replace(document, body=b"not an image") for document in submission.documents)

    check = submit(case.adapter, replace(submission, documents=blank))

    assert case.adapter.normalise(final_answer(case.adapter, check)).outcome is Outcome.CLEAR


@pytest.mark.parametrize("kind", DocType)
def test_a_rejected_document_is_rejected_once_and_passes_when_submitted_again(case: ProviderCase, kind: DocType) -> None:
    submission = with_scenario(case, f"reject:{kind}:image_blurred")
    first = case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, submission)))

    assert first.outcome is Outcome.REJECTED
    assert [document for document in first.documents if document.outcome is not Outcome.CLEAR] == [
        DocumentResult(kind, Outcome.REJECTED, ("image_blurred",))
    ]

    # The same documents checked again are the same submission; a new one is another.
    again = replace(submission, idempotency_key=submission.idempotency_key + "-again")
    assert case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, again))).outcome is Outcome.REJECTED
    newer = tuple(replace(document, submission_id=99) if document.doc_type is kind else document for document in submission.documents)
    resubmitted = replace(submission, idempotency_key=submission.idempotency_key + "-new", documents=newer)
    second = case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, resubmitted)))
    assert second.outcome is Outcome.CLEAR


@pytest.mark.parametrize("word", DOCUMENT_FAULTS)
def test_every_reason_to_reject_comes_back_as_itself(case: ProviderCase, word: str) -> None:
    result = result_of(case, f"reject:ID_FRONT:{word}")

    expected = {"rejected": Outcome.REJECTED, "suspected": Outcome.SUSPECT}[DOCUMENT_FAULTS[word].verdict]
    assert word in REASONS
    assert result.outcome is expected
    assert DocumentResult(DocType.ID_FRONT, expected, (word,)) in result.documents


@pytest.mark.parametrize(
    ("scenario", "outcome", "reason"),
    [
        ("decline", Outcome.SUSPECT, "blocklisted"),
        *((f"decline:{word}", Outcome.SUSPECT, word) for word in DECLINE_FAULTS),
        ("unsure", Outcome.UNSURE, "other"),
        *((f"unsure:{word}", Outcome.UNSURE, word) for word in UNSURE_FAULTS),
        ("unknown_answer", Outcome.UNSURE, "other"),
    ],
)
def test_an_answer_about_the_person_has_its_outcome_and_reason(case: ProviderCase, scenario: str, outcome: Outcome, reason: str) -> None:
    result = result_of(case, scenario)

    assert (result.outcome, result.reasons) == (outcome, (reason,))
    assert [(document.doc_type, document.outcome) for document in result.documents] == [(kind, Outcome.CLEAR) for kind in DocType]


def test_suspected_fraud_is_a_forged_document(case: ProviderCase) -> None:
    result = result_of(case, "suspected_fraud")

    assert result.outcome is Outcome.SUSPECT
    assert result.documents[0] == DocumentResult(DocType.ID_FRONT, Outcome.SUSPECT, ("document_forged",))


def test_suspected_fraud_is_found_also_where_no_front_is_asked_about(case: ProviderCase) -> None:
    submission = with_scenario(case, "suspected_fraud")

    check = submit(case.adapter, replace(submission, documents=submission.documents[3:]))

    result = case.adapter.normalise(final_answer(case.adapter, check))
    assert result.documents == (DocumentResult(DocType.SELFIE, Outcome.SUSPECT, ("document_forged",)),)


def test_slow_answers_after_its_seconds_and_not_before(case: ProviderCase) -> None:
    started = time.monotonic()
    check = submit(case.adapter, with_scenario(case, "slow:2"))

    assert not case.adapter.fetch(check).is_final
    assert case.adapter.normalise(final_answer(case.adapter, check)).outcome is Outcome.CLEAR
    assert time.monotonic() - started >= 2


def test_one_that_never_answers_stays_in_processing(case: ProviderCase, callback_listener: Listener) -> None:
    check = submit(case.adapter, with_scenario(case, "never_answers"))
    time.sleep(0.7)

    assert not case.adapter.fetch(check).is_final
    assert callback_listener.heard == []


def test_one_that_answers_twice_repeats_the_same_event(case: ProviderCase, callback_listener: Listener) -> None:
    submit(case.adapter, with_scenario(case, "answers_twice"))

    first, second = callback_listener.wait_for(2)

    assert first.body == second.body


def test_out_of_order_the_older_callback_comes_last_and_the_check_knows_better(case: ProviderCase, callback_listener: Listener) -> None:
    check = submit(case.adapter, with_scenario(case, "out_of_order"))

    callback_listener.wait_for(2)

    assert [version_of(callback_listener, 0), version_of(callback_listener, 1)] == [("check.completed", 2), ("check.completed", 1)]
    assert [json.loads(heard.body)["check"]["verdict"] for heard in callback_listener.heard] == ["passed", "undetermined"]
    result = case.adapter.normalise(case.adapter.fetch(check))
    assert (result.outcome, result.version) == (Outcome.CLEAR, 2)


def test_a_wrong_signature_is_refused_and_asking_finds_the_answer(case: ProviderCase, callback_listener: Listener) -> None:
    check = submit(case.adapter, with_scenario(case, "wrong_signature"))

    heard = callback_listener.wait_for(1)[0]

    with pytest.raises(BadSignature):
        case.adapter.receive(heard.body, heard.headers, now=datetime.now(UTC))
    assert case.adapter.normalise(case.adapter.fetch(check)).outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    ("scenario", "failures", "error_class", "retry_after"),
    [
        ("server_errors", 3, ErrorClass.RETRY, None),
        ("server_errors:1", 1, ErrorClass.RETRY, None),
        ("throttled", 2, ErrorClass.THROTTLED, 1),
    ],
)
def test_trouble_passes_after_its_number_of_requests(
    case: ProviderCase, scenario: str, failures: int, error_class: ErrorClass, retry_after: int | None
) -> None:
    submission = with_scenario(case, scenario)
    progress: dict[str, str] = {}
    for _ in range(failures):
        with pytest.raises(ProviderError) as caught:
            submit(case.adapter, submission, progress)
        assert (caught.value.error_class, caught.value.retry_after_seconds) == (error_class, retry_after)

    check = submit(case.adapter, submission, progress)

    assert case.adapter.normalise(final_answer(case.adapter, check)).outcome is Outcome.CLEAR


def test_an_outage_ends_after_its_seconds(case: ProviderCase) -> None:
    submission = with_scenario(case, "outage:2")
    progress: dict[str, str] = {}

    with pytest.raises(ProviderError) as caught:
        submit(case.adapter, submission, progress)

    assert caught.value.error_class is ErrorClass.RETRY
    time.sleep(2)
    assert submit(case.adapter, submission, progress)


def test_reopened_after_approval_it_is_declined_at_a_higher_version(case: ProviderCase, callback_listener: Listener) -> None:
    check = submit(case.adapter, with_scenario(case, "reopens_after_approval:2"))

    approved = case.adapter.normalise(final_answer(case.adapter, check))
    callback_listener.wait_for(3)
    declined = case.adapter.normalise(case.adapter.fetch(check))

    assert (approved.outcome, approved.version) == (Outcome.CLEAR, 1)
    assert (declined.outcome, declined.reasons, declined.version) == (Outcome.SUSPECT, ("blocklisted",), 2)
    kinds = [version_of(callback_listener, number) for number in range(3)]
    assert kinds == [("check.completed", 1), ("check.reopened", 2), ("check.completed", 2)]


def test_a_scenario_set_at_the_provider_outweighs_the_metadata(case: ProviderCase, sandbox_provider: SandboxProcess) -> None:
    submission = with_scenario(case, "decline")
    submit(case.adapter, submission)
    found = sandbox_provider.ask("GET", "/v1/applicants", params={"reference": submission.applicant.reference}).json()["applicants"][0]
    assert found["scenario"] == "decline"

    answer = sandbox_provider.ask("PUT", f"/v1/applicants/{found['id']}/scenario", json={"scenario": "unsure:aml_hit"})

    assert answer.json() == {**found, "scenario": "unsure:aml_hit"}
    check = submit(case.adapter, replace(submission, idempotency_key=submission.idempotency_key + "-2"))
    assert case.adapter.normalise(final_answer(case.adapter, check)).reasons == ("aml_hit",)


def test_new_metadata_is_a_new_scenario(case: ProviderCase) -> None:
    submission = with_scenario(case, "decline")
    submit(case.adapter, submission)

    changed = replace(submission, idempotency_key=submission.idempotency_key + "-2", hints={"sandbox_scenario": "approve"})

    assert case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, changed))).outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    "scenario",
    [
        "",
        "aprove",
        "approve:1",
        "reject",
        "reject:SELFIE",
        "reject:FACE:no_face",
        "reject:SELFIE:ugly",
        "slow:0",
        "slow:²",
        "slow:1:2",
        "decline:x",
    ],
)
def test_a_scenario_that_does_not_exist_is_refused(case: ProviderCase, scenario: str) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(case.adapter, with_scenario(case, scenario))

    assert caught.value.error_class is ErrorClass.REFUSED


def test_a_callback_that_is_not_taken_is_sent_again_under_the_same_id(case: ProviderCase, callback_listener: Listener) -> None:
    callback_listener.answers = [500, 302]
    submit(case.adapter, a_submission(case))

    first, second, third = callback_listener.wait_for(3)

    assert first.body == second.body == third.body
    assert (third.at - first.at).total_seconds() >= 3
