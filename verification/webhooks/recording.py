"""Writing down how attempts ended, and what follows for the delivery."""

import random
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from verification.sandbox.chaos import Fault
from verification.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery
from verification.webhooks.schedule import next_attempt_at
from verification.webhooks.sender import Posted

INSERT_ATTEMPTS = f"""
INSERT INTO {WebhookAttempt._meta.db_table} (delivery_id, number, at, status_code, failure, duration_ms, answer_start)
SELECT * FROM unnest(
    %(delivery)s::bigint[], %(number)s::smallint[], %(at)s::timestamptz[], %(status_code)s::smallint[], %(failure)s::text[],
    %(duration_ms)s::integer[], %(answer_start)s::bytea[]
)
"""  # noqa: S608  # the name of our own table
SETTLE_DELIVERIES = f"""
UPDATE {WebhookDelivery._meta.db_table} AS delivery
SET state = posted.state, due_at = posted.due_at, attempt_count = posted.number,
    delivered_at = CASE WHEN posted.state = %(delivered)s THEN %(at)s::timestamptz END
FROM unnest(%(delivery)s::bigint[], %(number)s::smallint[], %(state)s::text[], %(due_at)s::timestamptz[])
    AS posted (id, number, state, due_at)
WHERE delivery.id = posted.id AND delivery.state = %(owed)s
"""  # noqa: S608  # the name of our own table


def record_attempts(posted: Sequence[Posted], *, at: datetime) -> None:
    """Write a row for each attempt, and each delivery's next state. Part of a transaction that holds the lock of their endpoints.

    A delivery that is no longer owed keeps its state: another sender delivered it after this one's lease, or it was cancelled.
    Two statements, whatever the number: the ORM's bulk operations cost as much as the posting.
    """
    if not posted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_ATTEMPTS,
            {
                "delivery": [one.parcel.delivery_pk for one in posted],
                "number": [one.parcel.attempt_number for one in posted],
                "at": [one.at for one in posted],
                "status_code": [one.status_code for one in posted],
                "failure": [one.failure for one in posted],
                "duration_ms": [one.duration_ms for one in posted],
                "answer_start": [memoryview(one.answer_start) for one in posted],
            },
        )
        next_states = [_next_state(one) for one in posted]
        cursor.execute(
            SETTLE_DELIVERIES,
            {
                "delivery": [one.parcel.delivery_pk for one in posted],
                "number": [one.parcel.attempt_number for one in posted],
                "state": [state.value for state, _ in next_states],
                "due_at": [due_at for _, due_at in next_states],
                "at": at,
                "owed": DeliveryState.OWED.value,
                "delivered": DeliveryState.DELIVERED.value,
            },
        )


def _next_state(one: Posted) -> tuple[DeliveryState, datetime | None]:
    if not one.failure:
        is_repeated = one.parcel.fault is Fault.DUPLICATE  # as if the receiver's answer had been lost
        return (DeliveryState.OWED, one.at) if is_repeated else (DeliveryState.DELIVERED, None)
    due_at = next_attempt_at(one.parcel.attempt_number, at=one.at, retry_after=one.retry_after, jitter=random.random())  # noqa: S311
    return (DeliveryState.OWED, due_at) if due_at else (DeliveryState.EXHAUSTED, None)
