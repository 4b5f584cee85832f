"""What the provider remembers, in one SQLite file: ids, hashes, verdicts and what is still to be done. No image, name, number or address.

One connection, used by the event loop's thread only, so every transaction is alone. WAL with synchronous=NORMAL: what was
committed survives a killed process. All times are seconds since the epoch.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from verification.providers.sandbox.service.deciding import Answer, Seen, Step

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS applicants (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, created_at REAL NOT NULL,
    scenario TEXT NOT NULL, scenario_set_at REAL NOT NULL, is_pinned INTEGER NOT NULL, troubles_left INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, applicant_id TEXT NOT NULL REFERENCES applicants ON DELETE CASCADE,
    kind TEXT NOT NULL, reference TEXT NOT NULL, sha256 TEXT NOT NULL, findings TEXT NOT NULL, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS documents_of_kind ON documents (applicant_id, kind, number);
CREATE TABLE IF NOT EXISTS checks (
    id TEXT PRIMARY KEY, applicant_id TEXT NOT NULL REFERENCES applicants ON DELETE CASCADE, document_ids TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE, callback_url TEXT NOT NULL, scenario TEXT NOT NULL, created_at REAL NOT NULL,
    status TEXT NOT NULL, version INTEGER NOT NULL, answer TEXT, completed_at REAL);
CREATE INDEX IF NOT EXISTS checks_of_applicant ON checks (applicant_id);
CREATE TABLE IF NOT EXISTS steps (
    number INTEGER PRIMARY KEY, check_id TEXT NOT NULL REFERENCES checks ON DELETE CASCADE, due_at REAL NOT NULL, step TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS steps_due ON steps (due_at, number);
CREATE INDEX IF NOT EXISTS steps_of_check ON steps (check_id);
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER PRIMARY KEY, check_id TEXT NOT NULL REFERENCES checks ON DELETE CASCADE, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at REAL);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS callbacks_of_check ON callbacks (check_id);
CREATE TABLE IF NOT EXISTS answers (
    path TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    applicant_id TEXT NOT NULL REFERENCES applicants ON DELETE CASCADE, PRIMARY KEY (path, key));
CREATE INDEX IF NOT EXISTS answers_of_applicant ON answers (applicant_id);
"""


# Creates something inside the transaction and returns (HTTP status, body, applicant id).
Create = Callable[[], tuple[int, dict[str, Any], str]]


class KeyReused(Exception):
    """The idempotency key was used for another request."""


@dataclass(frozen=True)
class DueCallback:
    """A callback that is to be sent now. `scenario` is that of its check."""

    number: int
    url: str
    body: str
    attempts: int
    scenario: str


