"""Telling the sandbox provider what to do with a check that it has."""

import json
from typing import Any

from tests.fixtures.sandbox_provider import Listener, SandboxProcess, eventually
from tests.verification.providers.test_sandbox_service import new_applicant, new_check, new_document


def a_check(provider: SandboxProcess, url: str, scenario: str) -> str:
    applicant = new_applicant(provider, scenario)
    return str(new_check(provider, applicant, [new_document(provider, applicant).json()["id"]], url).json()["id"])


def shown(provider: SandboxProcess, check: str) -> dict[str, Any]:
    return dict(provider.ask("GET", f"/v1/checks/{check}").json())


def complete(provider: SandboxProcess, check: str, verdict: str) -> dict[str, Any]:
    return eventually(lambda: found if (found := shown(provider, check))["verdict"] == verdict else None)


def test_a_check_that_never_answers_is_answered_when_it_is_told_to(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    check = a_check(sandbox_provider, callback_listener.url, "never_answers")

    assert sandbox_provider.ask("PUT", f"/v1/checks/{check}/scenario", json={"scenario": "decline:under_age"}).status_code == 200

    found = complete(sandbox_provider, check, "declined")
    assert (found["version"], found["findings"]) == (1, ["BELOW_AGE"])
    (heard,) = callback_listener.wait_for(1)
    assert json.loads(heard.body)["check"] == {"id": check, "status": "complete", "version": 1, "verdict": "declined"}


def test_a_slow_check_is_answered_once_and_not_again_when_it_would_have_been(
    sandbox_provider: SandboxProcess, callback_listener: Listener
) -> None:
    check = a_check(sandbox_provider, callback_listener.url, "slow:1")
    sandbox_provider.ask("PUT", f"/v1/checks/{check}/scenario", json={"scenario": "reject:SELFIE:image_dark"})
    complete(sandbox_provider, check, "rejected")

    other = a_check(sandbox_provider, callback_listener.url, "slow:2")  # it was asked later, and is answered later
    complete(sandbox_provider, other, "passed")

    assert shown(sandbox_provider, check)["version"] == 1


def test_an_answer_is_taken_back_until_there_is_another(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    check = a_check(sandbox_provider, callback_listener.url, "approve")
    complete(sandbox_provider, check, "passed")

    assert sandbox_provider.ask("POST", f"/v1/checks/{check}/reopen", key="once").status_code == 200
    eventually(lambda: shown(sandbox_provider, check)["status"] == "processing")
    assert sandbox_provider.ask("POST", f"/v1/checks/{check}/reopen", key="once").headers["Idempotent-Replayed"] == "true"
    assert shown(sandbox_provider, check)["version"] == 2
    sandbox_provider.ask("PUT", f"/v1/checks/{check}/scenario", json={"scenario": "approve"})

    complete(sandbox_provider, check, "passed")
    kinds = [json.loads(heard.body)["type"] for heard in callback_listener.wait_for(3)]
    assert kinds == ["check.completed", "check.reopened", "check.completed"]


def test_a_check_without_an_answer_cannot_be_reopened(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    check = a_check(sandbox_provider, callback_listener.url, "never_answers")

    answer = sandbox_provider.ask("POST", f"/v1/checks/{check}/reopen")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_complete")
    assert (shown(sandbox_provider, check)["status"], callback_listener.heard) == ("processing", [])


def test_a_check_or_a_scenario_that_is_not_there_is_refused(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    check = a_check(sandbox_provider, callback_listener.url, "never_answers")

    assert sandbox_provider.ask("PUT", "/v1/checks/chk_none/scenario", json={"scenario": "approve"}).status_code == 404
    assert sandbox_provider.ask("POST", "/v1/checks/chk_none/reopen").status_code == 404
    assert sandbox_provider.ask("PUT", f"/v1/checks/{check}/scenario", json={"scenario": "abduction"}).status_code == 422
    assert shown(sandbox_provider, check)["status"] == "processing"
