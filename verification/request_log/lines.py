"""The way of a line of the request log: a list in this process, a list in Redis, a batch of rows.

A request waits for none of it. A process hands its lines to Redis a few times a second, and a task writes them into the merchant's schema
in batches. What is on the way may be lost: a fraction of a second of a process that is killed, and a few seconds when Redis loses its
memory. Nothing is written twice: a request's id is unique, and a batch leaves Redis only after its rows are committed.
"""

import atexit
import logging
import threading
from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import NamedTuple, Self, cast

import orjson
import redis
from prometheus_client import Counter

from kyc_platform.per_process import once_per_process
from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

HAND_OVER_SECONDS = 0.25
REDIS_AWAY_SECONDS = 2.0
WAITING_IN_PROCESS_MAX = 20_000
WAITING_IN_REDIS_MAX = 100_000  # for each merchant; beyond that the oldest go, so that absent workers cannot fill Redis
SCHEMAS = "request_log:schemas"
LOST = Counter("kyc_request_log_lines_lost_total", "Lines of the request log that were given up because Redis stayed away")

# KEYS: a merchant's list, the set of schemas. ARGV: the first line that was read, how many were, the schema. Another worker may have
# removed them meanwhile: then another line is the first, and nothing is removed.
REMOVE = """
if redis.call('LINDEX', KEYS[1], 0) == ARGV[1] then redis.call('LTRIM', KEYS[1], ARGV[2], -1) end
if redis.call('LLEN', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[3]) end
"""


class Line(NamedTuple):
    """One request. `at` is a Unix time; `key` the prefix of the API key."""

    request_id: str
    at: float
    key: str
    method: str
    route: str
    status: int
    duration_ms: float
    idempotency_key: str

    @property
    def moment(self) -> datetime:
        """When it was answered."""
        return datetime.fromtimestamp(self.at, UTC)

    def packed(self) -> bytes:
        """Return the line as it travels."""
        return orjson.dumps(tuple(self))

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """Return the line that `packed` was called on."""
        return cls(*orjson.loads(data))


class Outbox:
    """The lines of this process that Redis does not have yet, and the thread that hands them over."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, Line]] = deque()
        self._has_lines = threading.Event()
        self._is_ending = threading.Event()
        self._sending = threading.Lock()
        threading.Thread(target=self._hand_over_again_and_again, name="request-log", daemon=True).start()

    def put(self, schema: str, line: Line) -> None:
        """Take a line. Costs a microsecond, and never fails; when too many wait, the line is given up and counted."""
        if len(self._lines) >= WAITING_IN_PROCESS_MAX:
            LOST.inc()
            return
        self._lines.append((schema, line))
        if not self._has_lines.is_set():
            self._has_lines.set()

    def hand_over(self) -> bool:
        """Give Redis every line there is, in one round trip, and tell whether it took them; what it did not take is kept."""
        with self._sending:
            batch = [self._lines.popleft() for _ in range(len(self._lines))]
            if not batch:
                return True
            of_schema: dict[str, list[bytes]] = defaultdict(list)
            for schema, line in batch:
                of_schema[schema].append(line.packed())
            pipe = redis_client().pipeline(transaction=False)
            for schema, packed in of_schema.items():
                pipe.rpush(_list_of(schema), *packed)
                pipe.ltrim(_list_of(schema), -WAITING_IN_REDIS_MAX, -1)
                pipe.sadd(SCHEMAS, schema)
            try:
                pipe.execute()
            except redis.RedisError:
                self._lines.extendleft(reversed(batch))
                return False
            return True

    def _hand_over_again_and_again(self) -> None:
        while not self._is_ending.is_set():
            self._has_lines.wait()
            self._is_ending.wait(HAND_OVER_SECONDS)
            self._has_lines.clear()
            if not self.hand_over():
                self._has_lines.set()
                self._is_ending.wait(REDIS_AWAY_SECONDS)

    def end(self) -> None:
        """Hand over what is left when the process ends."""
        self._is_ending.set()
        self._has_lines.set()
        if not self.hand_over():
            LOST.inc(len(self._lines))


@once_per_process
def outbox() -> Outbox:
    """Return the process's outbox."""
    made = Outbox()
    atexit.register(made.end)
    return made


def schemas_with_lines(limit: int) -> list[str]:
    """Return up to so many schemas, any, that have lines in Redis. Raises redis.RedisError."""
    return [name.decode() for name in cast("list[bytes]", redis_client().srandmember(SCHEMAS, limit))]


def oldest_lines(schema: str, limit: int) -> list[Line]:
    """Return the oldest lines of a merchant that lie in Redis, and leave them there. Raises redis.RedisError."""
    return [Line.unpacked(data) for data in cast("list[bytes]", redis_client().lrange(_list_of(schema), 0, limit - 1))]


def remove(schema: str, lines: list[Line]) -> None:
    """Remove the lines that `oldest_lines` returned, unless somebody has. Raises redis.RedisError."""
    first = lines[0].packed() if lines else b""
    redis_client().eval(REMOVE, 2, _list_of(schema), SCHEMAS, first, len(lines), schema)


def forget_lines(schema: str) -> None:
    """Drop what waits for a merchant that is gone. Raises redis.RedisError."""
    pipe = redis_client().pipeline()
    pipe.delete(_list_of(schema))
    pipe.srem(SCHEMAS, schema)
    pipe.execute()


def _list_of(schema: str) -> str:
    return f"request_log:{schema}"
