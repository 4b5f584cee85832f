"""A merchant's webhook receiver, as a good one behaves: `python -m kyc_platform.demo.receiver`.

It checks the signature before anything else (Standard Webhooks 1.0), writes down what came before it answers, takes a repeated
`webhook-id` once, and lets a lower `sequence` never overwrite a higher one. State is one SQLite file, so a kill loses nothing.

RECEIVER_HOST, RECEIVER_PORT  where it listens; 127.0.0.1 and 8091 unless said
RECEIVER_STATE                the SQLite file; required
RECEIVER_SECRET_FILE          a file with the endpoint's secret, `whsec_…`; several lines while secrets change; required, may come later

POST to any path takes a webhook; GET /received?customer_id= shows what came and what it led to.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

TOLERANCE_SECONDS: Final = 300
BODY_BYTES_MAX: Final = 1024 * 1024
SHOWN_MAX: Final = 500
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS received (
    number INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL, is_valid INTEGER NOT NULL, attempts INTEGER NOT NULL, timestamp TEXT NOT NULL,
    first_at REAL NOT NULL, last_at REAL NOT NULL, customer_id TEXT, type TEXT, body TEXT NOT NULL, UNIQUE (webhook_id, is_valid));
CREATE INDEX IF NOT EXISTS received_of_customer ON received (customer_id, number);
CREATE TABLE IF NOT EXISTS customers (
    customer_id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, status TEXT, stage TEXT, is_final INTEGER NOT NULL);
"""


def is_signed(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
    """Say whether one of the secrets signed exactly this, within five minutes of now. `headers` are looked up in lower case."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if (
        not webhook_id
        or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12)
        or abs(now - int(timestamp)) > TOLERANCE_SECONDS
    ):
        return False
    content = f"{webhook_id}.{timestamp}.".encode(errors="surrogateescape") + body
    given = [value for name, _, value in (entry.partition(",") for entry in headers.get("webhook-signature", "").split()) if name == "v1"]
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            continue
        expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256))
        if any(hmac.compare_digest(expected, value.encode(errors="surrogateescape")) for value in given):
            return True
    return False


class Inbox:
    """What was received, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # what was committed survives a killed process
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def take(self, webhook_id: str, timestamp: str, body: str, *, is_valid: bool, at: float) -> None:
        """Write one delivery down, and act on it when it is valid and new. The same one again is counted, not acted on."""
        members = _members(body)
        data: dict[str, Any] = members["data"] if isinstance(members.get("data"), dict) else {}
        customer_id = _text(data.get("customer_id"))
        self._db.execute("BEGIN IMMEDIATE")
        attempts = self._db.execute(
            "INSERT INTO received (webhook_id, is_valid, attempts, timestamp, first_at, last_at, customer_id, type, body)"
            " VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT (webhook_id, is_valid)"
            " DO UPDATE SET attempts = attempts + 1, timestamp = excluded.timestamp, last_at = excluded.last_at RETURNING attempts",
            (webhook_id, is_valid, timestamp, at, at, customer_id, _text(members.get("type")), body),
        ).fetchone()[0]
        if is_valid and attempts == 1 and customer_id is not None:
            self._apply(customer_id, data)
        self._db.execute("COMMIT")

    def _apply(self, customer_id: str, data: Mapping[str, Any]) -> None:
        sequence = data.get("sequence")
        if not isinstance(sequence, int):
            return  # an event that says nothing of where the customer stands
        self._db.execute(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?) ON CONFLICT (customer_id) DO UPDATE SET sequence = excluded.sequence,"
            " status = coalesce(excluded.status, status), stage = coalesce(excluded.stage, stage), is_final = excluded.is_final"
            " WHERE excluded.sequence > customers.sequence",
            (customer_id, sequence, _text(data.get("status")), _text(data.get("stage")), data.get("final") is True),
        )

    def shown(self, customer_id: str | None) -> dict[str, Any]:
        """Return what came, the oldest first, of one customer or of all (the latest), and where that customer stands by it."""
        if customer_id is None:
            found = self._db.execute("SELECT * FROM received ORDER BY number DESC LIMIT ?", (SHOWN_MAX,))
        else:
            statement = "SELECT * FROM received WHERE customer_id = ? ORDER BY number DESC LIMIT ?"
            found = self._db.execute(statement, (customer_id, SHOWN_MAX))
        stands = self._db.execute("SELECT * FROM customers WHERE customer_id = ?", (customer_id,)).fetchone()
        received = [
            {
                "webhook_id": row["webhook_id"],
                "is_valid": bool(row["is_valid"]),
                "attempts": row["attempts"],
                "timestamp": row["timestamp"],
                "received_at": datetime.fromtimestamp(row["first_at"], UTC).isoformat(timespec="milliseconds"),
                "type": row["type"],
                "body": _members(row["body"]),
            }
            for row in reversed(found.fetchall())
        ]
        customer = None if stands is None else {**dict(stands), "is_final": bool(stands["is_final"])}
        return {"received": received, "customer": customer}


INBOX: Final = web.AppKey("inbox", Inbox)
SECRET_FILE: Final = web.AppKey("secret_file", Path)


def create_app(state: Path, secret_file: Path) -> web.Application:
    """Return the application; the inbox is open from start-up to clean-up."""
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app[SECRET_FILE] = secret_file

    async def open_inbox(app: web.Application) -> AsyncIterator[None]:
        app[INBOX] = Inbox(state)
        yield
        app[INBOX].close()

    app.cleanup_ctx.append(open_inbox)
    app.add_routes([web.get("/healthz", health), web.get("/received", show_received), web.post("/{path:.*}", receive)])
    return app


async def health(_request: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"status": "ok"})


async def receive(request: web.Request) -> web.Response:
    """Take one webhook: 200 when it is ours, also when it came before; 400 for a wrong signature; 503 while no secret is known."""
    body = await request.read()
    try:
        secrets = request.app[SECRET_FILE].read_text().split()
    except FileNotFoundError:
        secrets = []
    if not secrets:
        return web.json_response({"error": "no secret yet; try again"}, status=503, headers={"Retry-After": "5"})
    now = time.time()
    is_valid = is_signed(secrets, request.headers, body, now=now)
    webhook_id, timestamp = (_plain(request.headers.get(name, "")) for name in ("webhook-id", "webhook-timestamp"))
    request.app[INBOX].take(webhook_id, timestamp, body.decode(errors="replace"), is_valid=is_valid, at=now)
    if not is_valid:
        return web.json_response({"error": "the signature is not valid"}, status=400)
    return web.json_response({"received": True})


async def show_received(request: web.Request) -> web.Response:
    """Show what came: `?customer_id=` of one customer, or the latest of all."""
    return web.json_response(request.app[INBOX].shown(request.query.get("customer_id")))


def _members(body: str) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _text(value: object) -> str | None:
    return _plain(value) if isinstance(value, str) else None


def _plain(text: str) -> str:
    return text.encode(errors="replace").decode()


def main() -> None:
    """Serve until told to stop."""
    missing = [name for name in ("RECEIVER_STATE", "RECEIVER_SECRET_FILE") if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"set {', '.join(missing)}")
    host, port = os.environ.get("RECEIVER_HOST", "127.0.0.1"), int(os.environ.get("RECEIVER_PORT", "8091"))
    app = create_app(Path(os.environ["RECEIVER_STATE"]), Path(os.environ["RECEIVER_SECRET_FILE"]))
    print(f"the webhook receiver serves on http://{host}:{port}", file=sys.stderr, flush=True)
    web.run_app(app, host=host, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
