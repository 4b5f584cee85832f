"""The cases that a merchant's receiver is graded by: what is posted, what a good one answers, and how to mend another. Pure."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kyc_platform.ids import new_id
from verification.webhooks.payloads import payload
from verification.webhooks.signing import SECRET_BYTES, signature, signed_headers

STALE_SECONDS = 3600
LARGE_BYTES = 200_000
AT_ONCE = 10
PROMPT_MS = 5000


@dataclass(frozen=True)
class Seen:
    """How one POST was answered. `status` is None when no answer came; then `failure` says why."""

    status: int | None
    failure: str
    duration_ms: int


@dataclass(frozen=True)
class Shot:
    """One POST."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Maker:
    """Makes deliveries as the sender does, for an endpoint's keys and the world's present moment."""

    keys: Sequence[bytes]
    at: datetime

    def event(self, event_type: str = "test.ping", **data: object) -> tuple[str, bytes]:
        """Return an id and a body."""
        return new_id("evt"), payload(event_type=event_type, at=self.at, data={"integration_check": True, "livemode": False, **data})

    def signed(self, event: tuple[str, bytes], *, keys: Sequence[bytes] | None = None, ahead_seconds: int = 0) -> Shot:
        """Return a delivery, signed by the endpoint's keys and now unless told otherwise."""
        webhook_id, body = event
        timestamp = int(self.at.timestamp()) + ahead_seconds
        return Shot(signed_headers(keys or self.keys, webhook_id=webhook_id, timestamp=timestamp, body=body), body)

    def change(self, sequence: int) -> tuple[str, bytes]:
        """Return a change of a customer who does not exist."""
        told = {"customer_id": "integration-check", "status": "pending", "stage": "collecting", "sequence": sequence, "final": False}
        return self.event("customer.updated", **told, previous_status="pending", verification_id=None)


def takes(seen: Sequence[Seen]) -> bool:
    """Tell whether everything was taken."""
    return all(one.status is not None and 200 <= one.status < 300 for one in seen)


def refuses(seen: Sequence[Seen]) -> bool:
    """Tell whether everything was refused, on purpose and not by breaking."""
    return all(one.status is not None and 400 <= one.status < 500 for one in seen)


def takes_promptly(seen: Sequence[Seen]) -> bool:
    """Tell whether everything was taken long before the sender would give up."""
    return takes(seen) and all(one.duration_ms <= PROMPT_MS for one in seen)


@dataclass(frozen=True)
class Case:
    """One case. Its shots are fired one after the other, or all at once."""

    name: str
    title: str
    expected: str
    remedy: str
    shots: Callable[[Maker], Sequence[Shot]]
    passes: Callable[[Sequence[Seen]], bool]
    is_at_once: bool = False


def _twice(maker: Maker) -> Sequence[Shot]:
    return [maker.signed(maker.event())] * 2


def _altered(maker: Maker) -> Sequence[Shot]:
    shot = maker.signed(maker.event())
    return [Shot(shot.headers, shot.body.replace(b"true", b"null", 1))]


def _two_signatures(maker: Maker) -> Sequence[Shot]:
    webhook_id, body = maker.event()
    shot = maker.signed((webhook_id, body))
    other = signature(
        [secrets.token_bytes(SECRET_BYTES)], webhook_id=webhook_id, timestamp=int(shot.headers["webhook-timestamp"]), body=body
    )
    return [Shot({**shot.headers, "webhook-signature": f"{other} {shot.headers['webhook-signature']}"}, body)]


TAKEN, REFUSED = "2xx", "4xx"
VALID = Case(
    "valid",
    "A good delivery is taken",
    TAKEN,
    "Verify the signature over the raw body with the endpoint's secret, and answer 2xx. Nothing else was tried.",
    lambda maker: [maker.signed(maker.event())],
    takes,
)
CASES = (
    VALID,
    Case(
        "wrong_signature",
        "A signature by another secret is refused",
        REFUSED,
        "Compare the signature with your own, computed with the secret, before anything else; answer 400 or 401 when it differs.",
        lambda maker: [maker.signed(maker.event(), keys=[secrets.token_bytes(SECRET_BYTES)])],
        refuses,
    ),
    Case(
        "no_signature",
        "A delivery without a signature is refused",
        REFUSED,
        "Answer 400 when webhook-id, webhook-timestamp or webhook-signature is missing.",
        lambda maker: [Shot({"Content-Type": "application/json"}, maker.event()[1])],
        refuses,
    ),
    Case(
        "altered_body",
        "A body that was changed on the way is refused",
        REFUSED,
        "Sign the raw bytes as they came, not only the id and the time, and not the JSON written anew.",
        _altered,
        refuses,
    ),
    Case(
        "stale",
        "A delivery that was signed an hour ago is refused",
        REFUSED,
        "Refuse a webhook-timestamp that is more than five minutes from now: somebody may replay what was recorded.",
        lambda maker: [maker.signed(maker.event(), ahead_seconds=-STALE_SECONDS)],
        refuses,
    ),
    Case(
        "future",
        "A delivery that will be signed in an hour is refused",
        REFUSED,
        "Refuse a webhook-timestamp that is more than five minutes from now, in both directions; check your server's clock.",
        lambda maker: [maker.signed(maker.event(), ahead_seconds=STALE_SECONDS)],
        refuses,
    ),
    Case(
        "duplicate",
        "The same delivery twice is harmless",
        TAKEN,
        "Remember each webhook-id; answer 2xx to one that you know, and do nothing.",
        _twice,
        takes,
    ),
    Case(
        "reordered",
        "An older change after a newer one is harmless",
        TAKEN,
        "Keep the highest data.sequence of each customer; answer 2xx to a lower one, and do nothing.",
        lambda maker: [maker.signed(maker.change(3)), maker.signed(maker.change(2))],
        takes,
    ),
    Case(
        "unknown_type",
        "An event type that does not exist yet is taken",
        TAKEN,
        "Answer 2xx to types that you do not know: new ones come without notice.",
        lambda maker: [maker.signed(maker.event("constellation.risen"))],
        takes,
    ),
    Case(
        "unknown_member",
        "A member that does not exist yet is taken",
        TAKEN,
        "Ignore members that you do not know: new ones come without notice.",
        lambda maker: [maker.signed(maker.event(constellation={"name": "Lyra", "stars": [1, 2, None]}))],
        takes,
    ),
    Case(
        "two_signatures",
        "One good signature among two is enough",
        TAKEN,
        "Split webhook-signature at spaces and accept any that fits: while a secret is changed there are two.",
        _two_signatures,
        takes,
    ),
    Case(
        "large",
        "A large delivery is taken",
        TAKEN,
        f"Accept bodies of at least {LARGE_BYTES:,} bytes.",
        lambda maker: [maker.signed(maker.event(padding="x" * LARGE_BYTES))],
        takes,
    ),
    Case(
        "many_at_once",
        f"{AT_ONCE} at once are taken, each within {PROMPT_MS // 1000} seconds",
        f"{TAKEN} in {PROMPT_MS // 1000} s",
        "Store what came, answer 2xx, and do the work afterwards: one that is slow must not hold up the others.",
        lambda maker: [maker.signed(maker.event(number=number)) for number in range(AT_ONCE)],
        takes_promptly,
        is_at_once=True,
    ),
)
