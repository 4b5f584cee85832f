"""Writing to the log, and nothing else: there is no function that changes or removes an event."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from kyc_platform.actor import Actor
from kyc_platform.ids import new_id
from verification.events.models import Event, UnplacedEvent
from verification.events.types import AuditType, EventType

PLACED_AGAIN_SECONDS = 5  # the job on commit gives the position at once; this is for when that job was lost


def append_event(
    event_type: EventType | AuditType,
    *,
    actor: Actor,
    at: datetime,
    data: Mapping[str, object],
    customer_pk: int | None = None,
    sequence: int | None = None,
    status: str = "",
    previous_status: str = "",
) -> Event:
    """Write one event in the present transaction and return it. `data` holds ids, states and codes only.

    One of an EventType waits for its position from then on. A change of a customer needs its `sequence`, which is unique per customer: a
    second one raises IntegrityError. A mere look has none.
    """
    event = Event.objects.create(
        uid=new_id("evt"),
        type=event_type.value,
        at=at,
        customer_pk=customer_pk,
        sequence=sequence,
        status=status,
        previous_status=previous_status,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        data=dict(data),
    )
    if isinstance(event_type, EventType):
        UnplacedEvent.objects.create(event=event, due_at=at + timedelta(seconds=PLACED_AGAIN_SECONDS))
    return event