class Store:
    """The provider's memory. Every public method is one transaction, except inside `answer_once`, whose effects join it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 10000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file. What was committed is in it."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one commit; joins a transaction that is open already."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- idempotency ---------------------------------------------------------------------------------------------------
    def answer_once(
        self, path: str, key: str, fingerprint: str, create: Callable[[], tuple[int, dict[str, Any], str]]
    ) -> tuple[int, str, bool]:
        """Return (status, body, is_replay): the stored answer of this key, or that of `create`, stored in the transaction of its effects.

        What `create` raises leaves nothing behind. Raises KeyReused.
        """
        with self.transaction():
            known = self._one("SELECT * FROM answers WHERE path = ? AND key = ?", path, key)
            if known is not None:
                if known["fingerprint"] != fingerprint:
                    raise KeyReused
                return known["status"], known["body"], True
            status, body, applicant_id = create()
            text = json.dumps(body)
            self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", (path, key, fingerprint, status, text, applicant_id))
            return status, text, False

    # --- applicants ----------------------------------------------------------------------------------------------------
    def applicant(self, applicant_id: str) -> sqlite3.Row | None:
        """Return the applicant's row."""
        return self._one("SELECT * FROM applicants WHERE id = ?", applicant_id)

    def applicant_of_reference(self, reference: str) -> sqlite3.Row | None:
        """Return the row of the applicant whom the client calls so."""
        return self._one("SELECT * FROM applicants WHERE reference = ?", reference)

    def add_applicant(self, reference: str, scenario: str, troubles: int, *, at: float) -> str:
        """Store an applicant and return its id."""
        applicant_id = _new_id("app")
        self._db.execute("INSERT INTO applicants VALUES (?, ?, ?, ?, ?, 0, ?)", (applicant_id, reference, at, scenario, at, troubles))
        return applicant_id

    def set_scenario(self, applicant_id: str, scenario: str, troubles: int, *, is_pinned: bool, at: float) -> None:
        """Give an applicant a scenario, from now on. A pinned one was set by hand, and registering again does not change it."""
        self._db.execute(
            "UPDATE applicants SET scenario = ?, scenario_set_at = ?, is_pinned = ?, troubles_left = ? WHERE id = ?",
            (scenario, at, is_pinned, troubles, applicant_id),
        )

    def take_trouble(self, applicant_id: str) -> bool:
        """Use up one of the requests that fail by scenario; False when none is left."""
        taken = self._db.execute(
            "UPDATE applicants SET troubles_left = troubles_left - 1 WHERE id = ? AND troubles_left > 0",
            (applicant_id,),
        )
        return taken.rowcount == 1

    def delete_applicant(self, applicant_id: str) -> bool:
        """Forget an applicant with everything of theirs; False when there is none."""
        return self._db.execute("DELETE FROM applicants WHERE id = ?", (applicant_id,)).rowcount == 1

    # --- documents -----------------------------------------------------------------------------------------------------
    def add_document(self, applicant_id: str, kind: str, reference: str | None, sha256: str, findings: Sequence[str], *, at: float) -> str:
        """Store what was seen of a document and return its id. Without a reference of the client's, the id is the reference."""
        document_id = _new_id("doc")
        self._db.execute(
            "INSERT INTO documents (id, applicant_id, kind, reference, sha256, findings, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (document_id, applicant_id, kind, reference or document_id, sha256, json.dumps(findings), at),
        )
        return document_id

    def has_documents(self, applicant_id: str, document_ids: Sequence[str]) -> bool:
        """Say whether all of these are documents of this applicant."""
        return all(self._one("SELECT 1 FROM documents WHERE id = ? AND applicant_id = ?", each, applicant_id) for each in document_ids)

    def seen(self, check: sqlite3.Row) -> tuple[Seen, ...]:
        """Return what was seen of a check's documents, in the order in which the check names them."""
        return tuple(self._seen(document_id) for document_id in json.loads(check["document_ids"]))

    def _seen(self, document_id: str) -> Seen:
        row = self._db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        first = self._db.execute(
            "SELECT documents.reference FROM documents JOIN applicants ON applicants.id = applicant_id"
            " WHERE applicant_id = ? AND kind = ? AND documents.created_at >= scenario_set_at ORDER BY number LIMIT 1",
            (row["applicant_id"], row["kind"]),
        ).fetchone()
        is_first = first is None or first["reference"] == row["reference"]
        return Seen(row["id"], row["kind"], row["reference"], tuple(json.loads(row["findings"])), is_first)

    # --- checks --------------------------------------------------------------------------------------------------------
    def check(self, check_id: str) -> sqlite3.Row | None:
        """Return the check's row."""
        return self._one("SELECT * FROM checks WHERE id = ?", check_id)

    def check_of_key(self, idempotency_key: str) -> sqlite3.Row | None:
        """Return the check that was asked for under this key."""
        return self._one("SELECT * FROM checks WHERE idempotency_key = ?", idempotency_key)

    def add_check(
        self, applicant: sqlite3.Row, document_ids: Sequence[str], key: str, url: str, steps: Iterable[Step], *, at: float
    ) -> str:
        """Store a check with everything that will happen to it, and return its id."""
        check_id = _new_id("chk")
        self._db.execute(
            "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, 'processing', 1, NULL, NULL)",
            (check_id, applicant["id"], json.dumps(document_ids), key, url, applicant["scenario"], at),
        )
        self._add_steps(check_id, steps, at=at)
        return check_id

    def replan(self, check_id: str, scenario: str, steps: Iterable[Step], *, at: float) -> None:
        """Replace what will happen to a check, and the scenario that it happens by."""
        with self.transaction():
            self._db.execute("UPDATE checks SET scenario = ? WHERE id = ?", (scenario, check_id))
            self._db.execute("DELETE FROM steps WHERE check_id = ?", (check_id,))
            self._add_steps(check_id, steps, at=at)

    def _add_steps(self, check_id: str, steps: Iterable[Step], *, at: float) -> None:
        for step in steps:
            due = (check_id, at + step.after_seconds, json.dumps(asdict(step)))
            self._db.execute("INSERT INTO steps (check_id, due_at, step) VALUES (?, ?, ?)", due)

    def complete(self, check_id: str, answer: Answer, *, at: float) -> None:
        """Write an answer down. A check that had one gets the next version."""
        self._db.execute(
            "UPDATE checks SET status = 'complete', version = version + (status = 'complete'), answer = ?, completed_at = ? WHERE id = ?",
            (json.dumps(asdict(answer)), at, check_id),
        )

    def reopen(self, check_id: str) -> None:
        """Take an answer back: the check is processing again, at its next version."""
        self._db.execute(
            "UPDATE checks SET status = 'processing', version = version + 1, answer = NULL, completed_at = NULL WHERE id = ?",
            (check_id,),
        )

    # --- what is still to be done --------------------------------------------------------------------------------------
    def next_due_at(self, table: str) -> float | None:
        """Return when the next of `steps` or `callbacks` is due."""
        due: float | None = self._db.execute(f"SELECT min(due_at) FROM {table} WHERE due_at IS NOT NULL").fetchone()[0]  # noqa: S608
        return due

    def take_due_step(self, *, at: float) -> tuple[sqlite3.Row, Step] | None:
        """Remove the first step that is due and return it with its check. The caller holds the transaction."""
        row = self._one("SELECT * FROM steps WHERE due_at <= ? ORDER BY due_at, number LIMIT 1", at)
        if row is None:
            return None
        self._db.execute("DELETE FROM steps WHERE number = ?", (row["number"],))
        check = self.check(row["check_id"])
        assert check is not None  # a foreign key holds it
        step = json.loads(row["step"])
        return check, Step(step["after_seconds"], step["turn"], tuple(step["callbacks_after_seconds"]))

    def owe_callback(self, check_id: str, body: str, *, due_at: float) -> None:
        """Store a callback that is to be sent."""
        self._db.execute("INSERT INTO callbacks (check_id, body, due_at) VALUES (?, ?, ?)", (check_id, body, due_at))

    def due_callbacks(self, *, at: float, limit: int) -> list[DueCallback]:
        """Return callbacks that are due, the oldest first."""
        rows = self._db.execute(
            "SELECT callbacks.number, callback_url, body, attempts, scenario FROM callbacks JOIN checks ON checks.id = check_id"
            " WHERE due_at <= ? ORDER BY due_at, callbacks.number LIMIT ?",
            (at, limit),
        )
        return [DueCallback(*row) for row in rows]

    def record_attempt(self, number: int, *, next_at: float | None) -> None:
        """Count an attempt at a callback; without a next time it is over."""
        self._db.execute("UPDATE callbacks SET attempts = attempts + 1, due_at = ? WHERE number = ?", (next_at, number))

    def _one(self, statement: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(statement, values).fetchone()
        return row


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
