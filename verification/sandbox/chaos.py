"""What goes wrong, on request, with a sandbox's next deliveries. Live data never look here."""

from enum import StrEnum

from tenants.routing.context import current_merchant
from verification.sandbox.models import WebhookChaos

THE_ROW = 1


class Fault(StrEnum):
    """What can go wrong with a delivery that is posted for the first time. Its retries are as usual, so nothing is lost for good."""

    DUPLICATE = "duplicate"  # posted again although it was received
    REORDER = "reorder"  # the earlier, the longer it waits: they arrive in the opposite order
    DELAY = "delay"  # it waits for some minutes
    DROP = "drop"  # not posted, as if it had been lost on the way
    WRONG_SIGNATURE = "wrong_signature"  # signed with a secret that is not the endpoint's
    STALE_TIMESTAMP = "stale_timestamp"  # signed rightly, but an hour ago


def ask_for_chaos(faults: list[Fault], deliveries: int) -> None:
    """Have the next deliveries meet these faults in turn, instead of what was asked for before. Part of a transaction."""
    WebhookChaos.objects.update_or_create(pk=THE_ROW, defaults={"faults": faults, "turn": 0, "deliveries_left": deliveries})


def take_faults(number: int) -> list[tuple[Fault, int]]:
    """Use up at most `number` of what was asked for; return each fault and how many were left with it. Part of a transaction.

    Two senders at once never use up the same one.
    """
    if current_merchant().livemode:
        return []
    row = WebhookChaos.objects.select_for_update().filter(pk=THE_ROW, deliveries_left__gt=0).first()
    if row is None:
        return []
    count = min(number, row.deliveries_left)
    taken = [(Fault(row.faults[(row.turn + place) % len(row.faults)]), row.deliveries_left - place) for place in range(count)]
    row.turn, row.deliveries_left = row.turn + count, row.deliveries_left - count
    row.save(update_fields=["turn", "deliveries_left"])
    return taken
