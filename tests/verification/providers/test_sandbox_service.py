"""The sandbox provider's own HTTP API: idempotency, sight, memory, and going on after a kill."""

import io
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Any

import pikepdf
import pillow_heif
import pytest
import requests
from PIL import Image

from tests.fixtures.sandbox_provider import ROOT, Listener, SandboxProcess, eventually
from tests.verification.providers.cases import a_photo
from verification.providers.sandbox.service import docs
from verification.providers.sandbox.service.scenarios import KINDS

PHOTO = a_photo()


@pytest.fixture
def own_provider(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A provider of one test, which may be killed. It takes a second to decide."""
    provider = SandboxProcess(tmp_path / "state.sqlite3", delay_seconds=1)
    provider.start()
    yield provider
    provider.stop(signal.SIGKILL)


def new_applicant(provider: SandboxProcess, scenario: str = "by_sight") -> str:
    """Register somebody new and return the id."""
    members = {"reference": token_hex(8), "name": "Anna Maria Eriksson", "date_of_birth": "1974-08-12", "scenario": scenario}
    identifier: str = provider.ask("POST", "/v1/applicants", json=members).json()["id"]
    return identifier


def new_document(provider: SandboxProcess, applicant: str, body: bytes = PHOTO, kind: str = "SELFIE") -> requests.Response:
    """Send one document."""
    return provider.ask("POST", f"/v1/applicants/{applicant}/documents", data={"kind": kind}, files={"file": body})


def new_check(provider: SandboxProcess, applicant: str, documents: list[str], url: str, key: str | None = None) -> requests.Response:
    """Ask for a check."""
    return provider.ask("POST", "/v1/checks", key=key, json={"applicant": applicant, "documents": documents, "callback_url": url})


def verdict_on(provider: SandboxProcess, body: bytes, kind: str, url: str) -> tuple[str, list[str]]:
    """Return the verdict and findings on a file."""
    applicant = new_applicant(provider)
    document = new_document(provider, applicant, body, kind).json()["id"]
    check = new_check(provider, applicant, [document], url).json()["id"]

    def ask() -> dict[str, Any] | None:
        answer: dict[str, Any] = provider.ask("GET", f"/v1/checks/{check}").json()
        return answer if answer["status"] == "complete" else None

    answer = eventually(ask)
    assert answer["verdict"] == answer["documents"][0]["verdict"]
    return answer["verdict"], answer["documents"][0]["findings"]


def image_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def pdf_bytes(*, is_empty: bool) -> bytes:
    """Return a PDF of one page."""
    buffer = io.BytesIO()
    if is_empty:
        pdf = pikepdf.new()
        pdf.add_blank_page()
        pdf.save(buffer)
    else:
        Image.radial_gradient("L").save(buffer, "PDF")
    return buffer.getvalue()


def heic_bytes() -> bytes:
    """Return a photo as a telephone writes it."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.radial_gradient("L").resize((400, 300)).convert("RGB")).save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "kind", "verdict", "findings"),
    [
        pytest.param(PHOTO, "ID_FRONT", "passed", [], id="a photo"),
        pytest.param(image_bytes(Image.radial_gradient("L"), "WEBP"), "SELFIE", "passed", [], id="a WebP photo"),
        pytest.param(heic_bytes(), "SELFIE", "passed", [], id="a HEIC photo"),
        pytest.param(pdf_bytes(is_empty=False), "PROOF_OF_ADDRESS", "passed", [], id="a PDF"),
        pytest.param(pdf_bytes(is_empty=True), "PROOF_OF_ADDRESS", "rejected", ["NOTHING_TO_SEE"], id="an empty PDF"),
        pytest.param(b"%PDF-1.7 and no more", "PROOF_OF_ADDRESS", "rejected", ["UNREADABLE_FILE"], id="a broken PDF"),
        pytest.param(b"MZ\x90\x00" * 500, "ID_BACK", "rejected", ["UNREADABLE_FILE"], id="a program"),
        pytest.param(PHOTO[: len(PHOTO) // 2], "ID_BACK", "rejected", ["UNREADABLE_FILE"], id="half a photo"),
        pytest.param(image_bytes(Image.new("RGB", (900, 600), "white")), "ID_FRONT", "rejected", ["NOTHING_TO_SEE"], id="white"),
        pytest.param(image_bytes(Image.new("RGB", (900, 600), "#102030")), "SELFIE", "rejected", ["NO_FACE"], id="dark"),
        pytest.param(image_bytes(Image.radial_gradient("L").resize((90, 90))), "SELFIE", "rejected", ["TOO_SMALL"], id="tiny"),
    ],
)
def test_it_answers_by_what_it_sees(
    sandbox_provider: SandboxProcess, callback_listener: Listener, body: bytes, kind: str, verdict: str, findings: list[str]
) -> None:
    assert verdict_on(sandbox_provider, body, kind, callback_listener.url) == (verdict, findings)


def test_twenty_identical_requests_at_once_are_one(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    applicant = new_applicant(sandbox_provider)
    path, upload, key = f"/v1/applicants/{applicant}/documents", {"file": PHOTO}, token_hex(8)
    with ThreadPoolExecutor(20) as pool:
        documents = [pool.submit(sandbox_provider.ask, "POST", path, key=key, data={"kind": "SELFIE"}, files=upload) for _ in range(20)]
        document = {each.result().text for each in documents}
        assert len(document) == 1
        identifier = documents[0].result().json()["id"]
        checks = [
            pool.submit(new_check, sandbox_provider, applicant, [identifier], callback_listener.url, "check-" + key) for _ in range(20)
        ]
        answers = [each.result() for each in checks]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    callback_listener.wait_for(1)
    with pytest.raises(AssertionError):
        callback_listener.wait_for(2, seconds=0.5)
    found = sandbox_provider.ask("GET", "/v1/checks", params={"idempotency_key": "check-" + key}).json()["checks"]
    assert [check["id"] for check in found] == [answers[0].json()["id"]]


def test_a_key_that_was_used_for_another_request_is_refused(sandbox_provider: SandboxProcess) -> None:
    applicant, key = new_applicant(sandbox_provider), token_hex(8)
    path = f"/v1/applicants/{applicant}/documents"
    assert sandbox_provider.ask("POST", path, key=key, data={"kind": "SELFIE"}, files={"file": PHOTO}).status_code == 201

    answer = sandbox_provider.ask("POST", path, key=key, data={"kind": "ID_BACK"}, files={"file": PHOTO})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("POST", "/v1/applicants", {"data": b"{"}, 400, "invalid_json"),
        ("POST", "/v1/applicants", {"json": []}, 400, "invalid_json"),
        ("POST", "/v1/applicants", {"json": {"reference": "x"}}, 422, "invalid_request"),
        ("POST", "/v1/applicants", {"json": {"reference": "x", "name": "A", "date_of_birth": "12.8."}}, 422, "invalid_request"),
        ("POST", "/v1/applicants", {"data": rb'{"reference": "\ud800"}'}, 422, "invalid_request"),
        ("POST", "/v1/applicants/{applicant}/documents", {"files": {"file": b"x" * 22_000_000}}, 413, "too_large"),
        ("POST", "/v1/applicants/{applicant}/documents", {"json": {}}, 415, "multipart_expected"),
        ("POST", "/v1/applicants/{applicant}/documents", {"files": {"file": b"x"}}, 422, "invalid_request"),
        ("POST", "/v1/applicants/{applicant}/documents", {"files": {"kind": (None, "SELFIE")}}, 422, "invalid_request"),
        ("POST", "/v1/applicants/app_none/documents", {"data": {"kind": "SELFIE"}, "files": {"file": b"x"}}, 404, "not_found"),
        ("POST", "/v1/checks", {"json": {"applicant": "{applicant}", "documents": []}}, 422, "invalid_request"),
        ("POST", "/v1/checks", {"json": {"applicant": "{applicant}", "documents": ["doc_none"]}}, 422, "invalid_request"),
        ("PUT", "/v1/applicants/{applicant}/scenario", {"json": {"scenario": "perhaps"}}, 422, "unknown_scenario"),
        ("GET", "/v1/checks/chk_none", {}, 404, "not_found"),
        ("DELETE", "/v1/applicants/app_none", {}, 404, "not_found"),
    ],
)
def test_a_bad_request_is_told_what_would_be_right(
    sandbox_provider: SandboxProcess, method: str, path: str, content: dict[str, Any], status: int, code: str
) -> None:
    applicant = new_applicant(sandbox_provider)
    if "json" in content and isinstance(content["json"], dict) and "applicant" in content["json"]:
        content = {"json": {**content["json"], "applicant": applicant}}

    answer = sandbox_provider.ask(method, path.replace("{applicant}", applicant), **content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_a_callback_url_must_be_one(sandbox_provider: SandboxProcess) -> None:
    applicant = new_applicant(sandbox_provider)
    document = new_document(sandbox_provider, applicant).json()["id"]
    for url in ("ftp://127.0.0.1/x", "/callbacks", "http://[", "http://"):
        answer = new_check(sandbox_provider, applicant, [document], url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request"), url


def test_every_post_needs_a_key_and_every_request_the_api_key(sandbox_provider: SandboxProcess) -> None:
    members = {"reference": "r", "name": "A", "date_of_birth": "1974-08-12"}
    shown = {"Authorization": f"Bearer {sandbox_provider.api_key}"}

    without_key = requests.post(f"{sandbox_provider.url}/v1/applicants", json=members, headers=shown, timeout=10)
    stranger = requests.post(f"{sandbox_provider.url}/v1/applicants", json=members, headers={"Authorization": "Bearer é"}, timeout=10)

    assert (without_key.status_code, without_key.json()["error"]["code"]) == (400, "idempotency_key_missing")
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "unauthorized")


def test_a_deleted_applicant_is_forgotten_with_everything(sandbox_provider: SandboxProcess, callback_listener: Listener) -> None:
    applicant = new_applicant(sandbox_provider, "slow:2")
    document = new_document(sandbox_provider, applicant).json()["id"]
    check = new_check(sandbox_provider, applicant, [document], callback_listener.url).json()["id"]

    assert sandbox_provider.ask("DELETE", f"/v1/applicants/{applicant}").status_code == 204

    assert sandbox_provider.ask("GET", f"/v1/checks/{check}").status_code == 404
    with pytest.raises(AssertionError):
        callback_listener.wait_for(1, seconds=2.5)
    with sqlite3.connect(sandbox_provider.state) as state:
        for table in ("documents", "checks", "answers"):
            held = state.execute(f"SELECT count(*) FROM {table} WHERE applicant_id = ?", (applicant,)).fetchone()
            assert held == (0,), table


def test_killed_between_question_and_answer_it_answers_after_its_restart(own_provider: SandboxProcess, callback_listener: Listener) -> None:
    applicant = new_applicant(own_provider, "slow:3")
    document = new_document(own_provider, applicant).json()["id"]
    check = new_check(own_provider, applicant, [document], callback_listener.url, "the-key").json()["id"]

    own_provider.stop(signal.SIGKILL)
    assert callback_listener.heard == []
    own_provider.start()

    assert new_check(own_provider, applicant, [document], callback_listener.url, "the-key").json()["id"] == check
    callback_listener.wait_for(1)
    assert own_provider.ask("GET", f"/v1/checks/{check}").json()["verdict"] == "passed"
    with pytest.raises(AssertionError):
        callback_listener.wait_for(2, seconds=1.5)


def test_killed_with_a_callback_that_nobody_took_it_sends_it_after_its_restart(
    own_provider: SandboxProcess, callback_listener: Listener
) -> None:
    callback_listener.answers = [503]
    applicant = new_applicant(own_provider)
    document = new_document(own_provider, applicant).json()["id"]
    new_check(own_provider, applicant, [document], callback_listener.url)
    (refused,) = callback_listener.wait_for(1)

    own_provider.stop(signal.SIGKILL)
    own_provider.start()

    assert callback_listener.wait_for(2)[1].body == refused.body


def test_killed_while_twenty_customers_are_under_way_each_is_answered(own_provider: SandboxProcess, callback_listener: Listener) -> None:
    checks = set()
    for _ in range(20):
        applicant = new_applicant(own_provider)
        document = new_document(own_provider, applicant).json()["id"]
        checks.add(new_check(own_provider, applicant, [document], callback_listener.url).json()["id"])
    callback_listener.wait_for(5)

    own_provider.stop(signal.SIGKILL)
    own_provider.start()

    def all_passed() -> bool:
        return all(own_provider.ask("GET", f"/v1/checks/{check}").json()["verdict"] == "passed" for check in checks)

    assert eventually(all_passed)

    def all_told() -> set[bytes] | None:
        # One that was killed between sending and noting it down sends again: the same event, under the same id.
        bodies = {heard.body for heard in callback_listener.heard}
        return bodies if len(bodies) >= 20 else None

    assert len(eventually(all_told)) == 20


def test_it_keeps_no_name_and_no_image(own_provider: SandboxProcess, callback_listener: Listener) -> None:
    applicant = new_applicant(own_provider)
    document = new_document(own_provider, applicant).json()["id"]
    new_check(own_provider, applicant, [document], callback_listener.url)
    callback_listener.wait_for(1)

    kept = b"".join(path.read_bytes() for path in own_provider.state.parent.iterdir())

    assert applicant.encode() in kept
    for trace in (b"Eriksson", b"1974-08-12", PHOTO[200:216]):
        assert trace not in kept
    assert own_provider.state.stat().st_mode & 0o777 == 0o600


def test_sigterm_ends_it_cleanly(own_provider: SandboxProcess) -> None:
    assert own_provider.stop() == 0


def test_it_says_what_is_missing_in_its_environment() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "verification.providers.sandbox.service"], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 1
    assert outcome.stderr == "set SANDBOX_PROVIDER_API_KEY, SANDBOX_PROVIDER_CALLBACK_SECRET, SANDBOX_PROVIDER_STATE\n"


def test_it_knows_nothing_of_the_platform() -> None:
    program = "import sys, verification.providers.sandbox.service.app; print(*sys.modules)"

    modules = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    ours = {name for name in modules if name.split(".")[0] in ("django", "kyc_platform", "tenants", "verification")}
    assert {name for name in ours if not name.startswith("verification.providers.sandbox")} == {"verification", "verification.providers"}


def test_its_page_is_the_one_in_the_documentation(sandbox_provider: SandboxProcess) -> None:
    page = docs.page()

    assert (ROOT / "docs" / "sandbox-provider.md").read_text() == page
    assert requests.get(f"{sandbox_provider.url}/docs", timeout=10).text == page
    for kind in KINDS.values():
        assert f"| `{kind.written}` | {kind.happens}" in page
