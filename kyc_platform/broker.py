"""The way to the broker: kombu's Redis transport, which a worker outlives the loss of."""

from typing import Any

import kombu
import redis
from celery.app.amqp import AMQP
from kombu.transport import redis as kombu_redis

TRY_AGAIN_SECONDS = 3.0


class Channel(kombu_redis.Channel):
    """A channel that says it is closed by an error that Celery expects.

    When a connection is lost, Celery closes its channel, and tasks that run on acknowledge their messages there. kombu 5.7 then meets an
    attribute of None, which Celery takes for a defect and ends: with threads at nearly every restart of Redis.
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Return what a connection is made with. Raises redis.ConnectionError when the channel belongs to none any more."""
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("the connection of this channel is lost")
        parameters: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        return parameters


class Transport(kombu_redis.Transport):
    """kombu's transport with that channel."""

    Channel = Channel


class Connection(kombu.Connection):
    """A connection that is tried again every few seconds: after an hour without a broker, kombu would wait half a minute more."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, waiting TRY_AGAIN_SECONDS at most between two tries."""
        return super().ensure_connection(*args, **{"interval_max": TRY_AGAIN_SECONDS, **options})


class Amqp(AMQP):
    """Celery's messaging with that connection."""

    Connection = Connection
