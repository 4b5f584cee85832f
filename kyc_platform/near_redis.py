"""A connection to Redis that each thread keeps, and the values it read there, believed for as long as Redis would tell of a change.

Redis notes which keys a connection has read, and says on that same connection when one of them is changed, deleted or flushed
(CLIENT TRACKING of Redis 6, https://redis.io/docs/latest/develop/reference/client-side-caching/; redis-py's own cache asks for 7.4). A
value is therefore right while no such notice waits unread. A connection that has gone silent could hide a notice: so nothing is
believed for longer than BELIEVED_SECONDS after Redis last answered on it, less than a webhook and the question after it take.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, cast

import redis

from kyc_platform.redis_client import redis_client

BELIEVED_SECONDS = 0.01
REMEMBERED_KEYS = 4096

Word = str | bytes | int
Values = list[bytes | None]


class _Near:
    """What one thread has: its connection, the values it was told there, and until when they are believed."""

    def __init__(self) -> None:
        pool = redis_client().connection_pool  # made like the pool's own, but not counted there: it ends with its thread
        self.connection = cast(redis.Connection, pool.connection_class(**{**pool.connection_kwargs, "protocol": 3}))
        self.connection.register_connect_callback(self.begin)  # type: ignore[no-untyped-call]
        self.values: dict[str, bytes | None] = {}
        self.believed_until = 0.0
        self.is_told_of_changes = False

    def begin(self, connection: redis.Connection) -> None:
        """Start anew on a connection that was just opened. A Redis that does not tell of changes is asked every time."""
        self.forget()
        cast(Any, connection._get_parser()).set_invalidation_push_handler(self.hear)
        try:
            connection.send_command("CLIENT", "TRACKING", "ON", "OPTIN")  # type: ignore[no-untyped-call]
            connection.read_response()
            self.is_told_of_changes = True
        except redis.ResponseError:  # a proxy that does not know the command, or a user of Redis who may not give it
            self.is_told_of_changes = False

    def hear(self, notice: list[Any]) -> None:
        """Forget the keys that a notice names; all of them when it names none, as after FLUSHALL."""
        if notice[1] is None:
            self.values.clear()
        else:
            for key in notice[1]:
                self.values.pop(key.decode(), None)

    def forget(self) -> None:
        """Believe nothing until Redis has answered again."""
        self.values.clear()
        self.believed_until = 0.0

    def remembered(self, keys: Sequence[str]) -> Values | None:
        """See the function `remembered`."""
        if time.monotonic() >= self.believed_until:
            return None
        try:
            while self.connection.can_read(timeout=0):
                self.connection.read_response(push_request=True)
            return [self.values[key] for key in keys]
        except KeyError:
            return None
        except redis.RedisError:
            self.end()
            return None

    def ask(self, command: Sequence[Word], read: Sequence[str]) -> tuple[Any, Values]:
        """See the function `ask`. The connection is closed when it fails, and opened by the next call."""
        connection, values = self.connection, Values()
        try:
            connection.connect()  # type: ignore[no-untyped-call]
            asked_at = time.monotonic()
            prelude: list[Sequence[Word]] = [("CLIENT", "CACHING", "YES")] if read and self.is_told_of_changes else []
            reading: list[Sequence[Word]] = [("MGET", *read)] if read else []
            connection.send_packed_command(connection.pack_commands([*prelude, *reading, command]))  # type: ignore[no-untyped-call]
            for _ in prelude:
                connection.read_response()
            for _ in reading:
                values = connection.read_response()
                self.keep(read, values)  # at once: a notice that follows may already concern them
            answer = connection.read_response()
        except redis.exceptions.NoScriptError:
            raise
        except redis.RedisError:
            self.end()
            raise
        self.believed_until = asked_at + BELIEVED_SECONDS
        return answer, values

    def keep(self, keys: Sequence[str], values: Values) -> None:
        """Remember values, as far as Redis will tell when they change."""
        if self.is_told_of_changes:
            for key, value in zip(keys, values, strict=True):
                if key not in self.values and len(self.values) >= REMEMBERED_KEYS:
                    del self.values[next(iter(self.values))]
                self.values[key] = value

    def end(self) -> None:
        """Close the connection and believe nothing."""
        self.connection.disconnect()  # type: ignore[no-untyped-call]
        self.forget()


class _Here(threading.local):
    near: _Near | None = None


_here = _Here()


def _near() -> _Near:
    near = _here.near
    if near is None:
        near = _here.near = _Near()
    return near


def remembered(*keys: str) -> Values | None:
    """Return what Redis holds under these keys without asking it; None when that is not known for certain now. Never raises.

    Without keys it tells whether Redis has answered within BELIEVED_SECONDS: `[]` or None.
    """
    return _near().remembered(keys)


def ask(*command: Word, read: Sequence[str] = ()) -> tuple[Any, Values]:
    """Give Redis one command and read some keys, in one round trip; return the answer and the values, which are remembered from now on.

    Answers are bytes. Half of what the client's pool costs, for what every request asks. Raises redis.RedisError as the client does,
    NoScriptError among them. A connection that was found dead is made anew once.
    """
    near = _near()
    try:
        return near.ask(command, read)
    except redis.ConnectionError:  # the server closed it, or was restarted
        return near.ask(command, read)
