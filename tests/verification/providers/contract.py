"""What every adapter must do. A new adapter adds its case to `cases.py` and is held to all of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex

import pytest
from django.db import transaction

from kyc_platform.doors import NetworkInsideTransaction
from tests.fixtures.sandbox_provider import eventually
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import Outcome
from verification.lifecycle.reasons import REASONS
from verification.providers.interface import (
    Applicant,
    BadSignature,
    ErrorClass,
    ProviderAdapter,
    ProviderError,
    RawResult,
    Submission,
    SubmittedDocument,
    UnreadableCallback,
)


@dataclass(frozen=True)
class ProviderCase:
    """One adapter with what the contract needs to try it against a real server of its provider."""

    adapter: ProviderAdapter
    with_wrong_key: ProviderAdapter
    out_of_reach: ProviderAdapter
    passing_document: bytes
    callback_url: str
    callback_about: Callable[[str], bytes]  # a callback's body about this check
    sign: Callable[[bytes, datetime], dict[str, str]]
    strange_answers: tuple[bytes, ...]  # final answers with a word that nobody knows, or that cannot be read


def a_submission(case: ProviderCase, **hints: object) -> Submission:
    """Return a question about a new person with all four documents."""
    reference = token_hex(8)
    documents = tuple(SubmittedDocument(kind, number, "image/jpeg", case.passing_document) for number, kind in enumerate(DocType, start=1))
    applicant = Applicant(reference, "Anna Maria Eriksson", date(1974, 8, 12), {"country": "SE"}, {"type": "passport"})
    return Submission(f"key-{reference}", applicant, documents, case.callback_url, livemode=False, hints=hints)


def submit(adapter: ProviderAdapter, submission: Submission, progress: dict[str, str] | None = None) -> str:
    """Submit with a progress that lives in a dict, as the row's does in the database."""
    progress = {} if progress is None else progress
    return adapter.submit(submission, progress, progress.__setitem__)


def final_answer(adapter: ProviderAdapter, check: str, *, seconds: float = 10.0) -> RawResult:
    """Ask until the answer is final."""

    def ask() -> RawResult | None:
        raw = adapter.fetch(check)
        return raw if raw.is_final else None

    answer: RawResult = eventually(ask, seconds=seconds)
    return answer


class Stopped(Exception):
    """The process ended here."""


