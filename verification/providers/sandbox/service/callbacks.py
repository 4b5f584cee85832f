"""The provider's two tireless loops: carrying out what is due, and sending signed callbacks. Both live from the store alone."""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import aiohttp

from verification.providers.sandbox.service.deciding import Step, answer
from verification.providers.sandbox.service.scenarios import read_scenario
from verification.providers.sandbox.service.store import DueCallback, Store

logger = logging.getLogger(__name__)

SIGNATURE_HEADER: Final = "Sandbox-Signature"
RETRY_AFTER_SECONDS: Final = (1.0, 3.0, 10.0, 30.0, 120.0)
AT_ONCE: Final = 16
ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=10)
SLEEP_SECONDS_MAX: Final = 60.0


def sign(body: str, secret: str, *, at: float) -> str:
    """Return the signature header of a body: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    timestamp = int(at)
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def rfc3339(seconds: float | None) -> str | None:
    """Return a time as the API writes it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class Background:
    """Carries out due steps and sends due callbacks until it is cancelled. `wake` is called when something new may be due."""

    def __init__(self, store: Store, callback_secret: str) -> None:
        self._store = store
        self._secret = callback_secret
        self._wrong_secret = secrets.token_hex(24)
        self._new_steps = asyncio.Event()
        self._new_callbacks = asyncio.Event()
        self._under_way: set[int] = set()

    def wake(self) -> None:
        """Look again now."""
        self._new_steps.set()

    async def decide(self) -> None:
        """Carry out steps as they fall due, each in a transaction of its own."""
        while True:
            self._new_steps.clear()
            while self._carry_out_one(at=time.time()):
                self._new_callbacks.set()
                await asyncio.sleep(0)  # requests are served in between
            await _sleep_until(self._store.next_due_at("steps"), self._new_steps)

    def _carry_out_one(self, *, at: float) -> bool:
        with self._store.transaction():
            due = self._store.take_due_step(at=at)
            if due is None:
                return False
            check, step = due
            if step.turn == "reopen":
                self._store.reopen(check["id"])
                self._owe(check["id"], "check.reopened", step, at=at)
            else:
                self._store.complete(check["id"], answer(read_scenario(check["scenario"]), self._store.seen(check), step.turn), at=at)
                self._owe(check["id"], "check.completed", step, at=at)
        return True

    def _owe(self, check_id: str, kind: str, step: Step, *, at: float) -> None:
        check = self._store.check(check_id)
        assert check is not None  # it was written a line ago
        body = _body(check, kind, at=at)
        for after in step.callbacks_after_seconds:
            self._store.owe_callback(check_id, body, due_at=at + after)

    async def send(self) -> None:
        """Send callbacks as they fall due, some at once. One that fails is tried again a few times, then left to the client's asking."""
        async with (
            aiohttp.ClientSession(timeout=ANSWER_WITHIN, connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._new_callbacks.clear()
                free = AT_ONCE - len(self._under_way)
                due = [each for each in self._store.due_callbacks(at=time.time(), limit=AT_ONCE) if each.number not in self._under_way]
                for callback in due[:free]:
                    self._under_way.add(callback.number)
                    group.create_task(self._send_one(session, callback))
                if self._under_way:  # the one that ends first sets the event
                    await _sleep_until(time.time() + 0.5, self._new_callbacks)
                else:
                    await _sleep_until(self._store.next_due_at("callbacks"), self._new_callbacks)

    async def _send_one(self, session: aiohttp.ClientSession, callback: DueCallback) -> None:
        secret = self._wrong_secret if callback.scenario == "wrong_signature" else self._secret
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(callback.body, secret, at=time.time())}
        try:
            async with session.post(callback.url, data=callback.body.encode(), headers=headers, allow_redirects=False) as response:
                is_taken = 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError, ValueError):
            is_taken = False
        is_last = callback.attempts >= len(RETRY_AFTER_SECONDS)
        next_at = None if is_taken or is_last else time.time() + RETRY_AFTER_SECONDS[callback.attempts]
        if not is_taken:
            logger.warning("callback not taken", extra={"callback": callback.number, "attempt": callback.attempts + 1})
        self._store.record_attempt(callback.number, next_at=next_at)
        self._under_way.discard(callback.number)
        self._new_callbacks.set()


def _body(check: sqlite3.Row, kind: str, *, at: float) -> str:
    verdict = None if check["answer"] is None else json.loads(check["answer"])["verdict"]
    told = {"id": check["id"], "status": check["status"], "version": check["version"], "verdict": verdict}
    return json.dumps({"id": f"evt_{secrets.token_hex(12)}", "type": kind, "created_at": rfc3339(at), "check": told})


async def _sleep_until(due_at: float | None, event: asyncio.Event) -> None:
    seconds = SLEEP_SECONDS_MAX if due_at is None else min(max(due_at - time.time(), 0.0), SLEEP_SECONDS_MAX)
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
