"""What time it is for a merchant: the world's time in live data, and in a sandbox as far ahead of it as its merchant has moved it.

Every moment in a merchant's rows is the merchant's time. What the outside world compares with its own clocks is the world's time:
signatures of providers and of webhooks, API keys, quotas, Idempotency-Keys, locks in Redis, the ages of objects in the store.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from tenants.routing.context import current_merchant
from verification.sandbox.models import SandboxClock

AHEAD_MAX = timedelta(days=36_525)  # a hundred years: no moment that is written comes near the end of what a date can be
THE_ROW = 1
NOT_AT_ALL = timedelta(0)


def now_of_merchant() -> datetime:
    """Return the present moment for the current merchant. In live data it reads nothing, in a sandbox one row."""
    return timezone.now() + ahead()


def ahead() -> timedelta:
    """Return how far the current merchant's time is ahead of the world's: nothing in live data, where no row is read."""
    if current_merchant().livemode:
        return NOT_AT_ALL
    seconds = SandboxClock.objects.filter(pk=THE_ROW).values_list("advanced_seconds", flat=True).first()
    return timedelta(seconds=seconds or 0)


def world_time(moment: datetime) -> datetime:
    """Return when the world's clock shows what is `moment` in the current merchant's time."""
    return moment - ahead()


def move_ahead(seconds: int) -> bool:
    """Move the current sandbox's time ahead, and tell whether it was moved: not beyond AHEAD_MAX. Part of a transaction.

    Of two at once both count.
    """
    SandboxClock.objects.bulk_create([SandboxClock(pk=THE_ROW)], ignore_conflicts=True)
    clock = SandboxClock.objects.select_for_update().get(pk=THE_ROW)
    if timedelta(seconds=clock.advanced_seconds + seconds) > AHEAD_MAX:
        return False
    clock.advanced_seconds += seconds
    clock.save(update_fields=["advanced_seconds"])
    return True


def ahead_of(schemas: tuple[str, ...]) -> dict[str, timedelta]:
    """Return how far each of these merchants' schemas is ahead of the world's time, those left out that are not. One query."""
    quote = connection.ops.quote_name
    table = quote(SandboxClock._meta.db_table)
    one = " UNION ALL ".join(f"SELECT %s, advanced_seconds FROM {quote(schema)}.{table}" for schema in schemas)  # noqa: S608  # quoted names
    with connection.cursor() as cursor:
        cursor.execute(one, schemas)
        return {schema: timedelta(seconds=seconds) for schema, seconds in cursor.fetchall()}
