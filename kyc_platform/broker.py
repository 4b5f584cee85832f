"""The way to the broker: kombu's Redis transport, which a worker outlives the loss of."""

from typing import Any

import redis
from kombu.transport import redis as kombu_redis


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
