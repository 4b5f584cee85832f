"""A provider that is slow, silent, broken, forged or unknown: nothing is lost, nothing is approved by accident."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.fixtures.merchants import inside
from tests.fixtures.sandbox_provider import eventually, free_port
from tests.fixtures.way import Way
from verification.callbacks.models import ProviderCallback
from verification.lifecycle.models import Verification
from verification.providers.models import ProviderCheck
from verification.reviews.models import Review
from verification.workflow.checking import ATTEMPTS_MAX, poll_check, start_check


def submitted(way: Way, scenario: str) -> str:
    customer_id = way.register(metadata={"sandbox_scenario": scenario})
    way.submit_all(customer_id)
    return customer_id


def run_of(way: Way) -> Verification:
    return Verification.objects.select_related("customer").get()


def test_a_lost_callback_is_made_good_by_asking(way: Way) -> None:
    customer_id = submitted(way, "wrong_signature")
    way.run_jobs()
    forged = way.callbacks()[0]

    assert way.hand_on(forged).status_code == 400
    with inside(way.merchant.sandbox):
        assert not ProviderCallback.objects.exists()
        poll_check(verification_pk=run_of(way).pk, at=timezone.now())

    assert way.status(customer_id)["status"] == "verified"


def test_a_callback_with_a_changed_body_is_refused_and_stores_nothing(way: Way) -> None:
    submitted(way, "approve")
    way.run_jobs()
    callback = way.callbacks()[0]

    answer = way.hand_on(callback, body=callback.body + b" ")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    with inside(way.merchant.sandbox):
        assert not ProviderCallback.objects.exists()


def test_a_check_without_an_answer_becomes_a_review_at_its_deadline(way: Way) -> None:
    customer_id = submitted(way, "never_answers")
    way.run_jobs()
    with inside(way.merchant.sandbox):
        run = run_of(way)
        poll_check(verification_pk=run.pk, at=timezone.now() + timedelta(seconds=10))
        assert run_of(way).stage == "checking"
        assert run_of(way).due_at is not None

        poll_check(verification_pk=run.pk, at=timezone.now() + timedelta(hours=25))
        assert ProviderCheck.objects.get().state == "failed"
        assert Review.objects.get().because == ["check_unavailable"]

    assert (way.status(customer_id)["status"], way.status(customer_id)["stage"]) == ("pending", "in_review")


def test_a_provider_that_answers_500_is_asked_again_and_has_the_check_once(way: Way) -> None:
    customer_id = submitted(way, "server_errors:2")
    way.run_jobs()
    with inside(way.merchant.sandbox):
        run = run_of(way)
        attempts = 0
        while run.stage == "submitted":
            assert run.due_at is not None and ProviderCheck.objects.get().last_error == "retry"
            start_check(verification_pk=run.pk, at=run.due_at)
            run = run_of(way)
            attempts += 1
            assert attempts < ATTEMPTS_MAX
        assert attempts >= 1
        assert ProviderCheck.objects.count() == 1

    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_a_provider_that_cannot_be_reached_is_retried_and_then_reviewed(way: Way, settings: Any) -> None:
    settings.SANDBOX_PROVIDER_URL = f"http://127.0.0.1:{free_port()}"
    customer_id = submitted(way, "approve")
    way.run_jobs()
    with inside(way.merchant.sandbox):
        for _ in range(ATTEMPTS_MAX - 1):
            run = run_of(way)
            assert run.stage == "submitted" and run.due_at is not None
            start_check(verification_pk=run.pk, at=run.due_at)
        check = ProviderCheck.objects.get()
        assert (check.state, check.attempts) == ("failed", ATTEMPTS_MAX)

    assert way.status(customer_id)["stage"] == "in_review"


def test_wrong_credentials_are_trouble_too_and_a_right_key_later_goes_on(way: Way, settings: Any) -> None:
    settings.SANDBOX_PROVIDER_API_KEY = "not-the-key-of-this-provider"
    customer_id = submitted(way, "approve")
    way.run_jobs()
    with inside(way.merchant.sandbox):
        assert ProviderCheck.objects.get().last_error == "bad_credentials"
        run = run_of(way)
        settings.SANDBOX_PROVIDER_API_KEY = way.provider.api_key
        start_check(verification_pk=run.pk, at=run.due_at or timezone.now())

    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


@pytest.mark.parametrize("scenario", ["unknown_answer", "unsure"])
def test_an_answer_that_nobody_understands_goes_to_a_person(way: Way, scenario: str) -> None:
    customer_id = submitted(way, scenario)
    way.until_answered()

    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["final"]) == ("pending", "in_review", False)
    with inside(way.merchant.sandbox):
        assert Review.objects.get().because == ["provider_unsure"]


@pytest.mark.parametrize("scenario", ["decline", "suspected_fraud"])
def test_suspicion_declines_for_good(way: Way, scenario: str) -> None:
    customer_id = submitted(way, scenario)
    way.until_answered()

    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["final"]) == ("rejected", "declined", True)
    answer = way.submit(customer_id, "SELFIE")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_collecting")
    again = way.ask("POST", f"/api/v1/customers/{customer_id}/verifications", {})
    assert (again.status_code, again.json()["code"]) == (409, "customer_declined")


def test_at_the_enhanced_level_a_person_decides_on_suspicion(way: Way) -> None:
    customer_id = way.register(
        level="enhanced", metadata={"sandbox_scenario": "suspected_fraud"}, identity_document={"type": "national_id"}
    )
    way.submit_all(customer_id)
    way.until_answered()

    assert way.status(customer_id)["stage"] == "in_review"


def test_the_same_callback_twice_decides_once(way: Way) -> None:
    customer_id = submitted(way, "answers_twice")
    way.until_answered(2)

    assert way.status(customer_id)["status"] == "verified"
    with inside(way.merchant.sandbox):
        assert ProviderCallback.objects.count() == 1


def test_an_approval_that_the_provider_takes_back_is_reopened_and_decided_again(way: Way) -> None:
    customer_id = submitted(way, "reopens_after_approval")
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"
    reopened_at = way.status(customer_id)["sequence"]

    def decided() -> bool:
        for callback in way.listener.heard[way.handed_on :]:
            way.hand_on(callback)
            way.handed_on += 1
        way.run_jobs()
        return way.status(customer_id)["stage"] not in ("approved", "checking")

    eventually(decided, seconds=20)

    status = way.status(customer_id)
    assert status["status"] == "rejected"
    assert status["sequence"] > reopened_at
