"""What a sandbox's deliveries go through when its merchant has asked for chaos."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from verification.sandbox.chaos import Fault, take_faults
from verification.webhooks.claiming import Parcel
from verification.webhooks.models import WebhookDelivery
from verification.webhooks.signing import SECRET_BYTES

DELAY = timedelta(minutes=5)
REORDER_STEP = timedelta(seconds=1)
REORDER_MAX = timedelta(minutes=1)
STALE = timedelta(hours=1)


def meet_chaos(parcels: Sequence[Parcel], *, at: datetime) -> tuple[list[Parcel], list[datetime]]:
    """Return the parcels that are posted now, each with its fault if it meets one, and when those that are held back are due.

    Part of the transaction in which they were claimed. Only what is posted for the first time meets anything.
    """
    new = [parcel for parcel in parcels if parcel.is_new]
    if not new or not (faults := take_faults(len(new))):
        return list(parcels), []
    met = {parcel.delivery_pk: fault for parcel, fault in zip(new, faults, strict=False)}
    held: list[datetime] = []
    now = []
    for parcel in parcels:
        fault, left = met.get(parcel.delivery_pk, (None, 0))
        if fault in (Fault.DELAY, Fault.REORDER):
            held.append(at + (DELAY if fault is Fault.DELAY else min(left * REORDER_STEP, REORDER_MAX)))
            WebhookDelivery.objects.filter(pk=parcel.delivery_pk).update(due_at=held[-1])
        else:
            now.append(parcel if fault is None else replace(parcel, fault=fault))
    return now, held


def spoiled(parcel: Parcel, *, at: datetime) -> tuple[Sequence[bytes], datetime]:
    """Return what a parcel is signed with and when, which is right unless its fault is that it is not."""
    keys = (secrets.token_bytes(SECRET_BYTES),) if parcel.fault is Fault.WRONG_SIGNATURE else parcel.keys
    return keys, at - STALE if parcel.fault is Fault.STALE_TIMESTAMP else at