class ProviderContract:
    """The contract; `case` is the fixture that is parametrised over the adapters."""

    def test_good_documents_are_clear_each_and_together(self, case: ProviderCase) -> None:
        result = case.adapter.normalise(final_answer(case.adapter, submit(case.adapter, a_submission(case))))

        assert result.outcome is Outcome.CLEAR
        assert [(document.doc_type, document.outcome, document.reasons) for document in result.documents] == [
            (kind, Outcome.CLEAR, ()) for kind in DocType
        ]
        assert result.reasons == ()

    def test_the_same_question_asked_twice_is_one_check(self, case: ProviderCase) -> None:
        submission = a_submission(case)

        assert submit(case.adapter, submission) == submit(case.adapter, submission)

    def test_a_submission_stopped_after_any_of_its_steps_goes_on_where_it_stood(self, case: ProviderCase) -> None:
        submission = a_submission(case)
        whole: dict[str, str] = {}
        check = submit(case.adapter, submission, whole)
        for steps in range(len(whole)):
            progress: dict[str, str] = {}

            def stop_at(step: str, remote: str, *, progress: dict[str, str] = progress, steps: int = steps) -> None:
                if len(progress) == steps:
                    raise Stopped
                progress[step] = remote

            with pytest.raises(Stopped):
                case.adapter.submit(submission, progress, stop_at)

            assert len(progress) == steps
            assert submit(case.adapter, submission, progress) == check
            assert progress == whole

    def test_every_remote_id_is_saved_before_the_next_request(self, case: ProviderCase) -> None:
        saved: list[str] = []

        case.adapter.submit(a_submission(case), {}, lambda step, _remote: saved.append(step))

        assert len(saved) == len(set(saved)) >= len(DocType)

    def test_a_wrong_key_is_an_operators_matter(self, case: ProviderCase) -> None:
        with pytest.raises(ProviderError) as caught:
            submit(case.with_wrong_key, a_submission(case))

        assert caught.value.error_class is ErrorClass.BAD_CREDENTIALS

    def test_a_provider_that_is_not_there_is_tried_again(self, case: ProviderCase) -> None:
        with pytest.raises(ProviderError) as caught:
            submit(case.out_of_reach, a_submission(case))

        assert caught.value.error_class is ErrorClass.RETRY

    def test_an_error_tells_nothing_of_the_person(self, case: ProviderCase) -> None:
        for adapter in (case.with_wrong_key, case.out_of_reach):
            with pytest.raises(ProviderError) as caught:
                submit(adapter, a_submission(case))

            assert "Eriksson" not in repr(caught.value)
            assert caught.value.__cause__ is None

    def test_a_check_that_never_was_is_refused(self, case: ProviderCase) -> None:
        with pytest.raises(ProviderError) as caught:
            case.adapter.fetch("../checks/none")

        assert caught.value.error_class is ErrorClass.REFUSED

    def test_the_provider_is_not_asked_inside_a_transaction(self, case: ProviderCase) -> None:
        with transaction.atomic(), pytest.raises(NetworkInsideTransaction):
            submit(case.adapter, a_submission(case))

    def test_what_nobody_knows_is_looked_at_by_a_person(self, case: ProviderCase) -> None:
        for body in case.strange_answers:
            result = case.adapter.normalise(RawResult(body, is_final=True))

            assert result.outcome is Outcome.UNSURE, body
            assert set(result.reasons) <= set(REASONS)

    def test_a_signed_callback_names_its_event_and_check(self, case: ProviderCase) -> None:
        now = datetime.now(UTC)
        body = case.callback_about("chk_17")

        (event,) = case.adapter.receive(body, case.sign(body, now), now=now)

        assert event.check_reference == "chk_17"
        assert event.event_id
        assert case.adapter.receive(body, case.sign(body, now), now=now) == (event,)

    def test_a_callback_is_not_believed_without_its_signature(self, case: ProviderCase) -> None:
        now = datetime.now(UTC)
        body = case.callback_about("chk_17")
        good = case.sign(body, now)
        wrong: list[dict[str, str]] = [
            {},
            *({**good, name: ""} for name in good),
            *({**good, name: value[:-1] + ("0" if value[-1] != "0" else "1")} for name, value in good.items()),
            case.sign(body + b" ", now),
        ]
        for headers in wrong:
            with pytest.raises(BadSignature):
                case.adapter.receive(body, headers, now=now)

    def test_a_signature_is_stale_after_five_minutes_and_is_not_taken_from_the_future(self, case: ProviderCase) -> None:
        now = datetime.now(UTC)
        body = case.callback_about("chk_17")
        for away in (timedelta(minutes=6), timedelta(minutes=-6)):
            with pytest.raises(BadSignature):
                case.adapter.receive(body, case.sign(body, now + away), now=now)

    def test_the_signature_is_checked_before_the_body_is_read(self, case: ProviderCase) -> None:
        now = datetime.now(UTC)
        for body in (b"", b"not json", b"[]", b'{"id": 5}', b"\xff\xfe"):
            with pytest.raises(BadSignature):
                case.adapter.receive(body, {}, now=now)
            with pytest.raises(UnreadableCallback):
                case.adapter.receive(body, case.sign(body, now), now=now)

    def test_an_adapter_that_replaces_the_order_of_signature_and_reading_cannot_be_written(self, case: ProviderCase) -> None:
        with pytest.raises(TypeError, match="replaces `receive`"):
            type("Careless", (type(case.adapter),), {"receive": lambda _self, body, _headers, now: (body, now)})

    def test_another_key_is_another_check(self, case: ProviderCase) -> None:
        submission = a_submission(case)
        again = replace(submission, idempotency_key=submission.idempotency_key + "-2")

        assert submit(case.adapter, submission) != submit(case.adapter, again)
