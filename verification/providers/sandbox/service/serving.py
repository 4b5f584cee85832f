"""What every endpoint of the sandbox provider shares: its settings, its store, answering once, and the trouble that a scenario wants."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from verification.providers.sandbox.service.callbacks import Background
from verification.providers.sandbox.service.reading import Refusal, idempotency_key
from verification.providers.sandbox.service.scenarios import read_scenario
from verification.providers.sandbox.service.store import Create, KeyReused, Store


@dataclass(frozen=True)
class Config:
    """What the provider is started with. `delay_seconds` is how long a decision takes; 0 decides at once."""

    api_key: str
    callback_secret: str
    state: Path
    delay_seconds: float = 1.0


CONFIG: Final = web.AppKey("config", Config)
STORE: Final = web.AppKey("store", Store)
BACKGROUND: Final = web.AppKey("background", Background)
EYES: Final = web.AppKey("eyes", asyncio.Semaphore)


def answer_once(request: web.Request, fingerprint: str, create: Create) -> web.Response:
    """Carry a POST out once for its Idempotency-Key, or answer as the first time. Raises Refusal (422): the key was used for another."""
    digest = hashlib.sha256(fingerprint.encode()).hexdigest()
    try:
        status, text, is_replay = request.app[STORE].answer_once(request.path, idempotency_key(request), digest, create)
    except KeyReused:
        raise Refusal(422, "idempotency_key_reused", "this Idempotency-Key was used for another request") from None
    return web.Response(
        text=text, status=status, content_type="application/json", headers={"Idempotent-Replayed": "true"} if is_replay else {}
    )


def the_applicant(request: web.Request, applicant_id: str) -> Any:
    """Return an applicant's row. Raises Refusal (404)."""
    row = request.app[STORE].applicant(applicant_id)
    if row is None:
        raise Refusal(404, "not_found", "no such applicant")
    return row


def meet_trouble(request: web.Request, applicant_id: str) -> None:
    """Raise the Refusal that the applicant's scenario wants this request to meet, if any."""
    store = request.app[STORE]
    row = the_applicant(request, applicant_id)
    scenario = read_scenario(row["scenario"])
    if scenario.name == "outage" and time.time() < row["scenario_set_at"] + scenario.number:
        raise Refusal(503, "outage", "not available, as the scenario wants")
    if store.take_trouble(applicant_id):
        if scenario.name == "throttled":
            raise Refusal(429, "too_many_requests", "slow down, as the scenario wants", headers={"Retry-After": "1"})
        raise Refusal(500, "internal_error", "something broke, as the scenario wants")
