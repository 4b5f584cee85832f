"""What every external provider looks like from inside: the one interface that adapters implement.

An adapter translates and classifies. It touches no table and reads no settings; what it needs is given to its constructor by
`registry.py`. The base class owns the order of steps that must not be skipped: a callback is parsed after its signature was found good.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, final

from kyc_platform.errors import DomainError
from verification.levels.doc_types import DocType
from verification.lifecycle.outcomes import CheckResult


class ErrorClass(StrEnum):
    """What an error of a provider means for the check that met it."""

    RETRY = "retry"  # it may work in a while: a timeout, a 5xx, a broken connection
    THROTTLED = "throttled"  # it will work later: 429
    BAD_CREDENTIALS = "bad_credentials"  # it will not work until an operator acts: 401, 403
    REFUSED = "refused"  # it will never work with this request: any other 4xx


class ProviderError(Exception):
    """The provider could not be asked, or would not answer. `error_class` says what to do; the text holds no personal data."""

    def __init__(self, error_class: ErrorClass, detail: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.error_class = error_class
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class BadSignature(DomainError):
    """A callback's signature is missing, stale or wrong."""

    code = "bad_signature"
    title = "The signature of the callback is not valid"
    http_status = 400
    remedy = "Sign the body as it is sent, with the present secret and a fresh time."


class UnreadableCallback(DomainError):
    """A callback is signed but cannot be read."""

    code = "unreadable_callback"
    title = "The callback cannot be read"
    http_status = 400
    remedy = "Send the body in the form that the provider's documentation gives."


@dataclass(frozen=True)
class Applicant:
    """Who the documents should belong to, as the merchant registered them. Never logged, never stored by an adapter."""

    reference: str  # opaque, stable for the customer: no personal data
    name: str
    date_of_birth: date
    address: Mapping[str, str | None]
    identity_document: Mapping[str, str | None]
    email: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True)
class SubmittedDocument:
    """One opened document on its way to the provider."""

    doc_type: DocType
    submission_id: int
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Submission:
    """One question to a provider. `idempotency_key` is the same on every attempt to ask it; `hints` is the merchant's metadata."""

    idempotency_key: str
    applicant: Applicant = field(repr=False)
    documents: tuple[SubmittedDocument, ...]
    callback_url: str
    livemode: bool
    hints: Mapping[str, object] = field(default_factory=dict, repr=False)


# Remote ids of a submission that is under way ("applicant" → "app_1", "document:17" → "doc_9"): what is in it is not sent again.
Progress = Mapping[str, str]
# Stores one more remote id, durably, before the next call is made.
SaveProgress = Callable[[str, str], None]


@dataclass(frozen=True)
class RawResult:
    """The provider's own answer: the bytes as they came (kept sealed, as evidence) and whether it is final."""

    body: bytes = field(repr=False)
    is_final: bool


@dataclass(frozen=True)
class CallbackEvent:
    """What a callback says: something happened to this check. `event_id` is the same when the provider repeats itself."""

    event_id: str
    check_reference: str
    kind: str


class ProviderAdapter(ABC):
    """One external provider. `submit` and `fetch` ask it, so they may raise ProviderError; nothing else here touches the network."""

    name: ClassVar[str]

    def __init_subclass__(cls, **options: object) -> None:
        """Refuse an adapter that would decide for itself when a signature is checked. Raises TypeError."""
        super().__init_subclass__(**options)
        if cls.receive is not ProviderAdapter.receive:
            raise TypeError(f"{cls.__name__} replaces `receive`; write `_verify` and `_parse`, their order is the base class's")

    @abstractmethod
    def submit(self, submission: Submission, progress: Progress, save: SaveProgress) -> str:
        """Send what `progress` does not hold yet and return the provider's id of the check.

        Resumable: each remote id is given to `save` as soon as it is known. Idempotent under `submission.idempotency_key`.
        """

    @abstractmethod
    def fetch(self, check_reference: str) -> RawResult:
        """Return the authoritative state of a check. A callback is only a reason to call this."""

    @abstractmethod
    def normalise(self, raw: RawResult) -> CheckResult:
        """Translate a final answer into our outcomes and reasons. Pure. What it does not know becomes Outcome.UNSURE."""

    @final
    def receive(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> tuple[CallbackEvent, ...]:
        """Return what a callback says, after its signature was found good.

        `headers` have lower-case names. Raises BadSignature or UnreadableCallback. No adapter can change the order of the two steps.
        """
        self._verify(body, headers, now=now)
        return self._parse(body)

    @abstractmethod
    def _verify(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
        """Raise BadSignature unless the provider signed exactly these bytes, recently where it signs the time."""

    @abstractmethod
    def _parse(self, body: bytes) -> tuple[CallbackEvent, ...]:
        """Read a callback whose signature is good. Raises UnreadableCallback."""
