"""Writing down how attempts ended, and what follows for the delivery."""

import random
from collections.abc import Sequence
from datetime import datetime

import orjson
from django.db import connection

from verification.sandbox.chaos import Fault
from verification.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery
from verification.webhooks.schedule import next_attempt_at
from verification.webhooks.sender import Posted

RECORD = f"""
WITH posted AS (
    SELECT * FROM json_to_recordset(%(posted)s) AS one (
        delivery_id bigint, number smallint, at timestamptz, status_code smallint, failure text, duration_ms integer, answer_start bytea,
        state text, due_at timestamptz
    )
), attempts AS (
    INSERT INTO {WebhookAttempt._meta.db_table} (delivery_id, number, at, status_code, failure, duration_ms, answer_start)
    SELECT delivery_id, number, at, status_code, failure, duration_ms, answer_start FROM posted
)
UPDATE {WebhookDelivery._meta.db_table} AS delivery
SET state = posted.state, due_at = posted.due_at, attempt_count = posted.number,
    delivered_at = CASE WHEN posted.state = %(delivered)s THEN %(at)s::timestamptz END
FROM posted WHERE delivery.id = posted.delivery_id AND delivery.state = %(owed)s
"""  # noqa: S608  # names of our own tables


def record_attempts(posted: Sequence[Posted], *, at: datetime) -> None:
    """Write a row for each attempt, and each delivery's next state. Part of a transaction that holds the lock of their endpoints.

    A delivery that is no longer owed keeps its state: another sender delivered it after this one's lease, or it was cancelled.
    One statement with one parameter, whatever the number: the ORM's bulk operations cost as much as the posting, and arrays as
    parameters a third of it.
    """
    if not posted:
        return
    rows = orjson.dumps([_row(one) for one in posted]).decode()
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {"posted": rows, "at": at, "owed": DeliveryState.OWED.value, "delivered": DeliveryState.DELIVERED.value})


def _row(one: Posted) -> dict[str, object]:
    state, due_at = _next_state(one)
    return {
        "delivery_id": one.parcel.delivery_pk,
        "number": one.parcel.attempt_number,
        "at": one.at,
        "status_code": one.status_code,
        "failure": one.failure,
        "duration_ms": one.duration_ms,
        "answer_start": f"\\x{one.answer_start.hex()}",
        "state": state.value,
        "due_at": due_at,
    }


def _next_state(one: Posted) -> tuple[DeliveryState, datetime | None]:
    if not one.failure:
        is_repeated = one.parcel.fault is Fault.DUPLICATE  # as if the receiver's answer had been lost
        return (DeliveryState.OWED, one.at) if is_repeated else (DeliveryState.DELIVERED, None)
    due_at = next_attempt_at(one.parcel.attempt_number, at=one.at, retry_after=one.retry_after, jitter=random.random())  # noqa: S311
    return (DeliveryState.OWED, due_at) if due_at else (DeliveryState.EXHAUSTED, None)
