"""After a change of the root key: merchants' keys are wrapped anew, one row after the other, while everything runs.

A merchant's key itself stays what it is, so nothing that was sealed with it changes. Both root keys open meanwhile, and a row is either
wrapped by one or by the other: killed at any point and started again, it goes on where it stood.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from kyc_platform.actor import Actor
from kyc_platform.crypto.root import RootKey
from kyc_platform.crypto.sealing import CannotOpen
from tenants.merchants.keys import context_of_key
from tenants.merchants.models import Merchant
from tenants.platform_log.models import record

logger = logging.getLogger(__name__)

BATCH = 500


@dataclass
class Rewrapped:
    """What became of the merchants' keys, each mode one: wrapped anew, wrapped by the present root key already, or not to be opened."""

    anew: int = 0
    already: int = 0
    damaged: int = 0


def count_behind(root: RootKey, merchants: QuerySet[Merchant]) -> tuple[int, int]:
    """Return how many keys another root key than the present one has wrapped, and how many keys there are."""
    behind = total = 0
    for _, _, wrapped in _rows(merchants):
        total += 1
        behind += _needs_rewrap(root, wrapped)
    return behind, total


def rewrap_merchant_keys(root: RootKey, merchants: QuerySet[Merchant], *, actor: Actor, at: datetime) -> Rewrapped:
    """Wrap anew what the present root key has not wrapped. Safe to run twice, and at the same time.

    A key that does not open is logged, counted and left as it is. Raises RootKeyUnavailable when the key service is away: run it again.
    """
    found = Rewrapped()
    try:
        for pk, public_id, wrapped in _rows(merchants):
            if not _needs_rewrap(root, wrapped):
                found.already += 1
                continue
            context = context_of_key(public_id)
            try:
                anew = root.wrap(root.unwrap(wrapped, context=context), context=context)
            except CannotOpen:
                logger.error("merchant key cannot be opened", extra={"merchant": public_id})
                found.damaged += 1
                continue
            # Only over what was read: whoever ran at the same time has done the same, and either result is right.
            if Merchant.objects.filter(pk=pk, wrapped_key=wrapped).update(wrapped_key=anew):
                found.anew += 1
            else:
                found.already += 1
    finally:
        if found.anew:
            with transaction.atomic():
                record("merchant_keys.rewrapped", target="root key", actor=actor, at=at, keys=found.anew)
    return found


def _needs_rewrap(root: RootKey, wrapped: bytes) -> bool:
    try:
        return root.needs_rewrap(wrapped)
    except CannotOpen:
        return True  # bytes that are no wrapped key, or of another kind of root key


def _rows(merchants: QuerySet[Merchant]) -> Iterator[tuple[int, str, bytes]]:
    """Yield the merchants in the order of their rows, a batch a query: no cursor stays open while a key service is asked."""
    last = 0
    while rows := list(merchants.filter(pk__gt=last).order_by("pk").values_list("pk", "public_id", "wrapped_key")[:BATCH]):
        for pk, public_id, wrapped in rows:
            yield pk, public_id, bytes(wrapped)
        last = rows[-1][0]
