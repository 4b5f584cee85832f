"""The adapter of the sandbox provider. Source: `docs/sandbox-provider.md`, the page that the provider itself serves."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from kyc_platform.doors import assert_no_transaction
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import CheckResult, DocumentResult, Outcome
from verification.providers.interface import (
    Applicant,
    BadSignature,
    CallbackEvent,
    ErrorClass,
    Progress,
    ProviderAdapter,
    ProviderError,
    RawResult,
    SaveProgress,
    Submission,
    UnreadableCallback,
)

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 30.0
ANSWER_BYTES_MAX: Final = 1024 * 1024
SIGNATURE_HEADER: Final = "sandbox-signature"
SIGNATURE_TOLERANCE_SECONDS: Final = 300
SCENARIO_HINT: Final = "sandbox_scenario"

# A verdict that is not here is one that we do not know.
VERDICTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "passed": Outcome.CLEAR,
        "rejected": Outcome.REJECTED,
        "suspected": Outcome.SUSPECT,
        "declined": Outcome.SUSPECT,
        "undetermined": Outcome.UNSURE,
    }
)
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BLURRED_PHOTO": "image_blurred",
        "DARK_PHOTO": "image_dark",
        "GLARE_ON_PHOTO": "image_glare",
        "CUT_OFF": "image_cut_off",
        "COVERED": "image_covered",
        "UNREADABLE_FILE": "image_unreadable",
        "TOO_SMALL": "image_too_small",
        "NO_COLOUR": "black_and_white",
        "PHOTO_OF_SCREEN": "screenshot_or_screen",
        "PRINTED_PAPER": "printed_copy",
        "SCAN": "scanned_copy",
        "NOTHING_TO_SEE": "no_document",
        "TWO_DOCUMENTS": "two_documents",
        "INCORRECT_SIDE": "wrong_side",
        "MISSING_SIDE": "side_missing",
        "DIGITAL_DOCUMENT": "digital_document",
        "DAMAGED": "document_damaged",
        "UNSUPPORTED_DOCUMENT": "document_unsupported",
        "EXPIRED": "document_expired",
        "DATA_DIFFERS": "data_mismatch",
        "DATA_CONTRADICTS_ITSELF": "data_inconsistent",
        "MRZ_CHECK_FAILED": "mrz_invalid",
        "FACE_DIFFERS": "face_mismatch",
        "NO_FACE": "no_face",
        "MANY_FACES": "many_faces",
        "PROOF_TOO_OLD": "poa_too_old",
        "PROOF_WITHOUT_DATE": "poa_issue_date_missing",
        "PROOF_NAME_DIFFERS": "poa_name_mismatch",
        "PROOF_ADDRESS_DIFFERS": "poa_address_mismatch",
        "PROOF_UNSUPPORTED": "poa_unsupported",
        "PROOF_ISSUER_UNKNOWN": "poa_issuer_unknown",
        "PROOF_LANGUAGE": "poa_language",
        "FORGERY": "document_forged",
        "EDITED_IMAGE": "digital_tampering",
        "LOST_OR_STOLEN": "document_lost_stolen",
        "SEEN_BEFORE": "repeat_use",
        "NOT_LIVE": "liveness_failed",
        "UNTRUSTED_CAPTURE": "capture_untrusted",
        "LISTED_PERSON": "blocklisted",
        "BELOW_AGE": "under_age",
        "EXCLUDED_COUNTRY": "country_not_allowed",
        "INCONCLUSIVE": "other",
        "POSSIBLE_LIST_MATCH": "aml_hit",
        "SOURCE_UNAVAILABLE": "check_unavailable",
    }
)


class SandboxAdapter(ProviderAdapter):
    """The sandbox provider over HTTP. One instance serves a process; every request has a time limit, and no redirect is followed."""

    name = "sandbox"

    def __init__(
        self, *, base_url: str, api_key: str, callback_secret: str, timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._callback_secret = callback_secret.encode()
        self._timeout = timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc entry would replace our key, a proxy variable would see the documents
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def submit(self, submission: Submission, progress: Progress, save: SaveProgress) -> str:
        """Register the applicant, send each document, ask for the check. Every request repeats under its own idempotency key."""
        if (check := progress.get("check")) is not None:
            return check
        key = submission.idempotency_key
        applicant = progress.get("applicant")
        if applicant is None:
            applicant = self._create("/v1/applicants", f"{key}:applicant", json=_applicant_members(submission.applicant, submission.hints))
            save("applicant", applicant)
        documents = []
        for document in submission.documents:
            step = f"document:{document.submission_id}"
            remote = progress.get(step)
            if remote is None:
                remote = self._create(
                    f"/v1/applicants/{applicant}/documents",
                    f"{key}:{step}",
                    data={"kind": document.doc_type.value, "reference": str(document.submission_id)},
                    files={"file": ("document", document.body, document.media_type)},
                )
                save(step, remote)
            documents.append(remote)
        question = {"applicant": applicant, "documents": documents, "callback_url": submission.callback_url}
        check = self._create("/v1/checks", key, json=question)
        save("check", check)
        return check

    def fetch(self, check_reference: str) -> RawResult:
        """Return the check as the provider shows it."""
        body = self._ask("GET", f"/v1/checks/{quote(check_reference, safe='')}")
        return RawResult(body=body, is_final=_members(body).get("status") == "complete")

    def normalise(self, raw: RawResult) -> CheckResult:
        """Translate the check. What contradicts itself is unsure too."""
        try:
            members = _members(raw.body)
            documents = tuple(_document_result(entry) for entry in members["documents"])
            outcome, reasons = _judge(members["verdict"], members["findings"])
            version = int(members["version"])
        except (ProviderError, KeyError, TypeError, ValueError):
            return CheckResult(Outcome.UNSURE, (), ("other",))
        agreeing = {Outcome.CLEAR: {Outcome.CLEAR}, Outcome.REJECTED: {Outcome.CLEAR, Outcome.REJECTED}}.get(outcome, set(Outcome))
        if not {document.outcome for document in documents} <= agreeing or members.get("status") != "complete":
            # The whole and its parts contradict each other, or the answer is none yet: not ours to guess.
            return CheckResult(Outcome.UNSURE, documents, reasons or ("other",), version)
        return CheckResult(outcome, documents, reasons, version)

    # Beside the interface: what only a provider that is played can be told. All may be repeated.

    def choose_scenario(self, applicant: Applicant, scenario: str) -> None:
        """Have the next checks of a person go by this scenario, whatever the merchant's metadata say. Raises ProviderError."""
        created = self._create("/v1/applicants", secrets.token_hex(16), json=_applicant_members(applicant, {}))
        self._ask("PUT", f"/v1/applicants/{created}/scenario", json={"scenario": scenario})

    def answer_now(self, idempotency_key: str, scenario: str) -> None:
        """Have the check that was asked for under this key answered by this scenario at once, if there is one. Raises ProviderError."""
        for check in _members(self._ask("GET", f"/v1/checks?idempotency_key={quote(idempotency_key, safe='')}")).get("checks", []):
            self._ask("PUT", f"/v1/checks/{quote(check['id'], safe='')}/scenario", json={"scenario": scenario})

    def reopen(self, check_reference: str, *, idempotency_key: str) -> None:
        """Have the answer of a check taken back, once under this key. Raises ProviderError: REFUSED when it has none."""
        self._ask("POST", f"/v1/checks/{quote(check_reference, safe='')}/reopen", headers={"Idempotency-Key": idempotency_key})

    def _verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        pairs = [part.strip().partition("=") for part in headers.get(SIGNATURE_HEADER, "").split(",")]
        timestamps = [value for name, _, value in pairs if name == "t"]
        if len(timestamps) != 1 or not (timestamps[0].isascii() and timestamps[0].isdigit()) or len(timestamps[0]) > 12:
            raise BadSignature("the header Sandbox-Signature is t=<seconds>,v1=<hex>")
        if abs(now.timestamp() - int(timestamps[0])) > SIGNATURE_TOLERANCE_SECONDS:
            raise BadSignature(f"signed more than {SIGNATURE_TOLERANCE_SECONDS} seconds away from now")
        expected = hmac.new(self._callback_secret, timestamps[0].encode() + b"." + body, hashlib.sha256).hexdigest().encode()
        # Several v1 are allowed, for the days on which the provider changes its secret.
        if not any(hmac.compare_digest(value.encode(), expected) for name, _, value in pairs if name == "v1"):
            raise BadSignature

    def _parse(self, body: bytes) -> tuple[CallbackEvent, ...]:
        try:
            members = json.loads(body)
            event_id, reference, kind = members["id"], members["check"]["id"], members["type"]
        except (ValueError, KeyError, TypeError):
            raise UnreadableCallback("expected JSON with id, type and check.id") from None
        if not all(isinstance(value, str) and value for value in (event_id, reference, kind)):
            raise UnreadableCallback("id, type and check.id must be texts")
        return (CallbackEvent(event_id=event_id, check_reference=reference, kind=kind),)

    def _create(self, path: str, key: str, **content: Any) -> str:
        created = _members(self._ask("POST", path, headers={"Idempotency-Key": key}, **content)).get("id")
        if not isinstance(created, str) or not created:
            raise ProviderError(ErrorClass.RETRY, "the provider created something without an id")
        return created

    def _ask(self, method: str, path: str, **content: Any) -> bytes:
        assert_no_transaction()
        try:
            with self._session.request(
                method, self._base_url + path, timeout=self._timeout, allow_redirects=False, stream=True, **content
            ) as response:
                body = response.raw.read(ANSWER_BYTES_MAX, decode_content=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            # Only the kind of error: its text would quote the URL.
            raise ProviderError(ErrorClass.RETRY, f"the provider could not be reached: {type(error).__name__}") from None
        if 200 <= response.status_code < 300:
            return bytes(body)
        raise _refusal(response, body)


def _refusal(response: requests.Response, body: bytes) -> ProviderError:
    status = response.status_code
    wait = response.headers.get("Retry-After", "")
    seconds = int(wait) if wait.isascii() and wait.isdigit() else None
    error = _members(body, lenient=True).get("error")
    # The provider's code, never its words: those may quote what was sent.
    said = error["code"] if isinstance(error, dict) and isinstance(error.get("code"), str) else "no code"
    detail = f"the provider answered {status} ({said[:60]})"
    if status == 429:
        return ProviderError(ErrorClass.THROTTLED, detail, retry_after_seconds=seconds)
    if status in (401, 403):
        return ProviderError(ErrorClass.BAD_CREDENTIALS, detail)
    if status >= 500 or status == 408:
        return ProviderError(ErrorClass.RETRY, detail, retry_after_seconds=seconds)
    return ProviderError(ErrorClass.REFUSED, detail)


def _applicant_members(applicant: Applicant, hints: Mapping[str, object]) -> dict[str, str]:
    members = {
        "reference": applicant.reference,
        "name": applicant.name,
        "date_of_birth": applicant.date_of_birth.isoformat(),
    }
    scenario = hints.get(SCENARIO_HINT)
    return members if scenario is None else {**members, "scenario": str(scenario)}


def _members(body: bytes, *, lenient: bool = False) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if isinstance(members, dict):
        return members
    if lenient:
        return {}
    raise ProviderError(ErrorClass.RETRY, "the provider's answer is not a JSON object")


def _document_result(entry: dict[str, Any]) -> DocumentResult:
    outcome, reasons = _judge(entry["verdict"], entry["findings"])
    return DocumentResult(DocType(entry["kind"]), outcome, reasons)


def _judge(verdict: str, findings: list[str]) -> tuple[Outcome, tuple[str, ...]]:
    """Return our outcome and reasons. One word that we do not know makes the whole unsure, and so does a pass with findings."""
    outcome = VERDICTS.get(verdict, Outcome.UNSURE)
    reasons = tuple(dict.fromkeys(REASONS.get(finding, "other") for finding in findings))
    is_strange = verdict not in VERDICTS or any(finding not in REASONS for finding in findings)
    if is_strange or (outcome is Outcome.CLEAR and findings):
        return Outcome.UNSURE, reasons or ("other",)
    return outcome, reasons
