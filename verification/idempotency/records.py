"""Claiming a key, noting the effect, keeping the answer (draft-ietf-httpapi-idempotency-key-header-07).

One attempt at a time owns a key. An attempt that outlives its lease may be replaced; it then cannot take effect any more, because
`note_effect` finds another owner in the transaction of the effect, and that transaction is rolled back.
"""

from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from kyc_platform.errors import Conflict, DomainError
from kyc_platform.ids import new_id
from verification.customers.keys import merchant_binding, merchant_keyring
from verification.idempotency.models import IdempotentRequest

KEPT_HOURS = 24
LEASE_SECONDS = 30  # a process that died is replaced after this
TABLE = "idempotent_request"


class KeyInUse(Conflict):
    """The first request under this key is still running."""

    code = "idempotency_key_in_use"
    title = "The first request with this Idempotency-Key is still running"
    remedy = "Wait a second or two, and send the same request again."
    retry_after_seconds = 2


class KeyReused(DomainError):
    """The key has been used for another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"
    http_status = 422
    remedy = "Use a new key for a new request; a key is kept for 24 hours."


class AttemptReplaced(Conflict):
    """This attempt took so long that a repetition was let in; the repetition's answer is the one that counts."""

    code = "idempotency_attempt_replaced"
    title = "A repetition of this request has replaced it"
    remedy = "Send the same request again to learn what became of it."


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered the first time."""

    status_code: int
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Attempt:
    """The right to carry a request out. `effect` is the uid of the event it had led to when the attempt before it died; mostly empty."""

    pk: int
    owner: str
    effect: str


ATTEMPT: ContextVar[Attempt | None] = ContextVar("idempotent_attempt", default=None)


def claim(key: str, fingerprint: str, *, at: datetime) -> Attempt | StoredAnswer:
    """Return the right to carry the request out, or what was answered to it before.

    Raises KeyReused (422) for another request under the key, and KeyInUse (409) while the first one runs.
    """
    owner = new_id("att")
    lease = at + timedelta(seconds=LEASE_SECONDS)
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(
                key=key,
                fingerprint=fingerprint,
                owner=owner,
                leased_until=lease,
                created_at=at,
                expires_at=at + timedelta(hours=KEPT_HOURS),
            )
        return Attempt(row.pk, owner, "")
    except IntegrityError:
        pass  # the key is known: below
    with transaction.atomic():
        known = IdempotentRequest.objects.select_for_update().filter(key=key).first()
        if known is None:
            raise KeyInUse  # it failed a moment ago and gave the key back
        if known.expires_at <= at:
            known.fingerprint, known.effect, known.answered_at = fingerprint, "", None
            known.created_at, known.expires_at, known.leased_until = at, at + timedelta(hours=KEPT_HOURS), at
        if known.fingerprint != fingerprint:
            raise KeyReused
        if known.answered_at is not None:
            body = merchant_keyring().open(bytes(known.body_sealed or b""), merchant_binding(TABLE, "body", str(known.pk)))
            return StoredAnswer(known.status_code or 500, known.content_type, body)
        if known.leased_until > at:
            raise KeyInUse
        known.owner, known.leased_until = owner, lease
        known.save()
        return Attempt(known.pk, owner, known.effect)


def enter(attempt: Attempt | None) -> Token[Attempt | None]:
    """Make the attempt the one whose effect is noted in this thread, until `leave`."""
    return ATTEMPT.set(attempt)


def leave(token: Token[Attempt | None]) -> None:
    """End what `enter` began."""
    ATTEMPT.reset(token)


def note_effect(event_uid: str) -> None:
    """Note, in the transaction of the effect, that the present attempt has led to an event. Without an attempt it does nothing.

    Raises AttemptReplaced, which rolls the effect back, when a repetition has taken the key over.
    """
    attempt = ATTEMPT.get()
    if attempt is not None and not IdempotentRequest.objects.filter(pk=attempt.pk, owner=attempt.owner).update(effect=event_uid):
        raise AttemptReplaced


def keep_answer(attempt: Attempt, answer: StoredAnswer, *, at: datetime) -> None:
    """Keep what is answered, unless a repetition has taken the key over."""
    sealed = merchant_keyring().seal(answer.body, merchant_binding(TABLE, "body", str(attempt.pk)))
    IdempotentRequest.objects.filter(pk=attempt.pk, owner=attempt.owner).update(
        answered_at=at, status_code=answer.status_code, content_type=answer.content_type, body_sealed=sealed
    )


def give_back(attempt: Attempt) -> None:
    """Give the key back: the request failed before it took effect. What took effect stays, for the repetition to learn of."""
    IdempotentRequest.objects.filter(pk=attempt.pk, owner=attempt.owner, effect="").delete()


def forget_expired(*, at: datetime) -> int:
    """Delete what is older than a day, and return how many."""
    return IdempotentRequest.objects.filter(expires_at__lte=at).delete()[0]
